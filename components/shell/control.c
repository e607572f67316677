/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that tell the supervisor to do something: crash, hog, kill, restart, poweroff, reboot. */
#include <console.h>
#include "shell.h"

#define CRASH_WAIT_MS   3000u
#define CRASH_LOOK_MS   10u
#define CRASH_KINDS_ALL ((1u << CRASH_KINDS) - 1)

static const char *const crash_kinds[CRASH_KINDS] = {
    [CRASH_NULL] = "null",     [CRASH_EXECUTE] = "execute",       [CRASH_STACK] = "stack",
    [CRASH_DIVIDE] = "divide", [CRASH_CAPABILITY] = "capability",
};

/* Say what went wrong with an order to the supervisor, if anything did. */
static bool done(const char *what, const char *name, error_t error)
{
    if (error == OK)
        return true;
    if (strcmp(name, "supervisor") == 0)
        print("%s: the supervisor cannot be ended: it is what starts all others\n", what);
    else if (error == ERR_STATE)
        print("%s: '%s' does not run ('ps' shows its state)\n", what, name);
    else
        print("%s %s: %s\n", what, name, error_sentence(error));
    return false;
}

/* ---- crash --------------------------------------------------------------------------------------------- */

static word_t crash_kinds_named(const char *name)
{
    if (strcmp(name, "all") == 0)
        return CRASH_KINDS_ALL;
    for (unsigned kind = 0; kind < CRASH_KINDS; kind++)
        if (strcmp(name, crash_kinds[kind]) == 0)
            return (word_t)1 << kind;
    return 0;
}

/* Wait until all of it has happened, so that the reports stand above the next prompt. */
static void crash_wait(const char *name, word_t index)
{
    struct component_status status;
    for (unsigned waited = 0; waited < CRASH_WAIT_MS; waited += CRASH_LOOK_MS) {
        if (supervisor_list(sessions.supervisor, index, &status) == OK && !status.crashing)
            return;
        error_t error = pause_ms(CRASH_LOOK_MS);
        if (error != OK) {
            print("crash %s: it is still to come, and will be reported below\n", name);
            pause_explain(error);
            return;
        }
    }
    print("crash %s: it has not crashed in %u ms; does it get any CPU time?\n", name, CRASH_WAIT_MS);
}

void command_crash(unsigned count, char **words)
{
    struct component_status status;
    word_t index, kinds = CRASH_KINDS_ALL;
    if (count == 3)
        kinds = crash_kinds_named(words[2]);
    if (count < 2 || count > 3 || kinds == 0) {
        print(
            "usage: crash NAME [KIND]    with KIND one of: null, execute, stack, divide, capability, all\n");
        return;
    }
    if (!component_find(words[1], &index, &status))
        return;
    if (done("crash", words[1], supervisor_crash(sessions.supervisor, index, kinds)))
        crash_wait(words[1], index);
}

/* ---- kill, restart, hog -------------------------------------------------------------------------------- */

typedef error_t (*order_t)(cap_t supervisor, word_t index);

/* Give the order, and say what became of the component. */
static void order(unsigned count, char **words, order_t give)
{
    struct component_status status;
    word_t index;
    if (count != 2) {
        print("usage: %s NAME\n", words[0]);
        return;
    }
    if (!component_find(words[1], &index, &status) ||
        !done(words[0], words[1], give(sessions.supervisor, index)) ||
        supervisor_list(sessions.supervisor, index, &status) != OK)
        return;
    if (status.state == COMPONENT_RUNNING)
        print("%s runs, start number %lu\n", words[1], status.generation);
    else
        print("%s is ended; 'restart %s' starts it again\n", words[1], words[1]);
}

void command_kill(unsigned count, char **words)
{
    order(count, words, supervisor_kill);
}

void command_restart(unsigned count, char **words)
{
    order(count, words, supervisor_restart);
}

void command_hog(unsigned count, char **words)
{
    struct component_status status;
    word_t index;
    (void)count;
    (void)words;
    if (!component_find("hog", &index, &status))
        return;
    if (status.state == COMPONENT_RUNNING) {
        if (done("hog:", "stop", supervisor_kill(sessions.supervisor, index)))
            print("hog is stopped\n");
    } else if (done("hog:", "start", supervisor_restart(sessions.supervisor, index))) {
        print("hog computes now, %lu %% of the time at most: see 'ps'; 'hog' again stops it\n",
              status.period_ns ? status.budget_ns * 100 / status.period_ns : 100);
    }
}

/* ---- The end ------------------------------------------------------------------------------------------- */

static void power(const char *what, enum power_action how)
{
    print_flush();
    terminal_flush(sessions.terminal); /* what is still on its way to the screen would be lost */
    error_t error = supervisor_power(sessions.supervisor, how);
    print("%s: the machine does not do it: %s\n", what, error_sentence(error));
}

void command_poweroff(unsigned count, char **words)
{
    (void)count;
    power(words[0], POWER_OFF);
}

void command_reboot(unsigned count, char **words)
{
    (void)count;
    power(words[0], POWER_REBOOT);
}
