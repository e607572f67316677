/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console and the end: the first serial port, Bochs's debug port, and every known way to turn a PC off.
 *
 * Polled, for boot messages, panics and debug output; a driver for real use is a component. Both ports are
 * probed, and neither is required.
 */
#include "port.h"

/* 16550 UART: the data sheet's registers, as offsets. */
#define UART               CONSOLE_PORT
#define UART_DATA          (UART + 0) /* divisor's low byte while DLAB is set */
#define UART_INTERRUPTS    (UART + 1) /* divisor's high byte while DLAB is set */
#define UART_LINE          (UART + 3)
#define UART_MODEM         (UART + 4)
#define UART_STATUS        (UART + 5)
#define UART_SCRATCH       (UART + 7)
#define UART_LINE_8N1      0x03
#define UART_LINE_DLAB     0x80
#define UART_MODEM_DTR_RTS 0x03
#define UART_STATUS_ROOM   0x20
#define UART_DIVISOR       1 /* 115200 baud */
#define UART_PATIENCE      100000

#define DEBUG_PORT 0xe9 /* Bochs, QEMU's isa-debugcon: reads back its own number */

#define EXIT_PORT      0xf4   /* QEMU's isa-debug-exit, where the tool puts it */
#define SLEEP_PORT_PC  0x604  /* PM1a control of QEMU's machines */
#define SLEEP_PORT_OLD 0xb004 /* of older ones, and Bochs */
#define SLEEP_S5       0x2000
#define SHUTDOWN_PORT  0x8900 /* Bochs: takes the word "Shutdown" */

static bool have_uart, have_debug_port;

static bool uart_probe(void)
{
    out8(UART_SCRATCH, 0x5a);
    if (in8(UART_SCRATCH) != 0x5a)
        return false;
    out8(UART_SCRATCH, 0xa5);
    return in8(UART_SCRATCH) == 0xa5;
}

void console_init(void)
{
    have_debug_port = in8(DEBUG_PORT) == DEBUG_PORT;
    have_uart = uart_probe();
    if (!have_uart)
        return;
    out8(UART_INTERRUPTS, 0);
    out8(UART_LINE, UART_LINE_DLAB);
    out8(UART_DATA, UART_DIVISOR);
    out8(UART_INTERRUPTS, 0);
    out8(UART_LINE, UART_LINE_8N1);
    /* Not the FIFO register: writing it throws away what has been typed already. */
    out8(UART_MODEM, UART_MODEM_DTR_RTS);
}

/* A port that never gets ready loses characters instead of stopping the kernel. */
static void uart_put(char c)
{
    for (unsigned i = 0; i < UART_PATIENCE && !(in8(UART_STATUS) & UART_STATUS_ROOM); i++)
        continue;
    out8(UART_DATA, (uint8_t)c);
}

void arch_console_put(char c)
{
    if (have_debug_port)
        out8(DEBUG_PORT, (uint8_t)c);
    if (!have_uart)
        return;
    if (c == '\n')
        uart_put('\r');
    uart_put(c);
}

/* A PC is switched off by what its firmware's tables say, which the supervisor reads. */
error_t arch_power(word_t how)
{
    (void)how;
    return ERR_UNSUPPORTED;
}

#if CONFIG_CORES > 1
void arch_core_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}
#endif

/* The emulators' ports are left alone on a real machine, where something else may be behind them. */
void arch_halt(int status)
{
    if (cpu.hypervisor || have_debug_port) {
        out8(EXIT_PORT, (uint8_t)status);
        out16(SLEEP_PORT_PC, SLEEP_S5);
        out16(SLEEP_PORT_OLD, SLEEP_S5);
        for (const char *word = "Shutdown"; *word; word++)
            out8(SHUTDOWN_PORT, (uint8_t)*word);
    }
    for (;;)
        __asm__ volatile("cli; hlt");
}
