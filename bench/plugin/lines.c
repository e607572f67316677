/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin of QEMU: what a path of the kernel touches. Between two marks (tests/target/arch/NAME/marks.h) it counts, for each
 * core, the instructions executed and the distinct lines of 64 bytes that they lie in, read and write; the kernel's and user code's apart.
 *
 *     -plugin lines.so,to=FILE[,trace=N][,turn=LENGTH]
 *
 * FILE gets a line for each core that executed something, and one for what the cores have in common, at the end of each record:
 *
 *     record N core C: kernel INSTRUCTIONS ILINES DLINES WRITTEN serialising S atomic A; user INSTRUCTIONS ILINES DLINES WRITTEN
 *     record N common WRITTEN SHARED together TICKS
 *
 * WRITTEN lines are written by two cores, SHARED ones by one and touched by another. With trace=N, record N has before these also a line `at C ADDRESS` for
 * each instruction executed. With turn=LENGTH, cores take short turns, and TICKS is how long it would take if all ran at the same time (turns.h).
 *
 * Lines are told by virtual addresses, and the kernel is what executes at addresses of the upper half. What the processor reads and writes by itself is not
 * seen: page walks, the frame that an exception pushes, descriptor tables. One thread emulates all cores (-icount), so nothing here is locked.
 */
#include "marks.h"
#include "turns.h"

#include <inttypes.h>

#define CORES_MAX  64u
#define LINE_SHIFT 6
#define PLACES     (1u << 14) /* of a set: a power of two, far more than lines are touched */

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

/* ---- Instructions, by their bytes */

enum { KIND_SERIALISING = KIND_OTHER, KIND_ATOMIC };

/* What an instruction is, decided when it is translated. Never freed: as many as code is translated. */
struct instruction {
    uint64_t address;
    unsigned size;
    unsigned kind;
};

/* WRMSR, IRETQ, CPUID, MOV to a control register, INVLPG, fences; LOCK, and XCHG with memory. */
static unsigned kind_x86_64(const uint8_t *b, size_t size)
{
    unsigned mark = mark_x86_64(b, size);

    if (mark)
        return mark;
    if (b[0] == 0xf0)
        return KIND_ATOMIC;
    size_t at = (b[0] & 0xf0) == 0x40; /* REX */
    if (size >= at + 2 && (b[at] & 0xfe) == 0x86 && b[at + 1] < 0xc0)
        return KIND_ATOMIC;
    if (b[at] == 0xcf)
        return KIND_SERIALISING;
    if (size < at + 2 || b[at] != 0x0f)
        return KIND_PLAIN;
    bool memory = size > at + 2 && b[at + 2] < 0xc0;
    unsigned digit = size > at + 2 ? b[at + 2] >> 3 & 7 : 0;
    switch (b[at + 1]) {
    case 0x30: /* WRMSR */
    case 0xa2: /* CPUID */
    case 0x22: /* MOV to CRn */
        return KIND_SERIALISING;
    case 0x01:
        return memory && digit == 7 ? KIND_SERIALISING : KIND_PLAIN; /* INVLPG */
    case 0xae:
        return !memory && digit >= 5 ? KIND_SERIALISING : KIND_PLAIN; /* LFENCE, MFENCE, SFENCE */
    default:
        return KIND_PLAIN;
    }
}

/* ISB, DSB, TLBI, MSR TTBRn; STXR and the like, LSE's atomic operations. */
static unsigned kind_aarch64(const uint8_t *bytes, size_t size)
{
    uint32_t word = word_of(bytes, size);

    if (mark_aarch64(word))
        return mark_aarch64(word);
    if ((word & 0xfffff0ff) == 0xd50330df || (word & 0xfffff0ff) == 0xd503309f ||
        (word & 0xfff8f000) == 0xd5088000 || (word & 0xffffffc0) == 0xd5182000)
        return KIND_SERIALISING;
    if ((word & 0x3fc00000) == 0x08000000 || (word & 0x3b200c00) == 0x38200000 ||
        (word & 0x3fa07c00) == 0x08a07c00)
        return KIND_ATOMIC;
    return KIND_PLAIN;
}

/* Writing satp, SFENCE.VMA, FENCE.I; SC and the AMOs. */
static unsigned kind_riscv64(const uint8_t *bytes, size_t size)
{
    uint32_t word = word_of(bytes, size);

    if (mark_riscv64(word))
        return mark_riscv64(word);
    if ((word & 0x7f) == 0x2f)
        return word >> 27 == 2 ? KIND_PLAIN : KIND_ATOMIC; /* LR is half of one */
    bool satp = (word & 0x7f) == 0x73 && (word >> 12 & 3) != 0 && word >> 20 == 0x180;
    bool reads = (word >> 12 & 3) != 1 && (word >> 15 & 31) == 0;
    if ((satp && !reads) || (word & 0xfe007fff) == 0x12000073 || (word & 0x707f) == 0x100f)
        return KIND_SERIALISING;
    return KIND_PLAIN;
}

static kind_function *kind_of;

/* ---- Sets of lines. A place is empty if its record is not the present one, so that a set is emptied by the next record's number. */

struct set {
    unsigned count;
    struct {
        uint64_t line, record;
    } place[PLACES];
};

/* What one core did on one side: the kernel's or user code's. */
struct side {
    uint64_t instructions;
    struct set code, data, written;
};

struct core {
    struct side side[2]; /* user, kernel */
    uint64_t serialising, atomic;
};

static struct core *cores[CORES_MAX];
static FILE *file;
static uint64_t record_number; /* from 1 on; the file counts from 0 */
static bool recording;
static int64_t traced = -1;

static bool set_has(const struct set *set, uint64_t line, unsigned *at)
{
    unsigned i = (unsigned)(line * 0x9e3779b97f4a7c15u >> 50) % PLACES;

    while (set->place[i].record == record_number && set->place[i].line != line)
        i = (i + 1) % PLACES;
    *at = i;
    return set->place[i].record == record_number;
}

static void set_add(struct set *set, uint64_t line)
{
    unsigned at;

    if (set_has(set, line, &at))
        return;
    if (set->count == PLACES / 2) {
        fprintf(stderr, "lines: more than %u lines between two marks\n", set->count);
        exit(1);
    }
    set->place[at].line = line;
    set->place[at].record = record_number;
    set->count++;
}

static void set_add_range(struct set *set, uint64_t address, unsigned size)
{
    for (uint64_t line = address >> LINE_SHIFT; line <= (address + size - 1) >> LINE_SHIFT; line++)
        set_add(set, line);
}

/* ---- A record */

static struct core *core_of(unsigned number)
{
    if (number >= CORES_MAX ||
        !(cores[number] = cores[number] ? cores[number] : calloc(1, sizeof *cores[number]))) {
        fprintf(stderr, "lines: core %u is one too many\n", number);
        exit(1);
    }
    return cores[number];
}

static void record_begin(void)
{
    for (unsigned c = 0; c < CORES_MAX; c++)
        if (cores[c]) {
            cores[c]->serialising = cores[c]->atomic = 0;
            for (unsigned s = 0; s < 2; s++) {
                struct side *side = &cores[c]->side[s];
                side->instructions = side->code.count = side->data.count = side->written.count = 0;
            }
        }
    record_number++;
    turns_restart();
    recording = true;
}

static bool kernel_touched(const struct core *core, uint64_t line, bool written)
{
    unsigned at;
    return set_has(written ? &core->side[1].written : &core->side[1].data, line, &at);
}

/* Lines that the kernel writes on this core, and that it also touches (writes) on one with a higher (any other) number. */
static unsigned common_lines(unsigned first, bool written)
{
    const struct set *set = &cores[first]->side[1].written;
    unsigned count = 0;

    for (unsigned i = 0; i < PLACES; i++) {
        bool common = false;
        if (set->place[i].record != record_number)
            continue;
        for (unsigned c = written ? first + 1 : 0; c < CORES_MAX; c++)
            common |= cores[c] && c != first && kernel_touched(cores[c], set->place[i].line, written);
        count += common;
    }
    return count;
}

static void print_side(const char *name, const struct side *side)
{
    fprintf(file, " %s %" PRIu64 " %u %u %u", name, side->instructions, side->code.count, side->data.count,
            side->written.count);
}

static void record_end(void)
{
    unsigned written = 0, shared = 0;

    recording = false;
    for (unsigned c = 0; c < CORES_MAX; c++) {
        if (!cores[c] || cores[c]->side[0].instructions + cores[c]->side[1].instructions == 0)
            continue;
        fprintf(file, "record %" PRIu64 " core %u:", record_number - 1, c);
        print_side("kernel", &cores[c]->side[1]);
        fprintf(file, " serialising %" PRIu64 " atomic %" PRIu64 ";", cores[c]->serialising,
                cores[c]->atomic);
        print_side("user", &cores[c]->side[0]);
        fputc('\n', file);
        written += common_lines(c, true);
        shared += common_lines(c, false);
    }
    fprintf(file, "record %" PRIu64 " common %u %u together %" PRIu64 "\n", record_number - 1, written,
            shared, turns_together());
    fflush(file);
}

/* ---- What QEMU calls */

static bool is_kernel(uint64_t address)
{
    return address >> 63 != 0;
}

static void executed(unsigned vcpu, void *data)
{
    const struct instruction *instruction = data;
    bool kernel = is_kernel(instruction->address);

    turn_count(vcpu, 1);
    if (instruction->kind == KIND_BEGIN && !kernel)
        record_begin();
    else if (instruction->kind == KIND_END && recording && !kernel)
        record_end();
    else if (recording) {
        struct core *core = core_of(vcpu);
        core->side[kernel].instructions++;
        core->serialising += kernel && instruction->kind == KIND_SERIALISING;
        core->atomic += kernel && instruction->kind == KIND_ATOMIC;
        set_add_range(&core->side[kernel].code, instruction->address, instruction->size);
        if ((int64_t)record_number - 1 == traced)
            fprintf(file, "at %u %" PRIx64 "\n", vcpu, instruction->address);
    }
}

static void accessed(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    const struct instruction *instruction = data;

    if (!recording)
        return;
    struct side *side = &core_of(vcpu)->side[is_kernel(instruction->address)];
    set_add_range(&side->data, address, 1u << qemu_plugin_mem_size_shift(info));
    if (qemu_plugin_mem_is_store(info))
        set_add_range(&side->written, address, 1u << qemu_plugin_mem_size_shift(info));
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        struct instruction *known = malloc(sizeof *known);
        if (!known)
            abort();
        known->address = qemu_plugin_insn_vaddr(insn);
        known->size = (unsigned)qemu_plugin_insn_size(insn);
        known->kind = kind_of(qemu_plugin_insn_data(insn), known->size);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, QEMU_PLUGIN_CB_NO_REGS, known);
        qemu_plugin_register_vcpu_mem_cb(insn, accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, known);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    kind_of = kind_of_target(info->target_name, kind_x86_64, kind_aarch64, kind_riscv64);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "to=", 3) == 0 && !file)
            file = fopen(argv[i] + 3, "w");
        else if (strncmp(argv[i], "trace=", 6) == 0)
            traced = strtoll(argv[i] + 6, NULL, 10);
        else if (!turn_argument(argv[i]))
            return 1;
    }
    if (!file || !kind_of) {
        fprintf(stderr, "lines: to=FILE is missing or cannot be written, or %s is not known\n",
                info->target_name);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
