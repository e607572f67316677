/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap: one area, cut into blocks that lie end to end. Each begins with its size and that of the block
 * before, so that a freed block can join both neighbours at once: two free blocks never lie side by side.
 * Allocation takes the first that fits. The last block is an empty one in use, which ends the walk.
 */
#include <lucid.h>

#define HEAP_ALIGN 16u
#define HEAP_USED  1u /* in the lowest bit of `size` */

struct block {
    size_t size;     /* bytes with this header, a multiple of HEAP_ALIGN; | HEAP_USED */
    size_t previous; /* bytes of the block before; 0: this is the first */
};

_Static_assert(sizeof(struct block) == HEAP_ALIGN, "what follows a header is aligned");

static struct block *first;

static size_t block_size(const struct block *block)
{
    return block->size & ~(size_t)HEAP_USED;
}

static bool block_is_used(const struct block *block)
{
    return block->size & HEAP_USED;
}

static struct block *block_next(struct block *block)
{
    return (struct block *)((char *)block + block_size(block));
}

static bool block_is_end(const struct block *block)
{
    return block_size(block) == sizeof(struct block) && block_is_used(block);
}

void heap_init(void *start, size_t size)
{
    uintptr_t begin = ((uintptr_t)start + HEAP_ALIGN - 1) & ~(uintptr_t)(HEAP_ALIGN - 1);
    uintptr_t end = ((uintptr_t)start + size) & ~(uintptr_t)(HEAP_ALIGN - 1);
    first = NULL;
    if (end < begin + 4 * sizeof(struct block))
        return;
    first = (struct block *)begin;
    first->size = end - begin - sizeof(struct block);
    first->previous = 0;
    struct block *last = block_next(first);
    last->size = sizeof(struct block) | HEAP_USED;
    last->previous = first->size;
}

/* Cut what is not needed off a block, if it is enough for a block of its own. */
static void block_split(struct block *block, size_t size)
{
    size_t rest = block_size(block) - size;
    if (rest < 2 * sizeof(struct block))
        return;
    block->size = size;
    struct block *next = block_next(block);
    next->size = rest;
    next->previous = size;
    block_next(next)->previous = rest;
}

void *malloc(size_t size)
{
    if (!first || size > SIZE_MAX / 2)
        return NULL;
    size = (size + sizeof(struct block) + HEAP_ALIGN - 1) & ~(size_t)(HEAP_ALIGN - 1);
    if (size < 2 * sizeof(struct block))
        size = 2 * sizeof(struct block); /* so that none looks like the end */
    for (struct block *block = first; !block_is_end(block); block = block_next(block)) {
        if (block_is_used(block) || block_size(block) < size)
            continue;
        block_split(block, size);
        block->size |= HEAP_USED;
        return block + 1;
    }
    return NULL;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *memory = malloc(bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

/* Join a free block with the free one after it. */
static void block_join_next(struct block *block)
{
    struct block *next = block_next(block);
    if (block_is_used(next))
        return;
    block->size += next->size;
    block_next(block)->previous = block->size;
}

void free(void *memory)
{
    if (!memory)
        return;
    struct block *block = (struct block *)memory - 1;
    assert(block_is_used(block) && block_next(block)->previous == block_size(block));
    block->size &= ~(size_t)HEAP_USED;
    block_join_next(block);
    if (block->previous) {
        struct block *before = (struct block *)((char *)block - block->previous);
        if (!block_is_used(before))
            block_join_next(before);
    }
}
