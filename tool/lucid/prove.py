# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid prove`: proofs about the C code itself, with Frama-C's WP and Z3.

kernel/proofs/proofs.toml lists files. Of each, all functions are proved (but those that it names with a reason):
no run-time error, the contracts that stand in the code, and the contracts of whatever they call on the way. What
compiler built-ins mean stands in kernel/proofs/frama_c.h, what bits have to do with numbers in bits.toml (see
bit_lemmas.py). Smoke tests look for contracts that nothing can satisfy.

Provers are limited in steps, never in seconds. What Z3 answered last time is kept in kernel/proofs/answers.txt, by a
hash of the question: a goal that has not changed is not asked again, any other is proved now.
"""
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import bit_lemmas, checks
from .common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, listing, relative, say, write_atomically
from .toml_places import Document

FOLDER = Path("kernel/proofs")
BUILD = Path("build/prove")
ANSWERS = ROOT / FOLDER / "answers.txt"
KEYS = {"path", "only", "skip", "why", "lemmas", "search"}
VERSIONS = {"frama-c": "25.0", "z3": "4.8.12"}
STEPS = 6000000
SECONDS = 600  # for one goal: never reached, steps are
FUNCTIONS_MAX = 7  # that one Frama-C proves
PLUGINS = "wp,rtegen"
# OCaml's collector, for programs that keep nearly all that they make: by itself it looks through it again and again.
COLLECTOR = "s=16M,o=400"
INCLUDES = ["kernel/include", "kernel/arch/host", "abi", "abi/lucid/arch/host", str(FOLDER)]

FUNCTION = re.compile(r"^[a-zA-Z][^;{}#\n]*?\b(\w+)\([^;{}]*\)(?: \*/)?\n\{", re.MULTILINE)  # also with a ghost parameter
GHOST = re.compile(r"^ +(?:static )?void (\w+)\([^;{}]*\)\n +\{", re.MULTILINE)  # lemmas that are loops, in annotations
# How Z3 searches. `shallow` puts off what follows from what has just been found: for sums, whose definition can be unfolded for ever, and trees.
SEARCHES = {"default": "", "shallow": "auto_config=false smt.qi.eager_threshold=3 "}
UNPROVED = re.compile(r"/[*/]@(?:(?!\*/).)*?\b(admit|assume|axiom)\b", re.DOTALL)
ANNOTATION = re.compile(r"/\*@.*?\*/|//@[^\n]*", re.DOTALL)
GOAL = re.compile(r"^\[wp\] \[([^\]]+)\] (Goal|Smoke-test) (\w+)(?: : (\w+))?", re.MULTILINE)
# Z3 as Why3 calls it by itself, and with options.
PROVER = """[prover]
command = "{program} -smt2 -T:%t sat.random_seed=42 nlsat.randomize=false smt.random_seed=42 {options}-st %f"
command_steps = "{program} -smt2 sat.random_seed=42 nlsat.randomize=false smt.random_seed=42 {options}-st rlimit=%S %f"
driver = "z3_471"
editor = ""
in_place = false
interactive = false
name = "Z3"
shortcut = "z3"
version = "{version}"
"""


@dataclass(frozen=True)
class Entry:
    """A file, and what of it is proved."""
    path: str
    functions: tuple
    left: dict = field(default_factory=dict)  # functions that are not proved: why
    lemmas: tuple = ()                        # about bits, that it needs: others make Z3's work harder
    search: str = "default"                   # one of SEARCHES


@dataclass
class Outcome:
    """What Frama-C said of one file."""
    goals: dict = field(default_factory=dict)   # function: number proved
    failed: list = field(default_factory=list)  # function, goal, answer
    smoke: int = 0
    cached: int = 0
    asked: int = 0

    @property
    def proved(self):
        return sum(self.goals.values())


def functions_of(path):
    """The functions that a file defines, also those in its annotations."""
    text = (ROOT / path).read_text()
    ghosts = [name for annotation in ANNOTATION.findall(text) for name in GHOST.findall(annotation)]
    return FUNCTION.findall(text) + ghosts


def load():
    """The files of proofs.toml."""
    document = Document(ROOT / FOLDER / "proofs.toml")
    entries = []
    for index, value in enumerate(document.values.get("file", [])):
        place = ("file", index)
        checks.known_keys(document, place, value, KEYS, "a file")
        there = functions_of(value["path"])
        left = dict(value.get("skip", {}))
        if "only" in value:
            left.update((name, value["why"]) for name in there if name not in value["only"])
        for name in [*left, *value.get("only", [])]:
            if name not in there:
                raise document.error(place, f"{value['path']} has no function '{name}'")
        if value.get("search", "default") not in SEARCHES:
            raise document.error(place, f"'search' is one of {listing(SEARCHES)}")
        entries.append(Entry(value["path"], tuple(name for name in there if name not in left), left,
                             tuple(value.get("lemmas", ())), value.get("search", "default")))
    return entries


def versions():
    """What is installed: the versions that proofs depend on."""
    found = {}
    for tool, option in (("frama-c", "-version"), ("z3", "--version")):
        if shutil.which(tool) is None or shutil.which("why3") is None:
            raise ToolError("proofs need Frama-C, Why3 and Z3", "./lucid doctor --install gets them")
        text = subprocess.run([tool, option], capture_output=True, text=True).stdout
        found[tool] = re.search(r"\d+\.\d[\d.]*", text).group(0)
    return found


def other_versions():
    """Why the proofs cannot be done here, or None. Other versions make other goals, and find other proofs."""
    found = versions()
    wrong = [f"{tool} {found[tool]} instead of {version}" for tool, version in VERSIONS.items()
             if found[tool] != version]
    return f"the proofs are made with Debian 12's tools; here is {listing(wrong)}" if wrong else None


def refuse_gaps(entries):
    """Nothing may be taken for true in the code. Axioms about bits stand elsewhere, with their proofs."""
    files = {ROOT / entry.path for entry in entries} | set((ROOT / "kernel").rglob("*.[ch]"))
    for path in sorted(files):
        text = path.read_text()
        for annotation in ANNOTATION.finditer(text):
            if match := UNPROVED.search(annotation.group(0)):
                line = text[:annotation.start() + match.start(1)].count("\n") + 1
                raise ToolError(f"{relative(path)}:{line}: '{match.group(1)}' takes something for true without proof",
                                "prove it as a lemma, or as a bit lemma in kernel/proofs/bits.toml")


def prepare():
    """Prove the bit lemmas, and write what Frama-C needs. Returns how many questions Z3 answered."""
    (ROOT / BUILD).mkdir(parents=True, exist_ok=True)
    lemmas = bit_lemmas.load(ROOT / FOLDER / "bits.toml")
    asked, unproved = bit_lemmas.prove(lemmas)
    if unproved:
        raise ToolError(f"{FOLDER}/bits.toml: not proved: {listing(unproved)}")
    config = ROOT / BUILD / "why3.conf"
    config.unlink(missing_ok=True)
    done = subprocess.run(["why3", "--config", str(config), "config", "detect"], capture_output=True, text=True)
    if done.returncode != 0 or not config.exists():
        raise ToolError(f"why3 finds no prover: {done.stderr.strip()}")
    detected = config.read_text().partition("[partial_prover]")[0]
    for search, options in SEARCHES.items():
        write_atomically(config_of(search), detected + PROVER.format(program=shutil.which("z3"), options=options,
                                                                     version=VERSIONS["z3"]))
    return asked


def environment_of(entry):
    return dict(os.environ, WHY3CONFIG=str(config_of(entry.search)), OCAMLRUNPARAM=COLLECTOR)


def config_of(search):
    """Why3's configuration for one of SEARCHES."""
    return ROOT / BUILD / f"why3-{search}.conf"


def source_of(entry):
    """What Frama-C reads: the file itself, or one that includes the header."""
    if not entry.path.endswith(".h"):
        return entry.path
    source = BUILD / (entry.path.replace("/", "_").removesuffix(".h") + "_header.c")
    write_atomically(ROOT / source, f'#include "{ROOT / entry.path}"\n')
    return str(source)


def lemmas_of(entry):
    """A header with the bit lemmas that the file needs."""
    lemmas = {lemma.name: lemma for lemma in bit_lemmas.load(ROOT / FOLDER / "bits.toml")}
    for name in entry.lemmas:
        if name not in lemmas:
            raise ToolError(f"{FOLDER}/proofs.toml: {entry.path}: there is no lemma '{name}' in {FOLDER}/bits.toml")
    header = BUILD / (entry.path.replace("/", "_") + "_bits.h")
    write_atomically(ROOT / header, bit_lemmas.header([lemmas[name] for name in entry.lemmas]))
    return header


def words(entry, mode):
    """Frama-C's command line."""
    preprocess = ["-DCONFIG_DEBUG=1", "-DCONFIG_CORES=1", *(f"{option}{folder}" for option in ("-iquote ", "-I") for folder in INCLUDES),
                  "-include", f"{FOLDER}/frama_c.h", "-include", str(lemmas_of(entry))]
    return ["frama-c", "-no-autoload-plugins", "-load-module", PLUGINS, "-machdep", "gcc_x86_64", "-c11", f"-cpp-extra-args={' '.join(preprocess)}",
            "-wp", "-wp-rte", "-warn-unsigned-overflow", "-wp-model", "Typed+Cast", "-wp-prover", "z3",
            "-wp-steps", str(STEPS), "-wp-timeout", str(SECONDS), "-wp-par", "1",
            "-wp-smoke-tests", "-wp-no-smoke-dead-code", "-wp-no-smoke-dead-call",
            "-wp-cache", mode, "-wp-cache-dir", str(BUILD / "answers"), "-wp-fct", ",".join(entry.functions),
            source_of(entry)]


def prove(entry, mode="replay", part=""):
    """Prove the functions of one file, or that part of them: an Outcome."""
    done = subprocess.run(words(entry, mode), cwd=ROOT, env=environment_of(entry), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = ROOT / BUILD / (entry.path.replace("/", "_") + f"{part}.log")
    write_atomically(log, done.stdout)
    outcome = read(entry, done.stdout)
    if done.returncode != 0 or not outcome.goals:
        raise ToolError(f"{entry.path}: Frama-C failed; the end of {relative(log)}:\n{done.stdout[-1500:]}")
    return outcome


def parts_of(entry):
    """A file with many functions in parts, each a Frama-C of its own: one alone would take as long as all other files together."""
    return [replace(entry, functions=entry.functions[at:at + FUNCTIONS_MAX]) for at in range(0, len(entry.functions), FUNCTIONS_MAX)]


def joined(outcomes):
    """The Outcome of a file out of those of its parts."""
    whole = Outcome()
    for outcome in outcomes:
        whole.goals |= outcome.goals
        whole.failed += outcome.failed
        whole.smoke += outcome.smoke
        whole.cached += outcome.cached
        whole.asked += outcome.asked
    return whole


def prove_all(entries, mode):
    """Prove files in parts, those of the largest files first: each entry with its Outcome, in order. Frama-C is idle for a third of its time, so
    there are more of them than processors."""
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        running = {entry.path: [pool.submit(prove, part, mode, f"-{index}") for index, part in enumerate(parts_of(entry))]
                   for entry in sorted(entries, key=lambda entry: -len(entry.functions))}
        for entry in entries:
            yield entry, joined(future.result() for future in running[entry.path])


def read(entry, text):
    """Frama-C's answers."""
    outcome = Outcome({name: 0 for name in entry.functions})
    longest = sorted(entry.functions, key=len, reverse=True)
    for prover, kind, goal, answer in GOAL.findall(text):
        name = goal.removeprefix("typed_cast_")
        function = next((each for each in longest if name.startswith(each + "_")), name)
        if kind == "Smoke-test":
            outcome.smoke += prover == "Passed"
            if prover != "Passed":
                outcome.failed.append((function, goal, "nothing can satisfy this contract"))
        elif answer == "Valid":
            outcome.goals[function] = outcome.goals.get(function, 0) + 1
        else:
            outcome.failed.append((function, goal, answer or prover))
    if "turned to False" in text:
        outcome.failed.append((entry.path, "a contract that Frama-C takes for false", f"see {BUILD}"))
    if match := re.search(r"\(cached: (\d+)\)", text):
        outcome.cached = int(match.group(1))
    if match := re.search(r"^  Z3 [\d.]+: +(\d+)", text, re.MULTILINE):
        outcome.asked = int(match.group(1))
    return outcome


def complaint(entry, outcome):
    """What is not proved, for people."""
    lines = [f"{entry.path}: {function}: not proved: {goal} ({answer})" for function, goal, answer in outcome.failed]
    lines.append(f"   to see what is missing: ./lucid prove --filter {entry.path} --show")
    return "\n".join(lines)


def unpack_answers(keep=True):
    """What Z3 has answered, as Frama-C wants it: a file for each question. None of them unless they are to be kept."""
    folder = ROOT / BUILD / "answers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if keep and ANSWERS.exists():
        for line in ANSWERS.read_text().splitlines():
            name, _, answer = line.partition(" ")
            (folder / f"{name}.json").write_text(answer)


def pack_answers():
    paths = sorted((ROOT / BUILD / "answers").glob("*.json"))
    write_atomically(ANSWERS, "".join(f"{path.stem} {path.read_text().strip()}\n" for path in paths))
    return len(paths)


def show(entry):
    """Print the goals of a file that are not proved, as WP gives them to the prover."""
    text = subprocess.run([*words(entry, "replay"), "-wp-print"], cwd=ROOT, env=environment_of(entry), capture_output=True,
                          text=True).stdout
    for block in re.split(r"\n-{60}\n", text):
        if re.search(r"^Prover .* returns (?!Valid)", block, re.MULTILINE):
            say(block.strip() + "\n")


def command(arguments):
    """./lucid prove"""
    os.chdir(ROOT)
    if reason := other_versions():
        raise ToolError(reason)
    everything = load()
    entries = [entry for entry in everything if (arguments.filter or "") in entry.path]
    if not entries:
        raise ToolError(f"no file of {FOLDER}/proofs.toml has '{arguments.filter}' in its path",
                        f"there are {listing(entry.path for entry in everything)}")
    refuse_gaps(everything)
    asked = prepare()
    unpack_answers(keep=not arguments.update)  # all questions are asked again, and the answers to others go
    if arguments.show:
        for entry in entries:
            show(entry)
        return EXIT_OK
    say(f"{FOLDER}/bits.toml".ljust(40) + f"{asked} questions about bits answered")
    mode = "none" if arguments.afresh else "rebuild" if arguments.update else "replay"
    status = report(entries, mode)
    if arguments.update and status == EXIT_OK:
        if len(entries) < len(everything):
            raise ToolError("--update needs all files, so that old answers go", "leave --filter away")
        say(f"{pack_answers()} answers of Z3 kept in {relative(ANSWERS)}")
    return status


def report(entries, mode):
    """Prove the files, and say what came out."""
    functions = goals = smoke = failed = 0
    for entry, outcome in prove_all(entries, mode):
        functions += len(entry.functions)
        goals += outcome.proved
        smoke += outcome.smoke
        failed += len(outcome.failed)
        say(entry.path.ljust(40) + f"{len(entry.functions):3} functions, {outcome.proved:3} goals proved" +
            (f", {outcome.asked - outcome.cached} by asking Z3 now" if outcome.asked > outcome.cached else ""))
        if outcome.failed:
            say(complaint(entry, outcome))
    say()
    say(f"{functions} functions, {goals} goals proved, {failed} not; {smoke} contracts found satisfiable")
    return EXIT_FAILED if failed else EXIT_OK
