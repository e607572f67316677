/* SPDX-License-Identifier: BSD-2-Clause */
/* See cores.h. */
#include "cores.h"
#include "lock.h"
#include "os.h"
#include "watch.h"
#include <pthread.h>
#include <sched.h>

enum phase { RUNNING, STOPPING, ENDED };

struct program programs[PROGRAMS_MAX];
void (*cores_turn)(struct thread *thread);

static enum phase phase;
static unsigned stops;
/* In lines of their own: each is one core's. */
static struct {
    ALIGNED(64) uint64_t count; /* odd: it does something */
    unsigned stops;             /* that it has seen */
    bool booted;
} activity[CONFIG_CORES];

/* ---- Making threads */

struct program *program_set(unsigned index, cap_t thread, void (*turn)(struct program *program))
{
    EXPECT(index < PROGRAMS_MAX);
    programs[index] =
        (struct program){ .thread = thread_at(thread), .turn = turn, .page = thread_at(thread)->utcb };
    return &programs[index];
}

void set_core(cap_t sc, unsigned core)
{
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, sc, core, SLICE_NS, SLICE_NS, 0);
}

cap_t make_thread_on(unsigned core, unsigned priority)
{
    cap_t thread = make_passive(priority), sc = make(OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN);

    EXPECT_EQ(sc, SC_OF(thread));
    set_core(sc, core);
    DO(sc, OP_SCHED_CONTEXT_BIND, thread);
    return thread;
}

/* ---- Turns */

static struct program *program_of(const struct thread *thread)
{
    for (unsigned i = 0; i < PROGRAMS_MAX; i++)
        if (programs[i].thread == thread)
            return &programs[i];
    test_fails(__FILE__, __LINE__, "expected a program for thread %p, seen none", (const void *)thread);
}

void enter(struct program *program, word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words)
{
    word_t *registers = program->thread->context.registers;

    check(program->thread == core_self()->current);
    registers[REGISTER_A0] = operation;
    registers[REGISTER_A1] = cap;
    registers[REGISTER_A2] = tag;
    registers[REGISTER_A3] = reply;
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        registers[REGISTER_W0 + i] = words[i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; program->page && i < tag_words(tag); i++)
        SHARED_WRITE(program->page->words[i], words[i]);
    host_syscall_once();
}

static void take_turn(struct thread *thread)
{
    if (thread->context.at_syscall) {
        host_syscall_once();
    } else if (cores_turn) {
        cores_turn(thread);
    } else {
        struct program *program = program_of(thread);
        HOST_COUNT(program->turns);
        program->turn(program);
    }
}

static void begin(void)
{
    __atomic_fetch_add(&activity[host_number].count, 1, __ATOMIC_SEQ_CST);
}

static void end(void)
{
    __atomic_fetch_add(&activity[host_number].count, 1, __ATOMIC_SEQ_CST);
}

/* There may be fewer processors than cores: who has had nothing to do for a while leaves them to the others. Time goes by. */
static _Thread_local unsigned idle_turns;

static void idle(void)
{
    arch_ticks();
    if (++idle_turns < 8)
        sched_yield();
    else
        os_rest(20);
}

static void run_once(void)
{
    begin();
    host_take_interrupts();
    struct thread *thread = core_self()->current;
    if (thread)
        take_turn(thread);
    end();
    if (thread)
        idle_turns = 0;
    else
        idle();
}

static enum phase phase_now(void)
{
    return __atomic_load_n(&phase, __ATOMIC_ACQUIRE);
}

static void set_phase(enum phase next)
{
    __atomic_store_n(&phase, next, __ATOMIC_RELEASE);
}

static void settle_once(void)
{
    __atomic_store_n(&activity[host_number].stops, __atomic_load_n(&stops, __ATOMIC_SEQ_CST),
                     __ATOMIC_SEQ_CST);
    if (arch_interrupt_pending()) {
        begin();
        host_take_interrupts();
        end();
    } else {
        sched_yield();
    }
}

static bool all_quiet(void)
{
    uint64_t count[CONFIG_CORES];

    for (unsigned i = 0; i < core_count; i++)
        if (__atomic_load_n(&activity[i].stops, __ATOMIC_SEQ_CST) != stops)
            return false;
    for (unsigned i = 0; i < core_count; i++)
        if ((count[i] = __atomic_load_n(&activity[i].count, __ATOMIC_SEQ_CST)) & 1)
            return false;
    for (unsigned i = 0; i < core_count; i++)
        if (__atomic_load_n(&host.cores[i].asked, __ATOMIC_SEQ_CST))
            return false;
    for (unsigned i = 0; i < core_count; i++)
        if (__atomic_load_n(&activity[i].count, __ATOMIC_SEQ_CST) != count[i])
            return false;
    return true;
}

uint64_t cores_turns_of(unsigned core)
{
    return __atomic_load_n(&activity[core].count, __ATOMIC_RELAXED) / 2;
}

uint64_t cores_turns(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < core_count; i++)
        sum += cores_turns_of(i);
    return sum;
}

uint64_t cores_doing(unsigned core)
{
    uint64_t count = __atomic_load_n(&activity[core].count, __ATOMIC_RELAXED);

    if (core == 0 && phase_now() == STOPPING)
        return ~(uint64_t)__atomic_load_n(&stops, __ATOMIC_RELAXED);
    return count & 1 ? count : 0;
}

static uint64_t turns_of_all_programs(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < PROGRAMS_MAX; i++)
        sum += SHARED_READ(programs[i].turns);
    return sum;
}

uint64_t (*cores_progress)(void) = turns_of_all_programs;

/* ---- Stopping and checking */

/* What lies in this core's TLB; all others are quiet, so this can be any core. */
static void check_as_core(unsigned number)
{
    const struct core *core = &cores[number];
    word_t address = 0;

    EXPECT(!core->reschedule && !core->in_syscall);
    EXPECT_EQ(core->lock_set, LOCK_SET_ONE);
    EXPECT_EQ(core->requests, 0);
    EXPECT_EQ(core->lock.next, core->lock.owner);
    host_number = number;
    bool coherent = host_tlb_is_coherent(&address);
    host_number = 0;
    if (!coherent)
        test_fails(__FILE__, __LINE__,
                   "expected that core %u's TLB has what the tables have, seen that not, for %#llx", number,
                   (unsigned long long)address);
}

static void check_all(void)
{
    struct check_report report;

    for (unsigned i = 0; i < core_count; i++)
        check_as_core(i);
    EXPECT_EQ(tree_lock.next, tree_lock.owner);
    if (!kernel_check(&report))
        test_fails(__FILE__, __LINE__,
                   "expected that all invariants hold, seen that this one does not: %s (%p, %p)",
                   report.invariant, report.object, report.other);
}

void cores_check(void)
{
    unsigned pending = host.pending_every;

    SHARED_WRITE(host.pending_every, 0);
    set_phase(STOPPING);
    __atomic_add_fetch(&stops, 1, __ATOMIC_SEQ_CST); /* who has seen this has seen that */
    do
        settle_once();
    while (!all_quiet());
    check_all();
    SHARED_WRITE(host.pending_every, pending);
    set_phase(RUNNING);
}

static void boot_core(void *nothing)
{
    (void)nothing;
    kernel_core_boot();
}

static void boot_once(void)
{
    if (activity[host_number].booted)
        return;
    begin();
    EXPECT_EQ(host_run(boot_core, NULL), HOST_LEFT);
    activity[host_number].booted = true;
    end();
}

void core_be(unsigned number)
{
    host_number = number;
    if (number != 0)
        boot_once();
}

static void *core_main(void *number)
{
    host_number = (unsigned)(uintptr_t)number;
    boot_once();
    for (enum phase now = phase_now(); now != ENDED; now = phase_now())
        if (now == RUNNING)
            run_once();
        else
            settle_once();
    return NULL;
}

void cores_run(bool (*done)(void))
{
    static pthread_t thread[CONFIG_CORES];

    set_phase(RUNNING);
    thread[0] = pthread_self();
    watch_prepare(thread);
    for (unsigned i = 1; i < core_count; i++)
        EXPECT_EQ(pthread_create(&thread[i], NULL, core_main, (void *)(uintptr_t)i), 0);
    watch_start();
    while (!done())
        run_once();
    cores_check();
    watch_end();
    set_phase(ENDED);
    for (unsigned i = 1; i < core_count; i++)
        EXPECT_EQ(pthread_join(thread[i], NULL), 0);
}
