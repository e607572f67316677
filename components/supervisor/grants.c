/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions and devices: what the description's line gives to a component, and nothing else.
 *
 * For each grant the supervisor keeps a minted capability, the parent, in the component's holdings, and the
 * component's own is a child of it. Deleting the parent takes the grant back, with all copies that were made
 * of it; so a session can be exchanged at any time.
 *
 *     server lives     endpoint of the server --mint badge--> parent --mint--> slot of the client
 *     server is gone   endpoint of the supervisor --mint BADGE_DEAD--> parent --mint--> slot of the client
 *
 * When a server dies, its endpoint goes with its memory, and with that the parents and all sessions. Clients
 * that were in a call get `peer gone` from the kernel. Then the sessions lead to the supervisor, which
 * answers every call with `peer gone`, until the server lives again. So a client never waits for a server
 * that is not there, and never commits a fault because of it.
 *
 * A server learns of a dead client by a signal, and then asks who it was: so the supervisor never waits for a
 * server.
 */
#include "parts.h"

/* What is known of a session, beside its description. */
struct use_state {
    word_t parent; /* slot in the holdings of the client; 0: none */
    word_t slot;   /* in the client's CNode */
    bool gone;     /* the client is gone, and the server has not asked about it yet */
};

static struct use_state *use_state;
static word_t *device_slot; /* of each device, in its component's CNode */

void grants_init(void)
{
    use_state = calloc(bundle->use.count + 1, sizeof *use_state);
    device_slot = calloc(bundle->device.count + 1, sizeof *device_slot);
    if (!use_state || !device_slot)
        PANIC("no memory for %u sessions and %u devices", bundle->use.count, bundle->device.count);
}

/* ---- Slots --------------------------------------------------------------------------------------------- */

static word_t device_pages(const struct bundle_device *device)
{
    return device->kind == BUNDLE_DEVICE_MEMORY ? device->count / PAGE_BYTES : 0;
}

word_t grants_device_pages(const struct component *component)
{
    const struct bundle_table *part = &component->description->device;
    word_t pages = 0;
    for (uint32_t i = 0; i < part->count; i++)
        pages += device_pages(bundle_device(part->offset + i));
    return pages;
}

word_t grants_slots(const struct component *component)
{
    const struct bundle_component *description = component->description;
    return description->use.count + description->device.count + grants_device_pages(component);
}

word_t grants_use_slot(unsigned use)
{
    return use_state[use].slot;
}

word_t grants_device_slot(unsigned device)
{
    return device_slot[device];
}

word_t grants_device_address(const struct component *component, unsigned device)
{
    const struct bundle_table *part = &component->description->device;
    word_t address = component->layout.devices;
    if (bundle_device(device)->kind != BUNDLE_DEVICE_MEMORY)
        return 0;
    for (uint32_t i = part->offset; i < device; i++)
        address += device_pages(bundle_device(i)) * PAGE_BYTES;
    return address;
}

void grants_number(const struct component *component)
{
    const struct bundle_component *description = component->description;
    word_t next = COMPONENT_SLOT_FIRST;
    for (uint32_t i = 0; i < description->use.count; i++) {
        unsigned use = description->use.offset + i;
        bool supervisor = bundle_use(use)->server == BUNDLE_SUPERVISOR;
        use_state[use].slot = supervisor ? COMPONENT_SLOT_SUPERVISOR : next++;
    }
    for (uint32_t i = 0; i < description->device.count; i++) {
        unsigned device = description->device.offset + i;
        device_slot[device] = next;
        next += bundle_device(device)->kind == BUNDLE_DEVICE_MEMORY ? device_pages(bundle_device(device)) : 1;
    }
}

/* ---- Sessions ------------------------------------------------------------------------------------------ */

/* Make the session lead to its server, or to nobody. Its parent's slot stays the same. */
static error_t session_grant(unsigned use)
{
    const struct bundle_use *description = bundle_use(use);
    struct component *client = &components[description->component];
    const struct component *server = &components[description->server];
    struct use_state *state = &use_state[use];

    cnode_delete(client->holdings, state->parent); /* if there was one: with what the client has of it */
    cap_t source = server->made ? server->hold.endpoint : supervisor_endpoint;
    word_t badge = server->made ? description->badge : BADGE_DEAD | use;
    status_t status = cnode_mint(client->holdings, state->parent, source, RIGHT_WRITE | RIGHT_GRANT, badge);
    if (status_error(status) == OK)
        status = cnode_mint(client->hold.cnode, state->slot, maker_address(&client->maker, state->parent),
                            RIGHT_WRITE | RIGHT_GRANT, 0);
    return (error_t)status_error(status);
}

static bool use_is_with(unsigned use, const struct component *server)
{
    return bundle_use(use)->server == server->index;
}

/* Nothing is done about a session that cannot be given again: the client has put something else into its
 * slot. */
void grants_server_changed(const struct component *server)
{
    for (unsigned use = 0; use < bundle->use.count; use++) {
        if (!use_is_with(use, server))
            continue;
        use_state[use].gone = false; /* a new server knows nothing of those before */
        if (components[bundle_use(use)->component].made)
            session_grant(use);
    }
}

/* ---- Devices ------------------------------------------------------------------------------------------- */

/* A number out of one of the supervisor's ranges: the parent in the holdings, a child in the component's
 * slot. */
static error_t range_grant(struct component *component, cap_t range, const struct bundle_device *device,
                           word_t slot)
{
    word_t parent = maker_slot(&component->maker);
    status_t status = cnode_mint_range(component->holdings, parent, range, RIGHT_READ | RIGHT_WRITE,
                                       device->first, device->count);
    if (status_error(status) == OK)
        status = cnode_mint_range(component->hold.cnode, slot, maker_address(&component->maker, parent),
                                  RIGHT_READ | RIGHT_WRITE, device->first, device->count);
    return (error_t)status_error(status);
}

static error_t irq_grant(struct component *component, const struct bundle_device *device, word_t slot)
{
    cap_t handler;
    error_t error = maker_make_numbered(&component->maker, OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE,
                                        device->first, &handler);
    if (error == OK && device->first < boot->irq_msi_first)
        error = (error_t)status_error(irq_handler_set_mode(handler, device->mode));
    if (error == OK)
        error = (error_t)status_error(cnode_mint(component->hold.cnode, slot, handler, RIGHT_WRITE, 0));
    return error;
}

static error_t memory_grant(struct component *component, const struct bundle_device *device, unsigned index)
{
    word_t address = grants_device_address(component, index);
    for (word_t page = 0; page < device_pages(device); page++) {
        cap_t source = device_frame(device->first + page * PAGE_BYTES);
        word_t parent = maker_slot(&component->maker);
        cap_t frame = maker_address(&component->maker, parent);
        if (!source)
            return ERR_RANGE;
        error_t error = (error_t)status_error(
            cnode_mint(component->holdings, parent, source, RIGHT_READ | RIGHT_WRITE, 0));
        if (error == OK)
            error = space_map(component->hold.space, &component->maker, frame, address + page * PAGE_BYTES,
                              RIGHT_READ | RIGHT_WRITE, MAP_CACHE_OFF);
        if (error == OK)
            error = (error_t)status_error(cnode_mint(component->hold.cnode, device_slot[index] + page, frame,
                                                     RIGHT_READ | RIGHT_WRITE, 0));
        if (error != OK)
            return error;
    }
    return OK;
}

static error_t device_grant(struct component *component, unsigned index)
{
    const struct bundle_device *device = bundle_device(index);
    switch (device->kind) {
    case BUNDLE_DEVICE_IRQ:
        return irq_grant(component, device, device_slot[index]);
    case BUNDLE_DEVICE_PORTS:
        return range_grant(component, BOOT_SLOT_IO_PORT_RANGE, device, device_slot[index]);
    case BUNDLE_DEVICE_CORE:
        return range_grant(component, BOOT_SLOT_CORE_RANGE, device, device_slot[index]);
    default:
        return memory_grant(component, device, index);
    }
}

error_t grants_give(struct component *component)
{
    const struct bundle_component *description = component->description;
    error_t error = OK;

    for (uint32_t i = 0; i < description->device.count && error == OK; i++)
        error = device_grant(component, description->device.offset + i);
    for (uint32_t i = 0; i < description->use.count && error == OK; i++) {
        unsigned use = description->use.offset + i;
        if (bundle_use(use)->server == BUNDLE_SUPERVISOR)
            continue;
        use_state[use].parent = maker_slot(&component->maker);
        error = use_state[use].parent ? session_grant(use) : ERR_SLOT;
    }
    return error;
}

/* ---- Clients that are gone ----------------------------------------------------------------------------- */

void grants_client_gone(const struct component *client)
{
    const struct bundle_table *part = &client->description->use;
    for (uint32_t i = 0; i < part->count; i++) {
        unsigned use = part->offset + i;
        if (bundle_use(use)->server == BUNDLE_SUPERVISOR)
            continue;
        const struct component *server = &components[bundle_use(use)->server];
        if (!server->made)
            continue;
        use_state[use].gone = true;
        notification_signal(server->hold.news);
    }
}

bool grants_next_gone(const struct component *server, word_t *badge)
{
    for (unsigned use = 0; use < bundle->use.count; use++) {
        if (!use_state[use].gone || !use_is_with(use, server))
            continue;
        use_state[use].gone = false;
        *badge = bundle_use(use)->badge;
        return true;
    }
    return false;
}
