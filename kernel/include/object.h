/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes of objects, and making them out of clean memory. See object/object.c. */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include "address_space.h"
#include "cap.h"

/* log2 of the bytes of an object whose size is not chosen; 0 for the others, and for what is no object. */
unsigned object_size_bits(unsigned type);

/* log2 of the size that is chosen (0: none is), and what is added to it for log2 of the memory in bytes. */
struct object_size {
    uint8_t least, most, add;
};
extern const struct object_size object_sizes[OBJECT_TYPE_COUNT];

/* log2 of the bytes that an object of the chosen size takes; 0 if the type cannot have it. */
static inline unsigned object_memory_bits(unsigned type, word_t size_bits)
{
    const struct object_size *size = &object_sizes[type];

    assert(type < OBJECT_TYPE_COUNT);
    if (size_bits < size->least || size_bits > size->most ||
        (type == OBJECT_FRAME && (size_bits - FRAME_SIZE_4K) % (FRAME_SIZE_2M - FRAME_SIZE_4K) != 0))
        return 0;
    return (unsigned)size_bits + size->add;
}

/* Make an object in clean memory, of the size that was chosen. For some all zero is right. AddressSpace and IrqHandler take `number` out of the capability
 * `range`. */
void object_init(unsigned type, void *memory, unsigned size_bits, struct slot *range, uint32_t number);

/* The capability to it, with all rights. Only Untypeds and Frames are of a `device`. */
static inline struct cap object_cap(unsigned type, void *memory, unsigned size_bits, bool device)
{
    if (type == OBJECT_FRAME)
        return frame_cap(memory, size_bits, device, RIGHTS_ALL);
    return cap_make(type, memory, RIGHTS_ALL, size_bits | (device ? UNTYPED_DEVICE : 0), 0);
}

#endif
