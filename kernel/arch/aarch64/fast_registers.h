/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that keep their values from a system call's entry to its exit on a fast path, because the exit (arch_inline.h) does not load
 * them: message words, and what the thread that entered has in the other registers that C preserves. GCC uses them for nothing else in a file that
 * begins with this. Clang knows no such thing: there the exits are functions, so that it gives the registers back first.
 */
#ifndef AARCH64_FAST_REGISTERS_H
#define AARCH64_FAST_REGISTERS_H

#ifndef __clang__
#ifndef CONFIG_DEBUG
#pragma GCC diagnostic error "-Wstack-usage=0" /* the exits do not give any stack back */
#endif
register unsigned long fast_word0 __asm__("x19");
register unsigned long fast_word1 __asm__("x20");
register unsigned long fast_word2 __asm__("x21");
register unsigned long fast_word3 __asm__("x22");
register unsigned long fast_kept0 __asm__("x23");
register unsigned long fast_kept1 __asm__("x24");
register unsigned long fast_kept2 __asm__("x25");
register unsigned long fast_kept3 __asm__("x26");
register unsigned long fast_kept4 __asm__("x27");
register unsigned long fast_kept5 __asm__("x28");
#endif

#endif
