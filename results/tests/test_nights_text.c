/* How the report over nights looks: widths, signs, hostile texts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/tests/nights_fixture.h"

static void hostile_texts_cannot_act_on_a_terminal(void **state) {
    (void)state;
    nights_set_environment("6.\x1b[2J\"<&", "\xff\x07");
    nights_add_night(1, 0, 100, 5);
    nights_set_environment("7", "x");
    nights_add_night(2, 1, 100, 5);
    nights_run_sql(
        "UPDATE campaign SET version = char(27) || '[31m' WHERE night = '2026-11-02';"
        "UPDATE cell SET scenario = char(27) || '[2J' WHERE scenario = 'mm'");
    nights_options.use_colour = false;
    assert_string_equal(nights_json("$.builds[0].os_build"), "6.\\x1b[2J\"<&");
    for (const char *at = nights_text.text; *at != '\0'; at++)
        assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
    nights_assert_shows("\\x1b[2J");
}

/* Six nights: void rounds, another build, a silent control, no control, few rounds. */
static void make_gallery(void) {
    nights_add_night(1, 0, 200, 5);
    nights_add_night(2, 3, 200, 5);
    nights_add(nights_make_cell(SOUND, "mm", "none", "subject"), MP_OUTCOME_NO_OVERLAP,
               2);
    nights_set_environment("6.2.0", "def456");
    nights_add_night(3, 1, 200, 5);
    nights_add_night(4, 0, 150, 0);
    nights_begin_night(5);
    nights_add(nights_make_cell(SOUND, "mm", "none", "subject"), MP_OUTCOME_PASS, 200);
    nights_add_night(6, 0, 10, 5);
}

static void lines_fit_and_plain_text_is_ascii(void **state) {
    (void)state;
    make_gallery();
    for (unsigned width = 80; width <= 100; width += 20) {
        for (int utf8 = 0; utf8 < 2; utf8++) {
            nights_options.width = width;
            nights_options.use_ascii = !utf8;
            nights_show();
            size_t columns = 0;
            for (const char *at = nights_text.text; *at != '\0'; at++) {
                assert_true(utf8 || (unsigned char)*at < 0x80);
                columns =
                    *at == '\n' ? 0 : columns + (((unsigned char)*at & 0xc0) != 0x80);
                if (columns > width)
                    fail_msg("a line is longer than %u:\n%s", width, nights_text.text);
            }
        }
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nights_set_up, nights_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(hostile_texts_cannot_act_on_a_terminal),
        TEST(lines_fit_and_plain_text_is_ascii),
    };
    return cmocka_run_group_tests_name("nights as text", tests, NULL, NULL);
}
