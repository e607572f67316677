/* SPDX-License-Identifier: BSD-2-Clause */
/* See checker_world.h. */
#include "checker_world.h"
#include "ready_queue.h"
#include <string.h>

struct checker_world world;

static cap_t runnable(unsigned priority)
{
    cap_t thread = make_thread(priority);

    resume(thread);
    return thread;
}

static void make_waiters(void)
{
    world.queue = make(OBJECT_ENDPOINT, 0);
    world.badged = mint(world.queue, RIGHT_WRITE, 7);
    for (unsigned i = 0; i < 2; i++) {
        world.sender[i] = runnable(60);
        run(world.sender[i]);
        SEND(world.badged, 0);
        root_wake();
    }
    world.idle_endpoint = make(OBJECT_ENDPOINT, 0);
    world.armed = make(OBJECT_REPLY, 0);
    world.free_reply = make(OBJECT_REPLY, 0);
    world.receiver = runnable(61);
    run(world.receiver);
    RECV(world.idle_endpoint, world.armed);
    root_wake();
    world.notification = make(OBJECT_NOTIFICATION, 0);
    for (unsigned i = 0; i < ARRAY_COUNT(world.waiter); i++) {
        world.waiter[i] = runnable(62);
        run(world.waiter[i]);
        RECV(world.notification, 0);
        root_wake();
    }
}

static void make_chain(void)
{
    cap_t lent = make(OBJECT_SCHED_CONTEXT, 8), endpoint[2];

    set_budget(lent, SLICE_NS, SLICE_NS, 0);
    world.caller = runnable(70);
    for (unsigned i = 0; i < 2; i++) {
        endpoint[i] = make(OBJECT_ENDPOINT, 0);
        world.owed[i] = make(OBJECT_REPLY, 0);
        world.server[i] = make_passive(71 + i);
        DO(lent, OP_SCHED_CONTEXT_BIND, world.server[i]);
        resume(world.server[i]);
        run(world.server[i]);
        RECV(endpoint[i], world.owed[i]);
        root_wake();
        DO(lent, OP_SCHED_CONTEXT_UNBIND);
    }
    run(world.caller);
    CALL(endpoint[0], 0);
    CALL(endpoint[1], 0);
    EXPECT(current() == thread_at(world.server[1]));
    root_wake();
}

static void map_frame(void)
{
    world.frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    while (status_error(CALL(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, world.frame, WORLD_FRAME_AT,
                             RIGHT_READ | RIGHT_WRITE, 0)
                            .status) == ERR_TABLE) {
        world.table = make(OBJECT_PAGE_TABLE, 0);
        DO(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP_TABLE, world.table, WORLD_FRAME_AT);
    }
}

static cap_t find_device(void)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (info->untyped[i].flags == BOOT_UNTYPED_DEVICE && info->untyped[i].size_bits > 12)
            return info->untyped[i].slot;
    test_fails(__FILE__, __LINE__, "expected device memory, seen none");
}

void checker_world_make(void)
{
    system_boot();
    for (unsigned i = 0; i < 2; i++)
        world.low[i] = runnable(50);
    make_waiters();
    make_chain();
    world.starved = runnable(80);
    set_budget(SC_OF(world.starved), 1000000, 20000000, 0);
    run(world.starved);
    host_time_advance(1500000);
    EXPECT(sc_at(world.starved)->replenish_node.queued);
    root_wake();
    world.stopped = make_thread(90);
    world.bound = make_thread(91);
    world.bound_notification = make(OBJECT_NOTIFICATION, 0);
    DO(world.bound, OP_THREAD_BIND_NOTIFICATION, world.bound_notification);
    world.space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, 30);
    world.handler = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, 9);
    world.range = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, world.range, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, 40, 4);
    map_frame();
    world.device = make_from(find_device(), OBJECT_FRAME, FRAME_SIZE_4K);
    if (core_self()
            ->front) /* whom the root thread's interrupt preempted: nobody stands there in this world */
        ready_list_front(core_self());
}

struct slot *checker_world_zombie(void)
{
    cap_t cnode = make(OBJECT_CNODE, 6);
    struct slot *slots = object_at(cnode);

    for (unsigned i = 1; i < 8; i++) /* each the last to its object: with copies it would be empty at once */
        DO(cnode, OP_CNODE_MOVE, i, make(OBJECT_ENDPOINT, 0));
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(cnode));
    host.pending_every = 0;
    EXPECT(cap_type(&slots[0].cap) == CAP_ZOMBIE);
    return slots;
}

void checker_names(const char *sentence)
{
    struct check_report report;

    EXPECT(!kernel_check(&report));
    if (strcmp(report.invariant, sentence))
        test_fails(__FILE__, __LINE__, "expected the invariant '%s', seen '%s'", sentence, report.invariant);
}
