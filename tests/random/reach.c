/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sequences have reached: how often each system call and operation ended with which error, and what was seen in the state. */
#include "driver.h"
#include <stdio.h>

struct reach *reach;

static const char *const error_names[] = {
#define ERROR(number, name, sentence, remedy) [number] = #name,
#include <lucid/errors.def>
#undef ERROR
};

static const char *const call_names[] = { "call", "reply_recv", "send", "recv", "yield", "debug", "wild" };

static const char *const kind_names[KIND_COUNT] = {
    [CONTINUE] = "CONTINUE", [ABANDON] = "ABANDON",     [RUN] = "RUN",         [INVOKE] = "INVOKE",
    [RETYPE] = "RETYPE",     [MESSAGE] = "MESSAGE",     [SYSCALL] = "SYSCALL", [YIELD] = "YIELD",
    [ACCESS] = "ACCESS",     [EXCEPTION] = "EXCEPTION", [FPU] = "FPU",         [TIME] = "TIME",
    [LATE] = "LATE",         [INTERRUPT] = "INTERRUPT", [PENDING] = "PENDING", [FAST_PATH] = "FAST_PATH",
    [REVIVE] = "REVIVE",     [REBUILD] = "REBUILD",
};

static const char *const event_names[REACH_EVENT_COUNT] = {
    [REACH_FAULT_PAGE] = "page fault",
    [REACH_FAULT_EXCEPTION] = "exception",
    [REACH_FAULT_SYSCALL] = "fault of an unknown system call",
    [REACH_FAULT_CAPABILITY] = "fault of a bad capability",
    [REACH_FAULT_TIMEOUT] = "timeout fault",
    [REACH_ANSWERED] = "fault that waits for its handler's answer",
    [REACH_SIGNAL_AT_ENDPOINT] = "bound notification of a receiver",
    [REACH_TRANSFER] = "message with capabilities",
    [REACH_LONG_MESSAGE] = "message through message pages",
    [REACH_INTERRUPTED] = "call that was interrupted",
    [REACH_CHAIN_2] = "donation chain of two calls",
    [REACH_CHAIN_3] = "donation chain of three calls",
    [REACH_CUT_LINK] = "cut link",
    [REACH_LENT] = "lent context",
    [REACH_ZOMBIE] = "zombie",
    [REACH_DEFERRED] = "deferred thread",
    [REACH_REPLENISHMENT] = "context that waits for time",
    [REACH_IDLE] = "idle core",
    [REACH_STOP_SUSPEND] = "thread that was suspended",
    [REACH_STOP_FAULT] = "thread that stopped by a fault",
    [REACH_STOP_SPACE] = "thread that lost its space",
    [REACH_WAITED] = "core that waits for another",
    [REACH_PARKED] = "core that parks its thread for another",
    [REACH_TAKEN_AWAY] = "thread taken away on its way to the kernel",
};

const char *kind_name(unsigned kind)
{
    return kind < KIND_COUNT ? kind_names[kind] : "?";
}

void reach_result(unsigned call, unsigned operation, status_t status)
{
    unsigned error = status_error(status);

    if (error >= ERROR_COUNT)
        return;
    if (operation)
        reach->operation[operation >> 8 & 15][operation & 15][error]++;
    else
        reach->call[call][error]++;
}

static void look_at_thread(const struct thread *thread)
{
    if (thread->fault)
        reach->event[thread->fault]++;
    if (thread->fault && thread->state == THREAD_STATE_CALLING)
        reach->event[REACH_ANSWERED]++;
    if (thread->notification && thread->state == THREAD_STATE_RECEIVING)
        reach->event[REACH_SIGNAL_AT_ENDPOINT]++;
    if (thread->context.at_syscall)
        reach->event[REACH_INTERRUPTED]++;
    if (thread->state == THREAD_STATE_STOPPED && thread->stop_reason >= THREAD_STOP_SUSPEND &&
        thread->stop_reason <= THREAD_STOP_SPACE)
        reach->event[REACH_STOP_SUSPEND + thread->stop_reason - THREAD_STOP_SUSPEND]++;
}

static void look_at_context(const struct sched_context *sc)
{
    if (sc->chain && sc->chain->chain_down)
        reach->event[REACH_CHAIN_2]++;
    if (sc->chain && sc->chain->chain_down && sc->chain->chain_down->chain_down)
        reach->event[REACH_CHAIN_3]++;
    if (sc->cut)
        reach->event[REACH_CUT_LINK]++;
    if (sc->lent)
        reach->event[REACH_LENT]++;
}

/* One operation in so many: it costs time. */
#define LOOK_INTERVAL 16u

void reach_look(void)
{
    static unsigned turn;

    for (unsigned i = 0; i < core_count; i++) {
        const struct core *core = &cores[i];
        reach->event[REACH_IDLE] += !core->current;
        reach->event[REACH_REPLENISHMENT] += !queue_is_empty(&core->replenishments);
        reach->event[REACH_DEFERRED] += core->deferred.first != NULL;
    }
    if (++turn % LOOK_INTERVAL)
        return;
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        reach->event[REACH_ZOMBIE] += cap_type(&slot->cap) == CAP_ZOMBIE;
        if (!check_is_first(slot))
            continue;
        if (cap_type(&slot->cap) == OBJECT_THREAD)
            look_at_thread(cap_pointer(&slot->cap));
        else if (cap_type(&slot->cap) == OBJECT_SCHED_CONTEXT)
            look_at_context(cap_pointer(&slot->cap));
    }
}

void reach_end(void)
{
    reach->event[REACH_PARKED] += host.parks;
}

static void print_row(const char *name, const uint64_t *counts)
{
    printf("%-32s", name);
    for (unsigned error = 0; error < ERROR_COUNT; error++)
        if (counts[error])
            printf(" %s:%llu", error_names[error], (unsigned long long)counts[error]);
    printf("\n");
}

static const struct {
    uint16_t operation;
    const char *name;
} operations[] = {
#define OPERATION(object, number, name, arguments, results, sentence, errors)                                \
    { OP_##object##_##name, "OP_" #object "_" #name },
#include <lucid/operations.def>
#undef OPERATION
};

static uint64_t *operation_counts(unsigned operation)
{
    return reach->operation[operation >> 8 & 15][operation & 15];
}

void reach_print(void)
{
    printf("operations by kind:\n");
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        printf("   %-12s %llu\n", kind_names[kind], (unsigned long long)reach->kind[kind]);
    printf("system calls, by how they ended:\n");
    for (unsigned call = 0; call < ARRAY_COUNT(call_names); call++)
        print_row(call_names[call], reach->call[call]);
    printf("operations on kernel objects, by how they ended:\n");
    for (unsigned i = 0; i < ARRAY_COUNT(operations); i++)
        print_row(operations[i].name, operation_counts(operations[i].operation));
    printf("seen in the state:\n");
    for (unsigned event = 1; event < REACH_EVENT_COUNT; event++)
        printf("   %-44s %llu\n", event_names[event], (unsigned long long)reach->event[event]);
}

static void say_never(const char *what, uint64_t count)
{
    if (count == 0)
        printf("never reached: %s\n", what);
}

void reach_print_never(void)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        say_never(kind_names[kind], reach->kind[kind]);
    for (unsigned call = 0; call < SYS_COUNT; call++)
        say_never(call_names[call], reach->call[call][OK]);
    for (unsigned i = 0; i < ARRAY_COUNT(operations); i++) {
        bool power = operations[i].operation == OP_CORE_RANGE_POWER; /* this machine has none */
        say_never(operations[i].name,
                  operation_counts(operations[i].operation)[power ? ERR_UNSUPPORTED : OK]);
    }
    for (unsigned event = 1; event < REACH_EVENT_COUNT; event++)
        if (event !=
                REACH_DEFERRED && /* more than an entry settles: tests/host/test_donation.c makes so many */
            (CONFIG_CORES > 1 || event < REACH_WAITED))
            say_never(event_names[event], reach->event[event]);
}
