/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User registers by number, for whoever starts, debugs or repairs a thread.
 *
 * Nothing that can be written makes the way out fault or gives user mode more than it has: the program counter is a
 * user address, and of the flags only the conditions and the step are taken.
 */
#include "port.h"

#define FLAGS_CONDITIONS 0xf0000000ul

#define X_ARGUMENT(n) [REGISTER_X0 + n] = CONTEXT_X0 + 8 * n
#define X_FREE(n)     [REGISTER_X0 + n] = CONTEXT_X4 + 8 * (n - 4)
#define X_WORD(n)     [REGISTER_X0 + n] = CONTEXT_X19 + 8 * (n - 19)
#define X_HIGH(n)     [REGISTER_X0 + n] = CONTEXT_X25 + 8 * (n - 25)

/* Where each register is in a context. */
static const uint16_t places[REGISTER_COUNT] = {
    [REGISTER_IP] = CONTEXT_PC,
    [REGISTER_SP] = CONTEXT_SP,
    [REGISTER_FLAGS] = CONTEXT_FLAGS,
    X_ARGUMENT(0),
    X_ARGUMENT(1),
    X_ARGUMENT(2),
    X_ARGUMENT(3),
    X_FREE(4),
    X_FREE(5),
    X_FREE(6),
    X_FREE(7),
    X_FREE(8),
    X_FREE(9),
    X_FREE(10),
    X_FREE(11),
    X_FREE(12),
    X_FREE(13),
    X_FREE(14),
    X_FREE(15),
    X_FREE(16),
    X_FREE(17),
    X_FREE(18),
    X_WORD(19),
    X_WORD(20),
    X_WORD(21),
    X_WORD(22),
    [REGISTER_X23] = CONTEXT_X23,
    [REGISTER_X24] = CONTEXT_X24,
    X_HIGH(25),
    X_HIGH(26),
    X_HIGH(27),
    X_HIGH(28),
    [REGISTER_X29] = CONTEXT_X29,
    [REGISTER_X30] = CONTEXT_X30,
    [REGISTER_TLS] = CONTEXT_TLS,
};

/* The thread pointer of the thread that is loaded is in the processor (arch_thread_switch). */
static bool context_is_loaded(const struct arch_context *context)
{
    const struct thread *current = core_self()->current;
    return current && context == &current->context;
}

static bool is_destroyed_by_syscall(unsigned number)
{
    return number == REGISTER_FLAGS || (number >= REGISTER_X4 && number <= REGISTER_X18) ||
           (number >= REGISTER_X25 && number <= REGISTER_X28);
}

/* After SVC some registers are not in the context, and count as 0. From now on they are. */
static void context_complete(struct arch_context *context)
{
    if (context->full)
        return;
    context->full = 1;
    context->flags = 0;
    for (unsigned i = 0; i < ARRAY_COUNT(context->x4_18); i++)
        context->x4_18[i] = 0;
    for (unsigned i = 0; i < ARRAY_COUNT(context->x25_28); i++)
        context->x25_28[i] = 0;
}

void arch_syscall_restart(struct arch_context *context)
{
    context->pc -= 4; /* the length of SVC */
}

word_t arch_register_read(const struct arch_context *context, unsigned number)
{
    assert(number < REGISTER_COUNT);
    if (number == REGISTER_TLS && context_is_loaded(context))
        return SYSREG_READ(tpidr_el0);
    word_t value = *(const word_t *)((const char *)context + places[number]);
    if (!context->full && is_destroyed_by_syscall(number))
        value = 0;
    return number == REGISTER_FLAGS ? value | context->step : value;
}

bool arch_register_check(unsigned number, word_t value)
{
    return number != REGISTER_IP || value < USER_ADDRESS_END;
}

void arch_register_write(struct arch_context *context, unsigned number, word_t value)
{
    check(number < REGISTER_COUNT && arch_register_check(number, value));
    context_complete(context);
    if (number == REGISTER_FLAGS) {
        context->step = (uint32_t)(value & FLAGS_STEP);
        value &= FLAGS_CONDITIONS;
    }
    *(word_t *)((char *)context + places[number]) = value;
    if (number == REGISTER_TLS && context_is_loaded(context))
        SYSREG_WRITE(tpidr_el0, value);
}
