/* SPDX-License-Identifier: BSD-2-Clause */
/* Copying, minting and moving capabilities from slot to slot. See object/cap_transfer.c. */
#ifndef KERNEL_CAP_TRANSFER_H
#define KERNEL_CAP_TRANSFER_H

#include "thread.h"

/* What a mint asks for. */
struct mint {
    word_t rights;
    word_t first; /* badge, or first number of a range */
    word_t count; /* numbers of a range */
};

/* ERR_TYPE: it cannot be copied. */
error_t cap_copy_check(const struct slot *source);
/* `*minted`: what the mint makes of it. ERR_TYPE, ERR_STATE: it has a badge already; ERR_RANGE; ERR_DEPTH. `*argument`: which of the mint's three (1..3), for
 * ERR_RANGE and ERR_STATE, else 0. */
error_t cap_mint_check(const struct slot *source, const struct mint *mint, struct cap *minted,
                       unsigned *argument);

/* Put the capability, which has been checked, into the empty `target`. */
void cap_copy(struct slot *source, struct slot *target);
void cap_mint(struct slot *source, struct slot *target, struct cap minted);
void cap_move(struct slot *source, struct slot *target);

/* By GIVE_* mode, for messages: checks, and does it if nothing is wrong. */
error_t cap_transfer(struct slot *source, struct slot *target, word_t mode, word_t rights, word_t badge);

/* The slot found at `address` is empty, and it is no slot 0: those can be addressed by 0 only. */
bool slot_can_be_filled(cap_t address, const struct slot *slot);

#endif
