/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the shell share. */
#ifndef SHELL_H
#define SHELL_H

#include <lucid.h>
#include <supervisor.h>

#define WORDS_MAX 8u

/* The sessions of the shell. A missing one is CAP_NULL, and what needs it says so. */
struct sessions {
    cap_t supervisor, terminal, timer, echo;
};
extern struct sessions sessions;

/* Commands: words[0] is the command itself. */
void command_ps(unsigned count, char **words);
void command_ping(unsigned count, char **words);
void command_crash(unsigned count, char **words);
void command_hog(unsigned count, char **words);
void command_caps(unsigned count, char **words);
void command_kill(unsigned count, char **words);
void command_restart(unsigned count, char **words);
void command_poweroff(unsigned count, char **words);
void command_reboot(unsigned count, char **words);

/* The component of this name and its number; false, with a message for the person, if there is none. */
bool component_find(const char *name, word_t *index, struct component_status *status);

/* Let `ms` milliseconds pass. Without a timer service that cannot be done: an error, at once, as nothing else
 * lets time pass without computing. pause_explain tells the person why. */
error_t pause_ms(unsigned ms);
void pause_explain(error_t error);

/* How many letters to change to make one word of the other (at most `words` of 31 letters). */
unsigned word_distance(const char *a, const char *b);

#endif
