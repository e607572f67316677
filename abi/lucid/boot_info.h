/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells the root component: one read-only region, mapped at the address that the root gets as its first
 * argument. The root component's capability space holds, at the slots named here, a capability to everything.
 */
#ifndef LUCID_BOOT_INFO_H
#define LUCID_BOOT_INFO_H

#include <lucid/objects.h>
#include <lucid/types.h>

#define BOOT_INFO_MAGIC 0x544f4f424443554cull /* "LUCDBOOT" */

/* Slots of the root CNode. */
enum boot_slot {
    BOOT_SLOT_NULL,
    BOOT_SLOT_CNODE,  /* the root CNode itself */
    BOOT_SLOT_THREAD, /* the root thread: priority 255, maximum controlled priority 255 */
    BOOT_SLOT_SPACE,
    BOOT_SLOT_SCHED_CONTEXT,
    BOOT_SLOT_MESSAGE_FRAME,
    BOOT_SLOT_IRQ_RANGE,
    BOOT_SLOT_IO_PORT_RANGE, /* empty on machines without I/O ports */
    BOOT_SLOT_ASID_RANGE,
    BOOT_SLOT_CORE_RANGE,
    BOOT_SLOT_FIRST /* what follows is described in boot_info */
};

#define BOOT_UNTYPED_DEVICE 1u /* not ordinary memory */
#define BOOT_UNTYPED_USED                                                                                    \
    2u /* holds the objects or the image that the kernel made at boot: revoke before reset */

struct boot_untyped {
    uint64_t physical;
    uint32_t slot;
    uint8_t size_bits;
    uint8_t flags;
    uint16_t reserved;
};

#define BOOT_UNTYPED_MAX 512u

#define BOOT_FEATURE_DEBUG 1u /* the kernel is a debug build: SYS_DEBUG exists, all assertions are on */
#define BOOT_FEATURE_FPU   2u
#define BOOT_FEATURE_TAGS  4u /* switching spaces does not flush the TLB */
#define BOOT_FEATURE_MELTDOWN                                                                                \
    8u /* the processor is affected by Meltdown; this kernel does not hide from it */

/*
 * The serial line that the kernel's own messages go to, for whoever has to print without a driver. Registers of one byte (PL011: four)
 * are `stride` bytes apart.
 */
#define BOOT_CONSOLE_NONE         0u
#define BOOT_CONSOLE_16550_PORTS  1u /* `address` is the first I/O port */
#define BOOT_CONSOLE_16550_MEMORY 2u /* `address` is physical */
#define BOOT_CONSOLE_PL011        3u /* `address` is physical */

struct boot_console {
    uint32_t kind; /* BOOT_CONSOLE_* */
    uint32_t stride;
    uint64_t address;
};

struct boot_info {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t size;     /* of this structure */
    uint32_t features; /* BOOT_FEATURE_* */
    uint32_t cores;

    /* Time: ns = (counter * ns_multiplier) >> ns_shift, in 128 bits, counted from counter_start. */
    uint64_t counter_hz;
    uint64_t counter_start;
    uint64_t ns_multiplier;
    uint32_t ns_shift;
    uint32_t budget_minimum_ns;

    /* The root component. */
    uint64_t message_page; /* address of its struct utcb */
    uint64_t bundle;       /* address where the bundle is mapped read-only */
    uint64_t bundle_size;  /* bytes */
    uint64_t free_address; /* nothing is mapped from here on */
    uint32_t cnode_size_bits;
    uint32_t first_free_slot; /* this and all above are empty */
    uint32_t image_slot;      /* Frame capabilities of the root's segments, in order of addresses */
    uint32_t image_slots;
    uint32_t bundle_slot; /* Frame capabilities (4 KiB each) of the bundle, in order */
    uint32_t bundle_slots;

    /* The machine. */
    uint64_t acpi_rsdp;   /* physical address, or 0 */
    uint64_t device_tree; /* physical address, or 0 */
    uint64_t device_tree_size;
    uint64_t memory_bytes; /* ordinary memory, in total */
    struct boot_console console;
    uint32_t irq_lines;
    uint32_t irq_msi_first; /* lines from here on are message-signalled */
    char machine[32];       /* what the kernel knows it is: "x86_64 pc" */

    uint8_t object_size_bits[32]; /* by enum object_type; 0 where the size is chosen */

    uint32_t untyped_count;
    uint32_t reserved;
    struct boot_untyped untyped[BOOT_UNTYPED_MAX];
};

#endif
