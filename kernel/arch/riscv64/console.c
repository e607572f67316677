/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console and the end: a 16550 UART that the device tree names, or the firmware; and the ways to switch off.
 *
 * Polled, for boot messages, panics and debug output; a driver for real use is a component. Until the UART is
 * known, and where there is none, the firmware prints.
 */
#include "port.h"

/* 16550 UART: the data sheet's registers, in steps of `stride` bytes. */
#define UART_DATA        0u
#define UART_STATUS      5u
#define UART_STATUS_ROOM 0x20u
#define UART_PATIENCE    100000u
#define UART_BYTES       8u

/* SiFive's test device, which QEMU's virt machine has: status in the upper half. */
#define FINISHER_FAIL 0x3333u

static volatile uint8_t *uart;
static unsigned stride;
static volatile uint32_t *finisher;

void console_init(const struct device_tree *tree, struct boot_machine *machine)
{
    machine->console = device_tree_console(tree);
    if (machine->console.kind != BOOT_CONSOLE_16550_MEMORY)
        return;
    stride = machine->console.stride;
    uart = device_map(machine->console.address, UART_BYTES * stride);
}

void power_init(const struct device_tree *tree)
{
    struct device_tree_node node;
    struct boot_region registers;
    if (device_tree_find(tree, "sifive,test0", &node) && device_tree_reg(tree, &node, 0, &registers))
        finisher = device_map(registers.start, sizeof(*finisher));
}

/* A device that never gets ready loses characters instead of stopping the kernel. */
static void uart_put(char c)
{
    for (unsigned i = 0; i < UART_PATIENCE && !(uart[UART_STATUS * stride] & UART_STATUS_ROOM); i++)
        continue;
    uart[UART_DATA * stride] = (uint8_t)c;
}

static void put(char c)
{
    if (uart)
        uart_put(c);
    else
        sbi_call(SBI_EXTENSION_CONSOLE, 0, (word_t)c, 0);
}

void arch_console_put(char c)
{
    if (c == '\n')
        put('\r');
    put(c);
}

error_t arch_power(word_t how)
{
    if (sbi_has(SBI_EXTENSION_RESET))
        sbi_call(SBI_EXTENSION_RESET, SBI_RESET_SYSTEM,
                 how == MACHINE_RESET ? SBI_RESET_COLD : SBI_RESET_SHUTDOWN, 0);
    return ERR_UNSUPPORTED;
}

/* Firmware has no way to hand a status on to an emulator; the test device has. */
void arch_halt(int status)
{
    if (status != 0 && finisher)
        *finisher = (uint32_t)status << 16 | FINISHER_FAIL;
    sbi_call(SBI_EXTENSION_RESET, SBI_RESET_SYSTEM, SBI_RESET_SHUTDOWN, status ? SBI_RESET_FAILURE : 0);
    for (;;)
        __asm__ volatile("wfi");
}

#if CONFIG_CORES > 1
/* With no interrupt enabled WFI may wait for ever, which it shall. */
void arch_core_halt(void)
{
    CSR_WRITE(sie, 0);
    for (;;)
        __asm__ volatile("wfi");
}
#endif
