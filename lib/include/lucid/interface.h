/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the code that is made of interface files stands on, and what may be used without it: calls with any
 * message, and a server's loop of one's own. lucid.h includes it.
 */
#ifndef LUCID_INTERFACE_H
#define LUCID_INTERFACE_H

#include <lucid.h>

/*
 * Call a server: the label of `message` is the operation. OK if it was answered, with OK, in at least
 * `expected` words. Otherwise the error of the system call, the server's own, ERR_TRUNCATED, or ERR_RANGE if
 * the answer's label is no error (which have 16 bits).
 */
error_t client_call(cap_t server, struct message *message, unsigned expected);

/* What client_call says of a call that is over. */
error_t client_result(status_t status, tag_t tag, unsigned expected);

/* The same as client_call, inline: for messages that fit into registers, both ways. */
static inline error_t client_call_words(cap_t server, struct message *message, unsigned expected)
{
    status_t status = sys_call(server, message);
    if (__builtin_expect(status == OK && message->tag == tag_make(OK, expected, 0), 1))
        return OK;
    return client_result(status, message->tag, expected);
}

/* Give the capability at `source` with the message that is being put together, as number `index`: a copy, or
 * a child with fewer rights. tag_make must count it. */
void message_give(unsigned index, cap_t source, word_t mode, word_t rights);

/* The answer's capability number `index` shall go into this (empty) slot. */
void message_take(unsigned index, cap_t slot);

/* Bytes, from word `first` of a message that is being put together. */
void message_text(struct message *message, unsigned first, const void *text, size_t length);

/* The opposite: take `length` bytes out of a message that was received. It must be that long. */
void message_copy_text(const struct message *message, unsigned first, void *text, size_t length);

/* How many words `length` bytes take. */
static inline unsigned text_words(size_t length)
{
    return (unsigned)((length + sizeof(word_t) - 1) / sizeof(word_t));
}

/* Take a message apart into a request that has no answer yet. The slots of its capabilities are the caller's
 * business. */
static inline void request_load(struct request *request, const struct message *message)
{
    request->badge = message->badge;
    request->label = tag_label(message->tag);
    request->words = tag_words(message->tag);
    request->caps = tag_caps(message->tag);
    request->answer_words = 0;
    request->answer_caps = 0;
    request->kept = false;
    assert(request->words <= MESSAGE_WORDS_MAX && request->caps <= MESSAGE_CAPS_MAX);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        request->word[i] = message->word[i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < request->words; i++)
        request->word[i] = message_page->words[i];
}

/* Put its answer into a message. */
static inline void answer_load(const struct request *request, error_t result, struct message *message)
{
    message->tag = tag_make(result, request->answer_words, request->answer_caps);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        message->word[i] = i < request->answer_words ? request->answer[i] : 0;
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < request->answer_words; i++)
        message_page->words[i] = request->answer[i];
    for (unsigned i = 0; i < request->answer_caps; i++)
        message_page->give[i] = request->give[i];
}

/* INTERFACE_OPEN, at the server. */
error_t request_open(struct request *request, const struct interface *interface);

/* For a handler's result: a child of the capability, with these rights. */
static inline struct utcb_give give_child(cap_t source, word_t rights)
{
    return (struct utcb_give){ .source = source, .mode = GIVE_MINT | rights << 8 };
}

/*
 * That capability number `index` came, is of the type (OBJECT_NULL: any) and has the rights.
 *
 *   ERR_CAPABILITY   the client gave none, or it could not be given, or the client has taken it back since
 *   ERR_MEMORY       there was no slot for it: the server's quota is used up
 *   ERR_TYPE, ERR_RIGHT
 */
error_t request_cap_check(const struct request *request, unsigned index, unsigned type, word_t rights);

/* The last words of the answer are these `bytes`, which a handler has put at word `from` or later in it. */
void answer_move(struct request *request, unsigned from, size_t bytes);

/* ---- Messages as text ---------------------------------------------------------------------------------- */

/*
 * Append to the text in a buffer of `size` bytes, of which `at` are taken: what does not fit is cut off, and
 * NUL ends it. The result is the new length. NAME_trace of NAME.trace.h is made of these.
 */
size_t text_add(char *buffer, size_t size, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same, for ` = "..."` with `length` bytes of text that begin at word `first` of a message of `count`
 * words; those that are not there are left out. */
size_t text_add_quoted(char *buffer, size_t size, size_t at, const word_t *words, unsigned count,
                       unsigned first, size_t length);

#endif
