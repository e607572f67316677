/* SPDX-License-Identifier: BSD-2-Clause */
/* Was built from another interfaces/echo.idl than its server: of the version that `args` says, and with another operation. */
#include <echo.h>

int main(void)
{
    static const uint64_t digests[] = { 1 };
    uint64_t version = 0;
    text_to_number(component_arguments(), &version);
    struct interface other = { "Echo", (unsigned)version, 1, digests };
    session_use(&other, NULL);
    print("not refused\n");
    return 0;
}
