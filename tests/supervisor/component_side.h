/* SPDX-License-Identifier: BSD-2-Clause */
/* What test_objects.c and test_memory.c may ask of component_side.c: the sides know different headers. */
#ifndef COMPONENT_SIDE_H
#define COMPONENT_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void component_side_init(void *page, unsigned cnode_bits, unsigned first_free, unsigned endpoint_bits,
                         unsigned notification_bits);
/* The nth system call or allocation from now on fails; 0: none. */
void component_side_fail(unsigned nth);
bool component_side_has_failed(void);

/* The library's functions, unchanged. */
uint64_t object_make(unsigned type, unsigned size_bits);
uint64_t signal_make(uint64_t badge);
bool slot_holds(uint64_t slot, unsigned type);
void slot_free(uint64_t slot);
unsigned slot_revoke(uint64_t slot);
unsigned memory_map(uint64_t frame, size_t bytes, uint64_t rights, void **memory);
void memory_unmap(void *memory);

#endif
