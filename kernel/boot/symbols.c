/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of kernel functions: a sorted table that the tool puts into the payload. Read-only after boot. */
#include "symbols.h"
#include <lucid/image.h>

static const struct image_symbols *table;
static size_t table_size;

void symbols_init(const void *symbols, size_t size)
{
    const struct image_symbols *candidate = symbols;

    if (size < sizeof(*candidate) || candidate->count > (size - sizeof(*candidate)) / sizeof(struct image_symbol))
        return;
    const char *names = symbols;
    if (names[size - 1] != '\0') /* so that every name ends within the table */
        return;
    table = candidate;
    table_size = size;
}

const char *symbol_name(word_t address, word_t *offset)
{
    size_t low = 0, high = table ? (size_t)table->count : 0;

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
    return (const char *)table + symbol->name;
}
