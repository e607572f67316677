/* SPDX-License-Identifier: BSD-2-Clause */
/* host: arch.h calls some functions inline; here they are ordinary ones (machine.c, context.c, space.c). A
 * system call's arguments and results are found by their names in lucid/arch/host/abi.h. */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

_Static_assert((int)REGISTER_COUNT == (int)HOST_REGISTERS,
               "arch_types.h cannot include abi.h, but must agree with it");

#include "../shared/fast_saved.h"

/* ---- Page-table entries: address, level + 1 of a frame's or a table's entry, rights and cache. */

#define PTE_VALID        1ull
#define PTE_TABLE        2ull
#define PTE_RIGHTS_SHIFT 2
#define PTE_CACHE_SHIFT  6
#define PTE_LEVEL_SHIFT  8
#define PTE_ADDRESS      0x000ffffffffff000ull

#endif
