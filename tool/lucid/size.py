# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid size SYSTEM`: how large the kernel is, how long it takes to build and to start, and what threads, address spaces and components cost.

What is the same each time is a figure with a name, like a path of `./lucid bench`, and has its limit in the same file (bench/limits.toml, section
size-VARIANT): kernel_text, static_memory, source_lines, directive_lines. Times are told, and no test looks at them.
"""
import json
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import bench_data, compiler, quota, size_lines, size_start
from .bench import Figure, aligned
from .build import BuildFile, Variant, build, check_tools
from .common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, say, size_text, write_atomically
from .elf import SHF_ALLOC, Elf
from .loadable import loadable_segments
from .ports import load_port

BUILD_MAX_S, START_MAX_S = 10.0, 0.5   # of ../shared/ANCHORS.md: told beside what is measured
BUILD_JOBS = 2
BIGGEST = 25                           # of files and functions, with --verbose
SHF_WRITE, SHF_EXECINSTR = 1, 4
SIZES = {"thread": "1 << ARCH_THREAD_BITS", "space": "1 << ARCH_SPACE_BITS", "table": "1 << PAGE_BITS", "context": "1 << SCHED_CONTEXT_BITS_MIN",
         "message": "UTCB_SIZE", "slot": "sizeof(struct slot)"}  # of objects, in C
MAP_LINE = re.compile(r"^ (\.\S+)?\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+\.o)$", re.MULTILINE)


@dataclass(frozen=True)
class Scratch(Variant):
    """The same variant, built in a folder that is thrown away."""
    place: str = ""

    @property
    def folder(self):
        return Path(self.place)


def section_name(variant):
    """Of bench/limits.toml."""
    return f"size-{variant.name}"


# ---- Bytes

def sections(kernel, wanted):
    """Bytes of the sections in memory whose flags are wanted; the payload is no part of the kernel."""
    return sum(section.size for section in kernel.sections
               if section.flags & SHF_ALLOC and section.name != ".payload" and wanted(section.flags))


def text_bytes(kernel):
    return sections(kernel, lambda flags: flags & SHF_EXECINSTR)


def static_bytes(kernel):
    return sections(kernel, lambda flags: flags & SHF_WRITE)


def read_only_bytes(kernel):
    return sections(kernel, lambda flags: not flags & (SHF_WRITE | SHF_EXECINSTR))


def text_by_file(variant, writer):
    """Source -> bytes of code that the linker kept of it."""
    objects = [str(path) for path in writer.kernel_objects()]
    with tempfile.TemporaryDirectory(prefix="lucid-map-") as folder:
        listing = Path(folder, "map")
        subprocess.run([compiler.tool_name(writer.port, "ld"), *compiler.kernel_link_flags(writer.port), f"-Map={listing}", "-o", str(Path(folder, "kernel")), *objects],
                       cwd=ROOT, check=True, capture_output=True)
        text = listing.read_text()
    text = re.sub(r"^ (\.\S+)\n\s+", r" \1 ", text[text.index("Linker script and memory map"):], flags=re.MULTILINE)  # long names have a line of their own
    found = Counter()
    for section, size, path in MAP_LINE.findall(text):
        if section.startswith((".text", ".boot")):
            found[str(Path(path).relative_to(variant.objects)).removesuffix(".o")] += int(size, 16)
    return found


# ---- Lines, and building

def lines(variant):
    """(lines of code, lines that the preprocessor alone reads), each by file."""
    port = load_port(_arch(variant))
    command = [compiler.tool_name(port, variant.compiler), *compiler.kernel_flags(port, variant.kind, variant.compiler, variant.cores)]
    return size_lines.count(command, BuildFile.kernel_sources(port, variant.kind))


def _arch(variant):
    from .board import load_board
    return load_board(variant.board).arch


def build_seconds(system, variant):
    """What it takes to build the kernel from nothing with two processes: (seconds, seconds of processor time)."""
    place = Path("build", f".clean-{time.monotonic_ns()}")
    try:
        writer = BuildFile(system, Scratch(**vars(variant), place=str(place)))
        path = writer.write_kernel_only()
        start, used = time.monotonic(), processor_seconds()
        done = subprocess.run(["ninja", "-f", str(path), "-j", str(BUILD_JOBS)], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise ToolError(f"the kernel does not build:\n{done.stdout}")
        return time.monotonic() - start, processor_seconds() - used
    finally:
        shutil.rmtree(ROOT / place, ignore_errors=True)


def processor_seconds():
    """Of this process's children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


# ---- What things cost their makers

def sizes(variant):
    """Name -> bytes, of what SIZES names: each is the size of an array in a file that is compiled with the kernel's flags."""
    port = load_port(_arch(variant))
    flags = compiler.kernel_flags(port, variant.kind, variant.compiler, variant.cores)
    source = "#include \"sched_context.h\"\n#include <lucid/message.h>\n" + "".join(f"char lucid_{name}[{value}];\n" for name, value in SIZES.items())
    with tempfile.TemporaryDirectory(prefix="lucid-sizes-") as folder:
        target = Path(folder, "sizes.o")
        done = subprocess.run([compiler.tool_name(port, variant.compiler), *flags, "-x", "c", "-c", "-", "-o", str(target)], cwd=ROOT, input=source, capture_output=True, text=True)
        if done.returncode != 0:
            raise ToolError(f"the sizes of objects are not known:\n{done.stderr}", "tool/lucid/size.py says what they are called")
        made = Elf(target)
        return {name: made.symbol(f"lucid_{name}").size for name in SIZES}


def object_costs(variant):
    """(what, bytes, of what): a thread, an address space."""
    made = sizes(variant)
    thread, space, table, slot, context, message = (made[name] for name in ("thread", "space", "table", "slot", "context", "message"))
    return [("a thread", thread + slot, f"object {thread}, slot {slot}"),
            ("   with a budget and a message page", thread + context + message + 3 * slot, f"context {context}, message page {message} of a Frame"),
            ("an address space", space + slot, f"object and its highest table {space}"), ("   each table below", table + slot, f"object {table}")]


def component_costs(built):
    """(what, bytes, of what) for each component of the system: what the kit takes for it at least, from the memory that it is given."""
    costs = []
    for component in built.system.components:
        parts = quota.needed(component, loadable_segments(Elf(built.folder / "components" / f"{component.name}.elf")))
        detail = ", ".join(f"{name.removeprefix('its ')} {size_text(size)}" for name, size in parts.items() if size)
        costs.append((f"component {component.name}", sum(parts.values()), detail))
    return costs


# ---- Everything together

def figures(variant, kernel):
    """What is the same each time."""
    code, directives = lines(variant)
    return [Figure("kernel_text", text_bytes(kernel), unit="bytes"), Figure("static_memory", static_bytes(kernel), unit="bytes"),
            Figure("source_lines", sum(code.values()), unit="lines"), Figure("directive_lines", sum(directives.values()), unit="lines")]


MEANINGS = {"kernel_text": "machine code, boot included; read-only data and symbols apart", "static_memory": "data and bss",
            "source_lines": "compiled, without comments, contracts and blank lines", "directive_lines": "#define and #include besides"}


@dataclass
class Times:
    build: float
    build_processor: float
    start_instructions: int
    start: float


def times(built, variant):
    return Times(*build_seconds(built.system, variant), size_start.instructions(built, variant.cores) if variant.cores == 1 else None,
                 size_start.seconds(built, variant.cores))


def table(seen, kernel, measured, variant):
    """The kernel's size and start, beside the limits."""
    limits = bench_data.read_limits().get(section_name(variant), {})
    rows = [["kernel", "", "", "limit", "target", ""]]
    for figure in seen:
        limit = limits.get(figure.path)
        rows.append([figure.path, figure.instructions, figure.unit, limit and limit.limit, limit and limit.target, MEANINGS[figure.path]])
    rows += [["read_only_data", read_only_bytes(kernel), "bytes"],
             ["clean_build", f"{measured.build:.1f}", "s", None, f"{BUILD_MAX_S:g}", f"from nothing, with {BUILD_JOBS} processes, on this machine now; {measured.build_processor:.1f} s of processor time"],
             ["first_user_instruction", measured.start_instructions, "instructions", None, None, "from the kernel's first, with this system's image"],
             ["start", f"{measured.start:.2f}", "s", None, f"{START_MAX_S:g}", f"from the emulator's start to there, the best of {size_start.RUNS}, on this machine now"]]
    return shown(rows)


def shown(rows):
    """Aligned, with the last column, a text, to the left."""
    width = max(map(len, rows))
    padded = [[*row, *[None] * (width - len(row))] for row in rows]
    notes = [row.pop() for row in padded]
    lines_ = aligned(padded).split("\n")
    longest = max(map(len, lines_))
    return "\n".join(f"{line:<{longest}}  {note or ''}".rstrip() for line, note in zip(lines_, notes))


def costs_table(built, variant):
    return shown([["memory", "bytes", ""], *map(list, object_costs(variant)), *map(list, component_costs(built))])


def biggest(title, counts):
    return aligned([[title, ""], *[[name, count] for name, count in counts.most_common(BIGGEST)], ["all", sum(counts.values())]])


def verbose(variant, kernel, writer):
    code, directives = lines(variant)
    functions = Counter({function.name: function.size for function in kernel.functions()})
    return "\n\n".join([biggest("code by file, bytes", text_by_file(variant, writer)), biggest("functions, bytes", functions),
                        biggest("lines by file, with directives", code + directives)])


def as_json(seen, measured, built, kernel, variant):
    limits = bench_data.read_limits().get(section_name(variant), {})
    entries = [(figure.path, figure.instructions, figure.unit) for figure in seen]
    entries += [("read_only_data", read_only_bytes(kernel), "bytes"), ("clean_build", round(measured.build, 2), "s"),
                ("first_user_instruction", measured.start_instructions, "instructions"), ("start", round(measured.start, 3), "s")]
    entries += [(name.strip(), size, "bytes") for name, size, _ in [*object_costs(variant), *component_costs(built)]]
    return json.dumps([{"board": variant.board, "cores": variant.cores, "compiler": variant.compiler, "system": built.system.name, "what": name,
                        "value": value, "unit": unit, "limit": limits[name].limit if name in limits else None,
                        "target": limits[name].target if name in limits else None} for name, value, unit in entries], indent=1) + "\n"


def report(built, variant, details=False):
    """(text, figures, JSON) of a system that is built."""
    kernel, writer = Elf(built.folder / "kernel.elf"), BuildFile(built.system, variant)
    check_tools(writer.port, variant)
    seen, measured = figures(variant, kernel), times(built, variant)
    parts = [table(seen, kernel, measured, variant), costs_table(built, variant), *([verbose(variant, kernel, writer)] if details else [])]
    return "\n\n".join(parts), seen, as_json(seen, measured, built, kernel, variant)


def judge(seen, variant):
    """A sentence for each figure that is above its limit; nothing for variants that have none."""
    limits = bench_data.read_limits().get(section_name(variant))
    return bench_data.exceeded(seen, limits, variant.board) if limits else []


def command(arguments):
    """./lucid size"""
    variant = Variant(arguments.board, "release", arguments.compiler, arguments.cores)
    built = build(arguments.system, variant)
    text, seen, data = report(built, variant, arguments.verbose)
    say(f"{built.system.name} ({variant})\n\n{text}")
    if arguments.json:
        write_atomically(arguments.json, data)
    if arguments.lower:
        bench_data.write_limits(bench_data.lowered(bench_data.read_limits(), section_name(variant), seen))
    if arguments.why:
        bench_data.write_limits(bench_data.raised(bench_data.read_limits(), section_name(variant), variant.board, seen, arguments.why))
    found = judge(seen, variant)
    if found:
        say("\nlimits:\n   " + "\n   ".join(found))
    return EXIT_FAILED if found else EXIT_OK
