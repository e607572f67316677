/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial line, for what the supervisor says while there is no console to say it: polled, one character
 * after the other. Which device it is, the kernel has told (boot_info): it prints there itself. The console
 * and this never use it at the same time.
 *
 * A device that is never ready loses characters instead of stopping the supervisor.
 */
#include "parts.h"

#define WAIT_ROUNDS 100000u

/* 16550: registers, by number; and "the transmitter takes a byte". */
#define THR       0u
#define LSR       5u
#define LSR_EMPTY 0x20u

/* PL011: registers, in bytes; and "the transmitter takes no byte". */
#define UARTDR      0x00u
#define UARTFR      0x18u
#define UARTFR_TXFF 0x20u

static volatile unsigned char *registers; /* NULL: not mapped yet, or not reached through memory */

static bool registers_open(void)
{
    uint64_t page = boot->console.address & ~(uint64_t)(PAGE_BYTES - 1);
    if (!registers) {
        volatile unsigned char *mapped = device_open(page);
        if (mapped)
            registers = mapped + (boot->console.address - page);
    }
    return registers != NULL;
}

static void put_16550_ports(char c)
{
    word_t port = boot->console.address;
    uint32_t status = 0;
    for (unsigned round = 0; round < WAIT_ROUNDS && !(status & LSR_EMPTY); round++)
        io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, port + LSR, 1, &status);
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, port + THR, 1, (unsigned char)c);
}

static void put_16550_memory(char c)
{
    for (unsigned round = 0; round < WAIT_ROUNDS; round++)
        if (registers[LSR * boot->console.stride] & LSR_EMPTY)
            break;
    registers[THR * boot->console.stride] = (unsigned char)c;
}

static void put_pl011(char c)
{
    for (unsigned round = 0; round < WAIT_ROUNDS; round++)
        if (!(*(volatile uint32_t *)(registers + UARTFR) & UARTFR_TXFF))
            break;
    *(volatile uint32_t *)(registers + UARTDR) = (unsigned char)c;
}

void serial_put(char c)
{
    switch (boot->console.kind) {
    case BOOT_CONSOLE_16550_PORTS:
        put_16550_ports(c);
        break;
    case BOOT_CONSOLE_16550_MEMORY:
        if (registers_open())
            put_16550_memory(c);
        break;
    case BOOT_CONSOLE_PL011:
        if (registers_open())
            put_pl011(c);
        break;
    }
}
