/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker names what was damaged: the derivation tree, slots, zombies, memory and mappings. */
#include "checker_world.h"
#include <string.h>

TEST(an_undamaged_world_is_well)
{
    struct check_report report;

    checker_world_make();
    EXPECT(kernel_check(&report));
    EXPECT(report.invariant == NULL);
    checker_world_zombie();
    EXPECT(kernel_check(&report));
}

static struct slot *at(cap_t address)
{
    return slot_at(address);
}

/* ---- The tree */

static void set_depth(struct slot *slot, unsigned depth)
{
    slot->next = (slot->next & ~0xffull) | depth;
}

static void set_type(struct slot *slot, unsigned type)
{
    slot->cap.head = (slot->cap.head & ~(uint64_t)CAP_TYPE_MASK) | type;
}

NAMES(broken_link, "neighbours in the tree point to each other", at(world.frame)->prev = 0)
NAMES(cycle_in_the_tree, "neighbours in the tree point to each other",
      at(world.frame)->next = pointer_pack(slot_next(&derivation_anchor)) | slot_depth(at(world.frame)))
NAMES(empty_slot_in_the_tree, "no empty slot stands in the tree", set_type(at(world.frame), OBJECT_NULL))
NAMES(anchor_type_in_the_tree, "a slot in the tree holds a capability or a zombie",
      set_type(at(world.frame), CAP_ANCHOR))
NAMES(child_too_deep, "a child is one deeper than its parent",
      set_depth(at(world.frame), slot_depth(at(world.frame)) + 5))
NAMES(object_derived_from_nothing, "only Untypeds and ranges are derived from nothing", {
    struct slot *first = slot_next(&derivation_anchor);
    set_type(first, OBJECT_REPLY);
})
NAMES(child_of_untyped_that_is_no_object, "an Untyped's children are objects",
      set_type(at(world.free_reply), OBJECT_CORE_RANGE))
NAMES(minted_child_of_another_type, "a minted child has its parent's type",
      set_type(at(world.badged), OBJECT_NOTIFICATION))
NAMES(minted_child_of_another_object, "a minted child refers to its parent's object",
      at(world.badged)->cap.head += 0x40ull << CAP_POINTER_SHIFT)
NAMES(minted_child_of_another_size, "a minted child has its parent's size",
      cap_set_small(&at(world.badged)->cap, 3))
NAMES(child_with_more_rights, "a child has no right that its parent lacks",
      cap_set_rights(&at(world.queue)->cap, RIGHT_READ))
NAMES(badge_set_twice, "a badge is set once", at(world.queue)->cap.data = 3)
NAMES(range_wider_than_its_parent, "a child's range lies within its parent's",
      at(world.range)->cap.data = range_data(40, 100000))
NAMES(capability_in_slot_0, "slot 0 of a living CNode is empty", at(0)->cap = at(world.frame)->cap)
NAMES(space_with_anothers_number, "a space owns its number",
      ((struct address_space *)object_at(world.space))->number = 31)
NAMES(space_with_a_number_and_no_capability, "a space has a number exactly if it holds the capability to it",
      ((struct address_space *)object_at(world.space))->number = 0)
NAMES(handler_with_anothers_line, "a handler owns its line",
      ((struct irq_handler *)object_at(world.handler))->line = 10)
NAMES(handler_with_a_line_and_no_capability, "a handler has a line exactly if it holds the capability to it",
      ((struct irq_handler *)object_at(world.handler))->has_line = false)

/* ---- Slots and zombies */

NAMES(zombie_with_children, "a zombie has no children", {
    struct slot *zombie = checker_world_zombie();
    set_depth(slot_next(zombie), slot_depth(zombie) + 1);
})
NAMES(zombie_that_stands_elsewhere, "a zombie stands below the Untyped that its memory lies in", {
    struct slot *zombie = checker_world_zombie();
    at(memory)->cap.data = (uint64_t)((char *)zombie - (char *)object_at(memory));
})
NAMES(zombie_whose_memory_can_be_reset,
      "who can use the memory that a zombie lies in has the zombie below him", {
          checker_world_zombie();
          for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
              if (slot_depth(slot) == 0 && cap_type(&slot->cap) == OBJECT_UNTYPED &&
                  cap_pointer(&slot->cap) != object_at(memory) && !derivation_has_children(slot))
                  slot->cap = at(memory)->cap;
      })
NAMES(forgotten_zombie, "neighbours in a list of zombies point to each other", {
    checker_world_zombie();
    zombie_list_init(&root_thread()->slots[0]);
})
NAMES(thread_without_list_of_zombies, "slot 0 of a living thread is the head of its list of zombies",
      thread_at(world.stopped)->slots[0].cap.head = 0)
NAMES(capability_left_in_a_slot, "every slot that is not empty stands in the tree", {
    cap_t slot = slot_new();
    at(slot)->cap = at(world.frame)->cap;
})
NAMES(links_left_in_an_empty_slot, "an empty slot has no links", at(slot_new())->next = 1)
NAMES(slot_in_no_container, "the slots in the tree are those of containers and no others", {
    static struct slot outside;
    checker_plant(at(world.queue), &outside, at(world.queue)->cap);
})
NAMES(capability_above_what_a_zombie_looks_at, "the slots in the tree are those of containers and no others",
      {
          struct slot *zombie = checker_world_zombie();
          zombie->cap.head = (zombie->cap.head & ~(0x7ffull << CAP_SMALL_SHIFT)) | 7 << CAP_SMALL_SHIFT;
          checker_plant(at(world.queue), &zombie[60], at(world.queue)->cap);
      })

/* ---- Memory */

NAMES(object_above_the_watermark, "an object lies inside its Untyped, below the watermark",
      at(memory)->cap.data = 64)
NAMES(watermark_beyond_the_end, "a watermark lies within its Untyped", at(memory)->cap.data = 1ull << 40)
NAMES(unaligned_object, "an object is aligned to its size",
      at(world.free_reply)->cap.head += 8ull << CAP_POINTER_SHIFT)
NAMES(overlapping_objects, "objects do not overlap", {
    cap_t one = make(OBJECT_REPLY, 0), other = make(OBJECT_ENDPOINT, 0);
    at(other)->cap.head -= (uint64_t)((char *)object_at(other) - (char *)object_at(one)) << CAP_POINTER_SHIFT;
})
NAMES(capabilities_to_one_object_apart,
      "the children of an Untyped are in order of their memory, capabilities to one object together", {
          cap_t one = make(OBJECT_NOTIFICATION, 0), copied = copy(one), other = make(OBJECT_REPLY, 0);
          struct cap cap = at(copied)->cap;
          checker_take_out(at(copied));
          checker_plant(at(other), at(copied), cap);
      })
NAMES(overlapping_untypeds_of_boot, "Untypeds that were made at boot do not overlap", {
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (slot != at(memory) && cap_type(&slot->cap) == OBJECT_UNTYPED && !derivation_has_children(slot)) {
            slot->cap.head = (slot->cap.head & 0xffff) | pointer_pack(object_at(memory));
            break;
        }
})
NAMES(ordinary_object_in_device_memory,
      "device memory yields Frames and Untypeds of device memory, and only it does",
      set_type(at(world.device), OBJECT_PAGE_TABLE))
NAMES(device_frame_in_ordinary_memory,
      "device memory yields Frames and Untypeds of device memory, and only it does",
      cap_set_small(&at(world.frame)->cap, FRAME_DEVICE))

TEST(dirty_memory_above_a_watermark)
{
    struct check_report report;

    checker_world_make();
    EXPECT(kernel_check_clean(&report));
    ((char *)object_at(memory))[(4u << 20) - 1] = 1;
    EXPECT(!kernel_check_clean(&report));
    EXPECT_TEXT(report.invariant, "memory above a watermark is clean");
}

/* ---- Mappings */

static arch_pte_t *entry_of(cap_t capability)
{
    struct address_space *space;

    return mapping_entry(&at(capability)->cap, &space);
}

NAMES(mapping_without_a_record, "a mapped frame has a capability that records the mapping",
      mapping_clear(&at(world.frame)->cap))
NAMES(kernel_object_mapped_writable, "a mapped frame has a capability that records the mapping",
      *entry_of(world.frame) = arch_pte_frame(arch_physical(thread_at(world.stopped)) & ~0xfffull, 0,
                                              RIGHT_READ | RIGHT_WRITE, 0))
NAMES(record_without_its_entry, "a mapped frame has a capability that records the mapping", {
    arch_pte_t *entry = entry_of(world.frame);
    entry[1] = entry[0];
})
NAMES(writable_mapping_of_a_read_only_frame, "a writable mapping was made with a writable capability",
      cap_set_rights(&at(world.frame)->cap, RIGHT_READ))
NAMES(readable_mapping_of_a_frame_that_cannot_be_read,
      "a mapping has no more rights than the capability that made it",
      cap_set_rights(&at(world.frame)->cap, RIGHT_WRITE))
NAMES(executable_mapping_of_a_frame_that_is_not,
      "an executable mapping was made with a capability that may execute", {
          cap_set_rights(&at(world.frame)->cap, RIGHT_READ | RIGHT_WRITE);
          *entry_of(world.frame) =
              arch_pte_frame(arch_pte_address(*entry_of(world.frame)), 0, RIGHT_READ | RIGHT_EXECUTE, 0);
      })
NAMES(table_without_a_record, "a page table in use has a capability that records it",
      mapping_clear(&at(world.table)->cap))
NAMES(mapping_in_a_space_without_a_number, "nothing is mapped in a space without a number", {
    struct address_space *space = object_at(world.space);
    revoke(BOOT_SLOT_ASID_RANGE);
    EXPECT_EQ(space->number, 0);
    space_root(space)[2] = arch_pte_table(arch_physical(object_at(world.space)) & ~0xfffull);
})
