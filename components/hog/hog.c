/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A component that never stops computing, and never gives its time away. What it gets is what its budget in
 * the system description says, and no other component is the worse for it.
 */
#include <lucid.h>

int main(void)
{
    print("computing\n");
    for (volatile uint64_t n = 0;; n++)
        ;
}
