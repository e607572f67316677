/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IrqHandler: one interrupt line, and the notification that its interrupts signal.
 *
 * The line comes from an IrqRange; the handler holds it as a minted range capability in a slot inside itself. One handler owns a
 * line at a time (`owners`). A line is unmasked from when it is acknowledged until its next interrupt; the port masks it
 * when it delivers one.
 *
 * Protected by the tree lock; read under any core's.
 */
#include "irq_handler.h"
#include "notification.h"

static struct irq_handler *owners[ARCH_IRQ_LINES];

struct irq_handler *irq_handler_by_line(unsigned line)
{
    assert(line < ARCH_IRQ_LINES);
    return owners[line];
}

void irq_handler_init(struct irq_handler *handler, unsigned line)
{
    assert(line < ARCH_IRQ_LINES && !owners[line]);
    slot_set_place(&handler->slots[IRQ_SLOT_LINE], PLACE_IRQ_LINE);
    slot_set_place(&handler->slots[IRQ_SLOT_NOTIFICATION], PLACE_IRQ_NOTIFICATION);
    handler->line = line;
    handler->has_line = true;
    SHARED_WRITE(owners[line], handler);
}

void irq_handler_lose_line(struct irq_handler *handler)
{
    if (!handler->has_line)
        return;
    arch_irq_mask(handler->line);
    SHARED_WRITE(owners[handler->line], NULL);
    handler->has_line = false;
}

void irq_handler_destroy(struct irq_handler *handler)
{
    irq_handler_lose_line(handler);
}

const struct slot *irq_handler_notification(unsigned line)
{
    const struct irq_handler *handler = line < ARCH_IRQ_LINES ? SHARED_READ(owners[line]) : NULL;

    return handler ? &handler->slots[IRQ_SLOT_NOTIFICATION] : NULL;
}
