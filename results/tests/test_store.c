/* What goes into the store comes out of it, as every reader of the file sees it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "results/stats/binomial.h"
#include "results/store/database.h"
#include "results/tests/fixture.h"

static struct fixture fixture;

static int set_up(void **state) {
    (void)state;
    fixture_open(&fixture);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static sqlite3 *db(void) {
    return mp_store_handle(fixture.store);
}

static void assert_query(const char *sql, const char *want) {
    const char *got = fixture_text(db(), sql);
    if (strcmp(got, want) != 0)
        fail_msg("%s\n  got  '%s'\n  want '%s'", sql, got, want);
}

static int64_t subject(void) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "metal@model:reader=U", "mm", "none");
    return fixture_cell(&fixture, &spec, "subject");
}

static void every_column_of_a_round_comes_back(void **state) {
    (void)state;
    int64_t cell = subject();
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0x5c8);
    assert_int_equal(
        fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &FIXTURE_SIGNATURE, &err),
        MP_OK);
    mp_crash_destroy(crash);
    assert_query(
        "SELECT json_array(campaign_id, cell_id, seq, seed, started_at, wall_ns, run_ns,"
        " outcome, detail, phase) FROM round",
        "[1,1,1,\"0x1001\",\"2025-11-21T03:12:01.123Z\",25000000,1000000,\"crash\","
        "\"the process was killed by a fault signal\",\"done\"]");
    assert_query(
        "SELECT json_array(ops_planned, ops_started, ops_done, ops_wrong, ops_dropped,"
        " ops_device, buffers_failed, hostile_syncs, threads_started, threads_unfinished,"
        " max_overlap) FROM round",
        "[400,399,390,2,7,392,3,4,9,1,5]");
    assert_query(
        "SELECT json_array(load, exit_kind, exit_code, signal, leaked, was_traced) FROM"
        " round",
        "[0.25,\"signal\",null,11,0,1]");
    assert_query(
        "SELECT json_array(name, gpu, path, build_id, facts) FROM round_driver AS d JOIN"
        " round ON driver_id = d.id",
        "[\"metal@model\",\"model\",\"mpmodel\",\"0123abcd\",\"reader=U\"]");
    assert_query("SELECT json_array(round_id, spec, stderr) FROM round_text",
                 "[1,\"mpstress-spec 1\\n\",\"last\\nwords\"]");
}

static void every_column_of_a_crash_comes_back(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(UINT64_C(0xfffffffffffffff0));
    crash->address_is_derived = true;
    assert_int_equal(fixture_round(&fixture, subject(), MP_OUTCOME_CRASH, crash,
                                   &FIXTURE_SIGNATURE, &err),
                     MP_OK);
    mp_crash_destroy(crash);
    assert_query(
        "SELECT json_array(round_id, signature_id, kind, signal, signal_name, code,"
        " fault_address, address_is_derived, access, tid) FROM crash",
        "[1,1,\"crash\",11,\"SIGSEGV\",1,\"0xfffffffffffffff0\",1,\"read\",4711]");
    assert_query("SELECT fault_class FROM crash", mp_fault_class_name(MP_FAULT_NULL));
    assert_query("SELECT json_group_array(json_array(tid, name, faulting, signal,"
                 " json(registers))) FROM crash_thread",
                 "[[4711,\"worker 3\",1,11,{\"rip\":\"0xffff800000001018\"}],"
                 "[4712,\"worker 4\",0,null,{}]]");
    assert_query(
        "SELECT json_group_array(json_array(depth, pc, module, module_id, symbol,"
        " \"offset\", file, line)) FROM crash_frame WHERE tid = 4711 AND depth IN (1, 3)",
        "[[1,\"0xffff800000001028\",\"/opt/mpstress/libmpmodel.so\",\"0123abcd\","
        "\"encode_mm\",24,\"metal/stream.c\",77],"
        "[3,\"0xffff800000001048\",\"/lib/libc.so.6\",null,null,24,null,null]]");
    assert_query(
        "SELECT json_array(path, base, size, module_id) FROM crash_module WHERE module_id"
        " IS NOT NULL",
        "[\"/opt/mpstress/libmpmodel.so\",\"0xffff800000001000\",4096,\"0123abcd\"]");
    assert_query("SELECT count(*) FROM crash_module", "2");
    assert_query("SELECT key || title || family FROM signature",
                 "SIGSEGV|null|setComputePipelineState:SIGSEGV reading NULL+0x5c8 in"
                 " -[AGXG16XFamilyComputeContext setComputePipelineState:]"
                 "null-offset:AGX*ComputeContext");
}

static void last_events_of_a_round_that_failed_come_back(void **state) {
    (void)state;
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 1);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_MISMATCH, 1);
    assert_query(
        "SELECT json_group_array(json_array(thread, seq, t_ns, op, phase, object, arg))"
        " FROM (SELECT * FROM event WHERE round_id = 2 AND seq > 0 ORDER BY t_ns)",
        "[[4,8,5000,\"encode\",\"leave\",\"7\",\"0\"],"
        "[4,9,6000,\"commit\",\"enter\",\"7\",\"0\"],"
        "[3,1,6500,\"encode\",\"enter\",\"7\",\"0\"],"
        "[4,10,7250,\"commit\",\"leave\",\"7\",\"1\"]]");
    assert_query("SELECT json_group_array(json_array(thread, op, phase, object, arg))"
                 " FROM event WHERE seq = 0",
                 "[[3,\"thread\",\"\",\"4711\",\"1\"],"
                 "[4,\"thread\",\"recording\",\"4712\",\"10\"]]");
    assert_query("SELECT count(*) FROM event WHERE round_id = 1", "0");
}

static void environment_and_campaign_come_back(void **state) {
    (void)state;
    struct mp_error err;
    assert_query(
        "SELECT json_array(os, os_build, cpu, gpu, driver, driver_id, json(facts)) FROM"
        " environment",
        "[\"Debian 12\",\"6.1.0\",\"a processor\",\"model\",\"mpmodel\",\"abc123\","
        "{\"cores\":2,\"host\":\"x\",\"memory\":4.5}]");
    assert_query(
        "SELECT json_array(argv, seed, version, state, ended_at, environment_id) FROM"
        " campaign",
        "[\"mpstress run --suite "
        "smoke\",\"0xfedcba9876543210\",\"0.1.0\",\"running\",null,1]");
    assert_query("SELECT uuid GLOB '*-*-4*-a*-*' AND length(uuid) = 36 FROM campaign",
                 "1");
    assert_int_equal(mp_store_campaign_end(fixture.store, 1, "interrupted", 0, &err),
                     MP_OK);
    assert_query("SELECT state || (ended_at >= started_at) FROM campaign",
                 "interrupted1");
    assert_int_equal(mp_store_campaign_end(fixture.store, 9, "complete", 0, &err),
                     MP_NOT_FOUND);
    assert_int_equal(mp_store_campaign_end(fixture.store, 1, "tired", 0, &err), MP_STORE);
    fixture_begin_campaign(&fixture);
    assert_query("SELECT count(DISTINCT uuid) FROM campaign", "2");
}

static void campaign_is_found_by_number_and_by_uuid(void **state) {
    (void)state;
    struct mp_error err;
    int64_t id = 0;
    fixture_begin_campaign(&fixture);
    char uuid[40];
    snprintf(uuid, sizeof(uuid), "%s",
             fixture_text(db(), "SELECT uuid FROM campaign WHERE id = 2"));
    assert_int_equal(mp_store_campaign_find(fixture.store, "1", &id, &err), MP_OK);
    assert_int_equal(id, 1);
    assert_int_equal(mp_store_campaign_find(fixture.store, uuid, &id, &err), MP_OK);
    assert_int_equal(id, 2);
    uuid[8] = '\0';
    assert_int_equal(mp_store_campaign_find(fixture.store, uuid, &id, &err), MP_OK);
    assert_int_equal(mp_store_campaign_find(fixture.store, "7", &id, &err), MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "no campaign '7'"));
    assert_int_equal(mp_store_campaign_find(fixture.store, "", &id, &err), MP_NOT_FOUND);
    assert_int_equal(id, 2);
}

static void same_environment_is_one_row_and_a_different_one_another(void **state) {
    (void)state;
    struct mp_error err;
    int64_t first = 0, second = 0, third = 0;
    struct mp_environment env = {.os = "a", .os_build = "b"};
    assert_int_equal(mp_store_environment(fixture.store, &env, &first, &err), MP_OK);
    assert_int_equal(mp_store_environment(fixture.store, &env, &second, &err), MP_OK);
    env = (struct mp_environment){.os = "ab"};
    assert_int_equal(mp_store_environment(fixture.store, &env, &third, &err), MP_OK);
    assert_int_equal(first, second);
    assert_int_not_equal(first, third);
}

static void parameters_become_sorted_json_with_numbers(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", "mm", "none");
    assert_int_equal(mp_round_spec_set_param(&spec, "odd", "a\"b", &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(&spec, "hex", "0x10", &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(&spec, "list", "[1]", &err), MP_OK);
    fixture_cell(&fixture, &spec, "subject");
    assert_query("SELECT params FROM cell",
                 "{\"hex\":\"0x10\",\"list\":\"[1]\",\"n\":256,\"odd\":"
                 "\"a\\\"b\",\"q\":0.5,\"sync\":\"off_queue\","
                 "\"threads\":8}");
    char hash[17];
    mp_round_spec_cell_hash(&spec, hash);
    assert_query("SELECT spec_hash FROM cell", hash);
}

static void cell_is_one_row_whatever_the_order_of_its_parameters(void **state) {
    (void)state;
    struct mp_round_spec one, two;
    fixture_spec(&one, "null", "mm", "none");
    two = one;
    two.param[0] = one.param[1];
    two.param[1] = one.param[0];
    int64_t id = fixture_cell(&fixture, &one, "subject");
    assert_int_equal(fixture_cell(&fixture, &two, "subject"), id);
    snprintf(two.arm, sizeof(two.arm), "serial");
    assert_int_not_equal(fixture_cell(&fixture, &two, "subject"), id);
}

static void role_belongs_to_campaign_and_cell(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_round_spec spec;
    int64_t id = 0;
    fixture_spec(&spec, "null", "mm", "none");
    fixture_cell(&fixture, &spec, "positive_control");
    assert_int_equal(mp_store_cell(fixture.store, fixture.campaign_id, &spec,
                                   MP_ROLE_SUBJECT, &id, &err),
                     MP_USAGE);
    assert_non_null(strstr(err.text, "mm on null with arm none"));
    fixture_begin_campaign(&fixture);
    fixture_cell(&fixture, &spec, "subject");
    assert_query("SELECT group_concat(role) FROM campaign_cell",
                 "positive_control,subject");
}

static void rate_has_limits_and_counts_only_verdicts(void **state) {
    (void)state;
    int64_t cell = subject();
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 9);
    fixture_rounds(&fixture, cell, MP_OUTCOME_HANG, 6);
    fixture_rounds(&fixture, cell, MP_OUTCOME_MISMATCH, 5);
    fixture_rounds(&fixture, cell, MP_OUTCOME_SKIP, 3);
    fixture_rounds(&fixture, cell, MP_OUTCOME_LOST, 2);
    assert_query("SELECT json_array(device, scenario, arm, rounds, failures, no_verdict, "
                 "rate) FROM"
                 " cell_rate",
                 "[\"metal@model:reader=U\",\"mm\",\"none\",20,11,5,0.55]");
    /* 11 of 20: 0.315278133 and 0.769422103 as in test_stats, rounded outward. */
    assert_query("SELECT low || ' ' || high FROM cell_rate", "0.315 0.77");
    assert_query(
        "SELECT json_array(planned, passed, failed, no_verdict, lost) FROM balance",
        "[25,9,11,3,2]");
}

static void limits_are_never_stale(void **state) {
    (void)state;
    int64_t cell = subject();
    assert_query("SELECT json_array(rounds, failures, rate, low, high) FROM cell_rate",
                 "[0,0,null,0.0,1.0]");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 3);
    sqlite3_exec(db(), "DELETE FROM round WHERE seq = 3", NULL, NULL, NULL);
    assert_query("SELECT json_array(rounds, low, high) FROM cell_rate", "[2,null,null]");
}

static void every_outcome_is_stored_and_balances(void **state) {
    (void)state;
    int64_t cell = subject();
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        fixture_rounds(&fixture, cell, (enum mp_outcome)i, 1);
    assert_int_equal(fixture_integer(db(), "SELECT planned FROM balance"),
                     MP_OUTCOME_COUNT);
    assert_query("SELECT planned - passed - failed - no_verdict - lost FROM balance",
                 "0");
    assert_query("SELECT count(*) = (SELECT count(*) FROM round) - 1 FROM round_text",
                 "1");
}

static void text_from_a_round_is_made_harmless(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0);
    snprintf(crash->thread[0].name, sizeof(crash->thread[0].name), "\x1b[2Jboo\xff");
    snprintf(crash->thread[0].frame[0].symbol, 64, "f\r\x80\n");
    struct mp_signature_row signature = {"k\x1b", "t\xc3\x28", "f", "o\x1b"};
    assert_int_equal(
        fixture_round(&fixture, subject(), MP_OUTCOME_CRASH, crash, &signature, &err),
        MP_OK);
    mp_crash_destroy(crash);
    assert_query("SELECT name FROM crash_thread WHERE tid = 4711", "\\x1b[2Jboo\\xff");
    assert_query("SELECT symbol FROM crash_frame WHERE tid = 4711 AND depth = 0",
                 "f\\x0d\\x80\\x0a");
    assert_query("SELECT key || title FROM signature", "k\\x1bt\\xc3(");
    assert_query("SELECT other_key FROM crash", "o\\x1b");
}

static void wild_numbers_from_a_page_are_kept_within_bounds(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_page_summary page = {.ops_done = UINT64_MAX, .overlap_max = UINT32_MAX};
    struct mp_exit exit = {.kind = MP_EXIT_NOT_STARTED};
    struct mp_round_row row = {.campaign_id = 1,
                               .cell_id = subject(),
                               .seq = 1,
                               .seed = UINT64_MAX,
                               .outcome = MP_OUTCOME_BROKEN,
                               .page = &page,
                               .exit = &exit,
                               .load = -1.0};
    int64_t id = 0;
    assert_int_equal(mp_store_round(fixture.store, &row, NULL, NULL, &id, &err), MP_OK);
    assert_query("SELECT json_array(ops_done, max_overlap, seed, load, detail, "
                 "exit_kind) FROM round",
                 "[9223372036854775807,4294967295,\"0xffffffffffffffff\",null,\"\",\"not_"
                 "started\"]");
}

/* Most rounds have none, and none costs a byte. */
static void figures_of_a_round_are_kept_if_there_are_any(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_page_summary page[3] = {
        {.ops_done = 1},
        {.arm_acts = true, .figure[MP_FIGURE_LOST] = 3},
        {.figure[MP_FIGURE_ARM_PASSES] = UINT64_MAX, .figure[MP_FIGURE_LOST] = 4}};
    struct mp_exit exit = {.kind = MP_EXIT_CODE};
    int64_t cell = subject(), id = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct mp_round_row row = {.campaign_id = 1,
                                   .cell_id = cell,
                                   .seq = i + 1,
                                   .outcome = MP_OUTCOME_PASS,
                                   .page = &page[i],
                                   .exit = &exit};
        assert_int_equal(mp_store_round(fixture.store, &row, NULL, NULL, &id, &err),
                         MP_OK);
    }
    assert_query("SELECT group_concat(ifnull(figures, '-'), ' ') FROM round",
                 "- {\"arm_passes\":0,\"lost\":3}"
                 " {\"arm_passes\":9007199254740991,\"lost\":4}");
    assert_query("SELECT json_array(rounds, total, most) FROM cell_figure"
                 " WHERE name = 'lost'",
                 "[2,7.0,4.0]");
}

static void refused_round_leaves_nothing_behind(void **state) {
    (void)state;
    struct mp_error err;
    int64_t cell = subject();
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 1);
    struct mp_crash *crash = fixture_crash(0x98);
    fixture.seq = 0; /* the next round takes a number that is there already */
    assert_int_equal(
        fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &FIXTURE_SIGNATURE, &err),
        MP_STORE);
    assert_non_null(strstr(err.text, "UNIQUE"));
    assert_query("SELECT (SELECT count(*) FROM round) || (SELECT count(*) FROM crash) ||"
                 " (SELECT count(*) FROM signature) || (SELECT rounds FROM cell_limit)",
                 "1001");
    assert_int_equal(
        fixture_round(&fixture, cell + 50, MP_OUTCOME_PASS, NULL, NULL, &err), MP_STORE);
    assert_non_null(strstr(err.text, "FOREIGN KEY"));
    assert_int_equal(
        fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &FIXTURE_SIGNATURE, &err),
        MP_OK);
    mp_crash_destroy(crash);
    assert_query("SELECT count(*) FROM crash_frame", "5");
}

static void title_of_a_cell_is_its_scenario_and_its_parameters(void **state) {
    (void)state;
    struct mp_round_spec spec;
    subject();
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "noop");
    fixture_cell(&fixture, &spec, "subject");
    assert_query("SELECT group_concat(title || ' ' || ifnull(params_text, '-'), ' ')"
                 " FROM cell_title",
                 "mm:n=256,q=0.5,sync=off_queue,threads=8"
                 " n=256,q=0.5,sync=off_queue,threads=8 noop -");
}

/* Binds two parameters of ADD_ROLE and runs it in a transaction. */
static void assert_misbound(const char *first, const char *second, const char *words) {
    struct mp_error err;
    int code = mp_database_begin(fixture.store);
    assert_int_equal(code, SQLITE_OK);
    struct mp_statement add = mp_statement_start(fixture.store, MP_SQL_ADD_ROLE);
    mp_bind_integer(&add, "campaign_id", fixture.campaign_id);
    mp_bind_integer(&add, first, 1);
    mp_bind_text(&add, second, "subject");
    code = mp_database_end(fixture.store, mp_statement_run(&add));
    assert_int_not_equal(code, SQLITE_OK);
    assert_int_equal(mp_database_error(fixture.store, &err, code, "test"), MP_STORE);
    if (strstr(err.text, words) == NULL)
        fail_msg("'%s' is not in: %s", words, err.text);
    assert_query("SELECT count(*) FROM campaign_cell", "1");
}

static void every_parameter_of_a_statement_must_be_bound_once_by_its_name(void **state) {
    (void)state;
    subject();
    assert_misbound("cell_di", "role", "ADD_ROLE: parameter cell_di does not exist");
    assert_misbound("cell_id", "campaign_id",
                    "ADD_ROLE: parameter campaign_id is bound twice");
    struct mp_error err;
    struct mp_statement find = mp_statement_start(fixture.store, MP_SQL_CHECK_ROLE);
    mp_bind_integer(&find, "cell_id", 1);
    mp_bind_text(&find, "role", "subject");
    int64_t is_same = 7;
    int code = mp_statement_query(&find, &is_same, 1);
    assert_int_equal(code, SQLITE_MISUSE);
    assert_int_equal(is_same, 7);
    mp_database_error(fixture.store, &err, code, "test");
    assert_non_null(strstr(err.text, "CHECK_ROLE: parameter campaign_id is not bound"));
}

static void round_that_fails_half_way_is_taken_back_whole(void **state) {
    (void)state;
    struct mp_error err;
    int64_t cell = subject();
    struct mp_crash *crash = fixture_crash(0x98);
    sqlite3_exec(db(),
                 "CREATE TEMP TRIGGER stop BEFORE INSERT ON crash_module BEGIN SELECT"
                 " RAISE(ABORT, 'no more modules'); END",
                 NULL, NULL, NULL);
    assert_int_equal(
        fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &FIXTURE_SIGNATURE, &err),
        MP_STORE);
    assert_non_null(strstr(err.text, "no more modules"));
    assert_query(
        "SELECT (SELECT count(*) FROM round) || (SELECT count(*) FROM crash_frame) ||"
        " (SELECT count(*) FROM round_driver) || (SELECT count(*) FROM cell_limit)",
        "0000");
    sqlite3_exec(db(), "DROP TRIGGER stop", NULL, NULL, NULL);
    assert_int_equal(
        fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &FIXTURE_SIGNATURE, &err),
        MP_OK);
    mp_crash_destroy(crash);
    assert_query(
        "SELECT json_array(name, gpu, path, build_id, facts) FROM round_driver AS d JOIN"
        " round ON driver_id = d.id",
        "[\"metal@model\",\"model\",\"mpmodel\",\"0123abcd\",\"reader=U\"]");
}

static void crashes_with_one_key_share_a_signature(void **state) {
    (void)state;
    struct mp_error err;
    int64_t cell = subject();
    static const uint64_t addresses[] = {0x5c8, 0x5f4, 0x5c8};
    for (int i = 0; i < 3; i++) {
        struct mp_crash *crash = fixture_crash(addresses[i]);
        assert_int_equal(fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash,
                                       &FIXTURE_SIGNATURE, &err),
                         MP_OK);
        mp_crash_destroy(crash);
    }
    assert_query("SELECT count(*) || '/' || (SELECT count(*) FROM signature) FROM crash",
                 "3/1");
}

static void other_side_of_a_crash_makes_no_signature(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_signature_row named[] = {
        FIXTURE_SIGNATURE, FIXTURE_SIGNATURE, {.other_key = "end"}};
    named[0].other_key = "commit";
    int64_t cell = subject();
    for (int i = 0; i < 3; i++) {
        struct mp_crash *crash = fixture_crash(0x5c8);
        assert_int_equal(
            fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &named[i], &err),
            MP_OK);
        mp_crash_destroy(crash);
    }
    assert_query("SELECT count(*) FROM signature", "1");
    assert_query(
        "SELECT group_concat(coalesce(other_key, '-') || (signature_id IS NULL), ' ')"
        " FROM crash",
        "commit0 -0 end1");
}

static void threads_with_the_same_number_do_not_lose_the_round(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0x5c8);
    crash->thread[1].tid = crash->thread[0].tid;
    assert_int_equal(
        fixture_round(&fixture, subject(), MP_OUTCOME_CRASH, crash, NULL, &err), MP_OK);
    mp_crash_destroy(crash);
    assert_query("SELECT count(*) FROM crash_thread", "1");
    assert_query("SELECT count(*) FROM crash_frame", "4");
    assert_query("SELECT signature_id FROM crash", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_column_of_a_round_comes_back),
        TEST(every_column_of_a_crash_comes_back),
        TEST(last_events_of_a_round_that_failed_come_back),
        TEST(environment_and_campaign_come_back),
        TEST(campaign_is_found_by_number_and_by_uuid),
        TEST(same_environment_is_one_row_and_a_different_one_another),
        TEST(parameters_become_sorted_json_with_numbers),
        TEST(cell_is_one_row_whatever_the_order_of_its_parameters),
        TEST(role_belongs_to_campaign_and_cell),
        TEST(rate_has_limits_and_counts_only_verdicts),
        TEST(limits_are_never_stale),
        TEST(every_outcome_is_stored_and_balances),
        TEST(text_from_a_round_is_made_harmless),
        TEST(wild_numbers_from_a_page_are_kept_within_bounds),
        TEST(figures_of_a_round_are_kept_if_there_are_any),
        TEST(refused_round_leaves_nothing_behind),
        TEST(title_of_a_cell_is_its_scenario_and_its_parameters),
        TEST(every_parameter_of_a_statement_must_be_bound_once_by_its_name),
        TEST(round_that_fails_half_way_is_taken_back_whole),
        TEST(crashes_with_one_key_share_a_signature),
        TEST(other_side_of_a_crash_makes_no_signature),
        TEST(threads_with_the_same_number_do_not_lose_the_round),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
