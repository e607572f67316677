/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzing dispatchers. The generator writes handlers for an interface (NAME.fuzz.c, tool/lucid/idl/fuzz.py) which check again what the
 * dispatcher promises; fuzz.c makes up messages, most of them nearly right, and sees to it that every handler is reached.
 *
 * Words of a request that did not come are poisoned: the address sanitizer stops who reads them.
 */
#ifndef INTERFACES_FUZZ_H
#define INTERFACES_FUZZ_H

#include <lucid.h>

struct fuzzed {
    const struct interface *interface;
    error_t (*dispatch)(struct request *request);
    const uint64_t *values; /* at which it decides */
    unsigned value_count;
};

/* The interfaces of the file; NULL ends them. */
extern const struct fuzzed *const fuzzed[];

#define DOUBT(condition) ((condition) ? (void)0 : fuzz_doubt(__FILE__, __LINE__, #condition))

__attribute__((noreturn)) void fuzz_doubt(const char *file, int line, const char *condition);

/* A handler was called, for a request that must be of this operation. */
void fuzz_handled(const struct request *request, unsigned operation);

/* The client has the right, or not; a request without it must not come to the handler. */
bool fuzz_may(unsigned right);

/* Read, or write, all bytes. */
void fuzz_read(const void *data, size_t size);
void fuzz_fill(void *data, size_t size);

uint64_t fuzz_word(void);
error_t fuzz_result(void);
void fuzz_give(struct utcb_give *give);

static inline bool fuzz_between_uint64_t(uint64_t value, uint64_t low, uint64_t high)
{
    return value >= low && value <= high;
}

static inline bool fuzz_between_int64_t(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

#endif
