/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system-call interface: an input is a sequence of things that threads, devices and time do to the kernel.
 *
 * The world: four threads share a CNode of 64 slots, with at least one object of every type, parts of all ranges, and
 * a handler of faults; all of it made out of one Untyped, `part`. Nothing in their CNode leads to the root component. The root
 * has the highest priority and sleeps; now and then it is woken, puts a thread on its feet again, and sleeps.
 *
 * The invariants are checked every CHECK_EVERY operations and at the end. Then the root revokes everything, and all memory
 * and all numbers must be back.
 */
#include "fuzz.h"
#include "machine.h"
#include "system.h"
#include <lucid/faults.h>
#include <string.h>

#define PART_BITS       18u
#define CSPACE_BITS     6u
#define CSPACE          (1u << CSPACE_BITS)
#define THREADS         4u
#define OPERATIONS_MAX  512u
#define CHECK_EVERY     16u
#define AT              ((word_t)0x20000000)
#define FIRST_NUMBER    40u
#define FIRST_LINE      8u
#define NUMBERS         4u
#define ADVANCE_STEP_NS 20000u

/* Slots of the threads' CNode. What is not named is empty. */
enum {
    OWN_CNODE = 1,
    OWN_SPACE,
    ASID_PART,
    IRQ_PART,
    PORT_PART,
    CORE_PART,
    MEMORY, /* three Untyped */
    THREAD = MEMORY + 3,
    CONTEXT = THREAD + THREADS,
    FRAME = CONTEXT + THREADS,
    ENDPOINT = FRAME + THREADS,
    NOTIFICATION = ENDPOINT + 3,
    REPLY = NOTIFICATION + 3,
    TABLE = REPLY + 4,
    SPACE = TABLE + 3,
    HANDLER = SPACE + 2,
    CNODE = HANDLER + 2,
    BADGED = CNODE + 1,
    USED = BADGED + 2
};
_Static_assert(USED <= CSPACE - 8, "some slots are empty");

static cap_t part, cspace, asid_part, irq_part, port_part, core_part;

/* ---- The world */

/* Made by the root into the threads' CNode. */
static void make_in(unsigned first, unsigned count, unsigned type, unsigned size_bits, cap_t range,
                    unsigned number)
{
    DO(part, OP_UNTYPED_RETYPE, type, size_bits, cspace, first, count, range, number);
}

static void mint_in(unsigned slot, cap_t source, word_t rights, word_t first, word_t count)
{
    DO(cspace, OP_CNODE_MINT, slot, source, rights, first, count);
}

/* The address of a slot of theirs, for the root. */
static cap_t theirs(unsigned slot)
{
    return cspace | (cap_t)slot << info->cnode_size_bits;
}

static cap_t narrow(cap_t range, word_t first, word_t count)
{
    cap_t slot = slot_new();

    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, slot, range, RIGHTS_ALL, first, count);
    return slot;
}

static void make_roots_part(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, PART_BITS);
    cspace = make(OBJECT_CNODE, CSPACE_BITS);
    asid_part = narrow(BOOT_SLOT_ASID_RANGE, FIRST_NUMBER, NUMBERS);
    irq_part = narrow(BOOT_SLOT_IRQ_RANGE, FIRST_LINE, NUMBERS);
    port_part = narrow(BOOT_SLOT_IO_PORT_RANGE, 0x100, 16);
    core_part = narrow(BOOT_SLOT_CORE_RANGE, 0, 1);
}

static void make_objects(void)
{
    mint_in(OWN_CNODE, cspace, RIGHTS_ALL, 0, 0);
    mint_in(ASID_PART, asid_part, RIGHTS_ALL, FIRST_NUMBER, NUMBERS);
    mint_in(IRQ_PART, irq_part, RIGHTS_ALL, FIRST_LINE, NUMBERS);
    mint_in(PORT_PART, port_part, RIGHTS_ALL, 0x100, 16);
    mint_in(CORE_PART, core_part, RIGHTS_ALL, 0, 1);
    make_in(MEMORY, 1, OBJECT_UNTYPED, 14, 0, 0);
    make_in(MEMORY + 1, 1, OBJECT_UNTYPED, 12, 0, 0);
    make_in(MEMORY + 2, 1, OBJECT_UNTYPED, 16, 0, 0);
    make_in(THREAD, THREADS, OBJECT_THREAD, 0, 0, 0);
    make_in(CONTEXT, THREADS, OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN, 0, 0);
    make_in(FRAME, THREADS, OBJECT_FRAME, FRAME_SIZE_4K, 0, 0);
    make_in(ENDPOINT, 3, OBJECT_ENDPOINT, 0, 0, 0);
    make_in(NOTIFICATION, 3, OBJECT_NOTIFICATION, 0, 0, 0);
    make_in(REPLY, 4, OBJECT_REPLY, 0, 0, 0);
    make_in(TABLE, 3, OBJECT_PAGE_TABLE, 0, 0, 0);
    make_in(SPACE, 1, OBJECT_ADDRESS_SPACE, 0, asid_part, FIRST_NUMBER);
    make_in(OWN_SPACE, 1, OBJECT_ADDRESS_SPACE, 0, asid_part, FIRST_NUMBER + 1);
    make_in(HANDLER, 1, OBJECT_IRQ_HANDLER, 0, irq_part, FIRST_LINE);
    make_in(CNODE, 1, OBJECT_CNODE, 4, 0, 0);
    mint_in(BADGED, theirs(ENDPOINT), RIGHTS_ALL, 5, 0);
    mint_in(BADGED + 1, theirs(NOTIFICATION), RIGHTS_ALL, 6, 0);
}

/* Two of them have a handler of their faults, one of them a handler of its timeouts. All are of the same priority, lowest last. */
static void start_thread(unsigned i)
{
    cap_t thread = theirs(THREAD + i), context = theirs(CONTEXT + i);

    CALL(thread, OP_THREAD_CONFIGURE, THREAD_SET_ALL, cspace, theirs(OWN_SPACE), theirs(FRAME + i), 0,
         i < 2 ? theirs(ENDPOINT + 2) : 0, i == 0 ? theirs(ENDPOINT + 2) : 0,
         i == 3 ? theirs(NOTIFICATION + 2) : 0);
    CALL(thread, OP_THREAD_SET_PRIORITY, 100 - i, 110);
    CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, context, 0, i == 2 ? 200000 : 1000000, 1000000, i);
    CALL(context, OP_SCHED_CONTEXT_BIND, thread);
    CALL(thread, OP_THREAD_RESUME);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    host_init();
    make_roots_part();
    make_objects();
    for (unsigned i = 0; i < THREADS; i++)
        start_thread(i);
    system_check_off = true;
    machine_keep();
    return 0;
}

/* ---- Words out of bytes */

/* A word that an argument may be: a byte says of which kind, some more which. */
static word_t any_word(struct input *input)
{
    static const word_t special[] = { AT,
                                      AT + 0x1000,
                                      AT + 0x200000,
                                      AT + 0x40000000,
                                      ~(word_t)0,
                                      ~(word_t)0xfff,
                                      USER_ADDRESS_END,
                                      USER_ADDRESS_END - 0x1000,
                                      (word_t)1 << 32,
                                      100000,
                                      1000000,
                                      10000000,
                                      3600000000000ull,
                                      (word_t)1 << 63,
                                      1024,
                                      4096 };
    uint8_t kind = input_byte(input);

    switch (kind >> 6) {
    case 0: /* small: slots, numbers */
        return kind;
    case 1: /* a slot of a CNode in a slot */
        return (kind & 0x30) == 0x30 ? (word_t)OWN_CNODE | (word_t)input_byte(input) << CSPACE_BITS
                                     : (word_t)CNODE | (word_t)(kind & 15) << CSPACE_BITS;
    case 2:
        return special[kind & 15] + (kind & 0x20 ? input_byte(input) : 0);
    default:
        return (word_t)input_number(input, (kind & 7) + 1);
    }
}

static unsigned any_words(struct input *input, word_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        words[i] = any_word(input);
    return count;
}

/* ---- Operations */

static const struct {
    uint16_t label;
    uint8_t words; /* that it takes, at most */
} operations[] = {
    { OP_UNTYPED_RETYPE, 7 },
    { OP_UNTYPED_RESET, 1 },
    { OP_UNTYPED_INFO, 0 },
    { OP_CNODE_COPY, 2 },
    { OP_CNODE_MINT, 5 },
    { OP_CNODE_MOVE, 2 },
    { OP_CNODE_DELETE, 1 },
    { OP_CNODE_REVOKE, 1 },
    { OP_CNODE_INSPECT, 1 },
    { OP_CNODE_CANCEL_BADGE, 2 },
    { OP_THREAD_CONFIGURE, 8 },
    { OP_THREAD_READ_REGISTERS, 0 },
    { OP_THREAD_WRITE_REGISTERS, 4 },
    { OP_THREAD_SUSPEND, 1 },
    { OP_THREAD_RESUME, 0 },
    { OP_THREAD_CANCEL, 0 },
    { OP_THREAD_SET_PRIORITY, 2 },
    { OP_THREAD_BIND_NOTIFICATION, 1 },
    { OP_THREAD_SET_ATTRIBUTES, 2 },
    { OP_THREAD_INFO, 0 },
    { OP_SCHED_CONTEXT_BIND, 1 },
    { OP_SCHED_CONTEXT_UNBIND, 0 },
    { OP_SCHED_CONTEXT_INFO, 0 },
    { OP_SCHED_CONTEXT_LEND, 1 },
    { OP_FRAME_UNMAP, 0 },
    { OP_FRAME_CLEAN, 2 },
    { OP_FRAME_INVALIDATE, 2 },
    { OP_FRAME_INFO, 0 },
    { OP_ADDRESS_SPACE_MAP, 4 },
    { OP_ADDRESS_SPACE_MAP_TABLE, 2 },
    { OP_ADDRESS_SPACE_INFO, 0 },
    { OP_PAGE_TABLE_UNMAP, 0 },
    { OP_IRQ_HANDLER_BIND, 1 },
    { OP_IRQ_HANDLER_ACKNOWLEDGE, 0 },
    { OP_IRQ_HANDLER_SET_MODE, 1 },
    { OP_IRQ_HANDLER_MSI, 0 },
    { OP_IO_PORT_RANGE_IN, 2 },
    { OP_IO_PORT_RANGE_OUT, 3 },
    { OP_CORE_RANGE_SET_BUDGET, 5 },
    { OP_CORE_RANGE_SET_TIMER, 2 },
    { OP_CORE_RANGE_BIND_TIMER, 2 },
};

/* The kernel may set a thread's state to anything but a crash; who calls does not care what comes back. */
static void enter(word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words)
{
    sys(operation, cap, reply, tag, words);
}

static void do_invocation(struct input *input)
{
    word_t words[MESSAGE_WORDS_MAX] = { 0 };
    unsigned which = input_byte(input) % ARRAY_COUNT(operations);
    cap_t cap = input_byte(input) % CSPACE;

    any_words(input, words, operations[which].words);
    enter(SYS_CALL, cap, 0, tag_make(operations[which].label, operations[which].words, 0), words);
}

static void set_capabilities(struct input *input, struct utcb *utcb, unsigned count)
{
    for (unsigned i = 0; i < count && i < MESSAGE_CAPS_MAX; i++) {
        utcb->give[i] =
            (struct utcb_give){ any_word(input), input_number(input, 2) & 0xf03, any_word(input), 0 };
        utcb->take[i] = any_word(input);
    }
}

/* Send, receive, call or answer, at a slot that is likely to be the right one. */
static void do_message(struct input *input)
{
    static const word_t calls[] = { SYS_CALL, SYS_REPLY_RECV, SYS_SEND, SYS_RECV };
    word_t words[MESSAGE_WORDS_MAX] = { 0 };
    uint8_t what = input_byte(input), where = input_byte(input), shape = input_byte(input);
    word_t operation = calls[what & 3] | (what & 4 ? SYS_POLL : 0);
    cap_t cap = where & 0x80 ? where & 63 : ENDPOINT + (where & 7) % (TABLE - ENDPOINT);
    cap_t reply = what & 8 ? REPLY + (what >> 4 & 3) : 0;
    unsigned caps = shape & 7, words_count = shape >> 3 & 15;

    if (shape & 0x80)
        words_count *= 5;
    if (caps && current()->utcb)
        set_capabilities(input, current()->utcb, caps);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS && i < words_count; i++)
        words[i] = any_word(input);
    enter(operation, cap, reply, tag_make(what >> 6, words_count, caps), words);
}

/* Any registers. Not the debug call: it may halt the machine. */
static void do_raw(struct input *input)
{
    word_t words[MESSAGE_WORDS_MAX] = { 0 };
    word_t operation = any_word(input), cap = any_word(input), reply = any_word(input), tag = any_word(input);

    any_words(input, words, MESSAGE_REGISTER_WORDS);
    if ((operation & SYS_NUMBER_MASK) == SYS_DEBUG)
        operation = SYS_YIELD;
    enter(operation, cap, reply, tag, words);
}

static void do_event(struct input *input)
{
    uint8_t what = input_byte(input);
    word_t address = AT + (word_t)(what >> 6) * 0x200000;

    switch (what & 7) {
    case 0:
    case 1:
        host_interrupt(FIRST_LINE + (what >> 3 & 3));
        break;
    case 2:
        host_access(address, FAULT_ACCESS_READ);
        break;
    case 3:
        host_access(address, FAULT_ACCESS_WRITE);
        break;
    case 4:
        kernel_exception(EXCEPTION_OTHER, what >> 3);
        break;
    case 5:
        host_fpu();
        break;
    case 6:
        host.pending_every = what >> 3 & 7;
        break;
    default:
        fastpath_off = what >> 3 & 1;
    }
}

static void do_time(struct input *input)
{
    host_time_advance((ticks_t)input_byte(input) * ADVANCE_STEP_NS + 1);
}

/* The root puts a thread on its feet, takes a range away, or anything out of their slots. (It gives them nothing of its own, and calls none
 * of their endpoints: there it would wait for ever.) */
static void do_root(struct input *input)
{
    uint8_t what = input_byte(input);

    host.pending_every = 0;
    root_wake();
    if (what & 0x80)
        CALL(cspace, what & 0x40 ? OP_CNODE_REVOKE : OP_CNODE_DELETE, what & (CSPACE - 1));
    else if (what & 0x40)
        CALL(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, what & 1 ? asid_part : irq_part);
    else
        start_thread(what % THREADS);
    root_sleep();
}

static void do_operation(struct input *input)
{
    uint8_t kind = input_byte(input);

    if (!current() || kind < 24) {
        do_time(input);
    } else if (kind < 40) {
        do_event(input);
    } else if (kind < 52) {
        do_root(input);
    } else if (current()->context.at_syscall && kind & 3) { /* it goes on with what it had begun */
        host_syscall();
    } else {
        current()->context.at_syscall = false;
        if (kind < 64)
            do_raw(input);
        else if (kind < 160)
            do_invocation(input);
        else
            do_message(input);
    }
}

/* ---- The end */

/* Everything is taken away. No thread is left, all numbers are free, all memory is back and clean. */
static void take_all_back(void)
{
    host.pending_every = 0;
    if (current() != root_thread())
        root_wake();
    const cap_t mine[] = { part, asid_part, irq_part, port_part, core_part, cspace };
    for (unsigned i = 0; i < ARRAY_COUNT(mine); i++)
        revoke(mine[i]);
    DO(part, OP_UNTYPED_RESET, 0);
    system_check();
    for (unsigned slot = 1; slot < CSPACE; slot++)
        FUZZ_EXPECT(slot_is_empty(&cnode_slots(&slot_at(cspace)->cap)[slot]));
    make_in(1, NUMBERS, OBJECT_ADDRESS_SPACE, 0, asid_part, FIRST_NUMBER);
    make_in(1 + NUMBERS, NUMBERS, OBJECT_IRQ_HANDLER, 0, irq_part, FIRST_LINE);
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    make_in(1, 1, OBJECT_UNTYPED, PART_BITS, 0, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, data + size };

    machine_restore();
    root_sleep();
    for (unsigned i = 0; i < OPERATIONS_MAX && !input_is_over(&input); i++) {
        do_operation(&input);
        if (i % CHECK_EVERY == CHECK_EVERY - 1)
            system_check();
    }
    system_check();
    take_all_back();
    return 0;
}
