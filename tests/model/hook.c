/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference model beside the kernel, in any program of tests/host.
 *
 * The program is linked with --wrap for each of the kernel's entries, so that here is called instead. The state before
 * and after goes to the model (beside.ml), and what it does not allow fails the test. The model is OCaml; its
 * runtime is started in the process of each test.
 *
 * Not compared: a counter that moves by itself, or another speed than 1 GHz (conversions are tests/host/test_time.c's);
 * tests that measure the kernel's stack, where the model's would count.
 * With thousands of capabilities only some entries are compared: each costs time in proportion to the state.
 */
#include "abstract.h"
#include "derivation.h"
#include "harness.h"
#include "host.h"
#include "thread.h"

enum entry { ENTRY_SYSTEM_CALL, ENTRY_INTERRUPT, ENTRY_TIMER, ENTRY_PAGE_FAULT, ENTRY_EXCEPTION };

#define CAPABILITIES_EASY 256u

static unsigned long long entries;

void __real_kernel_syscall(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *thread);
void __real_kernel_interrupt(unsigned line);
void __real_kernel_timer(void);
void __real_kernel_page_fault(word_t address, word_t access);
void __real_kernel_exception(word_t kind, word_t code);
void *__real_host_access(word_t address, word_t access);
unsigned __real_alarm(unsigned seconds);

void __wrap_kernel_syscall(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *thread);
void __wrap_kernel_interrupt(unsigned line);
void __wrap_kernel_timer(void);
void __wrap_kernel_page_fault(word_t address, word_t access);
void __wrap_kernel_exception(word_t kind, word_t code);
void *__wrap_host_access(word_t address, word_t access);
unsigned __wrap_alarm(unsigned seconds);

/* The harness's limit for a test that hangs: the model takes its time. */
unsigned __wrap_alarm(unsigned seconds)
{
    return __real_alarm(10 * seconds);
}

/* Programs with another harness (tests/random) say themselves which seed it was. */
extern __typeof__(random_seed) random_seed __attribute__((weak));

static void must_be_right(const char *wrong)
{
    if (wrong)
        test_fails(__FILE__, __LINE__, "entry %llu of the kernel (seed %llu): %s", entries,
                   random_seed ? (unsigned long long)random_seed() : 0, wrong);
}

static void enter_syscall(void)
{
    struct thread *thread = core_self()->current;
    const struct arch_context *context = &thread->context;

    __real_kernel_syscall(arch_syscall_cap(context), arch_syscall_tag(context), arch_syscall_reply(context),
                          arch_syscall_operation(context), thread);
}

/* One entry, and the state before and after it. */
static void enter(enum entry entry, word_t a, word_t b)
{
    switch (entry) {
    case ENTRY_SYSTEM_CALL:
        enter_syscall();
        break;
    case ENTRY_INTERRUPT:
        __real_kernel_interrupt((unsigned)a);
        break;
    case ENTRY_TIMER:
        __real_kernel_timer();
        break;
    case ENTRY_PAGE_FAULT:
        __real_kernel_page_fault(a, b);
        break;
    case ENTRY_EXCEPTION:
        __real_kernel_exception(a, b);
        break;
    }
}

static bool is_compared(void)
{
    size_t capabilities = 0;

    if (host.ticks_per_read != 0 || host.ticks_hz != 1000000000 || host.measures_stack)
        return false;
    for (const struct slot *slot = slot_next(&derivation_anchor); slot; slot = slot_next(slot))
        capabilities++;
    size_t stride = capabilities / CAPABILITIES_EASY;
    return entries % (1 + stride * stride) == 0;
}

static void enter_beside_model(enum entry entry, word_t a, word_t b)
{
    static struct numbers before, after;

    entries++;
    if (!is_compared()) {
        enter(entry, a, b);
        return;
    }
    bridge_start();
    abstract_state(&before);
    enter(entry, a, b);
    abstract_state(&after);
    must_be_right(bridge_step((int)entry, (int64_t)a, (int64_t)b, &before, &after));
}

void __wrap_kernel_syscall(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *thread)
{
    (void)cap, (void)tag, (void)reply, (void)operation, (void)thread; /* they are in its context */
    enter_beside_model(ENTRY_SYSTEM_CALL, 0, 0);
}

void __wrap_kernel_interrupt(unsigned line)
{
    enter_beside_model(ENTRY_INTERRUPT, line, 0);
}

void __wrap_kernel_timer(void)
{
    enter_beside_model(ENTRY_TIMER, 0, 0);
}

void __wrap_kernel_page_fault(word_t address, word_t access)
{
    enter_beside_model(ENTRY_PAGE_FAULT, address, access);
}

void __wrap_kernel_exception(word_t kind, word_t code)
{
    enter_beside_model(ENTRY_EXCEPTION, kind, code);
}

/* An access: what the machine finds must be what the model's space has. */
void *__wrap_host_access(word_t address, word_t access)
{
    static struct numbers before;

    bridge_start();
    abstract_state(&before);
    void *found = __real_host_access(address, access);
    must_be_right(bridge_access((int64_t)address, (int64_t)access, &before,
                                found ? (int64_t)arch_physical(found) : -1));
    return found;
}
