/* SPDX-License-Identifier: BSD-2-Clause */
/* What the other files' tests do not reach: rare lines, each for its own reason. */
#include "system.h"
#include <lucid/faults.h>

static cap_t client, server[2], endpoint[2], reply[2], timeout_endpoint, timeout_reply, lent, handler;

static void setup(void)
{
    system_boot();
    client = make_thread(100);
    resume(client);
    timeout_endpoint = make(OBJECT_ENDPOINT, 0);
    timeout_reply = make(OBJECT_REPLY, 0);
    lent = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(lent, SLICE_NS, SLICE_NS, 0);
    handler = make_thread(105);
    resume(handler);
    for (unsigned i = 0; i < 2; i++) { /* passive, waiting, with a timeout handler */
        endpoint[i] = make(OBJECT_ENDPOINT, 0);
        reply[i] = make(OBJECT_REPLY, 0);
        server[i] = make_passive(110 + i);
        set_timeout_handler(server[i], mint(timeout_endpoint, RIGHT_WRITE, 1000 + i));
        DO(lent, OP_SCHED_CONTEXT_BIND, server[i]);
        resume(server[i]);
        run(server[i]);
        RECV(endpoint[i], reply[i]);
        root_wake();
        DO(lent, OP_SCHED_CONTEXT_UNBIND);
    }
}

static struct sched_context *client_sc(void)
{
    return object_at(SC_OF(client));
}

/* The server, two calls deep, answers the first of them: that gives the time back to its owner. */
TEST(answer_to_the_bottom_of_ones_own_chain_costs_the_time)
{
    setup();
    run(client);
    CALL(endpoint[0], 0);
    CALL(endpoint[1], 0);
    EXPECT(current() == thread_at(server[1]));
    REPLY_RECV(endpoint[1], reply[0], 0, 5);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 5);
    EXPECT(client_sc()->thread == thread_at(client));
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[1]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[1]);
    EXPECT_ERROR(outcome_of(thread_at(server[1])).status, ERR_CANCELLED, 0);
}

/* Two chains of one context are cut before the first one's links are settled. */
TEST(context_cut_twice)
{
    setup();
    run(client);
    CALL(endpoint[0], 0);
    CALL(endpoint[1], 0);
    REPLY_RECV(endpoint[1], reply[0], 0); /* cuts: reply[1] stays a cut link */
    struct reply *cut = object_at(reply[1]);
    EXPECT(client_sc()->cut == cut);
    /* A second chain, through another server. */
    root_wake();
    cap_t more_endpoint[2], more_reply[2], more[2];
    for (unsigned i = 0; i < 2; i++) {
        more_endpoint[i] = make(OBJECT_ENDPOINT, 0);
        more_reply[i] = make(OBJECT_REPLY, 0);
        more[i] = make_passive(112 + i);
        DO(lent, OP_SCHED_CONTEXT_BIND, more[i]);
        resume(more[i]);
        run(more[i]);
        RECV(more_endpoint[i], more_reply[i]);
        root_wake();
        DO(lent, OP_SCHED_CONTEXT_UNBIND);
    }
    run(client);
    CALL(more_endpoint[0], 0);
    CALL(more_endpoint[1], 0);
    EXPECT(current() == thread_at(more[1]));
    SEND(more_reply[0], 0);
    EXPECT(client_sc()->cut != NULL && client_sc()->thread == thread_at(client));
    system_check();
    root_wake();
    host.pending_every = 1;
    delete (SC_OF(client)); /* lets go of all of them */
    EXPECT(cut->sc == NULL);
}

/* The caller has got another context when its call ends: the donated one goes to its owner. */
TEST(context_returns_to_its_owner_if_the_caller_has_another)
{
    setup();
    run(client);
    CALL(endpoint[0], 0);
    root_wake();
    cap_t other = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(other, SLICE_NS, SLICE_NS, 0);
    EXPECT_ERROR(CALL(other, OP_SCHED_CONTEXT_BIND, client).status, ERR_BUSY,
                 1); /* it owns one, though that is away */
    run(server[0]);
    CALL(endpoint[1], 0); /* server 0 waits for server 1, without a context */
    root_wake();
    DO(other, OP_SCHED_CONTEXT_BIND, server[0]);
    run(server[1]);
    REPLY_RECV(endpoint[1], reply[1], 0);
    EXPECT(thread_at(server[0])->sc == object_at(other));
    EXPECT(client_sc()->thread == thread_at(client));
    run(server[0]);
    SEND(reply[0], 0, 4);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 4);
    system_check();
}

/* A server on donated time that has a context of its own lent to it, by itself. */
TEST(running_thread_changes_to_a_lent_context)
{
    setup();
    run(client);
    CALL(endpoint[0], 0);
    EXPECT_OK(CALL(lent, OP_SCHED_CONTEXT_LEND, server[0]).status);
    EXPECT(current() == thread_at(server[0]));
    EXPECT(core_self()->context == object_at(lent));
    EXPECT(client_sc()->thread == thread_at(client));
}

/* The time is used up in the very entry in which a call hands it on. */
TEST(slice_that_ends_during_a_call)
{
    setup();
    run(client);
    host.ticks += 20000000;
    fastpath_enable(false);
    CALL(endpoint[0], 0);
    host_take_interrupts();
    system_check();
    EXPECT(thread_at(server[0])->sc == client_sc());
    root_wake();
    set_budget(SC_OF(client), 1000000, 10000000, 3);
    run(server[0]);
    host.ticks += 2000000;
    CALL(endpoint[1], 0);
    host_take_interrupts();
    system_check();
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
}

TEST(passive_thread_cancelled_while_it_waits_faults)
{
    setup();
    DO(server[0], OP_THREAD_CANCEL);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    EXPECT_ERROR(thread_at(server[0])->context.registers[REGISTER_A0], ERR_CANCELLED, 0);
}

/* While a badge is being cancelled, the one who is next leaves by itself. */
TEST(cancel_badge_whose_next_sender_goes)
{
    setup();
    cap_t queue = make(OBJECT_ENDPOINT, 0), other = mint(queue, RIGHT_WRITE, 5);
    cap_t senders[3];
    for (unsigned i = 0; i < 3; i++) {
        senders[i] = make_thread(60 + i);
        resume(senders[i]);
        run(senders[i]);
        SEND(other, 0);
        root_wake();
    }
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_CANCEL_BADGE, 2, 0), WORDS(queue, 5));
    host.pending_every = 0;
    EXPECT(root_thread()->context.at_syscall);
    root_thread()->context.at_syscall = false;
    delete (senders[1]);
    DO(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, queue, 5);
    EXPECT_ERROR(outcome_of(thread_at(senders[0])).status, ERR_CANCELLED, 0);
    EXPECT_ERROR(outcome_of(thread_at(senders[2])).status, ERR_CANCELLED, 0);
}

TEST(results_that_need_a_message_page_are_truncated_without_one)
{
    setup();
    DO(client, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
    run(client);
    struct outcome seen = CALL(handler, OP_THREAD_READ_REGISTERS);
    EXPECT_ERROR(seen.status, ERR_TRUNCATED, 0);
    EXPECT_EQ(tag_words(seen.tag), MESSAGE_REGISTER_WORDS);
    EXPECT_EQ(seen.word[REGISTER_IP], THREAD_IP);
}

TEST(inspect_tells_where_a_frame_is_mapped)
{
    system_boot();
    struct outcome seen = CALL(BOOT_SLOT_CNODE, OP_CNODE_INSPECT, BOOT_SLOT_MESSAGE_FRAME);
    EXPECT_EQ(seen.word[0], OBJECT_FRAME);
    EXPECT_EQ(seen.word[2], info->message_page);
    EXPECT_EQ(seen.word[2 + LONG_WORDS], 12);
}

TEST(retype_is_at_most_255_deep)
{
    system_boot();
    cap_t last = make(OBJECT_UNTYPED, 12);
    while (slot_depth(slot_at(last)) < DERIVATION_DEPTH_MAX)
        last = make_from(last, OBJECT_UNTYPED, 12);
    EXPECT_ERROR(CALL(last, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 0, slot_new(), 1, 0, 0).status, ERR_DEPTH,
                 0);
    cap_t range = BOOT_SLOT_ASID_RANGE;
    while (slot_depth(slot_at(range)) < DERIVATION_DEPTH_MAX) {
        cap_t next = slot_new();
        DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, next, range, RIGHTS_ALL, 60, 2);
        range = next;
    }
    EXPECT_ERROR(CALL(memory, OP_UNTYPED_RETYPE, OBJECT_ADDRESS_SPACE, 0, 0, slot_new(), 1, range, 60).status,
                 ERR_DEPTH, 0);
    revoke(memory);
}

TEST(interrupt_handler_bound_again_forgets_the_first_notification)
{
    system_boot();
    cap_t line = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, 9),
          first = make(OBJECT_NOTIFICATION, 0), second = make(OBJECT_NOTIFICATION, 0);
    DO(line, OP_IRQ_HANDLER_BIND, mint(first, RIGHT_WRITE, 1));
    DO(line, OP_IRQ_HANDLER_BIND, mint(second, RIGHT_WRITE, 2));
    host_interrupt(9);
    EXPECT_EQ(((struct notification *)object_at(first))->bits, 0);
    EXPECT_EQ(((struct notification *)object_at(second))->bits, 2);
}

/* ---- Debug calls that end the machine */

static void debug_call(void *which)
{
    sys(SYS_DEBUG, (cap_t)(uintptr_t)which, 0, 5, WORDS());
}

TEST(debug_halt_and_panic)
{
    system_boot();
    EXPECT_EQ(host_run(debug_call, (void *)(uintptr_t)DEBUG_HALT), HOST_HALTED);
    EXPECT_EQ(host_halt_status, 5);
    EXPECT_EQ(host_run(debug_call, (void *)(uintptr_t)DEBUG_PANIC), HOST_HALTED);
    EXPECT_TEXT(host.console, "KERNEL PANIC");
}

TEST(debug_check_and_fast)
{
    system_boot();
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_CHECK, 0, 0, WORDS()).status);
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_FAST, 0, 0, WORDS()).status);
    EXPECT_EQ(core_self()->min_key, MIN_KEY_NONE);
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_FAST, 0, 1, WORDS()).status);
    EXPECT(core_self()->min_key != MIN_KEY_NONE);
}

TEST(words_beyond_those_that_an_operation_can_take_do_not_count)
{
    word_t words[MESSAGE_WORDS_MAX] = { BOOT_SLOT_CNODE };

    system_boot();
    EXPECT_OK(
        sys(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_INSPECT, MESSAGE_WORDS_MAX, 0), words).status);
}
