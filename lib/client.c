/* SPDX-License-Identifier: BSD-2-Clause */
/* What every client stub is made of. */
#include <lucid.h>

error_t client_call(cap_t server, struct message *message, unsigned expected)
{
    status_t status = sys_call(server, message);
    if (status_error(status) != OK)
        return (error_t)status_error(status);
    if (tag_label(message->tag) != OK)
        return (error_t)tag_label(message->tag);
    return tag_words(message->tag) >= expected ? OK : ERR_TRUNCATED;
}

void message_give(unsigned index, cap_t source, word_t mode, word_t rights)
{
    assert(index < MESSAGE_CAPS_MAX);
    message_page->give[index] = (struct utcb_give){ .source = source, .mode = mode | rights << 8 };
}

void message_take(unsigned index, cap_t slot)
{
    assert(index < MESSAGE_CAPS_MAX);
    message_page->take[index] = slot;
}

void message_copy_text(const struct message *message, unsigned first, char *text, size_t length)
{
    for (size_t at = 0; at < length; at += sizeof(word_t)) {
        word_t word = message_word(message, first++);
        memcpy(text + at, &word, length - at < sizeof word ? length - at : sizeof word);
    }
}

error_t text_send(cap_t server, word_t operation, const char *text, size_t length)
{
    if (length > MESSAGE_TEXT_MAX)
        return ERR_RANGE;
    struct message message = { .tag = tag_make(operation, 1 + text_words(length), 0), .word = { length } };
    message_text(&message, 1, text, length);
    return client_call(server, &message, 0);
}
