/* Hints for common typing mistakes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_HINT_H
#define MP_CLI_HINT_H

#include <stdbool.h>

#include "harness/supervisor/cli/command.h"

/* Whether one of `words` is an unknown option of `command` that is a parameter of a
 * scenario, as in "run mm --threads 8"; `err` then says how to write it. Asks the
 * round program. */
bool mp_hint_parameter(const struct mp_command *command, char *const *words,
                       struct mp_error *err);

#endif
