/* Names of frames: whole where they are Objective-C, bare where they are C++, the same
 * everywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "harness/supervisor/capture/frame_name.h"

static void assert_name(const char *symbol, const char *expected) {
    struct mp_crash_frame frame = {.module = -1};
    struct mp_crash *crash = mp_crash_create();
    char name[MP_FRAME_NAME_MAX];
    snprintf(frame.symbol, sizeof(frame.symbol), "%s", symbol);
    mp_frame_name(crash, &frame, name, sizeof(name));
    mp_crash_destroy(crash);
    assert_string_equal(name, expected);
}

static void name_of_a_method_is_whole_but_for_its_category(void **state) {
    (void)state;
    assert_name("-[AGXG16XFamilyComputeContext setBuffer:offset:atIndex:]",
                "-[AGX*FamilyComputeContext setBuffer:offset:atIndex:]");
    assert_name("+[MPSGraph(Private) make:]", "+[MPSGraph make:]");
    assert_name("__52-[Stream(Extra) end]_block_invoke_2", "-[Stream end]{block}");
    assert_name("__encode_block_invoke.12", "encode{block}");
}

static void name_of_a_function_has_no_arguments_and_no_suffix(void **state) {
    (void)state;
    assert_name("guilty.constprop.0", "guilty");
    assert_name("guilty.cold.3", "guilty");
    assert_name("guilty.llvm.8123456", "guilty");
    assert_name(
        "AGX::ComputeContext<AGX::G16X::Classes, AGX::HAL200>::prepareForEnqueue(bool)",
        "AGX::ComputeContext<T>::prepareForEnqueue");
    assert_name("void AGX::bind<int, std::less<int>>(int (*)(int)) const",
                "AGX::bind<T>");
    assert_name("(anonymous namespace)::Pool::take(unsigned long)",
                "(anonymous namespace)::Pool::take");
    assert_name("make[abi:cxx11](int)", "make");
    assert_name("invocation function for block in run(int)", "run{block}");
    assert_name("operator<<(Stream&, int)", "operator<<");
    assert_name("Row::operator->() const", "Row::operator->");
    assert_name("AGXMetalG13X::bind", "AGX*::bind");
    assert_name("agxa_G16G_B0_submit", "agxa_G*_submit");
    assert_name("HALT_now", "HALT_now");
    assert_name("GLOBAL", "GLOBAL");
}

static void broken_names_are_kept_within_bounds(void **state) {
    static const char *const names[] = {
        "(",        "<<<<<<",      ">>>>", "-[", "-[]",           "[",
        "AGXG",     "HAL",         "G16",  ".",  "_block_invoke", "a<b>c<d",
        "operator", "\x01\x02\xff"};
    char name[MP_FRAME_NAME_MAX];
    struct mp_crash *crash = mp_crash_create();
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (size_t size = 1; size <= sizeof(name); size++) {
            struct mp_crash_frame frame = {.module = -1};
            snprintf(frame.symbol, sizeof(frame.symbol), "%s", names[i]);
            memset(name, 'x', sizeof(name));
            mp_frame_name(crash, &frame, name, size);
            assert_true(strlen(name) < size);
        }
    }
    struct mp_crash_frame frame = {.module = 99};
    memset(frame.symbol, '<', sizeof(frame.symbol) - 1);
    mp_frame_name(crash, &frame, name, sizeof(name));
    memset(frame.symbol, 'G', sizeof(frame.symbol) - 1);
    mp_frame_name(crash, &frame, name, sizeof(name));
    assert_int_equal(strlen(name), sizeof(name) - 1);
    assert_string_equal(mp_frame_module(crash, &frame), "");
    mp_crash_destroy(crash);
}

static void frames_of_the_runtime_are_told_and_their_kinds_named(void **state) {
    static const struct {
        const char *symbol;
        bool is_runtime;
        const char *kind;
    } rows[] = {
        {"objc_msgSend", true, "objc_msgSend"},
        {"objc_retain_x20", true, "objc_retain"},
        {"objc_alloc", true, ""},
        {"_int_free", true, "the allocator"},
        {"abort", true, ""},
        {"abortive", false, ""},
        {"freedom", false, ""},
        {"MTLReportFailure.cold", true, ""},
        {"worker_main", false, ""},
        {"", true, ""},
    };
    struct mp_crash *crash = mp_crash_create();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mp_crash_frame frame = {.module = -1};
        const char *kind = NULL;
        snprintf(frame.symbol, sizeof(frame.symbol), "%s", rows[i].symbol);
        assert_int_equal(mp_frame_is_runtime(crash, &frame, &kind), rows[i].is_runtime);
        assert_string_equal(kind, rows[i].kind);
    }
    mp_crash_destroy(crash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_of_a_method_is_whole_but_for_its_category),
        cmocka_unit_test(name_of_a_function_has_no_arguments_and_no_suffix),
        cmocka_unit_test(broken_names_are_kept_within_bounds),
        cmocka_unit_test(frames_of_the_runtime_are_told_and_their_kinds_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
