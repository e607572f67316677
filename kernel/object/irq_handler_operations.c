/* SPDX-License-Identifier: BSD-2-Clause */
/* IrqHandler operations. The mechanism is in irq_handler.c. */
#include "derivation.h"
#include "destroy.h"
#include "invocation.h"
#include "irq_handler.h"

static status_t irq_bind(struct invocation *invocation, struct irq_handler *handler)
{
    struct slot *own = &handler->slots[IRQ_SLOT_NOTIFICATION], *source;
    status_t status = invocation_optional(invocation, 1, OBJECT_NOTIFICATION, RIGHT_WRITE, &source);

    if (status != OK)
        return status;
    if (slot_would_destroy(own))
        return ERR_STATE;
    if (!slot_is_empty(own))
        derivation_remove(own);
    if (source)
        derivation_add_sibling(source, own, source->cap);
    arch_irq_unmask(handler->line);
    return OK;
}

static status_t irq_set_mode(struct invocation *invocation, const struct irq_handler *handler)
{
    word_t mode = invocation->argument[0];

    if (mode & ~(word_t)(IRQ_LEVEL | IRQ_ACTIVE_LOW))
        return invocation_error(ERR_RANGE, 1);
    return arch_irq_set_mode(handler->line, mode);
}

static status_t irq_msi(struct invocation *invocation, const struct irq_handler *handler)
{
    word_t address, data;
    error_t error = arch_irq_msi(handler->line, &address, &data);

    if (error != OK)
        return error;
    invocation_result(invocation, address);
    invocation_result(invocation, data);
    return OK;
}

status_t irq_handler_invoke(struct invocation *invocation)
{
    struct irq_handler *handler = cap_pointer(&invocation->slot->cap);

    if (!handler->has_line)
        return ERR_STATE;
    switch (invocation->operation) {
    case OP_IRQ_HANDLER_BIND:
        return irq_bind(invocation, handler);
    case OP_IRQ_HANDLER_ACKNOWLEDGE:
        arch_irq_unmask(handler->line);
        return OK;
    case OP_IRQ_HANDLER_SET_MODE:
        return irq_set_mode(invocation, handler);
    default:
        return irq_msi(invocation, handler);
    }
}
