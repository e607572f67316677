/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls a server once, and is gone. */
#include <echo.h>

int main(void)
{
    uint32_t answer;
    return echo_ping(use_echo(), 0, &answer) != OK;
}
