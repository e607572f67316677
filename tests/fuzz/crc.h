/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 (IEEE 802.3), bit by bit: what fuzzers seal their inputs with, so that they get behind the checksums. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32_of(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t crc = ~0u;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

#endif
