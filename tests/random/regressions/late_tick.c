/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tick that comes many periods late left the running context with all that time as credit. Also
 * tests/host/test_scheduler.c: budget_holds_after_a_tick_that_came_very_late.
 */
#include "regression.h"

static const struct step operations[] = {
    { MESSAGE, 0, SYS_CALL, { 0x10005 }, 0, 0 },
    { MESSAGE, 0, SYS_REPLY_RECV, { 0 }, 0, 0 },
    { INVOKE, 0, OP_CORE_RANGE_SET_BUDGET, { 0, 0xffff, 0, 0, 0x4 }, 0, 0 },
    { INVOKE, 0, OP_SCHED_CONTEXT_BIND, { 0, 0xffff }, 0, 0 },
    { LATE, 0, 0, { 0x25478b0 }, 0, 0 },
};

REGRESSION(late_tick, 22u, operations)
