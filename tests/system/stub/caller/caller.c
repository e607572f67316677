/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a generated stub costs: as many instructions as the same call written by hand. The counter counts
 * instructions here, because the test runs in virtual time; the least of some rounds has no interrupt in it.
 *
 * The server is passive, and has had another client, which is gone: it must have taken note of that, or the kernel cannot answer quickly.
 */
#include <echo.h>

#define CALLS  64u
#define ROUNDS 16u
#define QUICK  1500u /* of a call on the kernel's quick paths, at most; others take more than 2000 */

/* As somebody would write it who wants it to be fast, and who checks what came. */
static inline error_t ping_by_hand(cap_t echo, uint32_t n, uint32_t *answer)
{
    struct message message = { .tag = tag_make(ECHO_PING, 1, 0), .word = { n } };
    status_t status = sys_call(echo, &message);
    if (status != OK || message.tag != tag_make(OK, 1, 0))
        return status_error(status) != OK ? (error_t)status_error(status) : ERR_TRUNCATED;
    *answer = (uint32_t)message.word[0];
    return OK;
}

#define TICKS(call)                                                                                          \
    ({                                                                                                       \
        uint64_t least = UINT64_MAX;                                                                         \
        for (unsigned round = 0; round < ROUNDS; round++) {                                                  \
            uint64_t start = arch_counter();                                                                 \
            for (uint32_t n = 0; n < CALLS; n++)                                                             \
                wrong += (call) != OK || answer != n + 1;                                                    \
            uint64_t took = arch_counter() - start;                                                          \
            least = took < least ? took : least;                                                             \
        }                                                                                                    \
        least;                                                                                               \
    })

int main(void)
{
    cap_t echo = use_echo();
    uint32_t answer;
    unsigned wrong = 0;
    uint64_t by_hand = TICKS(ping_by_hand(echo, n, &answer));
    uint64_t by_stub = TICKS(echo_ping(echo, n, &answer));
    print("%u calls by hand: %lu instructions; by the stub: %lu\n", CALLS, by_hand, by_stub);
    print("%s; %s; %s\n", wrong ? "wrong answers" : "right answers",
          by_stub <= by_hand ? "the stub costs no more" : "the stub costs more",
          by_hand < CALLS * QUICK ? "calls are quick" : "calls are slow");
    return 0;
}
