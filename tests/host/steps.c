/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A component, as a supervisor would make it: objects, mappings, capabilities, thread, devices; and what is done with it before it goes. All of it
 * comes out of one Untyped and two ranges of one number each.
 *
 * Kinds of arguments:
 *     D  first slot of a retype; the count stands behind it     d  index that a CNode operation fills
 *     i  index of a slot that holds something                   v  a value
 *     *  any capability, from which is copied or minted
 * and capabilities of one type, with the right that they need; small: 0 will do, too.
 */
#include "steps.h"
#include <stdarg.h>
#include <string.h>

#define AT         ((word_t)0x30000000)
#define CNODE_BITS 5u

struct step steps[STEPS_MAX];
unsigned step_count;

cap_t part, asid_part, irq_part, port_part; /* made once */
cap_t stranger;                             /* an endpoint that the component has nothing to do with */
cap_t spare;                                /* an empty slot */
cap_t cnode, space, tables, frames, thread, context, made_endpoint, notification, made_reply, made_handler,
    child;

/* ---- Steps */

static struct step *add(cap_t cap, word_t operation, const char *letters, ...)
{
    struct step *step = &steps[step_count++];
    va_list words;

    EXPECT(step_count <= STEPS_MAX);
    *step = (struct step){ .cap = cap, .operation = operation, .kinds = letters };
    va_start(words, letters);
    for (unsigned i = 0; letters[i]; i++)
        step->words[i] = va_arg(words, word_t);
    va_end(words);
    return step;
}

static void refuses(struct step *step, unsigned argument, word_t value, error_t error)
{
    EXPECT(step->wrongs < WRONG_MAX);
    step->wrong[step->wrongs++] = (struct wrong){ argument, value, error, argument };
}

/* A word that belongs to an argument of another number, because there are longs before it. */
static void refuses_long(struct step *step, unsigned word, unsigned argument, word_t value)
{
    refuses(step, word, value, ERR_RANGE);
    step->wrong[step->wrongs - 1].told = argument;
}

#define W(number) ((word_t)(number))
#if UINTPTR_MAX > 0xffffffffu
#define LONG_LETTERS "v"
#else
#define LONG_LETTERS "vv"
#endif

static struct step *add_retype(unsigned type, unsigned size_bits, cap_t first, unsigned count,
                               const char *letters, cap_t range, unsigned number)
{
    struct step *step =
        add(part, OP_UNTYPED_RETYPE, letters, W(type), W(size_bits), W(0), first, W(count), range, W(number));

    refuses(step, 1, 0, ERR_TYPE);
    refuses(step, 1, OBJECT_IRQ_RANGE, ERR_TYPE);
    refuses(step, 2, 48, ERR_RANGE);
    refuses(step, 5, 0, ERR_RANGE);
    refuses(step, 5, 65, ERR_RANGE);
    if (range)
        refuses(step, 7, number + 1, ERR_RANGE); /* the range has only the one */
    else
        refuses(step, 7, 1, ERR_RANGE);
    return step;
}

static cap_t slots_new(unsigned count)
{
    cap_t first = slot_new();

    while (--count > 0)
        slot_new();
    return first;
}

static void name_slots(void)
{
    cnode = slot_new();
    space = slot_new();
    tables = slots_new(3);
    frames = slots_new(2);
    thread = slot_new();
    context = slot_new();
    made_endpoint = slot_new();
    notification = slots_new(2);
    made_reply = slot_new();
    made_handler = slot_new();
    child = slots_new(4);
    spare = slot_new();
}

static void add_objects(void)
{
    add_retype(OBJECT_CNODE, CNODE_BITS, cnode, 1, "vvcDvvv", 0, 0);
    add_retype(OBJECT_ADDRESS_SPACE, 0, space, 1, "vvcDvAv", asid_part, NUMBER);
    add_retype(OBJECT_PAGE_TABLE, 0, tables, 3, "vvcDvvv", 0, 0);
    add_retype(OBJECT_FRAME, FRAME_SIZE_4K, frames, 2, "vvcDvvv", 0, 0);
    add_retype(OBJECT_THREAD, 0, thread, 1, "vvcDvvv", 0, 0);
    add_retype(OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN, context, 1, "vvcDvvv", 0, 0);
    add_retype(OBJECT_ENDPOINT, 0, made_endpoint, 1, "vvcDvvv", 0, 0);
    add_retype(OBJECT_NOTIFICATION, 0, notification, 2, "vvcDvvv", 0, 0);
    add_retype(OBJECT_REPLY, 0, made_reply, 1, "vvcDvvv", 0, 0);
    add_retype(OBJECT_IRQ_HANDLER, 0, made_handler, 1, "vvcDvIv", irq_part, LINE);
    add_retype(OBJECT_UNTYPED, 12, child, 1, "vvcDvvv", 0, 0);
    add_retype(OBJECT_NOTIFICATION, 0, 20, 5, "vvcDvvv", 0, 0)->words[2] = cnode;
}

static void add_mappings(void)
{
    for (unsigned i = 0; i < ARCH_TABLE_LEVELS - 1; i++) {
        struct step *step =
            add(space, OP_ADDRESS_SPACE_MAP, "Fvvv", frames, AT, W(RIGHTS_ALL), W(MAP_CACHE_WRITE_BACK));
        refuses(step, 2, AT, ERR_TABLE); /* this one is never done rightly: see do_step */
        step = add(space, OP_ADDRESS_SPACE_MAP_TABLE, "Pv", tables + i, AT);
        refuses(step, 2, USER_ADDRESS_END, ERR_RANGE);
    }
    struct step *step =
        add(space, OP_ADDRESS_SPACE_MAP, "Fvvv", frames, AT, W(RIGHT_READ | RIGHT_WRITE), W(0));
    refuses(step, 2, AT + 1, ERR_ALIGNMENT);
    refuses(step, 2, USER_ADDRESS_END, ERR_RANGE);
    refuses(step, 3, 0, ERR_RANGE);
    refuses(step, 3, RIGHTS_ALL + 1, ERR_RANGE);
    refuses(step, 4, MAP_CACHE_COMBINE + 1, ERR_RANGE);
    step = add(space, OP_ADDRESS_SPACE_MAP, "Fvvv", frames + 1, AT + PAGE_SIZE, W(RIGHT_READ), W(0));
    refuses(step, 2, AT, ERR_MAPPED);
    add(frames, OP_FRAME_CLEAN, "vv", W(0), W(64));
    step = add(frames, OP_FRAME_INVALIDATE, "vv", W(4000), W(96));
    refuses(step, 1, PAGE_SIZE, ERR_RANGE);
    refuses(step, 2, 0, ERR_RANGE);
    refuses(step, 2, 97, ERR_RANGE);
}

static void add_capabilities(void)
{
    struct step *step = add(cnode, OP_CNODE_MINT, "d*vvv", W(1), made_endpoint, W(RIGHT_WRITE), W(7), W(0));

    refuses(step, 3, RIGHTS_ALL + 1, ERR_RANGE);
    step = add(cnode, OP_CNODE_MINT, "d*vvv", W(2), irq_part, W(RIGHTS_ALL), W(LINE), W(1));
    refuses(step, 4, LINE + 1, ERR_RANGE);
    refuses(step, 5, 2, ERR_RANGE);
    refuses(step, 5, 0, ERR_RANGE);
    add(cnode, OP_CNODE_COPY, "d*", W(3), notification);
    add(cnode, OP_CNODE_COPY, "d*", W(4), frames);
    add(cnode, OP_CNODE_MOVE, "d*", W(5), made_reply);
    add(cnode, OP_CNODE_INSPECT, "v", W(1));
    refuses(&steps[step_count - 1], 1, 0, ERR_RANGE);
    refuses(&steps[step_count - 1], 1, 1 << CNODE_BITS, ERR_RANGE);
}

static void add_thread(void)
{
    struct step *step = add(thread, OP_THREAD_CONFIGURE, "vcsfveen", W(THREAD_SET_ALL), cnode, space,
                            frames + 1, W(1024), made_endpoint, made_endpoint, notification);

    refuses(step, 1, THREAD_SET_ALL + 1, ERR_RANGE);
    refuses(step, 5, PAGE_SIZE, ERR_RANGE);
    refuses(step, 5, 512, ERR_ALIGNMENT);
    step = add(thread, OP_THREAD_SET_PRIORITY, "vv", W(100), W(120));
    refuses(step, 1, PRIORITY_MAX + 1, ERR_RANGE);
    refuses(step, 2, PRIORITY_MAX + 1, ERR_RANGE);
    step = add(thread, OP_THREAD_WRITE_REGISTERS, "vvv", W(REGISTER_IP), AT, W(0x1000));
    refuses(step, 1, REGISTER_COUNT, ERR_RANGE);
    refuses(step, 2, USER_ADDRESS_END, ERR_RANGE);
    step = add(thread, OP_THREAD_SET_ATTRIBUTES, "vv", W(THREAD_ATTRIBUTE_ALL), W(THREAD_FAULT_ON_CAP));
    refuses(step, 1, THREAD_ATTRIBUTE_ALL + 1, ERR_RANGE);
    refuses(step, 2, THREAD_ATTRIBUTE_ALL + 1, ERR_RANGE);
    step = add(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, "Xv" LONG_LETTERS LONG_LETTERS "v", context,
               W(0), AS_LONG(1000000), AS_LONG(5000000), W(3));
    refuses(step, 2, CONFIG_CORES, ERR_RANGE);
    refuses_long(step, 3, 3, BUDGET_MINIMUM_NS - 1);
    refuses_long(step, 3 + LONG_WORDS, 4, 999999);
    refuses_long(step, 2 + 2 * LONG_WORDS, 4, (word_t)(PERIOD_MAXIMUM_NS >> (64 - WORD_BITS)) + 1);
    add(context, OP_SCHED_CONTEXT_BIND, "T", thread);
    add(thread, OP_THREAD_BIND_NOTIFICATION, "r", notification + 1);
}

static void add_devices(void)
{
    struct step *step = add(made_handler, OP_IRQ_HANDLER_BIND, "n", notification);

    step = add(made_handler, OP_IRQ_HANDLER_SET_MODE, "v", W(IRQ_LEVEL));
    refuses(step, 1, 4, ERR_RANGE);
    add(made_handler, OP_IRQ_HANDLER_ACKNOWLEDGE, "");
    step = add(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, "vn", W(0), notification);
    refuses(step, 1, CONFIG_CORES, ERR_RANGE);
    step = add(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, "v" LONG_LETTERS, W(0), AS_LONG(~(uint64_t)0));
    refuses(step, 1, CONFIG_CORES, ERR_RANGE);
    step = add(port_part, OP_IO_PORT_RANGE_OUT, "vvv", W(0x3f8), W(1), W(65));
    refuses(step, 1, 0x3f7, ERR_RANGE);
    refuses(step, 1, 0x400, ERR_RANGE);
    refuses(step, 2, 3, ERR_RANGE);
    step = add(port_part, OP_IO_PORT_RANGE_IN, "vv", W(0x3f8), W(4));
    refuses(step, 2, 8, ERR_RANGE);
}

static void add_end(void)
{
    struct step *step = add(cnode, OP_CNODE_CANCEL_BADGE, "vv", W(1), W(7));

    refuses(step, 1, 0, ERR_RANGE);
    refuses(step, 1, 6, ERR_CAPABILITY);
    refuses(step, 1, 3, ERR_TYPE);
    refuses(step, 1, 1, ERR_RIGHT); /* it is badged: this one is never done rightly */
    step = add(cnode, OP_CNODE_REVOKE, "i", W(1));
    step = add(cnode, OP_CNODE_DELETE, "v", W(1));
    refuses(step, 1, 0, ERR_RANGE);
    refuses(step, 1, 1 << CNODE_BITS, ERR_RANGE);
    add(thread, OP_THREAD_RESUME, "");
    add(thread, OP_THREAD_CANCEL, "");
    add(thread, OP_THREAD_SUSPEND, "v", W(4));
    add(context, OP_SCHED_CONTEXT_UNBIND, "");
    add(context, OP_SCHED_CONTEXT_LEND, "T", thread);
    add(frames, OP_FRAME_UNMAP, "");
    add(tables, OP_PAGE_TABLE_UNMAP, "");
}

void steps_set_up(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, PART_BITS);
    stranger = make(OBJECT_ENDPOINT, 0);
    asid_part = slot_new();
    irq_part = slot_new();
    port_part = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, asid_part, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, NUMBER, 1);
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, irq_part, BOOT_SLOT_IRQ_RANGE, RIGHTS_ALL, LINE, 1);
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, port_part, BOOT_SLOT_IO_PORT_RANGE, RIGHTS_ALL, 0x3f8, 8);
    name_slots();
    step_count = 0;
    add_objects();
    add_mappings();
    add_capabilities();
    add_thread();
    add_devices();
    add_end();
}

struct step *step_of(word_t operation, unsigned argument, word_t value)
{
    for (unsigned i = 0; i < step_count; i++)
        if (steps[i].operation == operation && steps[i].words[argument - 1] == value)
            return &steps[i];
    test_fails(__FILE__, __LINE__, "expected a step with %#lx", (unsigned long)operation);
}

/* ---- Doing it rightly, and undoing all of it */

struct outcome step_try(const struct step *step, cap_t cap, const word_t *words, unsigned count)
{
    return sys(SYS_CALL, cap, 0, tag_make(step->operation, count, 0), words);
}

/* Steps that fail as they stand are there only for what they fail with. */
static bool fails_as_it_stands(const struct step *step)
{
    for (unsigned i = 0; i < step->wrongs; i++)
        if (step->words[step->wrong[i].argument - 1] == step->wrong[i].value)
            return true;
    return false;
}

void step_do(const struct step *step)
{
    if (fails_as_it_stands(step))
        return;
    status_t status = step_try(step, step->cap, step->words, (unsigned)strlen(step->kinds)).status;
    if (status != OK)
        test_fails(__FILE__, __LINE__, "step %u (operation %#lx): expected success, seen error %u %u",
                   (unsigned)(step - steps), (unsigned long)step->operation, status_error(status),
                   status_argument(status));
}

static void expect_watermark(word_t bytes)
{
    EXPECT_EQ(CALL(part, OP_UNTYPED_INFO).word[2], bytes);
}

/* Everything goes; then all of it can be made again. */
void steps_take_back(void)
{
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    revoke(asid_part);
    revoke(irq_part);
    expect_watermark(0);
    for (cap_t slot = cnode; slot <= spare; slot++)
        EXPECT(slot_is_empty(slot_at(slot)));
    EXPECT(slot_is_empty(&core_self()->timer_slot));
    EXPECT(!space_by_number(NUMBER) && !irq_handler_by_line(LINE));
    for (size_t i = 0; i < ((size_t)1 << PART_BITS) / sizeof(uint64_t); i++)
        EXPECT(((uint64_t *)object_at(part))[i] == 0);
}
