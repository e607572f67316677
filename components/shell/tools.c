/* SPDX-License-Identifier: BSD-2-Clause */
/* Small things that several commands need. */
#include <timer.h>
#include "shell.h"

#define WORD_LETTERS 31u

unsigned word_distance(const char *a, const char *b)
{
    /* row[j]: the distance between what was read of a and the first j letters of b (Levenshtein) */
    unsigned row[WORD_LETTERS + 1];
    size_t length = strlen(b);
    if (length > WORD_LETTERS)
        return WORD_LETTERS;
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            unsigned step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[length];
}

bool component_find(const char *name, word_t *index, struct component_status *status)
{
    error_t error;
    for (*index = 0; (error = supervisor_list(sessions.supervisor, *index, status)) == OK; ++*index)
        if (strcmp(status->name, name) == 0)
            return true;
    if (error == ERR_RANGE)
        print("there is no component '%s': 'ps' lists them\n", name);
    else
        print("the supervisor does not list components: %s\n", error_sentence(error));
    return false;
}

error_t pause_ms(unsigned ms)
{
    if (!sessions.timer)
        return ERR_CAPABILITY;
    error_t error = timer_sleep_ns(sessions.timer, ms * NS_PER_MS);
    if (error == ERR_PEER_GONE) /* it died meanwhile, and may be there again */
        error = timer_sleep_ns(sessions.timer, ms * NS_PER_MS);
    return error;
}

void pause_explain(error_t error)
{
    if (error == ERR_CAPABILITY)
        print("   the shell has no session 'timer': add  uses = { timer = \"timer.timer\" }\n");
    else
        print("   the timer does not answer: %s ('ps' shows its state, 'restart timer' may help)\n",
              error_sentence(error));
}
