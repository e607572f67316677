/* SPDX-License-Identifier: BSD-2-Clause */
/* What every file of the kernel needs: the shared types, errors, and assertions. */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <lucid/errors.h>
#include <lucid/message.h>
#include <lucid/objects.h>
#include <lucid/types.h>

typedef uint64_t paddr_t; /* physical address */
typedef uint64_t ticks_t; /* of the core's counter */

#define PAGE_BITS 12
#define PAGE_SIZE (1u << PAGE_BITS)

#define KIB(n) ((word_t)(n) << 10)
#define MIB(n) ((word_t)(n) << 20)

#define ARRAY_COUNT(array)                  (sizeof(array) / sizeof((array)[0]))
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define ALIGNED(n)                          __attribute__((aligned(n)))
#define NORETURN                            __attribute__((noreturn))
#define COLD                                __attribute__((cold)) /* boot, panic, debug: for size, and away from what is often used */
#define NOINLINE                            __attribute__((noinline))
#define ALWAYS_INLINE                       inline __attribute__((always_inline))
#define UNUSED                              __attribute__((unused))
#define NOINLINE                            __attribute__((noinline)) /* its callers save no registers for it */
#define likely(x)                           __builtin_expect(!!(x), 1)
#define unlikely(x)                         __builtin_expect(!!(x), 0)

/* Number of cores that the kernel is built for. With 1, everything about locks and other cores compiles to nothing. */
#ifndef CONFIG_CORES
#define CONFIG_CORES 1
#endif

#if defined(__has_feature) /* clang's */
#define IS_WATCHED_BY_THREAD_SANITIZER __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define IS_WATCHED_BY_THREAD_SANITIZER 1
#else
#define IS_WATCHED_BY_THREAD_SANITIZER 0
#endif

/* A word that one core writes while others read it without its lock: what they see is the old or the new. */
#if CONFIG_CORES > 1
#if IS_WATCHED_BY_THREAD_SANITIZER
#define SHARED_READ(where)         __atomic_load_n(&(where), __ATOMIC_RELAXED)
#define SHARED_WRITE(where, value) __atomic_store_n(&(where), (value), __ATOMIC_RELAXED)
#else /* one load or store of an aligned word. After an atomic one, gcc reads everything else again; and of an atomic store it makes an exchange on RISC-V */
#define SHARED_READ(where)         (*(const volatile __typeof__(where) *)&(where))
#define SHARED_WRITE(where, value) ((void)(*(volatile __typeof__(where) *)&(where) = (value)))
#endif
#else
#define SHARED_READ(where)         (where)
#define SHARED_WRITE(where, value) ((where) = (value))
#endif
/* Set or clear bits of such a word: by the only one that may write it. One instruction, where the machine has one. */
#if CONFIG_CORES > 1 && IS_WATCHED_BY_THREAD_SANITIZER
#define SHARED_SET(where, bits)   SHARED_WRITE(where, (where) | (bits))
#define SHARED_CLEAR(where, bits) SHARED_WRITE(where, (where) & ~(bits))
#else
#define SHARED_SET(where, bits)   ((where) |= (bits))
#define SHARED_CLEAR(where, bits) ((where) &= ~(bits))
#endif

/* Panic with the place and the condition. `check` stays in release builds: for conditions that are cheap, or that
 * would destroy user data if they failed. `assert` is for debug and host builds. */
/*@ requires never: \false;
    assigns \nothing;
    ensures \false;
    exits \false; */
NORETURN COLD void panic(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define PANIC(...) panic(__FILE__, __LINE__, __VA_ARGS__)
/* CONFIG_NO_CHECKS: for measuring which branches the tests reach (tool/lucid/coverage.py), and nothing else. The side of a condition
 * that can never be is no branch that a test could miss. */
#ifdef CONFIG_NO_CHECKS
#define check(condition) ((void)sizeof(condition))
#else
#define check(condition) (likely(condition) ? (void)0 : panic(__FILE__, __LINE__, "not true: %s", #condition))
#endif
#ifdef CONFIG_DEBUG
#define assert(condition) check(condition)
#else
#define assert(condition) ((void)sizeof(condition))
#endif

/* Kernel's printing: %s %c %d %u %x %lu %lx %llu %llx %p, with width and zero padding. To the console, polled. */
COLD void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
