/* Tests of the spec: it reads back, it names what is wrong and where, and any bytes are
 * safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "harness/wire/device_name.h"
#include "harness/wire/round_spec.h"

#define TITLE "mpstress-spec 1\n"

static struct mp_round_spec example(void) {
    struct mp_round_spec spec;
    struct mp_error err;
    mp_round_spec_init(&spec);
    snprintf(spec.device, sizeof(spec.device), "metal@model:reader=U");
    snprintf(spec.scenario, sizeof(spec.scenario), "mm");
    mp_round_spec_set_param(&spec, "threads", "8", &err);
    mp_round_spec_set_param(&spec, "n", "256", &err);
    mp_round_spec_set_param(&spec, "iters", "50", &err);
    spec.seed = UINT64_C(0xf00000000000000f);
    spec.timeout_ms = 1500;
    spec.recorder = false;
    return spec;
}

static void spec_reads_back_as_it_was_written(void **state) {
    (void)state;
    struct mp_round_spec spec = example(), again;
    struct mp_error err = {""};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_round_spec_format(&spec, &buf);
    assert_string_equal(buf.text, TITLE
                        "device metal@model:reader=U\nscenario mm\nparam threads 8\n"
                        "param n 256\nparam iters 50\narm none\n"
                        "seed 0xf00000000000000f\ntimeout_ms 1500\nrecorder off\n");
    assert_int_equal(mp_round_spec_parse(buf.text, buf.len, "x", &again, &err), MP_OK);
    assert_string_equal(again.device, spec.device);
    assert_int_equal(again.param_count, 3);
    assert_string_equal(mp_round_spec_param(&again, "n"), "256");
    assert_null(mp_round_spec_param(&again, "q"));
    assert_true(again.seed == spec.seed && again.timeout_ms == 1500 && !again.recorder);
    assert_true(again.capture);
    snprintf(spec.arm, sizeof(spec.arm), "fix=0123456789ab");
    snprintf(spec.fix, sizeof(spec.fix), "/opt/lib/libfix.so");
    snprintf(spec.fix_id, sizeof(spec.fix_id), "beef");
    snprintf(spec.fix_sha256, sizeof(spec.fix_sha256), "0123456789abcdef");
    spec.silence_ms = 250;
    spec.capture = false;
    mp_strbuf_clear(&buf);
    mp_round_spec_format(&spec, &buf);
    assert_non_null(strstr(
        buf.text, "\ntimeout_ms 1500\nsilence_ms 250\nrecorder off\ncapture off\n"));
    assert_int_equal(mp_round_spec_parse(buf.text, buf.len, "x", &again, &err), MP_OK);
    assert_int_equal(again.silence_ms, 250);
    assert_false(again.capture);
    assert_string_equal(again.arm, spec.arm);
    assert_string_equal(again.fix, spec.fix);
    assert_string_equal(again.fix_id, spec.fix_id);
    assert_string_equal(again.fix_sha256, spec.fix_sha256);
    struct mp_strbuf second;
    mp_strbuf_init(&second);
    mp_round_spec_format(&again, &second);
    assert_string_equal(buf.text, second.text);
    mp_strbuf_release(&second);
    mp_strbuf_release(&buf);
}

static void spec_takes_comments_blank_lines_and_loose_blanks(void **state) {
    (void)state;
    static const char text[] =
        "# kept from a crash\n\n  mpstress-spec 1\r\n\tscenario \t mm  \n"
        "# param threads 9\nparam   threads\t8\nseed 17";
    struct mp_round_spec spec;
    struct mp_error err = {""};
    assert_int_equal(mp_round_spec_parse(text, strlen(text), "x", &spec, &err), MP_OK);
    assert_string_equal(spec.device, "null");
    assert_string_equal(spec.arm, "none");
    assert_string_equal(mp_round_spec_param(&spec, "threads"), "8");
    assert_true(spec.seed == 17 && spec.timeout_ms == 10000 && spec.recorder);
}

static void expect_refused(const char *text, const char *message) {
    struct mp_round_spec spec = {.seed = 42};
    struct mp_error err = {""};
    assert_int_not_equal(mp_round_spec_parse(text, strlen(text), "FILE", &spec, &err),
                         MP_OK);
    assert_int_equal(spec.seed, 42);
    assert_string_equal(err.text, message);
}

static void spec_refuses_what_is_wrong_with_its_line(void **state) {
    (void)state;
    expect_refused("", "FILE:1: this is not a spec: it is empty");
    expect_refused(
        "mpstress-spec 2\n",
        "FILE:1: this is not a spec: the first line must be 'mpstress-spec 1'");
    expect_refused(TITLE "scenari mm\n",
                   "FILE:2: unknown key 'scenari', did you mean 'scenario'?");
    expect_refused(
        TITLE "scenario mm\n#\nfoobar 1\n",
        "FILE:4: unknown key 'foobar', known: device, scenario, param, arm, fix, fix_id, "
        "fix_sha256, seed, number, timeout_ms, silence_ms, recorder, capture");
    expect_refused(TITLE "scenario mm\nscenario mm\n",
                   "FILE:3: key 'scenario' is given twice");
    expect_refused(TITLE "param n 1\nparam n 2\n",
                   "FILE:3: parameter 'n' is given twice");
    expect_refused(TITLE "param n\n", "FILE:2: the value of parameter 'n' is empty");
    expect_refused(TITLE "param\n", "FILE:2: the name of a parameter is empty");
    expect_refused(TITLE "device null\n", "FILE:3: the line 'scenario NAME' is missing");
    expect_refused(
        TITLE "scenario mm\narm fix=0123456789ab\n",
        "FILE:4: the arm fix and a line 'fix PATH' belong together; the arm is "
        "'fix=0123456789ab'");
    expect_refused(
        TITLE "scenario mm\nfix /lib/fix.so\n",
        "FILE:4: the arm fix and a line 'fix PATH' belong together; the arm is 'none'");
    expect_refused(TITLE "fix fix.so\n",
                   "FILE:2: the path of fix 'fix.so' does not start with /");
    expect_refused(
        TITLE "scenario a\x01\n",
        "FILE:2: the scenario has byte 0x01 at offset 2, which is not allowed there");
    expect_refused(
        TITLE "scenario a b\n",
        "FILE:2: the scenario has byte 0x20 at offset 2, which is not allowed there");
    expect_refused(
        TITLE "seed -1\n",
        "FILE:2: seed '-1' is not a whole number from 0 to 18446744073709551615");
    expect_refused(TITLE "seed 18446744073709551616\n",
                   "FILE:2: seed '18446744073709551616' is not a whole number from 0 to "
                   "18446744073709551615");
    expect_refused(
        TITLE "seed 0x\n",
        "FILE:2: seed '0x' is not a whole number from 0 to 18446744073709551615");
    expect_refused(TITLE "timeout_ms 0\n",
                   "FILE:2: timeout_ms '0' is not a whole number from 1 to 86400000");
    expect_refused(TITLE "recorder yes\n", "FILE:2: recorder 'yes': must be on or off");
    expect_refused(TITLE "scenario 0123456789012345678901234567890123456789\n",
                   "FILE:2: the scenario is longer than 31 bytes");
}

static void spec_refuses_zero_bytes_and_endless_text(void **state) {
    (void)state;
    struct mp_round_spec spec;
    struct mp_error err = {""};
    assert_int_equal(mp_round_spec_parse("mpstress-spec 1\n\0", 17, "x", &spec, &err),
                     MP_FORMAT);
    static char text[MP_SPEC_TEXT_MAX + 1];
    memset(text, '#', sizeof(text));
    assert_int_equal(mp_round_spec_parse(text, MP_SPEC_TEXT_MAX, "x", &spec, &err),
                     MP_LIMIT);
    assert_int_equal(mp_round_spec_parse(text, MP_SPEC_TEXT_MAX - 1, "x", &spec, &err),
                     MP_FORMAT);
}

static void any_bytes_are_safe_to_parse(void **state) {
    (void)state;
    static const char *const pieces[] = {
        TITLE,   "device ", "scenario ",   "param ",    "arm ",
        "seed ", "\n",      "timeout_ms ", "recorder ", "on",
        "0x",    " ",       "7",           "\xff",      "#"};
    struct mp_rng rng;
    mp_rng_seed(&rng, 11);
    unsigned taken = 0;
    for (int round = 0; round < 20000; round++) {
        struct mp_strbuf buf;
        mp_strbuf_init(&buf);
        if (mp_rng_below(&rng, 2))
            mp_strbuf_addstr(&buf, TITLE "scenario x\n");
        for (uint64_t i = mp_rng_below(&rng, 12); i > 0; i--)
            mp_strbuf_addstr(&buf, pieces[mp_rng_below(&rng, MP_COUNT(pieces))]);
        /* A copy without the NUL: reading past the end is a fault under the
         * sanitizers. */
        char *exact = malloc(buf.len > 0 ? buf.len : 1);
        memcpy(exact, buf.text, buf.len);
        struct mp_round_spec spec, again;
        struct mp_error err = {""};
        if (mp_round_spec_parse(exact, buf.len, "x", &spec, &err) == MP_OK) {
            taken++;
            struct mp_strbuf out;
            mp_strbuf_init(&out);
            mp_round_spec_format(&spec, &out);
            assert_int_equal(mp_round_spec_parse(out.text, out.len, "x", &again, &err),
                             MP_OK);
            mp_strbuf_release(&out);
        } else {
            assert_int_not_equal(err.text[0], '\0');
        }
        free(exact);
        mp_strbuf_release(&buf);
    }
    assert_true(taken > 100);
}

static void parameters_are_replaced_and_bounded(void **state) {
    (void)state;
    struct mp_round_spec spec = example();
    struct mp_error err = {""};
    assert_int_equal(mp_round_spec_set_param(&spec, "n", "512", &err), MP_OK);
    assert_int_equal(spec.param_count, 3);
    assert_string_equal(mp_round_spec_param(&spec, "n"), "512");
    for (int i = 3; i < MP_SPEC_PARAMS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%d", i);
        assert_int_equal(mp_round_spec_set_param(&spec, name, "a b", &err), MP_OK);
    }
    assert_int_equal(mp_round_spec_set_param(&spec, "more", "1", &err), MP_LIMIT);
    assert_int_equal(mp_round_spec_set_param(&spec, "n", "a\nseed 1", &err), MP_USAGE);
    assert_int_equal(mp_round_spec_set_param(&spec, "n", " 1", &err), MP_USAGE);
    assert_int_equal(mp_round_spec_set_param(&spec, "n m", "1", &err), MP_USAGE);
    assert_string_equal(mp_round_spec_param(&spec, "n"), "512");
}

static void cell_hash_knows_the_cell_and_nothing_else(void **state) {
    (void)state;
    struct mp_round_spec spec = example();
    char first[17], other[17];
    mp_round_spec_cell_hash(&spec, first);
    /* FNV-1a of "device metal@model:reader=U\nscenario mm\nparam iters 50\nparam n 256\n"
     * "param threads 8\narm none\n". Cells in databases are found by it: it may never
     * change. */
    assert_string_equal(first, "23484b9a6fa645b1");
    struct mp_spec_param swap = spec.param[0];
    spec.param[0] = spec.param[2];
    spec.param[2] = swap;
    spec.seed = 1;
    spec.timeout_ms = 1;
    spec.recorder = true;
    mp_round_spec_cell_hash(&spec, other);
    assert_string_equal(first, other);
    assert_string_equal(spec.param[0].name, "iters"); /* sorted in a copy only */
    assert_string_equal(spec.param[1].name, "n");
    snprintf(spec.arm, sizeof(spec.arm), "serial");
    mp_round_spec_cell_hash(&spec, other);
    assert_string_not_equal(first, other);
}

static void device_text_is_split_at_its_first_colon(void **state) {
    (void)state;
    char name[MP_SPEC_NAME_MAX] = "kept";
    const char *settings = NULL;
    struct mp_error err = {""};
    assert_int_equal(
        mp_device_name_split("metal@model:reader=U,a=b:c", name, &settings, &err), MP_OK);
    assert_string_equal(name, "metal@model");
    assert_string_equal(settings, "reader=U,a=b:c");
    assert_int_equal(mp_device_name_split("null", name, &settings, &err), MP_OK);
    assert_string_equal(name, "null");
    assert_string_equal(settings, "");
    assert_int_equal(mp_device_name_split(":p=1", name, &settings, &err), MP_USAGE);
    assert_int_equal(mp_device_name_split("0123456789012345678901234567890123456789",
                                          name, &settings, &err),
                     MP_USAGE);
    assert_string_equal(name, "null");
}

static void name_of_a_device_says_whose_driver_it_is(void **state) {
    static const struct {
        const char *device;
        bool is_real, is_model, uses_gpu;
    } rows[] = {
        {"metal", true, false, true},
        {"metal:reader=U", true, false, true},
        {"cuda:at=@model", true, false, true},
        {"metal@model", false, true, false},
        {"cuda@model:defects=race", false, true, false},
        {"metal@modelling", true, false, false},
        {"metal@", true, false, false},
        {"vulkan:gpu=a@b", true, false, true},
        {"vulkan@lavapipe:queues=1", true, false, false},
        {"null", false, false, false},
        {"null:fault=segv_null", false, false, false},
        {"nullable", true, false, true},
        {"", true, false, true},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        assert_int_equal(mp_device_name_is_real(rows[i].device), rows[i].is_real);
        assert_int_equal(mp_device_name_is_model(rows[i].device), rows[i].is_model);
        assert_int_equal(mp_device_name_uses_gpu(rows[i].device), rows[i].uses_gpu);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spec_reads_back_as_it_was_written),
        cmocka_unit_test(spec_takes_comments_blank_lines_and_loose_blanks),
        cmocka_unit_test(spec_refuses_what_is_wrong_with_its_line),
        cmocka_unit_test(spec_refuses_zero_bytes_and_endless_text),
        cmocka_unit_test(any_bytes_are_safe_to_parse),
        cmocka_unit_test(parameters_are_replaced_and_bounded),
        cmocka_unit_test(cell_hash_knows_the_cell_and_nothing_else),
        cmocka_unit_test(device_text_is_split_at_its_first_colon),
        cmocka_unit_test(name_of_a_device_says_whose_driver_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
