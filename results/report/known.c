/* Reads what is known of a campaign's failures, and writes it as lines and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/known.h"

#include <inttypes.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/report/json.h"
#include "results/report/line.h"

/* The signatures of a campaign that somebody looks after; ?1: its number. */
static const char ENTRIES[] =
    "WITH this AS (SELECT id, started_at, ifnull(night, substr(started_at, 1, 10)) AS day"
    " FROM campaign WHERE id = ?1), had AS (SELECT id AS round_id, signature_id FROM"
    " round WHERE signature_id IS NOT NULL UNION SELECT round_id, signature_id FROM crash"
    " WHERE sample IS NOT 2)"
    " SELECT k.key, k.issue, k.until, ifnull(s.title, k.key), k.until < this.day,"
    " (SELECT count(DISTINCT r.id) FROM had AS h JOIN round AS r ON r.id = h.round_id"
    " JOIN outcome AS o ON o.name = r.outcome AND o.class = 'failure'"
    " JOIN campaign_cell AS m ON m.campaign_id = r.campaign_id AND m.cell_id = r.cell_id"
    " WHERE h.signature_id = s.id AND r.campaign_id = ?1"
    " AND m.role IN ('subject', 'finder')),"
    " EXISTS (SELECT 1 FROM had AS h JOIN round AS r ON r.id = h.round_id"
    " JOIN campaign AS e ON e.id = r.campaign_id JOIN campaign_cell AS m ON"
    " m.campaign_id = ?1 AND m.cell_id = r.cell_id WHERE h.signature_id = s.id"
    " AND m.role IN ('subject', 'finder') AND r.campaign_id <> ?1"
    " AND e.started_at <= this.started_at)"
    " FROM this, known_failure AS k LEFT JOIN signature AS s ON s.key = k.key"
    " WHERE k.is_removed = 0 ORDER BY k.key";

void mp_known_load(struct mp_known *known, struct mp_query *query, int64_t campaign_id) {
    *known = (struct mp_known){0};
    sqlite3_stmt *rows = mp_query_rows(query, ENTRIES, campaign_id, 0);
    while (mp_query_next(query, rows)) {
        known->entry =
            mp_memory_resize(known->entry, known->entry_count + 1, sizeof(*known->entry));
        known->entry[known->entry_count++] =
            (struct mp_known_entry){.key = mp_query_copy(rows, 0),
                                    .issue = mp_query_copy(rows, 1),
                                    .until = mp_query_copy(rows, 2),
                                    .title = mp_query_copy(rows, 3),
                                    .has_expired = sqlite3_column_int(rows, 4) != 0,
                                    .rounds = (uint64_t)sqlite3_column_int64(rows, 5),
                                    .was_here = sqlite3_column_int(rows, 6) != 0};
    }
}

uint64_t mp_known_rounds(struct mp_query *query, int64_t campaign_id, int64_t cell_id) {
    uint64_t count = 0;
    sqlite3_stmt *rows = mp_query_rows(
        query,
        "SELECT count(*) FROM known_round AS k JOIN round AS r ON r.id = k.round_id JOIN"
        " outcome AS o ON o.name = r.outcome WHERE k.campaign_id = ?1 AND k.cell_id = ?2"
        " AND o.class = 'failure'",
        campaign_id, cell_id);
    while (mp_query_next(query, rows))
        count = (uint64_t)sqlite3_column_int64(rows, 0);
    return count;
}

void mp_known_release(struct mp_known *known) {
    for (size_t i = 0; i < known->entry_count; i++) {
        free(known->entry[i].key);
        free(known->entry[i].issue);
        free(known->entry[i].until);
        free(known->entry[i].title);
    }
    free(known->entry);
    *known = (struct mp_known){0};
}

static bool is_told(const struct mp_known_entry *entry) {
    return entry->rounds > 0 || entry->was_here;
}

/* "3 x TITLE: known until 2026-12-31, URL" */
static enum mp_style write_entry(const struct mp_known_entry *entry, bool has_power,
                                 struct mp_strbuf *line) {
    if (entry->rounds == 0) {
        mp_strbuf_addf(line, "%s %s; %s", entry->title,
                       has_power ? "vanished: earlier runs of these cells had it, this "
                                   "one did not"
                                 : "did not occur, but a control that must fail did "
                                   "neither: that says nothing",
                       entry->issue);
        return MP_PLAIN;
    }
    mp_strbuf_addf(line, "%" PRIu64 " x %s: ", entry->rounds, entry->title);
    if (entry->has_expired)
        mp_strbuf_addf(line, "EXPIRED on %s and counts as new; %s", entry->until,
                       entry->issue);
    else
        mp_strbuf_addf(line, "known until %s; %s", entry->until, entry->issue);
    return entry->has_expired ? MP_BAD : MP_PLAIN;
}

void mp_known_add(const struct mp_known *known, bool has_power, struct mp_text *text) {
    const char *label = "known";
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < known->entry_count; i++) {
        if (!is_told(&known->entry[i]))
            continue;
        if (label[0] != '\0')
            mp_text_end(text);
        mp_strbuf_clear(&line);
        enum mp_style style = write_entry(&known->entry[i], has_power, &line);
        mp_line_add(text, label, style, line.text);
        label = "";
    }
    mp_strbuf_release(&line);
}

void mp_known_add_json(const struct mp_known *known, struct json_object *to) {
    struct json_object *list = NULL;
    for (size_t i = 0; i < known->entry_count; i++) {
        const struct mp_known_entry *entry = &known->entry[i];
        if (!is_told(entry))
            continue;
        if (list == NULL)
            list = mp_json_add_array(to, "known");
        struct json_object *item = mp_json_add_object(list, NULL);
        mp_json_add_text(item, "key", entry->key);
        mp_json_add_text(item, "title", entry->title);
        mp_json_add_text(item, "issue", entry->issue);
        mp_json_add_text(item, "until", entry->until);
        mp_json_add_bool(item, "expired", entry->has_expired);
        mp_json_add_bool(item, "vanished", entry->rounds == 0);
        mp_json_add_count(item, "rounds", entry->rounds);
    }
}

/* ?1: with signatures that are not known. */
static const char LIST[] =
    "SELECT * FROM (SELECT k.key AS key, k.issue, k.until AS until, s.title, s.id,"
    " k.until < date('now'),"
    " (SELECT count(DISTINCT round_id) FROM crash WHERE signature_id = s.id)"
    " FROM known_failure AS k LEFT JOIN signature AS s ON s.key = k.key"
    " WHERE k.is_removed = 0 UNION ALL"
    " SELECT s.key, NULL, NULL, s.title, s.id, 0,"
    " (SELECT count(DISTINCT round_id) FROM crash WHERE signature_id = s.id)"
    " FROM signature AS s WHERE ?1 AND NOT EXISTS (SELECT 1 FROM known_failure AS k"
    " WHERE k.key = s.key AND k.is_removed = 0)) ORDER BY until IS NULL, until, key";

static void list_row(sqlite3_stmt *rows, struct mp_text *text) {
    struct mp_strbuf line;
    bool is_known = sqlite3_column_type(rows, 1) != SQLITE_NULL;
    mp_strbuf_init(&line);
    if (!is_known)
        mp_strbuf_addstr(&line, "not known");
    else
        mp_strbuf_addf(&line, "%s %s; %s",
                       sqlite3_column_int(rows, 5) != 0 ? "EXPIRED on" : "until",
                       mp_query_text(rows, 2), mp_query_text(rows, 1));
    if (sqlite3_column_type(rows, 4) != SQLITE_NULL)
        mp_strbuf_addf(
            &line, "; signature %lld, in %lld %s here: %s",
            (long long)sqlite3_column_int64(rows, 4),
            (long long)sqlite3_column_int64(rows, 6),
            mp_plural((uint64_t)sqlite3_column_int64(rows, 6), "round", "rounds"),
            mp_query_text(rows, 3));
    else
        mp_strbuf_addstr(&line, "; not seen here");
    mp_text_add(text, MP_BOLD, "%s", mp_query_text(rows, 0));
    mp_text_end(text);
    mp_strbuf_pad(text->buf, ' ', MP_LINE_INDENT);
    mp_text_wrap(text, MP_PLAIN, MP_LINE_INDENT, line.text);
    mp_strbuf_release(&line);
}

enum mp_status mp_known_list_text(struct mp_store *store, bool is_all, unsigned width,
                                  struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf, .width = width == 0 ? 100 : width};
    struct mp_query query = {0};
    size_t count = 0;
    mp_query_begin(&query, store);
    sqlite3_stmt *rows = mp_query_rows(&query, LIST, is_all, 0);
    for (; mp_query_next(&query, rows); count++)
        list_row(rows, &text);
    const char *none = is_all ? "no signature: no crash was recorded, and none is known"
                              : "no failure is known: 'mpstress known add SIGNATURE "
                                "--issue URL --until DATE' makes one known";
    if (count == 0)
        mp_text_wrap(&text, MP_PLAIN, 0, none);
    enum mp_status status = mp_query_status(&query, err);
    mp_query_end(&query);
    return status;
}

enum mp_status mp_known_list_json(struct mp_store *store, bool is_all,
                                  struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_query query = {0};
    struct json_object *document = mp_json_document("known", "ok", 0);
    struct json_object *list = mp_json_add_array(document, "signatures");
    mp_query_begin(&query, store);
    sqlite3_stmt *rows = mp_query_rows(&query, LIST, is_all, 0);
    while (mp_query_next(&query, rows)) {
        struct json_object *item = mp_json_add_object(list, NULL);
        mp_json_add_text(item, "key", mp_query_text(rows, 0));
        mp_json_add_bool(item, "known", sqlite3_column_type(rows, 1) != SQLITE_NULL);
        mp_json_add_text_or_null(item, "issue", mp_query_text(rows, 1));
        mp_json_add_text_or_null(item, "until", mp_query_text(rows, 2));
        mp_json_add_bool(item, "expired", sqlite3_column_int(rows, 5) != 0);
        mp_json_add_text_or_null(item, "title", mp_query_text(rows, 3));
        mp_json_add_integer(item, "rounds", sqlite3_column_int64(rows, 6));
    }
    mp_json_print(document, buf);
    enum mp_status status = mp_query_status(&query, err);
    mp_query_end(&query);
    return status;
}
