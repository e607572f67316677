/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pairs: what points to something that points back. The other parts check for each living object that its partner knows it; here both
 * sides are counted. If there is one more on one side, its partner is an object that is dead: memory that still looks as it did.
 */
#include "address_space.h"
#include "check.h"
#include "core.h"
#include "endpoint.h"
#include "irq_handler.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"

enum pair {
    PAIR_CONTEXT,
    PAIR_OWNER,
    PAIR_BOUND,
    PAIR_SERVER,
    PAIR_CALLER,
    PAIR_LINK,
    PAIR_WAITER,
    PAIR_READY,
    PAIR_DEFERRED,
    PAIR_REPLENISHMENT,
    PAIR_NUMBER,
    PAIR_LINE,
    PAIR_COUNT
};

static const char *const sentences[PAIR_COUNT] = {
    [PAIR_CONTEXT] = "the contexts that threads have are those that a thread has, all of them alive",
    [PAIR_OWNER] = "the contexts that threads own are those with an owner, all of them alive",
    [PAIR_BOUND] = "the notifications that threads are bound to are those with a bound thread, all alive",
    [PAIR_SERVER] = "the Replies that threads have as their latest are those with a server, all alive",
    [PAIR_CALLER] = "the threads that call are the callers of Replies, all of them alive",
    [PAIR_LINK] = "the Replies that donated a context are the links of contexts, all of them alive",
    [PAIR_WAITER] = "the threads that wait in queues are those that the queues hold, all of them alive",
    [PAIR_READY] = "the threads that are ready are those in the ready queue, all of them alive",
    [PAIR_DEFERRED] = "the threads that are deferred are those in the core's list, all of them alive",
    [PAIR_REPLENISHMENT] = "the contexts that wait for time are those in the core's queue, all alive",
    [PAIR_NUMBER] = "the spaces with a number are the owners of numbers, all of them alive",
    [PAIR_LINE] = "the handlers with a line are the owners of lines, all of them alive",
};

struct census {
    unsigned here[PAIR_COUNT], there[PAIR_COUNT];
};

static void count_thread(struct census *census, const struct thread *thread)
{
    census->here[PAIR_CONTEXT] += thread->sc != NULL;
    census->here[PAIR_OWNER] += thread->owned != NULL;
    census->here[PAIR_BOUND] += thread->notification != NULL;
    census->here[PAIR_SERVER] += thread->reply != NULL;
    census->here[PAIR_CALLER] += thread->state == THREAD_STATE_CALLING;
    census->here[PAIR_WAITER] +=
        thread->state >= THREAD_STATE_SENDING && thread->state <= THREAD_STATE_WAITING;
    census->here[PAIR_READY] += thread->ready;
    census->here[PAIR_DEFERRED] += thread->deferred;
}

static unsigned links(const struct reply *link)
{
    unsigned count = 0;

    for (; link; link = link->chain_down)
        count++;
    return count;
}

static unsigned elements(const struct priority_queue *queue)
{
    unsigned count = 0;

    for (struct queue_node *node = check_next_node(queue, NULL); node; node = check_next_node(queue, node))
        count++;
    return count;
}

static void count_object(struct census *census, const struct slot *slot)
{
    const void *object = cap_pointer(&slot->cap);
    const struct sched_context *sc = object;
    const struct reply *reply = object;
    const struct notification *notification = object;
    const struct endpoint *endpoint = object;

    switch (cap_type(&slot->cap)) {
    case OBJECT_THREAD:
        count_thread(census, object);
        break;
    case OBJECT_SCHED_CONTEXT:
        census->there[PAIR_CONTEXT] += sc->thread != NULL;
        census->there[PAIR_OWNER] += sc->owner != NULL;
        census->there[PAIR_LINK] += links(sc->chain) + links(sc->cut);
        census->here[PAIR_REPLENISHMENT] += sc->replenish_node.queued;
        break;
    case OBJECT_REPLY:
        census->there[PAIR_SERVER] += reply->server != NULL;
        census->there[PAIR_CALLER] += reply->caller != NULL;
        census->here[PAIR_LINK] += reply->sc != NULL;
        break;
    case OBJECT_ENDPOINT:
        census->there[PAIR_WAITER] += elements(&endpoint->waiters) + (endpoint->receiver != NULL);
        break;
    case OBJECT_NOTIFICATION:
        census->there[PAIR_WAITER] += elements(&notification->waiters) + (notification->waiter != NULL);
        census->there[PAIR_BOUND] += notification->bound != NULL;
        break;
    case OBJECT_ADDRESS_SPACE:
        census->here[PAIR_NUMBER] += ((const struct address_space *)object)->number != 0;
        break;
    case OBJECT_IRQ_HANDLER:
        census->here[PAIR_LINE] += ((const struct irq_handler *)object)->has_line;
        break;
    default:
        break;
    }
}

static unsigned threads_in(const struct thread_queue *queue)
{
    unsigned count = 0;

    for (const struct thread *thread = queue->first; thread; thread = thread->next)
        count++;
    return count;
}

static void count_core(struct census *census, const struct core *core)
{
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        census->there[PAIR_READY] += threads_in(&core->ready[priority]);
    census->there[PAIR_READY] += core->front != NULL;
    census->there[PAIR_DEFERRED] += threads_in(&core->deferred);
    census->there[PAIR_REPLENISHMENT] += elements(&core->replenishments);
}

/* Who is loaded must be alive, too. */
static bool is_alive(unsigned type, const void *object)
{
    if (!object)
        return true;
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (cap_type(&slot->cap) == type && cap_pointer(&slot->cap) == object)
            return true;
    return false;
}

static bool check_loaded(struct check_report *report, const struct core *core)
{
    CHECK_THAT(report, is_alive(OBJECT_THREAD, core->current), core->current, core,
               "the current thread is alive");
    CHECK_THAT(report, is_alive(OBJECT_SCHED_CONTEXT, core->context), core->context, core,
               "the context that is charged is alive");
    CHECK_THAT(report, is_alive(OBJECT_ADDRESS_SPACE, core->space), core->space, core,
               "the space that is loaded is alive");
    CHECK_THAT(report, is_alive(OBJECT_THREAD, core->fpu_owner), core->fpu_owner, core,
               "the owner of the FPU is alive");
    return true;
}

bool check_pairs(struct check_report *report)
{
    struct census census = { .here = { 0 } };

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (check_is_first(slot))
            count_object(&census, slot);
    for (unsigned i = 0; i < core_count; i++) {
        count_core(&census, &cores[i]);
        if (!check_loaded(report, &cores[i]))
            return false;
    }
    for (uint32_t number = 1; number < SPACE_NUMBERS; number++)
        census.there[PAIR_NUMBER] += space_by_number(number) != NULL;
    for (unsigned line = 0; line < ARCH_IRQ_LINES; line++)
        census.there[PAIR_LINE] += irq_handler_by_line(line) != NULL;
    for (unsigned pair = 0; pair < PAIR_COUNT; pair++)
        CHECK_THAT(report, census.here[pair] == census.there[pair],
                   (const void *)(uintptr_t)census.here[pair], (const void *)(uintptr_t)census.there[pair],
                   sentences[pair]);
    return true;
}
