/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message-signalled interrupts: a real device writes what OP_IRQ_HANDLER_MSI tells, and that arrives as a
 * signal. The device is QEMU's edu.
 */
#include "edu.h"

/* A message-signalled line, its badged notification bound, and the device told to raise it. */
struct source {
    struct edu edu;
    cap_t irq, notification;
};

/* The handler of message-signalled line number `index`; its signals are `badge` at the notification. */
static cap_t handler_make(unsigned index, cap_t notification, word_t badge)
{
    cap_t irq = make_irq(boot->irq_msi_first + index);
    expect_ok(irq_handler_bind(irq, mint(notification, RIGHT_WRITE, badge)));
    return irq;
}

static void edu_use(const struct edu *edu, cap_t irq)
{
    uint64_t address;
    uint32_t data;
    expect_ok(irq_handler_msi(irq, &address, &data));
    edu_set_message(edu, address, data);
}

static struct source source_make(unsigned index, word_t badge)
{
    struct source source = { .edu = edu_find(), .notification = make(OBJECT_NOTIFICATION, 0) };
    source.irq = handler_make(index, source.notification, badge);
    edu_use(&source.edu, source.irq);
    return source;
}

/* The signals that are there now. */
static word_t take_signals(cap_t notification)
{
    word_t bits;
    status_t status = notification_poll(notification, &bits);
    if (status_error(status) == ERR_WOULD_BLOCK)
        return 0;
    expect_status(status, OK);
    return bits;
}

TEST(message_arrives_as_a_signal_and_again_after_its_acknowledgement)
{
    struct source source = source_make(0, 0x40);
    word_t bits;

    expect_equal(take_signals(source.notification), 0);
    for (unsigned i = 0; i < 3; i++) {
        edu_raise(&source.edu);
        expect_status(notification_wait(source.notification, &bits), OK);
        expect_equal(bits, 0x40);
        expect_equal(take_signals(source.notification), 0);
        expect_ok(irq_handler_acknowledge(source.irq));
        expect_equal(take_signals(source.notification), 0);
    }
}

TEST(message_before_the_acknowledgement_is_signalled_after_it)
{
    struct source source = source_make(1, 2);

    edu_raise(&source.edu);
    expect_equal(take_signals(source.notification), 2);
    edu_raise(&source.edu);
    edu_raise(&source.edu); /* two that come meanwhile are one signal, as bits are */
    expect_equal(take_signals(source.notification), 0);
    expect_ok(irq_handler_acknowledge(source.irq));
    expect_equal(take_signals(source.notification), 2);
    expect_ok(irq_handler_acknowledge(source.irq));
    expect_equal(take_signals(source.notification), 0);
}

static void count_messages(struct worker *worker)
{
    const struct source *source = (const struct source *)worker->argument;
    for (;;) {
        word_t bits;
        notification_wait(source->notification, &bits);
        worker->seen[0]++;
        irq_handler_acknowledge(source->irq);
    }
}

TEST(message_wakes_a_thread_of_higher_priority_at_once)
{
    struct source source = source_make(0, 1);
    struct worker *worker = worker_run(.function = count_messages, .argument = (word_t)&source);

    for (unsigned i = 1; i <= 10; i++) {
        edu_raise(&source.edu);
        expect_equal(worker->seen[0], i);
    }
}

#define LINES_MAX 200u

TEST(messages_of_every_line_reach_their_own_handler)
{
    struct edu edu = edu_find();
    unsigned count = boot->irq_lines - boot->irq_msi_first;
    cap_t notification = make(OBJECT_NOTIFICATION, 0), irq[LINES_MAX];

    expect_between(count, 2, LINES_MAX);
    for (unsigned i = 0; i < count; i++)
        irq[i] = handler_make(i, notification, i + 1);
    for (unsigned i = count; i-- > 0;) {
        edu_use(&edu, irq[i]);
        edu_raise(&edu);
        expect_equal(take_signals(notification), i + 1);
        expect_ok(irq_handler_acknowledge(irq[i]));
    }
}

TEST(message_of_a_line_whose_handler_is_gone_goes_nowhere)
{
    struct source source = source_make(3, 1);
    cap_t other = handler_make(4, source.notification, 2);

    erase(source.irq);
    edu_raise(&source.edu);
    edu_raise(&source.edu);
    expect_equal(take_signals(source.notification), 0);
    edu_use(&source.edu, other);
    edu_raise(&source.edu);
    expect_equal(take_signals(source.notification), 2);
}

TEST(message_signalled_lines_tell_what_to_write)
{
    uint64_t address = 0, address2 = 0;
    uint32_t data = 0, data2 = 0;

    expect_ok(irq_handler_msi(make_irq(boot->irq_msi_first), &address, &data));
    expect_ok(irq_handler_msi(make_irq(boot->irq_lines - 1), &address2, &data2));
    expect_true(address != 0 && data != data2);
    expect_argument(irq_handler_msi(make_irq(MACHINE_LINE), &address, &data), ERR_UNSUPPORTED, 0);
}

TEST(message_signalled_lines_have_no_mode)
{
    expect_argument(irq_handler_set_mode(make_irq(boot->irq_msi_first), IRQ_EDGE), ERR_UNSUPPORTED, 0);
}
