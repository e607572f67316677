/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server's loop.
 *
 * One thread waits at the component's endpoint; its notification is bound to it, so that signals end the same
 * wait. At any time one Reply is the server's current one: free, or owed to the client whose request is being
 * handled. A handler that keeps its request takes that Reply with it, and a fresh one becomes current.
 *
 * Requests are copied out of the message registers and the message page before the handler sees them, and
 * answers copied in after it: whatever system calls the handler makes cannot change either.
 */
#include <lucid.h>
#include <supervisor.h>
#include "runtime.h"

/* A Reply that is not in use. The nodes are allocated with the Replies, so that giving
 * one back cannot fail. */
struct spare {
    struct spare *next;
    cap_t reply;
};

static struct {
    cap_t reply; /* the current Reply */
    bool answer; /* the request in `request` waits for its answer */
    error_t result;
    cap_t take[MESSAGE_CAPS_MAX];
    struct spare *spares; /* free Replies */
    struct spare *nodes;  /* nodes without one */
    struct request request;
} server;

/* ---- Replies ------------------------------------------------------------------------------------------- */

static void spare_push(cap_t reply)
{
    struct spare *node = server.nodes;
    assert(node);
    server.nodes = node->next;
    node->reply = reply;
    node->next = server.spares;
    server.spares = node;
}

static cap_t spare_pop(void)
{
    struct spare *node = server.spares;
    if (node) {
        server.spares = node->next;
    } else {
        node = malloc(sizeof *node);
        if (!node)
            return CAP_NULL;
        node->reply = object_make(OBJECT_REPLY, 0);
        if (!node->reply) {
            free(node);
            return CAP_NULL;
        }
    }
    node->next = server.nodes;
    server.nodes = node;
    return node->reply;
}

cap_t request_keep(struct request *request)
{
    cap_t fresh = spare_pop();
    if (!fresh)
        return CAP_NULL;
    cap_t kept = server.reply;
    server.reply = fresh;
    request->kept = true;
    return kept;
}

void reply_later(cap_t reply, error_t error, const word_t *words, unsigned count)
{
    assert(count <= MESSAGE_REGISTER_WORDS);
    struct message message = { .tag = tag_make(error, count, 0) };
    for (unsigned i = 0; i < count; i++)
        message.word[i] = words[i];
    sys_send(reply, &message);
    spare_push(reply);
}

void reply_later_text(cap_t reply, error_t error, const char *text, size_t length)
{
    assert(length <= MESSAGE_TEXT_MAX);
    struct message message = { .tag = tag_make(error, 1 + text_words(length), 0), .word = { length } };
    message_text(&message, 1, text, length);
    sys_send(reply, &message);
    spare_push(reply);
}

/* ---- Text in messages ---------------------------------------------------------------------------------- */

static void word_from_text(word_t *word, const char *text, size_t length)
{
    *word = 0;
    memcpy(word, text, length < sizeof *word ? length : sizeof *word);
}

void message_text(struct message *message, unsigned first, const char *text, size_t length)
{
    for (size_t at = 0; at < length; at += sizeof(word_t)) {
        word_t word;
        word_from_text(&word, text + at, length - at);
        message_set(message, first++, word);
    }
}

void answer_text(struct request *request, unsigned first, const char *text, size_t length)
{
    for (size_t at = 0; at < length; at += sizeof(word_t)) {
        word_t word;
        word_from_text(&word, text + at, length - at);
        answer_word(request, first++, word);
    }
}

size_t request_text(const struct request *request, unsigned first, size_t length, char *buffer, size_t size)
{
    size_t came = request->words > first ? (request->words - first) * sizeof(word_t) : 0;
    if (length > came)
        length = came;
    if (length > size - 1)
        length = size - 1;
    memcpy(buffer, (const char *)(request->word + first), length);
    buffer[length] = 0;
    return length;
}

/* ---- The loop ------------------------------------------------------------------------------------------ */

void server_take(const cap_t *slots, unsigned count)
{
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        server.take[i] = i < count ? slots[i] : CAP_NULL;
}

/* What waits to be answered goes into the message. */
static void answer_load(struct message *message)
{
    *message = (struct message){ 0 };
    if (!server.answer)
        return;
    server.answer = false;
    const struct request *request = &server.request;
    message->tag = tag_make(server.result, request->answer_words, 0);
    for (unsigned i = 0; i < request->answer_words; i++)
        message_set(message, i, request->answer[i]);
}

static void request_load(const struct message *message)
{
    struct request *request = &server.request;
    request->badge = message->badge;
    request->label = tag_label(message->tag);
    request->words = tag_words(message->tag);
    request->caps = tag_caps(message->tag);
    request->answer_words = 0;
    request->kept = false;
    assert(request->words <= MESSAGE_WORDS_MAX);
    for (unsigned i = 0; i < request->words; i++)
        request->word[i] = message_word(message, i);
}

static void signals_handle(const struct server *how, word_t bits)
{
    word_t badge;
    if (bits & COMPONENT_SIGNAL_NEWS)
        while (supervisor_news(COMPONENT_SLOT_SUPERVISOR, &badge) == OK)
            if (how->closed)
                how->closed(badge);
    if (bits & COMPONENT_SIGNAL_NEWS && how->news)
        how->news();
    if (bits & ~COMPONENT_SIGNAL_NEWS && how->signal)
        how->signal(bits & ~COMPONENT_SIGNAL_NEWS);
}

static void request_handle(const struct server *how, const struct message *message, bool owed)
{
    request_load(message);
    server.result = how->request ? how->request(&server.request) : ERR_OPERATION;
    server.answer = owed && !server.request.kept;
}

/* Answer what is owed, wait for one request or signals, and handle it. */
static void server_step(const struct server *how)
{
    struct message message;
    answer_load(&message);
    memcpy(message_page->take, server.take, sizeof server.take);
    status_t status = sys_reply_recv(COMPONENT_SLOT_ENDPOINT, &message, server.reply);

    unsigned error = status_error(status);
    if (error == ERR_CANCELLED)
        return;
    if (error != OK && error != ERR_TRUNCATED)
        PANIC("waiting for requests failed: %s", error_name(error));
    if (status & STATUS_SIGNAL)
        signals_handle(how, message.badge);
    else if (!(status & STATUS_KERNEL)) /* nobody's faults come here */
        request_handle(how, &message, status & STATUS_OWED);
}

error_t serve(const struct server *how)
{
    if (!component_info || component_info->provides == 0)
        return ERR_CAPABILITY;
    server.reply = COMPONENT_SLOT_REPLY;
    for (;;)
        server_step(how);
}
