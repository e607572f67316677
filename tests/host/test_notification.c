/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications and interrupts. */
#include "system.h"

static cap_t notification, a, b, c;

static struct notification *object(void)
{
    return object_at(notification);
}

static void setup(void)
{
    system_boot();
    notification = make(OBJECT_NOTIFICATION, 0);
    a = make_thread(100);
    b = make_thread(101);
    c = make_thread(102);
    resume(a);
    resume(b);
    resume(c);
}

TEST(signals_add_up_until_somebody_waits)
{
    setup();
    SEND(mint(notification, RIGHT_WRITE, 1), 0);
    SEND(mint(notification, RIGHT_WRITE, 4), 0);
    SEND(mint(notification, RIGHT_WRITE, 4), 0);
    struct outcome got = RECV(notification, 0);
    EXPECT_EQ(got.status, STATUS_SIGNAL);
    EXPECT_EQ(got.badge, 5);
    EXPECT_ERROR(POLL_RECV(notification, 0).status, ERR_WOULD_BLOCK, 0);
}

TEST(signal_without_a_badge_does_nothing)
{
    setup();
    run(a);
    RECV(notification, 0);
    root_wake();
    EXPECT_OK(SEND(notification, 0).status);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_WAITING);
}

TEST(signal_wakes_the_most_important_then_the_first)
{
    setup();
    cap_t badged = mint(notification, RIGHT_WRITE, 2);
    run(b);
    RECV(notification, 0);
    run(a);
    RECV(notification, 0);
    run(c);
    RECV(notification, 0);
    root_wake();
    DO(a, OP_THREAD_SET_PRIORITY, 100, 100);
    DO(b, OP_THREAD_SET_PRIORITY, 100, 100);
    DO(c, OP_THREAD_SET_PRIORITY, 110, 110);
    SEND(badged, 0);
    EXPECT_EQ(thread_at(c)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_WAITING);
    SEND(badged, 0);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_WAITING);
    EXPECT_EQ(object()->bits, 0);
}

/* Decision 0002. A passive thread waits at its endpoint, and has no time of its own. */
TEST(signal_of_a_bound_notification_waits_until_the_thread_has_a_context)
{
    setup();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), badged = mint(notification, RIGHT_WRITE, 6);
    run(a);
    RECV(endpoint, 0);
    root_wake();
    DO(SC_OF(a), OP_SCHED_CONTEXT_UNBIND);
    DO(a, OP_THREAD_BIND_NOTIFICATION, notification);
    SEND(badged, 0);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RECEIVING);
    EXPECT_EQ(object()->bits, 6);
    DO(SC_OF(a), OP_SCHED_CONTEXT_BIND, a);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(outcome_of(thread_at(a)).status, STATUS_SIGNAL);
    EXPECT_EQ(outcome_of(thread_at(a)).badge, 6);
}

TEST(cancel_ends_a_wait)
{
    setup();
    run(a);
    RECV(notification, 0);
    root_wake();
    DO(a, OP_THREAD_CANCEL);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_CANCELLED, 0);
    EXPECT(queue_is_empty(&object()->waiters));
}

TEST(notification_destroyed_tells_those_who_wait)
{
    setup();
    run(a);
    RECV(notification, 0);
    run(b);
    RECV(notification, 0);
    root_wake();
    host.pending_every = 1;
    delete (notification);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_PEER_GONE, 0);
    EXPECT_ERROR(outcome_of(thread_at(b)).status, ERR_PEER_GONE, 0);
}

TEST(rights_of_a_notification_are_checked)
{
    setup();
    EXPECT_ERROR(SEND(mint(notification, RIGHT_READ, 1), 0).status, ERR_RIGHT, 0);
    EXPECT_ERROR(RECV(mint(notification, RIGHT_WRITE, 1), 0).status, ERR_RIGHT, 0);
    EXPECT_ERROR(CALL(notification, 0).status, ERR_TYPE, 0);
}

/* ---- Interrupts */

static cap_t handler;

static void setup_irq(unsigned line)
{
    setup();
    handler = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, line);
}

TEST(interrupt_is_a_signal_and_masks_its_line)
{
    setup_irq(5);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 16));
    EXPECT(!host.masked[5]);
    host_interrupt(5);
    EXPECT_EQ(object()->bits, 16);
    EXPECT(host.masked[5]);
    object()->bits = 0;
    host_interrupt(5);
    EXPECT_EQ(object()->bits, 0); /* not before it is acknowledged */
    DO(handler, OP_IRQ_HANDLER_ACKNOWLEDGE);
    EXPECT_EQ(object()->bits, 16);
}

TEST(interrupt_preempts_a_less_important_thread)
{
    setup_irq(5);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 16));
    DO(c, OP_THREAD_SET_PRIORITY, 254, 254);
    root_sleep();
    EXPECT(current() == thread_at(c));
    RECV(notification, 0);
    run(a);
    host_interrupt(5);
    EXPECT(current() == thread_at(c));
    EXPECT_EQ(outcome_of(thread_at(c)).badge, 16);
}

TEST(interrupt_handler_refuses)
{
    setup_irq(5);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_BIND, memory).status, ERR_TYPE, 1);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_READ, 1)).status, ERR_RIGHT, 1);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_SET_MODE, 4).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_MSI).status, ERR_UNSUPPORTED, 0);
    DO(handler, OP_IRQ_HANDLER_SET_MODE, IRQ_LEVEL | IRQ_ACTIVE_LOW);
    EXPECT_EQ(host.mode[5], IRQ_LEVEL | IRQ_ACTIVE_LOW);
    cap_t message = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, ARCH_IRQ_MSI_FIRST);
    EXPECT_ERROR(CALL(message, OP_IRQ_HANDLER_SET_MODE, IRQ_EDGE).status, ERR_UNSUPPORTED, 0);
    EXPECT_EQ(CALL(message, OP_IRQ_HANDLER_MSI).word[1], ARCH_IRQ_MSI_FIRST);
    EXPECT_ERROR(
        CALL(memory, OP_UNTYPED_RETYPE, OBJECT_IRQ_HANDLER, 0, 0, slot_new(), 1, BOOT_SLOT_IRQ_RANGE, 5)
            .status,
        ERR_BUSY, 7);
}

TEST(interrupt_line_is_free_again_when_its_handler_goes)
{
    setup_irq(5);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 16));
    delete (handler);
    EXPECT(host.masked[5]);
    host_interrupt(5);
    EXPECT_EQ(object()->bits, 0);
    handler = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, 5);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 32));
    EXPECT_EQ(object()->bits, 32); /* the one that waited */
}

TEST(interrupt_line_revoked_leaves_a_handler_without_one)
{
    setup();
    cap_t range = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, range, BOOT_SLOT_IRQ_RANGE, RIGHTS_ALL, 7, 1);
    handler = make_numbered(OBJECT_IRQ_HANDLER, range, 7);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 1));
    revoke(range);
    EXPECT(host.masked[7]);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_ACKNOWLEDGE).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_BIND, 0).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(handler, OP_IRQ_HANDLER_SET_MODE, 0).status, ERR_STATE, 0);
    cap_t next = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, 7);
    delete (handler); /* does not touch its successor's line */
    EXPECT(irq_handler_by_line(7) == object_at(next));
}

TEST(interrupt_without_notification_stays_masked)
{
    setup_irq(5);
    DO(handler, OP_IRQ_HANDLER_BIND, 0);
    host_interrupt(5);
    EXPECT(host.masked[5]);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 2));
    delete (notification);
    host_interrupt(5);
    EXPECT(host.masked[5]);
}

TEST(interrupt_while_idle_wakes_a_thread)
{
    setup_irq(5);
    DO(handler, OP_IRQ_HANDLER_BIND, mint(notification, RIGHT_WRITE, 16));
    cap_t threads[] = { a, b, c };
    for (unsigned i = 0; i < 3; i++) {
        run(threads[i]);
        RECV(notification, 0);
    }
    EXPECT(current() == NULL);
    host_interrupt(5);
    EXPECT(current() == thread_at(b)); /* run() left it the highest priority */
    system_check();
}

TEST(interrupt_of_an_unknown_line_is_ignored)
{
    setup();
    kernel_interrupt(ARCH_IRQ_LINES);
    kernel_interrupt(~0u);
    kernel_interrupt(20);
    system_check();
}
