/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echo: the example interface. A server adds one to a number.
 *
 *   PING   n -> n + 1
 */
#ifndef INTERFACE_ECHO_H
#define INTERFACE_ECHO_H

#include <lucid.h>

#define ECHO_PING 1u

/* Client: `*answer` becomes n + 1. */
static inline error_t echo_ping(cap_t echo, uint32_t n, uint32_t *answer)
{
    struct message message = { .tag = tag_make(ECHO_PING, 1, 0), .word = { n } };
    error_t error = client_call(echo, &message, 1);
    *answer = error == OK ? (uint32_t)message.word[0] : 0;
    return error;
}

/* Server: one function for each operation; `client` is the badge of the session. */
struct echo_server {
    error_t (*ping)(word_t client, uint32_t n, uint32_t *answer);
};

static inline error_t echo_dispatch(const struct echo_server *server, struct request *request)
{
    if (request->label != ECHO_PING)
        return ERR_OPERATION;
    if (request->words < 1)
        return ERR_ARGUMENTS;
    if (request_word(request, 0) > UINT32_MAX)
        return ERR_RANGE;
    uint32_t answer = 0;
    error_t error = server->ping(request->badge, (uint32_t)request_word(request, 0), &answer);
    if (error == OK)
        answer_word(request, 0, answer);
    return error;
}

/* A server of Echo and nothing else: put this once, outside of any function, and
 * call echo_serve() from main. */
#define ECHO_SERVER(...)                                                                                     \
    static error_t echo_request(struct request *request)                                                     \
    {                                                                                                        \
        static const struct echo_server functions = { __VA_ARGS__ };                                         \
        return echo_dispatch(&functions, request);                                                           \
    }                                                                                                        \
    static inline error_t echo_serve(void)                                                                   \
    {                                                                                                        \
        return serve(&(struct server){ .request = echo_request });                                           \
    }

#endif
