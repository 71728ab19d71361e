/* Nights to put into a database, and what the report says of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/nights_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture nights_fixture;
struct mp_strbuf nights_text;
struct mp_nights_options nights_options;
enum mp_verdict nights_verdict;

int nights_set_up(void **state) {
    (void)state;
    fixture_open(&nights_fixture);
    mp_strbuf_init(&nights_text);
    nights_options = (struct mp_nights_options){0};
    nights_verdict = MP_VERDICT_HARNESS;
    return 0;
}

int nights_tear_down(void **state) {
    (void)state;
    mp_strbuf_release(&nights_text);
    fixture_close(&nights_fixture);
    return 0;
}

sqlite3 *nights_db(void) {
    return mp_store_handle(nights_fixture.store);
}

void nights_run_sql(const char *sql) {
    char *words = NULL;
    if (sqlite3_exec(nights_db(), sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s: %s", sql, words);
}

int64_t nights_make_cell(const char *device, const char *scenario, const char *arm,
                         const char *role) {
    struct mp_round_spec spec;
    fixture_spec(&spec, device, scenario, arm);
    return fixture_cell(&nights_fixture, &spec, role);
}

/* A campaign of the night number `night` of November. */
void nights_begin_night(unsigned night) {
    char sql[256];
    fixture_begin_campaign(&nights_fixture);
    snprintf(sql, sizeof(sql),
             "UPDATE campaign SET night = '2026-11-%02u', started_at = "
             "'2026-11-%02uT22:00:00.000Z'"
             " WHERE id = %lld",
             night, night, (long long)nights_fixture.campaign_id);
    nights_run_sql(sql);
}

/* A million ops a second, unless a round takes longer than `run_us`. */
void nights_add_timed(int64_t cell, enum mp_outcome outcome, unsigned count,
                      unsigned run_us) {
    char sql[1024];
    snprintf(
        sql, sizeof(sql),
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
        " INSERT INTO round (campaign_id, cell_id, seq, seed, started_at, wall_ns, "
        "run_ns,"
        " outcome, detail, phase, ops_planned, ops_started, ops_done, ops_wrong, "
        "ops_dropped,"
        " ops_device, buffers_failed, hostile_syncs, threads_started, threads_unfinished,"
        " max_overlap, load, exit_kind, leaked, was_traced) SELECT %lld, %lld, %llu + i, "
        "'0x1',"
        " '', 1, %u * 1000, '%s', '', 'done', 1000, 1000, 1000, 0, 0, 1000, 0, 0, 1, 0, "
        "3,"
        " 0.25 + i %% 3, 'code', 0, 1 FROM n WHERE %u > 0",
        count, (long long)nights_fixture.campaign_id, (long long)cell,
        (unsigned long long)nights_fixture.seq, run_us, mp_outcome_name(outcome), count);
    nights_run_sql(sql);
    nights_fixture.seq += count;
}

void nights_add(int64_t cell, enum mp_outcome outcome, unsigned count) {
    nights_add_timed(cell, outcome, count, 1000);
}

/* A night of one subject, whose failures come first, and a control that fails `found`
 * times. */
void nights_add_night(unsigned night, unsigned failures, unsigned rounds,
                      unsigned found) {
    nights_begin_night(night);
    int64_t subject = nights_make_cell(SOUND, "mm", "none", "subject");
    int64_t control =
        nights_make_cell(RACING, "destroy_impl", "none", "positive_control");
    nights_add(subject, MP_OUTCOME_MISMATCH, failures);
    nights_add(subject, MP_OUTCOME_PASS, rounds - failures);
    nights_add(control, MP_OUTCOME_HANG, found);
    nights_add(control, MP_OUTCOME_PASS, 5 - found);
}

void nights_add_nights(const unsigned *failures, size_t count, unsigned rounds) {
    for (size_t i = 0; i < count; i++)
        nights_add_night((unsigned)i + 1, failures[i], rounds, 5);
}

const char *nights_show(void) {
    struct mp_error err;
    mp_strbuf_clear(&nights_text);
    if (mp_nights_text(nights_fixture.store, &nights_options, &nights_text,
                       &nights_verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
    return nights_text.text;
}

/* A value of the JSON document, which must agree with the text on the verdict. */
const char *nights_json(const char *path) {
    struct mp_error err;
    struct mp_strbuf document, sql;
    enum mp_verdict other = MP_VERDICT_HARNESS;
    sqlite3_stmt *stmt = NULL;
    static char value[512];
    nights_show();
    mp_strbuf_init(&document);
    mp_strbuf_init(&sql);
    if (mp_nights_json(nights_fixture.store, &nights_options, &document, &other, &err) !=
        MP_OK)
        fail_msg("%s", err.text);
    assert_int_equal(other, nights_verdict);
    assert_int_equal(sqlite3_prepare_v2(nights_db(),
                                        "SELECT json_valid(?1), json_extract(?1, ?2)", -1,
                                        &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(stmt, 1, document.text, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 1);
    const char *found = (const char *)sqlite3_column_text(stmt, 1);
    snprintf(value, sizeof(value), "%s", found == NULL ? "NULL" : found);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&document);
    mp_strbuf_release(&sql);
    return value;
}

void nights_assert_near(const char *path, double want, double tolerance) {
    double got = strtod(nights_json(path), NULL);
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s is %.17g, not %.17g", path, got, want);
}

void nights_assert_shows(const char *what) {
    if (strstr(nights_text.text, what) == NULL)
        fail_msg("'%s' is not in\n%s", what, nights_text.text);
}

void nights_set_environment(const char *os_build, const char *driver_id) {
    struct mp_error err;
    struct mp_environment env = {.os = "Debian 12",
                                 .cpu = "a processor",
                                 .gpu = "model",
                                 .driver = "mpmodel",
                                 .facts = "cores=2\nhost=x\nmemory=4.5"};
    snprintf(env.os_build, sizeof(env.os_build), "%s", os_build);
    snprintf(env.driver_id, sizeof(env.driver_id), "%s", driver_id);
    assert_int_equal(mp_store_environment(nights_fixture.store, &env,
                                          &nights_fixture.environment_id, &err),
                     MP_OK);
}
