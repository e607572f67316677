/* SPDX-License-Identifier: BSD-2-Clause */
/* The longest that has to do with memory, capabilities and mappings. */
#include "worst.h"

#define AT_ONCE    64u /* objects that one retype can make */
#define LEVELS     8u  /* of a capability address */
#define LEVEL_BITS 4u
#define CLEAN_MAX  4096u /* bytes of one clean or invalidate */
#define PAGES      512u  /* of a page table */

static void retype_many(const char *name, unsigned type, unsigned size_bits, cap_t range, word_t number)
{
    cap_t part = make(OBJECT_UNTYPED, 20), cnode = make(OBJECT_CNODE, 7);

    WORST_OF(name, expect_ok(untyped_retype(part, type, size_bits, cnode, 1, AT_ONCE, range, number)));
}

TEST(retype_64_threads)
{
    retype_many(__func__, OBJECT_THREAD, 0, CAP_NULL, 0);
}

TEST(retype_64_address_spaces)
{
    retype_many(__func__, OBJECT_ADDRESS_SPACE, 0, BOOT_SLOT_ASID_RANGE, 2000);
}

TEST(retype_64_contexts)
{
    retype_many(__func__, OBJECT_SCHED_CONTEXT, 12, CAP_NULL, 0);
}

TEST(retype_64_endpoints)
{
    retype_many(__func__, OBJECT_ENDPOINT, 0, CAP_NULL, 0);
}

TEST(retype_64_untyped)
{
    retype_many(__func__, OBJECT_UNTYPED, 12, CAP_NULL, 0);
}

TEST(retype_64_interrupt_handlers)
{
    cap_t part = make(OBJECT_UNTYPED, 20), cnode = make(OBJECT_CNODE, 7);
    WORST(expect_ok(untyped_retype(part, OBJECT_IRQ_HANDLER, 0, cnode, 1, AT_ONCE, BOOT_SLOT_IRQ_RANGE,
                                   boot->irq_lines - AT_ONCE)));
}

TEST(reset_of_256_kib)
{
    cap_t part = make(OBJECT_UNTYPED, 18);

    erase(make_from(part, OBJECT_CNODE, 18 - 5));
    WORST(expect_ok(untyped_reset(part, 0)));
}

/* ---- Addresses and the tree */

/* The address of a CNode at the end of a chain of eight; 15 of its slots are free. */
static cap_t deep_cnode(void)
{
    cap_t first = slots_take(LEVELS), address = first;

    expect_ok(untyped_retype(arena, OBJECT_CNODE, LEVEL_BITS, CAP_NULL, first, LEVELS, CAP_NULL, 0));
    for (unsigned i = 0; i + 2 < LEVELS; i++) {
        expect_ok(cnode_copy(first + i, 1, first + i + 1));
        address |= (cap_t)1 << (boot->cnode_size_bits + i * LEVEL_BITS);
    }
    return address;
}

TEST(copy_at_the_deepest_addresses)
{
    cap_t to = deep_cnode(), from = deep_cnode(), source = make(OBJECT_NOTIFICATION, 0);
    cap_t deepest = from | (cap_t)2 << (boot->cnode_size_bits + (LEVELS - 2) * LEVEL_BITS);

    expect_ok(cnode_copy(from, 2, source));
    WORST(expect_ok(cnode_copy(to, 2, deepest)));
}

TEST(message_of_64_words_with_4_capabilities_at_the_deepest_addresses)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), from = deep_cnode();
    struct worker *server = worker_make(.function = peer_receive, .argument = PAIR(endpoint, reply),
                                        .space = space_with_program());
    struct message message = { .tag = tag_make(1, MESSAGE_WORDS_MAX, 4) };

    for (unsigned i = 0; i < 4; i++) {
        cap_t deep = from | (cap_t)(2 + i) << (boot->cnode_size_bits + (LEVELS - 2) * LEVEL_BITS);
        expect_ok(cnode_copy(from, 2 + i, make(OBJECT_NOTIFICATION, 0)));
        message_page->give[i] =
            (struct utcb_give){ .source = deep, .mode = GIVE_MINT | RIGHT_WRITE << 8, .badge = 5 };
        server->utcb->take[i] = slot_take();
    }
    worker_start(server);
    settle();
    WORST(expect_ok(arch_syscall(SYS_SEND, endpoint, &message, CAP_NULL)));
    expect_equal(tag_caps(server->seen[1]), 4);
}

TEST(revoke_of_1000_capabilities)
{
    cap_t source = make(OBJECT_NOTIFICATION, 0), cnode = make(OBJECT_CNODE, 10);

    for (word_t i = 1; i <= 1000; i++)
        expect_ok(cnode_mint(cnode, i, source, RIGHTS_ALL, 0));
    WORST(expect_ok(cnode_revoke(CNODE, source)));
}

TEST(deletion_of_a_full_cnode)
{
    cap_t cnode = make(OBJECT_CNODE, 10);

    for (word_t i = 1; i < 1000; i++)
        expect_ok(untyped_retype(arena, OBJECT_ENDPOINT, 0, cnode, i, 1, CAP_NULL, 0));
    WORST(expect_ok(cnode_delete(CNODE, cnode)));
}

/* ---- Mappings */

/* A page for each entry of the table there, mapped. */
static cap_t fill_table(cap_t space, word_t address, cap_t part)
{
    cap_t frames = slots_take(PAGES);

    for (unsigned i = 0; i < PAGES / AT_ONCE; i++)
        expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frames + i * AT_ONCE, AT_ONCE,
                                 CAP_NULL, 0));
    for (unsigned i = 0; i < PAGES; i++)
        expect_ok(address_space_map(space, frames + i, address + i * (word_t)4096, RIGHT_READ | RIGHT_WRITE,
                                    MAP_CACHE_WRITE_BACK));
    return frames;
}

/* A table's worth of pages, mapped. */
static cap_t map_pages(cap_t space, word_t address, cap_t part)
{
    cap_t first = make(OBJECT_FRAME, FRAME_SIZE_4K);

    map(space, first, address, RIGHT_READ);
    expect_ok(frame_unmap(first));
    return fill_table(space, address, part);
}

TEST(revoke_of_a_table_full_of_pages)
{
    cap_t part = make(OBJECT_UNTYPED, 22);

    map_pages(SPACE, address_take(21), part);
    WORST(expect_ok(cnode_revoke(CNODE, part)));
}

TEST(destruction_of_a_space_full_of_pages)
{
    cap_t part = make(OBJECT_UNTYPED, 22), tables = make(OBJECT_UNTYPED, 18),
          space = make_space_from(tables, NULL);

    map_pages(space, (word_t)1 << 30, part);
    WORST(expect_ok(cnode_revoke(CNODE, tables)));
}

/* The space's number is taken back while it is in use. */
TEST(number_of_a_space_full_of_pages_is_revoked)
{
    cap_t part = make(OBJECT_UNTYPED, 22), range = mint_range(BOOT_SLOT_ASID_RANGE, 1900, 1),
          space = slot_take();

    expect_ok(untyped_retype(arena, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, space, 1, range, 1900));
    map_pages(space, (word_t)1 << 30, part);
    WORST(expect_ok(cnode_revoke(CNODE, range)));
}

TEST(revoke_of_page_tables_whose_pages_are_mapped)
{
    cap_t part = make(OBJECT_UNTYPED, 22), tables = make(OBJECT_UNTYPED, 16),
          table = make_from(tables, OBJECT_PAGE_TABLE, 0);
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_4K);
    word_t address = address_take(30);

    map(SPACE, frame, address, RIGHT_READ); /* the tables above */
    address += (word_t)1 << 21;
    expect_ok(address_space_map_table(SPACE, table, address));
    fill_table(SPACE, address, part);
    WORST(expect_ok(page_table_unmap(table)));
}

TEST(cleaning_of_a_large_frame)
{
    cap_t frame = make(OBJECT_FRAME, FRAME_SIZE_2M);
    map(SPACE, frame, address_take(21), RIGHT_READ | RIGHT_WRITE);
    WORST(expect_ok(frame_clean(frame, 0, CLEAN_MAX)));
}
