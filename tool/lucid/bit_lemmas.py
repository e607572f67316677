# SPDX-License-Identifier: BSD-2-Clause
"""What bits have to do with numbers: lemmas for Frama-C, which knows little of it, proved by Z3's bit vectors.

kernel/proofs/bits.toml states each lemma once. From that come an axiom in ACSL, over the integers, and questions to
Z3 over words of 128 bits. In these every operation is also asked not to wrap around, so that the two mean the same;
a lemma that Z3 does not prove is not used by anything.

A claim is written in Python's syntax (in which & binds tighter than ==): + - * // % & | << >> == != < <= and or
not, not64(x) for the complement of 64 bits, to32(x) for what (uint32_t) leaves of 64, numbers and variables. What is shifted by must be a number or a
variable of `each`, of which every value is asked for apart.
"""
import ast
import itertools
import subprocess
from dataclasses import dataclass, field

from . import checks
from .common import ToolError
from .toml_places import Document

WIDTH = 128
KEYS = {"name", "variables", "each", "values", "when", "claim"}
ALL_ONES_64 = (1 << 64) - 1

ARITHMETIC = {ast.Add: ("+", "bvadd"), ast.Sub: ("-", "bvsub"), ast.Mult: ("*", "bvmul"), ast.FloorDiv: ("/", "bvudiv"),
              ast.Mod: ("%", "bvurem"), ast.BitAnd: ("&", "bvand"), ast.BitOr: ("|", "bvor"),
              ast.LShift: ("<<", "bvshl"), ast.RShift: (">>", "bvlshr")}
CALLS = {"not64": ("(uint64_t)~", "bvxor", 64), "to32": ("(uint32_t)", "bvand", 32)}
COMPARISONS = {ast.Eq: ("==", "="), ast.NotEq: ("!=", "distinct"), ast.Lt: ("<", "bvult"), ast.LtE: ("<=", "bvule")}


@dataclass(frozen=True)
class Lemma:
    name: str
    variables: dict                             # name: bits
    each: dict = field(default_factory=dict)    # name: first and last value; stays a variable in ACSL
    values: list = field(default_factory=lambda: [{}])  # name: value; each table makes a lemma of its own
    when: str = "True"
    claim: str = "True"


@dataclass(frozen=True)
class Term:
    """A translated expression: in ACSL, in SMT-LIB, and what must hold so that the two mean the same."""
    acsl: str
    smt: str
    truth: bool = False
    needs: tuple = ()


def load(path):
    """The lemmas of a file."""
    document = Document(path)
    lemmas = []
    for index, entry in enumerate(document.values.get("lemma", [])):
        checks.known_keys(document, ("lemma", index), entry, KEYS, "a lemma")
        lemmas.append(Lemma(**entry))
    return lemmas


def number(value):
    return Term(str(value), f"(_ bv{value} {WIDTH})")


def translate(node, values):
    """An expression. `values`: names that stand for numbers in SMT-LIB."""
    if isinstance(node, ast.Expression):
        return translate(node.body, values)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return Term(f"\\{str(node.value).lower()}", str(node.value).lower(), True)
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return number(node.value)
    if isinstance(node, ast.Name):
        return Term(node.id, number(values[node.id]).smt) if node.id in values else Term(node.id, node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        return binary(node, values)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        return comparison(node, values)
    if isinstance(node, ast.BoolOp):
        terms = [translate(value, values) for value in node.values]
        acsl, smt = (" && ", "and") if isinstance(node.op, ast.And) else (" || ", "or")
        return Term(f"({acsl.join(term.acsl for term in terms)})", f"({smt} {' '.join(term.smt for term in terms)})",
                    True, needs_of(*terms))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        term = translate(node.operand, values)
        return Term(f"!({term.acsl})", f"(not {term.smt})", True, term.needs)
    if isinstance(node, ast.Call) and getattr(node.func, "id", None) in CALLS:
        term = translate(node.args[0], values)
        acsl, smt, bits = CALLS[node.func.id]
        ones = number((1 << bits) - 1).smt
        return Term(f"({acsl}{term.acsl})", f"({smt} {term.smt} {ones})", False,
                    (*term.needs, f"(bvule {term.smt} {number(ALL_ONES_64).smt})"))
    raise ToolError(f"a lemma cannot say '{ast.unparse(node)}'")


def needs_of(*terms):
    return tuple(itertools.chain.from_iterable(term.needs for term in terms))


def binary(node, values):
    left, right = translate(node.left, values), translate(node.right, values)
    acsl, smt = ARITHMETIC[type(node.op)]
    text = f"({smt} {left.smt} {right.smt})"
    needs = {"+": f"(bvuge {text} {left.smt})",
             "-": f"(bvuge {left.smt} {right.smt})",
             "*": f"(bvumul_noovfl {left.smt} {right.smt})",
             "/": f"(distinct {right.smt} {number(0).smt})",
             "%": f"(distinct {right.smt} {number(0).smt})",
             "<<": f"(and (bvult {right.smt} {number(WIDTH).smt}) (= (bvlshr {text} {right.smt}) {left.smt}))",
             ">>": f"(bvult {right.smt} {number(WIDTH).smt})"}.get(acsl)
    return Term(f"({left.acsl} {acsl} {right.acsl})", text, False, needs_of(left, right) + ((needs,) if needs else ()))


def comparison(node, values):
    left, right = translate(node.left, values), translate(node.comparators[0], values)
    acsl, smt = COMPARISONS[type(node.ops[0])]
    if left.truth:
        acsl = "<==>"
    return Term(f"({left.acsl} {acsl} {right.acsl})", f"({smt} {left.smt} {right.smt})", True, needs_of(left, right))


def versions(lemma):
    """The lemma for each of its `values`: a name and the values."""
    for chosen in lemma.values:
        yield "_".join([lemma.name, *map(str, chosen.values())]), chosen


class Substitute(ast.NodeTransformer):
    """Puts numbers for names."""

    def __init__(self, values):
        self.values = values

    def visit_Name(self, node):
        return ast.Constant(self.values[node.id]) if node.id in self.values else node


def parse(text, values):
    return Substitute(values).visit(ast.parse(f"({text})", mode="eval"))


def acsl_axioms(lemma):
    """The lemma as Frama-C reads it."""
    ranges = [f"0 <= {name} < {1 << bits}" for name, bits in lemma.variables.items()]
    ranges += [f"{first} <= {name} <= {last}" for name, (first, last) in lemma.each.items()]
    names = ", ".join([*lemma.variables, *lemma.each])
    for name, values in versions(lemma):
        when, claim = (translate(parse(text, values), {}).acsl for text in (lemma.when, lemma.claim))
        premises = " ==> ".join([*ranges, *([] if lemma.when == "True" else [when])])
        yield f"axiom {name}: \\forall integer {names}; {premises} ==> {claim};"


def questions(lemma):
    """What to ask Z3: each a name and a script whose answer has to be `unsat`."""
    for variable, bits in lemma.variables.items():
        if not 1 <= bits <= 64:
            raise ToolError(f"lemma '{lemma.name}': '{variable}' has {bits} bits; there can be 1 to 64")
    for name, chosen in versions(lemma):
        spans = [range(first, last + 1) for first, last in lemma.each.values()]
        for numbers in itertools.product(*spans):
            values = dict(zip(lemma.each, numbers))
            when = translate(parse(lemma.when, chosen), values)
            claim = translate(parse(lemma.claim, chosen), values)
            lines = [f"(declare-const {variable} (_ BitVec {WIDTH}))\n"
                     f"(assert (bvult {variable} {number(1 << bits).smt}))" for variable, bits in lemma.variables.items()]
            goal = f"(=> {when.smt} (and true {' '.join(claim.needs)} {claim.smt}))"
            lines.append(f"(assert (not (and true {' '.join(when.needs)} {goal})))")
            yield "_".join([name, *map(str, numbers)]), "\n".join(lines)


def header(lemmas):
    """The axioms as a C header."""
    axioms = "".join(f"    {axiom}\n" for lemma in lemmas for axiom in acsl_axioms(lemma))
    if not axioms:
        return "/* No lemmas about bits are needed. */\n"
    return ("/* Made by ./lucid prove from kernel/proofs/bits.toml; each of these is proved by Z3's bit vectors. */\n"
            "#include <stdint.h>\n"
            f"/*@ axiomatic Bits {{\n{axioms}}} */\n")


def prove(lemmas):
    """Ask Z3 about all of them: the number of questions, and the names of those not proved."""
    asked = [question for lemma in lemmas for question in questions(lemma)]
    script = "".join(f"(push)\n{text}\n(check-sat)\n(pop)\n" for _, text in asked)
    done = subprocess.run(["z3", "-smt2", "-in", "rlimit=200000000"], input=script, capture_output=True, text=True)
    answers = done.stdout.split("\n")[:-1]
    if len(answers) != len(asked) or not set(answers) <= {"unsat", "sat", "unknown"}:
        raise ToolError(f"z3 did not answer as expected: {done.stdout[-500:]}{done.stderr[-500:]}")
    return len(asked), [name for (name, _), answer in zip(asked, answers) if answer != "unsat"]
