/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's serial line against a 16550 as hardware is: interrupts are edges, and the transmitter takes its
 * time. (QEMU's transmitter is always empty at once, and its interrupt controller hears an edge each time that it is told of a high
 * line: what this finds cannot be found there.)
 *
 *     model SEED    bytes come from a person and go to a host, at random moments: between any two accesses to a register. Everything
 *                   must arrive, in order. The console is stuck when it waits and nothing will ever wake it.
 *
 * The kernel's part is as in kernel/arch/x86_64/interrupt.c: after an interrupt, the next is kept until the first is
 * acknowledged. The supervisor's news come at random, and handling them prints much: as the server loop does, news come
 * before the interrupt whose signal came with them.
 */
#include "input.h"
#include "screen.h"
#include "uart.h"

#define FIFO       16u
#define PORT       0x3f8u
#define CAP_NEWS   1000u
#define TYPED      6000u
#define NEWS       60u
#define NEWS_BYTES 1500u
#define PATIENCE   1000u

/* ---- The device */

static struct {
    unsigned received, sending; /* bytes in the FIFOs */
    char fifo[FIFO];
    unsigned ier, fcr;
    bool transmitter_tells; /* "transmitter empty" is to be told */
    bool line;
} uart;

static struct {
    bool bound, blocked, pending;
    word_t bits;
} kernel;

static unsigned typed, taken, printed, arrived, news;
static uint64_t seed;

static unsigned below(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static char typed_byte(unsigned n)
{
    return (char)('a' + n % 23);
}

static char printed_byte(unsigned n)
{
    return (char)('A' + n % 19);
}

static void interrupt(void)
{
    if (!kernel.bound || kernel.blocked) {
        kernel.pending = kernel.bound;
        return;
    }
    kernel.blocked = true;
    kernel.bits |= SIGNAL_UART;
}

static unsigned cause(void)
{
    if (uart.ier & 1 && uart.received)
        return 4;
    if (uart.ier & 2 && uart.transmitter_tells)
        return 2;
    return 1;
}

static void line_update(void)
{
    bool was = uart.line;
    uart.line = cause() != 1;
    if (uart.line && !was)
        interrupt();
}

static void expect(bool good, const char *what)
{
    if (good)
        return;
    printf("expected: %s\nseen: %u of %u bytes typed were taken, %u of %u printed arrived, IER %x, cause %x, "
           "line %d, "
           "blocked %d, pending %d\n",
           what, taken, typed, arrived, printed, uart.ier, cause(), uart.line, kernel.blocked,
           kernel.pending);
    exit(1);
}

static char sent[FIFO];

/* Time passes: a byte may come, and one may go. */
static void pass(void)
{
    if (below(4) == 0 && typed < TYPED && uart.received < FIFO)
        uart.fifo[uart.received++] = typed_byte(typed++);
    if (below(3) == 0 && uart.sending) {
        expect(sent[0] == printed_byte(arrived), "what is printed arrives in order");
        arrived++;
        memmove(sent, sent + 1, --uart.sending);
        uart.transmitter_tells |= uart.sending == 0;
    }
    if (below(200) == 0 && news < NEWS) {
        news++;
        kernel.bits |= COMPONENT_SIGNAL_NEWS;
    }
    line_update();
}

status_t io_port_range_in(cap_t ports, word_t port, word_t size, uint32_t *value)
{
    (void)ports;
    (void)size;
    pass();
    *value = 0;
    switch (port - PORT) {
    case 0:
        expect(uart.received > 0, "the receiver is read only when it has something");
        *value = (unsigned char)uart.fifo[0];
        memmove(uart.fifo, uart.fifo + 1, --uart.received);
        break;
    case 1:
        *value = uart.ier;
        break;
    case 2:
        *value = cause() | (uart.fcr & 1 ? 0xc0 : 0);
        if (cause() == 2)
            uart.transmitter_tells = false;
        break;
    case 5:
        *value = (uart.received ? 1 : 0) | (uart.sending ? 0 : 0x60);
        break;
    }
    line_update();
    return OK;
}

status_t io_port_range_out(cap_t ports, word_t port, word_t size, uint32_t value)
{
    static unsigned lcr;
    (void)ports;
    (void)size;
    pass();
    if (port - PORT == 3)
        lcr = value;
    if (lcr & 0x80)
        return OK;
    switch (port - PORT) {
    case 0:
        expect(uart.sending < (uart.fcr & 1 ? FIFO : 1), "the transmitter is not overrun");
        sent[uart.sending++] = (char)value;
        uart.transmitter_tells = false;
        break;
    case 1:
        uart.transmitter_tells |= value & 2 && !(uart.ier & 2) && uart.sending == 0;
        uart.ier = value & 0xf;
        break;
    case 2:
        uart.fcr = value;
        break;
    }
    line_update();
    return OK;
}

/* ---- The kernel and the library */

status_t irq_handler_acknowledge(cap_t irq)
{
    (void)irq;
    bool again = kernel.pending;
    kernel.blocked = kernel.pending = false;
    if (again)
        interrupt();
    return OK;
}

status_t irq_handler_bind(cap_t irq, cap_t notification)
{
    (void)notification;
    kernel.bound = true;
    return irq_handler_acknowledge(irq);
}

status_t notification_wait(cap_t notification, word_t *bits)
{
    (void)notification;
    for (unsigned i = 0; kernel.bits == 0 && i < PATIENCE; i++)
        pass();
    expect(kernel.bits != 0 || (taken == TYPED && arrived == printed), "a console that waits is woken");
    *bits = kernel.bits;
    kernel.bits = 0;
    return OK;
}

status_t notification_signal(cap_t notification)
{
    assert(notification == CAP_NEWS);
    kernel.bits |= COMPONENT_SIGNAL_NEWS;
    return OK;
}

cap_t signal_make(word_t badge)
{
    return badge == COMPONENT_SIGNAL_NEWS ? CAP_NEWS : badge;
}

const struct component_device *device_find(const char *name, unsigned kind)
{
    static const struct component_device device = { .first = PORT, .cap = 1, .hardware = "16550" };
    (void)name;
    (void)kind;
    return &device;
}

const char *component_text(const char *text)
{
    return text;
}

const char *component_name(void)
{
    return "console";
}

const char *error_sentence(unsigned error)
{
    (void)error;
    return "an error";
}

unsigned status_error(status_t status)
{
    return (unsigned)status;
}

/* ---- The console */

/* What is typed is echoed. */
static void feed(void)
{
    char byte;
    while (input_take(&byte)) {
        expect(byte == typed_byte(taken), "what is typed is taken in order");
        taken++;
        char echo = printed_byte(printed++);
        screen_text(&echo, 1);
    }
}

static void print_news(void)
{
    for (unsigned i = 0; i < NEWS_BYTES; i++) {
        char c = printed_byte(printed++);
        screen_text(&c, 1);
    }
    screen_pump();
}

int main(int count, char **words)
{
    seed = count > 1 ? strtoull(words[1], NULL, 0) : 1;
    screen_init();
    uart_init();
    input_catch_interrupt(false);
    screen_serve();
    while (taken < TYPED || arrived < printed || news < NEWS) {
        word_t bits;
        notification_wait(COMPONENT_SLOT_NOTIFICATION, &bits);
        if (bits & COMPONENT_SIGNAL_NEWS)
            print_news();
        if (bits & SIGNAL_UART) {
            screen_serve();
            feed();
            screen_pump();
        }
    }
    return 0;
}
