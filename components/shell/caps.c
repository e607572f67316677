/* SPDX-License-Identifier: BSD-2-Clause */
/* caps: what a component holds, as the kernel tells it, in words. */
#include "shell.h"

static const char *const type_names[OBJECT_TYPE_COUNT] = {
    [OBJECT_UNTYPED] = "Untyped",
    [OBJECT_CNODE] = "CNode",
    [OBJECT_THREAD] = "Thread",
    [OBJECT_ENDPOINT] = "Endpoint",
    [OBJECT_NOTIFICATION] = "Notification",
    [OBJECT_REPLY] = "Reply",
    [OBJECT_SCHED_CONTEXT] = "SchedContext",
    [OBJECT_FRAME] = "Frame",
    [OBJECT_ADDRESS_SPACE] = "AddressSpace",
    [OBJECT_PAGE_TABLE] = "PageTable",
    [OBJECT_IRQ_HANDLER] = "IrqHandler",
    [OBJECT_IRQ_RANGE] = "IrqRange",
    [OBJECT_IO_PORT_RANGE] = "IoPortRange",
    [OBJECT_ASID_RANGE] = "AsidRange",
    [OBJECT_CORE_RANGE] = "CoreRange",
};

static void rights_text(char *buffer, size_t size, word_t rights)
{
    text_format(buffer, size, "%s%s%s%s", rights & RIGHT_READ ? "r" : "-", rights & RIGHT_WRITE ? "w" : "-",
                rights & RIGHT_GRANT ? "g" : "-", rights & RIGHT_EXECUTE ? "x" : "-");
}

/* What is special about this one: badge, numbers, size. */
static void details_text(char *buffer, size_t size, const struct component_cap *cap)
{
    word_t first = cap->data & 0xffffffff, count = cap->data >> 32;
    buffer[0] = 0;
    switch (cap->type) {
    case OBJECT_ENDPOINT:
    case OBJECT_NOTIFICATION:
        if (cap->data)
            text_format(buffer, size, "badge 0x%lx", cap->data);
        break;
    case OBJECT_IO_PORT_RANGE:
        text_format(buffer, size, "0x%lx to 0x%lx", first, first + count - 1);
        break;
    case OBJECT_IRQ_RANGE:
    case OBJECT_ASID_RANGE:
    case OBJECT_CORE_RANGE:
        if (count == 1)
            text_format(buffer, size, "%lu", first);
        else
            text_format(buffer, size, "%lu to %lu", first, first + count - 1);
        break;
    case OBJECT_CNODE:
        text_format(buffer, size, "%lu slots", (word_t)1 << cap->size_bits);
        break;
    case OBJECT_UNTYPED:
    case OBJECT_FRAME:
        text_format(buffer, size, "%lu KiB", ((word_t)1 << cap->size_bits) / 1024);
        break;
    }
}

static void cap_print(const struct component_cap *cap)
{
    char rights[8], details[48], what[sizeof cap->what];
    const char *type = cap->type < OBJECT_TYPE_COUNT && type_names[cap->type] ? type_names[cap->type] : "?";
    rights_text(rights, sizeof rights, cap->rights);
    details_text(details, sizeof details, cap);
    text_copy(what, sizeof what, cap->what);
    print("  %4lu  %-13s %s  %-18s %s\n", cap->slot, type, rights, details, what);
}

void command_caps(unsigned count, char **words)
{
    struct component_status status;
    struct component_cap cap;
    word_t index;
    if (count != 2) {
        print("usage: caps NAME\n");
        return;
    }
    if (!component_find(words[1], &index, &status))
        return;
    if (strcmp(words[1], "supervisor") == 0) {
        print("the supervisor holds all that nobody else was given, and the parent of each capability that "
              "was\n");
        return;
    }
    if (status.state != COMPONENT_RUNNING) {
        print("nothing: %s is not running ('restart %s' starts it)\n", words[1], words[1]);
        return;
    }
    print("  slot  type          rights                   what for\n");
    for (word_t slot = 1; supervisor_caps(sessions.supervisor, index, slot, &cap) == OK; slot = cap.slot + 1)
        cap_print(&cap);
}
