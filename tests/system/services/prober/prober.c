/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs all checks and prints their number: "N passed, 0 failed". */
#include "check.h"

unsigned passed, failed;

error_t call_raw(cap_t server, word_t label, unsigned words, word_t a, word_t b)
{
    struct message message = { .tag = tag_make(label, words, 0), .word = { a, b } };
    return client_call(server, &message, 0);
}

int main(void)
{
    test_library();
    test_timer(use("timer"));
    test_echo(use("echo"));
    test_passive_server_learns_of_clients_that_are_gone(use("warden"), use("timer"));
    test_console(use("log"));
    test_supervisor(use("supervisor")); /* last: it uses the quota up */
    print("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
