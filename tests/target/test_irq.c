/* SPDX-License-Identifier: BSD-2-Clause */
/* IrqHandler: a real interrupt, from the console's UART, as signals. */
#include "target.h"

/* A handler of the line, its badged notification bound. */
struct source {
    cap_t irq, notification, badged;
};

static struct source make_source(word_t badge)
{
    struct source source = { .irq = make_irq(MACHINE_LINE), .notification = make(OBJECT_NOTIFICATION, 0) };
    source.badged = mint(source.notification, RIGHT_WRITE, badge);
    expect_ok(irq_handler_set_mode(source.irq, MACHINE_LINE_MODE));
    expect_ok(irq_handler_bind(source.irq, source.badged));
    return source;
}

static word_t take_signals(const struct source *source)
{
    word_t bits;
    status_t status = notification_poll(source->notification, &bits);
    if (status_error(status) == ERR_WOULD_BLOCK)
        return 0;
    expect_status(status, OK);
    return bits;
}

/* Let some time pass, so that an interrupt that is to come has come. */
static void pause(void)
{
    uint64_t end = cost_now() + 20000;
    while (cost_now() < end) {
    }
}

TEST(interrupt_arrives_as_a_signal)
{
    struct source source = make_source(0x10);
    word_t bits;

    take_signals(&source);
    machine_source_on();
    machine_source_again();
    expect_status(notification_wait(source.notification, &bits), OK);
    expect_equal(bits, 0x10);
}

static void wait_for_interrupts(struct worker *worker)
{
    const struct source *source = (const struct source *)worker->argument;
    for (;;) {
        word_t bits;
        notification_wait(source->notification, &bits);
        worker->seen[0]++;
        irq_handler_acknowledge(source->irq);
    }
}

TEST(interrupt_wakes_a_thread_of_higher_priority)
{
    struct source source = make_source(1);
    struct worker *worker = worker_run(.function = wait_for_interrupts, .argument = (word_t)&source);

    machine_source_on();
    pause();
    word_t before = worker->seen[0];
    for (unsigned i = 0; i < 10; i++) {
        machine_source_again();
        pause();
    }
    expect_equal(worker->seen[0] - before, 10);
}

TEST(interrupt_is_not_signalled_again_before_it_is_acknowledged)
{
    struct source source = make_source(1);

    machine_source_on();
    machine_source_again();
    pause();
    expect_equal(take_signals(&source), 1);
    machine_source_again();
    pause();
    expect_equal(take_signals(&source), 0);
    expect_ok(irq_handler_acknowledge(source.irq)); /* the one that came meanwhile is not lost */
    pause();
    expect_equal(take_signals(&source), 1);
    machine_source_off();
    expect_ok(irq_handler_acknowledge(source.irq));
    pause();
    expect_equal(take_signals(&source), 0);
}

TEST(level_triggered_interrupt_comes_again_until_the_device_is_served)
{
    struct source source = make_source(1);

    expect_ok(irq_handler_set_mode(source.irq, IRQ_LEVEL));
    machine_source_on();
    machine_source_again();
    pause();
    expect_equal(take_signals(&source), 1);
    pause();
    expect_equal(take_signals(&source), 0);
    machine_source_stays();
    expect_ok(irq_handler_acknowledge(source.irq));
    pause();
    expect_equal(take_signals(&source), 1);
    machine_source_off();
    expect_ok(irq_handler_acknowledge(source.irq));
    pause();
    expect_equal(take_signals(&source), 0);
    expect_ok(irq_handler_set_mode(source.irq, MACHINE_LINE_MODE));
}

TEST(interrupt_goes_nowhere_without_a_notification)
{
    struct source source = make_source(1);

    expect_ok(irq_handler_bind(source.irq, CAP_NULL));
    machine_source_on();
    machine_source_again();
    pause();
    expect_equal(take_signals(&source), 0);
    /* Bound again, the line is acknowledged. */
    expect_ok(irq_handler_bind(source.irq, source.badged));
    machine_source_again();
    pause();
    expect_equal(take_signals(&source), 1);
}

TEST(interrupt_line_has_one_handler)
{
    cap_t slot = slot_take(), irq = make_irq(MACHINE_LINE);

    expect_argument(
        untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, MACHINE_LINE),
        ERR_BUSY, 7);
    erase(irq);
    expect_ok(
        untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, MACHINE_LINE));
}

TEST(irq_handler_bind_checks_the_notification)
{
    cap_t irq = make_irq(MACHINE_LINE), notification = make(OBJECT_NOTIFICATION, 0);

    expect_argument(irq_handler_bind(irq, slot_take()), ERR_CAPABILITY, 1);
    expect_argument(irq_handler_bind(irq, make(OBJECT_ENDPOINT, 0)), ERR_TYPE, 1);
    expect_argument(irq_handler_bind(irq, mint(notification, RIGHT_READ, 1)), ERR_RIGHT, 1);
    expect_ok(irq_handler_bind(irq, notification));
    erase(notification);
    expect_argument(irq_handler_bind(irq, CAP_NULL), ERR_STATE, 0); /* it holds the last capability */
}

TEST(irq_handler_mode_is_checked)
{
    cap_t irq = make_irq(MACHINE_LINE);

    expect_argument(irq_handler_set_mode(irq, 4), ERR_RANGE, 1);
    expect_argument(irq_handler_set_mode(irq, ~(word_t)0), ERR_RANGE, 1);
    expect_status(irq_handler_set_mode(irq, IRQ_LEVEL | IRQ_ACTIVE_LOW), MACHINE_ACTIVE_LOW);
    expect_ok(irq_handler_set_mode(irq, MACHINE_LINE_MODE));
}

TEST(handler_whose_line_is_revoked_does_nothing_more)
{
    cap_t lines = mint_range(BOOT_SLOT_IRQ_RANGE, MACHINE_LINE, 1), irq = slot_take(),
          notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
    uint64_t address;
    uint32_t data;
    word_t bits;

    expect_ok(untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, irq, 1, lines, MACHINE_LINE));
    expect_ok(irq_handler_bind(irq, notification));
    expect_ok(cnode_revoke(CNODE, lines));
    expect_equal(type_of(irq), OBJECT_IRQ_HANDLER);
    machine_source_on();
    machine_source_again();
    pause();
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    expect_argument(irq_handler_acknowledge(irq), ERR_STATE, 0);
    expect_argument(irq_handler_bind(irq, notification), ERR_STATE, 0);
    expect_argument(irq_handler_set_mode(irq, MACHINE_LINE_MODE), ERR_STATE, 0);
    expect_argument(irq_handler_msi(irq, &address, &data), ERR_STATE, 0);
    make_irq(MACHINE_LINE);
}

TEST(retype_of_many_handlers_takes_lines_that_follow)
{
    cap_t first = slots_take(3), slot = slot_take();

    expect_ok(untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, first, 3, BOOT_SLOT_IRQ_RANGE,
                             MACHINE_LINE + 1));
    for (unsigned i = 0; i < 3; i++)
        expect_argument(untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE,
                                       MACHINE_LINE + 1 + i),
                        ERR_BUSY, 7);
}
