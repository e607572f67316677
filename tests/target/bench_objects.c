/* SPDX-License-Identifier: BSD-2-Clause */
/* What operations on objects cost. */
#include "paths.h"

BENCH(set_priority)
{
    MEASURE(MUST(thread_set_priority(test_thread, TEST_PRIORITY, PRIORITY_MAX)));
}

static inline __attribute__((always_inline)) void copy_and_delete(cap_t slot, cap_t source)
{
    MUST(cnode_copy(CNODE, slot, source));
    MUST(cnode_delete(CNODE, slot));
}

BENCH(copy_delete)
{
    cap_t source = make(OBJECT_NOTIFICATION, 0), slot = slot_take();
    MEASURE(copy_and_delete(slot, source));
}

static inline __attribute__((always_inline)) void map_and_unmap(cap_t frame, word_t address)
{
    MUST(address_space_map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_WRITE_BACK));
    MUST(frame_unmap(frame));
}

BENCH(map_unmap)
{
    struct page page = page_make();

    expect_ok(frame_unmap(page.frame));
    MEASURE(map_and_unmap(page.frame, (word_t)page.words));
}

BENCH(thread_create_destroy)
{
    cap_t untyped = make(OBJECT_UNTYPED, 14), slot = slot_take();
    MEASURE(create_and_destroy(untyped, slot));
}

/* ---- Retype of one object, each time into the next slot */

#define RETYPE_ROUNDS 128u

static void retype(const char *path, unsigned type, unsigned size_bits)
{
    cap_t untyped = make(OBJECT_UNTYPED, 21), slot = slots_take(WARM_ROUNDS + 2 * RETYPE_ROUNDS + 1);

    MEASURE_PATH(path, RETYPE_ROUNDS,
                 MUST(untyped_retype(untyped, type, size_bits, CAP_NULL, slot, 1, CAP_NULL, 0)), slot++);
}

BENCH(retype_untyped)
{
    retype(__func__, OBJECT_UNTYPED, FRAME_SIZE_4K);
}

BENCH(retype_cnode)
{
    retype(__func__, OBJECT_CNODE, 4);
}

BENCH(retype_thread)
{
    retype(__func__, OBJECT_THREAD, 0);
}

BENCH(retype_endpoint)
{
    retype(__func__, OBJECT_ENDPOINT, 0);
}

BENCH(retype_notification)
{
    retype(__func__, OBJECT_NOTIFICATION, 0);
}

BENCH(retype_reply)
{
    retype(__func__, OBJECT_REPLY, 0);
}

BENCH(retype_sched_context)
{
    retype(__func__, OBJECT_SCHED_CONTEXT, 8);
}

BENCH(retype_frame)
{
    retype(__func__, OBJECT_FRAME, FRAME_SIZE_4K);
}

BENCH(retype_page_table)
{
    retype(__func__, OBJECT_PAGE_TABLE, 0);
}

/* Each has a number of its own. */
BENCH(retype_address_space)
{
    cap_t untyped = make(OBJECT_UNTYPED, 22), slot = slots_take(WARM_ROUNDS + 2 * RETYPE_ROUNDS + 1);
    word_t number = 200; /* and up: nobody else's */

    MEASURE_PATH(__func__, RETYPE_ROUNDS,
                 MUST(untyped_retype(untyped, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1,
                                     BOOT_SLOT_ASID_RANGE, number)),
                 (slot++, number++));
}

/* There are few lines. */
BENCH(retype_irq_handler)
{
    enum { HANDLERS = 16 };
    cap_t untyped = make(OBJECT_UNTYPED, 16), slot = slots_take(WARM_ROUNDS + 2 * HANDLERS + 1);
    word_t line = boot->irq_lines - (WARM_ROUNDS + 2 * HANDLERS + 2);

    MEASURE_PATH(
        __func__, HANDLERS,
        MUST(untyped_retype(untyped, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, line)),
        (slot++, line++));
}

/* ---- Revoke */

#define CHILDREN 64u

/* One more child: what 64 cost above 32. */
BENCH(revoke_per_capability)
{
    cap_t source = make(OBJECT_NOTIFICATION, 0), first = slots_take(CHILDREN);
    uint64_t ticks[2], minting[2];

    for (unsigned warm = 0; warm < 2; warm++)
        for (unsigned half = 0; half < 2; half++) {
            unsigned count = CHILDREN >> half;
            uint64_t start = cost_now();
            for (unsigned i = 0; i < count; i++)
                MUST(cnode_mint(CNODE, first + i, source, RIGHTS_ALL, 0));
            minting[half] = cost_now() - start;
            start = cost_now();
            MUST(cnode_revoke(CNODE, source));
            ticks[half] = cost_now() - start;
        }
    MARK_BEGIN();
    MUST(cnode_mint(CNODE, first, source, RIGHTS_ALL, 0));
    MARK_END();
    bench_report("mint", CHILDREN / 2, minting[0], minting[1]);
    MARK_BEGIN();
    MUST(cnode_revoke(CNODE, source));
    MARK_END();
    bench_report(__func__, CHILDREN / 2, ticks[0], ticks[1]);
}
