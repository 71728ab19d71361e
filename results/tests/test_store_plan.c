/* Plans in the database: what is in them, that the same one is kept once, and that any
 * change makes another.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/sha256.h"
#include "results/store/plan.h"
#include "results/tests/fixture.h"

/* A plan of two cells, to be changed. */
struct example {
    struct mp_cell cell[2];
    struct mp_claim claim;
    struct mp_plan_row row;
};

static void make_example(struct example *example) {
    memset(example, 0, sizeof(*example));
    fixture_spec(&example->cell[0].spec, "null", "mm", "none");
    fixture_spec(&example->cell[1].spec, "null", "mm", "encode_mutex");
    for (size_t i = 0; i < 2; i++)
        example->cell[i].rounds = 100;
    example->claim = (struct mp_claim){.target = 0.001, .alpha = 0.05};
    example->row = (struct mp_plan_row){.kind = "run",
                                        .claim = &example->claim,
                                        .prior_a = 0.5,
                                        .prior_b = 500.0,
                                        .seed = 0xbeef,
                                        .duration_ns = 3600000000000,
                                        .cell = example->cell,
                                        .cell_count = 2};
}

static int64_t record(struct fixture *fixture, const struct example *example) {
    struct mp_error err = {""};
    int64_t id = 0;
    if (mp_store_plan(fixture->store, &example->row, &id, &err) != MP_OK)
        fail_msg("%s", err.text);
    return id;
}

static void plan_holds_claim_arms_cells_target_seed_and_budget(void **state) {
    (void)state;
    struct fixture fixture;
    struct example example;
    fixture_open(&fixture);
    make_example(&example);
    example.cell[1].role = MP_ROLE_POSITIVE;
    record(&fixture, &example);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_string_equal(
        fixture_text(
            db,
            "SELECT json_array(kind, claim, target, confidence, prior_a, prior_b, arms,"
            " seed, rounds, duration_ns) FROM plan"),
        "[\"run\",\"rate<0.1%@95%\",0.001,0.95,0.5,500.0,\"[\\\"encode_mutex\\\",\\\"none\\\"]\",\"0xbeef\",200,3600000000000]");
    assert_string_equal(
        fixture_text(
            db, "SELECT group_concat(json_extract(c.value, '$.arm') || ' ' ||"
                " json_extract(c.value, '$.role') || ' ' || json_extract(c.value,"
                " '$.rounds') || ' ' || json_extract(c.value, '$.params.threads'), ', ')"
                " FROM plan, json_each(plan.text, '$.cells') AS c"),
        "none subject 100 8, encode_mutex positive_control 100 8");
    char hash[MP_SHA256_HEX_SIZE], spec_hash[17];
    const char *text = fixture_text(db, "SELECT text FROM plan");
    mp_sha256_hex(text, strlen(text), hash);
    assert_string_equal(fixture_text(db, "SELECT hash FROM plan"), hash);
    mp_round_spec_cell_hash(&example.cell[1].spec, spec_hash);
    assert_string_equal(
        fixture_text(db, "SELECT json_extract(text, '$.cells[1].spec_hash') FROM plan"),
        spec_hash);
    fixture_close(&fixture);
}

static void a_plan_without_claim_budget_or_seed_of_rounds_says_so(void **state) {
    (void)state;
    struct fixture fixture;
    struct example example;
    fixture_open(&fixture);
    make_example(&example);
    example.row.claim = NULL;
    example.row.duration_ns = 0;
    example.cell[1].rounds = 0;
    record(&fixture, &example);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_string_equal(
        fixture_text(db, "SELECT json_array(claim, target, confidence, rounds,"
                         " duration_ns, json_extract(text, '$.round_seed'))"
                         " FROM plan"),
        "[null,null,null,null,null,null]");
    fixture_close(&fixture);
}

static void the_same_plan_is_kept_once(void **state) {
    (void)state;
    struct fixture fixture;
    struct example example, again;
    fixture_open(&fixture);
    make_example(&example);
    make_example(&again);
    int64_t id = record(&fixture, &example);
    assert_true(id > 0);
    assert_int_equal(record(&fixture, &again), id);
    assert_int_equal(
        fixture_integer(mp_store_handle(fixture.store), "SELECT count(*) FROM plan"), 1);
    fixture_close(&fixture);
}

static void change(struct example *example, int which) {
    static const uint64_t round_seed = 7;
    struct mp_error err;
    struct mp_round_spec spec;
    switch (which) {
    case 0:
        example->row.kind = "compare";
        break;
    case 1:
        example->row.claim = NULL;
        break;
    case 2:
        example->claim.target = 0.002;
        break;
    case 3:
        example->claim.alpha = 0.1;
        break;
    case 4:
        example->row.prior_b = 0.5;
        break;
    case 5:
        example->row.seed++;
        break;
    case 6:
        example->row.round_seed = &round_seed;
        break;
    case 7:
        example->row.duration_ns *= 2;
        break;
    case 8:
        example->cell[1].rounds++;
        break;
    case 9:
        example->cell[1].role = MP_ROLE_NEGATIVE;
        break;
    case 10:
        spec = example->cell[0].spec;
        example->cell[0].spec = example->cell[1].spec;
        example->cell[1].spec = spec;
        break;
    case 11:
        mp_round_spec_set_param(&example->cell[0].spec, "threads", "9", &err);
        break;
    case 12:
        snprintf(example->cell[0].spec.device, sizeof(example->cell[0].spec.device),
                 "null:p=0.5");
        break;
    case 13:
        example->cell[0].spec.timeout_ms++;
        break;
    case 14:
        example->cell[0].spec.silence_ms = 5;
        break;
    case 15:
        example->cell[0].spec.recorder = !example->cell[0].spec.recorder;
        break;
    case 16:
        example->row.cell_count = 1;
        break;
    default:
        fail();
    }
}
#define CHANGES 17

static void changing_anything_makes_a_new_plan(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct example example;
    make_example(&example);
    record(&fixture, &example);
    for (int i = 0; i < CHANGES; i++) {
        make_example(&example);
        change(&example, i);
        int64_t id = record(&fixture, &example);
        if (id != i + 2)
            fail_msg("change %d gave plan %lld", i, (long long)id);
    }
    fixture_close(&fixture);
}

static void a_plan_cannot_be_changed(void **state) {
    (void)state;
    struct fixture fixture;
    struct example example;
    fixture_open(&fixture);
    make_example(&example);
    record(&fixture, &example);
    sqlite3 *db = mp_store_handle(fixture.store);
    char *reason = NULL;
    assert_int_not_equal(
        sqlite3_exec(db, "UPDATE plan SET target = 0.5", NULL, NULL, &reason), SQLITE_OK);
    assert_non_null(strstr(reason, "a plan is not changed"));
    sqlite3_free(reason);
    assert_string_equal(fixture_text(db, "SELECT target FROM plan"), "0.001");
    fixture_close(&fixture);
}

static void a_campaign_names_its_plan(void **state) {
    (void)state;
    struct fixture fixture;
    struct example example;
    struct mp_error err = {""};
    fixture_open(&fixture);
    make_example(&example);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(fixture_integer(db, "SELECT plan_id IS NULL FROM campaign"), 1);
    struct mp_campaign_row row = {.argv = "mpstress run",
                                  .version = "0",
                                  .environment_id = fixture.environment_id,
                                  .plan_id = record(&fixture, &example)};
    int64_t id = 0;
    assert_int_equal(mp_store_campaign_begin(fixture.store, &row, &id, &err), MP_OK);
    char sql[96];
    snprintf(sql, sizeof(sql), "SELECT plan_id FROM campaign WHERE id = %lld",
             (long long)id);
    assert_int_equal(fixture_integer(db, sql), row.plan_id);
    row.plan_id = 99; /* there is no such plan */
    assert_int_equal(mp_store_campaign_begin(fixture.store, &row, &id, &err), MP_STORE);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_holds_claim_arms_cells_target_seed_and_budget),
        cmocka_unit_test(a_plan_without_claim_budget_or_seed_of_rounds_says_so),
        cmocka_unit_test(the_same_plan_is_kept_once),
        cmocka_unit_test(changing_anything_makes_a_new_plan),
        cmocka_unit_test(a_plan_cannot_be_changed),
        cmocka_unit_test(a_campaign_names_its_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
