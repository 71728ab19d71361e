/* What failed: the newest example of each kind, and the command that repeats it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/text.h"

#define KINDS_MAX     8 /* crashes, other failures, rounds without a verdict: of each */
#define FRAMES_MAX    8
#define ADDRESSES_MAX 8

static void add_title(struct mp_text *text, const char *title) {
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "%s", title);
    mp_text_end(text);
}

static void add_item(struct mp_text *text, unsigned number, enum mp_style style,
                     const char *title) {
    mp_text_add(text, MP_PLAIN, "%3u  ", number);
    mp_text_wrap(text, style, MP_REPORT_INDENT, title);
}

static const char *role_words(const char *role) {
    if (strcmp(role, "positive_control") == 0)
        return " (a control that must fail)";
    return strcmp(role, "negative_control") == 0 ? " (a control that must pass)" : "";
}

/* The rounds that ended as crash ?2 did. */
#define SAME_KIND                                                                        \
    " FROM crash AS c JOIN round AS r ON r.id = c.round_id, crash AS example"            \
    " WHERE r.campaign_id = ?1 AND example.id = ?2 AND c.signature_id IS "               \
    "example.signature_id"                                                               \
    " AND c.kind = example.kind AND c.sample IS NOT 2"

static void add_where(struct mp_report *report, struct mp_text *text, int64_t crash_id) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT scenario, arm, role, count(*) FROM (SELECT r.cell_id" SAME_KIND ") AS hit"
        " JOIN cell ON cell.id = hit.cell_id"
        " JOIN campaign_cell ON campaign_cell.cell_id = cell.id AND campaign_id = ?1"
        " GROUP BY scenario, arm, role ORDER BY 4 DESC, scenario, arm",
        crash_id);
    while (mp_report_next(report, rows)) {
        mp_strbuf_addf(&line, "%s%s, arm %s%s ×%s", line.len > 0 ? "; " : "",
                       mp_report_column(rows, 0), mp_report_column(rows, 1),
                       role_words(mp_report_column(rows, 2)), mp_report_column(rows, 3));
    }
    mp_report_begin_line(text, "in");
    mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH, line.text);
    mp_strbuf_clear(&line);
    unsigned count = 0;
    rows =
        mp_report_query(report,
                        "SELECT c.fault_address, count(*)" SAME_KIND
                        " AND c.fault_address IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
                        crash_id);
    while (mp_report_next(report, rows)) {
        if (count++ < ADDRESSES_MAX) {
            mp_strbuf_addf(&line, "%s%s ×%s", line.len > 0 ? ", " : "",
                           mp_report_column(rows, 0), mp_report_column(rows, 1));
        }
    }
    if (count > ADDRESSES_MAX)
        mp_strbuf_addf(&line, ", and %u more", count - ADDRESSES_MAX);
    if (count > 0) {
        mp_report_begin_line(text, "addresses");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH, line.text);
    }
    mp_strbuf_release(&line);
}

static void add_frames(struct mp_report *report, struct mp_text *text, int64_t crash_id) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT depth, symbol, f.\"offset\", module, file, line, pc FROM crash_frame"
        " AS f JOIN crash ON crash.id = crash_id AND crash.tid = f.tid"
        " WHERE ?1 = ?1 AND crash_id = ?2 ORDER BY depth",
        crash_id);
    unsigned count = 0;
    while (mp_report_next(report, rows))
        if (count++ < FRAMES_MAX)
            mp_report_add_frame(text, rows, count == 1);
    if (count > FRAMES_MAX) {
        mp_strbuf_pad(text->buf, ' ', MP_REPORT_FRAME_INDENT);
        mp_text_add(text, MP_DIM, "and %u more", count - FRAMES_MAX);
        mp_text_end(text);
    }
}

/* The last line that the round wrote to stderr: of an abort, the assertion. */
static void add_last_words(struct mp_report *report, struct mp_text *text,
                           int64_t round_id) {
    sqlite3_stmt *rows = mp_report_query(report,
                                         "SELECT rtrim(stderr, char(10, 13, 32)) FROM "
                                         "round_text WHERE ?1 = ?1 AND round_id = ?2",
                                         round_id);
    while (mp_report_next(report, rows)) {
        const char *words = mp_report_column(rows, 0), *line = strrchr(words, '\n');
        if (words[0] != '\0') {
            mp_report_begin_line(text, "it said");
            mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                         line != NULL ? line + 1 : words);
        }
    }
}

static void add_in_full(struct mp_report *report, struct mp_text *text,
                        int64_t crash_id) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "mpstress show crash %lld --db ", (long long)crash_id);
    mp_text_quote(&line, report->path);
    mp_report_begin_line(text, "in full");
    mp_text_add(text, MP_PLAIN, "%s", line.text);
    mp_text_end(text);
    mp_strbuf_release(&line);
}

/* The newest crash of a kind: where, why, the stack, how to see it again. */
static void add_crash(struct mp_report *report, struct mp_text *text, int64_t crash_id,
                      bool is_first) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT r.id, r.seq, substr(r.started_at, 12, 8), c.signal_name, c.code, "
        "c.fault_address,"
        " c.access, c.fault_class, c.address_is_derived, c.tid, t.name, c.signal,"
        " r.detail FROM crash AS c"
        " JOIN round AS r ON r.id = c.round_id"
        " LEFT JOIN crash_thread AS t ON t.crash_id = c.id AND t.tid = c.tid"
        " WHERE r.campaign_id = ?1 AND c.id = ?2",
        crash_id);
    while (mp_report_next(report, rows)) {
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        mp_strbuf_addf(&line, "round %s at %s", mp_report_column(rows, 1),
                       mp_report_column(rows, 2));
        if (mp_report_column(rows, 9)[0] != '\0')
            mp_strbuf_addf(&line, ", thread %s", mp_report_column(rows, 9));
        if (mp_report_column(rows, 10)[0] != '\0')
            mp_strbuf_addf(&line, " '%s'", mp_report_column(rows, 10));
        bool is_hang = sqlite3_column_int(rows, 11) == 0;
        if (is_hang) {
            mp_strbuf_addf(&line, ": %s", mp_report_column(rows, 12));
        } else {
            mp_strbuf_addf(&line, ": %s code %s", mp_report_column(rows, 3),
                           mp_report_column(rows, 4));
        }
        if (mp_report_column(rows, 5)[0] != '\0') {
            mp_strbuf_addf(&line, ", %s at %s (%s%s)", mp_report_column(rows, 6),
                           mp_report_column(rows, 5), mp_report_column(rows, 7),
                           sqlite3_column_int(rows, 8) != 0
                               ? ", worked out from the registers"
                               : "");
        } else if (!is_hang) {
            mp_strbuf_addf(&line, " (%s)", mp_report_column(rows, 7));
        }
        int64_t round_id = sqlite3_column_int64(rows, 0);
        mp_report_begin_line(text, "newest");
        mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH, line.text);
        add_last_words(report, text, round_id);
        add_frames(report, text, crash_id);
        add_in_full(report, text, crash_id);
        mp_report_add_repeat(report, text, round_id);
        if (is_first)
            mp_report_add_by_hand(report, text, round_id);
        mp_strbuf_release(&line);
    }
}

static void add_rest(struct mp_text *text, unsigned count) {
    if (count > KINDS_MAX) {
        mp_text_add(text, MP_DIM, "     and %u more kinds in the database",
                    count - KINDS_MAX);
        mp_text_end(text);
    }
}

void mp_report_add_crashes(struct mp_report *report, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT max(c.id), count(*), coalesce(s.title, iif(c.signal = 0, c.kind, "
        "max(c.signal_name) || ' in a ' || c.kind))"
        " FROM crash AS c JOIN round AS r ON r.id = c.round_id"
        " LEFT JOIN signature AS s ON s.id = c.signature_id WHERE r.campaign_id = ?1"
        " AND r.outcome <> 'pass'"
        " AND c.sample IS NOT 2 GROUP BY c.signature_id, c.kind"
        " ORDER BY 2 DESC, 1 DESC",
        0);
    unsigned count = 0;
    while (mp_report_next(report, rows)) {
        if (count == 0)
            add_title(text, "Crashes by kind, the newest of each");
        if (count++ < KINDS_MAX) {
            char title[1024];
            snprintf(title, sizeof(title), "%s ×%s", mp_report_column(rows, 2),
                     mp_report_column(rows, 1));
            add_item(text, count, MP_BOLD, title);
            add_where(report, text, sqlite3_column_int64(rows, 0));
            add_crash(report, text, sqlite3_column_int64(rows, 0), count == 1);
        }
    }
    add_rest(text, count);
}

/* "<> 'pass'" leads to the index of these rounds: the many that passed are not read. */
#define ROUNDS_OF_CLASS                                                                  \
    " FROM round AS r JOIN outcome AS o ON o.name = r.outcome JOIN cell ON cell.id = "   \
    "r.cell_id"                                                                          \
    " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass'"

void mp_report_add_failures(struct mp_report *report, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT max(r.id), count(*), r.outcome, o.words, cell.scenario, r.seq, r.detail, "
        "cell.arm,"
        " EXISTS (SELECT 1 FROM crash JOIN round ON round.id = round_id WHERE "
        "campaign_id = "
        "?1), iif(r.outcome IN ('crash', 'abort', 'hang'), " MP_REPORT_UNTRACED
        ", NULL)" ROUNDS_OF_CLASS " AND o.class = 'failure'"
        " AND NOT EXISTS (SELECT 1 FROM crash WHERE round_id = r.id)"
        " GROUP BY r.outcome, cell.scenario ORDER BY 2 DESC, 1 DESC",
        0);
    unsigned count = 0;
    while (mp_report_next(report, rows)) {
        if (count == 0) {
            add_title(text,
                      sqlite3_column_int(rows, 8) != 0
                          ? "Other failures by kind and scenario, the newest of each"
                          : "Failures by kind and scenario, the newest of each");
        }
        if (count++ < KINDS_MAX) {
            char title[512];
            snprintf(title, sizeof(title), "%s in %s ×%s: %s", mp_report_column(rows, 2),
                     mp_report_column(rows, 4), mp_report_column(rows, 1),
                     mp_report_column(rows, 3));
            add_item(text, count, MP_BOLD, title);
            mp_report_begin_line(text, "newest");
            struct mp_strbuf line;
            mp_strbuf_init(&line);
            mp_strbuf_addf(&line, "round %s, arm %s: %s", mp_report_column(rows, 5),
                           mp_report_column(rows, 7), mp_report_column(rows, 6));
            mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                         line.text);
            mp_strbuf_release(&line);
            if (mp_report_column(rows, 9)[0] != '\0') {
                mp_report_begin_line(text, "stacks");
                mp_text_wrap(text, MP_PLAIN, MP_REPORT_INDENT + MP_REPORT_LABEL_WIDTH,
                             mp_report_column(rows, 9));
            }
            mp_report_add_repeat(report, text, sqlite3_column_int64(rows, 0));
        }
    }
    add_rest(text, count);
}

void mp_report_add_no_verdict(struct mp_report *report, struct mp_text *text) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT max(r.id), count(*), r.outcome, o.words, r.detail, cell.scenario,"
        " cell.arm" ROUNDS_OF_CLASS " AND o.class = 'no_verdict' GROUP BY r.outcome, "
        "r.cell_id ORDER BY 2 DESC, 1 DESC",
        0);
    unsigned count = 0;
    while (mp_report_next(report, rows)) {
        if (count == 0)
            add_title(text, "Rounds without a verdict; they enter no rate");
        if (count++ < KINDS_MAX) {
            char title[1024];
            snprintf(title, sizeof(title), "%s in %s, arm %s ×%s: %s",
                     mp_report_column(rows, 2), mp_report_column(rows, 5),
                     mp_report_column(rows, 6), mp_report_column(rows, 1),
                     mp_report_column(rows, 4)[0] != '\0' ? mp_report_column(rows, 4)
                                                          : mp_report_column(rows, 3));
            add_item(text, count, MP_PLAIN, title);
        }
    }
    add_rest(text, count);
}
