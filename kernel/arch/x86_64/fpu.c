/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FPU: x87, SSE and AVX state. The kernel never uses it; who owns it is the scheduler's business.
 *
 * With XSAVE, exactly the components in cpu.xcr0 exist for user code, so nothing outside of struct arch_fpu
 * can carry data from one thread to another; without it, AVX does not exist either. Being off is CR0.TS: an
 * FPU instruction then raises #NM, in the kernel too, so saving and loading turn it on for their duration.
 */
#include "port.h"

#define FCW_RESET    0x37fu /* SDM vol. 1, 8.1.5 */
#define MXCSR_RESET  0x1f80u
#define FXSAVE_FCW   0
#define FXSAVE_MXCSR 24
#define XSAVE_HEADER 512

static void fpu_power(bool on)
{
    if (on)
        __asm__ volatile("clts");
    else
        cr0_write(cr0_read() | CR0_TS);
}

static struct arch_fpu reset_state;

void fpu_init(void)
{
    core_self()->arch.fpu_on = false;
    arch_fpu_init(&reset_state);
    if (!cpu.xsave)
        return;
    __asm__ volatile("xsetbv" : : "c"(0), "a"(cpu.xcr0), "d"(0));
    check(cpuid(0xd, 0).b <= FPU_AREA_SIZE); /* what the enabled components need: SDM vol. 1, 13.2 */
}

/* With XSAVE all components are marked as being in their initial state; MXCSR counts even then (SDM vol.
 * 1, 13.8). */
void arch_fpu_init(struct arch_fpu *fpu)
{
    const uint16_t fcw = FCW_RESET;
    const uint32_t mxcsr = MXCSR_RESET;
    __builtin_memcpy(fpu->area + FXSAVE_FCW, &fcw, sizeof(fcw));
    __builtin_memcpy(fpu->area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

void arch_fpu_save(struct arch_fpu *fpu)
{
    bool on = core_self()->arch.fpu_on;
    fpu_power(true);
    if (cpu.xsaveopt)
        __asm__ volatile("xsaveopt64 %0" : "+m"(*fpu) : "a"(cpu.xcr0), "d"(0));
    else if (cpu.xsave)
        __asm__ volatile("xsave64 %0" : "+m"(*fpu) : "a"(cpu.xcr0), "d"(0));
    else
        __asm__ volatile("fxsave64 %0" : "+m"(*fpu));
    fpu_power(on);
}

/* Some processors restore the pointers to the last x87 instruction and its operand only together with a pending exception (APM vol. 2,
 * 11.4.4). An x87 load of our own, with nothing pending and an empty stack, leaves its own there instead of another thread's. */
static void forget_pointers(void)
{
    static const int32_t operand;
    __asm__ volatile("fnclex; emms; fildl %0" : : "m"(operand));
}

void arch_fpu_load(const struct arch_fpu *fpu)
{
    bool on = core_self()->arch.fpu_on;
    fpu_power(true);
    if (cpu.fpu_pointers_stay)
        forget_pointers();
    if (cpu.xsave)
        __asm__ volatile("xrstor64 %0" : : "m"(*fpu), "a"(cpu.xcr0), "d"(0));
    else
        __asm__ volatile("fxrstor64 %0" : : "m"(*fpu));
    fpu_power(on);
}

bool arch_fpu_leaks(void)
{
    return cpu.lazyfp;
}

void arch_fpu_clear(void)
{
    arch_fpu_load(&reset_state);
}

void arch_fpu_enable(bool on)
{
    core_self()->arch.fpu_on = on;
    fpu_power(on);
}
