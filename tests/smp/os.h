/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests ask of the system that they run on. */
#ifndef SMP_OS_H
#define SMP_OS_H

/* The caller lets others have its processor for a while. */
void os_rest(unsigned microseconds);
/* What this process has used of all processors. */
double os_processor_seconds(void);
/* The harness's alarm, by a clock on the wall, is off. */
void os_stop_alarm(void);

#endif
