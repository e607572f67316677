/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image behind the kernel (kernel/boot/image.c), and booting from what that has found to be right.
 *
 * A good image in which an input changes some fields: of the header, of the symbols, of the machine's memory. If the first byte is
 * even it is sealed with the right checksums again. Either the kernel says why it cannot start, or it boots: then all invariants hold.
 */
#include "fuzz.h"
#include "machine.h"
#include "symbols.h"
#include "system.h"
#include <string.h>

#define CHANGES          16u
#define CHECKED_BYTES    (2u << 20)
#define WORDS_OF_HEADER  (sizeof(struct image_header) / 4)
#define SYMBOLS_AT       (4 * IMAGE_PAGE)
#define WORDS_OF_SYMBOLS 20u

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    host_init();
    machine_keep();
    return 0;
}

static uint32_t number(struct input *input, uint32_t old)
{
    static const uint32_t edges[] = { 0, 1, IMAGE_PAGE, 6 * IMAGE_PAGE, 7 * IMAGE_PAGE, 8 * IMAGE_PAGE,
                                      8, 9, 1u << 20,   0x7fffffff,     0x00004000,     0xffffffff };
    uint8_t how = input_byte(input);

    switch (how & 3) {
    case 0:
        return (uint32_t)input_number(input, 4);
    case 1:
        return old + (uint32_t)(int8_t)input_byte(input) * (how & 4 ? 1 : IMAGE_PAGE);
    default:
        return edges[(how >> 2) % ARRAY_COUNT(edges)];
    }
}

static void change_memory(struct input *input, struct boot_machine *machine)
{
    uint8_t how = input_byte(input);
    struct boot_region *region = &machine->memory[how & 1];
    paddr_t less = (paddr_t)(how >> 1) * (how & 1 ? MIB(1) / 2 : 16 * PAGE_SIZE);

    region->end = region->end - region->start > less ? region->end - less : region->start + PAGE_SIZE;
}

static void change(struct input *input, struct image_header *image, struct boot_machine *machine)
{
    uint8_t where = input_byte(input);
    char *word = (char *)image;

    if (where >= 250) {
        change_memory(input, machine);
        return;
    }
    word += where < WORDS_OF_HEADER ? where * 4u : SYMBOLS_AT + (where % WORDS_OF_SYMBOLS) * 4;
    uint32_t old;
    memcpy(&old, word, sizeof(old));
    uint32_t new = number(input, old);
    memcpy(word, &new, sizeof(new));
}

static void seal(struct image_header *image)
{
    if (image->size >= IMAGE_PAGE && image->size <= 1u << 20)
        image_seal(image);
}

static void refused(void)
{
    if (host_halt_status != 1 || !strstr(host.console, "cannot start: ") || strstr(host.console, "PANIC"))
        host_unexpected_halt(host_halt_status);
}

/* The checker looks for the owner of each mapping: not for a root component of many pages. */
static bool is_small(const struct image_header *image)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < image->segment_count; i++)
        bytes += image->segment[i].memory_size;
    return bytes <= CHECKED_BYTES;
}

static void booted(const struct image_header *image)
{
    word_t offset;

    if (is_small(image))
        system_check();
    for (word_t address = 0; address < 0x3000; address += 0x123)
        symbol_name(address, &offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, data + size };

    machine_restore();
    struct image_header *image = image_default();
    struct boot_machine *machine = machine_default();
    bool sealed = input_byte(&input) % 2 == 0;
    for (unsigned i = 0; i < CHANGES && !input_is_over(&input); i++)
        change(&input, image, machine);
    if (sealed)
        seal(image);
    if (system_try_boot(machine) == HOST_LEFT)
        booted(image);
    else
        refused();
    return 0;
}
