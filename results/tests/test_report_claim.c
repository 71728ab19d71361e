/* What a report says of a campaign with a claim: verdict, words, JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "results/report/report.h"
#include "results/store/plan.h"
#include "results/tests/fixture.h"

/* A campaign that claims rate<5%@95%. */
struct night {
    struct fixture fixture;
    struct mp_strbuf text, json;
    enum mp_verdict verdict;
};

static void begin(struct night *night) {
    struct mp_error err;
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05};
    struct mp_plan_row plan = {
        .kind = "run", .claim = &claim, .prior_a = 0.5, .prior_b = 10.0};
    struct mp_campaign_row row = {.argv = "mpstress run", .version = "0.1.0"};
    memset(night, 0, sizeof(*night));
    mp_strbuf_init(&night->text);
    mp_strbuf_init(&night->json);
    fixture_open(&night->fixture);
    row.environment_id = night->fixture.environment_id;
    assert_int_equal(mp_store_plan(night->fixture.store, &plan, &row.plan_id, &err),
                     MP_OK);
    assert_int_equal(mp_store_campaign_begin(night->fixture.store, &row,
                                             &night->fixture.campaign_id, &err),
                     MP_OK);
    night->fixture.seq = 0;
}

static void add(struct night *night, const char *role, const char *arm,
                enum mp_outcome outcome, unsigned rounds) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", "mm", arm);
    fixture_rounds(&night->fixture, fixture_cell(&night->fixture, &spec, role), outcome,
                   rounds);
}

/* Reports it as it stands. */
static void look(struct night *night) {
    struct mp_error err;
    struct mp_report_options options = {.campaign_id = night->fixture.campaign_id,
                                        .width = 2000};
    enum mp_verdict again = MP_VERDICT_HARNESS;
    struct mp_store *store = night->fixture.store;
    mp_strbuf_clear(&night->text);
    mp_strbuf_clear(&night->json);
    assert_int_equal(mp_report_text(store, &options, &night->text, &night->verdict, &err),
                     MP_OK);
    assert_int_equal(mp_report_json(store, &options, &night->json, &again, &err), MP_OK);
    assert_int_equal(again, night->verdict);
}

static void finish(struct night *night) {
    struct mp_error err;
    assert_int_equal(mp_store_campaign_end(night->fixture.store,
                                           night->fixture.campaign_id, "complete", 0,
                                           &err),
                     MP_OK);
    look(night);
}

static void end(struct night *night) {
    mp_strbuf_release(&night->text);
    mp_strbuf_release(&night->json);
    fixture_close(&night->fixture);
}

static void assert_says(const struct mp_strbuf *text, const char *part) {
    if (strstr(text->text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text->text);
}

static void assert_json(const struct night *night, const char *path,
                        const char *expected) {
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT json_extract(?1, ?2)", -1, &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_text(stmt, 1, night->json.text, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(stmt, 0);
    assert_string_equal(found == NULL ? "null" : found, expected);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void a_met_claim_leads_the_report_with_its_evidence(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    add(&night, "subject", "none", MP_OUTCOME_PASS, 72);
    add(&night, "positive_control", "serial", MP_OUTCOME_MISMATCH, 3);
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_CLAIM_MET);
    assert_int_equal(mp_verdict_code(night.verdict), 0);
    assert_ptr_equal(strstr(night.text.text,
                            "CLAIM MET  rate<5%@95% is met: evidence 20.2 of 20 "
                            "needed, valid although it was checked after each round"),
                     night.text.text);
    assert_says(&night.text,
                "0 of 72 rounds of the subject failed; the control that must fail did");
    assert_says(&night.text,
                "0 of 72 rounds failed, so at most 4.99 % of all rounds fail");
    assert_json(&night, "$.verdict", "claim_met");
    assert_json(&night, "$.exit_code", "0");
    assert_json(&night, "$.claim.decision", "met");
    assert_json(&night, "$.claim.is_met_at_worst", "1");
    end(&night);
}

static void a_claim_that_rounds_without_verdict_could_undo_says_so(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    add(&night, "subject", "none", MP_OUTCOME_PASS, 80);
    add(&night, "subject", "none", MP_OUTCOME_LOST, 1);
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_INCONCLUSIVE);
    assert_says(&night.text, "since rounds that showed nothing count as failures");
    assert_says(&night.text,
                "1 round of the subjects has no verdict and counts as failed here: "
                "without this rule the claim would be met; with it, it is NOT met");
    assert_json(&night, "$.claim.is_met_at_worst", "0");
    assert_json(&night, "$.claim.is_met_as_counted", "1");
    add(&night, "subject", "none", MP_OUTCOME_PASS, 80);
    add(&night, "subject", "none", MP_OUTCOME_NO_OVERLAP, 2);
    look(&night);
    assert_int_equal(night.verdict, MP_VERDICT_CLAIM_MET_NO_CONTROL);
    assert_says(&night.text,
                "2 rounds passed without the overlap that was promised and do not count "
                "here: without this rule the claim would be met; with it, it is met too");
    end(&night);
}

static void a_regression_names_the_subject_and_has_the_code_of_failures(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    add(&night, "subject", "none", MP_OUTCOME_PASS, 80);
    add(&night, "subject", "encode_mutex", MP_OUTCOME_CRASH, 5);
    add(&night, "positive_control", "serial", MP_OUTCOME_PASS, 5);
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_REGRESSION);
    assert_int_equal(mp_verdict_code(night.verdict), 1);
    assert_ptr_equal(strstr(night.text.text,
                            "REGRESSION  rate<5%@95% is refuted by mm, arm "
                            "encode_mutex, "),
                     night.text.text);
    assert_says(&night.text, "of 40 needed"); /* one of two subjects */
    assert_json(&night, "$.verdict", "regression");
    assert_json(&night, "$.exit_code", "1");
    end(&night);
}

static void failures_that_decide_nothing_leave_it_open(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    add(&night, "subject", "none", MP_OUTCOME_PASS, 60);
    add(&night, "subject", "none", MP_OUTCOME_CRASH, 2);
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_INCONCLUSIVE);
    assert_says(&night.text, "INCONCLUSIVE  rate<5%@95% is neither shown nor refuted");
    assert_says(&night.text, "2 of 62 rounds of the subject failed");
    assert_says(&night.text, "112 more rounds without a failure would have met it");
    assert_json(&night, "$.claim.clean_rounds_needed", "112");
    end(&night);
}

static void a_silent_control_is_no_power_once_the_run_is_over(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    add(&night, "subject", "none", MP_OUTCOME_PASS, 80);
    add(&night, "positive_control", "serial", MP_OUTCOME_PASS, 10);
    look(&night);
    assert_int_equal(night.verdict,
                     MP_VERDICT_UNFINISHED); /* it runs: the control may fail yet */
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_NO_POWER);
    assert_says(&night.text, "NO POWER  rate<5%@95% cannot be judged");
    assert_json(&night, "$.verdict", "no_power");
    end(&night);
}

static void a_control_that_must_pass_and_failed_forbids_the_claim(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    add(&night, "subject", "none", MP_OUTCOME_PASS, 80);
    add(&night, "negative_control", "serial", MP_OUTCOME_CRASH, 1);
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_FAILURES);
    assert_says(&night.text, "FAILURES  rate<5%@95% cannot be judged");
    assert_json(&night, "$.claim.decision", "control_failed");
    end(&night);
}

static void a_campaign_without_a_claim_is_judged_as_ever(void **state) {
    (void)state;
    struct night night;
    begin(&night);
    fixture_begin_campaign(&night.fixture); /* one without a plan */
    add(&night, "subject", "none", MP_OUTCOME_PASS, 80);
    finish(&night);
    assert_int_equal(night.verdict, MP_VERDICT_CLEAN_NO_CONTROL);
    assert_null(strstr(night.text.text, "claim"));
    assert_json(&night, "$.claim", "null");
    assert_json(&night, "$.plan", "null");
    end(&night);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_met_claim_leads_the_report_with_its_evidence),
        cmocka_unit_test(a_claim_that_rounds_without_verdict_could_undo_says_so),
        cmocka_unit_test(a_regression_names_the_subject_and_has_the_code_of_failures),
        cmocka_unit_test(failures_that_decide_nothing_leave_it_open),
        cmocka_unit_test(a_silent_control_is_no_power_once_the_run_is_over),
        cmocka_unit_test(a_control_that_must_pass_and_failed_forbids_the_claim),
        cmocka_unit_test(a_campaign_without_a_claim_is_judged_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
