/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot: the root component's address space and thread.
 *
 *     segments        where the image says; file pages are mapped where they lie in the payload, zero pages are made
 *     boot_info       read-only, from the next 2 MiB boundary on
 *     message page    behind it
 *     bundle          read-only, from the next 2 MiB boundary on
 *
 * Every page is a Frame capability in the root CNode, so the root component can unmap and reuse it.
 */
#include "address_space.h"
#include "boot.h"
#include "core.h"
#include "derivation.h"
#include "object.h"
#include "sched_context.h"
#include "scheduler.h"
#include "thread.h"
#include "time.h"

#define ROOT_BUDGET_NS 10000000ull

static word_t round_up(word_t value, word_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

/* Map a frame, making the tables that are missing. Slots of tables come from the CNode as they are needed. */
static void map_frame(struct boot_builder *builder, struct slot *frame, word_t address, word_t rights)
{
    for (unsigned i = 0; i <= ARCH_TABLE_LEVELS; i++) {
        unsigned level;
        status_t status =
            mapping_make_frame(builder->space, frame, address, rights, MAP_CACHE_WRITE_BACK, &level);
        if (status == OK)
            return;
        check((status & STATUS_ERROR_MASK) == ERR_TABLE);
        struct slot *table = boot_slot(builder);
        boot_object(builder, table, OBJECT_PAGE_TABLE, 0, NULL, 0);
        status = mapping_make_table(builder->space, table, address, &level);
        check(status == OK);
    }
    PANIC("cannot map the root component at %lx", (unsigned long)address);
}

/* Frames in place, in the payload. */
static void add_payload_frames(struct boot_builder *builder, uint64_t offset, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
        char *page = (char *)builder->machine->payload + offset + done;
        struct slot *parent = boot_payload_parent(builder, arch_physical(page));
        derivation_add_child(parent, boot_slot(builder), frame_cap(page, FRAME_SIZE_4K, false, RIGHTS_ALL));
    }
}

static void add_zero_frames(struct boot_builder *builder, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += PAGE_SIZE)
        boot_object(builder, boot_slot(builder), OBJECT_FRAME, FRAME_SIZE_4K, NULL, 0);
}

static void map_range(struct boot_builder *builder, unsigned first, unsigned count, word_t address,
                      word_t rights)
{
    for (unsigned i = 0; i < count; i++)
        map_frame(builder, &builder->slots[first + i], address + (word_t)i * PAGE_SIZE, rights);
}

/* All frames first, so that their slots are in order; then they are mapped, with slots for tables behind. */
static void map_image(struct boot_builder *builder)
{
    const struct image_header *image = builder->image;
    struct boot_info *info = builder->info;

    info->image_slot = builder->next_slot;
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segment[i];
        uint64_t file = round_up(segment->size, PAGE_SIZE),
                 memory = round_up(segment->memory_size, PAGE_SIZE);
        add_payload_frames(builder, segment->offset, file);
        add_zero_frames(builder, memory > file ? memory - file : 0);
    }
    info->image_slots = builder->next_slot - info->image_slot;

    unsigned slot = info->image_slot;
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segment[i];
        unsigned pages = (unsigned)(round_up(segment->memory_size, PAGE_SIZE) / PAGE_SIZE);
        map_range(builder, slot, pages, (word_t)segment->address, segment->rights);
        slot += pages;
    }
}

static void map_bundle(struct boot_builder *builder, word_t address)
{
    const struct image_header *image = builder->image;
    struct boot_info *info = builder->info;

    info->bundle = address;
    info->bundle_size = image->bundle_size;
    info->bundle_slot = builder->next_slot;
    info->bundle_slots = (uint32_t)(image->bundle_size / PAGE_SIZE);
    add_payload_frames(builder, image->bundle, image->bundle_size);
    map_range(builder, info->bundle_slot, info->bundle_slots, address, RIGHT_READ);
}

static void make_thread(struct boot_builder *builder, word_t info_address)
{
    struct slot *slots = builder->slots;
    struct thread *thread = boot_object(builder, &slots[BOOT_SLOT_THREAD], OBJECT_THREAD, 0, NULL, 0);
    struct sched_context *sc = boot_object(builder, &slots[BOOT_SLOT_SCHED_CONTEXT], OBJECT_SCHED_CONTEXT,
                                           SCHED_CONTEXT_BITS_MIN, NULL, 0);

    thread_slot_fill(thread, PLACE_THREAD_CNODE, &slots[BOOT_SLOT_CNODE], 0);
    thread_slot_fill(thread, PLACE_THREAD_SPACE, &slots[BOOT_SLOT_SPACE], 0);
    thread_slot_fill(thread, PLACE_THREAD_MESSAGE, &slots[BOOT_SLOT_MESSAGE_FRAME], 0);
    arch_register_write(&thread->context, REGISTER_IP, (word_t)builder->image->entry);
    arch_register_write(&thread->context, REGISTER_ARGUMENT, info_address);
    thread->root = true;
    thread_set_priority(thread, PRIORITY_MAX, PRIORITY_MAX);
    refill_reset(sc, time_ticks(ROOT_BUDGET_NS), time_ticks(ROOT_BUDGET_NS), arch_ticks());
    sched_context_bind(sc, thread);
    scheduler_make_runnable(thread);
}

void boot_make_root(struct boot_builder *builder)
{
    const struct image_header *image = builder->image;
    const struct image_segment *last = &image->segment[image->segment_count - 1];
    struct boot_info *info = builder->info;
    word_t info_address = round_up((word_t)(last->address + last->memory_size) + PAGE_SIZE, MIB(2));

    builder->space = boot_object(builder, &builder->slots[BOOT_SLOT_SPACE], OBJECT_ADDRESS_SPACE, 0,
                                 &builder->slots[BOOT_SLOT_ASID_RANGE], 1);
    boot_object(builder, &builder->slots[BOOT_SLOT_MESSAGE_FRAME], OBJECT_FRAME, FRAME_SIZE_4K, NULL, 0);
    map_image(builder);
    map_range(builder, builder->info_slot, BOOT_INFO_PAGES, info_address, RIGHT_READ);
    info->message_page = info_address + BOOT_INFO_PAGES * PAGE_SIZE;
    map_frame(builder, &builder->slots[BOOT_SLOT_MESSAGE_FRAME], (word_t)info->message_page,
              RIGHT_READ | RIGHT_WRITE);
    word_t bundle = round_up((word_t)info->message_page + PAGE_SIZE, MIB(2));
    map_bundle(builder, bundle);
    info->free_address = round_up(bundle + (word_t)image->bundle_size + PAGE_SIZE, MIB(2));
    make_thread(builder, info_address);
}
