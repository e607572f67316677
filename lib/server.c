/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server's loop.
 *
 * One thread waits at the component's endpoint; its notification is bound to it, so that signals end the same
 * wait. At any time one Reply is the server's current one: free, or owed to the client whose request is being
 * handled. A handler that keeps its request takes that Reply with it, and a fresh one becomes current.
 *
 * Requests are copied out of the message registers and the message page before the handler sees them, and
 * answers copied in after it: whatever system calls the handler makes cannot change either. The slots for a
 * request's capabilities stand in the message page only while the server waits: nobody whom a handler calls can
 * put anything into them.
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

#define LOOK_EVERY 64u /* requests between two looks for signals that do not matter */

static struct {
    cap_t reply; /* the current Reply */
    bool answer; /* the request in `request` waits for its answer */
    error_t result;
    cap_t take[MESSAGE_CAPS_MAX]; /* empty slots, that the next request's capabilities come into */
    struct spare *spares;         /* free Replies */
    struct spare *nodes;          /* nodes without one */
    unsigned requests;            /* of a passive server */
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
    assert(count <= MESSAGE_WORDS_MAX);
    struct message message = { .tag = tag_make(error, count, 0) };
    for (unsigned i = 0; i < count; i++)
        message_set(&message, i, words[i]);
    sys_send(reply, &message);
    spare_push(reply);
}

/* ---- Capabilities that come with requests -------------------------------------------------------------- */

/* See to it that so many empty slots wait for the next request's capabilities. Those that cannot be had are 0. */
static void takes_offer(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!server.take[i])
            server.take[i] = slot_make();
    memcpy(message_page->take, server.take, sizeof server.take);
}

/* Before a handler runs: what it calls must not answer into these slots. */
static void takes_withdraw(void)
{
    memset(message_page->take, 0, sizeof message_page->take);
}

/* After a request: what the handler has not taken is deleted. */
static void takes_settle(const struct request *request)
{
    for (unsigned i = 0; i < request->caps; i++) {
        if (request->cap[i])
            slot_free(request->cap[i]);
        server.take[i] = CAP_NULL;
    }
}

cap_t request_take(struct request *request, cap_t slot)
{
    for (unsigned i = 0; i < request->caps; i++)
        if (request->cap[i] == slot) {
            request->cap[i] = CAP_NULL;
            return slot;
        }
    PANIC("no capability of this request is in slot %lu, or it was taken already", slot);
}

error_t request_cap_check(const struct request *request, unsigned index, unsigned type, word_t rights)
{
    struct capability_info info;
    if (index >= request->caps)
        return request->cap[index] ? ERR_CAPABILITY : ERR_MEMORY;
    error_t error = slot_inspect(request->cap[index], &info);
    if (error != OK)
        return error;
    if (info.type == OBJECT_NULL) /* it came, and the client has taken it back since */
        return ERR_CAPABILITY;
    if (type != OBJECT_NULL && info.type != type)
        return ERR_TYPE;
    return (info.rights & rights) == rights ? OK : ERR_RIGHT;
}

/* ---- The loop ------------------------------------------------------------------------------------------ */

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

/*
 * Signals do not end the wait of a passive server: it has no time then (decision 0002). So it looks for them while it works for a client.
 * One that does nothing about them looks seldom, just so that they do not stay: with signals pending, the kernel cannot answer quickly.
 */
static void signals_look(const struct server *how)
{
    word_t bits;
    if (how->closed || how->news || how->signal || server.requests++ % LOOK_EVERY == 0)
        if (status_error(notification_poll(COMPONENT_SLOT_NOTIFICATION, &bits)) == OK)
            signals_handle(how, bits);
}

static void request_handle(const struct server *how, const struct message *message, bool owed)
{
    struct request *request = &server.request;
    request_load(request, message);
    if (how->takes) {
        memcpy(request->cap, server.take, sizeof request->cap);
        takes_withdraw();
    }
    server.result = how->request ? how->request(request) : ERR_OPERATION;
    server.answer = owed && !request->kept;
    if (request->caps)
        takes_settle(request);
    if (component_info->passive)
        signals_look(how);
}

/* Answer what is owed, wait for one request or signals, and handle it. */
static void server_step(const struct server *how)
{
    struct message message;
    if (how->takes)
        takes_offer(how->takes); /* may make calls: before the answer stands in the message page */
    if (server.answer)
        answer_load(&server.request, server.result, &message);
    else
        message = (struct message){ 0 };
    server.answer = false;
    status_t status = sys_reply_recv(COMPONENT_SLOT_ENDPOINT, &message, server.reply);

    unsigned error = status_error(status);
    if (error == ERR_CANCELLED) {
        takes_withdraw();
        return;
    }
    if (error != OK && error != ERR_TRUNCATED)
        PANIC("waiting for requests failed: %s", error_name(error));
    if (status & STATUS_SIGNAL) {
        takes_withdraw();
        signals_handle(how, message.badge);
    } else if (!(status & STATUS_KERNEL)) { /* nobody's faults come here */
        request_handle(how, &message, status & STATUS_OWED);
    }
}

error_t serve(const struct server *how)
{
    if (!component_info || component_info->provides == 0)
        return ERR_CAPABILITY;
    assert(how->takes <= MESSAGE_CAPS_MAX);
    server.reply = COMPONENT_SLOT_REPLY;
    for (;;)
        server_step(how);
}
