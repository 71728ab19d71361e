/* Looks for a name or a word, from the most exact meaning to the least.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/lookup.h"

#include <ctype.h>
#include <string.h>

#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/cli/inventory.h"
#include "harness/supervisor/cli/issue_number.h"
#include "harness/supervisor/cli/known_words.h"
#include "harness/supervisor/cli/near_name.h"

#define PART_LEN_MIN    3  /* shorter parts match too many names */
#define WORD_LEN_MIN    4  /* the same of the words of a phrase */
#define SETTING_LEN_MIN 6  /* and of its settings and choices */
#define TOKENS_MAX      16 /* of a phrase */
#define NUMBER_LEN_MIN  2

static void add_item(const struct mp_catalog *catalog, const struct mp_catalog_item *item,
                     struct mp_strbuf *text) {
    (void)mp_catalog_opens(catalog, item);
    mp_inventory_item(item, text);
}

/* Adds each item of that name: batch is a scenario and an arm. */
static bool add_items(const struct mp_catalog *catalog, const char *name,
                      struct mp_strbuf *text) {
    bool is_found = false;
    for (size_t i = 0; i < catalog->count; i++) {
        if (strcmp(catalog->item[i].name, name) == 0) {
            add_item(catalog, &catalog->item[i], text);
            is_found = true;
        }
    }
    return is_found;
}

/* Adds the items whose names contain `part`, if any. */
static bool add_containing(const struct mp_catalog *catalog, const char *part,
                           struct mp_strbuf *text) {
    bool is_found = false;
    for (size_t i = 0; strlen(part) >= PART_LEN_MIN && i < catalog->count; i++) {
        if (strstr(catalog->item[i].name, part) != NULL) {
            add_item(catalog, &catalog->item[i], text);
            is_found = true;
        }
    }
    return is_found;
}

/* Adds the item whose name is the same but for its case and signs. */
static bool add_in_other_case(const struct mp_catalog *catalog, const char *name,
                              struct mp_strbuf *text) {
    for (size_t i = 0; i < catalog->count; i++) {
        if (mp_known_words_are_same(catalog->item[i].name, name)) {
            add_item(catalog, &catalog->item[i], text);
            return true;
        }
    }
    return false;
}

static bool is_suite(const char *name) {
    char suites[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    size_t count = mp_suite_names(suites, MP_SUITE_NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        if (strcmp(suites[i], name) == 0)
            return true;
    return false;
}

/* Adds what an issue, a test or a figure of that number is here. */
static bool add_numbered(const struct mp_catalog *catalog, const char *name,
                         struct mp_strbuf *text) {
    const char *number = mp_issue_number(name);
    if (number == NULL || strlen(number) < NUMBER_LEN_MIN)
        return false;
    bool is_issue = mp_issue_number_add(catalog, number, text);
    return mp_known_words_add_number(catalog, number, text) || is_issue;
}

struct token {
    size_t at, end;
};

/* The words of a phrase: letters, digits and '_' in a row. */
static size_t split(const char *phrase, struct token token[TOKENS_MAX]) {
    size_t count = 0;
    for (size_t at = 0; phrase[at] != '\0' && count < TOKENS_MAX;) {
        size_t end = at;
        while (isalnum((unsigned char)phrase[end]) || phrase[end] == '_')
            end++;
        if (end > at)
            token[count++] = (struct token){at, end};
        at = end > at ? end : at + 1;
    }
    return count;
}

/* Adds what a part of a phrase is known for, after a line that says which part. */
static bool add_part(const struct mp_catalog *catalog, const char *phrase, size_t at,
                     size_t len, bool is_setting, struct mp_strbuf *text) {
    struct mp_strbuf part;
    const size_t before = text->len;
    mp_strbuf_init(&part);
    mp_strbuf_add(&part, phrase + at, len);
    mp_strbuf_addf(text, "Of '");
    mp_strbuf_add_escaped(text, phrase, strlen(phrase), 0);
    mp_strbuf_addf(text, "', '%s' is known here.\n\n", part.text);
    bool is_found = len >= (is_setting ? SETTING_LEN_MIN : WORD_LEN_MIN) &&
                    (is_setting ? mp_inventory_setting(catalog, part.text, text)
                                : mp_known_words_add(catalog, part.text, text) ||
                                      add_in_other_case(catalog, part.text, text));
    if (!is_found) {
        text->len = before;
        text->text[before] = '\0';
    }
    mp_strbuf_release(&part);
    return is_found;
}

/* Adds what the longest known parts of a phrase mean, such as "race in destroyImpl". */
static bool add_parts(const struct mp_catalog *catalog, const char *phrase,
                      struct mp_strbuf *text) {
    struct token token[TOKENS_MAX];
    const size_t count = split(phrase, token);
    bool is_found = false;
    for (size_t words = count; words > 0 && !is_found; words--)
        for (size_t i = 0; i + words <= count; i++)
            is_found |= add_part(catalog, phrase, token[i].at,
                                 token[i + words - 1].end - token[i].at, false, text);
    for (size_t i = 0; i < count && !is_found; i++)
        is_found |= add_part(catalog, phrase, token[i].at, token[i].end - token[i].at,
                             true, text);
    return is_found;
}

enum mp_status mp_lookup_add(const struct mp_catalog *catalog, const char *name,
                             struct mp_strbuf *text, struct mp_error *err) {
    if (mp_inventory_kind(catalog, name, text) || add_items(catalog, name, text))
        return MP_OK;
    if (is_suite(name))
        return mp_inventory_suite(name, text, err);
    bool is_setting = mp_inventory_setting(catalog, name, text);
    if (mp_known_words_add(catalog, name, text) || is_setting ||
        add_numbered(catalog, name, text) ||
        mp_known_words_add_containing(catalog, name, text) ||
        add_in_other_case(catalog, name, text) || add_containing(catalog, name, text) ||
        add_parts(catalog, name, text))
        return MP_OK;
    return mp_near_name_error(catalog, name, err);
}
