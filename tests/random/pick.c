/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an argument to a capability address: the n-th of those that the current thread can name and that are useful for the operation; if
 * there are none, the n-th of the type; if there are none, n. Slots in use of a CNode are counted from its end, where what was put there
 * lately stands.
 *
 * Letters: what a capability is for.
 *   e endpoint to send to   E endpoint to receive at   N notification   R free Reply   O Reply that is owed   f Frame that is not mapped
 *   F mapped Frame   P PageTable that is not mapped   Q mapped PageTable   T Thread   t blocked or stopped Thread   S SchedContext without a thread
 *   B bound SchedContext   Z any SchedContext   A AddressSpace   C CNode   U Untyped with room   V Untyped to reset   I IrqHandler   L IrqRange   X IoPortRange
 *   Y AsidRange   K CoreRange   s any that can be copied   . any                                                             */
#include "driver.h"

struct kind {
    char letter;
    uint8_t type; /* OBJECT_NULL: any */
};

static const struct kind kinds[] = {
    { 'e', OBJECT_ENDPOINT },      { 'E', OBJECT_ENDPOINT },      { 'N', OBJECT_NOTIFICATION },
    { 'R', OBJECT_REPLY },         { 'O', OBJECT_REPLY },         { 'f', OBJECT_FRAME },
    { 'F', OBJECT_FRAME },         { 'P', OBJECT_PAGE_TABLE },    { 'Q', OBJECT_PAGE_TABLE },
    { 'T', OBJECT_THREAD },        { 't', OBJECT_THREAD },        { 'S', OBJECT_SCHED_CONTEXT },
    { 'B', OBJECT_SCHED_CONTEXT }, { 'A', OBJECT_ADDRESS_SPACE }, { 'C', OBJECT_CNODE },
    { 'U', OBJECT_UNTYPED },       { 'V', OBJECT_UNTYPED },       { 'I', OBJECT_IRQ_HANDLER },
    { 'L', OBJECT_IRQ_RANGE },     { 'X', OBJECT_IO_PORT_RANGE }, { 'Y', OBJECT_ASID_RANGE },
    { 'K', OBJECT_CORE_RANGE },    { 'Z', OBJECT_SCHED_CONTEXT }, { 's', OBJECT_NULL },
    { '.', OBJECT_NULL },
};

static unsigned type_of(char letter)
{
    for (unsigned i = 0; i < ARRAY_COUNT(kinds); i++)
        if (kinds[i].letter == letter)
            return kinds[i].type;
    fails("there is no kind of capability '%c'", letter);
}

static bool is_mapped(const struct slot *slot)
{
    struct address_space *space;

    return mapping_entry(&slot->cap, &space) != NULL;
}

static bool reply_is(const struct slot *slot, char letter)
{
    const struct reply *reply = cap_pointer(&slot->cap);

    return letter == 'R' ? reply->state == REPLY_FREE
                         : reply->state == REPLY_OWED && (reply->server == current() || !reply->server);
}

static bool context_is(const struct slot *slot, char letter)
{
    const struct sched_context *sc = cap_pointer(&slot->cap);

    return letter == 'S' ? !sc->owner && !sc->thread && sc->budget : sc->owner != NULL;
}

static bool thread_is(const struct slot *slot, char letter)
{
    const struct thread *thread = cap_pointer(&slot->cap);

    return letter == 'T' ? thread != current() : thread->state != THREAD_STATE_RUNNABLE;
}

bool is_useful(char letter, const struct slot *slot)
{
    const struct endpoint *endpoint = cap_pointer(&slot->cap);

    switch (letter) {
    case 'e':
        return cap_is(&slot->cap, OBJECT_ENDPOINT, RIGHT_WRITE) && endpoint->state == ENDPOINT_RECEIVING;
    case 'E':
        return cap_is(&slot->cap, OBJECT_ENDPOINT, RIGHT_READ) && endpoint->state != ENDPOINT_RECEIVING;
    case 'R':
    case 'O':
        return reply_is(slot, letter);
    case 'f':
    case 'P':
        return !is_mapped(slot);
    case 'F':
    case 'Q':
        return is_mapped(slot);
    case 'S':
    case 'B':
        return context_is(slot, letter);
    case 'T':
    case 't':
        return thread_is(slot, letter);
    case 'U':
        return slot->cap.data < 1ull << untyped_size_bits(&slot->cap);
    case 'V':
        return slot->cap.data > 0 && !derivation_has_children(slot);
    case 's':
        return cap_type(&slot->cap) != OBJECT_UNTYPED && cap_type(&slot->cap) != OBJECT_PAGE_TABLE &&
               cap_type(&slot->cap) != OBJECT_REPLY;
    default:
        return true;
    }
}

/* ---- The places that a thread can name: its CNode's slots, and those of CNodes in them */

static unsigned add_places(struct place *places, unsigned count, struct slot *slots, word_t number, cap_t low,
                           unsigned shift)
{
    for (word_t i = 1; i < number && count < PLACES_MAX; i++)
        if (!slot_is_empty(&slots[i]))
            places[count++] = (struct place){ low | i << shift, &slots[i] };
    return count;
}

static unsigned find_places(const struct thread *thread, struct place *places)
{
    word_t number = thread->cnode_mask + 1;
    unsigned bits = (unsigned)__builtin_ctzll(number);
    unsigned count = add_places(places, 0, thread->cnode, number, 0, 0), direct = count;

    for (unsigned i = 0; i < direct; i++) {
        const struct cap *cap = &places[i].slot->cap;
        if (cap_is(cap, OBJECT_CNODE, RIGHT_WRITE) && cnode_slots(cap) != thread->cnode)
            count = add_places(places, count, cnode_slots(cap), cnode_count(cap), places[i].address, bits);
    }
    return count;
}

static bool fits(const struct slot *slot, unsigned type, char letter, unsigned mode)
{
    if (mode == PICK_ANY)
        return true;
    if (type != OBJECT_NULL && cap_type(&slot->cap) != type)
        return false;
    return mode == PICK_TYPE || is_useful(letter, slot);
}

static cap_t pick_place(const struct place *places, unsigned count, unsigned type, char letter, unsigned mode,
                        unsigned n)
{
    unsigned found = 0;

    for (unsigned i = 0; i < count; i++)
        found += fits(places[i].slot, type, letter, mode);
    if (found == 0)
        return CAP_NULL;
    n = n == PICK_LAST ? found - 1 : n % found;
    for (unsigned i = 0; i < count; i++)
        if (fits(places[i].slot, type, letter, mode) && n-- == 0)
            return places[i].address;
    return CAP_NULL;
}

static word_t wild(uint32_t n)
{
    uint64_t value = (n + 1) * 0x9e3779b97f4a7c15ull;

    return (word_t)(value ^ value >> 29) >> n % 56;
}

cap_t pick(char letter, uint32_t argument)
{
    unsigned mode = argument >> PICK_SHIFT, n = argument & 0xffff;
    struct place places[PLACES_MAX];

    if (mode == PICK_RAW)
        return n % 80;
    if (mode == PICK_WILD)
        return wild(n);
    if (mode >= PICK_NULL)
        return CAP_NULL;
    unsigned count = find_places(current(), places);
    cap_t address = CAP_NULL;
    for (; mode <= PICK_ANY && address == CAP_NULL; mode++)
        address = pick_place(places, count, type_of(letter), letter, mode, n);
    return address ? address : n % 80;
}

word_t pick_index(const struct slot *cnode, bool empty, uint32_t argument)
{
    unsigned mode = argument >> PICK_SHIFT, n = argument & 0xffff, found = 0;

    if (mode == PICK_WILD)
        return wild(n);
    if (!cnode || cap_type(&cnode->cap) != OBJECT_CNODE || mode != PICK_USEFUL)
        return n % 80;
    const struct slot *slots = cnode_slots(&cnode->cap);
    word_t count = cnode_count(&cnode->cap);
    for (word_t i = 1; i < count; i++)
        found += slot_is_empty(&slots[i]) == empty;
    if (found == 0)
        return n % 80;
    n %= found;
    if (!empty)
        n = found - 1 - n;
    for (word_t i = 1; i < count; i++)
        if (slot_is_empty(&slots[i]) == empty && n-- == 0)
            return i;
    return 0;
}

struct slot *resolve(const struct thread *thread, cap_t address, error_t *error)
{
    struct slot *slots = thread->cnode, *slot;
    word_t count = thread->cnode_mask + 1;

    for (unsigned level = 0; level < 8; level++) {
        slot = &slots[address % count];
        address /= count;
        *error = slot_is_empty(slot) ? ERR_CAPABILITY : OK;
        if (address == 0)
            return slot;
        if (*error != OK || cap_type(&slot->cap) != OBJECT_CNODE) {
            *error = ERR_CAPABILITY;
            return NULL;
        }
        if (!(cap_rights(&slot->cap) & RIGHT_WRITE)) {
            *error = ERR_RIGHT;
            return NULL;
        }
        slots = cap_pointer(&slot->cap);
        count = cnode_count(&slot->cap);
    }
    *error = ERR_DEPTH;
    return NULL;
}
