/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of device trees: trees that are made here, and the same ones damaged. */
#include "boot_regions.h"
#include "device_tree.h"
#include "harness.h"
#include "host.h"
#include <stdlib.h>
#include <string.h>

/* ---- Making trees: the structure and the strings grow here, and are put together at the end. */

#define PART_MAX 4096u

static struct {
    uint8_t structure[PART_MAX], strings[PART_MAX], reservations[256];
    uint32_t structure_size, strings_size, reservations_size;
} maker;

static void put32(uint8_t *part, uint32_t *size, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        part[(*size)++] = (uint8_t)(value >> (24 - 8 * i));
}

static void put(uint32_t value)
{
    put32(maker.structure, &maker.structure_size, value);
}

static void put_bytes(const void *data, uint32_t size)
{
    memcpy(maker.structure + maker.structure_size, data, size);
    maker.structure_size = (maker.structure_size + size + 3) & ~3u;
}

static void begin(const char *name)
{
    put(1);
    put_bytes(name, (uint32_t)strlen(name) + 1);
}

static void end(void)
{
    put(2);
}

static void property(const char *name, const void *data, uint32_t size)
{
    put(3);
    put(size);
    put(maker.strings_size);
    put_bytes(data, size);
    memcpy(maker.strings + maker.strings_size, name, strlen(name) + 1);
    maker.strings_size += (uint32_t)strlen(name) + 1;
}

static void text(const char *name, const char *value)
{
    property(name, value, (uint32_t)strlen(value) + 1);
}

static void numbers(const char *name, unsigned count, const uint32_t *values)
{
    uint8_t data[64];
    uint32_t size = 0;
    for (unsigned i = 0; i < count; i++)
        put32(data, &size, values[i]);
    property(name, data, size);
}

#define NUMBERS(name, ...)                                                                                   \
    numbers(name, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, (const uint32_t[]){ __VA_ARGS__ })

static void reserve(uint64_t start, uint64_t size)
{
    put32(maker.reservations, &maker.reservations_size, (uint32_t)(start >> 32));
    put32(maker.reservations, &maker.reservations_size, (uint32_t)start);
    put32(maker.reservations, &maker.reservations_size, (uint32_t)(size >> 32));
    put32(maker.reservations, &maker.reservations_size, (uint32_t)size);
}

/* The tree, in a block of exactly its size, so that reading beyond is seen. */
static uint8_t *finish(uint32_t *size)
{
    reserve(0, 0);
    put(9);
    uint32_t reservations = 40, structure = reservations + maker.reservations_size,
             strings = structure + maker.structure_size;
    *size = strings + maker.strings_size;
    uint8_t *blob = malloc(*size);
    uint32_t at = 0;
    const uint32_t header[] = {
        0xd00dfeed,          *size, structure, strings, reservations, 17, 16, 0, maker.strings_size,
        maker.structure_size
    };
    for (unsigned i = 0; i < 10; i++)
        put32(blob, &at, header[i]);
    memcpy(blob + reservations, maker.reservations, maker.reservations_size);
    memcpy(blob + structure, maker.structure, maker.structure_size);
    memcpy(blob + strings, maker.strings, maker.strings_size);
    return blob;
}

/* A machine as they are. */
static uint8_t *sample(uint32_t *size)
{
    reserve(0x40300000, 0x100000);
    begin("");
    NUMBERS("#address-cells", 2);
    NUMBERS("#size-cells", 2);
    begin("memory@40000000");
    text("device_type", "memory");
    NUMBERS("reg", 0, 0x40000000, 0, 0x8000000, 1, 0, 0, 0x10000000);
    end();
    begin("reserved-memory");
    NUMBERS("#address-cells", 2);
    NUMBERS("#size-cells", 2);
    begin("hole@41000000");
    NUMBERS("reg", 0, 0x41000800, 0, 0x1000);
    end();
    end();
    begin("cpus");
    NUMBERS("#address-cells", 1);
    NUMBERS("#size-cells", 0);
    begin("cpu@0");
    text("device_type", "cpu");
    NUMBERS("reg", 0);
    end();
    begin("cpu@1");
    text("device_type", "cpu");
    text("status", "disabled");
    end();
    end();
    put(4); /* a NOP */
    begin("soc");
    NUMBERS("#address-cells", 1);
    NUMBERS("#size-cells", 1);
    begin("serial@9000000");
    property("compatible", "vendor,uart\0arm,pl011", 22);
    NUMBERS("reg", 0x9000000, 0x1000);
    end();
    begin("serial@a000000");
    text("compatible", "ns16550a");
    NUMBERS("reg", 0xa000000, 0x100);
    NUMBERS("reg-shift", 2);
    end();
    end();
    begin("aliases");
    text("serial0", "/soc/serial@a000000");
    end();
    begin("chosen");
    text("stdout-path", "serial0:115200n8");
    text("bootargs", " quiet sv39  last");
    end();
    end();
    return finish(size);
}

static struct device_tree open_sample(void)
{
    struct device_tree tree;
    uint32_t size;
    const uint8_t *blob = sample(&size);
    EXPECT_EQ(device_tree_size(blob), size);
    const char *wrong = device_tree_open(&tree, blob, size);
    EXPECT_TEXT(wrong ? wrong : "fine", "fine");
    return tree;
}

/* ---- What is right */

TEST(memory_is_what_the_tree_lists_without_what_it_reserves)
{
    struct device_tree tree = open_sample();
    static struct boot_machine machine;
    const paddr_t expected[][2] = { { 0x40000000, 0x40300000 },
                                    { 0x40400000, 0x41000000 },
                                    { 0x41002000, 0x48000000 },
                                    { 0x100000000, 0x110000000 } };
    device_tree_memory(&tree, &machine);
    EXPECT_EQ(machine.memory_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(machine.memory[i].start, expected[i][0]);
        EXPECT_EQ(machine.memory[i].end, expected[i][1]);
    }
}

TEST(nodes_are_found_by_what_they_are_compatible_with)
{
    struct device_tree tree = open_sample();
    struct device_tree_node node;
    struct boot_region registers;
    EXPECT(device_tree_find(&tree, "arm,pl011", &node));
    EXPECT_TEXT(node.name, "serial@9000000");
    EXPECT(device_tree_reg(&tree, &node, 0, &registers));
    EXPECT_EQ(registers.start, 0x9000000);
    EXPECT_EQ(registers.end, 0x9001000);
    EXPECT(!device_tree_reg(&tree, &node, 1, &registers));
    EXPECT(!device_tree_find(&tree, "arm,pl01", &node));
}

TEST(nodes_are_found_by_their_path)
{
    struct device_tree tree = open_sample();
    struct device_tree_node node;
    EXPECT(device_tree_find_path(&tree, "/soc/serial@a000000:9600", &node));
    EXPECT_EQ(device_tree_number(&tree, &node, "reg-shift", 0, 7), 2);
    EXPECT_EQ(device_tree_number(&tree, &node, "reg-shift", 1, 7), 7);
    EXPECT(device_tree_find_path(&tree, "/", &node));
    EXPECT(!device_tree_find_path(&tree, "/serial@a000000", &node));
    EXPECT(!device_tree_find_path(&tree, "/soc/serial@a", &node));
    EXPECT(!device_tree_find_path(&tree, "soc", &node));
}

TEST(the_console_is_the_chosen_one)
{
    struct device_tree tree = open_sample();
    struct boot_console console = device_tree_console(&tree);
    EXPECT_EQ(console.kind, BOOT_CONSOLE_16550_MEMORY);
    EXPECT_EQ(console.address, 0xa000000);
    EXPECT_EQ(console.stride, 4);
}

TEST(disabled_processors_do_not_count)
{
    struct device_tree tree = open_sample();
    EXPECT_EQ(device_tree_cores(&tree), 1);
}

TEST(boot_arguments_are_whole_words)
{
    struct device_tree tree = open_sample();
    EXPECT(device_tree_argument(&tree, "quiet"));
    EXPECT(device_tree_argument(&tree, "sv39"));
    EXPECT(device_tree_argument(&tree, "last"));
    EXPECT(!device_tree_argument(&tree, "sv3"));
    EXPECT(!device_tree_argument(&tree, "sv390"));
    EXPECT(!device_tree_argument(&tree, "v39"));
    EXPECT(!device_tree_argument(&tree, "lasting"));
}

TEST(texts_are_compared_whole)
{
    struct device_tree tree = open_sample();
    struct device_tree_node node;
    EXPECT(device_tree_find_path(&tree, "/cpus/cpu@0", &node));
    EXPECT(device_tree_text_is(&tree, &node, "device_type", "cpu"));
    EXPECT(!device_tree_text_is(&tree, &node, "device_type", "cp"));
    EXPECT(!device_tree_text_is(&tree, &node, "device_type", "cpus"));
    EXPECT(!device_tree_text_is(&tree, &node, "reg", "cpu"));
    EXPECT(!device_tree_text_is(&tree, &node, "status", "okay"));
}

/* ---- What is wrong */

TEST(what_is_no_tree_is_refused)
{
    struct device_tree tree;
    uint32_t size;
    uint8_t *blob = sample(&size);
    EXPECT_TEXT(device_tree_open(&tree, blob, size - 1), "is cut off");
    EXPECT_TEXT(device_tree_open(&tree, blob, 39), "is not there");
    blob[8 + 3] |= 1; /* the structure is not aligned */
    EXPECT_TEXT(device_tree_open(&tree, blob, size), "is damaged");
    blob[8 + 3] &= 0xfe;
    blob[23] = 3;
    EXPECT_TEXT(device_tree_open(&tree, blob, size), "unknown version");
    blob[0] = 0;
    EXPECT_EQ(device_tree_size(blob), 0);
    EXPECT_TEXT(device_tree_open(&tree, blob, size), "is not there");
}

TEST(a_property_whose_padding_is_missing_ends_the_walk)
{
    struct device_tree tree;
    struct device_tree_node node;
    struct device_tree_property found;
    uint32_t size, at = 36;
    begin("");
    property("first", "123", 4);
    property("last", "abc", 3);
    uint8_t *blob = finish(&size);
    put32(blob, &at, 8 + 16 + 12 + 3);
    EXPECT(device_tree_open(&tree, blob, size) == NULL);
    EXPECT(device_tree_find_path(&tree, "/", &node));
    EXPECT(device_tree_property(&tree, &node, "first", &found));
    EXPECT(!device_tree_property(&tree, &node, "last", &found));
}

/* ---- Lists of memory */

TEST(what_is_reserved_is_no_memory)
{
    static struct boot_machine machine;
    boot_regions_add(&machine, 0x1000, 0x9000);
    boot_regions_reserve(&machine, 0x5800, 0x6800);
    boot_regions_reserve(&machine, 0x2000, 0x3000);
    EXPECT_EQ(machine.memory_count, 3);
    EXPECT_EQ(machine.memory[1].start, 0x3000);
    EXPECT_EQ(machine.memory[1].end, 0x5000);
    EXPECT_EQ(machine.memory[2].start, 0x7000);
    EXPECT_EQ(machine.reserved_count, 2);
    EXPECT_EQ(machine.reserved[0].start, 0x2000);
    EXPECT_EQ(machine.reserved[1].start, 0x5000);
    EXPECT_EQ(machine.reserved[1].end, 0x7000);
}

TEST(memory_in_too_many_pieces_is_left_unused_and_told)
{
    static struct boot_machine machine;
    host_init();
    for (unsigned i = 0; i <= BOOT_REGIONS_MAX; i++)
        boot_regions_add(&machine, 0x2000ull * i, 0x2000ull * i + PAGE_SIZE);
    EXPECT_EQ(machine.memory_count, BOOT_REGIONS_MAX);
    EXPECT_TEXT(host.console, "memory: too many pieces; 80000 to 81000 is not used\n");
}

TEST(nodes_that_are_nested_too_deeply_end_the_walk)
{
    struct device_tree tree;
    struct device_tree_walk walk;
    struct device_tree_node node;
    uint32_t size;
    unsigned count = 0;
    for (unsigned i = 0; i < 40; i++)
        begin("n");
    const uint8_t *blob = finish(&size);
    EXPECT(device_tree_open(&tree, blob, size) == NULL);
    device_tree_walk(&walk, &tree);
    while (device_tree_next(&walk, &node))
        count++;
    EXPECT_EQ(count, DEVICE_TREE_DEPTH_MAX);
}

/* Everything that a port asks; what comes out does not matter, but that nothing outside is read (the sanitizers
 * see that), that it ends, and that the list of memory is in order. */
static void read_all(const uint8_t *blob, uint32_t size)
{
    struct device_tree tree;
    struct device_tree_node node;
    static struct boot_machine machine;
    machine.memory_count = 0;
    if (device_tree_open(&tree, blob, size) != NULL)
        return;
    device_tree_memory(&tree, &machine);
    for (unsigned i = 0; i < machine.memory_count; i++) {
        EXPECT(machine.memory[i].start < machine.memory[i].end);
        EXPECT(i == 0 || machine.memory[i - 1].end < machine.memory[i].start);
    }
    device_tree_console(&tree);
    device_tree_cores(&tree);
    device_tree_argument(&tree, "sv39");
    if (device_tree_find(&tree, "arm,pl011", &node))
        device_tree_text(&tree, &node, "compatible");
    device_tree_find_path(&tree, "/chosen", &node);
}

TEST(damaged_trees_are_read_within_their_bounds)
{
    uint32_t size;
    uint8_t *blob = sample(&size), *copy = malloc(size);
    read_all(blob, size);
    for (unsigned round = 0; round < 3000; round++) {
        memcpy(copy, blob, size);
        for (unsigned i = 1 + random_below(4); i > 0; i--)
            copy[random_below(size)] = (uint8_t)(random_below(2) ? random_next() : random_below(5));
        read_all(copy, size);
    }
    free(copy);
}

TEST(trees_that_are_cut_off_are_read_within_their_bounds)
{
    uint32_t size;
    uint8_t *blob = sample(&size);
    for (uint32_t cut = 40; cut < size; cut += 4) {
        uint8_t *copy = malloc(cut); /* no larger than it says: reading behind it is seen */
        uint32_t at = 4;
        memcpy(copy, blob, cut);
        put32(copy, &at, cut);
        if (cut > 56) { /* the strings first, so that the parts still lie within */
            at = 36;
            put32(copy, &at, cut - 56 < maker.structure_size ? cut - 56 : maker.structure_size);
            at = 12;
            put32(copy, &at, 40);
        }
        read_all(copy, cut);
        free(copy);
    }
}
