/* SPDX-License-Identifier: BSD-2-Clause */
/* What all operations on kernel objects have in common: the operation exists, there are enough arguments, the
 * right is there. */
#include "target.h"

/* One object of each type that can be invoked. */
struct object {
    unsigned type;
    cap_t cap;
};

#define OBJECTS 12u
#define PORT    0x80u /* any */

/* Returns how many there are: not every machine has I/O ports. */
static unsigned make_all(struct object objects[OBJECTS])
{
    bool ports = type_of(BOOT_SLOT_IO_PORT_RANGE) == OBJECT_IO_PORT_RANGE;
    const struct object all[OBJECTS] = {
        { OBJECT_UNTYPED, make(OBJECT_UNTYPED, 12) },
        { OBJECT_CNODE, make(OBJECT_CNODE, 4) },
        { OBJECT_THREAD, make(OBJECT_THREAD, 0) },
        { OBJECT_SCHED_CONTEXT, make(OBJECT_SCHED_CONTEXT, 8) },
        { OBJECT_FRAME, make(OBJECT_FRAME, FRAME_SIZE_4K) },
        { OBJECT_ADDRESS_SPACE, make_space(NULL) },
        { OBJECT_PAGE_TABLE, make(OBJECT_PAGE_TABLE, 0) },
        { OBJECT_IRQ_HANDLER, make_irq(MACHINE_LINE) },
        { OBJECT_CORE_RANGE, copy(BOOT_SLOT_CORE_RANGE) },
        { OBJECT_IRQ_RANGE, copy(BOOT_SLOT_IRQ_RANGE) },
        { OBJECT_ASID_RANGE, copy(BOOT_SLOT_ASID_RANGE) },
        { OBJECT_IO_PORT_RANGE, ports ? mint_range(BOOT_SLOT_IO_PORT_RANGE, PORT, 1) : CAP_NULL },
    };
    for (unsigned i = 0; i < OBJECTS; i++)
        objects[i] = all[i];
    return ports ? OBJECTS : OBJECTS - 1;
}

/* Every operation with its number of arguments. The table's text has them: one for each comma, and one; none
 * if it is empty. */
struct operation_rule {
    unsigned object;
    word_t label;
    const char *arguments;
    bool needs_right;
};

static const struct operation_rule operations[] = {
#define OPERATION(object, number, name, arguments, results, sentence, errors)                                \
    { OBJECT_##object, OP_##object##_##name, arguments,                                                      \
      OP_##object##_##name != OP_FRAME_UNMAP && OP_##object##_##name != OP_FRAME_INFO },
#include <lucid/operations.def>
#undef OPERATION
};

#define OPERATION_COUNT (sizeof operations / sizeof operations[0])

static unsigned argument_count(const char *text)
{
    unsigned count = *text != '\0';
    for (; *text; text++)
        count += *text == ',';
    return count;
}

/* CAP_NULL: there is none on this machine. */
static cap_t object_of(const struct object objects[OBJECTS], unsigned type)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].type == type)
            return objects[i].cap;
    return CAP_NULL;
}

TEST(operation_of_another_type_is_refused)
{
    struct object objects[OBJECTS];

    unsigned count = make_all(objects);
    for (unsigned i = 0; i < count; i++)
        for (unsigned o = 0; o < OPERATION_COUNT; o++)
            if (operations[o].object != objects[i].type)
                expect_argument(raw_invoke(objects[i].cap, operations[o].label, 4, 0, 0, 0, 0), ERR_OPERATION,
                                0);
}

TEST(operation_that_does_not_exist_is_refused)
{
    struct object objects[OBJECTS];

    unsigned count = make_all(objects);
    for (unsigned i = 0; i < count; i++) {
        word_t base = objects[i].type << 8;
        expect_argument(raw_invoke(objects[i].cap, base, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
        expect_argument(raw_invoke(objects[i].cap, base | 11, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
        expect_argument(raw_invoke(objects[i].cap, base | 12, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
        expect_argument(raw_invoke(objects[i].cap, base | 255, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
    }
    expect_argument(raw_invoke(objects[0].cap, 0, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
    expect_argument(raw_invoke(objects[0].cap, 0xffffffffffffull, 4, 0, 0, 0, 0), ERR_OPERATION, 0);
}

TEST(operation_with_too_few_arguments_is_refused)
{
    struct object objects[OBJECTS];

    make_all(objects);
    for (unsigned o = 0; o < OPERATION_COUNT; o++) {
        /* Of WRITE_REGISTERS only the first is needed. */
        unsigned count =
            operations[o].label == OP_THREAD_WRITE_REGISTERS ? 1 : argument_count(operations[o].arguments);
        cap_t cap = object_of(objects, operations[o].object);
        if (count > 0 && cap)
            expect_argument(raw_invoke(cap, operations[o].label, count - 1, 0, 0, 0, 0), ERR_ARGUMENTS, 0);
    }
}

TEST(operation_without_the_right_is_refused)
{
    struct object objects[OBJECTS];

    make_all(objects);
    for (unsigned o = 0; o < OPERATION_COUNT; o++) {
        cap_t cap = object_of(objects, operations[o].object);
        unsigned type = operations[o].object;
        if (!cap || !operations[o].needs_right || type == OBJECT_UNTYPED ||
            type == OBJECT_PAGE_TABLE) /* these cannot be minted */
            continue;
        word_t rights = operations[o].label == OP_IO_PORT_RANGE_IN ? RIGHT_WRITE : RIGHT_READ;
        cap_t weak = slot_take();
        expect_ok(type == OBJECT_IO_PORT_RANGE ? cnode_mint_range(CNODE, weak, cap, rights, PORT, 1)
                  : type == OBJECT_CORE_RANGE  ? cnode_mint_range(CNODE, weak, cap, rights, 0, 1)
                                               : cnode_mint(CNODE, weak, cap, rights, 0));
        struct message message = { .word = { 0 } };
        expect_argument(object_invoke(weak, operations[o].label, 8, &message), ERR_RIGHT, 0);
    }
}

TEST(call_to_nothing_is_refused)
{
    expect_argument(raw_invoke(slot_take(), OP_UNTYPED_INFO, 0, 0, 0, 0, 0), ERR_CAPABILITY, 0);
    expect_argument(raw_invoke(CAP_NULL, OP_UNTYPED_INFO, 0, 0, 0, 0, 0), ERR_CAPABILITY, 0);
    expect_argument(raw_invoke(~(cap_t)0, OP_UNTYPED_INFO, 0, 0, 0, 0, 0), ERR_CAPABILITY, 0);
}

TEST(call_to_what_cannot_be_called_is_refused)
{
    struct message message = { 0 };

    expect_status(sys_call(make(OBJECT_NOTIFICATION, 0), &message), ERR_TYPE);
    expect_status(sys_call(make(OBJECT_REPLY, 0), &message), ERR_TYPE);
    expect_status(sys_send(make(OBJECT_FRAME, FRAME_SIZE_4K), &message), ERR_TYPE);
    expect_status(sys_recv(make(OBJECT_FRAME, FRAME_SIZE_4K), &message, CAP_NULL), ERR_TYPE);
}

static void invoke_without_page(struct worker *worker)
{
    struct message message = { .tag = tag_make(OP_UNTYPED_RETYPE, 7, 0),
                               .word = { OBJECT_ENDPOINT, 0, 0, worker->argument } };
    worker->seen[0] = raw_call(SYS_CALL, arena, &message, CAP_NULL);
    worker->seen[1] = raw_invoke(arena, OP_UNTYPED_INFO, 0, 0, 0, 0, 0);
    message = (struct message){ .tag = tag_make(OP_THREAD_READ_REGISTERS, 0, 0) };
    worker->seen[2] = raw_call(SYS_CALL, test_thread, &message, CAP_NULL);
    worker->seen[3] = tag_words(message.tag);
}

TEST(thread_without_message_page_has_four_arguments_and_results)
{
    struct worker *worker =
        worker_run(.function = invoke_without_page, .argument = slot_take(), .no_message_page = true);

    worker_finish(worker);
    expect_argument(worker->seen[0], ERR_ARGUMENTS, 0);
    expect_ok(worker->seen[1]);
    expect_status(worker->seen[2], ERR_TRUNCATED);
    expect_equal(worker->seen[3], 4);
}
