/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A good bundle, small and with one of everything: a passive server with an interface, a client with a session and all four kinds of devices,
 * segments, functions and lines.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <lucid/bundle.h>

#define SAMPLE_PAGE      4096u
#define SAMPLE_SIZE      (3 * SAMPLE_PAGE)
#define SAMPLE_TEXTS     3000u /* texts stand from here on, tables before */
#define SAMPLE_FUNCTIONS 4u
#define SAMPLE_LINES     6u

struct sample_tables {
    struct bundle_header header;
    struct bundle_component component[2];
    struct bundle_provide provide[1];
    struct bundle_use use[2];
    struct bundle_device device[4];
    struct bundle_symbols symbols;
    struct bundle_function function[SAMPLE_FUNCTIONS];
    struct bundle_line line[SAMPLE_LINES];
};
_Static_assert(sizeof(struct sample_tables) <= SAMPLE_TEXTS, "texts are behind the tables");

union sample {
    struct sample_tables tables;
    uint8_t bytes[SAMPLE_SIZE];
    uint32_t words[SAMPLE_SIZE / 4];
};

/* Make it, with its checksum. */
void sample_make(union sample *sample);

#endif
