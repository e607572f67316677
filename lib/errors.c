/* SPDX-License-Identifier: BSD-2-Clause */
/* The errors' names and sentences, from the one table. */
#include <lucid.h>

static const struct {
    const char *name;
    const char *sentence;
} errors[ERROR_COUNT] = {
#define ERROR(number, name, sentence, remedy) [number] = { #name, sentence },
#include <lucid/errors.def>
#undef ERROR
};

const char *error_name(unsigned error)
{
    return error < ERROR_COUNT && errors[error].name ? errors[error].name : "ERR_UNKNOWN";
}

const char *error_sentence(unsigned error)
{
    return error < ERROR_COUNT && errors[error].name ? errors[error].sentence
                                                     : "an error that liblucid does not know";
}
