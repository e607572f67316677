# SPDX-License-Identifier: BSD-2-Clause
"""Is a component's `memory` enough to start it? Asked when its program is linked, so that the answer does not come from
the supervisor on the running machine.

What is counted here is what it takes on every machine and in every order of making (components/supervisor/construct.c):
less than that is certainly too little. The supervisor still has the last word: alignment takes a little more.
"""
from .common import align_up, size_text
from .loadable import PAGE, RIGHT_WRITE
from .relations import power_of_two

SLOT = 32                  # bytes of a slot of a CNode
CNODE_SLOTS_MIN = 64
HOLDINGS_FIXED = 16        # slots of the supervisor's capabilities to what every component has
SPACE_AND_THREAD = 10 << 10
TABLE_SPAN = 2 << 20       # what a page table maps
MARGIN = 16 << 10          # in the memory that is proposed


def fresh_bytes(segment):
    """The pages of a segment that are the component's own. Others are mapped from the bundle."""
    size = align_up(segment.memory_size, PAGE)
    return size if segment.rights & RIGHT_WRITE else max(0, size - align_up(len(segment.data), PAGE))


def tables(component, segments):
    """Bytes of page tables: one for each span that is touched, and one level above them."""
    touched = {address // TABLE_SPAN for segment in segments for address in range(segment.address, segment.end, PAGE)}
    behind = (component.stack + component.heap) // TABLE_SPAN
    return (len(touched) + behind + 1) * PAGE


def needed(component, segments):
    """Bytes that the component takes at least, by what they are for."""
    information = align_up(len(component.args.encode()) + 1, PAGE)
    pages = sum(segment.end - segment.address for segment in segments) + information + PAGE + component.stack + component.heap
    slots = power_of_two(HOLDINGS_FIXED + pages // PAGE + 2 * (len(component.uses) + len(component.devices)))
    objects = SPACE_AND_THREAD + SLOT * (CNODE_SLOTS_MIN + max(slots, CNODE_SLOTS_MIN)) + tables(component, segments)
    return {"its data": sum(map(fresh_bytes, segments)), "its stack": component.stack, "its heap": component.heap,
            "its arguments and messages": information + PAGE, "its objects": objects}


def check_quota(document, component, segments):
    """Complain if the component cannot be made from its memory (of which the quota is the next power of two)."""
    parts = needed(component, segments)
    total = sum(parts.values())
    if total <= power_of_two(component.memory):
        return
    detail = ", ".join(f"{name} {size_text(size)}" for name, size in parts.items() if size)
    raise document.error(component.path + ("memory",), f"component '{component.name}' has {size_text(component.memory)} of memory, "
                         f"but takes {size_text(total)} at least: {detail}",
                         f'write  memory = "{size_text(power_of_two(total + MARGIN)).replace(" ", "")}"')
