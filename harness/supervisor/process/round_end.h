/* How a round ended, according to its process, its page and the capture.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_ROUND_END_H
#define MP_PROCESS_ROUND_END_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/wire/flight.h"
#include "harness/wire/hang.h"
#include "harness/wire/modules.h"
#include "harness/wire/outcome.h"

#define MP_ROUND_STDERR_MAX 8192

/* Owns `crash`, `second`, `flight` and `modules`. */
struct mp_round_end {
    uint64_t tag;  /* as given to start */
    uint32_t turn; /* the round was the turn-th of its process */
    struct mp_exit exit;
    struct mp_page_summary page;
    /* a crash stop, or the first sample of a hang; NULL: neither */
    struct mp_crash *crash;
    struct mp_crash *second;       /* the second sample of a hang, or NULL */
    enum mp_hang_class hang_class; /* if there is a second sample */
    /* the last events; empty if the round exited cleanly with result OK */
    struct mp_flight flight;
    struct mp_modules modules; /* what was loaded */
    bool has_claim;            /* its arm injects a library ... */
    struct mp_fix_claim claim; /* ... and whether it was mapped */
    enum mp_trace trace;
    int64_t pid; /* of the process, 0: not started */
    uint64_t started_wall_ns;
    uint64_t wall_ns;                      /* spawn to reaped */
    uint64_t stderr_total;                 /* bytes that it wrote, kept or not */
    char stderr_text[MP_ROUND_STDERR_MAX]; /* the last bytes it wrote; a NUL is \x00 */
};
void mp_round_end_release(struct mp_round_end *end);

#endif
