# SPDX-License-Identifier: BSD-2-Clause
"""report.txt: what is in an image, for people. Components, what each may do, where its parts lie and how
large they are."""
from .board import CORE, IRQ, MEMORY, PORTS
from .common import relative, size_text
from .elf import Elf


def make_report(plan):
    system = plan.system
    lines = [f"System {system.name}, made from {relative(system.document.path)} by Lucid {plan.version}",
             f"for {system.board.name} ({system.board.what}), {plan.kind}, {plan.compiler}", ""]
    lines += _files(plan)
    lines += _program("kernel", plan.folder / "kernel.elf")
    lines += _program(f"root component ({relative(system.root)})", plan.root)
    for component in system.components:
        lines += _program(f"component {component.name} ({relative(component.source)})", plan.programs[component.name])
        lines += _authority(system, component)
    return "\n".join(lines) + "\n"


def _files(plan):
    names = ("image.elf", "payload.bin")  # image.bin, where there is one, is made of image.elf
    return [f"{name:<12} {(plan.folder / name).stat().st_size:>9} bytes" for name in names] + [""]


def _program(title, path):
    elf = Elf(path)
    lines = [title]
    for segment in filter(elf.is_used, elf.segments):
        rights = "".join(letter if segment.flags & flag else "-" for letter, flag in (("r", 4), ("w", 2), ("x", 1)))
        sizes = f"{segment.memory_size:>9} bytes ({segment.file_size} in the file)"
        lines.append(f"   {rights} {segment.address:#018x} {sizes}")
    return lines + [f"   entry {elf.entry:#x}, {len(elf.functions())} functions", ""]


def _authority(system, component):
    """What the component may do: its time, its memory, its sessions and devices."""
    time = "passive: runs on its clients' time" if component.passive else f"budget {time_text(component)}"
    more = (", FPU" if component.fpu else "") + (", control of other components" if component.control else "")
    memory, stack, heap = (size_text(size) for size in (component.memory, component.stack, component.heap))
    lines = [f"   priority {component.priority}, {time}, start {component.start}, restart {component.restart}{more}",
             f"   memory {memory}: stack {stack}, heap {heap}"]
    lines += [f"   provides {name}: {interface}" for name, interface in component.provides.items()]
    lines += [f"   uses {use.server}.{use.provided} as '{use.name}'" for use in component.uses]
    lines.append("   uses the supervisor")
    for device in component.devices:
        lines += [f"   device {device}: {resource_text(resource)}" for resource in system.board.devices[device]]
    return lines + [""]


def time_text(component):
    percent = component.budget_ns / component.period_ns * 100
    return f"{component.budget_ns / 1e6:g} ms in {component.period_ns / 1e6:g} ms ({percent:.0f} %)"


def resource_text(resource):
    """What a device's resource is, in words."""
    last = resource.first + resource.count - 1
    return {IRQ: f"interrupt {resource.first}", PORTS: f"I/O ports {resource.first:#x} to {last:#x}",
            MEMORY: f"memory {resource.first:#x} to {last:#x}",
            CORE: f"the user timer of core {resource.first}"}[resource.kind]
