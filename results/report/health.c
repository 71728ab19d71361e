/* The canaries of a campaign: were its devices well?
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "results/report/text.h"

#define EPISODES_MAX 10

/* One row an illness: the round it began with, how that ended, why the canary failed, and
 * the round after which the device was well again. */
#define ILLNESSES                                                                        \
    "SELECT h.after_seq, r.id, r.outcome, h.detail,"                                     \
    " (SELECT min(n.after_seq) FROM health_check AS n WHERE n.campaign_id = ?1"          \
    " AND n.device = h.device AND n.id > h.id AND n.outcome = 'pass')"                   \
    " FROM health_check AS h LEFT JOIN round AS r ON r.campaign_id = ?1 AND r.seq = "    \
    "h.after_seq"                                                                        \
    " WHERE h.campaign_id = ?1 AND h.outcome <> 'pass' AND coalesce((SELECT p.outcome"   \
    " FROM health_check AS p WHERE p.campaign_id = ?1 AND p.device = h.device AND p.id " \
    "< h.id"                                                                             \
    " ORDER BY p.id DESC LIMIT 1), 'pass') = 'pass' ORDER BY h.id"

static void add_illness(struct mp_text *text, sqlite3_stmt *rows) {
    struct mp_strbuf line;
    const char *well_after = mp_report_column(rows, 4);
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "unwell after round %s (%s, mpstress show round %s) ",
                   mp_report_column(rows, 0), mp_report_column(rows, 2),
                   mp_report_column(rows, 1));
    if (*well_after != '\0')
        mp_strbuf_addf(&line, "until after round %s", well_after);
    else
        mp_strbuf_addstr(&line, "to the end");
    mp_strbuf_addf(&line, "; the canary: %s", mp_report_column(rows, 3));
    mp_report_begin_line(text, "");
    mp_text_wrap(text, MP_WARN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH, line.text);
    mp_strbuf_release(&line);
}

void mp_report_add_health(struct mp_report *report, struct mp_text *text) {
    char sums[160] = "";
    sqlite3_stmt *rows =
        mp_report_query(report,
                        "SELECT count(*), total(outcome = 'pass') FROM health_check"
                        " WHERE campaign_id = ?1 HAVING count(*) > 0",
                        0);
    while (mp_report_next(report, rows)) {
        int64_t count = sqlite3_column_int64(rows, 0),
                passed = sqlite3_column_int64(rows, 1);
        snprintf(sums, sizeof(sums), "%lld canaries were run: %lld passed, %lld did not",
                 (long long)count, (long long)passed, (long long)(count - passed));
    }
    if (sums[0] == '\0')
        return;
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "Health of the devices");
    mp_text_end(text);
    mp_report_begin_line(text, "");
    mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH, sums);
    unsigned shown = 0;
    rows = mp_report_query(report, ILLNESSES, 0);
    while (mp_report_next(report, rows))
        if (shown++ < EPISODES_MAX)
            add_illness(text, rows);
    if (shown > EPISODES_MAX) {
        mp_report_begin_line(text, "");
        mp_text_add(text, MP_PLAIN, "and %u more times", shown - EPISODES_MAX);
        mp_text_end(text);
    }
}
