/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The FPU: single and double precision (F and D). The kernel never uses it; who owns it is the scheduler's
 * business.
 *
 * Being off is FS = Off in sstatus: an FPU instruction is then an illegal one, which trap.c tells from others.
 * sstatus is not part of a context, so FS says at any time what user code may. While the kernel runs FS means
 * nothing, and is turned on for saving and loading. The vector unit (VS) is always off.
 */
#include "port.h"

static word_t fpu_power(word_t status)
{
    word_t before = CSR_READ(sstatus) & SSTATUS_FS;
    CSR_CLEAR(sstatus, SSTATUS_FS);
    CSR_SET(sstatus, status);
    return before;
}

bool fpu_is_on(void)
{
    return (CSR_READ(sstatus) & SSTATUS_FS) != 0;
}

void arch_fpu_init(struct arch_fpu *fpu)
{
    (void)fpu; /* all zero */
}

void arch_fpu_save(struct arch_fpu *fpu)
{
    word_t before = fpu_power(SSTATUS_FS);
    fpu_store(fpu);
    fpu_power(before);
}

void arch_fpu_load(const struct arch_fpu *fpu)
{
    word_t before = fpu_power(SSTATUS_FS);
    fpu_fetch(fpu);
    fpu_power(before);
}

void arch_fpu_enable(bool on)
{
    fpu_power(on ? SSTATUS_FS : 0);
}

/* No processor is known to hand out the registers of a unit that is off. */
bool arch_fpu_leaks(void)
{
    return false;
}

void arch_fpu_clear(void)
{
    static const struct arch_fpu reset;
    arch_fpu_load(&reset);
}
