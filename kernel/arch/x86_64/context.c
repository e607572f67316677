/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User registers by number, for whoever starts, debugs or repairs a thread.
 *
 * Everything that could make the way out fault, or give user mode more than it has, is kept out here: an
 * instruction pointer that is not a user address, a segment base that is not canonical, flags that are not
 * the user's.
 */
#include "port.h"

#define FLAGS_USER                                                                                           \
    (FLAG_CARRY | FLAG_PARITY | FLAG_ADJUST | FLAG_ZERO | FLAG_SIGN | FLAG_TRAP | FLAG_DIRECTION |           \
     FLAG_OVERFLOW | FLAG_RESUME | FLAG_ALIGNMENT | FLAG_ID)

/* Where each register is in a context. */
static const uint8_t places[REGISTER_COUNT] = {
    [REGISTER_IP] = CONTEXT_RIP,          [REGISTER_SP] = CONTEXT_RSP,
    [REGISTER_FLAGS] = CONTEXT_RFLAGS,    [REGISTER_RAX] = CONTEXT_RAX,
    [REGISTER_RBX] = CONTEXT_RBX,         [REGISTER_RCX] = CONTEXT_RCX,
    [REGISTER_RDX] = CONTEXT_RDX,         [REGISTER_RSI] = CONTEXT_RSI,
    [REGISTER_RDI] = CONTEXT_RDI,         [REGISTER_RBP] = CONTEXT_RBP,
    [REGISTER_R8] = CONTEXT_R8,           [REGISTER_R9] = CONTEXT_R9,
    [REGISTER_R10] = CONTEXT_R10,         [REGISTER_R11] = CONTEXT_R11,
    [REGISTER_R12] = CONTEXT_R12,         [REGISTER_R13] = CONTEXT_R13,
    [REGISTER_R14] = CONTEXT_R14,         [REGISTER_R15] = CONTEXT_R15,
    [REGISTER_FS_BASE] = CONTEXT_FS_BASE, [REGISTER_GS_BASE] = CONTEXT_GS_BASE,
};

static word_t *context_register(struct arch_context *context, unsigned number)
{
    assert(number < REGISTER_COUNT);
    return (word_t *)((char *)context + places[number]);
}

/* The bases of the thread that is loaded are in the processor (arch_thread_switch). */
static bool context_is_loaded(const struct arch_context *context)
{
    const struct thread *current = core_self()->current;
    return current && context == &current->context;
}

static bool is_destroyed_by_syscall(unsigned number)
{
    return number == REGISTER_RCX || (number >= REGISTER_R8 && number <= REGISTER_R11);
}

/* After SYSCALL some registers are not in the context, and count as what the way out would leave in them.
 * From now on they are. */
static void context_complete(struct arch_context *context)
{
    if (context->full)
        return;
    context->full = 1;
    context->rflags = USER_FLAGS;
    context->rcx = context->r8 = context->r9 = context->r10 = context->r11 = 0;
}

void arch_syscall_restart(struct arch_context *context)
{
    context->pc -= 2; /* the length of SYSCALL */
}

word_t arch_register_read(const struct arch_context *context, unsigned number)
{
    word_t value;
    if (context_is_loaded(context) && number == REGISTER_FS_BASE) {
        __asm__ volatile("rdfsbase %0" : "=r"(value));
        return value;
    }
    if (context_is_loaded(context) && number == REGISTER_GS_BASE) {
        __asm__ volatile("rdgsbase %0" : "=r"(value));
        return value;
    }
    if (!context->full && number == REGISTER_FLAGS)
        return USER_FLAGS;
    if (!context->full && is_destroyed_by_syscall(number))
        return 0;
    return *(const word_t *)((const char *)context + places[number]);
}

bool arch_register_check(unsigned number, word_t value)
{
    if (number == REGISTER_IP)
        return value < USER_ADDRESS_END;
    if (number == REGISTER_FS_BASE || number == REGISTER_GS_BASE)
        return (word_t)((int64_t)(value << 16) >> 16) == value;
    return true;
}

void arch_register_write(struct arch_context *context, unsigned number, word_t value)
{
    check(arch_register_check(number, value));
    context_complete(context);
    if (number == REGISTER_FLAGS)
        value = (value & FLAGS_USER) | USER_FLAGS;
    *context_register(context, number) = value;
    if (context_is_loaded(context) && number == REGISTER_FS_BASE)
        __asm__ volatile("wrfsbase %0" : : "r"(value));
    if (context_is_loaded(context) && number == REGISTER_GS_BASE)
        __asm__ volatile("wrgsbase %0" : : "r"(value));
}
