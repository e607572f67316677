/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake machine's translation cache and its walker: the hardware's side. Whose the tags are is the port's
 * business (space.c). Each core has its own, and all of this is about the caller's core.
 */
#ifndef HOST_TLB_H
#define HOST_TLB_H

#include "host.h"

/* A translation, whole: a frame's entry, and what it maps. */
struct translation {
    arch_pte_t entry;
    unsigned level;
};

/* Fewer than there are spaces in many a test, so that tags change hands. */
#define TLB_TAGS 4u

/* Forget everything under a tag. */
void tlb_forget_tag(uint32_t tag);
/* Forget what translates this address under the tag: frames' entries only, no steps of the walk. */
void tlb_forget_page(uint32_t tag, word_t address);

/* What user code gets, with `root` loaded under `tag`: out of the cache, or by a walk, which fills it. False if nothing is there. */
bool tlb_translate(const arch_pte_t *root, uint32_t tag, word_t address, struct translation *out);

/* As a processor that looks ahead may do: cache all that these tables have for user code, empty tables included. */
void tlb_fill(const arch_pte_t *root, uint32_t tag);

/* False if something is cached under the tag that these tables do not have: of *address. */
bool tlb_agrees(const arch_pte_t *root, uint32_t tag, word_t *address);

/* Translations under the tag. */
unsigned tlb_count(uint32_t tag);

#endif
