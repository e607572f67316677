/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Switching the machine off, and starting it again.
 *
 * Where that takes a call to the firmware (PSCI, SBI), the kernel does it. Else it is a PC: the right way is
 * what the firmware's tables say (acpi.c). If they cannot be read or it does not work, the ports that QEMU's
 * machines are known to have are tried, one after the other. Writing to a port that is not there does nothing.
 */
#include "parts.h"

#define PM1_SLEEP_ENABLE 0x2000u
#define QEMU_Q35_PM1     0x604u
#define QEMU_PC_PM1      0xb004u
#define QEMU_DEBUG_EXIT  0xf4u
#define RESET_CONTROL    0xcf9u /* of Intel's chipsets, and QEMU's */
#define RESET_COLD       0x0eu
#define KEYBOARD_COMMAND 0x64u
#define KEYBOARD_PULSE   0xfeu /* pulls the processor's reset line */
#define WAIT_NS          (20 * NS_PER_MS)

static void out(word_t port, word_t size, uint32_t value)
{
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, port, size, value);
}

/* The machine may need a moment to do as it was told. */
static void wait(void)
{
    time_ns_t end = time_now_ns() + WAIT_NS;
    while (time_now_ns() < end)
        ;
}

void power_off(void)
{
    struct acpi_power power;
    core_range_power(BOOT_SLOT_CORE_RANGE, MACHINE_OFF); /* comes back if this is not the way */
    if (acpi_find_power(&power)) {
        for (unsigned i = 0; i < 2; i++)
            if (power.sleep_port[i])
                out(power.sleep_port[i], 2, power.sleep_value[i] | PM1_SLEEP_ENABLE);
        wait();
    }
    out(QEMU_Q35_PM1, 2, PM1_SLEEP_ENABLE);
    out(QEMU_PC_PM1, 2, PM1_SLEEP_ENABLE);
    out(QEMU_DEBUG_EXIT, 4, 0);
    wait();
}

void power_reboot(void)
{
    struct acpi_power power;
    core_range_power(BOOT_SLOT_CORE_RANGE, MACHINE_RESET);
    if (acpi_find_power(&power) && power.reset_port) {
        out(power.reset_port, 1, power.reset_value);
        wait();
    }
    out(RESET_CONTROL, 1, RESET_COLD);
    wait();
    out(KEYBOARD_COMMAND, 1, KEYBOARD_PULSE);
    wait();
}
