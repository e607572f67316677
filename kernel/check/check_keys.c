/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys: what the fast path compares (sched/rare.c) is what the fields of threads and cores say. Last, since everything else shows in it. */
#include "check.h"
#include "core.h"
#include "scheduler.h"

bool check_keys(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        const struct thread *thread = check_thread(slot);
        if (!thread)
            continue;
        const struct core *core = thread_core(thread);
        CHECK_THAT(report, thread->key >> KEY_RARE_SHIFT == thread_rare(core, thread) >> KEY_RARE_SHIFT,
                   thread, core, "a thread's key tells exactly what is rare about it");
    }
    for (unsigned i = 0; i < core_count; i++)
        CHECK_THAT(report, cores[i].min_key == core_min_key(&cores[i]), &cores[i], cores[i].current,
                   "a core's least key tells the highest ready priority, or that something is rare");
    return true;
}
