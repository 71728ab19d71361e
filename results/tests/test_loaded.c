/* What was loaded: each distinct set is stored once, and the report says where rounds
 * differ.
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
#include "results/report/show.h"
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

static void assert_query(const char *sql, const char *want) {
    const char *got = fixture_text(mp_store_handle(fixture.store), sql);
    if (strcmp(got, want) != 0)
        fail_msg("%s\n  got  '%s'\n  want '%s'", sql, got, want);
}

/* A program, a driver of build `driver`, and what else there is. */
struct set {
    struct mp_module module[3];
    struct mp_modules modules;
};

static struct set make_set(const char *driver, const char *other,
                           enum mp_module_role role) {
    struct set set = {
        .module = {{.path = "/bin/round", .id = "aa01", .size = 4096},
                   {.path = "/lib/driver.so", .size = 8192, .role = MP_MODULE_DRIVER},
                   {.path = other, .id = "cc", .size = 100, .role = role}},
        .modules = {.count = other != NULL ? 3 : 2, .is_known = true},
    };
    snprintf(set.module[1].id, sizeof(set.module[1].id), "%s", driver);
    return set;
}

static void run(int64_t cell, struct set *set, enum mp_outcome outcome, unsigned count) {
    if (set != NULL)
        set->modules.module = set->module;
    fixture.modules = set != NULL ? &set->modules : NULL;
    fixture_rounds(&fixture, cell, outcome, count);
}

static int64_t make_cell(const char *arm) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "metal@model:reader=U", "mm", arm);
    return fixture_cell(&fixture, &spec, "subject");
}

static void each_distinct_set_is_stored_once(void **state) {
    (void)state;
    int64_t cell = make_cell("none");
    struct set first = make_set("d1", NULL, MP_MODULE_PLAIN);
    struct set second = make_set("d2", "/lib/x\n.so", MP_MODULE_OUTSIDE);
    run(cell, &first, MP_OUTCOME_PASS, 3);
    run(cell, &second, MP_OUTCOME_PASS, 1);
    run(cell, NULL, MP_OUTCOME_PASS, 1);
    run(cell, &first, MP_OUTCOME_PASS, 1);
    /* The order in which they were loaded is no difference. */
    struct mp_module swapped = first.module[0];
    first.module[0] = first.module[1];
    first.module[1] = swapped;
    run(cell, &first, MP_OUTCOME_PASS, 1);
    assert_query("SELECT count(*) FROM module_set", "2");
    assert_query(
        "SELECT group_concat(coalesce(module_set_id, 'none')) FROM (SELECT * FROM round"
        " ORDER BY id)",
        "1,1,1,2,none,1,1");
    assert_query("SELECT json_group_array(json_array(path, size, module_id, role)) FROM"
                 " module_set_member WHERE module_set_id = 2",
                 "[[\"/bin/round\",4096,\"aa01\",\"\"],[\"/lib/"
                 "driver.so\",8192,\"d2\",\"driver\"],"
                 "[\"/lib/x\\\\x0a.so\",100,\"cc\",\"outside\"]]");
    assert_query(
        "SELECT json_group_array(json_array(module_set_id, whole, first_round_id)) FROM"
        " cell_modules",
        "[[1,1,1],[2,1,4]]");
    /* A store that is opened anew finds what is there. */
    mp_store_close(fixture.store);
    int64_t campaign_id = fixture.campaign_id;
    fixture_attach(&fixture, fixture.path);
    fixture.campaign_id = campaign_id;
    fixture.seq = 100;
    run(cell, &second, MP_OUTCOME_PASS, 1);
    assert_query("SELECT module_set_id FROM round ORDER BY id DESC LIMIT 1", "2");
}

static void more_sets_than_are_kept_at_hand_take_turns(void **state) {
    (void)state;
    int64_t cell = make_cell("none");
    struct set set[6];
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 6; i++) {
            char id[8];
            snprintf(id, sizeof(id), "d%d", i);
            set[i] = make_set(id, NULL, MP_MODULE_PLAIN);
            run(cell, &set[i], MP_OUTCOME_PASS, 1);
        }
    }
    assert_query("SELECT count(*) FROM module_set", "6");
    assert_query(
        "SELECT group_concat(module_set_id) FROM (SELECT * FROM round ORDER BY id)",
        "1,2,3,4,5,6,1,2,3,4,5,6,1,2,3,4,5,6");
}

static void set_of_a_round_that_was_taken_back_is_written_with_the_next(void **state) {
    (void)state;
    int64_t cell = make_cell("none");
    struct set set = make_set("d1", NULL, MP_MODULE_PLAIN);
    struct mp_error err;
    set.modules.module = set.module;
    fixture.modules = &set.modules;
    assert_int_equal(fixture_round(&fixture, 999, MP_OUTCOME_PASS, NULL, NULL, &err),
                     MP_STORE);
    assert_query("SELECT count(*) FROM module_set", "0");
    run(cell, &set, MP_OUTCOME_PASS, 1);
    assert_query(
        "SELECT count(*) FROM round JOIN module_set ON module_set.id = module_set_id",
        "1");
}

static void library_of_the_arm_stands_with_its_cell(void **state) {
    (void)state;
    struct mp_round_spec spec;
    fixture_spec(&spec, "metal@model:reader=U", "mm", "fix=0123456789ab");
    snprintf(spec.fix, sizeof(spec.fix), "/opt/libfix.so");
    snprintf(spec.fix_id, sizeof(spec.fix_id), "beef");
    snprintf(spec.fix_sha256, sizeof(spec.fix_sha256), "0123456789abcdef");
    int64_t cell = fixture_cell(&fixture, &spec, "subject");
    assert_int_equal(fixture_cell(&fixture, &spec, "subject"), cell);
    snprintf(spec.arm, sizeof(spec.arm), "fix=ffffffffffff");
    assert_true(fixture_cell(&fixture, &spec, "subject") != cell);
    assert_query("SELECT json_array(cell_id, path, module_id, sha256) FROM fix_library",
                 "[1,\"/opt/libfix.so\",\"beef\",\"0123456789abcdef\"]");
}

/* The report of the campaign as text and as JSON; the caller releases them. */
static void report(struct mp_strbuf *text, struct mp_strbuf *json) {
    struct mp_error err;
    enum mp_verdict verdict;
    struct mp_report_options options = {.campaign_id = fixture.campaign_id,
                                        .width = 1000};
    mp_strbuf_init(text);
    mp_strbuf_init(json);
    if (mp_report_text(fixture.store, &options, text, &verdict, &err) != MP_OK ||
        mp_report_json(fixture.store, &options, json, &verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static void assert_report(bool is_said, const char *words, const char *member) {
    struct mp_strbuf text, json;
    report(&text, &json);
    if ((strstr(text.text, words) != NULL) != is_said ||
        (strstr(json.text, member) != NULL) != is_said)
        fail_msg("'%s' or '%s' in\n%s\n%s", words, member, text.text, json.text);
    mp_strbuf_release(&text);
    mp_strbuf_release(&json);
}

static void report_says_when_a_build_changed(void **state) {
    (void)state;
    int64_t none = make_cell("none"), serial = make_cell("serial");
    struct set old = make_set("d1", NULL, MP_MODULE_PLAIN);
    struct set new = make_set("d2", NULL, MP_MODULE_PLAIN);
    run(none, &old, MP_OUTCOME_PASS, 2);
    run(serial, &old, MP_OUTCOME_CRASH, 2);
    assert_report(false, "What was loaded", "\"several_builds\":[{");
    run(serial, &new, MP_OUTCOME_PASS, 1);
    assert_report(
        true, "/lib/driver.so had 2 builds: d1 (first in round 1), d2 (first in round 5)",
        "\"several_builds\":[{\"path\":\"/lib/driver.so\",\"builds\":[{\"module_id\":"
        "\"d1\",\"first_round\":1},{\"module_id\":\"d2\",\"first_round\":5}]}]");
    /* Another campaign is another matter. */
    fixture_begin_campaign(&fixture);
    int64_t again = make_cell("none");
    run(again, &new, MP_OUTCOME_PASS, 1);
    assert_report(false, "What was loaded", "\"several_builds\":[{");
}

static void each_file_has_its_own_builds(void **state) {
    (void)state;
    int64_t none = make_cell("none");
    struct set old = make_set("d1", "/lib/a.so", MP_MODULE_PLAIN);
    struct set new = make_set("d2", "/lib/a.so", MP_MODULE_PLAIN);
    snprintf(new.module[2].id, sizeof(new.module[2].id), "dd");
    run(none, &old, MP_OUTCOME_PASS, 1);
    run(none, &new, MP_OUTCOME_PASS, 1);
    assert_report(
        true, "/lib/a.so had 2 builds: cc (first in round 1), dd (first in round 2);",
        "\"several_builds\":[{\"path\":\"/lib/a.so\",\"builds\":[{\"module_id\":\"cc\","
        "\"first_round\":1},{\"module_id\":\"dd\",\"first_round\":2}]},{\"path\":"
        "\"/lib/driver.so\",\"builds\":[");
}

static void report_says_what_came_from_outside_or_was_not_always_there(void **state) {
    (void)state;
    int64_t cell = make_cell("none");
    struct set plain = make_set("d1", NULL, MP_MODULE_PLAIN);
    struct set outside = make_set("d1", "/lib/spy.so", MP_MODULE_OUTSIDE);
    run(cell, &plain, MP_OUTCOME_PASS, 1);
    assert_report(false, "What was loaded", "\"outside\":[{");
    run(cell, &outside, MP_OUTCOME_PASS, 1);
    assert_report(true, "injected from outside: /lib/spy.so (build cc)",
                  "\"outside\":[{\"path\":\"/lib/spy.so\",\"module_id\":\"cc\"}]");
    assert_report(
        true, "in mm, arm none: /lib/spy.so was loaded in some rounds and not in others",
        "\"in_some_rounds\":[{\"scenario\":\"mm\",\"arm\":\"none\",\"path\":"
        "\"/lib/spy.so\"}]");
}

static void show_tells_driver_and_injected_libraries_and_all_if_asked(void **state) {
    (void)state;
    struct set set = make_set("d1", "/opt/libfix.so", MP_MODULE_FIX);
    struct mp_error err;
    struct mp_strbuf text;
    struct mp_show_options options = {.kind = MP_SHOW_ROUND, .id = 1, .width = 200};
    run(make_cell("none"), &set, MP_OUTCOME_PASS, 1);
    mp_strbuf_init(&text);
    assert_int_equal(mp_show_text(fixture.store, &options, &text, &err), MP_OK);
    assert_non_null(
        strstr(text.text, "driver                /lib/driver.so (build d1), 8192 bytes"));
    assert_non_null(
        strstr(text.text, "injected by the arm   /opt/libfix.so (build cc), 100 bytes"));
    assert_non_null(strstr(text.text, "1 other; --modules shows all"));
    assert_null(strstr(text.text, "/bin/round"));
    mp_strbuf_clear(&text);
    options.has_all_modules = true;
    assert_int_equal(mp_show_text(fixture.store, &options, &text, &err), MP_OK);
    assert_non_null(strstr(text.text, "/bin/round (build aa01), 4096 bytes"));
    assert_null(strstr(text.text, "--modules"));
    mp_strbuf_clear(&text);
    assert_int_equal(mp_show_json(fixture.store, &options, &text, &err), MP_OK);
    assert_non_null(strstr(text.text,
                           "\"modules\":[{\"path\":\"/bin/round\",\"size\":4096,"
                           "\"module_id\":\"aa01\",\"role\":\"\",\"methods\":null}"));
    mp_strbuf_release(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_distinct_set_is_stored_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(more_sets_than_are_kept_at_hand_take_turns,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            set_of_a_round_that_was_taken_back_is_written_with_the_next, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(library_of_the_arm_stands_with_its_cell, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(report_says_when_a_build_changed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_file_has_its_own_builds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            report_says_what_came_from_outside_or_was_not_always_there, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            show_tells_driver_and_injected_libraries_and_all_if_asked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
