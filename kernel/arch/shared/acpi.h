/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware's ACPI tables tell about interrupt controllers, cores and the clock of a PC. */
#ifndef ARCH_SHARED_ACPI_H
#define ARCH_SHARED_ACPI_H

#include "arch.h"
#include "boot.h"
#include "core.h"

#define ISA_LINES   16u
#define IOAPICS_MAX 8u
struct acpi {
    unsigned ioapic_count;
    struct {
        paddr_t address;
        uint32_t first_line;
    } ioapic[IOAPICS_MAX];
    uint8_t line_mode[ARCH_IRQ_MSI_FIRST]; /* IRQ_* */
    uint16_t pm_timer_port;                /* 0: none */
    unsigned cores;                        /* that the machine has */
    uint32_t core_id[CONFIG_CORES];        /* their local APICs', of as many as there is room for */
};
extern struct acpi acpi;
/* Fill it in. machine->acpi_rsdp: what the loader told, 0: search where PC firmware puts it; afterwards the
 * address for drivers, or 0. Without ACPI, addresses and modes are those of every PC. */
COLD void acpi_read(struct boot_machine *machine);

#endif
