/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial line, as the console needs it. One file for each kind of hardware implements it.
 *
 * Nothing here waits. Bytes that arrived before the start are kept.
 */
#ifndef CONSOLE_UART_H
#define CONSOLE_UART_H

#include <lucid.h>

/* Find and set up the device of the component. Its interrupt will signal SIGNAL_UART. */
void uart_init(void);

/* Send as many of the bytes as the device takes now, and return their number. The interrupt tells when it
 * takes more. */
size_t uart_send(const char *bytes, size_t count);

/* Take one byte that has arrived; false if there is none. */
bool uart_receive(char *byte);

/* Whether bytes shall be taken: while not, the device holds them and, as soon as it is full, the sender. */
void uart_receive_enable(bool on);

/* After SIGNAL_UART: let the interrupt come again. Then receive and send what there is, again and again as
 * long as the device wants something. */
void uart_acknowledge(void);
bool uart_wants(void);

#define SIGNAL_UART 1u

#endif
