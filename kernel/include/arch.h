/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The glue layer: everything that a port provides, and everything that it may call.
 *
 * A port is one directory kernel/arch/NAME with
 *
 *     arch_types.h   struct arch_context, struct arch_fpu, struct arch_space, struct arch_core, arch_pte_t and the constants
 *                    below; included by this file
 *     *.c, *.S       the functions declared here (those marked "inline" may be inline functions of arch_types.h's
 *                    companion arch_inline.h, which is included at the end of this file)
 *     fast_registers.h   for the files of the fast paths, before anything else: which registers they must not use
 *     kernel.ld      how the kernel is linked
 *     port.toml      compiler and flags for the tool, and the files of kernel/arch/shared that it uses: what ports have in common
 *
 * Constants of arch_types.h:
 *     ARCH_NAME              "x86_64"
 *     ARCH_TABLE_LEVELS      levels of page tables; the root table is level ARCH_TABLE_LEVELS - 1, 4 KiB pages are in level 0. A constant,
 *                            or a variable that is set before kernel_boot where processors differ
 *     ARCH_TABLE_LEVELS_MAX  a constant: the most that it can be
 *     ARCH_TABLE_BITS        log2 of the entries of a table
 *     ARCH_IRQ_LINES         number of interrupt lines; ARCH_IRQ_MSI_FIRST: lines from here on are message-signalled
 *     ARCH_HAS_IO_PORTS      0 or 1
 *     ARCH_SPACE_BITS        log2 of the size of an AddressSpace object (root table and struct address_space)
 *     ARCH_FAST_ENTRY        1: the entry of system calls calls the fast paths first (below); 0: always kernel_syscall
 *     ARCH_THREAD_BITS       log2 of the size of a Thread object (struct thread with context and FPU state)
 *
 * The kernel runs with interrupts off, on one stack per core, and never sleeps: an entry saves the user's registers
 * into the current thread's context, calls one function of the portable part (section "What the port calls"), and when that returns, goes to
 * user mode with the context of core_self()->current (which may be another thread's by then). In the
 * kernel nothing may fault; interrupts are taken only in arch_idle.
 *
 * A context belongs to the core that the thread is current on; anyone else must hold the lock of the thread's home.
 */
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include "types.h"
#include "arch_types.h"
#include <lucid/boot_info.h>
#include <lucid/faults.h>
#include <abi.h> /* lucid/arch/NAME/abi.h */

struct slot;
struct thread;
struct core;
struct address_space;

/* ---- Contexts: the user registers of a thread ------------------------------------------------------------------ */

/* System call arguments as saved by the entry (inline). */
word_t arch_syscall_operation(const struct arch_context *context);
word_t arch_syscall_cap(const struct arch_context *context);
word_t arch_syscall_tag(const struct arch_context *context);
word_t arch_syscall_reply(const struct arch_context *context);

/* System call results (inline). arch_set_result sets status, badge and tag; message words are set one by one. */
void arch_set_status(struct arch_context *context, status_t status);
void arch_set_result(struct arch_context *context, status_t status, word_t badge, tag_t tag);

/* Message word 0..3 in the registers (inline). */
word_t arch_message_word(const struct arch_context *context, unsigned index);
/* Message words 0 to 3 (inline). */
const word_t *arch_message_words(const struct arch_context *context);
void arch_set_message_word(struct arch_context *context, unsigned index, word_t value);

/* The system call whose entry saved this context shall be executed again when the thread next runs: with the same arguments,
 * which must not have been changed in the context since. Idempotent is not required: called at most once per entry. */
void arch_syscall_restart(struct arch_context *context);

/* Start values for a thread that never ran: user mode, interrupts on, all registers zero. All is zero before (inline). */
void arch_context_init(struct arch_context *context);

/* One user register by its number in lucid/arch/NAME/abi.h. arch_register_check says whether user code could have this value in it;
 * writing a value that fails the check is a bug in the caller. Flags registers are masked instead of refused. */
word_t arch_register_read(const struct arch_context *context, unsigned number);
bool arch_register_check(unsigned number, word_t value);
void arch_register_write(struct arch_context *context, unsigned number, word_t value);

/* Instruction and stack pointer (inline). */
word_t arch_context_ip(const struct arch_context *context);
word_t arch_context_sp(const struct arch_context *context);

/* Called when `next` becomes core_self()->current, in place of `previous` (either may be NULL or the same): whatever must be
 * switched by software and is not restored by the exit from struct arch_context: nothing on most machines. */
void arch_thread_switch(struct thread *previous, struct thread *next);

/* FPU. Who owns it, and when its state moves, is the scheduler's business. arch_fpu_init fills in the reset state, where all is zero before; save and load are
 * called with the unit on; arch_fpu_enable turns it on or off for user code (off: an FPU instruction is an exception). */
void arch_fpu_init(struct arch_fpu *fpu);
void arch_fpu_save(struct arch_fpu *fpu);
void arch_fpu_load(const struct arch_fpu *fpu);
void arch_fpu_enable(bool on);
/* True if this processor lets user code see state that is still in the registers while the unit is off, by speculation (LazyFP): then it does not
 * stay there. arch_fpu_clear puts the reset state into the registers. */
bool arch_fpu_leaks(void);
void arch_fpu_clear(void);

/*
 * The fast paths (ipc/fastpath.c). A port with ARCH_FAST_ENTRY 1 calls them, see below, before it has saved all registers, and
 * in C's calling convention message words 0 to 3 stay where they are meanwhile (in registers that a function must preserve, say). Each fast path
 * ends by returning what one of these returns; where they don't return, that is a jump. A port with ARCH_FAST_ENTRY 0 saves all registers and
 * calls kernel_syscall; kernel/arch/shared/fast_saved.h and .c have these functions for it.
 */
/* False: the context has more than what a system call preserves, so that arch_fast_leave cannot leave with it (inline). */
bool arch_fast_can_leave(const struct arch_context *context);
/* Leave to `next`, which is current: with these results, and with the message words of the thread that entered. */
bool arch_fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next);
/* The same without a message: its words are 0. */
bool arch_fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next);
/* Leave to `next`, which is current, with what is in its context. */
bool arch_fast_leave_saved(struct thread *next);
/* Leave to the thread that entered, with these results and no message. */
bool arch_fast_return(word_t badge, tag_t tag, status_t status, struct thread *next);
/* Nothing has been changed: save all registers and call kernel_syscall. */
bool arch_fast_decline(cap_t cap, tag_t tag, cap_t reply, word_t operation);
/* The call is an invocation of what is in `slot`; the core's lock is held: save all registers and call kernel_invoke. Only with ARCH_FAST_ENTRY 1. */
bool arch_fast_invoke(cap_t cap, tag_t tag, cap_t reply, struct slot *slot, struct thread *thread);
/* Only with ARCH_FAST_ENTRY 0: the current thread's system call, if it is one for a fast path. False: it is not, and nothing has been changed. */
bool arch_fast_try(struct thread *thread, struct core *core);
/* What arch_fast_leave would need of the thread that entered is kept from now on (inline). */
void arch_fast_carry(struct thread *entered, struct thread *next);
/* From kernel_syscall: leave to the thread that entered, which is current, with this status and no message. A port may return from this, and leave with what
 * is then in the context (inline). */
void arch_leave_with(status_t status, struct thread *thread);
/* Copy so many words, each read once, although the source may be changed meanwhile (inline). */
void arch_copy_words(word_t *to, const word_t *from, unsigned count);

/* Number of the highest bit of a word that is not 0 (inline): also in the fast paths, so not by a call. */
unsigned arch_highest_bit(uint64_t word);

/* ---- Address spaces --------------------------------------------------------------------------------------------- */

/* The kernel's mapping of physical memory. Valid for all ordinary memory; for device memory the pointer is only a name and
 * must not be dereferenced. */
void *arch_pointer(paddr_t physical);
paddr_t arch_physical(const void *pointer);

/* Fill the kernel's half of a new root table (which is clean). */
void arch_space_init(struct arch_space *space, void *root_table);

/* Load the space on this core (NULL: the kernel's own root, without user mappings). Keeps the TLB if the hardware has tags
 * and the space's tag on this core is current. */
void arch_space_load(struct arch_space *space);

/* Forget cached translations of the space on this core: of one mapping of 2^size_bits at an address; or all, the walk caches
 * included (a table was taken out). If the space is not loaded here it is enough to mark its tag stale, so that the next load flushes. */
void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits);
void arch_tlb_flush_space(struct arch_space *space);

/* The space is about to be destroyed: drop its tag on this core. It is not loaded. (One that loses its number has its user half emptied, then
 * arch_tlb_flush_space, then `number` becomes 0, then it is unloaded; it may be loaded again.) */
void arch_space_destroy(struct arch_space *space);

/* True if [address, address + 2^size_bits) is user-mappable (inline). */
bool arch_user_range(word_t address, unsigned size_bits);

/* log2 of the bytes that one entry of a table at this level maps: 12, 21, 30, 39 on x86-64. */
unsigned arch_level_bits(unsigned level);
/* The highest level whose entries can be frames on this processor. */
unsigned arch_largest_level(void);

/* Page-table entries. `table` is a pointer to a table's first entry. */
arch_pte_t *arch_table_entry(arch_pte_t *table, unsigned level, word_t address);
bool arch_pte_is_empty(arch_pte_t entry);
bool arch_pte_is_table(arch_pte_t entry, unsigned level);
paddr_t arch_pte_address(arch_pte_t entry); /* of the frame or table */
word_t arch_pte_rights(arch_pte_t entry);   /* RIGHT_*, of a frame's entry: for the checker */
/* Of a frame that can at least be read, written or executed. */
arch_pte_t arch_pte_frame(paddr_t frame, unsigned level, word_t rights, word_t cache);
arch_pte_t arch_pte_table(paddr_t table);
/* Store an entry, so that the walker of this and other cores sees it in order. Making an entry valid needs no flush afterwards: where
 * the hardware may remember that it was not, the port finds that out at the page fault, and has it look again. */
void arch_pte_write(arch_pte_t *where, arch_pte_t entry);

/* Make code written to this memory executable: called before a mapping with RIGHT_EXECUTE is made. Bounded, though up to 1 GiB comes at
 * once: for much memory, emptying caches is shorter than going through it. */
void arch_sync_instructions(const void *memory, size_t size);
/* Clear memory, reaching past caches that an uncached mapping could see behind. Sizes are multiples of 64. */
void arch_clear_memory(void *memory, size_t size);
void arch_cache_clean(const void *memory, size_t size);
void arch_cache_invalidate(const void *memory, size_t size);

/* ---- Time and interrupts ---------------------------------------------------------------------------------------- */

ticks_t arch_ticks(void);              /* the counter; monotonic, and the same on all cores (inline) */
uint64_t arch_ticks_hz(void);          /* measured or told at boot */
void arch_timer_set(ticks_t deadline); /* one-shot; a deadline in the past fires at once. ~0: off */

/* An interrupt is waiting to be taken on this core: preemption points look at this. */
bool arch_interrupt_pending(void);

/* Interrupt lines. A line is masked from when its interrupt is delivered until it is unmasked (acknowledged). */
void arch_irq_mask(unsigned line);
void arch_irq_unmask(unsigned line);
/* Whether the line can have this mode (IRQ_LEVEL, IRQ_ACTIVE_LOW); only then is it set. */
bool arch_irq_has_mode(unsigned line, word_t mode);
void arch_irq_set_mode(unsigned line, word_t mode);
error_t arch_irq_msi(unsigned line, word_t *address, word_t *data); /* OK, ERR_UNSUPPORTED */

/* I/O ports: only called for sizes 1, 2, 4. */
uint32_t arch_io_in(unsigned port, unsigned size);
void arch_io_out(unsigned port, unsigned size, uint32_t value);

/* ---- Cores, console, the end ------------------------------------------------------------------------------------- */

/* Several cores (CONFIG_CORES > 1). The port has started them before kernel_boot, each on its own stack, with its own tables and timer; they come to
 * kernel_core_boot. */
#if CONFIG_CORES > 1
struct core *core_self(void); /* this core (inline) */
void arch_ipi(
    unsigned
        core); /* an interrupt on that core, which calls kernel_ipi; what was written before is seen there */
void arch_release(
    uint32_t *word);   /* add 1, with release semantics; nobody else writes it at the same time (inline) */
void arch_relax(void); /* in loops that wait for another core (inline) */
NORETURN void arch_core_halt(void); /* this core stops for good, and nothing else does */
void arch_thread_save(
    struct thread *current); /* what arch_thread_switch would save of it (NULL: nothing); it stays loaded */
#endif

/* Flushing: arch_tlb_flush_page and _space wait for stores to tables that stand before them, forget on this core, and see to it that no other core uses such a translation after it next loads the
 * space. Those that have it loaded now are asked by the portable part to do it, by these, which concern this core only. An
 * arch_space_load that begins after the flush must see it, and so must one that begins before, if the flush did not see core->space changed: so it looks for stale tags after it has
 * loaded. ARCH_TLB_BROADCAST: the hardware flushes on all cores, and the portable part asks nobody. */
void arch_tlb_flush_page_here(struct arch_space *space, word_t address, unsigned size_bits);
void arch_tlb_flush_space_here(struct arch_space *space);

/* ARCH_FETCH_BROADCAST: arch_sync_instructions is for all cores. Otherwise it is for this one, and the others are asked by the portable part to do this: */
void arch_sync_instructions_here(void);

/* Print a character on the machine's console, polled. For panics, boot messages and SYS_DEBUG. */
void arch_console_put(char c);

/* Print the registers and a backtrace of the kernel, for panic. */
void arch_panic_report(void);
/* Stop the machine for good: power off or exit the emulator with this status where that is possible, else halt. */
NORETURN void arch_halt(int status);

/* Switch the machine off (MACHINE_OFF) or start it again (MACHINE_RESET), where that takes a call that only the kernel can make (PSCI, SBI).
 * Comes back only if it cannot: ERR_UNSUPPORTED. Where devices do it, that is user code's business. */
error_t arch_power(word_t how);

/* Nothing to run on this core: return to the portable part never; wait for interrupts with interrupts on, and when one comes enter the kernel as from
 * user mode, but without saving a context. Called as the last thing on the way out when core_self()->current is NULL. */
NORETURN void arch_idle(void);

/* ---- What the port calls ----------------------------------------------------------------------------------------- */

/*
 * Boot: the port has set up the kernel's own mapping, this core's tables and stack, the counter, the interrupt controller
 * (all lines masked) and the console, and tells what it found. Does not return: leaves to the root component through arch_exit.
 */
struct boot_region {
    paddr_t start, end;
};
#define BOOT_REGIONS_MAX 64u
struct boot_machine {
    unsigned
        memory_count; /* usable ordinary memory, sorted, page-aligned, without the kernel's own and the payload */
    struct boot_region memory[BOOT_REGIONS_MAX];
    unsigned
        reserved_count; /* what the kernel keeps: its image, tables, interrupt controllers: no capability to it at all */
    struct boot_region reserved[BOOT_REGIONS_MAX];
    paddr_t physical_end; /* device memory is everything else below this; at most 2^WORD_BITS */
    const void *payload;  /* struct image_header; page-aligned */
    size_t payload_room;  /* bytes that were loaded from there on */
    paddr_t acpi_rsdp, device_tree;
    size_t device_tree_size;
    struct boot_console console; /* where arch_console_put prints, for boot_info */
    uint32_t features;           /* BOOT_FEATURE_FPU, _TAGS, _MELTDOWN */
    unsigned cores;              /* that have been started, this one included; CONFIG_CORES > 1 */
    const char *machine;
};
NORETURN COLD void kernel_boot(const struct boot_machine *machine);

/* Entries. On all of them the interrupted thread is core_self()->current with its registers saved in its context, or NULL
 * if the core was idle. On return the port leaves to core_self()->current, or idles if it is NULL. */
/* The arguments are also in the context of the thread, which made the call; they are passed because the entry has them in registers. */
void kernel_syscall(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *thread);
/* The same for what arch_fast_invoke is called for, which goes on here. */
void kernel_invoke(cap_t cap, tag_t tag, cap_t reply, struct slot *slot, struct thread *thread);
/* Entries of a port with ARCH_FAST_ENTRY 1, by operation: CALL, REPLY_RECV; SEND and RECV, with POLL or not; YIELD. Of the context, the
 * registers that the system call preserves have been saved. They return what arch_fast_* return. */
bool kernel_fast_call(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                      struct core *core);
bool kernel_fast_reply_recv(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                            struct core *core);
bool kernel_fast_send(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                      struct core *core);
bool kernel_fast_recv(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                      struct core *core);
bool kernel_fast_yield(cap_t cap, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                       struct core *core);
void kernel_interrupt(
    unsigned line); /* a device's; the port has masked the line and ended the interrupt at the controller */
void kernel_timer(void);                               /* the one-shot timer fired */
void kernel_page_fault(word_t address, word_t access); /* FAULT_ACCESS_* */
/* EXCEPTION_* but FPU_OFF, machine code. Of a kind for which ARCH_EXCEPTION_IS_TRAP(kind) is true, the context stands behind what caused it, so that
 * it does not come again. */
void kernel_exception(word_t kind, word_t code);
/* The last two of a port whose entry knows the core; an exception is of a kind that comes again. Like fast paths, they may end in the exit. */
void kernel_page_fault_on(word_t address, word_t access, struct core *core);
void kernel_exception_on(word_t kind, word_t code, struct core *core);
/* An FPU instruction while the unit is off: the thread becomes its owner; or, if it may not use it, EXCEPTION_FPU_OFF is raised. */
void kernel_fpu_off(word_t code);

/* CONFIG_CORES > 1: the interrupt of arch_ipi; the first and only function that a further core calls. */
void kernel_ipi(void);
NORETURN void kernel_core_boot(void);

/* Leave to user mode with the context of core_self()->current, or idle: the end of kernel_boot. */
NORETURN void arch_exit(void);

#include "arch_inline.h"

#endif
