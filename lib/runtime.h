/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of liblucid share with each other, and with nobody else. */
#ifndef LUCID_RUNTIME_H
#define LUCID_RUNTIME_H

#include <lucid/component.h>

/* The component's information; NULL in the root component, which has none. */
extern const struct component_info *component_info;

/* Entries of a table of the information. */
#define INFO_TABLE(type, table) ((const type *)((const char *)component_info + component_info->table.offset))

#endif
