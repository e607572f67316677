/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other side of a message: worker functions that the tests of IPC, faults and scheduling share. Each
 * reports in `seen`.
 *
 *   seen[0] status  seen[1] tag  seen[2] badge  seen[3] word 0  seen[4] how many system calls have returned
 */
#ifndef PEERS_H
#define PEERS_H

#include "target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two or three capabilities as one argument of a worker. */
#define PAIR(first, second)          ((word_t)(first) | (word_t)(second) << 16)
#define TRIPLE(first, second, third) (PAIR(first, second) | (word_t)(third) << 32)
#define FIRST(pair)                  ((cap_t)((pair)&0xffff))
#define SECOND(pair)                 ((cap_t)((pair) >> 16 & 0xffff))
#define THIRD(pair)                  ((cap_t)((pair) >> 32 & 0xffff))

static inline struct message message_of(word_t label, unsigned words, word_t word0)
{
    return (struct message){ .tag = tag_make(label, words, 0), .word = { word0 } };
}

static inline void report(struct worker *worker, status_t status, const struct message *message)
{
    worker->seen[0] = status;
    worker->seen[1] = message->tag;
    worker->seen[2] = message->badge;
    worker->seen[3] = message->word[0];
    worker->seen[4]++;
}

/* argument: endpoint. One call with the label 7 and one word, the worker's thread capability. */
static inline void peer_call(struct worker *worker)
{
    struct message message = message_of(7, 1, worker->thread);
    status_t status = raw_call(SYS_CALL, FIRST(worker->argument), &message, 0);
    report(worker, status, &message);
}

/* argument: endpoint or notification. One message of that kind, sent. */
static inline void peer_send(struct worker *worker)
{
    struct message message = message_of(7, 1, worker->thread);
    status_t status = raw_call(SYS_SEND, FIRST(worker->argument), &message, 0);
    report(worker, status, &message);
}

/* argument: endpoint or notification, Reply. One receive. */
static inline void peer_receive(struct worker *worker)
{
    struct message message = { 0 };
    status_t status = raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    report(worker, status, &message);
}

/* argument: endpoint, Reply. A server that answers for ever: word 0 plus one, the same label and number of
 * words. */
static inline void peer_serve(struct worker *worker)
{
    struct message message = { 0 };
    status_t status = raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    for (;;) {
        report(worker, status, &message);
        message.word[0]++;
        status = raw_call(SYS_REPLY_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    }
}

/* argument: endpoint, Reply. Takes one call and computes for ever. */
static inline void peer_receive_and_spin(struct worker *worker)
{
    peer_receive(worker);
    machine_spin(&worker->seen[5]);
}

/* Computes for ever; seen[5] counts. */
static inline void peer_spin(struct worker *worker)
{
    machine_spin(&worker->seen[5]);
}

/* argument: endpoint in, Reply, endpoint out: takes one call, calls on, reports that answer, and answers. */
static inline void peer_pass_on(struct worker *worker)
{
    struct message message = { 0 };
    raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    worker->seen[6] = 1;
    status_t status = raw_call(SYS_CALL, THIRD(worker->argument), &message, 0);
    report(worker, status, &message);
    raw_call(SYS_SEND, SECOND(worker->argument), &message, 0);
}

/* Let a passive worker run to its first receive, on a context that it gives back there. */
static inline struct worker *start_passive(struct worker *worker)
{
    cap_t context = make_context(1000000, 1000000);

    expect_ok(sched_context_lend(context, worker->thread));
    worker_start(worker);
    settle();
    expect_state(worker, THREAD_STATE_RECEIVING);
    erase(context);
    return worker;
}

/* Answer through a Reply: label and words. */
static inline status_t answer(cap_t reply, word_t label, unsigned words, word_t word0, word_t word1)
{
    struct message message = { .tag = tag_make(label, words, 0), .word = { word0, word1 } };
    return raw_call(SYS_SEND, reply, &message, 0);
}

/* A client whose call the test has received and not answered. */
struct owed {
    cap_t endpoint, reply;
    struct worker *client;
};

static inline struct owed take_call(void)
{
    struct owed o = { .endpoint = make(OBJECT_ENDPOINT, 0), .reply = make(OBJECT_REPLY, 0) };
    struct message message;

    o.client = worker_run(.function = peer_call, .argument = o.endpoint);
    expect_equal(sys_recv(o.endpoint, &message, o.reply), OK | STATUS_OWED);
    expect_state(o.client, THREAD_STATE_CALLING);
    return o;
}

/* The client's call has come back with this. */
static inline void expect_client(struct worker *client, error_t error)
{
    worker_finish(client);
    expect_equal(client->seen[4], 1);
    expect_argument(client->seen[0], error, 0);
    expect_equal(client->seen[0], error);
    if (error != OK) {
        expect_equal(client->seen[1], 0);
        expect_equal(client->seen[3], 0);
    }
}

#endif
