/* What was loaded in the rounds: whether it was the same in all of them, and what an arm
 * or the environment injected.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_MODULES_H
#define MP_REPORT_MODULES_H

#include "results/report/show_rows.h"

/* Of a campaign, for its report: the libraries of arms, and what makes the rounds no fair
 * comparison. Nothing where there is nothing to say. */
void mp_report_add_modules(struct mp_report *report, struct mp_text *text);
/* Of round ?2, for show: driver and injected libraries, and the others too if
 * `has_all`. */
void mp_show_add_modules(struct mp_show *show, struct mp_text *text, bool has_all);

/* The same for JSON: expressions over campaign ?1 and over round ?2. */
extern const char mp_report_modules_json[];
extern const char mp_show_modules_json[];

#endif
