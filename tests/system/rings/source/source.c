/* SPDX-License-Identifier: BSD-2-Clause */
/* The producer: sends numbers, compares the sum; then lies about what it has sent, and looks whether the server is still there. */
#include <lucid/ring.h>
#include <stream.h>

#define NUMBERS     5000u
#define SIGNAL_MADE 2u

static cap_t stream, come;
static char *memory;

static void wait_for_room(struct ring *ring)
{
    word_t bits;
    if (ring_publish(ring))
        notification_signal(come);
    if (ring_sleep(ring))
        notification_wait(COMPONENT_SLOT_NOTIFICATION, &bits);
    ring_wake(ring);
}

static bool open_ring(cap_t frame)
{
    come = slot_make();
    error_t error = stream_open(stream, signal_make(SIGNAL_MADE), frame, come);
    if (error != OK)
        print("open: %s\n", error_name(error));
    else if (!(memory = memory_map(frame, RIGHT_READ | RIGHT_WRITE)))
        print("the memory cannot be mapped\n");
    return error == OK && memory;
}

static void send_numbers(void)
{
    struct ring ring = ring_in(memory, true, STREAM_ENTRIES, sizeof(uint64_t));
    uint64_t sum = 0, count = 0, signals = 0, expected = 0;
    for (uint64_t i = 1; i <= NUMBERS; i++) {
        while (ring_put(&ring, &i) != OK)
            wait_for_room(&ring);
        expected += i;
    }
    if (ring_publish(&ring))
        notification_signal(come);
    error_t error = stream_total(stream, &sum, &count, &signals);
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

int main(void)
{
    cap_t frame = slot_make();
    stream = use_stream();
    if (!open_ring(frame))
        return 1;
    send_numbers();
    lie();
    stream_shut(stream);
    memory_unmap(memory);
    slot_free(frame);
    if (!open_ring(frame = slot_make()))
        return 1;
    send_numbers();
    print("done\n");
    return 0;
}
