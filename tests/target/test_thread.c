/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: configuring, registers, starting and stopping, priorities, attributes. */
#include "once.h"

static void nothing(struct worker *worker)
{
    worker->seen[0]++;
}

/* ---- Configure */

static status_t configure(cap_t thread, word_t mask, struct thread_configuration configuration)
{
    return thread_configure(thread, mask, &configuration);
}

TEST(configure_checks_every_capability)
{
    cap_t thread = make(OBJECT_THREAD, 0), empty = slot_take(), wrong = make(OBJECT_REPLY, 0);

    expect_argument(configure(thread, THREAD_SET_ALL + 1, (struct thread_configuration){ 0 }), ERR_RANGE, 1);
    expect_argument(configure(thread, THREAD_SET_CNODE, (struct thread_configuration){ .cnode = empty }),
                    ERR_CAPABILITY, 2);
    expect_argument(configure(thread, THREAD_SET_CNODE, (struct thread_configuration){ .cnode = wrong }),
                    ERR_TYPE, 2);
    expect_argument(configure(thread, THREAD_SET_SPACE, (struct thread_configuration){ .space = empty }),
                    ERR_CAPABILITY, 3);
    expect_argument(configure(thread, THREAD_SET_SPACE, (struct thread_configuration){ .space = wrong }),
                    ERR_TYPE, 3);
    expect_argument(
        configure(thread, THREAD_SET_MESSAGE, (struct thread_configuration){ .message_frame = empty }),
        ERR_CAPABILITY, 4);
    expect_argument(
        configure(thread, THREAD_SET_MESSAGE, (struct thread_configuration){ .message_frame = wrong }),
        ERR_TYPE, 4);
    expect_argument(configure(thread, THREAD_SET_FAULT, (struct thread_configuration){ .fault = empty }),
                    ERR_CAPABILITY, 6);
    expect_argument(configure(thread, THREAD_SET_FAULT, (struct thread_configuration){ .fault = wrong }),
                    ERR_TYPE, 6);
    expect_argument(configure(thread, THREAD_SET_TIMEOUT, (struct thread_configuration){ .timeout = empty }),
                    ERR_CAPABILITY, 7);
    expect_argument(configure(thread, THREAD_SET_TIMEOUT, (struct thread_configuration){ .timeout = wrong }),
                    ERR_TYPE, 7);
    expect_argument(configure(thread, THREAD_SET_DEATH, (struct thread_configuration){ .death = empty }),
                    ERR_CAPABILITY, 8);
    expect_argument(configure(thread, THREAD_SET_DEATH, (struct thread_configuration){ .death = wrong }),
                    ERR_TYPE, 8);
    /* What the mask does not name is not looked at. */
    expect_ok(
        configure(thread, 0, (struct thread_configuration){ wrong, wrong, wrong, 1, wrong, wrong, wrong }));
}

TEST(configure_needs_rights)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    cap_t frame = mint(make(OBJECT_FRAME, FRAME_SIZE_4K), RIGHT_READ, 0),
          endpoint = mint(make(OBJECT_ENDPOINT, 0), RIGHT_READ, 0);
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHT_READ, 0);

    expect_argument(
        configure(thread, THREAD_SET_MESSAGE, (struct thread_configuration){ .message_frame = frame }),
        ERR_RIGHT, 4);
    expect_argument(configure(thread, THREAD_SET_FAULT, (struct thread_configuration){ .fault = endpoint }),
                    ERR_RIGHT, 6);
    expect_argument(
        configure(thread, THREAD_SET_TIMEOUT, (struct thread_configuration){ .timeout = endpoint }),
        ERR_RIGHT, 7);
    expect_argument(
        configure(thread, THREAD_SET_DEATH, (struct thread_configuration){ .death = notification }),
        ERR_RIGHT, 8);
}

TEST(message_page_is_an_aligned_part_of_an_ordinary_frame)
{
    cap_t thread = make(OBJECT_THREAD, 0), frame = make(OBJECT_FRAME, FRAME_SIZE_4K),
          large = make(OBJECT_FRAME, FRAME_SIZE_2M);

    expect_argument(configure(thread, THREAD_SET_MESSAGE,
                              (struct thread_configuration){ .message_frame = frame, .message_offset = 512 }),
                    ERR_ALIGNMENT, 5);
    expect_argument(
        configure(thread, THREAD_SET_MESSAGE,
                  (struct thread_configuration){ .message_frame = frame, .message_offset = 4096 }),
        ERR_RANGE, 5);
    expect_argument(
        configure(thread, THREAD_SET_MESSAGE,
                  (struct thread_configuration){ .message_frame = frame, .message_offset = ~(word_t)1023 }),
        ERR_RANGE, 5);
    expect_ok(configure(thread, THREAD_SET_MESSAGE,
                        (struct thread_configuration){ .message_frame = frame, .message_offset = 3072 }));
    expect_ok(configure(thread, THREAD_SET_MESSAGE,
                        (struct thread_configuration){ .message_frame = large, .message_offset = 0x1ffc00 }));
    for (unsigned i = 0; i < boot->untyped_count; i++) {
        if (!(boot->untyped[i].flags & BOOT_UNTYPED_DEVICE))
            continue;
        cap_t device = make_from(boot->untyped[i].slot, OBJECT_FRAME, FRAME_SIZE_4K);
        expect_argument(
            configure(thread, THREAD_SET_MESSAGE, (struct thread_configuration){ .message_frame = device }),
            ERR_TYPE, 4);
        erase(device);
        expect_ok(untyped_reset(boot->untyped[i].slot, 0));
        return;
    }
}

TEST(thread_keeps_copies_of_what_it_is_configured_with)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), notification = make(OBJECT_NOTIFICATION, 0),
          twin = copy(notification);
    struct worker *worker =
        worker_make(.function = fault_once, .fault = endpoint, .death = mint(notification, RIGHTS_ALL, 2));
    word_t bits;

    erase(endpoint);
    worker_start(worker);
    expect_state(worker, THREAD_STATE_SENDING); /* at an endpoint that only the thread itself still has */
    erase(worker->thread);
    expect_status(notification_poll(twin, &bits), OK);
    expect_equal(bits, 2);
}

TEST(configure_does_not_destroy_what_it_replaces)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), thread = make(OBJECT_THREAD, 0);

    expect_ok(configure(thread, THREAD_SET_FAULT, (struct thread_configuration){ .fault = endpoint }));
    erase(endpoint);
    expect_argument(configure(thread, THREAD_SET_FAULT, (struct thread_configuration){ 0 }), ERR_STATE, 6);
    expect_argument(configure(thread, THREAD_SET_FAULT,
                              (struct thread_configuration){ .fault = make(OBJECT_ENDPOINT, 0) }),
                    ERR_STATE, 6);
}

TEST(configure_that_fails_changes_nothing)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker = worker_make(.function = fault_once, .fault = endpoint);
    struct message message;

    expect_argument(configure(worker->thread, THREAD_SET_FAULT | THREAD_SET_DEATH,
                              (struct thread_configuration){ .death = arena }),
                    ERR_TYPE, 8);
    worker_start(worker);
    expect_status(sys_recv_poll(endpoint, &message, make(OBJECT_REPLY, 0)), OK);
}

TEST(thread_changes_its_own_fault_endpoint_and_space)
{
    cap_t space = space_with_program();

    expect_ok(configure(test_thread, THREAD_SET_SPACE, (struct thread_configuration){ .space = space }));
    volatile word_t on_the_stack = 5;
    expect_equal(on_the_stack, 5);
    expect_ok(configure(test_thread, THREAD_SET_SPACE, (struct thread_configuration){ .space = SPACE }));
}

/* ---- Registers */

TEST(registers_are_read_as_they_were_written)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    word_t written[REGISTER_COUNT], seen[REGISTER_COUNT];

    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        written[i] = 0x1000 + i;
    expect_ok(thread_write_registers(thread, 0, written, REGISTER_COUNT));
    expect_ok(thread_read_registers(thread, seen));
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        if (i != MACHINE_REGISTER_MASKED)
            expect_equal(seen[i], written[i]);
}

TEST(registers_can_be_written_in_part)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    unsigned middle = REGISTER_COUNT / 2;
    word_t value = 0x77, seen[REGISTER_COUNT];

    expect_ok(thread_write_registers(thread, REGISTER_COUNT - 1, &value, 1));
    expect_ok(thread_write_registers(thread, middle, &value, 1));
    expect_ok(thread_read_registers(thread, seen));
    expect_equal(seen[REGISTER_COUNT - 1], 0x77);
    expect_equal(seen[middle], 0x77);
    expect_equal(seen[middle + 1], 0);
    expect_ok(thread_write_registers(thread, 0, &value, 0));
}

TEST(write_registers_checks_numbers_and_values)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    word_t values[REGISTER_COUNT] = { 0 }, bad = USER_ADDRESS_END;

    expect_argument(thread_write_registers(thread, REGISTER_COUNT, values, 1), ERR_RANGE, 1);
    expect_argument(thread_write_registers(thread, ~(word_t)0, values, 1), ERR_RANGE, 1);
    expect_argument(thread_write_registers(thread, 1, values, REGISTER_COUNT), ERR_RANGE, 1);
    expect_argument(thread_write_registers(thread, REGISTER_IP, &bad, 1), ERR_RANGE, 2);
    bad = 0xffffffff80100000;
    expect_argument(thread_write_registers(thread, REGISTER_IP, &bad, 1), ERR_RANGE, 2);
}

TEST(own_registers_are_not_read_or_written)
{
    word_t registers[REGISTER_COUNT];
    struct message message = { 0 };

    (void)registers;
    expect_argument(object_invoke(test_thread, OP_THREAD_READ_REGISTERS, 0, &message), ERR_STATE, 0);
    expect_argument(raw_invoke(test_thread, OP_THREAD_WRITE_REGISTERS, 2, REGISTER_IP, 0x1000, 0, 0),
                    ERR_STATE, 0);
}

static void read_tls(struct worker *worker)
{
    worker->seen[0] = machine_read_tls();
    machine_spin(&worker->seen[1]);
}

TEST(thread_has_its_own_thread_pointer)
{
    static word_t first_tls = 111, second_tls = 222;
    struct worker *first = worker_make(.function = read_tls, .priority = PRIORITY_BELOW);
    struct worker *second = worker_make(.function = read_tls, .priority = PRIORITY_BELOW);
    word_t address = (word_t)&first_tls;

    expect_ok(thread_write_registers(first->thread, REGISTER_TLS, &address, 1));
    address = (word_t)&second_tls;
    expect_ok(thread_write_registers(second->thread, REGISTER_TLS, &address, 1));
    worker_start(first);
    worker_start(second);
    sleep_ns(30 * NS_PER_MS);
    expect_equal(first->seen[0], 111);
    expect_equal(second->seen[0], 222);
    expect_equal(worker_register(first, REGISTER_TLS), (word_t)&first_tls);
    expect_equal(worker_register(second, REGISTER_TLS), (word_t)&second_tls);
}

TEST(registers_of_a_thread_that_runs_can_be_changed)
{
    /* It is sent somewhere else while it spins. */
    struct worker *worker = worker_run(.function = spin, .priority = PRIORITY_BELOW);

    sleep_ns(NS_PER_MS);
    expect_ok(thread_suspend(worker->thread, 0));
    struct worker *other = worker_make(.function = nothing, .priority = PRIORITY_BELOW);
    word_t start[2] = { worker_register(other, REGISTER_IP), worker_register(other, REGISTER_SP) },
           argument = (word_t)other;
    expect_ok(thread_write_registers(worker->thread, REGISTER_IP, start, 2));
    expect_ok(thread_write_registers(worker->thread, REGISTER_ARGUMENT, &argument, 1));
    expect_ok(thread_resume(worker->thread));
    settle();
    expect_equal(other->done, 1);
}

/* ---- Stopping and starting */

static void exit_with_code(struct worker *worker)
{
    worker->seen[0] = 1;
    worker->seen[1] = thread_suspend(worker->thread, worker->argument);
    worker->seen[0] = 2;
}

TEST(thread_exits_with_a_code_and_its_death_is_signalled)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = exit_with_code, .argument = 1234, .death = mint(notification, RIGHTS_ALL, 8));
    struct thread_info info = worker_info(worker);
    word_t bits;

    expect_equal(info.state, THREAD_STATE_STOPPED);
    expect_equal(info.stopped, THREAD_STOP_SUSPEND);
    expect_equal(info.code, 1234);
    expect_status(notification_poll(notification, &bits), OK);
    expect_equal(bits, 8);
    expect_equal(worker->seen[0], 1);
    /* Resumed, it goes on behind its exit. */
    expect_ok(thread_resume(worker->thread));
    worker_finish(worker);
    expect_ok(worker->seen[1]);
    expect_equal(worker->seen[0], 2);
    expect_status(notification_poll(notification, &bits), OK);
}

TEST(suspended_thread_does_not_run_until_it_is_resumed)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = spin, .priority = PRIORITY_BELOW, .death = mint(notification, RIGHTS_ALL, 8));
    word_t bits;

    sleep_ns(NS_PER_MS);
    expect_ok(thread_suspend(worker->thread, 7));
    expect_equal(worker_info(worker).code, 7);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_SUSPEND);
    expect_status(notification_poll(notification, &bits), OK);
    word_t stands = worker->seen[0];
    sleep_ns(NS_PER_MS);
    expect_equal(worker->seen[0], stands);
    /* A thread that is stopped is not stopped again. */
    expect_ok(thread_suspend(worker->thread, 8));
    expect_equal(worker_info(worker).code, 7);
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    expect_ok(thread_resume(worker->thread));
    expect_equal(worker_info(worker).stopped, THREAD_STOP_NONE);
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > stands);
}

TEST(suspending_ends_a_wait_with_cancelled)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), other = make(OBJECT_ENDPOINT, 0),
          notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *workers[] = {
        worker_run(.function = send_once, .argument = endpoint),
        worker_run(.function = call_once, .argument = endpoint),
        worker_run(.function = receive_once, .argument = other),
        worker_run(.function = wait_once, .argument = notification),
    };
    struct message message;

    for (unsigned i = 0; i < 4; i++)
        expect_ok(thread_suspend(workers[i]->thread, 0));
    expect_status(sys_recv_poll(endpoint, &message, CAP_NULL), ERR_WOULD_BLOCK);
    expect_status(sys_send_poll(other, &message), ERR_WOULD_BLOCK);
    for (unsigned i = 0; i < 4; i++) {
        expect_ok(thread_resume(workers[i]->thread));
        worker_finish(workers[i]);
        expect_status(workers[i]->seen[0], ERR_CANCELLED);
    }
}

TEST(cancel_ends_a_wait_with_cancelled)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), other = make(OBJECT_ENDPOINT, 0),
          notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *workers[] = {
        worker_run(.function = send_once, .argument = endpoint),
        worker_run(.function = call_once, .argument = endpoint),
        worker_run(.function = receive_once, .argument = other),
        worker_run(.function = wait_once, .argument = notification),
    };

    for (unsigned i = 0; i < 4; i++) {
        expect_ok(thread_cancel(workers[i]->thread));
        worker_finish(workers[i]);
        expect_status(workers[i]->seen[0], ERR_CANCELLED);
        expect_ok(thread_cancel(workers[i]->thread)); /* it does not wait */
    }
}

TEST(cancel_of_a_thread_that_waits_for_its_fault_handler_stops_it)
{
    struct worker *worker = worker_run(.function = fault_once, .fault = make(OBJECT_ENDPOINT, 0));

    expect_state(worker, THREAD_STATE_SENDING);
    expect_ok(thread_cancel(worker->thread));
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(worker).code, FAULT_PAGE);
}

TEST(fault_without_a_handler_stops_the_thread_and_signals_its_death)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker = worker_run(.function = fault_once, .death = mint(notification, RIGHTS_ALL, 1));
    word_t bits;

    expect_status(notification_poll(notification, &bits), OK);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(worker).code, FAULT_PAGE);
}

TEST(thread_without_an_address_space_cannot_be_resumed)
{
    cap_t thread = make(OBJECT_THREAD, 0);

    expect_argument(thread_resume(thread), ERR_STATE, 0);
    expect_ok(configure(thread, THREAD_SET_SPACE, (struct thread_configuration){ .space = SPACE }));
    expect_ok(thread_resume(thread)); /* without a context it does not run */
    expect_ok(thread_resume(thread));
}

TEST(thread_that_loses_its_space_stops)
{
    struct worker *worker = worker_run(.function = spin, .priority = PRIORITY_BELOW);

    expect_ok(configure(worker->thread, THREAD_SET_SPACE, (struct thread_configuration){ 0 }));
    expect_equal(worker_info(worker).stopped, THREAD_STOP_SPACE);
    expect_argument(thread_resume(worker->thread), ERR_STATE, 0);
}

TEST(thread_without_a_context_runs_when_it_gets_one)
{
    struct worker *worker = worker_run(.function = nothing, .passive = true);

    settle();
    expect_state(worker, THREAD_STATE_RUNNABLE);
    expect_equal(worker->seen[0], 0);
    expect_ok(sched_context_bind(make_context(NS_PER_MS, NS_PER_MS), worker->thread));
    worker_finish(worker);
}

TEST(thread_info_tells_every_state)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), other = make(OBJECT_ENDPOINT, 0);
    struct worker *worker = worker_make(.function = nothing, .priority = PRIORITY_BELOW);
    struct message message;

    expect_state(worker, THREAD_STATE_STOPPED);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_NONE);
    expect_equal(worker_info(worker).priority, PRIORITY_BELOW);
    worker_start(worker);
    expect_state(worker, THREAD_STATE_RUNNABLE);
    struct worker *caller = worker_run(.function = call_once, .argument = endpoint);
    expect_state(caller, THREAD_STATE_SENDING);
    expect_status(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)), OK);
    expect_state(caller, THREAD_STATE_CALLING);
    expect_state(worker_run(.function = receive_once, .argument = other), THREAD_STATE_RECEIVING);
    expect_state(worker_run(.function = wait_once, .argument = make(OBJECT_NOTIFICATION, 0)),
                 THREAD_STATE_WAITING);
}

/* ---- Priorities */

TEST(priorities_are_0_to_255)
{
    cap_t thread = make(OBJECT_THREAD, 0);

    expect_argument(thread_set_priority(thread, 256, 0), ERR_RANGE, 1);
    expect_argument(thread_set_priority(thread, 0, 256), ERR_RANGE, 2);
    expect_argument(thread_set_priority(thread, ~(word_t)0, 0), ERR_RANGE, 1);
    expect_ok(thread_set_priority(thread, 255, 255));
    expect_ok(thread_set_priority(thread, 0, 0));
}

static void raise_priorities(struct worker *worker)
{
    worker->seen[0] = thread_set_priority(worker->argument, 121, 0);
    worker->seen[1] = thread_set_priority(worker->argument, 0, 121);
    worker->seen[2] = thread_set_priority(worker->argument, 120, 120);
    worker->seen[3] = thread_set_priority(worker->thread, 115, 115);
    worker->seen[4] = thread_set_priority(worker->thread, 116, 116);
}

TEST(thread_sets_no_priority_above_its_own_maximum)
{
    cap_t other = make(OBJECT_THREAD, 0);
    struct worker *worker = worker_make(.function = raise_priorities, .argument = other);

    expect_ok(thread_set_priority(worker->thread, PRIORITY_ABOVE, 120));
    worker_start(worker);
    worker_finish(worker);
    expect_argument(worker->seen[0], ERR_PRIORITY, 1);
    expect_argument(worker->seen[1], ERR_PRIORITY, 2);
    expect_ok(worker->seen[2]);
    expect_ok(worker->seen[3]);
    expect_argument(worker->seen[4], ERR_PRIORITY, 1); /* what it gave up it cannot take again */
}

TEST(raising_a_priority_lets_the_thread_run_at_once)
{
    struct worker *worker = worker_run(.function = nothing, .priority = PRIORITY_BELOW);

    expect_equal(worker->seen[0], 0);
    expect_ok(thread_set_priority(worker->thread, PRIORITY_ABOVE, 0));
    expect_equal(worker->seen[0], 1);
}

TEST(lowering_ones_own_priority_lets_others_run_at_once)
{
    struct worker *worker = worker_run(.function = nothing, .priority = PRIORITY_BELOW);

    expect_equal(worker->seen[0], 0);
    expect_ok(thread_set_priority(test_thread, PRIORITY_BELOW - 1, PRIORITY_MAX));
    expect_equal(worker->seen[0], 1);
}

TEST(thread_of_higher_priority_runs_at_once_and_of_lower_only_later)
{
    struct worker *above = worker_run(.function = nothing),
                  *below = worker_run(.function = nothing, .priority = PRIORITY_BELOW);

    expect_equal(above->done, 1);
    expect_equal(below->done, 0);
    settle();
    expect_equal(below->done, 1);
}

/* ---- Attributes and the bound notification */

TEST(attributes_are_checked)
{
    cap_t thread = make(OBJECT_THREAD, 0);

    expect_argument(thread_set_attributes(thread, THREAD_ATTRIBUTE_ALL + 1, 0), ERR_RANGE, 1);
    expect_argument(thread_set_attributes(thread, THREAD_FPU, THREAD_FAULT_ON_CAP), ERR_RANGE, 2);
    expect_argument(thread_set_attributes(thread, 0, ~(word_t)0), ERR_RANGE, 2);
    expect_ok(thread_set_attributes(thread, THREAD_ATTRIBUTE_ALL, THREAD_ATTRIBUTE_ALL));
}

TEST(bad_destination_is_a_fault_for_threads_that_want_it)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), empty = slot_take();
    struct worker *worker = worker_run(.function = call_once, .argument = empty,
                                       .attributes = THREAD_FAULT_ON_CAP, .fault = endpoint);
    struct worker *plain = worker_run(.function = call_once, .argument = empty);
    struct message message;

    expect_status(plain->seen[0], ERR_CAPABILITY);
    expect_status(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)), OK);
    expect_equal(tag_label(message.tag), FAULT_CAPABILITY);
    expect_equal(message.word[0], empty);
    expect_equal(message.word[1], ERR_CAPABILITY);
    expect_equal(worker->done, 0);
}

TEST(bind_notification_checks_the_capability_and_both_sides)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), other = make(OBJECT_NOTIFICATION, 0),
          waited = make(OBJECT_NOTIFICATION, 0);
    cap_t thread = make(OBJECT_THREAD, 0), second = make(OBJECT_THREAD, 0);

    worker_run(.function = wait_once, .argument = waited);
    expect_argument(thread_bind_notification(thread, slot_take()), ERR_CAPABILITY, 1);
    expect_argument(thread_bind_notification(thread, arena), ERR_TYPE, 1);
    expect_argument(thread_bind_notification(thread, mint(notification, RIGHT_WRITE, 0)), ERR_RIGHT, 1);
    expect_argument(thread_bind_notification(thread, waited), ERR_STATE, 1);
    expect_ok(thread_bind_notification(thread, CAP_NULL));
    expect_ok(thread_bind_notification(thread, notification));
    expect_argument(thread_bind_notification(thread, other), ERR_BUSY, 0);
    expect_argument(thread_bind_notification(second, notification), ERR_BUSY, 1);
    expect_ok(thread_bind_notification(thread, CAP_NULL));
    expect_ok(thread_bind_notification(second, notification));
}

TEST(bound_notification_ends_a_wait_at_an_endpoint)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker = worker_make(.function = receive_once, .argument = make(OBJECT_ENDPOINT, 0));

    expect_ok(thread_bind_notification(worker->thread, notification));
    worker_start(worker);
    expect_state(worker, THREAD_STATE_RECEIVING);
    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 0x30)));
    worker_finish(worker);
    expect_equal(worker->seen[0], OK | STATUS_SIGNAL);
    expect_equal(worker->seen[2], 0x30);
}
