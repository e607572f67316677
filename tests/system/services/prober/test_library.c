/* SPDX-License-Identifier: BSD-2-Clause */
/* liblucid: who am I, formatting, numbers, the heap. */
#include "check.h"

static void test_identity(void)
{
    CHECK(strcmp(component_name(), "prober") == 0);
    CHECK(strcmp(component_system(), "services") == 0);
    CHECK(strcmp(component_arguments(), "one two") == 0);
    CHECK(component_generation() == 1);
    CHECK(session_find("nothing") == CAP_NULL);
    CHECK(session_find("supervisor") == COMPONENT_SLOT_SUPERVISOR);
    CHECK(device_find("uart", BUNDLE_DEVICE_PORTS) == NULL);
    CHECK(client_at(0) == NULL);
    CHECK(strcmp(error_name(ERR_PEER_GONE), "ERR_PEER_GONE") == 0);
    CHECK(strcmp(error_name(200), "ERR_UNKNOWN") == 0);
}

static void test_format(void)
{
    char text[64];
    CHECK(text_format(text, sizeof text, "%5d|%-5d|%05d|%x|%s|%c|%%", -42, 7, -3, 255, "abc", 'x') == 28);
    CHECK(strcmp(text, "  -42|7    |-0003|ff|abc|x|%") == 0);
    CHECK(text_format(text, sizeof text, "%lu %ld %lX", UINT64_MAX, INT64_MIN, UINT64_MAX) == 58);
    CHECK(strcmp(text, "18446744073709551615 -9223372036854775808 FFFFFFFFFFFFFFFF") == 0);
    CHECK(text_format(text, 4, "%s", "abcdef") == 6);
    CHECK(strcmp(text, "abc") == 0);
}

static void test_numbers(void)
{
    uint64_t number = 7;
    CHECK(text_to_number("18446744073709551615", &number) && number == UINT64_MAX);
    CHECK(text_to_number("0xff", &number) && number == 255);
    CHECK(!text_to_number("18446744073709551616", &number) && number == 255);
    CHECK(!text_to_number("", &number) && !text_to_number("0x", &number) && !text_to_number("12a", &number));
}

#define BLOCKS 50u

static void test_heap(void)
{
    void *block[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++)
        CHECK((block[i] = malloc(100 + i * 7)) != NULL);
    for (unsigned i = 0; i < BLOCKS; i += 2)
        free(block[i]);
    for (unsigned i = 0; i < BLOCKS; i += 2)
        CHECK((block[i] = malloc(50)) != NULL);
    for (unsigned i = 0; i < BLOCKS; i++)
        free(block[i]);
    void *large = malloc(30000); /* all parts were joined again */
    CHECK(large != NULL);
    free(large);
    CHECK(malloc(1 << 20) == NULL);
}

void test_library(void)
{
    test_identity();
    test_format();
    test_numbers();
    test_heap();
}
