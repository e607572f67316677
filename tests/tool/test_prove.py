# SPDX-License-Identifier: BSD-2-Clause
"""How proofs are prepared and read: bit lemmas mean the same to Frama-C and to Z3, gaps are refused, and answers
are not taken for better than they are."""
import shutil
import unittest
from unittest import mock

from support import FolderTest, ToolError

from lucid import bit_lemmas, prove
from lucid.bit_lemmas import Lemma


def axioms(lemma):
    return list(bit_lemmas.acsl_axioms(lemma))


@unittest.skipUnless(shutil.which("z3"), "Z3 is not installed")
class BitLemmas(unittest.TestCase):
    def unproved(self, **lemma):
        return bit_lemmas.prove([Lemma("lemma", **lemma)])[1]

    def test_a_true_lemma_is_proved(self):
        self.assertEqual(self.unproved(variables={"x": 64}, claim="x & 31 == x % 32"), [])

    def test_a_false_lemma_is_not_proved(self):
        self.assertEqual(self.unproved(variables={"x": 64}, claim="x & 31 == x % 31"), ["lemma"])

    def test_a_lemma_that_is_false_for_one_value_names_it(self):
        self.assertEqual(self.unproved(variables={"x": 64}, each={"n": [0, 4]}, claim="(x >> n) < (1 << 62) or n < 2"),
                         [])
        self.assertEqual(self.unproved(variables={"x": 64}, each={"n": [0, 4]}, claim="(x >> n) < (1 << 62) or n != 1"),
                         ["lemma_1"])

    def test_what_wraps_around_in_words_is_not_proved_for_numbers(self):
        """Numbers below zero and above 128 bits do not exist in words: Z3 is asked whether they occur."""
        self.assertEqual(self.unproved(variables={"x": 8}, claim="x - 1 + 1 == x"), ["lemma"])
        self.assertEqual(self.unproved(variables={"x": 8}, when="1 <= x", claim="x - 1 + 1 == x"), [])
        self.assertEqual(self.unproved(variables={"x": 64}, claim="x * x * x != 3"), ["lemma"])

    def test_variables_have_at_most_64_bits(self):
        with self.assertRaisesRegex(ToolError, "'x' has 128 bits"):
            self.unproved(variables={"x": 128}, claim="x == x")

    def test_all_lemmas_of_the_kernel_are_proved(self):
        asked, unproved = bit_lemmas.prove(bit_lemmas.load(prove.ROOT / prove.FOLDER / "bits.toml"))
        self.assertEqual(unproved, [])
        self.assertGreater(asked, 100)


class Axioms(unittest.TestCase):
    def test_ranges_and_premises_stand_before_the_claim(self):
        lemma = Lemma("name", variables={"x": 8}, each={"n": [0, 3]}, when="x < 9", claim="x >> n <= x")
        self.assertEqual(axioms(lemma), ["axiom name: \\forall integer x, n; 0 <= x < 256 ==> 0 <= n <= 3 ==> (x < 9) ==> "
                                         "((x >> n) <= x);"])

    def test_each_table_of_values_makes_one(self):
        lemma = Lemma("low", variables={"x": 64}, values=[{"n": 3}, {"n": 5}], claim="x & n <= n")
        self.assertEqual([axiom.split(":")[0] for axiom in axioms(lemma)], ["axiom low_3", "axiom low_5"])

    def test_what_a_lemma_cannot_say_is_an_error(self):
        with self.assertRaisesRegex(ToolError, "a lemma cannot say 'x \\*\\* 2'"):
            axioms(Lemma("name", variables={"x": 8}, claim="x ** 2 == x"))


class Gaps(FolderTest):
    def refuse(self, text):
        (self.folder / "kernel").mkdir(exist_ok=True)
        (self.folder / "kernel/a.c").write_text(text)
        with mock.patch.object(prove, "ROOT", self.folder):
            prove.refuse_gaps([])

    def test_an_admitted_contract_is_refused_with_its_place(self):
        for text in ("\n/*@ admit ensures x: \\true; */\n", "\n//@ admit x == 0;\n", "\n/*@ axiomatic A { axiom a: \\false; } */\n"):
            with self.assertRaisesRegex(ToolError, "a.c:2: '(admit|axiom)' takes something for true"):
                self.refuse(text)

    def test_parameters_without_an_axiom_are_not(self):
        self.refuse("/*@ axiomatic A { predicate is_node(int *n); } */\n")

    def test_ordinary_words_are_not(self):
        self.refuse("/* We admit that this axiom is one. */\n/*@ requires x > 0; */\nint admit;\n")


class Answers(FolderTest):
    def kept_after(self, keep):
        """One answer is kept from before, and another is new."""
        answers = self.folder / "answers.txt"
        answers.write_text("old {}\n")
        with mock.patch.multiple(prove, ROOT=self.folder, ANSWERS=answers):
            prove.unpack_answers(keep=keep)
            (self.folder / prove.BUILD / "answers/new.json").write_text("{}")
            prove.pack_answers()
        return answers.read_text()

    def test_those_to_old_questions_go_when_all_are_asked_again(self):
        self.assertEqual(self.kept_after(False), "new {}\n")

    def test_they_stay_otherwise(self):
        self.assertEqual(self.kept_after(True), "new {}\nold {}\n")


class Functions(unittest.TestCase):
    def test_lemmas_in_annotations_are_proved_too(self):
        self.assertIn("lemma_parts", prove.functions_of("kernel/sched/refill.c"))
        [refills] = [entry for entry in prove.load() if entry.path == "kernel/sched/refill.c"]
        self.assertIn("lemma_parts", refills.functions)
        self.assertNotIn("lemma_parts", refills.left)

    def test_functions_with_ghost_parameters_are_proved_too(self):
        self.assertIn("append", prove.functions_of("kernel/sched/priority_queue.c"))


class Reading(unittest.TestCase):
    ENTRY = prove.Entry("kernel/a.c", ("queue", "queue_first"))

    def read(self, text):
        return prove.read(self.ENTRY, text)

    def test_goals_are_counted_by_function(self):
        outcome = self.read("[wp] [Qed] Goal typed_cast_queue_first_ensures : Valid (1ms)\n"
                            "[wp] [Z3 4.8.12] Goal typed_cast_queue_assert : Valid (Qed:1ms) (10ms) (20)\n")
        self.assertEqual((outcome.goals, outcome.failed), ({"queue": 1, "queue_first": 1}, []))

    def test_all_that_is_not_valid_has_failed(self):
        for answer in ("Unknown", "Timeout", "Failed"):
            outcome = self.read(f"[wp] [Z3 4.8.12] Goal typed_cast_queue_ensures_sum : {answer} (Qed:1ms)\n")
            self.assertEqual(outcome.failed, [("queue", "typed_cast_queue_ensures_sum", answer)])
            self.assertIn("kernel/a.c: queue: not proved: typed_cast_queue_ensures_sum",
                          prove.complaint(self.ENTRY, outcome))

    def test_a_contract_that_nothing_satisfies_has_failed(self):
        outcome = self.read("[wp] [Failed] Smoke-test typed_cast_queue_wp_smoke_default_requires\n")
        self.assertEqual(outcome.failed[0][2], "nothing can satisfy this contract")

    def test_a_passed_smoke_test_is_no_goal(self):
        outcome = self.read("[wp] [Passed] Smoke-test typed_cast_queue_wp_smoke_default_requires\n")
        self.assertEqual((outcome.proved, outcome.smoke, outcome.failed), (0, 1, []))

    def test_a_condition_taken_for_false_has_failed(self):
        self.assertTrue(self.read(" - Warning: Target turned to False, looking for context inconsistency\n").failed)


class Files(unittest.TestCase):
    def test_functions_are_found_where_they_are_defined(self):
        self.assertEqual(prove.functions_of("kernel/object/lookup.c"), ["lookup_slow", "lookup_cap", "lookup_typed_slow", "lookup_typed"])

    def test_every_entry_names_functions_that_exist(self):
        for entry in prove.load():
            self.assertTrue(entry.functions, entry.path)

    def test_every_function_left_out_has_a_reason(self):
        for entry in prove.load():
            for function, reason in entry.left.items():
                self.assertTrue(reason, f"{entry.path}: {function}")


if __name__ == "__main__":
    unittest.main()
