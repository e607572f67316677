/* SPDX-License-Identifier: BSD-2-Clause */
/* A notification came to the core of the thread that it was bound to; who waited at it alone stayed where it was, and `waiter` (notification.c). */
#include "regression.h"

static const struct step operations[] = {
    { MESSAGE, 0, SYS_CALL, { 0 }, 2, 0 },
    { MESSAGE, 0, SYS_CALL, { 0 }, 1, 0 },
    { INVOKE, 0, OP_THREAD_SET_PRIORITY, { 0x1 }, 0, 0 },
    { INVOKE, 0, OP_THREAD_BIND_NOTIFICATION, { 0x10002 }, 0, 0 },
    { REVIVE, 0, 0, { 0x140 }, 0, 0 },
    { RUN, 0, 0, { 0x116 }, 0, 0 },
    { MESSAGE, 0, SYS_RECV, { 0 }, 0, 0 },
    { MESSAGE, 0, SYS_RECV | MESSAGE_TO_NOTIFICATION, { 0 }, 0, 0 },
    { MESSAGE, 0, SYS_RECV, { 0, 0x50000 }, 0, 0 },
    { MESSAGE, 0, SYS_CALL, { 0 }, 1, 0 },
};

REGRESSION(waiter_alone, 5000142u, operations)
