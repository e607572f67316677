/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface Supervisor: what components can ask, by their badge.
 *
 * A message is taken apart and checked by the generated dispatcher, handled by one function for each
 * operation, and becomes the answer. Nothing here waits for anybody. A caller that is ended by its own request
 * gets no answer: it is gone before the next receive.
 */
#include "parts.h"
#include <supervisor.server.h>

#define MEMORY_BITS_MIN 6u

_Static_assert(CRASH_KINDS == CRASH_CAPABILITY + 1, "interfaces/supervisor.idl counts its errors right");

/* service_request has checked the badge. */
static struct component *asker(const struct request *request)
{
    return &components[request->badge - 1];
}

static bool is_console(const struct component *component)
{
    const struct bundle_table *part = &component->description->provide;
    for (uint32_t i = 0; i < part->count; i++)
        if (strcmp(bundle_text(bundle_provide(part->offset + i)->interface), "Log") == 0)
            return true;
    return false;
}

bool supervisor_may(const struct request *request, enum supervisor_right right)
{
    if (right == SUPERVISOR_RIGHT_LOG)
        return is_console(asker(request));
    return asker(request)->description->flags & BUNDLE_FLAG_CONTROL;
}

/* ---- For all ------------------------------------------------------------------------------------------- */

error_t supervisor_exit(struct request *request, int32_t code)
{
    component_exited(asker(request), (word_t)(long)code);
    return OK;
}

error_t supervisor_log_text(struct request *request, const char *text, size_t text_count)
{
    log_component_text(asker(request)->name, text, text_count);
    return OK;
}

error_t supervisor_news(struct request *request, word_t *badge)
{
    return grants_next_gone(asker(request), badge) ? OK : ERR_WOULD_BLOCK;
}

/* Made out of the caller's own quota, and moved to it with the answer. */
error_t supervisor_memory(struct request *request, uint32_t size_bits, struct utcb_give *untyped)
{
    const struct component *who = asker(request);
    if (size_bits < MEMORY_BITS_MIN || size_bits > who->quota_bits)
        return ERR_RANGE;
    word_t index = who->hold.give >> boot->cnode_size_bits;
    cnode_delete(who->holdings, index); /* the last one may not have found an empty slot */
    status_t status =
        untyped_retype(who->quota, OBJECT_UNTYPED, size_bits, who->holdings, index, 1, CAP_NULL, 0);
    if (status_error(status) != OK)
        return (error_t)status_error(status);
    *untyped = (struct utcb_give){ .source = who->hold.give, .mode = GIVE_MOVE };
    return OK;
}

error_t supervisor_tolerant(struct request *request, bool tolerate)
{
    word_t value = tolerate ? 0 : THREAD_FAULT_ON_CAP;
    return (error_t)status_error(
        thread_set_attributes(asker(request)->hold.thread, THREAD_FAULT_ON_CAP, value));
}

error_t supervisor_read_log(struct request *request, char text[static SUPERVISOR_TEXT_MAX],
                            size_t *text_count)
{
    (void)request;
    *text_count = log_take(text, SUPERVISOR_TEXT_MAX);
    return *text_count ? OK : ERR_WOULD_BLOCK;
}

/* ---- With control: telling ----------------------------------------------------------------------------- */

static void status_of_supervisor(struct component_status *status)
{
    struct sched_context_info context = { 0 };
    sched_context_info(BOOT_SLOT_SCHED_CONTEXT, &context);
    *status = (struct component_status){ .state = COMPONENT_RUNNING,
                                         .thread_state = THREAD_STATE_RUNNABLE,
                                         .generation = 1,
                                         .priority = PRIORITY_MAX,
                                         .core = context.core,
                                         .cores = boot->cores,
                                         .consumed_ns = context.consumed_ns,
                                         .budget_ns = context.budget_ns,
                                         .period_ns = context.period_ns,
                                         .name = "supervisor" };
    own_memory(&status->memory_used, &status->memory_quota);
}

static void status_of_component(const struct component *component, struct component_status *status)
{
    struct sched_context_info context = { 0 };
    struct untyped_info memory = { 0 };
    if (component->made)
        sched_context_info(component->hold.context, &context);
    if (component->quota)
        untyped_info(component->quota, &memory);
    *status = (struct component_status){ .state = component->state,
                                         .thread_state = component_thread_state(component),
                                         .code = component->code,
                                         .generation = component->generation,
                                         .priority = component->description->priority,
                                         .core = context.core,
                                         .cores = boot->cores,
                                         .consumed_ns = context.consumed_ns,
                                         .budget_ns = component->description->budget_ns,
                                         .period_ns = component->description->period_ns,
                                         .memory_used = memory.watermark,
                                         .memory_quota = (word_t)1 << component->quota_bits,
                                         .started_ns = component->started_ns,
                                         .crashing = component->crashing || component->crash_kinds };
    text_copy(status->name, sizeof status->name, component->name);
}

error_t supervisor_list(struct request *request, word_t index, struct component_status *status)
{
    if (index > component_count)
        return ERR_RANGE;
    if (index == component_count)
        status_of_supervisor(status);
    else
        status_of_component(&components[index], status);
    if (index == asker(request)->index)
        status->thread_state = THREAD_STATE_RUNNABLE; /* it waits for nothing but this answer */
    return OK;
}

/* What a component has the capability in a slot for. */
static void cap_purpose(const struct component *component, word_t slot, char *text, size_t size)
{
    static const char *const fixed[] = {
        [COMPONENT_SLOT_SUPERVISOR] = "session with the supervisor",
        [COMPONENT_SLOT_CNODE] = "its capability space",
        [COMPONENT_SLOT_NOTIFICATION] = "its notification",
        [COMPONENT_SLOT_ENDPOINT] = "where its clients call",
        [COMPONENT_SLOT_REPLY] = "to answer them",
        [COMPONENT_SLOT_SPACE] = "its address space",
    };
    const struct bundle_component *description = component->description;
    text_copy(text, size, slot < COMPONENT_SLOT_FIRST && fixed[slot] ? fixed[slot] : "its own");
    for (uint32_t i = description->use.offset; i < description->use.offset + description->use.count; i++) {
        const struct bundle_use *use = bundle_use(i);
        if (use->server != BUNDLE_SUPERVISOR && grants_use_slot(i) == slot)
            text_format(text, size, "session '%s' with %s%s", bundle_text(use->name),
                        components[use->server].name, components[use->server].made ? "" : " (not running)");
    }
    for (uint32_t i = description->device.offset; i < description->device.offset + description->device.count;
         i++)
        if (slot >= grants_device_slot(i) && slot < COMPONENT_SLOT_FIRST + grants_slots(component))
            text_format(text, size, "device '%s'", bundle_text(bundle_device(i)->name));
}

error_t supervisor_caps(struct request *request, word_t index, word_t slot, struct component_cap *found)
{
    struct capability_info info;
    (void)request;
    if (index >= component_count || slot == 0)
        return ERR_RANGE;
    const struct component *component = &components[index];
    for (; component->made; slot++) {
        if (status_error(cnode_inspect(component->hold.cnode, slot, &info)) != OK)
            break; /* beyond the end */
        if (info.type == OBJECT_NULL)
            continue;
        *found = (struct component_cap){ slot, info.type, info.rights, info.data, info.size_bits, "" };
        cap_purpose(component, slot, found->what, sizeof found->what);
        return OK;
    }
    return ERR_RANGE;
}

/* ---- With control: doing ------------------------------------------------------------------------------- */

error_t supervisor_crash(struct request *request, word_t index, word_t kinds)
{
    (void)request;
    return index < component_count ? component_crash(&components[index], kinds) : ERR_RANGE;
}

/* Without a console, or without anybody in control, nobody could say that it shall be started again: so that
 * is done at once. */
error_t supervisor_kill(struct request *request, word_t index)
{
    if (index >= component_count)
        return ERR_RANGE;
    struct component *component = &components[index];
    bool again = is_console(component) || component->description->flags & BUNDLE_FLAG_CONTROL;
    if (!component->made)
        return ERR_STATE;
    report("%s: killed by %s", component->name, asker(request)->name);
    component_end(component, COMPONENT_KILLED, 0, again);
    return OK;
}

error_t supervisor_restart(struct request *request, word_t index)
{
    (void)request;
    if (index >= component_count)
        return ERR_RANGE;
    struct component *component = &components[index];
    if (!component->quota)
        return ERR_MEMORY;
    component->restarts = 0;
    if (component->made)
        component_end(component, COMPONENT_KILLED, 0, false);
    return component_start(component) ? OK : ERR_STATE;
}

error_t supervisor_power(struct request *request, enum power_action how)
{
    (void)request;
    if (how == POWER_OFF)
        power_off();
    else
        power_reboot();
    return ERR_UNSUPPORTED;
}

/* ---- Requests ------------------------------------------------------------------------------------------ */

void service_request(struct message *message)
{
    static struct request request;
    request_load(&request, message);
    if (request.badge & BADGE_DEAD || request.badge == 0 || request.badge > component_count)
        answer_load(&request, ERR_PEER_GONE, message);
    else
        answer_load(&request, supervisor_dispatch(&request), message);
}
