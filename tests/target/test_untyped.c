/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped: making objects, and getting the memory back clean. */
#include "target.h"

#define PATTERN 0xa5a5a5a55a5a5a5aull

static struct untyped_info info_of(cap_t untyped)
{
    struct untyped_info info;
    expect_ok(untyped_info(untyped, &info));
    return info;
}

/* untyped_retype of one object into a new slot, for its status. */
static status_t try_make(cap_t untyped, word_t type, word_t size_bits)
{
    return untyped_retype(untyped, type, size_bits, CAP_NULL, slot_take(), 1, CAP_NULL, 0);
}

TEST(retype_makes_each_type_of_object)
{
    static const struct {
        uint8_t type, size_bits;
    } types[] = {
        { OBJECT_UNTYPED, 12 },
        { OBJECT_CNODE, 4 },
        { OBJECT_THREAD, 0 },
        { OBJECT_ENDPOINT, 0 },
        { OBJECT_NOTIFICATION, 0 },
        { OBJECT_REPLY, 0 },
        { OBJECT_SCHED_CONTEXT, 8 },
        { OBJECT_FRAME, FRAME_SIZE_4K },
        { OBJECT_FRAME, FRAME_SIZE_2M },
        { OBJECT_PAGE_TABLE, 0 },
    };
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        cap_t cap = make(types[i].type, types[i].size_bits);
        expect_equal(type_of(cap), types[i].type);
        expect_equal(inspect(cap).rights, RIGHTS_ALL);
    }
    expect_equal(type_of(make_space(NULL)), OBJECT_ADDRESS_SPACE);
    expect_equal(type_of(make_irq(MACHINE_LINE)), OBJECT_IRQ_HANDLER);
}

TEST(objects_take_the_memory_that_boot_info_says)
{
    static const uint8_t types[] = { OBJECT_THREAD, OBJECT_ENDPOINT, OBJECT_NOTIFICATION, OBJECT_REPLY,
                                     OBJECT_PAGE_TABLE };

    for (unsigned i = 0; i < sizeof types; i++) {
        cap_t part = make(OBJECT_UNTYPED, 16);
        make_from(part, types[i], 0);
        expect_equal(info_of(part).watermark, 1u << boot->object_size_bits[types[i]]);
    }
    cap_t part = make(OBJECT_UNTYPED, 16);
    make_from(part, OBJECT_CNODE, 6);
    expect_equal(info_of(part).watermark, 32u << 6);
}

TEST(retype_makes_many_at_once_in_slots_that_follow)
{
    cap_t part = make(OBJECT_UNTYPED, 16), first = slots_take(64);

    expect_ok(untyped_retype(part, OBJECT_ENDPOINT, 0, CAP_NULL, first, 64, CAP_NULL, 0));
    for (cap_t slot = first; slot < first + 64; slot++)
        expect_equal(type_of(slot), OBJECT_ENDPOINT);
    expect_equal(info_of(part).watermark, 64u << boot->object_size_bits[OBJECT_ENDPOINT]);
}

TEST(retype_fills_another_cnode)
{
    cap_t cnode = make(OBJECT_CNODE, 4);
    struct capability_info info;

    expect_ok(untyped_retype(arena, OBJECT_ENDPOINT, 0, cnode, 14, 2, CAP_NULL, 0));
    expect_ok(cnode_inspect(cnode, 15, &info));
    expect_equal(info.type, OBJECT_ENDPOINT);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, cnode, 13, 4, CAP_NULL, 0), ERR_SLOT, 4);
}

TEST(retype_aligns_objects_to_their_size)
{
    cap_t part = make(OBJECT_UNTYPED, 16);
    struct frame_info frame;

    make_from(part, OBJECT_ENDPOINT, 0);
    expect_ok(frame_info(make_from(part, OBJECT_FRAME, FRAME_SIZE_4K), &frame));
    expect_equal(frame.physical, info_of(part).physical + 4096);
    expect_equal(info_of(part).watermark, 8192);
}

TEST(retype_refuses_types_that_cannot_be_made)
{
    expect_argument(try_make(arena, OBJECT_NULL, 0), ERR_TYPE, 1);
    expect_argument(try_make(arena, OBJECT_IRQ_RANGE, 0), ERR_TYPE, 1);
    expect_argument(try_make(arena, OBJECT_CORE_RANGE, 0), ERR_TYPE, 1);
    expect_argument(try_make(arena, OBJECT_TYPE_COUNT, 0), ERR_TYPE, 1);
    expect_argument(try_make(arena, ~(word_t)0, 0), ERR_TYPE, 1);
    expect_argument(try_make(arena, (word_t)1 << 32 | OBJECT_ENDPOINT, 0), ERR_TYPE, 1);
}

TEST(retype_refuses_sizes_that_the_type_cannot_have)
{
    static const struct {
        uint8_t type;
        word_t size_bits;
    } wrong[] = {
        { OBJECT_UNTYPED, 0 },          { OBJECT_UNTYPED, 5 },        { OBJECT_UNTYPED, 48 },
        { OBJECT_UNTYPED, ~(word_t)0 }, { OBJECT_CNODE, 3 },          { OBJECT_CNODE, 21 },
        { OBJECT_SCHED_CONTEXT, 7 },    { OBJECT_SCHED_CONTEXT, 13 }, { OBJECT_FRAME, 0 },
        { OBJECT_FRAME, 13 },           { OBJECT_FRAME, 20 },         { OBJECT_THREAD, 1 },
        { OBJECT_ENDPOINT, 6 },         { OBJECT_PAGE_TABLE, 12 },    { OBJECT_CNODE, (word_t)1 << 32 | 4 },
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_argument(try_make(arena, wrong[i].type, wrong[i].size_bits), ERR_RANGE, 2);
}

TEST(retype_checks_the_destination)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), read_only = mint(make(OBJECT_CNODE, 4), RIGHT_READ, 0),
          empty = slot_take();

    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, empty, 1, 1, CAP_NULL, 0), ERR_CAPABILITY, 3);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, endpoint, 1, 1, CAP_NULL, 0), ERR_TYPE, 3);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, read_only, 1, 1, CAP_NULL, 0), ERR_RIGHT, 3);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, 0, 1, CAP_NULL, 0), ERR_SLOT, 4);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, endpoint, 1, CAP_NULL, 0), ERR_SLOT,
                    4);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, (word_t)1 << boot->cnode_size_bits, 1,
                                   CAP_NULL, 0),
                    ERR_SLOT, 4);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, ~(word_t)0, 2, CAP_NULL, 0), ERR_SLOT,
                    4);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, empty, 0, CAP_NULL, 0), ERR_RANGE, 5);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, empty, 65, CAP_NULL, 0), ERR_RANGE,
                    5);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, empty, ~(word_t)0, CAP_NULL, 0),
                    ERR_RANGE, 5);
}

TEST(retype_checks_the_range_of_numbers)
{
    cap_t slot = slot_take(), read_only = slot_take();
    expect_ok(cnode_mint_range(CNODE, read_only, BOOT_SLOT_ASID_RANGE, RIGHT_READ, 10, 1));

    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, slot, 1, BOOT_SLOT_ASID_RANGE, 0),
                    ERR_RANGE, 6);
    expect_argument(untyped_retype(arena, OBJECT_ENDPOINT, 0, CAP_NULL, slot, 1, CAP_NULL, 1), ERR_RANGE, 7);
    expect_argument(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, CAP_NULL, 10),
                    ERR_CAPABILITY, 6);
    expect_argument(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, 10), ERR_TYPE,
        6);
    expect_argument(untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_ASID_RANGE, 10),
                    ERR_TYPE, 6);
    expect_argument(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, read_only, 10),
                    ERR_RIGHT, 6);
    expect_argument(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, BOOT_SLOT_ASID_RANGE, 0), ERR_RANGE,
        7);
    expect_argument(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, BOOT_SLOT_ASID_RANGE, 1 << 20),
        ERR_RANGE, 7);
    expect_argument(
        untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, boot->irq_lines),
        ERR_RANGE, 7);
    expect_argument(
        untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, BOOT_SLOT_ASID_RANGE, 1), ERR_BUSY,
        7);
    expect_equal(type_of(slot), OBJECT_NULL);
}

TEST(retype_that_fails_changes_nothing)
{
    cap_t part = make(OBJECT_UNTYPED, 12), first = slots_take(3);

    expect_ok(cnode_copy(CNODE, first + 2, make(OBJECT_ENDPOINT, 0)));
    expect_argument(untyped_retype(part, OBJECT_ENDPOINT, 0, CAP_NULL, first, 3, CAP_NULL, 0), ERR_SLOT, 4);
    expect_equal(type_of(first), OBJECT_NULL);
    expect_argument(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, first, 2, CAP_NULL, 0),
                    ERR_MEMORY, 0);
    expect_equal(type_of(first), OBJECT_NULL);
    expect_argument(try_make(part, OBJECT_FRAME, FRAME_SIZE_1G), ERR_MEMORY, 0);
    expect_equal(info_of(part).watermark, 0);
}

TEST(retype_until_the_memory_is_used_up_and_from_the_start_again)
{
    cap_t part = make(OBJECT_UNTYPED, 16), cnode = make(OBJECT_CNODE, 11);
    unsigned size_bits = boot->object_size_bits[OBJECT_ENDPOINT];

    for (unsigned round = 0; round < 3; round++) {
        word_t made = 0;
        while (status_error(untyped_retype(part, OBJECT_ENDPOINT, 0, cnode, made + 1, 1, CAP_NULL, 0)) == OK)
            made++;
        expect_equal(made, (1u << 16) >> size_bits);
        expect_equal(info_of(part).watermark, 1u << 16);
        expect_argument(untyped_retype(part, OBJECT_ENDPOINT, 0, cnode, made + 1, 1, CAP_NULL, 0), ERR_MEMORY,
                        0);
        expect_ok(cnode_revoke(CNODE, part));
        expect_argument(untyped_retype(part, OBJECT_ENDPOINT, 0, cnode, 1, 1, CAP_NULL, 0), ERR_MEMORY, 0);
        expect_ok(untyped_reset(part, 0));
    }
}

static void expect_clear(const volatile word_t *words)
{
    for (unsigned i = 0; i < 512; i++)
        expect_equal(words[i], 0);
}

TEST(memory_is_clear_when_it_is_made_into_something_else)
{
    cap_t part = make(OBJECT_UNTYPED, 14), frame = slots_take(4);
    word_t address = address_take(14);

    for (unsigned round = 0; round < 3; round++) {
        expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame, 4, CAP_NULL, 0));
        for (unsigned page = 0; page < 4; page++) {
            volatile word_t *words = (volatile word_t *)(address + page * 4096);
            map(SPACE, frame + page, (word_t)words, RIGHT_READ | RIGHT_WRITE);
            expect_clear(words);
            for (unsigned i = 0; i < 512; i++)
                words[i] = PATTERN;
        }
        expect_ok(cnode_revoke(CNODE, part));
        expect_ok(untyped_reset(part, 0));
    }
}

TEST(memory_of_kernel_objects_is_clear_afterwards)
{
    cap_t part = make(OBJECT_UNTYPED, 12), frame = slot_take();
    cap_t cnode = make_from(part, OBJECT_CNODE, 6);

    expect_ok(cnode_copy(cnode, 63, BOOT_SLOT_CORE_RANGE));
    make_from(part, OBJECT_ENDPOINT, 0);
    expect_ok(cnode_revoke(CNODE, part));
    expect_ok(untyped_reset(part, 0));
    expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame, 1, CAP_NULL, 0));
    word_t address = address_take(FRAME_SIZE_4K);
    map(SPACE, frame, address, RIGHT_READ);
    expect_clear((volatile word_t *)address);
}

TEST(reset_goes_down_to_the_floor_that_is_named)
{
    cap_t part = make(OBJECT_UNTYPED, 16), frame = slots_take(16);

    expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame, 16, CAP_NULL, 0));
    expect_argument(untyped_reset(part, 0), ERR_CHILDREN, 0);
    expect_ok(cnode_revoke(CNODE, part));
    expect_argument(untyped_reset(part, 0x11000), ERR_RANGE, 1);
    expect_argument(untyped_reset(part, 0x800), ERR_ALIGNMENT, 1);
    expect_ok(untyped_reset(part, 0x10000));
    expect_equal(info_of(part).watermark, 0x10000);
    expect_ok(untyped_reset(part, 0x5000));
    expect_equal(info_of(part).watermark, 0x5000);
    expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame, 11, CAP_NULL, 0));
    expect_argument(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame + 11, 1, CAP_NULL, 0),
                    ERR_MEMORY, 0);
}

TEST(reset_of_clean_memory_is_no_error)
{
    cap_t part = make(OBJECT_UNTYPED, 12);

    expect_ok(untyped_reset(part, 0));
    expect_argument(untyped_reset(part, 4096), ERR_RANGE, 1);
    expect_argument(untyped_reset(part, ~(word_t)0), ERR_RANGE, 1);
}

TEST(untyped_cannot_be_copied_but_moved)
{
    cap_t part = make(OBJECT_UNTYPED, 12), to = slot_take();

    make_from(part, OBJECT_ENDPOINT, 0);
    expect_argument(cnode_copy(CNODE, to, part), ERR_TYPE, 2);
    expect_argument(cnode_mint(CNODE, to, part, RIGHTS_ALL, 0), ERR_TYPE, 2);
    expect_ok(cnode_move(CNODE, to, part));
    expect_equal(info_of(to).watermark, 1u << boot->object_size_bits[OBJECT_ENDPOINT]);
    expect_argument(untyped_reset(to, 0), ERR_CHILDREN, 0);
}

TEST(untyped_of_untyped_goes_with_it)
{
    cap_t part = make(OBJECT_UNTYPED, 16), child = make_from(part, OBJECT_UNTYPED, 13),
          frame = make_from(child, OBJECT_FRAME, FRAME_SIZE_4K);

    expect_equal(info_of(child).size_bits, 13);
    expect_equal(info_of(child).physical, info_of(part).physical);
    expect_argument(try_make(child, OBJECT_UNTYPED, 13), ERR_MEMORY, 0);
    expect_ok(cnode_revoke(CNODE, part));
    expect_equal(type_of(child), OBJECT_NULL);
    expect_equal(type_of(frame), OBJECT_NULL);
}

TEST(untyped_info_tells_what_boot_info_says)
{
    for (unsigned i = 0; i < boot->untyped_count; i++) {
        struct untyped_info info = info_of(boot->untyped[i].slot);
        expect_equal(info.physical, boot->untyped[i].physical);
        expect_equal(info.size_bits, boot->untyped[i].size_bits);
        expect_equal(info.device, (boot->untyped[i].flags & BOOT_UNTYPED_DEVICE) != 0);
    }
    expect_equal(info_of(arena).size_bits, ARENA_BITS);
    expect_equal(info_of(arena).device, false);
}

/* The first piece of device memory of this size or more. */
static cap_t device_untyped(unsigned size_bits)
{
    for (unsigned i = 0; i < boot->untyped_count; i++)
        if ((boot->untyped[i].flags & BOOT_UNTYPED_DEVICE) && boot->untyped[i].size_bits >= size_bits)
            return boot->untyped[i].slot;
    test_fail(__FILE__, __LINE__, "expected device memory of 2^%u bytes, seen none", size_bits);
}

TEST(device_memory_yields_frames_and_device_untyped_only)
{
    cap_t device = device_untyped(16);
    struct frame_info frame;

    for (unsigned type = OBJECT_CNODE; type <= OBJECT_IRQ_HANDLER; type++)
        if (type != OBJECT_FRAME)
            expect_argument(try_make(device, type, 0), ERR_TYPE, 1);
    cap_t part = make_from(device, OBJECT_UNTYPED, 13);
    expect_equal(info_of(part).device, true);
    expect_argument(try_make(part, OBJECT_ENDPOINT, 0), ERR_TYPE, 1);
    expect_ok(frame_info(make_from(part, OBJECT_FRAME, FRAME_SIZE_4K), &frame));
    expect_equal(frame.device, true);
    expect_ok(cnode_revoke(CNODE, device));
    expect_ok(untyped_reset(device, 0));
    expect_equal(info_of(device).watermark, 0);
}

TEST(device_memory_is_not_cleared)
{
    /* A part of ordinary memory cannot be made device memory, so use the text screen or whatever lies there:
     * only that reset of a gigabyte costs no time shows that it is not cleared. */
    cap_t device = device_untyped(FRAME_SIZE_1G);
    cap_t frame = make_from(device, OBJECT_FRAME, FRAME_SIZE_1G);

    erase(frame);
    uint64_t before = cost_now();
    expect_ok(untyped_reset(device, 0));
    expect_between(cost_now() - before, 0, 20000);
}
