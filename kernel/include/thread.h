/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads. See object/thread.c for their life, ipc/ipc.c for what they wait for, sched/scheduler.c for when they run.
 *
 *   state        waits in                           queue
 *   STOPPED      -                                  none
 *   RUNNABLE     -                                  the ready queue, if it has a context with time and is not current
 *   SENDING      `waits_at`: an endpoint            its waiters; to be taken as `sending` says
 *   RECEIVING    `waits_at`: an endpoint            its waiters; `reply` is armed, if there is one
 *   WAITING      `waits_at`: a notification         its waiters
 *   CALLING      `waits_at`: a Reply that is owed   none
 *
 * All fields are protected by the lock of the thread's home core; the queue links by that of the object it waits at.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include "arch.h"
#include "cap.h"
#include "core.h"
#include "priority_queue.h"

/* How a thread sends: what becomes of it when the message is taken. */
#define SENDING_CALL  1u /* it waits for the answer */
#define SENDING_GRANT 2u /* its capability has the grant right */
#define SENDING_FAULT 4u /* it did not send: the kernel did, for its fault */

/* A thread that is to run and has no context:
 *   NOTHING    waits until somebody binds one
 *   MESSAGE    received a message that brought none: timeout fault if it has a handler, else waits
 *   WITHDRAWN  the one it ran on was taken away: timeout fault; without a handler it stops                         */
#define LACKS_NOTHING   0u
#define LACKS_MESSAGE   1u
#define LACKS_WITHDRAWN 2u

/*
 * The key: all that decides whether a thread can be switched to by the fast path, in one word (sched/rare.c).
 *
 *     31        17 16        9 8  7          0
 *     [ rare      ][ home     ][0][ priority  ]
 *
 * "rare" are the conditions under which the general path has something to do that the fast path does not:
 */
#define KEY_HOME_SHIFT 9
#define KEY_RARE_SHIFT 17
#define MIN_KEY_NONE   (1u << 31) /* no key has this bit */
/* It is not current, and */
#define RARE_CONTEXT (1u << 17) /* has a context: that one would be charged from now on */
#define RARE_SERVER  (1u << 18) /* has a context that is no time slice */
#define RARE_REGISTERS                                                                                       \
    (1u << 19) /* all its registers are to be loaded, not only what a system call preserves */
/* Current or not: */
#define RARE_SIGNAL    (1u << 20) /* its bound notification has bits */
#define RARE_FAULT     (1u << 21) /* its fault is being handled: its registers are not the message */
#define RARE_TRUNCATED (1u << 22) /* its call lost something: the answer says so */
#define RARE_FPU       (1u << 23) /* its state is in the FPU, which is to be turned on or off */

/* Slots of a thread, at the index of their place (enum slot_place). Slot 0 is the head of its list of zombies. */
#define THREAD_SLOT_COUNT (PLACE_THREAD_DEATH + 1)

struct thread {
    struct arch_context context; /* first: the port's entry and exit code relies on it */

    /* What IPC and scheduling touch. */
    struct sched_context *sc;    /* that it has now; NULL: none */
    struct address_space *space; /* of slots[PLACE_THREAD_SPACE]; NULL: none */
    struct slot *cnode; /* first slot of slots[PLACE_THREAD_CNODE]; without one, a single empty slot */
    word_t cnode_mask;  /* number of its slots - 1 */
    struct utcb *utcb;  /* kernel's pointer to the message page; NULL: none */
    void *waits_at;
    struct reply
        *reply;    /* RECEIVING: armed; else the latest one that it received and that is still owed by it */
    uint32_t key;  /* priority, home core, RARE_*: changed by thread_set_key and thread_update_rare only */
    uint8_t state; /* THREAD_STATE_* */
    uint8_t lacks_context; /* LACKS_*: what to do when it is to run without a context */
    uint8_t priority_max;  /* maximum controlled priority */
    uint8_t attributes;    /* THREAD_FPU, THREAD_FAULT_ON_CAP */
    uint8_t sending;       /* SENDING_* */
    uint8_t truncated;     /* its last message lost something: told with the answer */
    bool ready;            /* it is in the ready queue */
    bool root;             /* made at boot: the kernel itself says when it stops */
    bool repeats;          /* its next invocation is the repetition of one that was interrupted */
    bool deferred;         /* it is in the core's list of that name: RUNNABLE, but not to run */
    bool trapped;          /* it has had the exception of `fault_words`, which could not be raised then */
    word_t badge;          /* SENDING: of the capability it sends with */
    tag_t tag;             /* SENDING: of the message */
    uint64_t sequence;     /* order of arrival at what it waits at */

    struct thread *next, *prev;  /* ready queue; deferred; or all that wait at an endpoint, newest first */
    struct queue_node wait_node; /* in the waiters of what it waits at */

    struct sched_context *owned;       /* that was bound to it, wherever that is now; NULL: none */
    struct notification *notification; /* bound */

    /* Fault being handled, or pending: FAULT_*. */
    uint8_t fault;
    uint8_t stop_reason; /* THREAD_STOP_* */
    word_t exit_code;
    word_t fault_words[2];

    char name[32]; /* for the debugger and dumps; set in debug builds */

    struct slot slots[THREAD_SLOT_COUNT];

    struct arch_fpu fpu;
};

_Static_assert(offsetof(struct thread, context) == 0,
               "the port's entry code saves registers at the start of a thread");
_Static_assert(sizeof(struct thread) <= (1u << ARCH_THREAD_BITS), "a thread must fit into its object");

/* Waiters stand in order of priority, then of arrival. 56 bits of arrivals last for 2000 years at one a microsecond. */
static inline uint64_t thread_waiter_key(uint8_t priority, uint64_t sequence)
{
    return (uint64_t)(PRIORITY_MAX - priority) << 56 | sequence;
}

/* The sizes of a Thread's parts are found from a slot inside it. */
static inline struct thread *slot_thread(struct slot *slot)
{
    return container_of(slot - slot_place(slot), struct thread, slots);
}

static inline uint8_t thread_priority(const struct thread *thread)
{
    return (uint8_t)SHARED_READ(thread->key);
}

/* The core whose lock protects the thread, and that it runs on. */
static inline unsigned thread_home(const struct thread *thread)
{
    return SHARED_READ(thread->key) >> KEY_HOME_SHIFT & 0xff;
}

static inline struct core *thread_core(const struct thread *thread)
{
    return &cores[CONFIG_CORES > 1 ? thread_home(thread) : 0];
}

static inline bool thread_is_blocked(const struct thread *thread)
{
    return thread->state >= THREAD_STATE_SENDING;
}

/* A thread out of clean memory: stopped, refers to nothing. */
void thread_init(struct thread *thread);

/* Put a copy of the capability `source` into the thread's slot at `place`, and what is kept beside it. The slot
 * is empty. `offset`: of the message page in its frame. */
void thread_slot_fill(struct thread *thread, enum slot_place place, struct slot *source, word_t offset);
/* A capability leaves a slot of the thread: forget what is kept beside it. A thread without address space stops. */
void thread_slot_cleared(struct thread *thread, enum slot_place place);

/* End whatever the thread waits for. It becomes neither runnable nor stopped by this: the caller sets its state next. */
void thread_unwait(struct thread *thread);

/* Stop for good or until resumed: ends its wait, tells those who wait for its answer, signals its death notification. */
void thread_stop(struct thread *thread, unsigned reason, word_t code);

/* It has had an exception that its processor raises only once, and that could not become a fault (syscall.c). It will, as soon as the thread is to run,
 * unless it is sent elsewhere before. Such a thread is stopped, or deferred. */
static inline void thread_keep_exception(struct thread *thread, word_t kind, word_t code)
{
    thread->trapped = true;
    thread->fault_words[0] = kind;
    thread->fault_words[1] = code;
}

/* It has this fault now (FAULT_NONE: none). */
void thread_set_fault(struct thread *thread, unsigned fault);

/* End the wait with this status in its registers and make it runnable; a pending fault is given up (it goes on where it was). */
void thread_end_wait(struct thread *thread, status_t status);

/* The last capability to it goes: stop it for good and cut everything that points to it, except its slots. */
void thread_destroy(struct thread *thread);

/* The queue that it waits in can be touched. False: now it can, but look everything up again (lock.h). */
bool thread_wait_locks(const struct thread *thread);
void thread_set_priority(struct thread *thread, uint8_t priority, uint8_t max);

#endif
