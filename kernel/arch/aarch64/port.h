/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64: what the files of this port share with each other and with nobody else. */
#ifndef AARCH64_PORT_H
#define AARCH64_PORT_H

#include "arch.h"
#include "core.h"
#include "cores.h"
#include "cpu.h"
#include "device_tree.h"
#include "thread.h"
#include "window.h"
#include <lucid/syscall.h>

/* Runs once, or never: made small instead of fast, and kept apart from what runs often. */
#define SELDOM __attribute__((cold))

/* Stop with a sentence: for what is no bug of ours, and somebody can do something about. */
#define BOOT_REFUSE(...) (print("Lucid cannot start: " __VA_ARGS__), print(".\n"), arch_halt(1))

/* ---- cpu.c: what the processor can do. */

struct cpu {
    bool pan;
    unsigned physical_bits; /* of an address */
};
extern struct cpu cpu;

/* Fill in `cpu`. Returns NULL, or what is missing. */
SELDOM const char *cpu_detect(void);
/* Control registers. */
SELDOM void cpu_init(void);

/* ---- paging.c: the kernel's own mapping, made at boot. */

extern paddr_t image_load; /* where the image begins */
static inline paddr_t image_physical(const void *pointer)
{
    return (word_t)pointer - KERNEL_BASE + image_load;
}

/* Sections, from kernel.ld. */
extern char image_start[], text_start[], rodata_start[], data_start[], bss_end[], image_end[];
extern char payload_start[], payload_end[];

/* Map all memory of the machine. */
SELDOM void paging_init(struct boot_machine *machine);
/* Each core begins with the image mapped where it lies, too. */
SELDOM void paging_leave_identity(void);

/* ---- space.c */

/* Nothing was mapped at this user address of the current space, but only for a moment, while its entry was changed: it is mapped. */
bool space_was_broken(word_t address);

/* ---- gic.c: the interrupt controller. */

SELDOM void gic_init(const struct device_tree *tree, struct boot_machine *machine);
const char *gic_name(void);
/* What of it is a further core's own; `core` is what that will be called. The cores do so one after the other. */
SELDOM void gic_init_core(unsigned core);
/* The interrupt that is to be taken: its INTID and, with version 2, who sent it. */
unsigned gic_take(void);
void gic_end(unsigned taken);
#define GIC_INTID   0x3ffu
#define GIC_IPI     0u  /* INTID of the interrupts that cores send each other */
#define GIC_SHARED  32u /* the first INTID of a line */
#define GIC_SPECIAL 1020u

/* ---- clock.c */

SELDOM void clock_init(const struct device_tree *tree);
extern unsigned timer_intid;
/* It has fired: it stays silent until it is set again. */
void timer_silence(void);

/* ---- console.c */

SELDOM void console_init(const struct boot_console *console);
SELDOM void power_init(const struct device_tree *tree);
/* Firmware lets the core with this MPIDR begin at a physical address. False if it refuses. */
SELDOM bool power_core_on(uint64_t mpidr, paddr_t entry);

/* ---- trap.c */

_Static_assert(offsetof(struct core, index) == CORE_INDEX && offsetof(struct core, current) == 0,
               "layout.h, for entry.S");
_Static_assert(SYS_CALL == 0 && SYS_REPLY_RECV == OPERATION_REPLY_RECV && SYS_SEND == OPERATION_SEND &&
                   SYS_RECV == OPERATION_RECV && SYS_POLL == OPERATION_POLL && SYS_YIELD == OPERATION_YIELD,
               "layout.h, for entry.S");

void trap_interrupt(void);
void trap_exception(word_t syndrome, word_t address);

/* ---- For the backtrace: is something there on one of the kernel's stacks? */

static inline bool stack_is_mapped(word_t address)
{
    return address >= STACK_AREA && address < STACK_AREA + CONFIG_CORES * STACK_AREA_SIZE &&
           STACK_MAPPED >> (address - STACK_AREA) % STACK_AREA_SIZE / PAGE_SIZE & 1;
}

#endif
