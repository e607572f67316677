/* SPDX-License-Identifier: BSD-2-Clause */
/* Mappings: each error, tables, records that become void, and translations that must be forgotten. The TLB of
 * the fake machine forgets nothing by itself. */
#include "system.h"
#include <string.h>

#define AT  ((word_t)0x10000000) /* nothing of the root component is there */
#define RW  (RIGHT_READ | RIGHT_WRITE)
#define TOP (ARCH_TABLE_LEVELS - 1)

static cap_t space, range;

static status_t map(cap_t frame, word_t address, word_t rights)
{
    return CALL(space, OP_ADDRESS_SPACE_MAP, frame, address, rights, MAP_CACHE_WRITE_BACK).status;
}

static cap_t add_table(word_t address)
{
    cap_t table = make(OBJECT_PAGE_TABLE, 0);

    DO(space, OP_ADDRESS_SPACE_MAP_TABLE, table, address);
    return table;
}

/* 2 MiB in one piece. */
static cap_t make_large(void)
{
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (info->untyped[i].flags == 0 && info->untyped[i].size_bits == 21) {
            DO(info->untyped[i].slot, OP_UNTYPED_RESET, 0);
            return make_from(info->untyped[i].slot, OBJECT_FRAME, 21);
        }
    test_fails(__FILE__, __LINE__, "expected 2 MiB of memory, seen none");
}

static cap_t tables[TOP]; /* by level */

static void add_tables(word_t address)
{
    for (unsigned level = TOP; level-- > 0;)
        tables[level] = add_table(address);
}

/* A space of its own for the thread that runs: the root itself moves in. */
static void setup(void)
{
    system_boot();
    range = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, range, BOOT_SLOT_ASID_RANGE, RIGHTS_ALL, 20, 4);
    space = make_numbered(OBJECT_ADDRESS_SPACE, range, 20);
}

static void move_in(cap_t to)
{
    DO(BOOT_SLOT_THREAD, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, to, 0, 0, 0, 0, 0);
    EXPECT(core_self()->space == object_at(to));
}

static bool can(word_t address, word_t access)
{
    paddr_t physical;

    return host_translate(address, &access, &physical);
}

static paddr_t where(word_t address)
{
    word_t access = FAULT_ACCESS_READ;
    paddr_t physical;

    EXPECT(host_translate(address, &access, &physical));
    return physical;
}

static paddr_t frame_address(cap_t frame)
{
    return arch_physical(mapped_pointer(&slot_at(frame)->cap));
}

TEST(map_says_at_which_level_a_table_is_missing)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    for (unsigned level = TOP; level-- > 0;) {
        struct outcome seen = CALL(space, OP_ADDRESS_SPACE_MAP, frame, AT, RW, 0);
        EXPECT_ERROR(seen.status, ERR_TABLE, 2);
        EXPECT_EQ(tag_words(seen.tag), 1);
        EXPECT_EQ(seen.word[0], level);
        seen = CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, make(OBJECT_PAGE_TABLE, 0), AT + 0x5123);
        EXPECT_OK(seen.status);
        EXPECT_EQ(seen.word[0], level);
    }
    EXPECT_OK(map(frame, AT, RW));
    EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], AT);
    move_in(space);
    EXPECT_EQ(where(AT + 0x123), frame_address(frame) + 0x123);
}

TEST(map_refuses)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12), large = make_large(), reader = mint(frame, RIGHT_READ, 0),
          empty = slot_new();
    add_tables(AT);
    EXPECT_ERROR(map(memory, AT, RW), ERR_TYPE, 1);
    EXPECT_ERROR(map(empty, AT, RW), ERR_CAPABILITY, 1);
    EXPECT_ERROR(map(frame, AT + 1, RW), ERR_ALIGNMENT, 2);
    EXPECT_ERROR(map(large, AT + 4096, RW), ERR_ALIGNMENT, 2);
    EXPECT_ERROR(map(frame, (word_t)USER_ADDRESS_END, RW), ERR_RANGE, 2);
    EXPECT_ERROR(map(frame, ~(word_t)4095, RW), ERR_RANGE, 2);
    EXPECT_ERROR(map(large, ~(word_t)((1u << 21) - 1), RW), ERR_RANGE, 2);
    EXPECT_ERROR(map(frame, AT, 0), ERR_RANGE, 3);
    EXPECT_ERROR(map(frame, AT, RIGHTS_ALL + 1), ERR_RANGE, 3);
    EXPECT_ERROR(map(reader, AT, RIGHT_WRITE), ERR_RANGE, 3);
    EXPECT_ERROR(CALL(space, OP_ADDRESS_SPACE_MAP, frame, AT, RW, 3).status, ERR_RANGE, 4);
    EXPECT_ERROR(map(large, AT, RW), ERR_MAPPED, 2); /* a table is there */
    EXPECT_OK(map(frame, AT, RW));
    EXPECT_ERROR(map(frame, AT + 4096, RW), ERR_MAPPED, 1);
    EXPECT_ERROR(map(reader, AT, RIGHT_READ), ERR_MAPPED, 2);
    EXPECT_ERROR(CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, tables[0], AT).status, ERR_MAPPED, 1);
    EXPECT_ERROR(CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, make(OBJECT_PAGE_TABLE, 0), AT).status, ERR_MAPPED,
                 2);
    EXPECT_ERROR(
        CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, make(OBJECT_PAGE_TABLE, 0), (word_t)USER_ADDRESS_END).status,
        ERR_RANGE, 2);
    EXPECT_ERROR(CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, frame, AT).status, ERR_TYPE, 1);
}

TEST(map_gives_no_more_rights_than_the_capability)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12), reader = mint(frame, RIGHT_READ, 0);
    add_tables(AT);
    EXPECT_OK(map(reader, AT, RW | RIGHT_EXECUTE));
    move_in(space);
    EXPECT(can(AT, FAULT_ACCESS_READ));
    EXPECT(!can(AT, FAULT_ACCESS_WRITE));
    EXPECT(!can(AT, FAULT_ACCESS_EXECUTE));
}

TEST(map_executable_synchronises_instructions)
{
    setup();
    add_tables(AT);
    unsigned before = host.code_syncs;
    EXPECT_OK(map(make(OBJECT_FRAME, 12), AT, RW));
    EXPECT_EQ(host.code_syncs, before);
    EXPECT_OK(map(make(OBJECT_FRAME, 12), AT + 4096, RIGHT_READ | RIGHT_EXECUTE));
    EXPECT_EQ(host.code_syncs, before + 1);
}

TEST(map_large_frames)
{
    setup();
    cap_t large = make_large();
    for (unsigned level = TOP; level-- > 1;)
        add_table(AT);
    EXPECT_OK(map(large, AT, RW));
    move_in(space);
    EXPECT_EQ(where(AT + 0x12345), frame_address(large) + 0x12345);
    EXPECT_ERROR(map(make(OBJECT_FRAME, 12), AT + 4096, RW), ERR_MAPPED, 2); /* a large frame is in the way */
    EXPECT_ERROR(CALL(space, OP_ADDRESS_SPACE_MAP_TABLE, make(OBJECT_PAGE_TABLE, 0), AT).status, ERR_MAPPED,
                 2);
    DO(large, OP_FRAME_UNMAP);
    EXPECT(!can(AT + 0x12345, FAULT_ACCESS_READ));
}

TEST(map_again_at_the_same_address_changes_rights)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    add_tables(AT);
    move_in(space);
    EXPECT_OK(map(frame, AT, RW));
    EXPECT(can(AT, FAULT_ACCESS_WRITE));
    EXPECT_OK(map(frame, AT, RIGHT_READ));
    EXPECT(!can(AT, FAULT_ACCESS_WRITE));
    EXPECT(can(AT, FAULT_ACCESS_READ));
    EXPECT_OK(map(frame, AT, RW));
    EXPECT(can(AT, FAULT_ACCESS_WRITE));
}

/* ---- Forgetting: in the space that is loaded, and in one that is not */

static void unmap_and_look(bool loaded, void (*unmap)(cap_t frame))
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    add_tables(AT);
    EXPECT_OK(map(frame, AT, RW));
    move_in(space);
    EXPECT(can(AT, FAULT_ACCESS_WRITE)); /* it is in the TLB now */
    if (!loaded)
        move_in(BOOT_SLOT_SPACE);
    unmap(frame);
    if (!loaded)
        move_in(space);
    EXPECT(!can(AT, FAULT_ACCESS_READ));
}

static void by_unmap(cap_t frame)
{
    DO(frame, OP_FRAME_UNMAP);
}

static void by_delete(cap_t frame)
{
    delete (frame);
}

static void by_table_unmap(cap_t frame)
{
    (void)frame;
    DO(tables[0], OP_PAGE_TABLE_UNMAP);
}

static void by_upper_table_unmap(cap_t frame)
{
    (void)frame;
    DO(tables[TOP - 1], OP_PAGE_TABLE_UNMAP);
}

static void by_table_delete(cap_t frame)
{
    (void)frame;
    delete (tables[0]);
}

static void by_revoking_memory(cap_t frame)
{
    cap_t other = copy(frame);

    EXPECT_OK(map(other, AT + 4096, RW));
    delete (frame);
    EXPECT(slot_is_empty(slot_at(frame)));
}

static void by_number(cap_t frame)
{
    (void)frame;
    revoke(range);
}

#define FORGETS(name, how)                                                                                   \
    TEST(name##_in_the_loaded_space)                                                                         \
    {                                                                                                        \
        unmap_and_look(true, how);                                                                           \
    }                                                                                                        \
    TEST(name##_in_another_space)                                                                            \
    {                                                                                                        \
        unmap_and_look(false, how);                                                                          \
    }

FORGETS(unmap_is_seen, by_unmap)
FORGETS(frame_deleted_is_seen, by_delete)
FORGETS(table_unmapped_is_seen, by_table_unmap)
FORGETS(upper_table_unmapped_is_seen, by_upper_table_unmap)
FORGETS(table_deleted_is_seen, by_table_delete)
FORGETS(copy_elsewhere_does_not_matter, by_revoking_memory)
FORGETS(number_revoked_is_seen, by_number)

TEST(switching_spaces_does_not_flush)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    add_tables(AT);
    EXPECT_OK(map(frame, AT, RW));
    move_in(space);
    move_in(BOOT_SLOT_SPACE);
    unsigned flushes = host.tlb_flushes;
    for (unsigned i = 0; i < 10; i++) {
        move_in(space);
        EXPECT(can(AT, FAULT_ACCESS_READ));
        move_in(BOOT_SLOT_SPACE);
    }
    EXPECT_EQ(host.tlb_flushes, flushes);
    EXPECT_EQ(host_tlb_count(&((struct address_space *)object_at(space))->arch), 1);
}

/* The next space under a number must not see what the TLB has of the one before. */
TEST(number_used_again_by_another_space)
{
    for (unsigned way = 0; way < 2; way++) {
        if (way == 0)
            setup();
        else
            space = make_numbered(OBJECT_ADDRESS_SPACE, range, 20);
        cap_t frame = make(OBJECT_FRAME, 12);
        add_tables(AT);
        EXPECT_OK(map(frame, AT, RW));
        move_in(space);
        EXPECT(can(AT, FAULT_ACCESS_READ));
        move_in(BOOT_SLOT_SPACE);
        cap_t old = space;
        if (way == 0)
            delete (space);
        else
            revoke(range); /* the old one lives on without a number */
        space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, 20);
        move_in(space);
        EXPECT(!can(AT, FAULT_ACCESS_READ));
        /* The old record means nothing in the new space, though number and address are the same. */
        EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], 0);
        add_tables(AT);
        cap_t other = make(OBJECT_FRAME, 12);
        EXPECT_OK(map(other, AT, RW));
        DO(frame, OP_FRAME_UNMAP);
        EXPECT_EQ(where(AT), frame_address(other));
        move_in(BOOT_SLOT_SPACE);
        if (way == 1) {
            EXPECT_ERROR(CALL(old, OP_ADDRESS_SPACE_MAP, frame, AT, RW, 0).status, ERR_STATE, 0);
            EXPECT_EQ(CALL(old, OP_ADDRESS_SPACE_INFO).word[0], 0);
        }
        delete (space);
    }
}

TEST(two_spaces_without_numbers_do_not_mix)
{
    setup();
    cap_t spaces[2] = { space, make_numbered(OBJECT_ADDRESS_SPACE, range, 21) };
    for (unsigned i = 0; i < 2; i++) {
        space = spaces[i];
        add_tables(AT);
        EXPECT_OK(map(make(OBJECT_FRAME, 12), AT, RW));
        move_in(space);
        EXPECT(can(AT, FAULT_ACCESS_READ));
    }
    revoke(range); /* one of them is loaded */
    EXPECT(!can(AT, FAULT_ACCESS_READ));
    for (unsigned i = 0; i < 2; i++) {
        move_in(spaces[i]);
        EXPECT(!can(AT, FAULT_ACCESS_READ));
    }
}

TEST(running_space_that_loses_its_number_faults)
{
    setup();
    cap_t a = make_thread(100), endpoint = make(OBJECT_ENDPOINT, 0);
    add_tables(IMAGE_SEGMENT);
    EXPECT_OK(map(make(OBJECT_FRAME, 12), IMAGE_SEGMENT, RIGHT_READ));
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_SPACE | THREAD_SET_FAULT, 0, space, 0, 0, endpoint, 0, 0);
    resume(a);
    run(a);
    EXPECT(host_access(IMAGE_SEGMENT, FAULT_ACCESS_READ) != NULL);
    DO(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, range);
    EXPECT(current() == thread_at(a));
    EXPECT(!can(IMAGE_SEGMENT, FAULT_ACCESS_READ));
    kernel_page_fault(IMAGE_SEGMENT, FAULT_ACCESS_READ);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_SENDING);
}

TEST(table_that_comes_back_is_clean)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    add_tables(AT);
    EXPECT_OK(map(frame, AT, RW));
    DO(tables[0], OP_PAGE_TABLE_UNMAP);
    EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], 0);
    DO(space, OP_ADDRESS_SPACE_MAP_TABLE, tables[0], AT);
    move_in(space);
    EXPECT(!can(AT, FAULT_ACCESS_READ));
    EXPECT_OK(map(frame, AT, RW));
    EXPECT(can(AT, FAULT_ACCESS_READ));
}

TEST(table_at_another_level_the_second_time)
{
    setup();
    add_tables(AT);
    EXPECT_OK(map(make(OBJECT_FRAME, 12), AT, RW));
    cap_t upper = tables[TOP - 1], lower = tables[0];
    DO(upper, OP_PAGE_TABLE_UNMAP);
    DO(space, OP_ADDRESS_SPACE_MAP_TABLE, lower, AT); /* now the upper one */
    EXPECT_EQ(cap_small(&slot_at(lower)->cap), TOP - 1);
    DO(space, OP_ADDRESS_SPACE_MAP_TABLE, upper, AT);
    EXPECT_EQ(cap_small(&slot_at(upper)->cap), TOP - 2);
    move_in(space);
    EXPECT(!can(AT, FAULT_ACCESS_READ));
}

TEST(table_below_one_that_is_gone_can_be_used_elsewhere)
{
    setup();
    add_tables(AT);
    delete (tables[TOP - 1]);
    /* The others are void: they are missing again, and free. */
    cap_t upper = add_table(AT);
    for (unsigned level = TOP - 1; level-- > 0;)
        DO(space, OP_ADDRESS_SPACE_MAP_TABLE, tables[level], AT);
    EXPECT_OK(map(make(OBJECT_FRAME, 12), AT, RW));
    move_in(space);
    EXPECT(can(AT, FAULT_ACCESS_READ));
    delete (upper);
    EXPECT(!can(AT, FAULT_ACCESS_READ));
}

TEST(space_destroyed_makes_records_void_and_frames_free)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    add_tables(AT);
    EXPECT_OK(map(frame, AT, RW));
    move_in(space);
    move_in(BOOT_SLOT_SPACE);
    EXPECT(core_self()->space == object_at(BOOT_SLOT_SPACE));
    delete (space);
    EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], 0);
    space = make_numbered(OBJECT_ADDRESS_SPACE, BOOT_SLOT_ASID_RANGE, 30);
    for (unsigned level = TOP; level-- > 0;)
        DO(space, OP_ADDRESS_SPACE_MAP_TABLE, tables[level], AT);
    EXPECT_OK(map(frame, AT, RW));
}

TEST(space_destroyed_while_loaded_unloads_it)
{
    setup();
    cap_t a = make_thread(100), part = make(OBJECT_UNTYPED, 14);
    space = slot_new();
    DO(part, OP_UNTYPED_RETYPE, OBJECT_ADDRESS_SPACE, 0, 0, space, 1, range, 22);
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_SPACE, 0, space, 0, 0, 0, 0, 0);
    resume(a);
    delete (space); /* the last capability is now the thread's own */
    run(a);
    const arch_pte_t *dead = host.core.root;
    CALL(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, part);
    EXPECT_EQ(thread_at(a)->stop_reason, THREAD_STOP_SPACE);
    EXPECT(host.core.root != dead);
    root_wake();
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
    EXPECT(space_by_number(22) == NULL);
}

TEST(frame_copies_map_independently)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12), other = copy(frame);
    add_tables(AT);
    EXPECT_OK(map(frame, AT, RW));
    EXPECT_OK(map(other, AT + 4096, RIGHT_READ));
    cap_t third = copy(frame);
    EXPECT_EQ(CALL(third, OP_FRAME_INFO).word[3], 0); /* a copy is not mapped */
    DO(frame, OP_FRAME_UNMAP);
    move_in(space);
    EXPECT(!can(AT, FAULT_ACCESS_READ));
    EXPECT(can(AT + 4096, FAULT_ACCESS_READ));
}

TEST(frame_cache_operations)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12);
    DO(frame, OP_FRAME_CLEAN, 0, 4096);
    DO(frame, OP_FRAME_INVALIDATE, 4095, 1);
    EXPECT_ERROR(CALL(frame, OP_FRAME_CLEAN, 4096, 1).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(frame, OP_FRAME_CLEAN, 0, 0).status, ERR_RANGE, 2);
    EXPECT_ERROR(CALL(frame, OP_FRAME_CLEAN, 1, 4096).status, ERR_RANGE, 2);
    EXPECT_ERROR(CALL(frame, OP_FRAME_INVALIDATE, 0, ~(word_t)0).status, ERR_RANGE, 2);
    struct outcome seen = CALL(mint(frame, 0, 0), OP_FRAME_INFO); /* needs no right */
    EXPECT_EQ(seen.word[0], frame_address(frame));
    EXPECT_EQ(seen.word[1], 12);
    EXPECT_EQ(seen.word[2], 0);
}

/* Random mapping and unmapping; what the processor sees is always what a simple model says. */
TEST(random_mappings_are_what_the_processor_sees)
{
    enum { PAGES = 8, FRAMES = 6 };
    cap_t frames[FRAMES];
    int model[PAGES];
    word_t rights[PAGES] = { 0 };

    setup();
    add_tables(AT);
    for (unsigned i = 0; i < FRAMES; i++)
        frames[i] = make(OBJECT_FRAME, 12);
    for (unsigned i = 0; i < PAGES; i++)
        model[i] = -1;
    cap_t spaces[2] = { BOOT_SLOT_SPACE, space };
    unsigned in = 0;
    for (unsigned step = 0; step < 3000; step++) {
        unsigned page = random_below(PAGES), frame = random_below(FRAMES);
        word_t want = random_below(2) ? RW : RIGHT_READ;
        switch (random_below(5)) {
        case 0:
        case 1: {
            int at = -1;
            for (int i = 0; i < PAGES; i++)
                if (model[i] == (int)frame)
                    at = i;
            status_t status = map(frames[frame], AT + page * PAGE_SIZE, want);
            if (at >= 0 && at != (int)page) {
                EXPECT_ERROR(status, ERR_MAPPED, 1);
            } else if (model[page] >= 0 && model[page] != (int)frame) {
                EXPECT_ERROR(status, ERR_MAPPED, 2);
            } else {
                EXPECT_OK(status);
                model[page] = (int)frame;
                rights[page] = want;
            }
            break;
        }
        case 2:
            DO(frames[frame], OP_FRAME_UNMAP);
            for (unsigned i = 0; i < PAGES; i++)
                if (model[i] == (int)frame)
                    model[i] = -1;
            break;
        case 3:
            in = !in;
            move_in(spaces[in]);
            break;
        default:
            if (random_below(30) == 0) {
                DO(tables[0], OP_PAGE_TABLE_UNMAP);
                DO(space, OP_ADDRESS_SPACE_MAP_TABLE, tables[0], AT);
                for (unsigned i = 0; i < PAGES; i++)
                    model[i] = -1;
            }
        }
        if (!in)
            continue;
        for (unsigned i = 0; i < PAGES; i++) {
            EXPECT_EQ(can(AT + i * PAGE_SIZE, FAULT_ACCESS_READ), model[i] >= 0);
            if (model[i] >= 0) {
                EXPECT_EQ(where(AT + i * PAGE_SIZE), frame_address(frames[model[i]]));
                EXPECT_EQ(can(AT + i * PAGE_SIZE, FAULT_ACCESS_WRITE), (rights[i] & RIGHT_WRITE) != 0);
            }
        }
    }
}

/* Same number, same address, even the same memory: but it is another space. */
TEST(record_of_a_dead_space_does_not_speak_for_its_successor)
{
    setup();
    cap_t frame = make(OBJECT_FRAME, 12), other = copy(frame);
    add_tables(AT);
    EXPECT_OK(map(frame, AT, RW));
    delete (space);
    space = make_numbered(OBJECT_ADDRESS_SPACE, range, 20);
    add_tables(AT);
    EXPECT_OK(map(other, AT, RW));
    EXPECT_EQ(CALL(frame, OP_FRAME_INFO).word[3], 0);
    DO(frame, OP_FRAME_UNMAP);
    EXPECT_EQ(CALL(other, OP_FRAME_INFO).word[3], AT);
}
