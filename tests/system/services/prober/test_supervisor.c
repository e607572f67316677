/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor: what needs control is refused without it, and memory ends where the quota does. */
#include <supervisor.h>
#include "check.h"

static void test_control(cap_t supervisor)
{
    struct component_status status;
    struct component_cap cap;
    char text[SUPERVISOR_TEXT_MAX];
    size_t length;
    CHECK(supervisor_list(supervisor, 0, &status) == ERR_RIGHT);
    CHECK(supervisor_caps(supervisor, 0, 1, &cap) == ERR_RIGHT);
    CHECK(supervisor_crash(supervisor, 0, 1) == ERR_RIGHT);
    CHECK(supervisor_kill(supervisor, 0) == ERR_RIGHT);
    CHECK(supervisor_restart(supervisor, 0) == ERR_RIGHT);
    CHECK(supervisor_power(supervisor, POWER_OFF) == ERR_RIGHT);
    CHECK(supervisor_read_log(supervisor, text, &length) == ERR_RIGHT);
}

static void test_requests(cap_t supervisor)
{
    word_t badge;
    CHECK(call_raw(supervisor, INTERFACE_OPEN, 2, SUPERVISOR_VERSION, 1) == ERR_ARGUMENTS);
    CHECK(call_raw(supervisor, 1, 0, 0, 0) == ERR_OPERATION);
    CHECK(call_raw(supervisor, 1000000, 0, 0, 0) == ERR_OPERATION);
    CHECK(call_raw(supervisor, SUPERVISOR_LOG_TEXT, 0, 0, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(supervisor, SUPERVISOR_LOG_TEXT, 1, 5, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(supervisor, SUPERVISOR_LOG_TEXT, 1, ~(word_t)0, 0) == ERR_RANGE);
    CHECK(supervisor_news(supervisor, &badge) == ERR_WOULD_BLOCK);
}

/* With the attribute, a bad destination is a status; the default is seen in what becomes of 'faulty'. */
static void test_tolerance(cap_t supervisor)
{
    const struct message nothing = { 0 };
    CHECK(supervisor_tolerant(supervisor, true) == OK);
    CHECK(status_error(sys_send((cap_t)0x7fffff1, &nothing)) == ERR_CAPABILITY);
    CHECK(supervisor_tolerant(supervisor, false) == OK);
}

static void test_memory(cap_t supervisor)
{
    unsigned slots = 0, frames = 0;
    CHECK(call_raw(supervisor, SUPERVISOR_MEMORY, 0, 12, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(supervisor, SUPERVISOR_MEMORY, 1, 3, 0) == ERR_RANGE);
    CHECK(call_raw(supervisor, SUPERVISOR_MEMORY, 1, 60, 0) == ERR_RANGE);
    CHECK(supervisor_memory(supervisor, 16, slot_make()) == OK);
    CHECK(supervisor_memory(supervisor, 19, slot_make()) == ERR_MEMORY);
    CHECK(supervisor_memory(supervisor, 12, supervisor) == ERR_TRUNCATED); /* that slot is in use */
    CHECK(supervisor_memory(supervisor, 12, slot_make()) == OK);
    while (slots < 2000 && slot_make()) /* more than the root CNode has */
        slots++;
    CHECK(slots == 2000);
    while (object_make(OBJECT_FRAME, FRAME_SIZE_4K))
        frames++;
    CHECK(frames > 10 && frames < 128);
}

void test_supervisor(cap_t supervisor)
{
    test_control(supervisor);
    test_requests(supervisor);
    test_tolerance(supervisor);
    test_memory(supervisor);
}
