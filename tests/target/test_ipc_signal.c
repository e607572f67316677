/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications and waiting threads: all bits at once, several waiters, signals at an endpoint, signals from
 * an interrupt. */
#include "peers.h"

TEST(signals_add_up_and_a_wait_takes_all)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    word_t bits;

    for (unsigned i = 0; i < 64; i += 3)
        expect_ok(notification_signal(mint(notification, RIGHTS_ALL, (word_t)1 << i)));
    expect_equal(notification_wait(notification, &bits), OK | STATUS_SIGNAL);
    expect_equal(bits, 0x9249249249249249);
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    expect_equal(bits, 0);
}

TEST(a_signal_without_a_badge_wakes_nobody)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *waiter = worker_run(.function = peer_receive, .argument = notification);

    expect_ok(notification_signal(notification));
    expect_state(waiter, THREAD_STATE_WAITING);
}

TEST(a_signal_carries_no_message)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), badged = mint(notification, RIGHT_WRITE, 12);
    struct worker *waiter = worker_run(.function = peer_receive, .argument = notification);
    struct message message = { .tag = tag_make(9, 4, 0), .word = { 1, 2, 3, 4 } };

    expect_ok(sys_send(badged, &message));
    expect_equal(waiter->seen[0], OK | STATUS_SIGNAL);
    expect_equal(waiter->seen[1], 0);
    expect_equal(waiter->seen[2], 12);
    expect_equal(waiter->seen[3], 0);
}

TEST(one_signal_wakes_one_of_several_waiters_and_the_next_the_next)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *waiter[3];

    for (unsigned i = 0; i < 3; i++)
        waiter[i] = worker_run(.function = peer_receive, .argument = notification);
    for (unsigned i = 0; i < 3; i++) {
        expect_ok(notification_signal(mint(notification, RIGHT_WRITE, i + 1)));
        for (unsigned j = 0; j < 3; j++)
            expect_equal(waiter[j]->seen[2], j <= i ? j + 1 : 0);
    }
}

/* ---- Bound to a thread */

static struct worker *bound_receiver(cap_t endpoint, cap_t reply, cap_t notification)
{
    struct worker *worker = worker_make(.function = peer_receive, .argument = PAIR(endpoint, reply));

    expect_ok(thread_bind_notification(worker->thread, notification));
    return worker;
}

TEST(a_bound_notification_is_received_at_an_endpoint)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0),
          reply = make(OBJECT_REPLY, 0);
    struct worker *receiver = worker_start(bound_receiver(endpoint, reply, notification));
    struct message message = { 0 };

    expect_state(receiver, THREAD_STATE_RECEIVING);
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    expect_equal(receiver->seen[0], OK | STATUS_SIGNAL);
    expect_equal(receiver->seen[2], 6);
    expect_equal(receiver->seen[1], 0);
    /* It no longer waits at the endpoint, and its Reply is free. */
    expect_status(sys_send_poll(endpoint, &message), ERR_WOULD_BLOCK);
    expect_status(sys_recv_poll(endpoint, &message, reply), ERR_WOULD_BLOCK);
}

TEST(a_signal_that_came_before_is_received_before_a_message)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = bound_receiver(endpoint, CAP_NULL, notification);
    struct worker *sender = worker_run(.function = peer_send, .argument = endpoint);

    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    worker_start(receiver);
    expect_equal(receiver->seen[0], OK | STATUS_SIGNAL);
    expect_equal(receiver->seen[2], 6);
    expect_state(sender, THREAD_STATE_SENDING);
}

TEST(a_signal_to_a_bound_thread_does_not_end_its_call)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0),
          reply = make(OBJECT_REPLY, 0);
    struct worker *caller = worker_make(.function = peer_call, .argument = endpoint);
    struct message message;
    word_t bits;

    expect_ok(thread_bind_notification(caller->thread, notification));
    worker_start(caller);
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    expect_state(caller, THREAD_STATE_SENDING);
    expect_ok(sys_recv(endpoint, &message, reply));
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 8)));
    expect_state(caller, THREAD_STATE_CALLING);
    expect_ok(answer(reply, 0, 0, 0, 0));
    expect_equal(caller->seen[0], OK);
    expect_ok(notification_poll(notification, &bits));
    expect_equal(bits, 14);
}

TEST(reply_recv_of_a_bound_thread_answers_first_and_then_takes_the_signal)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0),
          reply = make(OBJECT_REPLY, 0);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);
    struct message message;

    expect_ok(thread_bind_notification(test_thread, notification));
    expect_equal(sys_recv(endpoint, &message, reply), OK | STATUS_OWED);
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    message = message_of(0, 1, 3);
    expect_equal(sys_reply_recv(endpoint, &message, reply), OK | STATUS_SIGNAL);
    expect_equal(message.badge, 6);
    expect_equal(client->seen[3], 3);
    expect_ok(thread_bind_notification(test_thread, CAP_NULL));
}

TEST(binding_a_notification_that_has_signals_wakes_a_receiver)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);

    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    expect_ok(thread_bind_notification(receiver->thread, notification));
    expect_equal(receiver->seen[0], OK | STATUS_SIGNAL);
    expect_equal(receiver->seen[2], 6);
}

TEST(an_unbound_notification_no_longer_reaches_the_thread)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_start(bound_receiver(endpoint, CAP_NULL, notification));
    word_t bits;

    expect_ok(thread_bind_notification(receiver->thread, CAP_NULL));
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    expect_state(receiver, THREAD_STATE_RECEIVING);
    expect_ok(notification_poll(notification, &bits));
    expect_equal(bits, 6);
    /* Both are free for others. */
    expect_ok(thread_bind_notification(receiver->thread, notification));
}

TEST(binding_what_is_bound_is_err_busy_and_to_one_with_waiters_err_state)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), other = make(OBJECT_NOTIFICATION, 0),
          waited = make(OBJECT_NOTIFICATION, 0);
    struct worker *a = bound_receiver(make(OBJECT_ENDPOINT, 0), CAP_NULL, notification);
    struct worker *b = worker_run(.function = peer_receive, .argument = waited);

    expect_status(thread_bind_notification(a->thread, other), ERR_BUSY);
    expect_status(thread_bind_notification(b->thread, notification), ERR_BUSY);
    expect_argument(thread_bind_notification(b->thread, waited), ERR_STATE, 1);
    expect_argument(thread_bind_notification(b->thread, test_thread), ERR_TYPE, 1);
    expect_argument(thread_bind_notification(b->thread, mint(other, RIGHT_WRITE, 0)), ERR_RIGHT, 1);
    expect_argument(thread_bind_notification(b->thread, slot_take()), ERR_CAPABILITY, 1);
}

TEST(destroying_a_bound_notification_unbinds_it)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *receiver = worker_start(bound_receiver(make(OBJECT_ENDPOINT, 0), CAP_NULL, notification));

    erase(notification);
    expect_state(receiver, THREAD_STATE_RECEIVING);
    expect_ok(thread_bind_notification(receiver->thread, make(OBJECT_NOTIFICATION, 0)));
}

TEST(destroying_the_thread_unbinds_its_notification)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *receiver = worker_start(bound_receiver(make(OBJECT_ENDPOINT, 0), CAP_NULL, notification));

    erase(receiver->thread);
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    expect_ok(thread_bind_notification(test_thread, notification));
    expect_ok(thread_bind_notification(test_thread, CAP_NULL));
}

TEST(a_passive_thread_does_not_lose_signals)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), endpoint = make(OBJECT_ENDPOINT, 0),
          reply = make(OBJECT_REPLY, 0);
    struct worker *server =
        worker_make(.function = peer_serve, .argument = PAIR(endpoint, reply), .passive = true);
    cap_t context = make_context(1000000, 1000000);
    struct message message = message_of(0, 1, 5);

    expect_ok(thread_bind_notification(server->thread, notification));
    start_passive(server);
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 6)));
    expect_state(server, THREAD_STATE_RECEIVING); /* without time it is not woken */
    /* Calls are served as ever, and the bits wait. */
    expect_equal(sys_call(endpoint, &message), OK);
    expect_equal(message.word[0], 6);
    expect_equal(server->seen[4], 1);
    /* When it gets a context of its own, it gets them. */
    expect_ok(sched_context_bind(context, server->thread));
    expect_equal(server->seen[4], 2);
    expect_equal(server->seen[0], OK | STATUS_SIGNAL);
    expect_equal(server->seen[2], 6);
}

/* ---- Interrupts */

TEST(an_interrupt_signals_its_notification_once_until_it_is_acknowledged)
{
    cap_t irq = make_irq(MACHINE_LINE), notification = make(OBJECT_NOTIFICATION, 0);
    word_t bits;

    expect_ok(irq_handler_set_mode(irq, MACHINE_LINE_MODE));
    expect_ok(irq_handler_bind(irq, mint(notification, RIGHT_WRITE, 0x40)));
    machine_source_on();
    expect_equal(notification_wait(notification, &bits), OK | STATUS_SIGNAL);
    expect_equal(bits, 0x40);
    machine_source_again();
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    expect_ok(irq_handler_acknowledge(irq));
    machine_source_again();
    expect_equal(notification_wait(notification, &bits), OK | STATUS_SIGNAL);
    expect_equal(bits, 0x40);
    machine_source_off();
}

TEST(an_interrupt_wakes_a_thread_above_the_one_that_runs)
{
    cap_t irq = make_irq(MACHINE_LINE), notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *handler =
        worker_run(.function = peer_receive, .argument = notification, .priority = PRIORITY_ABOVE);

    expect_ok(irq_handler_bind(irq, mint(notification, RIGHT_WRITE, 0x40)));
    machine_source_on();
    for (unsigned i = 0; i < 100000 && !handler->done;
         i++) /* no system call: only the interrupt lets it run */
        __asm__ volatile("" ::: "memory");
    machine_source_off();
    expect_equal(handler->seen[0], OK | STATUS_SIGNAL);
    expect_equal(handler->seen[2], 0x40);
}
