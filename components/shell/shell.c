/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell: reads a line, does what it says.
 *
 * It is an ordinary component. What it can do to others it does through the supervisor, which lets it because
 * its description says `control = true`. Nothing it needs must be there: a command whose session is missing
 * or whose server is dead says so.
 */
#include <console.h>
#include "shell.h"

#define PROMPT             "lucid> "
#define TERMINAL_FAILS_MAX 10u

struct sessions sessions;

struct command {
    const char *name;
    const char *arguments;
    const char *what;
    void (*function)(unsigned count, char **words);
};

static void command_help(unsigned count, char **words);

static const struct command commands[] = {
    { "help", "", "this list", command_help },
    { "?", "", "the same", command_help },
    { "ps", "", "the components: state, CPU time, memory", command_ps },
    { "ping", "[N]", "call the echo server N times and show how long it takes", command_ping },
    { "crash", "NAME [KIND]",
      "make a component commit an error: null, execute, stack, divide, capability; or all", command_crash },
    { "hog", "", "start or stop a component that computes for ever on a budget", command_hog },
    { "caps", "NAME", "what a component holds", command_caps },
    { "kill", "NAME", "end a component and take back all it held", command_kill },
    { "restart", "NAME", "the same, and start it again", command_restart },
    { "poweroff", "", "switch the machine off", command_poweroff },
    { "reboot", "", "start the machine again", command_reboot },
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void command_help(unsigned count, char **words)
{
    (void)count;
    (void)words;
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        print("  %-9s%-13s %s\n", commands[i].name, commands[i].arguments, commands[i].what);
    print("Keys: arrows, home, end, Ctrl-U K W L; Ctrl-C drops the line, or ends a long command.\n");
}

static void command_unknown(const char *word)
{
    const struct command *best = NULL;
    unsigned distance = strlen(word) < 5 ? 2 : 3; /* more is no likeness */
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (!commands[i].name[1]) /* '?': any letter would be like it */
            continue;
        unsigned d = word_distance(word, commands[i].name);
        if (d < distance) {
            distance = d;
            best = &commands[i];
        }
    }
    print("unknown command '%s'", word);
    if (best)
        print(": did you mean '%s'?\n", best->name);
    else
        print(": type 'help' for a list\n");
}

/* Cut a line into words, in place. */
static unsigned words_split(char *line, char **words)
{
    unsigned count = 0;
    while (count < WORDS_MAX) {
        while (*line == ' ' || *line == '\t')
            *line++ = 0;
        if (*line == 0)
            break;
        words[count++] = line;
        while (*line && *line != ' ' && *line != '\t')
            line++;
    }
    return count;
}

static void line_run(char *line)
{
    char *words[WORDS_MAX];
    unsigned count = words_split(line, words);
    if (count == 0)
        return;
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(words[0], commands[i].name) == 0) {
            if (count > 1 && commands[i].arguments[0] == 0)
                print("usage: %s    (nothing behind it)\n", words[0]);
            else
                commands[i].function(count, words);
            return;
        }
    }
    command_unknown(words[0]);
}

static void greet(void)
{
    if (component_generation() == 1)
        print("Lucid, system '%s'. Type 'help' for the commands.\n", component_system());
    else
        print("The shell was started again (start number %u).\n", component_generation());
}

int main(void)
{
    char line[TERMINAL_LINE_MAX + 1];
    size_t length;
    unsigned fails = 0;

    sessions = (struct sessions){ .supervisor = use_supervisor(),
                                  .terminal = use_terminal(),
                                  .timer = session_find("timer"),
                                  .echo = session_find("echo") };
    greet();
    while (fails < TERMINAL_FAILS_MAX) {
        error_t error = terminal_read(sessions.terminal, PROMPT, strlen(PROMPT), line, &length);
        fails =
            error == OK ? 0 : fails + 1; /* a console that died is there again at the next try, or never */
        line[length] = 0;
        if (error == OK)
            line_run(line);
    }
    return 1;
}
