/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled description, field by field: a good bundle in which an input changes some fields.
 *
 * The bundle has a server with an interface, a client with a session and all four kinds of devices, segments, functions and
 * lines. An input is a list of changes: where (a word of four bytes), what is done with it (set, add, copy of another word, one
 * of the numbers at which things change), and the number. The checksum is right at the end. So most inputs get far, and what
 * they break are the relations between the tables.
 */
#include "crc.h"
#include "opened.h"
#include <lucid/bundle.h>
#include <lucid/objects.h>
#include <string.h>

#define PAGE      4096u
#define CODE_AT   PAGE
#define DATA_AT   (2 * PAGE)
#define SIZE      (3 * PAGE)
#define TEXTS     3000u
#define CHANGES   24u
#define FUNCTIONS 4u
#define LINES     6u

struct tables {
    struct bundle_header header;
    struct bundle_component component[2];
    struct bundle_provide provide[1];
    struct bundle_use use[2];
    struct bundle_device device[4];
    struct bundle_symbols symbols;
    struct bundle_function function[FUNCTIONS];
    struct bundle_line line[LINES];
};
_Static_assert(sizeof(struct tables) <= TEXTS, "texts are behind the tables");

static union {
    struct tables tables;
    uint8_t bytes[SIZE];
    uint32_t words[SIZE / 4];
} good, changed;

/* ---- The good one */

static uint32_t next_text = TEXTS;

static uint32_t text(const char *string)
{
    uint32_t offset = next_text;

    memcpy(good.bytes + offset, string, strlen(string) + 1);
    next_text += (uint32_t)strlen(string) + 1;
    return offset;
}

static struct bundle_table table(const void *entries, uint32_t count)
{
    return (struct bundle_table){ (uint32_t)((const uint8_t *)entries - good.bytes), count };
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
        .symbols = offsetof(struct tables, symbols),
        .segment_count = 2,
        .segment = { { address, CODE_AT, 1000, 1000, RIGHT_READ | RIGHT_EXECUTE, 0 },
                     { address + 16 * PAGE, DATA_AT, 500, 3 * PAGE, RIGHT_READ | RIGHT_WRITE, 0 } },
    };
}

static void make_symbols(struct tables *t, uint64_t address)
{
    t->symbols = (struct bundle_symbols){ (uint32_t)offsetof(struct tables, function), FUNCTIONS,
                                          (uint32_t)offsetof(struct tables, line), LINES };
    for (unsigned i = 0; i < FUNCTIONS; i++)
        t->function[i] = (struct bundle_function){ address + i * 64, 60, text(i % 2 ? "odd" : "even") };
    for (unsigned i = 0; i < LINES; i++)
        t->line[i] = (struct bundle_line){ address + i * 32, text(i % 3 ? "main.c" : "inline.h"), i };
}

static void make_devices(struct bundle_device *device)
{
    device[0] = (struct bundle_device){ 1, text("irq"), BUNDLE_DEVICE_IRQ, IRQ_LEVEL, 5, 1 };
    device[1] = (struct bundle_device){ 1, text("ports"), BUNDLE_DEVICE_PORTS, 0, 0x3f8, 8 };
    device[2] = (struct bundle_device){ 1, text("memory"), BUNDLE_DEVICE_MEMORY, 0, 0xfe000000, 2 * PAGE };
    device[3] = (struct bundle_device){ 1, text("core"), BUNDLE_DEVICE_CORE, 0, 0, 1 };
}

static void make_good(void)
{
    struct tables *t = &good.tables;

    make_component(&t->component[0], "server", 0x10000000);
    make_component(&t->component[1], "client", 0x11000000);
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
                                        .size = SIZE,
                                        .system = text("sample"),
                                        .build = text("test"),
                                        .component = table(t->component, 2),
                                        .provide = table(t->provide, 1),
                                        .use = table(t->use, 2),
                                        .device = table(t->device, 4) };
}

/* ---- Changes */

static uint32_t edge(unsigned which)
{
    static const uint32_t edges[] = { 0,          1,          2,          3,          8,
                                      PAGE - 1,   PAGE,       SIZE - 8,   SIZE - 1,   SIZE,
                                      SIZE + 1,   0x10,       0x7fffffff, 1u << 31,   0xfffffff8,
                                      0xffffffff, 0x1ffffff8, 65535,      0x40000000, 48 };

    return edges[which % (sizeof(edges) / sizeof(edges[0]))];
}

static void change(struct input *input)
{
    unsigned where = (unsigned)input_number(input, 2) % (TEXTS / 4), how = input_byte(input);
    uint32_t *word = &changed.words[where];

    switch (how & 3) {
    case 0:
        *word = (uint32_t)input_number(input, 4);
        break;
    case 1:
        *word += (uint32_t)(int8_t)input_byte(input) * (how & 4 ? 1u : how & 8 ? 8u : PAGE);
        break;
    case 2:
        *word = changed.words[input_number(input, 2) % (TEXTS / 4)];
        break;
    default:
        *word = edge(how >> 2);
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    make_good();
    good.tables.header.crc = crc32_of(good.bytes, SIZE);
    FUZZ_EXPECT(bundle_use_all(good.bytes, SIZE));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, data + size };

    changed = good;
    for (unsigned i = 0; i < CHANGES && !input_is_over(&input); i++)
        change(&input);
    changed.tables.header.crc = 0;
    changed.tables.header.crc = crc32_of(changed.bytes, SIZE);
    bundle_use_all(changed.bytes, SIZE);
    return 0;
}
