/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mapping, made once at boot (layout.h shows it), with its own root in TTBR1: user spaces
 * share nothing with it. boot_tables makes the image's part, window.c the rest. After paging_init nothing in it
 * changes, except that boot_map_end takes away firmware's tables.
 *
 * No page is both writable and executable, and user mode can execute none. The window holds ordinary memory
 * and the payload, but not the image, so the kernel's text and tables cannot be written through it either.
 */
#include "port.h"

#define ENTRIES 512u

ALIGNED(4096) arch_pte_t kernel_root[ENTRIES];
ALIGNED(4096) static arch_pte_t kernel_high[ENTRIES];            /* the last 512 GiB */
ALIGNED(4096) static arch_pte_t kernel_image_directory[ENTRIES]; /* the GiB from KERNEL_BASE */
ALIGNED(4096) static arch_pte_t kernel_image_table[ENTRIES];     /* 2 MiB from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_devices[ENTRIES];                /* from DEVICE_BASE, in steps of 2 MiB */

/* For TTBR0: nothing; and, while the MMU is being turned on, the image where it lies. */
ALIGNED(4096) arch_pte_t kernel_empty[ENTRIES];
ALIGNED(4096) arch_pte_t boot_identity[ENTRIES];
ALIGNED(4096) static arch_pte_t boot_identity_high[ENTRIES], boot_identity_directory[ENTRIES];

extern char stack_pages[CONFIG_CORES * STACK_PAGES][PAGE_SIZE];

/* Stacks of further cores: behind the first's, from the second 2 MiB of the image on. */
#if CONFIG_CORES > 1
#define STACKS_PER_TABLE (ENTRIES * PAGE_SIZE / STACK_AREA_SIZE)
#define STACK_TABLES     ((CONFIG_CORES - 1 + STACKS_PER_TABLE - 1) / STACKS_PER_TABLE)
ALIGNED(4096) static arch_pte_t stack_tables[STACK_TABLES * ENTRIES];
#endif

paddr_t image_load;

#define PTE_BRANCH (PTE_VALID | PTE_TABLE)
#define PTE_KERNEL (PTE_VALID | PTE_INNER_SHARED | PTE_ACCESSED | PTE_UXN)
#define PTE_NORMAL (PTE_KERNEL | PTE_MEMORY(MEMORY_NORMAL))
#define PTE_PAGE   PTE_TABLE /* at level 0 */

/* ---- Before the MMU is on: addresses are physical, also those of variables. */

static void image_rights(paddr_t load, paddr_t start, paddr_t end, arch_pte_t rights)
{
    for (paddr_t a = start; a < end; a += PAGE_SIZE)
        kernel_image_table[(a - load) / PAGE_SIZE] = a | PTE_NORMAL | PTE_PAGE | rights;
}

/* The stacks' pages of a core, in the order of stack_pages; `entries` are those of its area. */
static void stacks_map(arch_pte_t *entries, unsigned core)
{
    unsigned next = core * STACK_PAGES;
    for (unsigned page = 0; STACK_MAPPED >> page; page++)
        if (STACK_MAPPED >> page & 1)
            entries[page] = (paddr_t)stack_pages[next++] | PTE_NORMAL | PTE_PAGE | PTE_PXN;
}

static void other_stacks_map(void)
{
#if CONFIG_CORES > 1
    for (unsigned core = 1; core < CONFIG_CORES; core++)
        stacks_map(&stack_tables[(core - 1) * (STACK_AREA_SIZE / PAGE_SIZE)], core);
    for (unsigned i = 0; i < STACK_TABLES; i++)
        kernel_image_directory[1 + i] = (paddr_t)&stack_tables[i * ENTRIES] | PTE_BRANCH;
#endif
}

SELDOM void boot_tables(paddr_t load);
void boot_tables(paddr_t load)
{
    image_rights(load, (paddr_t)text_start, (paddr_t)rodata_start, PTE_READ_ONLY);
    image_rights(load, (paddr_t)rodata_start, (paddr_t)data_start, PTE_READ_ONLY | PTE_PXN);
    image_rights(load, (paddr_t)data_start, (paddr_t)image_end, PTE_PXN);
    stacks_map(&kernel_image_table[STACK_PAGE_FIRST], 0);
    other_stacks_map();

    *arch_table_entry(kernel_root, 3, KERNEL_BASE) = (paddr_t)kernel_high | PTE_BRANCH;
    *arch_table_entry(kernel_high, 2, KERNEL_BASE) = (paddr_t)kernel_image_directory | PTE_BRANCH;
    *arch_table_entry(kernel_high, 2, DEVICE_BASE) = (paddr_t)kernel_devices | PTE_BRANCH;
    *arch_table_entry(kernel_image_directory, 1, KERNEL_BASE) = (paddr_t)kernel_image_table | PTE_BRANCH;

    *arch_table_entry(boot_identity, 3, load) = (paddr_t)boot_identity_high | PTE_BRANCH;
    *arch_table_entry(boot_identity_high, 2, load) = (paddr_t)boot_identity_directory | PTE_BRANCH;
    *arch_table_entry(boot_identity_directory, 1, load) = load | PTE_NORMAL | PTE_READ_ONLY;
}

/* ---- Afterwards: what window.c needs. */

arch_pte_t kernel_pte(paddr_t physical, unsigned level, bool device)
{
    return physical | PTE_KERNEL | PTE_MEMORY(device ? MEMORY_DEVICE : MEMORY_NORMAL) | PTE_PXN |
           (level == 0 ? PTE_PAGE : 0);
}

arch_pte_t kernel_pte_table(paddr_t table)
{
    return table | PTE_BRANCH;
}

arch_pte_t *kernel_root_table(void)
{
    return kernel_root;
}

unsigned arch_largest_level(void)
{
    return 2;
}

paddr_t kernel_window_end(void)
{
    return WINDOW_SIZE;
}

void kernel_mapping_added(void)
{
    dsb();
    isb();
}

void kernel_mapping_removed(word_t address)
{
    __asm__ volatile("dsb ishst\n tlbi vaae1is, %0\n dsb ish\n isb"
                     :
                     : "r"(address >> PAGE_BITS & 0xfffffffffff)
                     : "memory");
}

/* The identity mapping is in the TLB as a global one: it would hide what users map there. */
void paging_leave_identity(void)
{
    space_load_kernel();
    __asm__ volatile("tlbi vmalle1\n dsb nsh\n isb" : : : "memory");
}

void paging_init(struct boot_machine *machine)
{
    window_init(machine);
    paging_leave_identity();
}
