/* SPDX-License-Identifier: BSD-2-Clause */
/* See bridge.h. OCaml's names for C are in its manual, chapter "Interfacing C with OCaml". */
#define _GNU_SOURCE
#include "bridge.h"
#include <caml/alloc.h>
#include <caml/callback.h>
#include <caml/memory.h>
#include <caml/mlvalues.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void bridge_start(void)
{
    static bool started;
    static char name[] = "model", *arguments[] = { name, NULL };

    if (!started)
        caml_startup(arguments);
    started = true;
}

static value text_of(const struct numbers *numbers)
{
    return caml_alloc_initialized_string(numbers->count * sizeof(*numbers->data),
                                         (const char *)numbers->data);
}

/* The copy stays: the test ends with it. */
static const char *verdict(value text)
{
    return caml_string_length(text) > 0 ? strdup(String_val(text)) : NULL;
}

const char *bridge_step(int entry, int64_t a, int64_t b, const struct numbers *before,
                        const struct numbers *after)
{
    CAMLparam0();
    CAMLlocalN(arguments, 5);

    arguments[0] = Val_int(entry);
    arguments[1] = caml_copy_int64(a);
    arguments[2] = caml_copy_int64(b);
    arguments[3] = text_of(before);
    arguments[4] = text_of(after);
    const char *wrong = verdict(caml_callbackN(*caml_named_value("beside_step"), 5, arguments));
    CAMLreturnT(const char *, wrong);
}

const char *bridge_access(int64_t address, int64_t access, const struct numbers *before, int64_t physical)
{
    CAMLparam0();
    CAMLlocalN(arguments, 4);

    arguments[0] = caml_copy_int64(address);
    arguments[1] = caml_copy_int64(access);
    arguments[2] = text_of(before);
    arguments[3] = Val_long(physical);
    const char *wrong = verdict(caml_callbackN(*caml_named_value("beside_access"), 4, arguments));
    CAMLreturnT(const char *, wrong);
}
