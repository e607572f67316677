/* SPDX-License-Identifier: BSD-2-Clause */
/* What only this processor has: two sizes of address spaces, mappings that can be executed and not read, a compressed
 * instruction set, counters. */
#include "handled.h"

#define END_SV39 ((word_t)1 << 38)

TEST(this_machine_maps_the_last_page_of_its_user_addresses_and_none_behind)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    status_t status =
        try_map(SPACE, frame, USER_ADDRESS_END - 4096, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_WRITE_BACK);
    word_t end = USER_ADDRESS_END;

    if (status_error(status) == ERR_RANGE) {
        end = END_SV39;
        note("three levels of page tables");
        map(SPACE, frame, end - 4096, RIGHT_READ | RIGHT_WRITE);
    }
    *(volatile word_t *)(end - 8) = 42;
    expect_equal(*(volatile word_t *)(end - 8), 42);
    expect_argument(address_space_map(SPACE, make(OBJECT_FRAME, FRAME_SIZE_4K), end, RIGHT_READ, 0),
                    ERR_RANGE, 2);
    expect_argument(thread_write_registers(make(OBJECT_THREAD, 0), REGISTER_IP, &end, 1), ERR_RANGE, 2);
}

static void read_word(struct worker *worker)
{
    worker->seen[0] = *(volatile word_t *)worker->argument;
}

TEST(what_is_only_executable_cannot_be_read)
{
    static const unsigned char code[] = MACHINE_CODE_RETURN_42;
    struct page page = page_make();
    word_t address = (word_t)page.words;

    memcpy((void *)address, code, sizeof code);
    expect_ok(address_space_map(SPACE, page.frame, address, RIGHT_EXECUTE, 0));
    expect_equal(((word_t(*)(void))address)(), 42);
    struct handled h = run_faulting(read_word, address, FAULT_PAGE);
    expect_equal(h.fault.word[0], address);
    expect_equal(h.fault.word[1], FAULT_ACCESS_READ | FAULT_ACCESS_PRESENT);
}

static void run_there(struct worker *worker)
{
    ((void (*)(void))worker->argument)();
}

/* The kernel reads an instruction that the processor does not tell, in two halves. */
TEST(an_illegal_instruction_across_two_pages_is_told_with_its_bits)
{
    struct page first = page_make(), second = page_make();
    word_t address = address_take(13);
    volatile uint16_t *low = (volatile uint16_t *)first.words + 2047,
                      *high = (volatile uint16_t *)second.words;

    *low = 0x2073; /* csrr zero, sstatus */
    *high = 0x1000;
    map(SPACE, copy(first.frame), address, RIGHT_READ | RIGHT_EXECUTE);
    map(SPACE, copy(second.frame), address + 4096, RIGHT_READ | RIGHT_EXECUTE);
    struct handled h = run_faulting(run_there, address + 4094, FAULT_EXCEPTION);
    expect_equal(h.fault.word[0], EXCEPTION_PROTECTION);
    expect_equal(h.fault.word[1], (word_t)2 << 56 | 0x10002073);
    expect_equal(h.fault.word[2], address + 4094);
}

/* A thread that may use the FPU, and does not own it, is not kept from its faults by that. */
TEST(an_undefined_instruction_of_an_fpu_thread_is_no_fpu_instruction)
{
    static const uint32_t undefined[] = { 0xffffffff, 0x02010007 /* vle8.v v0, (sp) */ };
    struct page page = page_make();
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct message fault;

    for (unsigned i = 0; i < 2; i++)
        ((volatile uint32_t *)page.words)[i] = undefined[i];
    expect_ok(address_space_map(SPACE, page.frame, (word_t)page.words, RIGHT_READ | RIGHT_EXECUTE, 0));
    for (unsigned i = 0; i < 2; i++) {
        worker_run(.function = run_there, .argument = (word_t)page.words + 4 * i, .attributes = THREAD_FPU,
                   .fault = handler);
        expect_ok(sys_recv_poll(handler, &fault, reply));
        expect_equal(fault.word[0], EXCEPTION_INSTRUCTION);
        expect_equal(fault.word[1], (word_t)2 << 56 | undefined[i]);
        expect_ok(answer(reply, FAULT_REPLY_STOP, 0, 0, 0));
    }
}

TEST(this_machine_lets_user_code_read_its_counters)
{
    word_t cycles = cost_now(), time = ticks(), instructions, later;

    __asm__ volatile("rdinstret %0" : "=r"(instructions));
    for (unsigned i = 0; i < 1000; i++)
        __asm__ volatile("");
    __asm__ volatile("rdinstret %0" : "=r"(later));
    expect_true(cost_now() > cycles && later >= instructions + 1000 && ticks() >= time);
}

TEST(an_odd_instruction_pointer_is_rounded_down)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    word_t odd = 0x12345, registers[REGISTER_COUNT];

    expect_ok(thread_write_registers(thread, REGISTER_IP, &odd, 1));
    expect_ok(thread_read_registers(thread, registers));
    expect_equal(registers[REGISTER_IP], 0x12344);
}

static word_t nothing_there, firmware;

/* The first is between the devices of QEMU's machine; the second is the firmware's own, which keeps it by PMP. */
TEST(memory_where_nothing_answers_and_that_of_the_firmware_are_bus_errors)
{
    if (!nothing_there) {
        nothing_there = (word_t)framework_device(0x24000000);
        firmware = (word_t)framework_device(0x80000000);
    }
    struct handled h = run_faulting(read_word, nothing_there + 8, FAULT_EXCEPTION);
    expect_equal(h.fault.word[0], EXCEPTION_BUS);
    expect_equal(h.fault.word[1], (word_t)5 << 56 | (nothing_there + 8));
    h = run_faulting(read_word, firmware, FAULT_EXCEPTION);
    expect_equal(h.fault.word[0], EXCEPTION_BUS);
}

/* Line 0 is nobody's, and the last ones do not exist. */
TEST(lines_that_the_controller_does_not_have_never_interrupt)
{
    static const unsigned lines[] = { 0, 1023 };

    for (unsigned i = 0; i < 2; i++) {
        cap_t irq = make_irq(lines[i]), notification = make(OBJECT_NOTIFICATION, 0);
        word_t bits;
        expect_argument(irq_handler_set_mode(irq, IRQ_LEVEL), ERR_UNSUPPORTED, 0);
        expect_ok(irq_handler_bind(irq, mint(notification, RIGHT_WRITE, 1)));
        expect_ok(irq_handler_acknowledge(irq));
        expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
        uint64_t address;
        uint32_t data;
        expect_argument(irq_handler_msi(irq, &address, &data), ERR_UNSUPPORTED, 0);
    }
}
