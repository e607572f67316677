/* SPDX-License-Identifier: BSD-2-Clause */
/* In a file of its own, since <unistd.h> and tests/host/system.h have a name in common. */
#define _DEFAULT_SOURCE
#include "rest.h"
#include <unistd.h>

void rest(void)
{
    usleep(20);
}
