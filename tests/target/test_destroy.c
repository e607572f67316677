/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNodes, SchedContexts, address spaces, page tables and interrupt handlers that are destroyed while something
 * runs on them or refers to them; and several in one. Their memory is made into something else at once: see
 * dying.h. Threads are in test_destroy_thread.c, what threads wait at in test_destroy_ipc.c.
 */
#include "dying.h"

/* ---- CNode */

TEST(cnode_dies_that_a_waiting_thread_uses)
{
    cap_t part = make_part(), cnode = make_from(part, OBJECT_CNODE, 4),
          notification = make(OBJECT_NOTIFICATION, 0);

    expect_ok(cnode_copy(cnode, 1, notification));
    struct worker *worker = worker_run(.function = wait_once, .argument = 1, .cnode = cnode);
    reuse(part);
    expect_state(worker, THREAD_STATE_WAITING);
    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 6)));
    expect_equal(worker->seen[1], 6);
    settle(); /* it now tries to exit, and has no capability for that */
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
}

TEST(cnode_dies_that_holds_the_last_capability_to_others)
{
    cap_t part = make_part(), cnode = make(OBJECT_CNODE, 4), endpoint = make_from(part, OBJECT_ENDPOINT, 0);
    struct worker *sender = worker_run(.function = send_once, .argument = endpoint);

    expect_ok(cnode_move(cnode, 15, endpoint));
    erase(cnode);
    worker_finish(sender);
    expect_status(sender->seen[0], ERR_PEER_GONE);
    reuse(part);
}

TEST(cnode_and_thread_that_hold_each_other_die_together)
{
    cap_t part = make_part(), cnode = make_from(part, OBJECT_CNODE, 4);
    struct worker *worker =
        worker_make(.function = spin, .cnode = cnode, .memory = part, .priority = PRIORITY_BELOW);

    expect_ok(cnode_move(cnode, 1, worker->thread));
    cap_t thread = cnode | (cap_t)1 << boot->cnode_size_bits;
    expect_ok(thread_resume(thread));
    erase(cnode); /* the thread keeps it: nothing dies yet */
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > 0);
    reuse(part);
}

TEST(cnodes_that_hold_each_other_die_with_their_memory)
{
    cap_t part = make_part(), a = make_from(part, OBJECT_CNODE, 4), b = make_from(part, OBJECT_CNODE, 4);

    expect_ok(cnode_copy(a, 1, b));
    expect_ok(cnode_copy(b, 1, a));
    expect_ok(cnode_copy(a, 2, a));
    erase(a);
    erase(b);
    expect_argument(untyped_reset(part, 0), ERR_CHILDREN, 0);
    reuse(part);
}

/* ---- SchedContext */

TEST(context_dies_that_a_thread_runs_on)
{
    cap_t part = make_part(), context = make_from(part, OBJECT_SCHED_CONTEXT, 8);
    struct worker *worker = worker_make(.function = spin, .passive = true, .priority = PRIORITY_BELOW);

    expect_ok(core_range_set_budget(CORES, context, 0, NS_PER_MS, NS_PER_MS, 0));
    expect_ok(sched_context_bind(context, worker->thread));
    worker_start(worker);
    sleep_ns(NS_PER_MS);
    word_t before = worker->seen[0];
    expect_true(before > 0);
    reuse(part);
    sleep_ns(2 * NS_PER_MS);
    expect_between(worker->seen[0] - before, 0, 100000);
    word_t stands = worker->seen[0];
    sleep_ns(NS_PER_MS);
    expect_equal(worker->seen[0], stands);
    expect_state(worker, THREAD_STATE_RUNNABLE);
    expect_ok(sched_context_bind(make_context(NS_PER_MS, NS_PER_MS), worker->thread));
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > stands);
}

TEST(context_dies_that_waits_for_replenishment)
{
    cap_t part = make_part(), context = make_from(part, OBJECT_SCHED_CONTEXT, 8);
    struct worker *worker = worker_make(.function = spin, .passive = true);

    expect_ok(core_range_set_budget(CORES, context, 0, boot->budget_minimum_ns, 3 * NS_PER_MS, 0));
    expect_ok(sched_context_bind(context, worker->thread));
    worker_start(worker);
    reuse(part);
    word_t stands = worker->seen[0];
    sleep_ns(5 * NS_PER_MS);
    expect_equal(worker->seen[0], stands);
}

static void delete_own_context(struct worker *worker)
{
    worker->seen[0] = 1;
    worker->seen[1] = cnode_delete(CNODE, worker->argument);
    worker->seen[0] = 2;
}

TEST(context_dies_by_the_hand_of_who_runs_on_it)
{
    cap_t part = make_part(), context = make_from(part, OBJECT_SCHED_CONTEXT, 8);
    struct worker *worker = worker_make(.function = delete_own_context, .argument = context, .passive = true);

    expect_ok(core_range_set_budget(CORES, context, 0, NS_PER_MS, NS_PER_MS, 0));
    expect_ok(sched_context_bind(context, worker->thread));
    worker_start(worker);
    expect_equal(worker->seen[0], 1);
    reuse(part);
    expect_ok(sched_context_bind(make_context(NS_PER_MS, NS_PER_MS), worker->thread));
    worker_finish(worker);
    expect_ok(worker->seen[1]);
}

TEST(context_dies_that_was_donated_to_a_server)
{
    cap_t part = make_part(), context = make_from(part, OBJECT_SCHED_CONTEXT, 8);
    struct hold hold = make_hold();
    struct worker *server = worker_run(.function = hold_call, .argument = (word_t)&hold);
    struct worker *client = worker_make(.function = call_once, .argument = hold.endpoint, .passive = true);

    expect_ok(sched_context_unbind(server->context));
    expect_ok(core_range_set_budget(CORES, context, 0, NS_PER_MS, NS_PER_MS, 0));
    expect_ok(sched_context_bind(context, client->thread));
    worker_start(client);
    expect_state(client, THREAD_STATE_CALLING);
    reuse(part);
    /* The server lost its time against its will and has no handler for that: it stops when it next would run,
     * and that is its death. */
    expect_ok(notification_signal(hold.go));
    settle();
    expect_equal(worker_info(server).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(server).code, FAULT_TIMEOUT);
    expect_ok(sched_context_bind(make_context(NS_PER_MS, NS_PER_MS), client->thread));
    worker_finish(client);
    expect_status(client->seen[0], ERR_PEER_GONE);
}

/* ---- Page table and address space */

TEST(page_table_dies_that_a_thread_uses)
{
    cap_t part = make_part(), table = make_from(part, OBJECT_PAGE_TABLE, 0),
          frame = make(OBJECT_FRAME, FRAME_SIZE_4K), endpoint = make(OBJECT_ENDPOINT, 0);
    word_t address = address_take(30); /* nothing else is in that gigabyte */
    struct message message;

    expect_ok(address_space_map_table(SPACE, make(OBJECT_PAGE_TABLE, 0), address));
    if (status_error(address_space_map_table(SPACE, table, address)) != OK)
        test_fail(__FILE__, __LINE__, "expected two tables to be missing, seen one");
    map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE);
    *(volatile word_t *)address = 5;
    reuse(part);
    struct worker *worker = worker_run(.function = fault_once, .argument = address, .fault = endpoint);
    expect_status(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)), OK);
    expect_equal(message.word[0], address);
    expect_equal(message.word[1], FAULT_ACCESS_WRITE);
    expect_state(worker, THREAD_STATE_CALLING);
    /* The frame counts as not mapped; with a new table it is there again, with what was in it. */
    struct frame_info info;
    expect_ok(frame_info(frame, &info));
    expect_equal(info.mapped_at, 0);
    map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE);
    expect_equal(*(volatile word_t *)address, 5);
}

TEST(address_space_dies_that_threads_are_in)
{
    cap_t part = make_part(), notification = make(OBJECT_NOTIFICATION, 0),
          death = make(OBJECT_NOTIFICATION, 0);
    word_t number, bits;
    cap_t space = make_space_from(part, &number);

    /* The first faults at its first instruction and waits for a handler; the second waits already, in the
     * root's space, and is moved. */
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *faulting = worker_run(.function = spin, .space = space, .fault = endpoint);
    struct worker *waiting =
        worker_run(.function = wait_once, .argument = notification, .death = mint(death, RIGHTS_ALL, 1));
    struct thread_configuration configuration = { .space = space };
    expect_ok(thread_configure(waiting->thread, THREAD_SET_SPACE, &configuration));
    expect_state(faulting, THREAD_STATE_SENDING);
    reuse(part);
    for (unsigned i = 0; i < 2; i++) {
        struct thread_info info = worker_info(i ? waiting : faulting);
        expect_equal(info.state, THREAD_STATE_STOPPED);
        expect_equal(info.stopped, THREAD_STOP_SPACE);
        expect_argument(thread_resume(i ? waiting->thread : faulting->thread), ERR_STATE, 0);
    }
    expect_status(notification_poll(death, &bits), OK);
    expect_ok(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot_take(), 1, BOOT_SLOT_ASID_RANGE,
                             number));
}

TEST(address_space_dies_that_a_running_thread_is_in)
{
    cap_t part = make_part(), space = space_with_program_from(part);
    struct worker *worker = worker_run(.function = spin, .space = space, .priority = PRIORITY_BELOW);

    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > 0);
    erase(space);
    expect_state(worker, THREAD_STATE_RUNNABLE); /* it keeps its space */
    reuse(part);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_SPACE);
    /* In the root's space it goes on where it stood. */
    struct thread_configuration configuration = { .space = SPACE };
    word_t before = worker->seen[0];
    expect_ok(thread_configure(worker->thread, THREAD_SET_SPACE, &configuration));
    expect_ok(thread_resume(worker->thread));
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > before);
}

TEST(thread_revokes_the_space_that_it_runs_in_and_goes_on_with_that_in_another)
{
    cap_t part = make_part(), space = space_with_program_from(part);
    struct worker *worker = worker_run(.function = revoke_cap, .argument = part, .space = space);

    expect_equal(worker->seen[0], 1);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_SPACE);
    struct thread_configuration configuration = { .space = SPACE };
    expect_ok(thread_configure(worker->thread, THREAD_SET_SPACE, &configuration));
    expect_ok(thread_resume(worker->thread));
    worker_finish(worker);
    expect_equal(type_of(space), OBJECT_NULL);
    reuse(part);
}

/* ---- IrqHandler */

TEST(irq_handler_dies_that_is_bound_and_its_line_is_free_again)
{
    cap_t part = make_part(), notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1),
          slot = slot_take();
    word_t bits;

    expect_ok(
        untyped_retype(part, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, MACHINE_LINE));
    expect_ok(irq_handler_bind(slot, notification));
    machine_source_on();
    reuse(part);
    notification_poll(notification, &bits);
    machine_source_again();
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    machine_source_off();
    make_irq(MACHINE_LINE);
}

TEST(interrupt_handler_dies_with_interrupts_pending)
{
    cap_t part = make_part(), notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1),
          slot = slot_take();

    for (unsigned i = 0; i < 10; i++) {
        expect_ok(untyped_retype(part, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE,
                                 MACHINE_LINE));
        expect_ok(irq_handler_bind(slot, notification));
        machine_source_on();
        machine_source_again();
        machine_source_again();
        erase(slot);
        expect_ok(untyped_reset(part, 0));
    }
}

/* ---- Several of them in one */

TEST(untyped_in_a_dying_cnode_takes_its_objects_with_it)
{
    cap_t part = make_part(), cnode = make(OBJECT_CNODE, 4), outer = slot_take();
    cap_t endpoint = make_from(part, OBJECT_ENDPOINT, 0);
    struct worker *sender = worker_run(.function = send_once, .argument = endpoint);
    struct worker *spinner = worker_run(.function = spin, .memory = part, .priority = PRIORITY_BELOW);

    sleep_ns(NS_PER_MS);
    expect_ok(cnode_move(cnode, 9, part));
    expect_ok(cnode_move(CNODE, outer, cnode));
    erase(outer);
    expect_equal(type_of(endpoint), OBJECT_NULL);
    expect_equal(type_of(spinner->thread), OBJECT_NULL);
    worker_finish(sender);
    expect_status(sender->seen[0], ERR_PEER_GONE);
}

/* A CNode with the last capabilities to endpoints and, among them, to the thread that deletes it. */
TEST(thread_that_finds_itself_in_what_it_deletes_leaves_the_rest_to_others)
{
    cap_t part = make(OBJECT_UNTYPED, 17), cnode = make_from(part, OBJECT_CNODE, 8);
    struct worker *worker = worker_make(.function = delete_holder, .memory = part);

    expect_ok(untyped_retype(part, OBJECT_ENDPOINT, 0, cnode, 1, 64, CAP_NULL, 0));
    expect_ok(untyped_retype(part, OBJECT_ENDPOINT, 0, cnode, 129, 64, CAP_NULL, 0));
    cap_t holder = make(OBJECT_CNODE, 4);
    expect_ok(cnode_move(holder, 5, cnode));
    cap_t inner = holder | (cap_t)5 << boot->cnode_size_bits;
    worker->argument = holder;
    expect_ok(cnode_move(inner, 100, worker->thread));
    expect_ok(thread_resume(inner | (cap_t)100 << (boot->cnode_size_bits + 4)));
    expect_equal(worker->seen[0], 1);
    expect_argument(untyped_reset(part, 0), ERR_CHILDREN, 0);
    expect_ok(cnode_revoke(CNODE, part));
    expect_ok(untyped_reset(part, 0));
}

TEST(thread_revokes_the_number_of_the_space_that_it_runs_in)
{
    cap_t numbers = mint_range(BOOT_SLOT_ASID_RANGE, 60, 1), space = slot_take();

    expect_ok(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, space, 1, numbers, 60));
    map_program(space);
    struct worker *worker = worker_run(.function = revoke_cap, .argument = numbers, .space = space);
    expect_equal(worker->seen[0], 1);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(worker).code, FAULT_PAGE);
}
