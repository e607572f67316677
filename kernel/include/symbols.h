/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of kernel functions, for backtraces. See boot/symbols.c. */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include "types.h"

/* `symbols`: struct image_symbols in the payload, of `size` bytes; what does not make sense is ignored. */
COLD void symbols_init(const void *symbols, size_t size);
/* The function that an address lies in, and the offset into it; NULL if it is not known. */
COLD const char *symbol_name(word_t address, word_t *offset);
/* A line of a backtrace. A return address stands `behind` its call by one instruction, or a part of one: where the call is the last
 * instruction of a function, the address itself is already the next one's. */
COLD void symbol_print(word_t address, word_t behind);

#endif
