/* Rows read into structs, and the queries they come from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/fields.h"
#include "results/report/json.h"
#include "results/tests/fixture.h"

struct thing {
    int64_t number;
    double share;
    char *name, *lines, *stored;
    bool is_set;
    int beside; /* of no column */
};

#define THING(member, kind) MP_FIELD(struct thing, member, kind)

/* clang-format off */
static const struct mp_field TABLE[] = {
    THING(number, INTEGER), THING(share, REAL), THING(name, TEXT), THING(lines, LINES),
    THING(stored, JSON), THING(is_set, TRUTH),
};
/* clang-format on */

static const struct mp_fields things = MP_FIELDS(struct thing, TABLE);

static struct fixture fixture;
static struct mp_query query;
static struct mp_strbuf text;

static int set_up(void **state) {
    (void)state;
    fixture_open(&fixture);
    mp_query_begin(&query, fixture.store);
    mp_strbuf_init(&text);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_query_end(&query);
    mp_strbuf_release(&text);
    fixture_close(&fixture);
    return 0;
}

#define FULL                                                                             \
    "SELECT 'a' || char(10) AS name, 'b' || char(10) || char(27) AS lines, 7 AS number," \
    " 0.5 AS share, '{\"k\":[1]}' AS stored, 1 AS is_set, 'x' AS unknown"
#define EMPTY                                                                            \
    "SELECT NULL AS name, NULL AS lines, NULL AS number, NULL AS share, NULL AS stored," \
    " NULL AS is_set, NULL AS unknown"

static const char *print(const struct thing *list, size_t count, const char *names) {
    struct json_object *document = mp_json_object();
    mp_fields_add_list(&things, list, count, names, document, "list");
    mp_strbuf_clear(&text);
    mp_json_print(document, &text);
    return text.text;
}

static void columns_are_found_by_their_names(void **state) {
    (void)state;
    size_t count = 0;
    struct thing *list =
        mp_fields_list(&things, &query, FULL " UNION ALL " EMPTY, 0, 0, &count);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].number, 7);
    assert_true(list[0].share == 0.5);
    assert_string_equal(list[0].name, "a\n");
    assert_true(list[0].is_set);
    assert_int_equal(list[0].beside, 0);
    assert_true(list[1].number == MP_FIELD_NULL);
    assert_true(isnan(list[1].share));
    assert_null(list[1].name);
    assert_false(list[1].is_set);
    mp_fields_release(&things, list, count);
    free(list);
}

static void documents_have_the_members_that_are_named_in_that_order(void **state) {
    (void)state;
    size_t count = 0;
    struct thing *list =
        mp_fields_list(&things, &query, FULL " UNION ALL " EMPTY, 0, 0, &count);
    assert_string_equal(print(list, count, NULL),
                        "{\"list\":[{\"number\":7,\"share\":0.5,\"name\":\"a\\\\x0a\","
                        "\"lines\":\"b\\n\\\\x1b\",\"stored\":{\"k\":[1]},"
                        "\"is_set\":true},{\"number\":null,\"share\":null,\"name\":null,"
                        "\"lines\":null,\"stored\":null,\"is_set\":false}]}\n");
    assert_string_equal(print(list, 1, "is_set number"),
                        "{\"list\":[{\"is_set\":true,\"number\":7}]}\n");
    mp_fields_release(&things, list, count);
    free(list);
}

static void query_without_rows_leaves_the_struct_alone(void **state) {
    (void)state;
    size_t count = 9;
    struct thing thing = {.number = 3};
    assert_false(mp_fields_find(&things, &query, FULL " WHERE ?1 > ?2", 1, 2, &thing));
    assert_int_equal(thing.number, 3);
    assert_null(mp_fields_list(&things, &query, FULL " WHERE ?1 > ?2", 1, 2, &count));
    assert_int_equal(count, 0);
    assert_true(mp_fields_find(&things, &query, FULL " WHERE ?1 > ?2", 2, 1, &thing));
    mp_fields_release(&things, &thing, 1);
}

static void first_failure_is_kept_and_no_query_has_rows_after_it(void **state) {
    (void)state;
    struct mp_error err;
    struct thing thing = {0};
    assert_false(mp_fields_find(&things, &query, "SELECT * FROM nowhere", 0, 0, &thing));
    assert_false(
        mp_fields_find(&things, &query, "SELECT * FROM elsewhere", 0, 0, &thing));
    assert_false(mp_fields_find(&things, &query, FULL, 0, 0, &thing));
    assert_int_equal(mp_query_status(&query, &err), MP_STORE);
    assert_non_null(strstr(err.text, "nowhere"));
}

static void view_within_a_view_does_not_end_its_transaction(void **state) {
    (void)state;
    struct mp_query inner;
    mp_query_begin(&inner, fixture.store);
    mp_query_end(&inner);
    assert_int_equal(inner.code, SQLITE_OK);
    assert_int_equal(sqlite3_get_autocommit(query.db), 0);
    mp_query_end(&query);
    assert_int_equal(sqlite3_get_autocommit(query.db), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(columns_are_found_by_their_names),
        TEST(documents_have_the_members_that_are_named_in_that_order),
        TEST(query_without_rows_leaves_the_struct_alone),
        TEST(first_failure_is_kept_and_no_query_has_rows_after_it),
        TEST(view_within_a_view_does_not_end_its_transaction),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
