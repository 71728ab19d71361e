/* A notice: this verdict and the one before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/notice.h"

#include "results/report/json.h"
#include "results/report/judge.h"

/* The newest earlier complete campaign with the same cells in the same roles; nights
 * follow nights. */
static const char BEFORE[] =
    "SELECT c.id FROM campaign AS c JOIN campaign AS this ON this.id = ?1"
    " WHERE c.id <> ?1 AND c.state = 'complete' AND c.is_replay = 0"
    " AND c.started_at <= this.started_at AND (c.night IS NULL) = (this.night IS NULL)"
    " AND c.command IS this.command"
    " AND (SELECT count(*) FROM campaign_cell WHERE campaign_id = c.id)"
    "   = (SELECT count(*) FROM campaign_cell WHERE campaign_id = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM campaign_cell AS o WHERE o.campaign_id = c.id AND NOT"
    "   EXISTS (SELECT 1 FROM campaign_cell AS t WHERE t.campaign_id = ?1"
    "   AND t.cell_id = o.cell_id AND t.role = o.role))"
    " ORDER BY c.started_at DESC, c.id DESC LIMIT 1";

static int64_t find_before(struct mp_report *report) {
    int64_t id = 0;
    sqlite3_stmt *rows = mp_query_rows(&report->query, BEFORE, report->campaign_id, 0);
    while (mp_query_next(&report->query, rows))
        id = sqlite3_column_int64(rows, 0);
    return id;
}

static void add_campaign(const struct mp_report *report, const char *name,
                         enum mp_verdict verdict, struct json_object *to) {
    struct json_object *part = mp_json_add_object(to, name);
    mp_json_add_text(part, "verdict", mp_verdict_name(verdict));
    mp_json_add_integer(part, "exit_code", mp_verdict_code(verdict));
    mp_json_add_integer(part, "campaign", report->campaign_id);
    mp_json_add_text(part, "uuid", report->uuid);
    mp_json_add_text(part, "started_at", report->started_at);
}

static void add_command(const struct mp_report *report, struct json_object *to) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "mpstress report --campaign %lld --db ",
                   (long long)report->campaign_id);
    mp_text_quote(&line, report->query.path);
    mp_json_add_text(to, "show", line.text);
    mp_strbuf_release(&line);
}

static void write_notice(const struct mp_report *report, const struct mp_report *before,
                         bool only_new, struct mp_strbuf *buf, bool *ret_is_change) {
    enum mp_verdict now = mp_report_exit(report, only_new);
    struct json_object *document =
        mp_json_document("notify", mp_verdict_name(now), mp_verdict_code(now));
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_report_write_reason(report, &reason);
    mp_json_add_text(document, "reason", reason.text);
    mp_json_add_text(document, "database", report->query.path);
    add_command(report, document);
    add_campaign(report, "now", now, document);
    if (before != NULL)
        add_campaign(before, "before", mp_report_exit(before, only_new), document);
    else
        mp_json_add_null(document, "before");
    *ret_is_change = before != NULL ? now != mp_report_exit(before, only_new)
                                    : mp_verdict_code(now) != 0;
    mp_json_print(document, buf);
    mp_strbuf_release(&reason);
}

enum mp_status mp_report_notice(struct mp_store *store, int64_t campaign_id,
                                bool only_new, struct mp_strbuf *buf, bool *ret_is_change,
                                struct mp_error *err) {
    struct mp_report report, before;
    enum mp_status status = mp_report_load(&report, store, campaign_id, err);
    int64_t earlier = status == MP_OK ? find_before(&report) : 0;
    if (status == MP_OK && earlier != 0) {
        status = mp_report_load(&before, store, earlier, err);
        if (status == MP_OK)
            write_notice(&report, &before, only_new, buf, ret_is_change);
        mp_report_release(&before);
    } else if (status == MP_OK) {
        write_notice(&report, NULL, only_new, buf, ret_is_change);
    }
    if (status == MP_OK)
        status = mp_query_status(&report.query, err);
    mp_report_release(&report);
    return status;
}

void mp_notice_of_failure(const char *database, int exit_code, const char *what,
                          struct mp_strbuf *buf) {
    struct json_object *document =
        mp_json_document("notify", mp_verdict_name(MP_VERDICT_HARNESS), exit_code);
    mp_json_add_text(document, "reason", what);
    mp_json_add_text(document, "database", database);
    mp_json_add_null(document, "show");
    mp_json_add_null(document, "now");
    mp_json_add_null(document, "before");
    mp_json_print(document, buf);
}
