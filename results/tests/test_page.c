/* The writer of pages: nothing in a text becomes markup, elements are well-formed, places
 * and marks of pictures are right.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/page/chart.h"

#define HOSTILE                                                                          \
    "<script>alert(1)</script>\"' onload=x & \033[31m\n\xff \xe2\x80\xae ]]> --> &lt;"

static struct mp_html make(struct mp_strbuf *buf) {
    mp_strbuf_init(buf);
    return (struct mp_html){.buf = buf};
}

static void texts_are_never_markup(void **state) {
    (void)state;
    struct mp_strbuf buf;
    struct mp_html html = make(&buf);
    mp_html_leaf(&html, "p", "words", "%s", HOSTILE);
    assert_string_equal(
        buf.text,
        "<p class=\"words\">&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x "
        "&amp; \\x1b[31m\\x0a\\xff \\xe2\\x80\\xae ]]&gt; --&gt; &amp;lt;</p>");
    mp_strbuf_release(&buf);
}

static void attributes_end_where_they_should(void **state) {
    (void)state;
    struct mp_strbuf buf;
    struct mp_html html = make(&buf);
    mp_html_open(&html, "a");
    mp_html_set(&html, "title", "%s", "\" onclick=\"x");
    mp_html_close(&html);
    assert_string_equal(buf.text, "<a title=\"&quot; onclick=&quot;x\"></a>");
    mp_strbuf_release(&buf);
}

static void lines_are_kept_in_pre_alone(void **state) {
    (void)state;
    struct mp_strbuf buf;
    struct mp_html html = make(&buf);
    mp_page_lines(&html, "label", "a\nb<");
    assert_non_null(strstr(buf.text, ">a\nb&lt;</pre>"));
    mp_strbuf_clear(&buf);
    mp_html_leaf(&html, "p", NULL, "%s", "a\nb");
    assert_string_equal(buf.text, "<p>a\\x0ab</p>");
    mp_strbuf_release(&buf);
}

/* Longer than the buffer on the stack. */
static void long_texts_are_whole(void **state) {
    (void)state;
    char text[3000];
    struct mp_strbuf buf;
    struct mp_html html = make(&buf);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    mp_html_leaf(&html, "p", NULL, "%s.", text);
    assert_int_equal(buf.len, strlen("<p>.</p>") + sizeof(text) - 1);
    mp_strbuf_release(&buf);
}

static void a_page_is_well_formed_and_loads_nothing(void **state) {
    (void)state;
    struct mp_strbuf buf;
    struct mp_html html;
    mp_strbuf_init(&buf);
    mp_page_begin(&html, &buf, "a b.db", HOSTILE);
    mp_page_note(&html, HOSTILE);
    mp_page_verdict(&html, MP_MOOD_BAD, HOSTILE, HOSTILE, HOSTILE);
    mp_page_section(&html, "s", HOSTILE);
    mp_page_facts(&html);
    mp_page_fact(&html, HOSTILE, HOSTILE);
    mp_page_facts_end(&html);
    mp_page_id(&html, "crash", 7);
    mp_page_command(&html, HOSTILE);
    mp_page_section_end(&html);
    mp_page_end(&html, "0");
    assert_int_equal(html.depth, 0);
    assert_null(strstr(buf.text, "<script"));
    assert_null(strstr(buf.text, "onload=\""));
    assert_null(strstr(buf.text, "http://"));
    assert_null(strstr(buf.text, "https://"));
    assert_null(strstr(buf.text, "url("));
    assert_null(strstr(buf.text, "@import"));
    assert_non_null(strstr(buf.text, "default-src &#39;none&#39;"));
    assert_non_null(strstr(buf.text, "mpstress show crash 7 --db &#39;a b.db&#39;"));
    assert_string_equal(buf.text + buf.len - strlen("</body></html>\n"),
                        "</body></html>\n");
    mp_strbuf_release(&buf);
}

static void places_are_within_the_picture(void **state) {
    (void)state;
    struct mp_axis linear = {.low = -10, .high = 10};
    struct mp_axis log = {.low = 1, .high = 1000, .is_log = true};
    assert_float_equal(mp_axis_place(linear, 0), 50, 1e-9);
    assert_float_equal(mp_axis_place(linear, 11), 100, 0);
    assert_float_equal(mp_axis_place(linear, -INFINITY), 0, 0);
    assert_float_equal(mp_axis_place(linear, NAN), 0, 0);
    assert_float_equal(mp_axis_place(log, 10), 100.0 / 3, 1e-9);
    assert_float_equal(mp_axis_place(log, 0), 0, 0);
}

static void marks_are_round_and_rise(void **state) {
    (void)state;
    static const struct mp_axis axes[] = {
        {0, 1, false}, {-0.07, 0.31, false}, {1, 100000, true}, {0.3, 0.31, false}};
    for (size_t i = 0; i < MP_COUNT(axes); i++) {
        double mark[MP_AXIS_MARKS_MAX];
        size_t count = mp_axis_marks(axes[i], mark);
        assert_in_range(count, 2, MP_AXIS_MARKS_MAX);
        for (size_t j = 0; j < count; j++) {
            assert_true(mark[j] >= axes[i].low - 1e-9);
            assert_true(mark[j] <= axes[i].high * (1 + 1e-9));
            assert_true(j == 0 || mark[j] > mark[j - 1]);
            assert_false(signbit(mark[j]) && !(mark[j] < 0)); /* no -0 */
        }
    }
}

static void a_line_of_a_forest_plot_says_what_it_shows(void **state) {
    (void)state;
    struct mp_strbuf buf;
    struct mp_html html = make(&buf);
    mp_chart_interval(
        &html, (struct mp_axis){0, 1, false},
        &(struct mp_chart_interval){.low = 0.25, .value = 0.5, .high = 2, .rule = NAN},
        "50 % \"of\" them");
    assert_non_null(strstr(buf.text, "aria-label=\"50 % &quot;of&quot; them\""));
    assert_non_null(strstr(buf.text, "x1=\"25.00%\" x2=\"100.00%\""));
    assert_non_null(strstr(buf.text, "cx=\"50.00%\""));
    /* What goes on beyond the scale has no end there. */
    assert_null(strstr(buf.text, "x1=\"100.00%\""));
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_never_markup),
        cmocka_unit_test(attributes_end_where_they_should),
        cmocka_unit_test(lines_are_kept_in_pre_alone),
        cmocka_unit_test(long_texts_are_whole),
        cmocka_unit_test(a_page_is_well_formed_and_loads_nothing),
        cmocka_unit_test(places_are_within_the_picture),
        cmocka_unit_test(marks_are_round_and_rise),
        cmocka_unit_test(a_line_of_a_forest_plot_says_what_it_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
