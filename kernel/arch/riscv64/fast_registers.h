/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that keep their values from a system call's entry to its exit on a fast path, because the exit (arch_inline.h) does not load
 * them: message words, and s1. GCC uses them for nothing else in a file that begins with this. Clang knows no such thing: there the exits
 * are functions, so that it gives the registers back first.
 *
 * The functions of such a file call none, and GCC knows no option by which those alone have no frame pointer.
 */
#ifndef RISCV_FAST_REGISTERS_H
#define RISCV_FAST_REGISTERS_H

#ifndef __clang__
#pragma GCC optimize("omit-frame-pointer")
register unsigned long fast_word0 __asm__("s2");
register unsigned long fast_word1 __asm__("s3");
register unsigned long fast_word2 __asm__("s4");
register unsigned long fast_word3 __asm__("s5");
register unsigned long fast_kept __asm__("s1");
#endif

#endif
