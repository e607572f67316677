/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Supervisor: what every component can ask, and what those with `control = true` in their description can
 * tell it to do.
 *
 * For all:
 *   EXIT      code ->                ends the caller; never answers
 *   LOG       length, text ->        a line of output, for a component without a console
 *   NEWS      -> badge               a client of the caller that is gone; ERR_WOULD_BLOCK: no more of them
 *   MEMORY    size_bits -> [untyped] an Untyped out of the caller's quota; ERR_MEMORY: it is used up
 *   TOLERANT  0 or 1 ->              1: a bad destination of a system call is an error, and not a fault
 *
 * For the console (who provides the interface Log):
 *   READ_LOG  -> length, text        the supervisor's own messages; ERR_WOULD_BLOCK: no more
 *
 * With control:
 *   LIST      index -> status        struct component_status, as words; ERR_RANGE: no such component
 *   CAPS      index, slot -> cap     struct component_cap, as words: the first capability at `slot` or above;
 *                                    ERR_RANGE: no more
 *   CRASH     index, kinds ->        makes it commit the errors in the set, one after the other (1 << CRASH_*)
 *   KILL      index ->               ends it and takes back all it held; the console, and those with control, start again
 *   RESTART   index ->               the same, and starts it again; or starts it
 *   POWER     POWER_* ->             ends the machine's run; answers only if that cannot be done
 *
 * ERR_RIGHT: the caller may not. ERR_STATE: the component is not in a state for it.
 */
#ifndef INTERFACE_SUPERVISOR_H
#define INTERFACE_SUPERVISOR_H

#include <lucid.h>

#define SUPERVISOR_EXIT     1u
#define SUPERVISOR_LOG      2u
#define SUPERVISOR_NEWS     3u
#define SUPERVISOR_MEMORY   4u
#define SUPERVISOR_TOLERANT 5u
#define SUPERVISOR_READ_LOG 6u
#define SUPERVISOR_LIST     16u
#define SUPERVISOR_CAPS     17u
#define SUPERVISOR_CRASH    18u
#define SUPERVISOR_KILL     19u
#define SUPERVISOR_RESTART  20u
#define SUPERVISOR_POWER    21u

#define CRASH_NULL       0u /* read address 0 */
#define CRASH_EXECUTE    1u /* execute data */
#define CRASH_STACK      2u /* overrun the stack */
#define CRASH_DIVIDE     3u /* divide by zero */
#define CRASH_CAPABILITY 4u /* use a capability that it does not have */
#define CRASH_KINDS      5u

#define POWER_OFF    0u
#define POWER_REBOOT 1u

/* What became of a component. */
#define COMPONENT_RUNNING 0u
#define COMPONENT_EXITED  1u /* ended by itself, with a code */
#define COMPONENT_CRASHED 2u /* ended by a fault */
#define COMPONENT_KILLED  3u /* ended by somebody's order */
#define COMPONENT_IDLE    4u /* not started yet: start = "manual" */
#define COMPONENT_FAILED  5u /* could not be made; the log says why */

#define COMPONENT_NAME_MAX 32u

/* One component. Times are of its present life. */
struct component_status {
    word_t state;        /* COMPONENT_* */
    word_t thread_state; /* THREAD_STATE_*, while it runs */
    word_t code;         /* exit code */
    word_t generation;   /* how many times it was started */
    word_t priority;
    word_t core;  /* that its budget is on; passive: where it is lent time when its client's is used up */
    word_t cores; /* that the machine has */
    word_t consumed_ns; /* CPU time on its own budget */
    word_t budget_ns;   /* 0: passive */
    word_t period_ns;
    word_t memory_used; /* bytes of the quota */
    word_t memory_quota;
    word_t started_ns; /* when */
    word_t crashing;   /* 1: it is being made to crash */
    char name[COMPONENT_NAME_MAX];
};

/* One capability of a component. */
struct component_cap {
    word_t slot;
    word_t type;   /* enum object_type */
    word_t rights; /* RIGHT_* */
    word_t data;   /* as cnode_inspect tells it */
    word_t size_bits;
    char what[64]; /* what the component has it for */
};

/* ---- For all ------------------------------------------------------------------------------------------- */

static inline void supervisor_exit(cap_t supervisor, int code)
{
    struct message message = { .tag = tag_make(SUPERVISOR_EXIT, 1, 0), .word = { (word_t)(long)code } };
    sys_call(supervisor, &message);
}

static inline error_t supervisor_news(cap_t supervisor, word_t *badge)
{
    struct message message = { .tag = tag_make(SUPERVISOR_NEWS, 0, 0) };
    error_t error = client_call(supervisor, &message, 1);
    *badge = error == OK ? message.word[0] : 0;
    return error;
}

/* An Untyped of 2^size_bits bytes, into the empty slot `slot`. */
static inline error_t supervisor_memory(cap_t supervisor, unsigned size_bits, cap_t slot)
{
    struct message message = { .tag = tag_make(SUPERVISOR_MEMORY, 1, 0), .word = { size_bits } };
    message_take(0, slot);
    error_t error = client_call(supervisor, &message, 0);
    message_take(0, CAP_NULL);
    if (error == OK && tag_caps(message.tag) != 1)
        return ERR_TRUNCATED;
    return error;
}

/*
 * With `tolerant`, using a capability that is not there is the status ERR_CAPABILITY, and not a fault that
 * ends the component. For servers that keep capabilities of their clients: these vanish when the client does.
 */
static inline error_t supervisor_tolerant(cap_t supervisor, bool tolerant)
{
    struct message message = { .tag = tag_make(SUPERVISOR_TOLERANT, 1, 0), .word = { tolerant } };
    return client_call(supervisor, &message, 0);
}

/* ---- For the console ----------------------------------------------------------------------------------- */

/* The next piece of the supervisor's messages: `text` has room for MESSAGE_TEXT_MAX bytes. */
static inline error_t supervisor_read_log(cap_t supervisor, char *text, size_t *length)
{
    struct message message = { .tag = tag_make(SUPERVISOR_READ_LOG, 0, 0) };
    error_t error = client_call(supervisor, &message, 1);
    if (error != OK)
        return error;
    *length = message.word[0];
    if (*length > MESSAGE_TEXT_MAX || 1 + text_words(*length) > tag_words(message.tag))
        return ERR_TRUNCATED;
    message_copy_text(&message, 1, text, *length);
    return OK;
}

/* ---- With control -------------------------------------------------------------------------------------- */

/* Call with two words, and take the answer's words into a structure. */
static inline error_t supervisor_ask(cap_t supervisor, word_t operation, word_t a, word_t b, void *answer,
                                     size_t bytes)
{
    struct message message = { .tag = tag_make(operation, 2, 0), .word = { a, b } };
    error_t error = client_call(supervisor, &message, text_words(bytes));
    if (error == OK)
        for (unsigned i = 0; i < text_words(bytes); i++)
            ((word_t *)answer)[i] = message_word(&message, i);
    return error;
}

static inline error_t supervisor_list(cap_t supervisor, word_t index, struct component_status *status)
{
    return supervisor_ask(supervisor, SUPERVISOR_LIST, index, 0, status, sizeof *status);
}

static inline error_t supervisor_caps(cap_t supervisor, word_t index, word_t slot, struct component_cap *cap)
{
    return supervisor_ask(supervisor, SUPERVISOR_CAPS, index, slot, cap, sizeof *cap);
}

static inline error_t supervisor_crash(cap_t supervisor, word_t index, word_t kinds)
{
    return supervisor_ask(supervisor, SUPERVISOR_CRASH, index, kinds, NULL, 0);
}

static inline error_t supervisor_kill(cap_t supervisor, word_t index)
{
    return supervisor_ask(supervisor, SUPERVISOR_KILL, index, 0, NULL, 0);
}

static inline error_t supervisor_restart(cap_t supervisor, word_t index)
{
    return supervisor_ask(supervisor, SUPERVISOR_RESTART, index, 0, NULL, 0);
}

static inline error_t supervisor_power(cap_t supervisor, word_t how)
{
    return supervisor_ask(supervisor, SUPERVISOR_POWER, how, 0, NULL, 0);
}

#endif
