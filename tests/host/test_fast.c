/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast paths do what the general path does: the same random system calls and faults of several threads are made twice, in two
 * processes, with the fast paths on and off. After each, everything that matters of threads, contexts, queues and registers is the same.
 *
 * Left out is what says when something was counted, and not what: sequence numbers, until when time has been charged, and what a field holds
 * while it means nothing.
 */
#define _POSIX_C_SOURCE 200809L /* more of unistd.h would bring another function revoke */
#include "servers.h"
#include <lucid/faults.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACTIVE   5u
#define THREADS  (ACTIVE + SERVERS)
#define OBJECTS  3u
#define SCRATCH  4u /* slots that messages fill */
#define STEPS    12000u
#define DIGEST   4000u /* bytes of text */
#define HANDLER  4u    /* index of the thread that mostly waits for faults */
#define BORROWER 2u    /* of the thread whose context is only lent to it */
#define UNMAPPED 0x70000000u

#define DEVICE_LINE 20u /* the first of a device for each notification */

static cap_t thread[THREADS], sender_at[OBJECTS], badged[OBJECTS], notification[OBJECTS], answer[THREADS],
    scratch[SCRATCH], faults;

/* What was seen after each step, and which one it was. */
struct record {
    char step[80], digest[DIGEST];
};
static struct record *records;

/* ---- The digest */

static char *end;
static size_t room;

static void put(const char *what, unsigned long long value)
{
    int count = snprintf(end, room, " %s=%llx", what, value);

    EXPECT(count > 0 && (size_t)count < room);
    end += count;
    room -= (size_t)count;
}

/* Objects are at the same addresses in both processes. */
#define PUT(name, pointer) put(name, (unsigned long long)(uintptr_t)(pointer)&0xffffff)

static void put_thread(const struct thread *t)
{
    put("\nstate", t->state);
    put("key", t->key);
    PUT("waits", t->waits_at);
    PUT("sc", t->sc);
    PUT("reply", t->reply);
    put("fault", t->fault);
    put("word0", t->fault ? t->fault_words[0] : 0);
    put("ready", t->ready);
    put("lacks", t->sc || t->state == THREAD_STATE_RECEIVING ? 0 : t->lacks_context);
    put("truncated", t->truncated);
    for (unsigned i = REGISTER_A0; i < REGISTER_COUNT; i++)
        if (i != REGISTER_A3)
            put("r", t->context.registers[i]);
}

static void put_context(const struct sched_context *sc)
{
    ticks_t used = core_self()->context == sc ? host.ticks - core_self()->charged_at : 0;

    put("\nconsumed", sc->consumed + used);
    put("left", sc->refills[0].amount - used);
    put("gone", sc->refills[1].amount + used);
    PUT("thread", sc->thread);
    PUT("chain", sc->chain);
}

static void put_objects(void)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        const struct endpoint *e = object_at(sender_at[i]);
        const struct notification *n = object_at(notification[i]);
        put("\nendpoint", e->state);
        PUT("first", e->state == ENDPOINT_IDLE ? NULL : endpoint_first(e));
        put("bits", n->bits);
        put("waiters", notification_has_waiters(n));
    }
    for (unsigned i = 0; i < SCRATCH; i++) {
        const struct cap *cap = &slot_at(scratch[i])->cap;
        put("given", cap->head & 0xffff);
        put("badge", cap->data);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        const struct reply *r = object_at(answer[i]);
        put("reply", r->state);
        PUT("caller", r->state == REPLY_OWED ? r->caller : NULL);
        PUT("sc", r->state == REPLY_OWED ? r->sc : NULL);
        put("grant", r->state == REPLY_OWED && reply_grants(r));
    }
}

static void put_core(const struct core *core)
{
    PUT("current", core->current);
    PUT("context", core->context);
    put("timer", core->timer_armed);
    if (core->front)
        PUT("ready", core->front);
    for (int i = PRIORITY_MAX; i >= 0; i--)
        for (const struct thread *t = core->ready[i].first; t; t = t->next)
            PUT("ready", t);
}

static void take_digest(char *text)
{
    end = text;
    room = DIGEST;
    put_core(core_self());
    for (unsigned i = 0; i < THREADS; i++)
        put_thread(thread_at(thread[i]));
    for (unsigned i = 0; i < ACTIVE; i++)
        put_context(object_at(SC_OF(thread[i])));
    put_objects();
}

/* ---- The steps */

static void setup(void)
{
    servers_setup();
    DO(client, OP_THREAD_SUSPEND, 0);
    faults = make(OBJECT_ENDPOINT, 0);
    for (unsigned i = 0; i < OBJECTS; i++) {
        sender_at[i] = mint(endpoint[i], i ? RIGHTS_ALL : RIGHTS_ALL & ~(word_t)RIGHT_GRANT, 0x70 + i);
        notification[i] = make(OBJECT_NOTIFICATION, 0);
        badged[i] = mint(notification[i], RIGHTS_ALL, (word_t)1 << i);
        DO(make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, DEVICE_LINE + i), OP_IRQ_HANDLER_BIND,
           badged[i]);
    }
    for (unsigned i = 0; i < SCRATCH; i++)
        scratch[i] = slot_new();
    for (unsigned i = 0; i < ACTIVE; i++) {
        thread[i] = make_thread(
            100 + i / 2); /* two pairs of one priority, and the handler is as good as one of them */
        answer[i] = make(OBJECT_REPLY, 0);
        set_budget(SC_OF(thread[i]), SLICE_NS >> i, SLICE_NS >> i,
                   0); /* so that the timer is sometimes too late for who begins */
        set_fault_handler(thread[i], faults);
        resume(thread[i]);
    }
    DO(thread[HANDLER], OP_THREAD_SET_PRIORITY, 101, 101);
    DO(SC_OF(thread[BORROWER]), OP_SCHED_CONTEXT_UNBIND);
    DO(SC_OF(thread[BORROWER]), OP_SCHED_CONTEXT_LEND, thread[BORROWER]);
    for (unsigned i = 0; i < SERVERS; i++) {
        thread[ACTIVE + i] = server[i];
        answer[ACTIVE + i] = reply[i];
    }
    root_sleep();
}

static unsigned who(void)
{
    for (unsigned i = 0; i < THREADS; i++)
        if (current() == thread_at(thread[i]))
            return i;
    return THREADS;
}

/* Nobody of them can go on: all waits end. */
static void stir(void)
{
    root_wake();
    for (unsigned i = 0; i < ACTIVE; i++) {
        DO(thread[i], OP_THREAD_CANCEL);
        resume(thread[i]);
    }
    if (!thread_at(thread[BORROWER])->sc)
        CALL(SC_OF(thread[BORROWER]), OP_SCHED_CONTEXT_LEND, thread[BORROWER]);
    root_sleep();
}

/* What the thread would give, and where it takes. Returns how many capabilities its message has. */
static unsigned random_gifts(unsigned self, unsigned at)
{
    struct utcb *page = thread_at(thread[self])->utcb;
    const cap_t sources[] = { notification[at], badged[at], sender_at[at], answer[self], ~(cap_t)0 };

    for (unsigned i = 0; i < 2; i++) {
        bool moves = random_below(4) == 0;
        page->give[i] = (struct utcb_give){
            .source = moves ? scratch[random_below(SCRATCH)] : sources[random_below(ARRAY_COUNT(sources))],
            .mode = moves ? GIVE_MOVE
                          : GIVE_COPY + random_below(2) * (GIVE_MINT - GIVE_COPY) + (random_below(16) << 8),
            .badge = random_below(3),
        };
        page->take[i] = scratch[random_below(SCRATCH)];
    }
    return random_below(2) ? 0 : random_below(3);
}

static void random_call(unsigned self, unsigned what, unsigned at)
{
    static const unsigned counts[] = { 0, 1, 3, 4, 4, 5, 9, 64 };
    word_t words[MESSAGE_WORDS_MAX + 1] = { 0 };
    tag_t tag = tag_make(random_below(3), counts[random_below(ARRAY_COUNT(counts))], random_gifts(self, at));

    for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++)
        words[i] = random_below(1000);
    switch (what) {
    case 0:
        sys_once(SYS_SEND | (random_below(4) ? 0 : SYS_POLL), badged[at], 0, tag, words);
        break;
    case 1:
        sys_once(SYS_RECV | (random_below(2) ? 0 : SYS_POLL), notification[at],
                 random_below(8) ? 0 : answer[self], 0, words);
        break;
    case 2:
        sys_once(SYS_SEND | (random_below(2) ? 0 : SYS_POLL), sender_at[at], 0, tag, words);
        break;
    case 3:
        sys_once(SYS_RECV | (random_below(2) ? 0 : SYS_POLL), endpoint[at],
                 self % 2 && random_below(2) ? answer[self] : 0, 0, words);
        break;
    case 4:
    case 5:
        sys_once(SYS_CALL, sender_at[at], 0, tag, words);
        break;
    case 6:
    case 7:
        sys_once(SYS_REPLY_RECV, self == HANDLER ? faults : endpoint[at], self == 0 ? 0 : answer[self], tag,
                 words);
        break;
    case 8:
        sys_once(SYS_YIELD, 0, 0, 0, words);
        break;
    case 9:
        sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(scratch[at]));
        break;
    case 10:
        kernel_page_fault(UNMAPPED + at, FAULT_ACCESS_READ);
        break;
    default:
        kernel_exception(EXCEPTION_DIVIDE, at);
    }
}

static void step(char *text)
{
    unsigned self = who(), what = random_below(12), at = random_below(OBJECTS);

    /* A server answers mostly, at its own endpoint; the handler at that of faults. */
    if (self >= ACTIVE && random_below(4)) {
        what = 6;
        at = self - ACTIVE;
    } else if (self == HANDLER && random_below(4)) {
        what = 6;
    }
    snprintf(text, sizeof records->step, "thread %u, operation %u, object %u", self, what, at);
    host.ticks += random_below(50) ? random_below(100) : random_below(2000000);
    host_take_interrupts();
    if (random_below(16) == 0) {
        kernel_interrupt(DEVICE_LINE + at);
        return;
    }
    if (self == THREADS || who() != self)
        stir();
    else
        random_call(self, what, at);
}

static void all_steps(bool fast)
{
    struct record seen;

    host.ticks_per_read = 0;
    setup();
    fastpath_enable(fast);
    for (unsigned i = 0; i < STEPS; i++) {
        step(seen.step);
        take_digest(seen.digest);
        if (!fast) {
            records[i] = seen;
            continue;
        }
        if (strcmp(seen.step, records[i].step) || strcmp(seen.digest, records[i].digest))
            test_fails(__FILE__, __LINE__, "seed %llu, step %u (%s; before: %s):\nexpected%s\nseen%s",
                       (unsigned long long)random_seed(), i, seen.step, i ? records[i - 1].step : "",
                       records[i].digest, seen.digest);
    }
}

/* With the fast paths off first, in a process of its own. */
TEST(fast_paths_and_the_general_path_do_the_same)
{
    FILE *file = tmpfile();
    int status;

    EXPECT(file && ftruncate(fileno(file), STEPS * sizeof *records) == 0);
    records = mmap(NULL, STEPS * sizeof *records, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    EXPECT(records != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        all_steps(false);
        test_process_ends(0);
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    all_steps(true);
}

/* ---- A timer that would come too late is set anew by the general path */

static cap_t low, high, at, badged_at;

/* `high`, with a tenth of a slice, waits at an object of this type; `low` runs, and the timer is at the end of its slice. */
static void wait_with_a_short_slice(unsigned type)
{
    system_boot();
    at = make(type, 0);
    badged_at = mint(at, RIGHTS_ALL, 1);
    low = make_thread(100);
    high = make_thread(101);
    set_budget(SC_OF(high), SLICE_NS / 10, SLICE_NS / 10, 0);
    resume(low);
    resume(high);
    root_sleep();
    EXPECT(current() == thread_at(high));
    RECV(at, 0);
    EXPECT(current() == thread_at(low));
    core_self()->timer_armed = host.ticks + time_ticks(SLICE_NS);
    arch_timer_set(core_self()->timer_armed);
}

static void expect_an_earlier_timer(void)
{
    EXPECT(current() == thread_at(high));
    EXPECT(core_self()->timer_armed <= host.ticks + time_ticks(SLICE_NS / 10));
}

TEST(signal_to_who_has_a_short_slice_sets_the_timer)
{
    wait_with_a_short_slice(OBJECT_NOTIFICATION);
    SEND(badged_at, 0);
    expect_an_earlier_timer();
}

TEST(message_to_who_has_a_short_slice_sets_the_timer)
{
    wait_with_a_short_slice(OBJECT_ENDPOINT);
    SEND(badged_at, 0, 7);
    expect_an_earlier_timer();
}

/* ---- Who is preempted by somebody he woke stands in front of the ready queue */

static cap_t middle, top;

static void high_waits(unsigned type)
{
    system_boot();
    at = make(type, 0);
    badged_at = mint(at, RIGHTS_ALL, 1);
    low = make_thread(100);
    middle = make_thread(101);
    high = make_thread(102);
    top = make_thread(103);
    resume(low);
    resume(high);
    root_sleep();
    RECV(at, 0);
    EXPECT(current() == thread_at(low));
}

static void expect_that_high_preempted_low(void)
{
    EXPECT(current() == thread_at(high));
    EXPECT(core_self()->front == thread_at(low)); /* what only fast paths do */
}

static void low_wakes_high(void)
{
    high_waits(OBJECT_NOTIFICATION);
    SEND(badged_at, 0);
    expect_that_high_preempted_low();
}

TEST(message_to_somebody_better_is_taken_over_at_once)
{
    high_waits(OBJECT_ENDPOINT);
    SEND(badged_at, 3, 7, 8);
    expect_that_high_preempted_low();
    EXPECT_EQ(thread_at(high)->context.registers[REGISTER_W0], 7);
    EXPECT_EQ(thread_at(high)->context.registers[REGISTER_W0 + 1], 8);
    EXPECT_EQ(thread_at(high)->context.registers[REGISTER_A0], OK);
}

TEST(interrupt_of_a_driver_that_waits_alone_and_is_better_is_taken_over_at_once)
{
    high_waits(OBJECT_NOTIFICATION);
    root_wake();
    DO(make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, DEVICE_LINE), OP_IRQ_HANDLER_BIND, badged_at);
    root_sleep();
    EXPECT(current() == thread_at(low));
    kernel_interrupt(DEVICE_LINE);
    expect_that_high_preempted_low();
    EXPECT_EQ(thread_at(high)->context.registers[REGISTER_A0], OK | STATUS_SIGNAL);
}

TEST(better_thread_that_is_queued_goes_before_who_is_in_front)
{
    low_wakes_high();
    resume(middle);
    EXPECT(core_self()->front == NULL);
    RECV(at, 0);
    EXPECT(current() == thread_at(middle));
    DO(middle, OP_THREAD_SUSPEND, 0);
    EXPECT(current() == thread_at(low));
}

TEST(who_is_preempted_by_somebody_better_goes_before_who_is_in_front)
{
    low_wakes_high();
    resume(top);
    EXPECT(current() == thread_at(top));
    EXPECT(core_self()->front == NULL);
    DO(top, OP_THREAD_SUSPEND, 0);
    EXPECT(current() == thread_at(high));
    RECV(at, 0);
    EXPECT(current() == thread_at(low));
}

TEST(who_wakes_somebody_better_in_turn_goes_before_who_is_in_front)
{
    cap_t other;

    low_wakes_high();
    other = make(OBJECT_NOTIFICATION, 0);
    resume(top);
    RECV(other, 0);
    EXPECT(current() == thread_at(high));
    RECV(at, 0);
    EXPECT(current() == thread_at(low));
    SEND(badged_at, 0);
    EXPECT(core_self()->front == thread_at(low));
    SEND(mint(other, RIGHTS_ALL, 1), 0);
    EXPECT(current() == thread_at(top));
    EXPECT(core_self()->front == thread_at(high));
    DO(top, OP_THREAD_SUSPEND, 0);
    EXPECT(current() == thread_at(high));
    RECV(at, 0);
    EXPECT(current() == thread_at(low));
}

TEST(dump_shows_who_is_in_front)
{
    low_wakes_high();
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_DUMP, 0, 0, WORDS()).status);
    EXPECT_TEXT(host.console, "in front");
}

/* ---- Capabilities */

TEST(capability_for_a_server_without_a_message_page_is_left_out)
{
    servers_setup();
    DO(server[0], OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
    root_sleep();
    EXPECT(current() == thread_at(client));
    thread_at(client)->utcb->give[0] = (struct utcb_give){ .source = endpoint[0], .mode = GIVE_COPY };
    sys_once(SYS_CALL, endpoint[0], 0, tag_make(1, 0, 1), WORDS());
    EXPECT(current() == thread_at(server[0]));
    EXPECT_EQ(status_error(thread_at(server[0])->context.registers[REGISTER_A0]), ERR_TRUNCATED);
}
