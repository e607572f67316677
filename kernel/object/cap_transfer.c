/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities from slot to slot.
 *
 *     copy   the same authority, a sibling: not for what must be unique (Untyped: its watermark; PageTable: its place;
 *            Reply: the right to answer once)
 *     mint   the same or fewer rights, a badge where there was none, a narrower range: a child
 *     move   the slot changes, the place in the tree does not
 */
#include "cap_transfer.h"
#include "address_space.h"
#include "derivation.h"
#include "endpoint.h"
#include "lookup.h"
#include "notification.h"
#include "reply.h"

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result ==> head_type(cap->head) != OBJECT_UNTYPED && head_type(cap->head) != OBJECT_REPLY; */
static bool can_be_copied(const struct cap *cap)
{
    unsigned type = cap_type(cap);

    return type != OBJECT_UNTYPED && type != OBJECT_PAGE_TABLE && type != OBJECT_REPLY &&
           type < OBJECT_TYPE_COUNT;
}

static void stop_dying(bool *dying)
{
    if (CONFIG_CORES == 1 ||
        SHARED_READ(*dying)) /* the object may be in use on its core: leave that its cache line */
        SHARED_WRITE(*dying, false);
}

/* Somebody has deleted the capability, was interrupted, and now it is passed on all the same: the object lives. */
static void revive(const struct cap *cap)
{
    if (cap_type(cap) == OBJECT_ENDPOINT)
        stop_dying(&((struct endpoint *)cap_pointer(cap))->dying);
    else if (cap_type(cap) == OBJECT_NOTIFICATION)
        stop_dying(&((struct notification *)cap_pointer(cap))->dying);
}

/* What a copy of the capability is: it does not have its mapping. */
static struct cap copy_of(struct cap cap)
{
    revive(&cap);
    return cap_type(&cap) == OBJECT_FRAME ? without_mapping(cap) : cap;
}

error_t cap_copy_check(const struct slot *source)
{
    return can_be_copied(&source->cap) ? OK : ERR_TYPE;
}

void cap_copy(struct slot *source, struct slot *target)
{
    derivation_add_sibling(source, target, copy_of(source->cap));
}

/*@ predicate range_type(integer type) = OBJECT_IRQ_RANGE <= type <= OBJECT_CORE_RANGE; */

/*@ assigns \nothing;
    ensures \result <==> range_type(type); */
static bool is_range(unsigned type)
{
    return type >= OBJECT_IRQ_RANGE && type <= OBJECT_CORE_RANGE;
}

/*@ // Numbers of ranges have 32 bits: without this, narrowing could wrap around to numbers outside.
    predicate range_is_one(integer head, integer data) = range_type(head_type(head)) ==> data_end(data) <= (1 << 32);
    // The numbers of `child` are among those of its parent.
    predicate range_within(integer child, integer parent) =
        data_first(parent) <= data_first(child) && data_count(child) >= 1 && data_end(child) <= data_end(parent); */

/* Make the capability what the mint asks for: no more than it is. */
/*@ requires \valid(cap) && \valid_read(mint) && \valid(argument) && \separated(cap, mint, argument);
    requires range_is_one(cap->head, cap->data);
    assigns *cap, *argument;
    ensures range_is_one(cap->head, cap->data);
    ensures low: cap->head % 4096 == \old(cap->head) % 4096;
    ensures object: cap->head / 65536 == \old(cap->head) / 65536;
    ensures rights: \result == OK ==> rights_within(head_rights(cap->head), head_rights(\old(cap->head)));
    ensures asked: \result == OK ==> rights_within(head_rights(cap->head), \old(mint->rights));
    ensures range: \result == OK && range_type(head_type(cap->head)) ==> range_within(cap->data, \old(cap->data));
    ensures badge: \result == OK && !range_type(head_type(cap->head)) ==>
        cap->data == \old(cap->data) || \old(cap->data) == 0;
    ensures failed: \result != OK ==> cap->head == \old(cap->head) && cap->data == \old(cap->data) && 1 <= *argument <= 3; */
static error_t cap_narrow(struct cap *cap, const struct mint *mint, unsigned *argument)
{
    unsigned type = cap_type(cap);
    word_t rights = mint->rights, first = mint->first, count = mint->count;
    uint64_t data = cap->data;

    if (rights & ~(word_t)RIGHTS_ALL) {
        *argument = 1;
        return ERR_RANGE;
    }
    if ((type == OBJECT_ENDPOINT || type == OBJECT_NOTIFICATION) && first != 0) {
        if (data != 0) {
            *argument = 2;
            return ERR_STATE;
        }
        data = first;
    }
    if (is_range(type)) {
        if (!range_contains(cap, first, count)) {
            *argument = range_contains(cap, first, 1) ? 3 : 2;
            return ERR_RANGE;
        }
        data = range_data((uint32_t)first, (uint32_t)count);
    }
    cap->data = data;
    cap_set_rights(cap, cap_rights(cap) & rights);
    //@ assert type: head_type(cap->head) == type;
    //@ assert within: rights <= 15 && rights_within(head_rights(cap->head), rights);
    return OK;
}

error_t cap_mint_check(const struct slot *source, const struct mint *mint, struct cap *minted,
                       unsigned *argument)
{
    *minted = source->cap;
    *argument = 0;
    if (!can_be_copied(minted))
        return ERR_TYPE;
    if (!derivation_can_have_child(source))
        return ERR_DEPTH;
    return cap_narrow(minted, mint, argument);
}

void cap_mint(struct slot *source, struct slot *target, struct cap minted)
{
    derivation_add_child(source, target, copy_of(minted));
}

void cap_move(struct slot *source, struct slot *target)
{
    struct cap cap = source->cap;

    revive(&cap);
    if (cap_type(&cap) == OBJECT_REPLY)
        reply_moved(cap_pointer(&cap));
    derivation_move(source, target, cap);
}

static NOINLINE error_t transfer_minted(struct slot *source, struct slot *target, word_t rights, word_t badge)
{
    struct mint mint = { .rights = rights, .first = badge, .count = 0 };
    struct cap minted;
    unsigned argument;

    if (is_range(cap_type(&source->cap))) {
        mint.first = range_first(&source->cap);
        mint.count = range_count(&source->cap);
    }
    error_t error = cap_mint_check(source, &mint, &minted, &argument);
    if (error == OK)
        cap_mint(source, target, minted);
    return error;
}

error_t cap_transfer(struct slot *source, struct slot *target, word_t mode, word_t rights, word_t badge)
{
    switch (mode) {
    case GIVE_COPY:
        if (!can_be_copied(&source->cap))
            return ERR_TYPE;
        cap_copy(source, target);
        return OK;
    case GIVE_MINT:
        return transfer_minted(source, target, rights, badge);
    case GIVE_MOVE:
        cap_move(source, target);
        return OK;
    default:
        return ERR_RANGE;
    }
}

/*@ requires \valid_read(slot);
    assigns \nothing;
    ensures \result <==> address != 0 && head_type(slot->cap.head) == OBJECT_NULL; */
bool slot_can_be_filled(cap_t address, const struct slot *slot)
{
    return address != CAP_NULL && slot_is_empty(slot);
}
