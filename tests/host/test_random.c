/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random, but meaningful, system calls by several threads, with faults, interrupts and time between; all
 * invariants are checked after every one. The threads share a pool of slots; everything in it is made from
 * one Untyped, so that in the end one revoke and one reset must give all of it back. The seed is TEST_SEED.
 */
#include "system.h"
#include <lucid/faults.h>

#define POOL    48u
#define THREADS 6u
#define AT      ((word_t)0x20000000)

static cap_t pool;                                /* its first slot */
static cap_t part;                                /* what it is made from */
static cap_t keeper[THREADS], keeper_sc[THREADS]; /* in the pool, at first */
static cap_t asid_range, irq_range;

static cap_t any_slot(void)
{
    return pool + random_below(POOL);
}

static bool is_type(cap_t slot, unsigned type)
{
    return cap_type(&slot_at(slot)->cap) == type;
}

/* A slot with a capability of this type if there is one, nine times in ten. */
static cap_t any_of(unsigned type)
{
    cap_t from = any_slot();

    if (random_below(10) == 0)
        return from;
    for (unsigned i = 0; i < POOL; i++) {
        cap_t slot = pool + (from - pool + i) % POOL;
        if (is_type(slot, type))
            return slot;
    }
    return from;
}

static cap_t any_empty(void)
{
    return random_below(10) ? any_of(OBJECT_NULL) : any_slot();
}

/* Arguments of an operation, one letter each. */
static word_t argument(char kind)
{
    static const word_t addresses[] = { AT, AT + 0x1000,    AT + 0x200000, AT + 0x40000000,
                                        0,  ~(word_t)0xfff, AT + 1 };
    static const word_t times[] = { 100000, 200000, 1000000, 5000000, 10000000 };

    switch (kind) {
    case 'd':
        return any_empty();
    case 's':
        return any_slot();
    case 'f':
        return any_of(OBJECT_FRAME);
    case 'P':
        return any_of(OBJECT_PAGE_TABLE);
    case 'T':
        return any_of(OBJECT_THREAD);
    case 'S':
        return any_of(OBJECT_SCHED_CONTEXT);
    case 'A':
        return random_below(3) ? BOOT_SLOT_SPACE : any_of(OBJECT_ADDRESS_SPACE);
    case 'e':
        return random_below(4) ? any_of(OBJECT_ENDPOINT) : 0;
    case 'N':
        return random_below(4) ? any_of(OBJECT_NOTIFICATION) : 0;
    case 'C':
        return BOOT_SLOT_CNODE;
    case 'r':
        return random_below(4) ? RIGHTS_ALL : random_below(18);
    case 'b':
        return random_below(4);
    case 'p':
        return 50 + random_below(20);
    case 'a':
        return addresses[random_below(ARRAY_COUNT(addresses))];
    case 't':
        return times[random_below(ARRAY_COUNT(times))];
    case 'm':
        return random_below(64) & ~(word_t)THREAD_SET_CNODE;
    case 'o':
        return random_below(5) * 1024;
    case 'k':
        return random_below(4);
    case 'z':
        return 0;
    default:
        return random_below(8);
    }
}

static const struct {
    word_t operation;
    unsigned type; /* of the object; the root's own CNode and ranges are named below */
    const char *arguments;
} operations[] = {
    { OP_UNTYPED_RESET, OBJECT_UNTYPED, "z" },
    { OP_UNTYPED_INFO, OBJECT_UNTYPED, "" },
    { OP_CNODE_COPY, OBJECT_NULL, "ds" },
    { OP_CNODE_COPY, OBJECT_NULL, "ds" },
    { OP_CNODE_MINT, OBJECT_NULL, "dsrbk" },
    { OP_CNODE_MINT, OBJECT_NULL, "dsrbk" },
    { OP_CNODE_MOVE, OBJECT_NULL, "ds" },
    { OP_CNODE_DELETE, OBJECT_NULL, "s" },
    { OP_CNODE_REVOKE, OBJECT_NULL, "s" },
    { OP_CNODE_INSPECT, OBJECT_NULL, "s" },
    { OP_CNODE_CANCEL_BADGE, OBJECT_NULL, "sb" },
    { OP_CNODE_COPY, OBJECT_CNODE, "ns" },
    { OP_CNODE_MOVE, OBJECT_CNODE, "ns" },
    { OP_CNODE_DELETE, OBJECT_CNODE, "n" },
    { OP_THREAD_CONFIGURE, OBJECT_THREAD, "mzAfoeeN" },
    { OP_THREAD_READ_REGISTERS, OBJECT_THREAD, "" },
    { OP_THREAD_WRITE_REGISTERS, OBJECT_THREAD, "na" },
    { OP_THREAD_SUSPEND, OBJECT_THREAD, "n" },
    { OP_THREAD_RESUME, OBJECT_THREAD, "" },
    { OP_THREAD_RESUME, OBJECT_THREAD, "" },
    { OP_THREAD_CANCEL, OBJECT_THREAD, "" },
    { OP_THREAD_SET_PRIORITY, OBJECT_THREAD, "pp" },
    { OP_THREAD_BIND_NOTIFICATION, OBJECT_THREAD, "N" },
    { OP_THREAD_SET_ATTRIBUTES, OBJECT_THREAD, "kk" },
    { OP_THREAD_INFO, OBJECT_THREAD, "" },
    { OP_SCHED_CONTEXT_BIND, OBJECT_SCHED_CONTEXT, "T" },
    { OP_SCHED_CONTEXT_UNBIND, OBJECT_SCHED_CONTEXT, "" },
    { OP_SCHED_CONTEXT_LEND, OBJECT_SCHED_CONTEXT, "T" },
    { OP_SCHED_CONTEXT_INFO, OBJECT_SCHED_CONTEXT, "" },
    { OP_FRAME_UNMAP, OBJECT_FRAME, "" },
    { OP_FRAME_INFO, OBJECT_FRAME, "" },
    { OP_ADDRESS_SPACE_MAP, OBJECT_ADDRESS_SPACE, "farz" },
    { OP_ADDRESS_SPACE_MAP, OBJECT_ADDRESS_SPACE, "farz" },
    { OP_ADDRESS_SPACE_MAP_TABLE, OBJECT_ADDRESS_SPACE, "Pa" },
    { OP_ADDRESS_SPACE_MAP_TABLE, OBJECT_ADDRESS_SPACE, "Pa" },
    { OP_PAGE_TABLE_UNMAP, OBJECT_PAGE_TABLE, "" },
    { OP_IRQ_HANDLER_BIND, OBJECT_IRQ_HANDLER, "N" },
    { OP_IRQ_HANDLER_ACKNOWLEDGE, OBJECT_IRQ_HANDLER, "" },
    { OP_CORE_RANGE_SET_BUDGET, OBJECT_CORE_RANGE, "Szttb" },
    { OP_CORE_RANGE_SET_TIMER, OBJECT_CORE_RANGE, "zt" },
    { OP_CORE_RANGE_BIND_TIMER, OBJECT_CORE_RANGE, "zN" },
};

static void random_retype(cap_t untyped)
{
    static const struct {
        unsigned type, bits;
    } kinds[] = { { OBJECT_CNODE, 4 },        { OBJECT_THREAD, 0 },        { OBJECT_ENDPOINT, 0 },
                  { OBJECT_NOTIFICATION, 0 }, { OBJECT_REPLY, 0 },         { OBJECT_SCHED_CONTEXT, 8 },
                  { OBJECT_FRAME, 12 },       { OBJECT_ADDRESS_SPACE, 0 }, { OBJECT_PAGE_TABLE, 0 },
                  { OBJECT_IRQ_HANDLER, 0 },  { OBJECT_UNTYPED, 14 },      { OBJECT_REPLY, 0 } };
    unsigned kind = random_below(ARRAY_COUNT(kinds)), type = kinds[kind].type;
    cap_t range = type == OBJECT_ADDRESS_SPACE ? asid_range : type == OBJECT_IRQ_HANDLER ? irq_range : 0;
    word_t number = type == OBJECT_ADDRESS_SPACE ? 40 + random_below(4)
                    : type == OBJECT_IRQ_HANDLER ? 8 + random_below(4)
                                                 : 0;

    CALL(untyped, OP_UNTYPED_RETYPE, type, kinds[kind].bits, 0, any_empty(), 1, range, number);
}

static void random_invocation(void)
{
    word_t words[MESSAGE_WORDS_MAX] = { 0 };
    unsigned i = random_below(ARRAY_COUNT(operations)), count = 0;
    unsigned type = operations[i].type;
    cap_t cap = type == OBJECT_NULL                               ? (cap_t)BOOT_SLOT_CNODE
                : type == OBJECT_CORE_RANGE                       ? (cap_t)BOOT_SLOT_CORE_RANGE
                : type == OBJECT_ADDRESS_SPACE && random_below(2) ? (cap_t)BOOT_SLOT_SPACE
                                                                  : any_of(type);

    for (const char *kind = operations[i].arguments; *kind; kind++)
        words[count++] = argument(*kind);
    sys(SYS_CALL, cap, 0, tag_make(operations[i].operation, count, 0), words);
}

static void random_message(void)
{
    word_t words[MESSAGE_WORDS_MAX] = { random_below(3), random_below(3), 3, 4, 5, 6 };
    tag_t tag = tag_make(random_below(3), random_below(8) ? random_below(10) : random_below(70),
                         random_below(3) ? 0 : random_below(6));
    struct utcb *utcb = current()->utcb;
    word_t poll = random_below(4) ? 0 : SYS_POLL;

    fastpath_enable(random_below(3) != 0);
    for (unsigned i = 0; utcb && i < MESSAGE_CAPS_MAX; i++) {
        utcb->give[i] =
            (struct utcb_give){ any_slot(), random_below(4) | argument('r') << 8, random_below(3), 0 };
        utcb->take[i] = any_empty();
    }
    cap_t where = random_below(5) ? any_of(OBJECT_ENDPOINT) : any_of(OBJECT_NOTIFICATION);
    switch (random_below(6)) {
    case 0:
    case 1:
        sys(SYS_CALL, any_of(OBJECT_ENDPOINT), 0, tag, words);
        break;
    case 2:
        sys(SYS_SEND | poll, random_below(3) ? where : any_of(OBJECT_REPLY), 0, tag, words);
        break;
    case 3:
        sys(SYS_RECV | poll, where, random_below(4) ? any_of(OBJECT_REPLY) : 0, 0, words);
        break;
    default:
        sys(SYS_REPLY_RECV | poll, where, random_below(8) ? any_of(OBJECT_REPLY) : 0, tag, words);
    }
}

/* The root puts new life into the pool: threads that run, and things for them to use. */
static void revive(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        cap_t thread = keeper[i], sc = keeper_sc[i];
        if (!is_type(thread, OBJECT_THREAD) && CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, thread).status == OK)
            CALL(part, OP_UNTYPED_RETYPE, OBJECT_THREAD, 0, 0, thread, 1, 0, 0);
        if (!is_type(sc, OBJECT_SCHED_CONTEXT) && CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, sc).status == OK)
            CALL(part, OP_UNTYPED_RETYPE, OBJECT_SCHED_CONTEXT, 8, 0, sc, 1, 0, 0);
        if (!is_type(thread, OBJECT_THREAD) || !is_type(sc, OBJECT_SCHED_CONTEXT))
            continue;
        CALL(thread, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, BOOT_SLOT_CNODE, 0, 0, 0, 0, 0, 0);
        if (!thread_at(thread)->space)
            CALL(thread, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, BOOT_SLOT_SPACE, 0, 0, 0, 0, 0);
        if (!thread_at(thread)->utcb)
            CALL(thread, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, any_of(OBJECT_FRAME),
                 random_below(4) * 1024, 0, 0, 0);
        CALL(thread, OP_THREAD_SET_PRIORITY, 50 + random_below(20), 80);
        CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, sc, 0, argument('t'), 10000000, i);
        if (random_below(3))
            CALL(sc, OP_SCHED_CONTEXT_BIND, thread);
        if (random_below(3) == 0)
            CALL(thread, OP_THREAD_CANCEL);
        CALL(thread, OP_THREAD_RESUME);
    }
    for (unsigned i = 0; i < 10; i++)
        random_retype(part);
}

static void renew(void)
{
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    revoke(asid_range);
    revoke(irq_range);
    for (cap_t slot = pool; slot < pool + POOL; slot++)
        EXPECT(slot_is_empty(slot_at(slot)));
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, pool, asid_range, RIGHTS_ALL, 40,
       4); /* a part of each range, to be revoked with luck */
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, pool + 1, irq_range, RIGHTS_ALL, 8, 4);
    DO(part, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, 17, 0, pool + 2, 1, 0, 0);
    for (unsigned i = 0; i < 30; i++)
        random_retype(part);
    revive();
}

static void setup(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, 19);
    asid_range = slot_new();
    irq_range = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, asid_range, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, 40, 8);
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, irq_range, BOOT_SLOT_IRQ_RANGE, RIGHTS_ALL, 8, 8);
    pool = slot_new();
    for (unsigned i = 1; i < POOL; i++)
        slot_new();
    for (unsigned i = 0; i < THREADS; i++) {
        keeper[i] = pool + POOL - 1 - i;
        keeper_sc[i] = pool + POOL - 1 - THREADS - i;
    }
    renew();
}

static void one_step(void)
{
    host.pending_every = random_below(4) ? 0 : 1 + random_below(3);
    if (!current()) {
        host_time_advance(1 + random_below(3000000));
        return;
    }
    if (current()->context.at_syscall && random_below(8)) { /* it is to go on with what it had begun */
        host_syscall();
        return;
    }
    current()->context.at_syscall = false;
    switch (random_below(16)) {
    case 0:
        host_time_advance(random_below(2000000));
        break;
    case 1:
        host_interrupt(8 + random_below(8));
        break;
    case 2:
        if (random_below(4) == 0)
            kernel_exception(EXCEPTION_OTHER, random_below(5));
        break;
    case 3:
        host_access(argument('a') & ~(word_t)0xfff, FAULT_ACCESS_READ);
        break;
    case 4:
        if (random_below(4) == 0)
            YIELD();
        else if (random_below(4) == 0)
            host_fpu();
        break;
    case 5:
        random_retype(any_of(OBJECT_UNTYPED));
        break;
    case 6:
    case 7:
    case 8:
        random_invocation();
        break;
    default:
        random_message();
    }
}

static void run_steps(unsigned steps)
{
    setup();
    for (unsigned i = 0; i < steps; i++) {
        if (i % 200 == 199) { /* the root looks after them */
            host.pending_every = 0;
            if (current() != root_thread())
                root_wake();
            if (i % 2000 == 1999)
                renew();
            else
                revive();
        }
        if (current() == root_thread())
            root_sleep();
        one_step();
        system_check();
    }
    host.pending_every = 0;
    if (current() != root_thread())
        root_wake();
    renew();
}

TEST(random_operations_keep_all_invariants)
{
    run_steps(12000);
}
