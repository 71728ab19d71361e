/* Messages of processes that stop themselves: found among noise, the same in every round,
 * safe whatever stands in them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "harness/supervisor/capture/assertion.h"

static struct mp_assertion find(const char *text) {
    struct mp_assertion found;
    memset(&found, 0, sizeof(found));
    if (!mp_assertion_find(text, strlen(text), &found))
        fail_msg("no message was found in: %s", text);
    return found;
}

static void assert_key(const char *text, const char *key) {
    struct mp_assertion found = find(text);
    assert_string_equal(found.key, key);
}

static void message_of_assert_is_found_in_every_dialect(void **state) {
    (void)state;
    assert_key(
        "mpstress-round: /home/u/src/pool.c:412: take: Assertion `slot < 32' failed.\n",
        "mpstress-round: pool.c:NUM: take: Assertion 'slot < NUM' failed.");
    assert_key("Assertion failed: (slot < 32), function take, file pool.c, line 412.\n",
               "Assertion failed: (slot < NUM), function take, file pool.c, line NUM.");
    assert_key("-[IOGPUMetalCommandBuffer validate]:836: failed assertion `x'\n",
               "-[IOGPUMetalCommandBuffer validate]:NUM: failed assertion 'x'");
    assert_key(
        "/Library/Caches/com.apple.xbs/Sources/MetalPerformanceShaders-126.1.7/MPSCore/"
        "Types/MPSNDArray.mm:829: failed assertion `[MPSNDArray initWithDevice:] "
        "Error'\n",
        "MPSNDArray.mm:NUM: failed assertion '[MPSNDArray initWithDevice:] Error'");
    assert_key(
        "Fatal glibc error: malloc.c:2593 (sysmalloc): assertion failed: (old_top)\n",
        "Fatal glibc error: malloc.c:NUM (sysmalloc): assertion failed: (old_top)");
}

static void message_of_the_c_library_is_found(void **state) {
    static const char *const plain[] = {
        "free(): invalid pointer",
        "malloc(): corrupted top size",
        "double free or corruption (out)",
        "corrupted size vs. prev_size",
        "munmap_chunk(): invalid pointer",
        "realloc(): invalid next size",
        "*** stack smashing detected ***: terminated",
    };
    char text[128];
    (void)state;
    for (size_t i = 0; i < MP_COUNT(plain); i++) {
        snprintf(text, sizeof(text), "warming up\n%s\n", plain[i]);
        assert_key(text, plain[i]);
    }
    assert_key("free(): double free detected in tcache 2\n",
               "free(): double free detected in tcache NUM");
    assert_key(
        "python3(8123,0x16fe87000) malloc: *** error for object 0x600003a1c0e0: pointer "
        "being freed was not allocated\n",
        "*** error for object ADDR: pointer being freed was "
        "not allocated");
}

static void message_of_an_exception_says_why_before_that(void **state) {
    (void)state;
    assert_key(
        "terminate called after throwing an instance of 'std::runtime_error'\n"
        "  what():  stream 7 is gone\n",
        "terminate called after throwing an instance of 'std::runtime_error' what(): "
        "stream NUM is gone");
    assert_key("terminate called without an active exception\n",
               "terminate called without an active exception");
    assert_key(
        "2025-12-20 10:11:12.345 mpstress-round[4242:987654] *** Terminating app due to "
        "uncaught exception 'NSInvalidArgumentException', reason: '-[AGXG16XDevice foo]: "
        "unrecognized selector sent to instance 0x12f80'\n"
        "*** First throw call stack:\n(\n 0 CoreFoundation 0x000000018d 1\n)\n"
        "libc++abi: terminating due to uncaught exception of type NSException\n",
        "*** Terminating app due to uncaught exception 'NSInvalidArgumentException', "
        "reason: '-[AGX*Device foo]: unrecognized selector sent to instance ADDR'");
    assert_key("libc++abi: terminating due to uncaught exception of type std::bad_alloc: "
               "std::bad_alloc\n",
               "libc++abi: terminating due to uncaught exception of type std::bad_alloc: "
               "std::bad_alloc");
}

static void message_of_a_sanitizer_is_its_summary(void **state) {
    (void)state;
    assert_key(
        "=================================================================\n"
        "==4242==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010\n"
        "    #0 0x55d0c0 in read_it /src/a.c:12\n"
        "SUMMARY: AddressSanitizer: heap-use-after-free /src/a.c:12:3 in read_it\n"
        "==4242==ABORTING\n",
        "SUMMARY: AddressSanitizer: heap-use-after-free a.c:NUM:NUM in read_it");
}

static void message_over_several_lines_is_joined_up_to_its_quote(void **state) {
    struct mp_assertion found = find("-[MTLDebugComputeCommandEncoder "
                                     "setBuffer:offset:atIndex:]:371: failed assertion "
                                     "`Set Buffer Validation\noffset(4096) must be < "
                                     "[buffer length](1024).\n'\nlater\n");
    (void)state;
    assert_string_equal(
        found.key,
        "-[MTLDebugComputeCommandEncoder setBuffer:offset:atIndex:]:NUM: failed "
        "assertion 'Set Buffer Validation offset(NUM) must be < [buffer "
        "length](NUM). '");
    assert_null(strchr(found.text, '\n'));
}

static void last_message_counts_and_quiet_stderr_has_none(void **state) {
    struct mp_assertion found;
    (void)state;
    assert_key("free(): first\nfree(): second\nAborted (core dumped)\n",
               "free(): second");
    static const char *const none[] = {
        "",
        "\n\n\n",
        "the assertion holds\n",
        "terminated by its user\n",
        "a freefree(): note\n",
        "Context leak detected, CoreAnalytics returned false\n",
    };
    for (size_t i = 0; i < MP_COUNT(none); i++) {
        found.known = NULL;
        assert_false(mp_assertion_find(none[i], strlen(none[i]), &found));
    }
}

static void messages_that_differ_in_ids_only_have_one_key(void **state) {
    struct mp_assertion a = find(
        "[16:1f03] -[AGXG16XFamilyCommandBuffer commit]:1091: failed assertion `bad id "
        "5E3C1B2A-0000-4A4B-8C8D-0123456789AB in /private/tmp/x1/cache.db at "
        "0xdeadbeef'");
    struct mp_assertion b =
        find("-[AGXG13GFamilyCommandBuffer commit]:967: failed assertion \xe2\x80\x98"
             "bad id FFFFFFFF-1111-2222-3333-444455556666 in /var/x2/cache.db at "
             "0x1\xe2\x80\x99");
    (void)state;
    assert_string_equal(a.key, b.key);
    assert_string_equal(a.key,
                        "-[AGX*FamilyCommandBuffer commit]:NUM: failed assertion 'bad id "
                        "UUID in cache.db at ADDR'");
}

static void every_known_message_of_metal_is_named_and_explained(void **state) {
    static const struct {
        const char *line, *name;
    } rows[] = {
        {"-[AGXG16XFamilyCommandBuffer "
         "tryCoalescingPreviousComputeCommandEncoderWithConfig:nextEncoderClass:]:1091: "
         "failed assertion `A command encoder is already encoding to this command "
         "buffer'",
         "encoder_already_open"},
        {"failed assertion `commit an already committed command buffer'",
         "double_commit"},
        {"-[_MTLCommandBuffer addScheduledHandler:]:787: failed assertion `Scheduled "
         "handler provided after commit call'",
         "scheduled_handler_late"},
        {"-[_MTLCommandBuffer addCompletedHandler:]:976: failed assertion `Completed "
         "handler provided after commit call'",
         "completed_handler_late"},
        {"failed assertion `commit command buffer with uncommitted encoder'",
         "commit_open_encoder"},
        {"-[IOGPUMetalCommandBuffer encodeSignalEvent:value:]:426: failed assertion "
         "`encodeSignalEvent:value: with uncommitted encoder'",
         "signal_open_encoder"},
        {"failed assertion `_status < MTLCommandBufferStatusCommitted'",
         "encode_after_commit"},
        {"-[IOGPUMetalCommandBuffer encodeWaitForEvent:value:]:488: failed assertion "
         "`encodeWaitForEvent:value: with uncommitted encoder'",
         "wait_open_encoder"},
        {"-[AGXG16GFamilyRenderContext endEncoding]:255: failed assertion `endEncoding "
         "has already been called'",
         "double_end"},
        {"failed assertion `enqueue an already enqueued command buffer'",
         "double_enqueue"},
        {"Invalid KernelDAG, Number of core ops should be 1", "kernel_dag"},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_assertion found = find(rows[i].line);
        assert_non_null(found.known);
        assert_string_equal(found.known->name, rows[i].name);
        assert_true(found.known->ends_process);
        assert_true(strlen(found.known->meaning) > 10 &&
                    strlen(found.known->misuse) > 10);
    }
    assert_null(find("failed assertion `something new'").known);
    assert_string_equal(mp_assertion_recognise("Context leak detected, 3")->name,
                        "context_leak");
    assert_false(mp_assertion_recognise("Context leak detected, 3")->ends_process);
}

static void assert_harmless(const struct mp_assertion *found) {
    assert_true(strlen(found->text) < sizeof(found->text));
    assert_true(strlen(found->key) < sizeof(found->key));
    for (const char *at = found->key; *at != '\0'; at++)
        assert_true(isprint((unsigned char)*at));
    for (const char *at = found->text; *at != '\0'; at++)
        assert_false(iscntrl((unsigned char)*at));
}

static void no_byte_of_a_message_acts_on_a_terminal(void **state) {
    static const char evil[] =
        "\x1b]0;owned\x07 failed assertion `\x1b[2J\r\x9b\xff\0\x7f'\n";
    struct mp_assertion found;
    (void)state;
    assert_true(mp_assertion_find(evil, sizeof(evil) - 1, &found));
    assert_harmless(&found);
    assert_non_null(strstr(found.text, "\\x1b[2J"));
}

static void any_bytes_are_read_within_bounds(void **state) {
    static const char *const bits[] = {
        "failed assertion `", "-[",        "\n",   "'",       "what(): ",
        "terminate called ",  "0x",        "/a/b", "AGXG1",   "\xe2\x80",
        "2025-01-01 x[1:2] ", "SUMMARY: ", "]:",   "12345678"};
    struct mp_rng rng;
    char text[1500];
    (void)state;
    mp_rng_seed(&rng, 7);
    for (int turn = 0; turn < 3000; turn++) {
        size_t len = 0;
        size_t goal = mp_rng_below(&rng, sizeof(text));
        while (len < goal) {
            uint64_t pick = mp_rng_below(&rng, 24);
            if (pick < MP_COUNT(bits))
                for (const char *bit = bits[pick]; *bit != '\0' && len < goal; bit++)
                    text[len++] = *bit;
            else
                text[len++] = (char)mp_rng_below(&rng, 256);
        }
        /* In memory of exactly its length, so that a sanitizer sees every step beyond. */
        char *exact = test_malloc(len + 1);
        struct mp_assertion found;
        memcpy(exact, text, len);
        if (mp_assertion_find(exact, len, &found))
            assert_harmless(&found);
        test_free(exact);
    }
}

static void long_message_is_cut_in_text_and_key(void **state) {
    char text[4096];
    struct mp_assertion found;
    (void)state;
    memset(text, 'a', sizeof(text));
    /* The bytes are no string. NOLINTBEGIN(bugprone-not-null-terminated-result) */
    memcpy(text, "failed assertion `", 18);
    for (size_t i = 100; i < sizeof(text); i += 7)
        memcpy(text + i - 3, "\xe2\x80\xa6", 3);
    /* NOLINTEND(bugprone-not-null-terminated-result) */
    assert_true(mp_assertion_find(text, sizeof(text), &found));
    assert_harmless(&found);
    assert_int_equal(strlen(found.key), MP_ASSERTION_KEY_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_of_assert_is_found_in_every_dialect),
        cmocka_unit_test(message_of_the_c_library_is_found),
        cmocka_unit_test(message_of_an_exception_says_why_before_that),
        cmocka_unit_test(message_of_a_sanitizer_is_its_summary),
        cmocka_unit_test(message_over_several_lines_is_joined_up_to_its_quote),
        cmocka_unit_test(last_message_counts_and_quiet_stderr_has_none),
        cmocka_unit_test(messages_that_differ_in_ids_only_have_one_key),
        cmocka_unit_test(every_known_message_of_metal_is_named_and_explained),
        cmocka_unit_test(no_byte_of_a_message_acts_on_a_terminal),
        cmocka_unit_test(any_bytes_are_read_within_bounds),
        cmocka_unit_test(long_message_is_cut_in_text_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
