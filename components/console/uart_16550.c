/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The 16550 UART, through I/O ports or through memory, whichever the device has. (National Semiconductor PC16550D data sheet; register names
 * are from there.)
 *
 * The FIFOs are switched on only if nothing has been received yet, or if they are on already: switching them
 * on throws away what is in the receiver, and bytes that a person or a pipe has sent before the console
 * started must not be lost. Without FIFOs all works the same, with an interrupt for each byte.
 *
 * The interrupt is edge-triggered: it comes again only when the line rises, and the line is high as long as
 * anything is wanted. Removing each cause once is not enough, because while one is removed, another can
 * appear that was removed before:
 *
 *     line   transmitter empty   all received bytes are taken   a byte arrives   the transmitter is filled
 *     low    high                high                           high             high, and nobody looks again
 *
 * So uart_acknowledge comes first, and then causes are removed until uart_wants says that there is none: at
 * that moment the line is low, and whatever comes later is an edge.
 */
#include "uart_driver.h"

enum uart_register {
    RBR_THR = 0, /* receiver buffer (read), transmitter holding (write); divisor low with DLAB */
    IER = 1,     /* interrupt enable; divisor high with DLAB */
    IIR_FCR = 2, /* interrupt identification (read), FIFO control (write) */
    LCR = 3,     /* line control */
    MCR = 4,     /* modem control */
    LSR = 5,     /* line status */
};

#define IER_RECEIVE    0x01u
#define IER_TRANSMIT   0x02u
#define IIR_NOTHING    0x01u /* no interrupt is pending */
#define IIR_FIFOS_ON   0xc0u
#define FCR_ENABLE     0x01u
#define FCR_TRIGGER_8  0x80u
#define LCR_8_BITS     0x03u
#define LCR_DLAB       0x80u
#define MCR_DTR_RTS    0x03u
#define MCR_OUT2       0x08u /* lets the interrupt through on a PC */
#define LSR_DATA_READY 0x01u
#define LSR_THR_EMPTY  0x20u
#define DIVISOR_115200 1u
#define FIFO_BYTES     16u

static const struct component_device *ports; /* NULL: */
static volatile unsigned char *memory;       /* a register is a byte here */
static unsigned interrupts;                  /* what is in IER */
static unsigned room;                        /* bytes that fit when the transmitter is empty */

static unsigned register_read(enum uart_register which)
{
    uint32_t value = 0;
    if (!ports)
        return memory[which];
    io_port_range_in(ports->cap, ports->first + which, 1, &value);
    return value;
}

static void register_write(enum uart_register which, unsigned value)
{
    if (!ports)
        memory[which] = (unsigned char)value;
    else
        io_port_range_out(ports->cap, ports->first + which, 1, value);
}

static void interrupts_set(unsigned bits)
{
    if (interrupts == bits)
        return;
    interrupts = bits;
    register_write(IER, bits);
}

static void line_set(void)
{
    register_write(LCR, LCR_DLAB | LCR_8_BITS);
    register_write(RBR_THR, DIVISOR_115200);
    register_write(IER, 0);
    register_write(LCR, LCR_8_BITS);
    register_write(MCR, MCR_DTR_RTS | MCR_OUT2);
}

static void fifos_enable(void)
{
    bool on = (register_read(IIR_FCR) & IIR_FIFOS_ON) == IIR_FIFOS_ON;
    room = 1;
    if (!on && register_read(LSR) & LSR_DATA_READY)
        return;
    register_write(IIR_FCR, FCR_ENABLE | FCR_TRIGGER_8);
    if ((register_read(IIR_FCR) & IIR_FIFOS_ON) == IIR_FIFOS_ON)
        room = FIFO_BYTES;
}

static bool init(const char *device)
{
    ports = device_find(device, BUNDLE_DEVICE_PORTS);
    if (!ports) {
        const struct component_device *registers = device_find(device, BUNDLE_DEVICE_MEMORY);
        if (!registers)
            return false;
        memory = (volatile unsigned char *)registers->address;
    }
    line_set();
    fifos_enable();
    return true;
}

static void start(void)
{
    interrupts_set(IER_RECEIVE);
}

static size_t send(const char *bytes, size_t count)
{
    size_t sent = 0;
    while (sent < count && register_read(LSR) & LSR_THR_EMPTY)
        for (unsigned i = 0; i < room && sent < count; i++)
            register_write(RBR_THR, (unsigned char)bytes[sent++]);
    interrupts_set(sent < count ? interrupts | IER_TRANSMIT : interrupts & ~IER_TRANSMIT);
    return sent;
}

static bool receive(char *byte)
{
    if (!(interrupts & IER_RECEIVE) || !(register_read(LSR) & LSR_DATA_READY))
        return false;
    *byte = (char)register_read(RBR_THR);
    return true;
}

static void receive_enable(bool on)
{
    interrupts_set(on ? interrupts | IER_RECEIVE : interrupts & ~IER_RECEIVE);
}

/* Reading that register takes back "transmitter empty", if that is what it tells; so the answer counts. */
static bool wants(void)
{
    return !(register_read(IIR_FCR) & IIR_NOTHING);
}

const struct uart_driver uart_16550 = {
    .hardware = "16550",
    .init = init,
    .start = start,
    .send = send,
    .receive = receive,
    .receive_enable = receive_enable,
    .wants = wants,
};
