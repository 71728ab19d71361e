/* The command that runs a round again. Every view that prints one has it from here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPEAT_H
#define MP_REPORT_REPEAT_H

#include <stdbool.h>

#include "harness/base/strbuf.h"

/* A round, and what it was of. All texts are borrowed. */
struct mp_repeat {
    const char *cell; /* scenario and parameters: "mm:n=256,threads=8" */
    const char *device, *arm;
    const char *fix; /* path of the library that the arm injects, "": none */
    const char *seed;
    bool is_uncaptured; /* it ran with --capture off */
    const char *db;
};

/* The command in parts between which a shell lets a line be broken. Each part is begun
 * here and released by the caller. */
#define MP_REPEAT_PARTS 3
void mp_repeat_write_parts(const struct mp_repeat *repeat,
                           struct mp_strbuf ret_part[MP_REPEAT_PARTS]);
/* Adds the command on one line. */
void mp_repeat_write(const struct mp_repeat *repeat, struct mp_strbuf *buf);

#endif
