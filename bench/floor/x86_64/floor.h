/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's PC, from user mode with the right to use I/O ports. */
#ifndef FLOOR_X86_64_H
#define FLOOR_X86_64_H

#include <lucid/types.h>

#define UART       0x3f8u
#define UART_LINE  (UART + 5)
#define UART_EMPTY 0x20u
#define EXIT_PORT  0xf4u /* isa-debug-exit */

static inline void floor_out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t floor_in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void floor_put(char c)
{
    while (!(floor_in(UART_LINE) & UART_EMPTY)) {
    }
    floor_out(UART, (uint8_t)c);
}

__attribute__((noreturn)) static inline void floor_off(void)
{
    for (;;)
        floor_out(EXIT_PORT, 0);
}

static inline uint64_t floor_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* To the other context and back. */
static inline void floor_round(void)
{
    __asm__ volatile("syscall" : : : "rax", "rcx", "rdx", "r11", "memory");
}

#endif
