/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fuzzer of test_fuzz.c: what it has, and what it shares with who makes it. See fuzzer.c.
 */
#ifndef FUZZER_H
#define FUZZER_H

#include "target.h"

#define FUZZERS      3u  /* the last has no context of its own */
#define FUZZ_MAXIMUM 90u /* their maximum controlled priority */

/* The fuzzers' page: what they know, and their message page. */
struct fuzzer_page {
    uint64_t random;
    volatile uint64_t count, good; /* calls, and those that were not refused */
    char padding[UTCB_ALIGN - 24];
    struct utcb utcb;
};

/* Slots of its CNode. */
enum {
    SLOT_CNODE = 1,
    SLOT_THREADS,
    SLOT_SPACE = SLOT_THREADS + FUZZERS,
    SLOT_CONTEXTS,
    SLOT_ENDPOINTS = SLOT_CONTEXTS + 4,
    SLOT_NOTIFICATIONS = SLOT_ENDPOINTS + 3,
    SLOT_REPLIES = SLOT_NOTIFICATIONS + 3,
    SLOT_SMALL_CNODE = SLOT_REPLIES + 2,
    SLOT_SPARE_THREAD,
    SLOT_UNTYPED,
    SLOT_FRAMES = SLOT_UNTYPED + 3,
    SLOT_TABLES = SLOT_FRAMES + 4,
    SLOT_OTHER_SPACE = SLOT_TABLES + 4,
    SLOT_IRQ,
    SLOT_IRQ_RANGE,
    SLOT_PORTS,
    SLOT_NUMBERS,
    SLOT_CORES,
    SLOT_CHECKER,
    SLOT_COUNT
};
#define CNODE_BITS 7u /* of the fuzzers */

/* What is in the slots at first: OBJECT_*. */
extern const uint8_t fuzzer_first_types[SLOT_COUNT];

/* Random system calls, for ever; what they are follows from page->random. */
__attribute__((noreturn)) void fuzzer_main(struct fuzzer_page *page);

#endif
