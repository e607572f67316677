/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests and their answers, beside what is inline in lucid/interface.h.
 *
 * A request is a copy of a message: no system call that its handler makes, and nothing that the client does,
 * can change it. So what has been checked stays true.
 */
#include <lucid.h>

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
