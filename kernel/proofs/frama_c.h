/* SPDX-License-Identifier: BSD-2-Clause */
/* For Frama-C only, included before every file that `./lucid prove` reads: what compiler built-ins mean. */
#ifndef PROOFS_FRAMA_C_H
#define PROOFS_FRAMA_C_H

#include <stdbool.h>
#include <stdint.h>

/*@ assigns \nothing;
    ensures \result == value; */
long __builtin_expect(long value, long expected);

/*@ requires x != 0;
    assigns \nothing;
    ensures 0 <= \result < 64;
    ensures \forall integer n; 0 <= n < 64 && x == (1 << n) ==> \result == n; */
int __builtin_ctzll(unsigned long long x);

/*@ requires \valid(result);
    assigns *result;
    ensures \result <==> a * b > UINT64_MAX;
    ensures !\result ==> *result == a * b; */
bool uint64_mul_overflow(uint64_t a, uint64_t b, uint64_t *result);
#define __builtin_mul_overflow uint64_mul_overflow

/*@ requires \valid(result);
    assigns *result;
    ensures \result <==> a + b > UINT64_MAX;
    ensures !\result ==> *result == a + b; */
bool uint64_add_overflow(uint64_t a, uint64_t b, uint64_t *result);
#define __builtin_add_overflow uint64_add_overflow

#endif
