/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls, each as one inline function.
 *
 * A `struct message` is what goes out and what comes back: tag, the first four words, and (received) the
 * badge of the capability that the other side used. Words 4 and up, and capabilities, are in the message
 * page; `message_word` and `message_set` hide the difference. All calls return a status (lucid/message.h):
 * take it apart with status_error and status_argument.
 *
 * A thread has one message page. liblucid keeps its address in `message_page`, set at the start of the
 * component.
 */
#ifndef LUCID_CALLS_H
#define LUCID_CALLS_H

#include <lucid/arch.h>
#include <lucid/errors.h>
#include <lucid/message.h>
#include <lucid/operations.h>
#include <lucid/syscall.h>
#include <lucid/types.h>

extern struct utcb *message_page;

/* Word `index` (0 to 63) of a message that was received, or is being put together. */
static inline word_t message_word(const struct message *message, unsigned index)
{
    return index < MESSAGE_REGISTER_WORDS ? message->word[index] : message_page->words[index];
}

/* Set word `index` (0 to 63) of a message to be sent. */
static inline void message_set(struct message *message, unsigned index, word_t value)
{
    if (index < MESSAGE_REGISTER_WORDS)
        message->word[index] = value;
    else
        message_page->words[index] = value;
}

/*
 * Send a message and wait for the answer, which replaces it. `cap`: an Endpoint with WRITE, or any kernel
 * object, whose operation the label then names.
 *
 *   ERR_CAPABILITY, ERR_TYPE, ERR_RIGHT   `cap` cannot be called (a fault instead, with THREAD_FAULT_ON_CAP)
 *   ERR_TRUNCATED                         words or capabilities were left out, on the way there or back
 *   ERR_CANCELLED                         somebody ended the wait
 *   ERR_PEER_GONE                         the other side will never answer
 */
static inline status_t sys_call(cap_t cap, struct message *message)
{
    return arch_syscall(SYS_CALL, cap, message, CAP_NULL);
}

/*
 * Send a message and do not wait for an answer; waits until it is taken. `cap`: an Endpoint with WRITE, a
 * Reply, or a Notification with WRITE (then it is a signal, and the message does not matter). Errors as with
 * sys_call.
 */
static inline status_t sys_send(cap_t cap, const struct message *message)
{
    struct message copy = *message;
    return arch_syscall(SYS_SEND, cap, &copy, CAP_NULL);
}

/* The same, but ERR_WOULD_BLOCK if nobody is ready to take it. */
static inline status_t sys_send_poll(cap_t cap, const struct message *message)
{
    struct message copy = *message;
    return arch_syscall(SYS_SEND | SYS_POLL, cap, &copy, CAP_NULL);
}

/*
 * Wait for a message at an Endpoint, or for signals at a Notification (both with READ). `reply` is a free
 * Reply through which a call can be answered; 0: none, then whoever calls gets ERR_PEER_GONE. With
 * STATUS_SIGNAL in the status, `message->badge` is the signal bits and there is no message.
 *
 *   ERR_BUSY        the Reply is armed or owes an answer already
 *   ERR_CANCELLED   somebody ended the wait
 *   ERR_PEER_GONE   the Endpoint or Notification was destroyed
 */
static inline status_t sys_recv(cap_t cap, struct message *message, cap_t reply)
{
    *message = (struct message){ 0 };
    return arch_syscall(SYS_RECV, cap, message, reply);
}

/* The same, but ERR_WOULD_BLOCK if there is nothing. */
static inline status_t sys_recv_poll(cap_t cap, struct message *message, cap_t reply)
{
    *message = (struct message){ 0 };
    return arch_syscall(SYS_RECV | SYS_POLL, cap, message, reply);
}

/*
 * A server's loop in one call: answer through `reply` with `message` (nothing happens if it owes none), then
 * wait for the next at `cap`, with the same Reply. Errors are those of the wait.
 */
static inline status_t sys_reply_recv(cap_t cap, struct message *message, cap_t reply)
{
    return arch_syscall(SYS_REPLY_RECV, cap, message, reply);
}

/* Give up the rest of the present slice of the budget. */
static inline void sys_yield(void)
{
    struct message message = { 0 };
    arch_syscall(SYS_YIELD, CAP_NULL, &message, CAP_NULL);
}

/* Debug builds of the kernel only (boot_info.features): `what` is DEBUG_*. Elsewhere a fault. */
static inline status_t sys_debug(word_t what, word_t argument)
{
    struct message message = { .tag = argument };
    return arch_syscall(SYS_DEBUG, what, &message, CAP_NULL);
}

/* Debug builds of the kernel only: name a thread, for the kernel's own messages. At most 31 bytes of the name
 * are used. */
static inline status_t sys_debug_name(cap_t thread, const char *name)
{
    struct message message = { .tag = thread };
    for (unsigned i = 0; i < sizeof message.word - 1 && name[i]; i++)
        message.word[i / sizeof(word_t)] |= (word_t)(unsigned char)name[i] << i % sizeof(word_t) * 8;
    return arch_syscall(SYS_DEBUG, DEBUG_NAME, &message, CAP_NULL);
}

/* Signal a Notification (with WRITE): its badge is added to the word, a waiter wakes up. Never waits. */
static inline status_t notification_signal(cap_t notification)
{
    const struct message nothing = { 0 };
    return sys_send(notification, &nothing);
}

/* Wait until a Notification (with READ) has signals, and take them all. */
static inline status_t notification_wait(cap_t notification, word_t *bits)
{
    struct message message;
    status_t status = sys_recv(notification, &message, CAP_NULL);
    *bits = message.badge;
    return status;
}

/* Take the signals that there are, or ERR_WOULD_BLOCK. */
static inline status_t notification_poll(cap_t notification, word_t *bits)
{
    struct message message;
    status_t status = sys_recv_poll(notification, &message, CAP_NULL);
    *bits = message.badge;
    return status;
}

/*
 * Invoke an operation of a kernel object: the first `count` words of `message` are the arguments. Its results
 * replace them. The inline functions of lucid/kernel.h are made of this.
 */
static inline status_t object_invoke(cap_t object, word_t operation, unsigned count, struct message *message)
{
    message->tag = tag_make(operation, count, 0);
    return sys_call(object, message);
}

#endif
