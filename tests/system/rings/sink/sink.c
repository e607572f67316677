/* SPDX-License-Identifier: BSD-2-Clause */
/* The consumer: adds up what comes through the ring. It must outlive whatever its client does. */
#include <lucid/ring.h>
#include <stream.server.h>
#include <supervisor.h>

#define SIGNAL_COME 1u

static cap_t frame, come, made;
static char *memory;
static struct ring ring;
static uint64_t sum, count, signals;

static void take_all(void)
{
    uint64_t number;
    do {
        ring_wake(&ring);
        while (ring_get(&ring, &number) == OK) {
            sum += number;
            count++;
        }
        if (ring_release(&ring))
            notification_signal(made);
    } while (!ring_sleep(&ring) && !ring.broken);
}

static void signal_received(word_t bits)
{
    if (!(bits & SIGNAL_COME) || !made)
        return;
    signals++;
    take_all();
}

error_t stream_open(struct request *request, cap_t notification, struct utcb_give *given,
                    struct utcb_give *wake)
{
    if (made)
        return ERR_BUSY;
    if (!memory)
        return ERR_MEMORY;
    made = request_take(request, notification);
    memset(memory, 0, 4096);
    sum = count = signals = 0;
    ring = ring_in(memory, false, STREAM_ENTRIES, sizeof(uint64_t));
    ring_sleep(&ring);
    *given = give_child(frame, RIGHT_READ | RIGHT_WRITE);
    *wake = give_child(come, RIGHT_WRITE);
    return OK;
}

error_t stream_total(struct request *request, uint64_t *sum_, uint64_t *count_, uint64_t *signals_)
{
    (void)request;
    if (made)
        take_all();
    *sum_ = sum;
    *count_ = count;
    *signals_ = signals;
    return ring.broken ? STREAM_BROKEN : OK;
}

error_t stream_shut(struct request *request)
{
    (void)request;
    slot_free(made);
    made = CAP_NULL;
    return OK;
}

static void client_closed(word_t badge)
{
    (void)badge;
    stream_shut(NULL);
}

int main(void)
{
    frame = object_make(OBJECT_FRAME, FRAME_SIZE_4K);
    come = signal_make(SIGNAL_COME);
    memory = frame ? memory_map(frame, RIGHT_READ | RIGHT_WRITE) : NULL;
    supervisor_tolerant(COMPONENT_SLOT_SUPERVISOR, true); /* the client's notification vanishes with it */
    return (int)serve(&(struct server){ .request = stream_dispatch,
                                        .takes = STREAM_TAKES,
                                        .signal = signal_received,
                                        .closed = client_closed });
}
