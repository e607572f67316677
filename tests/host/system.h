/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A booted kernel, and the means to be any of its threads.
 *
 * system_boot starts a root component out of an image made in memory. The test then is whatever thread is
 * current: CALL, SEND, RECV ... are its system calls. After each of them system_check looks at the whole
 * state.
 *
 *     root_sleep()   the root thread (priority 255) waits, so that others run
 *     root_wake()    an interrupt wakes it; it is current again
 *     run(thread)    another thread becomes current: the root gives it priority RUN_PRIORITY, and the one
 * before gets its own back
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "address_space.h"
#include "boot.h"
#include "check.h"
#include "core.h"
#include "derivation.h"
#include "destroy.h"
#include "endpoint.h"
#include "harness.h"
#include "host.h"
#include "ipc.h"
#include "irq_handler.h"
#include "notification.h"
#include "object.h"
#include "reply.h"
#include "sched_context.h"
#include "scheduler.h"
#include "thread.h"
#include "time.h"
#include <lucid/image.h>
#include <lucid/operations.h>
#include <lucid/syscall.h>

#define RUN_PRIORITY  250u
#define WAKE_LINE     1u
#define SLICE_NS      10000000u
#define THREAD_IP     0x400000u
#define IMAGE_AT      (16u << 20)
#define IMAGE_SEGMENT 0x400000u

/* ---- Booting */

/* A good image at physical IMAGE_AT; change it and seal it again. Payload pages: header, 2 of code, 1 of
 * data, symbols, 2 of bundle. */
struct image_header *image_default(void);
void image_seal(struct image_header *image);
/* A machine with that image. */
struct boot_machine *machine_default(void);
enum host_end system_try_boot(const struct boot_machine *machine);
void system_boot(void);

extern struct boot_info *info;
extern cap_t memory; /* an Untyped of 4 MiB, reset */

/* ---- System calls of the current thread */

struct outcome {
    struct thread *thread;
    bool returned; /* the thread is runnable behind the call */
    status_t status;
    word_t badge;
    tag_t tag;
    word_t word[MESSAGE_WORDS_MAX];
};

struct outcome sys(word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words);
/* The kernel is entered once: whoever is to do it again is not made to. */
struct outcome sys_once(word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words);
struct outcome outcome_of(const struct thread *thread);

/* Words of a message: an array with a dummy before. */
#define WORDS(...)      ((const word_t[MESSAGE_WORDS_MAX + 1]){ 0, ##__VA_ARGS__ } + 1)
#define WORD_COUNT(...) ((unsigned)(sizeof((const word_t[]){ 0, ##__VA_ARGS__ }) / sizeof(word_t)) - 1)

/* A number of 64 bits among the words of a message; and where it begins at a word of an answer. */
#if UINTPTR_MAX > 0xffffffffu
#define AS_LONG(number) (word_t)(number)
#else
#define AS_LONG(number) (word_t)(number), (word_t)((uint64_t)(number) >> 32)
#endif
uint64_t long_at(const struct outcome *outcome, unsigned word);

/* Kernel objects, and endpoints with a label and words. */
#define CALL(cap, label, ...)                                                                                \
    sys(SYS_CALL, cap, 0, tag_make(label, WORD_COUNT(__VA_ARGS__), 0), WORDS(__VA_ARGS__))
#define SEND(cap, label, ...)                                                                                \
    sys(SYS_SEND, cap, 0, tag_make(label, WORD_COUNT(__VA_ARGS__), 0), WORDS(__VA_ARGS__))
#define POLL_SEND(cap, label, ...)                                                                           \
    sys(SYS_SEND | SYS_POLL, cap, 0, tag_make(label, WORD_COUNT(__VA_ARGS__), 0), WORDS(__VA_ARGS__))
#define RECV(cap, reply)      sys(SYS_RECV, cap, reply, 0, WORDS())
#define POLL_RECV(cap, reply) sys(SYS_RECV | SYS_POLL, cap, reply, 0, WORDS())
#define REPLY_RECV(cap, reply, label, ...)                                                                   \
    sys(SYS_REPLY_RECV, cap, reply, tag_make(label, WORD_COUNT(__VA_ARGS__), 0), WORDS(__VA_ARGS__))
#define YIELD() sys(SYS_YIELD, 0, 0, 0, WORDS())

/* An invocation that must succeed. */
#define DO(cap, label, ...) EXPECT_OK(CALL(cap, label, ##__VA_ARGS__).status)

/* ---- Objects */

cap_t slot_new(void);
struct slot *slot_at(cap_t address); /* of the root's CNode */
void *object_at(cap_t address);
cap_t make(unsigned type, unsigned size_bits);
cap_t make_from(cap_t untyped, unsigned type, unsigned size_bits);
cap_t make_numbered(unsigned type, cap_t range, unsigned number);
cap_t mint(cap_t source, word_t rights, word_t badge);
cap_t copy(cap_t source);
void delete (cap_t address);
void revoke(cap_t address);

/* A thread in the root's spaces, with a message page; stopped. Its frame is in the next slot, its context (10
 * ms of 10 ms) in the one behind: SC_OF. A passive one has no context. */
cap_t make_thread(unsigned priority);
cap_t make_passive(unsigned priority);
#define FRAME_OF(thread) ((thread) + 1)
#define SC_OF(thread)    ((thread) + 2)
void set_budget(cap_t sc, uint64_t budget_ns, uint64_t period_ns, word_t badge);
void resume(cap_t thread);
void set_fault_handler(cap_t thread, cap_t endpoint);
void set_timeout_handler(cap_t thread, cap_t endpoint);

static inline struct thread *thread_at(cap_t address)
{
    return object_at(address);
}

/* ---- Who runs */

static inline struct thread *current(void)
{
    return core_self()->current;
}

struct thread *root_thread(void);
void root_sleep(void);
void root_wake(void);
void run(cap_t thread);

/* ---- Checking */

extern bool system_check_off;
void system_check(void);

#endif
