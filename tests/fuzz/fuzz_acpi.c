/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's tables, as the kernel reads them (kernel/arch/shared/acpi.c).
 *
 * An input is the BIOS area from TABLES_AT on; the loader has told that the RSDP is at its beginning (or, if the first byte says
 * so, nothing or something else). Checksums that are wrong are mended, except if its lowest four bits are 0.
 */
#include "physical.h"
#include <string.h>

#define TABLES_AT   ((paddr_t)0xf0000)
#define TABLES_SIZE 0x4000u
#define RSDP_SIZE   36u
#define HEADER_SIZE 36u

static struct boot_machine machine;
static uint8_t tables[TABLES_SIZE];

static void read(void *argument)
{
    acpi_read(argument);
}

/* Make the bytes' sum zero by the one at `where`. */
static void mend_sum(size_t start, size_t size, size_t where)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + tables[start + i]);
    tables[start + where] = (uint8_t)(tables[start + where] - sum);
}

static uint64_t number_at(size_t where, size_t bytes)
{
    uint64_t number = 0;

    memcpy(&number, tables + where, bytes);
    return number;
}

/* A table in the input, and those that it leads to if it is a root table: two levels are all there is. */
static void mend_table(uint64_t physical, size_t entry_size)
{
    uint64_t at = physical - TABLES_AT;

    if (at >= TABLES_SIZE - HEADER_SIZE)
        return;
    uint64_t length = number_at(at + 4, 4);
    if (length < HEADER_SIZE || length > TABLES_SIZE - at)
        return;
    for (size_t entry = at + HEADER_SIZE; entry_size && entry + entry_size <= at + length;
         entry += entry_size)
        mend_table(number_at(entry, entry_size), 0);
    mend_sum(at, length, 9);
}

static void mend_checksums(void)
{
    memcpy(tables, "RSD PTR ", 8);
    mend_table(number_at(16, 4), 4);
    mend_table(number_at(24, 8), 8);
    mend_sum(0, 20, 8);
    mend_sum(0, RSDP_SIZE, 32);
}

static void check_result(void)
{
    FUZZ_EXPECT(acpi.ioapic_count >= 1 && acpi.ioapic_count <= IOAPICS_MAX);
    for (unsigned line = 0; line < ARCH_IRQ_MSI_FIRST; line++)
        FUZZ_EXPECT(acpi.line_mode[line] <= (IRQ_LEVEL | IRQ_ACTIVE_LOW));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size - 1 > TABLES_SIZE)
        return 0;
    memset(tables, 0, sizeof(tables));
    memcpy(tables, data + 1, size - 1);
    if (data[0] & 15)
        mend_checksums();
    memset(&acpi, 0, sizeof(acpi));
    machine = (struct boot_machine){ .memory_count = 1, .memory = { { MIB(2), MIB(64) } } };
    machine.acpi_rsdp = data[0] >= 0xf8 ? 0 : data[0] >= 0xf0 ? (paddr_t)data[0] << 40 : TABLES_AT;
    physical_set(TABLES_AT, tables, TABLES_SIZE);
    FUZZ_EXPECT(physical_run(read, &machine));
    check_result();
    physical_end();
    return 0;
}
