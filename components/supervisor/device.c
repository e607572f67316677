/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of device memory.
 *
 * The kernel gives out device memory as Untyped pieces that can be as large as the whole address space. To
 * get at one page, the piece that contains it is halved until it is that page. Every piece is kept in a list,
 * so that the next page finds the halves that are there already. Pieces never overlap, except with the ones
 * they were made of, which are marked `split`.
 */
#include "parts.h"

#define PIECES_GROW 64u

struct device_piece {
    uint64_t physical;
    cap_t cap;
    uint8_t size_bits;
    bool split; /* it has been halved */
    bool frame; /* it is a page, and `cap` is its Frame */
};

static struct device_piece *pieces;
static unsigned count, room;

static bool piece_add(uint64_t physical, unsigned size_bits, cap_t cap)
{
    if (count == room) {
        struct device_piece *more = malloc((room + PIECES_GROW) * sizeof *more);
        if (!more)
            return false;
        if (count)
            memcpy(more, pieces, count * sizeof *more);
        free(pieces);
        pieces = more;
        room += PIECES_GROW;
    }
    pieces[count++] =
        (struct device_piece){ .physical = physical, .cap = cap, .size_bits = (uint8_t)size_bits };
    return true;
}

static bool pieces_load(void)
{
    for (unsigned i = 0; i < boot->untyped_count && i < BOOT_UNTYPED_MAX; i++) {
        const struct boot_untyped *untyped = &boot->untyped[i];
        if (untyped->flags & BOOT_UNTYPED_DEVICE && !(untyped->flags & BOOT_UNTYPED_USED) &&
            untyped->size_bits >= PAGE_BITS &&
            !piece_add(untyped->physical, untyped->size_bits, untyped->slot))
            return false;
    }
    return true;
}

/* The piece that contains the address and is not split. */
static struct device_piece *piece_find(uint64_t physical)
{
    if (count == 0 && !pieces_load())
        return NULL;
    for (unsigned i = 0; i < count; i++)
        if (!pieces[i].split && physical >= pieces[i].physical &&
            (physical - pieces[i].physical) >> pieces[i].size_bits == 0)
            return &pieces[i];
    return NULL;
}

static bool piece_halve(struct device_piece *piece)
{
    struct device_piece whole = *piece; /* adding moves the list */
    unsigned bits = whole.size_bits - 1u;
    cap_t low = slot_take(), high = slot_take();

    untyped_reset(whole.cap, 0); /* of device memory: only the watermark */
    if (status_error(untyped_retype(whole.cap, OBJECT_UNTYPED, bits, CAP_NULL, low, 2, CAP_NULL, 0)) != OK)
        return false;
    piece->split = true;
    return piece_add(whole.physical, bits, low) &&
           piece_add(whole.physical + ((uint64_t)1 << bits), bits, high);
}

static bool piece_make_frame(struct device_piece *piece)
{
    cap_t frame = slot_take();

    untyped_reset(piece->cap, 0);
    if (status_error(
            untyped_retype(piece->cap, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frame, 1, CAP_NULL, 0)) != OK)
        return false;
    piece->cap = frame;
    piece->frame = true;
    return true;
}

cap_t device_frame(uint64_t physical)
{
    struct device_piece *piece = piece_find(physical);
    while (piece && piece->size_bits > PAGE_BITS) {
        if (!piece_halve(piece))
            return CAP_NULL;
        piece = piece_find(physical);
    }
    if (!piece || (!piece->frame && !piece_make_frame(piece)))
        return CAP_NULL;
    return piece->cap;
}

bool device_read(uint64_t physical, void *to, size_t size)
{
    char *out = to;
    while (size > 0) {
        size_t offset = physical % PAGE_BYTES;
        size_t some = size < PAGE_BYTES - offset ? size : PAGE_BYTES - offset;
        cap_t frame = device_frame(physical - offset);
        const char *page = frame ? window_open(frame, RIGHT_READ, MAP_CACHE_WRITE_BACK) : NULL;
        if (!page)
            return false;
        memcpy(out, page + offset, some);
        window_close();
        out += some;
        physical += some;
        size -= some;
    }
    return true;
}
