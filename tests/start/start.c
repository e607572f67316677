/* SPDX-License-Identifier: BSD-2-Clause */
/* A root component that does nothing: what the kernel does until it runs is all that there is. */
#include <lucid.h>

int main(void)
{
    return 0;
}
