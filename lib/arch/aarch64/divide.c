/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Division by zero: the processor answers it with zero. The compiler is told to check each divisor
 * (-fsanitize=integer-divide-by-zero) and to call this function, which raises the exception that other
 * processors raise by themselves.
 */
#include <lucid.h>

__attribute__((noreturn)) void __ubsan_handle_divrem_overflow_abort(void *where, word_t a, word_t b);

__attribute__((noreturn)) void __ubsan_handle_divrem_overflow_abort(void *where, word_t a, word_t b)
{
    (void)where, (void)a, (void)b;
    __asm__ volatile("brk %0" : : "i"(BRK_DIVIDE));
    __builtin_unreachable();
}
