/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin of QEMU: how long the kernel runs without looking for interrupts. A stretch is what it executes from its entry, or from a preemption point,
 * to the instruction that leaves it, to one that waits for an interrupt, or to the next preemption point.
 *
 *     -plugin latency.so,to=FILE,functions=FILE,point=ADDRESS
 *
 * `functions` holds the addresses where the kernel's functions begin, in hexadecimal, one a line, in order; `point` is the function that preemption
 * points call. FILE gets
 *
 *     record COUNT FUNCTIONS     the longest stretch between two marks (tests/target/arch/NAME/marks.h), at the second
 *     stretch COUNT FUNCTIONS    at the end: the TOP longest of all. Of those in which the same function took most, only the longest
 *
 * FUNCTIONS is a list of ADDRESS:TIMES:INSTRUCTIONS in the order in which they were entered first: how often at their beginning, and how much was
 * executed in them. Instructions are counted when QEMU begins a block of them, string instructions once a round. What happens before the kernel is left
 * for the first time is its start, and does not count. One thread emulates all cores (-icount), so nothing here is locked.
 */
#include "marks.h"
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORES_MAX     64u
#define FUNCTIONS_MAX 4096u
#define TOP           10u

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

/* ---- Functions, by number */

static uint64_t starts[FUNCTIONS_MAX];
static unsigned functions;
static uint64_t point;

static bool read_functions(const char *path)
{
    FILE *list = fopen(path, "r");

    while (list && functions < FUNCTIONS_MAX && fscanf(list, "%" SCNx64, &starts[functions]) == 1)
        functions++;
    if (list)
        fclose(list);
    return functions > 0 && functions < FUNCTIONS_MAX;
}

/* The last one that begins at the address or before it; 0 if none does. */
static unsigned function_at(uint64_t address)
{
    unsigned low = 0, high = functions;

    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (starts[middle] <= address)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- Stretches */

struct part {
    unsigned function, times, instructions;
};

/* Parts in the order in which they were entered. `place`: where a function's part is, plus one; only while a stretch lasts. */
struct stretch {
    uint64_t instructions;
    unsigned parts;
    struct part part[FUNCTIONS_MAX];
};

struct core {
    struct stretch now;
    unsigned place[FUNCTIONS_MAX];
    bool started; /* it has left the kernel once */
};

static struct core *cores[CORES_MAX];
static struct stretch marked, top[TOP];
static bool marking;
static FILE *file;

static void stretch_copy(struct stretch *to, const struct stretch *from)
{
    to->instructions = from->instructions;
    to->parts = from->parts;
    memcpy(to->part, from->part, from->parts * sizeof from->part[0]);
}

/* The function that most of it was executed in. */
static unsigned stretch_main(const struct stretch *stretch)
{
    unsigned best = 0;

    for (unsigned i = 1; i < stretch->parts; i++)
        if (stretch->part[i].instructions > stretch->part[best].instructions)
            best = i;
    return stretch->part[best].function;
}

static void stretch_print(const char *what, const struct stretch *stretch)
{
    fprintf(file, "%s %" PRIu64, what, stretch->instructions);
    for (unsigned i = 0; i < stretch->parts; i++)
        fprintf(file, " %" PRIx64 ":%u:%u", starts[stretch->part[i].function], stretch->part[i].times,
                stretch->part[i].instructions);
    fputc('\n', file);
    fflush(file);
}

/* In the place of a shorter one with the same main function, or of the shortest. The longest is first. */
static void top_add(const struct stretch *stretch)
{
    unsigned i = 0, main = stretch_main(stretch);

    while (i < TOP - 1 && top[i].parts && stretch_main(&top[i]) != main)
        i++;
    if (top[i].instructions >= stretch->instructions)
        return;
    for (; i > 0 && top[i - 1].instructions < stretch->instructions; i--)
        stretch_copy(&top[i], &top[i - 1]);
    stretch_copy(&top[i], stretch);
}

static void stretch_end(struct core *core)
{
    struct stretch *now = &core->now;

    if (now->parts && core->started) {
        if (marking && now->instructions > marked.instructions)
            stretch_copy(&marked, now);
        if (now->instructions > top[TOP - 1].instructions)
            top_add(now);
    }
    for (unsigned i = 0; i < now->parts; i++)
        core->place[now->part[i].function] = 0;
    now->parts = 0;
    now->instructions = 0;
}

/* ---- What QEMU calls */

/* A block of the kernel's instructions. Never freed: as many as code is translated. */
struct block {
    unsigned function, instructions;
    bool begins; /* the function begins here */
    bool point;  /* it is the one that preemption points call */
    bool leaves; /* its last instruction leaves the kernel, or waits */
};

static struct core *core_of(unsigned number)
{
    if (number >= CORES_MAX ||
        !(cores[number] = cores[number] ? cores[number] : calloc(1, sizeof *cores[number]))) {
        fprintf(stderr, "latency: core %u is one too many\n", number);
        exit(1);
    }
    return cores[number];
}

static void executed(unsigned vcpu, void *data)
{
    const struct block *block = data;
    struct core *core = core_of(vcpu);
    struct stretch *now = &core->now;

    if (block->point)
        stretch_end(core);
    if (!core->place[block->function]) {
        now->part[now->parts] = (struct part){ block->function, 0, 0 };
        core->place[block->function] = ++now->parts;
    }
    struct part *part = &now->part[core->place[block->function] - 1];
    part->times += block->begins;
    part->instructions += block->instructions;
    now->instructions += block->instructions;
    if (block->leaves) {
        stretch_end(core);
        core->started = true;
    }
}

static void mark_begin(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    marking = true;
    marked.instructions = marked.parts = 0;
}

static void mark_end(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    if (marking)
        stretch_print("record", &marked);
    marking = false;
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    for (unsigned i = 0; i < TOP && top[i].parts; i++)
        stretch_print("stretch", &top[i]);
    fclose(file);
}

/* ---- Instructions, by their bytes */

enum { KIND_LEAVES = KIND_OTHER };

/* SYSRETQ, IRETQ, HLT. */
static unsigned kind_x86_64(const uint8_t *b, size_t size)
{
    bool leaves = (size == 3 && b[0] == 0x48 && b[1] == 0x0f && b[2] == 0x07) ||
                  (size == 2 && b[0] == 0x48 && b[1] == 0xcf) || (size == 1 && b[0] == 0xf4);
    return leaves ? KIND_LEAVES : mark_x86_64(b, size);
}

/* ERET, WFI. */
static unsigned kind_aarch64(const uint8_t *bytes, size_t size)
{
    uint32_t word = word_of(bytes, size);

    return word == 0xd69f03e0 || word == 0xd503207f ? KIND_LEAVES : mark_aarch64(word);
}

/* SRET, WFI. */
static unsigned kind_riscv64(const uint8_t *bytes, size_t size)
{
    uint32_t word = word_of(bytes, size);

    return word == 0x10200073 || word == 0x10500073 ? KIND_LEAVES : mark_riscv64(word);
}

static kind_function *kind_of;

static unsigned kind_of_instruction(const struct qemu_plugin_insn *instruction)
{
    return kind_of(qemu_plugin_insn_data(instruction), qemu_plugin_insn_size(instruction));
}

static void translated_user(struct qemu_plugin_tb *tb)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        unsigned kind = kind_of_instruction(instruction);
        if (kind == KIND_BEGIN || kind == KIND_END)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, kind == KIND_BEGIN ? mark_begin : mark_end,
                                                   QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t address = qemu_plugin_tb_vaddr(tb);

    (void)id;
    if (address >> 63 == 0) {
        translated_user(tb);
        return;
    }
    struct block *block = malloc(sizeof *block);
    size_t count = qemu_plugin_tb_n_insns(tb);
    if (!block)
        abort();
    *block = (struct block){ .function = function_at(address), .instructions = (unsigned)count };
    block->begins = starts[block->function] == address;
    block->point = address == point;
    block->leaves = kind_of_instruction(qemu_plugin_tb_get_insn(tb, count - 1)) == KIND_LEAVES;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_CB_NO_REGS, block);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    bool known = true;

    kind_of = kind_of_target(info->target_name, kind_x86_64, kind_aarch64, kind_riscv64);
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=') + 1;
        if (strncmp(argv[i], "to=", 3) == 0 && !file)
            file = fopen(value, "w");
        else if (strncmp(argv[i], "functions=", 10) == 0)
            known &= read_functions(value);
        else if (strncmp(argv[i], "point=", 6) == 0)
            point = strtoull(value, NULL, 16);
    }
    if (!file || !kind_of || !known || !functions || !point) {
        fprintf(
            stderr,
            "latency: to=FILE, functions=FILE or point=ADDRESS is missing or of no use, or %s is not known\n",
            info->target_name);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
