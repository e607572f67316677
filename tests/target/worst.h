/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases that are meant to take the kernel longest without looking for interrupts. They run only in the system `latency`, under a plugin of QEMU
 * (bench/plugin/latency.c) that sees how long each stretch is: `./lucid bench --latency`. The longest one between two marks is the case's figure.
 */
#ifndef TARGET_WORST_H
#define TARGET_WORST_H

#include "once.h"
#include "passive.h"

#include "marks.h"

#define MANY 60u /* workers */

#define WORST_OF(name, statement)                                                                            \
    do {                                                                                                     \
        MARK_BEGIN();                                                                                        \
        statement;                                                                                           \
        MARK_END();                                                                                          \
        note("worst %s", name);                                                                              \
    } while (0)
#define WORST(statement) WORST_OF(__func__, statement)

#endif
