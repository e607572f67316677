/* SPDX-License-Identifier: BSD-2-Clause */
/* The producer: sends numbers, compares the sum; then lies about what it has sent, and looks whether the server is still there. */
#include <lucid/ring.h>
#include <stream.h>

#define NUMBERS     5000u
#define SIGNAL_MADE 2u

static cap_t stream, come, frame;
static void *memory;

static void wait_for_room(struct ring *ring)
{
    word_t bits;
    if (ring_publish(ring))
        notification_signal(come);
    if (ring_sleep(ring))
        notification_wait(COMPONENT_SLOT_NOTIFICATION, &bits);
    ring_wake(ring);
}

static bool open_ring(void)
{
    frame = slot_make();
    come = slot_make();
    cap_t made = signal_make(SIGNAL_MADE);
    error_t error = stream_open(stream, made, frame, come);
    slot_free(made); /* the server has its own */
    if (error == OK)
        error = memory_map(frame, ring_memory(STREAM_ENTRIES, sizeof(uint64_t)), RIGHT_READ | RIGHT_WRITE,
                           &memory);
    if (error != OK)
        print("open: %s\n", error_name(error));
    return error == OK;
}

/* For a server that breaks the rules there is no waiting. */
static error_t put(struct ring *ring, uint64_t number)
{
    error_t error;
    while ((error = ring_put(ring, &number)) == ERR_WOULD_BLOCK)
        wait_for_room(ring);
    return error;
}

static void send_numbers(void)
{
    struct ring ring = ring_in(memory, true, STREAM_ENTRIES, sizeof(uint64_t));
    uint64_t sum = 0, count = 0, signals = 0, expected = 0;
    error_t error = OK;
    for (uint64_t i = 1; i <= NUMBERS && error == OK; i++) {
        error = put(&ring, i);
        expected += i;
    }
    if (ring_publish(&ring))
        notification_signal(come);
    if (error == OK)
        error = stream_total(stream, &sum, &count, &signals);
    print("%s: %lu numbers, the sum is %s; %s\n", error_name(error), count,
          sum == expected ? "right" : "wrong", signals < count / 4 ? "few signals" : "too many signals");
}

static void lie(void)
{
    uint64_t sum, count, signals;
    struct ring_side *mine = (struct ring_side *)memory;
    for (uint32_t lie = 1; lie; lie *= 2) {
        mine->index += lie * 17;
        memset(&mine[2], 0xff, STREAM_ENTRIES * sizeof(uint64_t));
        notification_signal(come);
    }
    print("after the lies: %s\n", stream_error_sentence(stream_total(stream, &sum, &count, &signals)));
}

/* The memory is shared, so this side can write what a server that lies would: an index that cannot be. */
static void be_lied_to(void)
{
    struct ring ring = ring_in(memory, true, STREAM_ENTRIES, sizeof(uint64_t));
    struct ring_side *theirs = (struct ring_side *)memory + 1;
    theirs->index = STREAM_ENTRIES + 1;
    error_t error = OK;
    for (uint64_t i = 0; i <= STREAM_ENTRIES && error == OK; i++)
        error = put(&ring, i);
    print("from a server that lies: %s\n", error_name(error));
}

static void shut_ring(void)
{
    uint64_t sum, count, signals;
    error_t error = stream_shut(stream);
    bool gone = !slot_holds(frame, OBJECT_FRAME) && !slot_holds(come, OBJECT_NOTIFICATION);
    print("shut: %s; what was given is %s; %s\n", error_name(error), gone ? "gone" : "still there",
          stream_error_sentence(stream_total(stream, &sum, &count, &signals)));
    memory_unmap(memory);
    slot_free(frame);
    slot_free(come);
}

int main(void)
{
    stream = use_stream();
    if (!open_ring())
        return 1;
    send_numbers();
    lie();
    shut_ring();
    if (!open_ring())
        return 1;
    send_numbers();
    be_lied_to();
    print("done\n");
    return 0;
}
