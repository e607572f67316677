/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's memory, and the making of objects.
 *
 * At boot all memory is Untyped, a few hundred pieces of every size, and not yet clean. A piece that is
 * needed is reset first, which takes time in proportion to its size: so the smallest that fits is taken. What
 * is taken out of it later fills it up from below. Nothing ever goes back to the pieces: a component's quota
 * stays its quota, also while the component does not run.
 *
 * The supervisor's own objects come out of chunks that are taken when the last one is full.
 */
#include "parts.h"

#define OWN_CHUNK_BITS 16u
#define RETYPE_MAX     64u
#define STACK_PAGES    8u
#define HEAP_BYTES     65536u /* beside what the description needs: tables of the firmware, device memory */

/* A piece of boot memory. */
struct piece {
    cap_t cap;
    unsigned size_bits;
    word_t used; /* bytes from below that were given out */
    bool clean;  /* it was reset */
};

static struct piece pieces[BOOT_UNTYPED_MAX];
static unsigned piece_count;
static cap_t next_slot;
static struct maker own;
static word_t own_used_before, own_total; /* used in the chunks before this one; in all */
static word_t own_address;                /* nothing of the supervisor's is mapped from here on */
static word_t window;
static cap_t window_slot; /* for the copy of a frame's capability that the window maps */

/* ---- Slots --------------------------------------------------------------------------------------------- */

cap_t slot_take(void)
{
    if (next_slot >> boot->cnode_size_bits)
        PANIC("the supervisor's capability space is full");
    return next_slot++;
}

cap_t maker_address(const struct maker *maker, word_t index)
{
    return maker->cnode == BOOT_SLOT_CNODE ? index : maker->cnode | index << boot->cnode_size_bits;
}

cap_t maker_next(const struct maker *maker, cap_t cap)
{
    return maker->cnode == BOOT_SLOT_CNODE ? cap + 1 : cap + ((cap_t)1 << boot->cnode_size_bits);
}

word_t maker_slot(struct maker *maker)
{
    if (maker->cnode == BOOT_SLOT_CNODE)
        return slot_take();
    return maker->next < maker->end ? maker->next++ : 0;
}

/* ---- Pieces -------------------------------------------------------------------------------------------- */

static void pieces_init(void)
{
    for (unsigned i = 0; i < boot->untyped_count && i < BOOT_UNTYPED_MAX; i++) {
        const struct boot_untyped *untyped = &boot->untyped[i];
        if (!(untyped->flags & (BOOT_UNTYPED_DEVICE | BOOT_UNTYPED_USED)))
            pieces[piece_count++] = (struct piece){ .cap = untyped->slot, .size_bits = untyped->size_bits };
    }
}

static bool piece_has(const struct piece *piece, unsigned size_bits)
{
    word_t size = (word_t)1 << size_bits, end = (word_t)1 << piece->size_bits;
    return piece->size_bits >= size_bits && round_up(piece->used, size) <= end - size;
}

/* One that is in use already, else the smallest. */
static struct piece *piece_choose(unsigned size_bits)
{
    struct piece *best = NULL;
    for (unsigned i = 0; i < piece_count; i++) {
        struct piece *piece = &pieces[i];
        if (!piece_has(piece, size_bits))
            continue;
        if (!best || piece->clean > best->clean ||
            (piece->clean == best->clean && piece->size_bits < best->size_bits))
            best = piece;
    }
    return best;
}

cap_t memory_take(unsigned size_bits)
{
    struct piece *piece = piece_choose(size_bits);
    if (!piece)
        return CAP_NULL;
    if (!piece->clean && status_error(untyped_reset(piece->cap, 0)) != OK)
        return CAP_NULL;
    piece->clean = true;
    cap_t slot = slot_take();
    status_t status = untyped_retype(piece->cap, OBJECT_UNTYPED, size_bits, CAP_NULL, slot, 1, CAP_NULL, 0);
    if (status_error(status) != OK)
        return CAP_NULL;
    piece->used = round_up(piece->used, (word_t)1 << size_bits) + ((word_t)1 << size_bits);
    return slot;
}

/* ---- Making -------------------------------------------------------------------------------------------- */

static error_t retype(struct maker *maker, unsigned type, unsigned size_bits, word_t first, word_t count)
{
    while (count > 0) {
        word_t some = count < RETYPE_MAX ? count : RETYPE_MAX;
        status_t status =
            untyped_retype(maker->untyped, type, size_bits, maker->cnode, first, some, CAP_NULL, 0);
        if (status_error(status) != OK)
            return (error_t)status_error(status);
        first += some;
        count -= some;
    }
    return OK;
}

error_t maker_make(struct maker *maker, unsigned type, unsigned size_bits, word_t count, cap_t *first)
{
    word_t index = maker_slot(maker);
    for (word_t i = 1; i < count && index; i++)
        if (!maker_slot(maker))
            index = 0;
    if (!index)
        return ERR_SLOT;
    *first = maker_address(maker, index);
    return retype(maker, type, size_bits, index, count);
}

error_t maker_make_numbered(struct maker *maker, unsigned type, cap_t range, word_t number, cap_t *cap)
{
    word_t index = maker_slot(maker);
    if (!index)
        return ERR_SLOT;
    *cap = maker_address(maker, index);
    return (error_t)status_error(
        untyped_retype(maker->untyped, type, 0, maker->cnode, index, 1, range, number));
}

static bool own_extend(unsigned size_bits)
{
    struct untyped_info info;
    unsigned bits = size_bits + 1 > OWN_CHUNK_BITS ? size_bits + 1 : OWN_CHUNK_BITS;
    if (own.untyped && status_error(untyped_info(own.untyped, &info)) == OK)
        own_used_before += info.watermark;
    own.untyped = memory_take(bits);
    own_total += own.untyped ? (word_t)1 << bits : 0;
    return own.untyped != CAP_NULL;
}

error_t own_make(unsigned type, unsigned size_bits, cap_t *cap)
{
    error_t error = own.untyped ? maker_make(&own, type, size_bits, 1, cap) : ERR_MEMORY;
    if (error == ERR_MEMORY && own_extend(type == OBJECT_CNODE ? size_bits + 5 : size_bits))
        error = maker_make(&own, type, size_bits, 1, cap);
    return error;
}

void own_memory(word_t *used, word_t *total)
{
    struct untyped_info info = { 0 };
    untyped_info(own.untyped, &info);
    *used = own_used_before + info.watermark;
    *total = own_total;
}

/* ---- Mapping ------------------------------------------------------------------------------------------- */

static error_t table_make(struct maker *maker, cap_t *table)
{
    return maker == &own ? own_make(OBJECT_PAGE_TABLE, 0, table)
                         : maker_make(maker, OBJECT_PAGE_TABLE, 0, 1, table);
}

error_t space_map(cap_t space, struct maker *maker, cap_t frame, word_t address, word_t rights, word_t cache)
{
    for (;;) { /* once for each level of tables that is missing */
        cap_t table;
        error_t error = (error_t)status_error(address_space_map(space, frame, address, rights, cache));
        if (error != ERR_TABLE)
            return error;
        error = table_make(maker, &table);
        if (error == OK)
            error = (error_t)status_error(address_space_map_table(space, table, address));
        if (error != OK)
            return error;
    }
}

volatile void *device_open(uint64_t physical)
{
    cap_t slot = slot_take(), frame = device_frame(physical);
    word_t address = own_address;
    if (!frame || status_error(cnode_copy(BOOT_SLOT_CNODE, slot, frame)) != OK ||
        space_map(BOOT_SLOT_SPACE, &own, slot, address, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_OFF) != OK)
        return NULL;
    own_address += 2 * PAGE_BYTES;
    return (volatile void *)address;
}

void *window_open(cap_t frame, word_t rights, word_t cache)
{
    status_t status = cnode_copy(BOOT_SLOT_CNODE, window_slot, frame);
    if (status_error(status) == ERR_SLOT) { /* it was not closed properly: that must not be so for ever */
        window_close();
        status = cnode_copy(BOOT_SLOT_CNODE, window_slot, frame);
    }
    if (status_error(status) != OK)
        return NULL;
    if (space_map(BOOT_SLOT_SPACE, &own, window_slot, window, rights, cache) == OK)
        return (void *)window;
    cnode_delete(BOOT_SLOT_CNODE, window_slot);
    return NULL;
}

/* Deleting the capability undoes its mapping. */
void window_close(void)
{
    cnode_delete(BOOT_SLOT_CNODE, window_slot);
}

/* Fresh pages for the supervisor itself, at `own_address`. */
static word_t own_pages(word_t count)
{
    word_t start = own_address;
    for (word_t i = 0; i < count; i++, own_address += PAGE_BYTES) {
        cap_t frame;
        error_t error = own_make(OBJECT_FRAME, FRAME_SIZE_4K, &frame);
        if (error == OK)
            error = space_map(BOOT_SLOT_SPACE, &own, frame, own_address, RIGHT_READ | RIGHT_WRITE,
                              MAP_CACHE_WRITE_BACK);
        if (error != OK)
            PANIC("no memory for the supervisor itself: %s", error_sentence(error));
    }
    own_address += PAGE_BYTES; /* nothing there: running over the end is a fault */
    return start;
}

word_t stack_make(void)
{
    return own_pages(STACK_PAGES) + STACK_PAGES * PAGE_BYTES;
}

/* Records of the components and their parts, information areas, pieces of device memory. */
void memory_init_heap(void)
{
    word_t bytes = HEAP_BYTES + bundle->component.count * sizeof(struct component) + bundle->use.count * 128 +
                   bundle->device.count * 128;
    bytes = round_up(bytes, PAGE_BYTES);
    heap_init((void *)own_pages(bytes / PAGE_BYTES), bytes);
}

void memory_init(void)
{
    next_slot = boot->first_free_slot;
    own.cnode = BOOT_SLOT_CNODE;
    own_address = round_up(boot->free_address, PAGE_BYTES) + PAGE_BYTES;
    pieces_init();
    window_slot = slot_take();
    window = own_address;
    own_address += 2 * PAGE_BYTES;
}
