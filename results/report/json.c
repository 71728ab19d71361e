/* JSON documents: json-c objects, with our rules for texts and numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/json.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define WHOLE_MAX   1e15 /* smaller whole numbers are written without an exponent */
#define DIGITS_SURE 17   /* digits of a double that always round-trip */

/* json-c uses NULL for null, so this is for every other value. */
static struct json_object *checked(struct json_object *value) {
    if (value == NULL)
        mp_memory_exhausted();
    return value;
}

void mp_json_add(struct json_object *to, const char *name, struct json_object *value) {
    int code = name == NULL ? json_object_array_add(to, value)
                            : json_object_object_add(to, name, value);
    if (code != 0)
        mp_memory_exhausted();
}

struct json_object *mp_json_object(void) {
    return checked(json_object_new_object());
}

struct json_object *mp_json_document(const char *command, const char *verdict,
                                     int exit_code) {
    struct json_object *document = mp_json_object();
    mp_json_add_integer(document, "schema", 1);
    mp_json_add_text(document, "command", command);
    mp_json_add_text(document, "verdict", verdict);
    mp_json_add_integer(document, "exit_code", exit_code);
    return document;
}

/* What is stored as JSON has not passed through add_escaped. Outside of texts a document
 * has nothing unfit to be shown. */
static void add_document(struct mp_strbuf *buf, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        const unsigned char *s = (const unsigned char *)text;
        size_t step = mp_strbuf_printable(text, left);
        if (step > 0) {
            mp_strbuf_add(buf, text, step);
        } else if ((s[0] & 0xe0) == 0xc0 && left > 1 && (s[1] & 0xc0) == 0x80) {
            mp_strbuf_addf(buf, "\\u%04x", (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu));
            step = 2;
        } else if (s[0] == 0xe2 && left > 2 && (s[2] & 0xc0) == 0x80) {
            mp_strbuf_addf(buf, "\\u%04x",
                           0x2000u | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu));
            step = 3;
        } else {
            mp_strbuf_addf(buf, "\\u%04x", s[0] < 0x80 ? s[0] : 0xfffdu);
            step = 1;
        }
        text += step;
        left -= step;
    }
}

void mp_json_print(struct json_object *document, struct mp_strbuf *buf) {
    const char *text = json_object_to_json_string_ext(
        document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text == NULL)
        mp_memory_exhausted();
    add_document(buf, text);
    mp_strbuf_addch(buf, '\n');
    json_object_put(document);
}

struct json_object *mp_json_add_object(struct json_object *to, const char *name) {
    struct json_object *object = mp_json_object();
    mp_json_add(to, name, object);
    return object;
}

struct json_object *mp_json_add_array(struct json_object *to, const char *name) {
    struct json_object *array = checked(json_object_new_array());
    mp_json_add(to, name, array);
    return array;
}

static void add_escaped(struct json_object *to, const char *name, const char *text,
                        int keep_lines) {
    if (text == NULL) {
        mp_json_add_null(to, name);
        return;
    }
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, text, strlen(text), keep_lines);
    mp_json_add(to, name, checked(json_object_new_string_len(safe.text, (int)safe.len)));
    mp_strbuf_release(&safe);
}

void mp_json_add_text(struct json_object *to, const char *name, const char *text) {
    add_escaped(to, name, text, 0);
}

void mp_json_add_lines(struct json_object *to, const char *name, const char *text) {
    add_escaped(to, name, text, 1);
}

void mp_json_add_text_or_null(struct json_object *to, const char *name,
                              const char *text) {
    mp_json_add_text(to, name, text == NULL || text[0] == '\0' ? NULL : text);
}

void mp_json_add_count(struct json_object *to, const char *name, uint64_t value) {
    mp_json_add(to, name, checked(json_object_new_uint64(value)));
}

void mp_json_add_integer(struct json_object *to, const char *name, int64_t value) {
    mp_json_add(to, name, checked(json_object_new_int64(value)));
}

void mp_json_add_number(struct json_object *to, const char *name, double value) {
    char digits[40];
    if (!isfinite(value)) {
        mp_json_add_null(to, name);
        return;
    }
    bool is_whole = value == trunc(value) && fabs(value) < WHOLE_MAX;
    snprintf(digits, sizeof(digits), "%.1f", is_whole ? value : 0.0);
    for (int count = 1; count <= DIGITS_SURE && !is_whole; count++) {
        snprintf(digits, sizeof(digits) - 2, "%.*g", count, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    if (strpbrk(digits, ".e") == NULL)
        strcat(digits, ".0");
    mp_json_add(to, name, checked(json_object_new_double_s(value, digits)));
}

void mp_json_add_bool(struct json_object *to, const char *name, bool value) {
    mp_json_add(to, name, checked(json_object_new_boolean(value)));
}

void mp_json_add_null(struct json_object *to, const char *name) {
    mp_json_add(to, name, NULL);
}

void mp_json_add_stored(struct json_object *to, const char *name, const char *json) {
    mp_json_add(to, name, json == NULL ? NULL : json_tokener_parse(json));
}
