/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User registers by number, for whoever starts, debugs or repairs a thread.
 *
 * No value that a register can have makes the way out fault: SRET to an address that is none is an exception of
 * user mode. An instruction pointer that is not a user address is refused all the same, as on other machines.
 */
#include "port.h"

/* Where each register is in a context. */
#define A(n) ((n) < 4 ? CONTEXT_A0 + 8 * (n) : CONTEXT_A4 + 8 * ((n)-4))
#define T(n) (CONTEXT_T0 + 8 * (n))
#define S(n) ((n) < 6 ? CONTEXT_S2 + 8 * ((n)-2) : CONTEXT_S6 + 8 * ((n)-6))
static const uint16_t places[REGISTER_COUNT] = {
    [REGISTER_IP] = CONTEXT_PC, [REGISTER_RA] = CONTEXT_RA, [REGISTER_SP] = CONTEXT_SP,
    [REGISTER_GP] = CONTEXT_GP, [REGISTER_TP] = CONTEXT_TP, [REGISTER_T0] = T(0),
    [REGISTER_T1] = T(1),       [REGISTER_T2] = T(2),       [REGISTER_S0] = CONTEXT_S0,
    [REGISTER_S1] = CONTEXT_S1, [REGISTER_A0] = A(0),       [REGISTER_A1] = A(1),
    [REGISTER_A2] = A(2),       [REGISTER_A3] = A(3),       [REGISTER_A4] = A(4),
    [REGISTER_A5] = A(5),       [REGISTER_A6] = A(6),       [REGISTER_A7] = A(7),
    [REGISTER_S2] = S(2),       [REGISTER_S3] = S(3),       [REGISTER_S4] = S(4),
    [REGISTER_S5] = S(5),       [REGISTER_S6] = S(6),       [REGISTER_S7] = S(7),
    [REGISTER_S8] = S(8),       [REGISTER_S9] = S(9),       [REGISTER_S10] = S(10),
    [REGISTER_S11] = S(11),     [REGISTER_T3] = T(3),       [REGISTER_T4] = T(4),
    [REGISTER_T5] = T(5),       [REGISTER_T6] = T(6),
};
_Static_assert(S(11) + 8 == sizeof(struct arch_context), "these are all");

/* ra, t0-t6, a4-a7 and s6-s11 stand together, at the end. */
static bool is_destroyed_by_syscall(unsigned number)
{
    return places[number] >= CONTEXT_RA;
}

/* After a system call some registers are not in the context, and count as what the way out would leave in
 * them. From now on they are. */
static void context_complete(struct arch_context *context)
{
    if (context->full)
        return;
    context->full = 1;
    for (size_t at = CONTEXT_RA; at < sizeof(*context); at += sizeof(word_t))
        *(word_t *)((char *)context + at) = 0;
}

void arch_syscall_restart(struct arch_context *context)
{
    context->pc -= 4; /* the length of ECALL */
}

word_t arch_register_read(const struct arch_context *context, unsigned number)
{
    assert(number < REGISTER_COUNT);
    if (!context->full && is_destroyed_by_syscall(number))
        return 0;
    return *(const word_t *)((const char *)context + places[number]);
}

bool arch_register_check(unsigned number, word_t value)
{
    return number != REGISTER_IP || value < USER_END;
}

/* An odd instruction pointer is rounded down by the processor: no such address exists. */
void arch_register_write(struct arch_context *context, unsigned number, word_t value)
{
    check(arch_register_check(number, value));
    context_complete(context);
    if (number == REGISTER_IP)
        value &= ~(word_t)1;
    *(word_t *)((char *)context + places[number]) = value;
}
