/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world: three components, each with a capability space, an address space, two threads with time of their own and a passive one, and
 * what they need to call, signal, map and make things. The root component (priority 255, asleep) holds a capability to all that it
 * made; nobody else can reach those, so it can always put a component right, or take it back and make it anew.
 *
 * A component's capability space, by index: see enum index. From INDEX_FREE on it is empty. Threads of the first two
 * components have the third as their fault handler, which is an ordinary receiver of messages.
 */
#include "driver.h"

enum index {
    INDEX_CNODE = 1,
    INDEX_SPACE,
    INDEX_UNTYPED,
    INDEX_THREAD, /* 3 */
    INDEX_CONTEXT = INDEX_THREAD + 3,
    INDEX_CORES = INDEX_CONTEXT + 3,
    INDEX_NUMBERS,
    INDEX_LINES,
    INDEX_MSI,
    INDEX_PORTS,
    INDEX_MESSAGE_FRAME,
    INDEX_ENDPOINT, /* 2 of its own, 4 of others */
    INDEX_NOTIFICATION = INDEX_ENDPOINT + 6,
    INDEX_REPLY = INDEX_NOTIFICATION + 6, /* 4 */
    INDEX_NESTED = INDEX_REPLY + 4,
    INDEX_DEVICE,
    INDEX_FRAME,
    INDEX_TABLE,
    INDEX_HANDLED, /* what a handler needs of others: 2 spaces, 2 threads */
    INDEX_FREE = INDEX_HANDLED + 4
};

struct component {
    cap_t untyped; /* 128 KiB: everything below is made from it, in slots of the root that stay the same */
    cap_t cnode, nested, space, message_frame, frame, table[4], thread[3], context[3];
    cap_t endpoint[2], notification[2], passing;
};

#define COMPONENT_BITS     17u
#define FREE_BITS          16u
#define DEVICE_BITS        20u
#define PIECE_BITS         16u
#define PRIORITY_RUN       199u
#define PRIORITY_HIGH      200u
#define PRIORITY_FIRST     100u
#define KEEPER_INDEX(c, t) ((c)*THREADS_PER_COMPONENT + (t))

static struct component component[COMPONENTS];
static cap_t part, device, numbers, lines, msi, ports, scratch;
static unsigned favourite = KEEPERS;
static unsigned tree_size_before;

char *world_memory(void)
{
    return object_at(part);
}

static unsigned tree_size(void)
{
    unsigned size = 0;

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        size++;
    return size;
}

/* ---- Making a component; the root is current */

static void make_in(cap_t slot, cap_t untyped, unsigned type, unsigned bits, cap_t range, unsigned number)
{
    DO(untyped, OP_UNTYPED_RETYPE, type, bits, 0, slot, 1, range, number);
}

/* Into the component's own space, at an index. */
static void put_copy(const struct component *c, unsigned index, cap_t source)
{
    DO(c->cnode, OP_CNODE_COPY, index, source);
}

static void put_mint(const struct component *c, unsigned index, cap_t source, word_t rights, word_t badge,
                     word_t count)
{
    DO(c->cnode, OP_CNODE_MINT, index, source, rights, badge, count);
}

static void put_new(const struct component *c, unsigned index, unsigned type, unsigned bits)
{
    DO(c->untyped, OP_UNTYPED_RETYPE, type, bits, c->cnode, index, 1, 0, 0);
}

static void make_memory(const struct component *c, unsigned n)
{
    make_in(c->passing, c->untyped, OBJECT_UNTYPED, FREE_BITS, 0, 0);
    make_in(c->cnode, c->untyped, OBJECT_CNODE, COMPONENT_CNODE_BITS, 0, 0);
    DO(c->cnode, OP_CNODE_MOVE, INDEX_UNTYPED, c->passing);
    make_in(c->nested, c->untyped, OBJECT_CNODE, 4, 0, 0);
    make_in(c->space, c->untyped, OBJECT_ADDRESS_SPACE, 0, BOOT_SLOT_ASID_RANGE,
            NUMBER_FIRST - COMPONENTS + n);
    make_in(c->message_frame, c->untyped, OBJECT_FRAME, FRAME_SIZE_4K, 0, 0);
    make_in(c->frame, c->untyped, OBJECT_FRAME, FRAME_SIZE_4K, 0, 0);
    for (unsigned i = 0; i < ARRAY_COUNT(c->table); i++)
        make_in(c->table[i], c->untyped, OBJECT_PAGE_TABLE, 0, 0, 0);
    for (unsigned i = 0; i + 1 < ARRAY_COUNT(c->table); i++)
        DO(c->space, OP_ADDRESS_SPACE_MAP_TABLE, c->table[i], MAPPED_AT);
    DO(c->cnode, OP_CNODE_MOVE, INDEX_TABLE, c->table[ARRAY_COUNT(c->table) - 1]);
    DO(c->space, OP_ADDRESS_SPACE_MAP, c->message_frame, MAPPED_AT, RIGHT_READ | RIGHT_WRITE, 0);
    DO(c->space, OP_ADDRESS_SPACE_MAP, c->frame, MAPPED_AT + PAGE_SIZE, RIGHTS_ALL, 0);
}

static void make_objects(const struct component *c)
{
    for (unsigned i = 0; i < 3; i++) {
        make_in(c->thread[i], c->untyped, OBJECT_THREAD, 0, 0, 0);
        make_in(c->context[i], c->untyped, OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN + i % 2, 0, 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        make_in(c->endpoint[i], c->untyped, OBJECT_ENDPOINT, 0, 0, 0);
        make_in(c->notification[i], c->untyped, OBJECT_NOTIFICATION, 0, 0, 0);
    }
}

static void fill_space(const struct component *c)
{
    put_copy(c, INDEX_CNODE, c->cnode);
    put_copy(c, INDEX_SPACE, c->space);
    for (unsigned i = 0; i < 3; i++) {
        put_copy(c, INDEX_THREAD + i, c->thread[i]);
        put_copy(c, INDEX_CONTEXT + i, c->context[i]);
    }
    put_copy(c, INDEX_CORES, BOOT_SLOT_CORE_RANGE);
    put_mint(c, INDEX_NUMBERS, numbers, RIGHTS_ALL, NUMBER_FIRST, NUMBER_COUNT);
    put_mint(c, INDEX_LINES, lines, RIGHTS_ALL, LINE_FIRST, LINE_COUNT);
    put_mint(c, INDEX_MSI, msi, RIGHTS_ALL, MSI_FIRST, MSI_COUNT);
    put_mint(c, INDEX_PORTS, ports, RIGHTS_ALL, 0x60, 8);
    put_copy(c, INDEX_MESSAGE_FRAME, c->message_frame);
    put_copy(c, INDEX_FRAME, c->frame);
    for (unsigned i = 0; i < 4; i++)
        put_new(c, INDEX_REPLY + i, OBJECT_REPLY, 0);
    put_copy(c, INDEX_NESTED, c->nested);
    if (CALL(device, OP_UNTYPED_RETYPE, OBJECT_UNTYPED, PIECE_BITS, c->cnode, INDEX_DEVICE, 1, 0, 0).status)
        put_copy(c, INDEX_DEVICE, c->frame); /* there is no more */
    put_copy(c, INDEX_ENDPOINT, c->endpoint[0]);
    put_copy(c, INDEX_NOTIFICATION, c->notification[0]);
    put_mint(c, INDEX_ENDPOINT + 1, c->endpoint[1], RIGHT_READ, 0, 0);
    put_mint(c, INDEX_NOTIFICATION + 1, c->notification[1], RIGHT_READ, 0, 0);
}

/* What `user` gets of `c`: sessions, and if it is the handler, what it needs to handle faults. Slots that are in use stay. */
static void introduce(unsigned n, unsigned user)
{
    const struct component *c = &component[n], *to = &component[user];
    unsigned at = (n + COMPONENTS - user) % COMPONENTS * 2;

    for (unsigned i = 0; i < 2; i++) {
        CALL(to->cnode, OP_CNODE_MINT, INDEX_ENDPOINT + at + i, c->endpoint[i],
             RIGHT_WRITE | (i ? 0 : RIGHT_GRANT), 1 + user * 2 + i, 0);
        CALL(to->cnode, OP_CNODE_MINT, INDEX_NOTIFICATION + at + i, c->notification[i], RIGHT_WRITE,
             (word_t)1 << (user * 2 + i), 0);
    }
    if (user != COMPONENTS - 1)
        return;
    CALL(to->cnode, OP_CNODE_COPY, INDEX_HANDLED + n, c->space);
    CALL(to->cnode, OP_CNODE_COPY, INDEX_HANDLED + 2 + n, c->thread[n]);
}

/* The endpoint where faults of this thread are handled; 0: none. */
static cap_t handler_of(unsigned n, unsigned thread)
{
    if (n == COMPONENTS - 1)
        return thread == 0 ? component[0].endpoint[1] : 0;
    return component[COMPONENTS - 1].endpoint[thread % 2];
}

static void set_handlers(unsigned n, unsigned i)
{
    const struct component *c = &component[n];
    cap_t handler = handler_of(n, i);

    if (!handler || !slot_is_empty(slot_at(scratch)) || slot_is_empty(slot_at(handler)))
        return;
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, scratch, handler, RIGHT_WRITE | RIGHT_GRANT, 100 + KEEPER_INDEX(n, i),
       0);
    CALL(c->thread[i], OP_THREAD_CONFIGURE, THREAD_SET_FAULT, 0, 0, 0, 0, scratch, 0, 0);
    if (i != 1)
        CALL(c->thread[i], OP_THREAD_CONFIGURE, THREAD_SET_TIMEOUT, 0, 0, 0, 0, 0, scratch, 0);
    delete (scratch);
    CALL(c->thread[i], OP_THREAD_CONFIGURE, THREAD_SET_DEATH, 0, 0, 0, 0, 0, 0,
         component[COMPONENTS - 1].notification[0]);
}

static void configure_thread(unsigned n, unsigned i)
{
    const struct component *c = &component[n];
    cap_t thread = c->thread[i];

    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_MESSAGE, c->cnode,
       c->space, c->message_frame, i * UTCB_ALIGN, 0, 0, 0);
    DO(thread, OP_THREAD_SET_PRIORITY, PRIORITY_FIRST + KEEPER_INDEX(n, i), PRIORITY_HIGH);
    DO(thread, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, THREAD_IP);
    DO(thread, OP_THREAD_SET_ATTRIBUTES, THREAD_ATTRIBUTE_ALL, i == 0 ? 3 : i);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, c->context[i], KEEPER_INDEX(n, i) % CONFIG_CORES,
       i == 1 ? SLICE_NS : SLICE_NS / 4, SLICE_NS, 200 + KEEPER_INDEX(n, i));
    if (i < 2)
        DO(c->context[i], OP_SCHED_CONTEXT_BIND, thread);
    set_handlers(n, i);
}

static void component_build(unsigned n)
{
    make_memory(&component[n], n);
    make_objects(&component[n]);
    fill_space(&component[n]);
    for (unsigned i = 0; i < 3; i++)
        configure_thread(n, i);
}

static void connect(unsigned n)
{
    for (unsigned other = 0; other < COMPONENTS; other++)
        if (other != n) {
            introduce(n, other);
            introduce(other, n);
        }
}

static void name_slots(struct component *c)
{
    cap_t *slots = &c->untyped;

    for (unsigned i = 0; i < sizeof(*c) / sizeof(cap_t); i++)
        slots[i] = slot_new();
}

static cap_t find_device(void)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (info->untyped[i].flags == BOOT_UNTYPED_DEVICE && info->untyped[i].size_bits > DEVICE_BITS)
            return info->untyped[i].slot;
    fails("there is no device memory");
}

static cap_t mint_range(cap_t range, word_t first, word_t count)
{
    cap_t slot = slot_new();

    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, slot, range, RIGHTS_ALL, first, count);
    return slot;
}

void world_make(void)
{
    system_check_off = true;
    system_boot();
    cores_boot();
    part = make(OBJECT_UNTYPED, COMPONENT_BITS + 2);
    device = make_from(find_device(), OBJECT_UNTYPED, DEVICE_BITS);
    numbers = mint_range(BOOT_SLOT_ASID_RANGE, NUMBER_FIRST, NUMBER_COUNT);
    lines = mint_range(BOOT_SLOT_IRQ_RANGE, LINE_FIRST, LINE_COUNT);
    msi = mint_range(BOOT_SLOT_IRQ_RANGE, MSI_FIRST, MSI_COUNT);
    ports = mint_range(BOOT_SLOT_IO_PORT_RANGE, 0x60, 16);
    scratch = slot_new();
    tree_size_before = tree_size();
    for (unsigned n = 0; n < COMPONENTS; n++) {
        name_slots(&component[n]);
        make_in(component[n].untyped, part, OBJECT_UNTYPED, COMPONENT_BITS, 0, 0);
    }
    for (unsigned n = 0; n < COMPONENTS; n++)
        component_build(n);
    for (unsigned n = 0; n < COMPONENTS; n++) {
        connect(n);
        for (unsigned i = 0; i < 3; i++) {
            set_handlers(n, i);
            DO(component[n].thread[i], OP_THREAD_RESUME);
        }
    }
    root_sleep();
}

/* ---- What the root does later */

static void wake(unsigned *pending)
{
    cores_go();
    *pending = host.pending_every;
    host.pending_every = 0;
    root_wake();
}

static void sleep_again(unsigned pending)
{
    root_sleep();
    host.pending_every = pending;
}

static cap_t keeper(unsigned index)
{
    return component[index / THREADS_PER_COMPONENT].thread[index % THREADS_PER_COMPONENT];
}

static bool could_run(unsigned index)
{
    const struct thread *thread = thread_at(keeper(index));

    return thread->state == THREAD_STATE_RUNNABLE && thread->sc && thread != current();
}

const char *world_name(const struct thread *thread)
{
    static const char *const names[KEEPERS] = { "A0", "A1", "A2", "B0", "B1", "B2", "C0", "C1", "C2" };

    for (unsigned i = 0; i < KEEPERS; i++)
        if (thread_at(keeper(i)) == thread)
            return names[i];
    return "another thread";
}

void world_run(unsigned n)
{
    unsigned pending, found[KEEPERS], count = 0;

    for (unsigned i = 0; i < KEEPERS; i++)
        if (could_run(i))
            found[count++] = i;
    if (count == 0)
        return;
    wake(&pending);
    if (favourite < KEEPERS)
        DO(keeper(favourite), OP_THREAD_SET_PRIORITY, PRIORITY_FIRST + favourite, PRIORITY_HIGH);
    favourite = found[n % count];
    DO(keeper(favourite), OP_THREAD_SET_PRIORITY, PRIORITY_RUN, PRIORITY_HIGH);
    sleep_again(pending);
}

static void give_time(const struct component *c, unsigned i, unsigned how)
{
    static const word_t budgets[] = { SLICE_NS, SLICE_NS / 4, SLICE_NS / 50, 777777 };
    const struct thread *thread = thread_at(c->thread[i]);

    if (thread->sc || thread->owned)
        return;
    CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, c->context[i], how % CONFIG_CORES, budgets[how % 4],
         SLICE_NS, 200 + i);
    CALL(c->context[i], i == 2 ? OP_SCHED_CONTEXT_LEND : OP_SCHED_CONTEXT_BIND, c->thread[i]);
}

void world_revive(unsigned n)
{
    unsigned index = n % KEEPERS, i = index % THREADS_PER_COMPONENT, how = n / KEEPERS, pending;
    const struct component *c = &component[index / THREADS_PER_COMPONENT];
    struct thread *thread = thread_at(c->thread[i]);

    wake(&pending);
    if (how & 1)
        CALL(c->thread[i], OP_THREAD_CANCEL);
    CALL(c->thread[i], OP_THREAD_CONFIGURE, THREAD_SET_CNODE, c->cnode, 0, 0, 0, 0, 0, 0);
    if (!thread->space)
        CALL(c->thread[i], OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, c->space, 0, 0, 0, 0, 0);
    if (!thread->utcb)
        CALL(c->thread[i], OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, c->message_frame, i * UTCB_ALIGN, 0,
             0, 0);
    if (how & 2)
        set_handlers(index / THREADS_PER_COMPONENT, i);
    give_time(c, i, how / 4);
    CALL(c->thread[i], OP_THREAD_RESUME);
    connect(index / THREADS_PER_COMPONENT);
    oracle_forget_pages();
    sleep_again(pending);
}

void world_rebuild(unsigned n)
{
    unsigned pending;

    n %= COMPONENTS;
    wake(&pending);
    if (favourite / THREADS_PER_COMPONENT == n)
        favourite = KEEPERS;
    revoke(component[n].untyped);
    DO(component[n].untyped, OP_UNTYPED_RESET, 0);
    component_build(n);
    connect(n);
    for (unsigned i = 0; i < 3; i++) {
        set_handlers(n, i);
        DO(component[n].thread[i], OP_THREAD_RESUME);
    }
    oracle_reset();
    sleep_again(pending);
}

static void must_be_free(void)
{
    for (unsigned number = NUMBER_FIRST - COMPONENTS; number < NUMBER_FIRST + NUMBER_COUNT; number++)
        MUST(!space_by_number(number), "space number %u has an owner after everything was taken back",
             number);
    for (unsigned line = LINE_FIRST; line < ARCH_IRQ_LINES; line++) {
        MUST(!irq_handler_by_line(line), "line %u has an owner after everything was taken back", line);
        MUST(host.masked[line], "line %u is not masked after everything was taken back", line);
    }
    for (unsigned i = 0; i < core_count; i++) {
        const struct core *core = &cores[i];
        MUST(!core->fpu_owner, "the FPU has an owner after everything was taken back");
        MUST(!core->deferred.first, "threads are deferred after everything was taken back");
        MUST(queue_is_empty(&core->replenishments), "contexts wait for time after everything was taken back");
        MUST(slot_is_empty(&core->timer_slot),
             "the user timer has a notification after everything was taken back");
    }
}

void world_take_back(void)
{
    struct check_report broken;
    unsigned pending;

    wake(&pending);
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    revoke(device);
    DO(device, OP_UNTYPED_RESET, 0);
    MUST(tree_size() == tree_size_before, "%u capabilities are left after everything was taken back, not %u",
         tree_size(), tree_size_before);
    must_be_free();
    MUST(kernel_check_clean(&broken), "%s", broken.invariant);
}
