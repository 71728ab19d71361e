/* Parameters of a program hold neither , nor |, so the name of its cell can be split.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/repeat_program.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/text.h"
#include "harness/base/words.h"

#define START "exec:"

bool mp_repeat_is_program(const char *cell) {
    return strncmp(cell, START, strlen(START)) == 0;
}

static void add_option(struct mp_strbuf *rest, const char *option, const char *value) {
    mp_strbuf_addf(rest, "%s--%s ", rest->len > 0 ? " " : "", option);
    mp_text_quote(rest, value);
}

/* The option once for each word of `line`. */
static void add_words(struct mp_strbuf *rest, const char *option, const char *line) {
    struct mp_words words = {0};
    struct mp_error ignored;
    if (mp_words_split(line, &words, &ignored) == MP_OK)
        for (size_t i = 0; i < words.count; i++)
            add_option(rest, option, words.word[i]);
    mp_words_release(&words);
}

static void add_codes(struct mp_strbuf *rest, const char *option, const char *codes) {
    struct mp_strbuf list;
    mp_strbuf_init(&list);
    for (; *codes != '\0'; codes++)
        mp_strbuf_addch(&list, *codes == ' ' ? ',' : *codes);
    add_option(rest, option, list.text);
    mp_strbuf_release(&list);
}

static void add_delay(struct mp_strbuf *rest, const char *option, const char *us) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_strbuf_addf(&text, "%sus", us);
    if (strcmp(us, "0") != 0)
        add_option(rest, option, text.text);
    mp_strbuf_release(&text);
}

/* Adds one parameter. */
static void add_param(struct mp_strbuf *rest, const char *name, const char *value) {
    static const struct {
        const char *name, *option;
        void (*add)(struct mp_strbuf *rest, const char *option, const char *value);
    } rows[] = {
        {"watch", "watch", add_words},
        {"build", "build", add_option},
        {"ok_codes", "ok-codes", add_codes},
        {"skip_codes", "skip-codes", add_codes},
        {"fail_output", "fail-output", add_words},
        {"delay_us", "delay", add_delay},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            rows[i].add(rest, rows[i].option, value);
}

void mp_repeat_write_program(const char *cell, struct mp_strbuf *command,
                             struct mp_strbuf *rest) {
    struct mp_strbuf copy;
    char *next = NULL;
    mp_strbuf_init(&copy);
    mp_strbuf_addstr(&copy, cell + strlen(START));
    for (char *item = strtok_r(copy.text, ",", &next); item != NULL;
         item = strtok_r(NULL, ",", &next)) {
        char *value = strchr(item, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        if (strcmp(item, "exec") == 0) {
            mp_strbuf_addstr(command, "--exec ");
            mp_text_quote(command, value);
        } else {
            add_param(rest, item, value);
        }
    }
    mp_strbuf_release(&copy);
}
