/* SPDX-License-Identifier: BSD-2-Clause */
/* IrqHandler operations. The mechanism is in irq_handler.c. All are refused to a handler that has lost its line. */
#include "cap_transfer.h"
#include "derivation.h"
#include "destroy.h"
#include "invocation.h"
#include "irq_handler.h"

struct irq_bind {
    struct irq_handler *handler;
    struct slot *source; /* the notification; NULL: none */
};

static struct irq_handler *invoked_handler(const struct invocation *invocation)
{
    return cap_pointer(&invocation->slot->cap);
}

static status_t bind_decode(const struct invocation *invocation, struct irq_bind *op)
{
    op->handler = invoked_handler(invocation);
    if (!op->handler->has_line)
        return ERR_STATE;
    status_t status = invocation_optional(invocation, 1, OBJECT_NOTIFICATION, RIGHT_WRITE, &op->source);

    if (status != OK)
        return status;
    return slot_would_destroy(&op->handler->slots[IRQ_SLOT_NOTIFICATION]) ? ERR_STATE : OK;
}

static void bind_perform(const struct irq_bind *op)
{
    struct slot *own = &op->handler->slots[IRQ_SLOT_NOTIFICATION];

    if (!slot_is_empty(own))
        derivation_remove(own);
    if (op->source)
        cap_copy(op->source, own);
    arch_irq_unmask(op->handler->line);
}

status_t irq_bind(struct invocation *invocation)
{
    struct irq_bind op;
    status_t status = bind_decode(invocation, &op);

    if (status == OK)
        bind_perform(&op);
    return status;
}

static status_t set_mode_decode(const struct invocation *invocation)
{
    word_t mode = invocation->argument[0];

    if (!invoked_handler(invocation)->has_line)
        return ERR_STATE;
    if (mode & ~(word_t)(IRQ_LEVEL | IRQ_ACTIVE_LOW))
        return invocation_error(ERR_RANGE, 1);
    return arch_irq_has_mode(invoked_handler(invocation)->line, mode) ? OK : ERR_UNSUPPORTED;
}

status_t irq_set_mode(struct invocation *invocation)
{
    status_t status = set_mode_decode(invocation);

    if (status == OK)
        arch_irq_set_mode(invoked_handler(invocation)->line, invocation->argument[0]);
    return status;
}

/* Only tells: nothing is changed. */
status_t irq_msi(struct invocation *invocation)
{
    const struct irq_handler *handler = invoked_handler(invocation);
    word_t address, data;
    error_t error = handler->has_line ? arch_irq_msi(handler->line, &address, &data) : ERR_STATE;

    if (error != OK)
        return error;
    invocation_result(invocation, address);
    invocation_result(invocation, data);
    return OK;
}

status_t irq_acknowledge(struct invocation *invocation)
{
    const struct irq_handler *handler = invoked_handler(invocation);

    if (!handler->has_line)
        return ERR_STATE;
    arch_irq_unmask(handler->line);
    return OK;
}
