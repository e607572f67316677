/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: what each kind tells its handler, and how the handler lets the thread go on or stop. The
 * instructions that fault are in arch/<processor>/faulting.h, as functions that go on behind the instruction
 * when they are resumed there.
 */
#include "faulting.h"
#include "handled.h"

static word_t death_bits(const struct handled *h)
{
    word_t bits;
    notification_poll(h->death, &bits);
    return bits;
}

/* ---- Page faults */

static void read_word(struct worker *worker)
{
    worker->seen[0] = faulting_read(worker->argument);
    worker->seen[1] = 1;
}

static void write_word(struct worker *worker)
{
    faulting_write(worker->argument, 0x1234);
    worker->seen[1] = 1;
}

static void execute_word(struct worker *worker)
{
    faulting_execute(worker->argument);
    worker->seen[1] = 1;
}

static void expect_page_fault(const struct handled *h, word_t address, word_t access)
{
    expect_equal(h->fault.word[0], address);
    expect_equal(h->fault.word[1], access);
}

TEST(reading_where_nothing_is_mapped_is_a_page_fault)
{
    word_t address = address_take(12) + 0x128;
    struct handled h = run_faulting(read_word, address, FAULT_PAGE);

    expect_page_fault(&h, address, FAULT_ACCESS_READ);
    expect_equal(h.fault.word[2], (word_t)faulting_read_at);
}

TEST(writing_where_nothing_is_mapped_is_a_page_fault)
{
    word_t address = address_take(12);
    struct handled h = run_faulting(write_word, address, FAULT_PAGE);

    expect_page_fault(&h, address, FAULT_ACCESS_WRITE);
    expect_equal(h.fault.word[2], (word_t)faulting_write_at);
}

TEST(executing_where_nothing_is_mapped_is_a_page_fault)
{
    word_t address = address_take(12);
    struct handled h = run_faulting(execute_word, address, FAULT_PAGE);

    expect_page_fault(&h, address, FAULT_ACCESS_EXECUTE);
    expect_equal(h.fault.word[2], address);
}

TEST(reading_address_0_is_a_page_fault)
{
    struct handled h = run_faulting(read_word, 0, FAULT_PAGE);

    expect_page_fault(&h, 0, FAULT_ACCESS_READ);
}

TEST(writing_to_what_is_read_only_says_that_it_is_present)
{
    word_t address = address_take(12);
    map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), address, RIGHT_READ);
    struct handled h = run_faulting(write_word, address + 8, FAULT_PAGE);

    expect_page_fault(&h, address + 8, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
}

TEST(writing_to_the_programs_text_is_a_page_fault)
{
    struct handled h = run_faulting(write_word, (word_t)read_word, FAULT_PAGE);

    expect_page_fault(&h, (word_t)read_word, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
}

TEST(executing_data_says_that_it_is_present)
{
    struct page page = page_make();
    struct handled h = run_faulting(execute_word, (word_t)page.words, FAULT_PAGE);

    expect_page_fault(&h, (word_t)page.words, FAULT_ACCESS_EXECUTE | FAULT_ACCESS_PRESENT);
}

TEST(addresses_of_the_kernel_are_page_faults_that_tell_nothing_of_it)
{
    static const word_t addresses[] = MACHINE_KERNEL_ADDRESSES;

    for (unsigned i = 0; i < COUNT(addresses); i++) {
        struct handled h = run_faulting(read_word, addresses[i], FAULT_PAGE);
        expect_equal(h.fault.word[0], addresses[i]);
        expect_equal(h.fault.word[1] & ~(word_t)FAULT_ACCESS_PRESENT, FAULT_ACCESS_READ);
        h = run_faulting(write_word, addresses[i], FAULT_PAGE);
        expect_equal(h.fault.word[1] & ~(word_t)FAULT_ACCESS_PRESENT, FAULT_ACCESS_WRITE);
        h = run_faulting(execute_word, addresses[i], FAULT_PAGE);
        expect_equal(h.fault.word[1] & ~(word_t)FAULT_ACCESS_PRESENT, FAULT_ACCESS_EXECUTE);
    }
}

TEST(the_handler_maps_the_page_and_the_instruction_is_executed_again)
{
    word_t address = address_take(12);
    struct handled h = run_faulting(write_word, address, FAULT_PAGE);

    map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), address, RIGHT_READ | RIGHT_WRITE);
    expect_ok(answer(h.reply, FAULT_REPLY_RESUME, 0, 0, 0));
    worker_finish(h.worker);
    expect_equal(*(volatile word_t *)address, 0x1234);
}

TEST(a_fault_that_is_not_repaired_comes_again)
{
    struct handled h = run_faulting(read_word, 0, FAULT_PAGE);

    for (unsigned i = 0; i < 5; i++) {
        expect_ok(answer(h.reply, FAULT_REPLY_RESUME, 0, 0, 0));
        take_fault(&h, FAULT_PAGE);
    }
}

/* ---- Exceptions */

static void expect_exception(const struct faulting_case *c)
{
    struct handled h;

    set_up(&h);
    h.worker = worker_run(.function = cause, .argument = (word_t)c->function,
                          .fault = mint(h.handler, RIGHTS_ALL, 77));
    expect_ok(sys_recv_poll(h.handler, &h.fault, h.reply));
    if (tag_label(h.fault.tag) != FAULT_EXCEPTION || h.fault.word[0] != c->kind ||
        h.fault.word[2] != (word_t)c->at)
        test_fail(__FILE__, __LINE__, "%s: expected exception %u at %lx, seen fault %lu, %lx at %lx", c->name,
                  c->kind, (word_t)c->at, tag_label(h.fault.tag), h.fault.word[0], h.fault.word[2]);
    resume_at(&h, (word_t)c->after, h.fault.word[3]);
    expect_equal(h.worker->seen[1], 1);
}

TEST(every_exception_tells_its_kind_and_place_and_can_be_skipped)
{
    for (unsigned i = 0; i < COUNT(faulting_cases); i++)
        expect_exception(&faulting_cases[i]);
}

/* ---- The answer */

TEST(an_answer_with_two_words_changes_instruction_and_stack_pointer)
{
    struct handled h = run_faulting(cause, (word_t)faulting_cases[0].function, FAULT_EXCEPTION);
    word_t stack = (word_t)page_make().words + 4096 - 64;

    expect_ok(answer(h.reply, FAULT_REPLY_RESUME, 2, (word_t)faulting_cases[0].at,
                     stack)); /* it faults again, there */
    take_fault(&h, FAULT_EXCEPTION);
    expect_equal(h.fault.word[3], stack);
}

TEST(an_answer_with_one_word_changes_nothing)
{
    struct handled h = run_faulting(cause, (word_t)faulting_cases[0].function, FAULT_EXCEPTION);
    struct message first = h.fault;

    expect_ok(answer(h.reply, FAULT_REPLY_RESUME, 1, 0x1000, 0x2000));
    take_fault(&h, FAULT_EXCEPTION);
    expect_equal(memcmp(&first, &h.fault, sizeof first), 0);
}

TEST(an_answer_with_addresses_of_the_kernel_changes_nothing)
{
    static const word_t wrong[] = { USER_ADDRESS_END, USER_ADDRESS_END | 0xfff, 0x0000800000000000,
                                    0xffffffff80000000, ~(word_t)0 };
    struct handled h = run_faulting(cause, (word_t)faulting_cases[0].function, FAULT_EXCEPTION);
    struct message first = h.fault;

    for (unsigned i = 0; i < COUNT(wrong); i++) {
        expect_ok(answer(h.reply, FAULT_REPLY_RESUME, 2, wrong[i], h.fault.word[3]));
        take_fault(&h, FAULT_EXCEPTION);
        expect_equal(memcmp(&first, &h.fault, sizeof first), 0);
    }
}

TEST(the_other_registers_survive_a_fault)
{
    struct handled h = run_faulting(cause, (word_t)faulting_registers, FAULT_EXCEPTION);

    resume_at(&h, (word_t)faulting_registers_after, h.fault.word[3]);
    expect_equal(faulting_registers_bad, 0);
}

TEST(registers_written_while_the_fault_waits_are_those_it_goes_on_with)
{
    struct handled h = run_faulting(cause, (word_t)faulting_registers, FAULT_EXCEPTION);
    word_t other = 0x9999;

    expect_ok(thread_write_registers(h.worker->thread, FAULTING_OTHER_REGISTER, &other, 1));
    resume_at(&h, (word_t)faulting_registers_after, h.fault.word[3]);
    expect_equal(faulting_registers_bad, 1);
    expect_equal(faulting_registers_other, 0x9999);
}

TEST(fault_reply_stop_makes_the_fault_unhandled)
{
    struct handled h = run_faulting(read_word, 0, FAULT_PAGE);

    expect_ok(answer(h.reply, FAULT_REPLY_STOP, 0, 0, 0));
    expect_state(h.worker, THREAD_STATE_STOPPED);
    expect_equal(worker_info(h.worker).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(h.worker).code, FAULT_PAGE);
    expect_equal(death_bits(&h), 1);
}

/* ---- Nobody handles it */

TEST(a_fault_without_a_handler_stops_the_thread_and_signals_its_death)
{
    static const struct {
        void (*function)(struct worker *);
        word_t argument, code;
    } kinds[] = {
        { read_word, 0, FAULT_PAGE },
        { cause, (word_t)faulting_divide, FAULT_EXCEPTION },
    };

    for (unsigned i = 0; i < COUNT(kinds); i++) {
        cap_t death = make(OBJECT_NOTIFICATION, 0);
        struct worker *worker = worker_run(.function = kinds[i].function, .argument = kinds[i].argument,
                                           .death = mint(death, RIGHT_WRITE, 9));
        word_t bits;
        expect_state(worker, THREAD_STATE_STOPPED);
        expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
        expect_equal(worker_info(worker).code, kinds[i].code);
        expect_ok(notification_poll(death, &bits));
        expect_equal(bits, 9);
    }
}

TEST(an_unknown_system_call_without_a_handler_stops_the_thread)
{
    struct worker *worker = worker_run(.function = cause, .argument = (word_t)faulting_system_call);

    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(worker).code, FAULT_SYSCALL);
    expect_equal(worker_register(worker, REGISTER_IP), (word_t)faulting_system_call_at);
}

TEST(a_stopped_thread_can_be_repaired_and_resumed)
{
    struct worker *worker = worker_run(.function = cause, .argument = (word_t)faulting_divide);
    word_t after = (word_t)faulting_divide_after;

    expect_state(worker, THREAD_STATE_STOPPED);
    expect_ok(thread_write_registers(worker->thread, REGISTER_IP, &after, 1));
    expect_ok(thread_resume(worker->thread));
    worker_finish(worker);
    expect_equal(worker->seen[1], 1);
}

TEST(exit_signals_the_death_notification_and_info_tells_the_code)
{
    cap_t death = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker = worker_make(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0),
                                        .death = mint(death, RIGHT_WRITE, 9));
    word_t bits;

    worker_start(worker);
    expect_ok(thread_suspend(worker->thread, 55));
    expect_equal(worker_info(worker).stopped, THREAD_STOP_SUSPEND);
    expect_equal(worker_info(worker).code, 55);
    expect_ok(notification_poll(death, &bits));
    expect_equal(bits, 9);
}

TEST(a_fault_waits_for_a_handler_that_comes_later)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker = worker_run(.function = read_word, .fault = handler);
    struct message fault;

    expect_state(worker, THREAD_STATE_SENDING);
    expect_ok(sys_recv_poll(handler, &fault, reply));
    expect_state(worker, THREAD_STATE_CALLING);
}

TEST(a_fault_at_a_handler_without_a_reply_is_unhandled)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver =
        worker_run(.function = peer_receive, .argument = handler, .priority = PRIORITY_ABOVE + 1);
    struct worker *worker = worker_run(.function = read_word, .fault = handler);

    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_equal(receiver->seen[0], OK | STATUS_KERNEL);
    expect_equal(receiver->seen[1], tag_make(FAULT_PAGE, FAULT_WORDS, 0));
}

TEST(revoking_the_fault_endpoint_while_a_fault_is_queued_stops_the_thread)
{
    cap_t memory = make(OBJECT_UNTYPED, 12), handler = make_from(memory, OBJECT_ENDPOINT, 0),
          death = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = read_word, .fault = handler, .death = mint(death, RIGHT_WRITE, 3));
    word_t bits;

    expect_state(worker, THREAD_STATE_SENDING);
    expect_ok(cnode_revoke(CNODE, memory));
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(worker).code, FAULT_PAGE);
    expect_ok(notification_poll(death, &bits));
    expect_equal(bits, 3);
}

TEST(a_thread_whose_handler_exits_while_the_fault_is_pending_stops)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0),
          death = make(OBJECT_NOTIFICATION, 0);
    word_t bits;

    worker_run(.function = peer_receive, .argument = PAIR(handler, reply));
    struct worker *worker =
        worker_run(.function = read_word, .fault = handler, .death = mint(death, RIGHT_WRITE, 3));
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
    expect_ok(notification_poll(death, &bits));
    expect_equal(bits, 3);
}

static void receive_and_fault(struct worker *worker)
{
    peer_receive(worker);
    faulting_divide();
}

TEST(nested_a_handler_that_faults_itself_stops_and_so_does_its_thread)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *middle = worker_run(.function = receive_and_fault, .argument = PAIR(handler, reply));
    struct worker *worker = worker_run(.function = read_word, .fault = handler);

    expect_equal(worker_info(middle).code, FAULT_EXCEPTION);
    expect_equal(worker_info(middle).stopped, THREAD_STOP_FAULT);
    expect_equal(worker_info(worker).code, FAULT_PAGE);
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
}

TEST(nested_a_handlers_fault_is_handled_by_its_own_handler)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), outer = make(OBJECT_ENDPOINT, 0),
          outer_reply = make(OBJECT_REPLY, 0);
    struct worker *middle =
        worker_run(.function = receive_and_fault, .argument = PAIR(handler, reply), .fault = outer);
    struct worker *worker = worker_run(.function = read_word, .fault = handler);
    struct message fault;

    expect_ok(sys_recv_poll(outer, &fault, outer_reply));
    expect_equal(fault.tag, tag_make(FAULT_EXCEPTION, FAULT_WORDS, 0));
    expect_state(worker, THREAD_STATE_CALLING);
    expect_ok(answer(outer_reply, FAULT_REPLY_STOP, 0, 0, 0));
    expect_state(middle, THREAD_STATE_STOPPED);
    expect_state(worker, THREAD_STATE_STOPPED);
}

TEST(cancelling_a_thread_that_waits_for_its_handler_stops_it)
{
    struct handled h = run_faulting(read_word, 0, FAULT_PAGE);

    expect_ok(thread_cancel(h.worker->thread));
    expect_equal(worker_info(h.worker).stopped, THREAD_STOP_FAULT);
    expect_equal(death_bits(&h), 1);
    expect_argument(answer(h.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
}

TEST(a_thread_suspended_in_its_fault_goes_on_at_the_instruction_when_resumed)
{
    word_t address = address_take(12);
    struct handled h = run_faulting(write_word, address, FAULT_PAGE);

    expect_ok(thread_suspend(h.worker->thread, 0));
    expect_argument(answer(h.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), address, RIGHT_READ | RIGHT_WRITE);
    expect_ok(thread_resume(h.worker->thread));
    worker_finish(h.worker);
    expect_equal(*(volatile word_t *)address, 0x1234);
}

TEST(destroying_a_thread_with_a_pending_fault_frees_the_reply)
{
    struct handled h = run_faulting(read_word, 0, FAULT_PAGE);
    struct message message;

    erase(h.worker->thread);
    expect_argument(answer(h.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    expect_status(sys_recv_poll(h.handler, &message, h.reply), ERR_WOULD_BLOCK);
}

TEST(destroying_the_reply_of_a_pending_fault_stops_the_thread)
{
    struct handled h = run_faulting(read_word, 0, FAULT_PAGE);

    erase(h.reply);
    expect_equal(worker_info(h.worker).stopped, THREAD_STOP_FAULT);
}

TEST(faults_and_calls_can_come_in_at_one_endpoint)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct message message;

    worker_run(.function = read_word, .fault = mint(endpoint, RIGHTS_ALL, 1));
    worker_run(.function = peer_call, .argument = mint(endpoint, RIGHTS_ALL, 2));
    expect_equal(sys_recv(endpoint, &message, reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(message.badge, 1);
    expect_equal(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)), OK | STATUS_OWED);
    expect_equal(message.badge, 2);
}

/* A passive handler runs on the faulting thread's context. */
TEST(a_fault_donates_its_time_to_a_passive_handler)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *server = start_passive(
        worker_make(.function = peer_receive, .argument = PAIR(handler, reply), .passive = true));

    server->seen[4] = 0;
    struct worker *worker = worker_run(.function = read_word, .fault = handler);
    expect_equal(server->seen[4], 1);
    expect_equal(server->seen[0], OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(server->done, 1); /* and exited on it, which ends the fault, too */
    expect_equal(worker_info(worker).stopped, THREAD_STOP_FAULT);
}

TEST(fifty_handlers_that_wait_for_each_other_stop_when_the_last_gives_up)
{
    enum { LENGTH = 50 };
    cap_t endpoint[LENGTH + 1], reply[LENGTH + 1];
    struct worker *handler[LENGTH];
    struct message fault;

    /* The kernel's stack grew with each of them. */
    for (unsigned i = 0; i <= LENGTH; i++) {
        endpoint[i] = make(OBJECT_ENDPOINT, 0);
        reply[i] = make(OBJECT_REPLY, 0);
    }
    for (unsigned i = 0; i < LENGTH; i++)
        handler[i] = worker_run(.function = receive_and_fault, .argument = PAIR(endpoint[i], reply[i]),
                                .fault = endpoint[i + 1], .budget_ns = 1000000);
    struct worker *worker = worker_run(.function = read_word, .fault = endpoint[0]);
    expect_ok(sys_recv_poll(endpoint[LENGTH], &fault, reply[LENGTH]));
    expect_ok(answer(reply[LENGTH], FAULT_REPLY_STOP, 0, 0, 0));
    settle();
    for (unsigned i = 0; i < LENGTH; i++)
        expect_state(handler[i], THREAD_STATE_STOPPED);
    expect_state(worker, THREAD_STATE_STOPPED);
}
