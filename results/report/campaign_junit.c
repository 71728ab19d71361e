/* The report as JUnit XML, for the schema of Jenkins' xunit plugin (junit-10.xsd) and for
 * GitLab: one <testcase> for each cell with its arm. A subject that failed, or a control
 * that must pass, is a <failure>; a control that must fail and did not is an <error>,
 * since then the zeros mean nothing; a cell without a counted round is <skipped>. A
 * subject that failed in known ways only is a <failure> of type "known_failures", or,
 * where known failures are left out, <skipped> with the same words. In a
 * comparison only one more case, for its verdict, can fail: a <failure> where nothing
 * good is shown, an <error> where nothing can be known. The cases of its cells say how
 * their rounds ended and never fail, since a control is expected to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/compare_figures.h"
#include "results/report/compare_tries.h"
#include "results/report/export.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/rate.h"
#include "results/report/table.h"

/* How a cell appears in a CI system. */
enum kind { KIND_PASSED, KIND_FAILURE, KIND_ERROR, KIND_SKIPPED, KIND_COUNT };

/* Did it fail, and only as somebody looks after? A control that must pass has no such
 * excuse. */
static bool is_known(const struct mp_report_cell *cell) {
    return cell->failures > 0 && cell->known >= cell->failures &&
           (cell->role == MP_ROLE_SUBJECT || cell->role == MP_ROLE_FINDER);
}

static enum kind find_kind(const struct mp_export *export,
                           const struct mp_report_cell *cell) {
    if (export->compare != NULL)
        return cell->rounds == 0 ? KIND_SKIPPED : KIND_PASSED;
    if (cell->rounds == 0) {
        bool is_broken =
            cell->outcome[MP_OUTCOME_BROKEN] + cell->outcome[MP_OUTCOME_LOST] > 0;
        bool is_missed = cell->role == MP_ROLE_POSITIVE && !mp_report_is_skipped(cell);
        return is_broken || is_missed ? KIND_ERROR : KIND_SKIPPED;
    }
    if (cell->role == MP_ROLE_POSITIVE)
        return cell->failures > 0 ? KIND_PASSED : KIND_ERROR;
    if (export->leaves_known_out && is_known(cell))
        return KIND_SKIPPED;
    return cell->failures > 0 ? KIND_FAILURE : KIND_PASSED;
}

/* The type of what a cell that did not pass is shown as. */
static const char *find_type(enum kind kind, const struct mp_report_cell *cell) {
    if (kind == KIND_ERROR)
        return cell->role == MP_ROLE_POSITIVE ? "no_power" : "broken";
    if (is_known(cell))
        return "known_failures";
    return kind == KIND_FAILURE ? "failures" : "not_counted";
}

/* Text escaped for XML: no control bytes, no code points that XML 1.0 forbids, no markup.
 */
static void add_xml(struct mp_strbuf *buf, const char *text) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text, strlen(text), 1);
    for (const char *at = safe.text; *at != '\0'; at++) {
        switch (*at) {
        case '&':
            mp_strbuf_addstr(buf, "&amp;");
            break;
        case '<':
            mp_strbuf_addstr(buf, "&lt;");
            break;
        case '>':
            mp_strbuf_addstr(buf, "&gt;");
            break;
        case '"':
            mp_strbuf_addstr(buf, "&quot;");
            break;
        case '\n':
            mp_strbuf_addstr(buf, "&#10;");
            break;
        default:
            if (strncmp(at, "\xef\xbf\xbe", 3) == 0 ||
                strncmp(at, "\xef\xbf\xbf", 3) == 0) {
                mp_strbuf_addch(buf, '?'); /* U+FFFE, U+FFFF */
                at += 2;
            } else {
                mp_strbuf_addch(buf, *at);
            }
        }
    }
    mp_strbuf_release(&safe);
}

static void add_attribute(struct mp_strbuf *buf, const char *name, const char *value) {
    mp_strbuf_addf(buf, " %s=\"", name);
    add_xml(buf, value);
    mp_strbuf_addch(buf, '"');
}

static void add_seconds(struct mp_strbuf *buf, uint64_t time_ns) {
    mp_strbuf_addf(buf, " time=\"%llu.%03u\"", (unsigned long long)(time_ns / 1000000000),
                   (unsigned)(time_ns / 1000000 % 1000));
}

static void add_property(struct mp_strbuf *buf, const char *name, const char *value) {
    mp_strbuf_addstr(buf, "      <property");
    add_attribute(buf, "name", name);
    add_attribute(buf, "value", value);
    mp_strbuf_addstr(buf, "/>\n");
}

/* "3 of 500 rounds failed (2 crash, 1 hang), 0.6 % [0.1, 1.7]; 4 without verdict; 0.1 %
 * claimed" */
static void write_message(const struct mp_report *report,
                          const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    char rate[MP_RATE_SIZE], limits[MP_RATE_SIZE];
    bool is_bad = false;
    const char *words = mp_report_control_words(cell, &is_bad);
    if (words[0] != '\0')
        mp_strbuf_addf(buf, "%s; ", words);
    mp_rate_format(mp_report_rate(report, cell), rate, limits);
    mp_strbuf_addf(buf, "%llu of %llu rounds failed", (unsigned long long)cell->failures,
                   (unsigned long long)cell->rounds);
    if (cell->failures > 0) {
        mp_strbuf_addstr(buf, " (");
        struct mp_strbuf kinds;
        mp_strbuf_init(&kinds);
        mp_report_write_kinds(cell, &kinds);
        mp_strbuf_addf(buf, "%s", kinds.text);
        if (cell->known > 0 && cell->role != MP_ROLE_NEGATIVE)
            mp_strbuf_addf(buf, "; %llu of them known", (unsigned long long)cell->known);
        mp_strbuf_addch(buf, ')');
        mp_strbuf_release(&kinds);
    }
    if (cell->role != MP_ROLE_FINDER)
        mp_strbuf_addf(buf, ", %s%s%s", rate, limits[0] != '\0' ? " " : "", limits);
    if (cell->no_verdict > 0)
        mp_strbuf_addf(buf, "; %llu without verdict",
                       (unsigned long long)cell->no_verdict);
}

/* What failed, and how to repeat it. */
static void write_details(const struct mp_export *export,
                          const struct mp_report_cell *cell, struct mp_strbuf *buf) {
    for (size_t i = 0; i < export->kind_count; i++) {
        const struct mp_export_kind *kind = &export->kind[i];
        if (kind->cell_id != cell->id)
            continue;
        mp_strbuf_addf(buf, "%lld %s: %s\n", (long long)kind->count,
                       mp_plural((uint64_t)kind->count, "round", "rounds"), kind->name);
        if (kind->known != NULL)
            mp_strbuf_addf(buf, "  %s\n", kind->known);
        mp_strbuf_addf(buf, "  newest: round %lld", (long long)kind->seq);
        if (kind->detail != NULL)
            mp_strbuf_addf(buf, ": %s", kind->detail);
        mp_strbuf_addstr(buf, "; repeat: ");
        mp_export_add_repeat(export, cell, kind, buf);
        mp_strbuf_addch(buf, '\n');
    }
}

/* How long the rounds of each cell took; freed by the caller. */
static uint64_t *sum_times(struct mp_report *report) {
    uint64_t *times_ns = mp_memory_zeroed(report->cell_count + 1, sizeof(*times_ns));
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT cell_id, sum(wall_ns) FROM round WHERE campaign_id = ?1 GROUP BY cell_id",
        report->campaign_id, 0);
    while (mp_query_next(&report->query, rows)) {
        for (size_t i = 0; i < report->cell_count; i++)
            if (report->cell[i].id == sqlite3_column_int64(rows, 0))
                times_ns[i] = (uint64_t)sqlite3_column_int64(rows, 1);
    }
    return times_ns;
}

static void add_case(struct mp_export *export, const struct mp_report *report,
                     const struct mp_report_cell *cell, uint64_t time_ns) {
    static const char *const tags[KIND_COUNT] = {"system-out", "failure", "error",
                                                 "skipped"};
    enum kind kind = find_kind(export, cell);
    struct mp_strbuf *buf = export->buf, text;
    mp_strbuf_init(&text);
    mp_cell_title_write(report, cell, NULL, &text);
    mp_strbuf_addstr(&text, ", ");
    mp_cell_arm_write(cell, &text);
    if (report->device_count > 1)
        mp_strbuf_addf(&text, ", device %zu", cell->device_index + 1);
    mp_strbuf_addstr(buf, "    <testcase");
    add_attribute(buf, "name", text.text);
    mp_strbuf_clear(&text);
    mp_strbuf_addf(&text, "mpstress.%s", cell->scenario);
    add_attribute(buf, "classname", text.text);
    mp_strbuf_clear(&text);
    add_seconds(buf, time_ns);
    mp_strbuf_addf(buf, ">\n      <%s", tags[kind]);
    write_message(report, cell, &text);
    if (kind != KIND_PASSED) {
        add_attribute(buf, "type", find_type(kind, cell));
        add_attribute(buf, "message", text.text);
        mp_strbuf_clear(&text);
    } else {
        mp_strbuf_addch(&text, '\n');
    }
    mp_strbuf_addch(buf, '>');
    write_details(export, cell, &text);
    add_xml(buf, text.text);
    mp_strbuf_addf(buf, "</%s>\n    </testcase>\n", tags[kind]);
    mp_strbuf_release(&text);
}

/* It fails exactly where the exit code is not 0. */
static enum kind verdict_kind(const struct mp_report *report) {
    switch (mp_verdict_code(report->verdict)) {
    case MP_VERDICT_CLEAN:
        return KIND_PASSED;
    case MP_VERDICT_NO_POWER:
    case MP_VERDICT_NOTHING_RAN:
        return KIND_ERROR;
    default:
        return KIND_FAILURE;
    }
}

static void write_lines(struct mp_compare_lines *lines, struct mp_strbuf *buf) {
    for (size_t i = 0; i < lines->count; i++)
        mp_strbuf_addf(buf, "%s: %s\n", lines->line[i].label, lines->line[i].text);
    mp_compare_lines_release(lines);
}

/* The verdict of a comparison, with its figures. */
static void add_verdict(struct mp_export *export) {
    static const char *const tags[KIND_COUNT] = {"system-out", "failure", "error", ""};
    const struct mp_compare *compare = export->compare;
    struct mp_compare_lines lines = {0};
    enum kind kind = verdict_kind(&export->report);
    struct mp_strbuf *buf = export->buf, text;
    mp_strbuf_init(&text);
    for (size_t arm = 1; arm < compare->comparison.rule.arm_count; arm++)
        mp_strbuf_addf(&text, "%s%s", arm > 1 ? ", " : "", compare->arm[arm].name);
    mp_strbuf_addf(&text, " against %s", compare->arm[0].name);
    mp_strbuf_addstr(buf, "    <testcase");
    add_attribute(buf, "name", text.text);
    add_attribute(buf, "classname", "mpstress.comparison");
    mp_strbuf_addf(buf, " time=\"0.000\">\n      <%s", tags[kind]);
    if (kind != KIND_PASSED) {
        add_attribute(buf, "type", export->verdict);
        add_attribute(buf, "message", export->reason);
    }
    mp_strbuf_clear(&text);
    mp_strbuf_addf(&text, "\n%s: %s\n", export->verdict, export->reason);
    mp_compare_lines_of_pair(compare, &lines);
    mp_compare_lines_of_lives(compare, &lines);
    write_lines(&lines, &text);
    mp_compare_lines_of_strata(compare, &lines);
    write_lines(&lines, &text);
    mp_compare_lines_of_arms(compare, &lines);
    write_lines(&lines, &text);
    mp_compare_lines_of_tries(compare, &lines);
    write_lines(&lines, &text);
    mp_strbuf_addch(buf, '>');
    add_xml(buf, text.text);
    mp_strbuf_addf(buf, "</%s>\n    </testcase>\n", tags[kind]);
    mp_strbuf_release(&text);
}

static void add_dependence(struct mp_export *export) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_dependence_write(&export->dependence, "; ", &words);
    if (words.len > 0)
        add_property(export->buf, "not_independent", words.text);
    mp_strbuf_clear(&words);
    mp_reuse_write(&export->report.reuse, &words);
    if (words.len > 0)
        add_property(export->buf, "reuse", words.text);
    mp_strbuf_release(&words);
}

static void write_xml(struct mp_export *export) {
    struct mp_report *report = &export->report;
    uint64_t *times_ns = sum_times(report);
    size_t count[KIND_COUNT] = {0};
    for (size_t i = 0; i < report->cell_count; i++)
        count[find_kind(export, &report->cell[i])]++;
    size_t cases = report->cell_count + (export->compare != NULL);
    if (export->compare != NULL)
        count[verdict_kind(report)]++;
    struct mp_strbuf *buf = export->buf;
    char when[32];
    snprintf(when, sizeof(when), "%.19s", report->started_at);
    mp_strbuf_addf(
        buf,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mpstress\""
        " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n  <testsuite",
        cases, count[KIND_FAILURE], count[KIND_ERROR]);
    add_attribute(buf, "name", "mpstress");
    add_attribute(buf, "id", report->uuid);
    add_attribute(buf, "timestamp", when);
    mp_strbuf_addf(buf, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                   cases, count[KIND_FAILURE], count[KIND_ERROR], count[KIND_SKIPPED]);
    add_seconds(buf, (uint64_t)report->wall_ns);
    mp_strbuf_addstr(buf, ">\n    <properties>\n");
    add_property(buf, "verdict", export->verdict);
    add_property(buf, "reason", export->reason);
    add_property(buf, "campaign", report->uuid);
    add_property(buf, "command", report->argv);
    add_property(buf, "seed", report->seed);
    add_property(buf, "version", report->version);
    if (report->not_shown[0] != '\0')
        add_property(buf, "not_shown", report->not_shown);
    if (report->left_out != NULL)
        add_property(buf, "left_out", report->left_out);
    add_property(buf, "machine", report->machine);
    for (size_t i = 0; i < report->device_count; i++) {
        add_property(buf, "device", report->device[i].text);
        add_property(buf, "driver", report->device[i].facts);
    }
    const char *note;
    for (size_t i = 0; (note = mp_report_note(report, i)) != NULL; i++)
        add_property(buf, "note", note);
    add_dependence(export);
    mp_strbuf_addstr(buf, "    </properties>\n");
    if (export->compare != NULL)
        add_verdict(export);
    for (size_t i = 0; i < report->cell_count; i++)
        add_case(export, report, &report->cell[i], times_ns[i]);
    mp_strbuf_addstr(buf, "  </testsuite>\n</testsuites>\n");
    free(times_ns);
}

enum mp_status mp_report_junit(struct mp_store *store,
                               const struct mp_report_options *options,
                               struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                               struct mp_error *err) {
    return mp_export_run(write_xml, store, options, buf, ret_verdict, err);
}
