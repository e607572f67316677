/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing: each field of a capability and a slot, every value, beside every other field full and empty. */
#include "address_space.h"
#include "cap.h"
#include "derivation.h"
#include "harness.h"
#include <string.h>

#if UINTPTR_MAX > 0xffffffffu
static void *const pointers[] = { NULL,
                                  (void *)64,
                                  (void *)0x7fffffffffc0,
                                  (void *)(intptr_t)-64,
                                  (void *)(intptr_t)0xffff800000000000,
                                  (void *)(intptr_t)0xffffffff80100040 };
#else
static void *const pointers[] = { NULL, (void *)64, (void *)0x7fffffc0, (void *)-64, (void *)0x80000000 };
#endif

TEST(cap_fields_do_not_touch_each_other)
{
    for (unsigned p = 0; p < ARRAY_COUNT(pointers); p++)
        for (unsigned type = 0; type <= CAP_TYPE_MASK; type++)
            for (unsigned small = 0; small <= CAP_SMALL_MASK; small++)
                for (unsigned rights = 0; rights <= RIGHTS_ALL; rights++) {
                    struct cap cap = cap_make(type, pointers[p], rights, small, 0x123456789abcdef0);
                    EXPECT_EQ(cap_type(&cap), type);
                    EXPECT_EQ(cap_small(&cap), small);
                    EXPECT_EQ(cap_rights(&cap), rights);
                    EXPECT(cap_pointer(&cap) == pointers[p]);
                    EXPECT_EQ(cap.data, 0x123456789abcdef0);
                    cap_set_small(&cap, ~small & CAP_SMALL_MASK);
                    cap_set_rights(&cap, ~rights & RIGHTS_ALL);
                    EXPECT_EQ(cap_type(&cap), type);
                    EXPECT_EQ(cap_small(&cap), ~small & CAP_SMALL_MASK);
                    EXPECT_EQ(cap_rights(&cap), ~rights & RIGHTS_ALL);
                    EXPECT(cap_pointer(&cap) == pointers[p]);
                }
}

TEST(cap_is_compares_type_and_rights)
{
    for (unsigned small = 0; small <= CAP_SMALL_MASK; small += CAP_SMALL_MASK)
        for (unsigned type = 0; type <= CAP_TYPE_MASK; type++)
            for (unsigned have = 0; have <= RIGHTS_ALL; have++) {
                struct cap cap = cap_make(type, pointers[4], have, small, 0);
                for (unsigned wanted = 0; wanted <= CAP_TYPE_MASK; wanted++)
                    for (unsigned need = 0; need <= RIGHTS_ALL; need++)
                        EXPECT_EQ(cap_is(&cap, wanted, need), type == wanted && (have & need) == need);
            }
}

TEST(tag_fields_do_not_touch_each_other)
{
    static const word_t labels[] = { 0, 1, 0x5a5a5a5a, (word_t) ~(word_t)0 >> TAG_LABEL_SHIFT };

    for (unsigned l = 0; l < ARRAY_COUNT(labels); l++)
        for (unsigned words = 0; words <= TAG_WORDS_MASK; words++)
            for (unsigned caps = 0; caps <= TAG_CAPS_MASK; caps++) {
                word_t label = labels[l] & (word_t) ~(word_t)0 >> TAG_LABEL_SHIFT;
                tag_t tag = tag_make(label, words, caps);
                EXPECT_EQ(tag_label(tag), label);
                EXPECT_EQ(tag_words(tag), words);
                EXPECT_EQ(tag_caps(tag), caps);
            }
}

TEST(cap_ranges_contain)
{
    struct cap cap = cap_make(OBJECT_IRQ_RANGE, NULL, RIGHTS_ALL, 0, range_data(10, 5));

    EXPECT_EQ(range_first(&cap), 10);
    EXPECT_EQ(range_count(&cap), 5);
    EXPECT(range_contains(&cap, 10, 5));
    EXPECT(range_contains(&cap, 14, 1));
    EXPECT(!range_contains(&cap, 9, 1));
    EXPECT(!range_contains(&cap, 15, 1));
    EXPECT(!range_contains(&cap, 10, 6));
    EXPECT(!range_contains(&cap, 14, 2));
    EXPECT(!range_contains(&cap, 12, 0));
    EXPECT(!range_contains(&cap, 12, ~0ull));
    EXPECT(!range_contains(&cap, ~0ull, 2));
}

TEST(cap_ranges_end_at_the_last_number)
{
    struct cap cap = cap_make(OBJECT_IRQ_RANGE, NULL, RIGHTS_ALL, 0, range_data(0xffffffff, 1));

    EXPECT(range_contains(&cap, 0xffffffff, 1));
    EXPECT(!range_contains(&cap, 0xffffffff, 2));
    EXPECT(!range_contains(&cap, 0x100000000, 1));
}

TEST(cap_mapping_records_keep_every_field)
{
    static char page[2 * PAGE_SIZE];
    char *memory = (char *)(((uintptr_t)page + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1));
    static const uint32_t generations[] = { 0, 1, 0xffff, 0x10000, 0x1234567, 0xfffffff };
    static const word_t addresses[] = { 0, PAGE_SIZE, (word_t)(USER_ADDRESS_END - PAGE_SIZE) };

    for (unsigned n = 0; n < SPACE_NUMBERS; n += n < 16 ? 1 : 97)
        for (unsigned g = 0; g < ARRAY_COUNT(generations); g++)
            for (unsigned a = 0; a < ARRAY_COUNT(addresses); a++)
                for (unsigned rights = 0; rights <= RIGHTS_ALL; rights++) {
                    struct cap cap = frame_cap(memory, FRAME_SIZE_2M, true, rights);
                    mapping_write(&cap, (struct mapping){ n, generations[g], addresses[a] });
                    struct mapping seen = mapping_read(&cap);
                    EXPECT_EQ(seen.number, n);
                    EXPECT_EQ(seen.generation, generations[g]);
                    EXPECT_EQ(seen.address, addresses[a]);
                    EXPECT(mapped_pointer(&cap) == memory);
                    EXPECT_EQ(cap_rights(&cap), rights);
                    EXPECT_EQ(frame_size_bits(&cap), FRAME_SIZE_2M);
                    EXPECT(frame_is_device(&cap));
                    mapping_clear(&cap);
                    EXPECT(cap_pointer(&cap) == memory);
                }
}

TEST(slot_links_keep_depth_and_place)
{
    struct slot a, b;

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    slot_set_place(&b, PLACE_THREAD_DEATH);
    EXPECT(slot_is_empty(&a));
    a.next = pointer_pack(&b) | 255;
    EXPECT(slot_next(&a) == &b);
    EXPECT_EQ(slot_depth(&a), 255);
    EXPECT_EQ(slot_place(&b), PLACE_THREAD_DEATH);
    EXPECT(slot_prev(&b) == NULL);
}
