/* Campaigns that compared arms, made up, and their reports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/report.h"
#include "results/store/request.h"
#include "results/tests/compare_fixture.h"

#define CELLS_MAX 16

struct fixture compare_fixture;
struct mp_strbuf compare_text;
static int64_t cell_id[CELLS_MAX]; /* by stratum and arm */
static size_t arm_count;
static unsigned block;
enum mp_claim_kind compare_question;
const char *compare_counts;

int compare_set_up(void **state) {
    (void)state;
    fixture_open(&compare_fixture);
    mp_strbuf_init(&compare_text);
    compare_counts = NULL;
    compare_question = MP_CLAIM_RATE;
    return 0;
}

int compare_tear_down(void **state) {
    (void)state;
    mp_strbuf_release(&compare_text);
    fixture_close(&compare_fixture);
    return 0;
}

void compare_begin(const char *kind, const char *device, const char *const *arms,
                   size_t strata) {
    static struct mp_cell cell[CELLS_MAX];
    const struct mp_claim claim = {
        .target = 0.1, .alpha = 0.05, .kind = compare_question};
    size_t count = 0;
    struct mp_error err;
    for (size_t i = 0; i < strata; i++) {
        for (arm_count = 0; arms[arm_count] != NULL; arm_count++) {
            char threads[16];
            snprintf(threads, sizeof(threads), "%u", 2U << i);
            cell[count] = (struct mp_cell){.seed_hash = "0123456789abcdef",
                                           .stratum = count - arm_count,
                                           .rounds = 100,
                                           .title = "mm"};
            fixture_spec(&cell[count].spec, device, "mm", arms[arm_count]);
            assert_int_equal(
                mp_round_spec_set_param(&cell[count].spec, "threads", threads, &err),
                MP_OK);
            count++;
        }
    }
    struct mp_plan_row plan = {.kind = kind,
                               .claim = &claim,
                               .counts = compare_counts,
                               .prior_a = 0.5,
                               .prior_b = 5,
                               .seed = 1,
                               .cell = cell,
                               .cell_count = count};
    struct mp_request request = {
        .command = "compare", .jobs = 1, .cell = cell, .cell_count = count};
    struct mp_campaign_row row = {.argv = "mpstress compare",
                                  .version = "0.1.0",
                                  .seed = 1,
                                  .environment_id = compare_fixture.environment_id};
    if (mp_store_plan(compare_fixture.store, &plan, &row.plan_id, &err) != MP_OK ||
        mp_store_request_begin(compare_fixture.store, &row, &request,
                               &compare_fixture.campaign_id, cell_id, &err) != MP_OK)
        fail_msg("%s", err.text);
    compare_fixture.seq = 0;
    block = 0;
}

void compare_end(const char *state) {
    struct mp_error err;
    assert_int_equal(mp_store_campaign_end(compare_fixture.store,
                                           compare_fixture.campaign_id, state, 0, &err),
                     MP_OK);
}

void compare_run_sql(const char *sql) {
    assert_int_equal(
        sqlite3_exec(mp_store_handle(compare_fixture.store), sql, NULL, NULL, NULL),
        SQLITE_OK);
}

void compare_add_blocks(size_t stratum, unsigned count, const char *rounds) {
    for (unsigned i = 0; i < count; i++) {
        block++;
        for (size_t arm = 0; rounds[arm] != '\0'; arm++) {
            enum mp_outcome outcome = rounds[arm] == 'p'   ? MP_OUTCOME_PASS
                                      : rounds[arm] == 'f' ? MP_OUTCOME_CRASH
                                      : rounds[arm] == 's' ? MP_OUTCOME_SKIP
                                      : rounds[arm] == 'd' ? MP_OUTCOME_DROPPED
                                                           : MP_OUTCOME_LOST;
            fixture_rounds(&compare_fixture, cell_id[stratum * arm_count + arm], outcome,
                           1);
            char sql[160];
            snprintf(
                sql, sizeof(sql),
                "UPDATE round SET seed = '0x%x', ops_done = %u WHERE campaign_id = %d AND"
                " seq = %d",
                block, 1200U / (unsigned)(arm + 1), (int)compare_fixture.campaign_id,
                (int)compare_fixture.seq);
            compare_run_sql(sql);
        }
    }
}

void compare_assert_report(const char *verdict, int code) {
    struct mp_report_options options = {.campaign_id = compare_fixture.campaign_id,
                                        .width = 200};
    enum mp_verdict given = MP_VERDICT_HARNESS, again = MP_VERDICT_HARNESS;
    struct mp_error err;
    struct mp_strbuf json;
    char member[96];
    mp_strbuf_init(&json);
    mp_strbuf_clear(&compare_text);
    if (mp_report_text(compare_fixture.store, &options, &compare_text, &given, &err) !=
            MP_OK ||
        mp_report_json(compare_fixture.store, &options, &json, &again, &err) != MP_OK)
        fail_msg("%s", err.text);
    assert_int_equal(mp_verdict_code(given), code);
    assert_int_equal(mp_verdict_code(again), code);
    snprintf(member, sizeof(member), "\"verdict\":\"%s\",\"exit_code\":%d", verdict,
             code);
    if (strstr(json.text, member) == NULL)
        fail_msg("%s is not in:\n%s\n%s", member, json.text, compare_text.text);
    mp_strbuf_addstr(&compare_text, json.text);
    mp_strbuf_release(&json);
}

void compare_assert_shows(const char *words) {
    if (strstr(compare_text.text, words) == NULL)
        fail_msg("'%s' is not in:\n%s", words, compare_text.text);
}

void compare_assert_hides(const char *words) {
    if (strstr(compare_text.text, words) != NULL)
        fail_msg("'%s' is in:\n%s", words, compare_text.text);
}

void compare_export(void) {
    struct mp_report_options options = {.campaign_id = compare_fixture.campaign_id};
    enum mp_verdict verdict;
    struct mp_error err;
    mp_strbuf_clear(&compare_text);
    if (mp_report_junit(compare_fixture.store, &options, &compare_text, &verdict, &err) !=
            MP_OK ||
        mp_report_markdown(compare_fixture.store, &options, &compare_text, &verdict,
                           &err) != MP_OK)
        fail_msg("%s", err.text);
}
