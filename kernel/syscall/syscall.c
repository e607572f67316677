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
#include "entry.h"
#include "fastpath.h"
#include "fault.h"
#include "invocation.h"
#include "ipc.h"
#include "irq_handler.h"
#include "lock.h"
#include "lookup.h"
#include "sched_context.h"
#include "scheduler.h"

/* The functions below return what the current thread gets, if it is a status and nothing else; or INVOKE_SILENT: it has its result, or will have it when it
 * is woken; or INVOKE_AGAIN: the locks that the entry holds do not reach what it would touch (lock.h). Then nothing has been changed, they have been
 * taken, and the entry begins again. */

/* The destination of a system call is wrong. */
static NOINLINE status_t bad_destination(struct thread *thread, cap_t address, error_t error)
{
    thread->repeats = false;
    if (!(thread->attributes & THREAD_FAULT_ON_CAP))
        return error;
    if (!fault_locks(thread))
        return INVOKE_AGAIN;
    arch_syscall_restart(
        &thread->context); /* the fault stands at the system call: a plain answer repeats it */
    fault_raise(thread, FAULT_CAPABILITY, address, error);
    return INVOKE_SILENT;
}

static unsigned sending_rights(const struct cap *cap)
{
    return cap_rights(cap) & RIGHT_GRANT ? SENDING_GRANT : 0;
}

static NOINLINE status_t send_to_endpoint(struct thread *thread, const struct cap *cap, cap_t address,
                                          unsigned sending, bool poll)
{
    struct endpoint *endpoint = cap_pointer(cap);
    tag_t tag = arch_syscall_tag(&thread->context);

    if (!(cap_rights(cap) & RIGHT_WRITE))
        return bad_destination(thread, address, ERR_RIGHT);
    if (!message_tag_is_valid(tag))
        return ERR_RANGE;
    if (!ipc_send_locks(thread, endpoint, tag))
        return INVOKE_AGAIN;
    ipc_send(thread, endpoint, (word_t)cap->data, sending | sending_rights(cap), tag, poll);
    return INVOKE_SILENT;
}

static status_t do_call(struct thread *thread)
{
    cap_t address = arch_syscall_cap(&thread->context);
    struct slot *slot;
    error_t error = lookup_cap(thread, address, &slot);

    if (error != OK)
        return bad_destination(thread, address, error);
    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        return send_to_endpoint(thread, &slot->cap, address, SENDING_CALL, false);
    case OBJECT_NOTIFICATION:
    case OBJECT_REPLY:
        return bad_destination(thread, address, ERR_TYPE);
    default:
        return invocation_run(thread, slot, arch_syscall_tag(&thread->context));
    }
}

static status_t send_answer(struct thread *thread, struct reply *reply)
{
    tag_t tag = arch_syscall_tag(&thread->context);

    if (!message_tag_is_valid(tag))
        return ERR_RANGE;
    if (!ipc_answer_locks(thread, reply, tag))
        return INVOKE_AGAIN;
    return reply->state == REPLY_OWED ? ipc_answer(thread, reply, tag) : ERR_PEER_GONE;
}

static status_t send_signal(struct thread *thread, const struct cap *cap, cap_t address)
{
    if (!(cap_rights(cap) & RIGHT_WRITE))
        return bad_destination(thread, address, ERR_RIGHT);
    if (!notification_signal_locks(cap_pointer(cap)))
        return INVOKE_AGAIN;
    notification_signal(cap_pointer(cap), (word_t)cap->data);
    return OK;
}

static status_t do_send(struct thread *thread, bool poll)
{
    cap_t address = arch_syscall_cap(&thread->context);
    struct slot *slot;
    error_t error = lookup_cap(thread, address, &slot);

    if (error != OK)
        return bad_destination(thread, address, error);
    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        return send_to_endpoint(thread, &slot->cap, address, 0, poll);
    case OBJECT_NOTIFICATION:
        return send_signal(thread, &slot->cap, address);
    case OBJECT_REPLY:
        return send_answer(thread, cap_pointer(&slot->cap));
    default:
        return bad_destination(thread, address, ERR_TYPE);
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

static bool receive_locks(const struct thread *thread, const struct receive *receive)
{
    return receive->type == OBJECT_NOTIFICATION ? notification_wait_locks(receive->source)
                                                : ipc_receive_locks(thread, receive->source, receive->reply);
}

static void receive_message(struct thread *thread, const struct receive *receive, bool poll)
{
    if (receive->type == OBJECT_NOTIFICATION)
        ipc_wait(thread, receive->source, poll);
    else
        ipc_receive(thread, receive->source, receive->reply, poll);
}

static status_t do_receive(struct thread *thread, bool poll)
{
    struct receive receive;
    cap_t address;
    error_t error = decode_receive(thread, &receive, &address);

    if (error != OK)
        return bad_destination(thread, address, error);
    if (!receive_locks(thread, &receive))
        return INVOKE_AGAIN;
    if (receive.reply && receive.reply->state != REPLY_FREE)
        return ERR_BUSY;
    receive_message(thread, &receive, poll);
    return INVOKE_SILENT;
}

static status_t do_reply_receive(struct thread *thread, bool poll)
{
    tag_t tag = arch_syscall_tag(&thread->context);
    struct receive receive;
    cap_t address;
    error_t error = decode_receive(thread, &receive, &address);

    if (error != OK)
        return bad_destination(thread, address, error);
    if (!message_tag_is_valid(tag))
        return ERR_RANGE;
    if (tag_caps(tag) && !poll && receive.type == OBJECT_ENDPOINT && receive.reply &&
        quick_reply_recv(core_self(), thread, receive.source, receive.reply, tag))
        return INVOKE_SILENT;
    if (!receive_locks(thread, &receive) || (receive.reply && !ipc_answer_locks(thread, receive.reply, tag)))
        return INVOKE_AGAIN;
    if (receive.reply && receive.reply->state == REPLY_ARMED)
        return ERR_BUSY;
    if (receive.reply && receive.reply->state == REPLY_OWED)
        ipc_answer(thread, receive.reply, tag);
    if (thread->deferred) /* the answer cost it its context: it faults, and then sees this */
        return ERR_CANCELLED;
    if (thread->state == THREAD_STATE_RUNNABLE)
        receive_message(thread, &receive, poll);
    return INVOKE_SILENT;
}

static status_t no_syscall(struct thread *thread, word_t operation)
{
    if (!fault_locks(thread))
        return INVOKE_AGAIN;
    arch_syscall_restart(&thread->context);
    fault_raise(thread, FAULT_SYSCALL, operation, arch_syscall_cap(&thread->context));
    return INVOKE_SILENT;
}

static ALWAYS_INLINE status_t general_syscall(struct thread *thread, word_t operation)
{
    bool poll = (operation & SYS_POLL) != 0;

    switch (operation) {
    case SYS_CALL:
        return do_call(thread);
    case SYS_REPLY_RECV:
    case SYS_REPLY_RECV | SYS_POLL:
        return do_reply_receive(thread, poll);
    case SYS_SEND:
    case SYS_SEND | SYS_POLL:
        return do_send(thread, poll);
    case SYS_RECV:
    case SYS_RECV | SYS_POLL:
        return do_receive(thread, poll);
    case SYS_YIELD:
        scheduler_yield();
        return OK;
    case SYS_DEBUG:
        if (!debug_locks(thread))
            return INVOKE_AGAIN;
        return debug_syscall(thread) ? INVOKE_SILENT : no_syscall(thread, operation);
    default:
        return no_syscall(thread, operation);
    }
}

#if CONFIG_CORES > 1
bool entry_cannot_go_on(const struct core *core)
{
    const struct thread *thread = core->current;

    return !thread || thread->state != THREAD_STATE_RUNNABLE || thread->deferred || !thread->sc ||
           thread->sc != core->context || thread->space != core->space;
}
#endif

/* A system call that has done nothing is dropped: its thread begins it anew, unless it has been taken away, and whoever did so has seen to that. */
static void drop_syscall(struct core *core, struct thread *thread)
{
    if (core->current == thread)
        arch_syscall_restart(&thread->context);
}

/* With what has been found out so far: INVOKE_AGAIN, nothing. */
NOINLINE void syscall_run_generally(struct core *core, struct thread *thread, status_t status)
{
    while (status == INVOKE_AGAIN) { /* at most three times: then all locks are held */
        if (entry_is_void(core)) {
            drop_syscall(core, thread);
            status = INVOKE_SILENT;
        } else {
            status = general_syscall(thread, arch_syscall_operation(&thread->context));
        }
    }
    entry_set_in_syscall(core, false);
    if (status != INVOKE_SILENT)
        ipc_set_result(thread, status, 0, 0);
    scheduler_run(core);
    unlock_own(core);
}

#if CONFIG_CORES > 1
/* Not in kernel_syscall, which has nothing to keep then while it waits. */
static NOINLINE void wait_and_run_generally(struct core *core, struct thread *thread)
{
    lock_own_in_syscall(core);
    entry_set_in_syscall(core, true);
    syscall_run_generally(core, thread, INVOKE_AGAIN);
}
#endif

void kernel_syscall(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *thread)
{
    struct core *core = core_self();

    if (!ARCH_FAST_ENTRY && arch_fast_try(thread, core))
        return;
#if CONFIG_CORES > 1
    if (unlikely(!lock_own_at_once(core))) {
        wait_and_run_generally(core, thread);
        return;
    }
#else
    lock_own(core);
#endif
    entry_set_in_syscall(core, true);
    if (likely(!entry_is_void(core) && operation == SYS_CALL &&
               cap <= thread->cnode_mask)) { /* void: the thread may be gone */
        struct slot *slot = &thread->cnode[cap];
        if (invocation_has_type(cap_type(&slot->cap))) {
            kernel_invoke(cap, tag, reply, slot, thread);
            return;
        }
        if (tag_caps(tag) && quick_call(core, thread, &slot->cap, tag)) {
            entry_set_in_syscall(core, false);
            unlock_own(core);
            return;
        }
    }
    syscall_run_generally(core, thread, INVOKE_AGAIN);
}

void kernel_interrupt(unsigned line)
{
    struct core *core = core_self();

    lock_own(core);
    const struct slot *slot = irq_handler_notification(line);
    if (likely(slot && fast_signal_interrupt(core, slot))) {
        unlock_own_only(core);
        return;
    }
    while (slot && !notification_signal_slot(slot)) /* it waited for locks: the handler may be gone */
        slot = irq_handler_notification(line);
    scheduler_run(core);
    unlock_own(core);
}

void kernel_timer(void)
{
    struct core *core = core_self();

    lock_own(core);
    while (!scheduler_timer(core))
        ;
    scheduler_run(core);
    unlock_own(core);
}

void fault_raise_generally(word_t word0, word_t word1, struct core *core, unsigned fault)
{
    while (!entry_is_void(core) && !fault_locks(core->current))
        ;
    if (!entry_is_void(core)) /* else it is raised again if the thread goes on there */
        fault_raise(core->current, fault, word0, word1);
#if CONFIG_CORES > 1
    else if (core->trap.is_new &&
             core->current) /* or, if it comes only once, is kept; who took the thread away has done that */
        thread_keep_exception(core->current, word0, word1);
    core->trap.is_new = false;
#endif
    scheduler_run(core);
    unlock_own(core);
}

void kernel_page_fault_on(word_t address, word_t access, struct core *core)
{
    fast_fault_raise(address, access, core, FAULT_PAGE);
}

void kernel_page_fault(word_t address, word_t access)
{
    kernel_page_fault_on(address, access, core_self());
}

#if CONFIG_CORES > 1
void fault_wait_and_raise(word_t word0, word_t word1, struct core *core, unsigned fault)
{
    lock_own(core);
    fault_raise_generally(word0, word1, core, fault);
}

/* A breakpoint or a step. It is not forgotten if the thread is taken away while this waits for locks, as others are that come again. */
static NOINLINE void raise_trap(word_t kind, word_t code, struct core *core)
{
    core->trap.kind = kind;
    core->trap.code = code;
    core->trap.is_new = true;
    fault_wait_and_raise(kind, code, core, FAULT_EXCEPTION);
}
#endif

void kernel_exception_on(word_t kind, word_t code, struct core *core)
{
    assert(CONFIG_CORES == 1 || !ARCH_EXCEPTION_IS_TRAP(kind));
    fast_fault_raise(kind, code, core, FAULT_EXCEPTION);
}

void kernel_exception(word_t kind, word_t code)
{
#if CONFIG_CORES > 1
    if (ARCH_EXCEPTION_IS_TRAP(kind)) {
        raise_trap(kind, code, core_self());
        return;
    }
#endif
    kernel_exception_on(kind, code, core_self());
}

void kernel_fpu_off(word_t code)
{
    struct core *core = core_self();

    lock_own(core);
    if (entry_is_void(core) || scheduler_give_fpu(core->current)) {
        scheduler_run(core);
        unlock_own(core);
    } else {
        fault_raise_generally(EXCEPTION_FPU_OFF, code, core, FAULT_EXCEPTION);
    }
}

#if CONFIG_CORES > 1
void kernel_ipi(void)
{
    struct core *core = core_self();

    if (remote_answer(core))
        return;
    lock_own(core);
    scheduler_run(core);
    unlock_own(core);
}
#endif
