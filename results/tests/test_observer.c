/* Whether looking changes the rate: which counts give which finding, and where the counts
 * come from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/observer.h"
#include "results/tests/fixture.h"

static struct mp_observer judge(uint64_t traced, uint64_t untraced, uint64_t no_recorder,
                                uint64_t rounds) {
    struct mp_observer observer = {.rounds = {rounds, rounds, rounds},
                                   .failures = {traced, untraced, no_recorder}};
    mp_observer_judge(&observer);
    return observer;
}

static void every_finding_has_its_counts(void **state) {
    (void)state;
    struct mp_observer same = judge(50, 48, 53, 100);
    assert_int_equal(same.finding, MP_OBSERVER_NO_DIFFERENCE);
    assert_int_equal(same.exit_code, 0);
    assert_true(same.tracing.difference.low < 0.0 && same.tracing.difference.high > 0.0);
    assert_true(same.tracing.largest >= same.tracing.difference.high);
    assert_true(same.tracing.largest >= -same.tracing.difference.low);

    struct mp_observer fewer = judge(20, 50, 20, 100);
    assert_int_equal(fewer.finding, MP_OBSERVER_CHANGES);
    assert_int_equal(fewer.exit_code, 1);
    assert_int_equal(fewer.tracing.finding, MP_OBSERVER_CHANGES);
    assert_int_equal(fewer.recorder.finding, MP_OBSERVER_NO_DIFFERENCE);
    assert_true(fewer.tracing.difference.high <
                0.0); /* with looking it fails less often */

    assert_int_equal(judge(50, 50, 20, 100).recorder.finding, MP_OBSERVER_CHANGES);
    assert_int_equal(judge(50, 50, 20, 100).exit_code, 1);

    struct mp_observer silent = judge(0, 0, 0, 100);
    assert_int_equal(silent.finding, MP_OBSERVER_NO_POWER);
    assert_int_equal(silent.exit_code, 5);

    assert_int_equal(judge(0, 0, 0, 0).finding, MP_OBSERVER_NOT_COMPARED);
    assert_int_equal(judge(0, 0, 0, 0).exit_code, 4);
}

static void missing_kind_is_not_taken_for_an_equal_one(void **state) {
    (void)state;
    /* A host that refuses tracing: all rounds are untraced. */
    struct mp_observer observer = {.rounds = {0, 200, 0}, .failures = {0, 100, 0}};
    mp_observer_judge(&observer);
    assert_int_equal(observer.finding, MP_OBSERVER_NOT_COMPARED);
    assert_int_equal(observer.exit_code, 3);
}

/* A difference that is really there is found, and one that is not is rarely claimed: over
 * all tables that two arms of one rate can give, weighted as they come, both comparisons
 * claim at most 5 %. */
static void false_claims_stay_below_their_level(void **state) {
    (void)state;
    enum { ROUNDS = 30 };
    double chance[ROUNDS + 1], claimed = 0.0;
    chance[0] = 1.0;
    for (int k = 0; k < ROUNDS; k++)
        chance[0] *= 0.5;
    for (int k = 1; k <= ROUNDS; k++)
        chance[k] = chance[k - 1] * (ROUNDS - k + 1) / k;
    for (int a = 0; a <= ROUNDS; a++) {
        for (int b = 0; b <= ROUNDS; b++) {
            struct mp_observer observer =
                judge((uint64_t)a, (uint64_t)b, (uint64_t)a, ROUNDS);
            claimed += observer.tracing.finding == MP_OBSERVER_CHANGES
                           ? chance[a] * chance[b]
                           : 0;
        }
    }
    /* Each comparison has 2.5 %; Newcombe's limits keep to it only about. */
    assert_true(claimed > 0.005 && claimed < 0.035);
}

static void counts_come_from_how_each_round_was_looked_at(void **state) {
    (void)state;
    struct fixture fixture;
    struct mp_round_spec spec;
    struct mp_observer observer;
    struct mp_error err;
    fixture_open(&fixture);
    fixture_spec(&spec, "metal@model:reader=U", "destroy_impl", "none");
    int64_t cell = fixture_cell(&fixture, &spec, "subject");
    fixture_rounds(&fixture, cell, MP_OUTCOME_CRASH, 3); /* 1..3: traced */
    fixture_rounds(&fixture, cell, MP_OUTCOME_NO_OVERLAP,
                   2);                                    /* 4, 5: traced; they passed */
    fixture_rounds(&fixture, cell, MP_OUTCOME_BROKEN, 1); /* 6: traced, no verdict */
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 4);   /* 7..10: untraced */
    fixture_rounds(&fixture, cell, MP_OUTCOME_HANG, 5);   /* 11..15: without recorder */
    fixture_rounds(&fixture, cell, MP_OUTCOME_CRASH, 1);  /* 16: neither: of no kind */
    sqlite3 *db = mp_store_handle(fixture.store);
    fixture_text(
        db, "UPDATE round SET was_traced = 0 WHERE id BETWEEN 7 AND 10 RETURNING id");
    fixture_text(db, "UPDATE round SET recorder = 0 WHERE id > 10 RETURNING id");
    fixture_text(db, "UPDATE round SET was_traced = 0 WHERE id = 16 RETURNING id");
    fixture_rounds(&fixture, cell, MP_OUTCOME_CRASH,
                   1); /* 17: the host refused to trace it */
    fixture_text(db, "UPDATE round SET was_traced = 0, untraced = 'refused' WHERE id = "
                     "17 RETURNING id");
    /* Rounds 1 and 7 share a seed, and so do 4 and 11. */
    fixture_text(db, "UPDATE round SET seed = '0x1' WHERE id IN (1, 7) RETURNING id");
    fixture_text(db, "UPDATE round SET seed = '0x4' WHERE id IN (4, 11) RETURNING id");
    assert_int_equal(
        mp_observer_load(fixture.store, fixture.campaign_id, &observer, &err), MP_OK);
    assert_int_equal(observer.rounds[MP_OBSERVED_TRACED], 5);
    assert_int_equal(observer.failures[MP_OBSERVED_TRACED], 3);
    assert_int_equal(observer.no_verdict[MP_OBSERVED_TRACED], 1);
    assert_int_equal(observer.rounds[MP_OBSERVED_UNTRACED], 4);
    assert_int_equal(observer.failures[MP_OBSERVED_UNTRACED], 0);
    assert_int_equal(observer.rounds[MP_OBSERVED_NO_RECORDER], 5);
    assert_int_equal(observer.failures[MP_OBSERVED_NO_RECORDER], 5);
    assert_int_equal(observer.tracing.only_with, 1);
    assert_int_equal(observer.tracing.only_without, 0);
    assert_int_equal(observer.recorder.only_with, 0);
    assert_int_equal(observer.recorder.only_without, 1);
    mp_observer_release(&observer);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_has_its_counts),
        cmocka_unit_test(missing_kind_is_not_taken_for_an_equal_one),
        cmocka_unit_test(false_claims_stay_below_their_level),
        cmocka_unit_test(counts_come_from_how_each_round_was_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
