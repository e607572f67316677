/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must be over when a system call returns: no core uses a translation that was taken away, and nothing is left below a capability that was
 * revoked, whatever the others do meanwhile.
 */
#include "cores.h"

#define MAPPED_AT ((word_t)0x20000000)
#define ROUNDS    150u
#define ACTOR     0

static cap_t never;

static void sleeps(struct program *program)
{
    ENTER(SYS_RECV, never, 0, 0);
}

static void add_thread(unsigned index, unsigned core, void (*turn)(struct program *program))
{
    cap_t thread = make_thread_on(core, 100);

    program_set(index, thread, turn);
    DO(thread, OP_THREAD_RESUME);
}

static void boot(void)
{
    system_check_off = true;
    system_boot();
    never = make(OBJECT_NOTIFICATION, 0);
    host.ticks_per_read = 20;
}

/* ---- Unmapping: nobody gets at a page between the end of one system call and the beginning of the other */

static cap_t page, tables;
static unsigned is_mapped; /* a count: even while the page is certainly not mapped */

/* Of the actor's rounds, and one more: somebody has got at the page while it was there. */
static uint64_t rounds_done(void)
{
    unsigned rounds = SHARED_READ(programs[ACTOR].turns);
    word_t got = 0;

    for (unsigned i = 1; i < core_count; i++)
        got += SHARED_READ(programs[i].value);
    return (rounds > ROUNDS ? ROUNDS : rounds) + (got > 0);
}

static bool actor_is_done(void)
{
    return rounds_done() > ROUNDS;
}

/* Unmapped before and after the access, and the count is the same: then it was all the while. */
static void touches(struct program *program)
{
    unsigned before = __atomic_load_n(&is_mapped, __ATOMIC_SEQ_CST);
    word_t access = FAULT_ACCESS_READ;
    paddr_t physical;
    bool got = host_translate(MAPPED_AT, &access, &physical);
    unsigned after = __atomic_load_n(&is_mapped, __ATOMIC_SEQ_CST);

    SHARED_WRITE(program->value, program->value + got);
    if (before == after && before % 2 == 0 && got)
        test_fails(__FILE__, __LINE__,
                   "expected that core %u cannot use the translation, seen that it can, in round %u",
                   host_number, before);
}

static void maps_and_unmaps(struct program *program)
{
    if (program->turns > 1)
        EXPECT_EQ(result(program), OK);
    if (actor_is_done()) {
        sleeps(program);
        return;
    }
    if (program->turns % 2) {
        if (program->turns > 1)
            __atomic_add_fetch(&is_mapped, 1, __ATOMIC_SEQ_CST); /* the unmapping has returned: even */
        __atomic_add_fetch(&is_mapped, 1, __ATOMIC_SEQ_CST);     /* odd: it may be mapped from now on */
        ENTER(SYS_CALL, BOOT_SLOT_SPACE, 0, OP_ADDRESS_SPACE_MAP, page, MAPPED_AT, RIGHT_READ, 0);
    } else {
        ENTER(SYS_CALL, page, 0, OP_FRAME_UNMAP);
    }
}

static void make_tables(void)
{
    page = make(OBJECT_FRAME, FRAME_SIZE_4K);
    tables = make(OBJECT_PAGE_TABLE, 0);
    cap_t table = tables;
    while (CALL(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP, page, MAPPED_AT, RIGHT_READ, 0).status != OK) {
        DO(BOOT_SLOT_SPACE, OP_ADDRESS_SPACE_MAP_TABLE, table, MAPPED_AT);
        tables = table;
        table = make(OBJECT_PAGE_TABLE, 0);
    }
    DO(page, OP_FRAME_UNMAP);
}

TEST(after_unmap_returns_no_core_can_use_the_translation)
{
    boot();
    make_tables();
    add_thread(ACTOR, 0, maps_and_unmaps);
    for (unsigned core = 1; core < core_count; core++)
        add_thread(core, core, touches);
    cores_progress = rounds_done;
    root_sleep();
    cores_run(actor_is_done);
}

/* ---- The same when the table above it is taken out, and the walk caches know that */

static void takes_table_out(struct program *program)
{
    if (program->turns > 1)
        EXPECT_EQ(result(program), OK);
    if (actor_is_done()) {
        sleeps(program);
        return;
    }
    switch (program->turns % 3) {
    case 1:
        if (program->turns > 1)
            __atomic_add_fetch(&is_mapped, 1, __ATOMIC_SEQ_CST); /* even */
        ENTER(SYS_CALL, BOOT_SLOT_SPACE, 0, OP_ADDRESS_SPACE_MAP_TABLE, tables, MAPPED_AT);
        break;
    case 2:
        __atomic_add_fetch(&is_mapped, 1, __ATOMIC_SEQ_CST); /* odd */
        ENTER(SYS_CALL, BOOT_SLOT_SPACE, 0, OP_ADDRESS_SPACE_MAP, page, MAPPED_AT, RIGHT_READ, 0);
        break;
    default:
        ENTER(SYS_CALL, tables, 0, OP_PAGE_TABLE_UNMAP);
    }
}

TEST(after_a_table_is_unmapped_no_core_walks_through_it)
{
    boot();
    make_tables();
    DO(tables, OP_PAGE_TABLE_UNMAP);
    add_thread(ACTOR, 0, takes_table_out);
    for (unsigned core = 1; core < core_count; core++)
        add_thread(core, core, touches);
    cores_progress = rounds_done;
    root_sleep();
    cores_run(actor_is_done);
}

/* ---- Revoking. Other programs of this machine can stop a core between two steps, and the others fill all slots that they have: those are not too many
 * for a revoke that goes on undisturbed for a few. */

#define REVOKES     10u
#define SLOTS_FIRST 1000u
#define SLOTS_EACH  100u

static cap_t original;

static uint64_t revokes_done(void)
{
    return SHARED_READ(programs[ACTOR].value);
}

static bool revokes_are_done(void)
{
    return revokes_done() >= 2 * REVOKES;
}

/* Children of the original, and copies of these, as fast as it can: until all slots are full, and again when they are empty. */
static void copies(struct program *program)
{
    unsigned core = (unsigned)(program - programs), n = program->turns % SLOTS_EACH;
    cap_t slot = SLOTS_FIRST + core * SLOTS_EACH + n;

    if (n % 2)
        ENTER(SYS_CALL, BOOT_SLOT_CNODE, 0, OP_CNODE_MINT, slot, original, RIGHTS_ALL, 0, 0);
    else
        ENTER(SYS_CALL, BOOT_SLOT_CNODE, 0, OP_CNODE_COPY, slot, slot - 1);
}

/* All others have done something since the last time. */
static bool all_copy(void)
{
    static unsigned seen[CONFIG_CORES];

    for (unsigned i = 1; i < core_count; i++)
        if (SHARED_READ(programs[i].turns) < seen[i] + 20)
            return false;
    for (unsigned i = 1; i < core_count; i++)
        seen[i] = SHARED_READ(programs[i].turns);
    return true;
}

static void revokes(struct program *program)
{
    if (program->value % 2) { /* it has been revoked */
        EXPECT_EQ(result(program), OK);
        SHARED_WRITE(program->value, program->value + 1);
    }
    if (revokes_are_done()) {
        sleeps(program);
    } else if (all_copy()) {
        SHARED_WRITE(program->value, program->value + 1);
        ENTER(SYS_CALL, BOOT_SLOT_CNODE, 0, OP_CNODE_REVOKE, original);
    } else {
        ENTER(SYS_YIELD, 0, 0, 0);
    }
}

TEST(revoke_ends_while_all_others_copy)
{
    boot();
    original = make(OBJECT_ENDPOINT, 0);
    EXPECT(original < SLOTS_FIRST && SLOTS_FIRST + core_count * SLOTS_EACH < 1u << info->cnode_size_bits);
    add_thread(ACTOR, 0, revokes);
    for (unsigned core = 1; core < core_count; core++)
        add_thread(core, core, copies);
    cores_progress = revokes_done;
    root_sleep();
    cores_run(revokes_are_done);
}
