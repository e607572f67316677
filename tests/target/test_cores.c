/* SPDX-License-Identifier: BSD-2-Clause */
/* Two cores: threads on one work with, and are worked on by, threads on the other. The test's own thread is on core 0. */
#include "fpu.h"
#include "once.h"
#include "passive.h"

#define ROUNDS 100u

/* Give the worker, which is of a lower priority, time on this core. (QEMU gives virtual time to one core until the next event, and then to the
 * other: how much of it is this one's is its choice.) */
static void sleep_until_seen(struct worker *worker, unsigned index, word_t least)
{
    for (unsigned i = 0; i < 100 && worker->seen[index] < least; i++)
        sleep_ns(NS_PER_MS);
    expect_between(worker->seen[index], least, ~(word_t)0);
}

/* ---- Running */

TEST(cores_a_thread_runs_on_the_core_of_its_context)
{
    struct worker *worker = worker_run(.function = peer_spin, .core = 1, .priority = PRIORITY_BELOW);

    wait_seen(worker, 5, 1000); /* the test does not wait in the kernel, and its core is never free */
    expect_equal(context_info(worker->context).core, 1);
}

TEST(cores_a_budget_holds_on_its_core)
{
    struct worker *worker =
        worker_run(.function = peer_spin, .core = 1, .budget_ns = 2 * NS_PER_MS, .period_ns = 10 * NS_PER_MS);
    struct sched_context_info before = context_info(worker->context);

    sleep_ns(200 * NS_PER_MS);
    expect_between(context_info(worker->context).consumed_ns - before.consumed_ns, 36 * NS_PER_MS,
                   44 * NS_PER_MS);
}

TEST(cores_an_equal_in_priority_gets_its_turn)
{
    struct worker *one = worker_run(.function = peer_spin, .core = 1, .budget_ns = NS_PER_MS,
                                    .period_ns = NS_PER_MS),
                  *two = worker_run(.function = peer_spin, .core = 1, .budget_ns = NS_PER_MS,
                                    .period_ns = NS_PER_MS);

    sleep_until_seen(one, 5, 1);
    sleep_until_seen(two, 5, 1);
    word_t seen = one->seen[5];
    sleep_until_seen(one, 5, seen + 1);
}

TEST(cores_a_priority_that_is_changed_counts_at_once)
{
    struct worker *high = worker_run(.function = peer_spin, .core = 1, .priority = 50);
    wait_seen(high, 5, 1);
    struct worker *low = worker_run(.function = peer_spin, .core = 1, .priority = 40);

    expect_ok(thread_set_priority(high->thread, 30, 30));
    wait_seen(low, 5, 1);
    expect_ok(thread_set_priority(high->thread, 60, 60));
    word_t seen = high->seen[5];
    wait_seen(high, 5, seen + 1);
}

/* ---- Messages */

TEST(cores_calls_go_across_and_back)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    worker_run(.function = peer_serve, .argument = PAIR(endpoint, reply), .core = 1);

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct message message = message_of(7, 1, i);
        expect_ok(sys_call(endpoint, &message));
        expect_equal(message.word[0], i + 1);
    }
}

static void call_many(struct worker *worker)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct message message = message_of(7, 1, i);
        if (raw_call(SYS_CALL, FIRST(worker->argument), &message, 0) != OK || message.word[0] != i + 1)
            return;
        worker->seen[0]++;
    }
}

TEST(cores_a_passive_server_runs_where_its_client_runs)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    start_passive(worker_make(.function = peer_serve, .argument = PAIR(endpoint, reply), .passive = true));
    struct worker *near = worker_run(.function = call_many, .argument = endpoint, .priority = PRIORITY_BELOW),
                  *far = worker_run(.function = call_many, .argument = endpoint, .core = 1),
                  *farther = worker_run(.function = call_many, .argument = endpoint, .core = boot->cores - 1);

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct message message = message_of(7, 1, i);
        expect_ok(sys_call(endpoint, &message));
        expect_equal(message.word[0], i + 1);
    }
    wait_state(far, THREAD_STATE_STOPPED);
    wait_state(farther, THREAD_STATE_STOPPED);
    sleep_until_seen(near, 0, ROUNDS); /* its call may wait for the server to come back from another core */
    worker_finish(near);
    expect_equal(near->seen[0], ROUNDS);
    expect_equal(far->seen[0], ROUNDS);
    expect_equal(farther->seen[0], ROUNDS);
}

static void give_once(struct worker *worker)
{
    struct message message = { .tag = tag_make(7, 0, 1) };
    worker->seen[0] = raw_call(SYS_CALL, worker->argument, &message, 0);
}

TEST(cores_a_capability_goes_across_with_a_call)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), notification = make(OBJECT_NOTIFICATION, 0),
          taken = slot_take();
    struct worker *client = worker_make(.function = give_once, .argument = endpoint, .core = 1);
    struct message message;

    client->utcb->give[0] = (struct utcb_give){ .source = notification, .mode = GIVE_COPY | RIGHTS_ALL << 8 };
    message_page->take[0] = taken;
    worker_start(client);
    wait_state(client, THREAD_STATE_SENDING);
    expect_equal(type_of(taken), OBJECT_NULL);
    expect_equal(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)) & STATUS_ERROR_MASK, OK);
    expect_equal(type_of(taken), OBJECT_NOTIFICATION);
}

TEST(cores_signals_go_across)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), back = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker = worker_run(.function = wait_once, .argument = notification, .core = 1);
    word_t bits;

    wait_state(worker, THREAD_STATE_WAITING);
    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 6)));
    wait_state(worker, THREAD_STATE_STOPPED);
    expect_equal(worker->seen[1], 6);
    worker_run(.function = peer_send, .argument = mint(back, RIGHTS_ALL, 9), .core = 1);
    expect_status(notification_wait(back, &bits), OK);
    expect_equal(bits, 9);
}

TEST(cores_a_bound_signal_reaches_a_receiver)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker = worker_make(.function = receive_once, .argument = endpoint, .core = 1);

    expect_ok(thread_bind_notification(worker->thread, notification));
    worker_start(worker);
    wait_state(worker, THREAD_STATE_RECEIVING);
    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 5)));
    wait_state(worker, THREAD_STATE_STOPPED);
    expect_equal(worker->seen[0], OK | STATUS_SIGNAL);
    expect_equal(worker->seen[2], 5);
}

TEST(cores_a_fault_is_handled_across)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct page page = page_make();
    word_t address = address_take(12);
    struct message fault;
    struct worker *worker = worker_run(.function = fault_once, .argument = address, .core = 1,
                                       .fault = mint(handler, RIGHTS_ALL, 77));

    expect_equal(sys_recv(handler, &fault, reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(fault.word[0], address);
    map(SPACE, copy(page.frame), address, RIGHT_READ | RIGHT_WRITE);
    expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    wait_state(worker, THREAD_STATE_STOPPED);
    expect_equal(page.words[0], 1);
}

/* ---- Taking away */

TEST(cores_a_thread_that_is_suspended_stands_still)
{
    struct worker *worker = worker_run(.function = peer_spin, .core = 1);

    for (unsigned i = 0; i < 20; i++) {
        word_t before = worker->seen[5];
        wait_seen(worker, 5, before + 1);
        expect_ok(thread_suspend(worker->thread, 3));
        word_t seen = worker->seen[5];
        expect_equal(worker->seen[5], seen);
        expect_state(worker, THREAD_STATE_STOPPED);
        expect_ok(thread_resume(worker->thread));
    }
}

TEST(cores_a_thread_that_computes_can_be_read_and_sent_elsewhere)
{
    struct worker *worker = worker_run(.function = peer_spin, .core = 1);
    word_t registers[REGISTER_COUNT], start[1];

    wait_seen(worker, 5, 1000);
    expect_ok(thread_read_registers(worker->thread, registers));
    expect_between(registers[REGISTER_IP], (word_t)peer_spin, (word_t)peer_spin + 256);
    word_t seen = worker->seen[5];
    wait_seen(worker, 5, seen + 1); /* it goes on */
    worker->function = wait_once;
    worker->argument = make(OBJECT_NOTIFICATION, 0);
    start[0] = (word_t)wait_once;
    registers[REGISTER_ARGUMENT] = (word_t)worker;
    expect_ok(thread_write_registers(worker->thread, REGISTER_IP, start, 1));
    expect_ok(thread_write_registers(worker->thread, REGISTER_ARGUMENT, &registers[REGISTER_ARGUMENT], 1));
}

TEST(cores_what_runs_there_can_be_deleted)
{
    cap_t memory = make(OBJECT_UNTYPED, 16);

    for (unsigned i = 0; i < 10; i++) {
        struct worker *worker = worker_run(.function = peer_spin, .core = 1, .memory = memory);
        wait_seen(worker, 5, 1);
        expect_ok(cnode_revoke(CNODE, memory)); /* the thread */
        word_t seen = worker->seen[5];
        expect_equal(worker->seen[5], seen);
        expect_ok(untyped_reset(memory, 0)); /* its memory is something else now */
        erase(worker->context);
    }
}

TEST(cores_the_context_of_what_runs_there_can_be_deleted)
{
    struct worker *worker = worker_run(.function = peer_spin, .core = 1);

    wait_seen(worker, 5, 1);
    erase(worker->context);
    sleep_ns(NS_PER_MS);
    word_t seen = worker->seen[5];
    sleep_ns(5 * NS_PER_MS);
    expect_equal(worker->seen[5], seen);
    expect_ok(thread_set_priority(worker->thread, 1, 1));
    cap_t context = make_context(10 * NS_PER_MS, 10 * NS_PER_MS); /* of core 0 */
    expect_ok(sched_context_bind(context, worker->thread));
    expect_equal(worker->seen[5], seen);
    sleep_until_seen(worker, 5, seen + 1);
}

TEST(cores_the_space_of_what_runs_there_can_be_deleted)
{
    cap_t memory = make(OBJECT_UNTYPED, 16), space = space_with_program_from(memory),
          death = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = peer_spin, .core = 1, .space = space, .death = mint(death, RIGHT_WRITE, 1));
    word_t bits;

    wait_seen(worker, 5, 1);
    expect_ok(cnode_revoke(CNODE, memory));
    word_t seen = worker->seen[5];
    expect_status(notification_wait(death, &bits), OK);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_SPACE);
    expect_equal(worker->seen[5], seen);
}

TEST(cores_callers_learn_that_their_server_is_gone)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *server =
        worker_run(.function = peer_receive_and_spin, .argument = PAIR(endpoint, reply), .core = 1);

    wait_state(server, THREAD_STATE_RECEIVING);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);
    wait_seen(server, 5, 1);
    struct worker *queued =
        worker_run(.function = peer_call, .argument = endpoint, .core = 1, .priority = PRIORITY_ABOVE + 1);
    erase(server->thread);
    settle();
    expect_status(client->seen[0], ERR_PEER_GONE);
    wait_state(queued, THREAD_STATE_SENDING);
    erase(endpoint);
    wait_state(queued, THREAD_STATE_STOPPED);
    expect_status(queued->seen[0], ERR_PEER_GONE);
}

TEST(cores_a_call_to_the_other_core_can_be_cancelled)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint, .core = 1);
    struct message message;

    expect_equal(sys_recv(endpoint, &message, reply) & STATUS_OWED, STATUS_OWED);
    expect_ok(thread_cancel(client->thread));
    wait_state(client, THREAD_STATE_STOPPED);
    expect_status(client->seen[0], ERR_CANCELLED);
    expect_status(answer(reply, 0, 0, 0, 0), ERR_PEER_GONE);
}

/* ---- Memory */

#define GONE 0x600d

/* Reads a page until it faults; seen[1]: it has read what was written only after the page was unmapped. */
static void read_on(struct worker *worker)
{
    for (;;) {
        if (*(volatile word_t *)worker->argument == GONE)
            worker->seen[1] = 1;
        worker->seen[0]++;
    }
}

TEST(cores_nobody_uses_a_translation_after_it_was_unmapped)
{
    struct page page = page_make();
    cap_t frame = copy(page.frame), handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    word_t address = address_take(12);
    struct message fault;

    map(SPACE, frame, address, RIGHT_READ);
    struct worker *worker = worker_run(.function = read_on, .argument = address, .core = 1,
                                       .fault = mint(handler, RIGHTS_ALL, 1));
    for (unsigned i = 0; i < ROUNDS; i++) {
        word_t seen = worker->seen[0];
        wait_seen(worker, 0, seen + 1);
        expect_ok(frame_unmap(frame));
        page.words[0] = GONE;
        expect_equal(sys_recv(handler, &fault, reply), OK | STATUS_KERNEL | STATUS_OWED);
        expect_equal(fault.word[0], address);
        page.words[0] = 0;
        expect_equal(worker->seen[1], 0);
        map(SPACE, frame, address, RIGHT_READ);
        expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    }
}

static void count_in_memory(struct worker *worker)
{
    machine_spin((volatile word_t *)worker->argument);
}

TEST(cores_nobody_writes_after_the_right_was_taken_away)
{
    struct page page = page_make();
    cap_t frame = copy(page.frame), handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    word_t address = address_take(12);
    struct message fault;

    map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE);
    worker_run(.function = count_in_memory, .argument = address, .core = 1,
               .fault = mint(handler, RIGHTS_ALL, 1));
    for (unsigned i = 0; i < ROUNDS; i++) {
        while (page.words[0] == 0)
            machine_relax();
        expect_ok(try_map(SPACE, frame, address, RIGHT_READ, MAP_CACHE_WRITE_BACK));
        word_t seen = page.words[0];
        expect_equal(sys_recv(handler, &fault, reply), OK | STATUS_KERNEL | STATUS_OWED);
        expect_equal(page.words[0], seen);
        page.words[0] = 0;
        expect_ok(try_map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_WRITE_BACK));
        expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    }
}

/* ---- Moving */

TEST(cores_a_bound_context_stays_on_its_core)
{
    struct worker *worker = worker_make(.function = peer_spin, .core = 1);

    expect_argument(core_range_set_budget(CORES, worker->context, 0, NS_PER_MS, NS_PER_MS, 0), ERR_BUSY, 2);
    expect_ok(core_range_set_budget(CORES, worker->context, 1, NS_PER_MS, NS_PER_MS, 0));
    expect_ok(sched_context_unbind(worker->context));
    expect_ok(core_range_set_budget(CORES, worker->context, 0, NS_PER_MS, NS_PER_MS, 0));
    expect_equal(context_info(worker->context).core, 0);
}

/* Its FPU registers are as they were set, wherever it runs. seen[0] counts the looks, seen[1] what differed. */
static void keep_registers(struct worker *worker)
{
    static struct fpu_registers set, seen;

    fpu_pattern(&set, 5);
    fpu_load(&set);
    for (;;) {
        fpu_store(&seen);
        worker->seen[1] += fpu_differences(&set, &seen);
        fpu_load(&set);
        worker->seen[0]++;
    }
}

TEST(cores_a_thread_moves_with_its_registers)
{
    struct worker *worker = worker_run(.function = keep_registers, .core = 1, .attributes = THREAD_FPU,
                                       .priority = PRIORITY_BELOW);
    struct worker *other =
        worker_run(.function = keep_registers, .core = 1, .attributes = THREAD_FPU, .priority = 10);

    for (unsigned i = 0; i < 20; i++) {
        word_t seen = worker->seen[0];
        sleep_until_seen(worker, 0, seen + 2);
        expect_ok(sched_context_unbind(worker->context));
        expect_ok(core_range_set_budget(CORES, worker->context, 0, 5 * NS_PER_MS, 5 * NS_PER_MS, 0));
        expect_ok(sched_context_bind(worker->context, worker->thread));
        sleep_until_seen(worker, 0, worker->seen[0] + 1);
        expect_ok(sched_context_unbind(worker->context));
        expect_ok(core_range_set_budget(CORES, worker->context, 1, 5 * NS_PER_MS, 5 * NS_PER_MS, 0));
        expect_ok(sched_context_bind(worker->context, worker->thread));
    }
    expect_equal(worker->seen[1], 0);
    expect_equal(other->seen[1], 0);
}

TEST(cores_each_has_a_timer_of_its_own)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    word_t bits;

    expect_ok(core_range_bind_timer(CORES, 1, mint(notification, RIGHTS_ALL, 2)));
    expect_ok(core_range_set_timer(CORES, 1, time_now_ns() + NS_PER_MS));
    expect_status(notification_wait(notification, &bits), OK);
    expect_equal(bits, 2);
    expect_ok(core_range_bind_timer(CORES, 1, CAP_NULL));
}

/* ---- Against each other */

static void copy_for_ever(struct worker *worker)
{
    cap_t first = SECOND(worker->argument);
    word_t count = THIRD(worker->argument);

    for (word_t i = 0;; i++) {
        raw_invoke(CNODE, OP_CNODE_COPY, 2, first + i % count, FIRST(worker->argument), 0, 0);
        worker->seen[0]++;
    }
}

TEST(cores_a_revoke_ends_against_all_others_copying)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    for (unsigned core = 1; core < boot->cores; core++) {
        cap_t own = mint(endpoint, RIGHTS_ALL, core);
        worker_run(.function = copy_for_ever, .argument = TRIPLE(own, slots_take(200), 200), .core = core);
    }
    for (unsigned i = 0; i < 10; i++) {
        sleep_ns(NS_PER_MS / 10);
        expect_ok(cnode_revoke(CNODE, endpoint));
    }
}
