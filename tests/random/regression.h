/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sequence that once failed, as shrink.c prints it: give it a name that says what it was, and put the file into regressions/. All are
 * replayed by every test run. Their operations name what they find (see step.h), so they mean the same only in the world that they
 * were found in: the behaviour itself belongs into a test of tests/host.
 */
#ifndef RANDOM_REGRESSION_H
#define RANDOM_REGRESSION_H

#include "driver.h"

struct regression {
    const char *name;
    uint64_t seed;
    const struct step *operations;
    unsigned count;
    struct regression *next;
};

void regression_add(struct regression *regression);

#define REGRESSION(name, seed, operations)                                                                   \
    __attribute__((constructor)) static void add_##name(void)                                                \
    {                                                                                                        \
        static struct regression regression = { #name, seed, operations, ARRAY_COUNT(operations), NULL };    \
        regression_add(&regression);                                                                         \
    }

#endif
