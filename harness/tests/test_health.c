/* The health of devices as rounds and canaries move it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/supervisor/campaign/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A plan of three cells on two devices. */
static struct mp_cell cells[3];
static const struct mp_plan plan = {.cell = cells, .cell_count = 3};

static struct mp_health *make(enum mp_health_mode mode, unsigned limit, const char *first,
                              const char *second) {
    static const struct mp_option no_rows[] = {{0}};
    static struct mp_catalog catalog;
    struct mp_health *health = NULL;
    struct mp_error err = {""};
    catalog.count = 4;
    catalog.item[0] = (struct mp_catalog_item){.kind = MP_CATALOG_SCENARIO,
                                               .name = "single_thread",
                                               .is_present = true,
                                               .rows = no_rows};
    catalog.item[1] = (struct mp_catalog_item){
        .kind = MP_CATALOG_ARM, .name = "none", .is_present = true, .rows = no_rows};
    catalog.item[2] = (struct mp_catalog_item){
        .kind = MP_CATALOG_DEVICE, .name = "metal", .is_present = true, .rows = no_rows};
    catalog.item[3] = (struct mp_catalog_item){
        .kind = MP_CATALOG_DEVICE, .name = "null", .is_present = true, .rows = no_rows};
    memset(cells, 0, sizeof(cells));
    snprintf(cells[0].spec.device, sizeof(cells[0].spec.device), "%s", first);
    snprintf(cells[1].spec.device, sizeof(cells[1].spec.device), "%s", second);
    snprintf(cells[2].spec.device, sizeof(cells[2].spec.device), "%s", first);
    assert_int_equal(mp_health_make(&plan, &catalog, mode, limit, &health, &err), MP_OK);
    return health;
}

static enum mp_outcome judge(struct mp_health *health, size_t cell, uint64_t seq,
                             enum mp_outcome outcome, char *ret_detail) {
    struct mp_judgement judgement = {
        .outcome = outcome, .detail = "words", .has_signature = true};
    mp_health_judge(health, cell, seq, &judgement);
    assert_int_equal(judgement.is_withdrawn, !judgement.has_signature);
    if (ret_detail != NULL)
        snprintf(ret_detail, MP_JUDGEMENT_DETAIL_MAX, "%s", judgement.detail);
    return judgement.outcome;
}

static void health_asks_for_a_canary_after_a_failure_and_not_after_a_pass(void **state) {
    (void)state;
    struct mp_health *health = make(MP_HEALTH_AUTO, 3, "metal", "null");
    uint64_t after = 0;
    assert_int_equal(judge(health, 0, 1, MP_OUTCOME_PASS, NULL), MP_OUTCOME_PASS);
    assert_int_equal(judge(health, 0, 2, MP_OUTCOME_SKIP, NULL), MP_OUTCOME_SKIP);
    assert_null(mp_health_due(health, &after));
    assert_int_equal(judge(health, 0, 3, MP_OUTCOME_HANG, NULL), MP_OUTCOME_HANG);
    assert_string_equal(mp_health_due(health, &after)->scenario, "single_thread");
    assert_string_equal(mp_health_due(health, &after)->device, "metal");
    assert_int_equal(after, 3);
    assert_true(mp_health_is_suspect(health, 2)); /* the same device */
    assert_false(mp_health_is_suspect(health, 1));
    assert_true(mp_health_take(health, MP_OUTCOME_PASS));
    assert_null(mp_health_due(health, &after));
    assert_int_equal(judge(health, 2, 4, MP_OUTCOME_CRASH, NULL), MP_OUTCOME_CRASH);
    mp_health_release(health);
}

/* What MPS of this system lacks says nothing about its GPU. */
static void health_asks_metal_about_the_gpu_of_mps(void **state) {
    (void)state;
    struct mp_health *health = make(MP_HEALTH_AUTO, 3, "mps:cache=shared", "null");
    uint64_t after = 0;
    judge(health, 0, 1, MP_OUTCOME_CRASH, NULL);
    assert_string_equal(mp_health_due(health, &after)->device, "metal");
    mp_health_release(health);
}

static void health_takes_verdicts_away_until_the_canary_passes(void **state) {
    (void)state;
    struct mp_health *health = make(MP_HEALTH_AUTO, 9, "metal", "null");
    char detail[MP_JUDGEMENT_DETAIL_MAX];
    uint64_t after = 0;
    judge(health, 0, 7, MP_OUTCOME_HANG, NULL);
    assert_false(mp_health_take(health, MP_OUTCOME_GPU_ERROR));
    assert_int_equal(judge(health, 2, 8, MP_OUTCOME_PASS, detail), MP_OUTCOME_NO_VERDICT);
    assert_string_equal(
        detail,
        "the device has been unhealthy since round 7, its canary fails; this round "
        "ended as pass: words");
    assert_non_null(
        mp_health_due(health, &after)); /* also after a pass, as long as it is unwell */
    assert_int_equal(after, 8);
    assert_int_equal(judge(health, 1, 9, MP_OUTCOME_CRASH, NULL), MP_OUTCOME_CRASH);
    mp_health_take(health, MP_OUTCOME_GPU_ERROR);
    assert_int_equal(judge(health, 0, 10, MP_OUTCOME_BROKEN, NULL), MP_OUTCOME_BROKEN);
    assert_true(mp_health_take(health, MP_OUTCOME_PASS));
    assert_int_equal(judge(health, 0, 11, MP_OUTCOME_PASS, NULL), MP_OUTCOME_PASS);
    assert_int_equal(judge(health, 0, 12, MP_OUTCOME_CRASH, NULL), MP_OUTCOME_CRASH);
    mp_health_release(health);
}

static void health_is_hopeless_after_the_limit_of_canaries_in_a_row(void **state) {
    (void)state;
    struct mp_health *health = make(MP_HEALTH_AUTO, 2, "metal", "null");
    for (int i = 0; i < 3; i++) { /* one that passes between them starts the count anew */
        judge(health, 0, 1, MP_OUTCOME_CRASH, NULL);
        mp_health_take(health, MP_OUTCOME_HANG);
        judge(health, 0, 2, MP_OUTCOME_PASS, NULL);
        mp_health_take(health, MP_OUTCOME_PASS);
        assert_false(mp_health_has_failed(health));
    }
    judge(health, 0, 3, MP_OUTCOME_CRASH, NULL);
    mp_health_take(health, MP_OUTCOME_HANG);
    judge(health, 0, 4, MP_OUTCOME_CRASH, NULL);
    mp_health_take(health, MP_OUTCOME_SKIP); /* whatever is no pass */
    assert_true(mp_health_has_failed(health));
    mp_health_release(health);
}

static void health_watches_real_drivers_unless_told_otherwise(void **state) {
    (void)state;
    static const struct {
        enum mp_health_mode mode;
        const char *device;
        bool is_watched;
    } rows[] = {
        {MP_HEALTH_AUTO, "metal", true},
        {MP_HEALTH_AUTO, "null", false},
        {MP_HEALTH_ON, "null", true},
        {MP_HEALTH_OFF, "metal", false},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        uint64_t after = 0;
        struct mp_health *health = make(rows[i].mode, 2, rows[i].device, rows[i].device);
        judge(health, 0, 1, MP_OUTCOME_CRASH, NULL);
        assert_int_equal(mp_health_due(health, &after) != NULL, rows[i].is_watched);
        mp_health_release(health);
    }
}

/* As rounds on a replaced driver or a rebuilt program are judged. */
static void
a_round_of_another_build_is_broken_and_one_that_was_stopped_stays_lost(void **state) {
    struct mp_judgement judgement = {
        .outcome = MP_OUTCOME_CRASH, .detail = "it died", .has_signature = true};
    (void)state;
    mp_judgement_withdraw(&judgement, "another build");
    assert_int_equal(judgement.outcome, MP_OUTCOME_BROKEN);
    assert_string_equal(judgement.detail,
                        "another build; without that it would be crash: it died");
    assert_true(judgement.is_withdrawn && !judgement.has_signature);
    judgement = (struct mp_judgement){.outcome = MP_OUTCOME_LOST, .detail = "stopped"};
    mp_judgement_withdraw(&judgement, "another build");
    assert_int_equal(judgement.outcome, MP_OUTCOME_LOST);
    assert_string_equal(judgement.detail, "stopped");
    assert_false(judgement.is_withdrawn);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_asks_for_a_canary_after_a_failure_and_not_after_a_pass),
        cmocka_unit_test(health_asks_metal_about_the_gpu_of_mps),
        cmocka_unit_test(health_takes_verdicts_away_until_the_canary_passes),
        cmocka_unit_test(health_is_hopeless_after_the_limit_of_canaries_in_a_row),
        cmocka_unit_test(health_watches_real_drivers_unless_told_otherwise),
        cmocka_unit_test(
            a_round_of_another_build_is_broken_and_one_that_was_stopped_stays_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
