/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages as text: what the generated decoders (NAME.trace.h) are made of. Messages of anybody may come here. */
#include <lucid.h>

size_t text_add(char *buffer, size_t size, size_t at, const char *format, ...)
{
    va_list arguments;
    if (size == 0)
        return 0;
    va_start(arguments, format);
    size_t length = at + text_format_list(buffer + at, size - at, format, arguments);
    va_end(arguments);
    return length < size ? length : size - 1;
}

size_t text_add_quoted(char *buffer, size_t size, size_t at, const word_t *words, unsigned count,
                       unsigned first, size_t length)
{
    const unsigned char *text = (const unsigned char *)(words + first);
    size_t there = first < count ? (count - first) * sizeof(word_t) : 0;
    at = text_add(buffer, size, at, " = \"");
    for (size_t i = 0; i < length && i < there; i++) {
        bool plain = text[i] >= ' ' && text[i] < 127 && text[i] != '"' && text[i] != '\\';
        at = plain ? text_add(buffer, size, at, "%c", text[i])
                   : text_add(buffer, size, at, "\\x%02x", text[i]);
    }
    return text_add(buffer, size, at, "\"");
}
