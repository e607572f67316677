/* SPDX-License-Identifier: BSD-2-Clause */
/* The example server: answers every number with the next one. */
#include <echo.server.h>

error_t echo_ping(struct request *request, uint32_t n, uint32_t *answer)
{
    (void)request; /* all clients are treated alike */
    *answer = n + 1;
    return OK;
}

int main(void)
{
    return (int)echo_serve();
}
