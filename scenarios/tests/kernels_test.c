/* Tests of the kernel table and of the Metal texts in it, as far as text can tell.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/kernels/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scenarios/kernels/reference.h"

static void every_kernel_agrees_with_its_reference(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        const struct mp_kernel_reference *reference =
            mp_kernel_reference_find(list[i]->name);

        assert_non_null(reference);
        assert_int_equal(list[i]->buffer_count, reference->buffer_count);
        assert_int_equal(list[i]->constants_len, reference->constants_len);
        assert_true(list[i]->constants_len <= MP_OP_CONSTANTS_MAX);
        assert_non_null(list[i]->run);
    }
}

static void assert_holds(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void every_metal_text_declares_its_kernel_and_all_bindings(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();
    char part[64];

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        const unsigned bindings = list[i]->buffer_count + (list[i]->constants_len > 0);

        snprintf(part, sizeof(part), "kernel void %s(", list[i]->name);
        assert_holds(list[i]->msl, part);
        for (unsigned binding = 0; binding < bindings; binding++) {
            snprintf(part, sizeof(part), "[[buffer(%u)]]", binding);
            assert_holds(list[i]->msl, part);
        }
        snprintf(part, sizeof(part), "[[buffer(%u)]]", bindings);
        assert_null(strstr(list[i]->msl, part));
        snprintf(part, sizeof(part), "device atomic_uint *ops [[buffer(%d)]]",
                 MP_KERNEL_COUNTER_INDEX);
        assert_holds(list[i]->msl, part);
        assert_holds(list[i]->msl, "#include <metal_stdlib>\n");
    }
}

static void brackets_of_every_metal_text_balance(void **state) {
    const struct mp_kernel *const *list = mp_kernel_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        char open[32] = "";
        size_t depth = 0;

        for (const char *c = list[i]->msl; *c; c++) {
            assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
            if (strchr("({[", *c)) {
                assert_true(depth < sizeof(open));
                open[depth++] = *c;
            } else if (strchr(")}]", *c)) {
                assert_true(depth > 0);
                depth--;
                assert_int_equal(open[depth], *c == ')' ? '(' : *c == '}' ? '{' : '[');
            }
        }
        assert_int_equal(depth, 0);
    }
}

static void layernorm_text_has_room_for_the_largest_group(void **state) {
    char part[64];

    (void)state;
    snprintf(part, sizeof(part), "threadgroup float partial[%d];",
             MP_KERNEL_LAYERNORM_GROUP_MAX);
    assert_holds(mp_kernel_layernorm.msl, part);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_agrees_with_its_reference),
        cmocka_unit_test(every_metal_text_declares_its_kernel_and_all_bindings),
        cmocka_unit_test(brackets_of_every_metal_text_balance),
        cmocka_unit_test(layernorm_text_has_room_for_the_largest_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
