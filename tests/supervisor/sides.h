/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor and the kernel in one program. Each side has headers that know nothing of the other; this one is all that they share.
 *
 *     test_supervisor.c   tests, in the kernel's world
 *     kernel_side.c       the kernel: boots, takes system calls, finds memory by capability
 *     user_side.c         the supervisor: system calls that can be made to fail, its end, what it said
 */
#ifndef SIDES_H
#define SIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- kernel_side.c */

/* Boot with this bundle. What the supervisor gets is a boot_info in which addresses are pointers. */
const void *kernel_side_boot(const void *bundle, size_t size);
/* A system call of the root thread, which must not make it wait. The words are those of the registers. */
void kernel_side_syscall(uint64_t operation, uint64_t cap, uint64_t reply, uint64_t *tag, uint64_t *badge,
                         uint64_t words[4], uint64_t *status);
/* The memory of a frame that the root thread has the capability of; NULL if there is none. */
void *kernel_side_frame(uint64_t cap);
/* All invariants hold, or the test fails. */
void kernel_side_check(void);

/* ---- user_side.c */

enum user_end {
    USER_WAITS,    /* for requests */
    USER_PANICKED, /* user_said has the sentence */
};

/* From now on the nth operation (1: the next) fails with this error, or the nth allocation; 0: none. What has failed then. */
void user_side_fail(unsigned nth, unsigned error);
bool user_side_has_failed(void);
/* The operation that failed: its label; 0 for an allocation of the heap. */
unsigned user_side_failed_label(void);
/* How many operations and allocations there were since user_side_fail. */
unsigned user_side_count(void);

/* All that the supervisor has said. */
extern char user_said[];

enum user_end user_side_start(const void *boot_info);
/* End each component, and start it again; or only start those that do not run; or only end those that do. */
enum user_end user_side_restart_all(void);
enum user_end user_side_start_all(void);
enum user_end user_side_end_all(void);
/* Bytes of a component's quota that are not clean. */
uint64_t user_side_used(unsigned component);
unsigned user_side_components(void);
bool user_side_is_running(unsigned component);
bool user_side_is_failed(unsigned component);
bool user_side_has_quota(unsigned component); /* its memory, without which it is never made */

#endif
