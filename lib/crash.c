/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Five mistakes, made on purpose. The supervisor starts a component's thread at `__lucid_crash` when somebody
 * asks it to (shell: crash NAME KIND); nothing else calls it. Each mistake is a function of its own, so that
 * the fault report names it.
 */
#include <lucid.h>
#include <supervisor.types.h>

/* Results go here, so that no call is the last thing that a function does: then the caller would be missing
 * from the report. */
static volatile unsigned sink;

static __attribute__((noinline)) void crash_null(void)
{
    const volatile unsigned *volatile nowhere = NULL;
    sink = *nowhere;
}

/* Return instructions would do; that they are never reached is the point. */
static unsigned char not_code[64] = { 0xc3, 0xc3, 0xc3, 0xc3 };

static __attribute__((noinline)) void crash_execute(void)
{
    void (*volatile function)(void) = (void (*)(void))(uintptr_t)not_code;
    function();
    sink = 1;
}

static volatile unsigned crash_depth = 1;

static __attribute__((noinline)) unsigned crash_stack(void)
{
    volatile unsigned char room[512];
    room[0] = (unsigned char)crash_depth;
    if (crash_depth == 0) /* never, but the compiler cannot know */
        return room[0];
    return crash_stack() + room[0];
}

static __attribute__((noinline)) void crash_divide(void)
{
    volatile unsigned number = 42, zero = 0; /* both unknown: 1 / x needs no division */
    sink = number / zero;
}

static __attribute__((noinline)) void crash_capability(void)
{
    const struct message nothing = { 0 };
    sink = (unsigned)sys_send((cap_t)0x7fffff1, &nothing); /* no CNode reaches that far */
}

__attribute__((noreturn)) void __lucid_crash(word_t kind);

__attribute__((noreturn)) void __lucid_crash(word_t kind)
{
    switch (kind) {
    case CRASH_NULL:
        crash_null();
        break;
    case CRASH_EXECUTE:
        crash_execute();
        break;
    case CRASH_STACK:
        sink = crash_stack();
        break;
    case CRASH_DIVIDE:
        crash_divide();
        break;
    case CRASH_CAPABILITY:
        crash_capability();
        break;
    }
    PANIC("crash of kind %lu: there is none, or it went well", kind); /* clients must not wait for ever */
}
