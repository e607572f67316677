/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: Arm's Generic Interrupt Controller, version 3 (system registers, one redistributor for each
 * core; Arm IHI 0069) or 2 (all in memory; Arm IHI 0048). They differ in how a core takes and ends an interrupt, and in
 * where the first 32 interrupts, which are each core's own, are set up; the distributor is the same.
 *
 * A line is masked from delivery to acknowledgement by disabling it. An interrupt that comes in between stays pending
 * and is delivered when the line is enabled again: an edge once, a level if it still stands. All interrupts have
 * one priority, and are in group 1 where there are groups, which arrives as IRQ.
 *
 * All lines are delivered to the first core. Other cores mask and unmask them, and set their modes, so that has a lock: the innermost of
 * all, held for a few instructions.
 */
#include "boot_regions.h"
#include "lock.h"
#include "port.h"

/* Distributor: offsets; registers with bits have 32 interrupts each. */
#define GICD_CTLR       0x000u
#define GICD_TYPER      0x004u
#define GICD_IGROUPR    0x080u
#define GICD_ISENABLER  0x100u
#define GICD_ICENABLER  0x180u
#define GICD_ICPENDR    0x280u
#define GICD_ICACTIVER  0x380u
#define GICD_IPRIORITYR 0x400u  /* a byte each */
#define GICD_ITARGETSR  0x800u  /* version 2: a byte each */
#define GICD_ICFGR      0xc00u  /* two bits each */
#define GICD_SGIR       0xf00u  /* version 2: interrupt the cores in bits 16 to 23 */
#define GICD_IROUTER    0x6000u /* version 3: 64 bits each */

#define GICD_CTLR_GROUPS  0x3u       /* both groups on; in version 2 without groups, the one there is */
#define GICD_CTLR_ARE     (3u << 4)  /* version 3: affinity routing */
#define GICD_CTLR_RWP     (1u << 31) /* a write is not done everywhere yet */
#define GICD_SGIR_TARGETS 16

/* Redistributor: two frames of 64 KiB; the second has registers like the distributor's, for the first 32. */
#define GICR_WAKER         0x14u
#define GICR_WAKER_SLEEP   2u
#define GICR_WAKER_ASLEEP  4u
#define GICR_TYPER         0x08u
#define GICR_TYPER_LAST    (1u << 4)
#define GICR_TYPER_VIRTUAL (1u << 1) /* has two more frames */
#define GICR_PRIVATE       0x10000u
#define GICR_FRAMES        0x20000u

/* CPU interface, version 2. */
#define GICC_CTLR 0x00u
#define GICC_PMR  0x04u
#define GICC_IAR  0x0cu
#define GICC_EOIR 0x10u

#define PRIORITY     0xa0u
#define PRIORITY_ALL 0xa0a0a0a0u
#define PATIENCE     1000000u

/* System registers that assemblers may not know by name: C12.2, ICC_*. */
#define ICC_PMR_EL1             S3_0_C4_C6_0
#define ICC_IAR1_EL1            S3_0_C12_C12_0
#define ICC_EOIR1_EL1           S3_0_C12_C12_1
#define ICC_BPR1_EL1            S3_0_C12_C12_3
#define ICC_CTLR_EL1            S3_0_C12_C12_4
#define ICC_SGI1R_EL1           S3_0_C12_C11_5
#define ICC_SRE_EL1             S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1         S3_0_C12_C12_7
#define ICC_READ_(name)         SYSREG_READ(name)
#define ICC_WRITE_(name, value) SYSREG_WRITE(name, value)
#define ICC_READ(name)          ICC_READ_(name)
#define ICC_WRITE(name, value)  ICC_WRITE_(name, value)

static volatile char *distributor;
static volatile char *interface;      /* version 2; NULL: version 3 */
static volatile char *redistributors; /* version 3: of all cores, */
static size_t redistributors_size;    /* one behind the other */
static unsigned interrupts;           /* INTIDs that there are */
#if CONFIG_CORES > 1
static word_t targets[CONFIG_CORES]; /* what the register takes that interrupts this core */
static struct ticket_lock lines_guard;
#endif

static volatile uint32_t *reg(volatile char *base, unsigned offset)
{
    return (volatile uint32_t *)(base + offset);
}

/* The register that has the interrupt's bit, among those that begin at `first`: in the distributor, or for the first 32 in what each core has of its
 * own, which version 2 shows at the same addresses. */
static volatile uint32_t *bits(volatile char *base, unsigned first, unsigned intid)
{
    return reg(base, first + intid / 32 * 4);
}

static void wait_written(void)
{
    for (unsigned i = 0; !interface && i < PATIENCE && *reg(distributor, GICD_CTLR) & GICD_CTLR_RWP; i++)
        continue;
}

/* ---- Taking interrupts. */

unsigned gic_take(void)
{
    if (interface)
        return *reg(interface, GICC_IAR);
    unsigned intid = (unsigned)ICC_READ(ICC_IAR1_EL1);
    dsb(); /* the interrupt is active before the device is looked at */
    return intid;
}

void gic_end(unsigned taken)
{
    if (interface)
        *reg(interface, GICC_EOIR) = taken;
    else
        ICC_WRITE(ICC_EOIR1_EL1, taken);
}

bool arch_interrupt_pending(void)
{
    return (SYSREG_READ(isr_el1) & 0x80) != 0;
}

/* ---- Lines. */

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
    return GIC_SHARED + line < interrupts;
}

static void intid_mask(unsigned intid)
{
    *bits(distributor, GICD_ICENABLER, intid) = 1u << intid % 32;
    wait_written();
}

static void intid_unmask(unsigned intid)
{
    *bits(distributor, GICD_ISENABLER, intid) = 1u << intid % 32;
}

void arch_irq_mask(unsigned line)
{
    if (!line_exists(line))
        return;
    lines_lock();
    intid_mask(GIC_SHARED + line);
    lines_unlock();
}

void arch_irq_unmask(unsigned line)
{
    if (!line_exists(line))
        return;
    lines_lock();
    intid_unmask(GIC_SHARED + line);
    lines_unlock();
}

bool arch_irq_has_mode(unsigned line, word_t mode)
{
    return line_exists(line) && !(mode & IRQ_ACTIVE_LOW);
}

/* The mode may only be changed while the line is disabled; a line that was enabled is so again. */
void arch_irq_set_mode(unsigned line, word_t mode)
{
    assert(arch_irq_has_mode(line, mode));
    unsigned intid = GIC_SHARED + line, shift = intid % 16 * 2 + 1;
    volatile uint32_t *config = reg(distributor, GICD_ICFGR + intid / 16 * 4);
    lines_lock();
    bool enabled = *bits(distributor, GICD_ISENABLER, intid) >> intid % 32 & 1;
    intid_mask(intid);
    *config = (*config & ~(1u << shift)) | (mode & IRQ_LEVEL ? 0 : 1u) << shift;
    *bits(distributor, GICD_ICPENDR, intid) =
        1u << intid % 32; /* what was noticed in the other mode, or for another owner */
    if (enabled)
        intid_unmask(intid);
    lines_unlock();
}

error_t arch_irq_msi(unsigned line, word_t *address, word_t *data)
{
    (void)line, (void)address, (void)data;
    return ERR_UNSUPPORTED;
}

/* ---- Boot. */

static volatile char *map_registers(const struct device_tree *tree, const struct device_tree_node *node,
                                    unsigned index, struct boot_machine *machine)
{
    struct boot_region region;
    if (!device_tree_reg(tree, node, index, &region))
        BOOT_REFUSE("the interrupt controller '%s' of the device tree lacks registers", node->name);
    boot_regions_reserve(machine, region.start, region.end);
    return device_map(region.start, region.end - region.start);
}

static volatile char *find_redistributor(void)
{
    word_t self = SYSREG_READ(mpidr_el1) & MPIDR_ADDRESS;
    uint32_t affinity = (uint32_t)(self | (self >> 8 & 0xff000000));
    for (size_t at = 0; at + GICR_FRAMES <= redistributors_size;) {
        volatile char *redistributor = redistributors + at;
        uint32_t type = *reg(redistributor, GICR_TYPER);
        if (*reg(redistributor, GICR_TYPER + 4) == affinity)
            return redistributor;
        if (type & GICR_TYPER_LAST)
            break;
        at += type & GICR_TYPER_VIRTUAL ? 2 * GICR_FRAMES : GICR_FRAMES;
    }
    BOOT_REFUSE("the interrupt controller has no redistributor for this core");
}

static void redistributor_wake(volatile char *redistributor)
{
    volatile uint32_t *waker = reg(redistributor, GICR_WAKER);
    *waker &= ~GICR_WAKER_SLEEP;
    for (unsigned i = 0; i < PATIENCE && *waker & GICR_WAKER_ASLEEP; i++)
        continue;
}

/* Disabled, not pending, not active, of one priority, in group 1, which version 2 without groups ignores. */
static void interrupts_reset(volatile char *base, unsigned first, unsigned end)
{
    for (unsigned intid = first; intid < end; intid += 32) {
        *bits(base, GICD_ICENABLER, intid) = ~0u;
        *bits(base, GICD_ICPENDR, intid) = ~0u;
        *bits(base, GICD_ICACTIVER, intid) = ~0u;
        if (!interface)
            *bits(base, GICD_IGROUPR, intid) = ~0u;
        for (unsigned i = 0; i < 32; i += 4)
            *reg(base, GICD_IPRIORITYR + intid + i) = PRIORITY_ALL;
    }
}

/* To this core. */
static void lines_route(void)
{
    if (interface) {
        uint32_t self = *reg(distributor, GICD_ITARGETSR); /* of private interrupts */
        for (unsigned intid = GIC_SHARED; intid < interrupts; intid += 4)
            *reg(distributor, GICD_ITARGETSR + intid) = self;
        return;
    }
    for (unsigned intid = GIC_SHARED; intid < interrupts; intid++)
        *(volatile uint64_t *)(distributor + GICD_IROUTER + 8 * intid) =
            SYSREG_READ(mpidr_el1) & MPIDR_ADDRESS;
}

static void interface_init_2(void)
{
    *reg(interface, GICC_PMR) = 0xff;
    *reg(interface, GICC_CTLR) = 1;
}

static void interface_init_3(void)
{
    ICC_WRITE(ICC_SRE_EL1, 7);
    isb();
    ICC_WRITE(ICC_PMR_EL1, 0xff);
    ICC_WRITE(ICC_BPR1_EL1, 0);
    ICC_WRITE(ICC_CTLR_EL1, 0);
    ICC_WRITE(ICC_IGRPEN1_EL1, 1);
    isb();
}

static const char *const compatible_3[] = { "arm,gic-v3" };
static const char *const compatible_2[] = { "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic" };

static bool find_any(const struct device_tree *tree, const char *const *names, unsigned count,
                     struct device_tree_node *node)
{
    for (unsigned i = 0; i < count; i++)
        if (device_tree_find(tree, names[i], node))
            return true;
    return false;
}

static void gic_find(const struct device_tree *tree, struct boot_machine *machine)
{
    struct device_tree_node node;
    struct boot_region region;
    if (find_any(tree, compatible_3, ARRAY_COUNT(compatible_3), &node)) {
        distributor = map_registers(tree, &node, 0, machine);
        redistributors = map_registers(tree, &node, 1, machine);
        device_tree_reg(tree, &node, 1, &region);
        redistributors_size = region.end - region.start;
    } else if (find_any(tree, compatible_2, ARRAY_COUNT(compatible_2), &node)) {
        distributor = map_registers(tree, &node, 0, machine);
        interface = map_registers(tree, &node, 1, machine);
    } else {
        BOOT_REFUSE("the device tree has no interrupt controller that it knows (GIC version 2 or 3)");
    }
}

/* ---- Each core's own. */

#if CONFIG_CORES > 1
/* Version 2: its bit, which the registers of private interrupts show. Version 3: the upper three parts of its MPIDR, of the lowest the upper half, and a
 * bit for the lower half (ICC_SGI1R_EL1). */
static word_t find_target(void)
{
    if (interface)
        return (word_t)(*reg(distributor, GICD_ITARGETSR) & 0xff) << GICD_SGIR_TARGETS | GIC_IPI;
    word_t self = SYSREG_READ(mpidr_el1);
    return (self >> 32 & 0xff) << 48 | (self >> 16 & 0xff) << 32 | (self >> 8 & 0xff) << 16 |
           (self >> 4 & 15) << 44 | (word_t)1 << (self & 15) | (word_t)GIC_IPI << 24;
}

/* Everything written before is seen by who is interrupted. */
void arch_ipi(unsigned core)
{
    __asm__ volatile("dsb ishst" : : : "memory");
    if (interface) {
        *reg(distributor, GICD_SGIR) = (uint32_t)targets[core];
        return;
    }
    ICC_WRITE(ICC_SGI1R_EL1, targets[core]);
    isb();
}
#endif

void gic_init_core(unsigned core)
{
    volatile char *own = distributor;
    if (!interface) {
        volatile char *redistributor = find_redistributor();
        redistributor_wake(redistributor);
        own = redistributor + GICR_PRIVATE;
    }
    interrupts_reset(own, 0, GIC_SHARED);
    if (interface)
        interface_init_2();
    else
        interface_init_3();
#if CONFIG_CORES > 1
    targets[core] = find_target();
#else
    (void)core;
#endif
    *bits(own, GICD_ISENABLER, 0) = 1u << timer_intid | 1u << GIC_IPI;
}

void gic_init(const struct device_tree *tree, struct boot_machine *machine)
{
    gic_find(tree, machine);
    interrupts = ((*reg(distributor, GICD_TYPER) & 31) + 1) * 32;
    if (interrupts > GIC_SHARED + ARCH_IRQ_LINES)
        interrupts = GIC_SHARED + ARCH_IRQ_LINES;
    *reg(distributor, GICD_CTLR) = 0;
    wait_written();
    if (!interface)
        *reg(distributor, GICD_CTLR) = GICD_CTLR_ARE;
    interrupts_reset(distributor, GIC_SHARED, interrupts);
    lines_route();
    wait_written();
    *reg(distributor, GICD_CTLR) = interface ? 1 : GICD_CTLR_ARE | GICD_CTLR_GROUPS;
    gic_init_core(0);
}

const char *gic_name(void)
{
    return interface ? "gic-v2" : "gic-v3";
}
