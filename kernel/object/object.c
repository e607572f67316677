/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes of objects, and making them out of clean memory: the one place that knows all types. */
#include "object.h"
#include "address_space.h"
#include "core.h"
#include "derivation.h"
#include "endpoint.h"
#include "irq_handler.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"
#include "thread.h"
#include "watermark.h"

#define OBJECT_BITS_SMALL       6
#define OBJECT_BITS_IRQ_HANDLER 7

_Static_assert(sizeof(struct endpoint) <= 1u << OBJECT_BITS_SMALL, "an endpoint must fit into its object");
_Static_assert(sizeof(struct notification) <= 1u << OBJECT_BITS_SMALL,
               "a notification must fit into its object");
_Static_assert(sizeof(struct reply) <= 1u << OBJECT_BITS_SMALL, "a reply must fit into its object");
_Static_assert(sizeof(struct irq_handler) <= 1u << OBJECT_BITS_IRQ_HANDLER,
               "an irq handler must fit into its object");
_Static_assert(sizeof(struct address_space) <= 1u << (ARCH_SPACE_BITS - 1),
               "a space and its root must fit into its object");
_Static_assert(sizeof(struct sched_context) + 2 * sizeof(struct refill) <= 1u << SCHED_CONTEXT_BITS_MIN,
               "the smallest context must hold two refills");

const struct object_size object_sizes[OBJECT_TYPE_COUNT] = {
    [OBJECT_UNTYPED] = { 6, WATERMARK_BITS_MAX, 0 },
    [OBJECT_CNODE] = { 4, 20, 5 },
    [OBJECT_SCHED_CONTEXT] = { SCHED_CONTEXT_BITS_MIN, SCHED_CONTEXT_BITS_MAX, 0 },
    [OBJECT_FRAME] = { FRAME_SIZE_4K, FRAME_SIZE_1G, 0 },
    [OBJECT_THREAD] = { 0, 0, ARCH_THREAD_BITS },
    [OBJECT_ENDPOINT] = { 0, 0, OBJECT_BITS_SMALL },
    [OBJECT_NOTIFICATION] = { 0, 0, OBJECT_BITS_SMALL },
    [OBJECT_REPLY] = { 0, 0, OBJECT_BITS_SMALL },
    [OBJECT_ADDRESS_SPACE] = { 0, 0, ARCH_SPACE_BITS },
    [OBJECT_PAGE_TABLE] = { 0, 0, PAGE_BITS },
    [OBJECT_IRQ_HANDLER] = { 0, 0, OBJECT_BITS_IRQ_HANDLER },
};

unsigned object_size_bits(unsigned type)
{
    return type < OBJECT_TYPE_COUNT && object_sizes[type].most == 0 ? object_sizes[type].add : 0;
}

/* An object's own slot takes a number out of a range. */
static void take_number(struct slot *range, struct slot *slot, uint32_t number)
{
    struct cap cap = range->cap;

    cap.data = range_data(number, 1);
    derivation_add_child(range, slot, cap);
}

static NOINLINE void init_space(struct address_space *space, struct slot *range, uint32_t number)
{
    space_init(space, number);
    take_number(range, &space->slots[SPACE_SLOT_NUMBER], number);
}

static NOINLINE void init_irq_handler(struct irq_handler *handler, struct slot *range, uint32_t number)
{
    irq_handler_init(handler, number);
    take_number(range, &handler->slots[IRQ_SLOT_LINE], number);
}

void object_init(unsigned type, void *memory, unsigned size_bits, struct slot *range, uint32_t number)
{
    uint8_t home = (uint8_t)core_self()->index; /* who makes an object has it first */

    switch (type) {
    case OBJECT_SCHED_CONTEXT:
        sched_context_init(memory, size_bits);
        break;
    case OBJECT_THREAD:
        thread_init(memory);
        break;
    case OBJECT_ADDRESS_SPACE:
        init_space(memory, range, number);
        break;
    case OBJECT_IRQ_HANDLER:
        init_irq_handler(memory, range, number);
        break;
    case OBJECT_ENDPOINT:
        ((struct endpoint *)memory)->home = home;
        break;
    case OBJECT_NOTIFICATION:
        ((struct notification *)memory)->home = home;
        break;
    case OBJECT_REPLY:
        ((struct reply *)memory)->home = home;
        break;
    default:
        break;
    }
}
