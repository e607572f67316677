/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers: they turn things round, so that the client sees that everything came. */
#include "sides.h"
#include <sample.server.h>

struct server_log server_log;
const struct interface *const server_interface = &sample_interface;

bool sample_may(const struct request *request, enum sample_right right)
{
    (void)request;
    return right == SAMPLE_RIGHT_OWNER && server_log.is_owner;
}

error_t sample_numbers(struct request *request, uint8_t a, int8_t b, uint16_t c, int16_t d, uint32_t e,
                       int32_t f, uint64_t g, int64_t h, bool i, char j, enum colour k, enum odd l,
                       uint8_t *a2, int8_t *b2, uint16_t *c2, int16_t *d2, uint32_t *e2, int32_t *f2,
                       uint64_t *g2, int64_t *h2, bool *i2, char *j2, enum colour *k2, enum odd *l2)
{
    (void)request;
    server_log.handled++;
    *a2 = (uint8_t)~a, *b2 = (int8_t)~b, *c2 = (uint16_t)~c, *d2 = (int16_t)~d;
    *e2 = ~e, *f2 = ~f, *g2 = ~g, *h2 = ~h;
    *i2 = !i, *j2 = j, *k2 = k, *l2 = l;
    return server_log.result;
}

error_t sample_few(struct request *request, int16_t a, enum colour b, enum colour *c, int16_t *d)
{
    (void)request;
    server_log.handled++;
    *c = b;
    *d = a;
    return server_log.result;
}

error_t sample_ranges(struct request *request, uint16_t a, int64_t b, uint64_t c)
{
    (void)request, (void)a, (void)b, (void)c;
    server_log.handled++;
    return server_log.result;
}

error_t sample_arrays(struct request *request, const char *name, size_t name_count,
                      const uint16_t three[static FEW], const struct thing *things, size_t things_count,
                      const enum odd *odds, size_t odds_count, struct thing turned[static 2],
                      size_t *turned_count, char again[static NAME_BYTES], size_t *again_count,
                      uint32_t sums[static 2])
{
    server_log.handled++;
    if (server_log.keep) {
        server_log.kept = request_keep(request);
        return OK;
    }
    for (size_t i = 0; i < things_count; i++)
        turned[i] = things[things_count - 1 - i];
    *turned_count = things_count;
    for (size_t i = 0; i < name_count; i++)
        again[i] = name[name_count - 1 - i];
    *again_count = name_count;
    sums[0] = (uint32_t)three[0] + three[1] + three[2];
    for (size_t i = 0; i < odds_count; i++)
        sums[1] += odds[i];
    return server_log.result;
}

error_t sample_structure(struct request *request, const struct thing *one, struct thing *other)
{
    server_log.handled++;
    if (server_log.keep)
        server_log.kept = request_keep(request);
    else
        *other = *one;
    return server_log.result;
}

error_t sample_give(struct request *request, cap_t memory, cap_t whatever, struct utcb_give *made)
{
    server_log.handled++;
    server_log.taken = request_take(request, memory) + whatever;
    *made = (struct utcb_give){ .source = 42, .mode = GIVE_MOVE };
    return server_log.result;
}

error_t sample_private(struct request *request, uint8_t a)
{
    (void)request, (void)a;
    server_log.handled++;
    return server_log.result;
}

error_t sample_again(struct request *request, uint32_t *times)
{
    (void)request;
    *times = ++server_log.handled;
    return server_log.result;
}

error_t sample_once(struct request *request, uint32_t *times)
{
    (void)request;
    *times = ++server_log.handled;
    return server_log.result;
}

error_t sample_names(struct request *request, const enum colour *i, size_t i_count, const enum odd *e_1,
                     size_t e_1_count, cap_t whose, uint8_t whose_error, int64_t far, uint64_t *sum)
{
    (void)request;
    server_log.handled++;
    *sum = (uint64_t)far + whose_error + (whose != CAP_NULL);
    for (size_t at = 0; at < i_count; at++)
        *sum += i[at];
    for (size_t at = 0; at < e_1_count; at++)
        *sum += e_1[at];
    return server_log.result;
}

error_t server_dispatch(struct request *request)
{
    return sample_dispatch(request);
}

void server_answer_structure(const struct thing *thing)
{
    sample_structure_reply(server_log.kept, server_log.result, thing);
}

void server_answer_arrays(const struct thing *things, size_t count, const char *text, size_t length)
{
    static const uint32_t sums[2] = { 1, 2 };
    sample_arrays_reply(server_log.kept, OK, things, count, text, length, sums);
}
