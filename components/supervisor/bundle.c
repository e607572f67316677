/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bundle: what the tool made of the system description. All of it is checked once, before anything is
 * used: magic, version, checksum, and that every offset, index, address and string lies where it may. After
 * that, the functions at the end look things up without a doubt. A bundle that is not right is not used at
 * all.
 *
 * The checksum finds damage. The other checks are for a tool that has a bug, or is of another version: this
 * program decides who may do what, so it believes nobody.
 */
#include "parts.h"

const struct bundle_header *bundle;

#define CHECK(condition, sentence)                                                                           \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return sentence;                                                                                 \
    } while (0)

#define FIRST_ADDRESS 0x10000u /* below: accesses through null pointers, also with large offsets */
#define STACK_MAX     ((word_t)1 << 30)

static uint32_t crc32_update(uint32_t crc, const void *start, size_t size)
{
    static uint32_t table[256];
    const unsigned char *bytes = start;

    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
            table[i] = value;
        }
    }
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return crc;
}

/* Of the whole bundle with its field `crc` as 0. */
static uint32_t bundle_crc(const struct bundle_header *header)
{
    const uint32_t zero = 0;
    const char *start = (const char *)header,
               *rest = start + offsetof(struct bundle_header, crc) + sizeof zero;
    uint32_t crc = crc32_update(~0u, start, offsetof(struct bundle_header, crc));
    crc = crc32_update(crc, &zero, sizeof zero);
    return ~crc32_update(crc, rest, header->size - (size_t)(rest - start));
}

/* ---- Parts that are checked everywhere ----------------------------------------------------------------- */

static bool text_is_good(uint32_t offset)
{
    return offset < bundle->size &&
           strnlen(bundle_text(offset), bundle->size - offset) < bundle->size - offset;
}

static bool table_is_good(const struct bundle_table *table, size_t entry_size)
{
    return table->offset % 8 == 0 && table->offset <= bundle->size &&
           table->count <= (bundle->size - table->offset) / entry_size;
}

/* Entries [offset, offset + count) of a table that has `total`. */
static bool part_is_good(const struct bundle_table *part, const struct bundle_table *whole)
{
    return part->offset <= whole->count && part->count <= whole->count - part->offset;
}

/* ---- Components ---------------------------------------------------------------------------------------- */

static const char *check_segment(const struct bundle_component *component, unsigned index)
{
    const struct bundle_segment *segment = &component->segment[index];
    word_t end;

    CHECK(segment->offset % PAGE_BYTES == 0 && segment->address % PAGE_BYTES == 0,
          "a segment does not begin on a page");
    CHECK(segment->offset <= bundle->size && segment->size <= bundle->size - segment->offset,
          "a segment lies outside of the bundle");
    CHECK(segment->memory_size >= segment->size && segment->memory_size > 0,
          "a segment's size in memory is too small");
    CHECK(segment->address >= FIRST_ADDRESS && segment->memory_size < STACK_MAX &&
              !__builtin_add_overflow(segment->address, segment->memory_size, &end) &&
              end < USER_ADDRESS_END / 2,
          "a segment's address is not one for a component");
    CHECK(!(segment->rights & ~(RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)) && segment->rights & RIGHT_READ,
          "a segment has strange rights");
    CHECK(!(segment->rights & RIGHT_WRITE && segment->rights & RIGHT_EXECUTE),
          "a segment is writable and executable");
    if (index > 0) {
        const struct bundle_segment *before = &component->segment[index - 1];
        CHECK(segment->address >= round_up(before->address + before->memory_size, PAGE_BYTES),
              "segments overlap, or are not in order");
    }
    return NULL;
}

static const char *check_memory(const struct bundle_component *component)
{
    bool entry_is_code = false;
    CHECK(component->segment_count >= 1 && component->segment_count <= BUNDLE_SEGMENTS_MAX,
          "a component has no segments, or too many");
    for (unsigned i = 0; i < component->segment_count; i++) {
        const struct bundle_segment *segment = &component->segment[i];
        const char *wrong = check_segment(component, i);
        if (wrong)
            return wrong;
        if (segment->rights & RIGHT_EXECUTE && component->entry - segment->address < segment->size)
            entry_is_code = true;
    }
    CHECK(entry_is_code, "a component's entry is not in its code");
    CHECK(component->stack % PAGE_BYTES == 0 && component->stack >= PAGE_BYTES &&
              component->stack < STACK_MAX,
          "a component's stack has a wrong size");
    CHECK(component->heap % PAGE_BYTES == 0 && component->heap < STACK_MAX,
          "a component's heap has a wrong size");
    CHECK(component->memory >= PAGE_BYTES && component->memory <= (word_t)1 << 40,
          "a component's memory has a wrong size");
    return NULL;
}

static const char *check_time(const struct bundle_component *component)
{
    bool passive = component->flags & BUNDLE_FLAG_PASSIVE;
    CHECK(component->priority < PRIORITY_MAX, "a component's priority is out of range");
    CHECK(component->restart <= BUNDLE_RESTART_ALWAYS, "a component's restart policy is unknown");
    CHECK(passive || (component->budget_ns > 0 && component->budget_ns <= component->period_ns),
          "a component's budget is not within its period");
    return NULL;
}

static const char *check_symbols(const struct bundle_component *component)
{
    if (component->symbols == 0)
        return NULL;
    CHECK(component->symbols % 8 == 0 && component->symbols <= bundle->size - sizeof(struct bundle_symbols),
          "symbols lie outside of the bundle");
    const struct bundle_symbols *symbols = (const void *)((const char *)bundle + component->symbols);
    const struct bundle_table functions = { symbols->functions, symbols->function_count };
    const struct bundle_table lines = { symbols->lines, symbols->line_count };
    CHECK(table_is_good(&functions, sizeof(struct bundle_function)),
          "a table of functions lies outside of the bundle");
    CHECK(table_is_good(&lines, sizeof(struct bundle_line)), "a table of lines lies outside of the bundle");
    const struct bundle_function *function = (const void *)((const char *)bundle + functions.offset);
    const struct bundle_line *line = (const void *)((const char *)bundle + lines.offset);
    for (uint32_t i = 0; i < functions.count; i++)
        CHECK(text_is_good(function[i].name), "a function's name is not a text");
    for (uint32_t i = 0; i < lines.count; i++)
        CHECK(text_is_good(line[i].file), "a file's name is not a text");
    return NULL;
}

static const char *check_component(const struct bundle_component *component)
{
    const char *wrong;
    CHECK(text_is_good(component->name) && text_is_good(component->source) &&
              text_is_good(component->arguments),
          "a component's name, source or arguments is not a text");
    CHECK(part_is_good(&component->provide, &bundle->provide) &&
              part_is_good(&component->use, &bundle->use) &&
              part_is_good(&component->device, &bundle->device),
          "a component's interfaces, sessions or devices are not in their tables");
    if ((wrong = check_memory(component)) || (wrong = check_time(component)))
        return wrong;
    return check_symbols(component);
}

/* ---- Provides, uses, devices --------------------------------------------------------------------------- */

static const char *check_provide(const struct bundle_provide *provide)
{
    CHECK(provide->component < bundle->component.count, "an interface belongs to no component");
    CHECK(text_is_good(provide->name) && text_is_good(provide->interface),
          "an interface's name is not a text");
    return NULL;
}

static const char *check_use(const struct bundle_use *use)
{
    CHECK(use->component < bundle->component.count, "a session belongs to no component");
    CHECK(text_is_good(use->name), "a session's name is not a text");
    if (use->server == BUNDLE_SUPERVISOR)
        return NULL;
    CHECK(use->server < bundle->component.count && use->server != use->component,
          "a session leads to no other component");
    CHECK(use->provide < bundle->provide.count && bundle_provide(use->provide)->component == use->server,
          "a session is with an interface that its server does not provide");
    CHECK(use->badge >= 1, "a session has no badge");
    return NULL;
}

static const char *check_device(const struct bundle_device *device)
{
    CHECK(device->component < bundle->component.count, "a device belongs to no component");
    CHECK(text_is_good(device->name), "a device's name is not a text");
    CHECK(text_is_good(device->hardware), "a device's kind is not a text");
    CHECK(device->count >= 1 && device->first + device->count > device->first, "a device has no size");
    switch (device->kind) {
    case BUNDLE_DEVICE_IRQ:
        CHECK(device->count == 1 && device->first < boot->irq_lines, "a device's interrupt does not exist");
        break;
    case BUNDLE_DEVICE_PORTS:
        CHECK(device->first + device->count <= 65536, "a device's I/O ports do not exist");
        break;
    case BUNDLE_DEVICE_MEMORY:
        CHECK(device->first % PAGE_BYTES == 0 && device->count % PAGE_BYTES == 0 && device->count < STACK_MAX,
              "a device's memory is not whole pages");
        break;
    case BUNDLE_DEVICE_CORE:
        CHECK(device->count == 1 && device->first < boot->cores, "a device's core does not exist");
        break;
    default:
        return "a device is of an unknown kind";
    }
    return NULL;
}

/* The entries of each component must be its own: what one gets must not hang on two places that differ. */
static const char *check_owners(unsigned index)
{
    const struct bundle_component *component = bundle_component(index);
    for (uint32_t i = 0; i < component->provide.count; i++)
        CHECK(bundle_provide(component->provide.offset + i)->component == index,
              "an interface belongs to two components");
    for (uint32_t i = 0; i < component->use.count; i++)
        CHECK(bundle_use(component->use.offset + i)->component == index,
              "a session belongs to two components");
    for (uint32_t i = 0; i < component->device.count; i++)
        CHECK(bundle_device(component->device.offset + i)->component == index,
              "a device belongs to two components");
    return NULL;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

static const char *check_header(const struct bundle_header *header, word_t size)
{
    CHECK(size >= sizeof *header && header->magic == BUNDLE_MAGIC, "it does not begin like a bundle");
    CHECK(header->version == BUNDLE_VERSION, "it was made for another version of the supervisor");
    CHECK(header->size >= sizeof *header && header->size <= size, "it is cut off");
    CHECK(header->crc == bundle_crc(header), "its checksum is wrong: it is damaged");
    return NULL;
}

static const char *check_tables(void)
{
    CHECK(table_is_good(&bundle->component, sizeof(struct bundle_component)),
          "the table of components lies outside of it");
    CHECK(table_is_good(&bundle->provide, sizeof(struct bundle_provide)),
          "the table of interfaces lies outside of it");
    CHECK(table_is_good(&bundle->use, sizeof(struct bundle_use)), "the table of sessions lies outside of it");
    CHECK(table_is_good(&bundle->device, sizeof(struct bundle_device)),
          "the table of devices lies outside of it");
    CHECK(text_is_good(bundle->system) && text_is_good(bundle->build), "the system's name is not a text");
    return NULL;
}

static const char *check_entries(void)
{
    const char *wrong = NULL;
    for (unsigned i = 0; i < bundle->provide.count && !wrong; i++)
        wrong = check_provide(bundle_provide(i));
    for (unsigned i = 0; i < bundle->use.count && !wrong; i++)
        wrong = check_use(bundle_use(i));
    for (unsigned i = 0; i < bundle->device.count && !wrong; i++)
        wrong = check_device(bundle_device(i));
    for (unsigned i = 0; i < bundle->component.count && !wrong; i++) {
        wrong = check_component(bundle_component(i));
        if (!wrong)
            wrong = check_owners(i);
    }
    return wrong;
}

const char *bundle_open(const void *start, word_t size)
{
    const char *wrong = check_header(start, size);
    if (wrong)
        return wrong;
    bundle = start;
    if ((wrong = check_tables()) || (wrong = check_entries()))
        bundle = NULL;
    return wrong;
}

/* ---- Looking things up --------------------------------------------------------------------------------- */

const char *bundle_text(uint32_t offset)
{
    return (const char *)bundle + offset;
}

#define ENTRY(type, table, index) ((const type *)((const char *)bundle + bundle->table.offset) + (index))

const struct bundle_component *bundle_component(unsigned index)
{
    return ENTRY(struct bundle_component, component, index);
}

const struct bundle_provide *bundle_provide(unsigned index)
{
    return ENTRY(struct bundle_provide, provide, index);
}

const struct bundle_use *bundle_use(unsigned index)
{
    return ENTRY(struct bundle_use, use, index);
}

const struct bundle_device *bundle_device(unsigned index)
{
    return ENTRY(struct bundle_device, device, index);
}
