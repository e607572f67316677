/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that keep their values from a system call's entry to its exit on a fast path, because the exit (arch_inline.h) does not load
 * them: message words, and r15. GCC uses them for nothing else in a file that begins with this. Clang knows no such thing, and so has FAST_ENTRY 0
 * (layout.h).
 */
#ifndef X86_FAST_REGISTERS_H
#define X86_FAST_REGISTERS_H

#ifndef __clang__
register unsigned long fast_word0 __asm__("rbx");
register unsigned long fast_word1 __asm__("r12");
register unsigned long fast_word2 __asm__("r13");
register unsigned long fast_word3 __asm__("r14");
register unsigned long fast_kept __asm__("r15");
#endif

#endif
