/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The slots and objects that a component makes for itself (lib/objects.c), on a kernel in which the Nth operation fails, for every N; and with a quota
 * that runs out. What fails is told by CAP_NULL, and only that is missing; nothing is made twice into one slot, and the next attempt
 * succeeds.
 */
#include "attempts.h"
#include "component_side.h"
#include "lookup.h"
#include "system.h"

#define CNODE_BITS     5u
#define QUOTA_BITS     18u
#define FIRST_FREE     7u /* COMPONENT_SLOT_FIRST */
#define MADE           60u
#define OPERATIONS_MAX 1000u

/* Slots of a component's CNode: see lucid/component.h. */
enum { OWN_QUOTA = 1, OWN_CNODE, OWN_NOTIFICATION };

/* The root thread moves into a CNode like that of a component. */
static void become_component(void)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, CNODE_BITS), notification = make(OBJECT_NOTIFICATION, 0);
    DO(memory, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, QUOTA_BITS, cnode, OWN_QUOTA, 1, 0, 0);
    DO(cnode, OP_CNODE_MINT, OWN_CNODE, cnode, RIGHTS_ALL, 0, 0);
    DO(cnode, OP_CNODE_MINT, OWN_NOTIFICATION, notification, RIGHTS_ALL, 0, 0);
    DO(BOOT_SLOT_THREAD, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, cnode, 0, 0, 0, 0, 0, 0);
    component_side_init(current()->utcb, CNODE_BITS, FIRST_FREE, object_size_bits(OBJECT_ENDPOINT),
                        object_size_bits(OBJECT_NOTIFICATION));
}

static uint64_t made[MADE];
static unsigned type_of[MADE];

static bool holds(uint64_t address, unsigned type)
{
    struct slot *slot;

    return lookup_cap(current(), address, &slot) == OK && cap_type(&slot->cap) == type;
}

static void make_one(unsigned i)
{
    switch (i % 5) {
    case 0:
        type_of[i] = OBJECT_FRAME;
        made[i] = object_make(OBJECT_FRAME, FRAME_SIZE_4K);
        break;
    case 1:
        type_of[i] = OBJECT_NOTIFICATION;
        made[i] = signal_make(i + 1);
        break;
    case 2:
        type_of[i] = OBJECT_CNODE;
        made[i] = object_make(OBJECT_CNODE, 4);
        break;
    default:
        type_of[i] = OBJECT_ENDPOINT;
        made[i] = object_make(OBJECT_ENDPOINT, 0);
    }
}

static unsigned missing(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < MADE; i++)
        count += made[i] == CAP_NULL;
    return count;
}

/* What is there is what it should be, each in a slot of its own. */
static void expect_consistent(void)
{
    for (unsigned i = 0; i < MADE; i++) {
        if (made[i] == CAP_NULL)
            continue;
        EXPECT(holds(made[i], type_of[i]));
        EXPECT(slot_holds(made[i], type_of[i]));
        for (unsigned j = 0; j < i; j++)
            EXPECT(made[i] != made[j]);
    }
    system_check();
}

/* Make many, drop some, make them again. */
static void make_many(void)
{
    for (unsigned i = 0; i < MADE; i++) {
        make_one(i);
        if (i % 7 == 3 && made[i - 2]) {
            slot_free(made[i - 2]);
            made[i - 2] = CAP_NULL;
            make_one(i - 2);
        }
    }
}

static bool with_failure(unsigned nth)
{
    become_component();
    component_side_fail(nth);
    make_many();
    bool failed = component_side_has_failed();
    component_side_fail(0);
    EXPECT(missing() <= failed);
    expect_consistent();
    for (unsigned i = 0; i < MADE; i++)
        if (made[i] == CAP_NULL)
            make_one(i);
    EXPECT_EQ(missing(), 0);
    expect_consistent();
    return failed;
}

TEST(objects_can_be_made_dropped_and_made_again)
{
    EXPECT(!with_failure(0));
}

TEST(object_that_cannot_be_made_is_told_and_the_next_can)
{
    EXPECT(all_attempts(with_failure, OPERATIONS_MAX) > 78);
}

/* All sizes, until there is nothing left; then what is dropped can be made again, as far as it is slots that were missing. */
TEST(quota_that_runs_out_is_told)
{
    unsigned count = 0;
    uint64_t last = 0, one;

    become_component();
    while ((one = object_make(OBJECT_FRAME, FRAME_SIZE_4K)) != CAP_NULL) {
        EXPECT(holds(one, OBJECT_FRAME));
        last = one;
        count++;
    }
    EXPECT(count >= 8 && count <= 1u << (QUOTA_BITS - PAGE_BITS));
    EXPECT(object_make(OBJECT_FRAME, FRAME_SIZE_4K) == CAP_NULL);
    EXPECT(signal_make(1) != CAP_NULL); /* takes no memory */
    slot_free(last);
    EXPECT(signal_make(2) != CAP_NULL);
    system_check();
}
