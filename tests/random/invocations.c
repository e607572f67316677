/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on kernel objects: how often each is tried, and what its arguments are. A letter for each: those of capabilities are in
 * pick.c, the others are
 *
 *   x empty slot of the object   y slot of it in use   u endpoint's slot of it   r rights   b badge or number   c count   m mask of configure
 *   o message page's offset   a address   h cache attribute   p priority   n register   v value   k thread attributes   w budget   W period
 *   d deadline   i interrupt mode   q port   z size of a port   g offset in a frame   G size in it   j floor   l small number   0 zero
 */
#include "driver.h"
#include <string.h>

#define RULE(operation, weight, right, letters)                                                              \
    {                                                                                                        \
        operation, weight, right, #operation, letters                                                        \
    }

const struct invocation_rule invocation_rules[] = {
    RULE(OP_UNTYPED_RESET, 8, RIGHT_WRITE, "Vj"),
    RULE(OP_UNTYPED_INFO, 1, RIGHT_WRITE, "U"),
    RULE(OP_CNODE_COPY, 10, RIGHT_WRITE, "Cxs"),
    RULE(OP_CNODE_MINT, 12, RIGHT_WRITE, "Cxsrbc"),
    RULE(OP_CNODE_MOVE, 5, RIGHT_WRITE, "Cx."),
    RULE(OP_CNODE_DELETE, 14, RIGHT_WRITE, "Cy"),
    RULE(OP_CNODE_REVOKE, 6, RIGHT_WRITE, "Cy"),
    RULE(OP_CNODE_INSPECT, 2, RIGHT_WRITE, "Cy"),
    RULE(OP_CNODE_CANCEL_BADGE, 4, RIGHT_WRITE, "Cub"),
    RULE(OP_THREAD_CONFIGURE, 10, RIGHT_WRITE, "TmCAfoeeN"),
    RULE(OP_THREAD_READ_REGISTERS, 2, RIGHT_WRITE, "T"),
    RULE(OP_THREAD_WRITE_REGISTERS, 3, RIGHT_WRITE, "Tnvv"),
    RULE(OP_THREAD_SUSPEND, 4, RIGHT_WRITE, "Tl"),
    RULE(OP_THREAD_RESUME, 12, RIGHT_WRITE, "t"),
    RULE(OP_THREAD_CANCEL, 6, RIGHT_WRITE, "t"),
    RULE(OP_THREAD_SET_PRIORITY, 6, RIGHT_WRITE, "Tpp"),
    RULE(OP_THREAD_BIND_NOTIFICATION, 5, RIGHT_WRITE, "TN"),
    RULE(OP_THREAD_SET_ATTRIBUTES, 4, RIGHT_WRITE, "Tkk"),
    RULE(OP_THREAD_INFO, 2, RIGHT_WRITE, "T"),
    RULE(OP_SCHED_CONTEXT_BIND, 7, RIGHT_WRITE, "ST"),
    RULE(OP_SCHED_CONTEXT_UNBIND, 3, RIGHT_WRITE, "B"),
    RULE(OP_SCHED_CONTEXT_INFO, 2, RIGHT_WRITE, "Z"),
    RULE(OP_SCHED_CONTEXT_LEND, 7, RIGHT_WRITE, "ST"),
    RULE(OP_FRAME_UNMAP, 4, 0, "F"),
    RULE(OP_FRAME_CLEAN, 1, RIGHT_WRITE, "fgG"),
    RULE(OP_FRAME_INVALIDATE, 1, RIGHT_WRITE, "fgG"),
    RULE(OP_FRAME_INFO, 1, 0, "F"),
    RULE(OP_ADDRESS_SPACE_MAP, 14, RIGHT_WRITE, "Afarh"),
    RULE(OP_ADDRESS_SPACE_MAP_TABLE, 8, RIGHT_WRITE, "APa"),
    RULE(OP_ADDRESS_SPACE_INFO, 1, RIGHT_WRITE, "A"),
    RULE(OP_PAGE_TABLE_UNMAP, 3, RIGHT_WRITE, "Q"),
    RULE(OP_IRQ_HANDLER_BIND, 5, RIGHT_WRITE, "IN"),
    RULE(OP_IRQ_HANDLER_ACKNOWLEDGE, 3, RIGHT_WRITE, "I"),
    RULE(OP_IRQ_HANDLER_SET_MODE, 1, RIGHT_WRITE, "Ii"),
    RULE(OP_IRQ_HANDLER_MSI, 1, RIGHT_WRITE, "I"),
    RULE(OP_IO_PORT_RANGE_IN, 1, RIGHT_READ, "Xqz"),
    RULE(OP_IO_PORT_RANGE_OUT, 1, RIGHT_WRITE, "Xqzv"),
    RULE(OP_CORE_RANGE_SET_BUDGET, 7, RIGHT_WRITE, "KZ0wWb"),
    RULE(OP_CORE_RANGE_SET_TIMER, 3, RIGHT_WRITE, "K0d"),
    RULE(OP_CORE_RANGE_BIND_TIMER, 3, RIGHT_WRITE, "K0N"),
    RULE(OP_CORE_RANGE_POWER, 1, RIGHT_WRITE | RIGHT_GRANT, "Ki"),
};
const unsigned invocation_rule_count = ARRAY_COUNT(invocation_rules);

const struct invocation_rule *invocation_rule(word_t operation)
{
    for (unsigned i = 0; i < invocation_rule_count; i++)
        if (invocation_rules[i].operation == operation)
            return &invocation_rules[i];
    return NULL;
}

const struct retype_row retype_rows[] = {
    { OBJECT_THREAD, 0 },         { OBJECT_SCHED_CONTEXT, 8 }, { OBJECT_FRAME, 12 },
    { OBJECT_PAGE_TABLE, 0 },     { OBJECT_ENDPOINT, 0 },      { OBJECT_NOTIFICATION, 0 },
    { OBJECT_REPLY, 0 },          { OBJECT_CNODE, 4 },         { OBJECT_ADDRESS_SPACE, 0 },
    { OBJECT_IRQ_HANDLER, 0 },    { OBJECT_UNTYPED, 13 },      { OBJECT_FRAME, 12 },
    { OBJECT_REPLY, 0 },          { OBJECT_SCHED_CONTEXT, 9 }, { OBJECT_UNTYPED, 14 },
    { OBJECT_CNODE, 5 },          { OBJECT_IRQ_HANDLER, 1 },   { OBJECT_UNTYPED, 5 },
    { OBJECT_FRAME, 13 },         { OBJECT_CORE_RANGE, 0 },    { OBJECT_NULL, 0 },
    { OBJECT_SCHED_CONTEXT, 13 }, { OBJECT_FRAME, 21 },        { OBJECT_CNODE, 21 },
};
const unsigned retype_row_count = ARRAY_COUNT(retype_rows);

static word_t address_of(unsigned n)
{
    static const word_t odd[] = { 0, MAPPED_AT + 1, USER_ADDRESS_END, ~(word_t)0xfff,
                                  USER_ADDRESS_END - 4096 };
    unsigned kind = n / 8 % 8;

    if (kind < 5)
        return MAPPED_AT + n % 8 * PAGE_SIZE;
    if (kind == 5)
        return MAPPED_AT + (n % 8 + 1) * MIB(2);
    if (kind == 6)
        return MAPPED_AT + (n % 4 + 1) * MIB(1024);
    return odd[n % ARRAY_COUNT(odd)];
}

static word_t time_of(char letter, unsigned n)
{
    static const word_t budgets[] = { 1000000, 100000, 250000, 2500000, 10000000, 333333, 99999, 0 };
    static const word_t periods[] = {
        10000000, 1000000, 250000, 5000000, 3000001, 2500000, 3600000000001, 0
    };

    return letter == 'w' ? budgets[n % 16 < 8 ? n % 8 : n % 6] : periods[n % 16 < 8 ? n % 8 : n % 6];
}

/* An index of an endpoint without a badge in the CNode. */
static word_t endpoint_index(const struct slot *cnode, unsigned n)
{
    unsigned found = 0;

    if (!cnode || cap_type(&cnode->cap) != OBJECT_CNODE)
        return n;
    const struct slot *slots = cnode_slots(&cnode->cap);
    for (unsigned round = 0; round < 2; round++)
        for (word_t i = 1; i < cnode_count(&cnode->cap); i++)
            if (cap_is(&slots[i].cap, OBJECT_ENDPOINT, RIGHT_READ | RIGHT_WRITE) && !slots[i].cap.data &&
                found++ == n % 4)
                return i;
    return n;
}

static word_t number_argument(char letter, unsigned n)
{
    switch (letter) {
    case 'r':
        return n % 8 < 5 ? RIGHTS_ALL : n % 18;
    case 'b':
        return n % 4 < 3 ? n % 8 : NUMBER_FIRST + n % 16;
    case 'c':
        return 1 + n % 4;
    case 'm':
        return n % 128;
    case 'o':
        return n % 5 * UTCB_ALIGN + (n % 64 == 63 ? 8 : 0);
    case 'a':
        return address_of(n);
    case 'h':
        return n % 16 == 15 ? 3 : n % 3;
    case 'p':
        return n % 32 == 31 ? n : 100 + n % 16;
    case 'n':
        return n % 16 == 15 ? 11 : n % 5;
    case 'k':
        return n % 32 == 31 ? 4 : n % 4;
    case 'w':
    case 'W':
        return time_of(letter, n);
    case 'd':
        return n % 8 ? (word_t)time_ns(host.ticks - time_start()) + n * 1000 : ~(word_t)0;
    case 'i':
        return n % 8 == 7 ? 4 : n % 4;
    case 'q':
        return 0x60 + n % 10;
    case 'z':
        return n % 8 == 7 ? 3 : 1u << n % 3;
    case 'g':
        return n % 16 * 512;
    case 'G':
        return n % 6 * 1024;
    case 'j':
        return n % 8 ? 0 : n * 520;
    case 'l':
        return n % 64;
    case 'v':
        return n % 8 ? n : ~(word_t)n;
    default: /* a core of a range */
        return CONFIG_CORES > 1 ? n % (CONFIG_CORES + 1) : n % 64 == 63;
    }
}

word_t invocation_argument(char letter, uint32_t argument, const struct slot *object)
{
    if (letter == 'x' || letter == 'y')
        return pick_index(object, letter == 'x', argument);
    if (letter == 'u')
        return endpoint_index(object, argument & 0xffff);
    if (strchr("eENROfFPQTtSBZACUVILXYKs.", letter))
        return pick(letter, argument);
    return argument >> PICK_SHIFT == PICK_WILD ? pick('s', argument)
                                               : number_argument(letter, argument & 0xffff);
}
