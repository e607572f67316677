/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys: what the fast path compares (sched/rare.c) is what the fields of threads and cores say. Last, since everything else shows in it. */
#include "check.h"
#include "core.h"
#include "scheduler.h"

bool check_keys(struct check_report *report)
{
    const struct core *core = core_self();

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        const struct thread *thread = check_thread(slot);
        if (!thread)
            continue;
        CHECK_THAT(report, thread_home(thread) < CONFIG_CORES, thread, NULL, "a thread's home is a core");
        CHECK_THAT(report, thread->key >> KEY_RARE_SHIFT == thread_rare(core, thread) >> KEY_RARE_SHIFT,
                   thread, core, "a thread's key tells exactly what is rare about it");
    }
    CHECK_THAT(report, core->min_key == core_min_key(core), core, core->current,
               "a core's least key tells the highest ready priority, or that something is rare");
    return true;
}
