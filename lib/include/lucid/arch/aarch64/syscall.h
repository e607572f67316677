/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch64: the system call instruction, and the few other things that C cannot say.
 *
 * All message registers are loaded on every call, because all of them travel. The instruction destroys what
 * lucid/arch/aarch64/abi.h lists; x23, x24, x29, x30 and sp are left alone.
 */
#ifndef LUCID_ARCH_SYSCALL_H
#define LUCID_ARCH_SYSCALL_H

#include <lucid/registers.h>

/* One system call. `message` is sent from and overwritten with what arrives. */
static inline status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    register word_t x0 __asm__("x0") = cap;
    register word_t x1 __asm__("x1") = message->tag;
    register word_t x2 __asm__("x2") = reply;
    register word_t x3 __asm__("x3") = operation;
    register word_t x19 __asm__("x19") = message->word[0];
    register word_t x20 __asm__("x20") = message->word[1];
    register word_t x21 __asm__("x21") = message->word[2];
    register word_t x22 __asm__("x22") = message->word[3];

    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x19), "+r"(x20), "+r"(x21), "+r"(x22)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
                       "x17", "x18", "x25", "x26", "x27", "x28", "cc", "memory");

    message->tag = x1;
    message->badge = x0;
    message->word[0] = x19;
    message->word[1] = x20;
    message->word[2] = x21;
    message->word[3] = x22;
    return x2;
}

/* The counter that boot_info and component_info give the frequency of. */
static inline uint64_t arch_counter(void)
{
    uint64_t count;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(count));
    return count;
}

/* Where a new thread's stack pointer stands for a function that is entered without a call. */
static inline word_t arch_stack_pointer(word_t stack_end)
{
    return stack_end & ~(word_t)15;
}

/*
 * Where the caller of a function that has not made a frame yet goes on. True: *address is it, from the user registers.
 * False: it is the word at *address.
 */
static inline bool arch_return_address(const word_t *registers, word_t *address)
{
    *address = registers[REGISTER_X30];
    return true;
}

/* An instruction that stays undefined for ever (udf #0): how a panic ends. */
static inline __attribute__((noreturn)) void arch_undefined(void)
{
    __asm__ volatile(".inst 0");
    __builtin_unreachable();
}

/* The length of the system call instruction, and the registers of its results: for who answers a fault in its
 * place. */
#define ARCH_SYSCALL_BYTES 4u

/*
 * The first instructions of the root component: nobody has given it a stack, so it takes its own. `function`
 * gets what the kernel passed in the argument register.
 */
#define ARCH_ROOT_START(stack, stack_bytes, function)                                                        \
    __asm__(".pushsection .text._start, \"ax\"\n"                                                            \
            ".globl _start\n"                                                                                \
            ".type _start, @function\n"                                                                      \
            "_start:\n"                                                                                      \
            "    adrp x9, " #stack "+" #stack_bytes "\n"                                                     \
            "    add x9, x9, :lo12:" #stack "+" #stack_bytes "\n"                                            \
            "    mov sp, x9\n"                                                                               \
            "    mov x29, xzr\n"                                                                             \
            "    mov x30, xzr\n"                                                                             \
            "    bl " #function "\n"                                                                         \
            "    brk #1000\n"                                                                                \
            ".size _start, . - _start\n"                                                                     \
            ".popsection\n")

/* Go on with `function(argument)` on another stack; never comes back. */
static inline __attribute__((noreturn)) void arch_switch_stack(word_t stack_end, void (*function)(void *),
                                                               void *argument)
{
    register void *x0 __asm__("x0") = argument;
    __asm__ volatile("mov sp, %0\n"
                     "mov x29, xzr\n"
                     "blr %1\n"
                     "brk #1000\n"
                     :
                     : "r"(stack_end & ~(word_t)15), "r"(function), "r"(x0)
                     : "memory");
    __builtin_unreachable();
}

/* Names of the user registers, in the order of `enum user_register`, for people: at most three letters. */
#define ARCH_REGISTER_NAMES                                                                                  \
    {                                                                                                        \
        "pc", "sp", "psr", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",  \
            "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x25", "x26", "x27",       \
            "x28", "x29", "x30", "tls"                                                                       \
    }

#endif
