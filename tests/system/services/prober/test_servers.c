/* SPDX-License-Identifier: BSD-2-Clause */
/* A passive server, and the console's Log. */
#include <console.h>
#include <echo.h>
#include <timer.h>
#include "check.h"

void test_echo(cap_t echo)
{
    uint32_t answer = 0;
    for (uint32_t n = 0; n < 100; n++) {
        error_t error = echo_ping(echo, n, &answer);
        CHECK(error == OK && answer == n + 1);
    }
    CHECK(echo_ping(echo, UINT32_MAX, &answer) == OK && answer == 0);
    CHECK(call_raw(echo, ECHO_PING, 0, 0, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(echo, ECHO_PING, 1, (word_t)1 << 32, 0) == ERR_RANGE);
    CHECK(call_raw(echo, ECHO_PING + 1, 1, 0, 0) == ERR_OPERATION);
}

/* It is told while it works for us, and knows it when it works for us again. */
void test_passive_server_learns_of_clients_that_are_gone(cap_t warden, cap_t timer)
{
    uint32_t gone = 0;
    for (unsigned waited = 0; gone == 0 && waited < 100; waited++) {
        timer_sleep_ns(timer, NS_PER_MS); /* the other client needs some time */
        CHECK(echo_ping(warden, 0, &gone) == OK);
    }
    CHECK(gone == 1);
}

void test_console(cap_t log)
{
    CHECK(call_raw(log, LOG_WRITE, 1, CONSOLE_TEXT_MAX + 1, 0) == ERR_RANGE);
    CHECK(call_raw(log, LOG_WRITE, 1, 400, 0) == ERR_ARGUMENTS);       /* longer than what came */
    CHECK(call_raw(log, TERMINAL_READ, 1, 0, 0) == ERR_OPERATION);     /* this session is not a terminal */
    CHECK(call_raw(log, LOG_WRITE + 0x100, 1, 0, 0) == ERR_OPERATION); /* of the next version */
    CHECK(call_raw(log, 99, 1, 0, 0) == ERR_OPERATION);
    print("\033[2Jno escape\001\177, but \303\266\n");
    for (unsigned i = 0; i < 200; i++) /* more than the console holds */
        print("line %u .........................................................\n", i);
}
