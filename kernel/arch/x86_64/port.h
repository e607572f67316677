/* SPDX-License-Identifier: BSD-2-Clause */
/* x86-64: what the files of this port share with each other and with nobody else. */
#ifndef X86_PORT_H
#define X86_PORT_H

#include "acpi.h"
#include "arch.h"
#include "core.h"
#include "thread.h"
#include "window.h"
#include "x86.h"
#include <lucid/syscall.h>

_Static_assert(SYS_CALL == 0 && SYS_REPLY_RECV == OPERATION_REPLY_RECV && SYS_SEND == OPERATION_SEND &&
                   SYS_RECV == OPERATION_RECV && SYS_POLL == OPERATION_POLL && SYS_YIELD == OPERATION_YIELD,
               "layout.h");

/* Runs once, or never: made small instead of fast, and kept apart from what runs often. What only such
 * functions call is treated alike. */
#define SELDOM __attribute__((cold))

/* ---- cpu.c: what the processor can do, and its tables. */

struct cpu {
    bool smep, smap, umip, pcid, x2apic, tsc_deadline, xsave, xsaveopt, huge_pages, self_snoop;
    bool hypervisor; /* runs under one, so says CPUID */
    bool meltdown;
    bool lazyfp;            /* affected by CVE-2018-3665 */
    bool fpu_pointers_stay; /* loading FPU state leaves its pointers to the last instruction: CVE-2006-1056 */
    uint32_t xcr0;          /* state components that user code may use; 0 without XSAVE */
    unsigned physical_bits;
};
extern struct cpu cpu;

/* Fill in `cpu`. Returns NULL, or the name of the feature that is missing. */
SELDOM const char *cpu_detect(void);
/* Segments, interrupt vectors, stacks, and no-execute pages, which all page tables have. */
SELDOM void cpu_init_tables(unsigned core);
/* Control registers and the system call registers. Page tables must be final: it turns global pages and PCIDs
 * on. */
SELDOM void cpu_init_features(unsigned core);

/* ---- paging.c: the kernel's own mapping, made at boot. */

extern arch_pte_t kernel_root[512];
static inline paddr_t image_physical(const void *pointer)
{
    return (word_t)pointer - KERNEL_BASE;
}

extern char stack_pages[CONFIG_CORES * STACK_PAGES][PAGE_SIZE];

/* Sections, from kernel.ld. */
extern char image_start[], text_start[], rodata_start[], data_start[], bss_start[], bss_end[], image_end[];
extern char payload_start[], payload_end[];

/* Write into ordinary memory, which paging_init has mapped. */
SELDOM void boot_write(paddr_t physical, const void *from, size_t size);
/* Give the sections of the image their rights, and map all memory of the machine. Takes memory for tables
 * from machine->memory. */
SELDOM void paging_init(struct boot_machine *machine);
/* Put code into a page of the first 2 MiB, and map that where it is, executable; and no more. */
SELDOM void paging_trampoline_map(paddr_t page, const void *code, size_t size);
SELDOM void paging_trampoline_unmap(paddr_t page);

/* ---- memory_map.c: what the boot loader told. */

/* Fill in memory, payload, acpi_rsdp of the machine. Stops the machine with a sentence if the loader's tables
 * make no sense. */
SELDOM void memory_map_read(struct boot_machine *machine, unsigned protocol, paddr_t info);

/* ---- start.c */

/* Stop with a sentence: for what is no bug of ours, and somebody can do something about. */
#define BOOT_REFUSE(...) (print("Lucid cannot start: " __VA_ARGS__), print(".\n"), arch_halt(1))

/* ---- interrupt.c: local APIC, I/O APIC. */

SELDOM void interrupt_init(struct boot_machine *machine);
SELDOM void interrupt_init_core(void); /* on a further core */
/* Wake up a further core: at this page, in real mode. */
SELDOM void interrupt_wake(uint32_t core_id, paddr_t page);
SELDOM uint32_t interrupt_core_id(void); /* of this core */
void interrupt_end(void);                /* of the one being handled */
void interrupt_deliver(unsigned line);
uint32_t lapic_timer_count(void);       /* counts down; runs after lapic_timer_start */
void lapic_timer_start(uint32_t count); /* 0: stop */
void lapic_timer_mode(bool deadline, bool masked);

/* ---- clock.c */

SELDOM void clock_init(void);
SELDOM void clock_init_core(void); /* on a further core */
SELDOM void clock_wait_us(unsigned us);

/* ---- smp.c */

/* Start all other cores that the kernel has room for. Returns how many there are now, this one included. */
SELDOM unsigned cores_start(void);

/* ---- console.c */

#define CONSOLE_PORT 0x3f8 /* of the first serial port */
SELDOM void console_init(void);

/* ---- trap.c */

void trap_interrupt(unsigned vector, struct core *core);
void trap_interrupt_idle(unsigned vector);
void trap_exception(unsigned vector, word_t error, struct core *core);

/* ---- fpu.c */

SELDOM void fpu_init(void);

/* ---- For the backtrace: is something there on one of the kernel's stacks? */

static inline bool stack_is_mapped(word_t address)
{
    return address >= STACK_AREA && address < STACK_AREA + (word_t)CONFIG_CORES * STACK_AREA_SIZE &&
           STACK_MAPPED >> (address - STACK_AREA) % STACK_AREA_SIZE / PAGE_SIZE & 1;
}

#endif
