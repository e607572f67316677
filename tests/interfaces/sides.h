/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client and a server of the interface Sample in one program, with nothing between them but what the kernel would do to a message: a
 * call of the client is a call of the server's dispatcher (wire.c). client_side.c has the tests, server_side.c the handlers.
 */
#ifndef SIDES_H
#define SIDES_H

#include <lucid.h>
#include <sample.types.h>

/* A capability here is a number that says what it is. */
#define CAP(type, rights) ((cap_t)(type) << 8 | (rights))

enum wire_mode {
    WIRE_SERVER, /* the server answers */
    WIRE_FIXED,  /* `status` and `message` are the answer, and in the message page stands what is there */
    WIRE_DEAD,   /* the first `gone` calls get ERR_PEER_GONE, the others the server */
};

extern struct wire {
    enum wire_mode mode;
    status_t status;
    struct message message;
    unsigned gone;
    unsigned calls;
    struct message sent; /* the last message that was sent with SYS_SEND */
    cap_t sent_to;
} wire;

/* What the server saw. */
extern struct server_log {
    unsigned handled; /* calls of handlers */
    bool is_owner;    /* the client may do what needs the right */
    bool keep;        /* keep the next request, */
    cap_t kept;       /* whose Reply is this */
    cap_t taken;      /* what came with `give` and was taken */
    error_t result;   /* what handlers return */
} server_log;

error_t server_dispatch(struct request *request);
void server_answer_structure(const struct thing *thing);
void server_answer_arrays(const struct thing *things, size_t count, const char *text, size_t length);
extern const struct interface *const server_interface;

#endif
