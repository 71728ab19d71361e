/* The canaries of a campaign: were its devices well?
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_HEALTH_H
#define MP_REPORT_HEALTH_H

#include "harness/base/text.h"
#include "results/report/rows.h"

struct mp_health_row {
    int64_t after_seq, wall_ns;
    int64_t round_id; /* of the round before it; MP_FIELD_NULL: there is none */
    char *device, *started_at, *outcome, *detail;
    char *round_outcome; /* NULL: there is no such round */
};

struct mp_report_health {
    struct mp_health_row *check; /* in the order they were run */
    size_t count;
};

/* Reads them; failures are kept by the query of the report. To be released. */
void mp_report_health_load(struct mp_report_health *health, struct mp_report *report);
void mp_report_health_release(struct mp_report_health *health);
/* Totals and unhealthy periods; nothing if no canary was run. */
void mp_report_health_add(const struct mp_report_health *health, struct mp_text *text);
/* The member "health" of a document. */
void mp_report_health_add_json(const struct mp_report_health *health,
                               struct json_object *to);

#endif
