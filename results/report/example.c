/* One round as an example: a frame of its stack, and the commands that run it again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/report/repeat.h"
#include "results/report/text.h"

void mp_report_begin_line(struct mp_text *text, const char *label) {
    mp_strbuf_pad(text->buf, ' ', MP_REPORT_INDENT);
    mp_text_left(text, MP_DIM, MP_REPORT_LABEL_WIDTH, label);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* Adds a command of several parts, broken as a shell allows it if one line is too
 * short. */
static void add_command(struct mp_text *text, const char *label, struct mp_strbuf *part,
                        size_t count) {
    size_t columns = MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH;
    for (size_t i = 0; i < count; i++)
        columns += mp_text_columns(part[i].text) + 1;
    mp_report_begin_line(text, label);
    for (size_t i = 0; i < count; i++) {
        mp_text_add(text, MP_PLAIN, "%s", part[i].text);
        if (i + 1 < count && columns <= text->width) {
            mp_text_add(text, MP_PLAIN, " ");
        } else if (i + 1 < count) {
            mp_text_add(text, MP_PLAIN, " \\");
            mp_text_end(text);
            mp_strbuf_pad(text->buf, ' ', MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH + 4);
        }
        mp_strbuf_release(&part[i]);
    }
    mp_text_end(text);
}

void mp_report_add_repeat(struct mp_report *report, struct mp_text *text,
                          int64_t round_id) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT scenario || coalesce(':' || (SELECT group_concat(key || '=' || atom) FROM"
        " json_each(params)), ''), device, arm, path, round.seed, untraced IS 'off'"
        " FROM round JOIN cell ON cell.id = round.cell_id LEFT JOIN fix_library AS f"
        " ON f.cell_id = cell.id WHERE campaign_id = ?1 AND round.id = ?2",
        round_id);
    while (mp_report_next(report, rows)) {
        struct mp_strbuf part[MP_REPEAT_PARTS];
        struct mp_repeat repeat = {.cell = mp_report_column(rows, 0),
                                   .device = mp_report_column(rows, 1),
                                   .arm = mp_report_column(rows, 2),
                                   .fix = mp_report_column(rows, 3),
                                   .seed = mp_report_column(rows, 4),
                                   .is_uncaptured = sqlite3_column_int(rows, 5) != 0,
                                   .db = report->path};
        mp_repeat_write_parts(&repeat, part);
        add_command(text, "repeat", part, MP_REPEAT_PARTS);
    }
}

void mp_report_add_by_hand(struct mp_report *report, struct mp_text *text,
                           int64_t round_id) {
    struct mp_strbuf part[2];
    mp_strbuf_init(&part[0]);
    mp_strbuf_init(&part[1]);
    mp_strbuf_addstr(&part[0], "sqlite3 ");
    mp_text_quote(&part[0], report->path);
    mp_strbuf_addf(&part[0],
                   " 'SELECT spec FROM round_text WHERE round_id = %lld' > round.spec &&",
                   (long long)round_id);
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT path, path LIKE '%.dylib' FROM round JOIN fix_library AS f ON f.cell_id ="
        " round.cell_id WHERE round.id = ?2",
        round_id);
    while (mp_report_next(report, rows)) {
        mp_strbuf_addf(&part[1], "%s=",
                       sqlite3_column_int(rows, 1) != 0 ? "DYLD_INSERT_LIBRARIES"
                                                        : "LD_PRELOAD");
        mp_text_quote(&part[1], mp_report_column(rows, 0));
        mp_strbuf_addch(&part[1], ' ');
    }
    mp_strbuf_addstr(&part[1], "mpstress-round --spec round.spec");
    add_command(text, "by hand", part, 2);
}

void mp_report_add_frame(struct mp_text *text, sqlite3_stmt *rows, bool is_first) {
    const char *symbol = mp_report_column(rows, 1), *module = mp_report_column(rows, 3);
    const char *file = mp_report_column(rows, 4);
    struct mp_strbuf where, tail;
    mp_strbuf_init(&where);
    mp_strbuf_init(&tail);
    if (symbol[0] != '\0')
        mp_strbuf_addf(&where, "%s + %s", symbol, mp_report_column(rows, 2));
    else
        mp_strbuf_addstr(&where, mp_report_column(rows, 6));
    if (module[0] != '\0')
        mp_strbuf_addf(&tail, "  %s", base_name(module));
    if (module[0] != '\0' && symbol[0] == '\0')
        mp_strbuf_addf(&tail, " + %s", mp_report_column(rows, 2));
    if (file[0] != '\0')
        mp_strbuf_addf(&tail, "  %s:%s", base_name(file), mp_report_column(rows, 5));
    mp_strbuf_pad(text->buf, ' ', MP_REPORT_INDENT);
    mp_text_add(text, MP_DIM, "%4s  ", mp_report_column(rows, 0));
    mp_text_add(text, is_first ? MP_BOLD : MP_PLAIN, "%s", where.text);
    if (MP_REPORT_FRAME_INDENT + mp_text_columns(where.text) +
            mp_text_columns(tail.text) >
        text->width) {
        mp_text_end(text);
        mp_strbuf_pad(text->buf, ' ', MP_REPORT_FRAME_INDENT);
    }
    mp_text_add(text, MP_DIM, "%s", tail.text);
    mp_text_end(text);
    mp_strbuf_release(&where);
    mp_strbuf_release(&tail);
}
