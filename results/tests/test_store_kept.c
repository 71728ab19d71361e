/* Thousands of rounds that failed: which of them keep their detail, and what the file
 * weighs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/store/request.h"
#include "results/tests/fixture.h"

#define FIRST  3
#define NEWEST 4

static const struct mp_retention KEEP = {.first = FIRST, .newest = NEWEST};
static const struct mp_signature_row OTHER = {
    .key = "SIGBUS|wild|memcpy", .title = "SIGBUS in memcpy", .family = "wild:memcpy"};

static struct fixture fixture;
static int64_t cell;

static int set_up(void **state) {
    struct mp_round_spec spec;
    (void)state;
    fixture_open(&fixture);
    fixture_spec(&spec, "metal@model:reader=U", "mm", "none");
    cell = fixture_cell(&fixture, &spec, "subject");
    fixture.retention = &KEEP;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void assert_query(const char *sql, const char *want) {
    const char *got = fixture_text(mp_store_handle(fixture.store), sql);
    if (strcmp(got, want) != 0)
        fail_msg("%s\n  got  '%s'\n  want '%s'", sql, got, want);
}

static void add_crashes(const struct mp_signature_row *signature, unsigned count) {
    struct mp_crash *crash = fixture_crash(0x5c8);
    for (unsigned i = 0; i < count; i++) {
        struct mp_error err;
        if (fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, signature, &err) !=
            MP_OK)
            fail_msg("%s", err.text);
    }
    mp_crash_destroy(crash);
}

static void assert_sound(void) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture.store, "retention", &text);
    assert_string_equal(text.text, "");
    mp_strbuf_release(&text);
}

#define KEPT(table)                                                                      \
    "SELECT group_concat(round_id) FROM (SELECT DISTINCT round_id FROM " table           \
    " ORDER BY 1)"

/* Round 1 stays as the first of the campaign; then the first and the newest of each
 * kind. */
static void first_and_newest_of_each_signature_keep_their_detail(void **state) {
    (void)state;
    add_crashes(&FIXTURE_SIGNATURE, 20);
    add_crashes(&OTHER, 20);
    static const char want[] = "1,2,3,4,17,18,19,20,21,22,23,37,38,39,40";
    assert_query(KEPT("round_text"), want);
    assert_query(KEPT("event"), want);
    assert_query(KEPT("crash JOIN crash_thread ON crash_id = id"), want);
    assert_query(KEPT("crash JOIN crash_frame ON crash_id = id"), want);
    assert_query(KEPT("crash JOIN crash_module ON crash_id = id"), want);
    assert_query(
        "SELECT group_concat(kind || ' ' || n) FROM (SELECT kind, count(*) AS n FROM"
        " retention GROUP BY kind ORDER BY kind)",
        "SIGBUS|wild|memcpy 7,SIGSEGV|null|setComputePipelineState: 8");
    assert_query("SELECT count(*) || ' ' || count(signature_id) FROM crash", "40 40");
    assert_query("SELECT failed FROM balance", "40");
    assert_sound();
}

static void an_outcome_without_a_signature_is_a_kind_of_its_own(void **state) {
    (void)state;
    add_crashes(&FIXTURE_SIGNATURE, 1);
    fixture_rounds(&fixture, cell, MP_OUTCOME_MISMATCH, 12);
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 5);
    fixture_rounds(&fixture, cell, MP_OUTCOME_SKIP, 12);
    assert_query(KEPT("round_text"), "1,2,3,4,10,11,12,13,19,20,21,27,28,29,30");
    assert_sound();
}

static void each_campaign_keeps_its_own(void **state) {
    (void)state;
    struct mp_round_spec spec;
    add_crashes(&FIXTURE_SIGNATURE, 10);
    fixture_begin_campaign(&fixture);
    fixture_spec(&spec, "metal@model:reader=U", "mm", "none");
    cell = fixture_cell(&fixture, &spec, "subject");
    add_crashes(&FIXTURE_SIGNATURE, 10);
    assert_query(KEPT("round_text"), "1,2,3,4,7,8,9,10,11,12,13,14,17,18,19,20");
    assert_sound();
}

/* The very first stays although nothing else of the beginning is wanted. */
static void first_abnormal_round_is_never_rotated_out(void **state) {
    static const struct mp_retention one = {.first = 0, .newest = 1};
    (void)state;
    fixture.retention = &one;
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 2);
    add_crashes(&FIXTURE_SIGNATURE, 30);
    assert_query(KEPT("round_text"), "3,32");
    assert_sound();
}

static void add_canary(uint64_t after_seq, enum mp_outcome outcome) {
    struct mp_error err;
    struct mp_health_row row = {.campaign_id = fixture.campaign_id,
                                .after_seq = after_seq,
                                .device = "metal",
                                .outcome = outcome,
                                .detail = ""};
    assert_int_equal(mp_store_health(fixture.store, &row, &err), MP_OK);
}

/* Its canary passed after round 5 and failed after rounds 6 and 7: 6 is where it went
 * wrong. */
static void round_that_left_the_device_unwell_is_never_rotated_out(void **state) {
    (void)state;
    add_crashes(&FIXTURE_SIGNATURE, 7);
    add_canary(5, MP_OUTCOME_PASS);
    add_canary(6, MP_OUTCOME_HANG);
    add_canary(7, MP_OUTCOME_HANG);
    add_crashes(&FIXTURE_SIGNATURE, 23);
    assert_query(KEPT("round_text"), "1,2,3,4,6,27,28,29,30");
    assert_query(KEPT("event"), "1,2,3,4,6,27,28,29,30");
    assert_sound();
}

static void without_limits_everything_is_kept(void **state) {
    (void)state;
    fixture.retention = NULL;
    add_crashes(&FIXTURE_SIGNATURE, 30);
    assert_query(
        "SELECT count(*) || ' ' || (SELECT count(*) FROM retention) FROM round_text",
        "30 0");
}

/* A row of `round` and one of `crash` each; nothing that grows with what a crash
 * holds. */
static void thousands_of_crashes_weigh_little_more_than_their_rows(void **state) {
    enum { BATCH = 1000, BYTES_MAX = 700 };
    sqlite3 *db = mp_store_handle(fixture.store);
    (void)state;
    static const char size[] = "SELECT page_count * page_size FROM pragma_page_count,"
                               " pragma_page_size";
    add_crashes(&FIXTURE_SIGNATURE, BATCH);
    int64_t before = fixture_integer(db, size);
    add_crashes(&FIXTURE_SIGNATURE, 2 * BATCH);
    int64_t each = (fixture_integer(db, size) - before) / (2 * BATCH);
    if (each > BYTES_MAX)
        fail_msg("each crash adds %lld bytes", (long long)each);
    assert_query("SELECT count(*) FROM retention", "8");
    assert_sound();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(first_and_newest_of_each_signature_keep_their_detail),
        TEST(an_outcome_without_a_signature_is_a_kind_of_its_own),
        TEST(each_campaign_keeps_its_own),
        TEST(first_abnormal_round_is_never_rotated_out),
        TEST(round_that_left_the_device_unwell_is_never_rotated_out),
        TEST(without_limits_everything_is_kept),
        TEST(thousands_of_crashes_weigh_little_more_than_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
