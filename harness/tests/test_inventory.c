/* Tests of the catalog as JSON: one document that SQLite reads back, whatever the texts
 * hold.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <string.h>

#include "harness/supervisor/cli/inventory.h"

static const struct mp_option rows[] = {
    {.name = "n", .type = MP_OPTION_INT, .fallback = "4", .min = 1, .max = INT64_MAX},
    {.name = "q", .type = MP_OPTION_REAL, .real_min = 0, .real_max = 0.5},
    {.name = "share", .type = MP_OPTION_CHOICE, .choices = "thread|all"},
    {0},
};

static const struct mp_catalog catalog = {
    .item = {{.kind = MP_CATALOG_DEVICE, .name = "null", .is_present = true},
             {.kind = MP_CATALOG_SCENARIO,
              .name = "mm",
              .summary = "says \"no\", \\ and\n\033[31m \xff\xc3\xa9",
              .promises_overlap = true,
              .rows = rows},
             {.kind = MP_CATALOG_ARM, .name = "none"}},
    .count = 3,
};

/* What SQLite finds in the document at `path`, as text. */
static void assert_at(const char *document, const char *path, const char *expected) {
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT json_extract(?1, ?2)", -1, &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_text(stmt, 1, document, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(stmt, 0);
    assert_string_equal(found == NULL ? "NULL" : found, expected);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void catalog_json_is_one_line_that_keeps_every_part_in_order(void **state) {
    (void)state;
    static const char *const suites[] = {"smoke", "a \"b\"", NULL};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_inventory_json(&catalog, suites, &buf);
    assert_ptr_equal(strchr(buf.text, '\n'), buf.text + buf.len - 1);
    assert_at(buf.text, "$.command", "list");
    assert_at(buf.text, "$.devices[0].name", "null");
    assert_at(buf.text, "$.devices[0].summary", "NULL");
    assert_at(buf.text, "$.devices[0].present", "1");
    assert_at(buf.text, "$.devices[0].settings", "[]");
    assert_at(buf.text, "$.scenarios[0].promises_overlap", "1");
    assert_at(buf.text, "$.scenarios[0].parameters[0].max", "9223372036854775807");
    assert_at(buf.text, "$.scenarios[0].parameters[1].max", "0.5");
    assert_at(buf.text, "$.scenarios[0].parameters[1].choices", "NULL");
    assert_at(buf.text, "$.scenarios[0].parameters[2].choices", "[\"thread\",\"all\"]");
    assert_at(buf.text, "$.arms[0].serialises", "0");
    assert_at(buf.text, "$.suites[1]", "a \"b\"");
    mp_strbuf_release(&buf);
}

static void catalog_json_lets_no_control_byte_and_no_broken_text_through(void **state) {
    (void)state;
    static const char *const none[] = {NULL};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_inventory_json(&catalog, none, &buf);
    assert_at(buf.text, "$.scenarios[0].summary",
              "says \"no\", \\ and\\x0a\\x1b[31m \\xff\xc3\xa9");
    assert_null(strchr(buf.text, '\033'));
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalog_json_is_one_line_that_keeps_every_part_in_order),
        cmocka_unit_test(catalog_json_lets_no_control_byte_and_no_broken_text_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
