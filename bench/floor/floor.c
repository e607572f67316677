/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor: what a round trip between two address spaces costs that does nothing else. `./lucid bench` boots this in the place of a kernel.
 *
 * Two contexts run the same program in user mode, each in an address space of its own, in which the same is mapped. One enters the kernel, which
 * saves its context, switches to the other's address space, loads the other's context and leaves (switch in start.S); and the other does the same. There is
 * not one check, and no way to say who is meant: the other always. A context is where to go on, the stack and the processor's state; all other
 * registers may have changed, or hold a message.
 *
 * This prints what the benches print (tests/target/bench.h), and begins as they do: with a loop of known length, and lines that are known.
 */
#include "floor.h"
#include "marks.h"

#define KNOWN_ROUNDS 100000u
#define WARM_ROUNDS  16u
#define ROUNDS       256u /* all together fewer than the other context has turns (start.S) */

static void print(const char *text)
{
    while (*text)
        floor_put(*text++);
}

static void print_number(const char *text, uint64_t number)
{
    char digits[21], *digit = digits + sizeof digits - 1;

    *digit = 0;
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    print(text);
    print(digit);
}

static uint64_t calibrate(void)
{
    uint64_t start = floor_counter();
    known_loop(KNOWN_ROUNDS);
    return floor_counter() - start;
}

static uint64_t rounds(unsigned count)
{
    uint64_t start = floor_counter();
    for (unsigned left = count; left > 0; left--)
        floor_round();
    return floor_counter() - start;
}

static uint64_t empty_rounds(unsigned count)
{
    uint64_t start = floor_counter();
    for (unsigned left = count; left > 0; left--)
        __asm__ volatile("" : : : "memory");
    return floor_counter() - start;
}

__attribute__((noreturn)) void floor_main(void);

/* The first context; start.S begins it. */
void floor_main(void)
{
    static _Alignas(64) volatile word_t data[32];
    uint64_t known = calibrate();

    known_lines(data);
    rounds(WARM_ROUNDS);
    uint64_t full = rounds(ROUNDS), empty = empty_rounds(ROUNDS);
    MARK_BEGIN();
    floor_round();
    MARK_END();
    print_number("   floor: calibration instructions ", 2 * KNOWN_ROUNDS);
    print_number(" ticks ", known);
    print_number("\n   floor: lines calibration rounds ", 1);
    print_number("\n   floor: path floor rounds ", ROUNDS);
    print_number(" ticks ", full);
    print_number(" empty ", empty);
    print("\nEND 1 passed, 0 failed\n");
    floor_off();
}
