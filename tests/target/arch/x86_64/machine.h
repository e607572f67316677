/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PC, as the tests need it: the console on COM1 (polled, through the root's I/O port range, so that it
 * works with every build of the kernel), the way to end the emulator, and the few instructions that tests of
 * this processor execute.
 */
#ifndef TARGET_MACHINE_X86_64_H
#define TARGET_MACHINE_X86_64_H

#include <lucid/boot_info.h>
#include <lucid/kernel.h>

#define COM1             0x3f8u
#define COM1_INTERRUPTS  1u /* register: interrupt enable */
#define COM1_IDENTITY    2u /* register: which interrupt; reading it takes back "transmitter empty" */
#define COM1_MODEM       4u /* register: modem control; OUT2 lets the interrupt out */
#define COM1_LINE_STATUS 5u
#define COM1_WANT_EMPTY  2u /* COM1_INTERRUPTS: transmitter empty */
#define COM1_OUT2        8u
#define COM1_EMPTY       0x20u
#define COM1_LINE        4u /* its interrupt line */

#define DEBUG_EXIT     0xf4u
#define ACPI_CONTROL   0x604u
#define ACPI_POWER_OFF 0x2000u
#define BOCHS_SHUTDOWN 0x8900u /* Bochs ends when this word has been written there, letter by letter */

static inline void machine_start(void)
{
}

/* The counter: with -icount one tick an instruction. */
static inline uint64_t machine_instructions(void)
{
    return arch_counter();
}

/* The register whose bits are masked when it is written. */
#define MACHINE_REGISTER_MASKED REGISTER_FLAGS

/* A port that can be written and read back without consequences: the scratch register of COM1. */
#define MACHINE_SCRATCH_PORT (COM1 + 7)

static inline void machine_put(char c)
{
    uint32_t status = 0;
    do
        io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_LINE_STATUS, 1, &status);
    while (!(status & COM1_EMPTY));
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, COM1, 1, (unsigned char)c);
}

static inline void machine_power_off(void)
{
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, DEBUG_EXIT, 1, 0);
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, ACPI_CONTROL, 2, ACPI_POWER_OFF);
    for (const char *letter = "Shutdown"; *letter; letter++)
        io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, BOCHS_SHUTDOWN, 1, (unsigned char)*letter);
}

/* An interrupt source that every machine has: the console's "I can take a character". Once on, it raises
 * MACHINE_LINE whenever the transmitter has become empty: at once, and after each character. */
#define MACHINE_LINE      COM1_LINE
#define MACHINE_LINE_MODE IRQ_EDGE

/* What setting a line to active low results in. */
#define MACHINE_ACTIVE_LOW OK

static inline void machine_source_on(void)
{
    uint32_t identity;
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_MODEM, 1, COM1_OUT2 | 3);
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_INTERRUPTS, 1, COM1_WANT_EMPTY);
    io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_IDENTITY, 1, &identity);
}

/* Raise it again: off and on. */
static inline void machine_source_again(void)
{
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_INTERRUPTS, 1, 0);
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_INTERRUPTS, 1, COM1_WANT_EMPTY);
}

/* It has not been served: nothing needs to be done for that. */
static inline void machine_source_stays(void)
{
}

static inline void machine_source_off(void)
{
    io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, COM1 + COM1_INTERRUPTS, 1, 0);
}

/* A function that does nothing, as bytes: for tests that write code. */
#define MACHINE_CODE_RETURN_42                                                                               \
    {                                                                                                        \
        0xb8, 42, 0, 0, 0, 0xc3                                                                              \
    } /* mov $42, %eax; ret */
#define MACHINE_CODE_RETURN_43                                                                               \
    {                                                                                                        \
        0xb8, 43, 0, 0, 0, 0xc3                                                                              \
    }

/* Addresses in the kernel's half: its window on memory, its image, its devices and stacks, the last byte that
 * can be a word. */
#define MACHINE_KERNEL_ADDRESSES                                                                             \
    {                                                                                                        \
        0xffff800000000000, 0xffff800000100000, 0xffffffff80000000, 0xffffffff80100000, 0xffffffff80108000,  \
            0xffffffffc0000000, 0xfffffffffffffff8                                                           \
    }

/* The word that the thread pointer points to. */
static inline word_t machine_read_tls(void)
{
    word_t value;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
    return value;
}

/* Compute, and never ask the kernel for anything: `count` goes up. */
/* Let other cores go on: in loops that wait for them. */
static inline void machine_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline void machine_spin(volatile word_t *count)
{
    for (;;)
        ++*count;
}

#endif
