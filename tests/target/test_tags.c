/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translations that must be gone when a space is next loaded. With tags (PCID, ASID) the processor keeps those of spaces that are not loaded;
 * here they are used in a space of their own, changed while the test's own space is loaded, and used again.
 *
 * A machine that forgets all at each switch passes whatever the kernel does: QEMU 7.2, and Bochs 2.7, which executes all about PCID but has no tags
 * in its TLB. On real processors these tests have teeth. The kernel's part is tested with a TLB that forgets nothing in tests/host/test_tlb.c.
 */
#include "accesses.h"

#define READ_WRITE (RIGHT_READ | RIGHT_WRITE)
#define BACK       MAP_CACHE_WRITE_BACK
#define SPACES     8u
#define ROUNDS     20u

/* A space with the program, and at an address that is in no other, a page that it has used. */
struct tagged {
    cap_t space, frame, table;
    word_t address;
};

static cap_t frame_with(word_t content)
{
    struct page page = page_make();
    page.words[0] = content;
    return copy(page.frame);
}

static struct tagged make_used(word_t content)
{
    struct tagged t = { space_with_program(), frame_with(content), make(OBJECT_PAGE_TABLE, 0),
                        address_take(FRAME_SIZE_1G) };

    expect_ok(address_space_map_table(t.space, make(OBJECT_PAGE_TABLE, 0), t.address));
    expect_ok(address_space_map_table(t.space, t.table, t.address));
    expect_ok(address_space_map(t.space, t.frame, t.address, READ_WRITE, BACK));
    expect_equal(result_of(t.space, read_word, t.address), content);
    return t;
}

TEST(page_unmapped_while_its_space_is_not_loaded_faults_there)
{
    struct tagged t = make_used(11);

    expect_ok(frame_unmap(t.frame));
    expect_fault_in(t.space, read_word, t.address, FAULT_ACCESS_READ);
}

TEST(another_page_at_the_same_address_is_seen_in_a_space_that_was_not_loaded)
{
    struct tagged t = make_used(12);

    expect_ok(frame_unmap(t.frame));
    expect_ok(address_space_map(t.space, frame_with(13), t.address, READ_WRITE, BACK));
    expect_equal(result_of(t.space, read_word, t.address), 13);
}

TEST(rights_taken_while_a_space_is_not_loaded_are_gone_there)
{
    struct tagged t = make_used(14);

    expect_ok(address_space_map(t.space, t.frame, t.address, RIGHT_READ, BACK));
    expect_equal(result_of(t.space, read_word, t.address), 14);
    expect_fault_in(t.space, write_word, t.address, FAULT_ACCESS_WRITE | FAULT_ACCESS_PRESENT);
}

TEST(table_removed_while_its_space_is_not_loaded_is_not_used_there)
{
    struct tagged t = make_used(15);

    expect_ok(page_table_unmap(t.table));
    expect_fault_in(t.space, read_word, t.address, FAULT_ACCESS_READ);
    expect_ok(address_space_map_table(t.space, make(OBJECT_PAGE_TABLE, 0), t.address));
    expect_ok(address_space_map(t.space, frame_with(16), t.address + 4096, READ_WRITE, BACK));
    expect_equal(result_of(t.space, read_word, t.address + 4096), 16);
    expect_fault_in(t.space, read_word, t.address, FAULT_ACCESS_READ);
}

TEST(revoked_page_faults_in_every_space_that_had_it)
{
    struct page page = page_make();
    cap_t spaces[2] = { space_with_program(), space_with_program() };
    word_t address = address_take(FRAME_SIZE_1G);

    page.words[0] = 17;
    for (unsigned i = 0; i < 2; i++) {
        map(spaces[i], mint(page.frame, RIGHT_READ, 0), address, RIGHT_READ);
        expect_equal(result_of(spaces[i], read_word, address), 17);
    }
    expect_ok(cnode_revoke(CNODE, page.frame));
    for (unsigned i = 0; i < 2; i++)
        expect_fault_in(spaces[i], read_word, address, FAULT_ACCESS_READ);
}

/* Number and, as the memory is taken anew each time from the same place, root table are those of the dead one. */
TEST(space_with_the_number_of_a_dead_one_sees_nothing_of_it)
{
    cap_t memory = make(OBJECT_UNTYPED, 16), space = slot_take();
    word_t address = address_take(FRAME_SIZE_1G), number;

    erase(make_space(&number));
    for (word_t round = 0; round < 4; round++) {
        expect_ok(untyped_retype(memory, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, space, 1, BOOT_SLOT_ASID_RANGE,
                                 number));
        map_program(space);
        expect_fault_in(space, read_word, address, FAULT_ACCESS_READ);
        map(space, frame_with(20 + round), address, READ_WRITE);
        expect_equal(result_of(space, read_word, address), 20 + round);
        expect_ok(cnode_revoke(CNODE, memory));
        expect_ok(untyped_reset(memory, 0));
    }
}

TEST(spaces_in_turn_see_each_its_own_page_at_one_address)
{
    cap_t spaces[SPACES];
    word_t address = address_take(FRAME_SIZE_1G);

    for (unsigned i = 0; i < SPACES; i++) {
        spaces[i] = space_with_program();
        map(spaces[i], frame_with(30 + i), address, READ_WRITE);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned i = round * 5 % SPACES;
        expect_equal(result_of(spaces[i], read_word, address), 30 + i);
    }
}
