/* The plan of a campaign and its claim, evaluated by the rule of results/stats and shown
 * as text and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CLAIM_H
#define MP_REPORT_CLAIM_H

#include "harness/base/text.h"
#include "results/report/rows.h"

/* Weighs the counts of the cells against the claim of the plan, if it has one. */
void mp_claim_weigh(struct mp_report *report);
/* The result of the claim, in one clause. */
void mp_claim_write(const struct mp_report *report, struct mp_strbuf *buf);
/* The same as headline lines; nothing if there is no claim. */
void mp_claim_add(const struct mp_report *report, struct mp_text *text);
/* The plan as one headline line; nothing if the campaign has none. */
void mp_plan_add(const struct mp_report *report, struct mp_text *text);
/* The members "claim" and "plan" of a document, null if there is none. */
void mp_claim_add_json(const struct mp_report *report, struct json_object *to);
void mp_plan_add_json(const struct mp_report *report, struct json_object *to);

#endif
