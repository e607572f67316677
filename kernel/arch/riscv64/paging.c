/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mapping, made once at boot (layout.h shows it). After paging_init nothing in it changes,
 * except that boot_map_end takes away the device tree: so its entries can be global, and need no flush on
 * any core, ever.
 *
 * Sv39 and Sv48 share all tables but the window's: kernel_high, which maps the last 512 GiB, is the root of Sv39
 * and stands in the last entry of the root of Sv48. Boot begins with Sv39.
 *
 * No page is both writable and executable. The window holds ordinary memory and the payload, but not the
 * image, so the kernel's text and tables cannot be written through it either.
 */
#include "port.h"

#define ENTRIES  512u
#define LARGE_2M WORD(0x200000)

/* boot.S has filled in what it needed. */
ALIGNED(4096) static arch_pte_t kernel_root[ENTRIES];     /* of Sv48 */
ALIGNED(4096) arch_pte_t kernel_high[ENTRIES];            /* the last 512 GiB; the root of Sv39 */
ALIGNED(4096) arch_pte_t kernel_image_directory[ENTRIES]; /* from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_image_table[ENTRIES];     /* 2 MiB from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_devices[ENTRIES];         /* from DEVICE_BASE, in steps of 2 MiB */
ALIGNED(4096) char stack_pages[CONFIG_CORES * STACK_PAGES][PAGE_SIZE];

/* Stacks of further cores: behind the first's, from the second 2 MiB of the image on. */
#if CONFIG_CORES > 1
#define STACKS_PER_TABLE (ENTRIES * PAGE_SIZE / STACK_AREA_SIZE)
#define STACK_TABLES     ((CONFIG_CORES - 1 + STACKS_PER_TABLE - 1) / STACKS_PER_TABLE)
ALIGNED(4096) static arch_pte_t stack_tables[STACK_TABLES * ENTRIES];
#endif

#define PTE_KERNEL (PTE_VALID | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY)
#define PTE_DATA   (PTE_KERNEL | PTE_READ | PTE_WRITE)

unsigned paging_levels = 3;
word_t window_base = WINDOW_BASE_SV39;
paddr_t image_base;

arch_pte_t *kernel_root_table(void)
{
    return paging_levels == 4 ? kernel_root : kernel_high;
}

paddr_t kernel_window_end(void)
{
    return paging_levels == 4 ? WINDOW_SIZE_SV48 : WINDOW_SIZE_SV39;
}

/* ---- What window.c needs. */

arch_pte_t kernel_pte(paddr_t physical, unsigned level, bool device)
{
    (void)level, (void)device; /* what is cached is fixed for each address */
    return PTE_FRAME(physical) | PTE_DATA;
}

arch_pte_t kernel_pte_table(paddr_t table)
{
    return PTE_FRAME(table) | PTE_VALID;
}

unsigned arch_largest_level(void)
{
    return 2;
}

/* The hardware may remember that nothing was there. */
void kernel_mapping_added(void)
{
    tlb_flush_all();
}

void kernel_mapping_removed(word_t address)
{
    (void)address;
    tlb_flush_all();
}

/* ---- The image. */

static void image_rights(const char *start, const char *end, arch_pte_t rights)
{
    for (word_t a = (word_t)start; a < (word_t)end; a += PAGE_SIZE)
        *arch_table_entry(kernel_image_table, 0, a) =
            PTE_FRAME(a - KERNEL_BASE + image_base) | PTE_KERNEL | rights;
}

/* The stacks' pages of a core, in the order of stack_pages; `entries` are those of its area. */
static void stacks_map(arch_pte_t *entries, unsigned core)
{
    unsigned next = core * STACK_PAGES;
    for (unsigned page = 0; STACK_MAPPED >> page; page++)
        if (STACK_MAPPED >> page & 1)
            entries[page] = PTE_FRAME(image_physical(stack_pages[next++])) | PTE_DATA;
    check(next == (core + 1) * STACK_PAGES);
}

#if CONFIG_CORES > 1
static void other_stacks_map(void)
{
    for (unsigned core = 1; core < CONFIG_CORES; core++)
        stacks_map(&stack_tables[(core - 1) * (STACK_AREA_SIZE / PAGE_SIZE)], core);
    for (unsigned i = 0; i < STACK_TABLES; i++)
        kernel_image_directory[1 + i] = kernel_pte_table(image_physical(&stack_tables[i * ENTRIES]));
}
#else
static void other_stacks_map(void)
{
}
#endif

/* Only now: boot.S mapped everything with all rights. */
static void image_init(void)
{
    for (word_t a = (word_t)image_end; a < STACK_AREA + STACK_AREA_PAGES * PAGE_SIZE; a += PAGE_SIZE)
        if (a < STACK_AREA + PAGE_SIZE || a >= STACK_AREA + 3 * PAGE_SIZE) /* not the stack in use */
            *arch_table_entry(kernel_image_table, 0, a) = 0;
    for (word_t a = STACK_AREA + STACK_AREA_PAGES * PAGE_SIZE; a < KERNEL_BASE + LARGE_2M; a += PAGE_SIZE)
        *arch_table_entry(kernel_image_table, 0, a) = 0;
    image_rights(text_start, rodata_start, PTE_READ | PTE_EXECUTE);
    image_rights(rodata_start, data_start, PTE_READ);
    image_rights(data_start, image_end, PTE_READ | PTE_WRITE);
    stacks_map(&kernel_image_table[STACK_PAGE_FIRST], 0);
    other_stacks_map();
}

/* A mode that the processor does not have leaves the register as it was: privileged architecture, 4.1.11. */
void paging_use_sv48(void)
{
    word_t root = SATP_SV48 << SATP_MODE | image_physical(kernel_root) >> PAGE_BITS;
    kernel_root[ENTRIES - 1] = PTE_FRAME(image_physical(kernel_high)) | PTE_VALID;
    CSR_WRITE(satp, root);
    if (CSR_READ(satp) != root)
        return;
    paging_levels = 4;
    window_base = WINDOW_BASE_SV48;
    tlb_flush_all();
}

void paging_init(struct boot_machine *machine)
{
    window_init(machine);
    image_init();
    space_find_empty();
    tlb_flush_all();
}
