/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's virt machine, as the tests need it: the console on its PL011 (polled, through a mapping of the root's, so
 * that it works with every build of the kernel), the way to end the emulator, and the few instructions that
 * tests of this processor execute.
 */
#ifndef TARGET_MACHINE_AARCH64_H
#define TARGET_MACHINE_AARCH64_H

#include <lucid/boot_info.h>
#include <lucid/kernel.h>

/* PL011: registers, as indices of 32-bit words. */
#define UART_DATA       0x00u
#define UART_FLAGS      (0x18u / 4)
#define UART_INTERRUPTS (0x38u / 4)
#define UART_FULL       0x20u /* UART_FLAGS: no room to send */
#define UART_WANT_ROOM  0x20u /* UART_INTERRUPTS: the transmitter takes more */
#define UART_LINE       1u    /* its interrupt line */

/* There are no I/O ports. */
#define MACHINE_SCRATCH_PORT 0

extern const struct boot_info *boot;
volatile void *framework_device(uint64_t physical);
extern volatile uint32_t *machine_uart;

void machine_start(void);

static inline void machine_put(char c)
{
    while (machine_uart[UART_FLAGS] & UART_FULL) {
    }
    machine_uart[UART_DATA] = (unsigned char)c;
}

static inline void machine_power_off(void)
{
    core_range_power(BOOT_SLOT_CORE_RANGE, MACHINE_OFF);
}

/* With -icount, an instruction takes a nanosecond, and the counter has one tick in 16. */
static inline uint64_t machine_instructions(void)
{
    return arch_counter() * 16;
}

/* The register whose bits are masked when it is written. */
#define MACHINE_REGISTER_MASKED REGISTER_FLAGS

/*
 * An interrupt source that every machine has: the console's "I can take a character". The device has that to say since the first
 * character was sent, and nobody takes it back: the line rises whenever it is asked for the interrupt.
 */
#define MACHINE_LINE      UART_LINE
#define MACHINE_LINE_MODE IRQ_EDGE

/* What setting a line to active low results in. */
#define MACHINE_ACTIVE_LOW ERR_UNSUPPORTED

static inline void machine_source_on(void)
{
    machine_uart[UART_INTERRUPTS] = UART_WANT_ROOM;
}

/* Raise it again: off and on. */
static inline void machine_source_again(void)
{
    machine_uart[UART_INTERRUPTS] = 0;
    machine_uart[UART_INTERRUPTS] = UART_WANT_ROOM;
}

/* It has not been served: nothing needs to be done for that. */
static inline void machine_source_stays(void)
{
}

static inline void machine_source_off(void)
{
    machine_uart[UART_INTERRUPTS] = 0;
}

/* A function that does nothing, as bytes: for tests that write code. */
#define MACHINE_CODE_RETURN_42                                                                               \
    {                                                                                                        \
        0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6                                                       \
    } /* mov w0, #42; ret */
#define MACHINE_CODE_RETURN_43                                                                               \
    {                                                                                                        \
        0x60, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6                                                       \
    }

/* Addresses in the kernel's half: its window on memory, its image, its stacks and devices, the last byte that can be a
 * word; and in the hole between the halves. */
#define MACHINE_KERNEL_ADDRESSES                                                                             \
    {                                                                                                        \
        0xffff800000000000, 0xffff800040000000, 0xffffffff80000000, 0xffffffff80008000, 0xffffffff801f1000,  \
            0xffffffffc0000000, 0xfffffffffffffff8, 0x0001000000000000, 0x8000000000000000                   \
    }

/* The word that the thread pointer points to. */
static inline word_t machine_read_tls(void)
{
    const word_t *pointer;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(pointer));
    return *pointer;
}

/* Compute, and never ask the kernel for anything: `count` goes up. */
/* Let other cores go on: in loops that wait for them. */
static inline void machine_relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

static inline void machine_spin(volatile word_t *count)
{
    for (;;)
        ++*count;
}

#endif
