/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes: each operation and each of its errors; minting; addresses of several levels; the derivation tree.
 */
#include "lookup.h"
#include "system.h"

#define ROOT BOOT_SLOT_CNODE

static status_t on_root(word_t operation, word_t x, word_t y)
{
    return CALL(ROOT, operation, x, y).status;
}

static word_t root_count(void)
{
    return cnode_count(&slot_at(ROOT)->cap);
}

/* ---- Copy, move, delete, revoke, inspect */

TEST(copy_is_a_sibling_directly_before_its_source)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), other = copy(endpoint);
    EXPECT(slot_next(slot_at(other)) == slot_at(endpoint));
    EXPECT_EQ(slot_depth(slot_at(other)), slot_depth(slot_at(endpoint)));
    EXPECT(object_at(other) == object_at(endpoint));
}

TEST(copy_and_move_refuse_their_destination)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    static const word_t operations[] = { OP_CNODE_COPY, OP_CNODE_MOVE };

    for (unsigned i = 0; i < 2; i++) {
        EXPECT_ERROR(on_root(operations[i], 0, endpoint), ERR_SLOT, 1);
        EXPECT_ERROR(on_root(operations[i], endpoint, endpoint), ERR_SLOT, 1);
        EXPECT_ERROR(on_root(operations[i], root_count(), endpoint), ERR_SLOT, 1);
        EXPECT_ERROR(on_root(operations[i], ~(word_t)0, endpoint), ERR_SLOT, 1);
        EXPECT_ERROR(on_root(operations[i], slot_new(), slot_new()), ERR_CAPABILITY, 2);
        EXPECT_ERROR(on_root(operations[i], slot_new(), CAP_NULL), ERR_CAPABILITY, 2);
    }
}

TEST(what_must_be_unique_is_not_copied_or_minted)
{
    system_boot();
    cap_t unique[] = { memory, make(OBJECT_PAGE_TABLE, 0), make(OBJECT_REPLY, 0) };

    for (unsigned i = 0; i < 3; i++) {
        EXPECT_ERROR(on_root(OP_CNODE_COPY, slot_new(), unique[i]), ERR_TYPE, 2);
        EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), unique[i], RIGHTS_ALL, 0, 0).status, ERR_TYPE, 2);
        EXPECT_OK(on_root(OP_CNODE_MOVE, slot_new(), unique[i]));
    }
}

TEST(move_keeps_the_place_in_the_tree)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), before = copy(endpoint), child = mint(endpoint, RIGHT_READ, 3),
          to = slot_new();

    EXPECT_OK(on_root(OP_CNODE_MOVE, to, endpoint));
    EXPECT(slot_is_empty(slot_at(endpoint)));
    EXPECT(slot_prev(slot_at(to)) == slot_at(before));
    EXPECT(slot_next(slot_at(to)) == slot_at(child));
    revoke(to);
    EXPECT(slot_is_empty(slot_at(child)));
    EXPECT(!slot_is_empty(slot_at(before)));
}

TEST(delete_of_an_empty_slot_is_no_error)
{
    system_boot();
    EXPECT_OK(CALL(ROOT, OP_CNODE_DELETE, slot_new()).status);
}

TEST(delete_revoke_and_inspect_refuse_impossible_slots)
{
    system_boot();
    static const word_t operations[] = { OP_CNODE_DELETE, OP_CNODE_REVOKE, OP_CNODE_INSPECT };

    for (unsigned i = 0; i < 3; i++) {
        EXPECT_ERROR(CALL(ROOT, operations[i], 0).status, ERR_RANGE, 1);
        EXPECT_ERROR(CALL(ROOT, operations[i], root_count()).status, ERR_RANGE, 1);
    }
    EXPECT_ERROR(CALL(ROOT, OP_CNODE_REVOKE, slot_new()).status, ERR_CAPABILITY, 1);
}

TEST(delete_takes_the_children_too_but_not_siblings)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), sibling = copy(endpoint),
          child = mint(endpoint, RIGHTS_ALL, 0), grandchild = mint(child, RIGHTS_ALL, 5),
          child_copy = copy(child);

    delete (endpoint);
    EXPECT(slot_is_empty(slot_at(child)) && slot_is_empty(slot_at(grandchild)) &&
           slot_is_empty(slot_at(child_copy)));
    EXPECT(!slot_is_empty(slot_at(sibling)));
}

TEST(revoke_takes_only_what_was_derived)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), child = mint(endpoint, RIGHTS_ALL, 0), other = copy(child),
          grandchild = mint(child, RIGHTS_ALL, 5);

    revoke(child);
    EXPECT(slot_is_empty(slot_at(grandchild)));
    EXPECT(!slot_is_empty(slot_at(child)) && !slot_is_empty(slot_at(other)));
    revoke(endpoint);
    EXPECT(slot_is_empty(slot_at(child)) && slot_is_empty(slot_at(other)));
}

TEST(inspect_tells_what_a_slot_holds)
{
    system_boot();
    cap_t endpoint = mint(make(OBJECT_ENDPOINT, 0), RIGHT_WRITE, 0x55), cnode = make(OBJECT_CNODE, 6);
    struct outcome seen = CALL(ROOT, OP_CNODE_INSPECT, endpoint);

    EXPECT_EQ(seen.tag, tag_make(0, 3 + LONG_WORDS, 0));
    EXPECT_EQ(seen.word[0], OBJECT_ENDPOINT);
    EXPECT_EQ(seen.word[1], RIGHT_WRITE);
    EXPECT_EQ(seen.word[2], 0x55);
    seen = CALL(ROOT, OP_CNODE_INSPECT, cnode);
    EXPECT_EQ(seen.word[0], OBJECT_CNODE);
    EXPECT_EQ(seen.word[2 + LONG_WORDS], 6);
    seen = CALL(ROOT, OP_CNODE_INSPECT, slot_new());
    EXPECT_EQ(seen.word[0], OBJECT_NULL);
    seen = CALL(ROOT, OP_CNODE_INSPECT, memory);
    EXPECT_EQ(seen.word[0], OBJECT_UNTYPED);
    EXPECT_EQ(long_at(&seen, 2), slot_at(memory)->cap.data);
    EXPECT_EQ(seen.word[2 + LONG_WORDS], 22);
    seen = CALL(ROOT, OP_CNODE_INSPECT, BOOT_SLOT_IRQ_RANGE);
    EXPECT_EQ(long_at(&seen, 2), (uint64_t)ARCH_IRQ_LINES << 32);
}

/* ---- Mint */

TEST(mint_narrows_rights)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    for (word_t first = 0; first <= RIGHTS_ALL; first++) {
        cap_t child = mint(endpoint, first, 0);
        for (word_t second = 0; second <= RIGHTS_ALL; second += 3) {
            cap_t grandchild = mint(child, second, 0);
            EXPECT_EQ(cap_rights(&slot_at(grandchild)->cap), first & second);
            delete (grandchild);
        }
    }
    EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), endpoint, RIGHTS_ALL + 1, 0, 0).status, ERR_RANGE, 3);
}

TEST(mint_sets_a_badge_once)
{
    system_boot();
    cap_t kinds[] = { make(OBJECT_ENDPOINT, 0), make(OBJECT_NOTIFICATION, 0) };

    for (unsigned i = 0; i < 2; i++) {
        cap_t badged = mint(kinds[i], RIGHTS_ALL, 9);
        EXPECT_EQ(slot_at(badged)->cap.data, 9);
        EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), badged, RIGHTS_ALL, 10, 0).status, ERR_STATE, 4);
        EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), badged, RIGHTS_ALL, 9, 0).status, ERR_STATE, 4);
        EXPECT_EQ(slot_at(mint(badged, RIGHT_READ, 0))->cap.data, 9);
    }
}

TEST(mint_narrows_ranges)
{
    system_boot();
    cap_t part = slot_new();
    DO(ROOT, OP_CNODE_MINT, part, BOOT_SLOT_IRQ_RANGE, RIGHTS_ALL, 8, 4);
    EXPECT_EQ(range_first(&slot_at(part)->cap), 8);
    EXPECT_EQ(range_count(&slot_at(part)->cap), 4);
    /* It is the first number that is wrong, or the count. */
    static const word_t bad[][3] = { { 7, 1, 4 }, { 12, 1, 4 },         { 0, ~(word_t)0, 4 },
                                     { 8, 5, 5 }, { 11, 2, 5 },         { 9, 0, 5 },
                                     { 7, 0, 4 }, { 8, ~(word_t)0, 5 }, { ~(word_t)0, 2, 4 } };
    for (unsigned i = 0; i < ARRAY_COUNT(bad); i++)
        EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), part, RIGHTS_ALL, bad[i][0], bad[i][1]).status,
                     ERR_RANGE, (unsigned)bad[i][2]);
    cap_t single = slot_new();
    DO(ROOT, OP_CNODE_MINT, single, part, RIGHTS_ALL, 11, 1);
    revoke(BOOT_SLOT_IRQ_RANGE); /* takes the handler of system_boot, too */
    EXPECT(slot_is_empty(slot_at(part)) && slot_is_empty(slot_at(single)));
}

TEST(mint_is_at_most_255_deep)
{
    system_boot();
    cap_t last = make(OBJECT_ENDPOINT, 0);
    unsigned depth = slot_depth(slot_at(last));

    for (; depth < DERIVATION_DEPTH_MAX; depth++)
        last = mint(last, RIGHTS_ALL, 0);
    EXPECT_EQ(slot_depth(slot_at(last)), 255);
    EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), last, RIGHTS_ALL, 0, 0).status, ERR_DEPTH, 0);
    EXPECT_OK(CALL(ROOT, OP_CNODE_COPY, slot_new(), last).status);
    revoke(memory);
}

TEST(mint_without_the_right_to_the_cnode_is_refused)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, 4), weak = mint(cnode, RIGHT_READ, 0);
    EXPECT_ERROR(CALL(weak, OP_CNODE_COPY, 1, memory).status, ERR_RIGHT, 0);
    EXPECT_ERROR(CALL(weak, OP_CNODE_DELETE, 1).status, ERR_RIGHT, 0);
}

/* ---- What all operations have in common */

TEST(operations_are_checked_before_their_arguments)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, 4);
    EXPECT_ERROR(CALL(cnode, OP_UNTYPED_INFO).status, ERR_OPERATION, 0);
    EXPECT_ERROR(CALL(cnode, OPERATION_LABEL(OBJECT_CNODE, 8), 1, 2, 3, 4, 5, 6, 7, 8).status, ERR_OPERATION,
                 0);
    EXPECT_ERROR(CALL(cnode, OPERATION_LABEL(OBJECT_CNODE, 0)).status, ERR_OPERATION, 0);
    EXPECT_ERROR(CALL(cnode, OPERATION_LABEL(OBJECT_CNODE, 255)).status, ERR_OPERATION, 0);
    EXPECT_ERROR(CALL(cnode, OPERATION_LABEL(31, 1)).status, ERR_OPERATION, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_IRQ_RANGE, OPERATION_LABEL(OBJECT_IRQ_RANGE, 1)).status, ERR_OPERATION, 0);
    EXPECT_ERROR(CALL(cnode, OP_CNODE_COPY, 1).status, ERR_ARGUMENTS, 0);
    EXPECT_ERROR(CALL(cnode, OP_CNODE_COPY).status, ERR_ARGUMENTS, 0);
}

TEST(arguments_that_need_a_message_page_do_not_count_without_one)
{
    system_boot();
    cap_t a = make_thread(100), endpoint = make(OBJECT_ENDPOINT, 0);
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
    resume(a);
    run(a);
    EXPECT_ERROR(CALL(ROOT, OP_CNODE_MINT, slot_new(), endpoint, RIGHTS_ALL, 0, 0).status, ERR_ARGUMENTS, 0);
    EXPECT_OK(CALL(ROOT, OP_CNODE_COPY, slot_new(), endpoint).status);
    struct outcome seen = CALL(SC_OF(a), OP_SCHED_CONTEXT_INFO);
    bool fits = 3 * LONG_WORDS + 1 <= MESSAGE_REGISTER_WORDS;
    EXPECT_ERROR(seen.status, fits ? OK : ERR_TRUNCATED, 0);
    EXPECT_EQ(tag_words(seen.tag), MESSAGE_REGISTER_WORDS);
}

/* ---- Addresses */

TEST(address_of_several_levels)
{
    system_boot();
    cap_t cnode[LOOKUP_LEVELS_MAX];
    unsigned bits = info->cnode_size_bits, shift = bits;
    cap_t address = 0, endpoint = make(OBJECT_ENDPOINT, 0);

    for (unsigned level = 1; level < LOOKUP_LEVELS_MAX; level++) {
        if (shift + 12 > 8 * sizeof(cap_t))
            return; /* a short address has no room for as many levels */
        cnode[level] = make(OBJECT_CNODE, 4);
        if (level == 1)
            address = cnode[1];
        else {
            DO(cnode[level - 1], OP_CNODE_COPY, 3, cnode[level]);
            address |= (cap_t)3 << shift;
            shift += 4;
        }
        DO(cnode[level], OP_CNODE_COPY, 5, endpoint);
        /* The endpoint, at this level. */
        struct outcome seen = POLL_SEND(address | (cap_t)5 << shift, 0);
        EXPECT_ERROR(seen.status, ERR_WOULD_BLOCK, 0);
        EXPECT_ERROR(POLL_SEND(address | (cap_t)6 << shift, 0).status, ERR_CAPABILITY, 0);
        EXPECT_ERROR(POLL_SEND(address | (cap_t)5 << shift | (cap_t)1 << (shift + 4), 0).status,
                     ERR_CAPABILITY, 0);
    }
    /* The eighth level is the last: a ninth index is too deep. */
    cap_t deeper = make(OBJECT_CNODE, 4);
    DO(cnode[LOOKUP_LEVELS_MAX - 1], OP_CNODE_COPY, 3, deeper);
    address |= (cap_t)3 << shift;
    EXPECT_ERROR(POLL_SEND(address, 0).status, ERR_TYPE, 0);
    EXPECT_ERROR(POLL_SEND(address | (cap_t)1 << (shift + 4), 0).status, ERR_DEPTH, 0);
}

/* Found in review: a capability that cannot be used to change a CNode was enough to take and put through it. */
TEST(address_through_a_cnode_without_write_is_refused)
{
    system_boot();
    unsigned bits = info->cnode_size_bits;
    cap_t cnode = make(OBJECT_CNODE, 4), endpoint = make(OBJECT_ENDPOINT, 0);
    cap_t readable = mint(cnode, RIGHT_READ, 0);

    DO(cnode, OP_CNODE_COPY, 5, endpoint);
    EXPECT_ERROR(POLL_SEND(cnode | (cap_t)5 << bits, 0).status, ERR_WOULD_BLOCK, 0);
    EXPECT_ERROR(POLL_SEND(readable | (cap_t)5 << bits, 0).status, ERR_RIGHT, 0);
    EXPECT_ERROR(CALL(ROOT, OP_CNODE_MOVE, slot_new(), readable | (cap_t)5 << bits).status, ERR_RIGHT, 2);
}

TEST(address_whose_rest_is_zero_means_the_slot_itself)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, 4);
    EXPECT_OK(CALL(cnode, OP_CNODE_INSPECT, 1).status); /* the CNode, not its slot 0 */
}

TEST(address_space_of_a_thread_without_cnode_is_empty)
{
    system_boot();
    cap_t a = make_thread(100);
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, 0, 0, 0, 0, 0, 0, 0);
    resume(a);
    run(a);
    static const cap_t addresses[] = { 0, 1, 2, 4096, ~(cap_t)0 };
    for (unsigned i = 0; i < ARRAY_COUNT(addresses); i++)
        EXPECT_ERROR(SEND(addresses[i], 0).status, ERR_CAPABILITY, 0);
}

TEST(cnode_in_use_as_a_root_goes_and_the_thread_has_nothing)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, 4), endpoint = make(OBJECT_ENDPOINT, 0), a = make_thread(100);
    DO(cnode, OP_CNODE_COPY, 1, endpoint);
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, cnode, 0, 0, 0, 0, 0, 0);
    resume(a);
    run(a);
    EXPECT_ERROR(POLL_SEND(1, 0).status, ERR_WOULD_BLOCK, 0);
    root_wake();
    delete (cnode); /* the thread's own capability keeps it */
    run(a);
    EXPECT_ERROR(POLL_SEND(1, 0).status, ERR_WOULD_BLOCK, 0);
    root_wake();
    DO(a, OP_THREAD_SUSPEND, 0);
    delete (a); /* and the CNode with it */
    EXPECT(((struct endpoint *)object_at(endpoint))->state == ENDPOINT_IDLE);
    EXPECT(derivation_is_last(slot_at(endpoint)));
}
