/* SPDX-License-Identifier: BSD-2-Clause */
/* See sides.h. What liblucid needs and this program is too small for is here, too. */
#include "sides.h"

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static struct utcb page __attribute__((aligned(UTCB_ALIGN)));
struct utcb *message_page = &page;
const struct component_info *component_info;
struct wire wire;

static void serve_message(struct message *message)
{
    static struct request request;
    request_load(&request, message);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        request.cap[i] = i < request.caps ? page.give[i].source : CAP_NULL;
    error_t error = server_dispatch(&request);
    answer_load(&request, error, message);
}

status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    (void)reply;
    if (operation == SYS_SEND) {
        wire.sent = *message;
        wire.sent_to = cap;
        return OK;
    }
    wire.calls++;
    if (wire.mode == WIRE_DEAD && wire.calls <= wire.gone)
        return ERR_PEER_GONE;
    if (wire.mode == WIRE_FIXED) {
        *message = wire.message;
        return wire.status;
    }
    serve_message(message);
    return OK;
}

error_t request_cap_check(const struct request *request, unsigned index, unsigned type, word_t rights)
{
    if (index >= request->caps)
        return ERR_CAPABILITY;
    cap_t cap = request->cap[index];
    if (type != OBJECT_NULL && cap >> 8 != type)
        return ERR_TYPE;
    return (cap & rights) == rights ? OK : ERR_RIGHT;
}

cap_t request_take(struct request *request, cap_t slot)
{
    for (unsigned i = 0; i < request->caps; i++)
        if (request->cap[i] == slot)
            request->cap[i] = CAP_NULL;
    return slot;
}

cap_t request_keep(struct request *request)
{
    request->kept = true;
    return 77;
}

void reply_later(cap_t reply, error_t error, const word_t *words, unsigned count)
{
    struct message message = { .tag = tag_make(error, count, 0) };
    for (unsigned i = 0; i < count; i++)
        message_set(&message, i, words[i]);
    sys_send(reply, &message);
}

error_t serve(const struct server *server)
{
    (void)server;
    return ERR_CAPABILITY;
}

const char *component_text(uint32_t offset)
{
    (void)offset;
    return "";
}

const char *component_name(void)
{
    return "client";
}

cap_t use(const char *name)
{
    (void)name;
    return 5;
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}
