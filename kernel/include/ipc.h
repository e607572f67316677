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

/* quick.c: a call with this capability, or a reply_recv, of a message with capabilities. False: the general path does it; nothing has been
 * changed. */
bool quick_call(struct core *core, struct thread *caller, const struct cap *cap, tag_t tag);
bool quick_reply_recv(struct core *core, struct thread *server, struct endpoint *endpoint,
                      struct reply *reply, tag_t tag);

/* ---- message.c */

/* True if the tag's counts are possible. */
static inline bool message_tag_is_valid(tag_t tag)
{
    return tag_words(tag) <= MESSAGE_WORDS_MAX && tag_caps(tag) <= MESSAGE_CAPS_MAX;
}

/* The message moves its n-th capability; it moves any: that takes all locks. */
static inline bool message_moves_one(const struct thread *from, unsigned index)
{
    return (SHARED_READ(*(const volatile word_t *)&from->utcb->give[index].mode) & 0xff) == GIVE_MOVE;
}
bool message_moves(const struct thread *from, tag_t tag);

/* Capabilities from the one's message page to where the other's names slots, under the tree lock; both have a page. They arrive in the order sent; the
 * first that fails ends it, so that the receiver knows which slots were filled. Returns how many. */
unsigned message_transfer_caps(struct thread *from, struct thread *to, unsigned count);

/* Copy a message from one thread to another, words and capabilities, as far as it goes. Returns the tag of what arrived; *truncated tells if
 * something was left out. */
tag_t message_transfer(struct thread *from, struct thread *to, tag_t tag, bool grant, bool *truncated);

#endif
