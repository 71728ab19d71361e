/* The rounds of a campaign as CSV (RFC 4180): a header row, then one row per round. Text
 * that a spreadsheet would compute gets a ' before it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "results/report/export.h"

#define PIECE 65536 /* bytes buffered before a write */

/* The blanks that an import may strip, U+00A0 among them. */
static const char *skip_blanks(const char *text) {
    while (*text == ' ' || strncmp(text, "\xc2\xa0", 2) == 0)
        text += *text == ' ' ? 1 : 2;
    return text;
}

/* Spreadsheets compute a cell that begins like this, also with what is in other files. In
 * East Asian locales the wide forms count as well. */
static bool is_formula(const char *cell) {
    static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};
    const char *text = skip_blanks(cell);
    char *end = NULL;
    for (size_t i = 0; i < MP_COUNT(wide); i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    if (*text == '\0' || strchr("=+-@\t", *text) == NULL)
        return false;
    (void)strtod(text, &end);
    return *end != '\0' || end == text; /* -5 is a number */
}

static void add_field(struct mp_strbuf *buf, const char *raw, int column) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    if (is_formula(raw))
        mp_strbuf_addch(&safe, '\'');
    mp_strbuf_add_escaped(&safe, raw, strlen(raw), 1);
    const char *text = safe.len > 0 ? safe.text : "";
    mp_strbuf_addstr(buf, column > 0 ? "," : "");
    bool is_quoted = text[strcspn(text, ",\"\r\n")] != '\0';
    if (is_quoted)
        mp_strbuf_addch(buf, '"');
    for (; *text != '\0'; text++) {
        mp_strbuf_addch(buf, *text);
        if (*text == '"')
            mp_strbuf_addch(buf, '"');
    }
    if (is_quoted)
        mp_strbuf_addch(buf, '"');
    mp_strbuf_release(&safe);
}

static void write_rounds(struct mp_export *export) {
    struct mp_strbuf *buf = export->buf;
    sqlite3_stmt *rows = mp_query_rows(
        &export->report.query,
        "SELECT campaign.uuid AS campaign, device, scenario, params, arm, m.role, "
        "o.class,"
        " (SELECT key FROM signature WHERE id = signature_id) AS signature, round.*"
        " FROM round"
        " JOIN campaign ON campaign.id = round.campaign_id JOIN cell ON cell.id = "
        "round.cell_id"
        " JOIN outcome AS o ON o.name = round.outcome"
        " LEFT JOIN campaign_cell AS m ON m.campaign_id = round.campaign_id AND "
        "m.cell_id = cell.id"
        " WHERE round.campaign_id = ?1 ORDER BY round.seq",
        export->report.campaign_id, 0);
    int count = sqlite3_column_count(rows);
    for (int i = 0; i < count; i++)
        add_field(buf, sqlite3_column_name(rows, i), i);
    mp_strbuf_addstr(buf, "\r\n");
    while (mp_query_next(&export->report.query, rows)) {
        for (int i = 0; i < count; i++)
            add_field(buf, mp_query_text(rows, i), i);
        mp_strbuf_addstr(buf, "\r\n");
        if (export->file != NULL && buf->len > PIECE) {
            fwrite(buf->text, 1, buf->len, export->file);
            mp_strbuf_clear(buf);
        }
    }
}

enum mp_status mp_report_csv(struct mp_store *store,
                             const struct mp_report_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err) {
    return mp_export_run(write_rounds, store, options, buf, ret_verdict, err);
}
