/* The plan of a campaign and the claim it makes: weighed by its counts, in words and as
 * JSON. The rule is that of results/stats; nothing is decided here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CLAIM_H
#define MP_REPORT_CLAIM_H

#include "harness/base/text.h"
#include "results/report/rows.h"

/* Weighs the counts of the cells against the claim of the plan, if it has one. */
void mp_claim_weigh(struct mp_report *report);
/* What became of the claim, in one clause. */
void mp_claim_write(const struct mp_report *report, struct mp_strbuf *buf);
/* The same in lines of the headline; nothing if there is no claim. */
void mp_claim_add(const struct mp_report *report, struct mp_text *text);
/* The plan in one line of the headline; nothing if the campaign has none. */
void mp_plan_add(const struct mp_report *report, struct mp_text *text);
/* The members "claim" and "plan" of a document, null if there is none. */
void mp_claim_add_json(const struct mp_report *report, struct json_object *to);
void mp_plan_add_json(const struct mp_report *report, struct json_object *to);

#endif
