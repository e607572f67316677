/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver for one kind of serial hardware provides: uart_*.c, one file each; uart.c picks the one for
 * the hardware that the board has. The functions are those of uart.h, except for the interrupt, which is all
 * drivers' alike and uart.c's business.
 */
#ifndef CONSOLE_UART_DRIVER_H
#define CONSOLE_UART_DRIVER_H

#include "uart.h"

struct uart_driver {
    const char *hardware;             /* `kind` of the device in boards/NAME.toml */
    bool (*init)(const char *device); /* set it up, without interrupts; false: it lacks ports or memory */
    void (*start)(void);              /* the interrupt is bound: let it come */
    size_t (*send)(const char *bytes, size_t count);
    bool (*receive)(char *byte);
    void (*receive_enable)(bool on);
    bool (*wants)(void);
};

extern const struct uart_driver uart_16550, uart_pl011;

#endif
