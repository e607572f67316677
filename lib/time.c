/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: the processor's counter, converted to the nanoseconds that the kernel counts in. No system call. */
#include <lucid.h>

static struct {
    uint64_t start;
    uint64_t multiplier;
    unsigned shift;
} conversion;

void time_init(uint64_t start, uint64_t multiplier, unsigned shift)
{
    conversion.start = start;
    conversion.multiplier = multiplier;
    conversion.shift = shift;
}

time_ns_t time_now_ns(void)
{
    uint64_t ticks = arch_counter() - conversion.start;
    return (time_ns_t)((unsigned __int128)ticks * conversion.multiplier >> conversion.shift);
}
