/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: who goes with whom, and its depth. */
#include "target.h"

#define DEPTH_MAX 255u

TEST(deleting_deletes_the_children_first)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), parent = mint(endpoint, RIGHTS_ALL, 0),
          child = mint(parent, RIGHTS_ALL, 1), grandchild = mint(child, RIGHTS_ALL, 0);

    erase(parent);
    expect_equal(type_of(parent), OBJECT_NULL);
    expect_equal(type_of(child), OBJECT_NULL);
    expect_equal(type_of(grandchild), OBJECT_NULL);
    expect_equal(type_of(endpoint), OBJECT_ENDPOINT);
}

TEST(copy_of_a_child_is_no_child_of_its_source)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), child = mint(endpoint, RIGHTS_ALL, 1), twin = copy(child);

    erase(child);
    expect_equal(type_of(twin), OBJECT_ENDPOINT);
    expect_ok(cnode_revoke(CNODE, endpoint));
    expect_equal(type_of(twin), OBJECT_NULL);
}

TEST(copy_does_not_take_the_children)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), child = mint(endpoint, RIGHTS_ALL, 1), twin = copy(endpoint);

    expect_ok(cnode_revoke(CNODE, twin));
    expect_equal(type_of(child), OBJECT_ENDPOINT);
    erase(twin);
    expect_equal(type_of(child), OBJECT_ENDPOINT);
    erase(endpoint);
    expect_equal(type_of(child), OBJECT_NULL);
}

TEST(moving_keeps_parent_and_children)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), parent = mint(endpoint, RIGHTS_ALL, 0),
          child = mint(parent, RIGHTS_ALL, 1), to = slot_take();

    expect_ok(cnode_move(CNODE, to, parent));
    expect_ok(cnode_revoke(CNODE, to));
    expect_equal(type_of(child), OBJECT_NULL);
    expect_equal(type_of(to), OBJECT_ENDPOINT);
    expect_ok(cnode_revoke(CNODE, endpoint));
    expect_equal(type_of(to), OBJECT_NULL);
}

TEST(children_are_saved_by_moving_their_parent_before_the_slot_is_used_again)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), parent = mint(endpoint, RIGHTS_ALL, 0),
          child = mint(parent, RIGHTS_ALL, 1), to = slot_take();

    expect_ok(cnode_move(CNODE, to, parent));
    erase(parent); /* an empty slot now */
    expect_equal(type_of(child), OBJECT_ENDPOINT);
}

TEST(object_lives_until_its_last_capability_goes)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), twin = copy(notification);
    word_t bits;

    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 4)));
    erase(notification);
    expect_status(notification_poll(twin, &bits), OK);
    expect_equal(bits, 4);
}

/* Mint, each from the one before; the last one that can be. */
static cap_t mint_to_the_limit(cap_t source, unsigned depth)
{
    for (; depth < DEPTH_MAX; depth++)
        source = mint(source, RIGHTS_ALL, 0);
    return source;
}

TEST(derivation_tree_is_255_deep_at_most)
{
    /* Boot Untyped 0, arena 1, the endpoint 2. */
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), last = mint_to_the_limit(endpoint, 2), to = slot_take();

    expect_argument(cnode_mint(CNODE, to, last, RIGHTS_ALL, 0), ERR_DEPTH, 0);
    expect_ok(cnode_copy(CNODE, to, last));
    erase(endpoint);
    expect_equal(type_of(last), OBJECT_NULL);
    expect_equal(type_of(to), OBJECT_NULL);
}

TEST(retype_at_the_depth_limit_is_refused)
{
    cap_t part = make(OBJECT_UNTYPED, 12), to = slot_take();

    for (unsigned depth = 2; depth < DEPTH_MAX; depth++)
        part = make_from(part, OBJECT_UNTYPED, 12);
    expect_argument(untyped_retype(part, OBJECT_ENDPOINT, 0, CAP_NULL, to, 1, CAP_NULL, 0), ERR_DEPTH, 0);
}

TEST(numbers_at_the_depth_limit_are_refused)
{
    cap_t range = BOOT_SLOT_ASID_RANGE, to = slot_take();

    for (unsigned depth = 0; depth < DEPTH_MAX; depth++)
        range = mint_range(range, 50, 1);
    expect_argument(cnode_mint_range(CNODE, to, range, RIGHTS_ALL, 50, 1), ERR_DEPTH, 0);
    expect_argument(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, to, 1, range, 50), ERR_DEPTH, 0);
}

TEST(deleting_the_capability_that_the_thread_is_named_by_goes_well)
{
    /* The delete runs through the CNode's own capability, which goes with it. */
    cap_t cnode = make(OBJECT_CNODE, 4);

    expect_ok(cnode_copy(cnode, 1, cnode));
    expect_ok(cnode_copy(cnode, 2, cnode));
    erase(cnode);
    expect_equal(type_of(cnode), OBJECT_NULL);
}

TEST(delete_through_the_only_capability_of_the_cnode_itself)
{
    cap_t part = make(OBJECT_UNTYPED, 12), cnode = make_from(part, OBJECT_CNODE, 4);

    expect_ok(cnode_move(cnode, 1, cnode));
    cap_t outer = make(OBJECT_CNODE, 4);
    expect_ok(cnode_copy(outer, 1, outer));
    cap_t inner = outer | (cap_t)1 << boot->cnode_size_bits;
    expect_ok(cnode_delete(inner, 1)); /* deletes the capability that is being invoked */
    expect_equal(type_of(outer), OBJECT_CNODE);
    expect_ok(cnode_revoke(CNODE, part));
}

static void delete_own_cnode(struct worker *worker)
{
    struct message message = { .word = { 1 } };
    object_invoke(1, OP_CNODE_DELETE, 1, &message); /* slot 1 of the CNode in slot 1: itself */
    worker->seen[0] = 1;
    message = (struct message){ .word = { 1 } };
    worker->seen[1] = object_invoke(1, OP_CNODE_DELETE, 1, &message);
    __builtin_trap();
}

TEST(thread_can_delete_its_last_capability_to_its_cnode)
{
    cap_t cnode = make(OBJECT_CNODE, 4);

    expect_ok(cnode_copy(cnode, 1, cnode));
    struct worker *worker = worker_run(.function = delete_own_cnode, .cnode = cnode);
    expect_equal(worker->seen[0], 1);
    expect_status(worker->seen[1], ERR_CAPABILITY);
}
