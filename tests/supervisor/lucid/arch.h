/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the place of lib/include/lucid/arch.h: the supervisor as a part of a test program, with the portable kernel behind it. A system call
 * is a function call (user_side.c), registers are those of the fake machine.
 */
#ifndef LUCID_ARCH_H
#define LUCID_ARCH_H

#include <lucid/arch/host/abi.h>
#include <lucid/registers.h>

status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply);
uint64_t arch_counter(void);

static inline word_t arch_stack_pointer(word_t stack_end)
{
    return stack_end;
}

/* On the stack, as on x86-64. */
static inline bool arch_return_address(const word_t *registers, word_t *address)
{
    *address = registers[REGISTER_SP];
    return false;
}

static inline __attribute__((noreturn)) void arch_undefined(void)
{
    __builtin_trap();
}

#define ARCH_SYSCALL_BYTES SYSCALL_LENGTH
#define ARCH_ROOT_START(stack, stack_bytes, function)                                                        \
    _Static_assert(stack_bytes > 0, "the test calls " #function)
#define ARCH_REGISTER_NAMES                                                                                  \
    {                                                                                                        \
        "ip", "sp", "flg", "tls", "a0", "a1", "a2", "a3", "w0", "w1", "w2", "w3"                             \
    }

/* The test's own stack does. */
__attribute__((noreturn)) static inline void arch_switch_stack(word_t stack_end, void (*function)(void *),
                                                               void *argument)
{
    (void)stack_end;
    function(argument);
    __builtin_unreachable();
}

#endif
