/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * External interrupts: the platform-level interrupt controller (PLIC), as a source of lines 1 to 1023.
 *
 * A line is masked from delivery to acknowledgement by not completing it: between claim and completion its
 * gateway lets no further interrupt through (RISC-V PLIC specification 1.0.0, chapters 6 to 8). What comes in
 * between is delivered afterwards: a level because it is still there, an edge if the gateway remembers it.
 *
 *     disabled   not enabled for this core          until unmasked for the first time, and after masking
 *     ready      enabled
 *     claimed    delivered, not yet acknowledged
 *
 * A line's trigger mode is a property of its gateway and cannot be set. All lines are delivered to the first core. Other cores mask and
 * unmask them, so their state has a lock: the innermost of all, held for a few instructions.
 */
#include "port.h"
#include "boot_regions.h"
#include "lock.h"

/* Registers, as indices of 32-bit words: chapter 3. */
#define PLIC_PRIORITY        0u
#define PLIC_ENABLE          (0x2000u / 4)
#define PLIC_ENABLE_STRIDE   (0x80u / 4)
#define PLIC_CONTEXT         (0x200000u / 4)
#define PLIC_CONTEXT_STRIDE  (0x1000u / 4)
#define CONTEXT_THRESHOLD    0u
#define CONTEXT_CLAIM        1u
#define CONTEXTS_MAX         15872u
#define INTERRUPT_SUPERVISOR 9u /* in interrupts-extended: what the context interrupts */

static volatile uint32_t *enable, *context;
static unsigned lines; /* those from 1 to here exist */
static uint64_t claimed[ARCH_IRQ_LINES / 64];
#if CONFIG_CORES > 1
static struct ticket_lock lines_guard;
#endif

static void lines_lock(void)
{
#if CONFIG_CORES > 1
    ticket_take(core_self(), &lines_guard);
#endif
}

static void lines_unlock(void)
{
#if CONFIG_CORES > 1
    ticket_release(&lines_guard);
#endif
}

static bool line_exists(unsigned line)
{
    return line > 0 && line <= lines;
}

static void line_complete(unsigned line)
{
    if (!(claimed[line / 64] >> line % 64 & 1))
        return;
    claimed[line / 64] &= ~(1ull << line % 64);
    context[CONTEXT_CLAIM] = line;
}

static void line_enable(unsigned line, bool on)
{
    volatile uint32_t *word = &enable[line / 32];
    uint32_t bit = 1u << line % 32;
    *word = on ? *word | bit : *word & ~bit;
}

unsigned plic_claim(void)
{
    unsigned line;
    lines_lock();
    line = context ? context[CONTEXT_CLAIM] : 0;
    if (line_exists(line))
        claimed[line / 64] |= 1ull << line % 64;
    else
        line = 0;
    lines_unlock();
    return line;
}

/* A completion counts only while the line is enabled: chapter 9. */
void arch_irq_mask(unsigned line)
{
    assert(line < ARCH_IRQ_LINES);
    if (!line_exists(line))
        return;
    lines_lock();
    line_complete(line);
    line_enable(line, false);
    lines_unlock();
}

void arch_irq_unmask(unsigned line)
{
    assert(line < ARCH_IRQ_LINES);
    if (!line_exists(line))
        return;
    lines_lock();
    line_enable(line, true);
    line_complete(line);
    lines_unlock();
}

bool arch_irq_has_mode(unsigned line, word_t mode)
{
    return line_exists(line) && !(mode & IRQ_ACTIVE_LOW);
}

/* Which of the two it is makes no difference to the PLIC. */
void arch_irq_set_mode(unsigned line, word_t mode)
{
    assert(arch_irq_has_mode(line, mode));
    (void)line, (void)mode;
}

error_t arch_irq_msi(unsigned line, word_t *address, word_t *data)
{
    (void)line, (void)address, (void)data;
    return ERR_UNSUPPORTED;
}

/* ---- Boot. */

/* The interrupt controller of this core, which the PLIC's contexts name: its phandle. */
static uint32_t core_controller(const struct device_tree *tree, unsigned hart)
{
    struct device_tree_walk walk;
    struct device_tree_node node;
    bool inside = false;
    device_tree_walk(&walk, tree);
    while (device_tree_next(&walk, &node)) {
        if (device_tree_text_is(tree, &node, "device_type", "cpu"))
            inside = device_tree_number(tree, &node, "reg", 0, ~0u) == hart;
        else if (inside && device_tree_is_compatible(tree, &node, "riscv,cpu-intc"))
            return device_tree_number(tree, &node, "phandle", 0, 0);
    }
    return 0;
}

/* The context that interrupts this core in supervisor mode: they are numbered in the order of
 * interrupts-extended. CONTEXTS_MAX if there is none. */
static unsigned find_context(const struct device_tree *tree, const struct device_tree_node *node,
                             uint32_t controller)
{
    for (unsigned i = 0; i < CONTEXTS_MAX; i++) {
        uint32_t phandle = device_tree_number(tree, node, "interrupts-extended", 2 * i, 0);
        uint32_t interrupt = device_tree_number(tree, node, "interrupts-extended", 2 * i + 1, 0);
        if (phandle == 0)
            break;
        if (phandle == controller && interrupt == INTERRUPT_SUPERVISOR)
            return i;
    }
    return CONTEXTS_MAX;
}

/* The controller's registers are nobody else's. */
void plic_init(const struct device_tree *tree, struct boot_machine *machine, unsigned hart)
{
    struct device_tree_node node;
    struct boot_region registers;
    if (!device_tree_find(tree, "riscv,plic0", &node) && !device_tree_find(tree, "sifive,plic-1.0.0", &node))
        BOOT_REFUSE("the device tree names no interrupt controller that is known (riscv,plic0)");
    unsigned number = find_context(tree, &node, core_controller(tree, hart));
    if (number == CONTEXTS_MAX || !device_tree_reg(tree, &node, 0, &registers))
        BOOT_REFUSE("the device tree does not say how the interrupt controller reaches core %u", hart);
    boot_regions_reserve(machine, registers.start, registers.end);

    volatile uint32_t *plic = device_map(registers.start, registers.end - registers.start);
    enable = plic + PLIC_ENABLE + number * PLIC_ENABLE_STRIDE;
    context = plic + PLIC_CONTEXT + number * PLIC_CONTEXT_STRIDE;
    lines = device_tree_number(tree, &node, "riscv,ndev", 0, 0);
    if (lines >= ARCH_IRQ_LINES)
        lines = ARCH_IRQ_LINES - 1;
    for (unsigned line = 0; line <= lines; line += 32)
        enable[line / 32] = 0;
    for (unsigned line = 1; line <= lines; line++)
        plic[PLIC_PRIORITY + line] = 1;
    context[CONTEXT_THRESHOLD] = 0;
    CSR_SET(sie, 1u << INTERRUPT_EXTERNAL);
}
