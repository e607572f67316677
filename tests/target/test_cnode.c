/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode: each operation, and the resolving of capability addresses. */
#include "target.h"

#define SMALL_BITS  4u
#define SMALL_SLOTS 16u

static struct capability_info inspect_in(cap_t cnode, word_t index)
{
    struct capability_info info;
    expect_ok(cnode_inspect(cnode, index, &info));
    return info;
}

/* ---- Copy and mint */

TEST(copy_has_the_same_authority)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), badged = mint(endpoint, RIGHT_READ | RIGHT_GRANT, 77),
          twin = copy(badged);

    expect_equal(inspect(twin).type, OBJECT_ENDPOINT);
    expect_equal(inspect(twin).rights, RIGHT_READ | RIGHT_GRANT);
    expect_equal(inspect(twin).data, 77);
}

TEST(copy_checks_destination_and_source)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS), endpoint = make(OBJECT_ENDPOINT, 0), empty = slot_take();

    expect_argument(cnode_copy(cnode, 0, endpoint), ERR_SLOT, 1);
    expect_argument(cnode_copy(cnode, SMALL_SLOTS, endpoint), ERR_SLOT, 1);
    expect_argument(cnode_copy(cnode, ~(word_t)0, endpoint), ERR_SLOT, 1);
    expect_ok(cnode_copy(cnode, SMALL_SLOTS - 1, endpoint));
    expect_argument(cnode_copy(cnode, SMALL_SLOTS - 1, endpoint), ERR_SLOT, 1);
    expect_argument(cnode_copy(cnode, 1, empty), ERR_CAPABILITY, 2);
    expect_argument(cnode_copy(cnode, 1, CAP_NULL), ERR_CAPABILITY, 2);
    expect_argument(cnode_copy(cnode, 1, endpoint | (word_t)1 << boot->cnode_size_bits), ERR_CAPABILITY, 2);
}

TEST(what_must_be_unique_cannot_be_copied)
{
    cap_t unique[] = { make(OBJECT_UNTYPED, 12), make(OBJECT_PAGE_TABLE, 0), make(OBJECT_REPLY, 0) },
          to = slot_take();

    for (unsigned i = 0; i < 3; i++) {
        expect_argument(cnode_copy(CNODE, to, unique[i]), ERR_TYPE, 2);
        expect_argument(cnode_mint(CNODE, to, unique[i], RIGHTS_ALL, 0), ERR_TYPE, 2);
        expect_ok(cnode_move(CNODE, to, unique[i]));
        expect_ok(cnode_move(CNODE, unique[i], to));
    }
}

TEST(mint_gives_rights_that_the_source_has)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), first = mint(endpoint, RIGHT_READ | RIGHT_WRITE, 0),
          second = mint(first, RIGHT_WRITE | RIGHT_GRANT, 0);

    expect_equal(inspect(first).rights, RIGHT_READ | RIGHT_WRITE);
    expect_equal(inspect(second).rights, RIGHT_WRITE);
    expect_equal(inspect(mint(endpoint, 0, 0)).rights, 0);
    expect_argument(cnode_mint(CNODE, slot_take(), endpoint, RIGHTS_ALL + 1, 0), ERR_RANGE, 3);
}

TEST(mint_checks_destination_and_source)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS), endpoint = make(OBJECT_ENDPOINT, 0), empty = slot_take();

    expect_argument(cnode_mint(cnode, 0, endpoint, RIGHTS_ALL, 0), ERR_SLOT, 1);
    expect_argument(cnode_mint(cnode, SMALL_SLOTS, endpoint, RIGHTS_ALL, 0), ERR_SLOT, 1);
    expect_ok(cnode_mint(cnode, 1, endpoint, RIGHTS_ALL, 0));
    expect_argument(cnode_mint(cnode, 1, endpoint, RIGHTS_ALL, 0), ERR_SLOT, 1);
    expect_argument(cnode_mint(cnode, 2, empty, RIGHTS_ALL, 0), ERR_CAPABILITY, 2);
}

TEST(badge_is_set_once)
{
    cap_t objects[] = { make(OBJECT_ENDPOINT, 0), make(OBJECT_NOTIFICATION, 0) }, to = slot_take();

    for (unsigned i = 0; i < 2; i++) {
        cap_t badged = mint(mint(objects[i], RIGHTS_ALL, 0), RIGHTS_ALL, ~(word_t)0);
        expect_equal(inspect(badged).data, ~(word_t)0);
        expect_argument(cnode_mint(CNODE, to, badged, RIGHTS_ALL, 6), ERR_STATE, 4);
        expect_argument(cnode_mint(CNODE, to, badged, RIGHTS_ALL, ~(word_t)0), ERR_STATE, 4);
        expect_equal(inspect(mint(badged, RIGHT_WRITE, 0)).data, ~(word_t)0);
    }
}

/* ---- Move, delete, revoke, inspect */

TEST(move_empties_the_source)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), badged = mint(endpoint, RIGHT_WRITE, 5), to = slot_take();

    expect_ok(cnode_move(CNODE, to, badged));
    expect_equal(type_of(badged), OBJECT_NULL);
    expect_equal(inspect(to).data, 5);
    expect_equal(inspect(to).rights, RIGHT_WRITE);
}

TEST(move_checks_destination_and_source)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS), endpoint = make(OBJECT_ENDPOINT, 0);

    expect_argument(cnode_move(cnode, 0, endpoint), ERR_SLOT, 1);
    expect_argument(cnode_move(cnode, SMALL_SLOTS, endpoint), ERR_SLOT, 1);
    expect_argument(cnode_move(CNODE, endpoint, endpoint), ERR_SLOT, 1);
    expect_argument(cnode_move(cnode, 1, slot_take()), ERR_CAPABILITY, 2);
    expect_argument(cnode_move(cnode, 1, CAP_NULL), ERR_CAPABILITY, 2);
}

TEST(cnode_can_be_moved_into_itself_and_is_gone_for_good)
{
    /* Nobody can name it any more; the Untyped can still take it back. */
    cap_t part = make(OBJECT_UNTYPED, 12), cnode = make_from(part, OBJECT_CNODE, SMALL_BITS);

    expect_ok(cnode_move(cnode, 1, cnode));
    expect_equal(type_of(cnode), OBJECT_NULL);
    expect_argument(untyped_reset(part, 0), ERR_CHILDREN, 0);
    expect_ok(cnode_revoke(CNODE, part));
    expect_ok(untyped_reset(part, 0));
}

TEST(delete_of_an_empty_slot_is_no_error)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS);

    expect_ok(cnode_delete(cnode, 1));
    expect_argument(cnode_delete(cnode, 0), ERR_RANGE, 1);
    expect_argument(cnode_delete(cnode, SMALL_SLOTS), ERR_RANGE, 1);
    expect_argument(cnode_delete(cnode, ~(word_t)0), ERR_RANGE, 1);
}

TEST(revoke_leaves_the_capability_and_its_copies)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), twin = copy(endpoint), child = mint(endpoint, RIGHTS_ALL, 1),
          grandchild = mint(child, RIGHTS_ALL, 0);

    expect_ok(cnode_revoke(CNODE, endpoint));
    expect_equal(type_of(endpoint), OBJECT_ENDPOINT);
    expect_equal(type_of(twin), OBJECT_ENDPOINT);
    expect_equal(type_of(child), OBJECT_NULL);
    expect_equal(type_of(grandchild), OBJECT_NULL);
}

TEST(revoke_checks_the_slot)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS);

    expect_argument(cnode_revoke(cnode, 0), ERR_RANGE, 1);
    expect_argument(cnode_revoke(cnode, SMALL_SLOTS), ERR_RANGE, 1);
    expect_argument(cnode_revoke(cnode, 1), ERR_CAPABILITY, 1);
    expect_ok(cnode_copy(cnode, 1, cnode));
    expect_ok(cnode_revoke(cnode, 1));
}

TEST(inspect_tells_what_a_slot_holds)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS);
    struct capability_info info;

    expect_argument(cnode_inspect(cnode, 0, &info), ERR_RANGE, 1);
    expect_argument(cnode_inspect(cnode, SMALL_SLOTS, &info), ERR_RANGE, 1);
    expect_equal(inspect_in(cnode, 1).type, OBJECT_NULL);
    expect_equal(inspect(cnode).type, OBJECT_CNODE);
    expect_equal(inspect(cnode).size_bits, SMALL_BITS);
    expect_equal(inspect(make(OBJECT_FRAME, FRAME_SIZE_2M)).size_bits, FRAME_SIZE_2M);
    expect_equal(inspect(make(OBJECT_SCHED_CONTEXT, 9)).size_bits, 9);
    expect_equal(inspect(make(OBJECT_UNTYPED, 14)).size_bits, 14);
    expect_equal(inspect(mint_range(BOOT_SLOT_IRQ_RANGE, 3, 2)).data, 3 | (word_t)2 << 32);
}

/* ---- Cancelling senders by badge */

static void send_once(struct worker *worker)
{
    const struct message message = { 0 };
    worker->seen[0] = sys_send(worker->argument, &message);
}

static void call_once(struct worker *worker)
{
    struct message message = { 0 };
    worker->seen[0] = sys_call(worker->argument, &message);
}

TEST(cancel_badge_ends_the_waiting_of_its_senders_only)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), one = mint(endpoint, RIGHTS_ALL, 1),
          two = mint(endpoint, RIGHTS_ALL, 2);
    struct worker *sender = worker_run(.function = send_once, .argument = one);
    struct worker *caller = worker_run(.function = call_once, .argument = one);
    struct worker *other = worker_run(.function = call_once, .argument = two);

    expect_ok(cnode_cancel_badge(CNODE, endpoint, 1));
    worker_finish(sender);
    worker_finish(caller);
    expect_status(sender->seen[0], ERR_CANCELLED);
    expect_status(caller->seen[0], ERR_CANCELLED);
    expect_state(other, THREAD_STATE_SENDING);
    expect_ok(cnode_cancel_badge(CNODE, endpoint, 3));
    expect_state(other, THREAD_STATE_SENDING);
}

TEST(cancel_badge_of_an_endpoint_without_senders_does_nothing)
{
    expect_ok(cnode_cancel_badge(CNODE, make(OBJECT_ENDPOINT, 0), 1));
}

TEST(cancel_badge_checks_the_capability)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), cnode = make(OBJECT_CNODE, SMALL_BITS);

    expect_argument(cnode_cancel_badge(cnode, 0, 1), ERR_RANGE, 1);
    expect_argument(cnode_cancel_badge(cnode, SMALL_SLOTS, 1), ERR_RANGE, 1);
    expect_argument(cnode_cancel_badge(cnode, 1, 1), ERR_CAPABILITY, 1);
    expect_argument(cnode_cancel_badge(CNODE, make(OBJECT_NOTIFICATION, 0), 1), ERR_TYPE, 1);
    expect_argument(cnode_cancel_badge(CNODE, mint(endpoint, RIGHTS_ALL, 1), 1), ERR_RIGHT, 1);
    expect_argument(cnode_cancel_badge(CNODE, mint(endpoint, RIGHT_READ, 0), 1), ERR_RIGHT, 1);
    expect_argument(cnode_cancel_badge(CNODE, mint(endpoint, RIGHT_WRITE, 0), 1), ERR_RIGHT, 1);
    expect_ok(cnode_cancel_badge(CNODE, mint(endpoint, RIGHT_READ | RIGHT_WRITE, 0), 1));
}

/* ---- Addresses: the lowest bits are the root CNode's, the rest goes on in what is found */

static cap_t address_in(cap_t cnode, word_t index)
{
    return cnode | index << boot->cnode_size_bits;
}

TEST(address_goes_through_a_cnode)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS);
    struct untyped_info info;

    expect_ok(untyped_retype(arena, OBJECT_UNTYPED, 12, cnode, 7, 1, CAP_NULL, 0));
    expect_ok(untyped_info(address_in(cnode, 7), &info));
    expect_equal(info.size_bits, 12);
    expect_status(untyped_info(address_in(cnode, 8), &info), ERR_CAPABILITY);
}

TEST(address_through_what_is_no_cnode_is_refused)
{
    struct untyped_info info;

    expect_status(untyped_info(address_in(arena, 1), &info), ERR_CAPABILITY);
    expect_status(untyped_info(address_in(slot_take(), 1), &info), ERR_CAPABILITY);
    expect_status(untyped_info(address_in(CAP_NULL, 1), &info), ERR_CAPABILITY);
}

TEST(address_that_begins_with_slot_0_is_refused)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS), inner = make(OBJECT_CNODE, SMALL_BITS);
    struct capability_info info;

    expect_ok(cnode_copy(cnode, 1, inner));
    expect_ok(cnode_inspect(address_in(cnode, 1), 1, &info));
    expect_status(cnode_inspect(address_in(cnode, 1 << SMALL_BITS), 1, &info), ERR_CAPABILITY);
}

/* A chain of CNodes: in slot 3 of each stands the next, in slot 5 of each an endpoint. With it the root CNode
 * is level 1. */
static cap_t make_chain(unsigned levels)
{
    cap_t first = slots_take(levels), endpoint = make(OBJECT_ENDPOINT, 0);

    expect_ok(untyped_retype(arena, OBJECT_CNODE, SMALL_BITS, CAP_NULL, first, levels, CAP_NULL, 0));
    for (unsigned i = 0; i < levels; i++) {
        if (i > 0)
            expect_ok(cnode_copy(first + i - 1, 3, first + i));
        expect_ok(cnode_copy(first + i, 5, endpoint));
    }
    return first;
}

/* The address of the endpoint in the CNode of this level (2 and up). */
static cap_t chain_address(cap_t first, unsigned level)
{
    cap_t address = first;
    unsigned shift = boot->cnode_size_bits;

    for (; level > 2; level--, shift += SMALL_BITS)
        address |= (cap_t)3 << shift;
    return address | (cap_t)5 << shift;
}

TEST(address_of_eight_levels_is_found_and_one_of_nine_is_not)
{
    cap_t first = make_chain(9);
    const struct message message = { 0 };

    for (unsigned level = 2; level <= 8; level++)
        expect_status(sys_send_poll(chain_address(first, level), &message), ERR_WOULD_BLOCK);
    expect_status(sys_send_poll(chain_address(first, 9), &message), ERR_DEPTH);
    expect_argument(cnode_copy(CNODE, slot_take(), chain_address(first, 9)), ERR_DEPTH, 2);
}

TEST(address_through_a_cnode_that_holds_itself_ends)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS);
    struct capability_info info;

    expect_ok(cnode_copy(cnode, 15, cnode));
    expect_ok(cnode_inspect(address_in(cnode, 0xffff), 15, &info));
    expect_status(cnode_inspect(cnode | ~(((cap_t)1 << boot->cnode_size_bits) - 1), 15, &info), ERR_DEPTH);
}

static void use_own_cnode(struct worker *worker)
{
    const struct message message = { 0 };
    worker->seen[0] = sys_send_poll(1, &message);
    worker->seen[1] = sys_send_poll(2, &message);
    worker->seen[2] = sys_send_poll(1 | 1 << SMALL_BITS, &message);
    worker->seen[3] = 1;
    sys_recv(1, &(struct message){ 0 }, CAP_NULL);
}

TEST(thread_sees_its_own_cnode_only)
{
    cap_t cnode = make(OBJECT_CNODE, SMALL_BITS);

    expect_ok(cnode_copy(cnode, 1, make(OBJECT_ENDPOINT, 0)));
    struct worker *worker = worker_run(.function = use_own_cnode, .cnode = cnode);
    expect_equal(worker->seen[3], 1);
    expect_status(worker->seen[0], ERR_WOULD_BLOCK);
    expect_status(worker->seen[1], ERR_CAPABILITY);
    expect_status(worker->seen[2], ERR_CAPABILITY);
}
