/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls: decode the destination, check type and right, act.
 *
 * Each has the same shape. A destination that does not exist or does not allow the operation is a status, or a fault if
 * the thread has that attribute; everything else that is wrong is a status. The port calls kernel_syscall with the arguments in the
 * current thread's context, and leaves to whoever is current when it returns.
 */
#include "core.h"
#include "debug.h"
#include "fault.h"
#include "invocation.h"
#include "ipc.h"
#include "irq_handler.h"
#include "lock.h"
#include "lookup.h"
#include "sched_context.h"
#include "scheduler.h"
#include <lucid/syscall.h>

/* The destination of a system call is wrong. */
static void bad_destination(struct thread *thread, cap_t address, error_t error)
{
    if (thread->attributes & THREAD_FAULT_ON_CAP) {
        arch_syscall_restart(
            &thread->context); /* the fault stands at the system call: a plain answer repeats it */
        fault_raise(thread, FAULT_CAPABILITY, address, error);
    } else {
        ipc_set_result(thread, error, 0, 0);
    }
}

static unsigned sending_rights(const struct cap *cap)
{
    return cap_rights(cap) & RIGHT_GRANT ? SENDING_GRANT : 0;
}

static void send_to_endpoint(struct thread *thread, const struct cap *cap, cap_t address, unsigned sending,
                             bool poll)
{
    tag_t tag = arch_syscall_tag(&thread->context);

    if (!(cap_rights(cap) & RIGHT_WRITE))
        bad_destination(thread, address, ERR_RIGHT);
    else if (!message_tag_is_valid(tag))
        ipc_set_result(thread, ERR_RANGE, 0, 0);
    else
        ipc_send(thread, cap_pointer(cap), (word_t)cap->data, sending | sending_rights(cap), tag, poll);
}

static void do_call(struct thread *thread)
{
    cap_t address = arch_syscall_cap(&thread->context);
    struct slot *slot;
    error_t error = lookup_cap(thread, address, &slot);

    if (error != OK)
        bad_destination(thread, address, error);
    else if (cap_type(&slot->cap) == OBJECT_ENDPOINT)
        send_to_endpoint(thread, &slot->cap, address, SENDING_CALL, false);
    else if (cap_type(&slot->cap) == OBJECT_NOTIFICATION || cap_type(&slot->cap) == OBJECT_REPLY)
        bad_destination(thread, address, ERR_TYPE);
    else
        invocation_run(thread, slot);
}

static void send_answer(struct thread *thread, struct reply *reply)
{
    tag_t tag = arch_syscall_tag(&thread->context);

    if (!message_tag_is_valid(tag))
        ipc_set_result(thread, ERR_RANGE, 0, 0);
    else if (reply->state != REPLY_OWED)
        ipc_set_result(thread, ERR_PEER_GONE, 0, 0);
    else
        ipc_set_result(thread, ipc_answer(thread, reply, tag), 0, 0);
}

static void send_signal(struct thread *thread, const struct cap *cap, cap_t address)
{
    if (!(cap_rights(cap) & RIGHT_WRITE)) {
        bad_destination(thread, address, ERR_RIGHT);
        return;
    }
    ipc_set_result(thread, OK, 0, 0);
    notification_signal(cap_pointer(cap), (word_t)cap->data);
}

static void do_send(struct thread *thread, bool poll)
{
    cap_t address = arch_syscall_cap(&thread->context);
    struct slot *slot;
    error_t error = lookup_cap(thread, address, &slot);

    if (error != OK) {
        bad_destination(thread, address, error);
        return;
    }
    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        send_to_endpoint(thread, &slot->cap, address, 0, poll);
        break;
    case OBJECT_NOTIFICATION:
        send_signal(thread, &slot->cap, address);
        break;
    case OBJECT_REPLY:
        send_answer(thread, cap_pointer(&slot->cap));
        break;
    default:
        bad_destination(thread, address, ERR_TYPE);
    }
}

/* Where a receive waits, and the Reply it names: objects, because an answer may move their capabilities away. */
struct receive {
    unsigned type; /* of the source: an Endpoint or a Notification */
    void *source;
    struct reply *reply; /* NULL: none */
};

/* ERR_* of the source in *address, or of the Reply. */
static error_t decode_receive(struct thread *thread, struct receive *receive, cap_t *address)
{
    struct slot *slot;

    *address = arch_syscall_cap(&thread->context);
    error_t error = lookup_cap(thread, *address, &slot);
    if (error != OK)
        return error;
    receive->type = cap_type(&slot->cap);
    receive->source = cap_pointer(&slot->cap);
    if (receive->type != OBJECT_ENDPOINT && receive->type != OBJECT_NOTIFICATION)
        return ERR_TYPE;
    if (!cap_is(&slot->cap, receive->type, RIGHT_READ))
        return ERR_RIGHT;

    cap_t reply = arch_syscall_reply(&thread->context);
    receive->reply = NULL;
    if (reply == CAP_NULL)
        return OK;
    *address = reply;
    error = lookup_typed(thread, reply, OBJECT_REPLY, 0, &slot);
    if (error == OK)
        receive->reply = cap_pointer(&slot->cap);
    return error;
}

static void receive_message(struct thread *thread, const struct receive *receive, bool poll)
{
    if (receive->type == OBJECT_NOTIFICATION)
        ipc_wait(thread, receive->source, poll);
    else
        ipc_receive(thread, receive->source, receive->reply, poll);
}

static void do_receive(struct thread *thread, bool poll)
{
    struct receive receive;
    cap_t address;
    error_t error = decode_receive(thread, &receive, &address);

    if (error != OK)
        bad_destination(thread, address, error);
    else if (receive.reply && receive.reply->state != REPLY_FREE)
        ipc_set_result(thread, ERR_BUSY, 0, 0);
    else
        receive_message(thread, &receive, poll);
}

static void do_reply_receive(struct thread *thread, bool poll)
{
    tag_t tag = arch_syscall_tag(&thread->context);
    struct receive receive;
    cap_t address;
    error_t error = decode_receive(thread, &receive, &address);

    if (error != OK) {
        bad_destination(thread, address, error);
        return;
    }
    if (!message_tag_is_valid(tag) || (receive.reply && receive.reply->state == REPLY_ARMED)) {
        ipc_set_result(thread, message_tag_is_valid(tag) ? ERR_BUSY : ERR_RANGE, 0, 0);
        return;
    }
    if (receive.reply && receive.reply->state == REPLY_OWED)
        ipc_answer(thread, receive.reply, tag);
    if (thread->deferred) /* the answer cost it its context: it faults, and then sees this */
        ipc_set_result(thread, ERR_CANCELLED, 0, 0);
    else if (thread->state == THREAD_STATE_RUNNABLE)
        receive_message(thread, &receive, poll);
}

static void do_yield(struct thread *thread)
{
    ipc_set_result(thread, OK, 0, 0);
    scheduler_yield();
}

static void slow_syscall(struct thread *thread, word_t operation)
{
    bool poll = (operation & SYS_POLL) != 0;

    switch (operation & ~(word_t)SYS_POLL) {
    case SYS_CALL:
        do_call(thread);
        break;
    case SYS_REPLY_RECV:
        do_reply_receive(thread, poll);
        break;
    case SYS_SEND:
        do_send(thread, poll);
        break;
    case SYS_RECV:
        do_receive(thread, poll);
        break;
    case SYS_YIELD:
        do_yield(thread);
        break;
    case SYS_DEBUG:
        if (debug_syscall(thread))
            break;
        /* fall through */
    default:
        arch_syscall_restart(&thread->context);
        fault_raise(thread, FAULT_SYSCALL, operation, arch_syscall_cap(&thread->context));
    }
}

void kernel_syscall(void)
{
    struct core *core = core_self();
    struct thread *thread = core->current;
    word_t operation = arch_syscall_operation(&thread->context);

    lock_own(core);
    if (operation == SYS_CALL ? fastpath_call(core, thread)
                              : operation == SYS_REPLY_RECV && fastpath_reply_recv(core, thread)) {
        unlock_own(core);
        return;
    }
    slow_syscall(thread, operation);
    scheduler_run(core);
    unlock_own(core);
}

void kernel_interrupt(unsigned line)
{
    struct core *core = core_self();

    lock_own(core);
    irq_handler_interrupt(line);
    scheduler_run(core);
    unlock_own(core);
}

void kernel_timer(void)
{
    struct core *core = core_self();

    lock_own(core);
    scheduler_timer(core);
    scheduler_run(core);
    unlock_own(core);
}

static void raise_and_run(unsigned fault, word_t word0, word_t word1)
{
    struct core *core = core_self();

    lock_own(core);
    fault_raise(core->current, fault, word0, word1);
    scheduler_run(core);
    unlock_own(core);
}

void kernel_page_fault(word_t address, word_t access)
{
    raise_and_run(FAULT_PAGE, address, access);
}

void kernel_exception(word_t kind, word_t code)
{
    raise_and_run(FAULT_EXCEPTION, kind, code);
}

bool kernel_fpu_request(void)
{
    struct core *core = core_self();

    lock_own(core);
    bool given = scheduler_give_fpu(core->current);
    unlock_own(core);
    return given;
}
