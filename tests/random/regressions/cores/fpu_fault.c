/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a thread may have the FPU and the fault because it may not were two entries, and another core came between. */
#include "regression.h"

static const struct step operations[] = {
    { REVIVE, 0, 0, { 0x1f7 }, 0, 0 },
    { MESSAGE, 0, SYS_RECV, { 0x75 }, 1, 0 },
    { MESSAGE, 0, SYS_RECV, { 0 }, 3, 0 },
    { REVIVE, 0, 0, { 0x8c }, 0, 0 },
    { MESSAGE, 0, SYS_RECV, { 0x1 }, 2, 0 },
    { MESSAGE, 0, SYS_RECV, { 0 }, 3, 0 },
    { MESSAGE, 0, SYS_CALL, { 0x1006a }, 3, 0 },
    { MESSAGE, 0, SYS_RECV, { 0 }, 1, 0 },
    { MESSAGE, 0, SYS_REPLY_RECV, { 0, 0, 0, 0x2, 0, 0, 0x7a0013e }, 1, 0 },
    { REVIVE, 0, 0, { 0x206 }, 0, 0 },
    { MESSAGE, 0, SYS_REPLY_RECV | MESSAGE_PLAIN_LABEL, { 0 }, 3, 0 },
    { INTERRUPT, 4, 0, { 0 }, 0, 0 },
    { FPU, 4, 0, { 0 }, 2, 0x248ad86c },
    { TIME, 4, 0, { 0x675f5 }, 1, 0xd84bd243 },
    { INVOKE, 0, OP_THREAD_CONFIGURE, { 0x6 }, 3, 0x508c30b2 },
};

REGRESSION(fpu_fault, 90001584u, operations)
