/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much ACPI as it takes to switch a PC off. (ACPI Specification 6.4: 5.2.5 RSDP, 5.2.7 RSDT, 5.2.8
 * XSDT, 5.2.9 FADT, 7.4.2 \_Sx.)
 *
 *     RSDP -> XSDT or RSDT -> FADT: the ports, and where the DSDT is -> DSDT: the value that means "off"
 *
 * The DSDT is a program, and the value stands in the package named _S5_ in it. It is not interpreted but
 * searched for the name and a package behind it, which is how firmware writes it. The tables lie in memory
 * that the kernel gives out as device memory; they are read with device_read, and anything implausible makes
 * the whole search fail.
 */
#include "parts.h"

#define RSDP_REVISION      15u
#define RSDP_RSDT          16u
#define RSDP_XSDT          24u
#define RSDP_BYTES         36u
#define HEADER_BYTES       36u
#define HEADER_LENGTH      4u
#define FADT_DSDT          40u
#define FADT_PM1A          64u
#define FADT_PM1B          68u
#define FADT_FLAGS         112u
#define FADT_RESET         116u /* a generic address: space, width, offset, size, address */
#define FADT_RESET_ADDRESS (FADT_RESET + 4)
#define FADT_RESET_VALUE   128u
#define FADT_X_DSDT        140u
#define FADT_BYTES         148u
#define FLAG_RESET         (1u << 10)
#define SPACE_IO           1u
#define TABLE_BYTES_MAX    (1u << 20)
#define TABLES_MAX         64u

#define AML_BYTE    0x0au
#define AML_PACKAGE 0x12u

static uint64_t number(const unsigned char *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << i * 8;
    return value;
}

static uint32_t table_length(uint64_t table, const char *signature)
{
    unsigned char header[HEADER_BYTES];
    if (!device_read(table, header, sizeof header) || memcmp(header, signature, 4) != 0)
        return 0;
    uint32_t length = (uint32_t)number(header + HEADER_LENGTH, 4);
    return length >= HEADER_BYTES && length <= TABLE_BYTES_MAX ? length : 0;
}

/* The address of the table with a signature, by way of the RSDT (entries of 4 bytes) or XSDT (8). */
static uint64_t table_find(uint64_t root, const char *root_signature, unsigned entry_bytes,
                           const char *signature)
{
    uint32_t length = table_length(root, root_signature);
    for (unsigned i = 0; i < TABLES_MAX && HEADER_BYTES + (i + 1) * entry_bytes <= length; i++) {
        unsigned char entry[8];
        if (!device_read(root + HEADER_BYTES + i * entry_bytes, entry, entry_bytes))
            return 0;
        if (table_length(number(entry, entry_bytes), signature))
            return number(entry, entry_bytes);
    }
    return 0;
}

static uint64_t fadt_find(void)
{
    unsigned char rsdp[RSDP_BYTES];
    uint64_t fadt = 0;
    if (!boot->acpi_rsdp || !device_read(boot->acpi_rsdp, rsdp, sizeof rsdp) ||
        memcmp(rsdp, "RSD PTR ", 8) != 0)
        return 0;
    if (rsdp[RSDP_REVISION] >= 2 && number(rsdp + RSDP_XSDT, 8))
        fadt = table_find(number(rsdp + RSDP_XSDT, 8), "XSDT", 8, "FACP");
    return fadt ? fadt : table_find(number(rsdp + RSDP_RSDT, 4), "RSDT", 4, "FACP");
}

/* One element of a package: a constant 0 or 1, or a byte after its prefix. Moves `at` behind it. */
static uint16_t element(const unsigned char *code, size_t *at)
{
    if (code[*at] == AML_BYTE) {
        *at += 2;
        return code[*at - 1];
    }
    return code[(*at)++];
}

/* The sleep types of the package behind the name _S5_. */
static bool sleep_types(const unsigned char *code, size_t length, uint16_t types[2])
{
    for (size_t at = HEADER_BYTES; at + 16 < length; at++) {
        if (memcmp(code + at, "_S5_", 4) != 0 || code[at + 4] != AML_PACKAGE)
            continue;
        size_t next = at + 5;
        next += 1 + (code[next] >> 6); /* the package's length: its first byte says how many follow */
        next++;                        /* number of elements */
        types[0] = element(code, &next);
        types[1] = element(code, &next);
        return true;
    }
    return false;
}

static bool dsdt_read(uint64_t dsdt, uint16_t types[2])
{
    uint32_t length = table_length(dsdt, "DSDT");
    unsigned char *code = length ? malloc(length) : NULL;
    bool found = code && device_read(dsdt, code, length) && sleep_types(code, length, types);
    free(code);
    return found;
}

bool acpi_find_power(struct acpi_power *power)
{
    unsigned char fadt[FADT_BYTES] = { 0 };
    uint16_t types[2];
    uint64_t address = fadt_find();
    uint32_t length = address ? table_length(address, "FACP") : 0;

    *power = (struct acpi_power){ 0 };
    if (length == 0 || !device_read(address, fadt, length < sizeof fadt ? length : sizeof fadt))
        return false;
    if (number(fadt + FADT_FLAGS, 4) & FLAG_RESET && fadt[FADT_RESET] == SPACE_IO) {
        power->reset_port = (uint16_t)number(fadt + FADT_RESET_ADDRESS, 8);
        power->reset_value = fadt[FADT_RESET_VALUE];
    }
    uint64_t dsdt = number(fadt + FADT_X_DSDT, 8);
    if (dsdt_read(dsdt ? dsdt : number(fadt + FADT_DSDT, 4), types))
        for (unsigned i = 0; i < 2; i++) {
            power->sleep_port[i] = (uint16_t)number(fadt + (i ? FADT_PM1B : FADT_PM1A), 4);
            power->sleep_value[i] = (uint16_t)((types[i] & 7) << 10);
        }
    return power->sleep_port[0] != 0 || power->reset_port != 0;
}
