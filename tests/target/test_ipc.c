/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls themselves: destinations that are wrong, rights, polling, tags, registers. */
#include "peers.h"
#include "registers.h"

static const word_t sends[] = { SYS_CALL, SYS_SEND, SYS_SEND | SYS_POLL };
static const word_t receives[] = { SYS_RECV, SYS_RECV | SYS_POLL, SYS_REPLY_RECV, SYS_REPLY_RECV | SYS_POLL };

static status_t simple(word_t operation, cap_t cap, cap_t reply)
{
    struct message message = { 0 };
    status_t status = raw_call(operation, cap, &message, reply);

    if (status_error(status) != OK) { /* nothing arrived: nothing is in the registers */
        expect_equal(message.tag, 0);
        expect_equal(message.badge, 0);
        for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
            expect_equal(message.word[i], 0);
    }
    return status;
}

TEST(system_calls_on_an_empty_slot_are_err_capability)
{
    cap_t empty = slot_take();

    for (unsigned i = 0; i < COUNT(sends); i++)
        expect_argument(simple(sends[i], empty, 0), ERR_CAPABILITY, 0);
    for (unsigned i = 0; i < COUNT(receives); i++)
        expect_argument(simple(receives[i], empty, 0), ERR_CAPABILITY, 0);
}

TEST(system_calls_on_the_null_capability_are_err_capability)
{
    for (unsigned i = 0; i < COUNT(sends); i++)
        expect_status(simple(sends[i], CAP_NULL, 0), ERR_CAPABILITY);
    for (unsigned i = 0; i < COUNT(receives); i++)
        expect_status(simple(receives[i], CAP_NULL, 0), ERR_CAPABILITY);
}

TEST(system_calls_through_what_is_no_cnode_are_err_capability)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    word_t beyond = (word_t)1 << boot->cnode_size_bits;

    for (unsigned i = 0; i < COUNT(sends); i++)
        expect_status(simple(sends[i], endpoint | beyond, 0), ERR_CAPABILITY);
    expect_status(simple(SYS_RECV, ~(word_t)0, 0), ERR_CAPABILITY);
}

TEST(call_to_a_notification_or_a_reply_is_err_type)
{
    expect_argument(simple(SYS_CALL, make(OBJECT_NOTIFICATION, 0), 0), ERR_TYPE, 0);
    expect_argument(simple(SYS_CALL, make(OBJECT_REPLY, 0), 0), ERR_TYPE, 0);
}

TEST(send_to_a_kernel_object_is_err_type)
{
    const cap_t objects[] = { CNODE, SPACE, CORES, test_thread, test_context, arena };

    for (unsigned i = 0; i < COUNT(objects); i++) {
        expect_argument(simple(SYS_SEND, objects[i], 0), ERR_TYPE, 0);
        expect_argument(simple(SYS_SEND | SYS_POLL, objects[i], 0), ERR_TYPE, 0);
    }
}

TEST(receive_from_what_is_no_endpoint_or_notification_is_err_type)
{
    const cap_t objects[] = { CNODE, SPACE, CORES, test_thread, arena, make(OBJECT_REPLY, 0) };

    for (unsigned i = 0; i < COUNT(objects); i++)
        for (unsigned j = 0; j < COUNT(receives); j++)
            expect_argument(simple(receives[j], objects[i], 0), ERR_TYPE, 0);
}

TEST(receive_that_names_something_else_as_its_reply_is_an_error)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    for (unsigned i = 0; i < COUNT(receives); i++) {
        expect_status(simple(receives[i], endpoint, endpoint), ERR_TYPE);
        expect_status(simple(receives[i], endpoint, slot_take()), ERR_CAPABILITY);
    }
}

TEST(send_and_call_without_the_right_write_are_err_right)
{
    cap_t endpoint = mint(make(OBJECT_ENDPOINT, 0), RIGHT_READ | RIGHT_GRANT, 0);
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHT_READ, 0);

    for (unsigned i = 0; i < COUNT(sends); i++)
        expect_argument(simple(sends[i], endpoint, 0), ERR_RIGHT, 0);
    expect_argument(simple(SYS_SEND, notification, 0), ERR_RIGHT, 0);
}

TEST(receive_without_the_right_read_is_err_right)
{
    cap_t endpoint = mint(make(OBJECT_ENDPOINT, 0), RIGHT_WRITE | RIGHT_GRANT, 0);
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHT_WRITE, 0);

    for (unsigned i = 0; i < COUNT(receives); i++) {
        expect_argument(simple(receives[i], endpoint, 0), ERR_RIGHT, 0);
        expect_argument(simple(receives[i], notification, 0), ERR_RIGHT, 0);
    }
}

TEST(poll_at_an_endpoint_without_a_peer_is_err_would_block)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);

    expect_status(simple(SYS_SEND | SYS_POLL, endpoint, 0), ERR_WOULD_BLOCK);
    expect_status(simple(SYS_RECV | SYS_POLL, endpoint, 0), ERR_WOULD_BLOCK);
    expect_status(simple(SYS_RECV | SYS_POLL, endpoint, reply), ERR_WOULD_BLOCK);
    expect_status(simple(SYS_REPLY_RECV | SYS_POLL, endpoint, reply), ERR_WOULD_BLOCK);
    /* The Reply is free as before. */
    expect_status(simple(SYS_RECV | SYS_POLL, endpoint, reply), ERR_WOULD_BLOCK);
}

TEST(poll_at_an_endpoint_does_not_meet_another_of_the_same_kind)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *sender = worker_run(.function = peer_send, .argument = endpoint);

    expect_state(sender, THREAD_STATE_SENDING);
    expect_status(simple(SYS_SEND | SYS_POLL, endpoint, 0), ERR_WOULD_BLOCK);
    expect_ok(simple(SYS_RECV | SYS_POLL, endpoint, 0));
    expect_status(simple(SYS_RECV | SYS_POLL, endpoint, 0), ERR_WOULD_BLOCK);
}

TEST(poll_at_an_idle_notification_is_err_would_block)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);

    expect_status(simple(SYS_RECV | SYS_POLL, notification, 0), ERR_WOULD_BLOCK);
    expect_status(simple(SYS_REPLY_RECV | SYS_POLL, notification, 0), ERR_WOULD_BLOCK);
}

TEST(a_tag_with_more_than_64_words_or_4_capabilities_is_err_range)
{
    static const struct {
        unsigned words, caps;
    } wrong[] = { { 65, 0 }, { 127, 0 }, { 0, 5 }, { 0, 7 }, { 64, 5 }, { 127, 7 } };
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);
    struct message message;

    expect_ok(sys_recv(endpoint, &message, reply));
    for (unsigned i = 0; i < COUNT(wrong); i++) {
        tag_t tag = tag_make(1, wrong[i].words, wrong[i].caps);
        for (unsigned j = 0; j < COUNT(sends); j++) {
            message = (struct message){ .tag = tag };
            expect_argument(raw_call(sends[j], endpoint, &message, 0), ERR_RANGE, 0);
        }
        message = (struct message){ .tag = tag };
        expect_argument(raw_call(SYS_SEND, reply, &message, 0), ERR_RANGE, 0);
        message = (struct message){ .tag = tag };
        expect_argument(raw_call(SYS_REPLY_RECV, endpoint, &message, reply), ERR_RANGE, 0);
    }
    /* Nothing has been answered by all this. */
    expect_state(client, THREAD_STATE_CALLING);
    expect_ok(answer(reply, 3, 0, 0, 0));
    worker_finish(client);
    expect_equal(client->seen[0], OK);
}

TEST(bits_of_a_tag_that_mean_nothing_do_not_arrive)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);
    struct message message = { .tag = tag_make(5, 2, 0) | 0xfc00 };

    expect_ok(sys_send(endpoint, &message));
    expect_equal(receiver->seen[1], tag_make(5, 2, 0));
}

TEST(label_and_badge_arrive_whole)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), badged = mint(endpoint, RIGHTS_ALL, 0xfedcba9876543210);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);
    word_t label = ~(word_t)0 >> TAG_LABEL_SHIFT;
    struct message message = { .tag = tag_make(label, 1, 0), .word = { 99 } };

    expect_ok(sys_send(badged, &message));
    expect_equal(receiver->seen[0], OK);
    expect_equal(receiver->seen[1], tag_make(label, 1, 0));
    expect_equal(receiver->seen[2], 0xfedcba9876543210);
    expect_equal(receiver->seen[3], 99);
}

TEST(a_capability_without_a_badge_arrives_as_badge_0)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);
    struct message message = { .badge = 77 };

    expect_ok(sys_send(endpoint, &message));
    expect_equal(receiver->seen[2], 0);
}

TEST(invoking_an_operation_that_does_not_exist_is_err_operation)
{
    const cap_t objects[] = { CNODE, SPACE, CORES, test_thread, test_context, arena };

    for (unsigned i = 0; i < COUNT(objects); i++)
        for (word_t label = 0; label<0x1200; label += label % 0x100> 0x10 ? 0xf0 : 1)
            if (label >> 8 != type_of(objects[i]) || label % 0x100 == 0 || label % 0x100 > 0xc)
                expect_argument(raw_invoke(objects[i], label, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
    expect_argument(raw_invoke(CNODE, ~(word_t)0 >> TAG_LABEL_SHIFT, 0, 0, 0, 0, 0), ERR_OPERATION, 0);
}

TEST(invoking_with_too_few_words_is_err_arguments)
{
    expect_argument(raw_invoke(CNODE, OP_CNODE_COPY, 1, 0, 0, 0, 0), ERR_ARGUMENTS, 0);
    expect_argument(raw_invoke(test_thread, OP_THREAD_SET_PRIORITY, 0, 0, 0, 0, 0), ERR_ARGUMENTS, 0);
    expect_argument(raw_invoke(test_thread, OP_THREAD_CONFIGURE, 7, 0, 0, 0, 0), ERR_ARGUMENTS, 0);
}

TEST(invoking_without_the_right_write_is_err_right)
{
    cap_t weak = mint(test_context, RIGHT_READ, 0);

    expect_argument(raw_invoke(weak, OP_SCHED_CONTEXT_INFO, 0, 0, 0, 0, 0), ERR_RIGHT, 0);
}

static void invoke_configure(struct worker *worker)
{
    struct message message = { .tag = tag_make(OP_THREAD_CONFIGURE, 8, 0), .word = { 0 } };
    status_t status = raw_call(SYS_CALL, worker->thread, &message, 0);
    report(worker, status, &message);
}

TEST(invoking_with_more_than_4_words_without_a_message_page_is_err_arguments)
{
    struct worker *worker = worker_run(.function = invoke_configure, .no_message_page = true);

    expect_equal(worker->seen[4], 1);
    expect_argument(worker->seen[0], ERR_ARGUMENTS, 0);
}

/* ---- Faults instead of statuses */

static void one_system_call(struct worker *worker)
{
    struct message message = { .tag = tag_make(9, 2, 0), .word = { 0x1111, 0x2222, 0x3333, 0x4444 } };
    status_t status = raw_call(SECOND(worker->argument) | worker->seen[6], FIRST(worker->argument), &message,
                               THIRD(worker->argument));
    report(worker, status, &message);
}

struct faulting {
    cap_t handler, reply;
    struct worker *worker;
    struct message fault;
};

static struct faulting system_call_faults(word_t operation, cap_t cap, cap_t named_reply, word_t attributes)
{
    struct faulting f = { .handler = make(OBJECT_ENDPOINT, 0), .reply = make(OBJECT_REPLY, 0) };

    f.worker = worker_run(.function = one_system_call, .argument = TRIPLE(cap, operation, named_reply),
                          .fault = mint(f.handler, RIGHTS_ALL, 42), .attributes = attributes);
    expect_equal(f.worker->seen[4], 0);
    expect_status(sys_recv_poll(f.handler, &f.fault, f.reply), OK);
    expect_equal(f.fault.badge, 42);
    return f;
}

static void expect_capability_fault(const struct faulting *f, cap_t cap, error_t error)
{
    expect_equal(f->fault.tag, tag_make(FAULT_CAPABILITY, FAULT_WORDS, 0));
    expect_equal(f->fault.word[0], cap);
    expect_equal(f->fault.word[1], error);
    expect_equal(f->fault.word[2], worker_register(f->worker, REGISTER_IP));
    expect_equal(f->fault.word[3], worker_register(f->worker, REGISTER_SP));
    expect_state(f->worker, THREAD_STATE_CALLING);
}

TEST(with_fault_on_cap_a_bad_destination_is_a_fault_and_the_answer_repeats_the_call)
{
    cap_t slot = slot_take(), notification = make(OBJECT_NOTIFICATION, 0);
    struct faulting f = system_call_faults(SYS_SEND, slot, 0, THREAD_FAULT_ON_CAP);
    word_t bits;

    expect_capability_fault(&f, slot, ERR_CAPABILITY);
    /* Not repaired: it faults again. */
    expect_ok(answer(f.reply, FAULT_REPLY_RESUME, 0, 0, 0));
    expect_ok(sys_recv_poll(f.handler, &f.fault, f.reply));
    expect_capability_fault(&f, slot, ERR_CAPABILITY);
    /* Repaired: it goes on as if nothing had been. */
    expect_ok(cnode_mint(CNODE, slot, notification, RIGHTS_ALL, 4));
    expect_ok(answer(f.reply, FAULT_REPLY_RESUME, 0, 0, 0));
    worker_finish(f.worker);
    expect_ok(f.worker->seen[0]);
    expect_ok(notification_poll(notification, &bits));
    expect_equal(bits, 4);
}

TEST(a_repeated_call_sends_the_same_message)
{
    cap_t slot = slot_take(), endpoint = make(OBJECT_ENDPOINT, 0);
    struct faulting f = system_call_faults(SYS_CALL, slot, 0, THREAD_FAULT_ON_CAP);
    struct message message;

    expect_ok(cnode_mint(CNODE, slot, endpoint, RIGHTS_ALL, 5));
    expect_ok(answer(f.reply, FAULT_REPLY_RESUME, 0, 0, 0));
    expect_equal(sys_recv_poll(endpoint, &message, f.reply), OK | STATUS_OWED);
    expect_equal(message.badge, 5);
    expect_equal(message.tag, tag_make(9, 2, 0));
    expect_equal(message.word[0], 0x1111);
    expect_equal(message.word[1], 0x2222);
    expect_equal(message.word[2], 0x3333);
    expect_equal(message.word[3], 0x4444);
    expect_ok(answer(f.reply, 11, 1, 12, 0));
    worker_finish(f.worker);
    expect_equal(f.worker->seen[1], tag_make(11, 1, 0));
    expect_equal(f.worker->seen[3], 12);
}

TEST(with_fault_on_cap_a_missing_right_and_a_wrong_type_are_faults)
{
    cap_t weak = mint(make(OBJECT_ENDPOINT, 0), RIGHT_READ, 0), thread = test_thread,
          notification = make(OBJECT_NOTIFICATION, 0);
    struct faulting f = system_call_faults(SYS_CALL, weak, 0, THREAD_FAULT_ON_CAP);

    expect_capability_fault(&f, weak, ERR_RIGHT);
    f = system_call_faults(SYS_SEND, thread, 0, THREAD_FAULT_ON_CAP);
    expect_capability_fault(&f, thread, ERR_TYPE);
    f = system_call_faults(SYS_CALL, notification, 0, THREAD_FAULT_ON_CAP);
    expect_capability_fault(&f, notification, ERR_TYPE);
    f = system_call_faults(SYS_RECV, thread, 0, THREAD_FAULT_ON_CAP);
    expect_capability_fault(&f, thread, ERR_TYPE);
}

TEST(with_fault_on_cap_a_bad_reply_in_a_receive_is_a_fault_that_names_it)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slot_take();
    struct faulting f = system_call_faults(SYS_RECV, endpoint, slot, THREAD_FAULT_ON_CAP);

    expect_capability_fault(&f, slot, ERR_CAPABILITY);
    /* The register that named it was not lost: the repeated call names it again. */
    expect_ok(untyped_retype(arena, OBJECT_REPLY, 0, 0, slot, 1, 0, 0));
    expect_ok(answer(f.reply, FAULT_REPLY_RESUME, 0, 0, 0));
    expect_state(f.worker, THREAD_STATE_RECEIVING);
    f = system_call_faults(SYS_REPLY_RECV, endpoint, endpoint, THREAD_FAULT_ON_CAP);
    expect_capability_fault(&f, endpoint, ERR_TYPE);
}

static void copy_from_nowhere(struct worker *worker)
{
    struct message message = { .tag = tag_make(OP_CNODE_COPY, 2, 0),
                               .word = { worker->argument, worker->argument } };
    status_t status = raw_call(SYS_CALL, CNODE, &message, 0);
    report(worker, status, &message);
}

TEST(with_fault_on_cap_bad_arguments_are_still_a_status)
{
    cap_t slot = slot_take();
    struct worker *worker = worker_run(.function = copy_from_nowhere, .argument = slot,
                                       .attributes = THREAD_FAULT_ON_CAP, .fault = make(OBJECT_ENDPOINT, 0));

    worker_finish(worker);
    expect_argument(worker->seen[0], ERR_CAPABILITY, 2);
}

TEST(unknown_system_call_numbers_are_a_fault_and_can_be_skipped)
{
    static const word_t numbers[] = { SYS_COUNT,
                                      SYS_COUNT + 1,
                                      0x80,
                                      0xff,
                                      SYS_COUNT | SYS_POLL,
                                      SYS_CALL | SYS_POLL,
                                      SYS_YIELD | SYS_POLL,
                                      0x200 | SYS_SEND,
                                      0xfe00 };
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    for (unsigned i = 0; i < COUNT(numbers); i++) {
        /* As the Reply, too: the status comes back where the one or the other went out. */
        struct faulting f = system_call_faults(numbers[i], endpoint, numbers[i], 0);
        expect_equal(f.fault.tag, tag_make(FAULT_SYSCALL, FAULT_WORDS, 0));
        expect_equal(f.fault.word[0], numbers[i]);
        expect_equal(f.fault.word[1], endpoint);
        expect_equal(f.fault.word[2], worker_register(f.worker, REGISTER_IP));
        expect_equal(f.fault.word[3], worker_register(f.worker, REGISTER_SP));
        expect_ok(
            answer(f.reply, FAULT_REPLY_RESUME, 2, f.fault.word[2] + ARCH_SYSCALL_BYTES, f.fault.word[3]));
        worker_finish(f.worker);
        expect_equal(f.worker->seen[1], tag_make(9, 2, 0)); /* nobody has touched its registers */
        expect_equal(f.worker->seen[2], endpoint);
        expect_equal(f.worker->seen[3], 0x1111);
    }
}

TEST(an_operation_word_with_high_bits_is_an_unknown_system_call)
{
    for (unsigned bit = 9; bit < 64; bit += 5) {
        cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
        struct worker *worker = worker_make(.function = one_system_call,
                                            .argument = TRIPLE(handler, SYS_SEND, 0), .fault = handler);
        struct message fault;
        worker->seen[6] = (word_t)1 << bit;
        worker_start(worker);
        expect_equal(sys_recv_poll(handler, &fault, reply), OK | STATUS_KERNEL | STATUS_OWED);
        expect_equal(fault.tag, tag_make(FAULT_SYSCALL, FAULT_WORDS, 0));
        expect_equal(fault.word[0], SYS_SEND | (word_t)1 << bit);
    }
}

TEST(the_debug_system_call_is_unknown_in_release_builds)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker = worker_run(.function = one_system_call, .argument = TRIPLE(50, SYS_DEBUG, 0),
                                       .fault = handler); /* DEBUG_*: there is no 50 */
    struct message fault;
    status_t status = sys_recv_poll(handler, &fault, reply);

    if (kernel_is_debug()) {
        expect_status(status, ERR_WOULD_BLOCK);
        expect_argument(worker->seen[0], ERR_RANGE, 0);
    } else {
        expect_ok(status);
        expect_equal(fault.tag, tag_make(FAULT_SYSCALL, FAULT_WORDS, 0));
    }
}

/* ---- Registers */

/* Nothing that looks like an address of the kernel, and no message where none came. */
static void expect_clean(const word_t registers[SYSCALL_REGISTERS], bool message)
{
    for (unsigned i = 0; i < SYSCALL_REGISTERS; i++)
        expect_true(registers[i] >> 47 == 0);
    for (unsigned i = 4; i < 8 && !message; i++)
        expect_equal(registers[i], 0);
    for (unsigned i = SYSCALL_CLEARED; i < SYSCALL_REGISTERS; i++)
        expect_equal(registers[i], 0);
}

TEST(registers_that_carry_no_result_hold_nothing_of_the_kernel)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0),
          notification = make(OBJECT_NOTIFICATION, 0);
    word_t registers[SYSCALL_REGISTERS];

    start_passive(worker_make(.function = peer_serve, .argument = PAIR(endpoint, reply), .passive = true));
    syscall_registers(SYS_CALL, endpoint, tag_make(1, 1, 0), 0, registers);
    expect_equal(registers[0], OK);
    expect_equal(registers[4], 0x1112);
    expect_clean(registers, true);
    syscall_registers(SYS_CALL, endpoint, tag_make(1, 6, 0), 0,
                      registers); /* the general path, where the server has no page's worth */
    expect_clean(registers, true);
    syscall_registers(SYS_CALL, 0, 0, 0, registers);
    expect_clean(registers, false);
    syscall_registers(SYS_CALL, CNODE, 0, 0, registers);
    expect_clean(registers, false);
    syscall_registers(SYS_SEND, notification, 0, 0, registers);
    expect_clean(registers, false);
    syscall_registers(SYS_RECV | SYS_POLL, notification, 0, 0, registers);
    expect_clean(registers, false);
    syscall_registers(SYS_RECV | SYS_POLL, endpoint, 0, 0, registers);
    expect_clean(registers, false);
    syscall_registers(SYS_YIELD, 0, 0, 0, registers);
    expect_clean(registers, false);
}

/* Argument: endpoint, Reply. A server that answers for ever; seen[0] counts its messages, seen[1] registers that hold something though they carry
 * no result, seen[2] and [3] are its latest first and last word. */
static void serve_and_look(struct worker *worker)
{
    cap_t endpoint = FIRST(worker->argument), reply = SECOND(worker->argument);
    word_t registers[SYSCALL_REGISTERS];

    syscall_registers(SYS_RECV, endpoint, 0, reply, registers);
    for (;;) {
        worker->seen[0]++;
        for (unsigned i = SYSCALL_CLEARED; i < SYSCALL_REGISTERS; i++)
            worker->seen[1] += registers[i] != 0;
        worker->seen[2] = registers[4];
        worker->seen[3] = registers[7];
        syscall_registers(SYS_REPLY_RECV, endpoint, tag_make(0, 4, 0), reply, registers);
    }
}

TEST(registers_that_carry_no_result_hold_nothing_of_the_other_thread)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *server = start_passive(
        worker_make(.function = serve_and_look, .argument = PAIR(endpoint, reply), .passive = true));
    word_t registers[SYSCALL_REGISTERS];

    for (unsigned words = 1; words <= 4; words += 3) {
        syscall_registers(SYS_CALL, endpoint, tag_make(1, words, 0), 0, registers);
        expect_clean(registers, true);
        expect_equal(registers[7], 0x4444);
    }
    expect_equal(server->seen[0], 2);
    expect_equal(server->seen[1], 0);
    expect_equal(server->seen[2], 0x1111);
    expect_equal(server->seen[3], 0x4444);
}

/* argument: an endpoint or a notification, the operation, a Reply or 0. Receives for ever, and looks at the registers each time. */
static void receive_registers(struct worker *worker)
{
    word_t registers[SYSCALL_REGISTERS];

    for (;;) {
        syscall_registers(SECOND(worker->argument), FIRST(worker->argument), 0, THIRD(worker->argument),
                          registers);
        expect_clean(registers, !(registers[0] & STATUS_SIGNAL));
        worker->seen[0]++;
    }
}

/* Every register that can be is full on both sides. */
TEST(registers_of_one_thread_do_not_reach_another)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0),
          other = make(OBJECT_ENDPOINT, 0), notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *server = worker_make(.function = receive_registers, .passive = true,
                                        .argument = TRIPLE(endpoint, SYS_REPLY_RECV, reply));
    word_t registers[SYSCALL_REGISTERS];

    start_passive(server);
    struct worker *receiver = worker_run(.function = receive_registers, .priority = PRIORITY_ABOVE,
                                         .argument = TRIPLE(other, SYS_RECV, 0));
    struct worker *waiter = worker_run(.function = receive_registers, .priority = PRIORITY_ABOVE,
                                       .argument = TRIPLE(notification, SYS_RECV, 0));
    for (word_t i = 1; i <= 3; i++) {
        syscall_registers(SYS_CALL, endpoint, tag_make(1, 4, 0), 0, registers);
        expect_clean(registers, true);
        expect_equal(server->seen[0], i);
        syscall_registers(SYS_SEND, other, tag_make(1, 4, 0), 0, registers);
        expect_clean(registers, false);
        expect_equal(receiver->seen[0], i);
        syscall_registers(SYS_SEND, mint(notification, RIGHTS_ALL, 1), 0, 0, registers);
        expect_clean(registers, false);
        expect_equal(waiter->seen[0], i);
    }
}

TEST(registers_of_a_message_that_are_not_counted_are_the_senders)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker =
        worker_run(.function = one_system_call, .argument = TRIPLE(endpoint, SYS_SEND, 0));
    struct message message;

    expect_state(worker, THREAD_STATE_SENDING);
    expect_ok(sys_recv(endpoint, &message, 0));
    expect_equal(message.tag, tag_make(9, 2, 0));
    expect_equal(message.word[2], 0x3333);
    expect_equal(message.word[3], 0x4444);
}
