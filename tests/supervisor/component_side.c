/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A component's slots and objects (lib/objects.c, lib/heap.c) on the kernel: like user_side.c, for a component. The root thread plays it, in a
 * CNode of its own; its session with the supervisor is the quota itself, and this file answers in the supervisor's place.
 */
#include "component_side.h"
#include "sides.h"
#include <lucid.h>
#include <supervisor.h>

#define HEAP_BYTES 4096u

void *heap_malloc(size_t size);
void *failing_malloc(size_t size);

struct utcb *message_page;
const struct component_info *component_info;

static struct component_info info;
static char heap[HEAP_BYTES] __attribute__((aligned(16)));
static unsigned fail_at, count;
static bool failed;

void component_side_init(void *page, unsigned cnode_bits, unsigned first_free, unsigned endpoint_bits,
                         unsigned notification_bits)
{
    message_page = page;
    info.cnode_size_bits = cnode_bits;
    info.first_free_slot = first_free;
    info.object_size_bits[OBJECT_ENDPOINT] = (uint8_t)endpoint_bits;
    info.object_size_bits[OBJECT_NOTIFICATION] = (uint8_t)notification_bits;
    component_info = &info;
    heap_init(heap, sizeof heap);
}

void component_side_fail(unsigned nth)
{
    fail_at = nth;
    count = 0;
    failed = false;
}

bool component_side_has_failed(void)
{
    return failed;
}

static bool fails_now(void)
{
    if (++count != fail_at)
        return false;
    failed = true;
    return true;
}

void *failing_malloc(size_t size)
{
    return fails_now() ? NULL : heap_malloc(size);
}

void panic(const char *file, int line, const char *format, ...)
{
    (void)file, (void)line, (void)format;
    __builtin_trap();
}

static status_t kernel(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    uint64_t tag = message->tag, badge = 0, words[4], status = OK;

    for (unsigned i = 0; i < 4; i++)
        words[i] = message->word[i];
    kernel_side_syscall(operation, cap, reply, &tag, &badge, words, &status);
    message->tag = tag;
    message->badge = badge;
    for (unsigned i = 0; i < 4; i++)
        message->word[i] = words[i];
    return status;
}

/* The supervisor's do_memory: an Untyped out of the quota, to where the component wants it. */
static status_t give_memory(struct message *message)
{
    cap_t take = message_page->take[0];
    cap_t first = take & (((cap_t)1 << info.cnode_size_bits) - 1);
    cap_t cnode = first == take ? (cap_t)COMPONENT_SLOT_CNODE : first;
    word_t index = first == take ? take : take >> info.cnode_size_bits;

    status_t status = untyped_retype(COMPONENT_SLOT_SUPERVISOR, OBJECT_UNTYPED, (unsigned)message->word[0],
                                     cnode, index, 1, CAP_NULL, 0);
    *message = (struct message){ .tag = tag_make(status_error(status), 0, status_error(status) == OK) };
    return OK;
}

status_t arch_syscall(word_t operation, cap_t cap, struct message *message, cap_t reply)
{
    if (fails_now()) {
        message->tag = 0;
        return ERR_MEMORY;
    }
    if (cap == COMPONENT_SLOT_SUPERVISOR && tag_label(message->tag) == SUPERVISOR_MEMORY) {
        count--; /* the retype in it is not one of the component's */
        return give_memory(message);
    }
    return kernel(operation, cap, message, reply);
}

uint64_t arch_counter(void)
{
    return 0;
}
