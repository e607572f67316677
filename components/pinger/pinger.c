/* SPDX-License-Identifier: BSD-2-Clause */
/* The example client: asks its server of Echo once, and says what it answered. */
#include <echo.h>

int main(void)
{
    uint32_t answer;
    error_t error = echo_ping(use_echo(), 41, &answer);
    if (error != OK) {
        print("echo did not answer: %s\n", error_sentence(error));
        return 1;
    }
    print("echo answered 41 with %u\n", answer);
    return 0;
}
