/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake machine: what tests see of it, and may do to it.
 *
 * Memory is one block; pointers are offsets into it. Time stands still unless a test moves it. The TLB (tlb.c)
 * forgets only what it is told to forget, and believes what it has, so that a translation which the kernel
 * forgot to flush is seen by host_translate. The kernel cannot be reset: a test that needs a new one runs in
 * a new process (tests/host/harness.h). A fuzzer, which needs many thousand, goes back to a snapshot: of the
 * memory by the functions below, of everybody's variables by itself (tests/fuzz/machine.c).
 *
 * What belongs to a core is in struct host_core. With CONFIG_CORES > 1 each core is a thread of the process (tests/smp): what is said below
 * of the current thread is meant of the one that is current on the caller's core. A core takes the interrupts that others send it
 * when it takes its own; while it waits in the kernel, the kernel answers them. What all cores use is atomic.
 */
#ifndef HOST_H
#define HOST_H

#include "arch.h"

#define HOST_MEMORY_SIZE  (64u << 20)
#define HOST_PHYSICAL_END 0x100000000ull
#define HOST_CONSOLE_SIZE 65536u
#define HOST_PORT_WRITES  64u

struct host_port_write {
    unsigned port, size;
    uint32_t value;
};

struct host_core {
    arch_pte_t *root; /* loaded; NULL: the kernel's own */
    uint32_t tag;
    ticks_t deadline; /* of the timer, TICKS_NEVER: off */
    bool fpu_on;
    bool asked; /* another core has sent an interrupt (arch_ipi) */
    word_t fpu[HOST_FPU_WORDS];
};

struct host {
    char *memory;
#if CONFIG_CORES > 1
    struct host_core cores[CONFIG_CORES];
#else
    struct host_core core;
#endif

    ticks_t ticks;
    uint64_t ticks_hz;      /* to be set before the kernel boots */
    ticks_t ticks_per_read; /* the counter moves by itself when it is read */

    bool raised[ARCH_IRQ_LINES]; /* the device wants attention */
    bool masked[ARCH_IRQ_LINES];
    word_t mode[ARCH_IRQ_LINES];
    unsigned pending_every; /* every n-th look for interrupts sees one: 1 at each preemption point, 0 none
                               beside real ones */
    unsigned pending_polls; /* how often the kernel has looked */

    uint32_t port_input; /* what any I/O port reads as */
    struct host_port_write port_writes[HOST_PORT_WRITES];
    unsigned port_write_count;

    char console[HOST_CONSOLE_SIZE]; /* all that was printed, NUL-terminated; what is too much is lost */
    unsigned console_size;

    unsigned tlb_flushes, tlb_page_flushes, tlb_misses, space_loads, timer_sets, code_syncs, fpu_saves,
        fpu_loads, parks;
    bool fpu_leaks; /* what arch_fpu_leaks says; set by the test */
    uint64_t cleared_bytes;

    bool measures_stack; /* by system calls, in stack_used: the most so far, in bytes (with what the
                            sanitizers add) */
    unsigned stack_used;
};

extern struct host host;

#if CONFIG_CORES > 1
/* Which core this thread of the process is. */
extern _Thread_local unsigned host_number;

static inline struct host_core *host_core(void)
{
    return &host.cores[host_number];
}

/* Called wherever one core can notice what another has done, if it is set: who runs cores in turns lets another one go on. `waits`: nothing
 * happens here before another has done something. */
extern void (*host_between)(bool waits);
/* The core has an interrupt to take. */
bool host_interrupt_is_due(unsigned core);

static inline void host_others(void)
{
    if (host_between)
        host_between(false);
}

/* Counters that all cores use. Returns what it is then. */
#define HOST_ADD(counter, number) __atomic_add_fetch(&(counter), (number), __ATOMIC_RELAXED)
#else
#define host_number 0u

static inline struct host_core *host_core(void)
{
    return &host.core;
}

static inline void host_others(void)
{
}

#define HOST_ADD(counter, number) ((counter) += (number))
#endif
#define HOST_COUNT(counter) HOST_ADD(counter, 1)

/* A new machine: clean state, memory full of a pattern. */
void host_init(void);

/* Remember the contents of memory; and go back to them, which costs as much as was changed in between. */
void host_memory_keep(void);
void host_memory_restore(void);

/* ---- Running kernel code, which may end the machine */

enum host_end {
    HOST_RETURNED,
    HOST_LEFT,   /* to user mode, by arch_exit */
    HOST_HALTED, /* host_halt_status */
};

extern int host_halt_status;

/* Run it, and tell how it ended. */
enum host_end host_run(void (*function)(void *argument), void *argument);

/* Called when the machine halts outside of host_run. Does not return. Provided by the tests. */
NORETURN void host_unexpected_halt(int status);

/* ---- User mode */

/* What the processor would do for an access by the current thread: TLB, then tables. False: a page fault,
 * with FAULT_ACCESS_PRESENT in *access if something is mapped. */
bool host_translate(word_t address, word_t *access, paddr_t *physical);
/* The access itself: a pointer to the byte, or a page fault and NULL. */
void *host_access(word_t address, word_t access);
/* False if user code could get something out of the TLB that page tables do not have: of *address. What will be forgotten before
 * its space is next used does not count. */
bool host_tlb_is_coherent(word_t *address); /* this core's */
/* The processor looks ahead: the TLB gets all that the loaded space has. */
void host_tlb_fill(void);
/* Translations that the TLB has for a space. */
unsigned host_tlb_count(const struct arch_space *space);

/* The current thread makes the system call that is in its registers; again and again, with interrupts and the
 * timer in between, as long as the kernel says so and the thread goes on running. */
void host_syscall(void);
/* Once only: true if the thread is to do it again. */
bool host_syscall_once(void);

/* An FPU instruction of the current thread: a pointer to the FPU's registers, or NULL after an exception; with several cores also if the
 * thread is to execute it again. */
word_t *host_fpu(void);

/* ---- Time and interrupts */

/* Let time go by; the timer fires on the way. */
void host_time_advance(ticks_t ticks);
/* The device raises its line: the kernel gets the interrupt now, or when the line is unmasked. */
void host_interrupt(unsigned line);
/* Take what is pending, as the processor does when it goes to user mode. Of several cores, the first gets the devices' interrupts. */
void host_take_interrupts(void);

#endif
