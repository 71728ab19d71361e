/* All names and words in one text, in lower case beside as they are written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/near_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/option.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/cli/issue_number.h"
#include "harness/supervisor/cli/known_words.h"

#define NEAR_MAX     3
#define PART_LEN_MIN 4 /* shorter parts are in too many names */

struct names {
    struct mp_strbuf written, lower; /* of the same length, each name ended by a null */
    const char **word;               /* in `lower`, ended by NULL */
};

static void add(struct mp_strbuf *all, const char *names) {
    mp_strbuf_addf(all, "%s%s", all->len > 0 ? "|" : "", names != NULL ? names : "");
}

static void add_all(const struct mp_catalog *catalog, struct mp_strbuf *all) {
    char suites[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    size_t count = mp_suite_names(suites, MP_SUITE_NAMES_MAX);
    for (size_t i = 0; i < catalog->count; i++)
        add(all, catalog->item[i].name);
    for (size_t i = 0; i < count; i++)
        add(all, suites[i]);
    add(all, "devices|scenarios|arms|suites|settings|parameters|reports|signatures");
    for (size_t i = 0; i < catalog->count; i++)
        for (const struct mp_option *row = catalog->item[i].rows;
             row != NULL && row->name != NULL; row++)
            add(all, row->name);
    for (size_t i = 0; i < catalog->count; i++)
        for (const struct mp_option *row = catalog->item[i].rows;
             row != NULL && row->name != NULL; row++)
            add(all, row->choices);
    mp_strbuf_addch(all, '|');
    mp_known_words_write(all);
}

static void names_init(struct names *names, const struct mp_catalog *catalog) {
    size_t count = 1;
    mp_strbuf_init(&names->written);
    mp_strbuf_init(&names->lower);
    add_all(catalog, &names->written);
    for (size_t i = 0; i < names->written.len; i++) {
        char c = names->written.text[i];
        count += c == '|';
        mp_strbuf_addch(&names->lower, c == '|' ? '\0' : (char)tolower((unsigned char)c));
        if (c == '|')
            names->written.text[i] = '\0';
    }
    names->word = mp_memory_zeroed(count + 1, sizeof(*names->word));
    const char *at = names->lower.text;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        names->word[i] = at;
}

static void names_release(struct names *names) {
    free((void *)names->word);
    mp_strbuf_release(&names->lower);
    mp_strbuf_release(&names->written);
}

/* Adds a name to the question, if it is not there yet. */
static void ask_for(const struct names *names, const char *word, const char *found[],
                    size_t *count) {
    const char *name = names->written.text + (word - names->lower.text);
    for (size_t i = 0; i < *count; i++)
        if (strcmp(found[i], name) == 0)
            return;
    if (*count < NEAR_MAX && name[0] != '\0')
        found[(*count)++] = name;
}

/* The nearest name, then those that contain `lower`. Returns how many. */
static size_t find(const struct names *names, const struct mp_strbuf *lower,
                   const char *found[]) {
    size_t count = 0;
    const char *nearest = mp_option_nearest(lower->text, names->word);
    if (nearest != NULL)
        ask_for(names, nearest, found, &count);
    for (size_t i = 0; lower->len >= PART_LEN_MIN && names->word[i] != NULL; i++)
        if (strstr(names->word[i], lower->text) != NULL)
            ask_for(names, names->word[i], found, &count);
    return count;
}

/* ", did you mean 'a', 'b' or 'c'?"; nothing if nothing is near. */
static void ask(const struct names *names, const char *name, struct mp_strbuf *buf) {
    const char *found[NEAR_MAX];
    struct mp_strbuf lower;
    mp_strbuf_init(&lower);
    for (const char *at = name; *at != '\0'; at++)
        mp_strbuf_addch(&lower, (char)tolower((unsigned char)*at));
    const size_t count = find(names, &lower, found);
    for (size_t i = 0; i < count; i++) {
        const char *before = i + 1 == count ? " or " : ", ";
        mp_strbuf_addf(buf, "%s'%s'", i == 0 ? ", did you mean " : before, found[i]);
    }
    mp_strbuf_addstr(buf, count > 0 ? "?" : "");
    mp_strbuf_release(&lower);
}

enum mp_status mp_near_name_error(const struct mp_catalog *catalog, const char *name,
                                  struct mp_error *err) {
    const char *number = mp_issue_number(name);
    struct names names;
    struct mp_strbuf question;
    if (number != NULL)
        return mp_error_set(
            err, MP_NOT_FOUND,
            "no public issue, test or figure with the number %.64s is known here; "
            "'mpstress list known_issues' shows the issues that are, as cells",
            number);
    mp_strbuf_init(&question);
    names_init(&names, catalog);
    ask(&names, name, &question);
    mp_error_set(err, MP_NOT_FOUND,
                 "nothing here is called '%.64s'%s 'mpstress list' shows all, 'mpstress "
                 "list devices' (scenarios, arms, suites, settings, parameters) each "
                 "kind alone",
                 name, question.len > 0 ? question.text : ";");
    names_release(&names);
    mp_strbuf_release(&question);
    return MP_NOT_FOUND;
}
