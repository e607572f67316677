/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random destruction by several threads at once: each is interrupted after every step, and the others use what is left. Untypeds, CNodes and
 * threads lie in each other without order. All invariants are checked after every step. The seed is TEST_SEED.
 */
#include "system.h"

#define POOL      24u
#define WORKERS   3u
#define STEPS     2500u
#define NODE_BITS 4u

static cap_t part, pool, worker[WORKERS];

static void setup(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, 18);
    pool = slot_new();
    for (unsigned i = 1; i < POOL; i++)
        slot_new();
    for (unsigned i = 0; i < WORKERS; i++) {
        worker[i] = make_thread(100);
        resume(worker[i]);
    }
}

/* A slot of the pool with a capability of this type, if there is one. */
static cap_t any_of(unsigned type)
{
    cap_t from = random_below(POOL);

    for (unsigned i = 0; i < POOL; i++)
        if (cap_type(&slot_at(pool + (from + i) % POOL)->cap) == type)
            return pool + (from + i) % POOL;
    return pool + from;
}

/* In the root CNode, or in a CNode that stands there. */
static cap_t any_address(void)
{
    if (random_below(3))
        return pool + random_below(POOL);
    return any_of(OBJECT_CNODE) | (cap_t)random_below(1u << NODE_BITS) << info->cnode_size_bits;
}

/* The worker enters the kernel once. */
static void invoke(cap_t cap, word_t operation, unsigned words, const word_t *arguments)
{
    sys_once(SYS_CALL, cap, 0, tag_make(operation, words, 0), arguments);
}

static void retype(void)
{
    static const struct {
        unsigned type, size_bits;
    } kinds[] = { { OBJECT_UNTYPED, 13 },      { OBJECT_UNTYPED, 11 },      { OBJECT_UNTYPED, 12 },
                  { OBJECT_CNODE, NODE_BITS }, { OBJECT_CNODE, NODE_BITS }, { OBJECT_THREAD, 0 },
                  { OBJECT_ENDPOINT, 0 } };
    unsigned kind = random_below(ARRAY_COUNT(kinds));

    invoke(random_below(6) ? any_of(OBJECT_UNTYPED) : part, OP_UNTYPED_RETYPE, 7,
           WORDS(kinds[kind].type, kinds[kind].size_bits, 0, any_of(OBJECT_NULL), 1, 0, 0));
}

static void move_or_copy(word_t operation)
{
    if (random_below(3))
        invoke(any_of(OBJECT_CNODE), operation, 2, WORDS(1 + random_below(3), any_address()));
    else
        invoke(BOOT_SLOT_CNODE, operation, 2, WORDS(any_of(OBJECT_NULL), any_address()));
}

/* DELETE or REVOKE. */
static void take_away(word_t operation)
{
    if (random_below(3))
        invoke(BOOT_SLOT_CNODE, operation, 1,
               WORDS(random_below(2) ? any_of(OBJECT_CNODE) : pool + random_below(POOL)));
    else
        invoke(any_of(OBJECT_CNODE), operation, 1, WORDS(1 + random_below(3)));
}

static void one_call(void)
{
    switch (random_below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
        retype();
        break;
    case 4:
    case 5:
    case 6:
        move_or_copy(OP_CNODE_MOVE);
        break;
    case 7:
        move_or_copy(OP_CNODE_COPY);
        break;
    case 8:
    case 9:
        invoke(any_of(OBJECT_UNTYPED), OP_UNTYPED_RESET, 1, WORDS(0));
        break;
    case 10:
        invoke(any_of(OBJECT_THREAD), OP_THREAD_CONFIGURE, 8,
               WORDS(THREAD_SET_CNODE, any_of(OBJECT_CNODE), 0, 0, 0, 0, 0, 0));
        break;
    case 11:
        take_away(OP_CNODE_REVOKE);
        break;
    default:
        take_away(OP_CNODE_DELETE);
    }
}

/* It is current; if it has called an endpoint, that ends. */
static void resume_worker(cap_t thread)
{
    if (current() != root_thread())
        root_wake();
    DO(thread, OP_THREAD_CANCEL);
    run(thread);
}

/* It goes on with what it had begun, or begins something else in the middle of it. */
static void some_steps(void)
{
    for (unsigned i = random_below(5); i > 0 && current(); i--) {
        if (current()->context.at_syscall && random_below(10))
            host_syscall_once();
        else
            one_call();
        system_check();
    }
}

TEST(random_destruction_by_several_interrupted_threads_keeps_all_invariants)
{
    setup();
    for (unsigned i = 0; i < STEPS; i++) {
        host.pending_every = 0;
        resume_worker(worker[random_below(WORKERS)]);
        host.pending_every = 1;
        some_steps();
        host.pending_every = 0;
        if (i % 250 != 249)
            continue;
        root_wake();
        revoke(part);
        DO(part, OP_UNTYPED_RESET, 0);
        for (cap_t slot = pool; slot < pool + POOL; slot++)
            EXPECT(slot_is_empty(slot_at(slot)));
    }
}
