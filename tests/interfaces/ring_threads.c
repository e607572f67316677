/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring between two threads, under the thread sanitizer: every entry comes once and in order, whoever waits is woken, and while both are
 * awake nobody signals. A signal is a semaphore of one bit, as a notification's.
 */
#include <lucid/ring.h>
#include <pthread.h>

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fflush(void *stream);
int sched_yield(void);

#define ENTRIES 100000u

struct utcb *message_page;

static struct signal {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool set;
    unsigned sent;
} to_producer = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 },
  to_consumer = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 };

static struct {
    struct ring_side producer_side, consumer_side;
    uint64_t entries[64];
} shared;

static uint32_t count;
static unsigned wrong;

static void signal_send(struct signal *signal)
{
    pthread_mutex_lock(&signal->mutex);
    signal->set = true;
    signal->sent++;
    pthread_cond_signal(&signal->condition);
    pthread_mutex_unlock(&signal->mutex);
}

static void signal_wait(struct signal *signal)
{
    pthread_mutex_lock(&signal->mutex);
    while (!signal->set)
        pthread_cond_wait(&signal->condition, &signal->mutex);
    signal->set = false;
    pthread_mutex_unlock(&signal->mutex);
}

/* Nothing to do now: show what was done, and wait if there still is nothing. */
static void pause_side(struct ring *ring, struct signal *other, struct signal *mine)
{
    if (ring_show(ring))
        signal_send(other);
    if (ring_sleep(ring))
        signal_wait(mine);
    ring_wake(ring);
}

static void *produce(void *unused)
{
    struct ring ring = ring_make(true, &shared.producer_side, &shared.consumer_side, shared.entries, count,
                                 sizeof(uint64_t));
    for (uint64_t i = 0; i < ENTRIES; i++) {
        while (ring_put(&ring, &i) != OK)
            pause_side(&ring, &to_consumer, &to_producer);
        if (i % 3 == 0 && ring_publish(&ring))
            signal_send(&to_consumer);
    }
    if (ring_publish(&ring))
        signal_send(&to_consumer);
    return unused;
}

static void *consume(void *unused)
{
    struct ring ring = ring_make(false, &shared.consumer_side, &shared.producer_side, shared.entries, count,
                                 sizeof(uint64_t));
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t entry = 0;
        while (ring_get(&ring, &entry) != OK)
            pause_side(&ring, &to_producer, &to_consumer);
        wrong += entry != i;
        if (i % 2 == 0 && ring_release(&ring))
            signal_send(&to_producer);
    }
    return unused;
}

static bool run(uint32_t entries)
{
    pthread_t producer, consumer;
    memset(&shared, 0, sizeof shared);
    to_producer.set = to_consumer.set = false;
    to_producer.sent = to_consumer.sent = wrong = 0;
    count = entries;
    pthread_create(&producer, NULL, produce, NULL);
    pthread_create(&consumer, NULL, consume, NULL);
    pthread_join(producer, NULL);
    pthread_join(consumer, NULL);
    if (wrong)
        printf(
            "FAIL every_entry_comes_once_and_in_order_through_%u_places: expected 0 wrong entries, seen %u\n",
            count, wrong);
    else
        printf("ok every_entry_comes_once_and_in_order_through_%u_places\n", count);
    return wrong == 0;
}

int main(void)
{
    bool good = run(1) & run(2) & run(64);
    fflush(NULL);
    return !good;
}
