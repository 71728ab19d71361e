/* Claims: what is read, what is refused with which words, and that writing and reading
 * agree.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/array.h"
#include "results/stats/claim.h"

static void claims_are_read_and_written_in_one_way(void **state) {
    (void)state;
    static const struct {
        const char *text, *canonical;
        double target, confidence;
    } cases[] = {
        {"rate<0.1%@95%", "rate<0.1%@95%", 0.001, 0.95},
        {"rate<0.1%", "rate<0.1%@95%", 0.001, 0.95},
        {"rate<=0.1%@95%", "rate<0.1%@95%", 0.001, 0.95},
        {"rate<0.001", "rate<0.1%@95%", 0.001, 0.95},
        {"rate<1e-3@0.95", "rate<0.1%@95%", 0.001, 0.95},
        {"rate<1E-3", "rate<0.1%@95%", 0.001, 0.95},
        {"  rate <  0.10 %  @ 95 %  ", "rate<0.1%@95%", 0.001, 0.95},
        {"\trate<5%@99.9%", "rate<5%@99.9%", 0.05, 0.999},
        {"rate<50%@50%", "rate<50%@50%", 0.5, 0.5},
        {"rate<.5@90%", "rate<50%@90%", 0.5, 0.9},
        {"rate<33.3333333333%", "rate<33.3333333%@95%", 0.333333333, 0.95},
        {"rate<0.0000012345%", "rate<0.0000012345%@95%", 1.2345e-8, 0.95},
        {"rate<1e-8@99.99%", "rate<0.000001%@99.99%", 1e-8, 0.9999},
        {"rate<99%", "rate<99%@95%", 0.99, 0.95},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_claim claim = {0}, again = {0};
        struct mp_error err = {""};
        char text[MP_CLAIM_TEXT_MAX];
        if (mp_claim_parse(cases[i].text, &claim, &err) != MP_OK)
            fail_msg("'%s': %s", cases[i].text, err.text);
        assert_true(fabs(claim.target - cases[i].target) <= 1e-12 * cases[i].target);
        assert_true(fabs(1.0 - claim.alpha - cases[i].confidence) <= 1e-12);
        mp_claim_format(&claim, text);
        assert_string_equal(text, cases[i].canonical);
        assert_int_equal(mp_claim_parse(text, &again, &err), MP_OK);
        assert_memory_equal(&again, &claim, sizeof(claim));
    }
}

static void what_is_no_claim_is_refused_with_the_reason_and_the_form(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "must start with the word 'rate'"},
        {"rat<1%", "must start with the word 'rate'"},
        {"rates<1%", "must start with the word 'rate'"},
        {"rate_x<1%", "must start with the word 'rate'"},
        {"crash rate<1%", "must start with the word 'rate'"},
        {"rate", "'<' is missing at the end"},
        {"rate=1%", "'<' is expected at '=1%'"},
        {"rate>1%", "only '<' can be claimed"},
        {"rate<", "a number such as 0.1%, 0.001 or 1e-3 is missing at the end"},
        {"rate<x", "a number such as 0.1%, 0.001 or 1e-3 is expected at 'x'"},
        {"rate<-1%", "is expected at '-1%'"},
        {"rate<0x1p-3", "between 0.0000001% and 99%"},
        {"rate<nan", "is expected at 'nan'"},
        {"rate<1.2.3%", "is expected at '1.2.3%'"},
        {"rate<0.1e%", "or nothing, is expected at 'e%'"},
        {"rate<0.1,5%", "or nothing, is expected at ',5%'"},
        {"rate<5", "a rate without '%' is a share"},
        {"rate<1", "a rate without '%' is a share"},
        {"rate<100%", "between 0.0000001% and 99%"},
        {"rate<0", "between 0.0000001% and 99%"},
        {"rate<1e-400", "between 0.0000001% and 99%"},
        {"rate<1%@", "a confidence such as 95% or 0.95 is missing at the end"},
        {"rate<1%@high", "is expected at 'high'"},
        {"rate<1%@95", "a confidence above 1 needs a '%'"},
        {"rate<1%@100%", "at least 50% and below 100%"},
        {"rate<1%@49%", "at least 50% and below 100%"},
        {"rate<1%@95%%", "or nothing, is expected at '%'"},
        {"rate<1% 95%", "or nothing, is expected at '95%'"},
        {"rate<99999999999999999999999999999999999999999999%", "is expected at"},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_claim claim = {.target = 0.25, .alpha = 0.25};
        struct mp_error err = {""};
        assert_int_equal(mp_claim_parse(cases[i].text, &claim, &err), MP_USAGE);
        if (strstr(err.text, cases[i].why) == NULL ||
            strstr(err.text, "'" MP_CLAIM_FORM "'") == NULL)
            fail_msg("'%s': %s", cases[i].text, err.text);
        assert_true(claim.target == 0.25 && claim.alpha == 0.25);
    }
}

static void a_rate_alone_is_a_share_in_per_cent_or_not(void **state) {
    (void)state;
    struct mp_error err = {""};
    double rate = -1.0;
    assert_int_equal(mp_claim_parse_rate("10%", "--from", &rate, &err), MP_OK);
    assert_true(fabs(rate - 0.1) < 1e-15);
    assert_int_equal(mp_claim_parse_rate(" 1e-3 ", "--from", &rate, &err), MP_OK);
    assert_true(fabs(rate - 0.001) < 1e-15);
    assert_int_equal(mp_claim_parse_rate("0", "--to", &rate, &err), MP_OK);
    assert_true(rate == 0.0);
    assert_int_equal(mp_claim_parse_rate("1", "--to", &rate, &err), MP_OK);
    assert_true(rate == 1.0);
    static const char *const bad[] = {"", "x", "10", "101%", "-1%", "10%%", "10% 2"};
    for (size_t i = 0; i < MP_COUNT(bad); i++) {
        assert_int_equal(mp_claim_parse_rate(bad[i], "--to", &rate, &err), MP_USAGE);
        assert_non_null(strstr(err.text, "--to '"));
        assert_true(rate == 1.0);
    }
}

static void a_margin_is_read_as_people_write_it(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double margin;
    } rows[] = {{"1%", 0.01},
                {"0.01", 0.01},
                {"1 % more", 0.01},
                {" 1% more ", 0.01},
                {"0.5 percent more", 0.005},
                {"2 points", 0.02},
                {"1 point more", 0.01},
                {"1 percentage point more or fewer", 0.01},
                {"10% more or less", 0.1}};
    static const char *const bad[] = {"",       "more",      "1",      "0%",
                                      "100%",   "0.01 %",    "1 more", "1% fewer",
                                      "1% mor", "1% more %", "-1%",    "1% of them"};
    struct mp_error err;
    double margin = 0;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        assert_int_equal(
            mp_claim_parse_margin(rows[i].text, "--same-within", &margin, &err), MP_OK);
        assert_true(fabs(margin - rows[i].margin) < 1e-15);
    }
    for (size_t i = 0; i < MP_COUNT(bad); i++) {
        margin = 0.5;
        assert_int_equal(mp_claim_parse_margin(bad[i], "--same-within", &margin, &err),
                         MP_USAGE);
        assert_non_null(strstr(err.text, "--same-within '"));
        assert_true(margin == 0.5);
    }
}

static void a_plan_may_claim_a_margin(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum mp_claim_kind kind;
    } rows[] = {{"rate<5%@95%", MP_CLAIM_RATE},
                {"excess<5%@95%", MP_CLAIM_EXCESS},
                {"difference<5%@95%", MP_CLAIM_DIFFERENCE}};
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_claim claim = {0};
        struct mp_error err;
        char text[MP_CLAIM_TEXT_MAX];
        assert_int_equal(mp_claim_parse_any(rows[i].text, &claim, &err), MP_OK);
        assert_int_equal(claim.kind, rows[i].kind);
        assert_true(fabs(claim.target - 0.05) < 1e-15);
        mp_claim_format(&claim, text);
        assert_string_equal(text, rows[i].text);
        /* Only a rate can be claimed of a run. */
        assert_int_equal(mp_claim_parse(rows[i].text, &claim, &err),
                         i == 0 ? MP_OK : MP_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_are_read_and_written_in_one_way),
        cmocka_unit_test(what_is_no_claim_is_refused_with_the_reason_and_the_form),
        cmocka_unit_test(a_margin_is_read_as_people_write_it),
        cmocka_unit_test(a_plan_may_claim_a_margin),
        cmocka_unit_test(a_rate_alone_is_a_share_in_per_cent_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
