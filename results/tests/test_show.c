/* show: rounds, crashes and signatures as text, as JSON and as a trace.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/show.h"
#include "results/tests/fixture.h"

static struct fixture fixture;
static struct mp_strbuf text;
static struct mp_error err;
static int64_t cell;

/* Rounds: 1 passes, 2 and 3 crash at different addresses with one signature, 4 is
 * wrong. */
static int set_up(void **state) {
    (void)state;
    struct mp_round_spec spec;
    fixture_open(&fixture);
    mp_strbuf_init(&text);
    fixture_spec(&spec, "metal@model:defects=destroy_race,reader=U", "destroy_impl",
                 "none");
    cell = fixture_cell(&fixture, &spec, "subject");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 1);
    static const uint64_t addresses[] = {0x5c8, 0x98};
    for (size_t i = 0; i < 2; i++) {
        struct mp_crash *crash = fixture_crash(addresses[i]);
        assert_int_equal(fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash,
                                       &FIXTURE_SIGNATURE, &err),
                         MP_OK);
        mp_crash_destroy(crash);
    }
    fixture_rounds(&fixture, cell, MP_OUTCOME_MISMATCH, 1);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_strbuf_release(&text);
    fixture_close(&fixture);
    return 0;
}

static void show(enum mp_show_kind kind, int64_t id) {
    struct mp_show_options options = {.kind = kind, .id = id};
    mp_strbuf_clear(&text);
    if (mp_show_text(fixture.store, &options, &text, &err) != MP_OK)
        fail_msg("%s", err.text);
}

/* The value of `sql` about the document `json(?1)`. */
static const char *query_document(const char *sql) {
    static char value[4096];
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = mp_store_handle(fixture.store);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_bind_text(stmt, 1, text.text, -1, SQLITE_STATIC);
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const char *column = (const char *)sqlite3_column_text(stmt, 0);
    snprintf(value, sizeof(value), "%s", column != NULL ? column : "NULL");
    sqlite3_finalize(stmt);
    return value;
}

static void has(const char *words) {
    if (strstr(text.text, words) == NULL)
        fail_msg("'%s' is missing in:\n%s", words, text.text);
}

static void round_is_shown_with_all_that_is_known(void **state) {
    (void)state;
    show(MP_SHOW_ROUND, 2);
    has("crash  round 2");
    has("destroy_impl:n=256,q=0.5,sync=off_queue,threads=8");
    has("SIGSEGV code 1, read at 0x5c8 (null)");
    has("thread 4711 'worker 3', faulting (signal 11), in encode on stream 7\n");
    has("   0  -[AGXG16XFamilyComputeContext setComputePipelineState:] + 24  "
        "libmpmodel.so\n");
    has("thread 4712 'worker 4'\n"); /* every thread that was captured */
    has("rip=0xffff800000001018");
    has("/opt/mpstress/libmpmodel.so (0123abcd)");
    has("worker 3     enters encode on stream 7, and never returned\n");
    has("        -1.250  worker 4     enters commit on stream 7\n");
    has("         0.000  worker 4     leaves commit on stream 7, status 1\n");
    has("worker 3 (4711)       in encode on stream 7\n");
    has("worker 4 (4712)       outside the driver, stopped inside the recorder\n");
    has("     last\n     words\n");
    has("mpstress run destroy_impl:n=256,q=0.5,sync=off_queue,threads=8");
    has("--round-seed 0x1002");
}

static void both_sides_of_a_race_are_named(void **state) {
    (void)state;
    show(MP_SHOW_CRASH, 1);
    has("one side   worker 3 was in encode on stream 7\n");
    has("meanwhile  worker 4 in commit\n");
    assert_null(strstr(text.text, "other side"));
    assert_int_equal(
        sqlite3_exec(mp_store_handle(fixture.store),
                     "UPDATE crash SET other_key = '-[AGX* commit]' WHERE id = 1", NULL,
                     NULL, NULL),
        SQLITE_OK);
    show(MP_SHOW_CRASH, 1);
    has("other side -[AGX* commit]\n");
}

static void change(const char *sql) {
    char *message = NULL;
    if (sqlite3_exec(mp_store_handle(fixture.store), sql, NULL, NULL, &message) !=
        SQLITE_OK)
        fail_msg("%s", message);
}

/* The faulting thread of round 2 becomes one that a library started, under the name that
 * it inherited. */
static void fault_on_a_thread_of_the_driver_names_it_and_who_gave_it_work(void **state) {
    const struct mp_show_options options = {.kind = MP_SHOW_CRASH, .id = 1};
    (void)state;
    show(MP_SHOW_CRASH, 1);
    assert_null(strstr(text.text, "work of"));
    assert_null(strstr(text.text, "started by"));
    mp_strbuf_clear(&text);
    assert_int_equal(mp_show_json(fixture.store, &options, &text, &err), MP_OK);
    assert_string_equal(query_document("SELECT json_type(?1, '$.crashes[0].work_of')"),
                        "null");
    change("BEGIN; PRAGMA defer_foreign_keys = 1;"
           " UPDATE crash_thread SET tid = 99, frames = 3 WHERE crash_id = 1 AND tid = "
           "4711;"
           " UPDATE crash SET tid = 99 WHERE id = 1;"
           " DELETE FROM crash_frame WHERE crash_id = 1 AND tid = 4711;"
           " INSERT INTO crash_frame (crash_id, tid, depth, pc, module, offset) VALUES"
           " (1, 99, 0, '0x10', '/opt/lib/libdriver.so.5', 16),"
           " (1, 99, 1, '0x20', '/lib/libc.so.6', 32),"
           " (1, 99, 2, '0x30', '/lib/libc.so.6', 48); COMMIT");
    show(MP_SHOW_CRASH, 1);
    has("thread 99 'worker 3', started by libdriver.so.5, faulting (signal 11)\n");
    has("work of    worker 4 by commit on stream 7, 1.2 µs before the last call\n");
    mp_strbuf_clear(&text);
    assert_int_equal(mp_show_json(fixture.store, &options, &text, &err), MP_OK);
    assert_string_equal(
        query_document("SELECT json_extract(?1, '$.crashes[0].threads[0].started_by')"),
        "libdriver.so.5");
    assert_string_equal(
        query_document("SELECT json_extract(?1, '$.crashes[0].work_of[0].thread') || ' '"
                       " || json_extract(?1, '$.crashes[0].work_of[0].op') || ' ' ||"
                       " json_extract(?1, '$.crashes[0].work_of[0].object')"),
        "4 commit 7");
    /* What it had waited for to the end was done. */
    change("INSERT INTO event SELECT 2, 4, seq + 1, t_ns + 1, 'wait', 'leave', '7', '0'"
           " FROM event WHERE round_id = 2 AND thread = 4 ORDER BY seq DESC LIMIT 1");
    show(MP_SHOW_CRASH, 1);
    assert_null(strstr(text.text, "work of"));
    /* Of a stack that is cut, or begins elsewhere, the oldest frame tells nothing. */
    change("UPDATE crash_thread SET frames = 9 WHERE crash_id = 1 AND tid = 99");
    show(MP_SHOW_CRASH, 1);
    assert_null(strstr(text.text, "started by"));
    change("UPDATE crash_thread SET frames = 1 WHERE crash_id = 1 AND tid = 99;"
           " DELETE FROM crash_frame WHERE crash_id = 1 AND tid = 99 AND depth > 0");
    show(MP_SHOW_CRASH, 1);
    assert_null(strstr(text.text, "started by"));
}

static void call_that_never_came_back_is_shown_however_old_it_is(void **state) {
    (void)state;
    assert_int_equal(
        sqlite3_exec(
            mp_store_handle(fixture.store),
            "WITH RECURSIVE n(i) AS (SELECT 11 UNION ALL SELECT i + 1 FROM n WHERE i < "
            "110)"
            " INSERT INTO event SELECT 2, 4, i, 9000 + i, 'wait', iif(i % 2, 'enter',"
            " 'leave'), '7', '0' FROM n",
            NULL, NULL, NULL),
        SQLITE_OK);
    show(MP_SHOW_ROUND, 2);
    has("worker 3     enters encode on stream 7, and never returned\n");
    has("     63 earlier calls are kept: see --trace and --json\n");
    assert_null(strstr(text.text, "commit on stream 7\n"));
}

static void round_without_a_crash_is_shown_too(void **state) {
    (void)state;
    show(MP_SHOW_ROUND, 1);
    has("pass  round 1");
    assert_null(strstr(text.text, "The last device calls"));
    show(MP_SHOW_ROUND, 4);
    has("mismatch  round 4");
    has("and never returned");
    assert_null(strstr(text.text, "faulting"));
}

static void signature_counts_its_crashes_and_shows_the_newest(void **state) {
    (void)state;
    show(MP_SHOW_SIGNATURE, 1);
    has("2 crashes in 2 rounds\n");
    has("first      round 2,");
    has("last       round 3,");
    has("             0x5c8        1  ####");
    has("              0x98        1  ####");
    has("reader=U: 2 of 4 rounds\n");
    has("crash  round 3");
}

static void json_holds_the_same(void **state) {
    (void)state;
    static const struct mp_show_options options[] = {
        {.kind = MP_SHOW_ROUND, .id = 2},
        {.kind = MP_SHOW_CRASH, .id = 1},
        {.kind = MP_SHOW_SIGNATURE, .id = 1}};
    static const char *const rounds[] = {"2", "2", "3"};
    for (size_t i = 0; i < 3; i++) {
        mp_strbuf_clear(&text);
        if (mp_show_json(fixture.store, &options[i], &text, &err) != MP_OK)
            fail_msg("%s", err.text);
        assert_string_equal(query_document("SELECT json_extract(?1, '$.kind')"),
                            mp_show_kind_name(options[i].kind));
        assert_string_equal(query_document("SELECT json_extract(?1, '$.round.id')"),
                            rounds[i]);
        assert_string_equal(
            query_document(
                "SELECT json_extract(?1, '$.crashes[0].threads[0].frames[1].symbol')"),
            "encode_mm");
        assert_string_equal(
            query_document("SELECT json_array_length(?1, '$.crashes[0].threads')"), "2");
        assert_string_equal(
            query_document("SELECT json_extract(?1, '$.threads[0].in_flight.op')"),
            "encode");
        assert_string_equal(
            query_document("SELECT json_type(?1, '$.threads[1].in_flight')"), "null");
        assert_string_equal(query_document("SELECT json_array_length(?1, '$.events')"),
                            "4");
    }
    assert_string_equal(query_document("SELECT json_extract(?1, '$.statistics.count')"),
                        "2");
    assert_string_equal(
        query_document("SELECT json_extract(?1, '$.statistics.first_round')"), "2");
    assert_string_equal(query_document("SELECT json_extract(?1, '$.cells[0].rounds')"),
                        "4");
}

/* The value of `expression` over the rows `e` of the trace. */
#define TRACE(expression, condition)                                                     \
    query_document(                                                                      \
        "SELECT " expression " FROM (SELECT key, value ->> 'ph' AS ph, value ->>"        \
        " 'name' AS name, value ->> 'tid' AS tid, value ->> 'ts' AS ts, value ->>"       \
        " 'dur' AS dur FROM json_each(?1, '$.traceEvents')) AS e WHERE " condition)

static void trace_leaves_the_call_open_that_never_returned(void **state) {
    (void)state;
    struct mp_show_options options = {.kind = MP_SHOW_ROUND, .id = 2};
    if (mp_show_trace(fixture.store, &options, &text, &err) != MP_OK)
        fail_msg("%s", err.text);
    assert_string_equal(query_document("SELECT json_extract(?1, '$.otherData.outcome')"),
                        "crash");
    assert_string_equal(TRACE("group_concat(name || tid || '@' || ts)", "ph = 'B'"),
                        "encode3@1.5");
    assert_string_equal(
        TRACE("group_concat(name || tid || '@' || ts || '+' || dur)", "ph = 'X'"),
        "commit4@1.0+1.25");
    assert_string_equal(TRACE("count(*)", "ph IN ('E', 'f')"), "0");
    /* A return whose call is no longer in the ring is left out. */
    assert_string_equal(TRACE("count(*)", "ph IN ('B', 'X')"), "2");
    assert_string_equal(TRACE("group_concat(name || tid || '@' || ts)", "ph = 'i'"),
                        "SIGSEGV 0x5c83@2.25");
    assert_string_equal(TRACE("group_concat(ph || tid || '@' || ts)", "ph IN ('s', 't')"),
                        "s3@1.5,t4@1.625");
    assert_string_equal(
        TRACE("group_concat(name)", "ph = 'M' AND tid = 3 AND name LIKE 'thread%'"),
        "thread_name,thread_sort_index");
    /* In the order of time. */
    assert_string_equal(
        query_document("SELECT count(*) FROM (SELECT value ->> 'ts' AS ts, lag(value"
                       " ->> 'ts') OVER (ORDER BY key) AS before FROM"
                       " json_each(?1, '$.traceEvents')) WHERE ts < before"),
        "0");
}

static void what_is_not_there_is_named(void **state) {
    (void)state;
    static const char *const words[] = {"no round 99", "no crash 99", "no signature 99",
                                        "no report 99"};
    for (int kind = 0; kind < MP_SHOW_COUNT; kind++) {
        struct mp_show_options options = {.kind = (enum mp_show_kind)kind, .id = 99};
        assert_int_equal(mp_show_text(fixture.store, &options, &text, &err),
                         MP_NOT_FOUND);
        assert_non_null(strstr(err.text, words[kind]));
        assert_int_equal(mp_show_json(fixture.store, &options, &text, &err),
                         MP_NOT_FOUND);
    }
    struct mp_show_options passed = {.kind = MP_SHOW_ROUND, .id = 1};
    assert_int_equal(mp_show_trace(fixture.store, &passed, &text, &err), MP_NOT_FOUND);
    passed.kind = MP_SHOW_SIGNATURE;
    assert_int_equal(mp_show_trace(fixture.store, &passed, &text, &err), MP_USAGE);
}

static void bytes_of_a_round_cannot_act_on_the_terminal(void **state) {
    (void)state;
    /* As if another program had written the rows, unescaped. */
    assert_int_equal(
        sqlite3_exec(
            mp_store_handle(fixture.store),
            "UPDATE round_text SET stderr = 'a' || char(27) || '[2J';"
            "UPDATE crash_thread SET name = char(27) || ']0;x' || char(7);"
            "UPDATE crash_frame SET symbol = 'f' || char(155) || char(27) || 'c';"
            "UPDATE crash_module SET path = '/tmp/' || char(10) || char(27) || 'm';"
            "UPDATE event SET op = char(27) || 'c', object = char(27) WHERE seq > 0;"
            "UPDATE round SET detail = char(27) || 'c'",
            NULL, NULL, NULL),
        SQLITE_OK);
    for (int kind = 0; kind < MP_SHOW_REPORT; kind++) {
        show((enum mp_show_kind)kind, kind == MP_SHOW_ROUND ? 2 : 1);
        assert_null(strchr(text.text, '\033'));
        assert_null(strchr(text.text, '\a'));
        has("\\x1b");
        struct mp_show_options options = {.kind = (enum mp_show_kind)kind,
                                          .id = 1 + (kind == 0)};
        mp_strbuf_clear(&text);
        assert_int_equal(mp_show_json(fixture.store, &options, &text, &err), MP_OK);
        assert_null(strchr(text.text, '\033'));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(round_is_shown_with_all_that_is_known),
        TEST(both_sides_of_a_race_are_named),
        TEST(fault_on_a_thread_of_the_driver_names_it_and_who_gave_it_work),
        TEST(call_that_never_came_back_is_shown_however_old_it_is),
        TEST(round_without_a_crash_is_shown_too),
        TEST(signature_counts_its_crashes_and_shows_the_newest),
        TEST(json_holds_the_same),
        TEST(trace_leaves_the_call_open_that_never_returned),
        TEST(what_is_not_there_is_named),
        TEST(bytes_of_a_round_cannot_act_on_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
