/* How the evidence of a campaign grew, round by round: for pictures. The same rounds
 * in the same order as those that judge it; a few dozen points, however many rounds
 * there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COURSE_H
#define MP_REPORT_COURSE_H

#include "results/report/compare_rows.h"

#define MP_COURSE_POINTS 160

/* A subject of a claim after `rounds` of its rounds, read at worst, as the claim is. */
struct mp_course_rate {
    double rounds, rate, low, high;
};

struct mp_course_claim {
    struct mp_course_rate point[MP_COURSE_POINTS];
    size_t count;
};
/* Of cell `index` of a report with a claim. */
void mp_course_of_claim(struct mp_report *report, size_t index,
                        struct mp_course_claim *ret_course);

/* Evidence of each arm of a comparison after `blocks` blocks: log10 E. */
struct mp_course_evidence {
    double blocks, log_e[MP_COMPARISON_ARMS_MAX];
};

struct mp_course_compare {
    struct mp_course_evidence point[MP_COURSE_POINTS];
    size_t count;
};
/* Of this campaign alone. */
void mp_course_of_compare(const struct mp_compare *compare,
                          struct mp_course_compare *ret_course);

#endif
