/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: where senders and receivers meet. See object/endpoint.c. */
#ifndef KERNEL_ENDPOINT_H
#define KERNEL_ENDPOINT_H

#include "cap.h"
#include "priority_queue.h"

struct thread;

enum endpoint_state { ENDPOINT_IDLE, ENDPOINT_SENDING, ENDPOINT_RECEIVING };

struct endpoint {
    /* The only waiter, if it receives with an armed Reply or owes none: for the fast paths; then not in `waiters`. */
    struct thread *receiver;
    struct priority_queue waiters; /* wait_node of threads */
    struct thread *newest; /* the waiters again, as a list by time of arrival: for cancelling by badge */
    uint64_t sequence;     /* of the last arrival */
    struct thread *cancel_cursor; /* next to look at; meaningful while cancelling */
    word_t cancel_badge;
    const struct thread *canceller; /* who began: only a name, it may be gone */
    /* Other cores read these three as one word, to see whose the endpoint is (fastpath.h): written with SHARED_WRITE. */
    uint8_t state; /* enum endpoint_state */
    bool
        dying; /* being destroyed: nobody may queue any more. Set under all locks; cleared under the tree lock, when it is passed on */
    uint16_t home;
    bool cancelling;
};

/* Queue a thread that is about to wait here, and take one out. These keep `state`; the thread's own fields are the caller's. */
void endpoint_enqueue(struct endpoint *endpoint, struct thread *thread, enum endpoint_state state);
void endpoint_dequeue(struct endpoint *endpoint, struct thread *thread);
/* If the thread is `receiver`, it waits among the others from now on: when it moves home or loses its Reply, or the endpoint is about to die. */
void endpoint_queue_receiver(struct endpoint *endpoint, struct thread *thread);
/* It waits at another priority from now on. */
void endpoint_requeue(struct endpoint *endpoint, struct thread *thread, uint8_t priority);
/* The best waiter: highest priority, first come. There is one. */
struct thread *endpoint_first(const struct endpoint *endpoint);

/* One step of destruction: one waiter gets `peer gone`. True when there are none left. */
bool endpoint_destroy_step(struct endpoint *endpoint);
/* The thread begins to cancel: what it had begun under the same name before is somebody else's. */
void endpoint_cancel_anew(struct endpoint *endpoint, const struct thread *canceller);
/* One step of ending the waits of senders with this badge. True when done: all that waited when the canceller began have been looked at. */
bool endpoint_cancel_step(struct endpoint *endpoint, word_t badge, const struct thread *canceller);

#endif
