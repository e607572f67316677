/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions and lines of a component's program, from the tables that the tool puts into the bundle. Both are
 * sorted by address; the bundle check has seen to it that they and their strings lie in the bundle.
 */
#include "parts.h"

static const struct bundle_symbols *symbols_of(const struct component *component)
{
    uint32_t offset = component->description->symbols;
    return offset ? (const void *)((const char *)bundle + offset) : NULL;
}

/* The last function that begins at or before the address, if the address is in it. */
static const struct bundle_function *function_find(const struct bundle_symbols *symbols, word_t address)
{
    const struct bundle_function *function = (const void *)((const char *)bundle + symbols->functions);
    uint32_t low = 0, high = symbols->function_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (function[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address - function[low - 1].address >= function[low - 1].size)
        return NULL;
    return &function[low - 1];
}

static bool file_is_header(const struct bundle_line *line)
{
    const char *name = bundle_text(line->file);
    size_t length = strlen(name);
    return length >= 2 && strcmp(name + length - 2, ".h") == 0;
}

/*
 * The line of an instruction of the function. An instruction that comes from an inline function of a header,
 * such as a system call, belongs for people to the line before it that is not from a header: there it was
 * called.
 */
static const struct bundle_line *line_find(const struct bundle_symbols *symbols,
                                           const struct bundle_function *function, word_t address)
{
    const struct bundle_line *line = (const void *)((const char *)bundle + symbols->lines);
    uint32_t low = 0, high = symbols->line_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (line[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    const struct bundle_line *best = low == 0 || line[low - 1].line == 0 ? NULL : &line[low - 1];
    for (; best && low > 0 && line[low - 1].address >= function->address; low--)
        if (line[low - 1].line != 0 && !file_is_header(&line[low - 1]))
            return &line[low - 1];
    return best;
}

struct place symbols_find(const struct component *component, word_t address)
{
    const struct bundle_symbols *symbols = symbols_of(component);
    struct place place = { NULL, NULL, 0 };
    if (!symbols)
        return place;
    const struct bundle_function *function = function_find(symbols, address);
    const struct bundle_line *line = function ? line_find(symbols, function, address) : NULL;
    if (function)
        place.function = bundle_text(function->name);
    if (line) {
        place.file = bundle_text(line->file);
        place.line = line->line;
    }
    return place;
}

word_t symbols_address(const struct component *component, const char *name)
{
    const struct bundle_symbols *symbols = symbols_of(component);
    if (!symbols)
        return 0;
    const struct bundle_function *function = (const void *)((const char *)bundle + symbols->functions);
    for (uint32_t i = 0; i < symbols->function_count; i++)
        if (strcmp(bundle_text(function[i].name), name) == 0)
            return function[i].address;
    return 0;
}
