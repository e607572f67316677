/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an interrupt to the first instruction of its driver, which waits for it in another address space, with a higher priority than
 * what runs. The device is the one that each machine has for tests (MACHINE_LINE).
 *
 * Making the device raise it takes instructions, too, on some machines system calls: what the same takes while the line is masked is
 * subtracted. The interrupt comes when they are over, or at their last.
 */
#include "bench.h"

#define INTERRUPTS 64u

static struct {
    cap_t irq, notification;
    volatile uint64_t raised, ticks, count;
    volatile bool recorded; /* this one is between two marks */
} driver;

static void drive(struct worker *worker)
{
    (void)worker;
    for (;;) {
        word_t bits;
        notification_wait(driver.notification, &bits);
        driver.ticks += cost_now() - driver.raised;
        if (driver.recorded)
            MARK_END();
        driver.count++;
        irq_handler_acknowledge(driver.irq);
    }
}

static uint64_t raise_masked(void)
{
    uint64_t ticks = 0;
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        uint64_t start = cost_now();
        machine_source_again();
        ticks += cost_now() - start;
    }
    return ticks;
}

BENCH(interrupt_to_driver)
{
    driver.irq = make_irq(MACHINE_LINE);
    driver.notification = make(OBJECT_NOTIFICATION, 0);
    expect_ok(irq_handler_set_mode(driver.irq, MACHINE_LINE_MODE));
    machine_source_on();
    uint64_t masked = raise_masked();

    expect_ok(irq_handler_bind(driver.irq, mint(driver.notification, RIGHT_WRITE, 1)));
    worker_run(.function = drive, .space = space_with_program(), .budget_ns = BENCH_BUDGET_NS);
    for (unsigned i = 0; i < WARM_ROUNDS; i++)
        machine_source_again();
    settle();
    driver.ticks = driver.count = 0;
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        driver.raised = cost_now();
        machine_source_again();
        known_loop(1000); /* wherever it comes */
    }
    expect_equal(driver.count, INTERRUPTS);
    word_t ticks = driver.ticks;
    driver.recorded = true;
    MARK_BEGIN();
    machine_source_again();
    known_loop(1000);
    expect_equal(driver.count, INTERRUPTS + 1);
    bench_report(__func__, INTERRUPTS, ticks, masked);
}
