/* The options that run a user's program again, from the name of its cell.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPEAT_PROGRAM_H
#define MP_REPORT_REPEAT_PROGRAM_H

#include <stdbool.h>

#include "harness/base/strbuf.h"

/* Whether `cell` ("exec:build=3b8e5f0c2a17,exec=./a b,watch=c.so") is a program. */
bool mp_repeat_is_program(const char *cell);
/* Adds "--exec './a b'" to `command` and the other options to `rest`: what a
 * person would type, quoted for a shell. */
void mp_repeat_write_program(const char *cell, struct mp_strbuf *command,
                             struct mp_strbuf *rest);

#endif
