/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of kernel functions: a sorted table that the tool puts into the payload. That memory belongs to the root component, which may
 * use it for something else: a panic then finds nonsense, and must not stumble over it.
 */
#include "symbols.h"
#include <lucid/image.h>

static const struct image_symbols *table;
static size_t table_size, table_count;

void symbols_init(const void *symbols, size_t size)
{
    const struct image_symbols *candidate = symbols;

    if (size < sizeof(*candidate) ||
        candidate->count > (size - sizeof(*candidate)) / sizeof(struct image_symbol))
        return;
    const char *names = symbols;
    if (names[size - 1] != '\0') /* so that every name ends within the table */
        return;
    table = candidate;
    table_size = size;
    table_count = (size_t)candidate->count;
}

static bool ends_within(const char *text, size_t room)
{
    for (size_t i = 0; i < room; i++)
        if (text[i] == '\0')
            return true;
    return false;
}

const char *symbol_name(word_t address, word_t *offset)
{
    size_t low = 0, high = table ? table_count : 0;

    /* The last symbol at or below the address. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->symbol[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct image_symbol *symbol = &table->symbol[low - 1];
    *offset = (word_t)(address - symbol->address);
    if (symbol->name >= table_size || (symbol->size && *offset >= symbol->size))
        return NULL;
    const char *name = (const char *)table + symbol->name;
    return ends_within(name, table_size - symbol->name) ? name : NULL;
}

void symbol_print(word_t address, word_t behind)
{
    word_t offset = 0;
    const char *name = symbol_name(address - behind, &offset);
    if (name)
        print("  %p  %s+0x%lx\n", (void *)address, name, (unsigned long)(offset + behind));
    else
        print("  %p\n", (void *)address);
}
