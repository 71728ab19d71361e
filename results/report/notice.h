/* Whether the verdict on a campaign is another than that on the one before, and the words
 * for who wants to be told.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NOTICE_H
#define MP_REPORT_NOTICE_H

#include "results/report/report.h"

/* Adds the notice of a campaign as one JSON document: verdict, exit code, reason, the
 * verdict before, and the command that shows the report. `ret_is_change`: the verdict is
 * not that of the newest earlier complete campaign of the same cells; without such a
 * campaign, its exit code is not 0. `only_new`: as in struct mp_report_options. */
enum mp_status mp_report_notice(struct mp_store *store, int64_t campaign_id,
                                bool only_new, struct mp_strbuf *buf, bool *ret_is_change,
                                struct mp_error *err);
/* The same for a run that ended without a report, because of `what`. */
void mp_notice_of_failure(const char *database, int exit_code, const char *what,
                          struct mp_strbuf *buf);

#endif
