/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The port's services for its own boot code, natively: foreign memory, printing, the end.
 *
 * Each mapping is a block of the heap of exactly the size that was asked for, so that the address sanitizer sees every access
 * outside of it. It is aligned as the physical address is, as on the machine.
 */
#include "physical.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPINGS_MAX 16384u
#define WINDOWS_MAX  496u /* pieces of 2 MiB, as paging.c has */
#define WINDOW_BITS  21u
#define CONSOLE_SIZE 65536u

static paddr_t filled_start;
static const uint8_t *filled;
static size_t filled_size;

static char *mappings[MAPPINGS_MAX];
static unsigned mapping_count;
static paddr_t windows[WINDOWS_MAX];
static unsigned window_count;
static char written[PAGE_SIZE];

char physical_console[CONSOLE_SIZE];
static size_t console_size;
static jmp_buf way_out;

void physical_set(paddr_t start, const uint8_t *bytes, size_t size)
{
    filled_start = start;
    filled = bytes;
    filled_size = size;
    console_size = 0;
    physical_console[0] = '\0';
}

void physical_end(void)
{
    while (mapping_count > 0)
        free(mappings[--mapping_count]);
    window_count = 0;
}

static bool window_take(paddr_t physical, size_t size)
{
    paddr_t first = physical >> WINDOW_BITS, last = (physical + size - 1) >> WINDOW_BITS;

    for (unsigned i = 0; first == last && i < window_count; i++)
        if (windows[i] == first)
            return true;
    if (last - first >= WINDOWS_MAX - window_count)
        return false;
    for (; first <= last; first++)
        windows[window_count++] = first;
    return true;
}

/* The kernel's own image, where the copy of the RSDP is; firmware may point anywhere into it. */
static bool is_in_image(paddr_t physical, size_t size)
{
    return physical >= image_physical(image_start) && physical + size <= image_physical(image_end);
}

/* The image is this program, with the sanitizer's gaps between its variables. */
__attribute__((no_sanitize("address"))) static void fill_from_image(char *bytes, paddr_t physical,
                                                                    size_t size)
{
    const volatile char *image = (const volatile char *)(uintptr_t)(physical + KERNEL_BASE);

    for (size_t i = 0; i < size; i++)
        bytes[i] = image[i];
}

/* What the input has put into [physical, physical + size), or zeros. */
static void fill(char *bytes, paddr_t physical, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = physical + i - filled_start < filled_size ? (char)filled[physical + i - filled_start] : 0;
}

const void *boot_map(paddr_t physical, size_t size)
{
    size_t lead = physical % 16;

    if (size == 0 || physical + size < physical || physical + size > WINDOW_SIZE)
        return NULL;
    if (!window_take(physical, size) || mapping_count == MAPPINGS_MAX)
        return NULL;
    char *block = malloc(lead + size);
    FUZZ_EXPECT(block != NULL);
    mappings[mapping_count++] = block;
    if (is_in_image(physical, size))
        fill_from_image(block + lead, physical, size);
    else
        fill(block + lead, physical, size);
    return block + lead;
}

void boot_write(paddr_t physical, const void *from, size_t size)
{
    FUZZ_EXPECT(physical % PAGE_SIZE == 0 && physical + size <= WINDOW_SIZE && size <= sizeof(written));
    memcpy(written, from, size);
}

/* ---- Console, and the end */

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    console_size +=
        (size_t)vsnprintf(physical_console + console_size, CONSOLE_SIZE - console_size, format, arguments);
    va_end(arguments);
    FUZZ_EXPECT(console_size < CONSOLE_SIZE);
}

void panic(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    printf("KERNEL PANIC at %s:%d: ", file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    abort();
}

void arch_halt(int status)
{
    (void)status;
    longjmp(way_out, 1);
}

bool physical_run(void (*function)(void *argument), void *argument)
{
    if (setjmp(way_out)) {
        FUZZ_EXPECT(strstr(physical_console, "Lucid cannot start: ") && console_size > 24);
        return false;
    }
    function(argument);
    return true;
}
