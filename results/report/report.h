/* What became of the rounds, for people and for machines. Reads the store; decides nothing but the
 * verdict. All text that came from rounds, drivers or files is escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPORT_H
#define MP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

/* Verdicts and the exit codes that go with them; the name is the JSON `verdict`. */
enum mp_verdict {
    MP_VERDICT_CLEAN = 0,        /* "clean": no failure in a subject, controls behaved */
    MP_VERDICT_FAILURES = 1,     /* "failures": a subject or a negative control failed */
    MP_VERDICT_INCONCLUSIVE = 3, /* "inconclusive": rounds ran, but none of some subject counts */
    MP_VERDICT_NOTHING_RAN = 4,  /* "nothing_ran" */
    MP_VERDICT_NO_POWER = 5,     /* "no_power": a positive control stayed silent */
    MP_VERDICT_HARNESS = 6       /* "harness_failed" */
};
const char *mp_verdict_name(enum mp_verdict verdict);

struct mp_report_options {
    int64_t campaign_id; /* 0: the newest */
    bool use_colour;
    unsigned width; /* columns of the terminal, 0: 100 */
};

/* The report of one campaign as text. */
enum mp_status mp_report_text(struct mp_store *store, const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);
/* The same as one JSON document: {"schema":1,"command":"report","verdict":...}. Made by SQLite's
 * JSON functions. */
enum mp_status mp_report_json(struct mp_store *store, const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);

#endif
