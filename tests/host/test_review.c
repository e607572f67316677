/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a review of the whole kernel found: state between two steps of a long operation that another thread can see and
 * use, and what stays behind when things end in an unusual order.
 */
#include "system.h"

static cap_t part; /* an Untyped that everything in a test is made from */

static void setup(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, 18);
}

/* The current thread has begun to delete what is in this slot, and has done so many steps. */
static void delete_steps(cap_t victim, unsigned steps)
{
    host.pending_every = 1;
    for (unsigned i = 0; i < steps; i++) {
        sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(victim));
        EXPECT(current()->context.at_syscall);
    }
    host.pending_every = 0;
}

/* A dying CNode holds an Untyped; of what was made from that, a smaller Untyped stands in a living CNode, and below it a
 * CNode that is half destroyed. Its zombie leaves the place below the smaller Untyped, but not its memory. */
TEST(memory_that_a_zombie_still_lies_in_cannot_be_reset)
{
    setup();
    cap_t outer = make_from(part, OBJECT_UNTYPED, 14), inner = make_from(outer, OBJECT_UNTYPED, 13),
          victim = make_from(inner, OBJECT_CNODE, 4), holder = make_from(part, OBJECT_CNODE, 4);
    for (unsigned i = 1; i < 10; i++)
        DO(victim, OP_CNODE_MOVE, i, make_from(part, OBJECT_ENDPOINT, 0));
    DO(holder, OP_CNODE_MOVE, 1, outer);
    cap_t worker = make_thread(100);
    resume(worker);
    run(worker);
    delete_steps(victim, 2); /* a zombie, in the worker's list */
    root_wake();
    for (unsigned steps = 0; steps < 4; steps++) {
        delete_steps(holder, 1);
        status_t status = CALL(inner, OP_UNTYPED_RESET, 0).status;
        EXPECT(status_error(status) != OK);
        system_check();
    }
    delete (holder);
    EXPECT(slot_is_empty(slot_at(inner)));
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
}
