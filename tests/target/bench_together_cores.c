/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All cores work at the same time, each with objects of its own: what they cost each other. The bench's thread does a round on core 0 again and
 * again, a worker the same on each other core; with 1, 2, 4 and 8 cores, as far as there are so many.
 *
 * In virtual time (the system bench_together) turns are short, and the plugin counts: what core 0 executes in a round, waiting included; what each of
 * the others does meanwhile; how long that takes, at an instruction for each core a tick; and the lines that several write. In real time
 * (bench_parallel) it is the rounds of all cores, and the clock; best of five.
 *
 * Then: how long a call on core 0 takes at most, of a client and a server who have nothing to do with core 1, while that takes locks.
 */
#include "passive.h"
#include "paths.h"

#define CORES_MOST 8u
#define RECORDED   32u
#define RECORDS    2u /* a timer can fire in one; not in both */
#define TRIES      5u
#define TAKEN_BITS 13u

/* What one core works with. Clients share the test's space: nothing in it changes, and it has the message pages. Who maps has a space of its own. */
struct side {
    _Alignas(64) void (*round)(struct side *side);
    cap_t endpoint, frame, space, given, children;
    word_t address;
    cap_t taken, next;   /* slots for capabilities that are received: an address, and one for each round */
    struct utcb *server; /* that receives them */
    unsigned core;
};
static struct side sides[CORES_MOST];
static volatile word_t is_running;

static void serve_calls(struct worker *worker)
{
    answer_calls(worker, MESSAGE_REGISTER_WORDS);
}

/* A passive server in a space of its own. */
static void prepare_server(struct side *side)
{
    cap_t reply = make(OBJECT_REPLY, 0);

    side->endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *server = worker_make(.function = serve_calls, .argument = PAIR(side->endpoint, reply),
                                        .space = space_with_program(), .passive = true);
    side->server = server->utcb;
    start_passive(server);
}

static inline void call(const struct side *side, unsigned caps)
{
    struct message message = { .tag = tag_make(1, 4, caps), .word = { 1, 2, 3, 4 } };
    MUST(arch_syscall(SYS_CALL, side->endpoint, &message, CAP_NULL));
}

static void round_call(struct side *side)
{
    call(side, 0);
}

/* ---- Mapping, in the space that the side's core works in */

static void prepare_mapping(struct side *side)
{
    side->frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    side->address = address_take(FRAME_SIZE_4K);
    map(side->space, side->frame, side->address, RIGHT_READ | RIGHT_WRITE);
    expect_ok(frame_unmap(side->frame));
}

static void round_map(struct side *side)
{
    MUST(address_space_map(side->space, side->frame, side->address, RIGHT_READ | RIGHT_WRITE,
                           MAP_CACHE_WRITE_BACK));
    MUST(frame_unmap(side->frame));
}

/* ---- A capability with each call */

static void prepare_capability(struct side *side)
{
    prepare_server(side);
    side->given = make(OBJECT_NOTIFICATION, 0);
    side->taken = make(OBJECT_CNODE, TAKEN_BITS);
    side->next = 1;
}

static void round_capability(struct side *side)
{
    side->server->take[0] = side->taken | side->next++ << boot->cnode_size_bits;
    call(side, 1);
}

/* ---- Several at the same time */

static void work(struct worker *worker)
{
    struct side *side = &sides[worker->argument];

    worker->utcb->give[0] = (struct utcb_give){ .source = side->given, .mode = GIVE_COPY };
    for (;;) {
        while (!is_running || side->next >> TAKEN_BITS)
            machine_relax();
        side->round(side);
        worker->seen[5]++;
    }
}

static struct worker *workers[CORES_MOST];

static word_t rounds_of_others(unsigned cores)
{
    word_t sum = 0;

    for (unsigned core = 1; core < cores; core++)
        sum += workers[core]->seen[5];
    return sum;
}

static void measure_in_real_time(const char *path, unsigned cores, word_t rounds)
{
    word_t best_rounds = 0;
    time_ns_t best = 1;

    for (unsigned i = 0; i < TRIES; i++) {
        is_running = 1;
        word_t before = rounds_of_others(cores);
        time_ns_t start = time_now_ns();
        BENCH_LOOP(rounds, sides[0].round(&sides[0]));
        time_ns_t time = time_now_ns() - start;
        word_t all = rounds + rounds_of_others(cores) - before;
        is_running = 0;
        if (all * best > best_rounds * time) {
            best_rounds = all;
            best = time;
        }
    }
    note("parallel %s cores %u rounds %lu ns %lu", path, cores, best_rounds, (word_t)best);
}

static void wait_for_others(unsigned cores)
{
    is_running = 1;
    for (unsigned core = 1; core < cores; core++)
        wait_seen(workers[core], 5, 1);
}

static void measure_in_virtual_time(const char *path, unsigned cores)
{
    is_running = 1;
    BENCH_LOOP(20 * WARM_ROUNDS, sides[0].round(&sides[0])); /* what came of starting the others is over */
    for (unsigned i = 0; i < RECORDS; i++) {
        MARK_BEGIN();
        BENCH_LOOP(RECORDED, sides[0].round(&sides[0]));
        MARK_END();
        note("lines %s_on_%u rounds %lu", path, cores, (word_t)RECORDED);
    }
    is_running = 0;
}

static void start_side(unsigned core, void (*prepare)(struct side *), void (*round)(struct side *))
{
    struct side *side = &sides[core];

    bool own_space = core != 0 && round == round_map;
    *side = (struct side){ .round = round, .core = core, .space = own_space ? space_with_program() : SPACE };
    prepare(side);
    if (core == 0) {
        message_page->give[0] = (struct utcb_give){ .source = side->given, .mode = GIVE_COPY };
        return;
    }
    workers[core] = worker_run(.function = work, .argument = core, .core = core, .space = side->space,
                               .budget_ns = BENCH_BUDGET_NS);
}

static void measure_together(const char *path, void (*prepare)(struct side *), void (*round)(struct side *),
                             word_t rounds)
{
    unsigned ready = 0;

    for (unsigned cores = 1; cores <= boot->cores && cores <= CORES_MOST; cores *= 2) {
        while (ready < cores)
            start_side(ready++, prepare, round);
        wait_for_others(cores);
        if (is_in_real_time())
            measure_in_real_time(path, cores, rounds);
        else
            measure_in_virtual_time(path, cores);
    }
}

BENCH(independent_calls)
{
    measure_together(__func__, prepare_server, round_call, 5000);
}

BENCH(independent_mappings)
{
    measure_together(__func__, prepare_mapping, round_map, 2000);
}

BENCH(independent_capability_transfers)
{
    measure_together(__func__, prepare_capability, round_capability, 400);
}

/* ---- What one core can do to another */

#define DELAY_ROUNDS 1000u
#define CHILDREN     32u

static void prepare_slots(struct side *side)
{
    side->given = make(OBJECT_NOTIFICATION, 0);
    side->children = slots_take(CHILDREN);
}

static void round_copy_delete(struct side *side)
{
    MUST(cnode_copy(CNODE, side->children, side->given));
    MUST(cnode_delete(CNODE, side->children));
}

static void round_revoke(struct side *side)
{
    for (unsigned i = 0; i < CHILDREN; i++)
        MUST(cnode_mint(CNODE, side->children + i, side->given, RIGHTS_ALL, 1));
    MUST(cnode_revoke(CNODE, side->given));
}

static void measure_delay(const char *path, void (*prepare)(struct side *), void (*round)(struct side *))
{
    uint64_t worst = 0, sum = 0;

    if (is_in_real_time())
        return;
    start_side(0, prepare_server, round_call);
    start_side(1, prepare, round);
    is_running = 1;
    BENCH_LOOP(WARM_ROUNDS, call(&sides[0], 0));
    for (unsigned i = 0; i < DELAY_ROUNDS; i++) {
        uint64_t start = cost_now();
        call(&sides[0], 0);
        uint64_t ticks = cost_now() - start;
        sum += ticks;
        worst = ticks > worst ? ticks : worst;
    }
    is_running = 0;
    note("delay %s rounds %u worst %lu mean %lu", path, DELAY_ROUNDS, (word_t)worst,
         (word_t)(sum / DELAY_ROUNDS));
}

BENCH(delayed_by_calls)
{
    measure_delay(__func__, prepare_server, round_call);
}

BENCH(delayed_by_copy_and_delete)
{
    measure_delay(__func__, prepare_slots, round_copy_delete);
}

BENCH(delayed_by_map_and_unmap)
{
    measure_delay(__func__, prepare_mapping, round_map);
}

BENCH(delayed_by_revoke)
{
    measure_delay(__func__, prepare_slots, round_revoke);
}
