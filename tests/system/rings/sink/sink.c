/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consumer: adds up what comes through the ring. It must outlive whatever its client does, and have time for others: at one go
 * it takes no more than the ring has places, and what a client got is taken back before the next one gets it.
 */
#include <lucid/ring.h>
#include <stream.server.h>
#include <supervisor.h>

#define SIGNAL_COME 1u

static cap_t frame, come, made; /* `made` is the client's */
static word_t client;           /* its badge; 0: there is none */
static void *memory;
static struct ring ring;
static uint64_t sum, count, signals;

/* What is in the ring. If the client goes on putting meanwhile, the rest is for a signal of one's own: others are heard before. */
static void take_some(void)
{
    uint64_t number;
    ring_wake(&ring);
    for (unsigned i = 0; i < STREAM_ENTRIES && ring_get(&ring, &number) == OK; i++) {
        sum += number;
        count++;
    }
    if (ring_release(&ring))
        notification_signal(made);
    if (!ring_sleep(&ring) && !ring.broken)
        notification_signal(come);
}

static void signal_received(word_t bits)
{
    if (!(bits & SIGNAL_COME) || !client)
        return;
    signals++;
    take_some();
}

error_t stream_open(struct request *request, cap_t notification, struct utcb_give *given,
                    struct utcb_give *wake)
{
    if (client)
        return ERR_BUSY;
    if (!memory)
        return ERR_MEMORY;
    client = request->badge;
    made = request_take(request, notification);
    memset(memory, 0, ring_memory(STREAM_ENTRIES, sizeof(uint64_t))); /* nobody else has it now */
    sum = count = signals = 0;
    ring = ring_in(memory, false, STREAM_ENTRIES, sizeof(uint64_t));
    ring_sleep(&ring);
    *given = give_child(frame, RIGHT_READ | RIGHT_WRITE);
    *wake = give_child(come, RIGHT_WRITE);
    return OK;
}

error_t stream_total(struct request *request, uint64_t *sum_, uint64_t *count_, uint64_t *signals_)
{
    if (!client || client != request->badge)
        return ERR_STATE;
    take_some();
    *sum_ = sum;
    *count_ = count;
    *signals_ = signals;
    return ring.broken ? STREAM_BROKEN : OK;
}

/* The memory is in the client's address space no longer, and it cannot signal: else it could disturb the next one. */
static void client_leave(void)
{
    slot_revoke(frame);
    slot_revoke(come);
    slot_free(made);
    client = 0;
}

error_t stream_shut(struct request *request)
{
    if (!client || client != request->badge)
        return ERR_STATE;
    client_leave();
    return OK;
}

static void client_closed(word_t badge)
{
    if (client && client == badge)
        client_leave();
}

int main(void)
{
    frame = object_make(OBJECT_FRAME, FRAME_SIZE_4K);
    come = signal_make(SIGNAL_COME);
    memory_map(frame, ring_memory(STREAM_ENTRIES, sizeof(uint64_t)), RIGHT_READ | RIGHT_WRITE, &memory);
    supervisor_tolerant(COMPONENT_SLOT_SUPERVISOR, true); /* the client's notification vanishes with it */
    return (int)serve(&(struct server){ .request = stream_dispatch,
                                        .takes = STREAM_TAKES,
                                        .signal = signal_received,
                                        .closed = client_closed });
}
