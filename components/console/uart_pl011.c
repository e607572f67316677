/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arm's PrimeCell UART, PL011. (Arm DDI 0183, technical reference manual; register names are from there.)
 *
 * Switching the FIFOs on or off empties them, and bytes that arrived before the console started must not be
 * lost: so the line is left as firmware, or QEMU, has set it up if the device is on already.
 *
 * The transmit interrupt comes when the FIFO's level falls through its mark, and never for a FIFO that is
 * empty already: it is asked for only when the FIFO has been filled. The receive interrupts are levels (the
 * FIFO's mark, and bytes that have waited), and go away when the bytes are taken.
 */
#include "uart_driver.h"

/* Registers, as indices of 32-bit words: 3.2. */
enum uart_register {
    UARTDR = 0x00 / 4,
    UARTFR = 0x18 / 4,
    UARTLCR_H = 0x2c / 4,
    UARTCR = 0x30 / 4,
    UARTIFLS = 0x34 / 4,
    UARTIMSC = 0x38 / 4,
    UARTICR = 0x44 / 4,
};

#define UARTFR_RXFE      0x10u /* nothing to receive */
#define UARTFR_TXFF      0x20u /* no room to send */
#define UARTLCR_H_FEN    0x10u
#define UARTLCR_H_8_BITS 0x60u
#define UARTCR_ON        0x301u /* UARTEN, TXE, RXE */
#define UARTIFLS_HALF    0x12u
#define INTERRUPT_RX     0x10u
#define INTERRUPT_TX     0x20u
#define INTERRUPT_RT     0x40u /* bytes wait below the mark */
#define INTERRUPTS_ALL   0x7ffu

static volatile uint32_t *registers;
static uint32_t interrupts; /* what is in UARTIMSC */

static void interrupts_set(uint32_t bits)
{
    if (interrupts == bits)
        return;
    interrupts = bits;
    registers[UARTIMSC] = bits;
}

static bool init(const char *device)
{
    const struct component_device *memory = device_find(device, BUNDLE_DEVICE_MEMORY);
    if (!memory)
        return false;
    registers = (volatile uint32_t *)memory->address;
    registers[UARTIMSC] = 0;
    if ((registers[UARTCR] & UARTCR_ON) != UARTCR_ON && registers[UARTFR] & UARTFR_RXFE)
        registers[UARTLCR_H] = UARTLCR_H_FEN | UARTLCR_H_8_BITS;
    registers[UARTIFLS] = UARTIFLS_HALF;
    registers[UARTCR] = UARTCR_ON;
    registers[UARTICR] = INTERRUPTS_ALL & ~(INTERRUPT_RX | INTERRUPT_RT);
    return true;
}

static void start(void)
{
    interrupts_set(INTERRUPT_RX | INTERRUPT_RT);
}

static size_t send(const char *bytes, size_t count)
{
    size_t sent = 0;
    while (sent < count && !(registers[UARTFR] & UARTFR_TXFF))
        registers[UARTDR] = (unsigned char)bytes[sent++];
    interrupts_set(sent < count ? interrupts | INTERRUPT_TX : interrupts & ~INTERRUPT_TX);
    return sent;
}

static bool receive(char *byte)
{
    if (!(interrupts & INTERRUPT_RX) || registers[UARTFR] & UARTFR_RXFE)
        return false;
    *byte = (char)registers[UARTDR];
    return true;
}

static void receive_enable(bool on)
{
    uint32_t bits = INTERRUPT_RX | INTERRUPT_RT;
    interrupts_set(on ? interrupts | bits : interrupts & ~bits);
}

/* The interrupt is a level: what is still wanted makes it come again. */
static bool wants(void)
{
    return false;
}

const struct uart_driver uart_pl011 = {
    .hardware = "pl011",
    .init = init,
    .start = start,
    .send = send,
    .receive = receive,
    .receive_enable = receive_enable,
    .wants = wants,
};
