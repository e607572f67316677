/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends each of its lives in another way: what the supervisor reports is looked at by the test. */
#include <lucid.h>

static void drop_capabilities(void)
{
    for (word_t slot = COMPONENT_SLOT_FIRST; slot < 16; slot++)
        cnode_delete(COMPONENT_SLOT_CNODE, slot);
    print("this goes through a session that is not there\n");
}

static void unknown_call(void)
{
    struct message message = { 0 };
    arch_syscall(99, CAP_NULL, &message, CAP_NULL);
}

int main(void)
{
    print("start %u\n", component_generation());
    switch (component_generation()) {
    case 1:
        drop_capabilities();
        break;
    case 2:
        PANIC("on purpose: %d", 42);
    case 3:
        unknown_call();
        break;
    case 4:
        *(volatile char *)0xffff800000000000 = 1;
        break;
    case 5:
        use("nothing");
        break;
    case 6:
        return -7;
    }
    return 0;
}
