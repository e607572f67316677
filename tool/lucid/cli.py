# SPDX-License-Identifier: BSD-2-Clause
"""The command line of ./lucid: its subcommands, their options, and how errors become messages and exit
statuses."""
import argparse
import math
import os

from .board import DEFAULT_BOARD
from .common import EXIT_FAILED, ROOT, ToolError, complain, discard_output, open_standard_streams, system_error
from .version import version_text

NUMBER_MAX = 1_000_000   # of any option; more is a slip
DESCRIPTION = "Build, run and test systems of isolated components on the Lucid microkernel."
EPILOG = """\
examples:
   ./lucid run demo                    build the system in systems/demo.toml and run it in QEMU
   ./lucid new hello                   make a component and a system to begin with
   ./lucid build demo --iso            make build/qemu-x86_64/demo/image.iso, for a USB stick
   ./lucid test                        run all tests

`./lucid COMMAND --help` says more about each command.
"""


class Parser(argparse.ArgumentParser):
    """argparse, with errors in the tool's form."""

    def error(self, message):
        raise ToolError(f"{message}", f"{self.prog} --help says what there is")


def positive(kind, what):
    """An argument type: a number above 0, and not beyond all sense."""
    def convert(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not math.isfinite(value) or not 0 < value <= NUMBER_MAX:
            raise argparse.ArgumentTypeError(f"'{text}' is not {what} (above 0, at most {NUMBER_MAX})")
        return value
    return convert


def some_text(text):
    """An argument type: a text that can be waited for."""
    if not text:
        raise argparse.ArgumentTypeError("an empty text is always there: name a text to wait for")
    return text


def make_parser():
    parser = Parser(prog="./lucid", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"lucid {version_text()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for add in (add_run, add_build, add_graph, add_why, add_new, add_test, add_prove, add_bench, add_size, add_doctor, add_manual, add_clean):
        add(commands)
    return parser


def subcommand(commands, name, summary, function, **more):
    """One subcommand; `function` is MODULE.FUNCTION of this package, loaded when it is called."""
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".",
                                 allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **more)
    parser.set_defaults(function=function)
    return parser


def add_system(parser):
    parser.add_argument("system", metavar="SYSTEM", help="a name (systems/NAME.toml) or the path of a description")


def add_run(commands):
    from .build import add_build_options
    parser = subcommand(commands, "run", "build a system and run it on an emulated machine", "run.command",
                        usage="./lucid run SYSTEM [options] [-- QEMU-ARGUMENTS]",
                        epilog="On a terminal, Ctrl-A X leaves. Otherwise standard input is what is typed; its end only ends input, and the system\n"
                        "runs on until it powers off, a limit is reached, or Ctrl-C (or kill). Output to a pipe or a file is plain text.\n"
                        "Exit status: 0 the system powered off, or TEXT was seen; 1 the time limit was reached, the kernel panicked or\n"
                        "the machine failed; 2 it could not be started; 130, 143, 129 ended by Ctrl-C, SIGTERM, SIGHUP.")
    add_system(parser)
    add_build_options(parser, DEFAULT_BOARD)
    parser.add_argument("--memory", metavar="SIZE",
                        help="the machine's memory, like 512MiB (default: the description's, or the board's)")
    parser.add_argument("--timeout", type=positive(float, "a number of seconds"), metavar="S",
                        help="end after S seconds, with status 1")
    parser.add_argument("--expect", type=some_text, metavar="TEXT", help="end with status 0 as soon as TEXT was printed")
    parser.add_argument("--icount", action="store_true",
                        help="virtual time: one nanosecond an instruction, the same in every run")
    parser.add_argument("--accel", choices=("tcg", "kvm"), default="tcg",
                        help="how QEMU executes instructions (default tcg)")
    parser.add_argument("--iso", action="store_true", help="boot the ISO with GRUB, from a BIOS")
    parser.add_argument("--uefi", action="store_true", help="boot the ISO with GRUB, from UEFI")


def add_build(commands):
    from .build import add_build_options
    parser = subcommand(commands, "build", "build a system's image", "build.command",
                        epilog="Writes build/BOARD/SYSTEM/: image.elf (and image.bin, where machines boot that), ELF files with symbols, report.txt. Other ways of building have folders\n"
                        "of their own: build/BOARD-debug, build/BOARD-clang, build/BOARD-debug-clang. A description that is not systems/SYSTEM.toml\n"
                        "has some characters behind the name, as the command says.")
    add_system(parser)
    add_build_options(parser, DEFAULT_BOARD)
    parser.add_argument("--iso", action="store_true",
                        help="also image.iso, bootable from CD and USB on BIOS and UEFI")


def add_graph(commands):
    from .build import add_settings
    parser = subcommand(commands, "graph", "draw a system: components, sessions, priorities, memory, devices", "graph.command",
                        epilog="Writes an SVG image, also of a system that cannot be built as it is: what the checks complain of is red.\n"
                        "Nothing is built. The same description always gives the same bytes.")
    add_system(parser)
    parser.add_argument("-o", "--output", metavar="FILE.svg", help="where to (default: graph.svg in the system's folder, build/BOARD/SYSTEM)")
    parser.add_argument("--board", default=DEFAULT_BOARD, metavar="BOARD", help=f"the machine (default {DEFAULT_BOARD})")
    add_settings(parser)


def add_why(commands):
    from .build import add_settings
    parser = subcommand(commands, "why", "tell by which capabilities a component can reach another, or a device", "why.command",
                        usage="./lucid why SYSTEM A can-reach B [--board BOARD]",
                        epilog="A is a component, B a component or a device of the board; both can be 'supervisor'. Nothing is built.\n"
                        "Exit status: 0 it can, 1 it cannot, 2 the question or the description is wrong.")
    add_system(parser)
    parser.add_argument("start", metavar="A", help="who")
    parser.add_argument("verb", metavar="can-reach", choices=("can-reach",), help="this word")
    parser.add_argument("end", metavar="B", help="whom, or what")
    parser.add_argument("--board", default=DEFAULT_BOARD, metavar="BOARD", help=f"the machine (default {DEFAULT_BOARD})")
    add_settings(parser)


def add_new(commands):
    parser = subcommand(commands, "new", "make a component and a system to begin with", "new.command",
                        epilog="Makes components/NAME/NAME.c and systems/NAME.toml. Nothing that exists is changed.")
    parser.add_argument("name", metavar="NAME", help="small letters, digits and '_'")


def add_test(commands):
    parser = subcommand(commands, "test", "run the tests", "test.command",
                        epilog="Ends with the line `N passed, N failed`; the exit status is 1 if any failed.")
    parser.add_argument("--suite", action="append", metavar="NAME",
                        help="only this suite (can be repeated): tool, host, random, model, prove, fuzz, coverage, build, target, bench, system, smoke")
    parser.add_argument("--filter", metavar="TEXT", help="only tests with TEXT in their name")
    parser.add_argument("--long", action="store_true", help="the long runs instead of their samples")
    parser.add_argument("--list", action="store_true", help="list the tests, and run none")
    parser.add_argument("--jobs", type=positive(int, "a number of jobs"), default=os.cpu_count() or 1, metavar="N",
                        help="so many tests at a time (default: as many as there are processors)")
    parser.add_argument("--soak", type=positive(float, "a number of minutes"), metavar="MINUTES",
                        help="only random operations on the portable kernel, with new seeds, for so long")
    parser.add_argument("--seed", type=int, metavar="N", help="with --soak or --torture: the first seed")
    parser.add_argument("--interval", type=positive(int, "a number of operations"), default=100, metavar="N",
                        help="with --soak: the state is checked after every N-th operation (default 100)")
    parser.add_argument("--branches", action="store_true",
                        help="with --soak: measure which lines and branches of the core are reached (clang)")
    parser.add_argument("--torture", type=positive(int, "a number of runs"), metavar="RUNS",
                        help="only the torture of several cores, ten million operations a run, with new seeds (--seed: the first)")
    parser.add_argument("--coverage", action="store_true",
                        help="show which lines and branches of the portable core the host tests reach")
    parser.add_argument("--board", default=DEFAULT_BOARD, metavar="BOARD",
                        help=f"the machine (default {DEFAULT_BOARD})")


def add_prove(commands):
    parser = subcommand(commands, "prove", "prove the contracts in the kernel's code, with Frama-C and Z3",
                        "prove.command",
                        epilog="kernel/proofs/proofs.toml lists what is proved. The exit status is 1 if something is not.")
    parser.add_argument("--filter", metavar="TEXT", help="only files with TEXT in their path")
    parser.add_argument("--afresh", action="store_true", help="ask Z3 everything, whatever it answered before")
    parser.add_argument("--update", action="store_true",
                        help="the same, and keep the answers in kernel/proofs/answers.txt")
    parser.add_argument("--show", action="store_true", help="print the goals that are not proved")


def add_bench(commands):
    from .bench_cli import add_options
    add_options(subcommand(commands, "bench", "measure what each path of the kernel costs", "bench.command",
                           epilog="Exact, in instructions of virtual time; docs/bench.md says how. The exit status is 1 if a limit (bench/limits.toml) is exceeded."))


def add_size(commands):
    from .size_cli import add_options
    parser = subcommand(commands, "size", "tell how large the kernel is, how long it takes to build and to start, and what things cost in memory",
                        "size.command", epilog="docs/bench.md says how each figure is made. The exit status is 1 if a limit (bench/limits.toml) is exceeded.")
    add_system(parser)
    add_options(parser)


def add_doctor(commands):
    parser = subcommand(commands, "doctor", "see whether everything that is needed is installed", "doctor.command")
    parser.add_argument("--install", action="store_true", help="install what is missing (Debian packages)")
    parser.add_argument("--for", dest="purpose", choices=("run", "test"), default="test",
                        help="what it is needed for: run (little) or test (everything; default)")
    parser.add_argument("--board", default=DEFAULT_BOARD, metavar="BOARD",
                        help=f"the machine that --for run is about (default {DEFAULT_BOARD})")
    parser.add_argument("--quiet", action="store_true", help="say nothing if all is there")


def add_manual(commands):
    parser = subcommand(commands, "manual", "write docs/manual.md from the ABI headers and the library's",
                        "manual.command")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit status 1 if the manual is out of date")


def add_clean(commands):
    subcommand(commands, "clean", "remove everything that was built", "clean.command")


def run_command(arguments):
    module, _, function = arguments.function.partition(".")
    return getattr(__import__(f"lucid.{module}", fromlist=[function]), function)(arguments)


def split_extra(words):
    """Words after `--` go to QEMU."""
    return (words[:words.index("--")], words[words.index("--") + 1:]) if "--" in words else (words, [])


def parsed(words):
    arguments, unknown = make_parser().parse_known_args(words)
    if unknown:
        command = f" {arguments.command}" if arguments.command else ""
        raise ToolError(f"unrecognized arguments: {' '.join(unknown)}", f"./lucid{command} --help says what there is")
    return arguments


def main(words):
    """Everything: from the words of the command line to the exit status."""
    open_standard_streams()
    try:
        if words[:1] == ["internal"]:
            from .steps import run_step
            os.chdir(ROOT)
            return run_step(words[1:])
        if not words or words == ["help"]:
            words = ["--help"]
        words, extra = split_extra(words)
        arguments = parsed(words)
        arguments.extra = extra
        if arguments.command is None:
            raise ToolError("no command is given", "./lucid --help says what there is")
        if extra and arguments.command != "run":
            raise ToolError(f"'{arguments.command}' takes nothing after --")
        return run_command(arguments)
    except ToolError as error:
        complain(f"lucid: {error}" if not is_place(error.message) else str(error))
        return error.status
    except BrokenPipeError:  # as in `./lucid test --list | head`
        discard_output()
        return EXIT_FAILED
    except OSError as error:
        refused = system_error(error)
        complain(f"lucid: {refused}")
        return refused.status
    except KeyboardInterrupt:
        complain("")
        return 130


def is_place(message):
    """True if a message begins with FILE:LINE, which then stands first, where editors look for it."""
    head = message.split(": ", 1)[0]
    return ":" in head and head.rpartition(":")[2].isdigit()
