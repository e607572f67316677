/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known is measured first: `./lucid bench` prints nothing if that comes out wrong. */
#include "bench.h"

#define KNOWN_ROUNDS 100000u
/* 20 ms: the end of the slice that the root thread began with is past then. The timer that was set for it fires once. */
#define FIRST_ROUNDS 10000000u

BENCH(calibration)
{
    static _Alignas(64) volatile word_t data[32];

    known_loop(FIRST_ROUNDS);
    uint64_t start = cost_now();
    known_loop(KNOWN_ROUNDS);
    uint64_t seen = cost_now() - start;
    note("calibration instructions %lu ticks %lu", (word_t)2 * KNOWN_ROUNDS, seen);
    known_lines(data);
    bench_lines("calibration", 1);
}
