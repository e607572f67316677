/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arithmetic of an Untyped's watermark: offsets from its start, where the next objects go, and the way back down.
 *
 *     0 ....... watermark ... offset ............... after ....... 2^untyped_bits
 *       in use             (up to a size's multiple)  count objects
 *
 * Pure functions over numbers, so that Frama-C can say that objects lie within the Untyped, do not overlap what is in use,
 * and are aligned. See object/untyped_operations.c.
 */
#ifndef KERNEL_WATERMARK_H
#define KERNEL_WATERMARK_H

#include "types.h"

#define WATERMARK_BITS_MAX 47u   /* of a size: no sum of two offsets overflows */
#define WATERMARK_STEP     4096u /* of a reset, at most */

/* The first multiple of 2^bits at or above the watermark. */
/*@ requires bits <= WATERMARK_BITS_MAX && watermark <= (1 << WATERMARK_BITS_MAX);
    assigns \nothing;
    ensures aligned: \result % (1 << bits) == 0;
    ensures free: watermark <= \result;
    ensures first: \result < watermark + (1 << bits); */
static inline uint64_t watermark_align(uint64_t watermark, unsigned bits)
{
    return (watermark + ((1ull << bits) - 1)) >> bits << bits;
}

/* `count` objects of 2^bits bytes fit from `offset` on into 2^untyped_bits bytes. */
/*@ requires bits <= WATERMARK_BITS_MAX && untyped_bits <= 63 && offset % (1 << bits) == 0;
    assigns \nothing;
    ensures inside: \result && count >= 1 ==> offset + (count << bits) <= (1 << untyped_bits);
    ensures full: !\result ==> offset + (count << bits) > (1 << untyped_bits); */
static inline bool watermark_has_room(uint64_t offset, unsigned bits, uint64_t count, unsigned untyped_bits)
{
    uint64_t end = 1ull << untyped_bits;

    return offset <= end && count <= (end - offset) >> bits;
}

/* The watermark when they have been made. */
/*@ requires bits <= WATERMARK_BITS_MAX && offset + (count << bits) <= (1 << 63);
    assigns \nothing;
    ensures \result == offset + (count << bits); */
static inline uint64_t watermark_after(uint64_t offset, unsigned bits, uint64_t count)
{
    return offset + (count << bits);
}

/* Where a reset's next step ends: not below the floor, a multiple of the step or the floor itself, and at most one step down. */
/*@ requires floor < watermark && floor % WATERMARK_STEP == 0;
    assigns \nothing;
    ensures lower: floor <= \result < watermark;
    ensures bounded: watermark - \result <= WATERMARK_STEP;
    ensures aligned: \result % WATERMARK_STEP == 0; */
static inline uint64_t watermark_step_down(uint64_t watermark, uint64_t floor)
{
    if (watermark - floor <= WATERMARK_STEP)
        return floor;
    return (watermark - 1) / WATERMARK_STEP * WATERMARK_STEP;
}

#endif
