/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for liblucid when the console's serial line is compiled for the host: what uart*.c, input.c and
 * screen.c use of it, played by model.c.
 */
#ifndef LUCID_H
#define LUCID_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t word_t;
typedef word_t cap_t;
typedef word_t status_t;

#define OK                          0u
#define BUNDLE_DEVICE_IRQ           1u
#define BUNDLE_DEVICE_PORTS         2u
#define BUNDLE_DEVICE_MEMORY        3u
#define COMPONENT_SLOT_NOTIFICATION 3u
#define COMPONENT_SIGNAL_NEWS       (1ull << 63)

#define PANIC(...) (fprintf(stderr, __VA_ARGS__), exit(1))

struct component_device {
    uint64_t first;
    cap_t cap;
    uint64_t address;
    const char *hardware;
};

const struct component_device *device_find(const char *name, unsigned kind);
const char *component_name(void);
const char *component_text(const char *text);
const char *error_sentence(unsigned error);
unsigned status_error(status_t status);
cap_t signal_make(word_t badge);
status_t notification_wait(cap_t notification, word_t *bits);
status_t notification_signal(cap_t notification);
status_t irq_handler_bind(cap_t irq, cap_t notification);
status_t irq_handler_acknowledge(cap_t irq);
status_t io_port_range_in(cap_t ports, word_t port, word_t size, uint32_t *value);
status_t io_port_range_out(cap_t ports, word_t port, word_t size, uint32_t value);

#endif
