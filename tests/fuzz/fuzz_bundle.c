/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bundle as bytes (components/supervisor/bundle.c): an input is a bundle, whose magic, version, size and checksum are
 * put right, except if its very first byte is 0.
 */
#include "crc.h"
#include "opened.h"
#include <lucid/bundle.h>
#include <string.h>

#define SIZE_MAX_INPUT 16384u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[SIZE_MAX_INPUT];
    struct bundle_header header;

    if (size > sizeof(bytes))
        return 0;
    memcpy(bytes, data, size);
    if (size >= sizeof(header) && data[0] != 0) {
        memcpy(&header, bytes, sizeof(header));
        header.magic = BUNDLE_MAGIC;
        header.version = BUNDLE_VERSION;
        header.size = size;
        header.crc = 0;
        memcpy(bytes, &header, sizeof(header));
        header.crc = crc32_of(bytes, size);
        memcpy(bytes, &header, sizeof(header));
    }
    bundle_use_all(bytes, size);
    return 0;
}
