/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fuzzer: system calls with arguments that look right, nearly right, or wild. It runs where the program's
 * data is read-only: locals and its page are all that it can write. Everything that it does follows from the
 * random number in its page.
 */
#include "fuzzer.h"

const uint8_t fuzzer_first_types[SLOT_COUNT] = {
    [SLOT_CNODE] = OBJECT_CNODE,
    [SLOT_THREADS] = OBJECT_THREAD,
    OBJECT_THREAD,
    OBJECT_THREAD,
    [SLOT_SPACE] = OBJECT_ADDRESS_SPACE,
    [SLOT_CONTEXTS] = OBJECT_SCHED_CONTEXT,
    OBJECT_SCHED_CONTEXT,
    OBJECT_SCHED_CONTEXT,
    OBJECT_SCHED_CONTEXT,
    [SLOT_ENDPOINTS] = OBJECT_ENDPOINT,
    OBJECT_ENDPOINT,
    OBJECT_ENDPOINT,
    [SLOT_NOTIFICATIONS] = OBJECT_NOTIFICATION,
    OBJECT_NOTIFICATION,
    OBJECT_NOTIFICATION,
    [SLOT_REPLIES] = OBJECT_REPLY,
    OBJECT_REPLY,
    [SLOT_SMALL_CNODE] = OBJECT_CNODE,
    [SLOT_SPARE_THREAD] = OBJECT_THREAD,
    [SLOT_UNTYPED] = OBJECT_UNTYPED,
    OBJECT_UNTYPED,
    OBJECT_UNTYPED,
    [SLOT_FRAMES] = OBJECT_FRAME,
    OBJECT_FRAME,
    OBJECT_FRAME,
    OBJECT_FRAME,
    [SLOT_TABLES] = OBJECT_PAGE_TABLE,
    OBJECT_PAGE_TABLE,
    OBJECT_PAGE_TABLE,
    OBJECT_PAGE_TABLE,
    [SLOT_OTHER_SPACE] = OBJECT_ADDRESS_SPACE,
    [SLOT_IRQ] = OBJECT_IRQ_HANDLER,
    [SLOT_IRQ_RANGE] = OBJECT_IRQ_RANGE,
    [SLOT_PORTS] = OBJECT_IO_PORT_RANGE,
    [SLOT_NUMBERS] = OBJECT_ASID_RANGE,
    [SLOT_CORES] = OBJECT_CORE_RANGE,
    [SLOT_CHECKER] = OBJECT_ENDPOINT,
};

static uint64_t next_random(struct fuzzer_page *page)
{
    uint64_t x = page->random; /* xorshift64* (Vigna 2016) */

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    page->random = x;
    return x * 2685821657736338717ull;
}

static unsigned below(struct fuzzer_page *page, unsigned limit)
{
    return (unsigned)((next_random(page) >> 32) * limit >> 32);
}

/* Something that may be a capability address. */
static cap_t random_address(struct fuzzer_page *page)
{
    switch (below(page, 16)) {
    case 0:
        return next_random(page);
    case 1:
        return below(page, 1u << CNODE_BITS);
    case 2: /* through a CNode */
        return (below(page, 2) ? SLOT_CNODE : SLOT_SMALL_CNODE) | (word_t)below(page, SLOT_COUNT)
                                                                      << CNODE_BITS;
    case 3: /* deeper and deeper in itself */
        return (0x0020408102040810ull >> below(page, 32) & ~(word_t)127) | below(page, SLOT_COUNT);
    default:
        return below(page, SLOT_COUNT);
    }
}

/* An argument of any kind. */
static word_t random_word(struct fuzzer_page *page)
{
    static const word_t edges[] = { 0,
                                    1,
                                    ~(word_t)0,
                                    USER_ADDRESS_END,
                                    USER_ADDRESS_END - 4096,
                                    0x0000800000000000,
                                    0xffff800000000000,
                                    0xffffffff80000000,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    4095,
                                    4096,
                                    4097,
                                    0xffffffff,
                                    0x100000000 };
    word_t power;

    switch (below(page, 12)) {
    case 0:
        return next_random(page);
    case 1:
        power = (word_t)1 << below(page, 64);
        return power - 1 + below(page, 3);
    case 2:
        return edges[below(page, sizeof edges / sizeof edges[0])];
    case 3: /* a place to map something */
        return 0x40000000ull + (word_t)below(page, 8) * 0x200000 + (word_t)below(page, 8) * 4096;
    case 4:
        return (word_t)below(page, 0x4000) << 12;
    case 5: /* a time */
        return 50000 + (word_t)below(page, 20000000);
    case 6:
    case 7:
        return below(page, 20);
    default:
        return random_address(page);
    }
}

static tag_t random_tag(struct fuzzer_page *page, cap_t cap)
{
    static const uint8_t operations[OBJECT_TYPE_COUNT] = {
        [OBJECT_UNTYPED] = 3,       [OBJECT_CNODE] = 7,       [OBJECT_THREAD] = 10,
        [OBJECT_SCHED_CONTEXT] = 4, [OBJECT_FRAME] = 4,       [OBJECT_ADDRESS_SPACE] = 3,
        [OBJECT_PAGE_TABLE] = 1,    [OBJECT_IRQ_HANDLER] = 4, [OBJECT_IO_PORT_RANGE] = 2,
        [OBJECT_CORE_RANGE] = 3
    };
    unsigned type =
        cap < SLOT_COUNT && below(page, 16) ? fuzzer_first_types[cap] : below(page, OBJECT_TYPE_COUNT);
    word_t label = OPERATION_LABEL((word_t)type, 1 + below(page, operations[type] + (below(page, 16) == 0)));

    if (below(page, 64) == 0)
        label = next_random(page);
    return tag_make(label, below(page, 8) ? 8 : below(page, 128), below(page, 4) ? 0 : below(page, 8));
}

static word_t of_type(struct fuzzer_page *page, unsigned type)
{
    for (unsigned i = 0; i < 200; i++) {
        unsigned slot = below(page, SLOT_COUNT);
        if (fuzzer_first_types[slot] == type)
            return slot;
    }
    return 0;
}

static word_t a_place(struct fuzzer_page *page)
{
    return 0x40000000ull + (word_t)below(page, 2) * 0x200000 + (word_t)below(page, 4) * 4096;
}

static word_t a_free_slot(struct fuzzer_page *page)
{
    return SLOT_COUNT + below(page, (1u << CNODE_BITS) - SLOT_COUNT);
}

/* Arguments that the operation would take, but for chance. */
static void likely_arguments(struct fuzzer_page *page, word_t label, word_t w[8])
{
    unsigned type;

    switch (label) {
    case OP_UNTYPED_RETYPE:
        type = 1 + below(page, OBJECT_IRQ_HANDLER);
        w[0] = type;
        w[1] = type == OBJECT_UNTYPED         ? 6 + below(page, 10)
               : type == OBJECT_CNODE         ? 4 + below(page, 4)
               : type == OBJECT_SCHED_CONTEXT ? 8 + below(page, 3)
               : type == OBJECT_FRAME         ? 12
                                              : 0;
        w[2] = below(page, 4) ? 0 : of_type(page, OBJECT_CNODE);
        w[3] = a_free_slot(page);
        w[4] = 1 + below(page, 3);
        w[5] = type == OBJECT_ADDRESS_SPACE ? SLOT_NUMBERS : type == OBJECT_IRQ_HANDLER ? SLOT_IRQ_RANGE : 0;
        w[6] = w[5] ? page->utcb.user[type == OBJECT_IRQ_HANDLER] + below(page, 8) : 0;
        break;
    case OP_UNTYPED_RESET:
        w[0] = 0;
        break;
    case OP_CNODE_COPY:
    case OP_CNODE_MINT:
    case OP_CNODE_MOVE:
        w[0] = below(page, 3) ? a_free_slot(page) : below(page, SLOT_COUNT);
        w[1] = below(page, SLOT_COUNT);
        w[2] = below(page, 4) ? RIGHTS_ALL : below(page, 16);
        break;
    case OP_CNODE_DELETE:
    case OP_CNODE_REVOKE:
    case OP_CNODE_INSPECT:
    case OP_CNODE_CANCEL_BADGE:
        w[0] = below(page, 4) ? a_free_slot(page) : below(page, SLOT_COUNT);
        w[1] = below(page, 4);
        break;
    case OP_THREAD_CONFIGURE:
        w[0] = (word_t)1 << below(page, 6);
        w[1] = of_type(page, OBJECT_CNODE);
        w[2] = of_type(page, OBJECT_ADDRESS_SPACE);
        w[3] = of_type(page, OBJECT_FRAME);
        w[4] = below(page, 4) * UTCB_ALIGN;
        w[5] = of_type(page, OBJECT_ENDPOINT);
        w[6] = of_type(page, OBJECT_ENDPOINT);
        w[7] = of_type(page, OBJECT_NOTIFICATION);
        break;
    case OP_THREAD_SET_PRIORITY:
        w[0] = below(page, FUZZ_MAXIMUM);
        w[1] = below(page, FUZZ_MAXIMUM);
        break;
    case OP_THREAD_SET_ATTRIBUTES:
        w[0] = below(page, 4);
        w[1] = w[0] & below(page, 4);
        break;
    case OP_THREAD_BIND_NOTIFICATION:
    case OP_IRQ_HANDLER_BIND:
        w[0] = below(page, 3) ? of_type(page, OBJECT_NOTIFICATION) : 0;
        break;
    case OP_SCHED_CONTEXT_BIND:
    case OP_SCHED_CONTEXT_LEND:
        w[0] = of_type(page, OBJECT_THREAD);
        break;
    case OP_ADDRESS_SPACE_MAP:
        w[0] = of_type(page, OBJECT_FRAME);
        w[1] = a_place(page);
        w[2] = below(page, 16);
        w[3] = below(page, 3);
        break;
    case OP_ADDRESS_SPACE_MAP_TABLE:
        w[0] = of_type(page, OBJECT_PAGE_TABLE);
        w[1] = a_place(page);
        break;
    case OP_CORE_RANGE_SET_BUDGET:
        w[0] = of_type(page, OBJECT_SCHED_CONTEXT);
        w[1] = 0;
        w[2] = 100000 + below(page, 100000);
        w[3] = w[2] + below(page, 1000000) * below(page, 2);
        break;
    case OP_CORE_RANGE_SET_TIMER:
        w[0] = 0;
        break;
    case OP_CORE_RANGE_BIND_TIMER:
        w[0] = 0;
        w[1] = of_type(page, OBJECT_NOTIFICATION);
        break;
    }
}

static word_t random_operation(struct fuzzer_page *page)
{
    switch (below(page, 64)) {
    case 0:
        return below(page, 2) ? next_random(page) : SYS_COUNT + below(page, 200);
    case 1:
        return SYS_YIELD;
    case 2:
        return below(page, 2) ? SYS_RECV : SYS_REPLY_RECV;
    case 3:
    case 4:
    case 5:
    case 6:
        return SYS_SEND;
    case 7:
    case 8:
    case 9:
        return SYS_SEND | SYS_POLL;
    case 10:
    case 11:
    case 12:
        return SYS_RECV | SYS_POLL;
    case 13:
    case 14:
        return SYS_REPLY_RECV | SYS_POLL;
    default:
        return SYS_CALL;
    }
}

static void fill_page(struct fuzzer_page *page)
{
    for (unsigned i = 0; i < 4; i++) {
        page->utcb.words[4 + below(page, 16)] = random_word(page);
        page->utcb.give[i] =
            (struct utcb_give){ random_address(page), below(page, 4) | (word_t)below(page, 32) << 8,
                                below(page, 4), 0 };
        page->utcb.take[i] = below(page, 2) ? a_free_slot(page) : random_address(page);
    }
}

static void random_message(struct fuzzer_page *page, cap_t cap, struct message *message)
{
    word_t words[8];

    message->tag = random_tag(page, cap);
    for (unsigned i = 0; i < 8; i++)
        words[i] = random_word(page);
    if (below(page, 4))
        likely_arguments(page, tag_label(message->tag), words);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        message->word[i] = words[i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < 8; i++)
        page->utcb.words[i] = words[i];
    if (below(page, 8) == 0)
        fill_page(page);
}

/* The debug call can print and halt: it is left out, in whatever disguise. */
static bool is_debug(word_t operation)
{
    return (operation & ~(word_t)SYS_POLL) == SYS_DEBUG;
}

void fuzzer_main(struct fuzzer_page *page)
{
    for (;;) {
        word_t operation = random_operation(page);
        cap_t cap = random_address(page),
              reply = below(page, 3) ? SLOT_REPLIES + below(page, 2) : random_address(page);
        struct message message = { 0 };
        random_message(page, cap, &message);
        page->count++;
        if (!is_debug(operation) && status_error(arch_syscall(operation, cap, &message, reply)) == OK)
            page->good++;
    }
}
