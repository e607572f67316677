/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin of QEMU: how far it is from the kernel's first instruction to the first one of user code.
 *
 *     -plugin start.so,to=FILE,entry=OFFSET,code=WORD,user=ADDRESS[,count=on]
 *
 * The kernel begins where an instruction lies OFFSET bytes behind a multiple of 2 MiB, which every image is loaded at, and its first bytes are WORD; user
 * code where the one at ADDRESS is executed after that. FILE gets `start INSTRUCTIONS NANOSECONDS`: executed between the two, and what the host's monotonic
 * clock showed at the second. Then the machine ends. Without count=on no instruction is counted, and the emulator is as fast as ever.
 */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IMAGE_ALIGNMENT (UINT64_C(1) << 21)

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

static FILE *file;
static uint64_t entry, user, executed, before;
static uint16_t code;
static bool counting, begun;

static void kernel_begins(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    if (begun)
        return;
    begun = true;
    before = executed;
}

static void user_begins(unsigned vcpu, void *data)
{
    struct timespec now;

    (void)vcpu;
    (void)data;
    if (!begun)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(file, "start %" PRIu64 " %" PRIu64 "\n", executed - before,
            (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    fclose(file);
    _exit(0);
}

static bool is_entry(const struct qemu_plugin_insn *instruction)
{
    uint16_t first;

    if (qemu_plugin_insn_vaddr(instruction) % IMAGE_ALIGNMENT != entry ||
        qemu_plugin_insn_size(instruction) < sizeof first)
        return false;
    memcpy(&first, qemu_plugin_insn_data(instruction), sizeof first);
    return first == code;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (is_entry(instruction))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, kernel_begins, QEMU_PLUGIN_CB_NO_REGS, NULL);
        if (qemu_plugin_insn_vaddr(instruction) == user)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, user_begins, QEMU_PLUGIN_CB_NO_REGS, NULL);
        if (counting)
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &executed, 1);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=') + 1;
        if (strncmp(argv[i], "to=", 3) == 0 && !file)
            file = fopen(value, "w");
        else if (strncmp(argv[i], "entry=", 6) == 0)
            entry = strtoull(value, NULL, 16) % IMAGE_ALIGNMENT;
        else if (strncmp(argv[i], "code=", 5) == 0)
            code = (uint16_t)strtoul(value, NULL, 16);
        else if (strncmp(argv[i], "user=", 5) == 0)
            user = strtoull(value, NULL, 16);
        else if (strncmp(argv[i], "count=", 6) == 0)
            counting = strcmp(value, "on") == 0;
    }
    if (!file || !user) {
        fprintf(stderr, "start: to=FILE or user=ADDRESS is missing, or the file cannot be written\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
