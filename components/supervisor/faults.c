/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: what a component did that cannot be done, told to people.
 *
 *     shell: page fault: read address 0x0 (null pointer) in crash_null (lib/crash.c:14)
 *
 * says who, what, where the address lies in the component's memory, and which instruction it was; the
 * registers follow. Then the component is ended. The one fault that is not the end is that of a passive
 * server whose client's time is used up: it is lent time to finish.
 */
#include "parts.h"

#define NULL_AREA 65536u /* addresses that come from null pointers, with an offset */

/* ---- Where an address lies ----------------------------------------------------------------------------- */

static bool inside(word_t address, word_t start, word_t size)
{
    return address >= start && address - start < size;
}

static bool address_is_guard(const struct component *component, word_t address)
{
    return inside(address, component->layout.stack - STACK_GUARD, STACK_GUARD);
}

static const char *segment_name(const struct component *component, word_t address)
{
    for (unsigned i = 0; i < component->description->segment_count; i++) {
        const struct bundle_segment *segment = &component->description->segment[i];
        if (!inside(address, segment->address, round_up(segment->memory_size, PAGE_BYTES)))
            continue;
        if (segment->rights & RIGHT_EXECUTE)
            return "its code, which is read-only";
        return segment->rights & RIGHT_WRITE ? "its data" : "its constants";
    }
    return NULL;
}

/* What lies at an address, in words. */
static const char *address_name(const struct component *component, word_t address)
{
    const struct layout *layout = &component->layout;
    const char *segment = segment_name(component, address);

    if (segment)
        return segment;
    if (address == 0)
        return "null pointer";
    if (address < NULL_AREA)
        return "near the null pointer";
    if (address >= USER_ADDRESS_END)
        return "not a user address";
    if (address_is_guard(component, address))
        return "below its stack";
    if (inside(address, layout->stack, layout->stack_size))
        return "its stack";
    if (inside(address, layout->heap, layout->heap_size))
        return "its heap";
    if (inside(address, layout->info, layout->info_size))
        return "its component information, which is read-only";
    if (inside(address, layout->message_page, PAGE_BYTES))
        return "its message page";
    return "nothing is there";
}

/* ---- The first line ------------------------------------------------------------------------------------ */

static const char *access_name(word_t access)
{
    if (access & FAULT_ACCESS_EXECUTE)
        return "executed";
    return access & FAULT_ACCESS_WRITE ? "wrote to" : "read";
}

static void describe_page_fault(const struct component *component, const word_t *words, char *text,
                                size_t size)
{
    word_t address = words[0], access = words[1];
    if (address_is_guard(component, address))
        text_format(text, size, "stack overflow: its stack of %lu KiB is full: %s address 0x%lx below it",
                    component->layout.stack_size / 1024, access_name(access), address);
    else
        text_format(text, size, "page fault: %s address 0x%lx (%s)", access_name(access), address,
                    address_name(component, address));
}

static const char *exception_name(word_t kind)
{
    static const char *const names[] = {
        [EXCEPTION_DIVIDE] = "division by zero, or its result is too large",
        [EXCEPTION_DEBUG] = "debug exception",
        [EXCEPTION_BREAKPOINT] = "breakpoint",
        [EXCEPTION_INSTRUCTION] = "undefined instruction (a panic ends with one)",
        [EXCEPTION_FPU_OFF] = "floating-point instruction, without  fpu = true  in its description",
        [EXCEPTION_FPU] = "floating-point error",
        [EXCEPTION_PROTECTION] = "privileged instruction, or an address that no pointer can have",
        [EXCEPTION_ALIGNMENT] = "unaligned access",
        [EXCEPTION_OTHER] = "exception",
        [EXCEPTION_BUS] = "bus error: nothing answers at this address of a device, or the firmware keeps it",
    };
    return kind < sizeof names / sizeof names[0] && names[kind] ? names[kind] : "unknown exception";
}

static void describe(const struct component *component, word_t fault, const word_t *words, char *text,
                     size_t size)
{
    switch (fault) {
    case FAULT_PAGE:
        describe_page_fault(component, words, text, size);
        break;
    case FAULT_EXCEPTION:
        text_format(text, size, "%s", exception_name(words[0]));
        if (words[0] == EXCEPTION_OTHER)
            text_format(text, size, "exception (machine code 0x%lx)", words[1]);
        break;
    case FAULT_SYSCALL:
        text_format(text, size, "system call 0x%lx, which does not exist", words[0]);
        break;
    case FAULT_CAPABILITY:
        text_format(text, size, "bad capability: used capability 0x%lx: %s", words[0],
                    error_sentence((unsigned)words[1]));
        break;
    case FAULT_TIMEOUT:
        text_format(text, size, "out of time: %s",
                    words[1] == TIMEOUT_WITHDRAWN ? "its client took its time away"
                                                  : "its client's time is used up");
        break;
    default:
        text_format(text, size, "fault %lu, which is unknown", fault);
    }
}

static void describe_place(const struct component *component, word_t address, char *text, size_t size)
{
    struct place place = symbols_find(component, address);
    if (place.file)
        text_format(text, size, "%s (%s:%u)", place.function, place.file, place.line);
    else if (place.function)
        text_format(text, size, "%s", place.function);
    else
        text_format(text, size, "0x%lx (%s)", address, address_name(component, address));
}

/* ---- The rest of the report ---------------------------------------------------------------------------- */

/* Read a word of the component's stack. */
static bool stack_read(const struct component *component, word_t address, word_t *value)
{
    const struct layout *layout = &component->layout;
    if (address % sizeof *value || !inside(address, layout->stack, layout->stack_size))
        return false;
    cap_t frame = component->hold.stack;
    for (word_t page = (address - layout->stack) / PAGE_BYTES; page > 0; page--)
        frame = maker_next(&component->maker, frame);
    const char *window = window_open(frame, RIGHT_READ, MAP_CACHE_WRITE_BACK);
    if (!window)
        return false;
    memcpy(value, window + address % PAGE_BYTES, sizeof *value);
    window_close();
    return true;
}

/* An address within the call that led to where the thread is: known where it has just been called. 0: there is none. */
static word_t caller_find(const struct component *component, const word_t *registers)
{
    word_t address;
    if (!arch_return_address(registers, &address) && !stack_read(component, address, &address))
        return 0;
    return symbols_find(component, address - 1).function ? address - 1 : 0;
}

/* Where execution went astray, the return address tells who sent it there. */
static void report_caller(const struct component *component, const word_t *registers)
{
    char place[160];
    word_t address = caller_find(component, registers);
    if (!address)
        return;
    describe_place(component, address, place, sizeof place);
    report("   called from %s", place);
}

/*
 * Where a processor does not notice a division by zero, compiled code does, and calls this function of the
 * library (lib/arch/NAME/divide.c), which raises the exception. The place that people want to know is its caller's.
 */
static word_t fault_place(const struct component *component, word_t ip, const word_t *registers)
{
    const char *function = symbols_find(component, ip).function;
    word_t caller = function && strcmp(function, "__ubsan_handle_divrem_overflow_abort") == 0
                        ? caller_find(component, registers)
                        : 0;
    return caller ? caller : ip;
}

static void report_registers(const word_t *registers)
{
    static const char *const names[REGISTER_COUNT] = ARCH_REGISTER_NAMES;
    char line[160];
    size_t length = 0;

    for (unsigned i = 0; i < REGISTER_COUNT; i++) {
        length += text_format(line + length, sizeof line - length, "  %-3s %016lx", names[i], registers[i]);
        if (i % 3 == 2 || i == REGISTER_COUNT - 1) { /* 80 columns, with what comes before */
            report("%s", line);
            length = 0;
        }
    }
}

static void fault_report(const struct component *component, word_t fault, const word_t *words)
{
    char what[160], place[160];
    word_t registers[REGISTER_COUNT] = { 0 };
    bool known = status_error(thread_read_registers(component->hold.thread, registers)) == OK;
    word_t ip = fault_place(component, words[2], registers);
    describe(component, fault, words, what, sizeof what);
    describe_place(component, ip, place, sizeof place);
    if (fault == FAULT_PAGE && words[1] & FAULT_ACCESS_EXECUTE)
        report("%s: %s", component->name, what); /* the instruction is what lies there */
    else
        report("%s: %s in %s", component->name, what, place);
    if (!symbols_find(component, ip).function)
        report_caller(component, registers);
    if (known)
        report_registers(registers);
}

/* ---- Deciding ------------------------------------------------------------------------------------------ */

/*
 * A passive server without time gets the context that is kept for this. If it is that one which is used up
 * (its badge tells), nothing more is lent: the server goes on when it is replenished.
 */
static bool lend_time(const struct component *component, const word_t *words)
{
    if (!(component->description->flags & BUNDLE_FLAG_PASSIVE))
        return false;
    if (words[1] == TIMEOUT_EXHAUSTED && words[0] == component->index + 1)
        return true;
    return status_error(sched_context_lend(component->hold.context, component->hold.thread)) == OK;
}

bool fault_handle(struct component *component, const struct message *message)
{
    word_t fault = tag_label(message->tag);
    const word_t words[FAULT_WORDS] = { message->word[0], message->word[1], message->word[2],
                                        message->word[3] };

    if (fault == FAULT_TIMEOUT && lend_time(component, words))
        return true;
    fault_report(component, fault, words);
    component_ended(component, COMPONENT_CRASHED, fault);
    return false;
}
