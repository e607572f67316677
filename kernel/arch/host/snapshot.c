/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: going back to what memory held before. It is put into a file without a name, and the file is mapped
 * privately where memory was: pages that are written after that are copies, and dropping them brings the file's back.
 */
#define _GNU_SOURCE
#include "host.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool page_is_zero(const char *page)
{
    static const char zero[PAGE_SIZE];

    return memcmp(page, zero, PAGE_SIZE) == 0;
}

void host_memory_keep(void)
{
    int file = memfd_create("memory", 0);

    if (file < 0 || ftruncate(file, HOST_MEMORY_SIZE) != 0)
        abort();
    for (size_t offset = 0; offset < HOST_MEMORY_SIZE; offset += PAGE_SIZE)
        if (!page_is_zero(host.memory + offset) &&
            pwrite(file, host.memory + offset, PAGE_SIZE, (off_t)offset) != (ssize_t)PAGE_SIZE)
            abort();
    if (mmap(host.memory, HOST_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0) ==
        MAP_FAILED)
        abort();
    close(file);
}

void host_memory_restore(void)
{
    if (madvise(host.memory, HOST_MEMORY_SIZE, MADV_DONTNEED) != 0)
        abort();
}
