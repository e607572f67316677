/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's registers, mapped once. */
#include "target.h"

volatile unsigned char *machine_uart;

void machine_start(void)
{
    machine_uart = framework_device(boot->console.address);
}
