/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64: the system call instruction, and the few other things that C cannot say.
 *
 * All message registers are loaded on every call, because all of them travel. The instruction destroys what
 * lucid/arch/x86_64/abi.h lists; rbp, r15 and rsp are left alone, so that this compiles with frame pointers
 * and without optimisation.
 */
#ifndef LUCID_ARCH_SYSCALL_H
#define LUCID_ARCH_SYSCALL_H

#include <lucid/registers.h>

/* One system call. `message` is sent from and overwritten with what arrives. */
static inline status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    register word_t word1 __asm__("r12") = message->word[1];
    register word_t word2 __asm__("r13") = message->word[2];
    register word_t word3 __asm__("r14") = message->word[3];
    word_t word0 = message->word[0];
    word_t tag = message->tag;

    __asm__ volatile("syscall"
                     : "+a"(operation), "+D"(cap), "+S"(tag), "+d"(reply), "+b"(word0), "+r"(word1),
                       "+r"(word2), "+r"(word3)
                     :
                     : "rcx", "r8", "r9", "r10", "r11", "cc", "memory");

    message->tag = tag;
    message->badge = cap;
    message->word[0] = word0;
    message->word[1] = word1;
    message->word[2] = word2;
    message->word[3] = word3;
    return operation;
}

/* The counter that boot_info and component_info give the frequency of. */
static inline uint64_t arch_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Where a new thread's stack pointer stands for a function that is entered without a call. */
static inline word_t arch_stack_pointer(word_t stack_end)
{
    return (stack_end & ~(word_t)15) - 8; /* the ABI wants 16n + 8 at the first instruction */
}

/*
 * Where the caller of a function that has not made a frame yet goes on. True: *address is it, from the user registers.
 * False: it is the word at *address.
 */
static inline bool arch_return_address(const word_t *registers, word_t *address)
{
    *address = registers[REGISTER_SP];
    return false;
}

/* An instruction that stays undefined for ever: how a panic ends. */
static inline __attribute__((noreturn)) void arch_undefined(void)
{
    __asm__ volatile("ud2");
    __builtin_unreachable();
}

/* The length of the system call instruction, and the registers of its results: for who answers a fault in its
 * place. */
#define ARCH_SYSCALL_BYTES 2u

/*
 * The first instructions of the root component: nobody has given it a stack, so it takes its own. `function`
 * gets what the kernel passed in the argument register.
 */
#define ARCH_ROOT_START(stack, stack_bytes, function)                                                        \
    __asm__(".pushsection .text._start, \"ax\"\n"                                                            \
            ".globl _start\n"                                                                                \
            ".type _start, @function\n"                                                                      \
            "_start:\n"                                                                                      \
            "    lea " #stack "+" #stack_bytes "(%rip), %rsp\n"                                              \
            "    xor %ebp, %ebp\n"                                                                           \
            "    call " #function "\n"                                                                       \
            "    ud2\n"                                                                                      \
            ".size _start, . - _start\n"                                                                     \
            ".popsection\n")

/* Go on with `function(argument)` on another stack; never comes back. */
static inline __attribute__((noreturn)) void arch_switch_stack(word_t stack_end, void (*function)(void *),
                                                               void *argument)
{
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "call *%1\n"
                     "ud2\n"
                     :
                     : "r"(stack_end & ~(word_t)15), "r"(function), "D"(argument)
                     : "memory");
    __builtin_unreachable();
}

/* Names of the user registers, in the order of `enum user_register`, for people: at most three letters. */
#define ARCH_REGISTER_NAMES                                                                                  \
    {                                                                                                        \
        "rip", "rsp", "rfl", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11",      \
            "r12", "r13", "r14", "r15", "fs", "gs"                                                           \
    }

#endif
