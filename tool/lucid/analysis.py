# SPDX-License-Identifier: BSD-2-Clause
"""What a description that is right by itself says about how the system will run: calls towards lower priority, interfaces that nobody
can call, sources that want a session or a version of an interface that they will not get.

All but the last kind are warnings: they are printed once, by the build, and a component whose author means it says so, with
`allow = { NAME = "why" }`. A warning that is allowed and does not come is a complaint, too, so that no reason outlives what it is for.
Which interfaces a program speaks is read from its sources: it includes <NAME.h> as a client, <NAME.server.h> as a server.
"""
import re

from . import idl
from .common import ROOT, closest, complain, listing
from .relations import Complaint

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"](\w+)(\.server)?\.h[>\"]", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
OPENED = re.compile(r"\buse_(\w+)[ \t]*\([ \t]*\)")

NAMED_MOST = 3   # components in a message


class Interfaces:
    """The interface files that a system's sources can include: the repository's, and those beside the description."""

    def __init__(self, document):
        self.folder = document.path.resolve().parent
        self.kit = {path.stem: idl.load(path) for path in idl.files()}
        self.beside = {} if self.folder == ROOT else {path.stem: idl.load(path) for path in idl.files(self.folder)}

    def known_to(self, component):
        """The files whose headers a component's sources find: as in build.py."""
        return {**self.kit, **(self.beside if component.source.is_relative_to(self.folder) else {})}

    def named(self, name):
        """All interfaces of this name."""
        return [interface for file in (*self.kit.values(), *self.beside.values()) for interface in file.interfaces if interface.name == name]


class Program:
    """What a component's sources say of interfaces."""

    def __init__(self, component, interfaces):
        self.known = interfaces.known_to(component)
        text = "".join(path.read_text(errors="replace") for path in sorted(component.source.glob("*.c")) + sorted(component.source.glob("*.h")))
        text = COMMENT.sub(" ", text)
        included = [match.groups() for match in INCLUDE.finditer(text)]
        self.calls = self._interfaces(name for name, server in included if not server)
        self.serves = self._interfaces(name for name, server in included if server)
        opened = set(OPENED.findall(text))
        self.opens = [interface for interface in self.calls.values() if interface.prefix in opened]

    def _interfaces(self, names):
        return {interface.name: interface for name in names if name in self.known for interface in self.known[name].interfaces}


def complaints(system):
    """All of them, those that are allowed left out."""
    interfaces = Interfaces(system.document)
    programs = {component.name: Program(component, interfaces) for component in system.components}
    found = []
    for component in system.components:
        found += [*lower_priority(system, component), *unused(system, component), *unknown_interfaces(component, programs[component.name]),
                  *missing_sessions(system, component, programs[component.name]), *versions(system, component, programs)]
    return without_allowed(system, found)


def without_allowed(system, found):
    kept, used = [], set()
    for one in found:
        owner = system.component(one.path[1])
        if one.kind in owner.allow:
            used.add((owner.name, one.kind))
        else:
            kept.append(one)
    for component in system.components:
        kept += [warning("allow", component.path + ("allow", kind), f"component '{component.name}' allows '{kind}', but there is no such warning",
                         "remove it", [component.name]) for kind in component.allow if (component.name, kind) not in used]
    return kept


def warning(kind, path, message, hint, components, uses=()):
    """A warning; if it can be allowed, the hint ends with how."""
    return Complaint(kind, path, message, hint, tuple(components), tuple(uses), True)


def allowing(kind, component):
    return f'; if it is meant:  allow = {{ {kind} = "why" }}  in [component.{component.name}]'


# ---- Priorities

def cores_of(system, component, seen=()):
    """The cores that it can run on: a passive one where its clients do."""
    if not component.passive:
        return {component.core}
    clients = [client for client in system.components if client.name not in seen and any(use.server == component.name for use in client.uses)]
    return set().union(*(cores_of(system, client, (*seen, component.name)) for client in clients))


def lower_priority(system, client):
    """While a client waits for a server of lower priority, whoever is between them runs first, on a core of the server."""
    for use in client.uses:
        server = system.component(use.server)
        if server is None or server.priority >= client.priority or server is client:
            continue
        cores = cores_of(system, server)
        between = [other for other in system.components if other not in (client, server) and server.priority <= other.priority < client.priority
                   and cores & cores_of(system, other)]
        if between:
            names = listing([f"'{other.name}' ({other.priority})" for other in between[:NAMED_MOST]] + [f"{len(between) - NAMED_MOST} others"] * (len(between) > NAMED_MOST))
            ceiling = f": a passive server needs the priority of its highest client, {client.priority}" if server.passive else ""
            yield warning("lower_priority", use.place, f"component '{client.name}' ({client.priority}) calls '{use.server}.{use.provided}' "
                          f"({server.priority}), which is lower: while it waits, {names} can go before the server{ceiling}",
                          f"raise the priority of '{server.name}', or lower that of '{client.name}'" + allowing("lower_priority", client),
                          [client.name, server.name], [use])


# ---- Interfaces

def users(system, server, provided):
    return [client for client in system.components for use in client.uses if (use.server, use.provided) == (server.name, provided)]


def unused(system, component):
    """A server whose interfaces nobody can call, and that no device could wake either."""
    if component.provides and not component.devices and not any(users(system, component, provided) for provided in component.provides):
        what = listing(f"'{provided}'" for provided in component.provides)
        yield warning("unused", component.path + ("provides",), f"component '{component.name}' provides {what}, and no component uses "
                      f"{'it' if len(component.provides) == 1 else 'them'}" + (": it is passive, so it never runs" if component.passive else ""),
                      f'let one use it:  uses = {{ NAME = "{component.name}.{next(iter(component.provides))}" }}, or remove the component'
                      + allowing("unused", component), [component.name])


def unknown_interfaces(component, program):
    known = sorted({interface.name for file in program.known.values() for interface in file.interfaces})
    for provided, name in component.provides.items():
        if name not in known:
            meant = closest(name, known)
            yield warning("unknown_interface", component.path + ("provides", provided), f"component '{component.name}' provides '{provided}', but no "
                          f"interface file has '{name}'", (f"did you mean \"{meant}\"?" if meant else f"known: {listing(known)}; docs/interfaces.md says how to make one")
                          + allowing("unknown_interface", component), [component.name])


def missing_sessions(system, component, program):
    """use_NAME() ends the component if there is no session with such an interface."""
    servers = [(system.component(use.server), use.provided) for use in component.uses]
    have = {server.provides.get(provided) for server, provided in servers if server} | {"Supervisor"}
    for interface in program.opens:
        if interface.name in have:
            continue
        providers = [f"{server.name}.{provided}" for server in system.components for provided, name in server.provides.items() if name == interface.name]
        hint = (f'add:  uses = {{ {interface.prefix} = "{providers[0]}" }}' if providers else f"no component provides {interface.name}: add one that does")
        yield warning("no_session", component.path + (("uses",) if component.uses else ()), f"component '{component.name}' opens a session with the interface "
                      f"{interface.name} (use_{interface.prefix}), and its description gives it none: it would end there",
                      hint + allowing("no_session", component), [component.name])


def versions(system, client, programs):
    """The session would be refused when it is opened."""
    for use in client.uses:
        server = system.component(use.server)
        name = server.provides.get(use.provided) if server else None
        mine, theirs = programs[client.name].calls.get(name), programs[server.name].serves.get(name) if server else None
        if mine is None or theirs is None or agree(mine, theirs):
            continue
        if mine.version != theirs.version:
            what = f"speaks version {mine.version} of the interface {name} ({mine.place.path}), and '{server.name}' version {theirs.version} ({theirs.place.path})"
        else:
            what = (f"and '{server.name}' have different operations of the interface {name}, and both call it version {mine.version} "
                    f"({mine.place.path}, {theirs.place.path})")
        yield Complaint("version", use.place, f"component '{client.name}' {what}: the session would be refused",
                        "build both from the same interface file", (client.name, server.name), (use,))


def agree(one, other):
    """As lib/session.c decides: the same version, and the same of all operations that both know."""
    digests, others = list(one.digests()), list(other.digests())
    both = min(len(digests), len(others))
    return one.version == other.version and (both == 0 or digests[both - 1] == others[both - 1])


# ---- For the build

def check(system):
    """Raise the first error, and print the warnings."""
    found = complaints(system)
    system.document.check(one for one in found if not one.is_warning)
    for one in found:
        complain(text_of(system, one))


def text_of(system, complaint):
    """A complaint as people see it, with its place."""
    return (f"{system.document.place(complaint.path)}: {'warning: ' if complaint.is_warning else ''}{complaint.message}"
            + (f"\n   {complaint.hint}" if complaint.hint else ""))
