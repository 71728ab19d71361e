/* The bytes of KERN_PROCARGS2, laid out by hand as XNU's sources say; none of them was
 * read from a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/procargs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARK "MARK="
/* Path, padding, three arguments of which one is empty and one looks like an entry, the
 * environment, the gap before the loader's texts, and one of these. */
#define TEXTS                                                                            \
    "/opt/bin/round\0\0\0\0round\0\0MARK=argument\0"                                     \
    "HOME=/Users/u\0NOMARK=1\0MARK=7-a-1\0MARK=second\0\0\0ptr_munge=\0"

struct bytes {
    /* owned; of exactly `len` bytes, so that a sanitizer sees each step out */
    char *data;
    size_t len;
};

static struct bytes make(int count, const char *text, size_t text_len) {
    struct bytes bytes = {.len = sizeof(count) + text_len};
    bytes.data = malloc(bytes.len);
    assert_non_null(bytes.data);
    memcpy(bytes.data, &count, sizeof(count));
    memcpy(bytes.data + sizeof(count), text, text_len);
    return bytes;
}

/* What is found in the first `len` of the bytes, a copy; NULL if nothing is. */
static char *find(int count, const char *text, size_t text_len, size_t len) {
    struct bytes bytes = make(count, text, text_len);
    char *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes.data, len);
    const char *found = mp_procargs_find(exact, len, MARK, strlen(MARK));
    char *copy = found != NULL ? strdup(found) : NULL;
    free(exact);
    free(bytes.data);
    return copy;
}

static void expect(int count, const char *wanted) {
    char *found = find(count, TEXTS, sizeof(TEXTS), sizeof(int) + sizeof(TEXTS));
    if (wanted == NULL)
        assert_null(found);
    else
        assert_string_equal(found, wanted);
    free(found);
}

static void the_first_entry_of_the_environment_is_found_and_no_argument(void **state) {
    (void)state;
    expect(3, "MARK=7-a-1");
    expect(2, "MARK=argument"); /* one argument fewer: it is an entry then */
    expect(0, "MARK=argument");
}

static void a_number_of_arguments_that_cannot_be_finds_nothing(void **state) {
    (void)state;
    expect(-1, NULL);
    expect(INT32_MIN, NULL);
    expect(1000, NULL);
    expect(INT32_MAX, NULL);
}

static void only_what_has_its_end_is_found_wherever_the_bytes_stop(void **state) {
    (void)state;
    static const char texts[] = TEXTS;
    size_t end = 0;
    for (size_t i = 0; end == 0; i++)
        if (memcmp(texts + i, "MARK=7-a-1", sizeof("MARK=7-a-1")) == 0)
            end = sizeof(int) + i + sizeof("MARK=7-a-1");
    for (size_t len = 0; len <= sizeof(int) + sizeof(texts); len++) {
        char *found = find(3, texts, sizeof(texts), len);
        assert_int_equal(found != NULL, len >= end);
        free(found);
    }
}

static void expect_none(int count, const char *texts, size_t size) {
    char *found = find(count, texts, size, sizeof(int) + size);
    bool is_found = found != NULL;
    free(found);
    assert_false(is_found);
}

static void a_process_that_wiped_its_texts_has_no_mark(void **state) {
    (void)state;
    static const char nothing[4096] = "";
    expect_none(3, nothing, sizeof(nothing));
    expect_none(0, "x", 1);
    expect_none(0, "", 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_entry_of_the_environment_is_found_and_no_argument),
        cmocka_unit_test(a_number_of_arguments_that_cannot_be_finds_nothing),
        cmocka_unit_test(only_what_has_its_end_is_found_wherever_the_bytes_stop),
        cmocka_unit_test(a_process_that_wiped_its_texts_has_no_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
