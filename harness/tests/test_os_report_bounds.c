/* Reports that are torn, hostile or none: no bytes do harm, and each is told for what it
 * is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"
#include "harness/tests/report_fixture.h"

static const char *const fixtures[] = {
    "null_offset.ips",
    "null_offset_other_gpu.ips",
    "wild_write_x86.ips",
    "abort.ips",
    "gpu_event.ips",
    "panic.ips",
    "simulated.ips",
    "legacy.crash",
    "translated.txt",
    "legacy_header.ips",
    NULL,
};

/* What a torn report still shows is true: never a signature that the whole one does not
 * have, except for fewer frames. */
static void torn_report_keeps_what_was_whole(void **state) {
    (void)state;
    size_t len = 0;
    unsigned kept = 0;
    char *bytes = report_bytes("null_offset.ips", &len);
    for (size_t part = 1; part < 50; part++) {
        size_t size = len * part / 50;
        char *copy = malloc(size); /* of its own, so that a read behind the end is seen */
        struct mp_os_report *report = NULL;
        struct mp_error err;
        memcpy(copy, bytes, size);
        if (mp_os_report_parse(copy, size, &report, &err) == MP_OK) {
            kept++;
            assert_true(report->is_truncated);
            assert_string_equal(report->incident, "5EEDC0DE-0001-4A1B-9C2D-3E4F50617283");
            if (report->crash->has_address)
                assert_int_equal(report->crash->address, 0x5c8);
        } else {
            assert_true(strlen(err.text) > 0);
        }
        mp_os_report_destroy(report);
        free(copy);
    }
    assert_true(kept > 20); /* the exception stands before the stacks */
    free(bytes);
}

static void torn_object_keeps_the_members_before_the_tear(void **state) {
    (void)state;
    struct mp_os_report *report = report_with_body(
        "{\"pid\":12,\"exception\":{\"type\":\"EXC_CRASH\",\"signal\":\"SIGABRT\",\"co");
    assert_true(report->is_truncated);
    assert_int_equal(report->pid, 12);
    assert_int_equal(report->crash->signal, SIGABRT);
    mp_os_report_destroy(report);
}

static void no_part_of_any_report_does_harm(void **state) {
    (void)state;
    for (size_t i = 0; fixtures[i] != NULL; i++) {
        size_t len = 0;
        char *bytes = report_bytes(fixtures[i], &len);
        for (size_t part = 0; part <= 50; part++) {
            size_t size = len * part / 50;
            char *copy = malloc(size + 1);
            struct mp_os_report *report = NULL;
            struct mp_error err;
            memcpy(copy, bytes, size);
            if (mp_os_report_parse(copy, size, &report, &err) == MP_OK) {
                struct mp_signature signature;
                (void)mp_os_report_sign(report, &signature);
            }
            mp_os_report_destroy(report);
            free(copy);
        }
        free(bytes);
    }
}

static void missing_members_leave_a_crash_without_a_signature(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "{\"threads\":[]}",
        "{\"exception\":{}}",
        "{\"faultingThread\":0}",
        "{\"threads\":[{\"triggered\":true}],\"exception\":{\"signal\":\"SIGSEGV\"}}",
        "{\"threads\":[{\"frames\":[{}]}],\"exception\":{\"signal\":\"SIGSEGV\"}}",
    };
    for (size_t i = 0; i < MP_COUNT(bodies); i++) {
        struct mp_signature signature;
        struct mp_os_report *report = report_with_body(bodies[i]);
        assert_non_null(report->crash);
        assert_false(mp_os_report_sign(report, &signature));
        mp_os_report_destroy(report);
    }
}

/* Every member that is read, with every type that it should not have. */
static void wrong_types_are_as_if_absent(void **state) {
    (void)state;
    static const char *const names[] = {
        "threads",   "exception",  "termination",  "faultingThread", "usedImages",
        "asi",       "pid",        "procName",     "incident",       "bug_type",
        "osVersion", "procLaunch", "is_simulated",
    };
    static const char *const values[] = {
        "null",
        "-1",
        "1e300",
        "\"text\"",
        "[]",
        "{}",
        "[[]]",
        "[null,1,\"a\",{}]",
        "{\"x\":[1]}",
        "18446744073709551616",
        "99999999999999999999999999",
        "[{\"frames\":{},\"id\":\"a\"}]",
        "[{\"frames\":[1,{\"imageIndex\":-1,\"imageOffset\":\"a\",\"symbol\":3}]}]",
        "{\"rawCodes\":[\"a\",{}],\"codes\":7,\"type\":[],\"signal\":{}}",
    };
    for (size_t n = 0; n < MP_COUNT(names); n++) {
        for (size_t v = 0; v < MP_COUNT(values); v++) {
            struct mp_strbuf text;
            struct mp_os_report *report = NULL;
            struct mp_error err;
            mp_strbuf_init(&text);
            mp_strbuf_addf(&text, "%s{\"exception\":{},\"%s\":%s}", REPORT_HEADER,
                           names[n], values[v]);
            if (report_parse(text.text, &report, &err) == MP_OK &&
                report->crash != NULL) {
                struct mp_signature signature;
                assert_false(mp_os_report_sign(report, &signature));
            }
            mp_os_report_destroy(report);
            mp_strbuf_release(&text);
        }
    }
}

static void indices_beyond_their_list_point_nowhere(void **state) {
    (void)state;
    struct mp_os_report *report = report_with_body(
        "{\"faultingThread\":18446744073709551615,\"usedImages\":[{\"path\":\"/a\",\"base\":16}],\"exception\":{\"type\":\"EXC_BAD_ACCESS\",\"signal\":\"SIGSEGV\",\"rawCodes\":[1,18446744073709551604]},\"threads\":[{\"triggered\":true,\"frames\":[{\"imageIndex\":1,\"imageOffset\":4},{\"imageIndex\":18446744073709551615,\"imageOffset\":18446744073709551615},{\"imageIndex\":0,\"imageOffset\":18446744073709551615}]}]}");
    const struct mp_crash_thread *thread = &report->crash->thread[0];
    assert_true(thread->is_faulting);
    assert_int_equal(thread->frame[0].module, -1);
    assert_int_equal(thread->frame[1].module, -1);
    assert_int_equal(thread->frame[2].module, 0);
    assert_int_equal(thread->frame[2].pc, 15);
    assert_true(report->crash->address == UINT64_C(0xfffffffffffffff4));
    mp_os_report_destroy(report);
}

static void numbers_of_threads_and_frames_are_bounded(void **state) {
    (void)state;
    struct mp_strbuf text;
    struct mp_os_report *report = NULL;
    struct mp_error err;
    mp_strbuf_init(&text);
    mp_strbuf_addf(
        &text,
        "%s{\"exception\":{\"signal\":\"SIGSEGV\"},\"faultingThread\":999,\"threads\":[",
        REPORT_HEADER);
    for (int t = 0; t < 1000; t++) {
        mp_strbuf_addf(&text, "%s{\"id\":%d,\"frames\":[{\"symbol\":\"f\"}",
                       t > 0 ? "," : "", t);
        for (int f = 0; f < 100; f++)
            mp_strbuf_addstr(&text, ",{}");
        mp_strbuf_addstr(&text, "]}");
    }
    mp_strbuf_addstr(&text, "]}");
    assert_int_equal(report_parse(text.text, &report, &err), MP_OK);
    assert_int_equal(report->crash->thread_count, MP_CRASH_THREADS_MAX);
    assert_int_equal(report->crash->thread[0].tid, 999);
    assert_int_equal(report->crash->thread[0].frame_count, MP_CRASH_FRAMES_MAX);
    mp_os_report_destroy(report);
    mp_strbuf_release(&text);
}

static void expect_refused(const char *text, size_t len, const char *words) {
    struct mp_os_report *report = NULL;
    struct mp_error err;
    assert_int_equal(mp_os_report_parse(text, len, &report, &err), MP_USAGE);
    assert_null(report);
    if (strstr(err.text, words) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void what_is_no_report_is_refused_with_the_reason(void **state) {
    (void)state;
    struct mp_strbuf text;
    expect_refused("", 0, "empty");
    expect_refused(" \n\t", 3, "empty");
    expect_refused("\x7f"
                   "ELF\0\0\0",
                   7, "not a crash report");
    expect_refused("{\"bug_type\":\"309\"}", 18, "how the process died");
    expect_refused("{\"bug_type\":\"309\"}\n{\"a\":1", 25, "ends before");
    expect_refused("{]", 2, "closes nothing that is open");
    expect_refused("{\"a\":nonsense}", 14, "not JSON");
    mp_strbuf_init(&text);
    mp_strbuf_addstr(&text, REPORT_HEADER "{\"a\":");
    mp_strbuf_pad(&text, '[', 100000);
    expect_refused(text.text, text.len, "nested deeper");
    mp_strbuf_clear(&text);
    mp_strbuf_addstr(&text, REPORT_HEADER "{\"a\":[[]");
    for (int i = 0; i < 200001; i++)
        mp_strbuf_addstr(&text, ",[]");
    expect_refused(text.text, text.len, "more than");
    mp_strbuf_release(&text);
}

static void add_utf16(const char *text, bool is_big, struct mp_strbuf *out) {
    mp_strbuf_add(out, is_big ? "\xfe\xff" : "\xff\xfe", 2);
    for (; *text != '\0'; text++) {
        const char pair[2] = {is_big ? '\0' : *text, is_big ? *text : '\0'};
        mp_strbuf_add(out, pair, 2);
    }
}

static void pack(const char *text, size_t len, struct mp_strbuf *out) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    size_t size = deflateBound(&stream, len);
    char *bytes = malloc(size);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)bytes;
    stream.avail_out = (uInt)size;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    mp_strbuf_add(out, bytes, size - stream.avail_out);
    deflateEnd(&stream);
    free(bytes);
}

static void expect_fault_at_0x5c8(const struct mp_strbuf *bytes, const char *form) {
    struct mp_os_report *report = NULL;
    struct mp_error err;
    if (mp_os_report_parse(bytes->text, bytes->len, &report, &err) != MP_OK)
        fail_msg("%s: %s", form, err.text);
    assert_non_null(report->crash);
    assert_int_equal(report->crash->address, 0x5c8);
    mp_os_report_destroy(report);
}

/* One report as files come: packed, in another encoding, with other line ends. */
static void encoding_of_a_file_does_not_matter(void **state) {
    (void)state;
    size_t len = 0;
    char *bytes = report_bytes("null_offset.ips", &len);
    struct mp_strbuf text, form;
    mp_strbuf_init(&text);
    mp_strbuf_init(&form);
    mp_strbuf_add(&text, bytes, len);
    for (int is_big = 0; is_big < 2; is_big++) {
        add_utf16(text.text, is_big, &form);
        expect_fault_at_0x5c8(&form, is_big ? "UTF-16BE" : "UTF-16LE");
        struct mp_strbuf bare = {.text = form.text + 2, .len = form.len - 2};
        expect_fault_at_0x5c8(&bare, "UTF-16 without its mark");
        mp_strbuf_clear(&form);
    }
    pack(text.text, text.len, &form);
    expect_fault_at_0x5c8(&form, "gz");
    form.len -= form.len / 4; /* what is there of a torn one */
    expect_fault_at_0x5c8(&form, "torn gz");
    mp_strbuf_clear(&form);
    mp_strbuf_addstr(&form, "\xef\xbb\xbf");
    for (size_t i = 0; i < text.len; i++) {
        if (text.text[i] == '\n')
            mp_strbuf_addch(&form, '\r');
        mp_strbuf_addch(&form, text.text[i]);
    }
    expect_fault_at_0x5c8(&form, "CRLF behind a mark");
    mp_strbuf_release(&text);
    mp_strbuf_release(&form);
    free(bytes);
}

/* Of a file that unpacks to more than is read the beginning is, and it says so. */
static void file_without_end_is_read_in_part(void **state) {
    (void)state;
    size_t len = 0;
    char *bytes = report_bytes("legacy.crash", &len);
    struct mp_strbuf text, packed;
    struct mp_os_report *report = NULL;
    struct mp_error err;
    mp_strbuf_init(&text);
    mp_strbuf_init(&packed);
    mp_strbuf_add(&text, bytes, len);
    mp_strbuf_pad(&text, '\n', MP_OS_REPORT_BYTES_MAX);
    assert_int_equal(mp_os_report_parse(text.text, text.len, &report, &err), MP_OK);
    assert_true(report->is_truncated);
    assert_int_equal(report->crash->thread_count, 2);
    mp_os_report_destroy(report);
    pack(text.text, text.len, &packed);
    assert_int_equal(mp_os_report_parse(packed.text, packed.len, &report, &err), MP_OK);
    assert_true(report->is_truncated);
    mp_os_report_destroy(report);
    mp_strbuf_release(&text);
    mp_strbuf_release(&packed);
    free(bytes);
}

static void only_a_uuid_is_an_incident(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "x",
        "00000000-0000-0000-0000-000000000000",
        "5EEDC0DE-00FF-4A1B-9C2D-3E4F5061728",
        "5EEDC0DE-00FF-4A1B-9C2D-3E4F5061728G",
        "5EEDC0DE000FF-4A1B-9C2D-3E4F50617283",
    };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        struct mp_strbuf text;
        struct mp_os_report *report = NULL;
        struct mp_error err;
        mp_strbuf_init(&text);
        mp_strbuf_addf(&text,
                       "{\"bug_type\":\"309\",\"incident_id\":\"%s\"}{\"threads\":[]}",
                       texts[i]);
        assert_int_equal(report_parse(text.text, &report, &err), MP_OK);
        assert_string_equal(report->incident, "");
        mp_os_report_destroy(report);
        mp_strbuf_release(&text);
    }
    struct mp_os_report *report = report_with_body("{\"threads\":[]}");
    assert_string_equal(report->incident, "5EEDC0DE-00FF-4A1B-9C2D-3E4F50617283");
    mp_os_report_destroy(report);
}

static void files_that_are_none_are_refused(void **state) {
    (void)state;
    struct mp_os_report *report = NULL;
    struct mp_error err;
    assert_int_equal(mp_os_report_read("/no/such/report.ips", &report, &err), MP_SYSTEM);
    assert_int_equal(mp_os_report_read("/dev/zero", &report, &err), MP_USAGE);
    assert_int_equal(mp_os_report_read("/", &report, &err), MP_USAGE);
    assert_null(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torn_report_keeps_what_was_whole),
        cmocka_unit_test(torn_object_keeps_the_members_before_the_tear),
        cmocka_unit_test(no_part_of_any_report_does_harm),
        cmocka_unit_test(missing_members_leave_a_crash_without_a_signature),
        cmocka_unit_test(wrong_types_are_as_if_absent),
        cmocka_unit_test(indices_beyond_their_list_point_nowhere),
        cmocka_unit_test(numbers_of_threads_and_frames_are_bounded),
        cmocka_unit_test(what_is_no_report_is_refused_with_the_reason),
        cmocka_unit_test(encoding_of_a_file_does_not_matter),
        cmocka_unit_test(file_without_end_is_read_in_part),
        cmocka_unit_test(only_a_uuid_is_an_incident),
        cmocka_unit_test(files_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
