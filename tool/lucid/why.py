# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid why SYSTEM A can-reach B`: the chain of capabilities that leads from a component to another, or to a device; or that there is none.

What there is to reach somebody with, as the supervisor hands it out (components/supervisor/construct.c and grants.c; a test compares GIVEN
with them):

    call      a session: the server's endpoint, badged, with WRITE and GRANT
    passed    what an interface passes with a call or its answer: the receiver can then signal, call, or read and write memory of the giver
    device    ports, interrupts, a core's timer, frames of device memory
    control   the supervisor ends, restarts and crashes others for a component with `control = true`

A chain of several steps goes as far as the programs on the way do it: that A can call S, and S can call B, lets A have B called only if S
does so. No chain at all is a guarantee about capabilities; how strong it is depends on whether A and B have any session, of whatever
direction, in a row between them: over sessions, capabilities could be given away by programs that are not what they should be.
"""
import textwrap
from dataclasses import dataclass

from .analysis import Interfaces
from .board import load_board
from .common import EXIT_FAILED, EXIT_OK, ToolError, closest, listing, relative, say
from .description import SUPERVISOR_SESSION, load_system
from .report import resource_text

# What every component is given, beside its sessions and devices: slot of lib/include/lucid/component.h -> rights (None: as it was made).
GIVEN = {"SUPERVISOR": "RIGHT_WRITE | RIGHT_GRANT", "CNODE": "RIGHT_WRITE", "NOTIFICATION": "RIGHT_READ | RIGHT_WRITE", "ENDPOINT": "RIGHT_READ",
         "REPLY": None, "SPACE": "RIGHT_WRITE"}
GIVEN_TEXT = ("a session with the supervisor, its own capability space, notification and address space, and, if it provides something, its own endpoint "
              "(to be called at) and reply (to answer with)")
SESSION_RIGHTS = "RIGHT_WRITE | RIGHT_GRANT"
TOLD = {"log": ("log_text",), "control": ("list", "caps")} # what the supervisor tells of others, by the right to hear it
WIDTH = 150
SUPERVISOR_CODE = "components/supervisor/construct.c and grants.c"
PASSED = {"Notification": ("WRITE", "signal"), "Endpoint": ("WRITE", "call"), "Frame": (None, "memory")}


@dataclass(frozen=True)
class Step:
    """Somebody can do something to somebody."""
    kind: str       # call, signal, memory, device, control
    start: str
    end: str
    text: str
    place: str      # where it is said


class Reach:
    """Who can do what to whom, in one system."""

    def __init__(self, system):
        self.system = system
        self.interfaces = Interfaces(system.document)
        self.unknown = []    # interfaces in use whose file is not known: what they pass is not known either
        self.steps = [step for component in system.components for step in self._steps_of(component)]

    def place(self, path):
        return self.system.document.place(path)

    def _steps_of(self, component):
        for use in component.uses:
            server = self.system.component(use.server)
            yield Step("call", component.name, server.name, f"{component.name} can call {server.name}: it holds the session '{use.name}' with "
                       f"{server.name}.{use.provided} ({server.provides[use.provided]})", self.place(use.place))
            yield from self._passed(component, server, server.provides[use.provided])
        for index, device in enumerate(component.devices):
            yield Step("device", component.name, device, f"{component.name} drives {device}: it holds "
                       f"{listing(map(resource_text, self.system.board.devices[device]))}", self.place((*component.path, "devices", index)))
        if component.control:
            for other in self.system.components:
                if other is not component:
                    yield Step("control", component.name, other.name, f"{component.name} can end, restart and crash {other.name}: the supervisor does "
                               "it for whoever has control", self.place((*component.path, "control")))

    def _passed(self, client, server, name):
        """What the operations of the interface give, with a call to the server and with the answer to the client."""
        interface = next((one for file in self.interfaces.known_to(server).values() for one in file.interfaces if one.name == name), None)
        if interface is None:
            self.unknown.append(name)
            return
        for operation in interface.operations:
            for giver, receiver, caps in ((client, server, operation.asks.caps), (server, client, operation.answers.caps)):
                for cap in caps:
                    yield from self._gift(giver, receiver, cap, f"{name}.{operation.name}", operation.place)

    @staticmethod
    def _gift(giver, receiver, cap, operation, place):
        needed, kind = PASSED.get(cap.object, (None, None))
        if kind is None or (cap.rights and needed and needed not in cap.rights):
            return
        what = f"{operation} passes it '{cap.name}', a {cap.object}" + (f" ({' and '.join(cap.rights)})" if cap.rights else "") + f", if {giver.name} gives it"
        can = {"signal": "signal", "call": "call", "memory": "share memory with"}[kind]
        yield Step(kind, receiver.name, giver.name, f"{receiver.name} can {can} {giver.name}: {what}", f"{place.path}:{place.line}")

    # ---- Chains

    def chain(self, start, end):
        """The shortest way: of calls alone, else with what interfaces pass, else with control, which can only be the last step."""
        for kinds, last in ((("call",), ("device",)), (("call", "signal", "memory"), ("device",)), (("call", "signal", "memory"), ("device", "control"))):
            found = shortest(start, end, lambda name: [(step.end, step) for step in self.steps if step.start == name
                                                       and (step.kind in kinds or (step.kind in last and step.end == end))])
            if found:
                return found
        return None

    def contact(self, start, ends):
        """The shortest row of components from one to any of some, each of which has a session with the next, in whatever direction."""
        def beside(name):
            return [(other, other) for step in self.steps if step.kind == "call" for here, other in ((step.start, step.end), (step.end, step.start)) if here == name]
        if start in ends:
            return [start]
        found = [row for row in (shortest(start, end, beside) for end in sorted(ends)) if row]
        return [start, *min(found, key=len)] if found else None

    def to(self, kind, name):
        return sorted({step.start for step in self.steps if step.kind == kind and step.end == name})

    def holders(self, end):
        """Who has a capability to it, and could give it away."""
        if any(component.name == end for component in self.system.components):
            return {end, *(step.start for step in self.steps if step.end == end and step.kind in ("call", "signal", "memory"))}
        return set(self.to("device", end))


def shortest(start, end, after):
    """Breadth first: what the steps from start to end are labelled; None if there is no way."""
    ways, waiting = {start: []}, [start]
    for name in waiting:
        for following, label in after(name):
            if following == end and name != end:
                return [*ways[name], label]
            if following not in ways:
                ways[following] = [*ways[name], label]
                waiting.append(following)
    return None


# ---- Questions

def check_names(system, start, end):
    """Both are something of this system, and different."""
    components, devices = [component.name for component in system.components], sorted(system.board.devices)
    for name, known in ((start, [*components, SUPERVISOR_SESSION]), (end, [*components, SUPERVISOR_SESSION, *devices])):
        if name in known:
            continue
        if name in devices:
            raise ToolError(f"'{name}' is a device, and reaches nobody: its interrupts go to the component that has it",
                            f"ask for a component: {listing(components)}")
        meant = closest(name, known)
        raise ToolError(f"system '{system.name}' has no '{name}'", f"did you mean '{meant}'?" if meant else
                        f"components: {listing([*components, SUPERVISOR_SESSION])}; devices of board '{system.board.name}': {listing(devices)}")
    if start == end:
        raise ToolError(f"'{start}' can reach itself, of course", "name two different ones")


def command(arguments):
    """./lucid why"""
    system = load_system(arguments.system, load_board(arguments.board), settings=arguments.set)
    start, end = arguments.start, arguments.end
    check_names(system, start, end)
    reached, lines = answer(system, start, end)
    for line in lines:
        say(textwrap.fill(line, WIDTH, subsequent_indent=" " * 6, break_long_words=False, break_on_hyphens=False))
    return EXIT_OK if reached else EXIT_FAILED


def answer(system, start, end):
    """Whether it can be reached, and the text."""
    if SUPERVISOR_SESSION in (start, end):
        return True, (of_supervisor(system, end) if start == SUPERVISOR_SESSION else to_supervisor(system, system.component(start)))
    reach = Reach(system)
    chain = reach.chain(start, end)
    return (True, yes(reach, start, end, chain)) if chain else (False, no(reach, start, end))


def of_supervisor(system, end):
    if end in system.board.devices and system.component(end) is None:
        return [f"yes: the supervisor can reach {end}", "   it holds all devices, and gives them to the components whose descriptions name them"]
    return [f"yes: the supervisor can reach {end}", f"   it makes {end} out of its quota ({SUPERVISOR_CODE}), and keeps a capability to everything in it"]


def to_supervisor(system, component):
    """What a component can ask of it: from the interface file, by the rights that it has."""
    interface = next(one for one in Interfaces(system.document).kit["supervisor"].interfaces if one.name == "Supervisor")
    rights = {None, *(["control"] if component.control else []), *(["log"] if "Log" in component.provides.values() else [])}
    allowed = [operation.name for operation in interface.operations if operation.needs in rights]
    refused = [operation.name for operation in interface.operations if operation.needs not in rights]
    return [f"yes: {component.name} can call the supervisor, as every component can",
            f"   it may ask for {listing(allowed)}" + (f"; it is refused {listing(refused)}" if refused else ""),
            f"   ({relative(interface.place.path)} says what these are)"]


def yes(reach, start, end, chain):
    through = [step.end for step in chain[:-1]]
    verb = {"call": "call", "signal": "signal", "memory": "share memory with", "device": "drive", "control": "end"}[chain[-1].kind]
    lines = [f"yes: {start} can {verb} {end}" if not through else f"yes: {start} can reach {end}, through {listing(through)}"]
    lines += [f"   {step.place}: {step.text}" for step in chain]
    if through:
        lines.append(f"   how far that goes, {'the program' if len(through) == 1 else 'the programs'} of {listing(through)} {'decides' if len(through) == 1 else 'decide'}: "
                     f"{start} itself holds no capability to {end}")
    return lines + beside(reach, start, end)


def beside(reach, start, end):
    """What is between the two beside the chain: answers, the way back, memory."""
    if reach.system.component(end) is None:
        return []
    lines = []
    back = reach.chain(end, start)
    if start in reach.to("call", end):
        lines.append(f"   {end} answers these calls" + ("" if end in reach.to("call", start) else f"; it cannot call {start}"))
    elif back:
        lines.append(f"   the other way round: {listing(step.text.split(':')[0] for step in back)}")
    return lines + [memory_line(reach, start, end)]


def memory_line(reach, start, end):
    shared = next((step for step in reach.steps if step.kind == "memory" and {step.start, step.end} == {start, end}), None)
    if shared:
        return f"   memory: {shared.place}: {shared.text}; all else is only its owner's"
    if reach.unknown:
        return f"   memory: what the interface {reach.unknown[0]} passes is not known, for it has no interface file; but for that, neither can read or write the other's"
    return f"   memory: neither can read or write the other's: no interface passes a Frame between {start} and {end}"


def no(reach, start, end):
    calls = sorted({step.end for step in reach.steps if step.start == start and step.kind == "call"})
    lines = [f"no: no chain of capabilities leads from {start} to {end}", f"   {start} can call {listing([*calls, 'the supervisor'])}"]
    if reach.system.component(end) is None:
        holders = reach.to("device", end)
        lines.append(f"   {end} belongs to " + (listing(holders) if holders else "no component: only the supervisor has it"))
    else:
        users = reach.to("call", end)
        lines.append(f"   {end} can be called by {listing(users, 'no component')}" + (f"; {end} {back_text(reach, start, end)}" if reach.chain(end, start) else ""))
    return [*lines, *guarantee(reach, start, end), *rests_on(reach, start)]


def back_text(reach, start, end):
    chain = reach.chain(end, start)
    if len(chain) == 1:
        return {"call": f"can call {start}, and {start} answers", "signal": f"can signal {start}", "memory": f"can share memory with {start}",
                "control": f"can end {start}"}[chain[0].kind]
    return f"can reach {start}, through {listing(step.end for step in chain[:-1])}"


def guarantee(reach, start, end):
    """How much that is worth."""
    holders = sorted(reach.holders(end))
    row = reach.contact(start, holders)
    if not holders:
        return ["this is a guarantee, whatever the programs of all components do"]
    if row is None:
        return [f"this is a guarantee, whatever the programs of all components do: no row of sessions connects {start} and {end}, so no capability gets from one to the other"]
    one = len(holders) == 1
    lines = [f"this is a guarantee as long as {'the program' if one else 'the programs'} of {listing(holders)}, which {'has' if one else 'have'} capabilities to {end}, "
             f"{'gives' if one else 'give'} none of them away beyond what {'its' if one else 'their'} interfaces pass",
             f"   sessions let capabilities pass, with calls and with answers: one to {end} could get to {start} along {' - '.join(reversed(row))}, if all of these join in"]
    words = reach.contact(start, {end}) if reach.system.component(end) else None
    if words:
        lines.append(f"   words need no capability: what is said to a server can come back in its answers to others: {' - '.join(words)}")
    return lines


def rests_on(reach, start):
    components = reach.system.components
    driven = "; ".join(f"{one.name}: {listing(one.devices)}" for one in components if one.devices)
    hear = [f"what components print without a console ({', '.join(TOLD['log'])}) to {one.name}" for one in components if "Log" in one.provides.values()]
    hear += [f"how components fare and what they have ({', '.join(TOLD['control'])}) to {one.name}" for one in components if one.control]
    return ["it rests on",
            f"   the supervisor ({SUPERVISOR_CODE}): it gives each component {GIVEN_TEXT}; its sessions and devices; memory out of its own quota; nothing else",
            "   the supervisor's service (service.c): it takes no capabilities, and gives none but that memory. "
            + ("It tells nobody of others" if not hear else "It tells " + listing(hear)) + ("" if reach.system.component(start).control else f". {start} has no control: it does nothing to others for it"),
            "   the kernel: a capability comes from one that has it, and nowhere else (docs/assurance.md says what of this is proved, and what tested)",
            "   the devices: one that writes memory by itself (DMA) is held back by nothing here" + (f" ({driven})" if driven else " (no component has one)"),
            "it says nothing about time: who is held up by whom (priorities, budgets), and what can be learnt from that"]
