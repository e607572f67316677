/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, in the order in which things become possible: the device tree; the console, so that failures are told (until
 * then the firmware prints); memory and paging; interrupts; the clock; then the portable part.
 *
 * Boot arguments (/chosen bootargs): "sv39" keeps a processor that has Sv48 at three levels of page tables.
 */
#include "port.h"
#include "boot_regions.h"

static struct boot_machine machine;
static struct device_tree tree;

static void tree_open(paddr_t physical)
{
    const void *header = boot_map(physical, 64);
    uint32_t size = header ? device_tree_size(header) : 0;
    const void *blob = size ? boot_map(physical, size) : NULL;
    const char *wrong = blob ? device_tree_open(&tree, blob, size) : "it is none";
    if (wrong)
        BOOT_REFUSE("the device tree at %lx cannot be used: %s", physical, wrong);
    machine.device_tree = physical;
    machine.device_tree_size = size;
}

/* What is in memory and not to be used: this image, the payload, which the portable part knows, and the tree. */
static void memory_read(void)
{
    device_tree_memory(&tree, &machine);
    boot_regions_reserve(&machine, image_physical(image_start), image_physical(image_end));
    boot_regions_remove(&machine, image_physical(payload_start), image_physical(payload_end));
    boot_regions_remove(&machine, machine.device_tree, machine.device_tree + machine.device_tree_size);
    if (machine.memory_count == 0)
        BOOT_REFUSE("the device tree tells of no memory that can be used");
}

/* A word of the boot arguments. */
static bool boot_argument(const char *word)
{
    struct device_tree_node chosen;
    const char *text = device_tree_find_path(&tree, "/chosen", &chosen)
                           ? device_tree_text(&tree, &chosen, "bootargs")
                           : NULL;
    size_t length = __builtin_strlen(word);
    while (text && *text) {
        size_t next = 0;
        while (text[next] && text[next] != ' ')
            next++;
        if (next == length && __builtin_memcmp(text, word, length) == 0)
            return true;
        text += next + (text[next] == ' ');
    }
    return false;
}

static void features_tell(bool tags)
{
    unsigned cores = device_tree_cores(&tree);
    machine.features = BOOT_FEATURE_FPU | (tags ? BOOT_FEATURE_TAGS : 0);
    print("riscv64: counter %lu kHz; %s %s%s%u core%s\n", arch_ticks_hz() / 1000,
          paging_levels == 4 ? "sv48" : "sv39", tags ? "asid " : "", clock_has_sstc() ? "sstc " : "", cores,
          cores == 1 ? "" : "s");
}

NORETURN COLD void boot_start(paddr_t device_tree, paddr_t base, word_t hart);
void boot_start(paddr_t device_tree, paddr_t base, word_t hart)
{
    image_base = base;
    tree_open(device_tree);
    console_init(&tree, &machine);
    power_init(&tree);
    memory_read();
    paging_init(&machine, !boot_argument("sv39"));
    bool tags = space_detect_tags();
    plic_init(&tree, &machine, (unsigned)hart);
    clock_init(&tree);
    features_tell(tags);
    paging_end_boot();

    machine.physical_end = paging_physical_end();
    machine.payload = arch_pointer(image_physical(payload_start));
    machine.payload_room = (size_t)(payload_end - payload_start);
    machine.machine = "riscv64 virt";
    kernel_boot(&machine);
}
