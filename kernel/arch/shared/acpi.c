/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI, as little of it as a microkernel needs: where the interrupt controllers are, how the sixteen ISA
 * interrupts are wired, and the port of the clock that others are measured against. No AML: that is for a
 * component, which gets the address of the RSDP. Nothing here is about the processor: only firmware's tables.
 *
 * Every table is checked for its length and checksum, and one that is wrong counts as absent. (ACPI
 * specification 6.4, sections 5.2.5 to 5.2.12.)
 */
#include "acpi.h"

#include "boot_regions.h"
#include "port.h"

struct acpi acpi;

struct rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    /* Revision 2 and later. */
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum, reserved[3];
} __attribute__((packed));
#define RSDP_OLD_SIZE 20u

struct table {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));
#define TABLE_SIZE_MAX (1u << 20)

struct madt {
    struct table header;
    uint32_t lapic, flags;
} __attribute__((packed));

struct madt_entry {
    uint8_t type, length;
} __attribute__((packed));

struct madt_lapic {
    struct madt_entry entry;
    uint8_t processor, id;
    uint32_t flags;
} __attribute__((packed));

struct madt_ioapic {
    struct madt_entry entry;
    uint8_t id, reserved;
    uint32_t address, first_line;
} __attribute__((packed));

struct madt_override {
    struct madt_entry entry;
    uint8_t bus, source;
    uint32_t line;
    uint16_t flags;
} __attribute__((packed));

struct madt_x2apic {
    struct madt_entry entry;
    uint16_t reserved;
    uint32_t id, flags, processor;
} __attribute__((packed));

#define MADT_LAPIC    0
#define MADT_IOAPIC   1
#define MADT_OVERRIDE 2
#define MADT_X2APIC   9
#define MADT_ENABLED  1u

/* Polarity and trigger of an override: 5.2.12.5. */
#define OVERRIDE_POLARITY 0x3u
#define OVERRIDE_LOW      0x3u
#define OVERRIDE_TRIGGER  0xcu
#define OVERRIDE_LEVEL    0xcu

/* FADT: 5.2.9. */
#define FADT_PM_TIMER        76u
#define FADT_PM_TIMER_LENGTH 91u
#define FADT_SIZE_MIN        116u

#define IOAPIC_DEFAULT 0xfec00000u

static bool sum_is_zero(const void *data, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
    return sum == 0;
}

static bool signature_is(const char *have, const char *want, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (have[i] != want[i])
            return false;
    return true;
}

/* ---- Finding tables. */

static bool rsdp_is_valid(const struct rsdp *rsdp)
{
    return rsdp && signature_is(rsdp->signature, "RSD PTR ", 8) && sum_is_zero(rsdp, RSDP_OLD_SIZE);
}

/* PC firmware puts it on a 16-byte boundary of the extended BIOS data area's first KiB or the BIOS
 * area: 5.2.5.1. */
static paddr_t rsdp_search(paddr_t start, paddr_t end)
{
    for (paddr_t a = start; a + sizeof(struct rsdp) <= end; a += 16)
        if (rsdp_is_valid(boot_map(a, sizeof(struct rsdp))))
            return a;
    return 0;
}

static paddr_t rsdp_find(paddr_t told)
{
    if (told != 0 && rsdp_is_valid(boot_map(told, sizeof(struct rsdp))))
        return told;
    const uint16_t *ebda_segment = boot_map(0x40e, sizeof(*ebda_segment));
    paddr_t ebda = (paddr_t)*ebda_segment << 4;
    paddr_t found = ebda >= 0x400 && ebda < 0xa0000 ? rsdp_search(ebda, ebda + 0x400) : 0;
    return found ? found : rsdp_search(0xe0000, 0x100000);
}

static const struct table *table_map(paddr_t address)
{
    const struct table *table = address ? boot_map(address, sizeof(*table)) : NULL;
    if (!table || table->length < sizeof(*table) || table->length > TABLE_SIZE_MAX)
        return NULL;
    uint32_t length = table->length;
    table = boot_map(address, length);
    return table && sum_is_zero(table, length) ? table : NULL;
}

/* ---- What the tables say. */

static void line_override(const struct madt_override *override)
{
    if (override->line >= ARCH_IRQ_MSI_FIRST)
        return;
    uint8_t mode = 0;
    if ((override->flags & OVERRIDE_TRIGGER) == OVERRIDE_LEVEL)
        mode |= IRQ_LEVEL;
    if ((override->flags & OVERRIDE_POLARITY) == OVERRIDE_LOW)
        mode |= IRQ_ACTIVE_LOW;
    acpi.line_mode[override->line] = mode;
}

static void ioapic_add(paddr_t address, uint32_t first_line)
{
    if (acpi.ioapic_count == IOAPICS_MAX)
        return;
    acpi.ioapic[acpi.ioapic_count].address = address;
    acpi.ioapic[acpi.ioapic_count++].first_line = first_line;
}

static void core_add(uint32_t id, uint32_t flags)
{
    if (!(flags & MADT_ENABLED))
        return;
    if (acpi.cores < CONFIG_CORES)
        acpi.core_id[acpi.cores] = id;
    acpi.cores++;
}

static void madt_entry_read(const struct madt_entry *entry)
{
    switch (entry->type) {
    case MADT_LAPIC:
        if (entry->length >= sizeof(struct madt_lapic))
            core_add(((const struct madt_lapic *)entry)->id, ((const struct madt_lapic *)entry)->flags);
        return;
    case MADT_X2APIC:
        if (entry->length >= sizeof(struct madt_x2apic))
            core_add(((const struct madt_x2apic *)entry)->id, ((const struct madt_x2apic *)entry)->flags);
        return;
    case MADT_IOAPIC:
        if (entry->length >= sizeof(struct madt_ioapic))
            ioapic_add(((const struct madt_ioapic *)entry)->address,
                       ((const struct madt_ioapic *)entry)->first_line);
        return;
    case MADT_OVERRIDE:
        if (entry->length >= sizeof(struct madt_override))
            line_override((const struct madt_override *)entry);
        return;
    }
}

static void madt_read(const struct table *table)
{
    const char *p = (const char *)table + sizeof(struct madt), *end = (const char *)table + table->length;
    if (table->length < sizeof(struct madt))
        return;
    while (p + sizeof(struct madt_entry) <= end) {
        const struct madt_entry *entry = (const void *)p;
        if (entry->length < sizeof(*entry) || p + entry->length > end)
            return;
        madt_entry_read(entry);
        p += entry->length;
    }
}

static void fadt_read(const struct table *table)
{
    const char *bytes = (const char *)table;
    uint32_t port;
    if (table->length < FADT_SIZE_MIN || bytes[FADT_PM_TIMER_LENGTH] != 4)
        return;
    __builtin_memcpy(&port, bytes + FADT_PM_TIMER, sizeof(port));
    if (port < 0x10000)
        acpi.pm_timer_port = (uint16_t)port;
}

static void table_read(const struct table *table)
{
    if (!table)
        return;
    if (signature_is(table->signature, "APIC", 4))
        madt_read(table);
    else if (signature_is(table->signature, "FACP", 4))
        fadt_read(table);
}

/* The root table holds the addresses of the others: RSDT with 32 bits each, XSDT with 64. */
static void root_read(const struct table *root, size_t entry_size)
{
    if (!root)
        return;
    size_t count = (root->length - sizeof(*root)) / entry_size;
    for (size_t i = 0; i < count; i++) {
        uint64_t address = 0;
        __builtin_memcpy(&address, (const char *)(root + 1) + i * entry_size, entry_size == 8 ? 8 : 4);
        table_read(table_map(address));
    }
}

/* What holds for every PC: ISA interrupts are edge-triggered and active high, PCI's are level-triggered and
 * active low. */
static void defaults_set(void)
{
    for (unsigned i = ISA_LINES; i < ARCH_IRQ_MSI_FIRST; i++)
        acpi.line_mode[i] = IRQ_LEVEL | IRQ_ACTIVE_LOW;
}

/* A copy that the boot loader made (memory_map.c) is inside the kernel: drivers need one that they can map.
 * If the firmware's is not where it is on a PC (UEFI), a page of memory is given up for another copy. */
static paddr_t rsdp_publish(struct boot_machine *machine, paddr_t rsdp)
{
    if (rsdp < image_physical(image_start) || rsdp >= image_physical(image_end))
        return rsdp;
    paddr_t original = rsdp_find(0);
    if (original)
        return original;
    paddr_t page = machine->memory[0].end - PAGE_SIZE;
    boot_regions_remove(machine, page, page + PAGE_SIZE);
    boot_write(page, boot_map(rsdp, sizeof(struct rsdp)), sizeof(struct rsdp));
    return page;
}

void acpi_read(struct boot_machine *machine)
{
    defaults_set();
    paddr_t address = rsdp_find(machine->acpi_rsdp);
    const struct rsdp *rsdp = address ? boot_map(address, sizeof(*rsdp)) : NULL;
    if (rsdp && rsdp->revision >= 2 && rsdp->xsdt != 0 && sum_is_zero(rsdp, sizeof(*rsdp)))
        root_read(table_map(rsdp->xsdt), 8);
    else if (rsdp)
        root_read(table_map(rsdp->rsdt), 4);
    if (acpi.ioapic_count == 0)
        ioapic_add(IOAPIC_DEFAULT, 0);
    machine->acpi_rsdp = rsdp_publish(machine, address);
}
