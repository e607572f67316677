/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the supervisor does with a bundle that it has found to be right: reads every text and table, numbers the slots of sessions and
 * devices, writes each component's information, looks up addresses. None of that checks anything any more, so the address sanitizer
 * sees whatever bundle_open has overlooked.
 *
 * Only what needs no kernel; what grants.c would call of the rest is never called.
 */
#include "opened.h"
#include "parts.h"

int posix_memalign(void **memory, size_t align, size_t size);

#define PLACES_MAX 64u
#define KEPT_MAX   8u

static void *kept[KEPT_MAX];
static unsigned kept_count;

void *kept_calloc(size_t count, size_t size);

static const struct boot_info machine = { .irq_lines = 48, .irq_msi_first = 32, .cores = 1 };
const struct boot_info *boot = &machine;
struct component *components;
unsigned component_count;
cap_t supervisor_endpoint = 1;
struct utcb *message_page;

/* ---- Of the library and the supervisor */

void panic(const char *file, int line, const char *format, ...)
{
    dprintf(2, "%s:%d: %s\n", file, line, format);
    abort();
}

word_t maker_slot(struct maker *maker)
{
    (void)maker;
    abort();
}

cap_t maker_address(const struct maker *maker, word_t index)
{
    (void)maker, (void)index;
    abort();
}

error_t maker_make_numbered(struct maker *maker, unsigned type, cap_t range, word_t number, cap_t *cap)
{
    (void)maker, (void)type, (void)range, (void)number, (void)cap;
    abort();
}

error_t space_map(cap_t space, struct maker *maker, cap_t frame, word_t address, word_t rights, word_t cache)
{
    (void)space, (void)maker, (void)frame, (void)address, (void)rights, (void)cache;
    abort();
}

cap_t device_frame(uint64_t physical)
{
    (void)physical;
    abort();
}

/* What the supervisor takes once and never gives back; for the next bundle it must. (The build calls calloc so.) */
void *kept_calloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    FUZZ_EXPECT(memory != NULL && kept_count < KEPT_MAX);
    kept[kept_count++] = memory;
    return memory;
}

static void give_back(void)
{
    while (kept_count > 0)
        free(kept[--kept_count]);
}

/* ---- Use of all there is */

static void use_texts(const struct component *component)
{
    const struct bundle_component *description = component->description;

    FUZZ_EXPECT(strlen(bundle_text(description->source)) < bundle->size);
    for (uint32_t i = 0; i < description->provide.count; i++)
        FUZZ_EXPECT(strlen(bundle_text(bundle_provide(description->provide.offset + i)->name)) <
                    bundle->size);
}

static void use_segments(const struct component *component)
{
    const struct bundle_component *description = component->description;
    unsigned char sum = 0;

    for (uint32_t i = 0; i < description->segment_count; i++) {
        const struct bundle_segment *segment = &description->segment[i];
        const unsigned char *bytes = (const unsigned char *)bundle + segment->offset;
        if (segment->size > 0)
            sum = (unsigned char)(sum + bytes[0] + bytes[segment->size - 1]);
        FUZZ_EXPECT(segment->address + segment->memory_size > segment->address);
    }
    *(volatile unsigned char *)&sum = sum;
}

static void use_symbols(const struct component *component)
{
    const struct bundle_component *description = component->description;

    symbols_address(component, "no such function");
    for (unsigned i = 0; i < PLACES_MAX; i++) {
        struct place place = symbols_find(component, description->entry + i * 3);
        FUZZ_EXPECT(!place.function || strlen(place.function) < bundle->size);
        FUZZ_EXPECT(!place.file || strlen(place.file) < bundle->size);
    }
}

static void use_info(struct component *component)
{
    word_t size = info_size(component);
    void *info = malloc(size);

    if (!info)
        return;
    component->layout.info_size = size;
    info_write(component, 8, info);
    free(info);
}

static void make_components(void)
{
    component_count = bundle->component.count;
    components = kept_calloc(component_count + 1, sizeof *components);
    for (unsigned i = 0; i < component_count; i++) {
        components[i].index = i;
        components[i].description = bundle_component(i);
        components[i].name = bundle_text(bundle_component(i)->name);
    }
}

static void use_all(void)
{
    make_components();
    grants_init();
    for (unsigned i = 0; i < component_count; i++) {
        grants_number(&components[i]);
        FUZZ_EXPECT(grants_slots(&components[i]) >= grants_device_pages(&components[i]));
        use_texts(&components[i]);
        use_segments(&components[i]);
        use_symbols(&components[i]);
        use_info(&components[i]);
    }
    give_back();
}

bool bundle_use_all(const uint8_t *bytes, size_t size)
{
    void *exact = NULL;

    FUZZ_EXPECT(posix_memalign(&exact, PAGE_BYTES, size) == 0);
    memcpy(exact, bytes, size);
    const char *wrong = bundle_open(exact, size);
    FUZZ_EXPECT(!wrong == (bundle != NULL) && (!wrong || strlen(wrong) > 8));
    if (!wrong)
        use_all();
    bundle = NULL;
    free(exact);
    return !wrong;
}
