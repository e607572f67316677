/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader for flattened device trees, for ports whose firmware hands one over: what memory there is, where
 * the interrupt controller and the serial line are. See device_tree.c.
 */
#ifndef KERNEL_DEVICE_TREE_H
#define KERNEL_DEVICE_TREE_H

#include "arch.h"

struct device_tree {
    const uint8_t *blob;
    uint32_t size;
    uint32_t structure, structure_end; /* offsets in the blob */
    uint32_t strings, strings_end;
    uint32_t reservations; /* offset of the list of reserved memory */
};

/* A node: valid as long as the tree is. */
struct device_tree_node {
    const char *name;      /* "memory@40000000"; of the root: "" */
    unsigned depth;        /* of the root: 0 */
    uint32_t properties;   /* offset */
    uint8_t address_cells; /* of its parent: how the numbers in its "reg" are made up */
    uint8_t size_cells;
};

struct device_tree_property {
    const uint8_t *data;
    uint32_t size; /* bytes */
};

/* A walk over all nodes, parents before children. */
#define DEVICE_TREE_DEPTH_MAX 16u
struct device_tree_walk {
    const struct device_tree *tree;
    uint32_t at; /* offset of the next token */
    unsigned depth;
    struct {
        uint8_t address, size;
    } cells[DEVICE_TREE_DEPTH_MAX]; /* #address-cells, #size-cells of the nodes on the way */
};

/* The size that a tree says it has, which may be all that can be read of it so far; 0: this is no tree. */
COLD uint32_t device_tree_size(const void *header);

/* Check the header, and use it from now on. `room` bytes can be read. NULL, or what is wrong with it. */
COLD const char *device_tree_open(struct device_tree *tree, const void *blob, size_t room);

COLD void device_tree_walk(struct device_tree_walk *walk, const struct device_tree *tree);
/* False at the end, and where the tree is damaged. */
COLD bool device_tree_next(struct device_tree_walk *walk, struct device_tree_node *node);

/* The first node that is compatible with what is named, and enabled. */
COLD bool device_tree_find(const struct device_tree *tree, const char *compatible,
                           struct device_tree_node *node);
/* A node by its path, "/soc/serial@10000000"; options behind a colon are left out. Unit addresses must be there. */
COLD bool device_tree_find_path(const struct device_tree *tree, const char *path,
                                struct device_tree_node *node);

COLD bool device_tree_property(const struct device_tree *tree, const struct device_tree_node *node,
                               const char *name, struct device_tree_property *property);
COLD bool device_tree_is_compatible(const struct device_tree *tree, const struct device_tree_node *node,
                                    const char *compatible);
/* Its "status" is not "disabled". */
COLD bool device_tree_is_enabled(const struct device_tree *tree, const struct device_tree_node *node);

/* The 32-bit number at an index of a property; `otherwise` if there is none. */
COLD uint32_t device_tree_number(const struct device_tree *tree, const struct device_tree_node *node,
                                 const char *name, unsigned index, uint32_t otherwise);
/* A property that is one text; NULL if it is not there, or not one. */
COLD const char *device_tree_text(const struct device_tree *tree, const struct device_tree_node *node,
                                  const char *name);
/* A property is this text. */
COLD bool device_tree_text_is(const struct device_tree *tree, const struct device_tree_node *node,
                              const char *name, const char *text);
/* The range at an index of "reg". Buses that translate addresses are not followed. */
COLD bool device_tree_reg(const struct device_tree *tree, const struct device_tree_node *node, unsigned index,
                          struct boot_region *region);

/* Memory of the machine: what the tree says there is, without what it says is reserved. */
COLD void device_tree_memory(const struct device_tree *tree, struct boot_machine *machine);

/* The serial line that /chosen names, or else any that is known; kind BOOT_CONSOLE_NONE if there is none. */
COLD struct boot_console device_tree_console(const struct device_tree *tree);

/* A word of the boot arguments (/chosen bootargs), which spaces separate. */
COLD bool device_tree_argument(const struct device_tree *tree, const char *word);

/* A processor core that is enabled; the number in its "reg" is what the machine calls it. */
COLD bool device_tree_is_core(const struct device_tree *tree, const struct device_tree_node *node);
/* How many there are. */
COLD unsigned device_tree_cores(const struct device_tree *tree);

#endif
