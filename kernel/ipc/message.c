/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carrying a message from one thread to another.
 *
 * Words 0 to 3 go from registers to registers, the others from message page to message page, through the kernel's own mapping of
 * both: no user address is ever used. The sender's page may be changed by others while it is read; every word is read once.
 *
 * Capabilities are looked up now, when sender and receiver meet, one after the other: each is copied, minted or moved into the slot
 * that the receiver named. One that cannot be (no such capability, no grant right, no empty slot) is left out.
 */
#include "cap_transfer.h"
#include "fault.h"
#include "ipc.h"
#include "lock.h"
#include "lookup.h"

static void copy_registers(const struct thread *from, struct thread *to)
{
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&to->context, i, arch_message_word(&from->context, i));
}

/* Words beyond the registers. Returns how many words arrive in all. */
/*@ requires words <= MESSAGE_WORDS_MAX && \valid_read(from) && \valid_read(to);
    requires from->utcb == \null || \valid_read(from->utcb);
    requires to->utcb == \null || \valid(to->utcb) && \separated(to->utcb, to, from);
    assigns to->utcb->words[MESSAGE_REGISTER_WORDS .. words - 1];
    ensures \result <= words && (\result == words || \result == MESSAGE_REGISTER_WORDS);
    ensures \result > MESSAGE_REGISTER_WORDS ==> from->utcb != \null && to->utcb != \null; */
static unsigned copy_page_words(const struct thread *from, struct thread *to, unsigned words)
{
    if (words <= MESSAGE_REGISTER_WORDS)
        return words;
    if (!from->utcb || !to->utcb)
        return MESSAGE_REGISTER_WORDS;
    const volatile word_t *source = from->utcb->words;
    word_t *target = to->utcb->words;
    /*@ loop invariant MESSAGE_REGISTER_WORDS <= i <= words;
        loop assigns i, target[MESSAGE_REGISTER_WORDS .. words - 1];
        loop variant words - i; */
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < words; i++)
        SHARED_WRITE(target[i], SHARED_READ(source[i]));
    return words;
}

static bool give_one(struct thread *from, struct thread *to, unsigned index)
{
    const volatile struct utcb_give *give = &from->utcb->give[index];
    cap_t source_address = SHARED_READ(give->source);
    word_t mode = SHARED_READ(give->mode), badge = SHARED_READ(give->badge);
    cap_t take = SHARED_READ(*(const volatile cap_t *)&to->utcb->take[index]);
    struct slot *source, *target;

    if (lookup_cap(from, source_address, &source) != OK)
        return false;
    if (lookup_slot(to, take, &target) != OK || !slot_can_be_filled(take, target))
        return false;
    /* Somebody has changed the page since the locks were taken. */
    if ((mode & 0xff) == GIVE_MOVE && !lock_has_all(core_self()))
        return false;
    return cap_transfer(source, target, mode & 0xff, mode >> 8, badge) == OK;
}

bool message_moves(const struct thread *from, tag_t tag)
{
    for (unsigned i = 0; from->utcb && i < tag_caps(tag) && i < MESSAGE_CAPS_MAX; i++)
        if (message_moves_one(from, i))
            return true;
    return false;
}

unsigned message_give(struct thread *from, struct thread *to, unsigned count)
{
    unsigned given = 0;

    assert(lock_holds(LOCK_TREE));
    while (given < count && give_one(from, to, given))
        given++;
    return given;
}

static unsigned give_all(struct thread *from, struct thread *to, unsigned count, bool grant)
{
    if (!grant || !from->utcb || !to->utcb)
        return 0;
    enum lock_level before = lock_tree(core_self());
    unsigned given = message_give(from, to, count);
    unlock_tree(core_self(), before);
    return given;
}

static tag_t transfer_fault(const struct thread *from, struct thread *to)
{
    for (unsigned i = 0; i < FAULT_WORDS; i++)
        arch_set_message_word(&to->context, i, fault_word(from, i));
    return tag_make(from->fault, FAULT_WORDS, 0);
}

tag_t message_transfer(struct thread *from, struct thread *to, tag_t tag, bool grant, bool *truncated)
{
    *truncated = false;
    if (from->fault)
        return transfer_fault(from, to);
    unsigned words = tag_words(tag), caps = tag_caps(tag);
    copy_registers(from, to);
    unsigned arrived = copy_page_words(from, to, words);
    unsigned given = caps ? give_all(from, to, caps, grant) : 0;
    *truncated = arrived != words || given != caps;
    return tag_make(tag_label(tag), arrived, given);
}
