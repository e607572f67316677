/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes of objects, and making them out of clean memory. See object/object.c. */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include "cap.h"

/* log2 of the bytes of an object whose size is not chosen; 0 for the others, and for what is no object. */
unsigned object_size_bits(unsigned type);

/* Make an object in clean memory (device memory: as it is) and return the capability to it, with all rights. `size_bits`: Untyped, Frame, SchedContext: of
 * the memory; CNode: of the number of slots. AddressSpace and IrqHandler take `number` out of the capability `range`. */
struct cap object_create(unsigned type, void *memory, unsigned size_bits, bool device, struct slot *range,
                         uint32_t number);

#endif
