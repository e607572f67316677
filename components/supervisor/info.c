/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The information that a component finds at its start (lucid/component.h): a structure, three tables, and
 * strings behind them, all in one area that is written here and then mapped read-only into the component.
 */
#include "parts.h"

/* Where the next table or string goes. */
struct area {
    char *start;
    uint32_t used;
};

static const char *session_interface(const struct bundle_use *use)
{
    return use->server == BUNDLE_SUPERVISOR ? "Supervisor"
                                            : bundle_text(bundle_provide(use->provide)->interface);
}

static bool use_is_of_client(const struct bundle_use *use, const struct component *server)
{
    return use->server == server->index;
}

word_t info_size(const struct component *component)
{
    const struct bundle_component *description = component->description;
    word_t size = sizeof(struct component_info) + strlen(component->name) +
                  strlen(bundle_text(bundle->system)) + strlen(bundle_text(description->arguments)) + 3 +
                  3 * sizeof(word_t);

    for (uint32_t i = 0; i < description->use.count; i++) {
        const struct bundle_use *use = bundle_use(description->use.offset + i);
        size += sizeof(struct component_session) + strlen(bundle_text(use->name)) +
                strlen(session_interface(use)) + 2;
    }
    for (uint32_t i = 0; i < description->device.count; i++)
        size += sizeof(struct component_device) +
                strlen(bundle_text(bundle_device(description->device.offset + i)->name)) +
                strlen(bundle_text(bundle_device(description->device.offset + i)->hardware)) + 2;
    for (uint32_t i = 0; i < bundle->use.count; i++) {
        const struct bundle_use *use = bundle_use(i);
        if (use_is_of_client(use, component))
            size += sizeof(struct component_client) + strlen(components[use->component].name) +
                    strlen(session_interface(use)) + 2;
    }
    return size;
}

static uint32_t add_text(struct area *area, const char *text)
{
    uint32_t offset = area->used;
    memcpy(area->start + offset, text, strlen(text) + 1);
    area->used += (uint32_t)strlen(text) + 1;
    return offset;
}

/* Room for a table; strings come after all of them. */
static void *add_table(struct area *area, struct component_table *table, uint32_t count, size_t entry_size)
{
    table->offset = (uint32_t)round_up(area->used, sizeof(word_t));
    table->count = count;
    area->used = table->offset + count * (uint32_t)entry_size;
    return area->start + table->offset;
}

static void write_sessions(const struct component *component, struct component_session *session,
                           struct area *area)
{
    const struct bundle_table *part = &component->description->use;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct bundle_use *use = bundle_use(part->offset + i);
        session[i].name = add_text(area, bundle_text(use->name));
        session[i].interface = add_text(area, session_interface(use));
        session[i].cap = grants_use_slot(part->offset + i);
    }
}

static void write_devices(const struct component *component, struct component_device *out, struct area *area)
{
    const struct bundle_table *part = &component->description->device;
    for (uint32_t i = 0; i < part->count; i++) {
        const struct bundle_device *device = bundle_device(part->offset + i);
        out[i] = (struct component_device){
            .name = add_text(area, bundle_text(device->name)),
            .hardware = add_text(area, bundle_text(device->hardware)),
            .kind = device->kind,
            .first = device->first,
            .count = device->count,
            .cap = grants_device_slot(part->offset + i),
            .address = grants_device_address(component, part->offset + i),
        };
    }
}

static uint32_t client_count(const struct component *server)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bundle->use.count; i++)
        count += use_is_of_client(bundle_use(i), server);
    return count;
}

static void write_clients(const struct component *server, struct component_client *client, struct area *area)
{
    for (uint32_t i = 0; i < bundle->use.count; i++) {
        const struct bundle_use *use = bundle_use(i);
        if (!use_is_of_client(use, server))
            continue;
        client->badge = use->badge;
        client->name = add_text(area, components[use->component].name);
        client->interface = add_text(area, session_interface(use));
        client++;
    }
}

static void write_machine(struct component_info *info)
{
    info->counter_hz = boot->counter_hz;
    info->counter_start = boot->counter_start;
    info->ns_multiplier = boot->ns_multiplier;
    info->ns_shift = boot->ns_shift;
    memcpy(info->object_size_bits, boot->object_size_bits, sizeof info->object_size_bits);
}

static void write_component(const struct component *component, struct component_info *info, struct area *area)
{
    const struct layout *layout = &component->layout;
    info->magic = COMPONENT_INFO_MAGIC;
    info->version = COMPONENT_INFO_VERSION;
    info->name = add_text(area, component->name);
    info->system = add_text(area, bundle_text(bundle->system));
    info->arguments = add_text(area, bundle_text(component->description->arguments));
    info->index = component->index;
    info->generation = component->generation;
    info->provides = component->description->provide.count;
    info->passive = (component->description->flags & BUNDLE_FLAG_PASSIVE) != 0;
    info->message_page = layout->message_page;
    info->stack = layout->stack;
    info->stack_size = layout->stack_size;
    info->heap = layout->heap;
    info->heap_size = layout->heap_size;
}

void info_write(const struct component *component, unsigned cnode_bits, void *memory)
{
    const struct bundle_component *description = component->description;
    struct component_info *info = memory;
    struct area area = { memory, sizeof *info };

    void *sessions =
        add_table(&area, &info->session, description->use.count, sizeof(struct component_session));
    void *clients = add_table(&area, &info->client, client_count(component), sizeof(struct component_client));
    void *devices =
        add_table(&area, &info->device, description->device.count, sizeof(struct component_device));
    write_component(component, info, &area);
    write_machine(info);
    write_sessions(component, sessions, &area);
    write_clients(component, clients, &area);
    write_devices(component, devices, &area);
    info->cnode_size_bits = cnode_bits;
    info->first_free_slot = (uint32_t)(COMPONENT_SLOT_FIRST + grants_slots(component));
    info->size = area.used;
    assert(area.used <= component->layout.info_size);
}
