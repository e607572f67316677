/* SPDX-License-Identifier: BSD-2-Clause */
/* See attempts.h. */
#include "attempts.h"
#include "system.h"
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED 1 /* exit status of an attempt in which something has failed */

static bool attempt(bool (*function)(unsigned nth), unsigned nth)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(function(nth) ? FAILED : 0);
    EXPECT(child > 0 && waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != FAILED))
        test_fails(__FILE__, __LINE__, "operation %u fails: expected an orderly end, see above", nth);
    return WEXITSTATUS(status) == FAILED;
}

unsigned all_attempts(bool (*function)(unsigned nth), unsigned most)
{
    unsigned nth = 1;

    while (nth < most && attempt(function, nth))
        nth++;
    EXPECT(nth < most);
    printf("%u operations and allocations\n", nth - 1);
    return nth - 1;
}
