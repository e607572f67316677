/* SPDX-License-Identifier: BSD-2-Clause */
/* What travels in registers with a system call, on every processor: see lucid/calls.h. */
#ifndef LUCID_REGISTERS_H
#define LUCID_REGISTERS_H

#include <lucid/message.h>
#include <lucid/types.h>

/* What goes out with a system call, and what comes back in its place. */
struct message {
    tag_t tag;
    word_t badge; /* only comes back */
    word_t word[MESSAGE_REGISTER_WORDS];
};

#endif
