/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the component is and what it was given: a view of the information area that the supervisor maps
 * read-only. The area is trusted: it comes from the one who could do anything to this component anyway.
 */
#include <lucid.h>
#include "runtime.h"

const struct component_info *component_info;
struct utcb *message_page;

const char *component_text(uint32_t offset)
{
    return component_info ? (const char *)component_info + offset : "";
}

const char *component_name(void)
{
    return component_info ? component_text(component_info->name) : "";
}

const char *component_system(void)
{
    return component_info ? component_text(component_info->system) : "";
}

const char *component_arguments(void)
{
    return component_info ? component_text(component_info->arguments) : "";
}

unsigned component_generation(void)
{
    return component_info ? component_info->generation : 0;
}

cap_t session_find(const char *name)
{
    if (!component_info)
        return CAP_NULL;
    const struct component_session *session = INFO_TABLE(struct component_session, session);
    for (uint32_t i = 0; i < component_info->session.count; i++)
        if (strcmp(component_text(session[i].name), name) == 0)
            return session[i].cap;
    return CAP_NULL;
}

cap_t use(const char *name)
{
    cap_t cap = session_find(name);
    if (cap == CAP_NULL) {
        print("%s: no session '%s': add  uses = { %s = \"SERVER.INTERFACE\" }  to [component.%s]\n",
              component_name(), name, name, component_name());
        exit(1);
    }
    return cap;
}

const struct component_device *device_find(const char *name, unsigned kind)
{
    if (!component_info)
        return NULL;
    const struct component_device *device = INFO_TABLE(struct component_device, device);
    for (uint32_t i = 0; i < component_info->device.count; i++)
        if (device[i].kind == kind && strcmp(component_text(device[i].name), name) == 0)
            return &device[i];
    return NULL;
}

const struct component_client *client_at(unsigned index)
{
    if (!component_info || index >= component_info->client.count)
        return NULL;
    return INFO_TABLE(struct component_client, client) + index;
}

const struct component_client *client_find(word_t badge)
{
    for (unsigned i = 0;; i++) {
        const struct component_client *client = client_at(i);
        if (!client || client->badge == badge)
            return client;
    }
}
