/* What became of the rounds, for people and for machines. Reads the store; decides
 * nothing but the verdict. All text that came from rounds, drivers or files is escaped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPORT_H
#define MP_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

/* A campaign that compared arms has verdicts of its own, with the same codes: 0 fixed,
 * better; 1 worse; 3 no_difference, unfinished; 4 nothing_ran; 5 no_power.
 *
 * Verdicts and the exit codes that go with them; the name is the JSON `verdict`. A round
 * counts if it passed or failed. The first that applies stands:
 *  nothing_ran   no round of the campaign counts
 *  failures      a round of a subject failed, or one of a negative control, which must
 *                pass: a finding stays a finding, whatever the positive controls did
 *  no_power      a positive control did not fail: the zeros of the others mean nothing
 *  inconclusive  a subject or negative control has no round that counts
 *  clean         none of these
 * A campaign with a claim (mpstress run --until) is judged by it alone:
 *  nothing_ran   as above
 *  regression    a subject is shown to fail more often than claimed
 *  failures      a negative control failed
 *  no_power      a positive control did not fail
 *  claim_met     every subject is shown to fail more rarely than claimed
 *  inconclusive  none of these */
enum mp_verdict {
    MP_VERDICT_CLEAN = 0,
    MP_VERDICT_FAILURES = 1,
    MP_VERDICT_INCONCLUSIVE = 3,
    MP_VERDICT_NOTHING_RAN = 4,
    MP_VERDICT_NO_POWER = 5,
    MP_VERDICT_HARNESS = 6, /* "harness_failed": never given by a report */
    /* Verdicts that share an exit code: it is in the low byte. */
    MP_VERDICT_CLAIM_MET = 0x100 | MP_VERDICT_CLEAN,
    MP_VERDICT_REGRESSION = 0x100 | MP_VERDICT_FAILURES
};
int mp_verdict_code(enum mp_verdict verdict);
const char *mp_verdict_name(enum mp_verdict verdict);

/* The kinds of plans that compare arms: looked at after every block, or judged once at
 * the end. Their claim is the rate below which an arm may be called fixed. */
#define MP_COMPARE_KIND_LOOKS "compare"
#define MP_COMPARE_KIND_ALL   "compare_all"

struct mp_report_options {
    int64_t campaign_id; /* 0: the newest */
    const char *command; /* the JSON `command`, NULL: "report" */
    bool use_colour;
    unsigned width; /* columns of the terminal, 0: 100 */
};

/* Adds the report of one campaign to `buf` as text. MP_NOT_FOUND if there is no such
 * campaign; then and after other errors `buf` may hold a part of it. */
enum mp_status mp_report_text(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);
/* The same as one JSON document and an end of line:
 * {"schema":1,"command":"report","verdict":...}. Made by SQLite's JSON functions. */
enum mp_status mp_report_json(struct mp_store *store,
                              const struct mp_report_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err);

#endif
