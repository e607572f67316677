/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's printing, and the names of its functions. */
#include "harness.h"
#include "host.h"
#include "symbols.h"
#include <lucid/image.h>
#include <string.h>

static void expect_printed(const char *expected)
{
    host.console[host.console_size] = '\0';
    if (strcmp(host.console, expected) != 0)
        test_fails(__FILE__, __LINE__, "expected '%s', seen '%s'", expected, host.console);
    host.console_size = 0;
}

TEST(print_numbers)
{
    print("%d %d %d %u %x", 0, -1, 2147483647, 4294967295u, 0xdeadbeef);
    expect_printed("0 -1 2147483647 4294967295 deadbeef");
    print("%d %ld %lld", -2147483647 - 1, -5l, -9223372036854775807ll - 1);
    expect_printed("-2147483648 -5 -9223372036854775808");
    print("%lu %llu %lx %llx", 7ul, 18446744073709551615ull, 0x10ul, 0xffffffffffffffffull);
    expect_printed("7 18446744073709551615 10 ffffffffffffffff");
}

TEST(print_with_width)
{
    print("[%5d][%05d][%3x][%04x][%2u]", 42, 42, 0xa, 0xa, 12345);
    expect_printed("[   42][00042][  a][000a][12345]");
    print("[%6s][%2s]", "abc", "abc");
    expect_printed("[abc   ][abc]");
}

TEST(print_text_and_characters)
{
    print("%s%c%s", "a", 'b', "");
    expect_printed("ab");
    print("100%%");
    expect_printed("100%");
}

TEST(print_pointers_in_full_width)
{
    print("%p", (void *)0x1f);
    expect_printed(sizeof(void *) == 8 ? "000000000000001f" : "0000001f");
}

static void do_panic(void *argument)
{
    (void)argument;
    PANIC("it was %d", 7);
}

TEST(panic_says_where_and_what)
{
    EXPECT_EQ(host_run(do_panic, NULL), HOST_HALTED);
    EXPECT_EQ(host_halt_status, 1);
    EXPECT_TEXT(host.console, "KERNEL PANIC at tests/host/test_print.c:");
    EXPECT_TEXT(host.console, ": it was 7\n");
}

/* ---- Symbols */

static struct {
    uint64_t count;
    struct image_symbol symbol[3];
    char names[16];
} table = { 3, { { 0x1000, 56, 0x10 }, { 0x1010, 60, 0 }, { 0x2000, 65, 0x20 } }, "one\0two\0\0three" };

TEST(symbols_are_found_by_address)
{
    word_t offset;

    symbols_init(&table, sizeof(table));
    EXPECT(symbol_name(0xfff, &offset) == NULL);
    EXPECT_TEXT(symbol_name(0x1000, &offset), "one");
    EXPECT_EQ(offset, 0);
    EXPECT_TEXT(symbol_name(0x100f, &offset), "one");
    EXPECT_EQ(offset, 15);
    EXPECT_TEXT(symbol_name(0x1500, &offset), "two"); /* its size is not known */
    EXPECT_TEXT(symbol_name(0x201f, &offset), "three");
    EXPECT(symbol_name(0x2020, &offset) == NULL);
}

TEST(an_address_in_code_is_printed_with_its_function)
{
    host_init();
    symbols_init(&table, sizeof(table));
    symbol_print(0x2020, 1); /* a return address: the call was before it */
    symbol_print(0x2020, 0);
    EXPECT_TEXT(host.console, "00002020  three+0x20\n  "); /* as many digits as a pointer has */
    EXPECT_TEXT(strrchr(host.console, ' '), "00002020\n");
}

TEST(symbols_that_make_no_sense_are_ignored)
{
    word_t offset;

    symbols_init(&table, 4);
    EXPECT(symbol_name(0x1000, &offset) == NULL);
    symbols_init(&table, 40); /* too short for three */
    EXPECT(symbol_name(0x1000, &offset) == NULL);
    symbols_init(&table, 63); /* does not end with a NUL */
    EXPECT(symbol_name(0x1000, &offset) == NULL);
}

TEST(symbols_with_a_name_outside_have_none)
{
    word_t offset;

    table.symbol[0].name = 5000;
    symbols_init(&table, sizeof(table));
    EXPECT(symbol_name(0x1000, &offset) == NULL);
}
