/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults as calls from the kernel. See ipc/fault.c. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "thread.h"
#include <lucid/faults.h>

/* What a fault of the thread touches can be touched. False: now it can, but look everything up again (lock.h). */
bool fault_locks(const struct thread *thread);
/* The thread, which is RUNNABLE, faults: its handler is called, or it stops. The words are the first two of the message. */
void fault_raise(struct thread *thread, unsigned fault, word_t word0, word_t word1);
/* The end of an entry: the core's current thread, whose registers are saved, faults. The first takes the core's lock, and ends in the exit if the usual
 * case holds (ipc/fast_fault.c); else the others do it: with the lock held, or when somebody else has it. (The thread stands where they stay in their
 * registers on the way there.) */
void fast_fault_raise(word_t word0, word_t word1, struct core *core, unsigned fault);
void fault_raise_generally(word_t word0, word_t word1, struct core *core, unsigned fault);
void fault_wait_and_raise(word_t word0, word_t word1, struct core *core, unsigned fault);
/* The same for a lack of time. A thread without a timeout handler stops if `stop`; else nothing happens and false is returned. */
bool fault_raise_timeout(struct thread *thread, word_t badge, word_t reason, bool stop);
/* It has a timeout handler. */
bool fault_can_time_out(const struct thread *thread);
/* Word 0 to 3 of the message for a thread's fault. */
word_t fault_word(const struct thread *thread, unsigned index);
/* The handler answers. */
void fault_answer(struct thread *thread, word_t label, unsigned words, word_t ip, word_t sp);

#endif
