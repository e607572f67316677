/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Console and the end: a PL011, polled, for boot messages, panics and debug output; PSCI (Arm DEN 0022) to power off
 * and reset.
 *
 * A driver for real use is a component, which finds the UART as this leaves it: on, with FIFOs.
 */
#include "port.h"

/* PL011: registers, in bytes (Arm DDI 0183, 3.2). */
#define UARTDR         0x00u
#define UARTFR         0x18u
#define UARTLCR_H      0x2cu
#define UARTCR         0x30u
#define UARTFR_RXFE    0x10u
#define UARTFR_TXFF    0x20u
#define UARTLCR_H_FIFO 0x70u /* 8 bits, FIFOs on */
#define UARTCR_ON      0x301u
#define UART_PATIENCE  100000u

#define PSCI_SYSTEM_OFF   0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u

/* Semihosting: an emulator or debugger answers HLT #0xf000 (Arm, Semihosting for AArch32 and AArch64, SYS_EXIT). */
#define SEMIHOSTING_EXIT      0x18u
#define SEMIHOSTING_EXIT_CODE 0x20026u

static volatile char *uart; /* NULL: there is none that this knows */
static enum { PSCI_NONE, PSCI_HVC, PSCI_SMC } psci;

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)(uart + offset);
}

/* FIFOs are turned on only if nothing has come yet: that would empty them. */
void console_init(const struct boot_console *console)
{
    if (console->kind != BOOT_CONSOLE_PL011)
        return;
    uart = device_map(console->address, PAGE_SIZE);
    if ((*reg(UARTCR) & UARTCR_ON) != UARTCR_ON && (*reg(UARTFR) & UARTFR_RXFE))
        *reg(UARTLCR_H) = UARTLCR_H_FIFO;
    *reg(UARTCR) = UARTCR_ON;
}

/* A port that never gets ready loses characters instead of stopping the kernel. */
static void uart_put(char c)
{
    for (unsigned i = 0; i < UART_PATIENCE && (*reg(UARTFR) & UARTFR_TXFF); i++)
        continue;
    *reg(UARTDR) = (uint8_t)c;
}

void arch_console_put(char c)
{
    if (!uart)
        return;
    if (c == '\n')
        uart_put('\r');
    uart_put(c);
}

/* ---- The end. */

static bool text_is(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return *a == *b;
}

void power_init(const struct device_tree *tree)
{
    struct device_tree_node node;
    if (!device_tree_find(tree, "arm,psci-1.0", &node) && !device_tree_find(tree, "arm,psci-0.2", &node))
        return;
    const char *method = device_tree_text(tree, &node, "method");
    psci = method && text_is(method, "hvc")   ? PSCI_HVC
           : method && text_is(method, "smc") ? PSCI_SMC
                                              : PSCI_NONE;
}

#define PSCI_SUCCESS      0
#define PSCI_CORE_ON      0xc4000003u
#define PSCI_NONE_REFUSES ((word_t)-1) /* NOT_SUPPORTED */

#define PSCI_CALL(instruction)                                                                               \
    __asm__ volatile(instruction                                                                             \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                                \
                     :                                                                                       \
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",  \
                       "x17", "memory")

/* Powering off and resetting come back only if the firmware refuses. */
static word_t psci_call(uint32_t function, word_t argument1, word_t argument2)
{
    register word_t x0 __asm__("x0") = function;
    register word_t x1 __asm__("x1") = argument1;
    register word_t x2 __asm__("x2") = argument2;
    register word_t x3 __asm__("x3") = 0;
    switch (psci) {
    case PSCI_NONE:
        return PSCI_NONE_REFUSES;
    case PSCI_HVC:
        PSCI_CALL("hvc #0");
        break;
    case PSCI_SMC:
        PSCI_CALL("smc #0");
        break;
    }
    return x0;
}

bool power_core_on(uint64_t mpidr, paddr_t entry)
{
    return psci_call(PSCI_CORE_ON, mpidr, entry) == PSCI_SUCCESS;
}

error_t arch_power(word_t how)
{
    psci_call(how == MACHINE_OFF ? PSCI_SYSTEM_OFF : PSCI_SYSTEM_RESET, 0, 0);
    return ERR_UNSUPPORTED;
}

static void semihosting_exit(int status)
{
    const word_t block[2] = { SEMIHOSTING_EXIT_CODE, (word_t)status };
    register word_t x0 __asm__("x0") = SEMIHOSTING_EXIT;
    register const word_t *x1 __asm__("x1") = block;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

/* Where nobody answers HLT, it is an undefined instruction: trap_fatal ends here a second time, and passes it by. The
 * status is lost then. */
void arch_halt(int status)
{
    static bool tried;
    if (status != 0 && !tried) {
        tried = true;
        semihosting_exit(status);
    }
    psci_call(PSCI_SYSTEM_OFF, 0, 0);
    for (;;)
        __asm__ volatile("wfi");
}

#if CONFIG_CORES > 1
/* All interrupts are masked: what comes ends WFI, and nothing else. */
void arch_core_halt(void)
{
    for (;;)
        __asm__ volatile("wfi");
}
#endif
