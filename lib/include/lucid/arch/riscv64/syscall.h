/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * riscv64: the system call instruction, and the few other things that C cannot say.
 *
 * All message registers are loaded on every call, because all of them travel. The instruction destroys what
 * lucid/arch/riscv64/abi.h lists; sp, gp, tp, s0 and s1 are left alone, so that this compiles with frame
 * pointers and without optimisation.
 */
#ifndef LUCID_ARCH_SYSCALL_H
#define LUCID_ARCH_SYSCALL_H

#include <lucid/registers.h>

/* One system call. `message` is sent from and overwritten with what arrives. */
static inline status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    register word_t a0 __asm__("a0") = cap;
    register word_t a1 __asm__("a1") = message->tag;
    register word_t a2 __asm__("a2") = reply;
    register word_t a3 __asm__("a3") = operation;
    register word_t s2 __asm__("s2") = message->word[0];
    register word_t s3 __asm__("s3") = message->word[1];
    register word_t s4 __asm__("s4") = message->word[2];
    register word_t s5 __asm__("s5") = message->word[3];

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(s2), "+r"(s3), "+r"(s4), "+r"(s5)
                     :
                     : "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a4", "a5", "a6", "a7", "s6", "s7",
                       "s8", "s9", "s10", "s11", "memory");

    message->tag = a1;
    message->badge = a0;
    message->word[0] = s2;
    message->word[1] = s3;
    message->word[2] = s4;
    message->word[3] = s5;
    return a2;
}

/* The counter that boot_info and component_info give the frequency of. */
static inline uint64_t arch_counter(void)
{
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

/* Where a new thread's stack pointer stands for a function that is entered without a call. */
static inline word_t arch_stack_pointer(word_t stack_end)
{
    return stack_end & ~(word_t)15;
}

/* Where the caller of a function that has not made a frame yet goes on: in a register. True: `registers` hold it, it is *address. False: it is
 * the word at *address. */
static inline bool arch_return_address(const word_t *registers, word_t *address)
{
    *address = registers[REGISTER_RA];
    return true;
}

/* An instruction that stays undefined for ever (csrw cycle, zero; assemblers call it unimp): how a panic ends. */
static inline __attribute__((noreturn)) void arch_undefined(void)
{
    __asm__ volatile(".4byte 0xc0001073");
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
            "    lla sp, " #stack "+" #stack_bytes "\n"                                                      \
            "    li s0, 0\n"                                                                                 \
            "    call " #function "\n"                                                                       \
            "    unimp\n"                                                                                    \
            ".size _start, . - _start\n"                                                                     \
            ".popsection\n")

/* Go on with `function(argument)` on another stack; never comes back. */
static inline __attribute__((noreturn)) void arch_switch_stack(word_t stack_end, void (*function)(void *),
                                                               void *argument)
{
    register void *a0 __asm__("a0") = argument;
    __asm__ volatile("mv sp, %0\n"
                     "li s0, 0\n"
                     "jalr %1\n"
                     "unimp\n"
                     :
                     : "r"(stack_end & ~(word_t)15), "r"(function), "r"(a0)
                     : "memory");
    __builtin_unreachable();
}

/* Names of the user registers, in the order of `enum user_register`, for people: at most three letters. */
#define ARCH_REGISTER_NAMES                                                                                  \
    {                                                                                                        \
        "pc", "sp", "ra", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",      \
            "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6" \
    }

#endif
