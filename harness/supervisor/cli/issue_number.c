/* The sections of suites are named by the issues whose failures they look for, and
 * scenarios say where they are from: both are searched for a number.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/issue_number.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/supervisor/campaign/matrix.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/cli/inventory.h"

#define ORIGIN_LEN_MIN 4 /* shorter ones are sizes and counts there */

static bool is_digit(char c) {
    return isdigit((unsigned char)c) != 0;
}

const char *mp_issue_number(const char *word) {
    const char *at = word + strlen(word);
    while (at > word && is_digit(at[-1]))
        at--;
    if (at > word && strchr(" #/", at[-1]) == NULL)
        return NULL;
    at += strspn(at, "0");
    return *at != '\0' ? at : NULL;
}

bool mp_issue_number_is_in(const char *text, size_t len, const char *number) {
    const size_t number_len = strlen(number);
    for (size_t i = 0; i < len;) {
        size_t first = i, end = i;
        while (end < len && (isalnum((unsigned char)text[end]) || text[end] == '.'))
            end++;
        while (first < end && text[first] == '0')
            first++;
        if (end - first == number_len && strncmp(text + first, number, number_len) == 0)
            return true;
        i = end > i ? end : i + 1;
    }
    return false;
}

/* Whether a key of a section is no parameter of its scenario. */
static bool is_reserved(const char *key) {
    for (const struct mp_option *row = mp_matrix_reserved_keys(); row->name; row++)
        if (strcmp(row->name, key) == 0)
            return true;
    return false;
}

/* Whether a cell runs otherwise without the option of this name. */
static bool is_option(const char *key) {
    return strcmp(key, "device") == 0 || strcmp(key, "arm") == 0 ||
           strcmp(key, "timeout") == 0;
}

/* Adds each of the values of a key as an option. */
static void add_options(const struct mp_suite_key *key, struct mp_strbuf *buf) {
    for (const char *value = key->value; *value != '\0';) {
        size_t len = strcspn(value, "|");
        struct mp_strbuf one;
        mp_strbuf_init(&one);
        mp_strbuf_add(&one, value, len);
        mp_strbuf_addf(buf, " --%s ", key->name);
        mp_text_quote(buf, one.text);
        mp_strbuf_release(&one);
        value += len + (value[len] == '|');
    }
}

/* "mpstress run SCENARIO:... --device ... --arm ...". */
static void add_command(const struct mp_suite_section *section, struct mp_strbuf *buf) {
    struct mp_strbuf cell, options;
    char before = ':';
    mp_strbuf_init(&cell);
    mp_strbuf_init(&options);
    mp_strbuf_addstr(&cell, section->scenario);
    for (size_t i = 0; i < section->key_count; i++) {
        const struct mp_suite_key *key = &section->key[i];
        if (is_option(key->name))
            add_options(key, &options);
        if (is_reserved(key->name))
            continue;
        mp_strbuf_addf(&cell, "%c%s=%s", before, key->name, key->value);
        before = ',';
    }
    mp_strbuf_addstr(buf, "mpstress run ");
    mp_text_quote(buf, cell.text);
    mp_strbuf_addstr(buf, options.text);
    mp_strbuf_release(&options);
    mp_strbuf_release(&cell);
}

/* Adds "[SCENARIO: LABEL] ROLE" and the command; texts of a file are escaped. */
static void add_section(const struct mp_suite_section *section, struct mp_strbuf *buf) {
    const struct mp_suite_key *role = mp_suite_key(section, "role");
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "[%s: %s]%s%s", section->scenario, section->label,
                   role != NULL ? " " : "", role != NULL ? role->value : "");
    mp_strbuf_addstr(buf, "  ");
    mp_strbuf_add_escaped(buf, line.text, line.len, 0);
    mp_strbuf_clear(&line);
    add_command(section, &line);
    mp_strbuf_addstr(buf, "\n      ");
    mp_strbuf_add_escaped(buf, line.text, line.len, 0);
    mp_strbuf_addch(buf, '\n');
    mp_strbuf_release(&line);
}

static bool add_sections(const char *name, const char *number, struct mp_strbuf *buf) {
    char path[4096];
    struct mp_suite suite;
    struct mp_error ignored;
    bool is_found = false;
    mp_suite_init(&suite);
    if (mp_suite_find(name, path, sizeof(path), &ignored) != MP_OK ||
        mp_suite_read(&suite, path, &ignored) != MP_OK) {
        mp_suite_release(&suite);
        return false;
    }
    for (size_t i = 0; i < suite.section_count; i++) {
        const struct mp_suite_section *section = &suite.section[i];
        if (section->label == NULL ||
            !mp_issue_number_is_in(section->label, strlen(section->label), number))
            continue;
        if (!is_found)
            mp_strbuf_addf(buf, "%s: in suite %s\n", number, name);
        add_section(section, buf);
        is_found = true;
    }
    mp_strbuf_addstr(buf, is_found ? "\n" : "");
    mp_suite_release(&suite);
    return is_found;
}

bool mp_issue_number_add(const struct mp_catalog *catalog, const char *number,
                         struct mp_strbuf *buf) {
    char suites[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    const size_t count = mp_suite_names(suites, MP_SUITE_NAMES_MAX);
    bool is_found = false;
    for (size_t i = 0; i < count; i++)
        is_found |= add_sections(suites[i], number, buf);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        const char *origin = item->origin != NULL ? item->origin : "";
        if (strlen(number) < ORIGIN_LEN_MIN ||
            !mp_issue_number_is_in(origin, strlen(origin), number))
            continue;
        mp_inventory_item(item, buf);
        is_found = true;
    }
    return is_found;
}
