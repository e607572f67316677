/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ps: a table of all components. CPU shares are of the last 400 ms: all are asked twice, with a pause in
 * between. That is many of the usual periods, so a component that takes all of its budget shows just that.
 * Without a timer to pause with, they are of each component's whole life.
 */
#include "shell.h"

#define SAMPLE_MS 400u

struct sample {
    word_t consumed_ns, generation;
    time_ns_t at_ns;
};

static unsigned component_count(void)
{
    struct component_status status;
    unsigned count = 0;
    while (supervisor_list(sessions.supervisor, count, &status) == OK)
        count++;
    return count;
}

static void samples_take(struct sample *samples, unsigned count)
{
    struct component_status status;
    for (unsigned i = 0; i < count; i++)
        if (supervisor_list(sessions.supervisor, i, &status) == OK)
            samples[i] = (struct sample){ status.consumed_ns, status.generation, time_now_ns() };
}

/* Percent of one core since the sample; or since its start, if that is later. Rounded down. */
static unsigned cpu_share(const struct component_status *status, const struct sample *sample, time_ns_t now)
{
    bool same_life = sample->generation == status->generation;
    time_ns_t since = same_life ? sample->at_ns : status->started_ns;
    word_t before = same_life ? sample->consumed_ns : 0;
    if (now <= since || status->consumed_ns < before) /* it ended meanwhile */
        return 0;
    return (unsigned)((status->consumed_ns - before) * 100 / (now - since));
}

static const char *state_text(const struct component_status *status, char *buffer, size_t size)
{
    static const char *const thread_states[] = { "stopped", "ready",   "sending",
                                                 "waiting", "waiting", "calling" };
    switch (status->state) {
    case COMPONENT_RUNNING:
        return status->thread_state < 6 ? thread_states[status->thread_state] : "?";
    case COMPONENT_EXITED:
        text_format(buffer, size, "exited %d", (int)status->code);
        return buffer;
    case COMPONENT_CRASHED:
        return "crashed";
    case COMPONENT_KILLED:
        return "killed";
    case COMPONENT_IDLE:
        return "not started";
    case COMPONENT_FAILED:
        return "failed";
    }
    return "?";
}

/* Nanoseconds as a person says it: "2ms", "1500us". */
static void duration_text(char *buffer, size_t size, word_t ns)
{
    if (ns % NS_PER_MS == 0)
        text_format(buffer, size, "%lums", ns / NS_PER_MS);
    else if (ns % NS_PER_US == 0)
        text_format(buffer, size, "%luus", ns / NS_PER_US);
    else
        text_format(buffer, size, "%luns", ns);
}

static void budget_text(char *buffer, size_t size, const struct component_status *status)
{
    char budget[24], period[24];
    if (status->budget_ns == 0) {
        text_copy(buffer, size, "its clients'");
    } else if (status->budget_ns == status->period_ns) {
        text_copy(buffer, size, "unlimited");
    } else {
        duration_text(budget, sizeof budget, status->budget_ns);
        duration_text(period, sizeof period, status->period_ns);
        text_format(buffer, size, "%s/%s", budget, period);
    }
}

/* Only where there is more than one to tell apart. */
static void core_text(char *buffer, size_t size, const struct component_status *status)
{
    if (status->cores == 1)
        text_copy(buffer, size, "");
    else if (status->budget_ns == 0)
        text_copy(buffer, size, "    -");
    else
        text_format(buffer, size, "%5lu", status->core);
}

static void status_print(const struct component_status *status, const struct sample *sample)
{
    char state[24], budget[48], core[24];
    budget_text(budget, sizeof budget, status);
    core_text(core, sizeof core, status);
    print("%-12s %3lu%s %-11s %3u %% %5lu.%03lu s %-12s %5lu of %-5lu %6lu\n", status->name, status->priority,
          core, state_text(status, state, sizeof state), cpu_share(status, sample, time_now_ns()),
          status->consumed_ns / NS_PER_S, status->consumed_ns / NS_PER_MS % 1000, budget,
          status->memory_used / 1024, status->memory_quota / 1024, status->generation);
}

void command_ps(unsigned count, char **words)
{
    (void)count;
    (void)words;
    struct component_status status;
    unsigned components = component_count();
    struct sample *samples = calloc(components, sizeof *samples);
    if (!samples) {
        print("ps: no memory for %u components: raise 'heap' of [component.%s]\n", components,
              component_name());
        return;
    }
    samples_take(samples, components);
    error_t error = pause_ms(SAMPLE_MS);
    if (error != OK) {
        print("There is no timer to measure with: CPU shares are since each component's start.\n");
        pause_explain(error);
        memset(samples, 0, components * sizeof *samples); /* of no life */
    }
    bool several =
        components > 0 && supervisor_list(sessions.supervisor, 0, &status) == OK && status.cores > 1;
    print("component   prio%s state         cpu      used  budget       KiB of memory starts\n",
          several ? " core" : "");
    for (unsigned i = 0; i < components; i++)
        if (supervisor_list(sessions.supervisor, i, &status) == OK)
            status_print(&status, &samples[i]);
    free(samples);
}
