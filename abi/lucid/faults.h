/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults are calls from the kernel to the fault endpoint of a thread, with the badge of the capability that the
 * thread was configured with, the label FAULT_* and the words below. STATUS_KERNEL is set.
 *
 *   FAULT_PAGE        0 address  1 access (FAULT_ACCESS_*)   2 instruction pointer  3 stack pointer
 *   FAULT_EXCEPTION   0 kind (EXCEPTION_*)  1 machine code   2 instruction pointer  3 stack pointer
 *   FAULT_SYSCALL     0 operation word  1 cap argument       2 instruction pointer  3 stack pointer
 *   FAULT_CAPABILITY  0 capability address  1 error_t        2 instruction pointer  3 stack pointer
 *   FAULT_TIMEOUT     0 badge of the SchedContext  1 reason (TIMEOUT_*)  2 instruction pointer  3 stack pointer
 *
 * The answer resumes the thread where it stands (a system call that faulted is executed again); with two or more
 * words in it, word 0 is the new instruction pointer and word 1 the new stack pointer. An answer with the label
 * FAULT_REPLY_STOP stops the thread instead: the fault counts as unhandled. A fault donates the thread's context to a passive handler as a
 * call does, but FAULT_TIMEOUT does not: that context is used up.
 */
#ifndef LUCID_FAULTS_H
#define LUCID_FAULTS_H

#define FAULT_NONE       0u
#define FAULT_PAGE       1u
#define FAULT_EXCEPTION  2u
#define FAULT_SYSCALL    3u
#define FAULT_CAPABILITY 4u
#define FAULT_TIMEOUT    5u
#define FAULT_WORDS      4u

#define FAULT_REPLY_RESUME 0u
#define FAULT_REPLY_STOP   1u

#define FAULT_ACCESS_READ    1u
#define FAULT_ACCESS_WRITE   2u
#define FAULT_ACCESS_EXECUTE 4u
#define FAULT_ACCESS_PRESENT 8u /* there is a mapping; the access is not allowed by its rights */

#define EXCEPTION_DIVIDE      1u /* integer division by zero or overflow */
#define EXCEPTION_DEBUG       2u /* single step or hardware breakpoint */
#define EXCEPTION_BREAKPOINT  3u /* breakpoint instruction */
#define EXCEPTION_INSTRUCTION 4u /* undefined instruction */
#define EXCEPTION_FPU_OFF     5u /* FPU instruction in a thread without the attribute */
#define EXCEPTION_FPU         6u /* floating-point error */
#define EXCEPTION_PROTECTION  7u /* privileged instruction or register, non-canonical address */
#define EXCEPTION_ALIGNMENT   8u
#define EXCEPTION_OTHER       9u  /* see the machine code */
#define EXCEPTION_BUS         10u /* nothing answers at the physical address, or the firmware keeps it */

#define TIMEOUT_EXHAUSTED 1u /* the budget is used up; another's context perhaps before the thread woke */
#define TIMEOUT_WITHDRAWN 2u /* the context was taken away, or a passive server is to run without one */

#endif
