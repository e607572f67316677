/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's virt machine, from user mode. */
#ifndef FLOOR_RISCV64_H
#define FLOOR_RISCV64_H

#include <lucid/types.h>

#define UART       ((volatile uint8_t *)0x10000000) /* 16550 */
#define UART_LINE  5
#define UART_EMPTY 0x20u
#define TEST       ((volatile uint32_t *)0x100000) /* the device that ends the emulator */
#define TEST_PASS  0x5555u

static inline void floor_put(char c)
{
    while (!(UART[UART_LINE] & UART_EMPTY)) {
    }
    UART[0] = (uint8_t)c;
}

static inline uint64_t floor_counter(void)
{
    uint64_t cycles;
    __asm__ volatile("rdcycle %0" : "=r"(cycles) : : "memory");
    return cycles;
}

/* To the other context and back. */
static inline void floor_round(void)
{
    __asm__ volatile("ecall" : : : "t0", "t1", "memory");
}

__attribute__((noreturn)) static inline void floor_off(void)
{
    for (;;)
        *TEST = TEST_PASS;
}

#endif
