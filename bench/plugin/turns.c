/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin of QEMU: every core gets its turn (see turns.h).
 *
 *     -plugin turns.so,turn=LENGTH
 */
#include "turns.h"

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

static void executed(unsigned vcpu, void *instructions)
{
    turn_count(vcpu, (uintptr_t)instructions);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, QEMU_PLUGIN_CB_NO_REGS,
                                         (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!turn_argument(argv[i]))
            return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
