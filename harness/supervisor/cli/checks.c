/* A table of checks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/checks.h"

#include "harness/base/text.h"
#include "results/report/json.h"

#define STATE_WIDTH 9
#define NAME_WIDTH  12

static const char *state_name(enum mp_check_state state) {
    static const char *const names[] = {"ok", "careful", "bad"};
    return names[state];
}

void mp_checks_text(const struct mp_check *check, size_t count, bool use_colour,
                    unsigned width, struct mp_strbuf *buf) {
    static const enum mp_style styles[] = {MP_GOOD, MP_WARN, MP_BAD};
    static const char *const words[] = {"ok", "careful", "not ok"};
    struct mp_text text = {
        .buf = buf, .use_colour = use_colour, .width = width == 0 ? 100 : width};
    for (size_t i = 0; i < count; i++) {
        mp_text_left(&text, styles[check[i].state], STATE_WIDTH, words[check[i].state]);
        mp_text_left(&text, MP_BOLD, NAME_WIDTH, check[i].name);
        mp_text_wrap(&text, MP_PLAIN, STATE_WIDTH + NAME_WIDTH, check[i].words);
        if (check[i].todo[0] != '\0') {
            mp_text_left(&text, MP_PLAIN, STATE_WIDTH + NAME_WIDTH, "");
            mp_text_add(&text, MP_PLAIN, "-> ");
            mp_text_wrap(&text, MP_PLAIN, STATE_WIDTH + NAME_WIDTH + 3, check[i].todo);
        }
    }
}

void mp_checks_json(const struct mp_check *check, size_t count, int exit_code,
                    struct mp_strbuf *buf) {
    enum mp_check_state worst = MP_CHECK_OK;
    for (size_t i = 0; i < count; i++)
        worst = check[i].state > worst ? check[i].state : worst;
    struct json_object *document =
        mp_json_document("doctor", state_name(worst), exit_code);
    mp_json_add_text(document, "check", "machine");
    struct json_object *checks = mp_json_add_array(document, "checks");
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = mp_json_add_object(checks, NULL);
        mp_json_add_text(item, "name", check[i].name);
        mp_json_add_text(item, "state", state_name(check[i].state));
        mp_json_add_text(item, "words", check[i].words);
        mp_json_add_text_or_null(item, "todo", check[i].todo);
    }
    mp_json_print(document, buf);
}
