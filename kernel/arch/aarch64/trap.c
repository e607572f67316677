/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and exceptions, in C: what they mean to the portable part; and the report of a kernel that has
 * failed.
 *
 * The machine code of an exception is ESR_EL1: the exception's class in bits 26 to 31, its syndrome below (Arm ARM
 * D17.2.37).
 *
 * No exception is expected in kernel mode: each one is a panic, on the emergency stack.
 */
#include "port.h"
#include "backtrace.h"
#include "symbols.h"

#define CLASS_SHIFT              26
#define CLASS_UNKNOWN            0x00u
#define CLASS_WFX                0x01u
#define CLASS_FPU_OFF            0x07u
#define CLASS_SYSTEM_REGISTER    0x18u
#define CLASS_SVE_OFF            0x19u
#define CLASS_INSTRUCTION_USER   0x20u
#define CLASS_INSTRUCTION_KERNEL 0x21u
#define CLASS_PC_ALIGNMENT       0x22u
#define CLASS_DATA_USER          0x24u
#define CLASS_DATA_KERNEL        0x25u
#define CLASS_SP_ALIGNMENT       0x26u
#define CLASS_FPU                0x2cu
#define CLASS_ERROR              0x2fu
#define CLASS_BREAKPOINT_USER    0x30u
#define CLASS_STEP_USER          0x32u
#define CLASS_WATCHPOINT_USER    0x34u
#define CLASS_BRK                0x3cu

#define BRK_IMMEDIATE 0xffffu

/* Syndrome of an abort. */
#define ABORT_STATUS      0x3fu
#define ABORT_WRITE       0x40u /* also for cache maintenance, which is none: */
#define ABORT_MAINTENANCE 0x100u
#define STATUS_KIND       0x3cu /* without the level */
#define STATUS_SIZE       0x00u /* an address that is too large */
#define STATUS_MISSING    0x04u
#define STATUS_ACCESS     0x08u
#define STATUS_RIGHTS     0x0cu
#define STATUS_ALIGNMENT  0x21u

/* ---- From user mode, or idle. */

void trap_interrupt(void)
{
    unsigned taken = gic_take(), intid = taken & GIC_INTID;
    if (intid >= GIC_SPECIAL)
        return; /* gone again */
    if (intid == timer_intid) {
        timer_silence();
        gic_end(taken);
        kernel_timer();
        return;
    }
    if (CONFIG_CORES > 1 && intid == GIC_IPI) {
        gic_end(taken);
        kernel_ipi();
        return;
    }
    if (intid >= GIC_SHARED)
        arch_irq_mask(intid - GIC_SHARED);
    gic_end(taken);
    if (intid >= GIC_SHARED)
        kernel_interrupt(intid - GIC_SHARED);
}

static bool is_page_fault(word_t status)
{
    word_t kind = status & STATUS_KIND;
    return kind == STATUS_SIZE || kind == STATUS_MISSING || kind == STATUS_ACCESS || kind == STATUS_RIGHTS;
}

static void trap_abort(bool instruction, word_t syndrome, word_t address)
{
    word_t status = syndrome & ABORT_STATUS;
    if (!is_page_fault(status)) {
        kernel_exception(status == STATUS_ALIGNMENT ? EXCEPTION_ALIGNMENT : EXCEPTION_BUS, syndrome);
        return;
    }
    bool write = (syndrome & ABORT_WRITE) && !(syndrome & ABORT_MAINTENANCE);
    word_t access = instruction ? FAULT_ACCESS_EXECUTE : write ? FAULT_ACCESS_WRITE : FAULT_ACCESS_READ;
    check((status & STATUS_KIND) != STATUS_ACCESS); /* a table of ours is broken */
    if ((status & STATUS_KIND) == STATUS_RIGHTS)
        access |= FAULT_ACCESS_PRESENT;
    else if (CONFIG_CORES > 1 && space_was_broken(address))
        return;
    kernel_page_fault(address, access);
}

static word_t exception_kind(unsigned class, word_t syndrome)
{
    switch (class) {
    case CLASS_UNKNOWN:
    case CLASS_SVE_OFF:
        return EXCEPTION_INSTRUCTION;
    case CLASS_WFX:
    case CLASS_SYSTEM_REGISTER:
        return EXCEPTION_PROTECTION;
    case CLASS_FPU:
        return EXCEPTION_FPU;
    case CLASS_PC_ALIGNMENT:
    case CLASS_SP_ALIGNMENT:
        return EXCEPTION_ALIGNMENT;
    case CLASS_BREAKPOINT_USER:
    case CLASS_STEP_USER:
    case CLASS_WATCHPOINT_USER:
        return EXCEPTION_DEBUG;
    case CLASS_BRK:
        return (syndrome & BRK_IMMEDIATE) == BRK_DIVIDE ? EXCEPTION_DIVIDE : EXCEPTION_BREAKPOINT;
    }
    return EXCEPTION_OTHER;
}

void trap_exception(word_t syndrome, word_t address)
{
    unsigned class = (unsigned)(syndrome >> CLASS_SHIFT & 0x3f);
    if (class == CLASS_DATA_USER || class == CLASS_INSTRUCTION_USER) {
        trap_abort(class == CLASS_INSTRUCTION_USER, syndrome, address);
        return;
    }
    if (class == CLASS_FPU_OFF)
        kernel_fpu_off(syndrome);
    else
        kernel_exception(exception_kind(class, syndrome), syndrome);
}

/* ---- From the kernel. */

/* As exception_fatal pushes it. */
struct trap_frame {
    word_t x[31], sp, pc, flags, syndrome, address;
};

static void print_context(const struct arch_context *context)
{
    print("user registers (%s):\n", context->full ? "interrupt or exception" : "system call");
    print("  pc  %016lx  sp  %016lx  x29 %016lx  x30 %016lx\n", context->pc, context->sp, context->x29,
          context->x30);
    for (unsigned number = REGISTER_X0; number <= REGISTER_X28; number++)
        print("  x%u%s %016lx%s", number - REGISTER_X0, number - REGISTER_X0 < 10 ? " " : "",
              arch_register_read(context, number), (number - REGISTER_X0) % 4 == 3 ? "\n" : "");
    print("\n");
}

SELDOM void arch_panic_report(void)
{
    const struct thread *current = core_self()->current;
    print("sctlr %lx  ttbr0 %lx  ttbr1 %lx  esr %lx  far %lx\n", SYSREG_READ(sctlr_el1),
          SYSREG_READ(ttbr0_el1), SYSREG_READ(ttbr1_el1), SYSREG_READ(esr_el1), SYSREG_READ(far_el1));
    backtrace_print((word_t)__builtin_frame_address(0));
    if (current) /* last: if it is what is damaged, the rest has been said */
        print_context(&current->context);
    else
        print("the core was idle\n");
}

static const char *class_name(unsigned class)
{
    switch (class) {
    case CLASS_UNKNOWN:
        return "undefined instruction";
    case CLASS_INSTRUCTION_KERNEL:
        return "page fault of an instruction";
    case CLASS_DATA_KERNEL:
        return "page fault of a load or store";
    case CLASS_PC_ALIGNMENT:
    case CLASS_SP_ALIGNMENT:
        return "program counter or stack pointer not aligned";
    case CLASS_ERROR:
        return "error of memory or a bus";
    case CLASS_BRK:
        return "breakpoint";
    }
    return "exception, or an interrupt that should be masked";
}

NORETURN SELDOM void trap_fatal(const struct trap_frame *f);
void trap_fatal(const struct trap_frame *f)
{
    static bool failing;
    if (failing)
        arch_halt(1); /* the report failed, or nobody answers semihosting calls */
    failing = true;
    print("\nkernel registers:\n");
    print("  pc  %016lx  sp  %016lx  flags %lx  at:\n", f->pc, f->sp, f->flags);
    symbol_print(f->pc, 0);
    for (unsigned i = 0; i < 31; i++)
        print("  x%u%s %016lx%s", i, i < 10 ? " " : "", f->x[i], i % 4 == 3 || i == 30 ? "\n" : "");
    PANIC("%s in the kernel (syndrome %lx), at %lx, address %lx",
          class_name((unsigned)(f->syndrome >> CLASS_SHIFT & 0x3f)), f->syndrome, f->pc, f->address);
}
