/* Candidates from the catalog and from a database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/candidates.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/supervisor/campaign/matrix.h"
#include "results/report/numbers.h"

/* The word as far as it is typed, and what may go on with it. */
struct typed {
    const char *word;
    struct mp_strbuf *buf;
    size_t kept; /* bytes of the word that stay as they are */
};

/* Adds a line if it begins as the word does. */
static void offer(const struct typed *typed, const char *text, size_t len,
                  const char *end) {
    const char *part = typed->word + typed->kept;
    size_t typed_len = strlen(part);
    if (len + strlen(end) < typed_len || strncmp(text, part, typed_len) != 0)
        return;
    mp_strbuf_add(typed->buf, typed->word, typed->kept);
    mp_strbuf_add(typed->buf, text, len);
    mp_strbuf_addf(typed->buf, "%s\n", end);
}

static void offer_integer(const struct typed *typed, int64_t value) {
    char text[32];
    size_t len = (size_t)snprintf(text, sizeof(text), "%" PRId64, value);
    offer(typed, text, len, "");
}

/* The default, and what else the row says of its values. */
static void offer_values(const struct typed *typed, const struct mp_option *row) {
    const char *fallback = row->fallback;
    bool has_words = row->choices != NULL;
    for (const char *at = row->choices; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, "|");
        offer(typed, at, len, "");
        at += len;
        at += *at == '|';
    }
    if (row->type == MP_OPTION_FLAG) {
        offer(typed, "on", 2, "");
        offer(typed, "off", 3, "");
    } else if (!has_words && fallback != NULL) {
        offer(typed, fallback, strlen(fallback), "");
    }
    if (row->type == MP_OPTION_SET)
        offer(typed, "none", 4, "");
    if (row->type != MP_OPTION_INT)
        return;
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64, row->min);
    if (fallback == NULL || strcmp(fallback, text) != 0)
        offer_integer(typed, row->min);
    snprintf(text, sizeof(text), "%" PRId64, row->max);
    if (fallback == NULL || strcmp(fallback, text) != 0)
        offer_integer(typed, row->max);
}

/* Whether a list such as "threads=2,n=4" has a value for `name` already. */
static bool is_given(const char *list, const char *end, const char *name) {
    size_t len = strlen(name);
    for (const char *at = list; at < end; at += strcspn(at, ",") + 1)
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return true;
    return false;
}

/* The rows that a list lacks, or the values of the row that is being typed, in the list
 * that begins at `list` in the word. Whether the row was one of these. */
static bool offer_rows(struct typed *typed, const char *list,
                       const struct mp_option *rows) {
    const char *comma = strrchr(list, ',');
    const char *item = comma != NULL ? comma + 1 : list;
    size_t len = strcspn(item, "=");
    typed->kept = (size_t)(item - typed->word);
    for (const struct mp_option *row = rows; row != NULL && row->name != NULL; row++) {
        if (item[len] != '=') {
            if (!is_given(list, item, row->name))
                offer(typed, row->name, strlen(row->name), "=");
        } else if (strlen(row->name) == len && strncmp(row->name, item, len) == 0) {
            const char *value = item + len + 1;
            char joint = row->type == MP_OPTION_SET ? '+' : '|';
            const char *last = strrchr(value, joint);
            typed->kept = (size_t)((last != NULL ? last + 1 : value) - typed->word);
            offer_values(typed, row);
            return true;
        }
    }
    return false;
}

static const struct mp_catalog_item *find(const struct mp_catalog *catalog,
                                          enum mp_catalog_kind kind, const char *name,
                                          size_t len) {
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        if (item->kind == kind && strlen(item->name) == len &&
            strncmp(item->name, name, len) == 0)
            return item;
    }
    return NULL;
}

void mp_candidates_of_catalog(const struct mp_catalog *catalog, enum mp_catalog_kind kind,
                              const char *word, struct mp_strbuf *buf) {
    struct typed typed = {.word = word, .buf = buf};
    size_t len = strcspn(word, kind == MP_CATALOG_ARM ? "=" : ":");
    const struct mp_catalog_item *item =
        word[len] != '\0' ? find(catalog, kind, word, len) : NULL;
    if (word[len] == '\0') {
        for (size_t i = 0; i < catalog->count; i++)
            if (catalog->item[i].kind == kind)
                offer(&typed, catalog->item[i].name, strlen(catalog->item[i].name), "");
    } else if (item != NULL && kind == MP_CATALOG_ARM) {
        typed.kept = len + 1;
        if (item->rows != NULL && item->rows->name != NULL)
            offer_values(&typed, item->rows);
    } else if (item != NULL) {
        const char *list = word + len + 1;
        if (!offer_rows(&typed, list, item->rows) && kind == MP_CATALOG_SCENARIO)
            offer_rows(&typed, list, mp_matrix_reserved_keys());
    }
}

void mp_candidates_of_database(const char *path, const char *what,
                               struct mp_strbuf *buf) {
    struct mp_store *store = NULL;
    struct mp_error err;
    if (mp_store_open(path, MP_STORE_READ, &store, &err) == MP_OK)
        (void)mp_report_numbers(store, what, buf, &err);
    mp_store_close(store);
}
