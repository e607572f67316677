/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whoever looks on while the cores run: a thread of its own that ends the test if they do not get on.
 *
 * Clocks on the wall tell nothing here: the machine can be slow, and others can use it, too. But this happens on no machine:
 *
 *     stuck    a core is at one turn, or the first core at one stop of all, while the process uses STUCK_SECONDS of processor time
 *     in vain  every core has had VAIN_TURNS turns, and the test has not come farther by its own measure (cores_progress)
 *
 * The first is what a deadlock of the kernel's locks looks like, since who waits for one spins; the second is a thread that all have forgotten, or
 * an interrupt that was lost. A turn takes microseconds, rarely a second: if the holder of a lock does not get a processor, of which each
 * runnable thread gets its share.
 *
 * Whatever a test fails of, it tells of each core what it does, what the kernel knows of it, who is current, and where in the code it stands. What is
 * read for that is read without locks while others may go on: it can be a little at odds.
 */
#define _POSIX_C_SOURCE 200809L
#include "watch.h"
#include "cores.h"
#include "lock.h"
#include "os.h"
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define STUCK_SECONDS     120.0
#define VAIN_TURNS        1000000u
#define LOOK_MICROSECONDS 200000
#define STACK_DEPTH       24
#define BESIDE_LOCKS      __attribute__((no_sanitize("thread")))

static const pthread_t *core_thread;
static pthread_t watcher;
static bool is_watching;

/* ---- Where they stand */

static void print_stack(unsigned core)
{
    void *frames[STACK_DEPTH];
    int count = backtrace(frames, STACK_DEPTH);

    printf("  core %u stands at\n", core);
    fflush(stdout);
    backtrace_symbols_fd(frames, count, 1);
}

static unsigned stacks_printed;

static void on_stack_wanted(int number)
{
    (void)number;
    print_stack(host_number);
    __atomic_add_fetch(&stacks_printed, 1, __ATOMIC_SEQ_CST);
}

/* One after the other. Who does not answer within a second has no processor, or has ended: then it is left out. */
static void print_stacks(void)
{
    for (unsigned i = 0; i < core_count; i++) {
        unsigned before = __atomic_load_n(&stacks_printed, __ATOMIC_SEQ_CST);
        if (pthread_equal(core_thread[i], pthread_self())) {
            print_stack(i);
            continue;
        }
        if (!core_thread[i] || pthread_kill(core_thread[i], SIGUSR1) != 0)
            continue;
        for (unsigned n = 0; n < 100 && __atomic_load_n(&stacks_printed, __ATOMIC_SEQ_CST) == before; n++)
            os_rest(10000);
    }
    printf("  (addr2line -pfie PROGRAM +0x... tells the lines)\n");
}

/* ---- What the kernel knows */

BESIDE_LOCKS static void print_thread(const char *role, const struct thread *thread)
{
    static const char *const states[] = {
        "stopped", "runnable", "sending", "receiving", "waiting", "calling"
    };
    const word_t *registers = thread->context.registers;

    printf("    %s %p: %s, waits at %p, fault %u, home %u, priority %u%s%s, context %p, last call %#llx of "
           "%#llx with %#llx\n",
           role, (const void *)thread, thread->state < ARRAY_COUNT(states) ? states[thread->state] : "?",
           thread->waits_at, thread->fault, thread->key >> KEY_HOME_SHIFT & 0xff, thread->key & PRIORITY_MAX,
           thread->ready ? ", ready" : "", thread->deferred ? ", deferred" : "", (const void *)thread->sc,
           (unsigned long long)registers[REGISTER_A0], (unsigned long long)registers[REGISTER_A1],
           (unsigned long long)registers[REGISTER_A2]);
}

BESIDE_LOCKS static void print_core(unsigned number)
{
    static const char *const sets[] = { "own", "two", "all" };
    const struct core *core = &cores[number];
    const struct thread *current = core->current;

    printf("  core %u: %llu turns, %s; lock: ticket %u of %u, set %s (%u); requests %#x%s%s%s%s\n", number,
           (unsigned long long)cores_turns_of(number), cores_doing(number) ? "in one" : "between two",
           core->lock.owner, core->lock.next, core->lock_set < ARRAY_COUNT(sets) ? sets[core->lock_set] : "?",
           core->lock_other, core->requests, host.cores[number].asked ? ", interrupt pending" : "",
           core->in_syscall ? ", in system call" : "", core->reschedule ? ", reschedule" : "",
           core->deferred.first ? ", some deferred" : "");
    printf("    context %p, space %p, charged at %llu, timer at %llu, ready %#x\n",
           (const void *)core->context, (const void *)core->space, (unsigned long long)core->charged_at,
           (unsigned long long)host.cores[number].deadline, core->ready_words);
    if (current)
        print_thread("current", current);
}

BESIDE_LOCKS static void describe(void)
{
    static bool described;

    if (__atomic_exchange_n(&described, true, __ATOMIC_SEQ_CST))
        return;
    printf("  at tick %llu; tree lock: ticket %u of %u\n", (unsigned long long)host.ticks, tree_lock.owner,
           tree_lock.next);
    for (unsigned i = 0; i < core_count; i++)
        print_core(i);
    print_thread("root", root_thread());
    for (unsigned i = 0; i < PROGRAMS_MAX; i++)
        if (programs[i].thread)
            print_thread("program's", programs[i].thread);
    print_stacks();
}

static void on_crash(int number, siginfo_t *signal, void *context)
{
    (void)context;
    test_fails(__FILE__, __LINE__, "expected that core %u goes on, seen signal %d at address %p", host_number,
               number, signal->si_addr);
}

/* ---- Whether they get on */

static void look_for_stuck(unsigned core)
{
    static struct {
        uint64_t doing;
        double since;
    } seen[CONFIG_CORES];
    uint64_t doing = cores_doing(core);
    double now = os_processor_seconds();

    if (!doing || doing != seen[core].doing) {
        seen[core].doing = doing;
        seen[core].since = now;
    } else if (now - seen[core].since > STUCK_SECONDS) {
        test_fails(
            __FILE__, __LINE__,
            "expected that core %u ends what it does, seen that it has used %.0f s of processor time for it",
            core, now - seen[core].since);
    }
}

static uint64_t least_turns_since(const uint64_t *before)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < core_count; i++) {
        uint64_t turns = cores_turns_of(i) - before[i];
        if (turns < least)
            least = turns;
    }
    return least;
}

static void look_for_progress(void)
{
    static uint64_t progress = UINT64_MAX, turns[CONFIG_CORES];
    uint64_t now = cores_progress();

    if (now != progress) {
        progress = now;
        for (unsigned i = 0; i < core_count; i++)
            turns[i] = cores_turns_of(i);
    } else if (least_turns_since(turns) > VAIN_TURNS) {
        test_fails(
            __FILE__, __LINE__,
            "expected that the test gets on, seen that it stays at %llu while each core has had %u turns",
            (unsigned long long)now, VAIN_TURNS);
    }
}

static void *watch(void *nothing)
{
    (void)nothing;
    while (__atomic_load_n(&is_watching, __ATOMIC_ACQUIRE)) {
        for (unsigned i = 0; i < core_count; i++)
            look_for_stuck(i);
        look_for_progress();
        os_rest(LOOK_MICROSECONDS);
    }
    return NULL;
}

static void take_signals(void)
{
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
    struct sigaction crash = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_RESETHAND };
    struct sigaction stack = { .sa_handler = on_stack_wanted, .sa_flags = SA_RESTART };
    void *frame;

    backtrace(&frame, 1); /* what it allocates, it does now */
    for (unsigned i = 0; i < ARRAY_COUNT(crashes); i++)
        sigaction(crashes[i], &crash, NULL);
    sigaction(SIGUSR1, &stack, NULL);
}

void watch_prepare(const pthread_t *threads)
{
    core_thread = threads;
    test_describes = describe;
    take_signals();
}

void watch_start(void)
{
    os_stop_alarm();
    is_watching = true;
    EXPECT_EQ(pthread_create(&watcher, NULL, watch, NULL), 0);
}

void watch_end(void)
{
    __atomic_store_n(&is_watching, false, __ATOMIC_RELEASE);
    EXPECT_EQ(pthread_join(watcher, NULL), 0);
}
