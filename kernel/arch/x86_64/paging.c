/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mapping, made once at boot (layout.h shows it). After paging_init nothing in it changes,
 * except that boot_map_end takes away the firmware's tables: so its entries can be global, and need no
 * flush on any core, ever.
 *
 * No page is both writable and executable. The window holds ordinary memory and the payload, but not the
 * image, so the kernel's text and tables cannot be written through it either.
 */
#include "port.h"

#define ENTRIES 512u

/* The tables of the image and the devices are static; boot.S has filled in what it needed. */
ALIGNED(4096) arch_pte_t kernel_root[ENTRIES];
ALIGNED(4096) arch_pte_t kernel_high[ENTRIES];            /* the last 512 GiB */
ALIGNED(4096) arch_pte_t kernel_image_directory[ENTRIES]; /* from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_image_table[ENTRIES];     /* 2 MiB from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_devices[ENTRIES];         /* from DEVICE_BASE, in steps of 2 MiB */

/* Stacks of further cores: behind the first's, from the second 2 MiB of the image on. */
#if CONFIG_CORES > 1
#define STACKS_PER_TABLE (ENTRIES * PAGE_SIZE / STACK_AREA_SIZE)
#define STACK_TABLES     ((CONFIG_CORES - 1 + STACKS_PER_TABLE - 1) / STACKS_PER_TABLE)
ALIGNED(4096) static arch_pte_t stack_tables[STACK_TABLES * ENTRIES];
#endif

#define PTE_TABLE  (PTE_PRESENT | PTE_WRITE)
#define PTE_KERNEL (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL | PTE_DIRTY)

/* ---- What window.c needs. */

arch_pte_t kernel_pte(paddr_t physical, unsigned level, bool device)
{
    return physical | PTE_KERNEL | PTE_WRITE | PTE_NO_EXECUTE | (level > 0 ? PTE_LARGE : 0) |
           (device ? PTE_PAT_1 | PTE_PAT_2 : 0);
}

arch_pte_t kernel_pte_table(paddr_t table)
{
    return table | PTE_TABLE;
}

arch_pte_t *kernel_root_table(void)
{
    return kernel_root;
}

void boot_write(paddr_t physical, const void *from, size_t size)
{
    __builtin_memcpy(arch_pointer(physical), from, size);
}

unsigned arch_largest_level(void)
{
    return cpu.huge_pages ? 2 : 1;
}

paddr_t kernel_window_end(void)
{
    return WINDOW_SIZE;
}

void kernel_mapping_added(void)
{
    /* The processor remembers only what was there. */
}

void kernel_mapping_removed(word_t address)
{
    tlb_invalidate_page(address);
}

/* ---- The image. */

static void image_rights(const char *start, const char *end, arch_pte_t rights)
{
    for (word_t a = (word_t)start; a < (word_t)end; a += PAGE_SIZE)
        *arch_table_entry(kernel_image_table, 0, a) = (a - KERNEL_BASE) | PTE_KERNEL | rights;
}

/* The stacks' pages of a core, in the order of stack_pages; `entries` are those of its area. */
static void stacks_map(arch_pte_t *entries, unsigned core)
{
    unsigned next = core * STACK_PAGES;
    for (unsigned page = 0; STACK_MAPPED >> page; page++)
        if (STACK_MAPPED >> page & 1)
            entries[page] = image_physical(stack_pages[next++]) | PTE_KERNEL | PTE_WRITE | PTE_NO_EXECUTE;
    check(next == (core + 1) * STACK_PAGES);
}

#if CONFIG_CORES > 1
static void other_stacks_map(void)
{
    for (unsigned core = 1; core < CONFIG_CORES; core++)
        stacks_map(&stack_tables[(core - 1) * (STACK_AREA_SIZE / PAGE_SIZE)], core);
    for (unsigned i = 0; i < STACK_TABLES; i++)
        kernel_image_directory[1 + i] = image_physical(&stack_tables[i * ENTRIES]) | PTE_TABLE;
}
#else
static void other_stacks_map(void)
{
}
#endif

/* Only now: boot.S mapped everything with all rights, and the stack that this runs on stays what it is. */
static void image_init(void)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        if (i != STACK_PAGE_FIRST + 2 && i != STACK_PAGE_FIRST + 3)
            if (i < image_physical(text_start) / PAGE_SIZE || i >= image_physical(image_end) / PAGE_SIZE)
                kernel_image_table[i] = 0;
    image_rights(text_start, rodata_start, 0);
    image_rights(rodata_start, data_start, PTE_NO_EXECUTE);
    image_rights(data_start, image_end, PTE_WRITE | PTE_NO_EXECUTE);
    stacks_map(&kernel_image_table[STACK_PAGE_FIRST], 0);
    other_stacks_map();
    kernel_high[0] = 0;
    kernel_root[0] = 0;
}

#if CONFIG_CORES > 1
void paging_trampoline_map(paddr_t page, const void *code, size_t size)
{
    arch_pte_t *entry = &kernel_image_table[page / PAGE_SIZE];

    *entry = page | PTE_PRESENT | PTE_ACCESSED | PTE_WRITE | PTE_DIRTY | PTE_NO_EXECUTE;
    __builtin_memcpy((char *)KERNEL_BASE + page, code, size);
    *entry = page | PTE_PRESENT | PTE_ACCESSED;
    kernel_high[0] = image_physical(kernel_image_directory) | PTE_TABLE;
    kernel_root[0] = image_physical(kernel_high) | PTE_TABLE;
    tlb_invalidate_page(KERNEL_BASE + page);
}

void paging_trampoline_unmap(paddr_t page)
{
    kernel_image_table[page / PAGE_SIZE] = 0;
    kernel_high[0] = kernel_root[0] = 0;
    cr3_write(image_physical(kernel_root));
    tlb_invalidate_page(KERNEL_BASE + page);
}
#endif

void paging_init(struct boot_machine *machine)
{
    window_init(machine);
    image_init();
    cr3_write(image_physical(kernel_root));
}
