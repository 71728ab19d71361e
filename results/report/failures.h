/* What failed in a campaign: each kind of crash and other outcome, with its newest round
 * as the example; read once, shown as text and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FAILURES_H
#define MP_REPORT_FAILURES_H

#include "results/report/facts.h"
#include "results/report/rows.h"

/* Crashes of one signature and kind in one scenario and arm. */
struct mp_place_row {
    char *scenario, *arm, *role;
    int64_t count;
};

/* Crashes of one signature and kind. */
struct mp_crash_group {
    int64_t count;
    struct mp_crash_facts crash; /* the newest */
    struct mp_round_facts round; /* of it */
    struct mp_place_row *place;
    size_t place_count;
    struct mp_address_facts *address;
    size_t address_count;
};

/* Rounds of one cell that did not pass, of one outcome and signature, with or without a
 * crash. */
struct mp_outcome_group {
    int64_t newest, count, cell_id, signature_id;
    int64_t crash_id; /* of the newest round with a crash, 0: none has */
    char *outcome, *words, *class, *scenario;
    bool has_crash;
    struct mp_round_facts round; /* the newest */
};

/* The first round of a subject that failed. */
struct mp_first_failure {
    int64_t id;       /* 0: none failed */
    int64_t after_ns; /* it ended this long after the campaign started */
    struct mp_round_facts round;
};

/* All kinds, those with most rounds first. */
struct mp_failures {
    struct mp_first_failure first;
    struct mp_crash_group *crash;
    size_t crash_count;
    struct mp_outcome_group *other;
    size_t other_count;
};

/* Reads them; failures are kept by the query of the report. Must be released. */
void mp_failures_load(struct mp_failures *failures, struct mp_report *report);
void mp_failures_release(struct mp_failures *failures);

/* The first failure, crashes, and failures that are none; rounds without a verdict. */
void mp_failures_add(const struct mp_failures *failures, const struct mp_report *report,
                     struct mp_text *text);
void mp_failures_add_no_verdict(const struct mp_failures *failures,
                                const struct mp_report *report, struct mp_text *text);
/* The members "first_failure", "crashes", "failures" and "no_verdict" of a document. */
void mp_failures_add_json(const struct mp_failures *failures, struct json_object *to);

#endif
