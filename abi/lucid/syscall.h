/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The six system calls.
 *
 * The operation word holds the number in bits 0-7 and flags above. How it and the other arguments travel in
 * registers is in lucid/arch/<architecture>/abi.h.
 *
 * argument    meaning
 * operation   SYS_* and flags
 * cap         SEND, CALL: the destination; RECV, REPLY_RECV: the endpoint or notification to wait at
 * tag         SEND, CALL, REPLY_RECV: the tag of the message that goes out
 * reply       RECV, REPLY_RECV: the Reply that a call shall be answered through; 0 for none
 * words 0-3   the first words of the message
 *
 * result      meaning
 * status      status_t
 * badge       of the capability that the message was sent with; or the signal bits
 * tag         of the message received
 * words 0-3   the first words received
 *
 * SYS_REPLY_RECV reports on its receive; an answer that lost words or capabilities is reported to the one who called. Who must
 * know sends the answer with SYS_SEND.
 *
 * A receive without a Reply takes a call's message, and ends the call with ERR_PEER_GONE: nobody can answer it.
 *
 * Errors of the four that carry messages, beside those of the message (message.h):
 *
 * ERR_CAPABILITY, ERR_DEPTH, ERR_RIGHT, ERR_TYPE   the destination, or the Reply named; a fault of threads with THREAD_FAULT_ON_CAP
 * ERR_RANGE                                        the tag: more than 64 words or 4 capabilities
 * ERR_BUSY                                         the Reply named is in use: armed, or (RECV) owes an answer
 * ERR_PEER_GONE                                    SEND to a Reply that owes nothing; who was waited for is gone
 * ERR_CANCELLED                                    the wait was ended; or (REPLY_RECV) the answer cost the thread its context, and it
 *                                                  did not wait
 * ERR_WOULD_BLOCK                                  with SYS_POLL
 */
#ifndef LUCID_SYSCALL_H
#define LUCID_SYSCALL_H

#define SYS_CALL       0u /* send, then wait for the answer; invokes an operation of every kernel object */
#define SYS_REPLY_RECV 1u /* answer through `reply` (skipped if it owes nothing), then wait at `cap` */
#define SYS_SEND       2u /* to an endpoint, a reply or a notification (a signal: adds the badge's bits) */
#define SYS_RECV       3u /* from an endpoint or a notification */
#define SYS_YIELD      4u /* give up the rest of the budget's present slice */
#define SYS_DEBUG      5u /* debug builds only: DEBUG_* in `cap` */
#define SYS_COUNT      6u

#define SYS_NUMBER_MASK 0xffu
#define SYS_POLL                                                                                             \
    0x100u /* with SEND, RECV and REPLY_RECV (with another it is an unknown system call): ERR_WOULD_BLOCK instead of waiting */

#define DEBUG_PRINT 0u /* tag: the character */
#define DEBUG_NAME  1u /* tag: a Thread capability; words 0-3: up to 32 bytes of name */
#define DEBUG_DUMP  2u /* print the threads and queues */
#define DEBUG_HALT  3u /* tag: exit status; stop the machine */
#define DEBUG_FAST  4u /* tag: 0 turns the IPC fast path off, 1 on: to compare it with the general one */
#define DEBUG_PANIC 5u /* a kernel panic, to see its report */
#define DEBUG_CHECK 6u /* check all invariants of the kernel; it panics if one does not hold */

#endif
