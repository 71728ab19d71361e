/* Errors of GPU drivers, sorted by their numbers. The texts are those of public reports;
 * none was seen here on a machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/wire/gpu_error.h"

#define ABORTED                                                                          \
    "Execution of the command buffer was aborted due to an error during execution. "
#define METAL "MTLCommandBufferErrorDomain"

static const struct {
    const char *domain, *text, *word;
    int64_t code;
    uint32_t callback;
    enum mp_gpu_blame blame;
} rows[] = {
    {METAL,
     ABORTED "Caused GPU Hang Error (00000003:kIOGPUCommandBufferCallbackErrorHang)",
     "hang", 2, 3, MP_GPU_BLAME_OWN},
    {METAL,
     "Caused GPU Address Fault Error "
     "(0000000b:kIOGPUCommandBufferCallbackErrorPageFault)",
     "page fault", 3, 11, MP_GPU_BLAME_OWN},
    {METAL,
     ABORTED "Discarded (victim of GPU error/recovery) "
             "(00000005:kIOGPUCommandBufferCallbackErrorInnocentVictim)",
     "innocent victim", 1, 5, MP_GPU_BLAME_OTHER},
    {METAL,
     ABORTED "Ignored (for causing prior/excessive GPU errors) "
             "(00000004:kIOGPUCommandBufferCallbackErrorSubmissionsIgnored)",
     "submissions ignored", 4, 4, MP_GPU_BLAME_OTHER},
    {METAL,
     "Impacting Interactivity "
     "(0000000e:kIOGPUCommandBufferCallbackErrorImpactingInteractivity)",
     "impacting interactivity", 1, 14, MP_GPU_BLAME_OTHER},
    {METAL, "Verworfen (00000005:x)", "innocent victim", 1, 5, MP_GPU_BLAME_OTHER},
    {METAL, ABORTED "Discarded (victim of GPU error/recovery) (IOAF code 5)",
     "innocent victim", 1, 5, MP_GPU_BLAME_OTHER},
    /* The name is not read: another number is another error. */
    {METAL, "(00000003:kIOGPUCommandBufferCallbackErrorInnocentVictim)", "hang", 1, 3,
     MP_GPU_BLAME_OWN},
    {METAL, "(000000ff:kIOGPUCommandBufferCallbackErrorNew)", "code 255", 1, 255,
     MP_GPU_BLAME_OWN},
    {METAL, "access was revoked", "access revoked", 4, 0, MP_GPU_BLAME_OTHER},
    {METAL, "a page fault", "page fault", 3, 0, MP_GPU_BLAME_OWN},
    {METAL, "", "code 77", 77, 0, MP_GPU_BLAME_OWN},
    {"SomeOtherDomain", "", "code 4", 4, 0, MP_GPU_BLAME_OWN},
    {"", "", "code 0", 0, 0, MP_GPU_BLAME_OWN},
};

static void errors_are_sorted_by_their_numbers(void **state) {
    char word[32];
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_gpu_error error = {.code = rows[i].code,
                                     .callback = mp_gpu_error_callback(rows[i].text)};
        snprintf(error.domain, sizeof(error.domain), "%s", rows[i].domain);
        assert_int_equal(error.callback, rows[i].callback);
        assert_int_equal(mp_gpu_error_blame(&error), rows[i].blame);
        assert_string_equal(mp_gpu_error_word(&error, word), rows[i].word);
    }
}

static void other_texts_hold_no_number(void **state) {
    static const char *const texts[] = {
        "",
        "(",
        "(5:x)",
        "(0000000g:x)",
        "(00000005",
        "(00000005)",
        "(000000005:x)",
        "(IOAF code )",
        "(IOAF code 5",
        "IOAF code 5)",
        "\xff(\x01",
        "((((((((",
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        assert_int_equal(mp_gpu_error_callback(texts[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_sorted_by_their_numbers),
        cmocka_unit_test(other_texts_hold_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
