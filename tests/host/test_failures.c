/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that can fail is made to fail in turn.
 *
 * A component is made as a supervisor would do it, in steps; each step is one operation with arguments of known kinds. Before a step is
 * done rightly, it is tried with each of its arguments wrong in each way that an argument of this kind can be: the slot in use, the
 * capability missing, of another type, without the right, the number out of range. Each attempt must give exactly the error and the
 * number of the argument, and change nothing: all memory of the component, and its capabilities, are compared. Memory that
 * runs out at the Nth retype, and derivations that are too deep, are tried in the same way. At the end, and after a stop behind each single
 * step, everything is taken away: all memory and all numbers must be back.
 */
#include "steps.h"
#include <string.h>

#define BIG_SLOT    ((word_t)1 << (WORD_BITS - 8))
#define DEPTH_MAX   255u
#define FILL_LOWEST 6u /* the smallest Untyped: 64 bytes */

/* What an argument must be, by its letter in struct step. `optional`: 0 will do, too. */
static const struct kind {
    char letter;
    bool optional;
    unsigned type;
    word_t rights;
} kinds[] = {
    { 'c', true, OBJECT_CNODE, RIGHT_WRITE },
    { 's', true, OBJECT_ADDRESS_SPACE, RIGHT_WRITE },
    { 'F', false, OBJECT_FRAME, 0 },
    { 'f', true, OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE },
    { 'P', false, OBJECT_PAGE_TABLE, RIGHT_WRITE },
    { 'T', false, OBJECT_THREAD, RIGHT_WRITE },
    { 'X', false, OBJECT_SCHED_CONTEXT, RIGHT_WRITE },
    { 'e', true, OBJECT_ENDPOINT, RIGHT_WRITE },
    { 'n', true, OBJECT_NOTIFICATION, RIGHT_WRITE },
    { 'r', true, OBJECT_NOTIFICATION, RIGHT_READ },
    { 'A', false, OBJECT_ASID_RANGE, RIGHT_WRITE },
    { 'I', false, OBJECT_IRQ_RANGE, RIGHT_WRITE },
    { '*', false, OBJECT_NULL, 0 },
};

/* ---- That a failure changes nothing */

/* FNV-1a over words. */
static uint64_t hash(uint64_t value, const void *start, size_t bytes)
{
    const uint64_t *words = start;

    for (size_t i = 0; i < bytes / sizeof(*words); i++)
        value = (value ^ words[i]) * 0x100000001b3ull;
    return value;
}

/* All memory of the component, and the root's capabilities (with the part's watermark). */
static uint64_t digest(void)
{
    uint64_t value = hash(0xcbf29ce484222325ull, object_at(part), (size_t)1 << PART_BITS);

    value = hash(value, slot_at(0), (spare + 1) * sizeof(struct slot));
    return hash(value, &core_self()->timer_slot, sizeof(struct slot));
}

static unsigned attempts;

/* One attempt that must fail, with argument `argument` (0: none) as `value`. */
static void attempt(const struct step *step, unsigned argument, word_t value, error_t error, unsigned told)
{
    word_t words[MESSAGE_WORDS_MAX];
    uint64_t before = digest();
    const char *letter = step->kinds;

    memcpy(words, step->words, sizeof(words));
    if (argument > 0) {
        EXPECT(argument <= strlen(letter));
        words[argument - 1] = value;
    }
    struct outcome outcome = step_try(step, step->cap, words, (unsigned)strlen(letter));
    if (status_error(outcome.status) != error || status_argument(outcome.status) != told)
        test_fails(__FILE__, __LINE__,
                   "step %u (operation %#lx), argument %u as %#lx: expected error %d %u, seen %u %u",
                   (unsigned)(step - steps), (unsigned long)step->operation, argument, (unsigned long)value,
                   error, told, status_error(outcome.status), status_argument(outcome.status));
    EXPECT(digest() == before);
    attempts++;
}

/* ---- The ways in which an argument can be wrong */

static void occupied(const struct step *step, unsigned argument, cap_t in, word_t index)
{
    DO(in, OP_CNODE_COPY, index, stranger);
    attempt(step, 0, 0, ERR_SLOT, argument);
    DO(in, OP_CNODE_DELETE, index);
}

static void wrong_destination(const struct step *step)
{
    cap_t cnode_of = step->words[2] ? step->words[2] : (cap_t)BOOT_SLOT_CNODE;
    word_t count = step->words[4], room = cnode_count(&slot_at(cnode_of)->cap);

    for (word_t i = 0; i < count; i++)
        occupied(step, 4, cnode_of, step->words[3] + i);
    attempt(step, 4, 0, ERR_SLOT, 4);
    attempt(step, 4, room - count + 1, ERR_SLOT, 4); /* the last of them would be behind the end */
    attempt(step, 4, room, ERR_SLOT, 4);
    attempt(step, 4, BIG_SLOT, ERR_SLOT, 4);
    attempt(step, 4, ~(word_t)0, ERR_SLOT, 4);
}

static void wrong_index(const struct step *step, error_t error)
{
    word_t size = cnode_count(&slot_at(step->cap)->cap);

    attempt(step, 1, 0, error, 1);
    attempt(step, 1, size, error, 1);
    attempt(step, 1, ~(word_t)0, error, 1);
}

static bool can_be_minted(const struct cap *cap)
{
    unsigned type = cap_type(cap);

    return type != OBJECT_UNTYPED && type != OBJECT_PAGE_TABLE && type != OBJECT_REPLY;
}

/* A child with no rights but these, in `spare`. */
static void mint_spare(cap_t source, word_t rights)
{
    const struct cap *cap = &slot_at(source)->cap;
    bool range = cap_type(cap) >= OBJECT_IRQ_RANGE;

    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, spare, source, rights, range ? range_first(cap) : 0,
       range ? range_count(cap) : 0);
}

static void wrong_capability(const struct step *step, unsigned argument, const struct kind *kind)
{
    cap_t right = step->words[argument - 1];

    attempt(step, argument, spare, ERR_CAPABILITY, argument);
    attempt(step, argument, BIG_SLOT, ERR_CAPABILITY, argument);
    if (!kind->optional)
        attempt(step, argument, 0, ERR_CAPABILITY, argument);
    if (kind->type != OBJECT_NULL)
        attempt(step, argument, kind->type == OBJECT_ENDPOINT ? BOOT_SLOT_SPACE : stranger, ERR_TYPE,
                argument);
    if (!kind->rights || !right || !can_be_minted(&slot_at(right)->cap))
        return;
    for (word_t missing = 1; missing <= RIGHTS_ALL; missing <<= 1) {
        if (!(kind->rights & missing))
            continue;
        mint_spare(right, RIGHTS_ALL & ~missing);
        attempt(step, argument, spare, ERR_RIGHT, argument);
        delete (spare);
    }
}

/* What is wrong with the call as a whole: too few words, no capability, no right, no such operation. */
static void wrong_call(struct step *step)
{
    cap_t right = step->cap;
    word_t operation = step->operation;
    unsigned count = (unsigned)strlen(step->kinds);
    uint64_t before = digest();

    if (operation != OP_THREAD_WRITE_REGISTERS) /* which takes any number of words */
        for (unsigned fewer = 0; fewer < count; fewer++)
            EXPECT_ERROR(step_try(step, right, step->words, fewer).status, ERR_ARGUMENTS, 0);
    EXPECT_ERROR(step_try(step, spare, step->words, count).status, ERR_CAPABILITY, 0);
    EXPECT(digest() == before);
    step->operation = operation | 0xff;
    attempt(step, 0, 0, ERR_OPERATION, 0);
    step->operation = operation;
    if (!can_be_minted(&slot_at(right)->cap) || operation == OP_FRAME_UNMAP)
        return;
    mint_spare(right, operation == OP_IO_PORT_RANGE_IN ? RIGHT_WRITE : RIGHTS_ALL & ~RIGHT_WRITE);
    step->cap = spare;
    attempt(step, 0, 0, ERR_RIGHT, 0);
    step->cap = right;
    delete (spare);
}

static void wrong_argument(const struct step *step, unsigned argument)
{
    char letter = step->kinds[argument - 1];

    if (letter == 'D')
        wrong_destination(step);
    if (letter == 'd') {
        occupied(step, 1, step->cap, step->words[0]);
        wrong_index(step, ERR_SLOT);
    }
    if (letter == 'i') {
        wrong_index(step, ERR_RANGE);
        attempt(step, 1, cnode_count(&slot_at(step->cap)->cap) - 1, ERR_CAPABILITY, 1);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(kinds); i++)
        if (kinds[i].letter == letter)
            wrong_capability(step, argument, &kinds[i]);
}

static void all_that_is_wrong(struct step *step)
{
    wrong_call(step);
    for (unsigned argument = 1; argument <= strlen(step->kinds); argument++)
        wrong_argument(step, argument);
    for (unsigned i = 0; i < step->wrongs; i++)
        attempt(step, step->wrong[i].argument, step->wrong[i].value, step->wrong[i].error,
                step->wrong[i].told);
}

/* ---- Tests */

TEST(every_wrong_argument_gets_its_error_and_changes_nothing)
{
    steps_set_up();
    for (unsigned i = 0; i < step_count; i++) {
        all_that_is_wrong(&steps[i]);
        step_do(&steps[i]);
    }
    EXPECT(attempts > 400);
    steps_take_back();
}

TEST(whatever_was_made_is_taken_back_completely)
{
    steps_set_up();
    for (unsigned stop = 0; stop <= step_count; stop++) {
        for (unsigned i = 0; i < stop; i++)
            step_do(&steps[i]);
        steps_take_back();
    }
}

/* ---- Memory that runs out */

/* Use up what is left of an Untyped, up to the last 63 bytes. */
static void fill(cap_t untyped)
{
    for (unsigned bits = PART_BITS; bits >= FILL_LOWEST;) {
        status_t status = CALL(untyped, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, bits, 0, spare, 1, 0, 0).status;
        if (status == OK)
            DO(BOOT_SLOT_CNODE, OP_CNODE_DELETE, spare); /* the memory is not back before a reset */
        else
            EXPECT_ERROR(status, ERR_MEMORY, 0);
        bits -= status != OK;
    }
}

TEST(memory_that_runs_out_at_any_retype_is_told_and_changes_nothing)
{
    unsigned retypes = 0;

    steps_set_up();
    for (unsigned fails = 0; fails < step_count; fails++) {
        if (steps[fails].operation != OP_UNTYPED_RETYPE)
            continue;
        for (unsigned i = 0; i < fails; i++)
            step_do(&steps[i]);
        fill(part);
        attempt(&steps[fails], 0, 0, ERR_MEMORY, 0);
        steps_take_back();
        retypes++;
    }
    EXPECT_EQ(retypes, 12);
}

TEST(retype_of_several_objects_needs_memory_for_all_of_them)
{
    steps_set_up();
    for (unsigned room = 1; room <= 3; room++) {
        /* Three tables are asked for; there is room for fewer, then for just as many. */
        DO(part, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, PART_BITS - 1, 0, child, 1, 0, 0);
        DO(part, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, PAGE_BITS, 0, child + 1, 1, 0, 0);
        DO(child, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, PAGE_BITS, 0, child + 2, 1, 0, 0);
        word_t pages = ((word_t)1 << (PART_BITS - 1 - PAGE_BITS)) - 1 - room;
        DO(child, OP_UNTYPED_RETYPE, OBJECT_FRAME, FRAME_SIZE_4K, 0, spare + 1, pages, 0, 0);
        status_t status = CALL(child, OP_UNTYPED_RETYPE, OBJECT_PAGE_TABLE, 0, 0, tables, 3, 0, 0).status;
        EXPECT_ERROR(status, room < 3 ? ERR_MEMORY : OK, 0);
        EXPECT(slot_is_empty(slot_at(tables)) == (room < 3));
        steps_take_back();
    }
}

/* ---- Derivations that are too deep */

/* Mint again and again, in two slots that take turns, until no deeper one can be; it stands in `spare`. */
static void mint_deepest(cap_t source)
{
    const struct cap *cap = &slot_at(source)->cap;
    word_t first = cap_type(cap) >= OBJECT_IRQ_RANGE ? range_first(cap) : 0;
    word_t count = cap_type(cap) >= OBJECT_IRQ_RANGE ? range_count(cap) : 0;
    cap_t slot = source, next = spare + 1;

    while (slot_depth(slot_at(slot)) < DEPTH_MAX) {
        DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, next, slot, RIGHTS_ALL, first, count);
        slot = next++;
    }
    DO(BOOT_SLOT_CNODE, OP_CNODE_MOVE, spare, slot);
}

static void too_deep(struct step *step, unsigned argument)
{
    for (struct step *before = steps; before < step; before++)
        step_do(before);
    cap_t right = step->words[argument - 1];
    mint_deepest(right);
    step->words[argument - 1] = spare;
    attempt(step, 0, 0, ERR_DEPTH, 0);
    step->words[argument - 1] = right;
    revoke(right);
    step_do(step);
    steps_take_back();
}

TEST(derivations_that_are_too_deep_are_refused)
{
    steps_set_up();
    too_deep(step_of(OP_CNODE_MINT, 2, made_endpoint), 2);
    too_deep(step_of(OP_CNODE_MINT, 2, irq_part), 2);
    too_deep(step_of(OP_UNTYPED_RETYPE, 1, OBJECT_ADDRESS_SPACE), 6);
    too_deep(step_of(OP_UNTYPED_RETYPE, 1, OBJECT_IRQ_HANDLER), 6);
}

TEST(untyped_that_is_too_deep_yields_nothing)
{
    steps_set_up();
    cap_t slot = part, next = spare + 1;
    while (slot_depth(slot_at(slot)) < DEPTH_MAX) { /* each takes the whole of the one before */
        DO(slot, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, PART_BITS, 0, next, 1, 0, 0);
        slot = next++;
    }
    for (unsigned i = 0; i < step_count; i++) {
        if (steps[i].operation != OP_UNTYPED_RETYPE || steps[i].words[2]) /* into a CNode that is not there */
            continue;
        steps[i].cap = slot;
        attempt(&steps[i], 0, 0, ERR_DEPTH, 0);
        steps[i].cap = part;
    }
    steps_take_back();
}
