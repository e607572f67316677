/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: configuring, registers, stopping and going on, priorities, attributes, the FPU, notifications
 * bound to them. */
#include "system.h"
#include <lucid/faults.h>

static cap_t a, b, endpoint, notification;

static void setup(void)
{
    system_boot();
    a = make_thread(100);
    b = make_thread(101);
    endpoint = make(OBJECT_ENDPOINT, 0);
    notification = make(OBJECT_NOTIFICATION, 0);
}

/* ---- Configure */

#define CONFIGURE(thread, mask, cnode, space, frame, offset, fault, timeout, death)                          \
    CALL(thread, OP_THREAD_CONFIGURE, mask, cnode, space, frame, offset, fault, timeout, death).status

TEST(configure_refuses)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12), empty = slot_new();
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_ALL + 1, 0, 0, 0, 0, 0, 0, 0), ERR_RANGE, 1);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_CNODE, endpoint, 0, 0, 0, 0, 0, 0), ERR_TYPE, 2);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_CNODE, empty, 0, 0, 0, 0, 0, 0), ERR_CAPABILITY, 2);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_SPACE, 0, endpoint, 0, 0, 0, 0, 0), ERR_TYPE, 3);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_MESSAGE, 0, 0, endpoint, 0, 0, 0, 0), ERR_TYPE, 4);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_MESSAGE, 0, 0, mint(frame, RIGHT_READ, 0), 0, 0, 0, 0), ERR_RIGHT,
                 4);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_MESSAGE, 0, 0, frame, 4096, 0, 0, 0), ERR_RANGE, 5);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_MESSAGE, 0, 0, frame, 512, 0, 0, 0), ERR_ALIGNMENT, 5);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_FAULT, 0, 0, 0, 0, notification, 0, 0), ERR_TYPE, 6);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_FAULT, 0, 0, 0, 0, mint(endpoint, RIGHT_READ, 0), 0, 0), ERR_RIGHT,
                 6);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_TIMEOUT, 0, 0, 0, 0, 0, mint(endpoint, RIGHT_READ, 0), 0), ERR_RIGHT,
                 7);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_DEATH, 0, 0, 0, 0, 0, 0, mint(notification, RIGHT_READ, 0)),
                 ERR_RIGHT, 8);
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_DEATH, 0, 0, 0, 0, 0, 0, endpoint), ERR_TYPE, 8);
}

TEST(configure_places_the_message_page)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    for (word_t offset = 0; offset < 4096; offset += 1024) {
        EXPECT_OK(CONFIGURE(a, THREAD_SET_MESSAGE, 0, 0, frame, offset, 0, 0, 0));
        EXPECT((char *)thread_at(a)->utcb == (char *)mapped_pointer(&slot_at(frame)->cap) + offset);
    }
}

TEST(configure_changes_only_what_the_mask_names)
{
    setup();
    const struct thread *thread = thread_at(a);
    EXPECT_OK(CONFIGURE(a, THREAD_SET_FAULT, 0, 0, 0, 0, endpoint, 0, 0));
    EXPECT(thread->space == object_at(BOOT_SLOT_SPACE));
    EXPECT(thread->cnode == slot_at(0));
    EXPECT(thread->utcb != NULL);
    EXPECT(cap_pointer(&thread->slots[PLACE_THREAD_FAULT].cap) == object_at(endpoint));
    EXPECT_OK(CONFIGURE(a, 0, 0, 0, 0, 0, 0, 0, 0));
    EXPECT(!slot_is_empty(&thread->slots[PLACE_THREAD_FAULT]));
    EXPECT_OK(CONFIGURE(a, THREAD_SET_FAULT, 0, 0, 0, 0, 0, 0, 0));
    EXPECT(slot_is_empty(&thread->slots[PLACE_THREAD_FAULT]));
}

TEST(configure_does_not_destroy_by_replacing)
{
    setup();
    cap_t own = make(OBJECT_ENDPOINT, 0);
    EXPECT_OK(CONFIGURE(a, THREAD_SET_FAULT, 0, 0, 0, 0, own, 0, 0));
    delete (own); /* the thread has the last capability */
    EXPECT_ERROR(CONFIGURE(a, THREAD_SET_FAULT, 0, 0, 0, 0, endpoint, 0, 0), ERR_STATE, 6);
}

TEST(configure_without_space_stops_the_thread)
{
    setup();
    resume(a);
    EXPECT_OK(CONFIGURE(a, THREAD_SET_SPACE, 0, 0, 0, 0, 0, 0, 0));
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(a)->stop_reason, THREAD_STOP_SPACE);
    EXPECT_ERROR(CALL(a, OP_THREAD_RESUME).status, ERR_STATE, 0);
}

TEST(configure_another_space_for_oneself_loads_it)
{
    setup();
    cap_t space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, 9);
    resume(a);
    run(a);
    EXPECT_OK(CONFIGURE(a, THREAD_SET_SPACE, 0, space, 0, 0, 0, 0, 0));
    EXPECT(current() == thread_at(a));
    EXPECT(host.core.root == ((struct address_space *)object_at(space))->arch.root);
    EXPECT(host_access(IMAGE_SEGMENT, FAULT_ACCESS_READ) == NULL);
}

/* ---- Registers */

TEST(registers_are_read_and_written)
{
    setup();
    word_t values[REGISTER_COUNT];
    struct thread *thread = thread_at(a);
    DO(a, OP_THREAD_WRITE_REGISTERS, 0, 0x1000, 0x2000, 0xffff, 0x3000, 1, 2, 3, 4, 5, 6, 7, 8);
    struct outcome seen = CALL(a, OP_THREAD_READ_REGISTERS);
    EXPECT_EQ(seen.tag, tag_make(0, REGISTER_COUNT, 0));
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        values[i] = seen.word[i];
    EXPECT_EQ(values[REGISTER_IP], 0x1000);
    EXPECT_EQ(values[REGISTER_FLAGS], 0xff); /* masked */
    EXPECT_EQ(values[REGISTER_W3], 8);
    DO(a, OP_THREAD_WRITE_REGISTERS, REGISTER_W3, 80);
    EXPECT_EQ(thread->context.registers[REGISTER_W3], 80);
    EXPECT_EQ(thread->context.registers[REGISTER_W2], 7);
    DO(a, OP_THREAD_WRITE_REGISTERS, REGISTER_COUNT - 1);
}

TEST(registers_refuse)
{
    setup();
    resume(a);
    EXPECT_ERROR(CALL(a, OP_THREAD_WRITE_REGISTERS, REGISTER_COUNT).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(a, OP_THREAD_WRITE_REGISTERS, REGISTER_W3, 1, 2).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(a, OP_THREAD_WRITE_REGISTERS, ~(word_t)0, 1).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(a, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, USER_ADDRESS_END).status, ERR_RANGE, 2);
    EXPECT_ERROR(CALL(BOOT_SLOT_THREAD, OP_THREAD_WRITE_REGISTERS, REGISTER_W3, 1).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_THREAD, OP_THREAD_READ_REGISTERS).status, ERR_STATE, 0);
    /* One that is wrong: none is written. */
    word_t before = thread_at(a)->context.registers[REGISTER_SP];
    EXPECT_ERROR(CALL(a, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, ~(word_t)0, 7).status, ERR_RANGE, 2);
    EXPECT_EQ(thread_at(a)->context.registers[REGISTER_SP], before);
}

/* ---- Suspend and resume */

TEST(suspend_and_resume)
{
    setup();
    resume(a);
    DO(a, OP_THREAD_SUSPEND, 5);
    struct outcome seen = CALL(a, OP_THREAD_INFO);
    EXPECT_EQ(seen.word[0], THREAD_STATE_STOPPED);
    EXPECT_EQ(seen.word[1], THREAD_STOP_SUSPEND);
    EXPECT_EQ(seen.word[2], 5);
    EXPECT_EQ(seen.word[3], 100);
    DO(a, OP_THREAD_SUSPEND, 6); /* it is stopped already: nothing changes */
    EXPECT_EQ(CALL(a, OP_THREAD_INFO).word[2], 5);
    DO(a, OP_THREAD_RESUME);
    seen = CALL(a, OP_THREAD_INFO);
    EXPECT_EQ(seen.word[0], THREAD_STATE_RUNNABLE);
    EXPECT_EQ(seen.word[1], THREAD_STOP_NONE);
    DO(a, OP_THREAD_RESUME);
    run(a);
}

TEST(suspend_ends_every_kind_of_wait_with_cancelled)
{
    setup();
    cap_t reply = make(OBJECT_REPLY, 0);
    resume(a);
    resume(b);
    for (unsigned kind = 0; kind < 4; kind++) {
        if (kind == 3) { /* somebody to call */
            run(b);
            RECV(endpoint, reply);
        }
        run(a);
        if (kind == 0)
            SEND(endpoint, 0);
        else if (kind == 1)
            RECV(endpoint, reply);
        else if (kind == 2)
            RECV(notification, 0);
        else
            CALL(endpoint, 0);
        EXPECT(thread_is_blocked(thread_at(a)));
        root_wake();
        DO(a, OP_THREAD_SUSPEND, 0);
        EXPECT_EQ(thread_at(a)->state, THREAD_STATE_STOPPED);
        DO(a, OP_THREAD_RESUME);
        EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_CANCELLED, 0);
        EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
    }
}

TEST(exit_signals_the_death_notification_and_can_be_resumed)
{
    setup();
    EXPECT_OK(CONFIGURE(a, THREAD_SET_DEATH, 0, 0, 0, 0, 0, 0, mint(notification, RIGHT_WRITE, 8)));
    resume(a);
    run(a);
    CALL(a, OP_THREAD_SUSPEND, 3);
    EXPECT_EQ(((struct notification *)object_at(notification))->bits, 8);
    root_wake();
    EXPECT_EQ(CALL(a, OP_THREAD_INFO).word[2], 3);
    resume(a);
    run(a);
    EXPECT_OK(outcome_of(thread_at(a)).status);
}

TEST(death_notification_for_every_way_to_die)
{
    setup();
    struct notification *object = object_at(notification);
    cap_t badged = mint(notification, RIGHT_WRITE, 8);
    for (unsigned way = 0; way < 4; way++) {
        cap_t c = make_thread(50);
        EXPECT_OK(CONFIGURE(c, THREAD_SET_DEATH, 0, 0, 0, 0, 0, 0, badged));
        resume(c);
        if (way == 0)
            DO(c, OP_THREAD_SUSPEND, 0);
        else if (way == 1)
            delete (c);
        else if (way == 2)
            EXPECT_OK(CONFIGURE(c, THREAD_SET_SPACE, 0, 0, 0, 0, 0, 0, 0));
        else {
            run(c);
            kernel_exception(EXCEPTION_OTHER, 0);
            root_wake();
        }
        EXPECT_EQ(object->bits, 8);
        object->bits = 0;
    }
}

TEST(destroyed_thread_is_nowhere)
{
    setup();
    resume(a);
    delete (a);
    EXPECT(slot_is_empty(slot_at(a)));
    EXPECT(((struct sched_context *)object_at(SC_OF(a)))->owner == NULL);
    EXPECT(((struct sched_context *)object_at(SC_OF(a)))->thread == NULL);
    resume(b);
    run(b);
    RECV(endpoint, 0);
    root_wake();
    delete (b);
    EXPECT_EQ(((struct endpoint *)object_at(endpoint))->state, ENDPOINT_IDLE);
}

TEST(running_thread_that_deletes_itself)
{
    setup();
    resume(a);
    run(a);
    CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, a);
    EXPECT(current() == NULL);
    root_wake();
    EXPECT(slot_is_empty(slot_at(a)));
    system_check();
}

/* ---- Priority and attributes */

TEST(set_priority_is_limited_by_the_callers_own)
{
    setup();
    DO(a, OP_THREAD_SET_PRIORITY, 100, 150);
    resume(a);
    resume(b);
    root_sleep();
    EXPECT(current() == thread_at(b));
    root_wake();
    DO(b, OP_THREAD_SET_PRIORITY, 1, 1);
    root_sleep();
    EXPECT(current() == thread_at(a));
    EXPECT_ERROR(CALL(b, OP_THREAD_SET_PRIORITY, 256, 0).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(b, OP_THREAD_SET_PRIORITY, 0, 256).status, ERR_RANGE, 2);
    EXPECT_ERROR(CALL(b, OP_THREAD_SET_PRIORITY, 151, 0).status, ERR_PRIORITY, 1);
    EXPECT_ERROR(CALL(b, OP_THREAD_SET_PRIORITY, 0, 151).status, ERR_PRIORITY, 2);
    EXPECT_OK(CALL(b, OP_THREAD_SET_PRIORITY, 150, 150).status);
    EXPECT(current() == thread_at(b)); /* it is more important now */
}

TEST(lowering_ones_own_priority_lets_others_run)
{
    setup();
    resume(a);
    resume(b);
    root_sleep();
    EXPECT(current() == thread_at(b));
    CALL(b, OP_THREAD_SET_PRIORITY, 99, 99);
    EXPECT(current() == thread_at(a));
}

TEST(attributes_refuse_unknown_bits)
{
    setup();
    EXPECT_ERROR(CALL(a, OP_THREAD_SET_ATTRIBUTES, THREAD_ATTRIBUTE_ALL + 1, 0).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FAULT_ON_CAP).status, ERR_RANGE, 2);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_ATTRIBUTE_ALL, THREAD_FPU);
    EXPECT_EQ(thread_at(a)->attributes, THREAD_FPU);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FAULT_ON_CAP, THREAD_FAULT_ON_CAP);
    EXPECT_EQ(thread_at(a)->attributes, THREAD_ATTRIBUTE_ALL);
}

/* ---- FPU */

static void use_fpu(cap_t thread, word_t expected, word_t value)
{
    run(thread);
    word_t *registers = host_fpu();
    EXPECT(registers != NULL);
    for (unsigned i = 0; i < HOST_FPU_WORDS; i++) {
        EXPECT_EQ(registers[i], expected);
        registers[i] = value;
    }
    system_check();
}

TEST(fpu_state_stays_with_its_thread)
{
    setup();
    resume(a);
    resume(b);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    DO(b, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    use_fpu(a, 0, 1);
    use_fpu(b, 0, 2);
    use_fpu(a, 1, 3);
    use_fpu(b, 2, 4);
    use_fpu(a, 3, 5);
}

TEST(fpu_is_not_saved_for_threads_that_do_not_use_it)
{
    setup();
    resume(a);
    resume(b);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    use_fpu(a, 0, 1);
    run(b);
    EXPECT(!host.core.fpu_on);
    unsigned saves = host.fpu_saves;
    use_fpu(a, 1, 1);
    EXPECT_EQ(host.fpu_saves, saves);
}

TEST(fpu_without_the_attribute_is_an_exception)
{
    setup();
    cap_t reply = make(OBJECT_REPLY, 0);
    set_fault_handler(a, endpoint);
    resume(a);
    resume(b);
    run(b);
    RECV(endpoint, reply);
    run(a);
    EXPECT(host_fpu() == NULL);
    EXPECT_EQ(outcome_of(thread_at(b)).word[0], EXCEPTION_FPU_OFF);
}

TEST(fpu_attribute_taken_away_while_owner)
{
    setup();
    resume(a);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    use_fpu(a, 0, 1);
    CALL(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, 0);
    EXPECT(!host.core.fpu_on);
    EXPECT(core_self()->fpu_owner == NULL);
}

TEST(fpu_owner_destroyed)
{
    setup();
    resume(a);
    resume(b);
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    DO(b, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    use_fpu(a, 0, 0x5ec3e7);
    root_wake();
    delete (a);
    EXPECT(core_self()->fpu_owner == NULL);
    run(b);
    word_t *registers = host_fpu();
    for (unsigned i = 0; i < HOST_FPU_WORDS; i++)
        EXPECT_EQ(registers[i], 0);
}

/* ---- Bound notifications */

TEST(bound_notification_ends_a_receive)
{
    setup();
    DO(a, OP_THREAD_BIND_NOTIFICATION, notification);
    cap_t badged = mint(notification, RIGHT_WRITE, 6);
    resume(a);
    run(a);
    RECV(endpoint, 0);
    root_wake();
    EXPECT_OK(SEND(badged, 0).status);
    struct outcome got = outcome_of(thread_at(a));
    EXPECT(got.returned);
    EXPECT_EQ(got.status, STATUS_SIGNAL);
    EXPECT_EQ(got.badge, 6);
    EXPECT_EQ(((struct notification *)object_at(notification))->bits, 0);
    /* What was signalled before is there at once. */
    EXPECT_OK(SEND(badged, 0).status);
    run(a);
    got = RECV(endpoint, 0);
    EXPECT_EQ(got.status, STATUS_SIGNAL);
}

TEST(bound_notification_waits_while_the_thread_has_no_time)
{
    setup();
    cap_t passive = make_passive(90), sc = make(OBJECT_SCHED_CONTEXT, 8),
          badged = mint(notification, RIGHT_WRITE, 6);
    set_budget(sc, SLICE_NS, SLICE_NS, 0);
    DO(sc, OP_SCHED_CONTEXT_BIND, passive);
    DO(passive, OP_THREAD_BIND_NOTIFICATION, notification);
    resume(passive);
    run(passive);
    RECV(endpoint, 0);
    root_wake();
    DO(sc, OP_SCHED_CONTEXT_UNBIND);
    SEND(badged, 0);
    EXPECT_EQ(thread_at(passive)->state, THREAD_STATE_RECEIVING);
    DO(sc, OP_SCHED_CONTEXT_BIND, passive);
    EXPECT_EQ(outcome_of(thread_at(passive)).badge, 6);
    run(passive);
}

TEST(bind_notification_refuses)
{
    setup();
    cap_t other = make(OBJECT_NOTIFICATION, 0);
    EXPECT_ERROR(CALL(a, OP_THREAD_BIND_NOTIFICATION, endpoint).status, ERR_TYPE, 1);
    EXPECT_ERROR(CALL(a, OP_THREAD_BIND_NOTIFICATION, mint(notification, RIGHT_WRITE, 1)).status, ERR_RIGHT,
                 1);
    DO(a, OP_THREAD_BIND_NOTIFICATION, notification);
    EXPECT_ERROR(CALL(b, OP_THREAD_BIND_NOTIFICATION, notification).status, ERR_BUSY, 1);
    EXPECT_ERROR(CALL(a, OP_THREAD_BIND_NOTIFICATION, other).status, ERR_BUSY, 0);
    DO(a, OP_THREAD_BIND_NOTIFICATION, 0);
    DO(b, OP_THREAD_BIND_NOTIFICATION, notification);
    resume(a);
    run(a);
    RECV(other, 0);
    root_wake();
    EXPECT_ERROR(CALL(a, OP_THREAD_BIND_NOTIFICATION, other).status, ERR_STATE, 1);
}

TEST(bound_notification_destroyed)
{
    setup();
    DO(a, OP_THREAD_BIND_NOTIFICATION, notification);
    delete (notification);
    EXPECT(thread_at(a)->notification == NULL);
    notification = make(OBJECT_NOTIFICATION, 0);
    DO(a, OP_THREAD_BIND_NOTIFICATION, notification);
    struct notification *object = object_at(notification);
    delete (a);
    EXPECT(object->bound == NULL);
}

/* Both were taken out of the tree, and those who waited there stood in memory that could be reused. */
TEST(configure_does_not_drop_the_last_two_capabilities_to_an_endpoint_together)
{
    system_boot();
    cap_t target = make_passive(100), handler = make(OBJECT_ENDPOINT, 0), waiter = make_thread(110);
    const word_t both = THREAD_SET_FAULT | THREAD_SET_TIMEOUT;

    DO(target, OP_THREAD_CONFIGURE, both, 0, 0, 0, 0, handler, handler, 0);
    resume(waiter);
    run(waiter);
    RECV(handler, 0);
    root_wake();
    delete (handler);
    EXPECT_ERROR(CALL(target, OP_THREAD_CONFIGURE, both, 0, 0, 0, 0, 0, 0, 0).status, ERR_STATE, 7);
    EXPECT_EQ(thread_at(waiter)->state, THREAD_STATE_RECEIVING);
    DO(target, OP_THREAD_CONFIGURE, THREAD_SET_FAULT, 0, 0, 0, 0, 0, 0, 0);
    EXPECT_ERROR(CALL(target, OP_THREAD_CONFIGURE, THREAD_SET_TIMEOUT, 0, 0, 0, 0, 0, 0, 0).status, ERR_STATE,
                 7);
    delete (target);
    EXPECT_ERROR(outcome_of(thread_at(waiter)).status, ERR_PEER_GONE, 0);
}

/* A capability without rights to a CNode or a space was enough to use all that is in it. */
TEST(configure_needs_the_right_to_change_the_cnode_and_the_space)
{
    system_boot();
    cap_t target = make_passive(100), cnode = make(OBJECT_CNODE, 4);
    cap_t weak_cnode = mint(cnode, RIGHTS_ALL & ~RIGHT_WRITE, 0),
          weak_space = mint(BOOT_SLOT_SPACE, RIGHT_READ, 0);

    EXPECT_ERROR(CALL(target, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, weak_cnode, 0, 0, 0, 0, 0, 0).status,
                 ERR_RIGHT, 2);
    EXPECT_ERROR(CALL(target, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, weak_space, 0, 0, 0, 0, 0).status,
                 ERR_RIGHT, 3);
    DO(target, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, cnode, 0, 0, 0, 0, 0, 0);
}

TEST(processor_that_leaks_keeps_nothing_of_an_owner_that_may_not_use_the_fpu_any_more)
{
    system_boot();
    host.fpu_leaks = true;
    cap_t thread = make_thread(100);
    DO(thread, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    resume(thread);
    run(thread);
    word_t *registers = host_fpu();
    EXPECT(registers != NULL);
    registers[0] = 0x1234;
    DO(thread, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, 0);
    EXPECT(host.core.fpu[0] != 0x1234);
}
