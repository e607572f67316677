/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runner: one test after the other, each in a new thread, and nothing left behind.
 *
 * The runner is the root thread. It has the highest priority and waits for its notification, so whatever a
 * test does, it is stopped at once when one of these arrives:
 *
 *     SIGNAL_ENDED   the test's thread has stopped: the exit code says how, a fault is a failure
 *     SIGNAL_FAILED  an expectation failed, in the test's thread or a worker; the text is in `failure`
 *     SIGNAL_TICK    every TICK_NS, from a thread that gets a little time so often: the test may hang
 */
#include "target.h"

#include <lucid/bundle.h>

#define SIGNAL_ENDED  1u
#define SIGNAL_FAILED 2u
#define SIGNAL_TICK   4u

#define TICK_NS        (2 * NS_PER_S)
#define SLICE_NS       (10 * NS_PER_MS)
#define BENCH_SLICE_NS (10 * NS_PER_S) /* no slice ends while something is measured */
#define TICKS_DEFAULT  10u
#define STACK_BYTES    16384u
#define TESTS_MAX      1024u

#define CODE_PASSED 1000u /* exit code of a test's thread that came to its end */

const struct boot_info *boot;
cap_t test_thread, test_context;
bool test_is_long;

__attribute__((used)) static _Alignas(16) char runner_stack[STACK_BYTES];
static _Alignas(16) char test_stack[STACK_BYTES];
static _Alignas(16) char ticker_stack[1024];
static _Alignas(UTCB_ALIGN) struct utcb test_utcb;

static cap_t notification, ended, failed, tick;
static char failure[512];
static volatile bool has_failed;
static unsigned ticks_left;
static const struct test *running;

extern const struct test *const __start_target_tests[];
extern const struct test *const __stop_target_tests[];

__attribute__((used)) void runner_main(const struct boot_info *info);

ARCH_ROOT_START(runner_stack, 16384, runner_main);
_Static_assert(STACK_BYTES == 16384, "the number above is the size of the stack");

/* ---- Output */

static void put_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            machine_put('\r');
        machine_put(*text);
    }
}

__attribute__((format(printf, 1, 2))) static void put_line(const char *format, ...)
{
    char line[640];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    put_text(line);
    put_text("\n");
}

void note(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(line, sizeof line, format, arguments);
    va_end(arguments);
    put_line("   %s: %s", running ? running->name : "", line);
}

/* ---- Expectations */

/* The runner itself cannot go on. */
__attribute__((noreturn)) static void give_up(void)
{
    put_line("FAIL framework: %s", failure);
    put_line("END 0 passed, 1 failed");
    machine_power_off();
    __builtin_trap();
}

void test_fail(const char *file, int line, const char *format, ...)
{
    if (!has_failed) {
        has_failed = true;
        int length = (int)text_format(failure, sizeof failure, "%s:%d: ", file, line);
        va_list arguments;
        va_start(arguments, format);
        text_format_list(failure + length, sizeof failure - (size_t)length, format, arguments);
        va_end(arguments);
    }
    if (!running)
        give_up();
    notification_signal(failed); /* the runner takes over */
    __builtin_trap();            /* only a thread with other capabilities comes here */
}

void test_compare(const char *file, int line, const char *what, uint64_t seen, uint64_t expected)
{
    if (seen == expected)
        return;
    if (seen < 100000 && expected < 100000)
        test_fail(file, line, "expected %s to be %lu, seen %lu", what, expected, seen);
    test_fail(file, line, "expected %s to be 0x%lx, seen 0x%lx", what, expected, seen);
}

void test_between(const char *file, int line, const char *what, uint64_t seen, uint64_t low, uint64_t high)
{
    if (seen < low || seen > high)
        test_fail(file, line, "expected %s from %lu to %lu, seen %lu", what, low, high, seen);
}

void test_status(const char *file, int line, status_t status, unsigned error, int argument)
{
    unsigned seen = status_error(status), seen_argument = status_argument(status);
    if (seen == error && (argument < 0 || seen_argument == (unsigned)argument))
        return;
    if (argument <= 0 && seen_argument == 0)
        test_fail(file, line, "expected %s, seen %s", error_name(error), error_name(seen));
    test_fail(file, line, "expected %s of argument %d, seen %s of argument %u", error_name(error), argument,
              error_name(seen), seen_argument);
}

void test_allow_seconds(unsigned seconds)
{
    ticks_left = seconds / (unsigned)(TICK_NS / NS_PER_S) + 1;
}

/* ---- Threads of the framework */

static void start_thread(cap_t thread, void (*entry)(void), char *stack, size_t stack_bytes)
{
    word_t registers[2] = {
        [REGISTER_IP] = (word_t)entry, [REGISTER_SP] = arch_stack_pointer((word_t)stack + stack_bytes)
    };
    expect_ok(thread_write_registers(thread, REGISTER_IP, registers, 2));
    expect_ok(thread_resume(thread));
}

static void ticker_main(void)
{
    for (;;) {
        notification_signal(tick);
        sys_yield();
    }
}

static void make_ticker(void)
{
    struct thread_configuration configuration = { .cnode = CNODE, .space = SPACE };
    cap_t thread = framework_make(OBJECT_THREAD, 0), context = framework_make(OBJECT_SCHED_CONTEXT, 8);

    expect_ok(thread_configure(thread, THREAD_SET_CNODE | THREAD_SET_SPACE, &configuration));
    expect_ok(core_range_set_budget(CORES, context, 0, boot->budget_minimum_ns, TICK_NS, 0));
    expect_ok(sched_context_bind(context, thread));
    expect_ok(thread_set_priority(thread, 254, 0));
    start_thread(thread, ticker_main, ticker_stack, sizeof ticker_stack);
}

static bool contains(const char *text, const char *part)
{
    for (; *text; text++)
        if (strncmp(text, part, strlen(part)) == 0)
            return true;
    return false;
}

static const char *system_name(void)
{
    const struct bundle_header *bundle = (const struct bundle_header *)(word_t)boot->bundle;
    return bundle && bundle->magic == BUNDLE_MAGIC ? (const char *)bundle + bundle->system : "";
}

bool is_in_real_time(void)
{
    return strcmp(system_name(), "bench_parallel") == 0;
}

/* The systems whose names begin with bench (bench.h). */
static bool is_bench(void)
{
    return strncmp(system_name(), "bench", strlen("bench")) == 0;
}

/* Other systems that measure, and the files that are for them alone. */
static const struct {
    const char *system, *files;
} measuring[] = { { "latency", "/worst_" }, { "growth", "/growth_" } };

#define MEASURING (sizeof measuring / sizeof measuring[0])

static bool is_measuring(void)
{
    for (unsigned i = 0; i < MEASURING; i++)
        if (strcmp(system_name(), measuring[i].system) == 0)
            return true;
    return is_bench();
}

/* bench_together_cores.c is for the systems of that name, and bench_parallel; all other benches are for the system bench. */
static bool is_bench_here(const struct test *test)
{
    if (contains(test->file, "/bench_calibrate"))
        return !is_in_real_time();
    return contains(test->file, "/bench_together") == (strcmp(system_name(), "bench") != 0);
}

static void test_main(void)
{
    running->run();
    thread_suspend(test_thread, CODE_PASSED);
    __builtin_trap();
}

static void make_test_thread(void)
{
    struct thread_configuration configuration = {
        .cnode = CNODE,
        .space = SPACE,
        .death = ended,
        .message_frame = image_frame(&test_utcb),
        .message_offset = (word_t)&test_utcb % 4096,
    };
    time_ns_t slice = is_measuring() ? BENCH_SLICE_NS : SLICE_NS;

    expect_ok(untyped_retype(thread_memory, OBJECT_THREAD, 0, CAP_NULL, test_thread, 1, CAP_NULL, 0));
    expect_ok(untyped_retype(thread_memory, OBJECT_SCHED_CONTEXT, 8, CAP_NULL, test_context, 1, CAP_NULL, 0));
    expect_ok(thread_configure(test_thread,
                               THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_MESSAGE | THREAD_SET_DEATH,
                               &configuration));
    expect_ok(thread_set_priority(test_thread, TEST_PRIORITY, PRIORITY_MAX));
    expect_ok(core_range_set_budget(CORES, test_context, 0, slice, slice, 0));
    expect_ok(sched_context_bind(test_context, test_thread));
    start_thread(test_thread, test_main, test_stack, sizeof test_stack);
}

static void remove_test_thread(void)
{
    expect_ok(cnode_revoke(CNODE, thread_memory));
    expect_ok(untyped_reset(thread_memory, 0));
}

/* ---- One test */

static void fail_with(const char *format, word_t a, word_t b, word_t c)
{
    if (!has_failed)
        text_format(failure, sizeof failure, format, a, b, c);
    has_failed = true;
}

/* The test's thread has stopped by itself: why? */
static void judge_end(void)
{
    word_t registers[REGISTER_COUNT];
    struct thread_info info;

    if (status_error(thread_info(test_thread, &info)) != OK) {
        fail_with("the test's thread is gone", 0, 0, 0);
        return;
    }
    thread_read_registers(test_thread, registers);
    if (info.stopped == THREAD_STOP_FAULT)
        fail_with("the test's thread stopped on the fault %lu at %lx, stack %lx", info.code,
                  registers[REGISTER_IP], registers[REGISTER_SP]);
    else if (info.code != CODE_PASSED)
        fail_with("the test's thread stopped: reason %lu, code %lu, at %lx", info.stopped, info.code,
                  registers[REGISTER_IP]);
}

static void wait_for_end(void)
{
    for (;;) {
        word_t bits;
        expect_ok(notification_wait(notification, &bits) & ~(word_t)STATUS_SIGNAL);
        if (bits & SIGNAL_FAILED)
            return;
        if (bits & SIGNAL_ENDED) {
            judge_end();
            return;
        }
        if (--ticks_left == 0) {
            fail_with("it has not come to an end: it waits for something or runs for ever", 0, 0, 0);
            return;
        }
    }
}

/* The kernel's own invariants, all of them: a debug kernel panics if one does not hold. */
static void check_kernel(void)
{
    if (kernel_is_debug())
        expect_ok(sys_debug(DEBUG_CHECK, 0));
}

static bool run_test(const struct test *test)
{
    struct utcb *own_page = message_page;
    word_t bits;

    has_failed = false;
    failure[0] = '\0';
    ticks_left = TICKS_DEFAULT;
    make_test_thread();
    message_page = &test_utcb;
    running = test;
    wait_for_end();
    message_page = own_page;
    running = NULL;

    check_kernel();
    thread_suspend(test_thread, 0);
    notification_poll(notification, &bits);
    const char *left = arena_clean();
    if (left)
        fail_with("after the test: %s", (word_t)left, 0, 0);
    remove_test_thread();
    check_kernel();
    if (has_failed)
        put_line("FAIL %s: %s", test->name, failure);
    else
        put_line("ok %s", test->name);
    return !has_failed;
}

static void make_notification(void)
{
    notification = framework_make(OBJECT_NOTIFICATION, 0);
    ended = framework_slot();
    failed = framework_slot();
    tick = framework_slot();
    expect_ok(cnode_mint(CNODE, ended, notification, RIGHT_WRITE, SIGNAL_ENDED));
    expect_ok(cnode_mint(CNODE, failed, notification, RIGHT_WRITE, SIGNAL_FAILED));
    expect_ok(cnode_mint(CNODE, tick, notification, RIGHT_WRITE, SIGNAL_TICK));
}

#define LONG_PREFIX "test_"
#define LONG_SUFFIX "_long"

/* All tests that this number of cores can run; in a system named test_X_long those whose names begin with X; in those of smoke.c what it names. */
static bool is_chosen(const struct test *test)
{
    const char *system = system_name();
    size_t length = strlen(system), around = strlen(LONG_PREFIX) + strlen(LONG_SUFFIX);

    if (boot->cores == 1 && contains(test->file, "_cores"))
        return false;
    for (unsigned i = 0; i < MEASURING; i++)
        if (contains(test->file, measuring[i].files) || strcmp(system, measuring[i].system) == 0)
            return contains(test->file, measuring[i].files) && strcmp(system, measuring[i].system) == 0;
    if (contains(test->file, "/bench_") || is_bench())
        return contains(test->file, "/bench_") && is_bench() && is_bench_here(test);
    if (smoke_is(system))
        return smoke_has(test->name);
    if (length <= around || strcmp(system + length - strlen(LONG_SUFFIX), LONG_SUFFIX) != 0)
        return true;
    test_is_long = true;
    return strncmp(test->name, system + strlen(LONG_PREFIX), length - around) == 0;
}

/* The compiler has put those of a file in any order: sort by line. */
static unsigned list_tests(const struct test **tests)
{
    unsigned all = (unsigned)(__stop_target_tests - __start_target_tests), count = 0;

    expect_true(all <= TESTS_MAX);
    for (unsigned i = 0; i < all; i++) {
        const struct test *test = __start_target_tests[i];
        unsigned at = count;
        if (!is_chosen(test))
            continue;
        count++;
        for (; at > 0 && strcmp(tests[at - 1]->file, test->file) == 0 && tests[at - 1]->line > test->line;
             at--)
            tests[at] = tests[at - 1];
        tests[at] = test;
    }
    return count;
}

void runner_main(const struct boot_info *info)
{
    static const struct test *tests[TESTS_MAX];
    unsigned passed = 0, count;

    boot = info;
    message_page = (struct utcb *)info->message_page;
    time_init(info->counter_start, info->ns_multiplier, info->ns_shift);
    arena_init();
    make_notification();
    make_ticker();
    if (is_measuring())
        expect_ok(
            core_range_set_budget(CORES, BOOT_SLOT_SCHED_CONTEXT, 0, BENCH_SLICE_NS, BENCH_SLICE_NS, 0));
    test_thread = framework_slot();
    test_context = framework_slot();
    count = list_tests(tests);
    if (smoke_is(system_name()))
        smoke_check();
    for (unsigned i = 0; i < count; i++)
        passed += run_test(tests[i]);
    put_line("END %u passed, %u failed", passed, count - passed);
    machine_power_off();
}
