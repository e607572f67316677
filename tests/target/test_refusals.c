/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals that belong to no other file: pairs of an operation (or system call) and an error that a table of all of them showed to be
 * without a test. */
#include "target.h"

static const word_t calls[] = { SYS_CALL,
                                SYS_SEND,
                                SYS_RECV,
                                SYS_REPLY_RECV,
                                SYS_SEND | SYS_POLL,
                                SYS_RECV | SYS_POLL,
                                SYS_REPLY_RECV | SYS_POLL };

static void expect_refused(cap_t address, error_t error)
{
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct message message = { .tag = 0 };
        expect_argument(raw_call(calls[i], address, &message, CAP_NULL), error, 0);
    }
}

TEST(refusal_of_every_system_call_through_nine_cnodes_is_err_depth)
{
    cap_t cnode = make(OBJECT_CNODE, 4), address = cnode;

    expect_ok(cnode_copy(cnode, 3, cnode)); /* so it goes on for ever */
    for (unsigned level = 2, shift = boot->cnode_size_bits; level <= 9; level++, shift += 4)
        address |= (cap_t)3 << shift;
    expect_refused(address, ERR_DEPTH);
}

TEST(refusal_of_every_system_call_through_a_cnode_without_write_is_err_right)
{
    cap_t cnode = make(OBJECT_CNODE, 4);

    expect_ok(cnode_copy(cnode, 3, make(OBJECT_ENDPOINT, 0)));
    expect_refused(mint(cnode, RIGHT_READ, 0) | (cap_t)3 << boot->cnode_size_bits, ERR_RIGHT);
}

TEST(refusal_of_a_reply_without_its_address_names_the_argument_of_the_receive)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct message message = { .tag = 0 };

    expect_argument(sys_recv_poll(endpoint, &message, slot_take()), ERR_CAPABILITY, 0);
    expect_argument(sys_recv_poll(endpoint, &message, endpoint), ERR_TYPE, 0);
    expect_argument(sys_reply_recv(endpoint, &message, slot_take()), ERR_CAPABILITY, 0);
    expect_argument(sys_reply_recv(endpoint, &message, endpoint), ERR_TYPE, 0);
}

TEST(refusal_of_a_context_lent_to_what_is_no_thread)
{
    cap_t context = make_context(boot->budget_minimum_ns, boot->budget_minimum_ns);

    expect_argument(sched_context_lend(context, make(OBJECT_ENDPOINT, 0)), ERR_TYPE, 1);
    expect_argument(sched_context_lend(context, mint(make(OBJECT_THREAD, 0), RIGHT_READ, 0)), ERR_RIGHT, 1);
}

static cap_t device_memory(void)
{
    for (unsigned i = 0; i < boot->untyped_count; i++)
        if (boot->untyped[i].flags & BOOT_UNTYPED_DEVICE)
            return boot->untyped[i].slot;
    test_fail(__FILE__, __LINE__, "expected device memory, seen none");
}

TEST(refusal_of_cache_operations_on_device_memory)
{
    cap_t device = device_memory(), frame = make_from(device, OBJECT_FRAME, FRAME_SIZE_4K);

    expect_argument(frame_clean(frame, 0, 64), ERR_TYPE, 0);
    expect_argument(frame_invalidate(frame, 0, 64), ERR_TYPE, 0);
    erase(frame);
    expect_ok(untyped_reset(device, 0));
}

TEST(refusal_to_configure_a_thread_with_spaces_that_are_not_to_be_changed)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    struct thread_configuration cnode = { .cnode = mint(CNODE, RIGHT_READ, 0) },
                                space = { .space = mint(SPACE, RIGHT_READ, 0) };

    expect_argument(thread_configure(thread, THREAD_SET_CNODE, &cnode), ERR_RIGHT, 2);
    expect_argument(thread_configure(thread, THREAD_SET_SPACE, &space), ERR_RIGHT, 3);
}
