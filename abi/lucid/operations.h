/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels of the operations on kernel objects, made from operations.def: OP_<OBJECT>_<OPERATION>. */
#ifndef LUCID_OPERATIONS_H
#define LUCID_OPERATIONS_H

#include <lucid/objects.h>

#define OPERATION_LABEL(type, number) ((type) << 8 | (number))

enum operation {
#define OPERATION(object, number, name, arguments, results, sentence, errors)                                \
    OP_##object##_##name = OPERATION_LABEL(OBJECT_##object, number),
#include <lucid/operations.def>
#undef OPERATION
};

#endif
