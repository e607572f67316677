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

static const uint8_t fixed_size_bits[OBJECT_TYPE_COUNT] = {
    [OBJECT_THREAD] = ARCH_THREAD_BITS,
    [OBJECT_ENDPOINT] = OBJECT_BITS_SMALL,
    [OBJECT_NOTIFICATION] = OBJECT_BITS_SMALL,
    [OBJECT_REPLY] = OBJECT_BITS_SMALL,
    [OBJECT_ADDRESS_SPACE] = ARCH_SPACE_BITS,
    [OBJECT_PAGE_TABLE] = PAGE_BITS,
    [OBJECT_IRQ_HANDLER] = OBJECT_BITS_IRQ_HANDLER,
};

unsigned object_size_bits(unsigned type)
{
    return type < OBJECT_TYPE_COUNT ? fixed_size_bits[type] : 0;
}

/* An object's own slot takes a number out of a range. */
static void take_number(struct slot *range, struct slot *slot, uint32_t number)
{
    struct cap cap = range->cap;

    cap.data = range_data(number, 1);
    derivation_add_child(range, slot, cap);
}

struct cap object_create(unsigned type, void *memory, unsigned size_bits, bool device, struct slot *range,
                         uint32_t number)
{
    uint8_t home = (uint8_t)core_self()->index; /* who makes an object has it first */

    switch (type) {
    case OBJECT_UNTYPED:
        return cap_make(type, memory, RIGHTS_ALL, size_bits | (device ? UNTYPED_DEVICE : 0), 0);
    case OBJECT_FRAME:
        return frame_cap(memory, size_bits, device, RIGHTS_ALL);
    case OBJECT_CNODE:
        return cap_make(type, memory, RIGHTS_ALL, size_bits, 0);
    case OBJECT_SCHED_CONTEXT:
        sched_context_init(memory, size_bits);
        return cap_make(type, memory, RIGHTS_ALL, size_bits, 0);
    case OBJECT_THREAD:
        thread_init(memory);
        break;
    case OBJECT_ADDRESS_SPACE:
        space_init(memory, number);
        take_number(range, &((struct address_space *)memory)->slots[SPACE_SLOT_NUMBER], number);
        break;
    case OBJECT_IRQ_HANDLER:
        irq_handler_init(memory, number);
        take_number(range, &((struct irq_handler *)memory)->slots[IRQ_SLOT_LINE], number);
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
    default: /* PageTable: all zero is right */
        break;
    }
    return cap_make(type, memory, RIGHTS_ALL, 0, 0);
}
