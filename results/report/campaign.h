/* Everything a report says about one campaign, read once for text and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CAMPAIGN_H
#define MP_REPORT_CAMPAIGN_H

#include "results/report/compare_rows.h"
#include "results/report/dependence.h"
#include "results/report/dose.h"
#include "results/report/failures.h"
#include "results/report/health.h"
#include "results/report/judge.h"
#include "results/report/legality.h"
#include "results/report/loaded.h"
#include "results/report/replay.h"
#include "results/report/scaling.h"

/* Parameters that make a race more likely than in nature. */
struct mp_injection_row {
    char *line, *scenarios; /* "sync=off_queue q=0.5" of "mm,linear" */
};

struct mp_campaign {
    struct mp_report report;
    struct mp_compare compare;
    struct mp_failures failures;
    struct mp_report_health health;
    struct mp_loaded modules;
    struct mp_replay replay;
    struct mp_dose_sweep sweep;
    struct mp_scaling scaling;
    struct mp_dependence dependence;
    struct mp_legality legality;
    struct mp_injection_row *injection;
    size_t injection_count;
};

/* Reads and judges a campaign. MP_NOT_FOUND if there is no such campaign. Must be
 * released, even after a failure. */
enum mp_status mp_campaign_load(struct mp_campaign *campaign, struct mp_store *store,
                                int64_t campaign_id, struct mp_error *err);
void mp_campaign_release(struct mp_campaign *campaign);

/* The JSON `verdict`. */
const char *mp_campaign_verdict(const struct mp_campaign *campaign);

#endif
