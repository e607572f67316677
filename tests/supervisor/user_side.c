/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See sides.h. The build gives some functions of the supervisor and the library other names, where the kernel, the C library or this
 * file has one of that name:
 *
 *     print, panic, time_init           user_print ...      here and in lib/time.c; the kernel has its own
 *     panic in log.c                    real_panic: it ends by an illegal instruction
 *     malloc, calloc, free              heap_malloc ...     lib/heap.c; the supervisor calls failing_malloc ...
 *     window_open, heap_init            real_window_open, supervisor_heap_init: memory.c; what they map is no address of this program
 */
#include "parts.h"
#include "sides.h"
#include <setjmp.h>

#define SAID_MAX    16384u
#define HEAP_BYTES  (256u * 1024u)
#define SERIAL_PORT 0x3f8u

void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);
void heap_free(void *memory);
void *failing_malloc(size_t size);
void *failing_calloc(size_t count, size_t size);
void *real_window_open(cap_t frame, word_t rights, word_t cache);
void supervisor_heap_init(void *start, size_t size);
__attribute__((noreturn)) void supervisor_main(const struct boot_info *info);
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);

struct utcb *message_page;

static unsigned fail_at, fail_with, count, failed_label;
static bool failed;
static jmp_buf way_out;
static char heap[HEAP_BYTES] __attribute__((aligned(16)));

char user_said[SAID_MAX];
static size_t said;

/* ---- Failures */

void user_side_fail(unsigned nth, unsigned error)
{
    fail_at = nth;
    fail_with = error;
    count = 0;
    failed = false;
    failed_label = 0;
    said = 0;
    user_said[0] = '\0';
}

bool user_side_has_failed(void)
{
    return failed;
}

unsigned user_side_failed_label(void)
{
    return failed_label;
}

unsigned user_side_count(void)
{
    return count;
}

static bool fails_now(unsigned label)
{
    if (++count != fail_at)
        return false;
    failed = true;
    failed_label = label;
    return true;
}

/* ---- The supervisor's surroundings */

static void say(char c)
{
    if (said < SAID_MAX - 1) {
        user_said[said++] = c;
        user_said[said] = '\0';
    }
}

static bool is_serial(word_t label, const struct message *message)
{
    if (label != OP_IO_PORT_RANGE_OUT && label != OP_IO_PORT_RANGE_IN)
        return false;
    if (label == OP_IO_PORT_RANGE_OUT && message->word[0] == SERIAL_PORT)
        say((char)message->word[2]);
    return true;
}

status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    word_t label = tag_label(message->tag);
    uint64_t tag = message->tag, badge = 0, words[4], status = OK;

    if (operation ==
        SYS_REPLY_RECV) /* the end of the line, for the kernel as for the test: so the root goes on running */
        longjmp(way_out, 1 + USER_WAITS);
    if (operation == SYS_CALL && !is_serial(label, message) && fails_now((unsigned)label)) {
        message->tag = 0;
        return fail_with;
    }
    for (unsigned i = 0; i < 4; i++)
        words[i] = message->word[i];
    kernel_side_syscall(operation, cap, reply, &tag, &badge, words, &status);
    message->tag = tag;
    message->badge = badge;
    for (unsigned i = 0; i < 4; i++)
        message->word[i] = words[i];
    return status;
}

uint64_t arch_counter(void)
{
    return boot->counter_start + 1000;
}

void panic(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    (void)file, (void)line;
    va_start(arguments, format);
    said += (size_t)vsnprintf(user_said + said, SAID_MAX - said, format, arguments);
    va_end(arguments);
    longjmp(way_out, 1 + USER_PANICKED);
}

void *window_open(cap_t frame, word_t rights, word_t cache)
{
    return real_window_open(frame, rights, cache) ? kernel_side_frame(frame) : NULL;
}

void supervisor_heap_init(void *start, size_t size)
{
    (void)start;
    heap_init(heap, size < HEAP_BYTES ? size : HEAP_BYTES);
}

void *failing_malloc(size_t size)
{
    return fails_now(0) ? NULL : heap_malloc(size);
}

void *failing_calloc(size_t number, size_t size)
{
    return fails_now(0) ? NULL : heap_calloc(number, size);
}

void text_copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);

    memcpy(to, from, length);
    to[length] = '\0';
}

/* ---- Running it */

static enum user_end run(void (*function)(const void *argument), const void *argument)
{
    int way = setjmp(way_out);

    if (way)
        return (enum user_end)(way - 1);
    function(argument);
    return USER_WAITS;
}

static void start(const void *boot_info)
{
    supervisor_main(boot_info);
}

enum user_end user_side_start(const void *boot_info)
{
    return run(start, boot_info);
}

static void restart_all(const void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < component_count; i++)
        if (components[i].quota)
            component_end(&components[i], COMPONENT_KILLED, 0, true);
    log_settle();
}

enum user_end user_side_restart_all(void)
{
    return run(restart_all, NULL);
}

static void end_all(const void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < component_count; i++)
        if (components[i].made)
            component_end(&components[i], COMPONENT_KILLED, 0, false);
    log_settle();
}

enum user_end user_side_end_all(void)
{
    return run(end_all, NULL);
}

uint64_t user_side_used(unsigned component)
{
    struct untyped_info info = { 0 };

    untyped_info(components[component].quota, &info);
    return info.watermark;
}

static void start_all(const void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < component_count; i++)
        if (!components[i].made && components[i].quota)
            component_start(&components[i]);
    log_settle();
}

enum user_end user_side_start_all(void)
{
    return run(start_all, NULL);
}

unsigned user_side_components(void)
{
    return component_count;
}

bool user_side_is_running(unsigned component)
{
    return components[component].state == COMPONENT_RUNNING && components[component].made;
}

bool user_side_has_quota(unsigned component)
{
    return components[component].quota != CAP_NULL;
}

bool user_side_is_failed(unsigned component)
{
    return components[component].state == COMPONENT_FAILED && !components[component].made;
}
