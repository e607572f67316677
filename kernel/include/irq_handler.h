/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt handlers: one line each. See object/irq_handler.c. */
#ifndef KERNEL_IRQ_HANDLER_H
#define KERNEL_IRQ_HANDLER_H

#include "arch.h"
#include "cap.h"

#define IRQ_SLOT_LINE         1
#define IRQ_SLOT_NOTIFICATION 2
#define IRQ_SLOT_COUNT        3

struct irq_handler {
    struct slot slots[IRQ_SLOT_COUNT];
    uint32_t line;
    bool has_line;
};

struct irq_handler *irq_handler_by_line(unsigned line);
void irq_handler_init(struct irq_handler *handler, unsigned line);
/* The capability to its line goes: the line is masked and free. */
void irq_handler_lose_line(struct irq_handler *handler);
void irq_handler_destroy(struct irq_handler *handler);
/* Where what an interrupt of the line signals is; NULL: nobody handles it. It stays masked until it is acknowledged. */
const struct slot *irq_handler_notification(unsigned line);

#endif
