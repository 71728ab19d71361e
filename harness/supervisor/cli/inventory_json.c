/* The catalog as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/cli/inventory.h"

/* Adds a JSON string. Escaping for terminals comes first: what is left has no control bytes and is
 * valid UTF-8. */
static void add_string(struct mp_strbuf *buf, const char *text) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text, strlen(text), 0);
    mp_strbuf_addch(buf, '"');
    for (const char *at = safe.text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            mp_strbuf_addch(buf, '\\');
        }
        mp_strbuf_addch(buf, *at);
    }
    mp_strbuf_addch(buf, '"');
    mp_strbuf_release(&safe);
}

/* Adds ,"name":"text", or nothing if there is no text. */
static void add_member(struct mp_strbuf *buf, const char *name, const char *text) {
    if (text != NULL && *text != '\0') {
        mp_strbuf_addf(buf, ",\"%s\":", name);
        add_string(buf, text);
    }
}

static void add_row(struct mp_strbuf *buf, const struct mp_option *row) {
    static const char *const types[] = {"flag", "int", "real", "duration", "choice", "set", "text"};
    mp_strbuf_addstr(buf, "{\"name\":");
    add_string(buf, row->name);
    mp_strbuf_addf(buf, ",\"type\":\"%s\"", types[row->type]);
    add_member(buf, "default", row->fallback);
    if (row->type == MP_OPTION_INT) {
        mp_strbuf_addf(buf, ",\"min\":%" PRId64 ",\"max\":%" PRId64, row->min, row->max);
    }
    if (row->type == MP_OPTION_REAL) {
        mp_strbuf_addf(buf, ",\"min\":%.17g,\"max\":%.17g", row->real_min, row->real_max);
    }
    if (row->choices != NULL) {
        mp_strbuf_addstr(buf, ",\"choices\":[");
        for (const char *at = row->choices; *at != '\0';) {
            char word[256];
            size_t len = strcspn(at, "|");
            size_t kept = len < sizeof word ? len : sizeof word - 1;
            memcpy(word, at, kept);
            word[kept] = '\0';
            add_string(buf, word);
            at += len;
            if (*at == '|') {
                mp_strbuf_addch(buf, ',');
                at++;
            }
        }
        mp_strbuf_addch(buf, ']');
    }
    add_member(buf, "help", row->help);
    mp_strbuf_addch(buf, '}');
}

static const char *word_of(bool value) {
    return value ? "true" : "false";
}

static void add_item(struct mp_strbuf *buf, const struct mp_catalog_item *item) {
    mp_strbuf_addstr(buf, "{\"name\":");
    add_string(buf, item->name);
    add_member(buf, "summary", item->summary);
    if (item->kind == MP_CATALOG_DEVICE) {
        mp_strbuf_addf(buf, ",\"present\":%s", word_of(item->is_present));
        add_member(buf, "detail", item->detail);
    } else if (item->kind == MP_CATALOG_SCENARIO) {
        add_member(buf, "hunts", item->detail);
        add_member(buf, "how", item->how);
        add_member(buf, "hit", item->hit);
        add_member(buf, "origin", item->origin);
        mp_strbuf_addf(buf, ",\"promises_overlap\":%s", word_of(item->promises_overlap));
    } else {
        mp_strbuf_addf(buf, ",\"serialises\":%s", word_of(item->serialises));
    }
    mp_strbuf_addstr(buf,
                     item->kind == MP_CATALOG_DEVICE ? ",\"settings\":[" : ",\"parameters\":[");
    for (const struct mp_option *row = item->rows; row != NULL && row->name != NULL; row++) {
        mp_strbuf_addstr(buf, row == item->rows ? "" : ",");
        add_row(buf, row);
    }
    mp_strbuf_addstr(buf, "]}");
}

void mp_inventory_json(const struct mp_catalog *catalog, struct mp_strbuf *buf) {
    static const char *const names[] = {"devices", "scenarios", "arms"};
    char suites[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    mp_strbuf_addstr(buf, "{\"schema\":1,\"command\":\"list\"");
    for (int kind = MP_CATALOG_DEVICE; kind <= MP_CATALOG_ARM; kind++) {
        const char *comma = "";
        mp_strbuf_addf(buf, ",\"%s\":[", names[kind]);
        for (size_t i = 0; i < catalog->count; i++) {
            if ((int)catalog->item[i].kind == kind) {
                mp_strbuf_addstr(buf, comma);
                add_item(buf, &catalog->item[i]);
                comma = ",";
            }
        }
        mp_strbuf_addch(buf, ']');
    }
    size_t count = mp_suite_names(suites, MP_SUITE_NAMES_MAX);
    mp_strbuf_addstr(buf, ",\"suites\":[");
    for (size_t i = 0; i < count; i++) {
        mp_strbuf_addstr(buf, i > 0 ? "," : "");
        add_string(buf, suites[i]);
    }
    mp_strbuf_addstr(buf, "]}\n");
}
