/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: the types and constants that arch.h asks of a port.
 *
 * The fake machine is as much like real ones as the portable kernel can see: page tables of 512 entries in 4
 * levels (3 where a pointer has 32 bits), tags in the TLB, one timer, lines with masks. See host.h for the
 * side that tests see.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "types.h"

#define ARCH_NAME "host"
#if UINTPTR_MAX > 0xffffffffu
#define ARCH_TABLE_LEVELS 4
#else
#define ARCH_TABLE_LEVELS 3
#endif
#define ARCH_TABLE_LEVELS_MAX        ARCH_TABLE_LEVELS
#define ARCH_TABLE_BITS              9
#define ARCH_IRQ_LINES               48
#define ARCH_IRQ_MSI_FIRST           32
#define ARCH_HAS_IO_PORTS            1
#define ARCH_SPACE_BITS              13 /* one page for struct address_space, one for the root table */
#define ARCH_THREAD_BITS             10
#define ARCH_TLB_BROADCAST           0
#define ARCH_FAST_ENTRY              0
#define ARCH_FETCH_BROADCAST         1
#define ARCH_EXCEPTION_IS_TRAP(kind) ((kind) == EXCEPTION_BREAKPOINT)

typedef uint64_t arch_pte_t;

enum host_register {
    HOST_REGISTERS = 12 /* REGISTER_COUNT of lucid/arch/host/abi.h */
};

struct arch_context {
    word_t registers[HOST_REGISTERS]; /* by enum user_register */
    bool at_syscall; /* the next instruction is the system call that faulted or shall be done again */
};

#define HOST_FPU_WORDS 4
struct arch_fpu {
    word_t words[HOST_FPU_WORDS];
};

/* What a core's TLB knows of a space: the tag by which its entries are found there, 0: none at present. If `flush` is set, what is there
 * under the tag is forgotten when the space is next loaded; with several cores it is written by all. See space.c. */
struct arch_space_tag {
    uint32_t tag;
    bool flush;
};

/* `number` is set by the caller of arch_space_init. */
struct arch_space {
    arch_pte_t *root;
    uint32_t number;
    struct arch_space_tag on[CONFIG_CORES];
};

struct arch_core {
    char nothing;
};

#endif
