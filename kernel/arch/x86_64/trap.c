/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and exceptions, in C: what they mean to the portable part; and the report of a kernel that has
 * failed.
 *
 * The machine code of an exception is its vector in bits 32 and up and the processor's error code below (SDM
 * vol. 3, 6.15).
 *
 * No exception is expected in kernel mode: each one is a panic, on an emergency stack if it may be the stack
 * that is broken.
 */
#include "port.h"
#include "backtrace.h"
#include "symbols.h"

#define VECTOR_DIVIDE     0u
#define VECTOR_DEBUG      1u
#define VECTOR_NMI        2u
#define VECTOR_BREAKPOINT 3u
#define VECTOR_INVALID    6u
#define VECTOR_NO_FPU     7u
#define VECTOR_DOUBLE     8u
#define VECTOR_STACK      12u
#define VECTOR_PROTECTION 13u
#define VECTOR_PAGE       14u
#define VECTOR_X87        16u
#define VECTOR_ALIGNMENT  17u
#define VECTOR_CHECK      18u
#define VECTOR_SIMD       19u

/* Error code of a page fault: SDM vol. 3, 4.7. */
#define PAGE_ERROR_PRESENT  0x1u
#define PAGE_ERROR_WRITE    0x2u
#define PAGE_ERROR_RESERVED 0x8u
#define PAGE_ERROR_EXECUTE  0x10u

/* ---- From user mode, or idle. */

/* Some processors have already jumped when they refuse a target that is not canonical: they report it as the
 * place of the exception, or of an interrupt that comes first. IRET would fault on it in the kernel if the
 * thread were resumed there, so it is made canonical: an address in the kernel's half. */
static void make_canonical(word_t *rip)
{
    *rip = (word_t)((int64_t)(*rip << 16) >> 16);
}

static void interrupt_dispatch(unsigned vector)
{
    if (vector == VECTOR_TIMER) {
        interrupt_end();
        kernel_timer();
#if CONFIG_CORES > 1
    } else if (vector == VECTOR_IPI) {
        interrupt_end();
        kernel_ipi();
#endif
    } else if (vector >= VECTOR_LINE && vector < VECTOR_LINE + ARCH_IRQ_LINES) {
        interrupt_deliver(vector - VECTOR_LINE);
    } else if (vector != VECTOR_SPURIOUS) {
        interrupt_end(); /* nobody's: a device was told a wrong message */
    }
    /* Else it is spurious, and must not be ended: SDM vol. 3, 10.9. */
}

/* `core`: see passed_core. */
void trap_interrupt(unsigned vector, struct core *core)
{
    make_canonical(&passed_core(core)->current->context.pc);
    interrupt_dispatch(vector);
}

void trap_interrupt_idle(unsigned vector)
{
    check(core_self()->current == NULL);
    interrupt_dispatch(vector);
}

static inline void trap_page_fault(word_t address, word_t error, struct core *core)
{
    word_t access = error & PAGE_ERROR_EXECUTE ? FAULT_ACCESS_EXECUTE
                    : error & PAGE_ERROR_WRITE ? FAULT_ACCESS_WRITE
                                               : FAULT_ACCESS_READ;
    check(!(error & PAGE_ERROR_RESERVED)); /* a table of ours is broken */
    if (error & PAGE_ERROR_PRESENT)
        access |= FAULT_ACCESS_PRESENT;
    kernel_page_fault_on(address, access, core);
}

static word_t exception_kind(unsigned vector)
{
    switch (vector) {
    case VECTOR_DIVIDE:
        return EXCEPTION_DIVIDE;
    case VECTOR_DEBUG:
        return EXCEPTION_DEBUG;
    case VECTOR_BREAKPOINT:
        return EXCEPTION_BREAKPOINT;
    case VECTOR_INVALID:
        return EXCEPTION_INSTRUCTION;
    case VECTOR_STACK: /* a stack address that is not canonical */
    case VECTOR_PROTECTION:
        return EXCEPTION_PROTECTION;
    case VECTOR_X87:
    case VECTOR_SIMD:
        return EXCEPTION_FPU;
    case VECTOR_ALIGNMENT:
        return EXCEPTION_ALIGNMENT;
    }
    return EXCEPTION_OTHER;
}

static word_t machine_code(unsigned vector, word_t error)
{
    return (word_t)vector << 32 | (uint32_t)error;
}

/* Those up to VECTOR_BREAKPOINT: only among them are some that do not come again. Not a part of trap_exception, so that the others need no stack. */
static NOINLINE void trap_low(unsigned vector)
{
    if (vector == VECTOR_DEBUG)
        __asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul)); /* 17.2.3: it is never cleared */
    kernel_exception(exception_kind(vector), machine_code(vector, 0));
}

void trap_exception(unsigned vector, word_t error, struct core *core)
{
    core = passed_core(core);
    make_canonical(&core->current->context.pc);
    if (vector == VECTOR_PAGE)
        trap_page_fault(cr2_read(), error, core);
    else if (vector == VECTOR_NO_FPU)
        kernel_fpu_off(machine_code(vector, error));
    else if (vector <= VECTOR_BREAKPOINT)
        trap_low(vector);
    else
        kernel_exception_on(exception_kind(vector), machine_code(vector, error), core);
}

/* ---- From the kernel. */

/* As exception_fatal pushes it. */
struct trap_frame {
    word_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    word_t vector, error, rip, cs, rflags, rsp, ss;
};

static void print_context(const struct arch_context *c)
{
    print("user registers (%s):\n", c->full ? "interrupt or exception" : "system call");
    print("  rip %016lx  rsp %016lx  rbp %016lx  flags %lx\n", c->pc, c->sp, c->rbp, c->rflags);
    print("  rax %016lx  rdi %016lx  rsi %016lx  rdx %016lx\n", c->argument[3], c->argument[0],
          c->argument[1], c->argument[2]);
    print("  rbx %016lx  r12 %016lx  r13 %016lx  r14 %016lx\n", c->message[0], c->message[1], c->message[2],
          c->message[3]);
    print("  r15 %016lx  rcx %016lx  r8  %016lx  r9  %016lx\n", c->r15, c->rcx, c->r8, c->r9);
    print("  r10 %016lx  r11 %016lx\n", c->r10, c->r11);
}

SELDOM void arch_panic_report(void)
{
    const struct thread *current = core_self()->current;
    print("cr0 %lx  cr2 %lx  cr3 %lx  cr4 %lx\n", cr0_read(), cr2_read(), cr3_read(), cr4_read());
    backtrace_print((word_t)__builtin_frame_address(0));
    if (current) /* last: if it is what is damaged, the rest has been said */
        print_context(&current->context);
    else
        print("the core was idle\n");
}

static const char *vector_name(word_t vector)
{
    switch (vector) {
    case VECTOR_DIVIDE:
        return "division by zero";
    case VECTOR_INVALID:
        return "undefined instruction";
    case VECTOR_STACK:
    case VECTOR_PROTECTION:
        return "general protection";
    case VECTOR_PAGE:
        return "page fault";
    case VECTOR_NMI:
        return "non-maskable interrupt";
    case VECTOR_DOUBLE:
        return "double fault (a stack has overflowed, or is damaged)";
    case VECTOR_CHECK:
        return "machine check";
    }
    return "exception";
}

NORETURN SELDOM void trap_fatal(const struct trap_frame *f);
void trap_fatal(const struct trap_frame *f)
{
    static bool failing;
    if (__atomic_exchange_n(&failing, true, __ATOMIC_RELAXED))
        arch_halt(1); /* the report failed: what was printed is all there is */
    print("\nkernel registers:\n");
    print("  rip %016lx  rsp %016lx  rbp %016lx  flags %lx  cs %lx\n", f->rip, f->rsp, f->rbp, f->rflags,
          f->cs);
    print("  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    print("  rsi %016lx  rdi %016lx  r8  %016lx  r9  %016lx\n", f->rsi, f->rdi, f->r8, f->r9);
    print("  r10 %016lx  r11 %016lx  r12 %016lx  r13 %016lx\n", f->r10, f->r11, f->r12, f->r13);
    print("  r14 %016lx  r15 %016lx  at:\n", f->r14, f->r15);
    symbol_print(f->rip, 0);
    PANIC("%s in the kernel (exception %lu, error code %lx), at %lx, address %lx", vector_name(f->vector),
          f->vector, f->error, f->rip, cr2_read());
}
