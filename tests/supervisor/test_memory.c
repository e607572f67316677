/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames that a component maps (lib/memory.c), on the kernel: what it refuses of a frame that a peer may have
 * chosen, with which error; where frames lie; and what is left after one was taken back.
 */
#include "attempts.h"
#include "component_side.h"
#include "system.h"

#define CNODE_BITS 6u
#define QUOTA_BITS 18u
#define FRAME_SIZE 4096u
#define RW         (RIGHT_READ | RIGHT_WRITE)
#define FRAMES     5u

#define OPERATIONS_MAX 100u

/* Slots of the component's CNode, as in lucid/component.h; behind them what a peer might have given. */
enum {
    OWN_QUOTA = 1,
    OWN_CNODE,
    OWN_NOTIFICATION,
    OWN_SPACE = 6,
    PEER_FRAME,
    PEER_READABLE,
    PEER_DEVICE,
    PEER_COPY,
    NOTHING,
    FIRST_FREE
};

static cap_t device_memory(void)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (info->untyped[i].flags == BOOT_UNTYPED_DEVICE && info->untyped[i].physical >= HOST_MEMORY_SIZE)
            return info->untyped[i].slot;
    test_fails(__FILE__, __LINE__, "expected device memory, seen none");
}

/* The root thread moves into a CNode like that of a component that got some frames from others. */
static void become_component(void)
{
    system_boot();
    cap_t cnode = make(OBJECT_CNODE, CNODE_BITS), notification = make(OBJECT_NOTIFICATION, 0),
          frame = make(OBJECT_FRAME, 12), device = make_from(device_memory(), OBJECT_FRAME, 12),
          range = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, range, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, 20, 4);
    cap_t space = make_numbered(OBJECT_ADDRESS_SPACE, range, 20);
    DO(memory, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, QUOTA_BITS, cnode, OWN_QUOTA, 1, 0, 0);
    DO(cnode, OP_CNODE_MINT, OWN_CNODE, cnode, RIGHTS_ALL, 0, 0);
    DO(cnode, OP_CNODE_MINT, OWN_NOTIFICATION, notification, RIGHTS_ALL, 0, 0);
    DO(cnode, OP_CNODE_MINT, OWN_SPACE, space, RIGHTS_ALL, 0, 0);
    DO(cnode, OP_CNODE_MINT, PEER_FRAME, frame, RW, 0, 0);
    DO(cnode, OP_CNODE_MINT, PEER_READABLE, frame, RIGHT_READ, 0, 0);
    DO(cnode, OP_CNODE_MINT, PEER_DEVICE, device, RIGHTS_ALL, 0, 0);
    DO(BOOT_SLOT_THREAD, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, cnode, 0, 0, 0, 0, 0, 0);
    component_side_init(current()->utcb, CNODE_BITS, FIRST_FREE, object_size_bits(OBJECT_ENDPOINT),
                        object_size_bits(OBJECT_NOTIFICATION));
}

static void refused(uint64_t frame, uint64_t bytes, uint64_t rights, unsigned error)
{
    void *address = &address;

    EXPECT_EQ(memory_map(frame, bytes, rights, &address), error);
    EXPECT(address == NULL);
}

/* Where the kernel has it mapped. */
static uint64_t mapped_at(uint64_t frame)
{
    return CALL(frame, OP_FRAME_INFO).word[3];
}

static uint64_t mapped(uint64_t frame, uint64_t bytes, uint64_t rights)
{
    void *address = NULL;

    EXPECT_EQ(memory_map(frame, bytes, rights, &address), OK);
    EXPECT(address != NULL);
    EXPECT_EQ((uint64_t)address, mapped_at(frame));
    return (uint64_t)address;
}

TEST(frame_that_is_not_what_was_agreed_is_refused_with_the_reason)
{
    become_component();
    refused(NOTHING, FRAME_SIZE, RW, ERR_CAPABILITY);
    refused(OWN_NOTIFICATION, FRAME_SIZE, RW, ERR_TYPE);
    refused(PEER_DEVICE, FRAME_SIZE, RW, ERR_TYPE);
    refused(PEER_READABLE, FRAME_SIZE, RW, ERR_RIGHT);
    refused(PEER_FRAME, FRAME_SIZE, RW | RIGHT_EXECUTE, ERR_RIGHT);
    refused(PEER_FRAME, FRAME_SIZE + 1, RW, ERR_RANGE);
    refused(PEER_FRAME, UINT64_MAX, RW, ERR_RANGE);
    EXPECT_EQ(mapped_at(PEER_FRAME), 0);
    mapped(PEER_FRAME, FRAME_SIZE, RW);
    refused(PEER_FRAME, FRAME_SIZE, RW, ERR_MAPPED);
    mapped(PEER_READABLE, 1, RIGHT_READ);
    system_check();
}

TEST(between_two_frames_nothing_is_mapped)
{
    uint64_t frame[FRAMES], at[FRAMES];

    become_component();
    for (unsigned i = 0; i < FRAMES; i++) {
        frame[i] = object_make(OBJECT_FRAME, FRAME_SIZE_4K);
        at[i] = mapped(frame[i], FRAME_SIZE, RW);
        EXPECT_EQ(at[i] % FRAME_SIZE, 0);
        for (unsigned j = 0; j < i; j++)
            EXPECT(at[i] - at[j] >= 2 * FRAME_SIZE && at[j] - at[i] >= 2 * FRAME_SIZE);
    }
}

TEST(range_is_used_again_for_the_next_frame)
{
    become_component();
    uint64_t frame = object_make(OBJECT_FRAME, FRAME_SIZE_4K), first = mapped(frame, FRAME_SIZE, RW);

    memory_unmap((void *)first);
    EXPECT_EQ(mapped_at(frame), 0);
    EXPECT_EQ(mapped(PEER_FRAME, FRAME_SIZE, RW), first);
}

TEST(frame_that_its_maker_takes_back_is_gone_and_its_range_free)
{
    become_component();
    uint64_t frame = object_make(OBJECT_FRAME, FRAME_SIZE_4K), own = mapped(frame, FRAME_SIZE, RW);

    DO(OWN_CNODE, OP_CNODE_MINT, PEER_COPY, frame, RW, 0, 0); /* the peer is this component itself */
    uint64_t theirs = mapped(PEER_COPY, FRAME_SIZE, RW);
    EXPECT_EQ(slot_revoke(frame), OK);
    EXPECT(!slot_holds(PEER_COPY, OBJECT_FRAME));
    EXPECT_EQ(mapped_at(frame), own);
    memory_unmap((void *)theirs);
    EXPECT_EQ(mapped(PEER_FRAME, FRAME_SIZE, RW), theirs);
    EXPECT_EQ(slot_revoke(NOTHING), ERR_CAPABILITY);
    system_check();
}

static bool with_failure(unsigned nth)
{
    void *address;

    become_component();
    component_side_fail(nth);
    unsigned error = memory_map(PEER_FRAME, FRAME_SIZE, RW, &address);
    bool failed = component_side_has_failed();
    component_side_fail(0);
    /* Objects are tried twice, and operations fail with just this error. */
    EXPECT_EQ(error, failed && address == NULL ? ERR_MEMORY : OK);
    EXPECT(failed || address != NULL);
    if (address == NULL)
        mapped(PEER_FRAME, FRAME_SIZE, RW);
    system_check();
    return failed;
}

TEST(frame_that_cannot_be_mapped_is_told_and_the_next_attempt_succeeds)
{
    EXPECT(all_attempts(with_failure, OPERATIONS_MAX) > 6);
}
