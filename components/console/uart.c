/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial line: finds the driver for the hardware that the board has, and owns the interrupt. */
#include "uart_driver.h"

#define DEVICE "uart"

static const struct uart_driver *const drivers[] = { &uart_16550, &uart_pl011 };
static const struct uart_driver *driver;
static const struct component_device *irq;

static void driver_find(void)
{
    const char *hardware = component_text(irq->hardware);
    for (unsigned i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
        if (strcmp(drivers[i]->hardware, hardware) == 0)
            driver = drivers[i];
    if (!driver)
        PANIC("the console has no driver for a UART of the kind '%s'", hardware);
}

void uart_init(void)
{
    irq = device_find(DEVICE, BUNDLE_DEVICE_IRQ);
    if (!irq)
        PANIC("no device 'uart' with an interrupt: add  devices = [\"uart\"]  to [component.%s]",
              component_name());
    driver_find();
    if (!driver->init(DEVICE))
        PANIC("the device 'uart' has no registers: the board gives it neither ports nor memory");
    unsigned error = status_error(irq_handler_bind(irq->cap, signal_make(SIGNAL_UART)));
    if (error != OK)
        PANIC("the interrupt of the UART cannot be used: %s", error_sentence(error));
    driver->start();
}

size_t uart_send(const char *bytes, size_t count)
{
    return driver->send(bytes, count);
}

bool uart_receive(char *byte)
{
    return driver->receive(byte);
}

void uart_receive_enable(bool on)
{
    driver->receive_enable(on);
}

void uart_acknowledge(void)
{
    irq_handler_acknowledge(irq->cap);
}

bool uart_wants(void)
{
    return driver->wants();
}
