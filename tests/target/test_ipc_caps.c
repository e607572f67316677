/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities in messages: copied, minted, moved; what is left out, and what both sides are told of it. */
#include "peers.h"

static void give(unsigned index, cap_t source, word_t mode, word_t rights, word_t badge)
{
    message_page->give[index] =
        (struct utcb_give){ .source = source, .mode = mode | rights << 8, .badge = badge };
}

/* A receiver that waits at `endpoint` and takes into these slots. */
static struct worker *receiver_at(cap_t endpoint, cap_t take0, cap_t take1, cap_t take2, cap_t take3)
{
    struct worker *worker = worker_make(.function = peer_receive, .argument = endpoint);

    worker->utcb->take[0] = take0;
    worker->utcb->take[1] = take1;
    worker->utcb->take[2] = take2;
    worker->utcb->take[3] = take3;
    return worker_start(worker);
}

static status_t send_caps(cap_t endpoint, unsigned caps)
{
    struct message message = { .tag = tag_make(6, 1, caps), .word = { 8 } };
    return sys_send(endpoint, &message);
}

/* One capability to one empty slot; returns the slot. */
static cap_t send_one(cap_t source, word_t mode, word_t rights, word_t badge, error_t expected)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slot_take();
    struct worker *receiver = receiver_at(endpoint, slot, 0, 0, 0);

    give(0, source, mode, rights, badge);
    expect_argument(send_caps(endpoint, 1), expected, 0);
    expect_equal(receiver->seen[0], expected);
    expect_equal(receiver->seen[1], tag_make(6, 1, expected == OK));
    expect_equal(receiver->seen[3], 8);
    return slot;
}

TEST(a_copied_capability_arrives_with_the_same_authority)
{
    cap_t source = mint(make(OBJECT_NOTIFICATION, 0), RIGHT_READ, 77);
    cap_t slot = send_one(source, GIVE_COPY, 0, 0, OK);

    expect_equal(inspect(slot).type, OBJECT_NOTIFICATION);
    expect_equal(inspect(slot).rights, RIGHT_READ);
    expect_equal(inspect(slot).data, 77);
    expect_equal(type_of(source), OBJECT_NOTIFICATION);
}

TEST(a_minted_capability_arrives_with_fewer_rights_and_a_badge_as_a_child)
{
    cap_t source = make(OBJECT_NOTIFICATION, 0);
    cap_t slot = send_one(source, GIVE_MINT, RIGHT_WRITE, 1234, OK);

    expect_equal(inspect(slot).rights, RIGHT_WRITE);
    expect_equal(inspect(slot).data, 1234);
    expect_ok(cnode_revoke(CNODE, source));
    expect_equal(type_of(slot), OBJECT_NULL);
}

TEST(minting_in_a_message_never_adds_rights)
{
    cap_t slot = send_one(mint(make(OBJECT_ENDPOINT, 0), RIGHT_READ, 0), GIVE_MINT, RIGHTS_ALL, 0, OK);

    expect_equal(inspect(slot).rights, RIGHT_READ);
}

TEST(a_moved_capability_leaves_the_sender)
{
    cap_t source = mint(make(OBJECT_NOTIFICATION, 0), RIGHT_WRITE, 5);
    cap_t slot = send_one(source, GIVE_MOVE, 0, 0, OK);

    expect_equal(type_of(source), OBJECT_NULL);
    expect_equal(inspect(slot).rights, RIGHT_WRITE);
    expect_equal(inspect(slot).data, 5);
}

TEST(what_cannot_be_copied_can_be_moved_in_a_message)
{
    cap_t untyped = make(OBJECT_UNTYPED, 12), reply = make(OBJECT_REPLY, 0);

    expect_equal(type_of(send_one(untyped, GIVE_COPY, 0, 0, ERR_TRUNCATED)), OBJECT_NULL);
    expect_equal(type_of(send_one(reply, GIVE_MINT, RIGHTS_ALL, 0, ERR_TRUNCATED)), OBJECT_NULL);
    expect_equal(type_of(send_one(untyped, GIVE_MOVE, 0, 0, OK)), OBJECT_UNTYPED);
    expect_equal(type_of(send_one(reply, GIVE_MOVE, 0, 0, OK)), OBJECT_REPLY);
}

TEST(range_capabilities_are_copied_and_minted_whole)
{
    cap_t lines = mint_range(BOOT_SLOT_IRQ_RANGE, 10, 10);

    expect_equal(inspect(send_one(lines, GIVE_COPY, 0, 0, OK)).data, inspect(lines).data);
    expect_equal(inspect(send_one(lines, GIVE_MINT, RIGHT_READ, 3, OK)).data, inspect(lines).data);
}

TEST(one_to_four_capabilities_arrive_in_order)
{
    for (unsigned count = 1; count <= MESSAGE_CAPS_MAX; count++) {
        cap_t endpoint = make(OBJECT_ENDPOINT, 0), first = slots_take(4),
              notification = make(OBJECT_NOTIFICATION, 0);
        struct worker *receiver = receiver_at(endpoint, first, first + 1, first + 2, first + 3);
        for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
            give(i, notification, GIVE_MINT, RIGHTS_ALL, i + 1);
        expect_ok(send_caps(endpoint, count));
        expect_equal(receiver->seen[0], OK);
        expect_equal(receiver->seen[1], tag_make(6, 1, count));
        for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
            expect_equal(inspect(first + i).data, i < count ? i + 1 : 0);
    }
}

TEST(copy_mint_and_move_in_one_message)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), first = slots_take(4),
          notification = make(OBJECT_NOTIFICATION, 0);
    cap_t other = copy(notification);
    struct worker *receiver = receiver_at(endpoint, first, first + 1, first + 2, first + 3);

    give(0, notification, GIVE_COPY, 0, 0);
    give(1, notification, GIVE_MINT, RIGHT_READ, 9);
    give(2, other, GIVE_MOVE, 0, 0);
    give(3, other, GIVE_COPY, 0, 0); /* moved away by the one before */
    expect_argument(send_caps(endpoint, 4), ERR_TRUNCATED, 0);
    expect_equal(receiver->seen[1], tag_make(6, 1, 3));
    expect_equal(inspect(first + 1).data, 9);
    expect_equal(type_of(first + 2), OBJECT_NOTIFICATION);
    expect_equal(type_of(other), OBJECT_NULL);
}

TEST(without_the_grant_right_no_capability_arrives_and_both_are_told)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slot_take(), source = make(OBJECT_NOTIFICATION, 0);
    struct worker *receiver = receiver_at(endpoint, slot, 0, 0, 0);

    give(0, source, GIVE_MOVE, 0, 0);
    expect_argument(send_caps(mint(endpoint, RIGHT_READ | RIGHT_WRITE, 0), 1), ERR_TRUNCATED, 0);
    expect_equal(receiver->seen[0], ERR_TRUNCATED);
    expect_equal(receiver->seen[1], tag_make(6, 1, 0));
    expect_equal(type_of(slot), OBJECT_NULL);
    expect_equal(type_of(source), OBJECT_NOTIFICATION);
}

TEST(a_destination_in_use_ends_the_transfer_and_the_count_says_so)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), first = slots_take(4), source = make(OBJECT_NOTIFICATION, 0);
    cap_t occupied = make(OBJECT_REPLY, 0);
    struct worker *receiver = receiver_at(endpoint, first, occupied, first + 2, first + 3);

    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        give(i, source, GIVE_COPY, 0, 0);
    expect_argument(send_caps(endpoint, 4), ERR_TRUNCATED, 0);
    expect_equal(receiver->seen[0], ERR_TRUNCATED);
    expect_equal(receiver->seen[1], tag_make(6, 1, 1));
    expect_equal(type_of(first), OBJECT_NOTIFICATION);
    expect_equal(type_of(occupied), OBJECT_REPLY);
    expect_equal(type_of(first + 2), OBJECT_NULL);
}

TEST(slot_0_and_addresses_that_lead_nowhere_are_no_destinations)
{
    const cap_t wrong[] = { 0, ~(word_t)0, (word_t)1 << boot->cnode_size_bits,
                            BOOT_SLOT_THREAD | (word_t)1 << boot->cnode_size_bits };

    for (unsigned i = 0; i < COUNT(wrong); i++) {
        cap_t endpoint = make(OBJECT_ENDPOINT, 0);
        struct worker *receiver = receiver_at(endpoint, wrong[i], 0, 0, 0);
        give(0, test_context, GIVE_COPY, 0, 0);
        expect_argument(send_caps(endpoint, 1), ERR_TRUNCATED, 0);
        expect_equal(receiver->seen[1], tag_make(6, 1, 0));
    }
}

TEST(a_source_that_does_not_exist_is_left_out)
{
    send_one(slot_take(), GIVE_COPY, 0, 0, ERR_TRUNCATED);
    send_one(0, GIVE_MOVE, 0, 0, ERR_TRUNCATED);
    send_one(~(word_t)0, GIVE_MINT, 0, 0, ERR_TRUNCATED);
}

TEST(a_mode_that_does_not_exist_is_left_out)
{
    cap_t source = make(OBJECT_NOTIFICATION, 0);

    send_one(source, 3, 0, 0, ERR_TRUNCATED);
    send_one(source, 255, 0, 0, ERR_TRUNCATED);
    send_one(source, GIVE_MINT, 16, 0, ERR_TRUNCATED);                              /* no such right */
    send_one(mint(source, RIGHTS_ALL, 1), GIVE_MINT, RIGHTS_ALL, 2, ERR_TRUNCATED); /* badged already */
    expect_equal(type_of(source), OBJECT_NOTIFICATION);
}

TEST(a_capability_moved_into_its_own_slot_is_left_out)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), source = make(OBJECT_NOTIFICATION, 0);

    receiver_at(endpoint, source, 0, 0, 0);
    give(0, source, GIVE_MOVE, 0, 0);
    expect_argument(send_caps(endpoint, 1), ERR_TRUNCATED, 0);
    expect_equal(type_of(source), OBJECT_NOTIFICATION);
}

TEST(capabilities_are_looked_up_when_sender_and_receiver_meet)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slot_take(), source = slot_take();
    struct worker *receiver =
        worker_make(.function = peer_receive, .argument = endpoint, .priority = PRIORITY_BELOW);

    receiver->utcb->take[0] = slot;
    worker_start(receiver);
    settle();
    expect_ok(untyped_retype(arena, OBJECT_NOTIFICATION, 0, 0, source, 1, 0, 0)); /* after it began to wait */
    give(0, source, GIVE_COPY, 0, 0);
    expect_ok(send_caps(endpoint, 1));
    worker_finish(receiver);
    expect_equal(type_of(slot), OBJECT_NOTIFICATION);
}

TEST(no_capabilities_travel_without_message_pages)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slot_take();
    struct worker *receiver =
        worker_make(.function = peer_receive, .argument = endpoint, .no_message_page = true);

    receiver->utcb->take[0] = slot;
    worker_start(receiver);
    give(0, test_context, GIVE_COPY, 0, 0);
    expect_argument(send_caps(endpoint, 1), ERR_TRUNCATED, 0);
    expect_equal(receiver->seen[1], tag_make(6, 1, 0));
    expect_equal(type_of(slot), OBJECT_NULL);
}

/* ---- Answers */

/* argument: endpoint. Calls, and takes up to four capabilities from the answer. */
static cap_t answer_with_caps(word_t rights, unsigned count, unsigned taken, error_t expected)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), first = slots_take(4);
    cap_t source = make(OBJECT_NOTIFICATION, 0);
    struct worker *client = worker_make(.function = peer_call, .argument = mint(endpoint, rights, 1));
    struct message message;

    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        client->utcb->take[i] = i < taken ? first + i : 0;
    worker_start(client);
    expect_equal(sys_recv(endpoint, &message, reply), OK | STATUS_OWED);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        give(i, source, GIVE_MINT, RIGHT_WRITE, i + 1);
    message = (struct message){ .tag = tag_make(4, 2, count) };
    expect_argument(sys_send(reply, &message), expected, 0);
    worker_finish(client);
    expect_equal(client->seen[0], expected);
    expect_equal(tag_label(client->seen[1]), 4);
    expect_equal(tag_words(client->seen[1]), 2);
    unsigned arrived = tag_caps(client->seen[1]);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        expect_equal(inspect(first + i).data, i < arrived ? i + 1 : 0);
    return arrived;
}

TEST(capabilities_travel_in_an_answer)
{
    for (unsigned count = 0; count <= MESSAGE_CAPS_MAX; count++)
        expect_equal(answer_with_caps(RIGHTS_ALL, count, 4, OK), count);
}

TEST(an_answer_has_the_grant_right_of_the_capability_that_was_called)
{
    expect_equal(answer_with_caps(RIGHT_WRITE, 3, 4, ERR_TRUNCATED), 0);
    expect_equal(answer_with_caps(RIGHT_WRITE | RIGHT_GRANT, 3, 4, OK), 3);
}

TEST(an_answer_with_more_capabilities_than_slots_is_truncated_on_both_sides)
{
    expect_equal(answer_with_caps(RIGHTS_ALL, 4, 2, ERR_TRUNCATED), 2);
    expect_equal(answer_with_caps(RIGHTS_ALL, 1, 0, ERR_TRUNCATED), 0);
}

TEST(a_call_that_lost_a_capability_is_truncated_in_its_answer)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct message message = { .tag = tag_make(1, 1, 1) };

    worker_run(.function = peer_serve, .argument = PAIR(endpoint, reply));
    give(0, slot_take(), GIVE_COPY, 0, 0);
    expect_equal(sys_call(endpoint, &message), ERR_TRUNCATED);
    expect_equal(message.tag, tag_make(1, 1, 0));
    /* And the next one is whole again. */
    message = message_of(1, 1, 5);
    expect_equal(sys_call(endpoint, &message), OK);
    expect_equal(message.word[0], 6);
}

/* The Reply that the answer goes through moves to the client with it. */
TEST(an_answer_can_move_its_own_reply_away)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), slot = slot_take();
    struct worker *client = worker_make(.function = peer_call, .argument = endpoint);
    struct message message;

    client->utcb->take[0] = slot;
    worker_start(client);
    expect_equal(sys_recv(endpoint, &message, reply), OK | STATUS_OWED);
    give(0, reply, GIVE_MOVE, 0, 0);
    message = (struct message){ .tag = tag_make(4, 0, 1) };
    expect_ok(sys_send(reply, &message));
    worker_finish(client);
    expect_ok(client->seen[0]);
    expect_equal(type_of(reply), OBJECT_NULL);
    expect_equal(type_of(slot), OBJECT_REPLY);
    /* It is free, and works. */
    client = worker_run(.function = peer_call, .argument = endpoint);
    expect_equal(sys_recv(endpoint, &message, slot), OK | STATUS_OWED);
    expect_ok(answer(slot, 0, 0, 0, 0));
    worker_finish(client);
}

/* The endpoint that the message goes through moves to the receiver: its last capability does not go. */
TEST(a_message_can_move_the_endpoint_it_goes_through)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slot_take();
    struct worker *receiver = receiver_at(endpoint, slot, 0, 0, 0);

    give(0, endpoint, GIVE_MOVE, 0, 0);
    expect_ok(send_caps(endpoint, 1));
    worker_finish(receiver);
    expect_equal(type_of(endpoint), OBJECT_NULL);
    expect_equal(type_of(slot), OBJECT_ENDPOINT);
}
