# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench` without a machine: reading what the system prints, limits, JSON, history, the drawing."""
import json
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path
from unittest import mock

from support import ToolError

from lucid import bench, bench_cores, bench_data, bench_plot
from lucid.bench import Figure
from lucid.bench_data import Limit
from lucid.build import Variant
from lucid.version import git

PRINTED = """\
lucid 0.1.0 on x86_64 pc: system 'bench', 254 MiB, 1 core
   calibration: calibration instructions 200000 ticks {ticks}
   calibration: lines calibration rounds 1
ok calibration
   yield_alone: path yield_alone rounds 256 ticks 192776 empty 519
ok yield_alone
   call: lines call rounds 2
   irq: timed irq rounds 4 ticks 900 empty 100
ok call
END 3 passed, 0 failed
"""
KNOWN = "record 0 core 0: kernel 0 0 0 0 serialising 0 atomic 0; user 7 3 4 1\nrecord 0 common 0 0 together 0\n"
MORE = ("record 1 core 0: kernel 732 45 20 13 serialising 2 atomic 1; user 8 1 0 0\nrecord 1 core 1: kernel 5 1 1 1 serialising 0 atomic 0; user 0 0 0 0\n"
        "record 1 common 3 4 together 0\nrecord 2 core 0: kernel 600 9 8 7 serialising 2 atomic 4; user 20 1 1 0\nrecord 2 common 0 0 together 0\n")
X86 = Variant("qemu-x86_64")


def parsed(ticks=200004, records=KNOWN + MORE, text=PRINTED):
    return bench.parse(text.format(ticks=ticks), records)


class Reading(unittest.TestCase):
    def test_what_one_round_costs_is_without_the_loop(self):
        self.assertEqual([(figure.path, figure.instructions) for figure in parsed()], [("yield_alone", 751), ("call", 310), ("irq", 200)])

    def test_a_calibration_off_by_more_than_one_in_a_thousand_is_refused(self):
        for ticks in (200201, 199799, 0, 12500):
            with self.subTest(ticks), self.assertRaisesRegex(ToolError, f"200000 instructions took {ticks} ticks"):
                parsed(ticks)
        for ticks in (200200, 199800):
            parsed(ticks)

    def test_without_a_calibration_nothing_is_believed(self):
        with self.assertRaisesRegex(ToolError, "has not measured the loop of known length"):
            parsed(text="   yield_alone: path yield_alone rounds 256 ticks 192776 empty 519\n")

    def test_a_line_that_is_not_understood_is_an_error(self):
        with self.assertRaisesRegex(ToolError, "not understood: path yield_alone rounds many"):
            parsed(text=PRINTED.replace("256", "many"))


class Floor(unittest.TestCase):
    def test_each_path_is_told_in_floors(self):
        figures = [Figure("floor", 26), Figure("a", 198), Figure(bench_data.START, 5000), Figure("b")]
        with mock.patch.object(bench_data, "read_limits", return_value={}):
            rows = [line.split() for line in bench.table(figures, X86).splitlines()]
            told = json.loads(bench.as_json(figures, X86))
        self.assertEqual([row[1:3] for row in rows], [["instructions", "of"], ["26", "1.0"], ["198", "7.6"], ["5000"], []])
        self.assertEqual([entry["of_floor"] for entry in told], [1.0, 7.62, None, None])


class Refusals(unittest.TestCase):
    def test_a_machine_that_does_not_count_is_refused_before_anything_is_built(self):
        with self.assertRaisesRegex(ToolError, "board 'bochs-x86_64': only QEMU counts instructions"):
            bench.measure(Variant("bochs-x86_64"), Path("log"))

    def test_benches_that_fail_are_told(self):
        recorder = mock.Mock(text="FAIL yield_alone: tests/target/bench_ipc.c:5: expected OK, seen ERR_RANGE\nEND 3 passed, 1 failed\n", log=Path("log"))
        with self.assertRaisesRegex(ToolError, "FAIL yield_alone: tests/target/bench_ipc.c:5: expected OK, seen ERR_RANGE") as caught:
            bench.check_end(recorder, mock.Mock(success=True))
        self.assertEqual(caught.exception.status, 1)


class Records(unittest.TestCase):
    def test_the_lines_are_those_of_core_0_and_instructions_those_of_one_round(self):
        figures = parsed()
        self.assertEqual(figures[0], Figure("yield_alone", 751, 45, 20, 13, 2, 1, 740, 3, 4, {1: 5}, 0))
        self.assertEqual(figures[1], Figure("call", 310, 9, 8, 7, 1, 2, 310, 0, 0, {}, 0))

    def test_what_is_only_timed_has_no_record(self):
        self.assertEqual(parsed()[2], Figure("irq", 200))

    def test_a_known_sequence_that_comes_out_wrong_is_refused(self):
        for wrong in (KNOWN.replace("7 3 4 1", "7 3 5 1"), KNOWN.replace("kernel 0", "kernel 1"), KNOWN.replace("core 0", "core 1")):
            with self.subTest(wrong), self.assertRaisesRegex(ToolError, "the plugin does not count right"):
                parsed(records=wrong + MORE)

    def test_a_record_too_few_is_refused(self):
        with self.assertRaisesRegex(ToolError, "recorded 1 times what the system measured 3 times"):
            parsed(records=KNOWN)


class Limits(unittest.TestCase):
    def written(self, text):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        path = Path(holder.name, "limits.toml")
        path.write_text(text)
        return path

    def test_more_than_the_limit_is_told_and_as_much_is_not(self):
        limits = {"a": Limit(100), "b": Limit(100)}
        self.assertEqual(bench_data.exceeded([Figure("a", 101), Figure("b", 100)], limits, "qemu-x86_64"),
                         ["a: expected at most 100 instructions, seen 101"])

    def test_where_the_clock_is_coarse_half_a_percent_and_one_more_are_tolerated(self):
        seen = [Figure("a", 1006), Figure("b", 1007)]
        self.assertEqual(bench_data.exceeded(seen, {"a": Limit(1000), "b": Limit(1000)}, "qemu-riscv64"), ["b: expected at most 1000 instructions, seen 1007"])

    def test_a_path_without_a_limit_is_told(self):
        self.assertIn("a: 5 instructions, and no limit in bench/limits.toml", bench_data.exceeded([Figure("a", 5)], {}, "qemu-x86_64")[0])

    def test_a_limit_whose_path_is_not_measured_is_told(self):
        self.assertEqual(bench_data.exceeded([], {"a": Limit(100)}, "qemu-x86_64"), ["a: expected to be measured, as it has a limit; seen nothing"])

    def test_lowering_never_raises(self):
        limits = {"x": {"a": Limit(100, 50), "b": Limit(100, 50), "c": Limit(100, 50), "e": Limit(7), "f": Limit(9, None, (5, 6, 7), (1, 2, 3))}}
        seen = [Figure("a", 120), Figure("b", 80), Figure("c", 40), Figure("d", 9), Figure("f", 8, 6, 5, 7)]
        self.assertEqual(bench_data.lowered(limits, "x", seen),
                         {"x": {"a": Limit(100, 50), "b": Limit(80, 50), "c": Limit(50), "d": Limit(9), "e": Limit(7), "f": Limit(8, None, (5, 5, 7), (1, 2, 3))}})

    def test_lines_beyond_their_limit_are_told_with_two_spare_for_code_that_has_moved(self):
        limits = {name: Limit(100, None, (5, 6, 7)) for name in ("a", "b")}
        self.assertEqual(bench_data.exceeded([Figure("a", 1, 7, 6, 7), Figure("b", 1, 8, 7, 8)], limits, "qemu-x86_64"),
                         ["b: expected at most 7 lines executed, seen 8", "b: expected at most 6 lines touched, seen 7", "b: expected at most 7 lines written, seen 8"])

    def test_what_is_written_is_read_back(self):
        limits = {"x": {"a": Limit(100, 50, (5, 6, 7), (1, 2, 3), 'a "b"'), "bbb": Limit(3)}, "y-2cores": {"a": Limit(5)}}
        self.assertEqual(bench_data.read_limits(self.written(bench_data.limits_text(limits))), limits)

    def test_a_limit_that_is_not_understood_is_told_with_its_line(self):
        for entry in ("5", "{ target = 5 }", '{ limit = "5" }', "{ limit = 5, aim = 4 }", "{ limit = 5, lines = [1, 2] }", "{ limit = 5, lines = 3 }", "{ limit = 0 }"):
            with self.subTest(entry), self.assertRaisesRegex(ToolError, "limits.toml:3: the limit of 'a' is not understood"):
                bench_data.read_limits(self.written(f"# limits\n[x]\na = {entry}\n"))

    def test_a_limit_that_is_raised_has_the_reason_beside_it(self):
        limits = {"x": {"a": Limit(100, 50), "b": Limit(100), "c": Limit(9, None, (5, 6, 7))}}
        self.assertEqual(bench_data.raised(limits, "x", "qemu-x86_64", [Figure("a", 120), Figure("b", 80), Figure("c", 9, 9, 5, 7)], "checks"),
                         {"x": {"a": Limit(120, 50, raised="checks"), "b": Limit(100), "c": Limit(9, None, (9, 6, 7), raised="checks")}})

    def test_limits_never_went_up_without_a_reason(self):
        """In no commit that changed the file, and not since."""
        commits = git("log", "--format=%H", "-20", "--", "bench/limits.toml")
        if commits is None:
            self.skipTest("the history is not there")
        texts = [bench_data.LIMITS.read_text(), *(git("show", f"{commit}:bench/limits.toml") for commit in commits.split())]
        versions = [bench_data.read_limits(self.written(text)) for text in texts if text]
        for later, earlier in zip(versions, versions[1:]):
            for variant, paths in earlier.items():
                for name, limit in paths.items():
                    now = later.get(variant, {}).get(name)
                    if now is not None and now.raised is None:
                        self.assertLessEqual(now.limit, limit.limit, f"{variant}: {name}")

    def test_the_anchors_are_read(self):
        self.assertEqual(bench_data.read_anchors()["qemu-x86_64"]["call_reply_registers"]["sel4"], 408)

    def test_an_anchor_of_a_kernel_that_is_not_known_is_refused(self):
        with self.assertRaisesRegex(ToolError, "'minix' of 'a' is not understood"):
            bench_data.read_anchors(self.written("[x]\na = { minix = 5 }\n"))


class SeveralCores(unittest.TestCase):
    """What they cost paths that stay on one."""

    def wrong(self, path, one, several):
        found = bench_cores.differences([Figure(path, one)], [Figure(path, several)])
        return {difference.path: difference.wrong for difference in found}[path]

    def test_twelve_instructions_an_entry_are_allowed(self):
        self.assertEqual(self.wrong("signal_nobody", 68, 80), "")
        self.assertEqual(self.wrong("notification_ping_pong", 480, 528), "")

    def test_one_more_is_told(self):
        self.assertEqual(self.wrong("signal_nobody", 68, 81),
                         "signal_nobody: expected at most 12 instructions more than with one core (12 an entry); seen 13, 81 instead of 68")
        self.assertIn("expected at most 48 instructions more", self.wrong("notification_ping_pong", 480, 529))

    def test_a_path_that_is_not_measured_is_told(self):
        self.assertIn("expected to be measured", self.wrong("page_fault", 345, None))


class Showing(unittest.TestCase):
    def setUp(self):
        limits = mock.patch.object(bench_data, "read_limits", lambda: {"qemu-x86_64": {"a": Limit(100, 50)}})
        limits.start()
        self.addCleanup(limits.stop)

    def test_json_has_null_where_there_is_nothing(self):
        values = json.loads(bench.as_json([Figure("a", 90), Figure("call", None, 15, 21, 12, 1)], X86))
        self.assertEqual(values[0], {"board": "qemu-x86_64", "cores": 1, "compiler": "gcc", "path": "a", "instructions": 90, "ilines": None,
                                     "dlines": None, "dlines_written": None, "serialising": None, "atomic": None, "common_written": None,
                                     "common_touched": None, "of_floor": None, "others": None, "limit": 100, "target": 50})
        self.assertEqual((values[1]["instructions"], values[1]["ilines"], values[1]["dlines_written"], values[1]["limit"]), (None, 15, 12, None))

    def test_the_table_has_a_row_for_each_path_with_the_anchors(self):
        lines = bench.table([Figure("call_reply_registers", 204), Figure("a", 90)], X86).splitlines()
        self.assertEqual(lines[1].split(), ["call_reply_registers", "204", "150", "408", "503", "290", "1075", "0.50"])
        self.assertEqual(lines[2].split(), ["a", "90", "100", "50"])

    def test_a_limit_that_is_exceeded_is_the_exit_status(self):
        with mock.patch("lucid.bench.say"):
            self.assertEqual(bench.judge([Figure("a", 100)], X86), 0)
            self.assertEqual(bench.judge([Figure("a", 101)], X86), 1)


class History(unittest.TestCase):
    def test_a_commit_that_is_recorded_again_replaces_its_rows(self):
        rows = bench_data.recorded([], bench_data.history_rows([Figure("a", 5), Figure("b", 6)], "c1", X86))
        rows = bench_data.recorded(rows, bench_data.history_rows([Figure("a", 4)], "c1", X86))
        rows = bench_data.recorded(rows, bench_data.history_rows([Figure("a", 3, 1, 2, 1)], "c2", X86))
        self.assertEqual([(row["commit"], row["path"], row["instructions"]) for row in rows], [("c1", "b", 6), ("c1", "a", 4), ("c2", "a", 3)])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "history.csv")
            bench_data.write_history(rows, path)
            self.assertEqual(bench_data.read_history(path), rows)

    def test_a_history_with_other_columns_or_words_for_numbers_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "history.csv")
            path.write_text("commit,path\n")
            with self.assertRaisesRegex(ToolError, "history.csv:1: the columns"):
                bench_data.read_history(path)
            path.write_text(",".join(bench_data.HISTORY_FIELDS) + "\nc1,gcc,qemu-x86_64,1,a,many,,,\n")
            with self.assertRaisesRegex(ToolError, "history.csv:2: a figure is no number"):
                bench_data.read_history(path)

    def test_the_drawing_is_xml_with_a_line_for_each_board(self):
        rows = [{**row, "board": board} for board in ("qemu-x86_64", "qemu-<aarch64>") for commit in ("c1", "c2")
                for row in bench_data.history_rows([Figure("a", 5), Figure("b", 6)], commit, X86)]
        image = xml.etree.ElementTree.fromstring(bench_plot.svg(rows))
        self.assertEqual(len(image.findall(".//{*}polyline")), 4)

    def test_an_empty_history_is_told(self):
        with mock.patch.object(bench_data, "read_history", lambda: []), self.assertRaisesRegex(ToolError, "nothing to draw"):
            bench_plot.command(Path("x.svg"))


if __name__ == "__main__":
    unittest.main()
