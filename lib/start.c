/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of a component.
 *
 * The supervisor starts the thread at `_start` with a fresh stack and the address of the component's
 * information. The root component has a `_start` of its own (hence weak).
 */
#include <lucid.h>
#include "runtime.h"

int main(void);
void __lucid_crash(word_t kind);

/* Nothing calls it, but the supervisor finds it by name: it must be in every component. */
__attribute__((used, retain)) static void (*const crash_entry)(word_t) = __lucid_crash;

__attribute__((weak, noreturn)) void _start(const struct component_info *info);

__attribute__((weak, noreturn)) void _start(const struct component_info *info)
{
    if (info->magic != COMPONENT_INFO_MAGIC || info->version != COMPONENT_INFO_VERSION)
        arch_undefined(); /* a supervisor of another version; nothing in there can be relied on to say so */
    component_info = info;
    message_page = (struct utcb *)info->message_page;
    time_init(info->counter_start, info->ns_multiplier, info->ns_shift);
    heap_init((void *)info->heap, info->heap_size);
    exit(main());
}
