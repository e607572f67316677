/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A component's life.
 *
 *     IDLE ----------+                                (start = "manual")
 *                    v
 *     start --> RUNNING --> EXITED, CRASHED, KILLED   --> by policy or order: RUNNING, one generation later
 *                    |
 *                    +----> FAILED                    it could not be made
 *
 * Only in RUNNING it has objects (`made`). Whatever ends it takes back everything at once; then, if it is to
 * be started again, all of it is made anew. Its quota of memory is taken at boot and stays its own.
 *
 * A component that ends again and again would take all the time there is, because the supervisor goes before
 * all others: after RESTARTS_MAX starts in RESTARTS_WINDOW_NS it is left alone. What a person orders does not
 * count.
 */
#include "parts.h"

#define RESTARTS_MAX       5u
#define RESTARTS_WINDOW_NS (10 * NS_PER_S)
#define QUOTA_BITS_MIN     16u

struct component *components;
unsigned component_count;

/* ---- Starting ------------------------------------------------------------------------------------------ */

/* Let the thread begin at `ip` with an argument and an empty stack. */
static error_t thread_begin(const struct component *component, word_t ip, word_t argument)
{
    const struct layout *layout = &component->layout;
    const word_t start[] = { ip, arch_stack_pointer(layout->stack + layout->stack_size) };
    cap_t thread = component->hold.thread;

    status_t status = thread_write_registers(thread, REGISTER_IP, start, 2);
    if (status_error(status) == OK)
        status = thread_write_registers(thread, REGISTER_ARGUMENT, &argument, 1);
    /* A passive one runs until it waits on what it is lent; if it has a context at the moment, on that. */
    if (status_error(status) == OK && component->description->flags & BUNDLE_FLAG_PASSIVE)
        sched_context_lend(component->hold.context, thread);
    if (status_error(status) == OK)
        status = thread_resume(thread);
    return (error_t)status_error(status);
}

/* Let it commit the next error that it shall. */
static error_t crash_begin(struct component *component)
{
    word_t kind = (word_t)__builtin_ctzl(component->crash_kinds);
    word_t function = symbols_address(component, "__lucid_crash");

    component->crash_kinds &= component->crash_kinds - 1;
    component->crashing = true;
    /* It may have asked to be told of bad capabilities instead. */
    thread_set_attributes(component->hold.thread, THREAD_FAULT_ON_CAP, THREAD_FAULT_ON_CAP);
    return function ? thread_begin(component, function, kind) : ERR_UNSUPPORTED;
}

bool component_start(struct component *component)
{
    assert(!component->made);
    component->generation++;
    component->started_ns = time_now_ns();
    component->crashing = false;
    error_t error = construct(component);
    if (error == OK) {
        grants_server_changed(component);
        component->state = COMPONENT_RUNNING;
        error = component->crash_kinds
                    ? crash_begin(component)
                    : thread_begin(component, component->description->entry, component->layout.info);
        if (error != OK)
            report("%s: cannot be started: %s", component->name, error_sentence(error));
    }
    if (error != OK)
        component_end(component, COMPONENT_FAILED, 0, false);
    return error == OK;
}

/* ---- Ending -------------------------------------------------------------------------------------------- */

void component_end(struct component *component, unsigned state, word_t code, bool again)
{
    component->state = state;
    component->code = code;
    if (component->made) {
        grants_client_gone(component);
        deconstruct(component);
        grants_server_changed(component);
    }
    if (!again) {
        component->crashing = false;
        component->crash_kinds = 0;
    } else if (component_start(component)) {
        report("%s: started again (start number %u)", component->name, component->generation);
    }
}

/* Whether a start now would be one too many; counts it. */
static bool restarts_too_many(struct component *component)
{
    time_ns_t now = time_now_ns();
    if (now - component->restarts_since_ns > RESTARTS_WINDOW_NS) {
        component->restarts_since_ns = now;
        component->restarts = 0;
    }
    return ++component->restarts > RESTARTS_MAX;
}

void component_ended(struct component *component, unsigned state, word_t code)
{
    bool ordered = component->crashing; /* somebody wanted it to crash: that says nothing about it */
    bool again = component->description->restart == BUNDLE_RESTART_ALWAYS;

    if (component->crash_kinds) {
        again = true; /* until it has made all the errors that it shall */
    } else if (again && !ordered && restarts_too_many(component)) {
        report("%s: ended %u times in %u s, and is not started again", component->name, component->restarts,
               (unsigned)(RESTARTS_WINDOW_NS / NS_PER_S));
        again = false;
    }
    component_end(component, state, code, again);
}

void component_exited(struct component *component, word_t code)
{
    /* That one ends by itself and well is no news, unless it shall always run. */
    if (code != 0 || component->description->restart == BUNDLE_RESTART_ALWAYS)
        report("%s: exited with code %d", component->name, (int)code);
    component_ended(component, COMPONENT_EXITED, code);
}

error_t component_crash(struct component *component, word_t kinds)
{
    if (kinds == 0 || kinds >> CRASH_KINDS)
        return ERR_RANGE;
    if (!symbols_address(component, "__lucid_crash"))
        return ERR_UNSUPPORTED;
    component->crash_kinds = kinds;
    if (!component->made)
        return component_start(component) ? OK : ERR_STATE;
    thread_suspend(component->hold.thread, 0);
    return crash_begin(component);
}

unsigned component_thread_state(const struct component *component)
{
    struct thread_info info = { 0 };
    if (component->made)
        thread_info(component->hold.thread, &info);
    return info.state;
}

/* ---- Boot ---------------------------------------------------------------------------------------------- */

static void component_init(struct component *component, unsigned index)
{
    const struct bundle_component *description = bundle_component(index);

    component->description = description;
    component->name = bundle_text(description->name);
    component->index = index;
    component->state = COMPONENT_IDLE;
    component->quota_bits = QUOTA_BITS_MIN;
    while ((word_t)1 << component->quota_bits < description->memory)
        component->quota_bits++;
    component->quota = memory_take(component->quota_bits);
    component->holdings = slot_take();
    grants_number(component);
}

void components_start(void)
{
    component_count = bundle->component.count;
    components = calloc(component_count + 1, sizeof *components);
    if (!components)
        PANIC("no memory for %u components", component_count);
    for (unsigned i = 0; i < component_count; i++)
        component_init(&components[i], i);
    for (unsigned i = 0; i < component_count; i++) {
        struct component *component = &components[i];
        if (!component->quota) {
            report("%s: no memory left for its %lu KiB", component->name,
                   ((word_t)1 << component->quota_bits) / 1024);
            component->state = COMPONENT_FAILED;
        } else if (!(component->description->flags & BUNDLE_FLAG_MANUAL)) {
            component_start(component);
        }
    }
}
