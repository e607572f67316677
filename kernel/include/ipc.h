/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between threads, and from the kernel. See ipc/ipc.c and ipc/message.c. */
#ifndef KERNEL_IPC_H
#define KERNEL_IPC_H

#include "endpoint.h"
#include "notification.h"
#include "reply.h"
#include "thread.h"

/* Put a result without message words into a thread's registers. */
void ipc_set_result(struct thread *thread, status_t status, word_t badge, tag_t tag);

/* What a blocked thread waits for will not come: it goes on with this status; a thread whose fault was not handled stops,
 * before this entry ends or soon after. */
void ipc_wait_failed(struct thread *thread, status_t status);

/* What the operations below touch can be touched. False: now it can, but look everything up again (lock.h). */
bool ipc_send_locks(const struct thread *sender, const struct endpoint *endpoint, tag_t tag);
bool ipc_receive_locks(const struct thread *receiver, const struct endpoint *endpoint,
                       const struct reply *reply);
bool ipc_answer_locks(const struct thread *sender, const struct reply *reply, tag_t tag);

/* The current thread, or a faulting one, sends. `sending`: SENDING_*. The thread's status is set, now or when it is woken. */
void ipc_send(struct thread *sender, struct endpoint *endpoint, word_t badge, unsigned sending, tag_t tag,
              bool poll);
/* The current thread receives; `reply` is free, or NULL. */
void ipc_receive(struct thread *receiver, struct endpoint *endpoint, struct reply *reply, bool poll);
/* The current thread waits at a notification. */
void ipc_wait(struct thread *thread, struct notification *notification, bool poll);
/* The current thread answers through a Reply that is owed. Returns the status for it. */
status_t ipc_answer(struct thread *sender, struct reply *reply, tag_t tag);

/* The system call of the current thread, whose registers are saved, if it is one for a fast path (ipc/fastpath.c). False: it is not, and nothing
 * has been changed. */
bool fastpath_try(struct core *core);

/* ---- message.c */

/* True if the tag's counts are possible. */
static inline bool message_tag_is_valid(tag_t tag)
{
    return tag_words(tag) <= MESSAGE_WORDS_MAX && tag_caps(tag) <= MESSAGE_CAPS_MAX;
}

/* The message moves capabilities, which takes all locks. */
bool message_moves(const struct thread *from, tag_t tag);

/* Copy a message from one thread to another, words and capabilities, as far as it goes. Returns the tag of what arrived; *truncated tells if
 * something was left out. */
tag_t message_transfer(struct thread *from, struct thread *to, tag_t tag, bool grant, bool *truncated);

#endif
