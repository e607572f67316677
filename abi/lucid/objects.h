/* SPDX-License-Identifier: BSD-2-Clause */
/* Object types, rights, and the constants of the objects' operations. */
#ifndef LUCID_OBJECTS_H
#define LUCID_OBJECTS_H

/* Types of capabilities. Those up to OBJECT_IRQ_HANDLER are objects made out of Untyped by `retype`. */
enum object_type {
    OBJECT_NULL = 0,
    OBJECT_UNTYPED = 1,
    OBJECT_CNODE = 2,
    OBJECT_THREAD = 3,
    OBJECT_ENDPOINT = 4,
    OBJECT_NOTIFICATION = 5,
    OBJECT_REPLY = 6,
    OBJECT_SCHED_CONTEXT = 7,
    OBJECT_FRAME = 8,
    OBJECT_ADDRESS_SPACE = 9,
    OBJECT_PAGE_TABLE = 10,
    OBJECT_IRQ_HANDLER = 11,
    OBJECT_IRQ_RANGE = 12,
    OBJECT_IO_PORT_RANGE = 13,
    OBJECT_ASID_RANGE = 14,
    OBJECT_CORE_RANGE = 15,
    OBJECT_TYPE_COUNT = 16 /* VCpu and IoSpace will follow */
};

/* Rights. Endpoint: WRITE sends, READ receives, GRANT lets capabilities pass. Notification: WRITE signals, READ
 * waits. Frame: the most that a mapping may have. All other types: WRITE to invoke any operation. */
#define RIGHT_READ    1u
#define RIGHT_WRITE   2u
#define RIGHT_GRANT   4u
#define RIGHT_EXECUTE 8u
#define RIGHTS_ALL    15u

/* Attributes of a mapping. */
#define MAP_CACHE_WRITE_BACK 0u
#define MAP_CACHE_OFF        1u /* device registers */
#define MAP_CACHE_COMBINE    2u /* write-combining: frame buffers */

/* What `thread_configure` changes, in its mask. */
#define THREAD_SET_CNODE   1u
#define THREAD_SET_SPACE   2u
#define THREAD_SET_MESSAGE 4u
#define THREAD_SET_FAULT   8u
#define THREAD_SET_TIMEOUT 16u
#define THREAD_SET_DEATH   32u
#define THREAD_SET_ALL     63u

/* Attributes of a thread. */
#define THREAD_FPU           1u /* may use the FPU and vector registers */
#define THREAD_FAULT_ON_CAP  2u /* a bad destination of a system call is a fault */
#define THREAD_ATTRIBUTE_ALL 3u

/* States of a thread, as `thread_info` tells them. */
#define THREAD_STATE_STOPPED   0u /* never started, suspended, exited, or after an unhandled fault */
#define THREAD_STATE_RUNNABLE  1u
#define THREAD_STATE_SENDING   2u /* waits at an endpoint until its message is taken */
#define THREAD_STATE_RECEIVING 3u /* waits at an endpoint for a message */
#define THREAD_STATE_WAITING   4u /* waits at a notification */
#define THREAD_STATE_CALLING   5u /* waits for the answer to its call, or to its fault */

/* Why a thread stopped. */
#define THREAD_STOP_NONE      0u
#define THREAD_STOP_SUSPEND   1u /* the exit code is the operation's argument */
#define THREAD_STOP_FAULT     2u /* unhandled: no handler, or the handler gave up; the exit code is the FAULT_* */
#define THREAD_STOP_SPACE     3u /* its address space is gone */
#define THREAD_STOP_DESTROYED 4u

#define PRIORITY_COUNT 256u
#define PRIORITY_MAX   255u

/* Sizes of Frames, log2 of bytes. */
#define FRAME_SIZE_4K 12u
#define FRAME_SIZE_2M 21u
#define FRAME_SIZE_1G 30u

/* What CORE_RANGE_POWER does. */
#define MACHINE_OFF   0u
#define MACHINE_RESET 1u

/* Modes of an interrupt line. */
#define IRQ_EDGE       0u
#define IRQ_LEVEL      1u
#define IRQ_ACTIVE_LOW 2u

#endif
