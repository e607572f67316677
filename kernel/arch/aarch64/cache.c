/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Caches: data that instruction fetch, devices and uncached mappings shall see. (Arm ARM D7.5: the point of
 * unification is where instruction and data caches agree, the point of coherency where everyone does.)
 */
#include "port.h"

#define CTR_IDC (1ul << 28) /* no data cache line needs cleaning for instruction fetch */
#define CTR_DIC (1ul << 29) /* no instruction cache line needs to go */

/* The most that is cleaned line by line when memory becomes executable; more is done by emptying caches, which is bounded
 * whatever the size. */
#define BY_ADDRESS_MAX 16384u

static size_t line_size(void)
{
    return 4ul << (SYSREG_READ(ctr_el0) >> 16 & 15); /* the smallest of all levels */
}

#define EACH_LINE(operation, memory, size)                                                                   \
    do {                                                                                                     \
        size_t line_ = line_size();                                                                          \
        word_t end_ = (word_t)(memory) + (size);                                                             \
        for (word_t at_ = (word_t)(memory) & ~(line_ - 1); at_ < end_; at_ += line_)                         \
            __asm__ volatile("dc " operation ", %0" : : "r"(at_) : "memory");                                \
        dsb();                                                                                               \
    } while (0)

#if CONFIG_CORES > 1

/* What is done by set and way reaches this core's caches only, and lines wander between cores meanwhile (D7.5.8): with several, only addresses will do. */
static void clean_large(const void *memory, size_t size)
{
    EACH_LINE("cvau", memory, size);
}

#else

/* Clean one level of data cache, by set and way (D7.5.8). Reaches this core's own caches: there is no other one. */
static void clean_level(unsigned level)
{
    SYSREG_WRITE(csselr_el1, level << 1);
    isb();
    word_t shape = SYSREG_READ(ccsidr_el1);
    unsigned line_bits = (unsigned)(shape & 7) + 4, ways = (unsigned)(shape >> 3 & 0x3ff) + 1,
             sets = (unsigned)(shape >> 13 & 0x7fff) + 1;
    unsigned way_shift = ways > 1 ? (unsigned)__builtin_clz(ways - 1) : 0;
    for (unsigned way = 0; way < ways; way++)
        for (unsigned set = 0; set < sets; set++)
            __asm__ volatile("dc csw, %0"
                             :
                             : "r"((word_t)way << way_shift | (word_t)set << line_bits | level << 1)
                             : "memory");
}

/* All data cache levels before the point of unification. */
static void clean_large(const void *memory, size_t size)
{
    (void)memory, (void)size;
    word_t levels = SYSREG_READ(clidr_el1);
    unsigned unification = (unsigned)(levels >> 27 & 7); /* LoUU */
    for (unsigned level = 0; level < unification; level++)
        if ((levels >> 3 * level & 7) >= 2)
            clean_level(level);
    dsb();
}

#endif

void arch_sync_instructions(const void *memory, size_t size)
{
    word_t type = SYSREG_READ(ctr_el0);
    if (!(type & CTR_IDC)) {
        if (size <= BY_ADDRESS_MAX)
            EACH_LINE("cvau", memory, size);
        else
            clean_large(memory, size);
    }
    dsb();
    if (!(type & CTR_DIC))
        __asm__ volatile("ic ialluis" : : : "memory");
    dsb();
    isb();
}

/* ---- Devices. */

void arch_cache_clean(const void *memory, size_t size)
{
    EACH_LINE("cvac", memory, size);
}

void arch_cache_invalidate(const void *memory, size_t size)
{
    EACH_LINE("civac", memory, size);
}

/* Then the zeroes are pushed out: an uncached mapping of the same memory must not see what was there before. */
void arch_clear_memory(void *memory, size_t size)
{
    assert(!(size & 63));
    word_t end = (word_t)memory + size;
    for (word_t at = (word_t)memory; at < end; at += 64)
        __asm__ volatile(
            "stp xzr, xzr, [%0]\n stp xzr, xzr, [%0, #16]\n stp xzr, xzr, [%0, #32]\n stp xzr, xzr, [%0, #48]"
            :
            : "r"(at)
            : "memory");
    arch_cache_invalidate(memory, size);
}
