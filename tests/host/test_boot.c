/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot: what the root component finds, and the sentence for every image that is refused. */
#include "system.h"
#include <string.h>

TEST(boot_leaves_to_the_root_thread)
{
    system_boot();
    EXPECT(current() == root_thread());
    EXPECT_EQ(arch_context_ip(&current()->context) != 0, 1);
    EXPECT_EQ(thread_priority(current()), PRIORITY_MAX);
    EXPECT_EQ(current()->priority_max, PRIORITY_MAX);
    EXPECT_TEXT(host.console, "lucid test on host: system 'host'");
}

TEST(boot_gives_the_root_component_its_segments)
{
    system_boot();
    const char *code = host_access(IMAGE_SEGMENT, FAULT_ACCESS_EXECUTE);
    EXPECT(code == (char *)arch_pointer(IMAGE_AT + IMAGE_PAGE));
    const char *data = host_access(IMAGE_SEGMENT + 0x100000, FAULT_ACCESS_WRITE);
    EXPECT(data == (char *)arch_pointer(IMAGE_AT + 3 * IMAGE_PAGE));
    const char *zero = host_access(IMAGE_SEGMENT + 0x101000, FAULT_ACCESS_WRITE);
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        EXPECT_EQ(zero[i], 0);
}

TEST(boot_maps_code_unwritable_and_data_unexecutable)
{
    word_t access = FAULT_ACCESS_WRITE;
    paddr_t physical;

    system_boot();
    EXPECT(!host_translate(IMAGE_SEGMENT, &access, &physical));
    EXPECT(access & FAULT_ACCESS_PRESENT);
    access = FAULT_ACCESS_EXECUTE;
    EXPECT(!host_translate(IMAGE_SEGMENT + 0x100000, &access, &physical));
    EXPECT(access & FAULT_ACCESS_PRESENT);
}

TEST(boot_info_tells_sizes_and_slots)
{
    system_boot();
    EXPECT(info->magic == BOOT_INFO_MAGIC);
    EXPECT_EQ(info->size, sizeof(*info));
    EXPECT_EQ(info->counter_hz, host.ticks_hz);
    EXPECT_EQ(info->object_size_bits[OBJECT_THREAD], ARCH_THREAD_BITS);
    EXPECT_EQ(info->object_size_bits[OBJECT_FRAME], 0);
    EXPECT_EQ(info->image_slots, 5);
    EXPECT_EQ(info->bundle_slots, 2);
    for (cap_t slot = info->first_free_slot; slot < 1u << info->cnode_size_bits; slot++)
        if (slot > info->first_free_slot + 8) /* system_boot makes some */
            EXPECT(slot_is_empty(slot_at(slot)));
    EXPECT(memcmp(host_access((word_t)info->bundle, FAULT_ACCESS_READ), "\x22\x22", 2) == 0);
}

static bool overlap(const struct boot_untyped *a, const struct boot_untyped *b)
{
    return a->physical < b->physical + (1ull << b->size_bits) &&
           b->physical < a->physical + (1ull << a->size_bits);
}

TEST(boot_untypeds_cover_all_memory_once)
{
    uint64_t ordinary = 0, device = 0;

    system_boot();
    for (unsigned i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *a = &info->untyped[i];
        EXPECT_EQ(a->physical % (1ull << a->size_bits), 0);
        *(a->flags & BOOT_UNTYPED_DEVICE ? &device : &ordinary) += 1ull << a->size_bits;
        for (unsigned j = 0; j < i; j++)
            EXPECT(!overlap(a, &info->untyped[j]));
    }
    EXPECT_EQ(ordinary, HOST_MEMORY_SIZE - (2u << 20) + 7 * IMAGE_PAGE);
    EXPECT_EQ(device, HOST_PHYSICAL_END - HOST_MEMORY_SIZE + (1u << 20) - 7 * IMAGE_PAGE);
}

TEST(boot_memory_is_not_taken_for_clean)
{
    system_boot();
    for (unsigned i = 0; i < info->untyped_count; i++)
        if (!(info->untyped[i].flags & (BOOT_UNTYPED_DEVICE | BOOT_UNTYPED_USED)) &&
            info->untyped[i].slot != memory)
            EXPECT_ERROR(
                CALL(info->untyped[i].slot, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 0, slot_new(), 1, 0, 0)
                    .status,
                ERR_MEMORY, 0);
}

static void expect_refusal(const char *sentence)
{
    EXPECT_EQ(system_try_boot(machine_default()), HOST_HALTED);
    EXPECT_EQ(host_halt_status, 1);
    EXPECT_TEXT(host.console, "lucid: cannot start: ");
    EXPECT_TEXT(host.console, sentence);
}

#define REFUSED(name, change, sentence)                                                                      \
    TEST(name)                                                                                               \
    {                                                                                                        \
        struct image_header *image = image_default();                                                        \
        change;                                                                                              \
        image_seal(image);                                                                                   \
        expect_refusal(sentence);                                                                            \
    }

REFUSED(boot_refuses_what_is_no_image, image->magic++, "there is no image behind the kernel")
REFUSED(boot_refuses_another_interface, image->abi_version++, "another version of the kernel's interface")
REFUSED(boot_refuses_no_segments, image->segment_count = 0, "no root component")
REFUSED(boot_refuses_too_many_segments, image->segment_count = IMAGE_SEGMENTS_MAX + 1, "too many segments")
REFUSED(boot_refuses_segment_behind_the_end, image->segment[0].size = 7 * IMAGE_PAGE,
        "lies outside of the image")
REFUSED(boot_refuses_segment_in_the_header, image->segment[0].offset = 0, "lies outside of the image")
REFUSED(boot_refuses_segment_off_page, image->segment[0].offset += 8, "lies outside of the image")
REFUSED(boot_refuses_segment_larger_in_file, image->segment[0].memory_size = 1, "lies outside of the image")
REFUSED(boot_refuses_segment_at_zero, image->segment[0].address = 0, "an impossible address")
REFUSED(boot_refuses_segment_at_odd_address, image->segment[0].address++, "an impossible address")
REFUSED(boot_refuses_segment_beyond_user_space, image->segment[1].address = 0xffff800000000000,
        "an impossible address")
REFUSED(boot_refuses_segment_that_wraps, image->segment[1].memory_size = ~0ull - 4096,
        "an impossible address")
REFUSED(boot_refuses_overlapping_segments, image->segment[1].address = image->segment[0].address + IMAGE_PAGE,
        "an impossible address")
REFUSED(boot_refuses_write_and_execute, image->segment[0].rights = RIGHT_WRITE | RIGHT_EXECUTE,
        "impossible rights")
REFUSED(boot_refuses_no_rights, image->segment[0].rights = 0, "impossible rights")
REFUSED(boot_refuses_unknown_rights, image->segment[0].rights = RIGHT_GRANT, "impossible rights")
REFUSED(boot_refuses_entry_that_is_no_user_address, image->entry = 0x4000000000400000,
        "the root component's entry is not in its code")
REFUSED(boot_refuses_entry_in_data, image->entry = image->segment[1].address,
        "the root component's entry is not in its code")
REFUSED(boot_refuses_bundle_outside, image->bundle_size += IMAGE_PAGE, "the bundle lies outside")
REFUSED(boot_refuses_bundle_of_part_pages, image->bundle_size -= 1, "the bundle's size is not a multiple")
REFUSED(boot_refuses_bundle_upon_a_segment, image->bundle = IMAGE_PAGE, "the bundle lies outside")
REFUSED(boot_refuses_bundle_upon_symbols, image->bundle = image->symbols, "the bundle lies outside")
REFUSED(boot_refuses_symbols_upon_a_segment, image->symbols = IMAGE_PAGE, "the symbols lie outside")
REFUSED(boot_refuses_segment_upon_another, image->segment[1].offset = image->segment[0].offset,
        "lies outside of the image, or upon another part of it")
REFUSED(boot_refuses_symbols_outside, image->symbols_size = 7 * IMAGE_PAGE, "the symbols lie outside")
REFUSED(boot_refuses_huge_root_component, image->segment[1].memory_size = 1ull << 40,
        "of memory in one piece")

/* Its place means nothing then. */
TEST(an_image_without_bundle_boots)
{
    struct image_header *image = image_default();
    image->bundle_size = 0;
    image->bundle = ~0ull;
    image_seal(image);
    EXPECT_EQ(system_try_boot(machine_default()), HOST_LEFT);
}

TEST(boot_refuses_damaged_header)
{
    image_default()->version[3] ^= 1;
    expect_refusal("the image's header is damaged");
}

TEST(boot_refuses_damaged_payload)
{
    ((char *)image_default())[3 * IMAGE_PAGE + 77] ^= 1;
    expect_refusal("its checksum does not match");
}

TEST(boot_refuses_truncated_image)
{
    struct boot_machine *machine = machine_default();

    image_default();
    machine->payload_room = 7 * IMAGE_PAGE - 1;
    EXPECT_EQ(system_try_boot(machine), HOST_HALTED);
    EXPECT_TEXT(host.console, "the image is truncated");
}

TEST(boot_refuses_less_than_a_header)
{
    struct boot_machine *machine = machine_default();

    image_default();
    machine->payload_room = 100;
    EXPECT_EQ(system_try_boot(machine), HOST_HALTED);
    EXPECT_TEXT(host.console, "there is no image");
}

TEST(boot_says_when_there_are_too_many_pieces_of_memory)
{
    struct boot_machine *machine = machine_default();

    image_default();
    machine->reserved_count = BOOT_REGIONS_MAX;
    for (unsigned i = 1; i < BOOT_REGIONS_MAX; i++) { /* the device memory between them makes many blocks */
        paddr_t start = HOST_MEMORY_SIZE + i * 0x2ff000u;
        machine->reserved[i] = (struct boot_region){ start, start + PAGE_SIZE };
    }
    EXPECT_EQ(system_try_boot(machine), HOST_LEFT);
    EXPECT_TEXT(host.console, "pieces of memory; the rest from");
}
