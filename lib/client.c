/* SPDX-License-Identifier: BSD-2-Clause */
/* What every client stub is made of. */
#include <lucid.h>

error_t client_result(status_t status, tag_t tag, unsigned expected)
{
    if (status_error(status) != OK)
        return (error_t)status_error(status);
    if (tag_label(tag) > UINT16_MAX) /* no error: cut off, it could become OK */
        return ERR_RANGE;
    if (tag_label(tag) != OK)
        return (error_t)tag_label(tag);
    return tag_words(tag) >= expected ? OK : ERR_TRUNCATED;
}

error_t client_call(cap_t server, struct message *message, unsigned expected)
{
    status_t status = sys_call(server, message);
    return client_result(status, message->tag, expected);
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

void message_text(struct message *message, unsigned first, const void *text, size_t length)
{
    for (size_t at = 0; at < length; at += sizeof(word_t)) {
        word_t word = 0;
        memcpy(&word, (const char *)text + at, length - at < sizeof word ? length - at : sizeof word);
        message_set(message, first++, word);
    }
}

void message_copy_text(const struct message *message, unsigned first, void *text, size_t length)
{
    for (size_t at = 0; at < length; at += sizeof(word_t)) {
        word_t word = message_word(message, first++);
        memcpy((char *)text + at, &word, length - at < sizeof word ? length - at : sizeof word);
    }
}
