/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread operations: configure, registers, start and stop, priority, attributes. The mechanism is in thread.c. */
#include "address_space.h"
#include "core.h"
#include "derivation.h"
#include "destroy.h"
#include "invocation.h"
#include "notification.h"
#include "remote.h"
#include "scheduler.h"

static struct thread *invoked_thread(const struct invocation *invocation)
{
    return cap_pointer(&invocation->slot->cap);
}

/* ---- Configure */

/* For each of the thread's slots: the argument that names the capability, and what that must be: as cap_is compares. */
#define CONFIGURE_RULE(argument, type, rights)                                                               \
    {                                                                                                        \
        argument, (rights) << CAP_RIGHTS_SHIFT | CAP_TYPE_MASK, (rights) << CAP_RIGHTS_SHIFT | (type)        \
    }
static const struct configure_rule {
    uint16_t argument, mask, value;
} configure_rules[THREAD_SLOT_COUNT] = {
    [PLACE_THREAD_CNODE] = CONFIGURE_RULE(2, OBJECT_CNODE, RIGHT_WRITE),
    [PLACE_THREAD_SPACE] = CONFIGURE_RULE(3, OBJECT_ADDRESS_SPACE, RIGHT_WRITE),
    [PLACE_THREAD_MESSAGE] = CONFIGURE_RULE(4, OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE),
    [PLACE_THREAD_FAULT] = CONFIGURE_RULE(6, OBJECT_ENDPOINT, RIGHT_WRITE),
    [PLACE_THREAD_TIMEOUT] = CONFIGURE_RULE(7, OBJECT_ENDPOINT, RIGHT_WRITE),
    [PLACE_THREAD_DEATH] = CONFIGURE_RULE(8, OBJECT_NOTIFICATION, RIGHT_WRITE),
};

_Static_assert(THREAD_SET_CNODE == 1 && THREAD_SET_ALL == (1u << (THREAD_SLOT_COUNT - 1)) - 1,
               "the flags of a thread's slots, from 1 on, are in their order");

struct configure {
    struct thread *thread;
    word_t mask;
    word_t offset;
    struct slot *source[THREAD_SLOT_COUNT]; /* of the slots in the mask */
};

static status_t check_message_page(const struct slot *frame, word_t offset)
{
    if (!frame)
        return OK;
    if (frame_is_device(&frame->cap))
        return invocation_error(ERR_TYPE, 4);
    if (offset >= (word_t)1 << frame_size_bits(&frame->cap))
        return invocation_error(ERR_RANGE, 5);
    return offset % UTCB_ALIGN ? invocation_error(ERR_ALIGNMENT, 5) : OK;
}

/* The two capabilities that could be to the same object, each not the last, but both together. */
static bool drops_both_handlers(const struct configure *op)
{
    const struct slot *slots = op->thread->slots;

    return (op->mask & THREAD_SET_FAULT) && (op->mask & THREAD_SET_TIMEOUT) &&
           derivation_are_last(&slots[PLACE_THREAD_FAULT], &slots[PLACE_THREAD_TIMEOUT]);
}

/* As invocation_optional. */
static ALWAYS_INLINE status_t configure_source(const struct invocation *invocation,
                                               const struct configure_rule *rule, struct slot **slot)
{
    const struct thread *caller = invocation->caller;
    word_t address = invocation->argument[rule->argument - 1];

    *slot = NULL;
    if (address == CAP_NULL)
        return OK;
    if (likely(address <= caller->cnode_mask)) {
        *slot = &caller->cnode[address];
        if (likely((cap_head(&(*slot)->cap) & rule->mask) == rule->value))
            return OK;
    }
    return invocation_typed(invocation, rule->argument, rule->value & CAP_TYPE_MASK,
                            rule->value >> CAP_RIGHTS_SHIFT, slot);
}

static ALWAYS_INLINE status_t configure_decode(const struct invocation *invocation, struct configure *op)
{
    op->thread = invoked_thread(invocation);
    op->mask = invocation->argument[0];
    op->offset = invocation->argument[4];
    if (op->mask & ~(word_t)THREAD_SET_ALL)
        return invocation_error(ERR_RANGE, 1);
    for (word_t left = op->mask, place = PLACE_THREAD_CNODE; left; left >>= 1, place++) {
        if (!(left & 1))
            continue;
        const struct configure_rule *rule = &configure_rules[place];
        status_t status = configure_source(invocation, rule, &op->source[place]);
        if (status == OK && place == PLACE_THREAD_MESSAGE)
            status = check_message_page(op->source[place], op->offset);
        if (status != OK)
            return status;
        /* A capability that stands in the thread itself, or the last one to something long to destroy, must not go with the old. */
        if (!slot_is_empty(&op->thread->slots[place]) && slot_would_destroy(&op->thread->slots[place]))
            return invocation_error(ERR_STATE, rule->argument);
    }
    return drops_both_handlers(op) ? invocation_error(ERR_STATE, 7) : OK;
}

static ALWAYS_INLINE void configure_perform(const struct configure *op)
{
    for (word_t left = op->mask, place = PLACE_THREAD_CNODE; left; left >>= 1, place++) {
        if (!(left & 1))
            continue;
        struct slot *slot = &op->thread->slots[place], *source = op->source[place];
        if (!slot_is_empty(slot)) {
            /* A space that is exchanged for another is not missed: the thread does not stop. */
            if (place != PLACE_THREAD_SPACE || !source)
                thread_slot_cleared(op->thread, (enum slot_place)place);
            derivation_remove(slot);
        }
        if (source)
            thread_slot_fill(op->thread, (enum slot_place)place, source, op->offset);
    }
    if (op->thread == thread_core(op->thread)->current)
        core_reschedule(thread_core(op->thread)); /* its space may be another now */
}

status_t thread_configure(struct invocation *invocation)
{
    struct configure op;
    status_t status = configure_decode(invocation, &op);

    if (status == OK)
        configure_perform(&op);
    return status;
}

/* ---- Registers */

/* A thread that runs on another core is interrupted there: its registers are in its context, and it goes on with what is there then. */
static void interrupt(struct thread *thread)
{
    if (thread != thread_core(thread)->current)
        return;
    remote_take(thread);
    scheduler_consider(thread);
}

/* The caller's own are those of its system call. */
static status_t registers_decode(const struct invocation *invocation)
{
    return invoked_thread(invocation) == invocation->caller ? ERR_STATE : OK;
}

static void read_registers_perform(struct invocation *invocation, struct thread *thread)
{
    interrupt(thread);
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        invocation_result(invocation, arch_register_read(&thread->context, i));
}

status_t thread_read_registers(struct invocation *invocation)
{
    status_t status = registers_decode(invocation);

    if (status == OK)
        read_registers_perform(invocation, invoked_thread(invocation));
    return status;
}

struct write_registers {
    struct thread *thread;
    unsigned first, count;
    const word_t *values;
};

static status_t write_registers_decode(const struct invocation *invocation, struct write_registers *op)
{
    word_t first = invocation->argument[0];
    unsigned count = invocation->words - 1;
    const word_t *values = &invocation->argument[1];
    status_t status = registers_decode(invocation);

    if (status != OK)
        return status;
    if (first >= REGISTER_COUNT || count > REGISTER_COUNT - first)
        return invocation_error(ERR_RANGE, 1);
    for (unsigned i = 0; i < count; i++)
        if (!arch_register_check((unsigned)first + i, values[i]))
            return invocation_error(ERR_RANGE, 2 + i);
    *op = (struct write_registers){ invoked_thread(invocation), (unsigned)first, count, values };
    return OK;
}

/* It is sent away from where it had an exception that has not become a fault. */
static void forget_exception(struct thread *thread)
{
    thread->trapped = false;
    if (thread->state == THREAD_STATE_RUNNABLE)
        scheduler_consider(thread);
}

static void write_registers_perform(const struct write_registers *op)
{
    interrupt(op->thread);
    op->thread->repeats = false; /* it may be sent elsewhere */
    for (unsigned i = 0; i < op->count; i++)
        arch_register_write(&op->thread->context, op->first + i, op->values[i]);
    if (op->thread->trapped && REGISTER_IP - op->first < op->count)
        forget_exception(op->thread);
    thread_update_rare(op->thread);
}

status_t thread_write_registers(struct invocation *invocation)
{
    struct write_registers op;
    status_t status = write_registers_decode(invocation, &op);

    if (status == OK)
        write_registers_perform(&op);
    return status;
}

/* ---- Running and waiting. Whoever starts or stops a thread that is about to fault or to stop finds that done, even if its core has not yet come
 * to that (scheduler_settle). */

/* Cannot fail. */
status_t thread_suspend(struct invocation *invocation)
{
    struct thread *thread = invoked_thread(invocation);

    scheduler_settle(thread);
    if (thread != invocation->caller) {
        thread_stop(thread, THREAD_STOP_SUSPEND, invocation->argument[0]);
        return OK;
    }
    /* What it sees if it is ever resumed. */
    arch_set_result(&thread->context, OK, 0, 0);
    thread_stop(thread, THREAD_STOP_SUSPEND, invocation->argument[0]);
    return INVOKE_SILENT;
}

static status_t resume_decode(const struct invocation *invocation)
{
    return invoked_thread(invocation)->space ? OK : ERR_STATE;
}

static void resume_perform(struct thread *thread)
{
    scheduler_settle(thread);
    if (thread->state != THREAD_STATE_STOPPED)
        return;
    thread->stop_reason = THREAD_STOP_NONE;
    thread->exit_code = 0;
    scheduler_make_runnable(thread);
}

status_t thread_resume(struct invocation *invocation)
{
    status_t status = resume_decode(invocation);

    if (status == OK)
        resume_perform(invoked_thread(invocation));
    return status;
}

/* Cannot fail. */
status_t thread_cancel(struct invocation *invocation)
{
    struct thread *thread = invoked_thread(invocation);

    scheduler_settle(thread);
    if (!thread_is_blocked(thread))
        return OK;
    if (thread->fault)
        thread_stop(thread, THREAD_STOP_FAULT, thread->fault);
    else
        thread_end_wait(thread, ERR_CANCELLED);
    return OK;
}

/* ---- Priority, bound notification, attributes */

static status_t priority_decode(const struct invocation *invocation)
{
    for (unsigned i = 0; i < 2; i++) {
        if (invocation->argument[i] > PRIORITY_MAX)
            return invocation_error(ERR_RANGE, i + 1);
        if (invocation->argument[i] > invocation->caller->priority_max)
            return invocation_error(ERR_PRIORITY, i + 1);
    }
    return thread_wait_locks(invoked_thread(invocation)) ? OK : INVOKE_AGAIN;
}

status_t thread_change_priority(struct invocation *invocation)
{
    status_t status = priority_decode(invocation);

    if (status == OK)
        thread_set_priority(invoked_thread(invocation), (uint8_t)invocation->argument[0],
                            (uint8_t)invocation->argument[1]);
    return status;
}

struct bind_notification {
    struct thread *thread;
    struct notification *notification; /* NULL: none any more */
};

static status_t bind_notification_decode(const struct invocation *invocation, struct bind_notification *op)
{
    struct slot *slot;
    status_t status = invocation_optional(invocation, 1, OBJECT_NOTIFICATION, RIGHT_READ, &slot);

    if (status != OK)
        return status;
    *op = (struct bind_notification){ invoked_thread(invocation), slot ? cap_pointer(&slot->cap) : NULL };
    if (!op->notification)
        return OK;
    if (op->thread->notification)
        return ERR_BUSY;
    if (op->notification->bound)
        return invocation_error(ERR_BUSY, 1);
    return notification_has_waiters(op->notification) ? invocation_error(ERR_STATE, 1) : OK;
}

static void bind_notification_perform(const struct bind_notification *op)
{
    if (op->notification)
        notification_bind(op->notification, op->thread);
    else if (op->thread->notification)
        notification_unbind(op->thread->notification);
}

status_t thread_bind_notification(struct invocation *invocation)
{
    struct bind_notification op;
    status_t status = bind_notification_decode(invocation, &op);

    if (status == OK)
        bind_notification_perform(&op);
    return status;
}

static status_t set_attributes_decode(const struct invocation *invocation)
{
    word_t mask = invocation->argument[0], values = invocation->argument[1];

    if (mask & ~(word_t)THREAD_ATTRIBUTE_ALL)
        return invocation_error(ERR_RANGE, 1);
    return values & ~mask ? invocation_error(ERR_RANGE, 2) : OK;
}

static void set_attributes_perform(struct thread *thread, word_t mask, word_t values)
{
    thread->attributes = (uint8_t)((thread->attributes & ~mask) | values);
    if (!(thread->attributes & THREAD_FPU))
        scheduler_unload_fpu(thread);
}

status_t thread_set_attributes(struct invocation *invocation)
{
    status_t status = set_attributes_decode(invocation);

    if (status == OK)
        set_attributes_perform(invoked_thread(invocation), invocation->argument[0], invocation->argument[1]);
    return status;
}

status_t thread_info(struct invocation *invocation)
{
    const struct thread *thread = invoked_thread(invocation);

    invocation_result(invocation, thread->state);
    invocation_result(invocation, thread->stop_reason);
    invocation_result(invocation, thread->exit_code);
    invocation_result(invocation, thread_priority(thread));
    return OK;
}
