/* SPDX-License-Identifier: BSD-2-Clause */
/* See sample.h. */
#include "sample.h"
#include "crc.h"
#include <lucid/objects.h>
#include <string.h>

#define PAGE    SAMPLE_PAGE
#define CODE_AT PAGE
#define DATA_AT (2 * PAGE)

static union sample *made;
static uint32_t next_text;

static uint32_t text(const char *string)
{
    uint32_t offset = next_text;

    memcpy(made->bytes + offset, string, strlen(string) + 1);
    next_text += (uint32_t)strlen(string) + 1;
    return offset;
}

static struct bundle_table table(const void *entries, uint32_t count)
{
    return (struct bundle_table){ (uint32_t)((const uint8_t *)entries - made->bytes), count };
}

static void make_component(struct bundle_component *component, const char *name, uint64_t address)
{
    *component = (struct bundle_component){
        .name = text(name),
        .source = text("components/some"),
        .arguments = text("one two"),
        .priority = 100,
        .restart = BUNDLE_RESTART_ALWAYS,
        .budget_ns = 1000000,
        .period_ns = 10000000,
        .memory = 1u << 20,
        .stack = 2 * PAGE,
        .heap = 4 * PAGE,
        .entry = address + 16,
        .symbols = offsetof(struct sample_tables, symbols),
        .segment_count = 2,
        .segment = { { address, CODE_AT, 1000, 1000, RIGHT_READ | RIGHT_EXECUTE, 0 },
                     { address + 16 * PAGE, DATA_AT, 500, 3 * PAGE, RIGHT_READ | RIGHT_WRITE, 0 } },
    };
}

static void make_symbols(struct sample_tables *t, uint64_t address)
{
    t->symbols =
        (struct bundle_symbols){ (uint32_t)offsetof(struct sample_tables, function), SAMPLE_FUNCTIONS,
                                 (uint32_t)offsetof(struct sample_tables, line), SAMPLE_LINES };
    for (unsigned i = 0; i < SAMPLE_FUNCTIONS; i++)
        t->function[i] = (struct bundle_function){ address + i * 64, 60, text(i % 2 ? "odd" : "even") };
    for (unsigned i = 0; i < SAMPLE_LINES; i++)
        t->line[i] = (struct bundle_line){ address + i * 32, text(i % 3 ? "main.c" : "inline.h"), i };
}

static void make_devices(struct bundle_device *device)
{
    device[0] = (struct bundle_device){ 1, text("irq"), BUNDLE_DEVICE_IRQ, IRQ_LEVEL, 5, 1, text("edu"), 0 };
    device[1] =
        (struct bundle_device){ 1, text("ports"), BUNDLE_DEVICE_PORTS, 0, 0x3f8, 8, text("16550"), 0 };
    device[2] = (struct bundle_device){ 1,          text("memory"), BUNDLE_DEVICE_MEMORY, 0,
                                        0xfe000000, 2 * PAGE,       text("16550"),        0 };
    device[3] = (struct bundle_device){ 1, text("core"), BUNDLE_DEVICE_CORE, 0, 0, 1, text("core timer"), 0 };
}

void sample_make(union sample *sample)
{
    struct sample_tables *t = &sample->tables;

    *sample = (union sample){ 0 };
    made = sample;
    next_text = SAMPLE_TEXTS;

    make_component(&t->component[0], "server", 0x10000000);
    make_component(&t->component[1], "client", 0x11000000);
    t->component[0].flags = BUNDLE_FLAG_PASSIVE;
    t->component[0].budget_ns = t->component[0].period_ns = 0;
    make_symbols(t, 0x10000000);
    t->component[0].provide = (struct bundle_table){ 0, 1 };
    t->component[1].use = (struct bundle_table){ 0, 2 };
    t->component[1].device = (struct bundle_table){ 0, 4 };
    t->provide[0] = (struct bundle_provide){ 0, text("echo"), text("Echo") };
    t->use[0] = (struct bundle_use){ 1, text("echo"), 0, 0, 1 };
    t->use[1] = (struct bundle_use){ 1, text("supervisor"), BUNDLE_SUPERVISOR, 0, 0 };
    make_devices(t->device);
    t->header = (struct bundle_header){ .magic = BUNDLE_MAGIC,
                                        .version = BUNDLE_VERSION,
                                        .size = SAMPLE_SIZE,
                                        .system = text("sample"),
                                        .build = text("test"),
                                        .component = table(t->component, 2),
                                        .provide = table(t->provide, 1),
                                        .use = table(t->use, 2),
                                        .device = table(t->device, 4) };
    t->header.crc = crc32_of(sample->bytes, SAMPLE_SIZE);
}
