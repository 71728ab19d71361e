/* What is taken out of foreign text, and what must stay.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/package/redact.h"

/* Redacts `text` after learning the names that it says itself, and "jane" and "lab-7". */
static const char *redact(const char *text) {
    static char result[4096];
    struct mp_redact names;
    struct mp_strbuf buf;
    mp_redact_init(&names);
    mp_strbuf_init(&buf);
    mp_redact_learn(&names, "jane", false);
    mp_redact_learn(&names, "lab-7", true);
    mp_redact_learn_text(&names, text, strlen(text));
    mp_redact_add(&names, text, strlen(text), &buf);
    assert_true(buf.len < sizeof(result));
    memcpy(result, buf.text, buf.len + 1);
    mp_strbuf_release(&buf);
    mp_redact_release(&names);
    return result;
}

struct sample {
    const char *text, *expected;
};

static void assert_all(const struct sample *sample, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_string_equal(redact(sample[i].text), sample[i].expected);
}

static void folders_of_users_and_of_projects_go_and_file_names_stay(void **state) {
    (void)state;
    static const struct sample samples[] = {
        {"/Users/max.power/src/secret/libfix.dylib", "[home]/libfix.dylib"},
        {"--fix /home/erika/libfix.so mm", "--fix [home]/libfix.so mm"},
        {"\"path\" : \"\\/Users\\/erika\\/My Code\\/a.dylib\"",
         "\"path\" : \"[home]/a.dylib\""},
        {"in /Volumes/Jane's Disk/x/run.py, line 3", "in [home]/run.py, line 3"},
        {"/work/secret/build/bin/mpstress-round", "[path]/mpstress-round"},
        {"cd /home/erika; ls", "cd [home]; ls"},
        {"/private/var/folders/ab/cd/T/x.log", "[path]/x.log"},
        {"erika said /home/erika/a, Erika2 not, ERIKA yes",
         "[user] said [home]/a, Erika2 not, [user] yes"},
    };
    assert_all(samples, MP_COUNT(samples));
}

static void names_of_users_and_hosts_go_wherever_they_stand_as_words(void **state) {
    (void)state;
    static const struct sample samples[] = {
        {"jane@lab-7:~$ ./run", "[user]@[host]:~$ ./run"},
        {"JANE, janeway, jane_x, (jane)", "[user], janeway, jane_x, ([user])"},
        {"user: Max Power\nby Max Power", "user: [user]\nby [user]"},
        {"USER=mpower HOME=/Users/mpower SHELL=/bin/zsh",
         "USER=[user] HOME=[home] SHELL=/bin/zsh"},
        {"{\"hostname\" : \"studio\", \"n\" : 1} on studio",
         "{\"hostname\" : \"[host]\", \"n\" : 1} on [host]"},
        {"connect to Maxs-MacBook.local failed", "connect to [host] failed"},
        {"mail max@example.org now", "mail [mail] now"},
    };
    assert_all(samples, MP_COUNT(samples));
}

static void ids_of_a_device_and_addresses_go(void **state) {
    (void)state;
    static const struct sample samples[] = {
        {"CrashReporter Key:   8A3F-11\nx", "CrashReporter Key:   [id]\nx"},
        {"\"crashReporterKey\":\"8a3f11\",\"pid\":42",
         "\"crashReporterKey\":\"[id]\",\"pid\":42"},
        {"serial C02XK1YZJGH5 seen", "serial [id] seen"},
        {"Serial Number: x", "Serial Number: [id]"},
        {"GPU-5f0c8a1e-1111-2222-3333-444455556666 busy", "[id] busy"},
        {"f0:18:98:aa:bb:cc up", "[address] up"},
        {"from 192.168.1.17 and 10.0.0.3", "from [address] and [address]"},
    };
    assert_all(samples, MP_COUNT(samples));
}

static void what_the_vendor_needs_stays(void **state) {
    (void)state;
    static const char *const texts[] = {
        "/System/Library/Extensions/AGXMetalG16X.bundle/Contents/MacOS/AGXMetalG16X",
        "-[AGXG16XFamilyComputeContext setComputePipelineState:] + 32",
        "d4c1b2a3-5eed-c0de-4a1b-9c2d3e4f5061 and 5EEDC0DE-1111-4A1B-9C2D-3E4F50617283",
        "cf7af9cf0ae04b21110dcd0ea559cf54b5ee788c",
        "0x0000000000000001, 0x00000000000005c8 x0=0xffffffffffffffff",
        "macOS 15.7.3 (24G419), Mac16,5, driver 329.2, Mesa 22.3.6",
        "metal@model:defects=destroy_race,reader=U 14 of 40 ops/s 3/4",
        "/usr/lib/x86_64-linux-gnu/libc.so.6 /dev/dri/renderD128 /proc/1/maps",
        "{\"threads\":8,\"cores\":2}",
        "http://ui.perfetto.dev/ </key> EXC_BAD_ACCESS KERN_INVALID_ADDRESS",
        "version 11.2.3.4 of 2026-11-29T16:24:02.704Z, 00:11:22.333",
    };
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        assert_string_equal(redact(texts[i]), texts[i]);
}

static void common_names_are_not_learned(void **state) {
    (void)state;
    assert_string_equal(redact("/home/root/x and root, USER=admin the admin"),
                        "[home]/x and root, USER=[user] the admin");
}

static void any_bytes_are_safe_and_every_end_of_a_text_is(void **state) {
    (void)state;
    static const char text[] =
        "\"user\" : \"jane\" /Users/jane/a b/c x@y.zz 10.0.0.1 f0:18:98:aa:bb:cc \\/home\\/x";
    struct mp_redact names;
    struct mp_strbuf buf;
    mp_redact_init(&names);
    mp_strbuf_init(&buf);
    for (size_t from = 0; from < sizeof(text); from++)
        for (size_t to = from; to < sizeof(text); to++) {
            char *copy = malloc(to - from + 1); /* so that a sanitizer sees the end */
            assert_non_null(copy);
            memcpy(copy, text + from, to - from);
            mp_redact_learn_text(&names, copy, to - from);
            mp_redact_add(&names, copy, to - from, &buf);
            free(copy);
        }
    mp_strbuf_release(&buf);
    mp_redact_release(&names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_of_users_and_of_projects_go_and_file_names_stay),
        cmocka_unit_test(names_of_users_and_hosts_go_wherever_they_stand_as_words),
        cmocka_unit_test(ids_of_a_device_and_addresses_go),
        cmocka_unit_test(what_the_vendor_needs_stays),
        cmocka_unit_test(common_names_are_not_learned),
        cmocka_unit_test(any_bytes_are_safe_and_every_end_of_a_text_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
