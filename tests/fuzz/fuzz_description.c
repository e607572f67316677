/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled description, field by field: a good bundle in which an input changes some fields.
 *
 * An input is a list of changes: where (a word of four bytes), what is done with it (set, add, copy of another word, one
 * of the numbers at which things change), and the number. The checksum is right at the end. So most inputs get far, and what
 * they break are the relations between the tables.
 */
#include "crc.h"
#include "opened.h"
#include "sample.h"

#define PAGE    SAMPLE_PAGE
#define SIZE    SAMPLE_SIZE
#define TEXTS   SAMPLE_TEXTS
#define CHANGES 24u

static union sample good, changed;

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
    sample_make(&good);
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
