# SPDX-License-Identifier: BSD-2-Clause
"""The language of interfaces: what is understood, and what is said about what is not, at which place."""
import shutil
import subprocess
import unittest

from support import ROOT, FolderTest, ToolError

from lucid import idl
from lucid.board import load_board
from lucid.compiler import COMPILERS, user_flags
from lucid.idl.fuzz import fuzz_source
from lucid.ports import load_port

HEAD = "interface Sample version 1 {\n"


def source(*operations):
    """A file with these operations, the first of them in line 2."""
    return HEAD + "".join(f"    {one}\n" for one in operations) + "}\n"


class IdlTest(FolderTest):
    def parse(self, text, name="sample"):
        path = self.folder / f"{name}.idl"
        path.write_text(text)
        return idl.load(path)

    def operation(self, text):
        return self.parse(source(text)).interfaces[0].operations[0]

    def wrong(self, text, place, *parts):
        """The file is refused at LINE:COLUMN, and the message has these parts."""
        with self.assertRaises(ToolError) as caught:
            self.parse(text)
        complaint = str(caught.exception).replace(f"{self.folder}/", "")
        self.assertEqual(complaint.split(": ", 1)[0], f"sample.idl:{place}", complaint)
        for part in parts:
            self.assertIn(part, complaint)


class Language(IdlTest):
    def test_operations_are_numbered_in_order_and_labels_have_the_version(self):
        file = self.parse("interface Sample version 3 { one(); two(); }")
        self.assertEqual([(one.name, one.number) for one in file.interfaces[0].operations], [("one", 1), ("two", 2)])
        self.assertIn("#define SAMPLE_TWO 0x302u\n", idl.types_header(file))

    def test_a_name_of_several_words_becomes_a_prefix(self):
        self.assertEqual(self.parse("interface BlockDevice version 1 { read(); }").interfaces[0].prefix, "block_device")

    def test_values_and_counts_take_a_word_and_contents_follow(self):
        asks = self.operation("call(char a[<=9], uint8_t b, uint16_t c[8], char d[<=8]);").asks
        self.assertEqual([one.word for one in asks.parameters], [0, 1, 2, 4])
        self.assertEqual((asks.fixed, asks.most), (5, 8))

    def test_only_values_that_fit_go_in_registers(self):
        for text, fits in (("call(bool a, int8_t b, word_t c, uint64_t d) -> (int32_t e);", True), ("call();", True),
                           ("call(bool a, bool b, bool c, bool d, bool e);", False), ("call(char a[4]);", False),
                           ("call(char a[<=4]);", False), ("call(cap Any a);", False)):
            operation = self.operation(text)
            self.assertEqual(operation.asks.in_registers and operation.answers.in_registers, fits, text)

    def test_constants_can_stand_wherever_numbers_can(self):
        file = self.parse("const LOW = -0x10;\nconst N = 4;\nenum kind { A = N, B }\ninterface Sample version N {\n"
                          "call(int8_t a in LOW..-1 | N, kind b[<=N]); }")
        first, second = file.interfaces[0].operations[0].asks.parameters
        self.assertEqual([(low[0], high[0]) for low, high in first.ranges], [(-16, -1), (4, 4)])
        self.assertEqual((second.count, second.type.values[1][1], file.interfaces[0].version), (4, 5, 4))

    def test_an_open_range_ends_where_the_type_does(self):
        [parameter] = self.operation("call(uint16_t a in 5..);").asks.parameters
        self.assertEqual([(low[0], high[0]) for low, high in parameter.ranges], [(5, 65535)])

    def test_a_comment_belongs_to_what_follows_and_the_licence_to_nothing(self):
        file = self.parse("/* SPDX-License-Identifier: BSD-2-Clause */\n/* What it\n * is. */\ninterface Sample version 1 {\n"
                          "    // not this\n    /* Calls. */\n    idempotent call();\n}")
        self.assertEqual((file.interfaces[0].doc, file.interfaces[0].operations[0].doc), ("What it\nis.", "Calls."))
        self.assertTrue(file.interfaces[0].operations[0].idempotent)

    def test_errors_of_an_interface_are_numbered_from_64(self):
        file = self.parse('error HOTEL_FULL "no room";\nerror HOTEL_SHUT "shut";\n' + source("call() fails HOTEL_SHUT, ERR_MEMORY \"why\";"))
        self.assertEqual([number for _, number, _ in file.errors], [64, 65])
        self.assertEqual(file.interfaces[0].operations[0].fails, [("HOTEL_SHUT", ""), ("ERR_MEMORY", "why")])

    def test_every_interface_of_the_kit_is_read(self):
        self.assertGreaterEqual({path.stem for path in idl.files()}, {"console", "echo", "supervisor", "timer"})
        for path in idl.files():
            idl.load(path)

    def test_the_example_of_the_document_is_an_interface(self):
        text = (ROOT / "docs/interfaces.md").read_text()
        file = self.parse(text.split("```c\n")[1].split("```")[0], "hotel")
        self.assertEqual([one.name for one in file.interfaces[0].operations], ["book", "vacancies", "set_price"])


class Compiled(IdlTest):
    """Every header alone, and what may be together, without a warning."""

    def test_both_compilers_take_the_headers_of_all_that_an_interface_can_have(self):
        idl.write_all([ROOT / "tests/interfaces/sample.idl", *idl.files()], self.folder, idl.HEADERS)
        text = (ROOT / "docs/interfaces.md").read_text().split("```c\n")[1].split("```")[0]
        (self.folder / "hotel.idl").write_text(text)
        idl.write_all([self.folder / "hotel.idl"], self.folder / "hotel", idl.HEADERS)
        port = load_port(load_board("qemu-x86_64").arch)
        for compiler in COMPILERS:
            for headers in (["sample.h", "sample.trace.h"], ["sample.server.h", "sample.trace.h"], ["mock/sample.h"], ["sample.types.h"],
                            ["hotel/hotel.h"], ["hotel/hotel.server.h"], ["hotel/mock/hotel.h", "hotel/hotel.trace.h"]):
                (self.folder / "all.c").write_text("".join(f"#include <{name}>\n" for name in headers))
                done = subprocess.run([compiler, *user_flags(port, "debug", compiler, False), f"-I{self.folder}", f"-I{self.folder}/hotel",
                                       "-fsyntax-only", str(self.folder / "all.c")], cwd=ROOT, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), f"{compiler} {headers}")

    def test_fields_of_one_name_at_several_levels_are_all_doubted(self):
        kinds = "enum kind { A, B }\nstruct inner { kind x[2]; kind y; }\nstruct outer { inner x[3]; }\n"
        (self.folder / "sample.idl").write_text(kinds + source("call(outer a[<=2], kind e_0[<=2]);"))
        idl.write_all([self.folder / "sample.idl"], self.folder, {**idl.HEADERS, "{}.fuzz.c": fuzz_source})
        text = (self.folder / "sample.fuzz.c").read_text()
        self.assertIn("a[e_0_].x[f_0_].x[f_1_]", text)
        port = load_port(load_board("qemu-x86_64").arch)
        done = subprocess.run(["gcc", *user_flags(port, "debug", "gcc", False), f"-I{self.folder}", "-Itests/interfaces", "-fsyntax-only",
                               str(self.folder / "sample.fuzz.c")], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_headers_of_client_and_server_in_one_file_are_refused_with_the_reason(self):
        idl.write_all(idl.files(), self.folder, idl.HEADERS)
        (self.folder / "all.c").write_text("#include <echo.h>\n#include <echo.server.h>\n")
        port = load_port(load_board("qemu-x86_64").arch)
        done = subprocess.run(["gcc", *user_flags(port, "debug", "gcc", False), f"-I{self.folder}", "-fsyntax-only", str(self.folder / "all.c")],
                              cwd=ROOT, capture_output=True, text=True)
        self.assertIn("echo.h and echo.server.h have functions of the same names: include one of them in each file", done.stderr)


class Digests(IdlTest):
    """What makes two interfaces of the same version different, and what does not."""

    def digests(self, text):
        return list(self.parse(text).interfaces[0].digests())

    def test_a_new_operation_at_the_end_leaves_the_others_as_they_were(self):
        old, new = self.digests(source("one(bool a);", "two();")), self.digests(source("one(bool a);", "two();", "three();"))
        self.assertEqual((old, len(new)), (new[:2], 3))

    def test_names_of_parameters_ranges_errors_and_comments_do_not_count(self):
        self.assertEqual(self.digests(source("one(uint8_t a);")),
                         self.digests(source("/* One. */ one(uint8_t b in 1..2) fails ERR_STATE;")))

    def test_everything_on_the_wire_counts(self):
        kinds = "enum kind { A, B }\nstruct pair { uint32_t x; uint32_t y; }\n"
        calls = ("one(uint8_t a);", "one(uint16_t a);", "one(uint8_t a[1]);", "one(uint8_t a[<=1]);", "one(uint8_t a[<=2]);",
                 "one(cap Any a);", "one(cap Frame a);", "one() -> (uint8_t a);", "two(uint8_t a);", "one(kind a);", "one(pair a);")
        seen = [self.digests(kinds + source(call))[0] for call in calls]
        seen.append(self.digests(kinds.replace("A, B", "B, A") + source("one(kind a);"))[0])
        seen.append(self.digests(kinds.replace("uint32_t y", "int32_t y") + source("one(pair a);"))[0])
        seen.append(self.digests(source("one(uint8_t a);").replace("version 1", "version 2"))[0])
        self.assertEqual(len(set(seen)), len(seen))


class Refusals(IdlTest):
    def test_what_cannot_be_read(self):
        self.wrong("interface @", "1:11", "'@' means nothing here", "docs/interfaces.md")
        self.wrong("\n /* never", "2:2", "this comment does not end", "end it with */")
        self.wrong('error A "b\n";', "1:9", "this text does not end on its line")
        self.wrong("const A = 12x;", "1:11", "'12x' is not a number", "decimal, or hexadecimal")

    def test_what_stands_at_the_top(self):
        self.wrong("", "1:1", "expected an interface, but found the end of the file", "interface Name version 1")
        self.wrong("interfacee A version 1 {}", "1:1", "expected const, enum, struct, error and interface", "did you mean 'interface'?")
        self.wrong("interface sample version 1 { call(); }", "1:11", "'sample' cannot be the name of an interface", "capital letter")
        self.wrong("interface Sample { call(); }", "1:18", "expected 'version'", "interface Sample version 1")
        self.wrong("interface Sample version 0 { call(); }", "1:26", "version 0 is not one of 1 to 255")
        self.wrong("interface Sample version 1 { }", "1:11", "has no operations", "at least one")
        self.wrong(source("call();") + source("call();"), "4:11", "there is a 'Sample' already, in line 1")

    def test_constants(self):
        self.wrong("const a = 1;", "1:7", "'a' cannot be the name of a constant", "capital letters")
        self.wrong("const A 1;", "1:9", "expected '=' after the name of a constant, but found '1'")
        self.wrong("const A = B;", "1:11", "there is no constant 'B' before this", "const B = ")
        self.wrong("const FIRST = 1;\nconst A = FRIST;", "2:11", "did you mean 'FIRST'?")
        self.wrong("const A = 1", "1:12", "expected ';' after the constant, but found the end of the file", "add ';'")
        self.wrong("const A = 0x10000000000000000;", "1:7", "does not fit into 64 bits")
        self.wrong("const A = {;", "1:11", "expected the value of the constant")

    def test_enums(self):
        self.wrong("enum e { }", "1:6", "enum 'e' has no values")
        self.wrong("enum e { A, B = 0 }", "1:13", "another value of 'e' is 0 already")
        self.wrong("enum e { A = -1 }", "1:10", "value -1 of 'A' is not one of 0 to 2147483647")
        self.wrong("enum e { A B }", "1:12", "expected ',' or '}' after a value, but found 'B'")
        self.wrong("const A = 1;\nenum e { A }", "2:10", "there is a 'A' already, in line 1")

    def test_structures(self):
        self.wrong("struct s { }", "1:8", "struct 's' has no fields")
        self.wrong("struct s { uint8_t a; uint32_t b; }", "1:32", "C adds 3 bytes before the field 'b'", "uint8_t unused[3]")
        self.wrong("struct s { uint32_t a; uint8_t b; }", "1:8", "C adds 3 bytes behind the last field", "uint8_t unused[3]")
        self.wrong("struct s { uint8_t a; bool a; }", "1:28", "'s' has a field 'a' already")
        self.wrong("struct s { char a[<=4]; }", "1:18", "no bounded arrays", "leave '<=' away")
        self.wrong("struct s { uint33_t a; }", "1:12", "there is no type 'uint33_t' before this", "did you mean 'uint32_t'?")
        self.wrong("struct s { s a; }", "1:12", "there is no type 's' before this")

    def test_operations(self):
        self.wrong(source("call()"), "3:1", "expected '->', 'needs', 'fails' or ';' after an operation, but found '}'")
        self.wrong(source("call;"), "2:9", "expected '(' after the name of an operation")
        self.wrong(source("call();", "call();"), "3:5", "there is a 'SAMPLE_CALL' already, in line 2")
        self.wrong(source("serve();"), "2:5", "'serve' cannot be the name of an operation: the generated code")
        self.wrong(source("trace();"), "2:5", "'trace' cannot be the name of an operation: the generated code")
        self.wrong(source("a_mock();"), "2:5", "'a_mock' cannot be the name of an operation")
        self.wrong(source("a_reply();"), "2:5", "'a_reply' cannot be the name of an operation")
        self.wrong(source("while();"), "2:5", "'while' cannot be the name of an operation", "something in C")
        self.wrong(source("Call();"), "2:5", "'Call' cannot be the name of an operation", "small letters")
        self.wrong(source("call(char a[<=508]);"), "2:5", "asks with up to 65 words, and a message has 64", "smaller")
        self.wrong(source("call() -> (char a[512], bool b);"), "2:5", "answers with up to 65 words")
        self.wrong(source("call(cap Any a, cap Any b, cap Any c, cap Any d, cap Any e);"), "2:5", "asks with 5 capabilities")
        self.wrong(HEAD + "a" + "();\na".join(f"{i}" for i in range(256)) + "(); }", "257:1", "at most 255 operations", "split it")

    def test_parameters(self):
        self.wrong(source("call(uint8_t);"), "2:17", "expected the name of a parameter, but found ')'")
        self.wrong(source("call(uint8_t a uint8_t b);"), "2:20", "expected ',' or ')' after a parameter")
        self.wrong(source("call(uint8_t a) -> (bool a);"), "2:30", "'a' is there already: a parameter in line 2")
        self.wrong(source("call(uint8_t sample);"), "2:18", "'sample' is there already: the session is called so")
        self.wrong(source("call(uint8_t a_count, char a[<=4]);"), "2:32", "'a_count' is there already")
        for name in ("error", "mock", "calls", "memset", "message_word", "uint8_t", "size_t"):
            self.wrong(source(f"call(uint16_t {name});"), "2:19", f"'{name}' cannot be the name of a parameter")
        self.wrong(source("call(uint8_t a[0]);"), "2:19", "an array of 0 elements cannot be in a message")
        self.wrong(source("call(uint8_t a[513]);"), "2:19", "an array of 513 elements")
        self.wrong(source("call(uint8_t a[4);"), "2:21", "expected ']' after the number of elements", "add ']'")

    def test_ranges(self):
        self.wrong(source("call(uint8_t a in 1..256);"), "2:23", "1 to 256 is not a range of uint8_t", "it has 0 to 255")
        self.wrong(source("call(uint8_t a in 5..1);"), "2:23", "5 to 1 is not a range")
        self.wrong(source("call(uint8_t a[4] in 1..2);"), "2:23", "'a' is not a number, so it has no range")
        self.wrong(source("call() -> (uint8_t a in 1..2);"), "2:26", "results have no ranges")
        self.wrong(source("call(uint8_t a in x);"), "2:23", "there is no constant 'x'")

    def test_capabilities(self):
        self.wrong(source("call(cap Endpont a);"), "2:14", "expected a type of object after 'cap'", "did you mean 'Endpoint'?")
        self.wrong(source("call(cap Frame(WRTE) a);"), "2:20", "expected a right, but found 'WRTE'", "READ, WRITE, GRANT and EXECUTE")
        self.wrong(source("call() -> (cap Frame(READ) a);"), "2:25", "the server says with which rights", "leave the rights away")

    def test_rights_and_errors(self):
        self.wrong(source("right boss;", "call() needs bos;"), "3:18", "'Sample' has no right 'bos' before this; it has boss", "right bos;")
        self.wrong(source("call() fails ERR_MEMROY;"), "2:18", "there is no error 'ERR_MEMROY'", "did you mean 'ERR_MEMORY'?")
        self.wrong(source("call() fails OK;"), "2:18", "there is no error 'OK'")
        self.wrong("error A;", "1:8", "expected the error's sentence, in quotes")
        self.wrong(source("right a;", "right a;"), "3:11", "'Sample' has a 'a' already, in line 2")


class Files(IdlTest):
    def setUp(self):
        super().setUp()
        (self.folder / "interfaces").mkdir()

    def write(self, name, text=source("call();")):
        (self.folder / "interfaces" / name).write_text(text)

    def headers(self):
        idl.generate(self.folder)
        folder = self.folder / "build/interfaces"
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.h")}

    def test_headers_are_written_and_those_of_a_file_that_is_gone_removed(self):
        self.write("one.idl")
        self.write("two.idl", source("call();").replace("Sample", "Other"))
        self.assertEqual(set(self.headers()), {name.format(file) for file in ("one", "two") for name in idl.HEADERS})
        (self.folder / "interfaces/two.idl").unlink()
        self.assertEqual(set(self.headers()), {"one.h", "one.types.h", "one.server.h", "one.trace.h", "mock/one.h"})

    def test_a_header_that_does_not_change_is_not_written_again(self):
        self.write("one.idl")
        self.headers()
        before = (self.folder / "build/interfaces/one.h").stat().st_mtime_ns
        self.headers()
        self.assertEqual((self.folder / "build/interfaces/one.h").stat().st_mtime_ns, before)

    def test_a_changed_file_changes_the_header(self):
        self.write("one.idl")
        self.headers()
        self.write("one.idl", source("call();", "again();"))
        self.assertIn("sample_again", self.headers()["one.h"])

    def test_a_header_must_not_hide_another(self):
        self.write("one.idl")
        self.write("one.h", "")
        with self.assertRaisesRegex(ToolError, "one.idl: its header would have the name of .*interfaces/one.h\n   rename one of them"):
            self.headers()

    def test_interfaces_beside_a_description_have_headers_of_their_own(self):
        self.write("one.idl")
        made = idl.generate_beside(self.folder)
        self.addCleanup(shutil.rmtree, ROOT / made)
        self.assertRegex(str(made), r"^build/interfaces-[0-9a-f]{8}$")
        self.assertIn("sample_call", (ROOT / made / "one.h").read_text())
        (self.folder / "interfaces/one.idl").rename(self.folder / "interfaces/echo.idl")
        with self.assertRaisesRegex(ToolError, "echo.idl: its headers would be hidden by those of interfaces/echo.idl"):
            idl.generate_beside(self.folder)

    def test_without_interfaces_beside_a_description_there_is_nothing_to_include(self):
        self.assertIsNone(idl.generate_beside(self.folder))
        self.assertIsNone(idl.generate_beside(ROOT))

    def test_a_file_s_name_is_a_name(self):
        for name in ("Large.idl", "a-b.idl"):
            with self.assertRaisesRegex(ToolError, "cannot be the name of an interface's file"):
                idl.load(self.folder / "interfaces" / name)

    def test_a_file_that_is_no_text_is_refused(self):
        (self.folder / "interfaces/one.idl").write_bytes(b"\xff\xfe")
        with self.assertRaisesRegex(ToolError, "this is not text in UTF-8"):
            idl.load(self.folder / "interfaces/one.idl")

    def test_the_generator_stays_small(self):
        lines = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "tool/lucid/idl").glob("*.py")}
        self.assertLess(sum(lines.values()), 1500)
        self.assertLess(max(lines.values()), 600)


if __name__ == "__main__":
    unittest.main()
