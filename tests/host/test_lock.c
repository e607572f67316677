/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock discipline (lock.h): what is touched without its lock is a panic in debug and host builds. */
#include "system.h"
#include "lock.h"
#include <lucid/faults.h>
#include <string.h>

static cap_t endpoint, spare;

static void setup(void)
{
    system_boot();
    endpoint = make(OBJECT_ENDPOINT, 0);
    spare = slot_new();
}

static void expect_panic(void (*act)(void *argument), const char *what)
{
    enum host_end end = host_run(act, NULL);

    EXPECT_EQ(end, HOST_HALTED);
    EXPECT(strstr(host.console, what) != NULL);
}

static void enqueue(void *argument)
{
    (void)argument;
    endpoint_enqueue(object_at(endpoint), current(), ENDPOINT_SENDING);
}

TEST(endpoint_touched_without_a_lock_panics)
{
    setup();
    expect_panic(enqueue, "lock_holds_home(endpoint->home)");
}

static void fill(void *argument)
{
    (void)argument;
    lock_own(core_self());
    derivation_add_sibling(slot_at(endpoint), slot_at(spare), slot_at(endpoint)->cap);
}

TEST(slot_filled_without_the_tree_lock_panics)
{
    setup();
    expect_panic(fill, "lock_holds(LOCK_TREE)");
}

static void empty_under_tree_lock(void *argument)
{
    (void)argument;
    lock_own(core_self());
    lock_tree(core_self());
    derivation_remove(slot_at(endpoint));
}

TEST(slot_emptied_without_all_locks_panics)
{
    setup();
    expect_panic(empty_under_tree_lock, "lock_holds(LOCK_ALL)");
}

static void enter_twice(void *argument)
{
    (void)argument;
    lock_own(core_self());
    lock_own(core_self());
}

TEST(own_lock_taken_twice_panics)
{
    setup();
    expect_panic(enter_twice, "LOCK_NONE");
}

TEST(all_locks_include_the_tree_lock)
{
    setup();
    struct core *core = core_self();
    lock_own(core);
    EXPECT(lock_all(core));
    enum lock_level before = lock_tree(core);
    unlock_tree(core, before);
    EXPECT(lock_holds(LOCK_ALL));
    unlock_own(core);
    EXPECT(!lock_holds(LOCK_OWN));
}

TEST(tree_lock_gives_back_what_was_held_before)
{
    setup();
    struct core *core = core_self();
    lock_own(core);
    enum lock_level before = lock_tree(core);
    EXPECT(lock_holds(LOCK_TREE));
    EXPECT(!lock_holds(LOCK_ALL));
    unlock_tree(core, before);
    EXPECT(!lock_holds(LOCK_TREE));
    EXPECT(lock_holds(LOCK_OWN));
    unlock_own(core);
}
