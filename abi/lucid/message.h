/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages: the tag, the status, and the message page (UTCB).
 *
 * A message is a tag and up to 64 words, and up to four capabilities. Words 0 to 3 always travel in machine
 * registers, words 4 to 63 in the message page, at their own index (entries 0 to 3 of the page's array are not used
 * by the kernel). A thread without a message page sends and receives the register words only, and no capabilities;
 * what does not fit is left out and the status says ERR_TRUNCATED. Capabilities arrive in order; the first that cannot (no such
 * capability, no grant right, cannot be copied or minted, destination in use) ends it: the tag says how many did.
 *
 * tag      bits 0-6 word count (0..64), bits 7-9 capability count (0..4), bits 16 and up the label (of at least 16 bits)
 * status   bits 0-7 error_t, bit 8 SIGNAL, bit 9 KERNEL, bit 10 OWED, bits 16-23 number of the wrong argument
 *
 * The status is returned by every system call in a register that only the kernel can set.
 */
#ifndef LUCID_MESSAGE_H
#define LUCID_MESSAGE_H

#include <lucid/types.h>

#define MESSAGE_WORDS_MAX      64u
#define MESSAGE_REGISTER_WORDS 4u
#define MESSAGE_CAPS_MAX       4u

/* A number of 64 bits (a time, say) is one word of a message; where words have 32 bits it is two, the low one first. */
#define LONG_WORDS (8u / (unsigned)sizeof(word_t))

typedef word_t tag_t;

#define TAG_WORDS_MASK  0x7fu
#define TAG_CAPS_SHIFT  7
#define TAG_CAPS_MASK   0x7u
#define TAG_LABEL_SHIFT 16

/*@ logic integer tag_word_count(integer tag) = tag % 128;
    logic integer tag_cap_count(integer tag) = tag / 128 % 8; */

/*@ requires label < (1 << 48) && words < 128 && caps < 8;
    assigns \nothing;
    ensures tag_word_count(\result) == words && tag_cap_count(\result) == caps && \result / 65536 == label; */
static inline tag_t tag_make(word_t label, unsigned words, unsigned caps)
{
    return label << TAG_LABEL_SHIFT | (word_t)caps << TAG_CAPS_SHIFT | words;
}

/*@ assigns \nothing;
    ensures \result == tag / 65536; */
static inline word_t tag_label(tag_t tag)
{
    return tag >> TAG_LABEL_SHIFT;
}

/*@ assigns \nothing;
    ensures \result == tag_word_count(tag); */
static inline unsigned tag_words(tag_t tag)
{
    return (unsigned)(tag & TAG_WORDS_MASK);
}

/*@ assigns \nothing;
    ensures \result == tag_cap_count(tag); */
static inline unsigned tag_caps(tag_t tag)
{
    return (unsigned)(tag >> TAG_CAPS_SHIFT & TAG_CAPS_MASK);
}

typedef word_t status_t;

#define STATUS_ERROR_MASK     0xffu
#define STATUS_SIGNAL         0x100u /* not a message: the badge register holds the bits of a notification */
#define STATUS_KERNEL         0x200u /* the message comes from the kernel (a fault), not from a thread */
#define STATUS_OWED           0x400u /* the message was a call: the named Reply now owes an answer */
#define STATUS_ARGUMENT_SHIFT 16

/* The error in a status: an error_t. */
/*@ assigns \nothing;
    ensures \result == status % 256; */
static inline unsigned status_error(status_t status)
{
    return (unsigned)(status & STATUS_ERROR_MASK);
}

/* Which argument of a kernel operation was wrong, in the order of operations.def: 1 is the first (message word 0); 0 if it was none of them. */
/*@ assigns \nothing;
    ensures \result == status / 65536 % 256; */
static inline unsigned status_argument(status_t status)
{
    return (unsigned)(status >> STATUS_ARGUMENT_SHIFT & 0xffu);
}

/* How a capability travels in a message. */
#define GIVE_COPY 0u /* the receiver gets a sibling of it */
#define GIVE_MINT 1u /* the receiver gets a child with the rights and badge named; a range is given whole */
#define GIVE_MOVE 2u /* the sender loses it */

struct utcb_give {
    cap_t source; /* address in the sender's capability space */
    word_t mode;  /* GIVE_* in bits 0-7, for GIVE_MINT the rights (RIGHT_*) in bits 8-15 */
    word_t badge; /* for GIVE_MINT */
    word_t reserved;
};

/* The message page: the 1 KiB-aligned part of a Frame that a thread was configured with. */
struct utcb {
    word_t words[MESSAGE_WORDS_MAX];
    struct utcb_give give[MESSAGE_CAPS_MAX]; /* read by the kernel when this thread sends capabilities */
    cap_t take[MESSAGE_CAPS_MAX];            /* where received capabilities go: addresses of empty slots */
    word_t user[28];                         /* the kernel never touches this */
};

#define UTCB_SIZE  1024u
#define UTCB_ALIGN 1024u

#endif
