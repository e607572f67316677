/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages that say themselves what they must be like when they arrive:
 *
 *   word 0     a mark, the epoch, and a seed, from which all that follows can be made again
 *   word 1     the badge of the capability that it was sent with
 *   the rest   made of word 0 and their number
 *   label      the low bits of the seed
 *
 * Words from the fourth on go through message pages, which are ordinary memory: what is in them is compared only if sender and receiver
 * have theirs for themselves, and nobody's page was changed between (the epoch).
 *
 * Arguments of an operation: destination, reply, words, capabilities, seed, and for each capability source (20 bits), mode (3), rights (4),
 * badge (3).
 */
#include "driver.h"

#define MARK 0x5a5aull
#define NO_BADGE                                                                                             \
    1ull /* in the mark: the badge may be another, since another core may have changed the capability */
#define LABEL_MASK 0x3fu

static word_t word_of(word_t first, unsigned index)
{
    uint64_t value = ((uint32_t)first ^ index) * 0x9e3779b97f4a7c15ull;

    return (word_t)(value ^ value >> 31);
}

static bool is_marked(word_t first)
{
    return (first >> 32 & ~NO_BADGE) == MARK;
}

void message_stamp(struct call *call, uint32_t seed, const struct slot *destination)
{
    unsigned words = tag_words(call->tag), caps = tag_caps(call->tag);
    bool badged = destination && cap_type(&destination->cap) == OBJECT_ENDPOINT;

    word_t mark = MARK << 32 | (cores_overlap() ? NO_BADGE << 32 : 0);
    call->words[0] = mark | (word_t)(oracle_epoch(current()) & 0xffff) << 16 | (seed & 0xffff);
    call->words[1] = badged ? (word_t)destination->cap.data : 0;
    for (unsigned i = 2; i < MESSAGE_WORDS_MAX; i++)
        call->words[i] = word_of(call->words[0], i);
    call->tag = tag_make(seed & LABEL_MASK, words, caps);
}

/* The same call is made again, perhaps in another capability space than before: the badge may be another. */
void message_stamp_again(struct thread *thread)
{
    word_t *registers = thread->context.registers;
    word_t number = call_number(registers[REGISTER_A0]);
    error_t error;
    const struct slot *slot = resolve(thread, registers[REGISTER_A1], &error);

    if ((number == SYS_CALL || number == SYS_SEND) && is_marked(registers[REGISTER_W0]) && error == OK &&
        cap_type(&slot->cap) == OBJECT_ENDPOINT) {
        registers[REGISTER_W0] =
            (registers[REGISTER_W0] & ~(NO_BADGE << 32)) | (cores_overlap() ? NO_BADGE << 32 : 0);
        registers[REGISTER_W1] = (word_t)slot->cap.data;
    }
}

/* All arguments of giving and taking, from a message page. */
static void prepare_caps(const struct step *step)
{
    struct utcb *utcb = current()->utcb;
    struct slot own = { .cap = cap_make(OBJECT_CNODE, current()->cnode, RIGHTS_ALL,
                                        (unsigned)__builtin_ctzll(current()->cnode_mask + 1), 0) };

    for (unsigned i = 0; utcb && i < MESSAGE_CAPS_MAX; i++) {
        uint32_t argument = step->argument[5 + i];
        utcb->give[i].source = pick('.', argument & 0xfffff);
        utcb->give[i].mode = (argument >> 20 & 7) | (word_t)(argument >> 23 & 15) << 8;
        utcb->give[i].badge = argument >> 27 & 7;
        utcb->take[i] = pick_index(&own, true, (argument >> 4 & 0xff) + i);
    }
}

static char destination_letter(unsigned call)
{
    return call == SYS_RECV || call == SYS_REPLY_RECV ? 'E' : 'e';
}

void message_execute(const struct step *step)
{
    const uint32_t *argument = step->argument;
    unsigned which = step->which & SYS_NUMBER_MASK;
    struct call call = { .operation = which | (step->flags & POLL ? SYS_POLL : 0) };
    error_t error;

    /* A notification, or a Reply to answer through, instead of an endpoint. */
    char letter = step->which & MESSAGE_TO_NOTIFICATION ? 'N'
                  : step->which & MESSAGE_TO_REPLY      ? 'O'
                                                        : destination_letter(which);
    call.cap = pick(letter, argument[0]);
    call.reply = pick(which == SYS_REPLY_RECV ? 'O' : 'R', argument[1]);
    call.tag = tag_make(0, argument[2] % 66, argument[3] % 6);
    message_stamp(&call, argument[4], resolve(current(), call.cap, &error));
    if (which == SYS_REPLY_RECV)
        call.words[1] = 0;                 /* what goes out is the answer */
    if (step->which & MESSAGE_PLAIN_LABEL) /* answers to faults: resume, or stop */
        call.tag = tag_make(argument[4] % 4 == 3, tag_words(call.tag), 0);
    prepare_caps(step);
    execute_call(&call, step->flags & ONCE);
}

void message_check(const struct thread *thread)
{
    const word_t *registers = thread->context.registers;
    status_t status = registers[REGISTER_A0];
    tag_t tag = registers[REGISTER_A2];
    word_t first = registers[REGISTER_W0];

    if (status & (STATUS_SIGNAL | STATUS_KERNEL) || tag_words(tag) < 4 || !is_marked(first))
        return;
    if (status_error(status) != OK && status_error(status) != ERR_TRUNCATED)
        return;
    MUST((first >> 32 & NO_BADGE) || registers[REGISTER_W1] == registers[REGISTER_A1],
         "a message sent with badge %llu arrives with badge %llu", (unsigned long long)registers[REGISTER_W1],
         (unsigned long long)registers[REGISTER_A1]);
    for (unsigned i = 2; i < MESSAGE_REGISTER_WORDS; i++)
        MUST(registers[REGISTER_W0 + i] == word_of(first, i), "word %u of a message arrives changed", i);
    bool whole = (first >> 16 & 0xffff) == (oracle_epoch(thread) & 0xffff) && oracle_epoch(thread);
    for (unsigned i = MESSAGE_REGISTER_WORDS; whole && i < tag_words(tag); i++)
        MUST(thread->utcb->words[i] == word_of(first, i), "word %u of a message of %u arrives changed", i,
             tag_words(tag));
    if (tag_words(tag) > MESSAGE_REGISTER_WORDS)
        reach->event[REACH_LONG_MESSAGE]++;
    if (tag_caps(tag) > 0)
        reach->event[REACH_TRANSFER]++;
}
