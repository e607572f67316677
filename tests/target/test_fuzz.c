/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random system calls, millions of them, from threads that own one object of every kind, their own CNode,
 * space, context and threads included. Whatever they do, the kernel goes on, and so does everybody else.
 *
 * Fuzzers: two threads with time and one without, of one space and one CNode, made out of one Untyped
 * (`memory`): system calls with arguments that look right, nearly right, or wild (fuzzer.c). They can read the
 * program and write three pages of their own.
 *
 * Fixer: answers their faults. A system call is skipped, anything else stops the thread.
 *
 * Checker: in a third space, has a pattern in pages of its own, and looks after it whenever somebody calls; the
 * fuzzers can, too.
 *
 * Supervisor: the test's thread. At every tick, whoever makes no progress is cancelled, restarted, and at last
 * everything is taken back and made anew: so it is at the latest after CALLS_A_LIFE calls.
 *
 * A run is repeatable: everything follows from FUZZ_SEED, and under -icount the interleaving does, too. The
 * seed is printed.
 */
#include "fuzzer.h"
#include "peers.h"

#ifndef FUZZ_SEED
#define FUZZ_SEED 20260722u
#endif
#ifndef FUZZ_CALLS
#define FUZZ_CALLS 200000u
#endif
#define FUZZ_CALLS_LONG 2000000u /* in the system test_fuzz_long */
#define CALLS_A_LIFE    4000u
#define TICK_NS         1000000u
#define CHECK_LIVES     4u /* a debug kernel checks all its invariants at the end of every fourth life */
#define FUZZ_PRIORITY   80u

/* ---- Those who must not be disturbed */

#define PATTERN_PAGES 4u

struct pattern {
    volatile word_t *words;
    word_t endpoint, reply;
};

static volatile word_t fuzz_faults;
static struct pattern checked;

static word_t pattern_word(unsigned i)
{
    return (i + 1) * 0xd6e8feb86659fd93ull;
}

static void checker(struct worker *worker)
{
    struct message message = { 0 };

    for (unsigned i = 0; i < PATTERN_PAGES * 512; i++)
        checked.words[i] = pattern_word(i);
    raw_call(SYS_RECV, checked.endpoint, &message, checked.reply);
    for (;;) {
        for (unsigned i = 0; i < PATTERN_PAGES * 512; i++)
            worker->seen[0] += checked.words[i] != pattern_word(i);
        worker->seen[1]++;
        message = (struct message){ .tag = tag_make(message.badge, 2, 0),
                                    .word = { worker->seen[0], worker->seen[1] } };
        raw_call(SYS_REPLY_RECV, checked.endpoint, &message, checked.reply);
    }
}

/* argument: endpoint, Reply. */
static void fixer(struct worker *worker)
{
    struct message message = { 0 };

    raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    for (;;) {
        word_t label = tag_label(message.tag);
        bool skip = label == FAULT_SYSCALL || label == FAULT_CAPABILITY;
        fuzz_faults++;
        message = (struct message){ .tag = tag_make(skip ? FAULT_REPLY_RESUME : FAULT_REPLY_STOP, 2, 0),
                                    .word = { message.word[2] + ARCH_SYSCALL_BYTES, message.word[3] } };
        raw_call(SYS_REPLY_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    }
}

/* argument: notification. */
static void ticker(struct worker *worker)
{
    for (;;) {
        struct message message = { 0 };
        raw_call(SYS_SEND, worker->argument, &message, 0);
        raw_call(SYS_YIELD, 0, &message, 0);
    }
}

/* ---- The supervisor */

#define MEMORY_BITS    21u
#define MAP_CNODE_BITS 10u
#define SIGNAL_TICK    1u
#define SIGNAL_DEATH   2u

static struct fuzz {
    cap_t memory, cnode, map_cnode, space, threads, context, fault, checker, tick, notification, irqs, ports,
        numbers, cores;
    word_t irq, number;
    struct page page[FUZZERS], stack[FUZZERS];
    uint64_t count[FUZZERS]; /* at the last tick */
    unsigned still[FUZZERS]; /* ticks without progress */
    uint64_t calls, good, lives, restarts;
} fuzz;

static struct fuzzer_page *page_of(unsigned i)
{
    return (struct fuzzer_page *)(word_t)fuzz.page[i].words;
}

/* Objects for the fuzzers, into their CNode. */
static void retype(unsigned type, unsigned size_bits, word_t first, word_t count)
{
    expect_ok(untyped_retype(fuzz.memory, type, size_bits, fuzz.cnode, first, count, CAP_NULL, 0));
}

static void give(word_t slot, cap_t source)
{
    expect_ok(cnode_copy(fuzz.cnode, slot, source));
}

/* Frames are mapped by copies in `map_cnode`, tables come out of `memory`. */
static unsigned mapped;
extern char text_end[] __asm__("etext");

static void map_page(cap_t frame, word_t address, word_t rights)
{
    cap_t slot = fuzz.map_cnode | (word_t)++mapped << boot->cnode_size_bits;
    status_t status;

    expect_ok(cnode_copy(fuzz.map_cnode, mapped, frame));
    while (status_error(status = address_space_map(fuzz.space, slot, address, rights,
                                                   MAP_CACHE_WRITE_BACK)) == ERR_TABLE) {
        expect_ok(
            untyped_retype(fuzz.memory, OBJECT_PAGE_TABLE, 0, fuzz.map_cnode, ++mapped, 1, CAP_NULL, 0));
        expect_ok(address_space_map_table(fuzz.space,
                                          fuzz.map_cnode | (word_t)mapped << boot->cnode_size_bits, address));
    }
    expect_ok(status);
}

static void build_space(void)
{
    expect_ok(untyped_retype(fuzz.memory, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, fuzz.space, 1, fuzz.numbers,
                             fuzz.number));
    mapped = 0;
    for (unsigned i = 0; i < boot->image_slots; i++) {
        word_t address = inspect(boot->image_slot + i).data;
        map_page(boot->image_slot + i, address,
                 address < (word_t)text_end ? RIGHT_READ | RIGHT_EXECUTE : RIGHT_READ);
    }
    for (unsigned i = 0; i < FUZZERS; i++) {
        map_page(fuzz.page[i].frame, (word_t)fuzz.page[i].words, RIGHT_READ | RIGHT_WRITE);
        map_page(fuzz.stack[i].frame, (word_t)fuzz.stack[i].words, RIGHT_READ | RIGHT_WRITE);
    }
}

static void set_registers(unsigned i)
{
    word_t start[2] = { (word_t)fuzzer_main, arch_stack_pointer((word_t)fuzz.stack[i].words + 4096) },
           argument = (word_t)fuzz.page[i].words;

    expect_ok(thread_write_registers(fuzz.threads + i, REGISTER_IP, start, 2));
    expect_ok(thread_write_registers(fuzz.threads + i, REGISTER_ARGUMENT, &argument, 1));
}

static void build_threads(void)
{
    expect_ok(untyped_retype(fuzz.memory, OBJECT_THREAD, 0, CAP_NULL, fuzz.threads, FUZZERS, CAP_NULL, 0));
    for (unsigned i = 0; i < FUZZERS; i++) {
        struct thread_configuration configuration = {
            .cnode = fuzz.cnode,
            .space = fuzz.space,
            .message_frame = fuzz.page[i].frame,
            .message_offset = offsetof(struct fuzzer_page, utcb),
            .fault = fuzz.fault,
            .timeout = fuzz.fault,
            .death = fuzz.notification,
        };
        expect_ok(thread_configure(fuzz.threads + i,
                                   i + 1 < FUZZERS ? THREAD_SET_ALL : THREAD_SET_ALL & ~THREAD_SET_TIMEOUT,
                                   &configuration));
        expect_ok(thread_set_priority(fuzz.threads + i, FUZZ_PRIORITY, FUZZ_MAXIMUM));
        give(SLOT_THREADS + i, fuzz.threads + i);
        set_registers(i);
    }
}

static cap_t in_cnode(word_t slot)
{
    return fuzz.cnode | slot << boot->cnode_size_bits;
}

static void build_contexts(void)
{
    retype(OBJECT_SCHED_CONTEXT, 8, SLOT_CONTEXTS, 3);
    retype(OBJECT_SCHED_CONTEXT, 10, SLOT_CONTEXTS + 3, 1);
    for (unsigned i = 0; i + 1 < FUZZERS; i++) {
        expect_ok(core_range_set_budget(CORES, in_cnode(SLOT_CONTEXTS + i), 0, 100000 + i * 30000,
                                        100000 + i * 900000, i));
        expect_ok(sched_context_bind(in_cnode(SLOT_CONTEXTS + i), fuzz.threads + i));
    }
    expect_ok(core_range_set_budget(CORES, in_cnode(SLOT_CONTEXTS + 2), 0, 200000, 1000000, 9));
}

static void build_objects(void)
{
    give(SLOT_CNODE, fuzz.cnode);
    give(SLOT_SPACE, fuzz.space);
    retype(OBJECT_ENDPOINT, 0, SLOT_ENDPOINTS, 2);
    expect_ok(cnode_mint(fuzz.cnode, SLOT_ENDPOINTS + 2, in_cnode(SLOT_ENDPOINTS), RIGHTS_ALL, 3));
    retype(OBJECT_NOTIFICATION, 0, SLOT_NOTIFICATIONS, 2);
    expect_ok(cnode_mint(fuzz.cnode, SLOT_NOTIFICATIONS + 2, in_cnode(SLOT_NOTIFICATIONS), RIGHTS_ALL, 3));
    retype(OBJECT_REPLY, 0, SLOT_REPLIES, 2);
    retype(OBJECT_CNODE, 4, SLOT_SMALL_CNODE, 1);
    retype(OBJECT_THREAD, 0, SLOT_SPARE_THREAD, 1);
    retype(OBJECT_UNTYPED, 12, SLOT_UNTYPED, 1);
    retype(OBJECT_UNTYPED, 14, SLOT_UNTYPED + 1, 1);
    retype(OBJECT_UNTYPED, 16, SLOT_UNTYPED + 2, 1);
    retype(OBJECT_FRAME, FRAME_SIZE_4K, SLOT_FRAMES, 4);
    retype(OBJECT_PAGE_TABLE, 0, SLOT_TABLES, 4);
    expect_ok(untyped_retype(fuzz.memory, OBJECT_ADDRESS_SPACE, 0, fuzz.cnode, SLOT_OTHER_SPACE, 1,
                             fuzz.numbers, fuzz.number + 1));
    expect_ok(
        untyped_retype(fuzz.memory, OBJECT_IRQ_HANDLER, 0, fuzz.cnode, SLOT_IRQ, 1, fuzz.irqs, fuzz.irq));
    give(SLOT_IRQ_RANGE, fuzz.irqs);
    if (fuzz.ports)
        give(SLOT_PORTS, fuzz.ports);
    give(SLOT_NUMBERS, fuzz.numbers);
    give(SLOT_CORES, fuzz.cores);
    give(SLOT_CHECKER, fuzz.checker);
}

static void begin_life(void)
{
    expect_ok(untyped_retype(fuzz.memory, OBJECT_CNODE, CNODE_BITS, CAP_NULL, fuzz.cnode, 1, CAP_NULL, 0));
    expect_ok(
        untyped_retype(fuzz.memory, OBJECT_CNODE, MAP_CNODE_BITS, CAP_NULL, fuzz.map_cnode, 1, CAP_NULL, 0));
    build_space();
    build_threads();
    build_contexts();
    build_objects();
    for (unsigned i = 0; i < FUZZERS; i++) {
        struct fuzzer_page *page = page_of(i);
        page->random =
            (FUZZ_SEED * 0x9e3779b97f4a7c15ull ^ (fuzz.lives * FUZZERS + i + 1) * 0xbf58476d1ce4e5b9ull) | 1;
        page->count = page->good = 0;
        page->utcb.user[0] = fuzz.number;
        page->utcb.user[1] = fuzz.irq;
        fuzz.count[i] = 0;
        fuzz.still[i] = 0;
        expect_ok(thread_resume(fuzz.threads + i));
    }
    fuzz.lives++;
}

static void end_life(void)
{
    if (kernel_is_debug() && fuzz.lives % CHECK_LIVES == 0)
        expect_ok(sys_debug(DEBUG_CHECK, 0));
    for (unsigned i = 0; i < FUZZERS; i++) {
        struct fuzzer_page *page = page_of(i);
        expect_ok(thread_suspend(fuzz.threads + i, 0));
        if (page->count <= 10 * CALLS_A_LIFE &&
            page->good <= page->count) { /* else somebody ran wild in its page */
            fuzz.calls += page->count;
            fuzz.good += page->good;
        }
    }
    expect_ok(cnode_revoke(CNODE, fuzz.memory));
    expect_ok(untyped_reset(fuzz.memory, 0));
    expect_equal(type_of(fuzz.cnode), OBJECT_NULL);
    expect_equal(type_of(fuzz.threads), OBJECT_NULL);
}

/* One that makes no progress: wake it, restart it. False: it is beyond help. */
static bool help(unsigned i)
{
    uint64_t count = page_of(i)->count;
    struct thread_info info;

    if (count != fuzz.count[i]) {
        fuzz.count[i] = count;
        fuzz.still[i] = 0;
        return true;
    }
    expect_ok(thread_info(fuzz.threads + i, &info));
    if (info.state == THREAD_STATE_STOPPED) {
        fuzz.restarts++;
        set_registers(i);
        thread_resume(fuzz.threads + i);
    } else if (info.state != THREAD_STATE_RUNNABLE) {
        expect_ok(thread_cancel(fuzz.threads + i));
    }
    return ++fuzz.still[i] < 4;
}

static bool life_goes_on(void)
{
    uint64_t calls = 0;
    unsigned alive = 0;

    for (unsigned i = 0; i < FUZZERS; i++) {
        alive += help(i);
        calls += page_of(i)->count;
    }
    return alive > 0 && calls < CALLS_A_LIFE;
}

static void ask_checker(void)
{
    struct message message = { .tag = tag_make(1, 0, 0) };

    expect_ok(sys_call(checked.endpoint, &message));
    expect_equal(message.word[0], 0);
}

static void prepare(struct worker **check)
{
    cap_t space = space_with_program(), handler = make(OBJECT_ENDPOINT, 0);

    fuzz = (struct fuzz){ .memory = make(OBJECT_UNTYPED, MEMORY_BITS),
                          .cnode = slot_take(),
                          .map_cnode = slot_take(),
                          .space = slot_take(),
                          .threads = slots_take(FUZZERS),
                          .fault = handler,
                          .tick = make(OBJECT_NOTIFICATION, 0) };
    checked = (struct pattern){ .words = (volatile word_t *)address_take(12 + 2),
                                .endpoint = make(OBJECT_ENDPOINT, 0),
                                .reply = make(OBJECT_REPLY, 0) };
    for (unsigned i = 0; i < PATTERN_PAGES; i++)
        map(space, make(OBJECT_FRAME, FRAME_SIZE_4K), (word_t)checked.words + i * 4096,
            RIGHT_READ | RIGHT_WRITE);
    for (unsigned i = 0; i < FUZZERS; i++) {
        fuzz.page[i] = page_make();
        fuzz.stack[i] = page_make();
    }
    fuzz.notification = mint(fuzz.tick, RIGHT_WRITE, SIGNAL_DEATH);
    fuzz.checker = mint(checked.endpoint, RIGHT_WRITE | RIGHT_GRANT, 0xf);
    fuzz.irq = inspect(BOOT_SLOT_IRQ_RANGE).data >> 32;
    fuzz.irq -= 4; /* the last lines: no device has them */
    fuzz.irqs = mint_range(BOOT_SLOT_IRQ_RANGE, fuzz.irq, 4);
    if (type_of(BOOT_SLOT_IO_PORT_RANGE) != OBJECT_NULL)
        fuzz.ports = mint_range(BOOT_SLOT_IO_PORT_RANGE, MACHINE_SCRATCH_PORT, 1);
    fuzz.number = (inspect(BOOT_SLOT_ASID_RANGE).data >> 32) - 8;
    fuzz.numbers = mint_range(BOOT_SLOT_ASID_RANGE, fuzz.number, 8);
    fuzz.cores = slot_take(); /* without GRANT: it cannot switch the machine off */
    expect_ok(cnode_mint_range(CNODE, fuzz.cores, BOOT_SLOT_CORE_RANGE, RIGHT_READ | RIGHT_WRITE, 0, 1));
    worker_run(.function = fixer, .argument = PAIR(handler, make(OBJECT_REPLY, 0)));
    *check = worker_run(.function = checker, .space = space);
    worker_run(.function = ticker, .argument = mint(fuzz.tick, RIGHT_WRITE, SIGNAL_TICK),
               .budget_ns = boot->budget_minimum_ns, .period_ns = TICK_NS);
}

static void run_fuzz(uint64_t calls)
{
    struct worker *check;
    word_t bits;

    note("seed %u, %lu calls", FUZZ_SEED, calls);
    test_allow_seconds(100000);
    fuzz_faults = 0;
    prepare(&check);
    while (fuzz.calls < calls) {
        begin_life();
        do {
            expect_ok(notification_wait(fuzz.tick, &bits));
            ask_checker();
        } while (life_goes_on());
        end_life();
        expect_true(fuzz.lives < calls);
    }
    expect_ok(core_range_bind_timer(CORES, 0, CAP_NULL));
    note("%lu calls, %lu of them not refused, %lu faults, %lu lives, %lu restarts, checked %lu times",
         fuzz.calls, fuzz.good, fuzz_faults, fuzz.lives, fuzz.restarts, check->seen[1]);
    expect_equal(check->seen[0], 0);
    expect_true(fuzz.good > fuzz.calls / 20);
}

TEST(fuzz_random_system_calls_harm_nobody)
{
    run_fuzz(test_is_long ? FUZZ_CALLS_LONG : FUZZ_CALLS);
}
