/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload of a boot image: the root component and the bundle, linked behind the kernel.
 *
 * The payload is a sequence of 4 KiB pages. It begins with one page that holds `struct image_header`. Segments of the root
 * component follow (file pages in the payload, in order; `zero_pages` more are made by the kernel), then the kernel's
 * symbols, then the bundle; no part lies upon another. All offsets are from the start of the payload and multiples of 4096; all
 * sizes are in bytes. The kernel checks everything here before it uses it, and refuses with a sentence that names what is wrong.
 */
#ifndef LUCID_IMAGE_H
#define LUCID_IMAGE_H

#include <lucid/types.h>

#define IMAGE_MAGIC        0x454741444943554cull /* "LUCIDAGE" */
#define IMAGE_SEGMENTS_MAX 8u
#define IMAGE_PAGE         4096u

struct image_segment {
    uint64_t address;     /* user address, multiple of 4096 */
    uint64_t offset;      /* in the payload */
    uint64_t size;        /* bytes in the payload, rounded up to pages when mapped */
    uint64_t memory_size; /* bytes in memory, at least `size`; the rest is zero */
    uint32_t rights;      /* RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, never WRITE and EXECUTE together */
    uint32_t reserved;
};

struct image_header {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t header_crc;  /* CRC-32 (IEEE 802.3) of this structure with this field 0 */
    uint64_t size;        /* of the whole payload, a multiple of 4096 */
    uint32_t payload_crc; /* CRC-32 of the payload from offset 4096 to `size` */
    uint32_t segment_count;
    uint64_t entry;   /* user address of the root component's first instruction */
    uint64_t symbols; /* offset and size of the kernel's symbols, for backtraces; 0 if there are none */
    uint64_t symbols_size;
    uint64_t bundle;
    uint64_t bundle_size; /* a multiple of 4096 */
    char system[64];      /* name of the system, NUL-terminated */
    char version[64];     /* of the tool and commit that built it */
    struct image_segment segment[IMAGE_SEGMENTS_MAX];
};

/*
 * Kernel symbols: `count`, then `count` entries sorted by address, then the names, NUL-terminated.
 */
struct image_symbol {
    uint64_t address;
    uint32_t name; /* offset from the start of the symbols */
    uint32_t size; /* bytes of the function */
};

struct image_symbols {
    uint64_t count;
    struct image_symbol symbol[];
};

#endif
