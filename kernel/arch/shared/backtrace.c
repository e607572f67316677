/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backtrace of a panic: a chain of frame pointers, each pointing to the one before it, with the return address behind it. It is followed
 * after something has gone wrong, so nothing in it is trusted: frames are 16-byte aligned and on a stack's mapped pages (the port's
 * stack_is_mapped); anything else ends the chain, also the user's frame pointer, which may stand at its end.
 */
#include "backtrace.h"

#include "port.h"
#include "symbols.h"

#define FRAMES_MAX 32u

COLD void backtrace_print(word_t frame)
{
    print("backtrace:\n");
    for (unsigned i = 0; i < FRAMES_MAX && !(frame & 15) && stack_is_mapped(frame); i++) {
        const word_t *words = (const word_t *)frame;
        if (words[1] < KERNEL_BASE)
            break;
        symbol_print(words[1], 1); /* the call itself stands before the return address */
        frame = words[0];
    }
}
