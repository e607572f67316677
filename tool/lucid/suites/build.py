# SPDX-License-Identifier: BSD-2-Clause
"""Suite `build`: everything builds in every way without a warning (warnings are errors), the same sources
give the same bytes wherever they lie, and the generated manual is up to date."""
import shutil
import subprocess
import tempfile
from pathlib import Path

from .. import fast_paths, manual
from ..board import DEFAULT_BOARD, board_names, load_board
from ..build import Variant, build
from ..common import ROOT, relative
from ..compiler import COMPILERS, KINDS
from ..description import load_system, system_names
from ..ports import load_port
from ..test import Failure, Job

COMPARED = ("image.elf", "kernel.elf", "report.txt")
BUILD_SECONDS = 300.0
CORES = {"gcc": 2, "clang": 1}  # of builds for other boards; those with two are used by the suite `target`, too
SELDOM = ("clang", "debug")     # of these, `make test` builds two systems, the long run all


def jobs(context):
    def job(name, work, long=False):
        return Job("build", name, work, BUILD_SECONDS, long)

    board = context.board
    return [*(job(f"every_system_builds_with_{compiler}_{kind}", lambda c=compiler, k=kind: build_all(board, k, c), (compiler, kind) == SELDOM)
              for compiler in COMPILERS for kind in KINDS),
            job("the_demo_and_the_tests_build_with_{}_{}".format(*SELDOM), lambda: build_two(board, *SELDOM)),
            *(job(f"the_demo_and_the_tests_build_for_{other}_with_{compiler}", lambda o=other, c=compiler: build_two(o, c, "debug", CORES[c]))
              for other in other_boards(board) for compiler in COMPILERS),
            job("a_second_build_has_nothing_to_do", lambda: second_build(board)),
            job("two_directories_give_identical_images", lambda: identical(board, "gcc")),
            job("two_directories_give_identical_images_with_clang", lambda: identical(board, "clang"), long=True),
            *(job(f"fast_paths_call_nothing_and_use_no_message_registers_with_{cores}_cores",
                  lambda cores=cores: fast_paths_are_right(cores))
              for cores in (1, 2) if board == DEFAULT_BOARD),
            *(job(f"faults_leave_nothing_on_the_stack_of_aarch64_with_{cores}_cores", lambda cores=cores: faults_leave_nothing(cores))
              for cores in (1, 2) if board == DEFAULT_BOARD),
            job("the_manual_is_up_to_date", manual_is_current),
            job("sources_are_formatted", sources_are_formatted)]


def build_all(board, kind, compiler):
    for name in system_names():
        build(name, Variant(board, kind, compiler, load_system(name, load_board(board)).cores))


def other_boards(board):
    """With the default board: one board of each other architecture."""
    if board != DEFAULT_BOARD:
        return []
    arches = {load_board(name).arch: name for name in board_names()}
    return sorted(name for arch, name in arches.items() if arch != load_board(board).arch)


def build_two(board, compiler, kind, cores=1):
    for name in ("demo", "test"):
        build(name, Variant(board, kind, compiler, cores))


def fast_paths_are_right(cores):
    built = build("bench", Variant(DEFAULT_BOARD, cores=cores))
    kernel = relative(built.folder / "kernel.elf")
    names = fast_paths.functions_of(kernel)
    faults = fast_paths.faults_of(fast_paths.disassembly(kernel, names))
    if len(names) < 8 or faults:
        raise Failure(f"expected: at least 8 functions that call nothing and leave message registers alone\n"
                      f"seen: {len(names)} in {kernel}" + "".join(f"\n   {fault}" for fault in faults))


def faults_leave_nothing(cores):
    kernel = relative(build("start", Variant("qemu-aarch64", cores=cores)).folder / "kernel.elf")
    if calls := fast_paths.stack_left_by_faults(kernel):
        raise Failure(f"expected: what raises a fault is jumped to\nseen: in {kernel}" + "".join(f"\n   {call}" for call in calls))


def chosen_system():
    """The system that builds are compared with: the demo, or whatever there is."""
    names = system_names()
    if not names:
        raise Failure("expected: a system in systems/\nseen: none")
    return "demo" if "demo" in names else names[0]


def second_build(board):
    name = chosen_system()
    built = build(name, Variant(board))
    before = {path: path.stat().st_mtime_ns for path in built.folder.iterdir()}
    build(name, Variant(board))
    changed = [relative(path) for path, stamp in before.items() if path.stat().st_mtime_ns != stamp]
    if changed:
        raise Failure(f"expected: nothing is written\nseen: {', '.join(changed)}")


def identical(board, compiler):
    """Copy the sources to two places, one with a longer path, build in both, compare."""
    name = chosen_system()
    with tempfile.TemporaryDirectory(prefix="lucid-") as base:
        copies = [Path(base, "a"), Path(base, "a much/longer/path", "b")]
        copy_sources(copies[0])
        shutil.copytree(copies[0], copies[1], symlinks=True)  # of the copy: somebody may be editing the sources
        for copy in copies:
            build_in(copy, name, board, compiler)
        folder = Path("build", Variant(board, compiler=compiler).name, name)
        port = load_port(load_board(board).arch)
        for file in (*COMPARED, boot_file(port)):
            compare(copies[0] / folder / file, copies[1] / folder / file)


def boot_file(port):
    return "image.iso" if port.image == "elf" else port.image_name


def copy_sources(target):
    """A clone with the changes that are not committed yet; without git, a plain copy."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True)
    if listed.returncode != 0:
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns("build", ".git", "__pycache__"))
        return
    clone = subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", str(ROOT), str(target)],
                           capture_output=True)
    target.mkdir(parents=True, exist_ok=True)
    if clone.returncode == 0:
        subprocess.run(["git", "-C", str(target), "reset", "-q"], capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = ROOT / name
        if source.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def build_in(folder, name, board, compiler):
    done = subprocess.run(["./lucid", "build", name, "--board", board, "--cc", compiler,
                           *(["--iso"] if load_port(load_board(board).arch).image == "elf" else [])], cwd=folder,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Failure(f"expected: the copy builds\nseen:\n{done.stdout[-2000:]}")


def compare(one, other):
    first, second = one.read_bytes(), other.read_bytes()
    if first != second:
        differing = (index for index, (a, b) in enumerate(zip(first, second)) if a != b)
        at = next(differing, min(len(first), len(second)))
        raise Failure(f"expected: {one.name} is the same from both directories\n"
                      f"seen: {len(first)} and {len(second)} bytes, different from byte {at} on")


def repository_sources():
    """The C files of the repository, in its folders; what git does not know (yet) is somebody's own."""
    files = [path for folder in ("abi", "components", "interfaces", "kernel", "lib", "tests")
             for path in sorted((ROOT / folder).rglob("*.[ch]"))]
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True)
    if listed.returncode != 0:
        return files
    known = set(listed.stdout.split("\0"))
    return [path for path in files if str(path.relative_to(ROOT)) in known]


def sources_are_formatted():
    """As .clang-format says, by Debian 12's clang-format: other versions differ in details."""
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True).stdout
    if " 14." not in version:
        raise Failure(f"expected: clang-format 14\nseen: {version.strip() or 'none'}")
    files = repository_sources()
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, files)], capture_output=True, text=True, cwd=ROOT)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "-Wclang-format-violations" in line})
    if wrong:
        raise Failure("expected: formatted sources\nseen: " + ", ".join(relative(Path(path)) for path in wrong) +
                      "\nclang-format -i mends them")


def manual_is_current():
    difference = manual.out_of_date()
    if difference is not None:
        raise Failure(f"expected: docs/manual.md is what `./lucid manual` writes\nseen: {difference}\n"
                      "`./lucid manual` brings it up to date")
