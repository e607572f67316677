/* SPDX-License-Identifier: BSD-2-Clause */
/* A passive server: it answers with how many of its clients are gone, and learns that while it works for others. */
#include <echo.server.h>

static uint32_t gone;

error_t echo_ping(struct request *request, uint32_t n, uint32_t *answer)
{
    (void)request;
    *answer = gone + n;
    return OK;
}

static void client_closed(word_t badge)
{
    (void)badge;
    gone++;
}

int main(void)
{
    return (int)serve(&(struct server){ .request = echo_dispatch, .closed = client_closed });
}
