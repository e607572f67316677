/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All cores do everything to shared objects.
 *
 * The world: groups of threads, each group made from an Untyped of its own, all with one CNode in which everybody finds everything: a slot of a
 * known kind for each object of each group, and free slots behind. Whoever is current does a random operation, with arguments of the right
 * kind mostly. It does not look at the kernel's state, as nobody could who runs beside it.
 *
 * The keeper is the root thread, of the highest priority on the first core. It alone has the groups' Untypeds, and puts right what the others
 * have destroyed: an interrupt wakes it, and it makes a group anew (all that was made from its Untyped is revoked first), or gives its
 * threads life again. While it does so, the other cores go on. It calls what stands in a group's slots, so no Endpoint may get where a
 * thread, a context or a space was: the keeper would wait there for an answer. The others fill a group's slot with a group's Reply only.
 *
 * At random stops, and at the end, all invariants hold. The order of things is not the same when a seed is used again, but
 * what each core draws is.
 *
 *   test_torture [--operations=N] [--seed=N]
 */
#include "cores.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS      4u
#define CNODE_BITS  9u
#define MAPPED_AT   ((word_t)0x20000000)
#define GROUP_BITS  17u
#define KEEP_EVERY  300u  /* turns of the first core; or when it has nothing to do */
#define CHECK_EVERY 4000u /* turns of the first core, on the average */

/* What a group has in the common CNode, so many of each: letter, type, number. The last is one that others may fill. */
struct kind {
    char letter;
    uint8_t type, size_bits, count;
};
static const struct kind kinds[] = {
    { 'T', OBJECT_THREAD, 0, 4 },
    { 'S', OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN, 4 },
    { 'E', OBJECT_ENDPOINT, 0, 3 },
    { 'N', OBJECT_NOTIFICATION, 0, 3 },
    { 'R', OBJECT_REPLY, 0, 5 },
    { 'A', OBJECT_ADDRESS_SPACE, 0, 1 },
    { 'F', OBJECT_FRAME, FRAME_SIZE_4K, 2 },
    { 'P', OBJECT_PAGE_TABLE, 0, 3 },
    { 'U', OBJECT_UNTYPED, 13, 1 },
    { 'C', OBJECT_CNODE, 4, 1 },
    { 'B', OBJECT_ENDPOINT, 0, 2 },
    { 'b', OBJECT_NOTIFICATION, 0, 2 }, /* badged, for sending */
};
#define PER_GROUP 32u
#define COMMON    (1 + GROUPS * PER_GROUP) /* of all: the CNode, ranges */
#define FREE      (COMMON + 8)
#define FREE_END  (1u << CNODE_BITS)

enum { COMMON_CNODE = COMMON, COMMON_CORES, COMMON_NUMBERS, COMMON_LINES };

static cap_t cnode, group_memory[GROUPS];
static cap_t pages; /* frames: each has the message pages of a group's threads */
static uint64_t operations_wanted = 200000, seed = 1;

/* ---- Random numbers: each core's own */

static struct {
    ALIGNED(64) uint64_t state;
    uint64_t operations, succeeded;
} random_of[CONFIG_CORES];

static unsigned below(unsigned limit)
{
    uint64_t *state = &random_of[host_number].state;

    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (unsigned)((*state * 2685821657736338717ull >> 32) * limit >> 32);
}

/* ---- Slots */

static unsigned first_of(char letter)
{
    unsigned at = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(kinds); at += kinds[i++].count)
        if (kinds[i].letter == letter)
            return at;
    abort();
}

static unsigned count_of(char letter)
{
    for (unsigned i = 0; i < ARRAY_COUNT(kinds); i++)
        if (kinds[i].letter == letter)
            return kinds[i].count;
    abort();
}

static unsigned slot_of(unsigned group, char letter, unsigned number)
{
    return 1 + group * PER_GROUP + first_of(letter) + number;
}

/* Mostly of the kind that was asked for. */
static word_t pick(char letter)
{
    if (below(24) == 0)
        return below(FREE_END);
    return slot_of(below(GROUPS), letter, below(count_of(letter)));
}

static word_t pick_any(void)
{
    return below(3) ? 1 + below(GROUPS * PER_GROUP) : FREE + below(FREE_END - FREE);
}

static word_t pick_free(void)
{
    return FREE + below(FREE_END - FREE);
}

/* ---- Operations */

struct action {
    uint16_t weight;
    uint16_t operation;  /* OP_* */
    const char *letters; /* object, then arguments: see argument() */
};

static const struct action operations[] = {
    { 6, OP_CNODE_COPY, "cx." },
    { 6, OP_CNODE_MINT, "cx.rg1" },
    { 4, OP_CNODE_MOVE, "cx." },
    { 2, OP_CNODE_MOVE, "ceq" }, /* a Reply goes to whoever comes next */
    { 10, OP_CNODE_DELETE, "cx" },
    { 2, OP_CNODE_DELETE, "ce" },
    { 3, OP_CNODE_REVOKE, "cx" },
    { 1, OP_CNODE_REVOKE, "ce" },
    { 2, OP_CNODE_INSPECT, "ce" },
    { 3, OP_CNODE_CANCEL_BADGE, "cyg" },
    { 4, OP_THREAD_CONFIGURE, "TmcAF0EEN" },
    { 4, OP_THREAD_READ_REGISTERS, "T" },
    { 4, OP_THREAD_WRITE_REGISTERS, "T3v" },
    { 2, OP_THREAD_SUSPEND, "Tv" },
    { 10, OP_THREAD_RESUME, "T" },
    { 8, OP_THREAD_CANCEL, "T" },
    { 5, OP_THREAD_SET_PRIORITY, "Tpp" },
    { 4, OP_THREAD_BIND_NOTIFICATION, "TN" },
    { 2, OP_THREAD_BIND_NOTIFICATION, "T0" },
    { 3, OP_THREAD_SET_ATTRIBUTES, "Tk3" },
    { 2, OP_THREAD_INFO, "T" },
    { 8, OP_SCHED_CONTEXT_BIND, "ST" },
    { 3, OP_SCHED_CONTEXT_UNBIND, "S" },
    { 2, OP_SCHED_CONTEXT_INFO, "S" },
    { 6, OP_SCHED_CONTEXT_LEND, "ST" },
    { 6, OP_CORE_RANGE_SET_BUDGET, "KSowWg" },
    { 2, OP_CORE_RANGE_SET_TIMER, "Kod" },
    { 2, OP_CORE_RANGE_BIND_TIMER, "Kob" },
    { 5, OP_FRAME_UNMAP, "F" },
    { 1, OP_FRAME_INFO, "F" },
    { 10, OP_ADDRESS_SPACE_MAP, "AFar0" },
    { 6, OP_ADDRESS_SPACE_MAP_TABLE, "APa" },
    { 3, OP_PAGE_TABLE_UNMAP, "P" },
    { 10, OP_UNTYPED_RETYPE, "Ut00x100" },
    { 4, OP_UNTYPED_RESET, "U0" },
    { 1, OP_UNTYPED_INFO, "U" },
    { 2, OP_IRQ_HANDLER_BIND, "xb" },
    { 2, OP_IRQ_HANDLER_ACKNOWLEDGE, "x" },
};

static word_t argument(char letter)
{
    static const uint8_t types[] = { OBJECT_THREAD, OBJECT_ENDPOINT, OBJECT_NOTIFICATION, OBJECT_REPLY };

    if (letter >= '0' && letter <= '9')
        return (word_t)(letter - '0');
    switch (letter) {
    case 'c':
        return COMMON_CNODE;
    case 'K':
        return COMMON_CORES;
    case 'x':
        return pick_free();
    case 'e': /* any that a group has */
        return 1 + below(GROUPS * PER_GROUP);
    case 'y':
        return slot_of(below(GROUPS), 'E', below(count_of('E')));
    case 'q': /* this and nothing else: see above */
        return slot_of(below(GROUPS), 'R', below(count_of('R')));
    case '.':
        return pick_any();
    case 'r':
        return below(4) ? RIGHTS_ALL : below(16);
    case 'g':
        return below(4);
    case 'm':
        return below(64) & below(64) & (THREAD_SET_ALL ^ THREAD_SET_MESSAGE);
    case 'p':
        return 100 + below(8);
    case 'k':
        return THREAD_FPU | (below(4) ? 0 : THREAD_FAULT_ON_CAP);
    case 'o':
        return below(core_count);
    case 'w':
        return SLICE_NS / (1 + below(20));
    case 'W':
        return SLICE_NS;
    case 'd':
        return time_ns(SHARED_READ(host.ticks) - time_start()) + below(100000);
    case 'a':
        return MAPPED_AT + below(4) * PAGE_SIZE;
    case 't':
        return types[below(ARRAY_COUNT(types))];
    case 'v':
        return below(1000);
    default:
        return pick(letter);
    }
}

static const struct action *pick_operation(void)
{
    unsigned total = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(operations); i++)
        total += operations[i].weight;
    unsigned n = below(total);
    for (unsigned i = 0;; i++) {
        if (n < operations[i].weight)
            return &operations[i];
        n -= operations[i].weight;
    }
}

/* The message page that the user knows it has; where it really is may be another by now, or none. */
static struct utcb *page_of(const struct thread *thread)
{
    return arch_pointer(thread->context.registers[REGISTER_TLS] * UTCB_ALIGN % HOST_MEMORY_SIZE);
}

static void do_call(struct thread *thread, word_t operation, word_t cap, word_t reply, tag_t tag,
                    const word_t *words)
{
    struct program program = { .thread = thread, .page = page_of(thread) };

    SHARED_WRITE(random_of[host_number].operations, random_of[host_number].operations + 1);
    enter(&program, operation, cap, reply, tag, words);
    if (core_self()->current == thread && status_error(thread->context.registers[REGISTER_A0]) == OK)
        random_of[host_number].succeeded++;
}

static void invoke(struct thread *thread)
{
    const struct action *operation = pick_operation();
    unsigned count = (unsigned)strlen(operation->letters) - 1;
    word_t words[MESSAGE_WORDS_MAX] = { 0 };

    for (unsigned i = 0; i < count; i++)
        words[i] = argument(operation->letters[1 + i]);
    do_call(thread, SYS_CALL, argument(operation->letters[0]), 0, tag_make(operation->operation, count, 0),
            words);
}

static void prepare_caps(struct thread *thread)
{
    struct utcb *page = page_of(thread);

    for (unsigned i = 0; i < 2; i++) {
        SHARED_WRITE(page->give[i].source, pick_any());
        SHARED_WRITE(page->give[i].mode, below(3) | RIGHTS_ALL << 8);
        SHARED_WRITE(page->give[i].badge, below(4));
        SHARED_WRITE(page->take[i], pick_free());
    }
}

static void communicate(struct thread *thread)
{
    word_t words[MESSAGE_WORDS_MAX] = { below(2) };
    word_t poll = below(2) ? 0 : SYS_POLL;
    unsigned caps = below(10) ? 0 : 1 + below(2);
    tag_t tag = tag_make(below(2), below(4) ? below(5) : below(20), caps);

    if (caps)
        prepare_caps(thread);
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
        do_call(thread, SYS_CALL, pick('B'), 0, tag, words);
        break;
    case 3:
        do_call(thread, SYS_SEND | poll, pick('B'), 0, tag, words);
        break;
    case 4:
        do_call(thread, SYS_SEND, pick('b'), 0, 0, words);
        break;
    case 5:
        do_call(thread, SYS_SEND, pick('R'), 0, tag, words);
        break;
    case 6:
        do_call(thread, SYS_RECV | (below(4) ? SYS_POLL : 0), pick('N'), 0, 0, words);
        break;
    case 7:
        do_call(thread, SYS_RECV | poll, pick('E'), below(4) ? pick('R') : 0, 0, words);
        break;
    default:
        do_call(thread, SYS_REPLY_RECV | poll, pick('E'), pick('R'), tag, words);
    }
}

static void other_things(struct thread *thread)
{
    word_t *registers;

    switch (below(8)) {
    case 0:
        do_call(thread, SYS_YIELD, 0, 0, 0, WORDS());
        break;
    case 1:
        kernel_exception(EXCEPTION_BREAKPOINT, 0);
        break;
    case 2:
        registers = host_fpu();
        if (registers)
            registers[0]++;
        break;
    case 3:
        do_call(thread, SYS_DEBUG + 1 + below(100), pick_any(), pick_any(), below(1000), WORDS());
        break;
    default:
        host_access(MAPPED_AT + below(4) * PAGE_SIZE, FAULT_ACCESS_READ);
    }
}

static void turn(struct thread *thread)
{
    unsigned what = below(20);

    if (what < 9)
        communicate(thread);
    else if (what < 17)
        invoke(thread);
    else
        other_things(thread);
}

/* ---- The keeper */

/* In the keeper's space: what stands in the common CNode. */
static cap_t in_common(unsigned slot)
{
    return cnode | (cap_t)slot << info->cnode_size_bits;
}

static cap_t of_group(unsigned group, char letter, unsigned number)
{
    return in_common(slot_of(group, letter, number));
}

/* Others may have done something to what this uses: then it fails, and the group is made anew another time. */
static void make_objects(unsigned group)
{
    for (unsigned i = 0; i < ARRAY_COUNT(kinds); i++)
        for (unsigned n = 0; n < kinds[i].count; n++) {
            unsigned slot = slot_of(group, kinds[i].letter, n);
            bool is_space = kinds[i].type == OBJECT_ADDRESS_SPACE;
            CALL(cnode, OP_CNODE_DELETE, slot);
            if (kinds[i].letter == 'B' || kinds[i].letter == 'b')
                CALL(cnode, OP_CNODE_MINT, slot, of_group(group, kinds[i].letter == 'B' ? 'E' : 'N', n),
                     RIGHTS_ALL, 1 + group, 0);
            else
                CALL(group_memory[group], OP_UNTYPED_RETYPE, kinds[i].type, kinds[i].size_bits, cnode, slot,
                     1, is_space ? BOOT_SLOT_ASID_RANGE : 0, is_space ? 40 + group : 0);
        }
}

static void map_pages(unsigned group)
{
    cap_t space = of_group(group, 'A', 0);

    for (unsigned i = 0; i < count_of('P'); i++)
        CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, of_group(group, 'P', i), MAPPED_AT);
    for (unsigned i = 0; i < count_of('F'); i++)
        CALL(space, OP_ADDRESS_SPACE_MAP, of_group(group, 'F', i), MAPPED_AT + i * PAGE_SIZE, RIGHTS_ALL, 0);
}

static void revive(unsigned group)
{
    for (unsigned i = 0; i < count_of('T'); i++) {
        cap_t thread = of_group(group, 'T', i), context = of_group(group, 'S', i);
        paddr_t page = arch_physical(object_at(pages + group)) / PAGE_SIZE * PAGE_SIZE + i * UTCB_ALIGN;
        CALL(thread, OP_THREAD_CONFIGURE, THREAD_SET_ALL, cnode, of_group(group, 'A', 0), pages + group,
             i * UTCB_ALIGN, of_group((group + 1) % GROUPS, 'B', 0), i ? of_group(group, 'B', 1) : 0,
             of_group(group, 'b', 0));
        CALL(thread, OP_THREAD_WRITE_REGISTERS, REGISTER_TLS, (word_t)page / UTCB_ALIGN);
        CALL(thread, OP_THREAD_SET_PRIORITY, 100 + below(8), 107);
        CALL(thread, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
        CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, context, (group + i) % core_count,
             SLICE_NS / (1 + i), SLICE_NS, 0);
        CALL(context, i == 3 ? OP_SCHED_CONTEXT_LEND : OP_SCHED_CONTEXT_BIND, thread);
        CALL(thread, OP_THREAD_RESUME);
    }
}

static void clear_group(unsigned group)
{
    revoke(group_memory[group]);
    DO(group_memory[group], OP_UNTYPED_RESET, 0);
}

static void make_common(void)
{
    CALL(cnode, OP_CNODE_COPY, COMMON_CNODE, cnode);
    CALL(cnode, OP_CNODE_COPY, COMMON_CORES, BOOT_SLOT_CORE_RANGE);
    CALL(cnode, OP_CNODE_MINT, COMMON_NUMBERS, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, 50, 4);
    CALL(cnode, OP_CNODE_MINT, COMMON_LINES, BOOT_SLOT_IRQ_RANGE, RIGHTS_ALL, 8, 4);
}

static void make_world(void)
{
    cnode = make(OBJECT_CNODE, CNODE_BITS);
    pages = make(OBJECT_FRAME, FRAME_SIZE_4K);
    for (unsigned i = 1; i < GROUPS; i++)
        make(OBJECT_FRAME, FRAME_SIZE_4K);
    make_common();
    for (unsigned i = 0; i < GROUPS; i++)
        group_memory[i] = make(OBJECT_UNTYPED, GROUP_BITS);
    for (unsigned i = 0; i < GROUPS; i++) {
        make_objects(i);
        map_pages(i);
    }
    for (unsigned i = 0; i < GROUPS; i++)
        revive(i);
}

static void keep(void)
{
    unsigned group = below(GROUPS);

    root_wake();
    make_common();
    if (below(8) == 0) {
        clear_group(group);
        make_objects(group);
        map_pages(group);
    }
    revive(group);
    for (unsigned i = 0; i < GROUPS * count_of('T'); i++)
        CALL(of_group(i % GROUPS, 'T', i / GROUPS), below(3) ? OP_THREAD_CANCEL : OP_THREAD_RESUME);
    for (unsigned i = 0; i < 4; i++)
        CALL(cnode, OP_CNODE_DELETE, pick_free());
    root_sleep();
}

/* Nothing is left, however it was entangled. */
static void take_back(void)
{
    root_wake();
    revoke(cnode);
    for (word_t i = 1; i < FREE_END; i++)
        DO(cnode, OP_CNODE_DELETE, i);
    for (unsigned i = 0; i < GROUPS; i++)
        clear_group(i);
    for (unsigned number = 40; number < 60; number++)
        EXPECT(!space_by_number(number));
}

/* ---- */

static uint64_t operations_done(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < core_count; i++)
        sum += SHARED_READ(random_of[i].operations);
    return sum;
}

static bool done(void)
{
    static unsigned turns;

    turns++;
    if (turns % KEEP_EVERY == 0 || (!core_self()->current && turns % 4 == 0))
        keep();
    if (below(CHECK_EVERY) == 0)
        cores_check();
    if (operations_done() < operations_wanted)
        return false;
    take_back();
    return true;
}

TEST(all_cores_do_everything_to_shared_objects)
{
    for (unsigned i = 0; i < CONFIG_CORES; i++)
        random_of[i].state = (seed + 1) * 0x9e3779b97f4a7c15ull + i * 0x517cc1b727220a95ull;
    system_check_off = true;
    system_boot();
    make_world();
    cores_turn = turn;
    cores_progress = operations_done;
    host.ticks_per_read = 200;
    host.pending_every = 7;
    root_sleep();
    cores_run(done);
    for (unsigned i = 0; i < core_count; i++)
        printf("core %u: %llu operations, %llu of them at once successful\n", i,
               (unsigned long long)random_of[i].operations, (unsigned long long)random_of[i].succeeded);
    printf("%llu operations, seed %llu\n", (unsigned long long)operations_done(), (unsigned long long)seed);
}

/* The options are this program's own; the rest is the harness's. */
__attribute__((constructor)) static void read_options(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        if (!strncmp(words[i], "--operations=", 13))
            operations_wanted = strtoull(words[i] + 13, NULL, 0);
        if (!strncmp(words[i], "--seed=", 7))
            seed = strtoull(words[i] + 7, NULL, 0);
    }
}
