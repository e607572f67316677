/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One core does something to a thread, or to what it uses, while that is at it on another core: a test for each pair.
 *
 * The *victim*, of core 1, does one thing for ever. What it does it with is on cores 2 and 3: a server, a peer. The *actor*, of core 0, goes
 * through a list of operations many times; the last of them leave all as it was. After that the victim must get on: who was forgotten by
 * all, or sleeps for ever, or waits for an interrupt that was lost, does not.
 */
#include "cores.h"
#include <string.h>

#define ROUNDS    300u
#define GETS_ON   60u /* turns of the victim after the actor's end */
#define MAPPED_AT ((word_t)0x20000000)
#define ACTS_MAX  24u
#define VICTIM    0
#define SERVER    1
#define PEER      2
#define ACTOR     3
#define LABEL     7u

static cap_t
    victim_memory; /* an Untyped of its own, that the victim, its context and its frame are made from */
static cap_t victim, victim_context, victim_frame, page;
static cap_t endpoint, faults, ping, pong, bound, never; /* notifications are waited at, */
static cap_t to_ping, to_pong, to_bound;                 /* and signalled */
static cap_t reply, server_reply, peer_reply;
static cap_t passing;

/* ---- Programs */

static void sleeps(struct program *program)
{
    (void)program;
    ENTER(SYS_RECV, never, 0, 0);
}

static void calls(struct program *program)
{
    if (result(program) == OK && tag_label(program->thread->context.registers[REGISTER_A2]) == LABEL)
        EXPECT_EQ(result_word(program, 0), program->value + 1);
    program->value = program->turns;
    ENTER(SYS_CALL, endpoint, 0, LABEL, program->value);
}

/* Answers calls with one more, and faults with a plain answer. */
static void serves(struct program *program, cap_t where, cap_t through)
{
    status_t status = result(program);

    if (status_error(status) ==
        ERR_BUSY) /* the Reply was away when it was to be used, and still owes its answer */
        ENTER(SYS_REPLY_RECV, where, through, FAULT_REPLY_RESUME);
    else if (program->turns == 1 || !(status & STATUS_OWED))
        ENTER(SYS_RECV, where, through, 0);
    else if (status & STATUS_KERNEL)
        ENTER(SYS_REPLY_RECV, where, through, FAULT_REPLY_RESUME);
    else
        ENTER(SYS_REPLY_RECV, where, through, LABEL, result_word(program, 0) + 1);
}

static void serves_endpoint(struct program *program)
{
    serves(program, endpoint, server_reply);
}

static void serves_as_victim(struct program *program)
{
    serves(program, endpoint, reply);
}

static void serves_faults(struct program *program)
{
    serves(program, faults, server_reply);
}

static void receives_endpoint(struct program *program)
{
    (void)program;
    ENTER(SYS_RECV, endpoint, 0, 0);
}

static void sends(struct program *program)
{
    ENTER(SYS_SEND, endpoint, 0, LABEL, program->turns);
}

static void waits_and_signals(struct program *program)
{
    if (program->turns % 2)
        ENTER(SYS_RECV, ping, 0, 0);
    else
        ENTER(SYS_SEND, to_pong, 0, 0);
}

/* Whoever waits may have been cancelled: it is signalled again and again. */
static void signals(struct program *program)
{
    if (program->turns % 2)
        ENTER(SYS_SEND, to_ping, 0, 0);
    else
        ENTER(SYS_RECV | SYS_POLL, pong, 0, 0);
}

static void signals_bound(struct program *program)
{
    (void)program;
    ENTER(SYS_SEND, to_bound, 0, 0);
}

static void touches(struct program *program)
{
    (void)program;
    host_access(MAPPED_AT, FAULT_ACCESS_READ);
}

static void counts_in_fpu(struct program *program)
{
    word_t *registers = host_fpu();

    if (!registers)
        return;
    EXPECT_EQ(registers[0], program->value);
    registers[0] = ++program->value;
}

static void faults_always(struct program *program)
{
    kernel_exception(EXCEPTION_BREAKPOINT, program->turns);
}

/* Each exception is raised once, in order: their code is their number. Tells only where the victim is neither stopped nor made anew in between. */
static void serves_each_fault(struct program *program)
{
    static word_t served;

    if (result(program) & STATUS_KERNEL) {
        EXPECT_EQ(result_word(program, 0), EXCEPTION_BREAKPOINT);
        EXPECT_EQ(result_word(program, 1), served + 1);
        served++;
    }
    serves(program, faults, server_reply);
}

static void yields(struct program *program)
{
    (void)program;
    ENTER(SYS_YIELD, 0, 0, 0);
}

static void computes(struct program *program)
{
    program->thread->context.registers[REGISTER_W3]++;
}

/* ---- The actor's list */

static struct act {
    cap_t cap;
    word_t operation;
    unsigned count;
    word_t word[MESSAGE_WORDS_MAX];
    bool may_fail;
} acts[ACTS_MAX];
static unsigned act_count;
static bool stops_late; /* the victim may stop after it was resumed: who serves it waits without a Reply */

#define ACT(cap, operation, ...) add_act(cap, operation, WORD_COUNT(__VA_ARGS__), WORDS(__VA_ARGS__))

static void add_act(cap_t cap, word_t operation, unsigned count, const word_t *words)
{
    struct act *act = &acts[act_count++];

    EXPECT(act_count <= ACTS_MAX);
    *act = (struct act){ .cap = cap, .operation = operation, .count = count };
    memcpy(act->word, words, count * sizeof(word_t));
}

static void acts_once(struct program *program)
{
    unsigned number = program->turns - 1;
    const struct act *act = &acts[number % act_count], *before = &acts[(number - 1) % act_count];

    if (number > 0 && !before->may_fail && result(program) != OK)
        test_fails(__FILE__, __LINE__, "expected that operation %#llx (number %u) succeeds, seen %#llx",
                   (unsigned long long)before->operation, (number - 1) % act_count,
                   (unsigned long long)result(program));
    if (number >= ROUNDS * act_count) {
        if (stops_late)
            ENTER(SYS_CALL, victim, 0, OP_THREAD_RESUME);
        else
            sleeps(program);
        return;
    }
    enter(program, SYS_CALL, act->cap, 0, tag_make(act->operation, act->count, 0), act->word);
}

/* ---- What is done to the victim */

static void make_victim_acts(unsigned priority)
{
    ACT(victim_memory, OP_UNTYPED_RETYPE, OBJECT_THREAD, 0, 0, victim, 1, 0, 0);
    ACT(victim_memory, OP_UNTYPED_RETYPE, OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN, 0, victim_context, 1,
        0, 0);
    ACT(victim, OP_THREAD_CONFIGURE,
        THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_MESSAGE | THREAD_SET_FAULT, BOOT_SLOT_CNODE,
        BOOT_SLOT_SPACE, victim_frame, 0, faults, 0, 0);
    ACT(victim, OP_THREAD_SET_PRIORITY, priority, PRIORITY_MAX);
    ACT(victim, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    ACT(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, victim_context, 1, SLICE_NS, SLICE_NS, 0);
    ACT(victim_context, OP_SCHED_CONTEXT_BIND, victim);
    ACT(victim, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, THREAD_IP);
    ACT(victim, OP_THREAD_BIND_NOTIFICATION, bound);
    ACT(victim, OP_THREAD_RESUME);
}

static void cancelled(void)
{
    ACT(victim, OP_THREAD_CANCEL);
    ACT(victim, OP_THREAD_RESUME); /* who waits for the answer to a fault stops */
}

static void suspended_and_resumed(void)
{
    ACT(victim, OP_THREAD_SUSPEND, 0);
    ACT(victim, OP_THREAD_RESUME);
}

static void registers_read(void)
{
    ACT(victim, OP_THREAD_READ_REGISTERS);
    ACT(victim, OP_THREAD_INFO);
    ACT(victim_context, OP_SCHED_CONTEXT_INFO);
}

static void registers_written(void)
{
    ACT(victim, OP_THREAD_WRITE_REGISTERS, REGISTER_TLS, 5);
}

static void moved_in_priority(void)
{
    ACT(victim, OP_THREAD_SET_PRIORITY, 90, PRIORITY_MAX);
    ACT(victim, OP_THREAD_SET_PRIORITY, 100, PRIORITY_MAX);
    ACT(victim, OP_THREAD_SET_PRIORITY, 110, PRIORITY_MAX);
}

/* From core to core. */
static void bound_elsewhere(void)
{
    for (unsigned i = 0; i < 4; i++) {
        ACT(victim_context, OP_SCHED_CONTEXT_UNBIND);
        ACT(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, victim_context, (i + 2) % 4, SLICE_NS, SLICE_NS,
            0);
        ACT(victim_context, OP_SCHED_CONTEXT_BIND, victim);
        acts[act_count - 1].may_fail = true; /* a caller has brought it another */
        ACT(victim, OP_THREAD_RESUME);       /* what it ran on was withdrawn, and nobody handles that */
    }
}

static void given_another_budget(void)
{
    ACT(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, victim_context, 1, SLICE_NS / 2, SLICE_NS, 0);
    ACT(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, victim_context, 1, SLICE_NS, SLICE_NS, 0);
}

static void configured(void)
{
    ACT(victim, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
    ACT(victim, OP_THREAD_CONFIGURE, THREAD_SET_CNODE, 0, 0, 0, 0, 0, 0, 0);
    ACT(victim, OP_THREAD_CONFIGURE, THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_MESSAGE,
        BOOT_SLOT_CNODE, BOOT_SLOT_SPACE, victim_frame, 0, 0, 0, 0);
}

static void without_fpu(void)
{
    ACT(victim, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, 0);
    ACT(victim, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
}

static void unbound_from_notification(void)
{
    ACT(victim, OP_THREAD_BIND_NOTIFICATION, 0);
    ACT(victim, OP_THREAD_BIND_NOTIFICATION, bound);
}

static void destroyed_and_made_anew(void)
{
    ACT(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, victim_memory);
    ACT(victim_memory, OP_UNTYPED_RESET, 0);
    make_victim_acts(100);
}

static void without_space(void)
{
    ACT(victim, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, 0, 0, 0, 0, 0, 0);
    ACT(victim, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, BOOT_SLOT_SPACE, 0, 0, 0, 0, 0);
    ACT(victim, OP_THREAD_RESUME);
}

/* What it calls, receives at, waits for. */
static void without_endpoint(void)
{
    ACT(BOOT_SLOT_CNODE, OP_CNODE_DELETE, endpoint);
    ACT(memory, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 0, endpoint, 1, 0, 0);
}

static void without_fault_endpoint(void)
{
    ACT(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, faults);
    ACT(victim, OP_THREAD_CONFIGURE, THREAD_SET_FAULT, 0, 0, 0, 0, faults, 0, 0);
    ACT(victim, OP_THREAD_RESUME);
}

static void without_notification(void)
{
    ACT(BOOT_SLOT_CNODE, OP_CNODE_DELETE, ping);
    ACT(memory, OP_UNTYPED_RETYPE, OBJECT_NOTIFICATION, 0, 0, ping, 1, 0, 0);
    ACT(BOOT_SLOT_CNODE, OP_CNODE_MINT, to_ping, ping, RIGHT_WRITE, 1, 0);
}

static void without_replies(void)
{
    cap_t replies[] = { reply, server_reply, peer_reply };

    for (unsigned i = 0; i < 3; i++) {
        ACT(BOOT_SLOT_CNODE, OP_CNODE_DELETE, replies[i]);
        ACT(memory, OP_UNTYPED_RETYPE, OBJECT_REPLY, 0, 0, replies[i], 1, 0, 0);
    }
    ACT(victim, OP_THREAD_RESUME); /* its fault could not be handled */
    stops_late = true;
}

static void with_replies_moved_on(void)
{
    ACT(BOOT_SLOT_CNODE, OP_CNODE_MOVE, passing, server_reply);
    ACT(BOOT_SLOT_CNODE, OP_CNODE_MOVE, server_reply, passing);
    ACT(BOOT_SLOT_CNODE, OP_CNODE_MOVE, passing, reply);
    ACT(BOOT_SLOT_CNODE, OP_CNODE_MOVE, reply, passing);
}

static void with_badges_cancelled(void)
{
    ACT(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, endpoint, 0);
}

static void unmapped(void)
{
    ACT(page, OP_FRAME_UNMAP);
    ACT(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, page, MAPPED_AT, RIGHT_READ, 0);
    ACT(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, page, MAPPED_AT, RIGHT_READ | RIGHT_WRITE, 0);
}

/* ---- The world */

static void map_page(void)
{
    page = make(OBJECT_FRAME, FRAME_SIZE_4K);
    while (CALL(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, page, MAPPED_AT, RIGHT_READ | RIGHT_WRITE, 0).status !=
           OK)
        DO(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP_TABLE, make(OBJECT_PAGE_TABLE, 0), MAPPED_AT);
}

static void make_objects(void)
{
    endpoint = make(OBJECT_ENDPOINT, 0);
    faults = make(OBJECT_ENDPOINT, 0);
    ping = make(OBJECT_NOTIFICATION, 0);
    pong = make(OBJECT_NOTIFICATION, 0);
    bound = make(OBJECT_NOTIFICATION, 0);
    to_ping = mint(ping, RIGHT_WRITE, 1);
    to_pong = mint(pong, RIGHT_WRITE, 1);
    to_bound = mint(bound, RIGHT_WRITE, 1);
    never = make(OBJECT_NOTIFICATION, 0);
    reply = make(OBJECT_REPLY, 0);
    server_reply = make(OBJECT_REPLY, 0);
    peer_reply = make(OBJECT_REPLY, 0);
    victim_memory = make(OBJECT_UNTYPED, 13);
    victim_frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    victim = slot_new();
    victim_context = slot_new();
    passing = slot_new();
    map_page();
}

static cap_t add_thread(unsigned index, unsigned core, unsigned priority,
                        void (*turn)(struct program *program))
{
    cap_t thread = make_thread_on(core, priority);

    program_set(index, thread, turn);
    DO(thread, OP_THREAD_RESUME);
    return thread;
}

static bool done(void)
{
    static unsigned turns_at_end;
    unsigned turns = SHARED_READ(programs[VICTIM].turns);

    if (SHARED_READ(programs[ACTOR].turns) <= ROUNDS * act_count)
        return false;
    if (!turns_at_end)
        turns_at_end = turns;
    return turns >= turns_at_end + GETS_ON;
}

/* First the actor's turns, then the victim's. */
static uint64_t progress(void)
{
    uint64_t turns = SHARED_READ(programs[ACTOR].turns), whole = ROUNDS * act_count;

    return turns <= whole ? turns : whole + SHARED_READ(programs[VICTIM].turns);
}

static void test_pair(void (*turn)(struct program *program), void (*server)(struct program *program),
                      void (*peer)(struct program *program), void (*prepare)(void), bool passive)
{
    system_check_off = true;
    system_boot();
    make_objects();
    make_victim_acts(100);
    for (unsigned i = 0; i < act_count; i++)
        EXPECT_OK(sys(SYS_CALL, acts[i].cap, 0, tag_make(acts[i].operation, acts[i].count, 0), acts[i].word)
                      .status);
    act_count = 0;
    if (passive) {
        DO(victim_context, OP_SCHED_CONTEXT_UNBIND);
        DO(victim_context, OP_SCHED_CONTEXT_LEND, victim); /* for the way to its endpoint */
    }
    program_set(VICTIM, victim, turn);
    add_thread(SERVER, 2, 100, server);
    add_thread(PEER, 3, 100, peer);
    prepare();
    add_thread(ACTOR, 0, 100, acts_once);
    host.ticks_per_read = 20;
    cores_progress = progress;
    root_sleep();
    cores_run(done);
}

#define PAIR(name, turn, server, peer, prepare)                                                              \
    TEST(name##_while_it_is_##prepare)                                                                       \
    {                                                                                                        \
        test_pair(turn, server, peer, prepare, false);                                                       \
    }

#define PAIRS(prepare)                                                                                       \
    PAIR(who_calls, calls, serves_endpoint, sleeps, prepare)                                                 \
    PAIR(who_serves, serves_as_victim, calls, calls, prepare)                                                \
    PAIR(who_sends, sends, receives_endpoint, sleeps, prepare)                                               \
    PAIR(who_waits_and_signals, waits_and_signals, sleeps, signals, prepare)                                 \
    PAIR(who_is_signalled_at_an_endpoint, receives_endpoint, sends, signals_bound, prepare)                  \
    PAIR(who_faults, faults_always, serves_faults, sleeps, prepare)                                          \
    PAIR(who_touches_memory, touches, serves_faults, sleeps, prepare)                                        \
    PAIR(who_yields, yields, sleeps, sleeps, prepare)                                                        \
    PAIR(who_computes, computes, sleeps, sleeps, prepare)

PAIRS(cancelled)
PAIRS(suspended_and_resumed)
PAIRS(registers_read)
PAIRS(registers_written)
PAIRS(moved_in_priority)
PAIRS(bound_elsewhere)
PAIRS(given_another_budget)
PAIRS(configured)
PAIRS(without_fpu)
PAIRS(unbound_from_notification)
PAIRS(destroyed_and_made_anew)
PAIRS(without_space)
PAIRS(without_endpoint)
PAIRS(without_fault_endpoint)
PAIRS(without_notification)
PAIRS(without_replies)
PAIRS(with_replies_moved_on)
PAIRS(with_badges_cancelled)
PAIRS(unmapped)

/* A breakpoint does not come again if its thread is taken away just then. */
PAIR(who_has_exceptions_has_each_of_them, faults_always, serves_each_fault, sleeps, registers_read)
PAIR(who_has_exceptions_has_each_of_them, faults_always, serves_each_fault, sleeps, registers_written)
PAIR(who_has_exceptions_has_each_of_them, faults_always, serves_each_fault, sleeps, bound_elsewhere)
PAIR(who_has_exceptions_has_each_of_them, faults_always, serves_each_fault, sleeps, given_another_budget)
PAIR(who_has_exceptions_has_each_of_them, faults_always, serves_each_fault, sleeps, unmapped)

/* The state of its FPU goes with it; made anew it would begin with nothing. */
PAIR(who_counts_in_the_fpu, counts_in_fpu, serves_faults, sleeps, suspended_and_resumed)
PAIR(who_counts_in_the_fpu, counts_in_fpu, serves_faults, sleeps, registers_read)
PAIR(who_counts_in_the_fpu, counts_in_fpu, serves_faults, sleeps, bound_elsewhere)
PAIR(who_counts_in_the_fpu, counts_in_fpu, serves_faults, sleeps, without_fpu)
PAIR(who_counts_in_the_fpu, counts_in_fpu, serves_faults, sleeps, without_space)
PAIR(who_counts_in_the_fpu, counts_in_fpu, serves_faults, sleeps, moved_in_priority)

/* A passive server, whose clients are on two other cores: it goes from one to the other with the time that they bring. */
#define PASSIVE(prepare)                                                                                     \
    TEST(who_serves_on_its_clients_time_while_it_is_##prepare)                                               \
    {                                                                                                        \
        test_pair(serves_as_victim, calls, calls, prepare, true);                                            \
    }

PASSIVE(registers_read)
PASSIVE(registers_written)
PASSIVE(moved_in_priority)
PASSIVE(configured)
PASSIVE(without_fpu)
PASSIVE(unbound_from_notification)
PASSIVE(with_badges_cancelled)
PASSIVE(unmapped)
