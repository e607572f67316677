/* SPDX-License-Identifier: BSD-2-Clause */
/* The example server: answers every number with the next one. */
#include <lucid.h>
#include <echo.h>

static error_t ping(word_t client, uint32_t n, uint32_t *answer)
{
    (void)client; /* all are treated alike */
    *answer = n + 1;
    return OK;
}

ECHO_SERVER(.ping = ping)

int main(void)
{
    return echo_serve();
}
