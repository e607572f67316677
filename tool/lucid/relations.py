# SPDX-License-Identifier: BSD-2-Clause
"""The second half of checking a description: what its components say of each other and of the board.

Sessions lead to interfaces that exist, and never round in a circle; devices exist and have one owner each; budgets fit
the core, memory fits the machine. The components come out in an order in which they can be started. What is wrong is collected as
complaints: the first stops a build, `./lucid graph` shows them all.
"""
from dataclasses import dataclass

from .common import closest, listing, size_text

MEMORY_MINIMUM = 24 << 20 # of a machine
SYSTEM_MEMORY = 8 << 20     # bytes left for the kernel, the supervisor and the image's own pages


def percent(component):
    return component.budget_ns / component.period_ns * 100


@dataclass(frozen=True)
class Complaint:
    """Something wrong, or, as a warning, probably not meant: where it is told, and what of the system it is about."""
    kind: str
    path: tuple              # of keys: where it stands in the description
    message: str
    hint: str | None = None
    components: tuple = ()   # names
    uses: tuple = ()         # Use
    is_warning: bool = False


class Relations:
    """Checks the components of one description; `components` is name -> Component."""

    def __init__(self, board, components):
        self.board = board
        self.components = components
        self.complaints = []

    def complain(self, kind, path, message, hint=None, components=(), uses=()):
        self.complaints.append(Complaint(kind, path, message, hint, tuple(components), tuple(uses)))

    def ordered(self, memory):
        """All checks, for a machine with so much memory; the components, providers first (as far as there is no cycle)."""
        for component in self.components.values():
            for use in component.uses:
                self._check_use(component, use)
        self._check_devices()
        ordered = self._providers_first()
        self._check_budgets()
        self._check_memory(memory)
        return ordered

    def _check_use(self, component, use):
        target = f"{use.server}.{use.provided}"
        what = f"component '{component.name}' uses '{target}', but "
        server = self.components.get(use.server)
        if server is None:
            known = [f"{other.name}.{name}" for other in self.components.values() for name in other.provides]
            meant = closest(target, known)
            why, hint = f"there is no component '{use.server}'", f"did you mean '{meant}'?" if meant else f"add:  [component.{use.server}]"
        elif not server.provides:
            interface = use.provided.title().replace("_", "")
            why, hint = f"'{server.name}' provides nothing", f"add to [component.{server.name}]:  provides = {{ {use.provided} = \"{interface}\" }}"
        elif use.provided not in server.provides:
            only = next(iter(server.provides)) if len(server.provides) == 1 else None
            meant = closest(use.provided, server.provides) or only
            why, hint = f"'{server.name}' provides only: {', '.join(server.provides)}", f"did you mean '{server.name}.{meant}'?" if meant else None
        else:
            return
        self.complain("provider", use.place, what + why, hint, [component.name], [use])

    def _check_devices(self):
        """Every device exists on the board, and one component has it."""
        owners = {}
        for component in self.components.values():
            for index, device in enumerate(component.devices):
                place = component.path + ("devices", index)
                owner = owners.setdefault(device, component.name)
                if device not in self.board.devices:
                    meant = closest(device, self.board.devices)
                    self.complain("device", place, f"component '{component.name}' has the device '{device}', "
                                  f"but board '{self.board.name}' has only: {listing(sorted(self.board.devices))}",
                                  f"did you mean '{meant}'?" if meant else None, [component.name])
                elif owner != component.name:
                    self.complain("device", place, f"the device '{device}' belongs to component '{owner}' already",
                                  f"only one can drive it: the other uses an interface of '{owner}'", [component.name, owner])

    def _providers_first(self):
        """The components in an order in which each follows all that it uses; a cycle has none."""
        ordered, done = [], set()
        for component in self.components.values():
            if component.name not in done:
                self._visit(component, ordered, done)
        return ordered

    def _visit(self, first, ordered, done):
        """Depth first; `chain` is the way down to here, each component with those of its uses that are still to be followed."""
        chain = {first.name: iter(first.uses)}
        while chain:
            name = next(reversed(chain))
            use = next(chain[name], None)
            if use is None:
                del chain[name]
                done.add(name)
                ordered.append(self.components[name])
            elif use.server in chain:
                self._complain_of_cycle(use, list(chain))
            elif use.server not in done and use.server in self.components:
                chain[use.server] = iter(self.components[use.server].uses)

    def _complain_of_cycle(self, use, chain):
        inside = chain[chain.index(use.server):]
        uses = [next(one for one in self.components[client].uses if one.server == server) for client, server in zip(inside, inside[1:])]
        self.complain("cycle", use.place, f"components that use each other in a cycle would wait for ever: {' -> '.join([*inside, use.server])}",
                      "turn one of the uses round: let that server signal, or give the data with the call", inside, [*uses, use])

    def _check_budgets(self):
        """Budgets below their period are promises; together they cannot be more than a core."""
        limited = [component for component in self.components.values() if component.budget_ns < component.period_ns]
        for core in sorted({component.core for component in limited}):
            self._check_core([component for component in limited if component.core == core])

    def _check_core(self, limited):
        total = 0
        for component in limited:
            total += percent(component)
            if total > 100 + 1e-6:
                shares = ", ".join(f"{other.name} {percent(other):.0f} %" for other in limited)
                self.complain("budget", component.path + ("budget",), f"the budgets add up to {total:.0f} % of core {component.core} "
                              f"with component '{component.name}'", f"lower some: {shares}", [other.name for other in limited])
                return

    def _check_memory(self, memory):
        total = sum(component.memory for component in self.components.values())
        if total + SYSTEM_MEMORY <= memory:
            self._check_pieces(memory)
            return
        largest = max(self.components.values(), key=lambda component: component.memory)
        self.complain("memory", largest.path + ("memory",), f"the components' memory adds up to {size_text(total)}, with "
                      f"{size_text(SYSTEM_MEMORY)} for the kernel; the machine has {size_text(memory)}",
                      f"the largest is '{largest.name}' with {size_text(largest.memory)}; or raise [system] memory", [largest.name])

    def _check_pieces(self, memory):
        component = unplaced(self.components.values(), self.board, memory)
        if component:
            piece = size_text(power_of_two(component.memory))
            self.complain("memory", component.path + ("memory",), f"component '{component.name}' takes {piece} in one piece (quotas are powers of two), "
                          f"and the machine's {size_text(memory)} have none left", "lower its memory, or raise [system] memory", [component.name])


def power_of_two(size):
    return 1 << (size - 1).bit_length()


def free_ranges(taken, memory):
    """What the places that a board says are taken leave of a machine's memory."""
    at = 0
    for start, end in sorted((start.of(memory), end.of(memory)) for start, end in taken):
        if start > at:
            yield at, min(start, memory)
        at = max(at, end)
    yield at, memory


def pieces(taken, memory):
    """Sizes of the aligned blocks that a machine's memory consists of, without the image and what the system itself needs."""
    blocks = []
    for start, end in free_ranges(taken, memory):
        while start < end:
            size = start & -start or power_of_two(end)
            while size > end - start:
                size >>= 1
            blocks.append(size)
            start += size
    return blocks


def unplaced(components, board, memory):
    """The first component, largest first, for whose quota there is no block; None if all have one."""
    blocks = pieces(board.taken, memory)
    for component in sorted(components, key=lambda component: -component.memory):
        size = power_of_two(component.memory)
        block = min((block for block in blocks if block >= size), default=None)
        if block is None:
            return component
        blocks.remove(block)
        while block > size:  # the halves that are left over
            block >>= 1
            blocks.append(block)
    return None
