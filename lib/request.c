/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests and their answers, between messages and the generated dispatchers.
 *
 * A request is a copy of a message: whatever system calls its handler makes, and whatever the client does to
 * memory that it shares with nobody, cannot change it. So what has been checked stays true.
 */
#include <lucid.h>

void request_load(struct request *request, const struct message *message)
{
    request->badge = message->badge;
    request->label = tag_label(message->tag);
    request->words = tag_words(message->tag);
    request->caps = tag_caps(message->tag);
    request->answer_words = 0;
    request->answer_caps = 0;
    request->kept = false;
    assert(request->words <= MESSAGE_WORDS_MAX && request->caps <= MESSAGE_CAPS_MAX);
    for (unsigned i = 0; i < request->words; i++)
        request->word[i] = message_word(message, i);
}

void answer_load(const struct request *request, error_t result, struct message *message)
{
    *message = (struct message){ .tag = tag_make(result, request->answer_words, request->answer_caps) };
    for (unsigned i = 0; i < request->answer_words; i++)
        message_set(message, i, request->answer[i]);
    for (unsigned i = 0; i < request->answer_caps; i++)
        message_page->give[i] = request->give[i];
}

error_t request_open(struct request *request, const struct interface *interface)
{
    unsigned last = interface->operations - 1;
    request->answer[0] = interface->version;
    request->answer[1] = interface->operations;
    request->answer[2] = interface->digests[last];
    request->answer_words = 3;
    if (request->words < 3)
        return ERR_ARGUMENTS;
    word_t version = request->word[0], operations = request->word[1];
    if (operations == 0)
        return ERR_RANGE;
    if (version != interface->version)
        return ERR_UNSUPPORTED;
    /* A client that knows more operations than this server compares what they have in common itself. */
    if (operations <= interface->operations && request->word[2] != interface->digests[operations - 1])
        return ERR_UNSUPPORTED;
    return OK;
}

void answer_move(struct request *request, unsigned from, size_t bytes)
{
    unsigned words = text_words(bytes), to = request->answer_words;
    assert(to <= from && from + words <= MESSAGE_WORDS_MAX);
    memmove(request->answer + to, request->answer + from, bytes);
    memset((char *)(request->answer + to) + bytes, 0, words * sizeof(word_t) - bytes);
    request->answer_words = to + words;
}
