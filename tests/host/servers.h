/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client and three passive servers, each waiting at an endpoint of its own with a Reply; and somebody who
 * handles their lack of time, with a context to lend.
 */
#ifndef SERVERS_H
#define SERVERS_H

#include "system.h"
#include <lucid/faults.h>

#define SERVERS 3u

extern cap_t client, server[SERVERS], endpoint[SERVERS], reply[SERVERS];
extern cap_t timeout_endpoint, timeout_reply, handler, lent; /* of make_timeout_handler */

/* Boot, and make the client and the servers. */
void servers_setup(void);

/* Somebody who handles lack of time, when nobody more important runs. */
void make_timeout_handler(void);

/* Let a passive thread wait at an endpoint, with a Reply, on a context that is lent to it until then. */
void server_start(cap_t thread, cap_t at, cap_t answer, cap_t context);

/* The client calls server 0, which calls server 1, which calls server 2: so many of them. */
void call_through(unsigned depth);

/* The handler, which runs and has taken server 0's timeout fault, lends a context and resumes it. */
void server_0_goes_on_lent_time(void);

/* All of servers_setup and make_timeout_handler; then server 0 has lost its client and runs on the lent context. */
void lend_to_server_0(void);

struct sched_context *client_sc(void);
/* The client has its context, and it is in no chain. */
void expect_home(void);

#endif
