/* SPDX-License-Identifier: BSD-2-Clause */
/* host: registers, the FPU, and what a processor does when user code makes a system call. */
#include "host.h"
#include "core.h"
#include "thread.h"
#include <string.h>

#define FLAGS_USER 0xffu /* bits that user code may have set */

word_t arch_syscall_operation(const struct arch_context *context)
{
    return context->registers[REGISTER_A0];
}

word_t arch_syscall_cap(const struct arch_context *context)
{
    return context->registers[REGISTER_A1];
}

word_t arch_syscall_tag(const struct arch_context *context)
{
    return context->registers[REGISTER_A2];
}

word_t arch_syscall_reply(const struct arch_context *context)
{
    return context->registers[REGISTER_A3];
}

void arch_set_status(struct arch_context *context, status_t status)
{
    context->registers[REGISTER_A0] = status;
}

void arch_set_result(struct arch_context *context, status_t status, word_t badge, tag_t tag)
{
    context->registers[REGISTER_A0] = status;
    context->registers[REGISTER_A1] = badge;
    context->registers[REGISTER_A2] = tag;
}

word_t arch_message_word(const struct arch_context *context, unsigned index)
{
    check(index < MESSAGE_REGISTER_WORDS);
    return context->registers[REGISTER_W0 + index];
}

const word_t *arch_message_words(const struct arch_context *context)
{
    return &context->registers[REGISTER_W0];
}

void arch_leave_with(status_t status, struct thread *thread)
{
    arch_set_result(&thread->context, status, 0, 0);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&thread->context, i, 0);
}

void arch_set_message_word(struct arch_context *context, unsigned index, word_t value)
{
    check(index < MESSAGE_REGISTER_WORDS);
    context->registers[REGISTER_W0 + index] = value;
}

void arch_syscall_restart(struct arch_context *context)
{
    check(!context->at_syscall); /* at most once an entry */
    context->registers[REGISTER_IP] -= SYSCALL_LENGTH;
    context->at_syscall = true;
}

void arch_context_init(struct arch_context *context)
{
    (void)context;
}

word_t arch_register_read(const struct arch_context *context, unsigned number)
{
    check(number < REGISTER_COUNT);
    return context->registers[number];
}

bool arch_register_check(unsigned number, word_t value)
{
    return number != REGISTER_IP || value < USER_ADDRESS_END;
}

void arch_register_write(struct arch_context *context, unsigned number, word_t value)
{
    check(number < REGISTER_COUNT && arch_register_check(number, value));
    context->registers[number] = number == REGISTER_FLAGS ? value & FLAGS_USER : value;
    if (number == REGISTER_IP)
        context->at_syscall = false;
}

word_t arch_context_ip(const struct arch_context *context)
{
    return context->registers[REGISTER_IP];
}

word_t arch_context_sp(const struct arch_context *context)
{
    return context->registers[REGISTER_SP];
}

void arch_thread_switch(struct thread *previous, struct thread *next)
{
    (void)previous, (void)next;
}

#if CONFIG_CORES > 1
void arch_thread_save(struct thread *current)
{
    (void)current;
    HOST_COUNT(host.parks);
}
#endif

/* ---- FPU */

void arch_fpu_init(struct arch_fpu *fpu)
{
    (void)fpu; /* all zero */
}

void arch_fpu_save(struct arch_fpu *fpu)
{
    check(host_core()->fpu_on);
    memcpy(fpu->words, host_core()->fpu, sizeof(fpu->words));
    HOST_COUNT(host.fpu_saves);
}

void arch_fpu_load(const struct arch_fpu *fpu)
{
    check(host_core()->fpu_on);
    memcpy(host_core()->fpu, fpu->words, sizeof(fpu->words));
    HOST_COUNT(host.fpu_loads);
}

bool arch_fpu_leaks(void)
{
    return host.fpu_leaks;
}

void arch_fpu_clear(void)
{
    check(host_core()->fpu_on);
    memset(host_core()->fpu, 0, sizeof(host_core()->fpu));
}

void arch_fpu_enable(bool on)
{
    host_core()->fpu_on = on;
}

word_t *host_fpu(void)
{
    const struct thread *thread = core_self()->current;

    if (!host_core()->fpu_on)
        kernel_fpu_off(0);
    if (core_self()->current != thread || !host_core()->fpu_on)
        return NULL; /* it faults; or another core was in the way: the instruction is to be executed again */
    check(core_self()->fpu_owner == thread);
    return host_core()->fpu;
}

/* ---- How much stack the kernel uses: paint it, and look afterwards how far down the paint is gone. Both
 * functions have the same frame. */

#define STACK_AREA  (128u * 1024u)
#define STACK_PAINT 0x5a

#define BESIDE_THE_SANITIZERS __attribute__((noinline, no_sanitize("address", "undefined")))

BESIDE_THE_SANITIZERS static unsigned touch_stack(bool paint)
{
    volatile unsigned char area[STACK_AREA];
    unsigned i = 0;

    __asm__ volatile("" : : "r"(area) : "memory");
    if (paint)
        for (; i < STACK_AREA; i++)
            area[i] = STACK_PAINT;
    else
        while (i < STACK_AREA && area[i] == STACK_PAINT)
            i++;
    return STACK_AREA - i;
}

/* The arguments as a port's entry has them. */
static void enter_syscall(struct thread *thread)
{
    const struct arch_context *context = &thread->context;

    kernel_syscall(arch_syscall_cap(context), arch_syscall_tag(context), arch_syscall_reply(context),
                   arch_syscall_operation(context), thread);
}

static void measured_syscall(struct thread *thread)
{
    touch_stack(true);
    enter_syscall(thread);
    unsigned used = touch_stack(false);
    if (used > host.stack_used)
        host.stack_used = used;
}

/* ---- System calls */

bool host_syscall_once(void)
{
    struct thread *thread = core_self()->current;

    thread->context.at_syscall = false;
    thread->context.registers[REGISTER_IP] += SYSCALL_LENGTH;
    if (host.measures_stack)
        measured_syscall(thread);
    else
        enter_syscall(thread);
    return thread == core_self()->current && thread->context.at_syscall;
}

void host_syscall(void)
{
    struct thread *thread = core_self()->current;

    while (host_syscall_once()) {
        host_take_interrupts();
        if (core_self()->current != thread || !thread->context.at_syscall)
            return;
    }
    host_take_interrupts();
}
