/* SPDX-License-Identifier: BSD-2-Clause */
/* riscv64: what the files of this port share with each other and with nobody else. */
#ifndef RISCV_PORT_H
#define RISCV_PORT_H

#include "arch.h"
#include "address_space.h"
#include "core.h"
#include "cores.h"
#include "device_tree.h"
#include "riscv.h"
#include "thread.h"
#include "window.h"
#include <lucid/syscall.h>

_Static_assert(SYS_CALL == 0 && SYS_REPLY_RECV == OPERATION_REPLY_RECV && SYS_SEND == OPERATION_SEND &&
                   SYS_RECV == OPERATION_RECV && SYS_POLL == OPERATION_POLL && SYS_YIELD == OPERATION_YIELD,
               "layout.h");

/* ---- paging.c: the kernel's own mapping, made at boot. */

/* Sections, from kernel.ld. */
extern char image_start[], text_start[], rodata_start[], data_start[], image_end[];
extern char payload_start[], payload_end[];

#define PTE_FRAME(physical) ((physical) >> PAGE_BITS << PTE_ADDRESS_SHIFT)

/* Where the image was loaded; set before anything else happens. */
extern paddr_t image_base;
static inline paddr_t image_physical(const void *pointer)
{
    return (word_t)pointer - KERNEL_BASE + image_base;
}

/* Go on from Sv39 to Sv48, if the processor has it. */
COLD void paging_use_sv48(void);
/* Give the sections of the image their rights; map all memory of the machine. Takes memory for tables from
 * machine->memory. */
COLD void paging_init(struct boot_machine *machine);

/* ---- start.c */

/* Stop with a sentence: for what is no bug of ours, and somebody can do something about. */
#define BOOT_REFUSE(...) (print("Lucid cannot start: " __VA_ARGS__), print(".\n"), arch_halt(1))

/* ---- space.c */

COLD bool space_detect_tags(void);
/* Once the kernel's own mapping is made. */
COLD void space_find_empty(void);
/* The entry that maps a user address in the space, and its level; 0 if there is none. */
arch_pte_t space_find(struct arch_space *space, word_t address, unsigned *level);
/* Forget what the TLB holds of the space that is loaded. */
void space_flush_loaded(void);

/* ---- plic.c: external interrupts. */

COLD void plic_init(const struct device_tree *tree, struct boot_machine *machine, unsigned hart);
/* The line that is waiting, which from now on is masked; 0: none. */
unsigned plic_claim(void);

/* ---- clock.c */

COLD void clock_init(const struct device_tree *tree);
/* What of it is each core's own. */
COLD void clock_init_core(void);
bool clock_has_sstc(void);
/* The timer has fired: it does not do so again before it is set. */
void clock_quiet(void);

/* ---- console.c */

COLD void console_init(const struct device_tree *tree, struct boot_machine *machine);
COLD void power_init(const struct device_tree *tree);

/* ---- smp.c */

/* This core takes the interrupts that others send, from now on. */
COLD void ipi_enable(void);
void ipi_taken(void);

/* ---- fpu.c, fpu.S */

bool fpu_is_on(void);
void fpu_store(struct arch_fpu *fpu);
void fpu_fetch(const struct arch_fpu *fpu);

/* ---- trap.c, entry.S */

extern char trap_entry[];
_Static_assert(offsetof(struct core, index) == CORE_INDEX && offsetof(struct core, current) == 0,
               "layout.h, for entry.S");
/* Before anything else on each core. */
COLD void trap_init_core(unsigned core);
void trap_user(word_t cause, word_t value);
void trap_wait(void);

#endif
