/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's tables, as the supervisor reads them to switch the machine off (components/supervisor/acpi.c).
 *
 * An input is physical memory from TABLES_AT on, and the RSDP is at its beginning; what lies elsewhere cannot be read.
 */
#include "fuzz.h"
#include "parts.h"

#define TABLES_AT 0xf0000u

static struct boot_info machine = { .acpi_rsdp = TABLES_AT };
const struct boot_info *boot = &machine;

static const uint8_t *memory;
static size_t memory_size;

bool device_read(uint64_t physical, void *to, size_t size)
{
    uint64_t at = physical - TABLES_AT;

    if (physical < TABLES_AT || at > memory_size || size > memory_size - at)
        return false;
    memcpy(to, memory + at, size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct acpi_power power;

    memory = data;
    memory_size = size;
    bool found = acpi_find_power(&power);
    FUZZ_EXPECT(found == (power.sleep_port[0] != 0 || power.reset_port != 0));
    for (unsigned i = 0; i < 2; i++)
        FUZZ_EXPECT((power.sleep_value[i] & ~(7u << 10)) == 0);
    return 0;
}
