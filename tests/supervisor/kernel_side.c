/* SPDX-License-Identifier: BSD-2-Clause */
/* See sides.h. The root component's thread is always the one that runs: it has the highest priority, and waits only at the very end. */
#include "sides.h"
#include "lookup.h"
#include "system.h"
#include <string.h>

#define BUNDLE_AT (5 * IMAGE_PAGE)

static struct boot_info given;

const void *kernel_side_boot(const void *bundle, size_t size)
{
    struct image_header *image = image_default();
    word_t access = FAULT_ACCESS_READ;
    paddr_t physical;

    EXPECT(size % IMAGE_PAGE == 0);
    memcpy((char *)image + BUNDLE_AT, bundle, size);
    image->size = BUNDLE_AT + size;
    image->bundle_size = size;
    image_seal(image);
    EXPECT_EQ(system_try_boot(machine_default()), HOST_LEFT);
    EXPECT(host_translate(arch_register_read(&current()->context, REGISTER_ARGUMENT), &access, &physical));
    given = *(const struct boot_info *)arch_pointer(physical);
    given.bundle = (uintptr_t)image + BUNDLE_AT;
    given.message_page = (uintptr_t)current()->utcb;
    host.port_input = 0xff; /* of the serial line: ready */
    return &given;
}

void kernel_side_syscall(uint64_t operation, uint64_t cap, uint64_t reply, uint64_t *tag, uint64_t *badge,
                         uint64_t words[4], uint64_t *status)
{
    struct thread *root = current();
    word_t *registers = root->context.registers;

    registers[REGISTER_A0] = operation;
    registers[REGISTER_A1] = cap;
    registers[REGISTER_A2] = *tag;
    registers[REGISTER_A3] = reply;
    memcpy(&registers[REGISTER_W0], words, 4 * sizeof(words[0]));
    host_syscall();
    EXPECT(current() == root);
    *status = registers[REGISTER_A0];
    *badge = registers[REGISTER_A1];
    *tag = registers[REGISTER_A2];
    memcpy(words, &registers[REGISTER_W0], 4 * sizeof(words[0]));
}

void *kernel_side_frame(uint64_t cap)
{
    struct slot *slot;

    if (lookup_cap(current(), cap, &slot) != OK || cap_type(&slot->cap) != OBJECT_FRAME)
        return NULL;
    return mapped_pointer(&slot->cap);
}

void kernel_side_check(void)
{
    system_check();
}
