/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's loop (lib/server.c) with the library's slots (lib/objects.c), on a kernel that is a function: what stands in the message page
 * when an answer is sent and while a handler runs, and what is said of a capability that is gone again.
 *
 * The root CNode has room for one more slot beside those that are kept for containers: the second request that
 * brings a capability makes the library ask for memory and make a CNode, between a handler and its answer.
 */
#include <lucid.h>
#include "runtime.h"

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void end_program(int code) __asm__("_Exit");
int fflush(void *stream);

#define TEST         "answers_are_whole_and_slots_for_requests_serve_nothing_else"
#define ANSWER_WORDS 7u
#define REQUESTS     4u
#define SIGNAL       8u
#define CNODE_BITS   5u
#define FIRST_FREE   (32u - 8u - 1u)

static struct utcb page __attribute__((aligned(UTCB_ALIGN)));
struct utcb *message_page = &page;
static struct component_info info = { .provides = 1,
                                      .cnode_size_bits = CNODE_BITS,
                                      .first_free_slot = FIRST_FREE };
const struct component_info *component_info = &info;

static unsigned failures, requests, signals, containers;
static bool owed;
static struct capability_info inspected; /* what the kernel says of every slot */

#define EXPECT_EQ(seen, expected)                                                                            \
    expect((unsigned long long)(seen), (unsigned long long)(expected), __LINE__, #seen)

static void expect(unsigned long long seen, unsigned long long expected, int line, const char *what)
{
    if (seen != expected && ++failures)
        printf("FAIL " TEST ": tests/interfaces/server_loop.c:%d: request %u: %s: expected %llu, seen %llu\n",
               line, requests, what, expected, seen);
}

/* As lib/server.c says it of `cap Any` and of `cap Frame(WRITE)`, while the slot holds what `inspected` says. */
static void check_is(unsigned type, unsigned rights, struct request *request, error_t any, error_t frame)
{
    inspected = (struct capability_info){ .type = type, .rights = rights };
    EXPECT_EQ(request_cap_check(request, 0, OBJECT_NULL, 0), any);
    EXPECT_EQ(request_cap_check(request, 0, OBJECT_FRAME, RIGHT_WRITE), frame);
}

static void slots_are_withdrawn(void)
{
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        EXPECT_EQ(page.take[i], CAP_NULL);
}

static void signal_handler(word_t bits)
{
    EXPECT_EQ(bits, SIGNAL);
    slots_are_withdrawn();
    signals++;
}

/* Answers more than the registers hold, and keeps the capability that came. */
static error_t handler(struct request *request)
{
    slots_are_withdrawn();
    check_is(OBJECT_FRAME, RIGHT_READ | RIGHT_WRITE, request, OK, OK);
    check_is(OBJECT_FRAME, RIGHT_READ, request, OK, ERR_RIGHT);
    check_is(OBJECT_CNODE, RIGHT_WRITE, request, OK, ERR_TYPE);
    check_is(OBJECT_NULL, 0, request, ERR_CAPABILITY, ERR_CAPABILITY);
    EXPECT_EQ(request_cap_check(request, 1, OBJECT_NULL, 0), ERR_MEMORY);
    request_take(request, request->cap[0]);
    for (unsigned i = 0; i < ANSWER_WORDS; i++)
        request->answer[i] = 100 + i;
    request->answer_words = ANSWER_WORDS;
    return OK;
}

static void answer_is_whole(const struct message *message)
{
    EXPECT_EQ(tag_words(message->tag), ANSWER_WORDS);
    for (unsigned i = 0; i < ANSWER_WORDS; i++)
        EXPECT_EQ(message_word(message, i), 100 + i);
}

/* Calls are of the supervisor, who gives memory, and of the kernel's objects: all succeed. */
static status_t answer_call(cap_t cap, struct message *message)
{
    bool memory = cap == COMPONENT_SLOT_SUPERVISOR;
    containers += !memory && tag_label(message->tag) == OP_UNTYPED_RETYPE;
    bool inspects = !memory && tag_label(message->tag) == OP_CNODE_INSPECT;
    *message = (struct message){ .tag = tag_make(OK, 0, memory) };
    if (inspects)
        message->word[0] = inspected.type, message->word[1] = inspected.rights;
    return OK;
}

static void finish(void)
{
    EXPECT_EQ(signals, 1);
    EXPECT_EQ(containers, 1); /* else nothing was in the way of an answer */
    if (failures == 0)
        printf("ok " TEST "\n");
    fflush(NULL);
    end_program(failures != 0);
}

status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    (void)reply;
    if (operation == SYS_CALL)
        return answer_call(cap, message);
    if (owed)
        answer_is_whole(message);
    owed = false;
    if (requests == REQUESTS)
        finish();
    EXPECT_EQ(page.take[0] != CAP_NULL, true);
    EXPECT_EQ(page.take[1], CAP_NULL);
    message->badge = SIGNAL;
    if (requests == 2 && signals == 0)
        return OK | STATUS_SIGNAL;
    requests++;
    owed = true;
    *message = (struct message){ .tag = tag_make(1, 0, 1), .badge = 1 };
    return OK | STATUS_OWED;
}

int main(void)
{
    serve(&(struct server){ .request = handler, .takes = 1, .signal = signal_handler });
    return 1; /* it does not end */
}
