# SPDX-License-Identifier: BSD-2-Clause
"""Suite `fuzz`: each fuzzer of tests/fuzz replays its corpus, and then tries new inputs: as many in every run and from the same seed, so
that the same happens everywhere. `--long`: for LONG_SECONDS, from a seed that is printed and that TEST_SEED sets.

A finding lies in build/test/fuzz-NAME-*: mend the bug, and put the input into tests/fuzz/corpus/NAME under a name that says what it found.
"""
import os
import random
import re
import shutil
import subprocess

from .. import fuzz
from ..common import ROOT, relative
from ..test import Failure, Job

SEED = 20250101
SECONDS = 300.0
LONG_SECONDS = 60
INPUT_SECONDS = 20  # one input takes milliseconds; a loop without an end does not
KEPT = re.compile(r"#(\d+)\s+(?:DONE|RELOAD|NEW|REDUCE|pulse|INITED)\s+cov: (\d+)")


def jobs(context):
    return [job for fuzzer in fuzz.fuzzers() for job in (
        Job("fuzz", f"{fuzzer.name}_corpus", lambda f=fuzzer: replay(f, context), SECONDS),
        Job("fuzz", f"{fuzzer.name}_new_inputs", lambda f=fuzzer: sample(f, context), SECONDS),
        Job("fuzz", f"{fuzzer.name}_long", lambda f=fuzzer: run_long(f, context), LONG_SECONDS + SECONDS, True))]


def run(fuzzer, context, words):
    """Run it; Failure with what it found. Its output."""
    [program] = fuzz.build([fuzzer])
    context.logs.mkdir(parents=True, exist_ok=True)
    prefix = context.logs / f"fuzz-{fuzzer.name}-"
    environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_stack_use_after_return=0")
    done = subprocess.run([program, f"-timeout={INPUT_SECONDS}", f"-max_len={fuzzer.max_length}",
                           f"-artifact_prefix={prefix}", *words], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    log = context.logs / f"fuzz-{fuzzer.name}.log"
    log.write_text(done.stdout)
    if done.returncode != 0:
        kept = "\n".join(line for line in done.stdout.splitlines() if "NEW" not in line and "REDUCE" not in line)
        raise Failure(f"expected: no finding\nseen: exit status {done.returncode}; {relative(log)} ends:\n{kept[-2500:]}")
    return done.stdout


def replay(fuzzer, context):
    files = fuzz.corpus_files(fuzzer)
    if not files:
        raise Failure(f"expected: inputs in {fuzzer.corpus}\nseen: none")
    output = run(fuzzer, context, ["-runs=0", *map(str, files)])
    if output.count("Executed ") != len(files):
        raise Failure(f"expected: {len(files)} inputs are run\nseen: {output.count('Executed ')}")


def scratch(fuzzer, context):
    """A folder for what is found new: libFuzzer writes into the first that it is given."""
    folder = context.logs / f"fuzz-{fuzzer.name}.new"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def explore(fuzzer, context, words):
    """Try new inputs; fails also if none was tried, or none reached anything."""
    output = run(fuzzer, context, [*words, str(scratch(fuzzer, context)), str(ROOT / fuzzer.corpus)])
    reached = KEPT.findall(output)
    if not reached or int(reached[-1][1]) < 10:
        raise Failure(f"expected: inputs that reach some of the code\nseen: {reached[-1:] or 'none'}")


def sample(fuzzer, context):
    explore(fuzzer, context, [f"-seed={SEED}", f"-runs={fuzzer.runs}"])


def run_long(fuzzer, context):
    seed = int(os.environ.get("TEST_SEED") or random.randrange(1, 1 << 31))
    print(f"fuzz/{fuzzer.name}_long: TEST_SEED={seed}", flush=True)
    explore(fuzzer, context, [f"-seed={seed}", f"-max_total_time={LONG_SECONDS}"])
