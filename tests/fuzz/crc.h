/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 (IEEE 802.3): what fuzzers seal their inputs with, so that they get behind the checksums. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32_of(const void *data, size_t size)
{
    static uint32_t table[256];
    const uint8_t *bytes = data;
    uint32_t crc = ~0u;

    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
    }
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return ~crc;
}

#endif
