# SPDX-License-Identifier: BSD-2-Clause
"""Suite `model`: the kernel beside the reference model (spec/README.md).

Every program of tests/host is linked once more, with the model: each entry of the kernel goes through
tests/model/hook.c, which fails the test if the state after it is not one that the model allows. Random operations
run with the fixed seed and with one that is printed.
"""
import os
import random
import shutil
import subprocess
from pathlib import Path

from .. import compiler, ninja
from ..build import CHECK_FOLDER, KERNEL_FOLDERS, object_path, sources
from ..common import ROOT, ToolError, relative, say, write_if_changed
from ..test import Job, Result
from . import host, lines

SPEC = Path("spec")
FOLDER = Path("tests/model")
BUILD = Path("build/model")
SECONDS = 900.0
WRAPPED = ("kernel_syscall", "kernel_interrupt", "kernel_timer", "kernel_page_fault", "kernel_exception",
           "host_access", "alarm")
# All warnings but those about style: names that shadow, fields that a record's type is known by, and the like.
OCAML_FLAGS = "-g -strict-sequence -w +a-4-9-29-30-40-41-42-44-45-70 -warn-error +a"


def jobs(context):
    programs = [source for source in host.programs() if not host.is_long(source)]
    seed = random.SystemRandom().randrange(1, 2**32) | 1
    rolls = [Job("model", f"random with seed {seed}", lambda: run(Path("tests/host/test_random.c"), context, seed),
                 SECONDS)]
    return [*(Job("model", source.stem.removeprefix("test_"), lambda source=source: run(source, context), SECONDS)
              for source in programs), *rolls]


def ocaml_folder():
    """Where OCaml's headers for C are."""
    if shutil.which("ocamlopt") is None:
        raise ToolError("ocamlopt is missing", "./lucid doctor --install --for test")
    return subprocess.run(["ocamlopt", "-where"], capture_output=True, text=True, check=True).stdout.strip()


def add_model(file):
    """One object of all of the model, in the order in which its files need each other."""
    parts = [*sources(SPEC, ("*.ml",)), *sources(FOLDER, ("*.ml",))]
    scratch = BUILD / "ocaml"
    names = " ".join(part.name for part in parts)
    file.rule("model", f"rm -rf {scratch} && mkdir -p {scratch} && cp $in {scratch} && cd {scratch} && "
                       f"ocamlopt {OCAML_FLAGS} -output-complete-obj -o ../model.o $$(ocamldep -sort {names})",
              "ocamlopt $out")
    file.build(BUILD / "model.o", "model", parts)


def build(target):
    """Build one program of tests/host with the model; its path."""
    words, port = host.flags()
    words = [*(word for word in words if word not in host.SANITIZERS), f"-I{FOLDER}"]
    file = ninja.NinjaFile()
    file.variable("builddir", BUILD)
    write_if_changed(ROOT / BUILD / "cc.flags", compiler.quoted_for_file([*words, f"-isystem{ocaml_folder()}"]))
    file.rule("cc", f"gcc @{BUILD}/cc.flags -MD -MF $out.d -c $in -o $out", "gcc $in", depfile="$out.d", deps="gcc")
    wraps = ",".join(f"--wrap={name}" for name in WRAPPED)
    file.rule("link", f"gcc {' '.join(port.ld_flags)} -o $out $in -Wl,{wraps} -pthread -lm -ldl", "link $out")
    add_model(file)

    def compiled(source):
        path = object_path(BUILD, source)
        file.build(path, "cc", [source], implicit=[BUILD / "cc.flags"])
        return path

    kernel = [compiled(source)
              for folder in [*(f"kernel/{name}" for name in [*KERNEL_FOLDERS, CHECK_FOLDER]), port.folder]
              for source in sources(folder)]
    helpers = [compiled(source) for source in sources(host.FOLDER) if not source.name.startswith("test_")]
    beside = [compiled(source) for source in sources(FOLDER)]
    for source in host.programs():
        file.build(BUILD / source.stem, "link", [compiled(source), *helpers, *beside, *kernel, BUILD / "model.o"])
    with ninja.locked(ROOT / BUILD):
        file.write(ROOT / BUILD / "build.ninja")
        ninja.run_ninja(BUILD / "build.ninja", [BUILD / target.stem], f"building {target.stem} with the model")
    return ROOT / BUILD / target.stem


def run(source, context, seed=None):
    program = build(source)
    environment = dict(os.environ)
    if seed is not None:
        say(f"model: random seed {seed}; again: TEST_SEED={seed} {relative(program)}")
        environment["TEST_SEED"] = str(seed)
    log = context.logs / f"model-{source.stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output, subprocess.Popen([program], stdin=subprocess.DEVNULL, stdout=output,
                                                     stderr=subprocess.STDOUT, cwd=ROOT, env=environment) as process:
        try:
            status = process.wait()
        finally:
            process.kill()
    text = log.read_text(errors="replace")
    results, _ = lines.parse(text)
    failed = lines.numbers(results)[1]
    for result in results:
        if not result.passed:  # what differs stands in the lines that follow
            result.message = text[text.index(f"FAIL {result.name}:"):][:4000]
    if not results or (status != 0) != (failed > 0):
        message = (f"expected: results, and exit status {1 if failed else 0}\n"
                   f"seen: {len(results)} results, and exit status {status}; see {relative(log)}")
        results.append(Result(f"{source.stem} ends", False, message))
    return results
