/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the TLB still has: tags, switches, and everything after which a translation must be gone. The fake machine's TLB
 * has few tags, steps of walks as well as translations, and forgets only what it is told to (kernel/arch/host/tlb.c).
 *
 * A user is a thread in a space of its own. Everything is done by the root thread: in its own space (the user's is not loaded
 * then), or having moved into the user's (it is loaded). After each system call system_check compares the whole TLB
 * with the tables, too.
 */
#include "system.h"
#include "tlb.h"
#include <string.h>

#define AT      ((word_t)0x10000000) /* nothing of the root component is there */
#define RW      (RIGHT_READ | RIGHT_WRITE)
#define TOP     (ARCH_TABLE_LEVELS - 1)
#define NUMBER  20u
#define NOWHERE (~(paddr_t)0)
#define USERS   (2 * TLB_TAGS)

struct user {
    cap_t space, thread;
    cap_t table[TOP]; /* for AT, by level */
};

static void add_tables(struct user *user)
{
    for (unsigned level = TOP; level-- > 0;) {
        user->table[level] = make(OBJECT_PAGE_TABLE, 0);
        DO(user->space, OP_ADDRESS_SPACE_MAP_TABLE, user->table[level], AT);
    }
}

static void user_make(struct user *user, unsigned number)
{
    user->space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, number);
    user->thread = make_thread(100);
    DO(user->thread, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, user->space, 0, 0, 0, 0, 0);
    resume(user->thread);
    add_tables(user);
}

static void set_up(struct user *users, unsigned count)
{
    system_boot();
    for (unsigned i = 0; i < count; i++)
        user_make(&users[i], NUMBER + i);
}

static void map(const struct user *user, cap_t frame, word_t address, word_t rights)
{
    DO(user->space, OP_ADDRESS_SPACE_MAP, frame, address, rights, MAP_CACHE_WRITE_BACK);
}

static void move_root_into(cap_t space)
{
    DO(BOOT_SLOT_THREAD, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, space, 0, 0, 0, 0, 0);
    EXPECT(core_self()->space == object_at(space));
}

/* What the thread that runs gets at an address. */
static paddr_t look(word_t address, word_t access)
{
    paddr_t physical;

    return host_translate(address, &access, &physical) ? physical : NOWHERE;
}

/* The user's thread touches an address; the root, which is in another space, runs before and after. */
static paddr_t touch(const struct user *user, word_t address, word_t access)
{
    run(user->thread);
    paddr_t seen = look(address, access);
    root_wake();
    return seen;
}

static paddr_t reads(const struct user *user, word_t address)
{
    if (core_self()->space == object_at(user->space))
        return look(address, FAULT_ACCESS_READ);
    return touch(user, address, FAULT_ACCESS_READ);
}

static bool may_write(const struct user *user, word_t address)
{
    if (core_self()->space == object_at(user->space))
        return look(address, FAULT_ACCESS_WRITE) != NOWHERE;
    return touch(user, address, FAULT_ACCESS_WRITE) != NOWHERE;
}

static paddr_t frame_address(cap_t frame)
{
    return arch_physical(mapped_pointer(&slot_at(frame)->cap));
}

/* Each of these is done to a space that is loaded, and to one that is not. */
#define LOADED_OR_NOT(name)                                                                                  \
    static void name(bool loaded);                                                                           \
    TEST(name##_loaded)                                                                                      \
    {                                                                                                        \
        name(true);                                                                                          \
    }                                                                                                        \
    TEST(name##_not_loaded)                                                                                  \
    {                                                                                                        \
        name(false);                                                                                         \
    }                                                                                                        \
    static void name(bool loaded)

/* A user with a frame at AT, which the TLB has. */
static cap_t set_up_one(struct user *user, bool loaded)
{
    set_up(user, 1);
    cap_t frame = make(OBJECT_FRAME, 12);
    map(user, frame, AT, RW);
    EXPECT_EQ(reads(user, AT), frame_address(frame));
    if (loaded)
        move_root_into(user->space);
    EXPECT_EQ(reads(user, AT), frame_address(frame));
    return frame;
}

LOADED_OR_NOT(unmapped_page_is_forgotten)
{
    struct user user;
    cap_t frame = set_up_one(&user, loaded);

    DO(frame, OP_FRAME_UNMAP);
    EXPECT_EQ(reads(&user, AT), NOWHERE);
}

LOADED_OR_NOT(another_frame_at_the_same_address_is_seen)
{
    struct user user;
    cap_t frame = set_up_one(&user, loaded), other = make(OBJECT_FRAME, 12);

    DO(frame, OP_FRAME_UNMAP);
    map(&user, other, AT, RW);
    EXPECT_EQ(reads(&user, AT), frame_address(other));
}

LOADED_OR_NOT(fewer_rights_at_the_same_address_are_seen)
{
    struct user user;
    cap_t frame = set_up_one(&user, loaded);

    map(&user, frame, AT, RIGHT_READ);
    EXPECT(!may_write(&user, AT));
    map(&user, frame, AT, RW);
    EXPECT(may_write(&user, AT));
}

LOADED_OR_NOT(minted_frame_with_fewer_rights_mapped_over_is_seen)
{
    struct user user;
    cap_t frame = set_up_one(&user, loaded), reader = mint(frame, RIGHT_READ, 0);

    DO(frame, OP_FRAME_UNMAP);
    map(&user, reader, AT, RW);
    EXPECT_EQ(reads(&user, AT), frame_address(frame));
    EXPECT(!may_write(&user, AT));
}

LOADED_OR_NOT(revoking_a_frame_takes_it_out_of_every_space)
{
    struct user user, other;
    cap_t frame = set_up_one(&user, loaded), part = mint(frame, RW, 0), second = mint(part, RIGHT_READ, 0);

    user_make(&other, NUMBER + 1);
    DO(frame, OP_FRAME_UNMAP);
    map(&user, part, AT, RW);
    map(&other, second, AT, RIGHT_READ);
    EXPECT_EQ(reads(&user, AT), frame_address(frame));
    EXPECT_EQ(reads(&other, AT), frame_address(frame));
    revoke(frame);
    EXPECT_EQ(reads(&user, AT), NOWHERE);
    EXPECT_EQ(reads(&other, AT), NOWHERE);
}

/* A frame of 2 MiB is one entry, or has left many: all of it must go. */
LOADED_OR_NOT(unmapping_a_large_frame_forgets_all_of_it)
{
    struct user user;
    cap_t large = 0, small = set_up_one(&user, loaded);
    const word_t at = AT + (2u << 20);

    for (unsigned i = 0; i < info->untyped_count && !large; i++)
        if (info->untyped[i].flags == 0 && info->untyped[i].size_bits == 21) {
            DO(info->untyped[i].slot, OP_UNTYPED_RESET, 0);
            large = make_from(info->untyped[i].slot, OBJECT_FRAME, 21);
        }
    map(&user, large, at, RW);
    EXPECT_EQ(reads(&user, at + 0x1ff123), frame_address(large) + 0x1ff123);
    DO(large, OP_FRAME_UNMAP);
    EXPECT_EQ(reads(&user, at), NOWHERE);
    EXPECT_EQ(reads(&user, at + 0x1ff123), NOWHERE);
    EXPECT_EQ(reads(&user, AT), frame_address(small));
}

/* ---- Tables: walks start at the lowest one that the TLB remembers */

LOADED_OR_NOT(walk_does_not_go_through_a_table_that_was_removed)
{
    struct user user;
    cap_t frame = set_up_one(&user, loaded), other = make(OBJECT_FRAME, 12);

    map(&user, other, AT + PAGE_SIZE, RW); /* never touched: only the walk to it is remembered */
    for (unsigned level = 0; level < TOP; level++) {
        DO(user.table[level], OP_PAGE_TABLE_UNMAP);
        EXPECT_EQ(reads(&user, AT + PAGE_SIZE), NOWHERE);
        EXPECT_EQ(reads(&user, AT), NOWHERE);
        for (unsigned below = level + 1; below-- > 0;)
            DO(user.space, OP_ADDRESS_SPACE_MAP_TABLE, user.table[below], AT);
        EXPECT_EQ(reads(&user, AT + PAGE_SIZE), NOWHERE);
        map(&user, frame, AT, RW);
        map(&user, other, AT + PAGE_SIZE, RW);
        EXPECT_EQ(reads(&user, AT), frame_address(frame));
    }
}

/* The table's memory becomes a frame, in which its user writes what looks like a mapping of the kernel's own memory. */
LOADED_OR_NOT(walk_does_not_go_through_memory_that_was_a_table)
{
    struct user user;
    set_up_one(&user, loaded);
    cap_t part = make(OBJECT_UNTYPED, 12), table = slot_new(), frame = slot_new();
    const word_t at = AT + (2u << 20);

    DO(part, OP_UNTYPED_RETYPE, OBJECT_PAGE_TABLE, 0, 0, table, 1, 0, 0);
    DO(user.space, OP_ADDRESS_SPACE_MAP_TABLE, table, at);
    cap_t inhabitant = make(OBJECT_FRAME, 12);
    map(&user, inhabitant, at, RW);
    EXPECT_EQ(reads(&user, at), frame_address(inhabitant));
    delete (table);
    DO(part, OP_UNTYPED_RESET, 0);
    DO(part, OP_UNTYPED_RETYPE, OBJECT_FRAME, 12, 0, frame, 1, 0, 0);
    arch_pte_t *forged = mapped_pointer(&slot_at(frame)->cap);
    forged[1] = arch_pte_frame(0x100000, 0, RW, MAP_CACHE_WRITE_BACK);
    EXPECT_EQ(reads(&user, at + PAGE_SIZE), NOWHERE);
    EXPECT_EQ(reads(&user, at), NOWHERE);
}

/* ---- Spaces and their numbers */

static void unmade(struct user *user)
{
    delete (user->thread);
    delete (user->space);
}

TEST(new_space_with_the_number_of_a_dead_one_starts_empty)
{
    struct user user;
    set_up_one(&user, false);
    unmade(&user);
    user_make(&user, NUMBER);
    EXPECT_EQ(reads(&user, AT), NOWHERE);
    cap_t frame = make(OBJECT_FRAME, 12);
    map(&user, frame, AT, RW);
    EXPECT_EQ(reads(&user, AT), frame_address(frame));
}

static void move_out(const struct user *user)
{
    DO(user->thread, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, BOOT_SLOT_SPACE, 0, 0, 0, 0, 0);
}

/* Same number, same memory, same root table: only the generation is another. */
TEST(new_space_in_the_memory_of_a_dead_one_starts_empty)
{
    struct user user;
    set_up(&user, 1);
    cap_t part = make(OBJECT_UNTYPED, ARCH_SPACE_BITS), frame = make(OBJECT_FRAME, 12);
    uint32_t generation = 0;

    move_out(&user);
    delete (user.space);
    user.space = slot_new();
    for (unsigned round = 0; round < 3; round++) {
        DO(part, OP_UNTYPED_RETYPE, OBJECT_ADDRESS_SPACE, 0, 0, user.space, 1, BOOT_SLOT_ASID_RANGE,
           NUMBER + 1);
        struct address_space *space = object_at(user.space);
        EXPECT(space->generation != generation);
        generation = space->generation;
        DO(user.thread, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, user.space, 0, 0, 0, 0, 0);
        EXPECT_EQ(reads(&user, AT), NOWHERE);
        add_tables(&user);
        EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], 0); /* its record is of the dead one */
        map(&user, frame, AT, RW);
        EXPECT_EQ(reads(&user, AT), frame_address(frame));
        move_out(&user);
        delete (user.space);
        DO(part, OP_UNTYPED_RESET, 0);
    }
}

LOADED_OR_NOT(space_that_loses_its_number_keeps_nothing)
{
    struct user users[2];
    set_up(users, 1);
    cap_t range = slot_new(), frame = make(OBJECT_FRAME, 12);

    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, range, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, NUMBER + 10, 1);
    users[1] =
        (struct user){ make_numbered(OBJECT_ADDRESS_SPACE, range, NUMBER + 10), users[0].thread, { 0 } };
    add_tables(&users[1]);
    map(&users[1], frame, AT, RW);
    DO(users[1].thread, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, users[1].space, 0, 0, 0, 0, 0);
    EXPECT_EQ(reads(&users[1], AT), frame_address(frame));
    if (loaded)
        move_root_into(users[1].space);
    revoke(range);
    EXPECT_EQ(reads(&users[1], AT), NOWHERE);
    user_make(&users[0], NUMBER + 10); /* the number is free, and means the new space */
    EXPECT_EQ(reads(&users[0], AT), NOWHERE);
    EXPECT_EQ(reads(&users[1], AT), NOWHERE);
}

/* Its tag may be another space's from now on: who runs in it goes on with a tag that is its own. */
TEST(loaded_space_that_loses_its_number_is_loaded_anew)
{
    struct user user;
    set_up(&user, 1);
    cap_t range = slot_new(), space;

    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, range, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, NUMBER + 10, 1);
    space = make_numbered(OBJECT_ADDRESS_SPACE, range, NUMBER + 10);
    move_root_into(space);
    uint64_t loads = host.space_loads;
    revoke(range);
    EXPECT_EQ(host.space_loads, loads + 2); /* the kernel's own, and this one again */
    EXPECT(core_self()->space == object_at(space));
}

/* ---- Tags */

static void give_each_a_frame(struct user *users, cap_t *frames, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        frames[i] = make(OBJECT_FRAME, 12);
        map(&users[i], frames[i], AT, RW);
    }
}

TEST(switching_neither_flushes_nor_forgets)
{
    struct user users[TLB_TAGS - 2]; /* and the root's: as many as there are tags */
    cap_t frames[TLB_TAGS - 2];

    set_up(users, TLB_TAGS - 2);
    give_each_a_frame(users, frames, TLB_TAGS - 2);
    for (unsigned i = 0; i < TLB_TAGS - 2; i++)
        reads(&users[i], AT);
    unsigned flushes = host.tlb_flushes, pages = host.tlb_page_flushes, misses = host.tlb_misses,
             loads = host.space_loads;
    for (unsigned round = 0; round < 10; round++)
        for (unsigned i = 0; i < TLB_TAGS - 2; i++)
            EXPECT_EQ(reads(&users[i], AT), frame_address(frames[i]));
    EXPECT(host.space_loads > loads + 10);
    EXPECT_EQ(host.tlb_flushes, flushes);
    EXPECT_EQ(host.tlb_page_flushes, pages);
    EXPECT_EQ(host.tlb_misses, misses);
}

TEST(unmapping_in_a_space_that_is_not_loaded_flushes_once_when_it_is_next_loaded)
{
    struct user user;
    cap_t frame = set_up_one(&user, false), other = make(OBJECT_FRAME, 12);
    map(&user, other, AT + PAGE_SIZE, RW);
    reads(&user, AT + PAGE_SIZE);

    unsigned flushes = host.tlb_flushes;
    DO(frame, OP_FRAME_UNMAP);
    DO(other, OP_FRAME_UNMAP);
    EXPECT_EQ(host.tlb_flushes, flushes);
    EXPECT_EQ(reads(&user, AT), NOWHERE);
    EXPECT_EQ(reads(&user, AT + PAGE_SIZE), NOWHERE);
    EXPECT_EQ(host.tlb_flushes, flushes + 1);
    EXPECT_EQ(reads(&user, AT), NOWHERE);
    EXPECT_EQ(host.tlb_flushes, flushes + 1);
}

TEST(unmapping_a_page_in_the_loaded_space_leaves_the_other_translations)
{
    struct user user;
    cap_t frame = set_up_one(&user, true), other = make(OBJECT_FRAME, 12);
    map(&user, other, AT + PAGE_SIZE, RW);
    reads(&user, AT + PAGE_SIZE);

    unsigned flushes = host.tlb_flushes;
    DO(frame, OP_FRAME_UNMAP);
    EXPECT_EQ(host.tlb_flushes, flushes);
    EXPECT_EQ(host_tlb_count(&((struct address_space *)object_at(user.space))->arch), 1);
    EXPECT_EQ(reads(&user, AT), NOWHERE);
}

TEST(more_spaces_than_tags_see_each_its_own)
{
    struct user users[USERS];
    cap_t frames[USERS];

    set_up(users, USERS);
    give_each_a_frame(users, frames, USERS);
    for (unsigned step = 0; step < 10 * USERS; step++) {
        unsigned i = random_below(USERS);
        EXPECT_EQ(reads(&users[i], AT), frame_address(frames[i]));
    }
}

/* Who has lost its tag, to another space, has nothing under the next one that it gets; and its old tag's entries are not its own. */
TEST(tag_that_was_taken_away_is_not_used_any_more)
{
    struct user users[TLB_TAGS];
    cap_t frames[TLB_TAGS];

    set_up(users, TLB_TAGS);
    give_each_a_frame(users, frames, TLB_TAGS);
    EXPECT_EQ(reads(&users[0], AT), frame_address(frames[0]));
    for (unsigned i = 1; i < TLB_TAGS; i++)
        reads(&users[i], AT);
    EXPECT_EQ(host_tlb_count(&((struct address_space *)object_at(users[0].space))->arch), 0);
    DO(frames[0], OP_FRAME_UNMAP);
    EXPECT_EQ(reads(&users[0], AT), NOWHERE);
}

/* The tag of a dead space is the next one's. */
TEST(tag_of_a_dead_space_has_nothing_for_its_successor)
{
    struct user user;
    system_boot();
    for (unsigned round = 0; round < 2 * TLB_TAGS; round++) {
        user_make(&user, NUMBER + round);
        EXPECT_EQ(reads(&user, AT), NOWHERE);
        cap_t frame = make(OBJECT_FRAME, 12);
        map(&user, frame, AT, RW);
        EXPECT_EQ(reads(&user, AT), frame_address(frame));
        unmade(&user);
    }
}

/* ---- All of it, by chance */

enum { PAGES = 4, FRAMES = 12 };

static struct {
    struct user user[USERS];
    cap_t frame[FRAMES];
    int at[FRAMES]; /* user * PAGES + page, or -1 */
    word_t rights[FRAMES];
} chance;

static int frame_at(int place)
{
    for (int i = 0; i < FRAMES; i++)
        if (chance.at[i] == place)
            return i;
    return -1;
}

static void forget_frames_of(int user)
{
    for (int i = 0; i < FRAMES; i++)
        if (chance.at[i] >= 0 && chance.at[i] / PAGES == user)
            chance.at[i] = -1;
}

static void map_by_chance(int user)
{
    int page = (int)random_below(PAGES), frame = (int)random_below(FRAMES), place = user * PAGES + page;

    if (chance.at[frame] != place && (chance.at[frame] >= 0 || frame_at(place) >= 0))
        return;
    chance.at[frame] = place;
    chance.rights[frame] = random_below(2) ? RW : RIGHT_READ;
    map(&chance.user[user], chance.frame[frame], AT + (word_t)page * PAGE_SIZE, chance.rights[frame]);
}

static void do_by_chance(int user)
{
    struct user *u = &chance.user[user];
    int frame = (int)random_below(FRAMES);

    switch (random_below(12)) {
    case 0: /* the space is made anew, under the same number */
        move_root_into(BOOT_SLOT_SPACE);
        unmade(u);
        user_make(u, NUMBER + (unsigned)user);
        forget_frames_of(user);
        break;
    case 1: /* the lowest table goes, and comes back empty */
        DO(u->table[0], OP_PAGE_TABLE_UNMAP);
        DO(u->space, OP_ADDRESS_SPACE_MAP_TABLE, u->table[0], AT);
        forget_frames_of(user);
        break;
    case 2:
    case 3:
        DO(chance.frame[frame], OP_FRAME_UNMAP);
        chance.at[frame] = -1;
        break;
    case 4:
        move_root_into(random_below(2) ? u->space : BOOT_SLOT_SPACE);
        break;
    default:
        map_by_chance(user);
    }
}

static void look_at_all_pages(int user)
{
    for (int page = 0; page < PAGES; page++) {
        word_t address = AT + (word_t)page * PAGE_SIZE;
        int frame = frame_at(user * PAGES + page);
        EXPECT_EQ(reads(&chance.user[user], address),
                  frame < 0 ? NOWHERE : frame_address(chance.frame[frame]));
        EXPECT_EQ(may_write(&chance.user[user], address), frame >= 0 && (chance.rights[frame] & RIGHT_WRITE));
    }
}

TEST(random_changes_of_many_spaces_are_what_their_threads_see)
{
    set_up(chance.user, USERS);
    for (int i = 0; i < FRAMES; i++) {
        chance.frame[i] = make(OBJECT_FRAME, 12);
        chance.at[i] = -1;
    }
    for (unsigned step = 0; step < 150; step++) {
        int user = (int)random_below(USERS);
        for (unsigned i = 0; i < 3; i++)
            do_by_chance(random_below(3) ? user : (int)random_below(USERS));
        look_at_all_pages(user);
    }
}

/* ---- The comparison itself */

TEST(tlb_that_was_not_told_is_seen_by_the_checker)
{
    struct user user;
    word_t address;
    cap_t frame = set_up_one(&user, false);
    struct address_space *space = object_at(user.space), *found;

    EXPECT(host_tlb_is_coherent(&address));
    arch_pte_t *entry = mapping_entry(&slot_at(frame)->cap, &found);
    EXPECT(found == space);
    arch_pte_t before = *entry;
    arch_pte_write(entry, 0);
    EXPECT(!host_tlb_is_coherent(&address));
    EXPECT_EQ(address, AT);
    space->arch.on[0].flush = true; /* nobody can use it any more */
    EXPECT(host_tlb_is_coherent(&address));
    space->arch.on[0].flush = false;
    arch_pte_write(entry, before);
    EXPECT(host_tlb_is_coherent(&address));
}
