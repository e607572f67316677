/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The basic types that kernel and user code share.
 *
 * A word is a machine register: 64 bits on x86-64, AArch64 and riscv64; 32 on a machine of that size. A capability address (`cap_t`) names a
 * slot in the caller's capability space: the lowest n bits index the root CNode of 2^n slots; if the bits above are
 * not zero, that slot must hold a CNode (with the right WRITE) and they are resolved there, at most 8 levels deep. 0 is the null capability:
 * slot 0 of every CNode is always empty.
 */
#ifndef LUCID_TYPES_H
#define LUCID_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uintptr_t word_t;
typedef word_t cap_t;
typedef uint64_t time_ns_t; /* nanoseconds; absolute times count from the start of the kernel */

#define CAP_NULL ((cap_t)0)

#define WORD_BITS (8 * (unsigned)sizeof(word_t))

/* Version of everything in abi/: the kernel refuses an image that was built against another one. */
#define LUCID_ABI_VERSION 1u

#endif
