/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flattened device trees (Devicetree Specification 0.4, chapter 5: header, list of reserved memory, structure
 * block, strings block; chapter 2 and 3: properties and nodes).
 *
 * Nothing in a tree is trusted: every offset is checked against the block that it points into before it is
 * used, and a walk ends where the tree makes no sense. Every token that is read moves a walk forward, so a
 * walk ends after as many steps as the tree has words. A tree that is damaged in the middle is one that ends
 * there; who needs what stood behind says that it is missing.
 *
 * Numbers are big-endian, and 64-bit ones aligned to 4 bytes only. A node is named by the offset of its
 * properties.
 */
#include "device_tree.h"
#include "boot_regions.h"

#define MAGIC          0xd00dfeedu
#define VERSION_OLDEST 16u /* the one that all later ones are compatible with */
#define HEADER_SIZE    40u

/* Fields of the header, by offset. */
#define HEADER_MAGIC          0u
#define HEADER_TOTAL_SIZE     4u
#define HEADER_STRUCTURE      8u
#define HEADER_STRINGS        12u
#define HEADER_RESERVATIONS   16u
#define HEADER_VERSION        20u
#define HEADER_COMPATIBLE     24u
#define HEADER_STRINGS_SIZE   32u
#define HEADER_STRUCTURE_SIZE 36u

#define TOKEN_BEGIN    1u
#define TOKEN_END      2u
#define TOKEN_PROPERTY 3u
#define TOKEN_NOP      4u

#define RESERVATIONS_MAX 64u
#define NAME_MAX         64u

/* What "reg" is made of if the parent does not say. */
#define ADDRESS_CELLS_DEFAULT 2u
#define SIZE_CELLS_DEFAULT    1u
#define CELLS_MAX             2u /* a number of 64 bits */

static uint32_t big32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static uint64_t big(const uint8_t *data, unsigned cells)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < cells; i++)
        value = value << 32 | big32(data + 4 * i);
    return value;
}

static bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* ---- The blob ------------------------------------------------------------------------------------------- */

uint32_t device_tree_size(const void *header)
{
    const uint8_t *data = header;
    return big32(data + HEADER_MAGIC) == MAGIC ? big32(data + HEADER_TOTAL_SIZE) : 0;
}

const char *device_tree_open(struct device_tree *tree, const void *blob, size_t room)
{
    const uint8_t *header = blob;
    if (room < HEADER_SIZE || big32(header + HEADER_MAGIC) != MAGIC)
        return "is not there";
    uint32_t size = big32(header + HEADER_TOTAL_SIZE);
    if (size < HEADER_SIZE || size > room)
        return "is cut off, or too large";
    if (big32(header + HEADER_COMPATIBLE) > VERSION_OLDEST + 1 ||
        big32(header + HEADER_VERSION) < VERSION_OLDEST + 1)
        return "is of an unknown version";
    uint32_t structure = big32(header + HEADER_STRUCTURE), strings = big32(header + HEADER_STRINGS);
    uint32_t structure_size = big32(header + HEADER_STRUCTURE_SIZE),
             strings_size = big32(header + HEADER_STRINGS_SIZE);
    if (structure % 4 || structure > size || structure_size > size - structure || strings > size ||
        strings_size > size - strings)
        return "is damaged: its parts lie outside of it";
    *tree = (struct device_tree){ .blob = blob,
                                  .size = size,
                                  .structure = structure,
                                  .structure_end = structure + (structure_size & ~3u),
                                  .strings = strings,
                                  .strings_end = strings + strings_size,
                                  .reservations = big32(header + HEADER_RESERVATIONS) };
    return NULL;
}

/* The text at an offset, if it ends before `end`. */
static const char *text_at(const struct device_tree *tree, uint32_t offset, uint32_t end)
{
    for (uint32_t i = offset; i < end; i++)
        if (tree->blob[i] == '\0')
            return (const char *)tree->blob + offset;
    return NULL;
}

static uint32_t text_size(const char *text)
{
    uint32_t size = 1;
    while (text[size - 1])
        size++;
    return size;
}

/* ---- Tokens --------------------------------------------------------------------------------------------- */

struct token {
    uint32_t kind;
    const char *name; /* of a node or property */
    struct device_tree_property property;
};

static bool token_property(const struct device_tree *tree, uint32_t *at, struct token *token)
{
    if (tree->structure_end - *at < 8)
        return false;
    uint32_t size = big32(tree->blob + *at), name = big32(tree->blob + *at + 4);
    *at += 8;
    if (size > tree->structure_end - *at || name >= tree->strings_end - tree->strings)
        return false;
    token->property = (struct device_tree_property){ tree->blob + *at, size };
    token->name = text_at(tree, tree->strings + name, tree->strings_end);
    *at += (size + 3) & ~3u; /* not beyond the end: that is a multiple of 4, and so is what was left */
    return token->name != NULL;
}

/* The token at `at`, which moves behind it. False at the end of the tree, and where it makes no sense. */
static bool token_next(const struct device_tree *tree, uint32_t *at, struct token *token)
{
    do {
        if (tree->structure_end - *at < 4)
            return false;
        token->kind = big32(tree->blob + *at);
        *at += 4;
    } while (token->kind == TOKEN_NOP);
    if (token->kind == TOKEN_PROPERTY)
        return token_property(tree, at, token);
    if (token->kind != TOKEN_BEGIN)
        return token->kind == TOKEN_END;
    token->name = text_at(tree, *at, tree->structure_end);
    if (!token->name)
        return false;
    uint32_t end = *at + text_size(token->name);
    *at = (end + 3) & ~3u; /* the block's end is a multiple of 4 */
    return true;
}

/* ---- Nodes ---------------------------------------------------------------------------------------------- */

void device_tree_walk(struct device_tree_walk *walk, const struct device_tree *tree)
{
    *walk = (struct device_tree_walk){ .tree = tree, .at = tree->structure };
}

static uint8_t cells(const struct device_tree *tree, const struct device_tree_node *node, const char *name,
                     uint32_t otherwise)
{
    uint32_t count = device_tree_number(tree, node, name, 0, otherwise);
    return count < UINT8_MAX ? (uint8_t)count : UINT8_MAX;
}

bool device_tree_next(struct device_tree_walk *walk, struct device_tree_node *node)
{
    struct token token;
    while (token_next(walk->tree, &walk->at, &token)) {
        if (token.kind == TOKEN_END) {
            if (walk->depth == 0)
                return false;
            walk->depth--;
        }
        if (token.kind != TOKEN_BEGIN)
            continue;
        if (walk->depth == DEVICE_TREE_DEPTH_MAX)
            return false;
        unsigned depth = walk->depth++;
        *node = (struct device_tree_node){ .name = token.name,
                                           .depth = depth,
                                           .properties = walk->at,
                                           .address_cells =
                                               depth ? walk->cells[depth - 1].address : ADDRESS_CELLS_DEFAULT,
                                           .size_cells =
                                               depth ? walk->cells[depth - 1].size : SIZE_CELLS_DEFAULT };
        walk->cells[depth].address = cells(walk->tree, node, "#address-cells", ADDRESS_CELLS_DEFAULT);
        walk->cells[depth].size = cells(walk->tree, node, "#size-cells", SIZE_CELLS_DEFAULT);
        return true;
    }
    return false;
}

bool device_tree_find(const struct device_tree *tree, const char *compatible, struct device_tree_node *node)
{
    struct device_tree_walk walk;
    device_tree_walk(&walk, tree);
    while (device_tree_next(&walk, node))
        if (device_tree_is_compatible(tree, node, compatible) && device_tree_is_enabled(tree, node))
            return true;
    return false;
}

/* True if the first part of the path is this name; `rest` is what follows. */
static bool path_begins(const char *path, const char *name, const char **rest)
{
    while (*name && *path == *name) {
        path++;
        name++;
    }
    *rest = path;
    return !*name && (*path == '/' || *path == ':' || *path == '\0');
}

bool device_tree_find_path(const struct device_tree *tree, const char *path, struct device_tree_node *node)
{
    struct device_tree_walk walk;
    unsigned depth = 0; /* of the node that has been found */
    device_tree_walk(&walk, tree);
    if (*path != '/' || !device_tree_next(&walk, node))
        return false;
    while (*path == '/' && path[1] != '\0') {
        const char *rest;
        do {
            if (!device_tree_next(&walk, node) || node->depth <= depth)
                return false;
        } while (node->depth != depth + 1 || !path_begins(path + 1, node->name, &rest));
        depth++;
        path = rest;
    }
    return true;
}

/* ---- Properties ----------------------------------------------------------------------------------------- */

bool device_tree_property(const struct device_tree *tree, const struct device_tree_node *node,
                          const char *name, struct device_tree_property *property)
{
    struct token token;
    uint32_t at = node->properties;
    while (token_next(tree, &at, &token) && token.kind == TOKEN_PROPERTY)
        if (text_equal(token.name, name)) {
            *property = token.property;
            return true;
        }
    return false;
}

bool device_tree_is_compatible(const struct device_tree *tree, const struct device_tree_node *node,
                               const char *compatible)
{
    struct device_tree_property list;
    if (!device_tree_property(tree, node, "compatible", &list))
        return false;
    uint32_t at = (uint32_t)(list.data - tree->blob), end = at + list.size;
    while (at < end) {
        const char *text = text_at(tree, at, end);
        if (!text)
            return false;
        if (text_equal(text, compatible))
            return true;
        at += text_size(text);
    }
    return false;
}

bool device_tree_is_enabled(const struct device_tree *tree, const struct device_tree_node *node)
{
    const char *status = device_tree_text(tree, node, "status");
    return !status || text_equal(status, "okay") || text_equal(status, "ok");
}

uint32_t device_tree_number(const struct device_tree *tree, const struct device_tree_node *node,
                            const char *name, unsigned index, uint32_t otherwise)
{
    struct device_tree_property property;
    if (!device_tree_property(tree, node, name, &property) || index >= property.size / 4)
        return otherwise;
    return big32(property.data + 4 * index);
}

const char *device_tree_text(const struct device_tree *tree, const struct device_tree_node *node,
                             const char *name)
{
    struct device_tree_property property;
    if (!device_tree_property(tree, node, name, &property))
        return NULL;
    uint32_t at = (uint32_t)(property.data - tree->blob);
    return text_at(tree, at, at + property.size);
}

bool device_tree_text_is(const struct device_tree *tree, const struct device_tree_node *node,
                         const char *name, const char *text)
{
    const char *value = device_tree_text(tree, node, name);
    return value && text_equal(value, text);
}

bool device_tree_reg(const struct device_tree *tree, const struct device_tree_node *node, unsigned index,
                     struct boot_region *region)
{
    struct device_tree_property reg;
    unsigned entry = 4u * (node->address_cells + node->size_cells);
    if (node->address_cells == 0 || node->address_cells > CELLS_MAX || node->size_cells > CELLS_MAX ||
        !device_tree_property(tree, node, "reg", &reg) || index >= reg.size / entry)
        return false;
    const uint8_t *data = reg.data + index * entry;
    uint64_t start = big(data, node->address_cells),
             size = big(data + 4 * node->address_cells, node->size_cells);
    *region = (struct boot_region){ start, size > ~start ? ~(paddr_t)0 : start + size };
    return true;
}

/* ---- What ports want to know ---------------------------------------------------------------------------- */

static bool is_memory(const struct device_tree *tree, const struct device_tree_node *node)
{
    return node->depth == 1 && device_tree_text_is(tree, node, "device_type", "memory") &&
           device_tree_is_enabled(tree, node);
}

/* The list in front: pairs of address and size, ended by a pair of zeroes. */
static void remove_reservations(const struct device_tree *tree, struct boot_machine *machine)
{
    uint32_t at = tree->reservations;
    for (unsigned i = 0; i < RESERVATIONS_MAX && at <= tree->size && tree->size - at >= 16; i++, at += 16) {
        uint64_t start = big(tree->blob + at, 2), size = big(tree->blob + at + 8, 2);
        if (size == 0)
            return;
        boot_regions_remove(machine, start, size > ~start ? ~(paddr_t)0 : start + size);
    }
}

static void remove_reserved_nodes(const struct device_tree *tree, struct boot_machine *machine)
{
    struct device_tree_walk walk;
    struct device_tree_node node;
    struct boot_region region;
    bool inside = false; /* in /reserved-memory */
    device_tree_walk(&walk, tree);
    while (device_tree_next(&walk, &node)) {
        if (node.depth <= 1)
            inside = text_equal(node.name, "reserved-memory");
        else if (inside && node.depth == 2 && device_tree_is_enabled(tree, &node))
            for (unsigned i = 0; device_tree_reg(tree, &node, i, &region); i++)
                boot_regions_remove(machine, region.start, region.end);
    }
}

void device_tree_memory(const struct device_tree *tree, struct boot_machine *machine)
{
    struct device_tree_walk walk;
    struct device_tree_node node;
    struct boot_region region;
    device_tree_walk(&walk, tree);
    while (device_tree_next(&walk, &node))
        for (unsigned i = 0; is_memory(tree, &node) && device_tree_reg(tree, &node, i, &region); i++)
            boot_regions_add(machine, region.start, region.end);
    remove_reservations(tree, machine);
    remove_reserved_nodes(tree, machine);
}

bool device_tree_is_core(const struct device_tree *tree, const struct device_tree_node *node)
{
    return node->depth == 2 && device_tree_text_is(tree, node, "device_type", "cpu") &&
           device_tree_is_enabled(tree, node);
}

unsigned device_tree_cores(const struct device_tree *tree)
{
    struct device_tree_walk walk;
    struct device_tree_node node;
    unsigned cores = 0;
    device_tree_walk(&walk, tree);
    while (device_tree_next(&walk, &node))
        cores += device_tree_is_core(tree, &node);
    return cores;
}

bool device_tree_argument(const struct device_tree *tree, const char *word)
{
    struct device_tree_node chosen;
    const char *text = NULL;
    if (device_tree_find_path(tree, "/chosen", &chosen))
        text = device_tree_text(tree, &chosen, "bootargs");
    while (text && *text) {
        const char *at = word;
        for (; *at && *text == *at; text++)
            at++;
        if (!*at && (*text == ' ' || *text == '\0'))
            return true;
        while (*text && *text != ' ')
            text++;
        while (*text == ' ')
            text++;
    }
    return false;
}

/* ---- The serial line ------------------------------------------------------------------------------------ */

static const struct {
    const char *compatible;
    uint32_t kind;
} serial_lines[] = {
    { "arm,pl011", BOOT_CONSOLE_PL011 },
    { "ns16550a", BOOT_CONSOLE_16550_MEMORY },
    { "ns16550", BOOT_CONSOLE_16550_MEMORY },
};

static struct boot_console console_of(const struct device_tree *tree, const struct device_tree_node *node)
{
    struct boot_region registers;
    for (unsigned i = 0; i < ARRAY_COUNT(serial_lines); i++) {
        if (!device_tree_is_compatible(tree, node, serial_lines[i].compatible) ||
            !device_tree_reg(tree, node, 0, &registers))
            continue;
        uint32_t shift = device_tree_number(tree, node, "reg-shift", 0, 0);
        return (struct boot_console){ .kind = serial_lines[i].kind,
                                      .stride = 1u << (shift & 7),
                                      .address = registers.start };
    }
    return (struct boot_console){ .kind = BOOT_CONSOLE_NONE };
}

/* "/soc/serial@1000:115200", or the same by way of /aliases: "serial0". */
static bool chosen_console(const struct device_tree *tree, struct device_tree_node *node)
{
    if (!device_tree_find_path(tree, "/chosen", node))
        return false;
    const char *path = device_tree_text(tree, node, "stdout-path");
    if (!path || *path == '/')
        return path && device_tree_find_path(tree, path, node);
    char alias[NAME_MAX];
    unsigned length = 0;
    for (; length < NAME_MAX - 1 && path[length] && path[length] != ':'; length++)
        alias[length] = path[length];
    alias[length] = '\0';
    if (!device_tree_find_path(tree, "/aliases", node))
        return false;
    path = device_tree_text(tree, node, alias);
    return path && device_tree_find_path(tree, path, node);
}

struct boot_console device_tree_console(const struct device_tree *tree)
{
    struct device_tree_node node;
    struct boot_console console = { .kind = BOOT_CONSOLE_NONE };
    if (chosen_console(tree, &node))
        console = console_of(tree, &node);
    for (unsigned i = 0; i < ARRAY_COUNT(serial_lines) && console.kind == BOOT_CONSOLE_NONE; i++)
        if (device_tree_find(tree, serial_lines[i].compatible, &node))
            console = console_of(tree, &node);
    return console;
}
