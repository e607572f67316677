/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread asks for the check while its core has been told by another to choose anew who runs, and has not come to that: no invariant is broken. */
#include "regression.h"

static const struct step operations[] = {
    { MESSAGE, 2, SYS_CALL, { 0 }, 3, 0 },
    { MESSAGE, 0, SYS_CALL, { 0 }, 0, 0 },
    { MESSAGE, 0, SYS_CALL, { 0 }, 0, 0 },
    { REVIVE, 0, 0, { 0x19a }, 0, 0 },
    { SYSCALL, 4, 0, { 0x30005, 0x30006 }, 3, 0x6a753e0b },
    { REVIVE, 0, 0, { 0x19c }, 0, 0xec38b6b },
};

REGRESSION(check_by_a_thread, 20281u, operations)
