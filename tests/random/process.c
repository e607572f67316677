/* SPDX-License-Identifier: BSD-2-Clause */
/* See process.h. */
#define _GNU_SOURCE
#include "process.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* There in builds that measure coverage: a process that ends by _exit must write itself what it has covered. */
extern int __llvm_profile_write_file(void) __attribute__((weak));
extern void __gcov_dump(void) __attribute__((weak));

void *process_shared(size_t size)
{
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        perror("random: no shared memory");
        exit(2);
    }
    return shared;
}

void process_leave(int status)
{
    if (__llvm_profile_write_file)
        __llvm_profile_write_file();
    if (__gcov_dump)
        __gcov_dump();
    _exit(status);
}

static const char *how_it_ended(int status)
{
    static char text[64];

    if (!WIFSIGNALED(status))
        snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)
        snprintf(text, sizeof(text), "it never ends");
    else
        snprintf(text, sizeof(text), "%s", strsignal(WTERMSIG(status)));
    return text;
}

bool process_run(void (*function)(const void *argument), const void *argument, unsigned seconds,
                 const char **why)
{
    struct rlimit limit = { seconds, seconds };
    int status;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CPU, &limit);
        function(argument);
        process_leave(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror("random: no process");
        exit(2);
    }
    *why = how_it_ended(status);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

double process_seconds(void)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    return (double)now.tv_sec + (double)now.tv_usec / 1e6;
}
