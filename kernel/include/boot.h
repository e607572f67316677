/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of booting. See boot/. */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include "arch.h"
#include "cap.h"
#include <lucid/image.h>

/* Check the payload behind the kernel. Stops with a sentence that says what is wrong. */
COLD const struct image_header *image_check(const void *payload, size_t room);

/*
 * The root component in the making: its CNode, and the memory that its objects come from.
 */
struct boot_builder {
    const struct boot_machine *machine;
    const struct image_header *image;
    struct slot *slots; /* of the root CNode */
    unsigned cnode_bits;
    unsigned next_slot;
    struct slot *memory; /* the Untyped that boot objects come from */
    struct boot_region memory_region;
    struct address_space *space;
    struct boot_info *info;
    unsigned info_slot; /* Frames of boot_info */
};

#define BOOT_INFO_PAGES ((unsigned)((sizeof(struct boot_info) + PAGE_SIZE - 1) / PAGE_SIZE))

/* The next free slot of the root CNode. */
COLD struct slot *boot_slot(struct boot_builder *builder);
/* An object out of the boot memory, in this slot. */
COLD void *boot_object(struct boot_builder *builder, struct slot *slot, unsigned type, unsigned size_bits,
                       struct slot *range, uint32_t number);

/* boot_memory.c: Untyped capabilities for everything that is not the kernel's. */
COLD void boot_choose_memory(struct boot_builder *builder, uint64_t size);
COLD void boot_add_untyped(struct boot_builder *builder);
/* The Untypeds that the payload lies in; frames of it are made as their children. */
COLD void boot_add_payload(struct boot_builder *builder);
COLD struct slot *boot_payload_parent(struct boot_builder *builder, paddr_t physical);

/* boot_root.c: the root component's thread and address space. */
COLD void boot_make_root(struct boot_builder *builder);

#endif
