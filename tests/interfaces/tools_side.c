/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder of messages, and the mock that a client under test talks to. */
#include "expect.h"
#include "sides.h"
#include <mock/sample.h>
#include <sample.trace.h>

char *strstr(const char *text, const char *part);

struct utcb *message_page;
const struct component_info *component_info;

#define EXPECT_TEXT(length, expected)                                                                        \
    ((length) == strlen(text) && strcmp(text, expected) == 0                                                 \
         ? 0                                                                                                 \
         : FAILS(__FILE__, __LINE__, "expected %s, seen %s", expected, text))

static char text[200];

#define TRACE(label, ...)                                                                                    \
    sample_trace(text, sizeof text, label, (const word_t[]){ __VA_ARGS__ },                                  \
                 sizeof((word_t[]){ __VA_ARGS__ }) / sizeof(word_t))

static void a_request_is_told_with_its_arguments(void)
{
    static const word_t arrays[] = { 5, 0, 1, 0, 0x6f226c6568, 1, 2, 3, 4 };
    EXPECT_TEXT(TRACE(SAMPLE_FEW, (word_t)-3, 2), "Sample.few(a = -3, b = BLUE)");
    EXPECT_TEXT(TRACE(SAMPLE_FEW, 7, 99), "Sample.few(a = 7, b = ?)");
    EXPECT_TEXT(TRACE(SAMPLE_RANGES, 5, (word_t)-1, UINT64_MAX),
                "Sample.ranges(a = 5, b = -1, c = 18446744073709551615)");
    EXPECT_TEXT(TRACE(SAMPLE_GIVE, 0), "Sample.give(memory: Frame, whatever: Any)");
    EXPECT_TEXT(TRACE(SAMPLE_ONCE, 0), "Sample.once()");
    EXPECT_TEXT(TRACE(INTERFACE_OPEN, 0), "Sample.open");
    EXPECT_TEXT(TRACE(SAMPLE_FEW, 1), "Sample.few(words are missing)");
    EXPECT_TEXT(TRACE(0x1234, 1), "Sample.? label 0x1234");
    EXPECT_TEXT(
        sample_trace(text, sizeof text, SAMPLE_ARRAYS, arrays, 9),
        "Sample.arrays(three: uint16_t[3], name: char[5] = \"hel\\x22o\", things: thing[1], odds: odd[0])");
}

static void an_answer_is_told_with_its_results(void)
{
    static const word_t words[] = { 1, (word_t)-2 };
    EXPECT_TEXT(sample_trace_answer(text, sizeof text, SAMPLE_FEW, words, 2), "(c = GREEN, d = -2)");
}

/* Whatever counts say: nothing is read behind the words, and nothing written behind the buffer. */
static void a_message_that_lies_is_told_as_far_as_it_goes(void)
{
    word_t *words = malloc(5 * sizeof *words);
    char *small = malloc(20);
    for (unsigned i = 0; i < 5; i++)
        words[i] = 0x6161616161616161;
    EXPECT(sample_trace(small, 20, SAMPLE_ARRAYS, words, 5) == 19);
    EXPECT(small[19] == 0);
    EXPECT(sample_trace(text, sizeof text, SAMPLE_ARRAYS, words, 5) < sizeof text);
    EXPECT(strstr(text, "\"aaaaaaaa\""));
    free(words);
    free(small);
}

static void a_mock_answers_as_told_and_keeps_what_was_asked(void)
{
    enum colour c;
    int16_t d;
    static const uint16_t three[FEW] = { 1, 2, 3 };
    struct thing turned[2];
    char again[NAME_BYTES];
    size_t turned_count, again_count;
    uint32_t sums[2];
    sample_few_mock.result = ERR_BUSY;
    sample_few_mock.c = GREEN;
    sample_few_mock.d = -9;
    EXPECT(sample_few(use_sample(), 4, BLUE, &c, &d) == ERR_BUSY && c == GREEN && d == -9);
    EXPECT(sample_few_mock.calls == 1 && sample_few_mock.a == 4 && sample_few_mock.b == BLUE &&
           sample_few_mock.sample == 1);
    memcpy(sample_arrays_mock.again, "no", 2);
    sample_arrays_mock.again_count = 2;
    EXPECT(sample_arrays(9, "yes", 3, three, NULL, 0, NULL, 0, turned, &turned_count, again, &again_count,
                         sums) == OK);
    EXPECT(again_count == 2 && memcmp(again, "no", 2) == 0 && turned_count == 0);
    EXPECT(sample_arrays_mock.name_count == 3 && memcmp(sample_arrays_mock.name, "yes", 3) == 0);
    EXPECT(sample_arrays_mock.three[2] == 3);
    EXPECT(sample_arrays(9, "", NAME_BYTES + 1, three, NULL, 0, NULL, 0, turned, &turned_count, again,
                         &again_count, sums) == ERR_RANGE);
}

int main(void)
{
    RUN(a_request_is_told_with_its_arguments);
    RUN(an_answer_is_told_with_its_results);
    RUN(a_message_that_lies_is_told_as_far_as_it_goes);
    RUN(a_mock_answers_as_told_and_keeps_what_was_asked);
    return tests_end();
}
