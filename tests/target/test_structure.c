/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random structures: objects made, copied, moved into each other, bound to each other and taken away, in an
 * order that nobody would think of. Whatever came of it, the memory can be taken back, and a debug kernel's
 * invariants hold on the way.
 *
 * All capabilities stand in one CNode, the pool, or in CNodes that stand in it. Threads begin at address 0,
 * where nothing is mapped: so they wait for their fault handlers or stop. Any single operation may fail; that
 * it is refused correctly is tested elsewhere.
 */
#include "target.h"

#define POOL_BITS    7u
#define INNER_BITS   4u
#define SEED         0x9e3779b97f4a7c15ull
#define ROUNDS       12u
#define STEPS        1500u
#define ROUNDS_LONG  150u
#define STEPS_LONG   5000u
#define CHECK_STEPS  250u
#define MEMORY_BITS  21u
#define NUMBER_FIRST 40u
#define NUMBERS      20u

static uint64_t state;
static cap_t pool, memory;

static word_t random(word_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % limit;
}

/* The address of a slot in the pool, or of one in a slot in the pool. */
static cap_t any_address(void)
{
    cap_t address = pool | (1 + random((1 << POOL_BITS) - 1)) << boot->cnode_size_bits;
    if (random(4) == 0)
        address |= (1 + random((1 << INNER_BITS) - 1)) << (boot->cnode_size_bits + POOL_BITS);
    return address;
}

/* The address of an object to invoke. Not an endpoint: a call to that would wait. */
static cap_t any_object(void)
{
    word_t index = 1 + random((1 << POOL_BITS) - 1),
           inner = random(4) ? 0 : 1 + random((1 << INNER_BITS) - 1);
    cap_t address = pool | index << boot->cnode_size_bits;
    struct capability_info info;

    expect_ok(cnode_inspect(pool, index, &info));
    if (info.type == OBJECT_CNODE && inner != 0) {
        if (status_error(cnode_inspect(address, inner, &info)) != OK)
            return CAP_NULL;
        address |= inner << (boot->cnode_size_bits + POOL_BITS);
    }
    return info.type == OBJECT_ENDPOINT ? CAP_NULL : address;
}

/* A CNode and an index in it. */
struct place {
    cap_t cnode;
    word_t index;
};

static struct place any_place(void)
{
    if (random(3) > 0)
        return (struct place){ pool, 1 + random((1 << POOL_BITS) - 1) };
    return (struct place){ any_object(), 1 + random((1 << INNER_BITS) - 1) };
}

static void make_something(void)
{
    static const uint8_t types[] = { OBJECT_UNTYPED,      OBJECT_CNODE,      OBJECT_CNODE,
                                     OBJECT_THREAD,       OBJECT_THREAD,     OBJECT_ENDPOINT,
                                     OBJECT_NOTIFICATION, OBJECT_REPLY,      OBJECT_SCHED_CONTEXT,
                                     OBJECT_FRAME,        OBJECT_PAGE_TABLE, OBJECT_ADDRESS_SPACE,
                                     OBJECT_IRQ_HANDLER };
    unsigned type = types[random(sizeof types)], size_bits = 0;
    cap_t numbers = CAP_NULL;
    word_t number = 0;
    struct place to = any_place();

    if (type == OBJECT_UNTYPED)
        size_bits = 12 + (unsigned)random(5);
    else if (type == OBJECT_CNODE)
        size_bits = INNER_BITS;
    else if (type == OBJECT_SCHED_CONTEXT)
        size_bits = 8;
    else if (type == OBJECT_FRAME)
        size_bits = FRAME_SIZE_4K;
    else if (type == OBJECT_ADDRESS_SPACE) {
        numbers = random(2) ? (cap_t)BOOT_SLOT_ASID_RANGE : any_address();
        number = NUMBER_FIRST + random(NUMBERS);
    } else if (type == OBJECT_IRQ_HANDLER) {
        numbers = random(2) ? (cap_t)BOOT_SLOT_IRQ_RANGE : any_address();
        number = boot->irq_msi_first + random(4);
    }
    untyped_retype(random(3) ? memory : any_object(), type, size_bits, to.cnode, to.index, 1 + random(2),
                   numbers, number);
}

static void copy_something(void)
{
    struct place to = any_place();

    if (random(2))
        cnode_copy(to.cnode, to.index, any_address());
    else
        cnode_mint(to.cnode, to.index, any_address(), random(4) ? RIGHTS_ALL : random(16), random(4));
}

static void give_numbers(void)
{
    struct place to = any_place();

    if (random(2))
        cnode_mint_range(to.cnode, to.index, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, NUMBER_FIRST, NUMBERS);
    else
        cnode_mint_range(to.cnode, to.index, BOOT_SLOT_IRQ_RANGE, RIGHTS_ALL, boot->irq_msi_first, 4);
}

static void move_something(void)
{
    struct place to = any_place();
    cnode_move(to.cnode, to.index, any_address());
}

static void take_away_something(void)
{
    struct place place = any_place();

    if (random(4))
        cnode_delete(place.cnode, place.index);
    else
        cnode_revoke(place.cnode, place.index);
}

static void connect_something(void)
{
    struct thread_configuration configuration = { any_address(),    any_address(), any_address(),
                                                  1024 * random(4), any_address(), any_address(),
                                                  any_address() };

    switch (random(9)) {
    case 0:
        thread_configure(any_object(), (word_t)1 << random(6), &configuration);
        break;
    case 1:
        thread_bind_notification(any_object(), random(4) ? any_address() : CAP_NULL);
        break;
    case 2:
        irq_handler_bind(any_object(), random(4) ? any_address() : CAP_NULL);
        break;
    case 3:
        core_range_set_budget(CORES, any_address(), 0, NS_PER_MS, NS_PER_MS + random(2) * NS_PER_MS,
                              random(8));
        break;
    case 4:
        sched_context_bind(any_object(), any_address());
        break;
    case 5:
        if (random(2))
            sched_context_unbind(any_object());
        else
            sched_context_lend(any_object(), any_address());
        break;
    case 6:
        address_space_map(any_object(), any_address(), 4096 * random(8) << 9 * random(4), RIGHTS_ALL,
                          MAP_CACHE_WRITE_BACK);
        break;
    case 7:
        address_space_map_table(any_object(), any_address(), 4096 * random(8) << 9 * random(4));
        break;
    default:
        if (random(2))
            frame_unmap(any_object());
        else
            page_table_unmap(any_object());
    }
}

static void run_something(void)
{
    struct message message = { .tag = tag_make(random(2), 0, 0) };
    struct place place;

    switch (random(8)) {
    case 0:
        thread_set_priority(any_object(), random(PRIORITY_ABOVE), 0);
        break;
    case 1:
        thread_resume(any_object());
        break;
    case 2:
        thread_suspend(any_object(), 0);
        break;
    case 3:
        thread_cancel(any_object());
        break;
    case 4:
        sys_recv_poll(any_address(), &message, random(4) ? any_address() : CAP_NULL);
        break;
    case 5:
        sys_send_poll(any_address(), &message);
        break;
    case 6:
        place = any_place();
        cnode_cancel_badge(place.cnode, place.index, random(4));
        break;
    default:
        settle();
    }
}

/* A thread that can run, as it is rarely made by chance: with space, context, priority and perhaps a fault
 * handler. */
static void make_thread(void)
{
    struct thread_configuration configuration = { .cnode = any_address(),
                                                  .space = any_address(),
                                                  .fault = any_address() };
    cap_t thread = any_object(), context = any_object();

    thread_configure(thread, THREAD_SET_SPACE, &configuration);
    thread_configure(thread, THREAD_SET_CNODE, &configuration);
    thread_configure(thread, THREAD_SET_FAULT, &configuration);
    thread_set_priority(thread, random(PRIORITY_ABOVE), 0);
    core_range_set_budget(CORES, context, 0, NS_PER_MS, NS_PER_MS, 0);
    sched_context_bind(context, thread);
    thread_resume(thread);
}

static void step(void)
{
    word_t choice = random(100);

    if (choice < 35)
        make_something();
    else if (choice < 45)
        copy_something();
    else if (choice < 47)
        give_numbers();
    else if (choice < 57)
        move_something();
    else if (choice < 65)
        take_away_something();
    else if (choice < 80)
        connect_something();
    else if (choice < 90)
        run_something();
    else
        make_thread();
}

/* Interrupts on the way: a thread of high priority that does nothing but wait for the next. */
static void interrupt_often(struct worker *worker)
{
    word_t bits;
    for (;;) {
        core_range_set_timer(CORES, 0, time_now_ns() + 2000 + worker->seen[0]++ % 1000);
        notification_wait(worker->argument, &bits);
    }
}

TEST(random_structures_can_be_taken_back)
{
    struct untyped_info info;
    unsigned rounds = test_is_long ? ROUNDS_LONG : ROUNDS, steps = test_is_long ? STEPS_LONG : STEPS;

    note("seed 0x%llx, %u rounds of %u operations", SEED, rounds, steps);
    test_allow_seconds(2 * rounds);
    memory = make(OBJECT_UNTYPED, MEMORY_BITS);
    cap_t badged = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
    struct worker *interrupter =
        worker_make(.function = interrupt_often, .argument = badged, .priority = 200);
    expect_ok(core_range_bind_timer(CORES, 0, badged));
    for (unsigned round = 0; round < rounds; round++) {
        state = SEED * (round + 1);
        pool = make(OBJECT_CNODE, POOL_BITS);
        if (round % 2)
            worker_start(interrupter);
        for (unsigned i = 0; i < steps; i++) {
            step();
            if (i % CHECK_STEPS == 0 && kernel_is_debug())
                expect_ok(sys_debug(DEBUG_CHECK, 0));
        }
        settle();
        /* Some rounds end with the pool, the others with the memory. */
        if (round % 3 == 0)
            erase(pool);
        expect_ok(cnode_revoke(CNODE, memory));
        expect_ok(untyped_reset(memory, 0));
        expect_ok(untyped_info(memory, &info));
        expect_equal(info.watermark, 0);
        erase(pool);
        expect_ok(thread_suspend(interrupter->thread, 0));
    }
}
