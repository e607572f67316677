/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: the core's local APIC, the I/O APIC with the 24 lines of a PC, and message-signalled lines.
 *
 * A line is masked from delivery to acknowledgement. How depends on what would happen to an interrupt in
 * between:
 *
 *     level      masked at the I/O APIC; a device that still wants something raises the line again when it
 *                is unmasked
 *     edge, MSI  not masked at the source, where it would be lost: delivered once more, remembered as
 *                PENDING, and sent again by unmasking, with an interrupt from this core to itself
 *
 * States of an edge-triggered line: ready; BLOCKED (delivered, not acknowledged); BLOCKED and PENDING (came
 * again). Until a line is unmasked for the first time it is masked at the I/O APIC too.
 *
 * All lines are delivered to the first core. Other cores unmask them, so their state has a lock: the innermost of all, held for a few
 * instructions.
 *
 * SDM vol. 3, chapter 10; Intel 82093AA data sheet for the I/O APIC.
 */
#include "boot_regions.h"
#include "lock.h"
#include "port.h"

/* Local APIC registers, as offsets in its page; in x2APIC mode MSR_X2APIC + offset / 16: 10.4.1, 10.12.1.2.
 */
#define LAPIC_ID            0x20u
#define LAPIC_TASK_PRIORITY 0x80u
#define LAPIC_EOI           0xb0u
#define LAPIC_SPURIOUS      0xf0u
#define LAPIC_REQUESTED     0x200u /* IRR: eight registers of 32 vectors, 16 bytes apart */
#define LAPIC_COMMAND       0x300u
#define LAPIC_COMMAND_HIGH  0x310u
#define LAPIC_LVT_CMCI      0x2f0u
#define LAPIC_LVT_TIMER     0x320u
#define LAPIC_LVT_THERMAL   0x330u
#define LAPIC_LVT_COUNTERS  0x340u
#define LAPIC_LVT_LINT0     0x350u
#define LAPIC_LVT_LINT1     0x360u
#define LAPIC_LVT_ERROR     0x370u
#define LAPIC_TIMER_INITIAL 0x380u
#define LAPIC_TIMER_CURRENT 0x390u
#define LAPIC_TIMER_DIVIDE  0x3e0u

#define LAPIC_VERSION     0x30u
#define LVT_MASKED        (1u << 16)
#define LVT_NMI           (4u << 8)
#define LVT_TSC_DEADLINE  (2u << 17)
#define SPURIOUS_ENABLE   (1u << 8)
#define TIMER_DIVIDE_BY_1 0xbu
#define COMMAND_ASSERT    (1u << 14)
#define COMMAND_INIT      (5u << 8)
#define COMMAND_STARTUP   (6u << 8)
#define COMMAND_PENDING   (1u << 12)
#define MSI_ADDRESS       0xfee00000u
#define MSI_ADDRESS_SIZE  0x100000u

/* I/O APIC: an index and a data register; two 32-bit words for each line from index 0x10. */
#define IOAPIC_INDEX     0u
#define IOAPIC_DATA      4u /* in words of 4 bytes */
#define IOAPIC_VERSION   1u
#define IOAPIC_ENTRY     0x10u
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL      (1u << 15)
#define ENTRY_MASKED     (1u << 16)

/* The two 8259s: masked for good, with their vectors out of the way. */
#define PIC_MASTER  0x20
#define PIC_SLAVE   0xa0
#define PIC_VECTORS 0xe0

#define LINE_BLOCKED 0x1u
#define LINE_PENDING 0x2u

static volatile uint32_t *lapic;  /* NULL in x2APIC mode */
static volatile uint32_t *ioapic; /* that has line 0 on */
static unsigned ioapic_lines;     /* that it has: none beyond ARCH_IRQ_MSI_FIRST is used */
static uint32_t lapic_id;         /* of the first core */
static uint8_t line_state[ARCH_IRQ_LINES];
static uint32_t line_entry[ARCH_IRQ_MSI_FIRST]; /* low word of the I/O APIC's entry */
#if CONFIG_CORES > 1
static struct ticket_lock lines_guard;
#endif

/* ---- Local APIC. */

static uint32_t lapic_read(unsigned reg)
{
    return lapic ? lapic[reg / 4] : (uint32_t)msr_read(MSR_X2APIC + reg / 16);
}

static void lapic_write(unsigned reg, uint32_t value)
{
    if (lapic)
        lapic[reg / 4] = value;
    else
        msr_write(MSR_X2APIC + reg / 16, value);
}

void interrupt_end(void)
{
    lapic_write(LAPIC_EOI, 0);
}

/* An interrupt for a core. In x2APIC mode the command register is one of 64 bits, and writing it waits for nothing that was written to memory before:
 * 10.12.3. */
static void lapic_command(uint32_t id, uint32_t command)
{
    if (!lapic) {
        __asm__ volatile("mfence; lfence" : : : "memory");
        msr_write(MSR_X2APIC + LAPIC_COMMAND / 16, (uint64_t)id << 32 | COMMAND_ASSERT | command);
        return;
    }
    while (lapic_read(LAPIC_COMMAND) & COMMAND_PENDING)
        __asm__ volatile("pause");
    lapic_write(LAPIC_COMMAND_HIGH, id << 24);
    lapic_write(LAPIC_COMMAND, COMMAND_ASSERT | command);
}

uint32_t lapic_timer_count(void)
{
    return lapic_read(LAPIC_TIMER_CURRENT);
}

void lapic_timer_start(uint32_t count)
{
    lapic_write(LAPIC_TIMER_INITIAL, count);
}

/* The fence: a write to the deadline register must not overtake a write to this one, which in xAPIC mode is
 * to memory (10.5.4.1). */
void lapic_timer_mode(bool deadline, bool masked)
{
    lapic_write(LAPIC_LVT_TIMER,
                VECTOR_TIMER | (deadline ? LVT_TSC_DEADLINE : 0) | (masked ? LVT_MASKED : 0));
    lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_BY_1);
    __asm__ volatile("mfence" : : : "memory");
}

/* Our vectors are 0x20 to 0x9f: four of the eight registers. */
bool arch_interrupt_pending(void)
{
    return (lapic_read(LAPIC_REQUESTED + 0x10) | lapic_read(LAPIC_REQUESTED + 0x20) |
            lapic_read(LAPIC_REQUESTED + 0x30) | lapic_read(LAPIC_REQUESTED + 0x40)) != 0;
}

static void lapic_enable(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE);
    bool x2 = cpu.x2apic || (base & APIC_BASE_X2); /* once on, it cannot be turned off: 10.12.5 */
    msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLED);
    if (x2)
        msr_write(MSR_APIC_BASE, base | APIC_BASE_ENABLED | APIC_BASE_X2);
    else if (!lapic)
        lapic = device_map(base & APIC_BASE_ADDRESS, PAGE_SIZE);
}

uint32_t interrupt_core_id(void)
{
    return lapic ? lapic_read(LAPIC_ID) >> 24 : lapic_read(LAPIC_ID);
}

static void lapic_init(void)
{
    unsigned last_lvt = lapic_read(LAPIC_VERSION) >> 16 & 0xff;
    lapic_write(LAPIC_TASK_PRIORITY, 0);
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    if (last_lvt >= 4)
        lapic_write(LAPIC_LVT_COUNTERS, LVT_MASKED);
    if (last_lvt >= 5)
        lapic_write(LAPIC_LVT_THERMAL, LVT_MASKED);
    if (last_lvt >= 6)
        lapic_write(LAPIC_LVT_CMCI, LVT_MASKED);
    lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
}

/* ---- I/O APIC. */

static void ioapic_write(unsigned index, uint32_t value)
{
    ioapic[IOAPIC_INDEX] = index;
    ioapic[IOAPIC_DATA] = value;
}

static void ioapic_update(unsigned line)
{
    ioapic_write(IOAPIC_ENTRY + 2 * line, line_entry[line]);
}

static void ioapic_init(void)
{
    for (unsigned i = 0; i < acpi.ioapic_count; i++)
        if (acpi.ioapic[i].first_line == 0)
            ioapic = device_map(acpi.ioapic[i].address, PAGE_SIZE);
    if (!ioapic)
        return;
    ioapic[IOAPIC_INDEX] = IOAPIC_VERSION;
    unsigned lines = (ioapic[IOAPIC_DATA] >> 16 & 0xff) + 1;
    ioapic_lines = lines < ARCH_IRQ_MSI_FIRST ? lines : ARCH_IRQ_MSI_FIRST;
    for (unsigned line = 0; line < ioapic_lines; line++) {
        line_entry[line] = ENTRY_MASKED | (VECTOR_LINE + line);
        ioapic_write(IOAPIC_ENTRY + 2 * line + 1, lapic_id << 24);
        arch_irq_set_mode(line, acpi.line_mode[line]);
    }
    for (unsigned line = ioapic_lines; line < lines; line++)
        ioapic_write(IOAPIC_ENTRY + 2 * line, ENTRY_MASKED);
}

static void pic_disable(void)
{
    for (unsigned i = 0; i < 2; i++) {
        uint16_t port = i ? PIC_SLAVE : PIC_MASTER;
        out8(port, 0x11);                               /* ICW1: initialise, four words */
        out8(port + 1, (uint8_t)(PIC_VECTORS + 8 * i)); /* ICW2: vectors */
        out8(port + 1, i ? 2 : 4);                      /* ICW3: the cascade */
        out8(port + 1, 1);                              /* ICW4: 8086 mode */
        out8(port + 1, 0xff);                           /* all masked */
    }
}

/* The controllers' registers are nobody else's: who can write them can send any vector. */
static void registers_reserve(struct boot_machine *machine)
{
    boot_regions_reserve(machine, MSI_ADDRESS, MSI_ADDRESS + MSI_ADDRESS_SIZE);
    paddr_t own = msr_read(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
    if (own < MSI_ADDRESS || own >= MSI_ADDRESS + MSI_ADDRESS_SIZE)
        boot_regions_reserve(machine, own, own + PAGE_SIZE);
    for (unsigned i = 0; i < acpi.ioapic_count; i++) {
        paddr_t page = acpi.ioapic[i].address & ~(paddr_t)(PAGE_SIZE - 1);
        boot_regions_reserve(machine, page, page + PAGE_SIZE);
    }
}

void interrupt_init(struct boot_machine *machine)
{
    registers_reserve(machine);
    pic_disable();
    lapic_enable();
    lapic_init();
    lapic_id = interrupt_core_id();
    for (unsigned line = 0; line < ARCH_IRQ_LINES; line++)
        line_state[line] = LINE_BLOCKED;
    ioapic_init();
}

/* ---- Other cores. */

#if CONFIG_CORES > 1
void interrupt_init_core(void)
{
    lapic_enable();
    lapic_init();
    lapic_write(LAPIC_LVT_LINT1, LVT_MASKED); /* NMIs are for the first core */
}

/* SDM vol. 3, 8.4.4.1: an INIT, and after 10 ms the address, twice. */
void interrupt_wake(uint32_t core_id, paddr_t page)
{
    lapic_command(core_id, COMMAND_INIT);
    clock_wait_us(10000);
    for (unsigned i = 0; i < 2; i++) {
        lapic_command(core_id, COMMAND_STARTUP | (uint32_t)(page / PAGE_SIZE));
        clock_wait_us(200);
    }
}

void arch_ipi(unsigned core)
{
    lapic_command(acpi.core_id[core], VECTOR_IPI);
}
#endif

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

static bool line_is_level(unsigned line)
{
    return line < ARCH_IRQ_MSI_FIRST && (line_entry[line] & ENTRY_LEVEL);
}

static bool line_is_at_ioapic(unsigned line)
{
    return line < ioapic_lines;
}

void interrupt_deliver(unsigned line)
{
    assert(line < ARCH_IRQ_LINES);
    lines_lock();
    bool blocked = line_state[line] & LINE_BLOCKED;
    line_state[line] |= blocked ? LINE_PENDING : LINE_BLOCKED;
    if (!blocked && line_is_level(line)) {
        line_entry[line] |= ENTRY_MASKED;
        ioapic_update(line);
    }
    lines_unlock();
    interrupt_end();
    if (!blocked)
        kernel_interrupt(line);
}

void arch_irq_mask(unsigned line)
{
    assert(line < ARCH_IRQ_LINES);
    lines_lock();
    line_state[line] = LINE_BLOCKED;
    if (line_is_at_ioapic(line)) {
        line_entry[line] |= ENTRY_MASKED;
        ioapic_update(line);
    }
    lines_unlock();
}

void arch_irq_unmask(unsigned line)
{
    assert(line < ARCH_IRQ_LINES);
    lines_lock();
    bool again = line_state[line] & LINE_PENDING;
    line_state[line] = 0;
    if (line_is_at_ioapic(line) && (line_entry[line] & ENTRY_MASKED)) {
        line_entry[line] &= ~ENTRY_MASKED;
        ioapic_update(line);
    }
    lines_unlock();
    if (again && !line_is_level(line))
        lapic_command(lapic_id, VECTOR_LINE + line);
}

bool arch_irq_has_mode(unsigned line, word_t mode)
{
    return line_is_at_ioapic(line) && mode <= (IRQ_LEVEL | IRQ_ACTIVE_LOW);
}

void arch_irq_set_mode(unsigned line, word_t mode)
{
    assert(arch_irq_has_mode(line, mode));
    lines_lock();
    line_entry[line] = (line_entry[line] & ~(ENTRY_LEVEL | ENTRY_ACTIVE_LOW)) |
                       (mode & IRQ_LEVEL ? ENTRY_LEVEL : 0) | (mode & IRQ_ACTIVE_LOW ? ENTRY_ACTIVE_LOW : 0);
    ioapic_update(line);
    lines_unlock();
}

/* SDM vol. 3, 10.11: fixed delivery, edge-triggered, to this core. */
error_t arch_irq_msi(unsigned line, word_t *address, word_t *data)
{
    if (line < ARCH_IRQ_MSI_FIRST || line >= ARCH_IRQ_LINES)
        return ERR_UNSUPPORTED;
    *address = MSI_ADDRESS | (lapic_id & 0xff) << 12;
    *data = VECTOR_LINE + line;
    return OK;
}

/* ---- I/O ports. */

uint32_t arch_io_in(unsigned port, unsigned size)
{
    assert(port < 0x10000);
    return size == 1 ? in8((uint16_t)port) : size == 2 ? in16((uint16_t)port) : in32((uint16_t)port);
}

void arch_io_out(unsigned port, unsigned size, uint32_t value)
{
    assert(port < 0x10000);
    if (size == 1)
        out8((uint16_t)port, (uint8_t)value);
    else if (size == 2)
        out16((uint16_t)port, (uint16_t)value);
    else
        out32((uint16_t)port, value);
}
