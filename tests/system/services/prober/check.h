/* SPDX-License-Identifier: BSD-2-Clause */
/* One check: counted, and reported if it is not true. */
#ifndef PROBER_CHECK_H
#define PROBER_CHECK_H

#include <lucid.h>

extern unsigned passed, failed;

#define CHECK(condition)                                                                                     \
    ((condition) ? (void)passed++ : (failed++, print("FAILED %s:%d: %s\n", __FILE__, __LINE__, #condition)))

/* Call a server with any label and number of words. */
error_t call_raw(cap_t server, word_t label, unsigned words, word_t a, word_t b);

void test_library(void);
void test_timer(cap_t timer);
void test_supervisor(cap_t supervisor);
void test_echo(cap_t echo);
void test_passive_server_learns_of_clients_that_are_gone(cap_t warden, cap_t timer);
void test_console(cap_t log);

#endif
