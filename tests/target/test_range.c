/* SPDX-License-Identifier: BSD-2-Clause */
/* Range capabilities: interrupt lines, I/O ports, numbers of address spaces, cores. */
#include "target.h"

static word_t range(word_t first, word_t count)
{
    return first | count << 32;
}

TEST(ranges_are_what_boot_info_says)
{
    expect_equal(inspect(BOOT_SLOT_IRQ_RANGE).data, range(0, boot->irq_lines));
    expect_equal(inspect(BOOT_SLOT_CORE_RANGE).data, range(0, boot->cores));
    expect_equal(inspect(BOOT_SLOT_ASID_RANGE).data & 0xffffffff, 1);
}

TEST(minting_narrows_a_range)
{
    cap_t wide = mint_range(BOOT_SLOT_IRQ_RANGE, 4, 8), to = slot_take();

    expect_equal(inspect(wide).data, range(4, 8));
    expect_equal(inspect(mint_range(wide, 4, 8)).data, range(4, 8));
    expect_equal(inspect(mint_range(wide, 11, 1)).data, range(11, 1));
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, 3, 2), ERR_RANGE, 4);
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, 12, 1), ERR_RANGE, 4);
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, 11, 2), ERR_RANGE, 5);
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, 5, 0), ERR_RANGE, 5);
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, 5, ~(word_t)0), ERR_RANGE, 5);
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, ~(word_t)0, 2), ERR_RANGE, 4);
    expect_argument(cnode_mint_range(CNODE, to, wide, RIGHTS_ALL, (word_t)1 << 32 | 5, 1), ERR_RANGE, 4);
}

TEST(copy_of_a_range_is_the_whole_range)
{
    cap_t narrow = mint_range(BOOT_SLOT_IRQ_RANGE, 4, 8);

    expect_equal(inspect(copy(narrow)).data, range(4, 8));
}

TEST(ranges_have_no_operations_of_memory)
{
    expect_argument(raw_invoke(BOOT_SLOT_IRQ_RANGE, OP_UNTYPED_INFO, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
    expect_argument(raw_invoke(BOOT_SLOT_ASID_RANGE, OP_IO_PORT_RANGE_IN, 4, 0, 1, 0, 0), ERR_OPERATION, 0);
}

/* ---- Numbers of address spaces */

TEST(number_has_one_owner)
{
    cap_t numbers = mint_range(BOOT_SLOT_ASID_RANGE, 40, 2), first = slots_take(4);

    expect_ok(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first, 2, numbers, 40));
    expect_argument(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first + 2, 1, numbers, 41),
                    ERR_BUSY, 7);
    expect_argument(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first + 2, 1, BOOT_SLOT_ASID_RANGE, 41),
        ERR_BUSY, 7);
    expect_argument(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first + 2, 2, BOOT_SLOT_ASID_RANGE, 41),
        ERR_BUSY, 7);
    expect_argument(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first + 2, 1, numbers, 42),
                    ERR_RANGE, 7);
    expect_argument(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first + 2, 2, numbers, 41),
                    ERR_RANGE, 7);
    erase(first + 1);
    expect_ok(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, first + 2, 1, numbers, 41));
}

TEST(space_tells_its_number)
{
    word_t number, seen;
    cap_t space = make_space(&number);

    expect_ok(address_space_info(space, &seen));
    expect_equal(seen, number);
}

static void count_up(struct worker *worker)
{
    machine_spin(&worker->seen[0]);
}

TEST(space_whose_number_is_revoked_faults_and_maps_nothing)
{
    cap_t numbers = mint_range(BOOT_SLOT_ASID_RANGE, 2, 60), space = slot_take(),
          endpoint = make(OBJECT_ENDPOINT, 0), frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    struct frame_info info;
    struct message message;
    word_t number;

    expect_ok(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, space, 1, numbers, 50));
    map_program(space);
    word_t address = address_take(FRAME_SIZE_4K);
    map(space, frame, address, RIGHT_READ);

    struct worker *worker =
        worker_run(.function = count_up, .space = space, .fault = endpoint, .priority = PRIORITY_BELOW);
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > 0);

    expect_ok(cnode_revoke(CNODE, numbers));
    settle();
    expect_state(worker, THREAD_STATE_SENDING);
    expect_status(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)), OK);
    expect_equal(tag_label(message.tag), FAULT_PAGE);
    expect_equal(message.word[1], FAULT_ACCESS_EXECUTE);
    expect_argument(address_space_map(space, frame, address, RIGHT_READ, MAP_CACHE_WRITE_BACK), ERR_STATE, 0);
    expect_argument(address_space_map_table(space, make(OBJECT_PAGE_TABLE, 0), address), ERR_STATE, 0);
    expect_ok(frame_info(frame, &info));
    expect_equal(info.mapped_at, 0);
    expect_ok(address_space_info(space, &number));
    expect_equal(number, 0);
    /* The number is free. */
    make_space(NULL);
}

TEST(root_keeps_running_when_other_numbers_are_revoked)
{
    cap_t numbers = mint_range(BOOT_SLOT_ASID_RANGE, 1, 50);

    expect_ok(cnode_revoke(CNODE, numbers));
    expect_equal(type_of(numbers), OBJECT_ASID_RANGE);
}

/* ---- Cores */

TEST(budget_is_set_within_its_limits)
{
    cap_t context = make(OBJECT_SCHED_CONTEXT, 8);
    time_ns_t least = boot->budget_minimum_ns, hour = 3600 * NS_PER_S;
    struct sched_context_info info;

    expect_argument(core_range_set_budget(CORES, slot_take(), 0, least, least, 0), ERR_CAPABILITY, 1);
    expect_argument(core_range_set_budget(CORES, arena, 0, least, least, 0), ERR_TYPE, 1);
    expect_argument(core_range_set_budget(CORES, mint(context, RIGHT_READ, 0), 0, least, least, 0), ERR_RIGHT,
                    1);
    expect_argument(core_range_set_budget(CORES, context, boot->cores, least, least, 0), ERR_RANGE, 2);
    expect_argument(core_range_set_budget(CORES, context, 0, least - 1, least, 0), ERR_RANGE, 3);
    expect_argument(core_range_set_budget(CORES, context, 0, 0, least, 0), ERR_RANGE, 3);
    expect_argument(core_range_set_budget(CORES, context, 0, least, least - 1, 0), ERR_RANGE, 4);
    expect_argument(core_range_set_budget(CORES, context, 0, least, hour + 1, 0), ERR_RANGE, 4);
    expect_argument(core_range_set_budget(CORES, context, 0, ~(word_t)0, ~(word_t)0, 0), ERR_RANGE, 4);
    expect_ok(core_range_set_budget(CORES, context, 0, least, hour, 0));
    expect_ok(core_range_set_budget(CORES, context, 0, 2 * NS_PER_MS, 10 * NS_PER_MS, 0));
    expect_ok(sched_context_info(context, &info));
    expect_between(info.budget_ns, 2 * NS_PER_MS - 2, 2 * NS_PER_MS + 2);
    expect_between(info.period_ns, 10 * NS_PER_MS - 2, 10 * NS_PER_MS + 2);
    expect_equal(info.core, 0);
    expect_equal(info.consumed_ns, 0);
}

TEST(timer_needs_a_notification_and_a_core_of_the_range)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);

    expect_argument(core_range_set_timer(CORES, 0, 0), ERR_STATE, 0);
    expect_argument(core_range_set_timer(CORES, boot->cores, 0), ERR_RANGE, 1);
    expect_argument(core_range_bind_timer(CORES, boot->cores, notification), ERR_RANGE, 1);
    expect_argument(core_range_bind_timer(CORES, 0, slot_take()), ERR_CAPABILITY, 2);
    expect_argument(core_range_bind_timer(CORES, 0, make(OBJECT_ENDPOINT, 0)), ERR_TYPE, 2);
    expect_argument(core_range_bind_timer(CORES, 0, mint(notification, RIGHT_READ, 1)), ERR_RIGHT, 2);
    expect_ok(core_range_bind_timer(CORES, 0, mint(notification, RIGHT_WRITE, 1)));
    expect_ok(core_range_set_timer(CORES, 0, ~(word_t)0));
}

TEST(timer_keeps_the_last_capability_to_its_notification)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);

    expect_ok(core_range_bind_timer(CORES, 0, notification));
    erase(notification);
    expect_argument(core_range_bind_timer(CORES, 0, CAP_NULL), ERR_STATE, 0);
    /* The arena is revoked after the test, which takes it away. */
}

/* That it does switch off is what every run of these tests ends with, where the kernel does it. */
TEST(the_machine_is_not_switched_off_without_the_right_to)
{
    cap_t weak = slot_take();

    expect_ok(cnode_mint_range(CNODE, weak, CORES, RIGHT_READ | RIGHT_WRITE, 0, 1));
    expect_argument(core_range_power(weak, MACHINE_OFF), ERR_RIGHT, 0);
    expect_argument(core_range_power(CORES, MACHINE_RESET + 1), ERR_RANGE, 1);
    expect_argument(core_range_power(CORES, ~(word_t)0), ERR_RANGE, 1);
}
