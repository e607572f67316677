/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a component finds when it starts: its capabilities at fixed slots, and the component information, a
 * read-only area whose address is the first argument of `_start`. Both are made by the supervisor from the
 * system description; a component normally sees them only through the functions of lucid.h.
 *
 * The information begins with `struct component_info`. Tables and strings follow in the same area; they are
 * named by their offset from its start.
 */
#ifndef LUCID_COMPONENT_H
#define LUCID_COMPONENT_H

#include <lucid/bundle.h>
#include <lucid/types.h>

#define COMPONENT_INFO_MAGIC   0x4e504d434443554cull /* "LUCDCMPN" */
#define COMPONENT_INFO_VERSION 1u

/* Slots of a component's CNode. Those from COMPONENT_SLOT_FIRST hold its sessions and then its devices. */
enum component_slot {
    COMPONENT_SLOT_NULL,
    COMPONENT_SLOT_SUPERVISOR,   /* session with the supervisor */
    COMPONENT_SLOT_CNODE,        /* this CNode itself */
    COMPONENT_SLOT_NOTIFICATION, /* its own notification, bound to its thread: READ, WRITE, no badge */
    COMPONENT_SLOT_ENDPOINT,     /* where its clients call: READ. Empty if it provides nothing */
    COMPONENT_SLOT_REPLY,        /* to answer them. Empty if it provides nothing */
    COMPONENT_SLOT_SPACE,        /* its address space: WRITE */
    COMPONENT_SLOT_FIRST
};

/* The bit of a component's notification that the supervisor signals: it has news (supervisor_news). */
#define COMPONENT_SIGNAL_NEWS (1ull << 63)

struct component_table {
    uint32_t offset; /* of the first entry */
    uint32_t count;
};

/* A server that this component may call. */
struct component_session {
    uint32_t name;      /* string: what the description calls it */
    uint32_t interface; /* string: the type, "Echo"; "Supervisor" */
    cap_t cap;
};

/* A client that may call this component: messages with `badge` come from it. */
struct component_client {
    word_t badge;
    uint32_t name;      /* string: the client component */
    uint32_t interface; /* string: the type of the interface it uses */
};

/* A device: see BUNDLE_DEVICE_* for `kind`, `first` and `count`. */
struct component_device {
    uint32_t name;     /* string */
    uint32_t hardware; /* string: what kind of device the board says it is, "16550" */
    uint32_t kind;
    uint64_t first;
    uint64_t count;
    cap_t cap; /* IrqHandler, IoPortRange, CoreRange; memory: the first of its Frames, one for each 4 KiB */
    word_t address; /* memory: where it is mapped, uncached; else 0 */
};

struct component_info {
    uint64_t magic;
    uint32_t version;
    uint32_t size;       /* of the whole area, in bytes */
    uint32_t name;       /* string */
    uint32_t system;     /* string: the name of the system */
    uint32_t arguments;  /* string: `args` of the description */
    uint32_t index;      /* number of the component in the system */
    uint32_t generation; /* 1 at the first start, one more at each restart */
    uint32_t passive;    /* 1: it has no budget of its own, and runs on its clients' */

    word_t message_page; /* address of its struct utcb */
    word_t stack;        /* lowest address */
    word_t stack_size;
    word_t heap;
    word_t heap_size;

    /* ns = ((counter - counter_start) * ns_multiplier) >> ns_shift, in 128 bits */
    uint64_t counter_hz;
    uint64_t counter_start;
    uint64_t ns_multiplier;
    uint32_t ns_shift;

    uint32_t cnode_size_bits;
    uint32_t first_free_slot;     /* this and all above are empty */
    uint32_t provides;            /* number of interfaces it serves; 0: it has no endpoint */
    uint8_t object_size_bits[32]; /* by enum object_type; 0 where the size is chosen */

    struct component_table session;
    struct component_table client;
    struct component_table device;
};

#endif
