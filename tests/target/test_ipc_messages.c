/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of every length, in every direction, and by every way through the kernel: from space to space or
 * within one, to a server on its caller's context (the fast path, and with that switched off the general one)
 * or on its own (always the general one).
 */
#include "peers.h"

static word_t pattern(unsigned index, word_t seed)
{
    return (seed + index) * 0x9e3779b97f4a7c15ull;
}

/* argument: endpoint, Reply. Answers each message with its words inverted and the label plus one. seen[5]
 * counts those whose words are not as sent. */
static void invert(struct worker *worker)
{
    struct message message = { 0 };
    status_t status = raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    for (;;) {
        unsigned words = tag_words(message.tag);
        report(worker, status, &message);
        for (unsigned i = 0; i < words; i++) {
            word_t *word = i < MESSAGE_REGISTER_WORDS ? &message.word[i] : &worker->utcb->words[i];
            if (*word != pattern(i, tag_label(message.tag)))
                worker->seen[5]++;
            *word = ~*word;
        }
        message.tag = tag_make(tag_label(message.tag) + 1, words, 0);
        status = raw_call(SYS_REPLY_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    }
}

static void fill(struct message *message, word_t label, unsigned words)
{
    *message = (struct message){ .tag = tag_make(label, words, 0) };
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < MESSAGE_WORDS_MAX; i++)
        message_page->words[i] = 0xdead;
    for (unsigned i = 0; i < words; i++)
        message_set(message, i, pattern(i, label));
}

static void call_with_every_length(cap_t endpoint, const struct worker *server)
{
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        struct message message;
        word_t label = 1000 + words;
        fill(&message, label, words);
        expect_equal(sys_call(endpoint, &message), OK);
        expect_equal(message.tag, tag_make(label + 1, words, 0));
        expect_equal(message.badge, 0);
        for (unsigned i = 0; i < words; i++)
            expect_equal(message_word(&message, i), ~pattern(i, label));
        for (unsigned i = words < 4 ? 4 : words; i < MESSAGE_WORDS_MAX; i++)
            expect_equal(message_page->words[i], 0xdead);
        expect_equal(server->seen[0], OK | STATUS_OWED);
        expect_equal(server->seen[1], tag_make(label, words, 0));
        expect_equal(server->seen[2], 31);
        expect_equal(server->seen[4], words + 1);
        expect_equal(server->seen[5], 0);
    }
}

static void every_length(bool passive, cap_t space)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *server = worker_make(.function = invert, .argument = PAIR(endpoint, reply),
                                        .passive = passive, .space = space);

    if (passive)
        start_passive(server);
    else
        worker_start(server);
    call_with_every_length(mint(endpoint, RIGHTS_ALL, 31), server);
}

static void fast_path(bool on)
{
    if (kernel_is_debug())
        expect_ok(sys_debug(DEBUG_FAST, on));
}

TEST(call_and_reply_of_every_length_to_a_passive_server_in_one_space)
{
    every_length(true, CAP_NULL);
}

TEST(call_and_reply_of_every_length_to_a_passive_server_in_another_space)
{
    every_length(true, space_with_program());
}

TEST(call_and_reply_of_every_length_to_a_server_with_its_own_context)
{
    every_length(false, CAP_NULL);
}

TEST(call_and_reply_of_every_length_to_a_server_with_its_own_context_in_another_space)
{
    every_length(false, space_with_program());
}

TEST(call_and_reply_of_every_length_without_the_fast_path)
{
    fast_path(false);
    every_length(true, CAP_NULL);
    every_length(true, space_with_program());
    fast_path(true);
}

/* Everything that both sides see of a call, by the fast path and by the general one, is the same. */
TEST(fast_and_general_path_have_the_same_result)
{
    static struct message seen[2][MESSAGE_WORDS_MAX + 1];
    static status_t status[2][MESSAGE_WORDS_MAX + 1];
    static word_t server_seen[2][MESSAGE_WORDS_MAX + 1][4], cost[2][MESSAGE_WORDS_MAX + 1];
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0),
          badged = mint(endpoint, RIGHTS_ALL, 31);
    struct worker *server =
        start_passive(worker_make(.function = invert, .argument = PAIR(endpoint, reply), .passive = true));

    for (unsigned way = 0; way < 2; way++) {
        fast_path(way == 0);
        for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
            fill(&seen[way][words], words, words);
            uint64_t begin = cost_now();
            status[way][words] = sys_call(badged, &seen[way][words]);
            cost[way][words] = cost_now() - begin;
            for (unsigned i = 0; i < 4; i++)
                server_seen[way][words][i] = server->seen[i];
        }
    }
    fast_path(true);
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        expect_equal(status[0][words], status[1][words]);
        expect_equal(memcmp(&seen[0][words], &seen[1][words], sizeof seen[0][words]), 0);
        expect_equal(memcmp(server_seen[0][words], server_seen[1][words], sizeof server_seen[0][words]), 0);
        if (kernel_is_debug())
            expect_true(cost[0][words] < cost[1][words]); /* else it was not the fast path */
    }
    note("call and answer with 0 words: %lu ticks, without the fast path %lu", cost[0][0], cost[1][0]);
}

/* ---- Send and receive, who comes first waiting */

/* argument: endpoint. Receives for ever; seen[5] counts wrong words. */
static void receive_all(struct worker *worker)
{
    for (;;) {
        struct message message = { 0 };
        status_t status = raw_call(SYS_RECV, worker->argument, &message, 0);
        for (unsigned i = 0; i < tag_words(message.tag); i++) {
            word_t word = i < MESSAGE_REGISTER_WORDS ? message.word[i] : worker->utcb->words[i];
            if (word != pattern(i, tag_label(message.tag)))
                worker->seen[5]++;
        }
        report(worker, status, &message);
    }
}

/* argument: endpoint. Sends a message of each length, shortest first. */
static void send_all(struct worker *worker)
{
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        struct message message = { .tag = tag_make(words + 7, words, 0) };
        for (unsigned i = 0; i < words; i++)
            *(i < MESSAGE_REGISTER_WORDS ? &message.word[i] : &worker->utcb->words[i]) =
                pattern(i, words + 7);
        status_t status = raw_call(SYS_SEND, worker->argument, &message, 0);
        report(worker, status, &message);
    }
}

static void send_every_length(cap_t space, unsigned priority)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver =
        worker_run(.function = receive_all, .argument = endpoint, .space = space, .priority = priority);

    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        struct message message;
        fill(&message, words + 1, words);
        expect_ok(sys_send(endpoint, &message));
        settle();
        expect_equal(receiver->seen[0], OK);
        expect_equal(receiver->seen[1], tag_make(words + 1, words, 0));
        expect_equal(receiver->seen[4], words + 1);
        expect_equal(receiver->seen[5], 0);
    }
}

TEST(send_of_every_length_to_a_waiting_receiver)
{
    send_every_length(CAP_NULL, PRIORITY_ABOVE);
    send_every_length(space_with_program(), PRIORITY_ABOVE);
}

TEST(send_of_every_length_waits_for_a_receiver)
{
    send_every_length(CAP_NULL, PRIORITY_BELOW);
    send_every_length(space_with_program(), PRIORITY_BELOW);
}

static void receive_every_length(cap_t space, unsigned priority)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *sender =
        worker_run(.function = send_all, .argument = endpoint, .space = space, .priority = priority);

    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        struct message message;
        expect_equal(sys_recv(endpoint, &message, CAP_NULL), OK);
        expect_equal(message.tag, tag_make(words + 7, words, 0));
        for (unsigned i = 0; i < words; i++)
            expect_equal(message_word(&message, i), pattern(i, words + 7));
        settle();
        expect_ok(sender->seen[0]);
    }
    worker_finish(sender);
}

TEST(receive_of_every_length_from_a_waiting_sender)
{
    receive_every_length(CAP_NULL, PRIORITY_ABOVE);
    receive_every_length(space_with_program(), PRIORITY_ABOVE);
}

TEST(receive_of_every_length_waits_for_a_sender)
{
    receive_every_length(CAP_NULL, PRIORITY_BELOW);
    receive_every_length(space_with_program(), PRIORITY_BELOW);
}

/* ---- Without a message page */

TEST(four_words_arrive_at_a_thread_without_a_message_page)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver =
        worker_run(.function = receive_all, .argument = endpoint, .no_message_page = true);
    struct message message;

    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        bool fits = words <= MESSAGE_REGISTER_WORDS;
        fill(&message, words, words);
        expect_argument(sys_send(endpoint, &message), fits ? OK : ERR_TRUNCATED, 0);
        expect_equal(receiver->seen[0], fits ? OK : ERR_TRUNCATED);
        expect_equal(receiver->seen[1], tag_make(words, fits ? words : MESSAGE_REGISTER_WORDS, 0));
        expect_equal(receiver->seen[5], 0);
    }
}

TEST(four_words_leave_a_thread_without_a_message_page)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *sender = worker_run(.function = send_all, .argument = endpoint, .no_message_page = true);
    struct message message;

    /* It writes to the page, which is there, but which the kernel has not been told of. */
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        bool fits = words <= MESSAGE_REGISTER_WORDS;
        expect_equal(sys_recv(endpoint, &message, CAP_NULL), fits ? OK : ERR_TRUNCATED);
        expect_equal(message.tag, tag_make(words + 7, fits ? words : MESSAGE_REGISTER_WORDS, 0));
        expect_equal(sender->seen[0], fits ? OK : ERR_TRUNCATED);
    }
}

static void call_to_no_page(bool passive)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *server = worker_make(.function = invert, .argument = PAIR(endpoint, reply),
                                        .passive = passive, .no_message_page = true);
    struct message message;

    if (passive)
        start_passive(server);
    else
        worker_start(server);
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        bool fits = words <= MESSAGE_REGISTER_WORDS;
        fill(&message, words, words);
        expect_equal(sys_call(endpoint, &message), fits ? OK : ERR_TRUNCATED);
        expect_equal(server->seen[0], (fits ? OK : ERR_TRUNCATED) | STATUS_OWED);
        expect_equal(message.tag, tag_make(words + 1, fits ? words : MESSAGE_REGISTER_WORDS, 0));
    }
}

TEST(a_call_that_was_truncated_on_its_way_says_so_in_the_answer)
{
    call_to_no_page(true);
    call_to_no_page(false);
    fast_path(false);
    call_to_no_page(true);
    fast_path(true);
}

TEST(an_answer_truncated_at_a_client_without_a_message_page_is_reported_to_both)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint, .no_message_page = true);
    struct message message;

    expect_equal(sys_recv(endpoint, &message, reply), OK | STATUS_OWED);
    fill(&message, 3, 20);
    expect_argument(sys_send(reply, &message), ERR_TRUNCATED, 0);
    expect_equal(client->seen[0], ERR_TRUNCATED);
    expect_equal(client->seen[1], tag_make(3, MESSAGE_REGISTER_WORDS, 0));
}

TEST(words_beyond_the_count_stay_as_they_are_in_the_receivers_page)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_make(.function = receive_all, .argument = endpoint);
    struct message message;

    for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++)
        receiver->utcb->words[i] = 0x5a5a;
    receiver->utcb->user[0] = 0x5b5b;
    worker_start(receiver);
    fill(&message, 1, 10);
    expect_ok(sys_send(endpoint, &message));
    for (unsigned i = 10; i < MESSAGE_WORDS_MAX; i++)
        expect_equal(receiver->utcb->words[i], 0x5a5a);
    expect_equal(receiver->utcb->user[0], 0x5b5b);
}

TEST(messages_between_two_threads_with_one_message_page)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), page = page_make().frame;
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);
    struct thread_configuration configuration = { .message_frame = page };
    struct message message;

    expect_ok(thread_configure(receiver->thread, THREAD_SET_MESSAGE, &configuration));
    expect_ok(thread_configure(test_thread, THREAD_SET_MESSAGE, &configuration));
    message = message_of(1, 64, 5);
    expect_equal(sys_send(endpoint, &message), OK);
    expect_equal(receiver->seen[1], tag_make(1, 64, 0));
}
