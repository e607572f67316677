/* SPDX-License-Identifier: BSD-2-Clause */
/* The tests: what a client asks comes to the server, and back; what it must not ask does not come to a handler; what a server must not
 * answer does not get further than the stub. */
#include "expect.h"
#include "sides.h"
#include <sample.h>

#define SESSION 5

static void forget(void)
{
    memset(&wire, 0, sizeof wire);
    memset(&server_log, 0, sizeof server_log);
    memset(message_page, 0xa5, sizeof *message_page);
}

static const struct thing THING = {
    { { -1, 2 }, { INT32_MIN, INT32_MAX } }, BLUE, true, { 1, 2, 3 }, "abcdefg"
};

static bool thing_is(const struct thing *a, const struct thing *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Send words as they are; the error that comes back. */
static error_t raw(word_t label, unsigned words, const word_t *word)
{
    struct message message = { .tag = tag_make(label, words, 0) };
    for (unsigned i = 0; i < words; i++)
        message_set(&message, i, word[i]);
    return client_call(SESSION, &message, 0);
}

#define RAW(label, ...)                                                                                      \
    raw(label, sizeof((word_t[]){ __VA_ARGS__ }) / sizeof(word_t), (const word_t[]){ __VA_ARGS__ })

/* ---- What comes, and comes back ------------------------------------------------------------------------ */

struct numbers {
    uint8_t a;
    int8_t b;
    uint16_t c;
    int16_t d;
    uint32_t e;
    int32_t f;
    uint64_t g;
    int64_t h;
    bool i;
    char j;
    enum colour k;
    enum odd l;
};

static void numbers_come_back(struct numbers n)
{
    struct numbers r = { 0 };
    EXPECT_EQ(sample_numbers(SESSION, n.a, n.b, n.c, n.d, n.e, n.f, n.g, n.h, n.i, n.j, n.k, n.l, &r.a, &r.b,
                             &r.c, &r.d, &r.e, &r.f, &r.g, &r.h, &r.i, &r.j, &r.k, &r.l),
              OK);
    EXPECT(r.a == UINT8_MAX - n.a && r.b == (int8_t)~n.b && r.c == UINT16_MAX - n.c && r.d == (int16_t)~n.d);
    EXPECT(r.e == ~n.e && r.f == ~n.f && r.g == ~n.g && r.h == ~n.h && r.i == !n.i && r.j == n.j &&
           r.k == n.k && r.l == n.l);
}

static void numbers_of_all_types_keep_their_values(void)
{
    numbers_come_back(
        (struct numbers){ 0, INT8_MIN, 0, INT16_MIN, 0, INT32_MIN, 0, INT64_MIN, false, 0, RED, ODD_LOW });
    numbers_come_back((struct numbers){ UINT8_MAX, INT8_MAX, UINT16_MAX, INT16_MAX, UINT32_MAX, INT32_MAX,
                                        UINT64_MAX, INT64_MAX, true, (char)255, BLUE, ODD_HIGH });
    enum colour c;
    int16_t d;
    EXPECT_EQ(sample_few(SESSION, -300, GREEN, &c, &d), OK);
    EXPECT(c == GREEN && d == -300);
    EXPECT_EQ(server_log.handled, 3);
}

static void arrays_and_structures_keep_their_contents(void)
{
    static const uint16_t three[FEW] = { 1, 2, UINT16_MAX };
    static const enum odd odds[4] = { ODD_LOW, ODD_HIGH, ODD_LOW, ODD_LOW };
    struct thing things[2] = { THING, THING }, turned[2], other;
    char again[NAME_BYTES];
    size_t turned_count, again_count;
    uint32_t sums[2];
    things[1].paint = RED;
    for (size_t count = 0; count <= NAME_BYTES; count++) {
        EXPECT_EQ(sample_arrays(SESSION, "abcdefghijklmnopqrst", count, three, things, count % 3, odds,
                                count % 5, turned, &turned_count, again, &again_count, sums),
                  OK);
        EXPECT_EQ(turned_count, count % 3);
        EXPECT(count % 3 < 2 || (thing_is(&turned[0], &things[1]) && thing_is(&turned[1], &things[0])));
        EXPECT_EQ(again_count, count);
        for (size_t i = 0; i < count; i++)
            EXPECT_EQ(again[i], "abcdefghijklmnopqrst"[count - 1 - i]);
        EXPECT_EQ(sums[0], 3u + UINT16_MAX);
        EXPECT_EQ(sums[1], count % 5 < 2 ? count % 5 : 999 + count % 5);
    }
    EXPECT_EQ(sample_structure(SESSION, &THING, &other), OK);
    EXPECT(thing_is(&other, &THING));
}

static void capabilities_go_with_the_rights_named_and_come_into_the_slot(void)
{
    cap_t frame = CAP(OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE);
    EXPECT_EQ(sample_give(SESSION, frame, 3, 900), OK);
    EXPECT_EQ(message_page->give[0].source, 42); /* of the answer */
    EXPECT_EQ(message_page->give[1].mode, GIVE_COPY);
    EXPECT_EQ(message_page->take[0], CAP_NULL); /* nothing comes there by mistake later */
    EXPECT_EQ(server_log.taken, frame + 3);
    server_log.result = ERR_BUSY; /* no capability then */
    EXPECT_EQ(sample_give(SESSION, frame, 3, 900), ERR_BUSY);
    EXPECT_EQ(message_page->give[0].mode, (GIVE_MINT | (RIGHT_READ | RIGHT_WRITE) << 8));
}

static void an_error_comes_without_words(void)
{
    enum colour c = BLUE;
    int16_t d = 3;
    size_t turned_count = 9, again_count = 9;
    static const uint16_t three[FEW];
    struct thing turned[2];
    char again[NAME_BYTES];
    uint32_t sums[2];
    server_log.result = SAMPLE_FULL;
    EXPECT_EQ(sample_few(SESSION, 1, GREEN, &c, &d), SAMPLE_FULL);
    EXPECT(c == 0 && d == 0);
    EXPECT_EQ(sample_arrays(SESSION, "a", 1, three, NULL, 0, NULL, 0, turned, &turned_count, again,
                            &again_count, sums),
              SAMPLE_FULL);
    EXPECT(turned_count == 0 && again_count == 0);
    EXPECT(strcmp(sample_error_sentence(SAMPLE_FULL), "there is no room left") == 0);
    EXPECT(strcmp(sample_error_sentence(ERR_BUSY), error_sentence(ERR_BUSY)) == 0);
}

static void a_kept_request_is_answered_as_any_other(void)
{
    struct thing other, things[2] = { THING, THING }, turned[2];
    static const uint16_t three[FEW];
    char again[NAME_BYTES];
    size_t turned_count, again_count;
    uint32_t sums[2];
    server_log.keep = true;
    EXPECT_EQ(sample_structure(SESSION, &THING, &other), ERR_TRUNCATED); /* here; a real one would wait */
    server_answer_structure(&THING);
    EXPECT_EQ(wire.sent_to, server_log.kept);
    wire.mode = WIRE_FIXED;
    wire.message = wire.sent;
    EXPECT_EQ(sample_structure(SESSION, &THING, &other), OK);
    EXPECT(thing_is(&other, &THING));
    EXPECT_EQ(tag_words(wire.sent.tag), sizeof THING / 8);

    wire.mode = WIRE_SERVER;
    sample_arrays(SESSION, "", 0, three, NULL, 0, NULL, 0, turned, &turned_count, again, &again_count, sums);
    server_answer_arrays(things, 1, "hello", 5);
    EXPECT_EQ(tag_words(wire.sent.tag), 3 + sizeof THING / 8 + 1);
    EXPECT_EQ(wire.sent.word[0], 1);
    EXPECT_EQ(wire.sent.word[1], 5);
    EXPECT_EQ(wire.sent.word[2], 1 | (word_t)2 << 32);
    EXPECT(memcmp(&message_page->words[3 + sizeof THING / 8], "hello\0\0\0", 8) == 0);
    server_log.result = SAMPLE_FULL;
    server_answer_structure(&THING);
    EXPECT_EQ(wire.sent.tag, tag_make(SAMPLE_FULL, 0, 0));
}

/* ---- What does not come to a handler ------------------------------------------------------------------- */

static void a_label_of_no_operation_or_another_version_is_refused(void)
{
    EXPECT_EQ(RAW(0x70b, 0), ERR_OPERATION);
    EXPECT_EQ(RAW(0x601, 0), ERR_OPERATION);
    EXPECT_EQ(RAW(0x801, 0), ERR_OPERATION);
    EXPECT_EQ(RAW(1, 0), ERR_OPERATION);
    EXPECT_EQ(RAW((word_t)1 << 47 | SAMPLE_RANGES, 5, 0, 0), ERR_OPERATION);
    EXPECT_EQ(server_log.handled, 0);
}

static void numbers_out_of_their_ranges_are_refused(void)
{
    static const word_t good[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
    static const struct {
        unsigned word;
        word_t value;
    } wrong[] = { { 0, 256 },
                  { 1, 128 },
                  { 1, 255 },
                  { 1, (word_t)-129 },
                  { 2, 65536 },
                  { 3, 32768 },
                  { 3, (word_t)-32769 },
                  { 4, (word_t)1 << 32 },
                  { 5, (word_t)1 << 31 },
                  { 5, (word_t)(-2147483648ll - 1) },
                  { 8, 2 },
                  { 9, 256 },
                  { 10, 3 },
                  { 10, (word_t)1 << 32 },
                  { 11, 0 },
                  { 11, 2 },
                  { 11, 1001 },
                  { 11, ((word_t)1 << 32) + 1 } };
    word_t words[12];
    EXPECT_EQ(raw(SAMPLE_NUMBERS, 12, good), OK);
    EXPECT_EQ(raw(SAMPLE_NUMBERS, 11, good), ERR_ARGUMENTS);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memcpy(words, good, sizeof words);
        words[wrong[i].word] = wrong[i].value;
        EXPECT_EQ(raw(SAMPLE_NUMBERS, 12, words), ERR_RANGE);
    }
    EXPECT_EQ(server_log.handled, 1);
}

static void ranges_have_their_ends_and_gaps(void)
{
    EXPECT_EQ(RAW(SAMPLE_RANGES, 5, (word_t)-4, 0), OK);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 10, (word_t)INT64_MAX, 3), OK);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 20, 0, 100), OK);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 20, 0, UINT64_MAX), OK);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 4, 0, 0), ERR_RANGE);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 11, 0, 0), ERR_RANGE);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 19, 0, 0), ERR_RANGE);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 21, 0, 0), ERR_RANGE);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 5, (word_t)-5, 0), ERR_RANGE);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 5, 0, 4), ERR_RANGE);
    EXPECT_EQ(RAW(SAMPLE_RANGES, 5, 0, 99), ERR_RANGE);
    EXPECT_EQ(server_log.handled, 4);
}

static void numbers_on_both_sides_of_0_and_beyond_32_bits_have_ranges(void)
{
    static const struct {
        int64_t far;
        error_t error;
    } tried[] = { { -6, ERR_RANGE },        { -5, OK },         { 0, OK },
                  { (int64_t)1 << 32, OK }, { 5000000000, OK }, { 5000000001, ERR_RANGE },
                  { INT64_MIN, ERR_RANGE } };
    static const enum colour colours[] = { BLUE, GREEN };
    static const enum odd odds[] = { ODD_HIGH };
    uint64_t sum;
    for (unsigned i = 0; i < sizeof tried / sizeof tried[0]; i++) {
        int64_t far = tried[i].far;
        EXPECT_EQ(sample_names(SESSION, colours, 2, odds, 1, CAP(OBJECT_FRAME, 0), 7, far, &sum),
                  tried[i].error);
        EXPECT_EQ(sum, tried[i].error == OK ? (uint64_t)far + 7 + 1 + 3 + 1000 : 0);
    }
    EXPECT_EQ(server_log.handled, 4);
}

/* name, things, odds are counts in words 0, 2, 3; three in word 1; contents from word 4 on. */
static void counts_and_contents_of_arrays_are_checked(void)
{
    word_t words[32] = { 0 };
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 4, words), OK);
    words[0] = NAME_BYTES + 1;
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 32, words), ERR_RANGE);
    words[0] = UINT64_MAX;
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 32, words), ERR_RANGE);
    words[0] = 9;
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 5, words), ERR_ARGUMENTS);
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 6, words), OK);
    words[0] = 0;
    words[2] = 1; /* a thing: 4 words, the third has the colour and `shiny` */
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 7, words), ERR_ARGUMENTS);
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 8, words), OK);
    words[6] = 3;
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 8, words), ERR_RANGE);
    words[6] = (word_t)2 << 32;
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 8, words), ERR_RANGE);
    words[2] = words[6] = 0;
    words[3] = 1;
    words[4] = 2; /* no value of `odd` */
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 5, words), ERR_RANGE);
    words[4] = 1000;
    EXPECT_EQ(raw(SAMPLE_ARRAYS, 5, words), OK);
    EXPECT_EQ(server_log.handled, 4);
}

static void a_wrong_structure_is_refused(void)
{
    word_t words[5] = { 0 };
    EXPECT_EQ(raw(SAMPLE_STRUCTURE, sizeof THING / 8, words), OK);
    words[2] = 7;
    EXPECT_EQ(raw(SAMPLE_STRUCTURE, sizeof THING / 8, words), ERR_RANGE);
    EXPECT_EQ(raw(SAMPLE_STRUCTURE, sizeof THING / 8 - 1, words), ERR_ARGUMENTS);
    EXPECT_EQ(server_log.handled, 1);
}

static void a_client_does_not_send_more_than_fits(void)
{
    static const uint16_t three[FEW];
    struct thing turned[2];
    char again[NAME_BYTES];
    size_t turned_count, again_count;
    uint32_t sums[2];
    EXPECT_EQ(sample_arrays(SESSION, "", NAME_BYTES + 1, three, NULL, 0, NULL, 0, turned, &turned_count,
                            again, &again_count, sums),
              ERR_RANGE);
    EXPECT_EQ(wire.calls, 0);
}

static void wrong_capabilities_are_refused(void)
{
    EXPECT_EQ(RAW(SAMPLE_GIVE, 0), ERR_CAPABILITY);
    EXPECT_EQ(sample_give(SESSION, CAP(OBJECT_CNODE, 15), 3, 900), ERR_TYPE);
    EXPECT_EQ(sample_give(SESSION, CAP(OBJECT_FRAME, RIGHT_READ), 3, 900), ERR_RIGHT);
    EXPECT_EQ(server_log.handled, 0);
}

static void a_right_is_asked_for_before_anything_else(void)
{
    EXPECT_EQ(sample_private(SESSION, 1), ERR_RIGHT);
    EXPECT_EQ(raw(SAMPLE_PRIVATE, 0, NULL), ERR_RIGHT);
    server_log.is_owner = true;
    EXPECT_EQ(raw(SAMPLE_PRIVATE, 0, NULL), ERR_ARGUMENTS);
    EXPECT_EQ(sample_private(SESSION, 1), OK);
    EXPECT_EQ(server_log.handled, 1);
}

/* ---- Servers that die, lie, or are of another time ------------------------------------------------------ */

static void only_what_is_idempotent_is_repeated_and_only_once(void)
{
    uint32_t times;
    wire.mode = WIRE_DEAD;
    wire.gone = 1;
    EXPECT_EQ(sample_once(SESSION, &times), ERR_PEER_GONE);
    EXPECT_EQ(wire.calls, 1);
    wire.calls = 0;
    EXPECT_EQ(sample_again(SESSION, &times), OK);
    EXPECT_EQ(wire.calls, 2);
    EXPECT_EQ(times, 1);
    wire.calls = 0;
    wire.gone = 9;
    EXPECT_EQ(sample_again(SESSION, &times), ERR_PEER_GONE);
    EXPECT_EQ(wire.calls, 2);
}

static void answers_that_are_too_short_or_wrong_are_refused(void)
{
    enum colour c;
    int16_t d;
    wire.mode = WIRE_FIXED;
    wire.message.tag = tag_make(OK, 1, 0);
    EXPECT_EQ(sample_few(SESSION, 1, RED, &c, &d), ERR_TRUNCATED);
    wire.message = (struct message){ .tag = tag_make(OK, 2, 0), .word = { 3 } };
    EXPECT_EQ(sample_few(SESSION, 1, RED, &c, &d), ERR_RANGE);
    wire.message =
        (struct message){ .tag = tag_make(OK, 5, 0), .word = { 2, 5 } }; /* more than expected: fine */
    EXPECT_EQ(sample_few(SESSION, 1, RED, &c, &d), OK);
    EXPECT(c == BLUE && d == 5);
    wire.status = ERR_TRUNCATED;
    EXPECT_EQ(sample_few(SESSION, 1, RED, &c, &d), ERR_TRUNCATED);
    wire.status = OK;
    wire.message.tag = tag_make(OK, 0, 0);
    EXPECT_EQ(sample_give(SESSION, CAP(OBJECT_FRAME, 15), 3, 900),
              ERR_TRUNCATED); /* the capability is missing */
}

/* 2^32 is the error OK as far as an error has bits. */
static void a_label_that_is_no_error_is_not_taken_for_one(void)
{
    static const word_t labels[] = { (word_t)1 << 32, (word_t)1 << 47, ((word_t)1 << 32) + ERR_BUSY,
                                     1 << 16 };
    struct thing other;
    enum colour c;
    int16_t d;
    wire.mode = WIRE_FIXED;
    for (unsigned i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        uint32_t times = 1;
        wire.message = (struct message){ .tag = tag_make(labels[i], 8, 0), .word = { 1, 1 } };
        EXPECT_EQ(sample_once(SESSION, &times), ERR_RANGE);
        EXPECT_EQ(times, 0);
        wire.message.tag = tag_make(labels[i], 8, 0);
        EXPECT_EQ(sample_few(SESSION, 1, RED, &c, &d), ERR_RANGE);
        EXPECT_EQ(sample_structure(SESSION, &THING, &other), ERR_RANGE);
    }
    wire.message.tag = tag_make(UINT16_MAX, 0, 0); /* the last that may be one */
    EXPECT_EQ(sample_structure(SESSION, &THING, &other), UINT16_MAX);
}

/* The answer has two arrays; what is wrong is in the one, then in the other. */
static void after_an_error_all_counts_are_0(void)
{
    enum { TURNED_WORDS = sizeof(struct thing) / sizeof(word_t) };
    static const uint16_t three[FEW];
    struct thing turned[2];
    char again[NAME_BYTES];
    size_t turned_count = 9, again_count = 9;
    uint32_t sums[2];
    wire.mode = WIRE_FIXED;
    memset(message_page, 0, sizeof *message_page);
    wire.message =
        (struct message){ .tag = tag_make(OK, 3 + TURNED_WORDS, 0), .word = { 1, NAME_BYTES + 1, 0 } };
    EXPECT_EQ(sample_arrays(SESSION, "", 0, three, NULL, 0, NULL, 0, turned, &turned_count, again,
                            &again_count, sums),
              ERR_TRUNCATED); /* `again` is too long */
    EXPECT(turned_count == 0 && again_count == 0);
    wire.message.word[1] = 1;
    EXPECT_EQ(sample_arrays(SESSION, "", 0, three, NULL, 0, NULL, 0, turned, &turned_count, again,
                            &again_count, sums),
              ERR_TRUNCATED); /* it did not come */
    EXPECT(turned_count == 0 && again_count == 0);
    message_page->words[3 + 2] = 3; /* the colour of the thing is none */
    EXPECT_EQ(sample_arrays(SESSION, "", 0, three, NULL, 0, NULL, 0, turned, &turned_count, again,
                            &again_count, sums),
              ERR_RANGE);
    EXPECT(turned_count == 0 && again_count == 0);
}

static uint64_t seed = 1;

static uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    uint64_t word = seed * 0x2545f4914f6cdd1du;
    return seed >> 60 < 8 ? word >> (seed >> 8 & 63) : word;
}

/* Results are each in memory of their own, of exactly their size, so that the sanitizer sees what is written beside. */
static void whatever_a_server_answers_stays_inside_of_the_results(void)
{
    static const uint16_t three[FEW];
    struct thing *turned = malloc(2 * sizeof *turned), *other = malloc(sizeof *other);
    char *again = malloc(NAME_BYTES);
    size_t turned_count, again_count;
    uint32_t *sums = malloc(2 * sizeof *sums);
    unsigned good = 0;
    wire.mode = WIRE_FIXED;
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++)
            message_page->words[i] = random_word() & (round % 2 ? 3 : ~(word_t)0);
        wire.message = (struct message){
            .tag = tag_make(round % 5 ? OK : random_word() & 0xff, random_word() % 65, round % 3),
            .word = { random_word() % 8, random_word() % 32, random_word(), random_word() }
        };
        error_t error = sample_arrays(SESSION, "", 0, three, NULL, 0, NULL, 0, turned, &turned_count, again,
                                      &again_count, sums);
        EXPECT(turned_count <= 2 && again_count <= NAME_BYTES);
        for (size_t i = 0; error == OK && i < turned_count; i++)
            EXPECT(turned[i].paint <= BLUE && *(unsigned char *)&turned[i].shiny <= 1);
        good += error == OK;
        error = sample_structure(SESSION, &THING, other);
        EXPECT(error != OK || (other->paint <= BLUE && *(unsigned char *)&other->shiny <= 1));
    }
    EXPECT(good > 100); /* else nothing was tested */
    free(turned);
    free(other);
    free(again);
    free(sums);
}

static error_t opened(unsigned version, unsigned operations, const uint64_t *digests,
                      unsigned *server_version)
{
    const struct interface mine = { "Sample", version, operations, digests };
    return session_open(SESSION, &mine, server_version);
}

static void a_session_is_opened_only_between_compatible_versions(void)
{
    const unsigned all = server_interface->operations;
    uint64_t digests[16] = { 0 };
    unsigned version;
    memcpy(digests, server_interface->digests, all * sizeof digests[0]);
    digests[all] = 1234;
    EXPECT_EQ(opened(7, all, digests, &version), OK);
    EXPECT_EQ(version, 7);
    EXPECT_EQ(opened(7, 1, digests, &version), OK);       /* an old client */
    EXPECT_EQ(opened(7, all + 1, digests, &version), OK); /* a new one */
    EXPECT_EQ(opened(8, all, digests, &version), ERR_UNSUPPORTED);
    EXPECT_EQ(version, 7);
    digests[all - 1]++; /* their last operations differ */
    EXPECT_EQ(opened(7, all, digests, &version), ERR_UNSUPPORTED);
    EXPECT_EQ(version, 7);
    EXPECT_EQ(opened(7, all + 1, digests, &version), ERR_UNSUPPORTED);
    EXPECT_EQ(opened(7, all - 1, digests, &version), OK);
    EXPECT_EQ(RAW(INTERFACE_OPEN, 7, 0, 0), ERR_RANGE);
    EXPECT_EQ(RAW(INTERFACE_OPEN, 7, 1), ERR_ARGUMENTS);
    wire.mode = WIRE_DEAD;
    wire.gone = 99;
    EXPECT_EQ(opened(7, all, digests, &version), ERR_PEER_GONE);
    EXPECT_EQ(version, 0);
    EXPECT_EQ(server_log.handled, 0);
}

/* Nothing stands from the one before. */
#define RUN_AFRESH(test)                                                                                     \
    do {                                                                                                     \
        forget();                                                                                            \
        RUN(test);                                                                                           \
    } while (0)

int main(void)
{
    RUN_AFRESH(numbers_of_all_types_keep_their_values);
    RUN_AFRESH(arrays_and_structures_keep_their_contents);
    RUN_AFRESH(capabilities_go_with_the_rights_named_and_come_into_the_slot);
    RUN_AFRESH(an_error_comes_without_words);
    RUN_AFRESH(a_kept_request_is_answered_as_any_other);
    RUN_AFRESH(a_label_of_no_operation_or_another_version_is_refused);
    RUN_AFRESH(numbers_out_of_their_ranges_are_refused);
    RUN_AFRESH(ranges_have_their_ends_and_gaps);
    RUN_AFRESH(numbers_on_both_sides_of_0_and_beyond_32_bits_have_ranges);
    RUN_AFRESH(counts_and_contents_of_arrays_are_checked);
    RUN_AFRESH(a_wrong_structure_is_refused);
    RUN_AFRESH(a_client_does_not_send_more_than_fits);
    RUN_AFRESH(wrong_capabilities_are_refused);
    RUN_AFRESH(a_right_is_asked_for_before_anything_else);
    RUN_AFRESH(only_what_is_idempotent_is_repeated_and_only_once);
    RUN_AFRESH(answers_that_are_too_short_or_wrong_are_refused);
    RUN_AFRESH(a_label_that_is_no_error_is_not_taken_for_one);
    RUN_AFRESH(after_an_error_all_counts_are_0);
    RUN_AFRESH(whatever_a_server_answers_stays_inside_of_the_results);
    RUN_AFRESH(a_session_is_opened_only_between_compatible_versions);
    return tests_end();
}
