/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's virt machine, from user mode. */
#ifndef FLOOR_AARCH64_H
#define FLOOR_AARCH64_H

#include <lucid/types.h>

#define UART_DATA    ((volatile uint32_t *)0x09000000) /* PL011 */
#define UART_FLAGS   ((volatile uint32_t *)0x09000018)
#define UART_FULL    0x20u
#define TICK         16u /* instructions, each a nanosecond */
#define CONTEXT_IP   1   /* start.S, in words */
#define CONTEXT_MODE 2
#define MODE_KERNEL  0x3c5u /* EL1, nothing interrupts */
#define HIGH         0xffffff8000000000u

extern uint64_t context_2[];
extern char power_off[];

static inline void floor_put(char c)
{
    while (*UART_FLAGS & UART_FULL) {
    }
    *UART_DATA = (uint8_t)c;
}

static inline uint64_t floor_counter(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks * TICK;
}

/* To the other context and back. */
static inline void floor_round(void)
{
    __asm__ volatile("svc #0" : : : "x9", "x10", "x11", "x12", "x13", "memory");
}

/* Only the kernel may say it: so the other context goes on there. */
__attribute__((noreturn)) static inline void floor_off(void)
{
    context_2[CONTEXT_IP] = HIGH + (uint64_t)power_off;
    context_2[CONTEXT_MODE] = MODE_KERNEL;
    for (;;)
        floor_round();
}

#endif
