/* The verdict on a campaign: as a word, a JSON name, an exit code.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_VERDICT_H
#define MP_REPORT_VERDICT_H

#include "harness/base/text.h"

/* A campaign that compared arms has verdicts of its own, with the same codes: 0 fixed,
 * better; 1 worse; 3 no_difference, unfinished; 4 nothing_ran; 5 no_power.
 *
 * Verdicts and the exit codes that go with them; the name is the JSON `verdict`. A round
 * counts if it passed or failed. The first that applies stands:
 *  nothing_ran   no round of the campaign ran: all were skipped
 *  inconclusive  rounds ran, and none of them counts
 *  failures      a round of a subject failed, or one of a negative control, which must
 *                pass: a finding stays a finding, whatever the positive controls did
 *  known_failures  the same, and all of them are known (mpstress known)
 *  no_power      a positive control did not fail: the zeros of the others mean nothing
 *  inconclusive  a subject or negative control has no round that counts
 *  interrupted   none of these, but rounds that were planned are missing: it was
 *                interrupted
 *  unfinished    the same: it is running, or its supervisor died
 *  clean_no_control  none of these, and no positive control was run
 *  clean         none of these
 * A campaign with a claim (mpstress run --until) is judged by it alone:
 *  nothing_ran   as above
 *  regression    a subject is shown to fail more often than claimed
 *  failures      a negative control failed
 *  no_power      a positive control did not fail
 *  claim_met_no_control  every subject is shown to fail more rarely than claimed, and no
 *                positive control was run
 *  claim_met     every subject is shown to fail more rarely than claimed
 *  interrupted, unfinished  as above
 *  inconclusive  none of these */
enum mp_verdict {
    MP_VERDICT_CLEAN = 0,
    MP_VERDICT_FAILURES = 1,
    MP_VERDICT_INCONCLUSIVE = 3,
    MP_VERDICT_NOTHING_RAN = 4,
    MP_VERDICT_NO_POWER = 5,
    MP_VERDICT_HARNESS = 6, /* "harness_failed": never from a report */
    /* Verdicts that share an exit code: it is in the low byte. */
    MP_VERDICT_CLAIM_MET = 0x100 | MP_VERDICT_CLEAN,
    MP_VERDICT_CLEAN_NO_CONTROL = 0x200 | MP_VERDICT_CLEAN,
    MP_VERDICT_CLAIM_MET_NO_CONTROL = 0x300 | MP_VERDICT_CLEAN,
    MP_VERDICT_KNOWN_FAILURES = 0x200 | MP_VERDICT_FAILURES,
    MP_VERDICT_REGRESSION = 0x100 | MP_VERDICT_FAILURES,
    MP_VERDICT_INTERRUPTED = 0x100 | MP_VERDICT_INCONCLUSIVE,
    MP_VERDICT_UNFINISHED = 0x200 | MP_VERDICT_INCONCLUSIVE
};
int mp_verdict_code(enum mp_verdict verdict);
const char *mp_verdict_name(enum mp_verdict verdict);
/* Of two verdicts the one that is worse news, or knows less. */
enum mp_verdict mp_verdict_worse(enum mp_verdict left, enum mp_verdict right);
/* What a good verdict is called if no control that must fail was run; others stay. */
enum mp_verdict mp_verdict_without_control(enum mp_verdict verdict);

/* The first line of a report, and the last of a long one: the verdict and its reason. */
void mp_verdict_add(enum mp_verdict verdict, const char *reason, struct mp_text *text);

#endif
