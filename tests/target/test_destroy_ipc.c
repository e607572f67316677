/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, Replies, Notifications and message pages that are destroyed while somebody waits at them or uses
 * them; and their memory made into something else at once: see dying.h. */
#include "dying.h"

/* ---- Endpoint */

TEST(endpoint_dies_under_senders_callers_and_receivers)
{
    for (unsigned i = 0; i < 2; i++) {
        cap_t part = make_part(), endpoint = make_from(part, OBJECT_ENDPOINT, 0);
        struct worker *a = worker_run(.function = i ? receive_once : send_once, .argument = endpoint);
        struct worker *b = worker_run(.function = i ? receive_once : call_once, .argument = endpoint);
        reuse(part);
        worker_finish(a);
        worker_finish(b);
        expect_status(a->seen[0], ERR_PEER_GONE);
        expect_status(b->seen[0], ERR_PEER_GONE);
    }
}

TEST(endpoint_dies_and_calls_that_were_taken_go_on)
{
    cap_t part = make_part();
    struct hold hold = { make_from(part, OBJECT_ENDPOINT, 0), make(OBJECT_REPLY, 0),
                         mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1) };
    struct worker *server = worker_run(.function = hold_call, .argument = (word_t)&hold);
    struct worker *client = worker_run(.function = call_once, .argument = hold.endpoint);

    reuse(part);
    expect_ok(notification_signal(hold.go));
    worker_finish(server);
    worker_finish(client);
    expect_ok(client->seen[0]);
    expect_equal(client->seen[1], 43);
}

TEST(fault_endpoint_dies_and_the_thread_stops_at_its_fault)
{
    cap_t part = make_part(), endpoint = make_from(part, OBJECT_ENDPOINT, 0);
    struct worker *before = worker_run(.function = fault_once, .fault = endpoint);
    struct worker *after = worker_make(.function = fault_once, .fault = endpoint);

    expect_state(before, THREAD_STATE_SENDING);
    reuse(part);
    worker_start(after);
    settle();
    for (unsigned i = 0; i < 2; i++) {
        struct thread_info info = worker_info(i ? after : before);
        expect_equal(info.state, THREAD_STATE_STOPPED);
        expect_equal(info.stopped, THREAD_STOP_FAULT);
        expect_equal(info.code, FAULT_PAGE);
    }
}

/* ---- Reply */

TEST(reply_dies_while_a_receive_has_named_it)
{
    cap_t part = make_part();
    struct hold hold = make_hold();
    hold.reply = make_from(part, OBJECT_REPLY, 0);
    struct worker *server = worker_run(.function = hold_call, .argument = (word_t)&hold);

    reuse(part);
    expect_state(server, THREAD_STATE_RECEIVING);
    struct worker *client = worker_run(.function = call_once, .argument = hold.endpoint);
    worker_finish(client);
    expect_status(client->seen[0], ERR_PEER_GONE); /* nobody can answer */
    expect_status(server->seen[0], OK);
}

TEST(reply_dies_while_a_caller_waits_for_the_answer)
{
    cap_t part = make_part();
    struct hold hold = make_hold();
    hold.reply = make_from(part, OBJECT_REPLY, 0);
    struct worker *server = worker_run(.function = hold_call, .argument = (word_t)&hold);
    struct worker *client = worker_run(.function = call_once, .argument = hold.endpoint);

    expect_state(client, THREAD_STATE_CALLING);
    reuse(part);
    worker_finish(client);
    expect_status(client->seen[0], ERR_PEER_GONE);
    expect_ok(notification_signal(hold.go));
    worker_finish(server);
    expect_status(server->seen[1], ERR_CAPABILITY);
}

/* ---- Notification */

TEST(notification_dies_under_its_waiters)
{
    cap_t part = make_part(), notification = make_from(part, OBJECT_NOTIFICATION, 0);
    struct worker *a = worker_run(.function = wait_once, .argument = notification);
    struct worker *b = worker_run(.function = wait_once, .argument = notification);

    reuse(part);
    worker_finish(a);
    worker_finish(b);
    expect_status(a->seen[0], ERR_PEER_GONE);
    expect_status(b->seen[0], ERR_PEER_GONE);
}

TEST(notification_dies_that_is_bound_to_a_thread)
{
    cap_t part = make_part(), notification = make_from(part, OBJECT_NOTIFICATION, 0),
          endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker = worker_make(.function = receive_once, .argument = endpoint);
    const struct message message = { .tag = tag_make(0, 1, 0), .word = { 9 } };

    expect_ok(thread_bind_notification(worker->thread, notification));
    worker_start(worker);
    reuse(part);
    expect_state(worker, THREAD_STATE_RECEIVING);
    expect_ok(sys_send(endpoint, &message));
    worker_finish(worker);
    expect_equal(worker->seen[1], 9);
    expect_ok(thread_bind_notification(worker->thread, make(OBJECT_NOTIFICATION, 0)));
}

TEST(thread_dies_that_has_a_notification_bound)
{
    cap_t part = make_part(), notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 4);
    struct worker *worker =
        worker_make(.function = receive_once, .argument = make(OBJECT_ENDPOINT, 0), .memory = part);
    word_t bits;

    expect_ok(thread_bind_notification(worker->thread, notification));
    worker_start(worker);
    reuse(part);
    expect_ok(notification_signal(notification));
    expect_status(notification_poll(notification, &bits), OK);
    expect_equal(bits, 4);
}

TEST(death_notification_dies_before_the_thread)
{
    cap_t part = make_part(), notification = make_from(part, OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = wait_once, .argument = make(OBJECT_NOTIFICATION, 0), .death = notification);

    reuse(part);
    expect_ok(thread_suspend(worker->thread, 1));
    expect_equal(worker_info(worker).code, 1);
}

TEST(notification_of_an_interrupt_and_of_the_timer_dies)
{
    cap_t part = make_part(), notification = make_from(part, OBJECT_NOTIFICATION, 0),
          badged = mint(notification, RIGHTS_ALL, 1), irq = make_irq(MACHINE_LINE);

    expect_ok(irq_handler_bind(irq, badged));
    expect_ok(core_range_bind_timer(CORES, 0, badged));
    expect_ok(core_range_set_timer(CORES, 0, time_now_ns() + NS_PER_MS));
    machine_source_on();
    expect_ok(irq_handler_acknowledge(irq));
    reuse(part);
    machine_source_again();
    expect_ok(irq_handler_acknowledge(irq));
    sleep_ns(2 * NS_PER_MS);
    machine_source_off();
    expect_argument(core_range_set_timer(CORES, 0, time_now_ns()), ERR_STATE, 0);
}

/* ---- Message page */

static void receive_long(struct worker *worker)
{
    struct message message;
    worker->seen[0] = sys_recv(worker->argument, &message, CAP_NULL);
    worker->seen[1] = tag_words(message.tag);
    worker->seen[2] = message.word[3];
}

static void send_long(struct worker *worker)
{
    const struct message message = { .tag = tag_make(0, 10, 0), .word = { 1, 2, 3, 4 } };
    worker->seen[0] = sys_send(worker->argument, &message);
}

/* Give the worker a message page in a frame out of `part`. */
static void give_page(struct worker *worker, cap_t part)
{
    struct thread_configuration configuration = { .message_frame =
                                                      make_from(part, OBJECT_FRAME, FRAME_SIZE_4K),
                                                  .message_offset = 3072 };
    expect_ok(thread_configure(worker->thread, THREAD_SET_MESSAGE, &configuration));
}

TEST(message_page_dies_under_a_receiver)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker = worker_make(.function = receive_long, .argument = endpoint);
    const struct message message = { .tag = tag_make(0, 10, 0), .word = { 1, 2, 3, 4 } };

    give_page(worker, part);
    worker_start(worker);
    reuse(part);
    expect_status(sys_send(endpoint, &message), ERR_TRUNCATED);
    worker_finish(worker);
    expect_status(worker->seen[0], ERR_TRUNCATED);
    expect_equal(worker->seen[1], 4);
    expect_equal(worker->seen[2], 4);
}

TEST(message_page_dies_under_a_sender)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker = worker_make(.function = send_long, .argument = endpoint);
    struct message message;

    give_page(worker, part);
    worker_start(worker);
    reuse(part);
    expect_status(sys_recv(endpoint, &message, CAP_NULL), ERR_TRUNCATED);
    expect_equal(tag_words(message.tag), 4);
    worker_finish(worker);
    expect_status(worker->seen[0], ERR_TRUNCATED);
}

TEST(message_page_whose_last_capability_the_thread_has_can_be_replaced)
{
    struct worker *worker = worker_make(.function = spin);
    struct thread_configuration first = { .message_frame = page_make().frame },
                                second = { .message_frame = page_make().frame };

    expect_ok(thread_configure(worker->thread, THREAD_SET_MESSAGE, &first));
    erase(first.message_frame);
    expect_ok(thread_configure(worker->thread, THREAD_SET_MESSAGE, &second));
}

TEST(message_page_works_when_it_is_mapped_nowhere)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker = worker_make(.function = receive_long, .argument = endpoint);
    const struct message message = { .tag = tag_make(0, 10, 0), .word = { 1, 2, 3, 4 } };

    give_page(worker, part);
    worker_start(worker);
    expect_ok(sys_send(endpoint, &message));
    worker_finish(worker);
    expect_ok(worker->seen[0]);
    expect_equal(worker->seen[1], 10);
}
