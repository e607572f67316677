/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts and exceptions, in C: what they mean to the portable part; and the report of a kernel that has
 * failed.
 *
 * The machine code of an exception is its number in scause in bits 56 and up, and below what stval holds: of an
 * illegal instruction its bits, of a bus error the address (privileged architecture 1.12, 4.1.8 and 4.1.9).
 *
 * No trap is expected in kernel mode: each one is a panic, on the emergency stack, since it may be the stack that
 * is broken.
 */
#include "lock.h"
#include "port.h"
#include "symbols.h"

#define CAUSE_FETCH_MISALIGNED 0u
#define CAUSE_FETCH_ACCESS     1u
#define CAUSE_ILLEGAL          2u
#define CAUSE_BREAKPOINT       3u
#define CAUSE_LOAD_MISALIGNED  4u
#define CAUSE_LOAD_ACCESS      5u
#define CAUSE_STORE_MISALIGNED 6u
#define CAUSE_STORE_ACCESS     7u
#define CAUSE_FETCH_PAGE       12u
#define CAUSE_LOAD_PAGE        13u
#define CAUSE_STORE_PAGE       15u

#define CODE_CAUSE_SHIFT 56

/* ---- Interrupts. */

static void trap_interrupt(unsigned number)
{
    if (number == INTERRUPT_TIMER) {
        clock_quiet();
        kernel_timer();
    } else if (CONFIG_CORES > 1 && number == INTERRUPT_SOFTWARE) {
        ipi_taken();
        kernel_ipi();
    } else if (number == INTERRUPT_EXTERNAL) {
        unsigned line = plic_claim();
        if (line != 0) /* else it went away again */
            kernel_interrupt(line);
    }
}

bool arch_interrupt_pending(void)
{
    return (CSR_READ(sip) & CSR_READ(sie)) != 0;
}

/* WFI ends when an interrupt is pending, also with interrupts off (3.3.3); and may end for no reason. */
void trap_wait(void)
{
    check(core_self()->current == NULL);
    word_t pending;
    while (!(pending = CSR_READ(sip) & CSR_READ(sie)))
        __asm__ volatile("wfi" : : : "memory");
    if (CONFIG_CORES > 1 && pending & 1u << INTERRUPT_SOFTWARE)
        trap_interrupt(INTERRUPT_SOFTWARE);
    else
        trap_interrupt(pending & 1u << INTERRUPT_TIMER ? INTERRUPT_TIMER : INTERRUPT_EXTERNAL);
}

/* ---- Page faults. */

static word_t page_access(word_t cause)
{
    return cause == CAUSE_FETCH_PAGE   ? FAULT_ACCESS_EXECUTE
           : cause == CAUSE_STORE_PAGE ? FAULT_ACCESS_WRITE
                                       : FAULT_ACCESS_READ;
}

static bool rights_allow(word_t rights, word_t access)
{
    return access & FAULT_ACCESS_EXECUTE ? rights & RIGHT_EXECUTE
           : access & FAULT_ACCESS_WRITE ? rights & RIGHT_WRITE
                                         : rights & RIGHT_READ;
}

/* The same once more, with nothing but this between, is not explained by what the processor remembers either. */
static bool is_unexplained_again(word_t address, word_t pc)
{
    struct arch_core *core = &core_self()->arch;
    bool again = core->unexplained_address == address && core->unexplained_pc == pc;
    core->unexplained_address = address;
    core->unexplained_pc = pc;
    return again;
}

/* The loaded space's entry for an address. While the core's lock is held no table is taken away. */
static arch_pte_t loaded_entry(word_t address, unsigned *level)
{
    struct core *core = core_self();
    lock_own(core);
    struct address_space *space = core->space; /* it may have been unloaded while this core waited */
    arch_pte_t entry = space ? space_find(&space->arch, address, level) : 0;
    unlock_own(core);
    return entry;
}

/* A processor may remember that an entry was not valid, and the kernel does not flush when it makes one so
 * (arch.h): if the tables allow the access, the processor looks again. */
static void trap_page_fault(word_t address, word_t access)
{
    word_t pc = core_self()->current->context.pc; /* which may have been taken away afterwards */
    unsigned level;
    arch_pte_t entry = loaded_entry(address, &level);
    bool allowed = rights_allow(arch_pte_rights(entry), access);
    if (allowed && !is_unexplained_again(address, pc)) {
        space_flush_loaded();
        return;
    }
    if (!allowed)
        core_self()->arch.unexplained_address = core_self()->arch.unexplained_pc = 0;
    kernel_page_fault(address, access | (entry & PTE_VALID ? FAULT_ACCESS_PRESENT : 0));
}

/* ---- Illegal instructions: unprivileged architecture 20191213, chapter 24, and 16 for compressed ones. */

/* Two bytes of user memory through the window; 0, which is no instruction, if there are none. */
static uint32_t user_read16(word_t address)
{
    unsigned level;
    arch_pte_t entry = loaded_entry(address, &level);
    if (!(entry & PTE_EXECUTE))
        return 0;
    word_t offset = address & ((1ul << arch_level_bits(level)) - 1);
    return *(const uint16_t *)arch_pointer(arch_pte_address(entry) + offset);
}

/* The instruction, if the processor did not tell it. */
static uint32_t illegal_instruction(word_t value, word_t pc)
{
    if (value != 0)
        return (uint32_t)value;
    uint32_t low = user_read16(pc);
    return (low & 3) == 3 ? low | user_read16(pc + 2) << 16 : low;
}

static bool is_fpu_csr(uint32_t instruction)
{
    uint32_t csr = instruction >> 20;
    return (instruction >> 12 & 3) != 0 && csr >= 1 && csr <= 3; /* fflags, frm, fcsr */
}

static bool is_fpu_instruction(uint32_t i)
{
    unsigned function = (i & 3) == 3 ? i >> 12 & 7 : i >> 13 & 7;
    if ((i & 3) == 0 || (i & 3) == 2) /* C.FLD, C.FSD, C.FLDSP, C.FSDSP */
        return function == 1 || function == 5;
    switch (i & 0x7f) {
    case 0x07: /* LOAD-FP, STORE-FP: widths of 16 to 128 bits; the others are vectors' */
    case 0x27:
        return function >= 1 && function <= 4;
    case 0x43: /* FMADD, FMSUB, FNMSUB, FNMADD, OP-FP */
    case 0x47:
    case 0x4b:
    case 0x4f:
    case 0x53:
        return true;
    case 0x73:
        return is_fpu_csr(i);
    }
    return false;
}

/* Not undefined, but not for user mode: SRET, WFI, SFENCE.VMA and the like, and registers whose number says that they
 * are privileged (privileged architecture, 2.1). */
static bool is_privileged_instruction(uint32_t i)
{
    if ((i & 0x7f) != 0x73)
        return false;
    return (i >> 12 & 3) == 0 || (i >> 28 & 3) != 0;
}

static word_t machine_code(word_t cause, word_t value)
{
    return cause << CODE_CAUSE_SHIFT | (value & ((WORD(1) << CODE_CAUSE_SHIFT) - 1));
}

static word_t illegal_kind(uint32_t instruction)
{
    if (instruction == INSTRUCTION_DIVIDE)
        return EXCEPTION_DIVIDE;
    return is_privileged_instruction(instruction) ? EXCEPTION_PROTECTION : EXCEPTION_INSTRUCTION;
}

static void trap_illegal(word_t value)
{
    uint32_t instruction = illegal_instruction(value, core_self()->current->context.pc);
    word_t code = machine_code(CAUSE_ILLEGAL, instruction);
    if (is_fpu_instruction(instruction) && !fpu_is_on())
        kernel_fpu_off(code);
    else
        kernel_exception(illegal_kind(instruction), code);
}

/* ---- From user mode. */

static word_t exception_kind(word_t cause)
{
    switch (cause) {
    case CAUSE_BREAKPOINT:
        return EXCEPTION_BREAKPOINT;
    case CAUSE_FETCH_MISALIGNED:
    case CAUSE_LOAD_MISALIGNED:
    case CAUSE_STORE_MISALIGNED:
        return EXCEPTION_ALIGNMENT;
    case CAUSE_FETCH_ACCESS:
    case CAUSE_LOAD_ACCESS:
    case CAUSE_STORE_ACCESS:
        return EXCEPTION_BUS;
    }
    return EXCEPTION_OTHER;
}

void trap_user(word_t cause, word_t value)
{
    if (cause & CAUSE_INTERRUPT) {
        trap_interrupt((unsigned)cause);
        return;
    }
    switch (cause) {
    case CAUSE_FETCH_PAGE:
    case CAUSE_LOAD_PAGE:
    case CAUSE_STORE_PAGE:
        trap_page_fault(value, page_access(cause));
        return;
    case CAUSE_ILLEGAL:
        trap_illegal(value);
        return;
    }
    kernel_exception(exception_kind(cause), machine_code(cause, value));
}

/* ---- From the kernel. */

/* As trap_kernel (entry.S) fills it in. */
struct trap_frame {
    word_t x[REGISTER_COUNT]; /* by enum user_register */
    word_t cause, value, status;
} ALIGNED(1 << FRAME_BITS);
_Static_assert(offsetof(struct trap_frame, cause) == FRAME_CAUSE && FRAME_PC == 0, "layout.h");
_Static_assert(offsetof(struct trap_frame, status) == FRAME_STATUS, "layout.h");
_Static_assert(sizeof(struct trap_frame) == 1 << FRAME_BITS, "layout.h");
struct trap_frame fatal_frames[CONFIG_CORES];

void trap_init_core(unsigned core)
{
    fatal_frames[core].x[REGISTER_TP] = (word_t)&cores[core];
}

#define BACKTRACE_MAX 32u

static bool is_stack(word_t address)
{
    return address >= STACK_AREA && address < STACK_AREA + CONFIG_CORES * STACK_AREA_SIZE && !(address & 7) &&
           STACK_MAPPED >> (address - STACK_AREA) % STACK_AREA_SIZE / PAGE_SIZE & 1;
}

/* A frame pointer stands behind the two words that it is for. The saved one may be the user's at the end of the
 * chain, so anything outside of a stack's mapped pages ends it. */
static bool is_frame(word_t frame)
{
    return !(frame & 15) && is_stack(frame - 8) && is_stack(frame - 16);
}

/* A function that calls none saves only the frame pointer, where others have the return address. */
static void print_backtrace(word_t frame)
{
    print("backtrace:\n");
    for (unsigned i = 0; i < BACKTRACE_MAX && is_frame(frame); i++) {
        const word_t *words = (const word_t *)frame;
        if (is_frame(words[-1])) {
            frame = words[-1];
            continue;
        }
        if (words[-1] < KERNEL_BASE)
            break;
        symbol_print(words[-1], 1);
        frame = words[-2];
    }
}

/* All, by enum user_register, in rows of four. */
static void print_registers(const word_t *x)
{
    static const char names[REGISTER_COUNT][4] = { "pc", "sp", "ra",  "gp",  "tp", "t0", "t1", "t2",
                                                   "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                                   "a6", "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                                   "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6" };
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        print("  %s%s %016lx%s", names[i], names[i][2] ? "" : " ", x[i], i % 4 == 3 ? "\n" : "");
}

static void print_context(const struct arch_context *c)
{
    word_t x[REGISTER_COUNT];
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        x[i] = arch_register_read(c, i);
    print("user registers (%s):\n", c->full ? "interrupt or exception" : "system call");
    print_registers(x);
}

COLD void arch_panic_report(void)
{
    const struct thread *current = core_self()->current;
    print("satp %lx  sstatus %lx  sie %lx  sip %lx\n", CSR_READ(satp), CSR_READ(sstatus), CSR_READ(sie),
          CSR_READ(sip));
    print_backtrace((word_t)__builtin_frame_address(0));
    if (current) /* last: if it is what is damaged, the rest has been said */
        print_context(&current->context);
    else
        print("the core was idle\n");
}

static const char *cause_name(word_t cause)
{
    static const char *const names[] = {
        [CAUSE_FETCH_MISALIGNED] = "misaligned instruction",
        [CAUSE_FETCH_ACCESS] = "instruction from an address where nothing answers",
        [CAUSE_ILLEGAL] = "illegal instruction",
        [CAUSE_BREAKPOINT] = "breakpoint",
        [CAUSE_LOAD_MISALIGNED] = "misaligned load",
        [CAUSE_LOAD_ACCESS] = "load from an address where nothing answers",
        [CAUSE_STORE_MISALIGNED] = "misaligned store",
        [CAUSE_STORE_ACCESS] = "store to an address where nothing answers",
        [CAUSE_FETCH_PAGE] = "page fault of an instruction",
        [CAUSE_LOAD_PAGE] = "page fault of a load",
        [CAUSE_STORE_PAGE] = "page fault of a store",
    };
    return cause < ARRAY_COUNT(names) && names[cause] ? names[cause] : "trap";
}

NORETURN COLD void trap_fatal(const struct trap_frame *frame);
void trap_fatal(const struct trap_frame *frame)
{
    static bool failing;
    if (failing)
        arch_halt(1); /* the report failed: what was printed is all there is */
    failing = true;
    print("\nkernel registers:\n");
    print_registers(frame->x);
    print("  status %lx  at:\n", frame->status);
    symbol_print(frame->x[REGISTER_IP], 0);
    symbol_print(frame->x[REGISTER_RA], 1);
    PANIC("%s in the kernel (cause %lu), at %lx, address %lx", cause_name(frame->cause), frame->cause,
          frame->x[REGISTER_IP], frame->value);
}
