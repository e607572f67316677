/* SPDX-License-Identifier: BSD-2-Clause */
/* In a file of its own, since <unistd.h> and tests/host/system.h have a name in common. */
#define _DEFAULT_SOURCE
#include "os.h"
#include <sys/resource.h>
#include <unistd.h>

void os_rest(unsigned microseconds)
{
    usleep(microseconds);
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

double os_processor_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return seconds(&used.ru_utime) + seconds(&used.ru_stime);
}

void os_stop_alarm(void)
{
    alarm(0);
}
