/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's virt machine, as the tests need it: the console on its 16550 (polled, through a mapping of the root's, so
 * that it works with every build of the kernel), the way to end the emulator, and the few instructions that
 * tests of this processor execute.
 */
#ifndef TARGET_MACHINE_RISCV64_H
#define TARGET_MACHINE_RISCV64_H

#include <lucid/boot_info.h>
#include <lucid/kernel.h>

#define UART_INTERRUPTS  1u /* register: interrupt enable */
#define UART_IDENTITY    2u /* register: which interrupt; reading it takes back "transmitter empty" */
#define UART_LINE_STATUS 5u
#define UART_WANT_EMPTY  2u /* UART_INTERRUPTS: transmitter empty */
#define UART_WANT_STATUS 4u /* UART_INTERRUPTS: something about the line, which never comes */
#define UART_EMPTY       0x20u
#define UART_LINE        10u /* its interrupt line */

/* There are no I/O ports. */
#define MACHINE_SCRATCH_PORT 0

extern const struct boot_info *boot;
volatile void *framework_device(uint64_t physical);
extern volatile unsigned char *machine_uart;

void machine_start(void);

static inline void machine_put(char c)
{
    while (!(machine_uart[UART_LINE_STATUS] & UART_EMPTY)) {
    }
    machine_uart[0] = (unsigned char)c;
}

static inline void machine_power_off(void)
{
    core_range_power(BOOT_SLOT_CORE_RANGE, MACHINE_OFF);
}

/* The counter of cycles: with -icount one tick an instruction. (`time` has one in a hundred.) */
static inline uint64_t machine_instructions(void)
{
    uint64_t cycles;
    __asm__ volatile("rdcycle %0" : "=r"(cycles));
    return cycles;
}

/* No register is masked. */
#define MACHINE_REGISTER_MASKED REGISTER_COUNT

/* An interrupt source that every machine has: the console's "I can take a character". Once on, it raises
 * MACHINE_LINE whenever the transmitter has become empty: at once, and after each character. */
#define MACHINE_LINE      UART_LINE
#define MACHINE_LINE_MODE IRQ_LEVEL

/* What setting a line to active low results in. */
#define MACHINE_ACTIVE_LOW ERR_UNSUPPORTED

static inline void machine_source_on(void)
{
    machine_uart[UART_INTERRUPTS] = UART_WANT_EMPTY;
    (void)machine_uart[UART_IDENTITY];
}

/* Raise it again: off and on. */
static inline void machine_source_again(void)
{
    machine_uart[UART_INTERRUPTS] = 0;
    machine_uart[UART_INTERRUPTS] = UART_WANT_EMPTY;
}

/* It has not been served. QEMU's interrupt controller looks at a level only when the device moves, so this makes it
 * move: without lowering the line, it asks for one thing more. */
static inline void machine_source_stays(void)
{
    machine_uart[UART_INTERRUPTS] = UART_WANT_EMPTY | UART_WANT_STATUS;
}

static inline void machine_source_off(void)
{
    machine_uart[UART_INTERRUPTS] = 0;
}

/* A function that does nothing, as bytes: for tests that write code. */
#define MACHINE_CODE_RETURN_42                                                                               \
    {                                                                                                        \
        0x13, 0x05, 0xa0, 0x02, 0x67, 0x80, 0x00, 0x00                                                       \
    } /* li a0, 42; ret */
#define MACHINE_CODE_RETURN_43                                                                               \
    {                                                                                                        \
        0x13, 0x05, 0xb0, 0x02, 0x67, 0x80, 0x00, 0x00                                                       \
    }

/* Addresses in the kernel's half: its windows on memory, its image, its devices and stacks, the last byte that
 * can be a word. */
#define MACHINE_KERNEL_ADDRESSES                                                                             \
    {                                                                                                        \
        0xffff800000000000, 0xffff800080200000, 0xffffffc080200000, 0xffffffff80000000, 0xffffffff80008000,  \
            0xffffffff801f1000, 0xffffffffc0000000, 0xfffffffffffffff8                                       \
    }

/* The word that the thread pointer points to. */
static inline word_t machine_read_tls(void)
{
    word_t value;
    __asm__ volatile("ld %0, 0(tp)" : "=r"(value));
    return value;
}

/* Compute, and never ask the kernel for anything: `count` goes up. */
/* Let other cores go on: in loops that wait for them. */
static inline void machine_relax(void)
{
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" : : : "memory");
}

static inline void machine_spin(volatile word_t *count)
{
    for (;;)
        ++*count;
}

#endif
