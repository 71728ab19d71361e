/* JSON documents: exact numbers, safe texts, one line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/report/json.h"

static void assert_document(struct json_object *document, const char *expected) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_json_print(document, &buf);
    assert_string_equal(buf.text, expected);
    mp_strbuf_release(&buf);
}

#define HEAD "{\"schema\":1,\"command\":\"list\",\"verdict\":\"ok\",\"exit_code\":0"

static struct json_object *document(void) {
    return mp_json_document("list", "ok", 0);
}

static void a_document_says_what_it_is_of_in_one_line(void **state) {
    (void)state;
    assert_document(document(), HEAD "}\n");
}

static void numbers_of_64_bits_are_exact(void **state) {
    (void)state;
    struct json_object *root = document();
    mp_json_add_count(root, "most", UINT64_MAX);
    mp_json_add_integer(root, "least", INT64_MIN);
    assert_document(root, HEAD ",\"most\":18446744073709551615,"
                               "\"least\":-9223372036854775808}\n");
}

static void a_double_has_the_shortest_digits_that_read_back(void **state) {
    (void)state;
    struct json_object *root = document(), *list = mp_json_add_array(root, "list");
    const double values[] = {0.1, 1, 1.0 / 3, 1e300, 5e-324, 0.1 + 0.2, -0.0, 1e15};
    for (size_t i = 0; i < MP_COUNT(values); i++)
        mp_json_add_number(list, NULL, values[i]);
    assert_document(root, HEAD ",\"list\":[0.1,1.0,0.3333333333333333,1e+300,5e-324,"
                               "0.30000000000000004,-0.0,1e+15]}\n");
}

static void what_is_not_finite_is_null(void **state) {
    (void)state;
    struct json_object *root = document();
    mp_json_add_number(root, "nan", (double)NAN);
    mp_json_add_number(root, "infinite", (double)-INFINITY);
    assert_document(root, HEAD ",\"nan\":null,\"infinite\":null}\n");
}

static void no_byte_of_a_text_can_act_on_a_reader(void **state) {
    (void)state;
    struct json_object *root = document();
    mp_json_add_text(root, "text", "a\033[31m\"b\\\xff/ü");
    mp_json_add_text(root, "none", NULL);
    mp_json_add_text_or_null(root, "unknown", "");
    assert_document(
        root, HEAD
        ",\"text\":\"a\\\\x1b[31m\\\"b\\\\\\\\xff/ü\",\"none\":null,\"unknown\":null}\n");
}

static void stored_json_is_a_value_and_what_is_none_is_null(void **state) {
    (void)state;
    struct json_object *root = document();
    mp_json_add_stored(root, "facts", "{\"n\":[1,\"x\"]}");
    mp_json_add_stored(root, "torn", "{\"n\":[1,");
    mp_json_add_stored(root, "absent", NULL);
    assert_document(root,
                    HEAD ",\"facts\":{\"n\":[1,\"x\"]},\"torn\":null,\"absent\":null}\n");
}

static void no_character_of_stored_json_can_act_on_a_reader(void **state) {
    (void)state;
    struct json_object *root = document();
    mp_json_add_stored(root, "facts",
                       "{\"a\xc2\x9b\":\"\x7f\xe2\x80\xae\xd8\x9c\xc3\xbc\"}");
    assert_document(root, HEAD
                    ",\"facts\":{\"a\\u009b\":\"\\u007f\\u202e\\u061c\xc3\xbc\"}}\n");
}

static void values_nest(void **state) {
    (void)state;
    struct json_object *root = document(), *list = mp_json_add_array(root, "list");
    struct json_object *item = mp_json_add_object(list, NULL);
    mp_json_add_bool(item, "is", true);
    mp_json_add_null(list, NULL);
    assert_document(root, HEAD ",\"list\":[{\"is\":true},null]}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_says_what_it_is_of_in_one_line),
        cmocka_unit_test(numbers_of_64_bits_are_exact),
        cmocka_unit_test(a_double_has_the_shortest_digits_that_read_back),
        cmocka_unit_test(what_is_not_finite_is_null),
        cmocka_unit_test(no_byte_of_a_text_can_act_on_a_reader),
        cmocka_unit_test(stored_json_is_a_value_and_what_is_none_is_null),
        cmocka_unit_test(no_character_of_stored_json_can_act_on_a_reader),
        cmocka_unit_test(values_nest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
