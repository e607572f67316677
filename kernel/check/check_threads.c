/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: each is in exactly the queue that its state says, and the scheduler's queues hold exactly those that they should. */
#include "address_space.h"
#include "check.h"
#include "core.h"
#include "endpoint.h"
#include "fault.h"
#include "lookup.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"
#include "scheduler.h"

/* The caches beside a thread's slots agree with them. */
static bool check_own_slots(struct check_report *report, const struct thread *thread)
{
    const struct slot *slots = thread->slots;
    const struct slot *cnode = &slots[PLACE_THREAD_CNODE];

    CHECK_THAT(report,
               slot_is_empty(cnode) ? thread->cnode == lookup_no_cnode && thread->cnode_mask == 0
                                    : thread->cnode == cnode_slots(&cnode->cap) &&
                                          thread->cnode_mask == cnode_count(&cnode->cap) - 1,
               thread, cnode, "a thread's CNode is that of its slot");
    CHECK_THAT(report,
               slot_is_empty(&slots[PLACE_THREAD_SPACE])
                   ? thread->space == NULL
                   : thread->space == cap_pointer(&slots[PLACE_THREAD_SPACE].cap),
               thread, thread->space, "a thread's address space is that of its slot");
    const struct slot *page = &slots[PLACE_THREAD_MESSAGE];
    uintptr_t frame = slot_is_empty(page) ? 0 : (uintptr_t)mapped_pointer(&page->cap);
    CHECK_THAT(report,
               slot_is_empty(page)
                   ? thread->utcb == NULL
                   : (uintptr_t)thread->utcb >= frame &&
                         (uintptr_t)thread->utcb - frame < 1ull << frame_size_bits(&page->cap),
               thread, thread->utcb, "a thread's message page lies in the frame of its slot");
    CHECK_THAT(report,
               slot_is_empty(page) ||
                   ((uintptr_t)thread->utcb % UTCB_ALIGN == 0 && !frame_is_device(&page->cap) &&
                    cap_is(&page->cap, OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE)),
               thread, page, "a message page is aligned, writable and ordinary memory");
    CHECK_THAT(report,
               cap_type(&slots[PLACE_THREAD_FAULT].cap) == OBJECT_NULL ||
                   cap_is(&slots[PLACE_THREAD_FAULT].cap, OBJECT_ENDPOINT, RIGHT_WRITE),
               thread, &slots[PLACE_THREAD_FAULT], "a fault handler is an endpoint that can be sent to");
    CHECK_THAT(report,
               cap_type(&slots[PLACE_THREAD_TIMEOUT].cap) == OBJECT_NULL ||
                   cap_is(&slots[PLACE_THREAD_TIMEOUT].cap, OBJECT_ENDPOINT, RIGHT_WRITE),
               thread, &slots[PLACE_THREAD_TIMEOUT], "a timeout handler is an endpoint that can be sent to");
    return true;
}

static bool in_queue(const struct priority_queue *queue, const struct queue_node *wanted)
{
    for (struct queue_node *node = check_next_node(queue, NULL); node; node = check_next_node(queue, node))
        if (node == wanted)
            return true;
    return false;
}

static bool check_waiting(struct check_report *report, const struct thread *thread)
{
    const struct endpoint *endpoint = thread->waits_at;
    const struct notification *notification = thread->waits_at;
    const struct reply *reply = thread->waits_at;

    switch (thread->state) {
    case THREAD_STATE_SENDING:
        CHECK_THAT(report,
                   endpoint->state == ENDPOINT_SENDING && in_queue(&endpoint->waiters, &thread->wait_node),
                   thread, endpoint, "a thread that sends is queued at an endpoint with senders");
        break;
    case THREAD_STATE_RECEIVING:
        CHECK_THAT(report,
                   endpoint->state == ENDPOINT_RECEIVING &&
                       (endpoint->receiver == thread || in_queue(&endpoint->waiters, &thread->wait_node)),
                   thread, endpoint, "a thread that receives is queued at an endpoint with receivers");
        break;
    case THREAD_STATE_WAITING:
        CHECK_THAT(report,
                   notification->waiter == thread || in_queue(&notification->waiters, &thread->wait_node),
                   thread, notification, "a thread that waits is queued at a notification");
        break;
    case THREAD_STATE_CALLING:
        CHECK_THAT(report, reply->state == REPLY_OWED && reply->caller == thread, thread, reply,
                   "a thread that calls is the caller of a Reply that is owed");
        break;
    default:
        CHECK_THAT(report, thread->waits_at == NULL && !thread->wait_node.queued, thread, thread->waits_at,
                   "a thread that does not wait is queued nowhere");
    }
    return true;
}

static bool in_ready_queue(const struct core *core, const struct thread *wanted)
{
    if (core->front == wanted)
        return true;
    for (const struct thread *thread = core->ready[thread_priority(wanted)].first; thread;
         thread = thread->next)
        if (thread == wanted)
            return true;
    return false;
}

/* Exactly those that could run and do not are in the ready queue. */
static bool check_readiness(struct check_report *report, const struct core *core, const struct thread *thread)
{
    bool runnable = thread->state == THREAD_STATE_RUNNABLE;
    const struct sched_context *sc = thread->sc;

    CHECK_THAT(report, thread->ready == in_ready_queue(core, thread), thread, core,
               "a thread knows if it is in the ready queue");
    CHECK_THAT(report, !thread->ready || (runnable && sc && thread != core->current), thread, core,
               "the ready queue holds runnable threads with a context, and not the current one");
    if (runnable && sc && thread != core->current && !thread->deferred)
        CHECK_THAT(report, thread->ready != (sc->replenish_node.queued != 0), thread, sc,
                   "a runnable thread is in the ready queue, or its context waits for time");
    CHECK_THAT(report, !runnable || thread->space, thread, NULL, "a runnable thread has an address space");
    return true;
}

static bool check_relations(struct check_report *report, const struct thread *thread)
{
    CHECK_THAT(report, !thread->sc || thread->sc->thread == thread, thread, thread->sc,
               "a thread's context knows it");
    CHECK_THAT(report, !thread->owned || thread->owned->owner == thread, thread, thread->owned,
               "a context knows its owner");
    CHECK_THAT(report, !thread->reply || thread->reply->server == thread, thread, thread->reply,
               "a thread's latest Reply knows its server");
    CHECK_THAT(report, !thread->notification || thread->notification->bound == thread, thread,
               thread->notification, "a bound notification knows its thread");
    CHECK_THAT(report,
               thread->state != THREAD_STATE_RECEIVING || !thread->notification ||
                   !thread->notification->bits || !thread->sc,
               thread, thread->notification,
               "a receiver with time does not wait while its notification has bits");
    CHECK_THAT(report,
               thread->fault == FAULT_NONE || thread->state == THREAD_STATE_SENDING ||
                   thread->state == THREAD_STATE_CALLING || thread->deferred,
               thread, NULL, "a thread with a fault waits for its handler");
    CHECK_THAT(report,
               thread->state != THREAD_STATE_SENDING ||
                   ((thread->sending & SENDING_FAULT) != 0) == (thread->fault != FAULT_NONE),
               thread, NULL, "a thread sends a fault exactly if it has one");
    CHECK_THAT(report,
               thread->state != THREAD_STATE_RUNNABLE || thread->sc || thread->deferred ||
                   thread->lacks_context == LACKS_NOTHING,
               thread, NULL, "a runnable thread without a context waits for one, or is deferred");
    CHECK_THAT(report, !thread->trapped || thread->deferred || thread->state == THREAD_STATE_STOPPED, thread,
               NULL, "a thread with an exception that is not raised yet does not run or wait");
    CHECK_THAT(report, thread->state != THREAD_STATE_STOPPED || (!thread->ready && !thread->deferred), thread,
               NULL, "a stopped thread is in no queue");
    return true;
}

/* What the core has loaded. */
static bool check_loaded(struct check_report *report, const struct core *core)
{
    const struct thread *current = core->current;

    CHECK_THAT(report, !current || (current->state == THREAD_STATE_RUNNABLE && current->sc == core->context),
               current, core->context, "the current thread is runnable, on the context that is charged");
    CHECK_THAT(report, !current || current->space == core->space, current, core->space,
               "the space of the current thread is loaded");
    CHECK_THAT(report, !current || core->fpu_on == (current == core->fpu_owner), current, core->fpu_owner,
               "the FPU is on exactly for its owner");
    return true;
}

static bool check_core(struct check_report *report, const struct core *core)
{
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++) {
        const struct thread_queue *queue = &core->ready[priority];
        bool bit = core->ready_bitmap[priority / 64] >> priority % 64 & 1;
        CHECK_THAT(report, bit == (queue->first != NULL), core, queue,
                   "the bitmap tells which ready queues are not empty");
        const struct thread *last = NULL;
        for (const struct thread *thread = queue->first; thread; last = thread, thread = thread->next) {
            CHECK_THAT(report, thread->prev == last, thread, last,
                       "neighbours in the ready queue point to each other");
            CHECK_THAT(report, thread_priority(thread) == priority, thread, core,
                       "a thread is in the queue of its priority");
        }
        CHECK_THAT(report, !queue->first || queue->last == last, queue, last,
                   "a ready queue knows its last thread");
    }
    CHECK_THAT(report, !core->front || core->front->ready, core, core->front,
               "who is in front of the ready queue is ready");
    CHECK_THAT(report, !core->front || (int)thread_priority(core->front) >= ready_highest_listed(core), core,
               core->front, "who is in front of the ready queue has the highest priority in it");
    for (unsigned word = 0; word < ARRAY_COUNT(core->ready_bitmap); word++)
        CHECK_THAT(report, (core->ready_words >> word & 1) == (core->ready_bitmap[word] != 0), core, NULL,
                   "a bit tells which words of the bitmap are not zero");
    if (!check_is_choosing(core) && !check_loaded(report, core))
        return false;
    CHECK_THAT(report, !core->fpu_owner || (core->fpu_owner->attributes & THREAD_FPU), core->fpu_owner, core,
               "only a thread with the attribute owns the FPU");
    if (!check_queue(report, &core->replenishments))
        return false;
    for (struct queue_node *node = check_next_node(&core->replenishments, NULL); node;
         node = check_next_node(&core->replenishments, node)) {
        struct sched_context *sc = container_of(node, struct sched_context, replenish_node);
        CHECK_THAT(report, node->key == refill_head(sc)->time, sc, core,
                   "a context waits for its first refill");
        CHECK_THAT(report, sc->thread && sc->thread->state == THREAD_STATE_RUNNABLE, sc, sc->thread,
                   "a context waits for time only if its thread wants to run");
    }
    return true;
}

bool check_threads(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        const struct thread *thread = check_thread(slot);
        if (thread &&
            !(check_own_slots(report, thread) && check_waiting(report, thread) &&
              check_readiness(report, thread_core(thread), thread) && check_relations(report, thread)))
            return false;
    }
    for (unsigned i = 0; i < core_count; i++)
        if (!check_core(report, &cores[i]))
            return false;
    return true;
}
