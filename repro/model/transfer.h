/* Copies and fills, as executors run them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_TRANSFER_H
#define MP_MODEL_TRANSFER_H

#include <stddef.h>

struct mp_command;

/* Executes a copy or a fill. Returns 0 or the error code with its text. */
int mp_transfer_run(const struct mp_command *command, char *ret_why, size_t size);

#endif
