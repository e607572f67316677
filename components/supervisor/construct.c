/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a component is made of.
 *
 * Everything comes out of the component's quota, one Untyped. First of all a CNode is made there for the
 * capabilities that the supervisor itself needs to them, the "holdings"; so the supervisor's own capability
 * space holds two slots for each component, however large that is. Revoking the quota takes back all of it at
 * once: the holdings, all objects, all mappings, and every capability to any of these that the component gave
 * to others.
 *
 * The address space of a component, upwards:
 *
 *     segments of its program     code and constants are mapped from the bundle itself, data is copied
 *     information                 read-only (info.c)
 *     message page
 *     guard                       never mapped; a stack that grows too large is noticed here
 *     stack
 *     (a page that is not mapped)
 *     heap
 *     (a page that is not mapped)
 *     memory of devices
 *
 * Objects are made from large to small, so that little is lost to alignment.
 */
#include "parts.h"

#define CNODE_BITS_MIN   6u
#define CNODE_FREE_SLOTS 32u /* for the component's own use */
#define HOLDINGS_FIXED   16u
#define CONTEXT_BITS     9u /* log2 of the bytes of a SchedContext: room for about twenty refills */
#define RECOVERY_BUDGET_NS                                                                                   \
    (1 * NS_PER_MS) /* what a passive component is lent when its client's time is used up */
#define RECOVERY_PERIOD_NS (10 * NS_PER_MS)
#define DEATH_BITS         62u

static unsigned bits_for(word_t slots)
{
    unsigned bits = CNODE_BITS_MIN;
    while ((word_t)1 << bits < slots)
        bits++;
    return bits;
}

static unsigned cnode_bits(const struct component *component)
{
    return bits_for(COMPONENT_SLOT_FIRST + grants_slots(component) + CNODE_FREE_SLOTS);
}

/* ---- Layout -------------------------------------------------------------------------------------------- */

static void layout_make(struct component *component)
{
    const struct bundle_component *description = component->description;
    const struct bundle_segment *last = &description->segment[description->segment_count - 1];
    struct layout *layout = &component->layout;
    word_t at = round_up(last->address + last->memory_size, PAGE_BYTES) + PAGE_BYTES;

    layout->info = at;
    layout->info_size = round_up(info_size(component), PAGE_BYTES);
    layout->message_page = layout->info + layout->info_size + PAGE_BYTES;
    layout->stack = layout->message_page + PAGE_BYTES + STACK_GUARD;
    layout->stack_size = description->stack;
    layout->heap = layout->stack + layout->stack_size + PAGE_BYTES;
    layout->heap_size = description->heap;
    layout->devices = layout->heap + layout->heap_size + PAGE_BYTES;
}

/* Slots that the holdings need: one for each page and page table, and the rest. */
static word_t holdings_slots(const struct component *component)
{
    const struct bundle_component *description = component->description;
    const struct layout *layout = &component->layout;
    word_t pages = pages_of(layout->info_size) + 1 + pages_of(layout->stack_size) +
                   pages_of(layout->heap_size) + grants_device_pages(component);
    for (unsigned i = 0; i < description->segment_count; i++)
        pages += pages_of(description->segment[i].memory_size) + 4; /* and tables on the way to it */
    word_t tables = (pages >> 9) + 8;
    return HOLDINGS_FIXED + pages + tables + 2 * grants_slots(component);
}

/* ---- Memory -------------------------------------------------------------------------------------------- */

static error_t map(struct component *component, cap_t frame, word_t address, word_t rights)
{
    return space_map(component->hold.space, &component->maker, frame, address, rights, MAP_CACHE_WRITE_BACK);
}

/* Fresh, clean pages. `first`: the first of their Frames. */
static error_t map_fresh(struct component *component, word_t address, word_t bytes, word_t rights,
                         cap_t *first)
{
    *first = CAP_NULL;
    if (bytes == 0)
        return OK;
    error_t error = maker_make(&component->maker, OBJECT_FRAME, FRAME_SIZE_4K, pages_of(bytes), first);
    cap_t frame = *first;
    for (word_t page = 0; page < pages_of(bytes) && error == OK; page++) {
        error = map(component, frame, address + page * PAGE_BYTES, rights);
        frame = maker_next(&component->maker, frame);
    }
    return error;
}

/* Copy into pages that were made by map_fresh. */
static error_t fill(struct component *component, cap_t first, const void *data, word_t bytes)
{
    cap_t frame = first;
    for (word_t at = 0; at < bytes; at += PAGE_BYTES) {
        void *page = window_open(frame, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_WRITE_BACK);
        if (!page)
            return ERR_MEMORY;
        memcpy(page, (const char *)data + at, bytes - at < PAGE_BYTES ? bytes - at : PAGE_BYTES);
        window_close();
        frame = maker_next(&component->maker, frame);
    }
    return OK;
}

/* Pages of the bundle itself, read-only. */
static error_t map_from_bundle(struct component *component, const struct bundle_segment *segment)
{
    word_t rights = segment->rights & (RIGHT_READ | RIGHT_EXECUTE);
    for (word_t page = 0; page < pages_of(segment->size); page++) {
        word_t index = maker_slot(&component->maker);
        cap_t source = boot->bundle_slot + segment->offset / PAGE_BYTES + page;
        if (!index)
            return ERR_SLOT;
        error_t error = (error_t)status_error(cnode_mint(component->holdings, index, source, rights, 0));
        if (error == OK)
            error = map(component, maker_address(&component->maker, index),
                        segment->address + page * PAGE_BYTES, rights);
        if (error != OK)
            return error;
    }
    return OK;
}

static error_t segment_load(struct component *component, const struct bundle_segment *segment)
{
    const char *data = (const char *)bundle + segment->offset;
    word_t from_bundle = 0;
    cap_t first;

    if (!(segment->rights & RIGHT_WRITE)) {
        error_t error = map_from_bundle(component, segment);
        if (error != OK)
            return error;
        from_bundle = pages_of(segment->size) * PAGE_BYTES;
    }
    if (segment->memory_size <= from_bundle)
        return OK;
    error_t error = map_fresh(component, segment->address + from_bundle, segment->memory_size - from_bundle,
                              segment->rights, &first);
    return error == OK && !from_bundle ? fill(component, first, data, segment->size) : error;
}

static error_t info_load(struct component *component)
{
    const struct layout *layout = &component->layout;
    cap_t first;
    void *copy = calloc(1, layout->info_size);
    if (!copy)
        return ERR_MEMORY;
    info_write(component, cnode_bits(component), copy);
    error_t error = map_fresh(component, layout->info, layout->info_size, RIGHT_READ, &first);
    if (error == OK)
        error = fill(component, first, copy, layout->info_size);
    free(copy);
    return error;
}

static error_t memory_load(struct component *component, cap_t *message_frame)
{
    const struct layout *layout = &component->layout;
    error_t error = OK;
    cap_t heap;

    for (unsigned i = 0; i < component->description->segment_count && error == OK; i++)
        error = segment_load(component, &component->description->segment[i]);
    if (error == OK)
        error = info_load(component);
    if (error == OK)
        error =
            map_fresh(component, layout->message_page, PAGE_BYTES, RIGHT_READ | RIGHT_WRITE, message_frame);
    if (error == OK)
        error = map_fresh(component, layout->stack, layout->stack_size, RIGHT_READ | RIGHT_WRITE,
                          &component->hold.stack);
    if (error == OK)
        error = map_fresh(component, layout->heap, layout->heap_size, RIGHT_READ | RIGHT_WRITE, &heap);
    return error;
}

/* ---- Objects ------------------------------------------------------------------------------------------- */

static error_t holdings_make(struct component *component)
{
    unsigned bits = bits_for(holdings_slots(component));
    status_t status =
        untyped_retype(component->quota, OBJECT_CNODE, bits, CAP_NULL, component->holdings, 1, CAP_NULL, 0);
    component->maker = (struct maker){
        .untyped = component->quota, .cnode = component->holdings, .next = 1, .end = (word_t)1 << bits
    };
    return (error_t)status_error(status);
}

/* An address space with the first number that nobody has. */
static error_t space_make(struct component *component)
{
    struct capability_info range;
    cnode_inspect(BOOT_SLOT_CNODE, BOOT_SLOT_ASID_RANGE, &range);
    word_t first = range.data & 0xffffffff, numbers = range.data >> 32;
    error_t error = ERR_RANGE;

    for (word_t i = 0; i < numbers; i++) {
        word_t number = first + (component->index + 1 + i) % numbers;
        if (number == 0)
            continue;
        error = maker_make_numbered(&component->maker, OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, number,
                                    &component->hold.space);
        if (error != ERR_BUSY)
            return error;
        component->maker.next--; /* the slot is still empty */
    }
    return error;
}

static error_t large_objects_make(struct component *component)
{
    struct holdings *hold = &component->hold;
    struct maker *maker = &component->maker;
    error_t error = space_make(component);

    if (error == OK)
        error = maker_make(maker, OBJECT_THREAD, 0, 1, &hold->thread);
    if (error == OK)
        error = maker_make(maker, OBJECT_CNODE, cnode_bits(component), 1, &hold->cnode);
    return error;
}

static error_t small_objects_make(struct component *component)
{
    struct holdings *hold = &component->hold;
    struct maker *maker = &component->maker;
    error_t error = maker_make(maker, OBJECT_SCHED_CONTEXT, CONTEXT_BITS, 1, &hold->context);

    if (error == OK)
        error = maker_make(maker, OBJECT_NOTIFICATION, 0, 1, &hold->notification);
    if (error == OK && component->description->provide.count)
        error = maker_make(maker, OBJECT_ENDPOINT, 0, 1, &hold->endpoint);
    if (error == OK && component->description->provide.count)
        error = maker_make(maker, OBJECT_REPLY, 0, 1, &hold->reply);
    hold->give = maker_address(maker, maker_slot(maker));
    return error;
}

/* ---- Capabilities -------------------------------------------------------------------------------------- */

static error_t mint_for_supervisor(struct component *component, cap_t source, word_t rights, word_t badge,
                                   cap_t *cap)
{
    word_t index = maker_slot(&component->maker);
    *cap = maker_address(&component->maker, index);
    return (error_t)status_error(cnode_mint(component->holdings, index, source, rights, badge));
}

static error_t holdings_mint(struct component *component)
{
    struct holdings *hold = &component->hold;
    word_t badge = component->index + 1;
    error_t error = mint_for_supervisor(component, supervisor_endpoint, RIGHT_WRITE, badge, &hold->fault);

    if (error == OK)
        error = mint_for_supervisor(component, supervisor_notification, RIGHT_WRITE,
                                    (word_t)1 << component->index % DEATH_BITS, &hold->death);
    if (error == OK)
        error = mint_for_supervisor(component, hold->notification, RIGHT_WRITE, COMPONENT_SIGNAL_NEWS,
                                    &hold->news);
    if (error == OK)
        error = mint_for_supervisor(component, supervisor_endpoint, RIGHT_WRITE | RIGHT_GRANT, badge,
                                    &hold->session);
    return error;
}

/* A child of what the supervisor holds, so that the component's capability can be taken back by itself. */
static error_t give(struct component *component, word_t slot, cap_t source, word_t rights)
{
    return (error_t)status_error(cnode_mint(component->hold.cnode, slot, source, rights, 0));
}

static error_t slots_fill(struct component *component)
{
    const struct holdings *hold = &component->hold;
    error_t error = give(component, COMPONENT_SLOT_SUPERVISOR, hold->session, RIGHT_WRITE | RIGHT_GRANT);

    if (error == OK)
        error = give(component, COMPONENT_SLOT_CNODE, hold->cnode, RIGHT_WRITE);
    if (error == OK)
        error = give(component, COMPONENT_SLOT_NOTIFICATION, hold->notification, RIGHT_READ | RIGHT_WRITE);
    if (error == OK && hold->endpoint)
        error = give(component, COMPONENT_SLOT_ENDPOINT, hold->endpoint, RIGHT_READ);
    if (error == OK && hold->reply)
        error = (error_t)status_error(cnode_move(hold->cnode, COMPONENT_SLOT_REPLY, hold->reply));
    if (error == OK)
        error = give(component, COMPONENT_SLOT_SPACE, hold->space, RIGHT_WRITE);
    return error;
}

/* ---- The thread ---------------------------------------------------------------------------------------- */

/* The image may be started on a machine with fewer cores than it is for. */
static word_t core_of(const struct component *component)
{
    uint32_t core = component->description->core;

    if (core < boot->cores)
        return core;
    report("component '%s' is to run on core %u, which this machine lacks: it runs on core 0",
           component->name, core);
    return 0;
}

static error_t budget_set(struct component *component)
{
    const struct bundle_component *description = component->description;
    bool passive = description->flags & BUNDLE_FLAG_PASSIVE;
    time_ns_t budget = passive ? RECOVERY_BUDGET_NS : description->budget_ns;
    time_ns_t period = passive ? RECOVERY_PERIOD_NS : description->period_ns;

    status_t status = core_range_set_budget(BOOT_SLOT_CORE_RANGE, component->hold.context, core_of(component),
                                            budget, period, component->index + 1);
    if (status_error(status) == OK && !passive)
        status = sched_context_bind(component->hold.context, component->hold.thread);
    return (error_t)status_error(status);
}

/* Kernel messages about a thread name it, in debug builds. */
static void thread_name(const struct component *component)
{
    if (boot->features & BOOT_FEATURE_DEBUG)
        sys_debug_name(component->hold.thread, component->name);
}

static error_t thread_prepare(struct component *component, cap_t message_frame)
{
    const struct bundle_component *description = component->description;
    const struct holdings *hold = &component->hold;
    word_t attributes = THREAD_FAULT_ON_CAP | (description->flags & BUNDLE_FLAG_FPU ? THREAD_FPU : 0);
    const struct thread_configuration configuration = {
        .cnode = hold->cnode,
        .space = hold->space,
        .message_frame = message_frame,
        .fault = hold->fault,
        .timeout = description->flags & BUNDLE_FLAG_PASSIVE ? hold->fault : CAP_NULL,
        .death = hold->death,
    };
    status_t status = thread_configure(hold->thread, THREAD_SET_ALL, &configuration);
    if (status_error(status) == OK)
        status = thread_set_attributes(hold->thread, THREAD_ATTRIBUTE_ALL, attributes);
    if (status_error(status) == OK)
        status = thread_set_priority(hold->thread, description->priority, description->priority);
    if (status_error(status) == OK)
        status = thread_bind_notification(hold->thread, hold->notification);
    thread_name(component);
    return (error_t)status_error(status);
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

/* Remember what could not be done, for the report; do not go on after it. */
#define STEP(what, expression)                                                                               \
    do {                                                                                                     \
        if ((error = (expression)) != OK) {                                                                  \
            failed = what;                                                                                   \
            goto end;                                                                                        \
        }                                                                                                    \
    } while (0)

error_t construct(struct component *component)
{
    const char *failed = NULL;
    cap_t message_frame = CAP_NULL;
    error_t error;

    assert(!component->made);
    component->made = true;
    component->hold = (struct holdings){ 0 };
    layout_make(component);
    STEP("its objects", holdings_make(component));
    STEP("its objects", large_objects_make(component));
    STEP("its data, stack and heap", memory_load(component, &message_frame));
    STEP("its objects", small_objects_make(component));
    STEP("its capabilities", holdings_mint(component));
    STEP("its capabilities", slots_fill(component));
    STEP("its devices and sessions", grants_give(component));
    STEP("its thread", thread_prepare(component, message_frame));
    STEP("its budget", budget_set(component));
    return OK;
end:
    if (error == ERR_MEMORY)
        report("%s: its %lu KiB of memory are too little for %s: raise 'memory' in [component.%s]",
               component->name, ((word_t)1 << component->quota_bits) / 1024, failed, component->name);
    else
        report("%s: %s cannot be made: %s", component->name, failed, error_sentence(error));
    return error;
}

void deconstruct(struct component *component)
{
    status_t status = cnode_revoke(BOOT_SLOT_CNODE, component->quota);
    if (status_error(status) == OK)
        status = untyped_reset(component->quota, 0);
    if (status_error(status) != OK)
        PANIC("the memory of %s cannot be taken back: %s", component->name, error_name(status_error(status)));
    component->made = false;
    component->hold = (struct holdings){ 0 };
}
