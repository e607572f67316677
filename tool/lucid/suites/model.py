# SPDX-License-Identifier: BSD-2-Clause
"""Suite `model`: the kernel beside the reference model (spec/README.md).

Every program of tests/host that enters the kernel, and the random driver (tests/random), is linked once more, with the model: each entry of the
kernel goes through tests/model/hook.c, which fails the test if the state after it is not one that the model allows.
Random operations run with a fixed seed, and with one that is drawn and stands in the job's name.
"""
import random
import shutil
import subprocess
from pathlib import Path

from .. import compiler, ninja
from ..build import CHECK_FOLDER, KERNEL_FOLDERS, object_path, shared_sources, sources
from ..common import ROOT, ToolError, relative, write_if_changed
from ..test import Job, Result
from . import host, lines
from . import random as random_suite

SPEC = Path("spec")
FOLDER = Path("tests/model")
BUILD = Path("build/model")
SECONDS = 900.0
RANDOM = "random"                   # the program of tests/random
RANDOM_OPERATIONS = 16_000
# These do not enter the kernel, or damage its state to test the checker.
LEFT_OUT = ("test_cap", "test_checker_", "test_print", "test_priority_queue", "test_refill", "test_time.")
WRAPPED = ("kernel_syscall", "kernel_interrupt", "kernel_timer", "kernel_page_fault", "kernel_exception",
           "host_access", "alarm")
# All warnings but those about style: names that shadow, fields that a record's type is known by, and the like.
OCAML_FLAGS = "-g -strict-sequence -w +a-4-9-29-30-40-41-42-44-45-70 -warn-error +a"


def jobs(context):
    seed = random.SystemRandom().randrange(1, 2**31)
    return [*(Job("model", source.stem.removeprefix("test_"), lambda source=source: run_test(source, context), SECONDS)
              for source in host.programs() if not host.is_long(source) and not source.name.startswith(LEFT_OUT)),
            Job("model", "random_operations", lambda: run_random(context, 1, RANDOM_OPERATIONS), SECONDS),
            Job("model", f"random_operations_with_seed_{seed}", lambda: run_random(context, seed, RANDOM_OPERATIONS // 2),
                SECONDS)]


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


def build(name):
    """Build one program with the model: of tests/host, or RANDOM; its path."""
    words, port = host.flags()
    words = [*(word for word in words if word not in host.SANITIZERS), f"-I{FOLDER}", f"-I{random_suite.FOLDER}"]
    file = ninja.NinjaFile()
    file.variable("builddir", BUILD)
    write_if_changed(ROOT / BUILD / "cc.flags", compiler.quoted_for_file([*words, f"-isystem{ocaml_folder()}"]))
    file.rule("cc", f"gcc @{BUILD}/cc.flags -MD -MF $out.d -c $in -o $out", "gcc $in", depfile="$out.d", deps="gcc")
    wraps = ",".join(f"--wrap={wrapped}" for wrapped in WRAPPED)
    file.rule("link", f"gcc {' '.join(port.ld_flags)} -o $out $in -Wl,{wraps} -pthread -lm -ldl", "link $out")
    add_model(file)

    def compiled(folder):
        return compiled_files(sources(folder))

    def compiled_files(files):
        paths = {source: object_path(BUILD, source) for source in files}
        for source, path in paths.items():
            file.build(path, "cc", [source], implicit=[BUILD / "cc.flags"])
        return paths

    shared = [path for folder in [*(f"kernel/{part}" for part in [*KERNEL_FOLDERS, CHECK_FOLDER]), port.folder, FOLDER]
              for path in compiled(folder).values()] + [*compiled_files(shared_sources(port)).values(), BUILD / "model.o"]
    tests = compiled(host.FOLDER)
    helpers = [path for source, path in tests.items() if not source.name.startswith("test_")]
    for source in host.programs():
        file.build(BUILD / source.stem, "link", [tests[source], *helpers, *shared])
    drivers = [*compiled(random_suite.FOLDER).values(), *compiled(random_suite.FOLDER / "regressions").values()]
    file.build(BUILD / RANDOM, "link", [*drivers, tests[host.FOLDER / "system.c"], *shared])
    with ninja.locked(ROOT / BUILD):
        file.write(ROOT / BUILD / "build.ninja")
        ninja.run_ninja(BUILD / "build.ninja", [BUILD / name], f"building {name} with the model")
    return ROOT / BUILD / name


def run_test(source, context):
    return run(context, source.stem)


def run_random(context, seed, operations):
    return run(context, RANDOM, "--seed", seed, "--operations", operations, "--length", 0, "--check", 100, "--shrink", 0)


def run(context, name, *arguments):
    command = [build(name), *map(str, arguments)]
    log = context.logs / f"model-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                                     stderr=subprocess.STDOUT, cwd=ROOT) as process:
        try:
            status = process.wait()
        finally:
            process.kill()
    text = log.read_text(errors="replace")
    results, _ = lines.parse(text)
    failed = lines.numbers(results)[1]
    for result in results:
        if not result.passed:  # what differs stands in the lines that follow
            result.message = (text[text.index(f"FAIL {result.name}:"):][:4000] +
                              f"\nagain: {' '.join([relative(command[0]), *command[1:]])}")
    if not results or (status != 0) != (failed > 0):
        message = (f"expected: results, and exit status {1 if failed else 0}\n"
                   f"seen: {len(results)} results, and exit status {status}; see {relative(log)}")
        results.append(Result(f"{name} ends", False, message))
    return results
