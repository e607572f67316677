/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor: what it can do, its descriptor tables, its control registers.
 *
 * Required are those features without which the kernel would need a second way of doing what every entry or
 * every switch does: no-execute pages, SYSCALL (both in every 64-bit processor), FXSAVE, SSE2, and FSGSBASE
 * (Intel since 2012, AMD since 2015). All others are found and used at run time.
 *
 * Known and accepted: user code can load the data segment registers with the null or the user selectors, and
 * they are not switched, so a thread sees the few values that another left there. Their bases and limits mean
 * nothing in 64-bit mode.
 */
#include "port.h"

struct cpu cpu;

/* ---- Features: SDM vol. 2, CPUID; AMD APM vol. 3, appendix E. */

static inline bool bit(uint32_t word, unsigned n)
{
    return word >> n & 1;
}

static bool is_intel(const struct cpuid *vendor)
{
    return vendor->b == 0x756e6547 && vendor->d == 0x49656e69 && vendor->c == 0x6c65746e;
}

/* Family 6. */
static bool is_intel_core(const struct cpuid *vendor, uint32_t signature)
{
    return is_intel(vendor) && (signature >> 8 & 0xf) == 6;
}

/* Intel says in ARCH_CAPABILITIES, bit 0 (RDCL_NO) if a processor is not affected; no other vendor's that we
 * can run on is. */
static bool is_meltdown_affected(bool intel_core, bool have_capabilities)
{
    if (!intel_core)
        return false;
    return !have_capabilities || !(msr_read(MSR_ARCH_CAPABILITIES) & 1);
}

const char *cpu_detect(void)
{
    struct cpuid vendor = cpuid(0, 0), basic = cpuid(1, 0);
    struct cpuid extended = cpuid(0x80000001, 0);
    struct cpuid structured = vendor.a >= 7 ? cpuid(7, 0) : (struct cpuid){ 0, 0, 0, 0 };

    cpu.hypervisor = bit(basic.c, 31);
    cpu.pcid = bit(basic.c, 17);
    cpu.x2apic = bit(basic.c, 21);
    cpu.tsc_deadline = bit(basic.c, 24);
    cpu.xsave = bit(basic.c, 26);
    cpu.self_snoop = bit(basic.d, 27);
    cpu.smep = bit(structured.b, 7);
    cpu.smap = bit(structured.b, 20);
    cpu.umip = bit(structured.c, 2);
    cpu.huge_pages = bit(extended.d, 26);
    struct cpuid sizes =
        cpuid(0x80000000, 0).a >= 0x80000008 ? cpuid(0x80000008, 0) : (struct cpuid){ 36, 0, 0, 0 };
    cpu.physical_bits = sizes.a & 0xff;
    cpu.fpu_pointers_stay = !is_intel(&vendor) && !bit(sizes.b, 2); /* RstrFpErrPtrs */
    cpu.lazyfp = is_intel_core(
        &vendor, basic.a); /* INTEL-SA-00145 names all of them, and no bit says which are mended */
    cpu.meltdown = is_meltdown_affected(cpu.lazyfp, bit(structured.d, 29));
    if (cpu.xsave) {
        bool avx = bit(basic.c, 28);
        cpu.xcr0 = avx ? 7 : 3;
        cpu.xsaveopt = bit(cpuid(0xd, 1).a, 0);
    }

    if (!bit(extended.d, 20))
        return "no-execute pages (NX)";
    if (!bit(extended.d, 11))
        return "SYSCALL";
    if (!bit(basic.d, 24) || !bit(basic.d, 26))
        return "FXSAVE and SSE2";
    if (!bit(basic.d, 5) || !bit(basic.d, 9))
        return "a local APIC";
    if (!bit(basic.d, 16) || !bit(basic.d, 13))
        return "PAT and global pages";
    if (!bit(structured.b, 0))
        return "FSGSBASE";
    return NULL;
}

/* ---- Descriptor tables: SDM vol. 3, 3.4.5 (segments), 7.7 (TSS), 6.14.1 (gates). */

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct tss {
    uint32_t reserved0;
    uint64_t stack[3]; /* for privilege levels 0 to 2 */
    uint64_t reserved1;
    uint64_t emergency[7]; /* IST 1 to 7 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_bitmap; /* beyond the limit: no port is allowed */
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3, figure 7-11");

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack; /* IST, 0: the ordinary one */
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM vol. 3, figure 6-8");

#define SEGMENT_KERNEL_CODE 0x00af9b000000ffffull
#define SEGMENT_KERNEL_DATA 0x00cf93000000ffffull
#define SEGMENT_USER_CODE   0x00affb000000ffffull
#define SEGMENT_USER_DATA   0x00cff3000000ffffull
#define SEGMENT_TSS         0x0000890000000000ull
#define GATE_INTERRUPT      0x8e
#define GATE_USER           0x60 /* INT n may use it */

#define VECTOR_NMI        2
#define VECTOR_BREAKPOINT 3
#define VECTOR_DOUBLE     8
#define VECTOR_MACHINE    18
#define IST_NMI           1
#define IST_DOUBLE        2
#define IST_MACHINE       3

#define EXCEPTIONS          32u
#define EXCEPTION_STUB_SIZE 16u
#define INTERRUPT_STUB_SIZE 8u

/* For each core: main stack (two pages), NMI, double fault, machine check: mapped in STACK_AREA (layout.h). */
ALIGNED(4096) char stack_pages[CONFIG_CORES * STACK_PAGES][PAGE_SIZE];

#define SEGMENTS 8u
static struct {
    uint64_t segments[SEGMENTS];
    struct tss tss;
} tables[CONFIG_CORES];
static struct gate gates[VECTOR_COUNT];

#if CONFIG_CORES > 1
struct core *syscall_cores[CONFIG_CORES]; /* what a core's stub of entry_syscall finds */
#endif

extern char exception_stubs[], interrupt_stubs[], entry_syscall[];

static void gate_set(unsigned vector, const char *stub, unsigned stack, unsigned type)
{
    word_t address = (word_t)stub;
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)address,
        .selector = SELECTOR_KERNEL_CODE,
        .stack = (uint8_t)stack,
        .type = (uint8_t)type,
        .offset_middle = (uint16_t)(address >> 16),
        .offset_high = (uint32_t)(address >> 32),
    };
}

static void gates_init(void)
{
    for (unsigned v = 0; v < EXCEPTIONS; v++)
        gate_set(v, exception_stubs + v * EXCEPTION_STUB_SIZE, 0, GATE_INTERRUPT);
    for (unsigned v = VECTOR_LINE; v < VECTOR_COUNT; v++)
        gate_set(v, interrupt_stubs + (v - VECTOR_LINE) * INTERRUPT_STUB_SIZE, 0, GATE_INTERRUPT);
    gates[VECTOR_BREAKPOINT].type |= GATE_USER;
    gates[VECTOR_NMI].stack = IST_NMI;
    gates[VECTOR_DOUBLE].stack = IST_DOUBLE;
    gates[VECTOR_MACHINE].stack = IST_MACHINE;
}

static void segments_init(unsigned core)
{
    uint64_t *segments = tables[core].segments;
    word_t base = (word_t)&tables[core].tss;
    segments[SELECTOR_KERNEL_CODE / 8] = SEGMENT_KERNEL_CODE;
    segments[SELECTOR_KERNEL_DATA / 8] = SEGMENT_KERNEL_DATA;
    segments[SELECTOR_USER_DATA / 8] = SEGMENT_USER_DATA;
    segments[SELECTOR_USER_CODE / 8] = SEGMENT_USER_CODE;
    segments[SELECTOR_TSS / 8] =
        SEGMENT_TSS | (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    segments[SELECTOR_TSS / 8 + 1] = base >> 32;
}

static void stacks_init(unsigned core)
{
    struct tss *tss = &tables[core].tss;
    word_t area = (word_t)core * STACK_AREA_SIZE;

    for (unsigned page = 1; page < STACK_PAGES; page++) /* 0 and 1 are one stack */
        *(struct core **)(stack_pages[core * STACK_PAGES + page] + PAGE_SIZE - sizeof(word_t)) = &cores[core];
    tss->stack[0] = STACK_TOP + area;
    tss->emergency[IST_NMI - 1] = STACK_TOP_NMI + area;
    tss->emergency[IST_DOUBLE - 1] = STACK_TOP_DOUBLE + area;
    tss->emergency[IST_MACHINE - 1] = STACK_TOP_MACHINE + area;
    tss->io_bitmap = sizeof(*tss);
}

void cpu_init_tables(unsigned core)
{
    uint64_t *segments = tables[core].segments;

    stacks_init(core);
    segments_init(core);
    if (core == 0)
        gates_init();

    struct table_pointer gdt = { SEGMENTS * sizeof(*segments) - 1, (word_t)segments };
    struct table_pointer idt = { sizeof(gates) - 1, (word_t)gates };
    __asm__ volatile("lgdt %0" : : "m"(gdt));
    __asm__ volatile("lidt %0" : : "m"(idt));
    /* The boot code's selector 8 is this table's too; loading it again makes the processor read ours. */
    __asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
                     :
                     : "i"(SELECTOR_KERNEL_CODE)
                     : "rax", "memory");
    __asm__ volatile("mov %0, %%ss" : : "r"(SELECTOR_KERNEL_DATA));
    __asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
    __asm__ volatile("lldt %w0" : : "r"(0)); /* whatever the loader had there */
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SYSCALL | EFER_NO_EXECUTE);
}

/* ---- Control registers: SDM vol. 3, 2.5. */

/* PAT: an entry for each value of the page-table bits PAT_2 and PAT_1: write-back, write-combining,
 * uncached-minus, uncached (SDM vol. 3, 11.12.4). The upper four are the same, so that the third bit means
 * nothing. */
#define PAT_ENTRIES 0x0007010600070106ul

static void cr4_init(void)
{
    word_t cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE;
    if (cpu.umip)
        cr4 |= CR4_UMIP;
    if (cpu.smep)
        cr4 |= CR4_SMEP;
    if (cpu.smap)
        cr4 |= CR4_SMAP;
    if (cpu.xsave)
        cr4 |= CR4_OSXSAVE;
    cr4_write(cr4);
    if (cpu.pcid) /* only with PCID 0 loaded: 4.10.1 */
        cr4_write(cr4 | CR4_PCIDE);
}

void cpu_init_features(unsigned core)
{
    msr_write(MSR_PAT, PAT_ENTRIES);
    cr4_init();
    cr0_write((cr0_read() & ~(CR0_EM | CR0_AM | CR0_NW | CR0_CD)) | CR0_MP | CR0_NE | CR0_WP | CR0_TS);

    msr_write(MSR_STAR, (uint64_t)(SELECTOR_USER_BASE | 3) << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
#if CONFIG_CORES > 1
    syscall_cores[core] = &cores[core];
#endif
    msr_write(MSR_LSTAR, (word_t)entry_syscall + core * SYSCALL_STUB_SIZE);
    msr_write(MSR_SFMASK, FLAG_TRAP | FLAG_INTERRUPT | FLAG_DIRECTION | FLAG_IOPL | FLAG_NESTED |
                              FLAG_RESUME | FLAG_ALIGNMENT);
    msr_write(MSR_SYSENTER_CS, 0); /* SYSENTER is refused */
    __asm__ volatile("mov %0, %%dr7" : : "r"(DR7_NO_BREAKPOINTS));
    fpu_init();
}
