/* SPDX-License-Identifier: BSD-2-Clause */
/* From C to the model. This header knows neither the kernel's types nor OCaml's, which have names in common. */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stddef.h>
#include <stdint.h>

/* A sequence of numbers that grows (abstract.h). */
struct numbers {
    int64_t *data;
    size_t count, room;
};

/* Start the model, if this process has not. */
void bridge_start(void);
/* NULL if the model allows what happened, else what is wrong. */
const char *bridge_step(int entry, int64_t a, int64_t b, const struct numbers *before,
                        const struct numbers *after);
/* `physical`: what the access met, -1 if it was a fault. */
const char *bridge_access(int64_t address, int64_t access, const struct numbers *before, int64_t physical);

#endif
