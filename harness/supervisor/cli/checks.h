/* Checks, each with its result and what to do about it, as text and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_CHECKS_H
#define MP_CLI_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

enum mp_check_state {
    MP_CHECK_OK,
    MP_CHECK_CAREFUL, /* rounds run, but their figures need a caveat */
    MP_CHECK_BAD      /* rounds cannot run or cannot be recorded */
};

struct mp_check {
    const char *name; /* "tracing" */
    enum mp_check_state state;
    char words[512]; /* what was found */
    char todo[512];  /* what to do; "" nothing */
};

/* These add to `buf`; all texts are escaped. */
void mp_checks_text(const struct mp_check *check, size_t count, bool use_colour,
                    unsigned width, struct mp_strbuf *buf);
/* {"schema":1,"command":"doctor","check":"machine","verdict":"ok"|"careful"|"bad",...}:
 * the verdict is the worst state. */
void mp_checks_json(const struct mp_check *check, size_t count, int exit_code,
                    struct mp_strbuf *buf);

#endif
