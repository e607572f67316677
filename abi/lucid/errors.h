/* SPDX-License-Identifier: BSD-2-Clause */
/* The error codes of every system call and kernel operation, made from errors.def. */
#ifndef LUCID_ERRORS_H
#define LUCID_ERRORS_H

typedef enum error {
#define ERROR(number, name, sentence, remedy) name = number,
#include <lucid/errors.def>
#undef ERROR
    ERROR_COUNT
} error_t;

#endif
