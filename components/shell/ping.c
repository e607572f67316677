/* SPDX-License-Identifier: BSD-2-Clause */
/* ping: how long a call to another component and its answer take. */
#include <console.h>
#include <echo.h>
#include "shell.h"

#define PING_COUNT_DEFAULT 10u
#define PING_SHOWN_MAX     20u  /* more calls are not shown one by one */
#define PING_LOOK_EVERY    256u /* calls between two looks for Ctrl-C */

struct measure {
    uint64_t ticks, ns;
};

static bool ping_once(uint32_t n, struct measure *took)
{
    uint32_t answer = 0;
    time_ns_t start_ns = time_now_ns();
    uint64_t start = arch_counter();
    error_t error = echo_ping(sessions.echo, n, &answer);
    took->ticks = arch_counter() - start;
    took->ns = time_now_ns() - start_ns;
    if (error == ERR_PEER_GONE)
        print("echo does not answer: it is gone ('ps' shows its state, 'restart echo' starts it)\n");
    else if (error != OK)
        print("echo does not answer: %s\n", error_sentence(error));
    else if (answer != n + 1)
        print("echo answered %u with %u\n", n, answer);
    return error == OK;
}

static void ping_many(uint32_t count)
{
    struct measure took, least = { UINT64_MAX, UINT64_MAX }, sum = { 0, 0 };
    uint32_t done;
    bool interrupted;

    for (done = 0; done < count; done++) {
        if (done % PING_LOOK_EVERY == PING_LOOK_EVERY - 1 &&
            terminal_interrupted(sessions.terminal, &interrupted) == OK && interrupted)
            break;
        if (!ping_once(done, &took))
            break;
        if (count <= PING_SHOWN_MAX)
            print("  %2u: %lu ticks, %lu ns\n", done + 1, took.ticks, took.ns);
        sum.ticks += took.ticks;
        sum.ns += took.ns;
        least.ticks = took.ticks < least.ticks ? took.ticks : least.ticks;
        least.ns = took.ns < least.ns ? took.ns : least.ns;
    }
    if (done)
        print("%u calls: at least %lu ticks (%lu ns), on average %lu ticks (%lu ns)\n", done, least.ticks,
              least.ns, sum.ticks / done, sum.ns / done);
}

void command_ping(unsigned count, char **words)
{
    uint64_t calls = PING_COUNT_DEFAULT;
    if (count > 2 ||
        (count == 2 && (!text_to_number(words[1], &calls) || calls == 0 || calls > UINT32_MAX - 1))) {
        print("usage: ping [N]    with N at least 1\n");
        return;
    }
    if (!sessions.echo) {
        print("ping: the shell has no session 'echo': add  uses = { echo = \"echo.echo\" }\n");
        return;
    }
    ping_many((uint32_t)calls);
}
