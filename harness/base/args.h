/* The command line, read by the option table of a command: --name value, --name=value,
 * flags, one letter flags, "--" before operands.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_ARGS_H
#define MP_BASE_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/option.h"

struct mp_args {
    const char *command; /* whose options they are, for messages; the caller's to set */
    struct mp_option_values values; /* if an option is given twice, the last value wins */
    struct mp_args_given {
        const struct mp_option *row;
        const char *text;
    } * given; /* every option in the order given; texts are borrowed from argv */
    size_t given_count;
    const char **operand; /* borrowed from argv */
    size_t operand_count;
    size_t operands_before; /* how many of them stand before "--", if there is one; else
                               all */
};

/* Reads `argv` (NULL-ended, without program and command). MP_USAGE or MP_NOT_FOUND with
 * the nearest name. Release with mp_args_release in any case. */
enum mp_status mp_args_parse(const struct mp_option *rows, char *const *argv,
                             struct mp_args *ret_args, struct mp_error *err);
void mp_args_release(struct mp_args *args);

/* `name` need not be in the table; an unknown one counts as not given. */
bool mp_args_is_set(const struct mp_args *args, const char *name);
/* True if the flag is given and not "=off". */
bool mp_args_flag(const struct mp_args *args, const char *name);
/* The last value given, or NULL. */
const char *mp_args_text(const struct mp_args *args, const char *name);
/* The number given last, or `otherwise`; of an option that not every command has. */
int64_t mp_args_integer(const struct mp_args *args, const char *name, int64_t otherwise);
/* All values given for `name`, up to `max`; returns how many there were. */
size_t mp_args_texts(const struct mp_args *args, const char *name, const char **ret_texts,
                     size_t max);

#endif
