/* JUnit XML, Markdown and CSV: what they say, and that no text can break their form.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/report/report.h"
#include "results/tests/fixture.h"

static struct fixture fixture;
static struct mp_strbuf text;
static enum mp_verdict verdict;

static int set_up(void **state) {
    (void)state;
    fixture_open(&fixture);
    mp_strbuf_init(&text);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_strbuf_release(&text);
    fixture_close(&fixture);
    return 0;
}

static sqlite3 *db(void) {
    return mp_store_handle(fixture.store);
}

static void run_sql(const char *sql) {
    if (sqlite3_exec(db(), sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db()));
}

static int64_t cell(const char *scenario, const char *arm, const char *role) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", scenario, arm);
    return fixture_cell(&fixture, &spec, role);
}

static void crash_round(int64_t cell_id) {
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0x5c8);
    assert_int_equal(fixture_round(&fixture, cell_id, MP_OUTCOME_CRASH, crash,
                                   &FIXTURE_SIGNATURE, &err),
                     MP_OK);
    mp_crash_destroy(crash);
}

/* One cell of each fate. */
static void fill(void) {
    int64_t failing = cell("mm", "none", "subject");
    fixture_rounds(&fixture, failing, MP_OUTCOME_PASS, 8);
    fixture_rounds(&fixture, failing, MP_OUTCOME_DROPPED, 1);
    crash_round(failing);
    fixture_rounds(&fixture, cell("mm", "serial", "subject"), MP_OUTCOME_PASS, 5);
    fixture_rounds(&fixture, cell("mm", "fix", "subject"), MP_OUTCOME_SKIP, 2);
    fixture_rounds(&fixture, cell("linear", "none", "subject"), MP_OUTCOME_BROKEN, 2);
    fixture_rounds(&fixture, cell("silent", "none", "positive_control"), MP_OUTCOME_PASS,
                   3);
    fixture_rounds(&fixture, cell("found", "none", "positive_control"), MP_OUTCOME_HANG,
                   3);
    fixture_rounds(&fixture, cell("single", "none", "negative_control"), MP_OUTCOME_PASS,
                   3);
}

/* Every name and text becomes one that means something to each of the forms. */
static void make_hostile(void) {
    run_sql("CREATE TEMP TABLE t (x TEXT); INSERT INTO t VALUES "
            "('\"</testcase>]]><!--&amp;<b>'"
            " || char(10) || '| a | `b` | ' || char(13, 10) || '## [x](javascript:1) "
            "@everyone \\ ~~'"
            " || char(1, 27, 127, 133, 65534, 65535) || '-->,\"\",' || char(9) || ';');"
            "UPDATE cell SET scenario = scenario || (SELECT x FROM t), arm = arm || "
            "(SELECT x FROM t),"
            " device = (SELECT x FROM t) || id,"
            " params = json_object((SELECT x FROM t), (SELECT x FROM t));"
            "UPDATE round SET detail = (SELECT x FROM t), seed = (SELECT x FROM t);"
            "UPDATE signature SET title = (SELECT x FROM t), key = (SELECT x FROM t);"
            "UPDATE campaign SET argv = (SELECT x FROM t), seed = (SELECT x FROM t),"
            " version = (SELECT x FROM t);"
            "UPDATE environment SET os = (SELECT x FROM t), cpu = (SELECT x FROM t);"
            "UPDATE round_driver SET path = (SELECT x FROM t)");
}

static void write_junit(void) {
    struct mp_report_options options = {0};
    struct mp_error err;
    if (mp_report_junit(fixture.store, &options, &text, &verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static void write_markdown(void) {
    struct mp_report_options options = {0};
    struct mp_error err;
    if (mp_report_markdown(fixture.store, &options, &text, &verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static void write_csv(void) {
    struct mp_report_options options = {0};
    struct mp_error err;
    FILE *file = tmpfile();
    assert_non_null(file);
    options.file = file;
    struct mp_strbuf rest;
    mp_strbuf_init(&rest);
    if (mp_report_csv(fixture.store, &options, &rest, &verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
    rewind(file);
    for (int byte = fgetc(file); byte != EOF; byte = fgetc(file))
        mp_strbuf_addch(&text, (char)byte);
    fclose(file);
    mp_strbuf_add(&text, rest.text, rest.len);
    mp_strbuf_release(&rest);
}

static size_t count_words(const char *words) {
    size_t count = 0;
    for (const char *at = strstr(text.text, words); at != NULL;
         at = strstr(at + 1, words))
        count++;
    return count;
}

static void assert_says(const char *words) {
    if (strstr(text.text, words) == NULL)
        fail_msg("'%s' is not in:\n%s", words, text.text);
}

/* Jenkins' schema, by xmllint. */
static void assert_is_junit(void) {
    if (system("command -v xmllint > /dev/null") != 0)
        skip();
    char path[512], command[2048];
    snprintf(path, sizeof(path), "%s/junit.xml", fixture.folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(text.text, 1, text.len, file);
    fclose(file);
    snprintf(command, sizeof(command), "xmllint --noout --schema %s %s", MP_JUNIT_SCHEMA,
             path);
    int code = system(command);
    unlink(path);
    if (code != 0)
        fail_msg("this is no JUnit XML:\n%s", text.text);
}

static void junit_has_one_case_for_each_cell_with_its_fate(void **state) {
    (void)state;
    fill();
    write_junit();
    assert_int_equal(verdict, MP_VERDICT_FAILURES);
    assert_says("tests=\"7\" failures=\"1\" errors=\"2\" skipped=\"1\"");
    assert_int_equal(count_words("<testcase "), 7);
    assert_says("<failure type=\"failures\" message=\"2 of 10 rounds failed (1 crash, 1 "
                "dropped), 20.0 % [2.52, 55.7]\">");
    assert_says("SIGSEGV reading NULL+0x5c8");
    assert_says("--round-seed 0x100a");
    assert_says("<error type=\"no_power\" message=\"SILENT: no power; 0 of 3");
    assert_says("<error type=\"broken\"");
    assert_says("<skipped type=\"not_counted\" message=\"no counted round; 0 of 0 rounds "
                "failed, unknown; 2 without verdict\"");
    assert_says("classname=\"mpstress.single\" time=\"0.075\"");
    assert_is_junit();
}

static void junit_stays_whole_whatever_the_names_are(void **state) {
    (void)state;
    fill();
    make_hostile();
    write_junit();
    assert_int_equal(count_words("<testcase "), 7);
    assert_int_equal(count_words("</testcase>"), 7);
    assert_int_equal(count_words("<b>"), 0);
    assert_is_junit();
}

static void markdown_shows_the_cells_as_a_table(void **state) {
    (void)state;
    fill();
    write_markdown();
    assert_int_equal(verdict, MP_VERDICT_FAILURES);
    assert_says("### mpstress: failures\n");
    assert_says("| mm | none |  | 10 | 2 | 0 | 20.0 % \\[2.52, 55.7\\] |\n");
    assert_says("| SILENT: no power | 3 | 0 | 0 |");
    assert_says("- 1 round, newest 10: SIGSEGV reading NULL\\+0x5c8");
}

/* Markup that is not escaped: of a line, the number of '|'; elsewhere none at all. What is
 * fenced may hold anything but the end of the fence, the one line that is indented
 * anything. */
static void markdown_stays_whole_whatever_the_names_are(void **state) {
    (void)state;
    fill();
    make_hostile();
    write_markdown();
    size_t rows = 0, fences = 0;
    const char *before = "";
    for (char *rest = NULL, *line = strtok_r(text.text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        size_t bars = 0;
        if (strcmp(line, fences % 2 == 0 ? "  ```sh" : "  ```") == 0)
            fences++;
        else if (fences % 2 == 1)
            assert_memory_equal(line, "  mpstress ", 11);
        if (strncmp(line, "    ", 4) == 0) {
            assert_string_equal(before, "Command:");
            continue;
        }
        before = line;
        if (line[2] == '`' || fences % 2 == 1)
            continue;
        for (const char *at = line; *at != '\0'; at++)
            if (*at == '\\')
                at++;
            else if (*at == '|')
                bars++;
            else if (strchr("<`@", *at) != NULL || (unsigned char)*at < 0x20)
                fail_msg("'%c' stands alone in: %s", *at, line);
        rows += line[0] == '|';
        if (bars != (line[0] == '|' ? 8u : 0u))
            fail_msg("%zu bars in: %s", bars, line);
    }
    assert_int_equal(rows, 2 + 7);
    assert_true(fences > 0 && fences % 2 == 0);
}

/* The next field of RFC 4180, unquoted; `ret_end` is ',' or '\r' behind it. */
static const char *read_field(const char *at, struct mp_strbuf *field, char *ret_end) {
    mp_strbuf_clear(field);
    bool is_quoted = *at == '"';
    at += is_quoted;
    while (is_quoted ? !(at[0] == '"' && at[1] != '"') : strchr(",\r", *at) == NULL) {
        assert_int_not_equal(*at, '\0');
        at += is_quoted && at[0] == '"';
        mp_strbuf_addch(field, *at++);
    }
    at += is_quoted;
    *ret_end = *at;
    assert_true(*at == ',' || strncmp(at, "\r\n", 2) == 0);
    return at + (*at == ',' ? 1 : 2);
}

static void csv_gives_back_every_text_escaped(void **state) {
    (void)state;
    fill();
    make_hostile();
    write_csv();
    struct mp_strbuf field, detail;
    mp_strbuf_init(&field);
    mp_strbuf_init(&detail);
    const char *raw = fixture_text(db(), "SELECT x FROM t");
    mp_strbuf_add_escaped(&detail, raw, strlen(raw), 1);
    size_t columns = 0, records = 0, detail_column = SIZE_MAX;
    for (const char *at = text.text; *at != '\0'; records++) {
        size_t column = 0;
        for (char end = ','; end == ','; column++) {
            at = read_field(at, &field, &end);
            if (records == 0 && strcmp(field.text, "detail") == 0)
                detail_column = column;
            else if (records > 0 && column == detail_column)
                assert_string_equal(field.text, detail.text);
        }
        columns = records == 0 ? column : columns;
        assert_int_equal(column, columns);
    }
    assert_true(detail_column != SIZE_MAX);
    assert_int_equal(records, 1 + 28);
    assert_int_equal(
        strncmp(text.text, "campaign,device,scenario,params,arm,role,class,signature,id,",
                60),
        0);
    mp_strbuf_release(&field);
    mp_strbuf_release(&detail);
}

static void csv_holds_no_formula(void **state) {
    (void)state;
    static const struct {
        const char *detail, *field;
    } rows[] = {{"=1+1", ",'=1+1,"},
                {"@SUM(A1)", ",'@SUM(A1),"},
                {"+x", ",'+x,"},
                {"-x", ",'-x,"},
                {"-5", ",-5,"},
                {"=a,b", ",\"'=a,b\","},
                {" =1", ",' =1,"},
                {"\u00a0 =1", ",'\u00a0 =1,"},
                {"\uff1d1", ",'\uff1d1,"},
                {" a=1", ", a=1,"},
                {"\x1b[1m", ",\\x1b[1m,"}};
    fixture_rounds(&fixture, cell("mm", "none", "subject"), MP_OUTCOME_PASS, 1);
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        char *sql = sqlite3_mprintf("UPDATE round SET detail = %Q", rows[i].detail);
        run_sql(sql);
        sqlite3_free(sql);
        mp_strbuf_clear(&text);
        write_csv();
        assert_says(rows[i].field);
    }
}

static void csv_quotes_what_holds_no_more_than_one_of_its_marks(void **state) {
    (void)state;
    static const char *const marks[] = {",", "\n", "\""};
    fixture_rounds(&fixture, cell("mm", "none", "subject"), MP_OUTCOME_PASS, 1);
    for (size_t i = 0; i < MP_COUNT(marks); i++) {
        char sql[64], words[64];
        snprintf(sql, sizeof(sql), "UPDATE round SET detail = 'a%sb'", marks[i]);
        snprintf(words, sizeof(words), "pass,\"a%s%sb\",done", marks[i],
                 i == 2 ? "\"" : "");
        run_sql(sql);
        mp_strbuf_clear(&text);
        write_csv();
        assert_says(words);
    }
}

static void csv_holds_only_the_campaign_that_was_named(void **state) {
    (void)state;
    fill();
    fixture_begin_campaign(&fixture);
    run_sql("UPDATE campaign SET started_at = '2999-01-01' WHERE id = 2");
    fixture_rounds(&fixture, cell("mm", "none", "subject"), MP_OUTCOME_PASS, 2);
    write_csv();
    assert_int_equal(count_words("\r\n"), 3);
    assert_int_equal(verdict, MP_VERDICT_CLEAN_NO_CONTROL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(junit_has_one_case_for_each_cell_with_its_fate),
        TEST(junit_stays_whole_whatever_the_names_are),
        TEST(markdown_shows_the_cells_as_a_table),
        TEST(markdown_stays_whole_whatever_the_names_are),
        TEST(csv_gives_back_every_text_escaped),
        TEST(csv_holds_no_formula),
        TEST(csv_quotes_what_holds_no_more_than_one_of_its_marks),
        TEST(csv_holds_only_the_campaign_that_was_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
