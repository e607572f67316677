/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames in the component's address space, at addresses that the supervisor leaves alone.
 *
 * A frame may be a peer's, who has chosen it: so what is not as it must be is refused before anything is mapped.
 * Between two ranges is at least a page where nothing is mapped: who runs past the end of one faults, and does not
 * come into another.
 *
 * An address range that was used once is kept, with its page tables, for the next frame of its size: so
 * mapping and unmapping for ever takes no more memory than the most that was mapped at a time.
 */
#include <lucid.h>

#define MAP_FIRST                                                                                            \
    ((word_t)1 << 37) /* 128 GiB: user addresses on all machines, and none of a component's own */

#define GAP_BYTES 4096u

struct window {
    struct window *next;
    word_t address;
    unsigned size_bits;
    cap_t frame;
};

static struct window *used, *spare;
static word_t map_next = MAP_FIRST;

/* A range for a frame of this size; NULL: there is no memory to write down what it is. */
static struct window *window_make(unsigned size_bits)
{
    for (struct window **link = &spare; *link; link = &(*link)->next) {
        struct window *window = *link;
        if (window->size_bits != size_bits)
            continue;
        *link = window->next;
        return window;
    }
    struct window *window = malloc(sizeof *window);
    if (!window)
        return NULL;
    word_t size = (word_t)1 << size_bits;
    window->address = (map_next + size - 1) & ~(size - 1);
    window->size_bits = size_bits;
    map_next = window->address + size + GAP_BYTES;
    return window;
}

static void window_push(struct window **list, struct window *window)
{
    window->next = *list;
    *list = window;
}

/* Put one page table on the way to the address. */
static bool table_add(word_t address)
{
    cap_t table = object_make(OBJECT_PAGE_TABLE, 0);
    if (table && status_error(address_space_map_table(COMPONENT_SLOT_SPACE, table, address)) == OK)
        return true;
    slot_free(table);
    return false;
}

static error_t window_map(const struct window *window, word_t rights)
{
    error_t error;
    do
        error = (error_t)status_error(address_space_map(COMPONENT_SLOT_SPACE, window->frame, window->address,
                                                        rights, MAP_CACHE_WRITE_BACK));
    while (error == ERR_TABLE && table_add(window->address));
    return error == ERR_TABLE ? ERR_MEMORY : error;
}

/* That the slot holds a frame of memory that can be used so. */
static error_t frame_check(cap_t frame, size_t bytes, word_t rights, struct frame_info *info)
{
    struct capability_info capability;
    error_t error = slot_inspect(frame, &capability);
    if (error != OK)
        return error;
    if (capability.type == OBJECT_NULL)
        return ERR_CAPABILITY;
    if (capability.type != OBJECT_FRAME)
        return ERR_TYPE;
    error = (error_t)status_error(frame_info(frame, info));
    if (error != OK)
        return error;
    if (info->device)
        return ERR_TYPE;
    if ((capability.rights & rights) != rights)
        return ERR_RIGHT;
    if (bytes > (size_t)1 << info->size_bits)
        return ERR_RANGE;
    return info->mapped_at ? ERR_MAPPED : OK;
}

error_t memory_map(cap_t frame, size_t bytes, word_t rights, void **memory)
{
    struct frame_info info;
    *memory = NULL;
    error_t error = frame_check(frame, bytes, rights, &info);
    if (error != OK)
        return error;
    struct window *window = window_make(info.size_bits);
    if (!window)
        return ERR_MEMORY;
    window->frame = frame;
    error = window_map(window, rights);
    window_push(error == OK ? &used : &spare, window);
    if (error == OK)
        *memory = (void *)window->address;
    return error;
}

void memory_unmap(void *memory)
{
    for (struct window **link = &used; *link; link = &(*link)->next) {
        struct window *window = *link;
        if (window->address != (word_t)memory)
            continue;
        *link = window->next;
        if (slot_holds(window->frame, OBJECT_FRAME)) /* else it was revoked, and its mapping with it */
            frame_unmap(window->frame);
        window_push(&spare, window);
        return;
    }
    PANIC("memory_unmap: nothing is mapped at %p", memory);
}
