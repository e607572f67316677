/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: what it yields, what it refuses, and how it becomes clean again. */
#include "system.h"
#include <string.h>

static status_t retype(cap_t untyped, word_t type, word_t size_bits, cap_t slot, word_t count)
{
    return CALL(untyped, OP_UNTYPED_RETYPE, type, size_bits, 0, slot, count, 0, 0).status;
}

static uint64_t watermark(cap_t untyped)
{
    struct outcome seen = CALL(untyped, OP_UNTYPED_INFO);

    EXPECT_OK(seen.status);
    EXPECT_EQ(seen.word[2], slot_at(untyped)->cap.data);
    return seen.word[2];
}

TEST(info_tells_where_it_is)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 14);
    struct outcome seen = CALL(part, OP_UNTYPED_INFO);
    EXPECT_EQ(seen.word[0], arch_physical(object_at(part)));
    EXPECT_EQ(seen.word[1], 14);
    EXPECT_EQ(seen.word[2], 0);
    EXPECT_EQ(seen.word[3], 0);
}

TEST(retype_aligns_and_advances_the_watermark)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), first = slot_new(), second = slot_new(), third = slot_new();
    EXPECT_OK(retype(part, OBJECT_ENDPOINT, 0, first, 1));
    EXPECT_EQ(watermark(part), 64);
    EXPECT_OK(retype(part, OBJECT_FRAME, 12, second, 1));
    EXPECT_EQ(watermark(part), 8192);
    EXPECT((char *)mapped_pointer(&slot_at(second)->cap) == (char *)object_at(part) + 4096);
    EXPECT_OK(retype(part, OBJECT_CNODE, 4, third, 1));
    EXPECT_EQ(watermark(part), 8192 + 512);
}

TEST(retype_many_at_once)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), slots[64];
    for (unsigned i = 0; i < 64; i++)
        slots[i] = slot_new();
    EXPECT_OK(retype(part, OBJECT_NOTIFICATION, 0, slots[0], 64));
    EXPECT_EQ(watermark(part), 64 * 64);
    for (unsigned i = 0; i < 64; i++) {
        EXPECT(object_at(slots[i]) == (char *)object_at(part) + 64 * i);
        EXPECT_EQ(slot_depth(slot_at(slots[i])), slot_depth(slot_at(part)) + 1);
    }
}

TEST(retype_refuses)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), cnode = make(OBJECT_CNODE, 4), free = slot_new();
    EXPECT_ERROR(retype(part, OBJECT_NULL, 0, free, 1), ERR_TYPE, 1);
    EXPECT_ERROR(retype(part, OBJECT_IRQ_RANGE, 0, free, 1), ERR_TYPE, 1);
    EXPECT_ERROR(retype(part, 1000, 0, free, 1), ERR_TYPE, 1);
    EXPECT_ERROR(retype(part, (word_t)1 << (8 * sizeof(word_t) - 1) | OBJECT_ENDPOINT, 0, free, 1), ERR_TYPE,
                 1);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 6, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_UNTYPED, 5, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_UNTYPED, 64, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_CNODE, 3, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_CNODE, 21, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_SCHED_CONTEXT, 7, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_SCHED_CONTEXT, 13, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_FRAME, 13, free, 1), ERR_RANGE, 2);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, 0, 1), ERR_SLOT, 4);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, part, 1), ERR_SLOT, 4);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, ~(word_t)0, 2), ERR_SLOT, 4);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, cnode_count(&slot_at(BOOT_SLOT_CNODE)->cap) - 1, 2),
                 ERR_SLOT, 4);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, free, 0), ERR_RANGE, 5);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, free, 257), ERR_RANGE, 5);
    EXPECT_ERROR(retype(part, OBJECT_UNTYPED, 17, free, 1), ERR_MEMORY, 0);
    EXPECT_ERROR(retype(part, OBJECT_FRAME, 21, free, 1), ERR_MEMORY, 0);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, memory, 1, 1, 0, 0).status, ERR_TYPE, 3);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, free, 1, 1, 0, 0).status, ERR_CAPABILITY,
                 3);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, cnode, 16, 1, 0, 0).status, ERR_SLOT, 4);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, cnode, 15, 2, 0, 0).status, ERR_SLOT, 4);
    EXPECT_ERROR(
        CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, mint(cnode, RIGHT_READ, 0), 1, 1, 0, 0).status,
        ERR_RIGHT, 3);
    EXPECT_EQ(watermark(part), 0);
    EXPECT(slot_is_empty(slot_at(free)));
}

TEST(retype_of_what_needs_a_number_refuses)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), few = slot_new(), weak = slot_new(), free = slot_new();
    slot_new();
    slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, few, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, 10, 2);

#define SPACE(range, number, count)                                                                          \
    CALL(part, OP_UNTYPED_RETYPE, OBJECT_ADDRESS_SPACE, 0, 0, free, count, range, number).status
    EXPECT_ERROR(SPACE(0, 10, 1), ERR_CAPABILITY, 6);
    EXPECT_ERROR(SPACE(BOOT_SLOT_IRQ_RANGE, 10, 1), ERR_TYPE, 6);
    EXPECT_ERROR(SPACE(few, 9, 1), ERR_RANGE, 7);
    EXPECT_ERROR(SPACE(few, 12, 1), ERR_RANGE, 7);
    EXPECT_ERROR(SPACE(few, ~(word_t)0, 1), ERR_RANGE, 7);
    EXPECT_ERROR(SPACE(few, 10, 3), ERR_RANGE, 7);
    EXPECT_ERROR(SPACE(BOOT_SLOT_ASID_RANGE, 1, 1), ERR_BUSY, 7);
    EXPECT_ERROR(SPACE(BOOT_SLOT_ASID_RANGE, 0, 1), ERR_RANGE, 7);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 0, free, 1, few, 0).status, ERR_RANGE, 6);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 0, free, 1, 0, 5).status, ERR_RANGE, 7);
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, weak, few, RIGHT_READ, 10, 2);
    EXPECT_ERROR(SPACE(weak, 10, 1), ERR_RIGHT, 6);
    EXPECT_EQ(watermark(part), 0);
    EXPECT_OK(SPACE(few, 11, 1));
    EXPECT(space_by_number(11) == object_at(free));
    EXPECT_EQ(slot_depth(&((struct address_space *)object_at(free))->slots[SPACE_SLOT_NUMBER]),
              slot_depth(slot_at(few)) + 1);
}

TEST(retype_to_exhaustion)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 12), slot = slot_new();
    for (unsigned i = 0; i < 64; i++) {
        EXPECT_OK(retype(part, OBJECT_ENDPOINT, 0, slot, 1));
        slot = slot_new();
    }
    EXPECT_EQ(watermark(part), 4096);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, slot, 1), ERR_MEMORY, 0);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RESET, 0).status, ERR_CHILDREN, 0);
    revoke(part);
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, slot, 1), ERR_MEMORY, 0);
    DO(part, OP_UNTYPED_RESET, 0);
    EXPECT_OK(retype(part, OBJECT_ENDPOINT, 0, slot, 1));
}

TEST(retype_of_all_but_the_last_bytes)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 13), slot = slot_new();
    EXPECT_OK(retype(part, OBJECT_ENDPOINT, 0, slot, 1));
    EXPECT_OK(retype(part, OBJECT_FRAME, 12, slot_new(), 1));
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, slot_new(), 1), ERR_MEMORY, 0);
}

/* ---- Reset */

static bool is_clean(const char *start, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (start[i])
            return false;
    return true;
}

TEST(reset_clears_everything_below_the_watermark)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), frame = slot_new();
    char *start = object_at(part);
    EXPECT_OK(retype(part, OBJECT_FRAME, 12, frame, 1));
    memset(start, 0x77, 4096);
    EXPECT_OK(retype(part, OBJECT_ENDPOINT, 0, slot_new(), 3));
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    EXPECT_EQ(watermark(part), 0);
    EXPECT(is_clean(start, 65536));
}

/* Five objects, with an interrupt after the first two; the first slot. */
static cap_t retype_five(cap_t part, word_t type, word_t size_bits, cap_t range, word_t number)
{
    cap_t first = slot_new();

    for (unsigned i = 1; i < 5; i++)
        slot_new();
    host.pending_every = 1;
    sys_once(SYS_CALL, part, 0, tag_make(OP_UNTYPED_RETYPE, 7, 0),
             WORDS(type, size_bits, CAP_NULL, first, 5, range, number));
    host.pending_every = 0;
    return first;
}

static cap_t retype_interrupted(cap_t part)
{
    cap_t frames = retype_five(part, OBJECT_FRAME, 12, CAP_NULL, 0);

    EXPECT(current()->context.at_syscall);
    EXPECT_EQ(slot_at(part)->cap.data, 2 * 4096);
    EXPECT(!slot_is_empty(slot_at(frames + 1)));
    EXPECT(slot_is_empty(slot_at(frames + 2)));
    return frames;
}

TEST(retype_that_is_interrupted_goes_on_with_the_rest)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16);
    char *start = object_at(part);
    cap_t frames = retype_interrupted(part);

    host_syscall();
    EXPECT_EQ(current()->context.registers[REGISTER_A0], OK);
    for (unsigned i = 0; i < 5; i++)
        EXPECT(object_at(frames + i) == start + i * 4096);
    EXPECT_EQ(watermark(part), 5 * 4096);
}

/* What was made stays. */
TEST(retype_whose_next_slot_is_taken_meanwhile_says_so)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), other = make(OBJECT_ENDPOINT, 0),
          frames = retype_interrupted(part);

    struct arch_context kept = current()->context;
    DO(BOOT_SLOT_CNODE, OP_CNODE_MOVE, frames + 3, other);
    current()->context = kept;
    host_syscall();
    EXPECT_EQ(current()->context.registers[REGISTER_A0] & STATUS_ERROR_MASK, ERR_SLOT);
    EXPECT_EQ(watermark(part), 2 * 4096);
}

/* Each has the next number. */
TEST(retype_of_spaces_that_is_interrupted_goes_on_with_the_next_number)
{
    system_boot();
    cap_t spaces = retype_five(make(OBJECT_UNTYPED, 18), OBJECT_ADDRESS_SPACE, 0, BOOT_SLOT_ASID_RANGE, 40);

    host_syscall();
    EXPECT_EQ(current()->context.registers[REGISTER_A0], OK);
    for (unsigned i = 0; i < 5; i++)
        EXPECT_EQ(((struct address_space *)object_at(spaces + i))->number, 40 + i);
}

TEST(reset_in_steps_with_interrupts)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), frames = slot_new();
    char *start = object_at(part);
    for (unsigned i = 1; i < 16; i++)
        slot_new();
    EXPECT_OK(retype(part, OBJECT_FRAME, 12, frames, 16));
    memset(start, 0x77, 65536);
    revoke(part);
    host.pending_every = 1;
    for (unsigned left = 15; left > 0; left--) { /* one step an entry, and the watermark says where it is */
        sys_once(SYS_CALL, part, 0, tag_make(OP_UNTYPED_RESET, 1, 0), WORDS(0));
        EXPECT(current()->context.at_syscall);
        EXPECT_EQ(slot_at(part)->cap.data, left * 4096);
        EXPECT(is_clean(start + left * 4096, 65536 - left * 4096));
    }
    EXPECT_OK(sys_once(SYS_CALL, part, 0, tag_make(OP_UNTYPED_RESET, 1, 0), WORDS(0)).status);
    EXPECT(is_clean(start, 65536));
}

TEST(reset_to_a_floor)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16), frames = slot_new();
    char *start = object_at(part);
    slot_new();
    slot_new();
    EXPECT_OK(retype(part, OBJECT_FRAME, 12, frames, 3));
    memset(start, 0x77, 3 * 4096);
    revoke(part);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RESET, 4 * 4096).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(part, OP_UNTYPED_RESET, 64).status, ERR_ALIGNMENT, 1);
    DO(part, OP_UNTYPED_RESET, 4096);
    EXPECT_EQ(watermark(part), 4096);
    EXPECT_EQ(start[4095], 0x77);
    EXPECT(is_clean(start + 4096, 2 * 4096));
    DO(part, OP_UNTYPED_RESET, 4096);
    DO(part, OP_UNTYPED_RESET, 0);
    EXPECT(is_clean(start, 4096));
}

TEST(reset_from_inside_a_page)
{
    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 16);
    EXPECT_OK(retype(part, OBJECT_FRAME, 12, slot_new(), 1));
    EXPECT_OK(retype(part, OBJECT_ENDPOINT, 0, slot_new(), 1));
    revoke(part);
    host.cleared_bytes = 0;
    DO(part, OP_UNTYPED_RESET, 0);
    EXPECT_EQ(host.cleared_bytes, 4096 + 64);
}

/* ---- Device memory */

static cap_t device_memory(void)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (info->untyped[i].flags == BOOT_UNTYPED_DEVICE && info->untyped[i].physical >= HOST_MEMORY_SIZE)
            return info->untyped[i].slot;
    test_fails(__FILE__, __LINE__, "expected device memory, seen none");
}

TEST(device_memory_yields_only_frames_and_untyped)
{
    system_boot();
    cap_t device = device_memory(), frame = slot_new(), part = slot_new();
    static const unsigned refused[] = { OBJECT_CNODE,         OBJECT_THREAD,     OBJECT_ENDPOINT,
                                        OBJECT_NOTIFICATION,  OBJECT_REPLY,      OBJECT_SCHED_CONTEXT,
                                        OBJECT_ADDRESS_SPACE, OBJECT_PAGE_TABLE, OBJECT_IRQ_HANDLER };

    for (unsigned i = 0; i < ARRAY_COUNT(refused); i++)
        EXPECT_ERROR(retype(device, refused[i], 0, slot_new(), 1), ERR_TYPE, 1);
    EXPECT_OK(retype(device, OBJECT_FRAME, 12, frame, 1));
    EXPECT(frame_is_device(&slot_at(frame)->cap));
    EXPECT_OK(retype(device, OBJECT_UNTYPED, 20, part, 1));
    EXPECT_ERROR(retype(part, OBJECT_ENDPOINT, 0, slot_new(), 1), ERR_TYPE, 1);
    EXPECT_EQ(CALL(part, OP_UNTYPED_INFO).word[3], 1);
}

TEST(device_memory_is_never_cleared)
{
    system_boot();
    cap_t device = device_memory(), frame = slot_new();
    EXPECT_OK(retype(device, OBJECT_FRAME, 21, frame, 1));
    revoke(device);
    host.cleared_bytes = 0;
    DO(device, OP_UNTYPED_RESET, 0);
    EXPECT_EQ(watermark(device), 0);
    EXPECT_EQ(host.cleared_bytes, 0);
}

TEST(device_frame_is_no_message_page)
{
    system_boot();
    cap_t device = device_memory(), frame = slot_new(), a = make_passive(1);
    EXPECT_OK(retype(device, OBJECT_FRAME, 12, frame, 1));
    EXPECT_ERROR(CALL(a, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, frame, 0, 0, 0, 0).status, ERR_TYPE,
                 4);
}

/* Every object comes out of memory that is zero where nobody has written. */
TEST(objects_again_and_again_in_the_same_memory)
{
    static const struct {
        unsigned type, bits;
    } kinds[] = { { OBJECT_THREAD, 0 },     { OBJECT_CNODE, 5 },         { OBJECT_ENDPOINT, 0 },
                  { OBJECT_REPLY, 0 },      { OBJECT_SCHED_CONTEXT, 9 }, { OBJECT_FRAME, 12 },
                  { OBJECT_PAGE_TABLE, 0 }, { OBJECT_UNTYPED, 10 } };

    system_boot();
    cap_t part = make(OBJECT_UNTYPED, 14), slot = slot_new();
    for (unsigned round = 0; round < 40; round++) {
        for (;;) {
            unsigned kind = random_below(ARRAY_COUNT(kinds));
            status_t status = retype(part, kinds[kind].type, kinds[kind].bits, slot, 1);
            if (status_error(status) == ERR_MEMORY)
                break;
            EXPECT_OK(status);
            if (kinds[kind].type == OBJECT_FRAME)
                memset(mapped_pointer(&slot_at(slot)->cap), 0xff, 4096);
            if (random_below(2))
                delete (slot);
            else
                slot = slot_new();
        }
        revoke(part);
        DO(part, OP_UNTYPED_RESET, 0);
        EXPECT(is_clean(object_at(part), 1u << 14));
    }
}
