/* Tests of errors and of the talk on stderr: whole lines, by level, and nothing that acts
 * on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"

/* What mp_log wrote to stderr for one message. */
static void logged(enum mp_log_level level, const char *message, char *ret_text,
                   size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    mp_log(level, "%s", message);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], ret_text, size - 1);
    ret_text[n > 0 ? n : 0] = '\0';
    close(ends[0]);
}

static void lines_carry_their_level_and_escape_their_text(void **state) {
    (void)state;
    char text[256];
    logged(MP_LOG_ERROR, "bad \x1b[2J name\nsecond", text, sizeof(text));
    assert_string_equal(text, "mpstress: error: bad \\x1b[2J name\\x0asecond\n");
    logged(MP_LOG_WARN, "w", text, sizeof(text));
    assert_string_equal(text, "mpstress: warning: w\n");
    logged(MP_LOG_INFO, "i", text, sizeof(text));
    assert_string_equal(text, "mpstress: i\n");
}

static void messages_are_broken_between_words_at_the_width_of_the_terminal(void **state) {
    (void)state;
    char text[256];
    mp_log_set_width(40);
    logged(MP_LOG_WARN, "one two three four five six seven", text, sizeof(text));
    assert_string_equal(text, "mpstress: warning: one two three four\n"
                              "          five six seven\n");
    mp_log_set_width(0);
    logged(MP_LOG_WARN, "one two three four five six seven", text, sizeof(text));
    assert_string_equal(text, "mpstress: warning: one two three four five six seven\n");
}

static void level_decides_what_is_said(void **state) {
    (void)state;
    char text[256];
    assert_int_equal(mp_log_level(), MP_LOG_INFO);
    logged(MP_LOG_DEBUG, "d", text, sizeof(text));
    assert_string_equal(text, "");
    mp_log_set_level(MP_LOG_DEBUG);
    logged(MP_LOG_DEBUG, "d", text, sizeof(text));
    assert_string_equal(text, "mpstress: debug: d\n");
    mp_log_set_level(MP_LOG_ERROR);
    logged(MP_LOG_WARN, "w", text, sizeof(text));
    assert_string_equal(text, "");
    mp_log_set_level(MP_LOG_INFO);
}

static void error_holds_the_sentence_and_gives_back_the_status(void **state) {
    (void)state;
    struct mp_error err = {""};
    assert_int_equal(mp_error_set(&err, MP_STORE, "cannot open %s", "x.db"), MP_STORE);
    mp_error_prefix(&err, "campaign %d", 7);
    assert_string_equal(err.text, "campaign 7: cannot open x.db");
    mp_error_set(&err, MP_STORE, "%s, again", err.text); /* its own text as an argument */
    assert_string_equal(err.text, "campaign 7: cannot open x.db, again");
    assert_int_equal(mp_error_set_errno(&err, MP_SYSTEM, ENOENT, "cannot open %s", "x"),
                     MP_SYSTEM);
    assert_string_equal(err.text, "cannot open x: No such file or directory");
    assert_string_equal(mp_status_text(MP_OK), "ok");
    assert_string_equal(mp_status_text((enum mp_status)99), "unknown status");
}

static void error_too_long_is_cut_and_keeps_the_reason_of_the_system(void **state) {
    (void)state;
    char path[1000];
    memset(path, 'p', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    struct mp_error err = {""};
    mp_error_set(&err, MP_SYSTEM, "%s", path);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    mp_error_set_errno(&err, MP_SYSTEM, ENOENT, "cannot open %s", path);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_non_null(strstr(err.text, "ppp: No such file or directory"));
    mp_error_prefix(&err, "%s", path);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_carry_their_level_and_escape_their_text),
        cmocka_unit_test(messages_are_broken_between_words_at_the_width_of_the_terminal),
        cmocka_unit_test(level_decides_what_is_said),
        cmocka_unit_test(error_holds_the_sentence_and_gives_back_the_status),
        cmocka_unit_test(error_too_long_is_cut_and_keeps_the_reason_of_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
