/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checking the payload: nothing in it is used before this has seen it.
 *
 * A boot loader may have loaded only a part of the file, a disk may have changed a bit, the tool may be of another version: each gets
 * a sentence of its own, and the machine stops.
 */
#include "boot.h"

#define USER_IMAGE_END 0x0000400000000000ull

/*@ predicate inside{L}(struct image_header *h, integer offset, integer size) =
        offset % IMAGE_PAGE == 0 && offset >= IMAGE_PAGE && offset + size <= h->size;
    // A segment can be mapped as it says: within the image, in user space, and not both written and executed.
    predicate segment_good{L}(struct image_header *h, struct image_segment *s) =
        inside(h, s->offset, s->size) && s->size <= s->memory_size && s->address % IMAGE_PAGE == 0 &&
        IMAGE_PAGE <= s->address && s->address + s->memory_size <= USER_IMAGE_END && s->rights != 0 &&
        (s->rights & (RIGHT_WRITE | RIGHT_EXECUTE)) != (RIGHT_WRITE | RIGHT_EXECUTE); */

/* CRC-32 of IEEE 802.3, reflected polynomial 0xedb88320, by nibbles: 64 bytes of table, twice the speed of bits. */
/*@ requires \valid_read(bytes + (0 .. size - 1));
    assigns \nothing; */
static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t size)
{
    static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
    crc = ~crc;
    /*@ loop invariant 0 <= i <= size;
        loop assigns i, crc;
        loop variant size - i; */
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/*@ assigns \nothing;
    ensures \false;
    exits \false; */
NORETURN static void refuse(const char *sentence)
{
    print("lucid: cannot start: %s\n", sentence);
    arch_halt(1);
}

static uint32_t header_crc(const struct image_header *header)
{
    struct image_header copy = *header;

    copy.header_crc = 0;
    return crc32(0, (const uint8_t *)&copy, sizeof(copy));
}

/* [offset, offset + size) lies in the payload, behind what ends at `behind` (the header, the part before), and begins on a page. */
/*@ requires \valid_read(header) && behind >= IMAGE_PAGE;
    assigns \nothing;
    ensures \result <==> inside(header, offset, size) && offset >= behind; */
static bool part_is_inside(const struct image_header *header, uint64_t offset, uint64_t size, uint64_t behind)
{
    return offset % IMAGE_PAGE == 0 && offset >= behind && offset <= header->size &&
           size <= header->size - offset;
}

/*@ requires \valid_read(header) && \valid_read(segment) && lowest >= IMAGE_PAGE && behind >= IMAGE_PAGE;
    assigns \nothing;
    ensures segment_good(header, segment) && lowest <= segment->address && behind <= segment->offset; */
static void check_segment(const struct image_header *header, const struct image_segment *segment,
                          uint64_t lowest, uint64_t behind)
{
    if (!part_is_inside(header, segment->offset, segment->size, behind) ||
        segment->memory_size < segment->size)
        refuse("a segment of the root component lies outside of the image, or upon another part of it");
    if (segment->address % IMAGE_PAGE || segment->address < lowest || segment->memory_size > USER_IMAGE_END ||
        segment->address > USER_IMAGE_END - segment->memory_size)
        refuse("a segment of the root component has an impossible address");
    if (segment->rights & ~(uint32_t)(RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE) ||
        (segment->rights & (RIGHT_WRITE | RIGHT_EXECUTE)) == (RIGHT_WRITE | RIGHT_EXECUTE) ||
        segment->rights == 0)
        refuse("a segment of the root component has impossible rights");
}

/* Where the last of them ends in the payload. */
static uint64_t check_segments(const struct image_header *header)
{
    uint64_t lowest = IMAGE_PAGE; /* page 0 is never mapped */
    uint64_t end = IMAGE_PAGE;
    bool entry_is_code = false;

    if (header->segment_count == 0 || header->segment_count > IMAGE_SEGMENTS_MAX)
        refuse("the image has no root component, or one with too many segments");
    for (unsigned i = 0; i < header->segment_count; i++) {
        check_segment(header, &header->segment[i], lowest, end);
        end = header->segment[i].offset + header->segment[i].size;
        lowest = header->segment[i].address + header->segment[i].memory_size;
        if (header->segment[i].rights & RIGHT_EXECUTE &&
            header->entry - header->segment[i].address < header->segment[i].size)
            entry_is_code = true;
    }
    if (!entry_is_code)
        refuse("the root component's entry is not in its code");
    return end;
}

/* A part that may be absent: its size is 0 then. Where it, or what is before it, ends. */
static uint64_t check_part(const struct image_header *header, uint64_t offset, uint64_t size, uint64_t behind,
                           const char *sentence)
{
    if (size == 0)
        return behind;
    if (!part_is_inside(header, offset, size, behind))
        refuse(sentence);
    return offset + size;
}

const struct image_header *image_check(const void *payload, size_t room)
{
    const struct image_header *header = payload;

    if (room < IMAGE_PAGE || header->magic != IMAGE_MAGIC)
        refuse("there is no image behind the kernel (build one with: lucid build SYSTEM)");
    if (header->abi_version != LUCID_ABI_VERSION)
        refuse("the image was built for another version of the kernel's interface");
    if (header->header_crc != header_crc(header))
        refuse("the image's header is damaged");
    if (header->size % IMAGE_PAGE || header->size < IMAGE_PAGE || header->size > room)
        refuse("the image is truncated");
    if (header->payload_crc !=
        crc32(0, (const uint8_t *)payload + IMAGE_PAGE, (size_t)header->size - IMAGE_PAGE))
        refuse("the image is damaged: its checksum does not match");
    uint64_t end = check_segments(header);
    end = check_part(header, header->symbols, header->symbols_size, end,
                     "the symbols lie outside of the image, or upon another part of it");
    check_part(header, header->bundle, header->bundle_size, end,
               "the bundle lies outside of the image, or upon another part of it");
    if (header->bundle_size % IMAGE_PAGE)
        refuse("the bundle's size is not a multiple of 4096");
    return header;
}
