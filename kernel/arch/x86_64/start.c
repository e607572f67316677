/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, in the order in which things become possible: the console, so that failures are told; the processor's
 * tables, so that exceptions are reported; memory; the firmware's tables; interrupts; the clock; then the
 * portable part.
 */
#include "port.h"

static struct boot_machine machine;

static void features_tell(void)
{
    machine.features = BOOT_FEATURE_FPU;
    if (cpu.pcid)
        machine.features |= BOOT_FEATURE_TAGS;
    if (cpu.meltdown) {
        machine.features |= BOOT_FEATURE_MELTDOWN;
        print("x86_64: this processor is affected by Meltdown: user code can read kernel memory\n");
    }
    print("x86_64: counter %lu kHz; %s%s%s%s%s%s%s%s%u core%s\n", arch_ticks_hz() / 1000,
          cpu.smep ? "smep " : "", cpu.smap ? "smap " : "", cpu.umip ? "umip " : "", cpu.pcid ? "pcid " : "",
          cpu.x2apic ? "x2apic " : "", cpu.tsc_deadline ? "tsc-deadline " : "",
          cpu.xsaveopt ? "xsaveopt "
          : cpu.xsave  ? "xsave "
                       : "",
          cpu.huge_pages ? "1-GiB-pages " : "", acpi.cores > 0 ? acpi.cores : 1, acpi.cores > 1 ? "s" : "");
}

static paddr_t physical_end(void)
{
    paddr_t end = (paddr_t)1 << (cpu.physical_bits < 52 ? cpu.physical_bits : 52);
    return end < WINDOW_SIZE ? end : WINDOW_SIZE;
}

NORETURN SELDOM void boot_start(unsigned protocol, paddr_t info);
void boot_start(unsigned protocol, paddr_t info)
{
    console_init();
    const char *missing = cpu_detect();
    if (missing)
        BOOT_REFUSE("this processor lacks %s (in QEMU: -cpu max)", missing);
    cpu_init_tables(0);
    memory_map_read(&machine, protocol, info);
    paging_init(&machine);
    cpu_init_features(0);
    acpi_read(&machine);
    interrupt_init(&machine);
    clock_init();
    features_tell();
    machine.cores = cores_start();
    boot_map_end();

    machine.physical_end = physical_end();
    machine.payload = arch_pointer(image_physical(payload_start));
    machine.payload_room = (size_t)(payload_end - payload_start);
    machine.console =
        (struct boot_console){ .kind = BOOT_CONSOLE_16550_PORTS, .stride = 1, .address = CONSOLE_PORT };
    machine.machine = "x86_64 pc";
    kernel_boot(&machine);
}
