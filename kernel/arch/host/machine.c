/* SPDX-License-Identifier: BSD-2-Clause */
/* host: memory, time, interrupts, ports, console, the end. */
#define _GNU_SOURCE
#include "host.h"
#include "core.h"
#include <sched.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY_ALIGNMENT (2u << 20)
#define MEMORY_PATTERN   0xa5

struct host host;
int host_halt_status;

static _Thread_local jmp_buf *way_out;

#if CONFIG_CORES > 1
_Thread_local unsigned host_number;
void (*host_between)(bool waits);

struct core *core_self(void)
{
    return &cores[host_number];
}

void arch_ipi(unsigned core)
{
    __atomic_store_n(&host.cores[core].asked, true, __ATOMIC_SEQ_CST);
    host_others();
}

void arch_release(uint32_t *word)
{
    __atomic_store_n(word, *word + 1, __ATOMIC_RELEASE);
    host_others();
}

void arch_relax(void)
{
    if (host_between)
        host_between(true);
    else
        sched_yield();
}

/* The process ends with who has asked for this. */
NORETURN void arch_core_halt(void)
{
    for (;;)
        pause();
}

static void take_ipi(void)
{
    bool *asked = &host_core()->asked;

    if (SHARED_READ(*asked) && __atomic_exchange_n(asked, false, __ATOMIC_SEQ_CST))
        kernel_ipi();
}

static bool ipi_is_pending(void)
{
    return SHARED_READ(host_core()->asked);
}
#else
static void take_ipi(void)
{
}

static bool ipi_is_pending(void)
{
    return false;
}
#endif

static char *get_memory(void)
{
    char *start = mmap(NULL, HOST_MEMORY_SIZE + MEMORY_ALIGNMENT, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (start == MAP_FAILED)
        abort();
    return (char *)(((uintptr_t)start + MEMORY_ALIGNMENT - 1) & ~(uintptr_t)(MEMORY_ALIGNMENT - 1));
}

void host_init(void)
{
    char *memory = get_memory();

    host = (struct host){ .memory = memory, .ticks = 1000, .ticks_hz = 1000000000 };
#if CONFIG_CORES > 1
    for (unsigned i = 0; i < CONFIG_CORES; i++)
        host.cores[i].deadline = TICKS_NEVER;
#else
    host.core.deadline = TICKS_NEVER;
#endif
    for (unsigned line = 0; line < ARCH_IRQ_LINES; line++)
        SHARED_WRITE(host.masked[line], true);
}

/* ---- Memory */

void *arch_pointer(paddr_t physical)
{
    return (void *)((uintptr_t)host.memory + (uintptr_t)physical);
}

paddr_t arch_physical(const void *pointer)
{
    return (uintptr_t)pointer - (uintptr_t)host.memory;
}

static void must_be_memory(const void *memory, size_t size)
{
    paddr_t start = arch_physical(memory);

    check(start < HOST_MEMORY_SIZE && size <= HOST_MEMORY_SIZE - start);
}

void arch_clear_memory(void *memory, size_t size)
{
    must_be_memory(memory, size);
    check(size % 64 == 0);
    memset(memory, 0, size);
    HOST_ADD(host.cleared_bytes, size);
}

void arch_sync_instructions(const void *memory, size_t size)
{
    must_be_memory(memory, size);
    HOST_COUNT(host.code_syncs);
}

void arch_cache_clean(const void *memory, size_t size)
{
    must_be_memory(memory, size);
}

void arch_cache_invalidate(const void *memory, size_t size)
{
    must_be_memory(memory, size);
}

/* ---- Time */

unsigned arch_highest_bit(uint64_t word)
{
    return 63 - (unsigned)__builtin_clzll(word);
}

ticks_t arch_ticks(void)
{
    host_others();
#if CONFIG_CORES > 1
    return __atomic_add_fetch(&host.ticks, host.ticks_per_read, __ATOMIC_RELAXED);
#else
    host.ticks += host.ticks_per_read;
    return host.ticks;
#endif
}

uint64_t arch_ticks_hz(void)
{
    return host.ticks_hz;
}

void arch_timer_set(ticks_t deadline)
{
    host_core()->deadline = deadline;
    HOST_COUNT(host.timer_sets);
}

static bool timer_is_due(void)
{
    return host_core()->deadline <= SHARED_READ(host.ticks);
}

static void fire_timer(void)
{
    host_core()->deadline = TICKS_NEVER;
    kernel_timer();
}

void host_time_advance(ticks_t ticks)
{
    ticks_t target = host.ticks + ticks;

    while (host_core()->deadline <= target) {
        if (host_core()->deadline > host.ticks)
            host.ticks = host_core()->deadline;
        fire_timer();
    }
    if (host.ticks < target)
        host.ticks = target;
}

/* ---- Interrupts */

void arch_irq_mask(unsigned line)
{
    check(line < ARCH_IRQ_LINES);
    SHARED_WRITE(host.masked[line], true);
}

void arch_irq_unmask(unsigned line)
{
    check(line < ARCH_IRQ_LINES);
    SHARED_WRITE(host.masked[line], false);
}

bool arch_irq_has_mode(unsigned line, word_t mode)
{
    check(line < ARCH_IRQ_LINES);
    return line < ARCH_IRQ_MSI_FIRST && mode <= (IRQ_LEVEL | IRQ_ACTIVE_LOW);
}

void arch_irq_set_mode(unsigned line, word_t mode)
{
    check(arch_irq_has_mode(line, mode));
    SHARED_WRITE(host.mode[line], mode);
}

error_t arch_irq_msi(unsigned line, word_t *address, word_t *data)
{
    check(line < ARCH_IRQ_LINES);
    if (line < ARCH_IRQ_MSI_FIRST)
        return ERR_UNSUPPORTED;
    *address = 0xfee00000u;
    *data = line;
    return OK;
}

static int next_raised(void)
{
    if (host_number != 0)
        return -1;
    for (unsigned line = 0; line < ARCH_IRQ_LINES; line++)
        if (SHARED_READ(host.raised[line]) && !SHARED_READ(host.masked[line]))
            return (int)line;
    return -1;
}

bool arch_interrupt_pending(void)
{
    host_others();
    unsigned polls = HOST_COUNT(host.pending_polls), every = SHARED_READ(host.pending_every);

    if (every && polls % every == 0)
        return true;
    return ipi_is_pending() || next_raised() >= 0 || timer_is_due();
}

#if CONFIG_CORES > 1
bool host_interrupt_is_due(unsigned core)
{
    unsigned self = host_number;

    host_number = core;
    bool due = ipi_is_pending() || next_raised() >= 0 || timer_is_due();
    host_number = self;
    return due;
}
#endif

void host_take_interrupts(void)
{
    int line;

    take_ipi();
    while ((line = next_raised()) >= 0) {
        SHARED_WRITE(host.raised[line], false);
        SHARED_WRITE(host.masked[line], true);
        kernel_interrupt((unsigned)line);
    }
    if (timer_is_due())
        fire_timer();
}

void host_interrupt(unsigned line)
{
    SHARED_WRITE(host.raised[line], true);
    host_take_interrupts();
}

/* ---- I/O ports */

uint32_t arch_io_in(unsigned port, unsigned size)
{
    check(port < 65536 && (size == 1 || size == 2 || size == 4));
    return size == 4 ? host.port_input : host.port_input & ((1u << 8 * size) - 1);
}

void arch_io_out(unsigned port, unsigned size, uint32_t value)
{
    check(port < 65536 && (size == 1 || size == 2 || size == 4));
    unsigned place = HOST_COUNT(host.port_write_count) - 1;

    if (place < HOST_PORT_WRITES)
        host.port_writes[place] = (struct host_port_write){ port, size, value };
}

/* ---- Console, and the end */

void arch_console_put(char c)
{
    unsigned place = HOST_COUNT(host.console_size) - 1;

    if (place < HOST_CONSOLE_SIZE - 1)
        host.console[place] = c;
    else
        SHARED_WRITE(host.console_size, HOST_CONSOLE_SIZE - 1);
}

error_t arch_power(word_t how)
{
    (void)how;
    return ERR_UNSUPPORTED;
}

void arch_panic_report(void)
{
}

enum { WAY_LEFT = 1, WAY_HALTED = 2 };

NORETURN void arch_halt(int status)
{
    host_halt_status = status;
    if (!way_out)
        host_unexpected_halt(status);
    longjmp(*way_out, WAY_HALTED);
}

NORETURN void arch_exit(void)
{
    if (!way_out)
        abort();
    longjmp(*way_out, WAY_LEFT);
}

/* Tests run the idle core themselves: they see that nobody is current. */
NORETURN void arch_idle(void)
{
    abort();
}

enum host_end host_run(void (*function)(void *argument), void *argument)
{
    jmp_buf here;
    jmp_buf *before = way_out;
    enum host_end end = HOST_RETURNED;
    int way = setjmp(here);

    if (way == 0) {
        way_out = &here;
        function(argument);
    } else {
        end = way == WAY_LEFT ? HOST_LEFT : HOST_HALTED;
    }
    way_out = before;
    return end;
}
