/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface Supervisor: what components can ask, by their badge.
 *
 * A message is taken apart into a request, handled by one function for each operation, and becomes the
 * answer. Nothing here waits for anybody. A caller that is ended by its own request gets no answer: it is
 * gone before the next receive.
 */
#include "parts.h"

#define MEMORY_BITS_MIN 6u

struct asking {
    struct component *who;
    word_t label;
    unsigned words;
    word_t word[MESSAGE_WORDS_MAX];
    unsigned answer_words;
    unsigned answer_caps;
    word_t answer[MESSAGE_WORDS_MAX];
};

static void answer_bytes(struct asking *asking, const void *data, size_t size)
{
    assert(size <= sizeof asking->answer);
    asking->answer_words = text_words(size);
    memset(asking->answer, 0, asking->answer_words * sizeof(word_t));
    memcpy(asking->answer, data, size);
}

/* ---- For all ------------------------------------------------------------------------------------------- */

static error_t do_exit(struct asking *asking)
{
    component_exited(asking->who, asking->word[0]);
    return OK;
}

static error_t do_log(struct asking *asking)
{
    size_t length = asking->word[0], came = asking->words ? (asking->words - 1) * sizeof(word_t) : 0;
    if (length > came)
        return ERR_RANGE;
    log_component_text(asking->who->name, (const char *)(asking->word + 1), length);
    return OK;
}

static error_t do_news(struct asking *asking)
{
    word_t badge;
    if (!grants_next_gone(asking->who, &badge))
        return ERR_WOULD_BLOCK;
    answer_bytes(asking, &badge, sizeof badge);
    return OK;
}

/* Made out of the caller's own quota, and moved to it with the answer. */
static error_t do_memory(struct asking *asking)
{
    const struct component *who = asking->who;
    word_t size_bits = asking->word[0];
    if (size_bits < MEMORY_BITS_MIN || size_bits > who->quota_bits)
        return ERR_RANGE;
    word_t index = who->hold.give >> boot->cnode_size_bits;
    cnode_delete(who->holdings, index); /* the last one may not have found an empty slot */
    status_t status =
        untyped_retype(who->quota, OBJECT_UNTYPED, size_bits, who->holdings, index, 1, CAP_NULL, 0);
    if (status_error(status) != OK)
        return (error_t)status_error(status);
    message_give(0, who->hold.give, GIVE_MOVE, 0);
    asking->answer_caps = 1;
    return OK;
}

static error_t do_tolerant(struct asking *asking)
{
    word_t value = asking->word[0] ? 0 : THREAD_FAULT_ON_CAP;
    return (error_t)status_error(thread_set_attributes(asking->who->hold.thread, THREAD_FAULT_ON_CAP, value));
}

static bool is_console(const struct component *component)
{
    const struct bundle_table *part = &component->description->provide;
    for (uint32_t i = 0; i < part->count; i++)
        if (strcmp(bundle_text(bundle_provide(part->offset + i)->interface), "Log") == 0)
            return true;
    return false;
}

static error_t do_read_log(struct asking *asking)
{
    if (!is_console(asking->who))
        return ERR_RIGHT;
    size_t length = log_take((char *)(asking->answer + 1), MESSAGE_TEXT_MAX);
    if (length == 0)
        return ERR_WOULD_BLOCK;
    asking->answer[0] = length;
    asking->answer_words = 1 + text_words(length);
    return OK;
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

static error_t do_list(struct asking *asking)
{
    struct component_status status;
    if (asking->word[0] > component_count)
        return ERR_RANGE;
    if (asking->word[0] == component_count)
        status_of_supervisor(&status);
    else
        status_of_component(&components[asking->word[0]], &status);
    if (asking->word[0] == asking->who->index)
        status.thread_state = THREAD_STATE_RUNNABLE; /* it waits for nothing but this answer */
    answer_bytes(asking, &status, sizeof status);
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

static error_t do_caps(struct asking *asking)
{
    struct component_cap cap = { 0 };
    struct capability_info info;
    if (asking->word[0] >= component_count || asking->word[1] == 0)
        return ERR_RANGE;
    const struct component *component = &components[asking->word[0]];
    for (word_t slot = asking->word[1]; component->made; slot++) {
        if (status_error(cnode_inspect(component->hold.cnode, slot, &info)) != OK)
            break; /* beyond the end */
        if (info.type == OBJECT_NULL)
            continue;
        cap = (struct component_cap){ slot, info.type, info.rights, info.data, info.size_bits, "" };
        cap_purpose(component, slot, cap.what, sizeof cap.what);
        answer_bytes(asking, &cap, sizeof cap);
        return OK;
    }
    return ERR_RANGE;
}

/* ---- With control: doing ------------------------------------------------------------------------------- */

static error_t do_crash(struct asking *asking)
{
    return component_crash(&components[asking->word[0]], asking->word[1]);
}

/* Without a console, or without anybody in control, nobody could say that it shall be started again: so that
 * is done at once. */
static error_t do_kill(struct asking *asking)
{
    struct component *component = &components[asking->word[0]];
    bool again = is_console(component) || component->description->flags & BUNDLE_FLAG_CONTROL;
    if (!component->made)
        return ERR_STATE;
    report("%s: killed by %s", component->name, asking->who->name);
    component_end(component, COMPONENT_KILLED, 0, again);
    return OK;
}

static error_t do_restart(struct asking *asking)
{
    struct component *component = &components[asking->word[0]];
    if (!component->quota)
        return ERR_MEMORY;
    component->restarts = 0;
    if (component->made)
        component_end(component, COMPONENT_KILLED, 0, false);
    return component_start(component) ? OK : ERR_STATE;
}

static error_t do_power(struct asking *asking)
{
    if (asking->word[0] == POWER_OFF)
        power_off();
    else if (asking->word[0] == POWER_REBOOT)
        power_reboot();
    else
        return ERR_RANGE;
    return ERR_UNSUPPORTED;
}

/* ---- Which is which ------------------------------------------------------------------------------------ */

static const struct operation_entry {
    error_t (*function)(struct asking *asking);
    uint8_t words;
    bool control; /* only for those with control */
    bool index;   /* word 0 is a component's number */
} operations[] = {
    [SUPERVISOR_EXIT] = { do_exit, 1, false, false },
    [SUPERVISOR_LOG] = { do_log, 1, false, false },
    [SUPERVISOR_NEWS] = { do_news, 0, false, false },
    [SUPERVISOR_MEMORY] = { do_memory, 1, false, false },
    [SUPERVISOR_TOLERANT] = { do_tolerant, 1, false, false },
    [SUPERVISOR_READ_LOG] = { do_read_log, 0, false, false },
    [SUPERVISOR_LIST] = { do_list, 1, true, false },
    [SUPERVISOR_CAPS] = { do_caps, 2, true, false },
    [SUPERVISOR_CRASH] = { do_crash, 2, true, true },
    [SUPERVISOR_KILL] = { do_kill, 1, true, true },
    [SUPERVISOR_RESTART] = { do_restart, 1, true, true },
    [SUPERVISOR_POWER] = { do_power, 1, true, false },
};

static error_t asking_run(struct asking *asking)
{
    if (asking->label >= sizeof operations / sizeof operations[0] || !operations[asking->label].function)
        return ERR_OPERATION;
    const struct operation_entry *operation = &operations[asking->label];
    if (operation->control && !(asking->who->description->flags & BUNDLE_FLAG_CONTROL))
        return ERR_RIGHT;
    if (asking->words < operation->words)
        return ERR_ARGUMENTS;
    if (operation->index && asking->word[0] >= component_count)
        return ERR_RANGE;
    return operation->function(asking);
}

void service_request(struct message *message)
{
    static struct asking asking;
    word_t badge = message->badge;

    if (badge & BADGE_DEAD || badge == 0 || badge > component_count) {
        *message = (struct message){ .tag = tag_make(ERR_PEER_GONE, 0, 0) };
        return;
    }
    asking.who = &components[badge - 1];
    asking.label = tag_label(message->tag);
    asking.words = tag_words(message->tag);
    for (unsigned i = 0; i < asking.words; i++)
        asking.word[i] = message_word(message, i);
    for (unsigned i = asking.words; i < 2; i++)
        asking.word[i] = 0;
    asking.answer_words = asking.answer_caps = 0;
    error_t error = asking_run(&asking);
    unsigned words = error == OK ? asking.answer_words : 0;
    *message = (struct message){ .tag = tag_make(error, words, error == OK ? asking.answer_caps : 0) };
    for (unsigned i = 0; i < words; i++)
        message_set(message, i, asking.answer[i]);
}
