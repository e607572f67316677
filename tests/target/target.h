/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's tests on a machine: a root component that exercises the kernel through system calls.
 *
 * A test is a function, named for the behaviour that it pins:
 *
 *     TEST(signal_adds_the_badge_to_the_word)
 *     {
 *         cap_t notification = make(OBJECT_NOTIFICATION, 0);
 *         word_t bits;
 *
 *         expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 5)));
 *         expect_ok(notification_poll(notification, &bits));
 *         expect_equal(bits, 5);
 *     }
 *
 * Each test runs in a new thread ("the test's thread": priority TEST_PRIORITY, maximum controlled priority
 * 255) in the root's address space and capability space, and makes everything out of `arena`. Afterwards,
 * however it ended, the runner (the root thread, priority 255) takes back all that was made and checks that
 * nothing is left: tests are independent. A failed expectation ends its test only, from whatever thread it is
 * in. A test that runs for more than 20 s of (virtual) time has failed.
 *
 * The files:
 *
 *     target.c          the runner, and the expectations
 *     make.c            slots, objects, memory out of the arena
 *     worker.c          threads
 *     machine.h, arch/  console, power-off, an interrupt source
 *     once.h, peers.h   worker functions that many tests use; passive.h, dying.h: what some begin with
 *     test_*.c          the tests, a file for each subject
 *     test_cores*.c     those that need a second core: they run where there is one
 */
#ifndef TARGET_H
#define TARGET_H

#include <lucid.h>
#include <lucid/boot_info.h>
#include <lucid/faults.h>

#include "machine.h"

/* ---- Tests */

struct test {
    const char *name;
    const char *file;
    int line;
    void (*run)(void);
};

/* Define a test. It registers itself, in a section of the program that is made of these. */
#define TEST(test_name)                                                                                      \
    static void test_name(void);                                                                             \
    static const struct test test_##test_name = { #test_name, __FILE__, __LINE__, test_name };               \
    static const struct test *const entry_##test_name                                                        \
        __attribute__((section("target_tests"), used, retain)) = &test_##test_name;                          \
    static void test_name(void)

/* Expectations: in the test's thread, and in workers that have the root's capability space. */
#define expect_true(condition)                                                                               \
    ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, "expected %s, seen that not", #condition))

/* Two numbers, or pointers cast to numbers. */
#define expect_equal(seen, expected)                                                                         \
    test_compare(__FILE__, __LINE__, #seen, (uint64_t)(seen), (uint64_t)(expected))

/* A number from `low` to `high`, both included. */
#define expect_between(seen, low, high)                                                                      \
    test_between(__FILE__, __LINE__, #seen, (uint64_t)(seen), (uint64_t)(low), (uint64_t)(high))

/* The error in a status, whatever the argument. */
#define expect_status(status, error) test_status(__FILE__, __LINE__, status, error, -1)
#define expect_ok(status)            test_status(__FILE__, __LINE__, status, OK, 0)
/* The error in a status and the number of the argument that was wrong; 0: none of them. */
#define expect_argument(status, error, argument) test_status(__FILE__, __LINE__, status, error, argument)

__attribute__((noreturn, format(printf, 3, 4))) void test_fail(const char *file, int line, const char *format,
                                                               ...);
void test_compare(const char *file, int line, const char *what, uint64_t seen, uint64_t expected);
void test_between(const char *file, int line, const char *what, uint64_t seen, uint64_t low, uint64_t high);
void test_status(const char *file, int line, status_t status, unsigned error, int argument);

/* A line of output beside the results: what was measured, a seed. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

/* In a system that is named test_X_long, only the tests whose names begin with X run, and this is true: they
 * may do more. */
extern bool test_is_long;

/* This test needs more than 20 s of virtual time. */
void test_allow_seconds(unsigned seconds);

/* ---- What there is */

extern const struct boot_info *boot;

/* The root CNode, into which everything is made; and the test's own thread and its context. */
#define CNODE ((cap_t)BOOT_SLOT_CNODE)
#define SPACE ((cap_t)BOOT_SLOT_SPACE)
#define CORES ((cap_t)BOOT_SLOT_CORE_RANGE)
extern cap_t test_thread, test_context;

#define TEST_PRIORITY  100u
#define PRIORITY_ABOVE 110u /* runs at once when it can, before the test goes on */
#define PRIORITY_BELOW 90u  /* runs when the test waits, or in settle() */

/* True if the kernel has SYS_DEBUG. */
static inline bool kernel_is_debug(void)
{
    return (boot->features & BOOT_FEATURE_DEBUG) != 0;
}

/* The counter that time is told by. */
static inline uint64_t ticks(void)
{
    return arch_counter();
}

/* What something costs: with -icount, in instructions, which are nanoseconds. */
static inline uint64_t cost_now(void)
{
    return machine_instructions();
}

/* ---- Slots and objects (make.c) */

#define ARENA_BITS 25u

/* Ordinary, clean, without children when the test begins. Tests may retype, but not reset or revoke it: take
 * a part of it for that. */
extern cap_t arena;

/* The next of the root CNode's slots, empty: its number is its address. Emptied after the test. There are
 * about 2000. */
cap_t slot_take(void);
/* `count` slots in a row; the first. */
cap_t slots_take(word_t count);

/* A new object in a new slot; the test fails if that cannot be. For AddressSpace and IrqHandler use the
 * others. size_bits as untyped_retype. */
cap_t make(unsigned type, unsigned size_bits);
cap_t make_from(cap_t untyped, unsigned type, unsigned size_bits);
/* An address space with a number that is free; the number goes to *number if that is not NULL. */
cap_t make_space(word_t *number);
cap_t make_space_from(cap_t untyped, word_t *number);
cap_t make_irq(unsigned line);
/* A context with a budget on core 0, or another. */
cap_t make_context(time_ns_t budget_ns, time_ns_t period_ns);
cap_t make_context_on(unsigned core, time_ns_t budget_ns, time_ns_t period_ns);

/* Into a new slot. */
cap_t copy(cap_t source);
cap_t mint(cap_t source, word_t rights, word_t badge);
cap_t mint_range(cap_t source, word_t first, word_t count);
/* Delete what is in a slot of the root CNode; must go well. */
void erase(cap_t slot);
#define delete erase
/* OBJECT_*, OBJECT_NULL for an empty slot of the root CNode. */
unsigned type_of(cap_t slot);
struct capability_info inspect(cap_t slot);

/* ---- Memory (make.c) */

/* An address range of the root's space where nothing is mapped, aligned to its size of 2^size_bits bytes; the
 * next call gives another. */
word_t address_take(unsigned size_bits);
/* Map a frame, with page tables out of the arena where they are missing. */
void map(cap_t space, cap_t frame, word_t address, word_t rights);
/* The same without an expectation: the status of the last step. */
status_t try_map(cap_t space, cap_t frame, word_t address, word_t rights, word_t cache);

/* A new page of the root's space, readable and writable. */
struct page {
    cap_t frame;
    volatile word_t *words;
};
struct page page_make(void);

/* The frame capability (not to be deleted) that the page of a variable or function of this program is mapped
 * by. */
cap_t image_frame(const void *address);

/* A new address space in which this program is mapped as it is in the root's: functions and variables are the
 * same. */
cap_t space_with_program(void);
/* The same, with the AddressSpace itself (not its tables) out of this Untyped. */
cap_t space_with_program_from(cap_t untyped);
/* Map the program in a space in which nothing is mapped yet. */
void map_program(cap_t space);

/* ---- Threads (worker.c) */

/*
 * A worker is a thread with its own stack and message page, running a function of this program. Its system
 * calls are arch_syscall and those inline functions of liblucid whose messages have at most four words:
 * liblucid's `message_page` is the test's. Longer messages: `worker->utcb`. When the function returns, the
 * thread stops with code 0.
 */
struct worker {
    cap_t thread;
    cap_t context; /* CAP_NULL: passive */
    struct utcb *utcb;
    word_t stack_end;
    word_t argument;
    void (*function)(struct worker *worker);
    volatile word_t seen[8]; /* for the function to report in */
    volatile unsigned done;  /* the function has returned */
};

#define WORKERS_MAX 64u

/* The system is bench_parallel, which runs in real time (target.c). */
bool is_in_real_time(void);

/* What worker_make can be told; what is not named is 0. */
struct worker_setup {
    void (*function)(struct worker *worker);
    word_t argument;
    unsigned priority;   /* 0: PRIORITY_ABOVE */
    bool passive;        /* no context of its own */
    time_ns_t budget_ns; /* 0: 10 ms in 10 ms */
    time_ns_t period_ns;
    cap_t space;       /* CAP_NULL: the root's */
    cap_t cnode;       /* CAP_NULL: the root's. Without the root's, its expectations and its end are faults */
    cap_t fault;       /* Endpoint; CAP_NULL: a fault stops it */
    cap_t timeout;     /* Endpoint */
    cap_t death;       /* Notification */
    word_t attributes; /* THREAD_* */
    bool no_message_page;
    cap_t memory;  /* Untyped that the Thread is made of; CAP_NULL: the arena */
    unsigned core; /* that its context is on */
};

/* worker_make(.function = serve, .argument = endpoint): a worker that does not run yet. worker_run starts it,
 * too. */
#define worker_make(...) worker_make_from(&(struct worker_setup){ __VA_ARGS__ })
#define worker_run(...)  worker_start(worker_make(__VA_ARGS__))
struct worker *worker_make_from(const struct worker_setup *setup);
struct worker *worker_start(struct worker *worker);

/* Let all others run, whatever their priority (2 and up), until each waits or has stopped. Who waits for time
 * is not waited for. */
void settle(void);
/* Settle, then expect that its function has returned. */
#define worker_finish(worker) worker_finished(__FILE__, __LINE__, worker)
void worker_finished(const char *file, int line, struct worker *worker);
/* THREAD_STATE_* and the rest, now. */
struct thread_info worker_info(const struct worker *worker);
#define expect_state(worker, expected) expect_equal(worker_info(worker).state, expected)
/* Its user registers. */
word_t worker_register(const struct worker *worker, unsigned index);

/* Wait for another core, within reason: until the worker is in this state, or seen[index] is at least that. settle() waits for the own
 * core only. */
#define wait_state(worker, state)       worker_wait(__FILE__, __LINE__, worker, state)
#define wait_seen(worker, index, least) worker_wait_seen(__FILE__, __LINE__, worker, index, least)
void worker_wait(const char *file, int line, const struct worker *worker, unsigned state);
void worker_wait_seen(const char *file, int line, const struct worker *worker, unsigned index, word_t least);

/* Sleep, by the core's user timer: binds it to a notification of its own. */
void sleep_ns(time_ns_t ns);

/* One system call, with everything explicit, for workers and for illegal arguments. The message's words 0 to
 * 3 are in `message`, the others in the calling thread's message page. */
static inline status_t raw_call(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    return arch_syscall(operation, cap, message, reply);
}

/* Invoke an operation with any label and up to four words. */
static inline status_t raw_invoke(cap_t cap, word_t label, unsigned words, word_t w0, word_t w1, word_t w2,
                                  word_t w3)
{
    struct message message = { .tag = tag_make(label, words, 0), .word = { w0, w1, w2, w3 } };
    return arch_syscall(SYS_CALL, cap, &message, CAP_NULL);
}

/* ---- Between the files of the framework */

/* The system consists of a few tests (smoke.c); after that: the test is one of them. */
bool smoke_is(const char *system);
bool smoke_has(const char *name);
/* After it was asked for all tests: fails if there is none of a name that it knows. */
void smoke_check(void);

void arena_init(void);
cap_t framework_slot(void);
cap_t framework_make(unsigned type, unsigned size_bits);
/* A page of device memory, mapped for all tests. One for each piece of device memory. */
volatile void *framework_device(uint64_t physical);
extern cap_t thread_memory;
/* After a test: everything goes. NULL, or what was left. */
const char *arena_clean(void);
void workers_clean(void);

#endif
