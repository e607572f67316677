/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bundle: the compiled system description and the components, as the supervisor reads them. Made by the tool
 * (tool/lucid/bundle.py) from systems/NAME.toml; the kernel does not look inside.
 *
 * It begins with `struct bundle_header`; the tables follow at the offsets that it names. All offsets are in bytes from the start
 * of the bundle. A component's segments begin on 4 KiB pages of the bundle, so that text can be mapped from where it is. Strings
 * are offsets of NUL-terminated text. The supervisor checks all of it before it uses any.
 */
#ifndef LUCID_BUNDLE_H
#define LUCID_BUNDLE_H

#include <lucid/types.h>

#define BUNDLE_MAGIC        0x4c444e424443554cull /* "LUCDBNDL" */
#define BUNDLE_VERSION      2u
#define BUNDLE_SEGMENTS_MAX 8u

struct bundle_table {
    uint32_t offset; /* of the first entry */
    uint32_t count;
};

struct bundle_header {
    uint64_t magic;
    uint32_t version;
    uint32_t crc;    /* CRC-32 (IEEE 802.3) of the whole bundle with this field 0 */
    uint64_t size;   /* of the whole bundle */
    uint32_t system; /* string: the system's name */
    uint32_t build;  /* string: version of the tool and commit */
    struct bundle_table
        component; /* struct bundle_component, in the order in which they start (providers first) */
    struct bundle_table provide; /* struct bundle_provide */
    struct bundle_table use;     /* struct bundle_use */
    struct bundle_table device;  /* struct bundle_device */
};

struct bundle_segment {
    uint64_t address;
    uint64_t offset;
    uint64_t size; /* bytes in the bundle */
    uint64_t memory_size;
    uint32_t rights; /* RIGHT_* */
    uint32_t reserved;
};

#define BUNDLE_RESTART_NEVER  0u
#define BUNDLE_RESTART_ALWAYS 1u

#define BUNDLE_FLAG_FPU     1u
#define BUNDLE_FLAG_PASSIVE 2u /* has no budget of its own: runs on its clients' */
#define BUNDLE_FLAG_CONTROL                                                                                  \
    4u /* key `control = true`: may list, kill, restart and crash others, and power off */
#define BUNDLE_FLAG_MANUAL 8u /* key `start = "manual"`: is not started with the system, only on request */

struct bundle_component {
    uint32_t name;      /* string */
    uint32_t source;    /* string: folder of the source, for messages */
    uint32_t arguments; /* string */
    uint32_t flags;     /* BUNDLE_FLAG_* */
    uint32_t priority;
    uint32_t restart;   /* BUNDLE_RESTART_* */
    uint64_t budget_ns; /* 0 with PASSIVE */
    uint64_t period_ns;
    uint64_t memory; /* quota in bytes: objects, stack, data, heap */
    uint64_t stack;  /* bytes, multiple of 4096 */
    uint64_t heap;   /* bytes, multiple of 4096 */
    uint64_t entry;
    uint32_t symbols; /* offset of struct bundle_symbols, 0: none */
    uint32_t segment_count;
    uint32_t core; /* that its budget is on */
    uint32_t reserved;
    struct bundle_table provide; /* offset here: index of the first entry in the table of that kind */
    struct bundle_table use;
    struct bundle_table device;
    struct bundle_segment segment[BUNDLE_SEGMENTS_MAX];
};

/* An interface that a component serves. All of a component's interfaces come in at its one endpoint; the badge tells
 * which session, and so which interface. */
struct bundle_provide {
    uint32_t component;
    uint32_t name;      /* string: the name in the description, "echo" */
    uint32_t interface; /* string: the type, "Echo" */
};

/* A session of a client with a server: `badge` is unique among the server's sessions and at least 1. */
struct bundle_use {
    uint32_t component; /* the client */
    uint32_t name;      /* string: what the client calls it, "echo" */
    uint32_t server;    /* index of the component; BUNDLE_SUPERVISOR for the supervisor's own interface */
    uint32_t provide;   /* index in the provide table; unused for the supervisor */
    uint64_t badge;
};

#define BUNDLE_SUPERVISOR 0xffffffffu

#define BUNDLE_DEVICE_IRQ    1u /* first: the line, count 1 */
#define BUNDLE_DEVICE_PORTS  2u /* first, count: I/O ports */
#define BUNDLE_DEVICE_MEMORY 3u /* first, count: physical address and bytes, multiples of 4096 */
#define BUNDLE_DEVICE_CORE   4u /* first: the core whose user timer it drives, count 1 */

struct bundle_device {
    uint32_t component;
    uint32_t name; /* string: what the component calls it, "uart" */
    uint32_t kind; /* BUNDLE_DEVICE_* */
    uint32_t mode; /* IRQ_* for an interrupt */
    uint64_t first;
    uint64_t count;
    uint32_t hardware; /* string: what kind of device the board says it is, "16550" */
    uint32_t reserved;
};

/*
 * Symbols and lines of one component, for fault reports: functions sorted by address, then lines sorted by
 * address (a line holds from its address to the next), then the strings. Name offsets are from the start of the bundle.
 */
struct bundle_function {
    uint64_t address;
    uint32_t size;
    uint32_t name;
};

struct bundle_line {
    uint64_t address;
    uint32_t file; /* string */
    uint32_t line; /* 0: nothing known from here on */
};

struct bundle_symbols {
    uint32_t functions; /* offset and count of struct bundle_function */
    uint32_t function_count;
    uint32_t lines; /* offset and count of struct bundle_line */
    uint32_t line_count;
};

#endif
