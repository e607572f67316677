/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The abstraction function, first half: from the kernel's structures to a sequence of numbers.
 *
 * Each record is its kind, its length, and its fields. Objects are named by their physical address, 0 for none.
 * Nothing is judged here; what does not fit together is seen by the second half, abstract.ml, or by the comparison.
 */
#include "abstract.h"
#include "address_space.h"
#include "core.h"
#include "derivation.h"
#include "endpoint.h"
#include "host.h"
#include "irq_handler.h"
#include "notification.h"
#include "object.h"
#include "reply.h"
#include "sched_context.h"
#include "thread.h"
#include "time.h"
#include <stdlib.h>

enum record {
    RECORD_CORE = 1,
    RECORD_SETTINGS,
    RECORD_SLOT,
    RECORD_THREAD,
    RECORD_ZOMBIES,
    RECORD_ENDPOINT,
    RECORD_NOTIFICATION,
    RECORD_REPLY,
    RECORD_CONTEXT,
    RECORD_SPACE,
    RECORD_ENTRY,
    RECORD_IRQ,
    RECORD_PAGE,
    RECORD_LINE,
    RECORD_READY,
    RECORD_DEFERRED,
};

#define CNODES_MAX 512u

static struct numbers *out;
static size_t record_start;
static struct cap cnodes[CNODES_MAX]; /* all of them, living or dying, to find the holders of slots */
static unsigned cnode_total;

/* ---- Writing */

static void put(uint64_t number)
{
    if (out->count == out->room) {
        out->room = out->room ? 2 * out->room : 4096;
        out->data = realloc(out->data, out->room * sizeof(*out->data));
        if (!out->data)
            abort();
    }
    out->data[out->count++] = (int64_t)number;
}

static void begin(enum record kind)
{
    put(kind);
    record_start = out->count;
    put(0);
}

static void end(void)
{
    out->data[record_start] = (int64_t)(out->count - record_start - 1);
}

static void put_id(const void *object)
{
    put(object ? arch_physical(object) : 0);
}

/* ---- Slots */

static bool is_zombie_of(const struct slot *slot, unsigned type)
{
    return cap_type(&slot->cap) == CAP_ZOMBIE && (slot->cap.data & 0xf) == type;
}

static void collect_cnodes(void)
{
    cnode_total = 0;
    for (const struct slot *slot = slot_next(&derivation_anchor); slot; slot = slot_next(slot)) {
        struct cap cap = slot->cap;
        if (is_zombie_of(slot, OBJECT_CNODE))
            cap = cap_make(OBJECT_CNODE, slot, 0, 20, 0); /* how large it was is not known any more */
        else if (cap_type(&cap) != OBJECT_CNODE)
            continue;
        if (cnode_total > 0 && cnode_slots(&cnodes[cnode_total - 1]) == cnode_slots(&cap))
            continue; /* copies stand side by side */
        check(cnode_total < CNODES_MAX);
        cnodes[cnode_total++] = cap;
    }
}

/* The nearest CNode that begins before the slot. */
static const struct slot *cnode_around(const struct slot *slot)
{
    const struct slot *best = NULL;

    for (unsigned i = 0; i < cnode_total; i++) {
        const struct slot *first = cnode_slots(&cnodes[i]);
        if (first <= slot && slot < first + cnode_count(&cnodes[i]) && (!best || first > best))
            best = first;
    }
    check(best);
    return best;
}

/* Object and index of a slot. */
static void put_place(struct slot *slot)
{
    enum slot_place place = slot_place(slot);
    unsigned zombie = cap_type(&slot->cap) == CAP_ZOMBIE ? (unsigned)(slot->cap.data & 0xf) : 0;

    if (zombie && zombie != OBJECT_CNODE) {
        const void *object = zombie == OBJECT_THREAD ? (void *)container_of(slot, struct thread, slots)
                             : zombie == OBJECT_ADDRESS_SPACE
                                 ? (void *)container_of(slot, struct address_space, slots)
                                 : (void *)container_of(slot, struct irq_handler, slots);
        put_id(object);
        put(0);
    } else if (place == PLACE_CNODE) {
        const struct slot *first = cnode_around(slot);
        put_id(first);
        put((uint64_t)(slot - first));
    } else if (place <= PLACE_THREAD_DEATH) {
        put_id(slot_thread(slot));
        put(place);
    } else if (place == PLACE_CORE_TIMER) {
        put((uint64_t)-1);
        put(0);
    } else {
        unsigned index = place == PLACE_IRQ_NOTIFICATION ? IRQ_SLOT_NOTIFICATION : 1;
        put_id(slot - index); /* slots are the first field of spaces and interrupt handlers */
        put(index);
    }
}

/* The space and address of a mapping record; 0 if that space is not there any more. */
static void put_mapping(const struct cap *cap)
{
    struct mapping mapping = mapping_read(cap);
    struct address_space *space = mapping.number ? space_by_number(mapping.number) : NULL;
    bool lives = space && space->generation == mapping.generation;

    put_id(lives ? space : NULL);
    put(lives ? mapping.address : 0);
}

static void put_slot(struct slot *slot)
{
    const struct cap *cap = &slot->cap;

    begin(RECORD_SLOT);
    put(slot_depth(slot));
    put_place(slot);
    put(cap_type(cap));
    put(cap_type(cap) == CAP_ZOMBIE ? 0 : cap_rights(cap));
    switch (cap_type(cap)) {
    case OBJECT_UNTYPED:
        put_id(cap_pointer(cap));
        put(untyped_size_bits(cap));
        put(untyped_is_device(cap));
        put(cap->data);
        break;
    case OBJECT_FRAME:
        put_id(mapped_pointer(cap));
        put(frame_size_bits(cap));
        put(frame_is_device(cap));
        put_mapping(cap);
        break;
    case OBJECT_PAGE_TABLE:
        put_id(mapped_pointer(cap));
        put_mapping(cap);
        put(cap_small(cap) & 7);
        break;
    case OBJECT_IRQ_RANGE:
    case OBJECT_IO_PORT_RANGE:
    case OBJECT_ASID_RANGE:
    case OBJECT_CORE_RANGE:
        put(range_first(cap));
        put(range_count(cap));
        break;
    case CAP_ZOMBIE:
        put(cap->data & 0xf);
        break;
    default:
        put_id(cap_pointer(cap));
        put(cap_small(cap));
        put(cap->data);
    }
    end();
}

/* ---- Objects */

static void put_page(const struct utcb *page)
{
    begin(RECORD_PAGE);
    put_id(page);
    for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++)
        put(page->words[i]);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++) {
        put(page->give[i].source);
        put(page->give[i].mode);
        put(page->give[i].badge);
    }
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        put(page->take[i]);
    end();
}

static void put_thread(const struct thread *thread)
{
    begin(RECORD_THREAD);
    put_id(thread);
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        put(thread->context.registers[i]);
    put(thread->context.at_syscall);
    put(thread->repeats);
    put(thread->state);
    put_id(thread->waits_at);
    put(thread_priority(thread));
    put(thread->priority_max);
    put(thread->attributes);
    put_id(thread->sc);
    put_id(thread->owned);
    put(thread->lacks_context);
    put_id(thread->reply);
    put_id(thread->notification);
    put(thread->truncated);
    put(thread->fault);
    put(thread->fault_words[0]);
    put(thread->fault_words[1]);
    put(thread->stop_reason);
    put(thread->exit_code);
    put_id(thread->utcb);
    put(thread->badge);
    put(thread->tag);
    put(thread->sending);
    put(thread->sequence);
    put(thread->cnode_mask ? arch_physical(thread->cnode) : 0);
    put_id(thread->space);
    end();
    if (thread->utcb)
        put_page(thread->utcb);
}

/* What a thread is taking apart, newest first. */
static void put_zombies(struct thread *thread)
{
    struct slot *list = &thread->slots[0];

    if (cap_type(&list->cap) != CAP_ZOMBIE_LIST)
        return;
    begin(RECORD_ZOMBIES);
    put_id(thread);
    for (struct slot *slot = pointer_unpack(list->cap.head); slot != list;
         slot = pointer_unpack(slot->cap.head)) {
        put_place(slot);
    }
    end();
}

static void put_endpoint(const struct endpoint *endpoint)
{
    begin(RECORD_ENDPOINT);
    put_id(endpoint);
    put(endpoint->dying);
    put(endpoint->cancelling);
    put(endpoint->cancel_badge);
    put_id(endpoint->canceller);
    put_id(endpoint->cancelling ? endpoint->cancel_cursor : NULL);
    if (endpoint->receiver)
        put_id(endpoint->receiver);
    for (const struct thread *thread = endpoint->newest; thread; thread = thread->next)
        put_id(thread);
    end();
}

static void put_notification(const struct notification *notification)
{
    begin(RECORD_NOTIFICATION);
    put_id(notification);
    put(notification->bits);
    put_id(notification->bound);
    put(notification->dying);
    end();
}

static void put_reply(const struct reply *reply)
{
    begin(RECORD_REPLY);
    put_id(reply);
    put(reply->state);
    put_id(reply->server);
    put_id(reply->caller);
    put(reply_grants(reply));
    end();
}

static void put_context(const struct sched_context *sc)
{
    begin(RECORD_CONTEXT);
    put_id(sc);
    put_id(sc->owner);
    put_id(sc->thread);
    put(sc->lent);
    put(sc->budget);
    put(sc->period);
    put(sc->consumed);
    put(sc->badge);
    put(sc->max);
    put(sc->replenish_node.queued);
    put(sc->replenish_node.key);
    put(sc->count);
    for (unsigned i = 0; i < sc->count; i++) {
        put(sc->refills[(sc->head + i) % sc->max].time);
        put(sc->refills[(sc->head + i) % sc->max].amount);
    }
    for (const struct reply *reply = sc->chain; reply; reply = reply->chain_down)
        put_id(reply);
    end();
}

static void put_entries(const struct address_space *space, arch_pte_t *table, unsigned level, word_t base)
{
    for (word_t i = 0; i < 1u << ARCH_TABLE_BITS; i++) {
        word_t address = base + (i << arch_level_bits(level));
        arch_pte_t entry = table[i];
        if (arch_pte_is_empty(entry))
            continue;
        begin(RECORD_ENTRY);
        put_id(space);
        put(level);
        put(address);
        put(arch_pte_is_table(entry, level));
        put(arch_pte_address(entry));
        put(arch_pte_rights(entry));
        put(entry >> PTE_CACHE_SHIFT & 3);
        end();
        if (arch_pte_is_table(entry, level))
            put_entries(space, arch_pointer(arch_pte_address(entry)), level - 1, address);
    }
}

static void put_space(struct address_space *space, bool dying)
{
    begin(RECORD_SPACE);
    put_id(space);
    put(space->number);
    put(space->number && space_by_number(space->number) != space);
    end();
    if (!dying)
        put_entries(space, arch_root_table(&space->arch), ARCH_TABLE_LEVELS - 1, 0);
}

static void put_irq_handler(const struct irq_handler *handler)
{
    begin(RECORD_IRQ);
    put_id(handler);
    put(handler->has_line);
    put(handler->line);
    put(handler->has_line && irq_handler_by_line(handler->line) != handler);
    end();
}

/* The object of a capability, or the one that a zombie was. */
static void put_object(struct slot *slot)
{
    bool dying = cap_type(&slot->cap) == CAP_ZOMBIE;
    unsigned type = dying ? (unsigned)(slot->cap.data & 0xf) : cap_type(&slot->cap);
    void *object = dying && type == OBJECT_THREAD ? (void *)container_of(slot, struct thread, slots)
                   : dying                        ? (void *)slot
                                                  : cap_pointer(&slot->cap);

    switch (type) {
    case OBJECT_THREAD:
        put_thread(object);
        put_zombies(object);
        break;
    case OBJECT_ENDPOINT:
        put_endpoint(object);
        break;
    case OBJECT_NOTIFICATION:
        put_notification(object);
        break;
    case OBJECT_REPLY:
        put_reply(object);
        break;
    case OBJECT_SCHED_CONTEXT:
        put_context(object);
        break;
    case OBJECT_ADDRESS_SPACE:
        put_space(object, dying);
        break;
    case OBJECT_IRQ_HANDLER:
        put_irq_handler(object);
        break;
    default:
        break;
    }
}

/* ---- The core and the machine */

static void put_core(const struct core *core)
{
    begin(RECORD_CORE);
    put(host.ticks);
    put_id(core->current);
    put_id(core->context);
    put(core->charged_at);
    put(core->user_deadline);
    put(core->timer_armed);
    put(core->reschedule);
    put(core->current_ended);
    put(host.port_input);
    end();

    begin(RECORD_READY);
    if (core->front)
        put_id(core->front);
    for (unsigned priority = PRIORITY_COUNT; priority-- > 0;)
        for (const struct thread *thread = core->ready[priority].first; thread; thread = thread->next)
            put_id(thread);
    end();

    begin(RECORD_DEFERRED);
    for (const struct thread *thread = core->deferred.first; thread; thread = thread->next)
        put_id(thread);
    end();
}

static void put_settings(void)
{
    begin(RECORD_SETTINGS);
    put(offsetof(struct sched_context, refills));
    put(ARCH_IRQ_LINES);
    put(ARCH_IRQ_MSI_FIRST);
    put(time_start());
    for (unsigned type = 0; type < OBJECT_TYPE_COUNT; type++)
        put(object_size_bits(type));
    end();
}

static void put_lines(void)
{
    for (unsigned line = 0; line < ARCH_IRQ_LINES; line++) {
        if (host.masked[line] && !host.mode[line])
            continue;
        begin(RECORD_LINE);
        put(line);
        put(!host.masked[line]);
        put(host.mode[line]);
        end();
    }
}

static bool is_same_object(const struct slot *a, const struct slot *b)
{
    return cap_type(&a->cap) == cap_type(&b->cap) && cap_pointer(&a->cap) == cap_pointer(&b->cap);
}

void abstract_state(struct numbers *numbers)
{
    const struct slot *previous = &derivation_anchor;

    out = numbers;
    out->count = 0;
    put_settings();
    put_core(core_self());
    put_lines();
    collect_cnodes();
    for (struct slot *slot = slot_next(&derivation_anchor); slot; slot = slot_next(slot)) {
        put_slot(slot);
        if (cap_type(&slot->cap) == CAP_ZOMBIE || !is_same_object(slot, previous))
            put_object(slot); /* more than once does no harm */
        previous = slot;
    }
}
