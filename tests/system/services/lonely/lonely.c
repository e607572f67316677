/* SPDX-License-Identifier: BSD-2-Clause */
#include <lucid.h>

int main(void)
{
    print("hello from %s\n", component_name());
    return 0;
}
