/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor: the root component. It gets everything from the kernel, makes all others out of it, and
 * then waits for what they ask and what befalls them.
 *
 * It has one thread, before all others in priority, that waits at one endpoint for
 *
 *     requests   calls to the interface Supervisor                         (service.c)
 *     faults     calls from the kernel on behalf of a component            (faults.c)
 *     deaths     signals of its notification: a thread stopped by itself
 *
 * It never waits for anybody else: it answers, signals, and invokes kernel objects. So nothing that a
 * component does or fails to do can stop it.
 */
#include "parts.h"

#define BOOT_STACK_BYTES 16384

/* Only until a stack with a guard below it is made. */
__attribute__((used, aligned(16))) char boot_stack[BOOT_STACK_BYTES];

__attribute__((noreturn)) void supervisor_main(const struct boot_info *info);

ARCH_ROOT_START(boot_stack, 16384, supervisor_main);

const struct boot_info *boot;
cap_t supervisor_endpoint, supervisor_reply, supervisor_notification;

static void objects_make(void)
{
    error_t error = own_make(OBJECT_ENDPOINT, 0, &supervisor_endpoint);
    if (error == OK)
        error = own_make(OBJECT_REPLY, 0, &supervisor_reply);
    if (error == OK)
        error = own_make(OBJECT_NOTIFICATION, 0, &supervisor_notification);
    if (error == OK)
        error = (error_t)status_error(thread_bind_notification(BOOT_SLOT_THREAD, supervisor_notification));
    if (error != OK)
        PANIC("its own objects cannot be made: %s", error_sentence(error));
}

/* A fault of a component; the message becomes the answer. */
static void fault_received(struct message *message)
{
    word_t badge = message->badge;
    bool resume = badge >= 1 && badge <= component_count && fault_handle(&components[badge - 1], message);
    *message = (struct message){ .tag = tag_make(resume ? FAULT_REPLY_RESUME : FAULT_REPLY_STOP, 0, 0) };
}

/* A thread has stopped, and it was neither a fault nor its exit. Which one, its state tells. */
static void death_received(void)
{
    for (unsigned i = 0; i < component_count; i++) {
        struct component *component = &components[i];
        struct thread_info info;
        if (!component->made || status_error(thread_info(component->hold.thread, &info)) != OK ||
            info.state != THREAD_STATE_STOPPED)
            continue;
        report("%s: its thread has stopped", component->name);
        component_ended(component, COMPONENT_CRASHED, info.code);
    }
}

static __attribute__((noreturn)) void supervise(void)
{
    struct message message = { 0 };
    for (;;) {
        log_settle();
        status_t status = sys_reply_recv(supervisor_endpoint, &message, supervisor_reply);
        unsigned error = status_error(status);
        if (error != OK && error != ERR_TRUNCATED)
            PANIC("waiting for requests failed: %s", error_name(error));
        if (status & STATUS_SIGNAL)
            death_received();
        else if (status & STATUS_KERNEL)
            fault_received(&message);
        else
            service_request(&message);
    }
}

static void supervisor_run(void *unused)
{
    (void)unused;
    const char *wrong = bundle_open((const void *)boot->bundle, boot->bundle_size);
    if (wrong)
        PANIC("the system's description in the image cannot be used: %s", wrong);
    memory_init_heap();
    objects_make();
    grants_init();
    components_start();
    log_boot_done();
    supervise();
}

void supervisor_main(const struct boot_info *info)
{
    boot = info;
    message_page = (struct utcb *)info->message_page;
    if (info->magic != BOOT_INFO_MAGIC || info->abi_version != LUCID_ABI_VERSION)
        PANIC("the kernel is of another version (ABI %u, not %u)", info->abi_version, LUCID_ABI_VERSION);
    time_init(info->counter_start, info->ns_multiplier, info->ns_shift);
    memory_init();
    arch_switch_stack(stack_make(), supervisor_run, NULL);
}
