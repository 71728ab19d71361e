/* Looks words up in known_words.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/known_words.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/cli/inventory.h"
#include "harness/supervisor/cli/issue_number.h"

#define WORD_MAX     128
#define PART_LEN_MIN 4

static const struct row {
    const char *words, *names, *what;
} rows[] = {
#define MP_WORDS(words, names, what) {words, names, what},
#include "harness/supervisor/cli/known_words.def"
#undef MP_WORDS
};

/* Letters, in lower case, and digits of the first `len` bytes. */
static void reduce(const char *text, size_t len, char *ret_word) {
    size_t count = 0;
    for (size_t i = 0; i < len && count < WORD_MAX - 1; i++)
        if (isalnum((unsigned char)text[i]))
            ret_word[count++] = (char)tolower((unsigned char)text[i]);
    ret_word[count] = '\0';
}

bool mp_known_words_are_same(const char *a, const char *b) {
    char first[WORD_MAX], second[WORD_MAX];
    reduce(a, strlen(a), first);
    reduce(b, strlen(b), second);
    return strcmp(first, second) == 0;
}

static bool row_has(const struct row *row, const char *reduced, bool is_whole) {
    for (const char *at = row->words; *at;) {
        const size_t len = strcspn(at, "|");
        char word[WORD_MAX];
        reduce(at, len, word);
        if (is_whole ? strcmp(word, reduced) == 0 : strstr(word, reduced) != NULL)
            return true;
        at += len + (at[len] == '|');
    }
    return false;
}

/* What a name of `len` bytes, such as "mm:n=8" or "batch=8", is about. */
static const struct mp_catalog_item *find_item(const struct mp_catalog *catalog,
                                               const char *name, size_t len) {
    size_t end = 0;
    while (end < len && name[end] != ':' && name[end] != '=')
        end++;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        /* An arm with a value; scenario and arm may share a name. */
        if (end < len && name[end] == '=' && item->kind != MP_CATALOG_ARM)
            continue;
        if (strncmp(item->name, name, end) == 0 && item->name[end] == '\0')
            return item;
    }
    return NULL;
}

/* Adds the names that the catalog has, in a line, and then each in full. */
static bool add_row(const struct mp_catalog *catalog, const struct row *row,
                    const char *word, struct mp_strbuf *buf) {
    const struct mp_catalog_item *item[16];
    size_t count = 0;
    if (!row->names[0])
        mp_strbuf_addf(buf, "%s: %s\n\n", word, row->what);
    for (const char *at = row->names; *at;) {
        const size_t len = strcspn(at, " ");
        const struct mp_catalog_item *found = find_item(catalog, at, len);
        bool is_new = found != NULL;
        for (size_t i = 0; i < count; i++)
            is_new = is_new && item[i] != found;
        if (found && count == 0)
            mp_strbuf_addf(buf, "%s: %s\n  here: ", word, row->what);
        if (found)
            mp_strbuf_addf(buf, "%s%.*s", count > 0 ? ", " : "", (int)len, at);
        if (is_new && count < MP_COUNT(item))
            item[count++] = found;
        at += len + (at[len] == ' ');
    }
    if (count > 0)
        mp_strbuf_addf(buf, "\n\n");
    for (size_t i = 0; i < count; i++) {
        (void)mp_catalog_opens(catalog, item[i]);
        mp_inventory_item(item[i], buf);
    }
    return count > 0 || !row->names[0];
}

static bool add_rows(const struct mp_catalog *catalog, const char *word, bool is_whole,
                     struct mp_strbuf *buf) {
    char reduced[WORD_MAX];
    bool is_found = false;
    reduce(word, strlen(word), reduced);
    if (strlen(reduced) < (is_whole ? 1 : PART_LEN_MIN))
        return false;
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        if (row_has(&rows[i], reduced, is_whole) && add_row(catalog, &rows[i], word, buf))
            is_found = true;
    return is_found;
}

bool mp_known_words_add(const struct mp_catalog *catalog, const char *word,
                        struct mp_strbuf *buf) {
    return add_rows(catalog, word, true, buf);
}

bool mp_known_words_add_containing(const struct mp_catalog *catalog, const char *part,
                                   struct mp_strbuf *buf) {
    return add_rows(catalog, part, false, buf);
}

bool mp_known_words_add_number(const struct mp_catalog *catalog, const char *number,
                               struct mp_strbuf *buf) {
    bool is_found = false;
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        if (mp_issue_number_is_in(rows[i].words, strlen(rows[i].words), number) &&
            add_row(catalog, &rows[i], number, buf))
            is_found = true;
    return is_found;
}

void mp_known_words_write(struct mp_strbuf *buf) {
    for (size_t i = 0; i < MP_COUNT(rows); i++)
        mp_strbuf_addf(buf, "%s%s", i > 0 ? "|" : "", rows[i].words);
}
