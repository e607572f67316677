/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots, objects and memory for the tests, all out of the arena, and their end.
 *
 * The memory: one boot Untyped of at least 64 MiB is reset in its upper part; from there come the framework's
 * own memory, that of the test's thread, and the arena, on which everything depends that a test makes. Slots
 * are counted upwards from the first that is free; after a test the arena is revoked, which destroys the
 * objects, and the slots are emptied of the copies of other capabilities.
 */
#include "target.h"

#define TAKEN_BYTES                                                                                          \
    ((word_t)48 << 20) /* of the boot Untyped, at its end: the arena, aligned, and before it the rest */
#define FRAMEWORK_BITS  20u
#define THREAD_BITS     16u
#define SLOTS_ALIGNED   16u
#define FRAMEWORK_SLOTS 64u
#define PAGE            4096u
#define DEVICE_AREA     ((word_t)2 << 20) /* of addresses, for the machine's devices */

#define IMAGE_PAGES_MAX 1024u
#define SPACE_FIRST     2u /* numbers of address spaces that tests use: the root has 1 */
#define SPACE_LAST      100u

cap_t arena, thread_memory;

static cap_t framework_memory;
static cap_t framework_next, framework_end;   /* slots of the framework */
static cap_t slot_first, slot_next, slot_end; /* slots of the tests */
static word_t address_first, address_next;    /* address ranges of the tests */
static word_t image_address[IMAGE_PAGES_MAX]; /* where the program's frames are mapped, by their order */

extern char text_end[] __asm__("etext");

/* ---- Slots */

cap_t framework_slot(void)
{
    expect_true(framework_next < framework_end);
    return framework_next++;
}

cap_t framework_make(unsigned type, unsigned size_bits)
{
    cap_t slot = framework_slot();
    expect_ok(untyped_retype(framework_memory, type, size_bits, CAP_NULL, slot, 1, CAP_NULL, 0));
    return slot;
}

cap_t slots_take(word_t count)
{
    cap_t first = slot_next;
    expect_true(count <= slot_end - slot_next);
    slot_next += count;
    return first;
}

cap_t slot_take(void)
{
    return slots_take(1);
}

struct capability_info inspect(cap_t slot)
{
    struct capability_info info;
    expect_ok(cnode_inspect(CNODE, slot, &info));
    return info;
}

unsigned type_of(cap_t slot)
{
    return inspect(slot).type;
}

void erase(cap_t slot)
{
    expect_ok(cnode_delete(CNODE, slot));
}

cap_t copy(cap_t source)
{
    cap_t slot = slot_take();
    expect_ok(cnode_copy(CNODE, slot, source));
    return slot;
}

cap_t mint(cap_t source, word_t rights, word_t badge)
{
    cap_t slot = slot_take();
    expect_ok(cnode_mint(CNODE, slot, source, rights, badge));
    return slot;
}

cap_t mint_range(cap_t source, word_t first, word_t count)
{
    cap_t slot = slot_take();
    expect_ok(cnode_mint_range(CNODE, slot, source, RIGHTS_ALL, first, count));
    return slot;
}

/* ---- Objects */

cap_t make_from(cap_t untyped, unsigned type, unsigned size_bits)
{
    cap_t slot = slot_take();
    expect_ok(untyped_retype(untyped, type, size_bits, CAP_NULL, slot, 1, CAP_NULL, 0));
    return slot;
}

cap_t make(unsigned type, unsigned size_bits)
{
    return make_from(arena, type, size_bits);
}

cap_t make_space_from(cap_t untyped, word_t *number)
{
    cap_t slot = slot_take();
    for (word_t n = SPACE_FIRST; n <= SPACE_LAST; n++) {
        status_t status =
            untyped_retype(untyped, OBJECT_ADDRESS_SPACE, 0, CAP_NULL, slot, 1, BOOT_SLOT_ASID_RANGE, n);
        if (status_error(status) == ERR_BUSY)
            continue;
        expect_ok(status);
        if (number)
            *number = n;
        return slot;
    }
    test_fail(__FILE__, __LINE__, "expected a number that is free, seen none");
}

cap_t make_space(word_t *number)
{
    return make_space_from(arena, number);
}

cap_t make_irq(unsigned line)
{
    cap_t slot = slot_take();
    expect_ok(untyped_retype(arena, OBJECT_IRQ_HANDLER, 0, CAP_NULL, slot, 1, BOOT_SLOT_IRQ_RANGE, line));
    return slot;
}

cap_t make_context_on(unsigned core, time_ns_t budget_ns, time_ns_t period_ns)
{
    cap_t context = make(OBJECT_SCHED_CONTEXT, 9);
    expect_ok(core_range_set_budget(CORES, context, core, budget_ns, period_ns, 0));
    return context;
}

cap_t make_context(time_ns_t budget_ns, time_ns_t period_ns)
{
    return make_context_on(0, budget_ns, period_ns);
}

/* ---- Memory */

word_t address_take(unsigned size_bits)
{
    word_t size = (word_t)1 << size_bits, address = (address_next + size - 1) & ~(size - 1);
    address_next = address + size;
    return address;
}

status_t try_map(cap_t space, cap_t frame, word_t address, word_t rights, word_t cache)
{
    status_t status = address_space_map(space, frame, address, rights, cache);
    for (unsigned i = 0; i < 4 && status_error(status) == ERR_TABLE; i++) {
        expect_ok(address_space_map_table(space, make(OBJECT_PAGE_TABLE, 0), address));
        status = address_space_map(space, frame, address, rights, cache);
    }
    return status;
}

void map(cap_t space, cap_t frame, word_t address, word_t rights)
{
    expect_ok(try_map(space, frame, address, rights, MAP_CACHE_WRITE_BACK));
}

struct page page_make(void)
{
    struct page page = { make(OBJECT_FRAME, FRAME_SIZE_4K), (volatile word_t *)address_take(FRAME_SIZE_4K) };
    map(SPACE, page.frame, (word_t)page.words, RIGHT_READ | RIGHT_WRITE);
    return page;
}

cap_t image_frame(const void *address)
{
    for (unsigned i = 0; i < boot->image_slots; i++)
        if (image_address[i] == ((word_t)address & ~(word_t)(PAGE - 1)))
            return boot->image_slot + i;
    test_fail(__FILE__, __LINE__, "expected a page of the program at %p, seen none", address);
}

void map_program(cap_t space)
{
    for (unsigned i = 0; i < boot->image_slots; i++) {
        word_t rights =
            image_address[i] < (word_t)text_end ? RIGHT_READ | RIGHT_EXECUTE : RIGHT_READ | RIGHT_WRITE;
        map(space, copy(boot->image_slot + i), image_address[i], rights);
    }
}

cap_t space_with_program_from(cap_t untyped)
{
    cap_t space = make_space_from(untyped, NULL);
    map_program(space);
    return space;
}

cap_t space_with_program(void)
{
    return space_with_program_from(arena);
}

/* ---- Beginning and end */

/* The Frame of a page in a piece of device memory, of which nothing is taken yet: what lies before it is cut off in
 * powers of two, largest first, so that each stands where its size wants it. */
static cap_t device_frame(const struct boot_untyped *piece, uint64_t physical)
{
    for (unsigned bits = piece->size_bits; bits-- > FRAME_SIZE_4K;)
        if ((physical - piece->physical) >> bits & 1)
            expect_ok(untyped_retype(piece->slot, OBJECT_UNTYPED, bits, CAP_NULL, framework_slot(), 1,
                                     CAP_NULL, 0));
    cap_t frame = framework_slot();
    expect_ok(untyped_retype(piece->slot, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame, 1, CAP_NULL, 0));
    return frame;
}

volatile void *framework_device(uint64_t physical)
{
    static word_t used;
    word_t address = boot->free_address + used;

    used += PAGE;
    for (unsigned i = 0; i < boot->untyped_count; i++) {
        const struct boot_untyped *piece = &boot->untyped[i];
        if (!(piece->flags & BOOT_UNTYPED_DEVICE) || physical < piece->physical ||
            (physical - piece->physical) >> piece->size_bits)
            continue;
        cap_t frame = device_frame(piece, physical);
        while (status_error(address_space_map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE,
                                              MAP_CACHE_OFF)) == ERR_TABLE)
            expect_ok(address_space_map_table(SPACE, framework_make(OBJECT_PAGE_TABLE, 0), address));
        return (volatile void *)address;
    }
    test_fail(__FILE__, __LINE__, "expected device memory at 0x%lx, seen none", physical);
}

/* The smallest ordinary boot Untyped with 64 MiB or more. */
static cap_t choose_memory(unsigned *size_bits)
{
    const struct boot_untyped *best = NULL;
    for (unsigned i = 0; i < boot->untyped_count; i++) {
        const struct boot_untyped *untyped = &boot->untyped[i];
        bool fits = !(untyped->flags & (BOOT_UNTYPED_DEVICE | BOOT_UNTYPED_USED)) && untyped->size_bits >= 26;
        if (fits && (!best || untyped->size_bits < best->size_bits))
            best = untyped;
    }
    expect_true(best != NULL);
    *size_bits = best->size_bits;
    return best->slot;
}

static void find_image(void)
{
    expect_true(boot->image_slots <= IMAGE_PAGES_MAX);
    for (unsigned i = 0; i < boot->image_slots; i++)
        image_address[i] = inspect(boot->image_slot + i).data;
}

void arena_init(void)
{
    unsigned size_bits;
    cap_t memory = choose_memory(&size_bits);

    /* However many slots the program's pages take, the same of these share a line of the cache: benches count lines. */
    framework_next = (boot->first_free_slot + SLOTS_ALIGNED - 1) / SLOTS_ALIGNED * SLOTS_ALIGNED;
    framework_end = framework_next + FRAMEWORK_SLOTS;
    slot_first = slot_next = framework_end;
    slot_end = (cap_t)1 << boot->cnode_size_bits;
    address_first = address_next = boot->free_address + DEVICE_AREA;

    expect_ok(untyped_reset(memory, ((word_t)1 << size_bits) - TAKEN_BYTES));
    framework_memory = framework_slot();
    expect_ok(
        untyped_retype(memory, OBJECT_UNTYPED, FRAMEWORK_BITS, CAP_NULL, framework_memory, 1, CAP_NULL, 0));
    thread_memory = framework_make(OBJECT_UNTYPED, THREAD_BITS);
    arena = framework_slot();
    expect_ok(untyped_retype(memory, OBJECT_UNTYPED, ARENA_BITS, CAP_NULL, arena, 1, CAP_NULL, 0));
    find_image();
    machine_start();
}

const char *arena_clean(void)
{
    struct untyped_info info;
    const char *left = NULL;

    workers_clean();
    core_range_bind_timer(CORES, 0, CAP_NULL);
    machine_source_off();
    if (status_error(cnode_revoke(CNODE, arena)) != OK)
        left = "the arena cannot be revoked";
    for (cap_t slot = slot_first; slot < slot_next; slot++)
        if (status_error(cnode_delete(CNODE, slot)) != OK)
            left = "a slot cannot be emptied";
    if (status_error(untyped_reset(arena, 0)) != OK)
        left = "the arena cannot be reset";
    if (status_error(untyped_info(arena, &info)) != OK || info.watermark != 0)
        left = "the arena is not as it was";
    slot_next = slot_first;
    address_next = address_first;
    return left;
}
