/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A context that had been put aside to wait for time was charged for what its core did until it had chosen who runs next, and then
 * waited for another time than that of its first refill. Also tests/host/test_timeout.c: a_context_waits_longer_by_what_passes_while_others_are_settled.
 */
#include "regression.h"

static const struct step operations[] = {
    { ACCESS, 0, 0, { 0xf }, 0, 0 },
    { TIME, 0, 0, { 0x703c77 }, 0, 0 },
    { MESSAGE, 0, SYS_REPLY_RECV | MESSAGE_PLAIN_LABEL, { 0 }, 3, 0 },
    { REVIVE, 0, 0, { 0xbf }, 0, 0 },
    { REVIVE, 0, 0, { 0x3e }, 0, 0 },
    { REVIVE, 4, 0, { 0x208 }, 0, 0 },
    { INVOKE, 0, OP_SCHED_CONTEXT_UNBIND, { 0x1 }, 1, 0 },
    { MESSAGE, 0, SYS_RECV, { 0 }, 1, 0 },
    { MESSAGE, 0, SYS_CALL, { 0 }, 2, 0 },
    { MESSAGE, 0, SYS_REPLY_RECV, { 0 }, 2, 0 },
    { TIME, 0, 0, { 0x56e3d6 }, 0, 0 },
};

REGRESSION(first_refill, 1056u, operations)
