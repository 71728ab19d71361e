/* Reads a certificate with json-c. Nothing in it is trusted to be of its type.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/certificate.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "results/report/query.h"

#define FORMAT    "mpstress-certificate/1"
#define STEPS_MAX 100000

/* The member, if it is of that type; NULL otherwise. */
static struct json_object *member(struct json_object *object, const char *name,
                                  enum json_type type) {
    struct json_object *value = NULL;
    bool is_there = json_object_is_type(object, json_type_object) &&
                    json_object_object_get_ex(object, name, &value) &&
                    json_object_is_type(value, type);
    return is_there ? value : NULL;
}

static const char *text_of(struct json_object *object, const char *name) {
    struct json_object *value = member(object, name, json_type_string);
    return value != NULL ? json_object_get_string(value) : "";
}

static int64_t count_of(struct json_object *object, const char *name) {
    struct json_object *value = member(object, name, json_type_int);
    return value != NULL ? json_object_get_int64(value) : 0;
}

/* json-c writes a whole number without a point. */
static double number_of(struct json_object *object, const char *name) {
    struct json_object *value = member(object, name, json_type_double);
    return value != NULL ? json_object_get_double(value) : (double)count_of(object, name);
}

static struct json_object *step_at(const struct mp_certificate *certificate,
                                   size_t index) {
    return json_object_array_get_idx(member(certificate->facts, "steps", json_type_array),
                                     index);
}

enum mp_status mp_certificate_read(struct mp_certificate *certificate, const char *text,
                                   size_t len, struct mp_error *err) {
    memset(certificate, 0, sizeof(*certificate));
    struct json_tokener *tokener = json_tokener_new();
    if (tokener != NULL && len <= MP_CERTIFICATE_SIZE_MAX)
        certificate->root = json_tokener_parse_ex(tokener, text, (int)len);
    json_tokener_free(tokener);
    certificate->facts = member(certificate->root, "minimized", json_type_object);
    struct json_object *steps = member(certificate->facts, "steps", json_type_array);
    if (strcmp(text_of(certificate->facts, "format"), FORMAT) != 0 || steps == NULL ||
        json_object_array_length(steps) > STEPS_MAX)
        return mp_error_set(err, MP_USAGE,
                            "it is no certificate of 'mpstress repro --minimize' (format "
                            "%s)",
                            FORMAT);
    certificate->steps = json_object_array_length(steps);
    if (certificate->steps == 0)
        return mp_error_set(err, MP_USAGE,
                            "it has no step: no round stands behind what it says");
    certificate->campaign = mp_memory_zeroed(certificate->steps, sizeof(int64_t));
    return MP_OK;
}

void mp_certificate_release(struct mp_certificate *certificate) {
    json_object_put(certificate->root);
    free(certificate->campaign);
    memset(certificate, 0, sizeof(*certificate));
}

/* Notes that the campaign with that seed is `id`. */
static void note(struct mp_certificate *certificate, const char *seed, int64_t id) {
    uint64_t number = strtoull(seed, NULL, 16);
    for (size_t i = 0; i < certificate->steps; i++) {
        const char *of = text_of(step_at(certificate, i), "seed");
        if (of[0] != '\0' && strtoull(of, NULL, 16) == number)
            certificate->campaign[i] = id;
    }
}

enum mp_status mp_certificate_find(struct mp_certificate *certificate,
                                   struct mp_store *store, struct mp_error *err) {
    struct mp_query query;
    mp_query_begin(&query, store);
    sqlite3_stmt *rows =
        mp_query_rows(&query,
                      "SELECT c.seed, c.id FROM campaign AS c JOIN plan ON plan.id ="
                      " c.plan_id WHERE plan.kind = 'repro minimize'",
                      0, 0);
    while (mp_query_next(&query, rows))
        note(certificate, mp_query_text(rows, 0), sqlite3_column_int64(rows, 1));
    mp_query_end(&query);
    certificate->is_whole = true;
    for (size_t i = 0; i < certificate->steps; i++)
        if (text_of(step_at(certificate, i), "seed")[0] != '\0')
            certificate->is_whole &= certificate->campaign[i] != 0;
    return mp_query_status(&query, err);
}

const char *mp_certificate_text(const struct mp_certificate *certificate,
                                const char *name) {
    return text_of(certificate->facts, name);
}

double mp_certificate_number(const struct mp_certificate *certificate, const char *name) {
    return number_of(certificate->facts, name);
}

bool mp_certificate_is_valid(const struct mp_certificate *certificate) {
    struct json_object *value = member(certificate->facts, "is_valid", json_type_boolean);
    return value != NULL && json_object_get_boolean(value);
}

int64_t mp_certificate_param(const struct mp_certificate *certificate, const char *name,
                             int64_t otherwise) {
    const char *text =
        text_of(member(certificate->facts, "least", json_type_object), name);
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    return text[0] != '\0' && *end == '\0' ? number : otherwise;
}

int64_t mp_certificate_last(const struct mp_certificate *certificate) {
    size_t last = certificate->steps;
    if (last == 0 || strcmp(text_of(step_at(certificate, last - 1), "asks"), "last") != 0)
        return 0;
    return certificate->campaign[last - 1];
}

struct mp_certificate_step mp_certificate_step(const struct mp_certificate *certificate,
                                               size_t index) {
    struct json_object *step = step_at(certificate, index);
    return (struct mp_certificate_step){
        .asks = text_of(step, "asks"),
        .verdict = text_of(step, "verdict"),
        .seed = text_of(step, "seed"),
        .number = count_of(step, "number"),
        .rounds = count_of(step, "rounds"),
        .failures = count_of(step, "failures"),
        .others = count_of(step, "other_failures"),
        .alpha = number_of(step, "alpha"),
        .campaign_id = certificate->campaign[index],
    };
}

void mp_certificate_write_values(const struct mp_certificate *certificate, size_t index,
                                 struct mp_strbuf *buf) {
    struct json_object *values =
        member(step_at(certificate, index), "values", json_type_object);
    size_t start = buf->len;
    if (values == NULL)
        return;
    json_object_object_foreach(values, name, value) {
        const char *text = json_object_is_type(value, json_type_string)
                               ? json_object_get_string(value)
                               : "";
        mp_strbuf_addf(buf, "%s%s=%s", buf->len > start ? ", " : "", name,
                       text[0] != '\0' ? text : "none");
    }
}

void mp_certificate_write_change(const struct mp_certificate *certificate,
                                 struct mp_strbuf *buf) {
    struct json_object *first = member(certificate->facts, "first", json_type_object);
    struct json_object *least = member(certificate->facts, "least", json_type_object);
    size_t start = buf->len;
    if (first == NULL || least == NULL)
        return;
    json_object_object_foreach(first, name, value) {
        const char *from = json_object_is_type(value, json_type_string)
                               ? json_object_get_string(value)
                               : "";
        const char *to = text_of(least, name);
        if (strcmp(from, to) != 0)
            mp_strbuf_addf(buf, "%s%s %s to %s", buf->len > start ? ", " : "", name, from,
                           to[0] != '\0' ? to : "none");
    }
}

/* An arm with a library has its digest behind its name, which no command takes for arm
 * fix. */
static void write_arm(const struct mp_certificate *certificate, struct mp_strbuf *buf) {
    const char *arm = mp_certificate_text(certificate, "arm");
    const char *fix = mp_certificate_text(certificate, "fix");
    const char *colon = strchr(arm, ':');
    struct mp_strbuf word;
    mp_strbuf_init(&word);
    if (fix[0] != '\0')
        mp_strbuf_addf(&word, "%.*s%s", (int)strcspn(arm, "=:"), arm,
                       colon != NULL ? colon : "");
    mp_strbuf_addstr(buf, " --arm ");
    mp_text_quote(buf, fix[0] != '\0' ? word.text : arm);
    if (strcmp(word.text, "fix") == 0 || strncmp(word.text, "fix:", 4) == 0) {
        mp_strbuf_addstr(buf, " --fix ");
        mp_text_quote(buf, fix);
    }
    mp_strbuf_release(&word);
}

void mp_certificate_write_command(const struct mp_certificate *certificate,
                                  struct mp_strbuf *buf) {
    struct json_object *least = member(certificate->facts, "least", json_type_object);
    struct mp_strbuf cell;
    char mark = ':';
    mp_strbuf_init(&cell);
    mp_strbuf_addstr(&cell, mp_certificate_text(certificate, "scenario"));
    if (least != NULL) {
        json_object_object_foreach(least, name, value) {
            if (json_object_is_type(value, json_type_string))
                mp_strbuf_addf(&cell, "%c%s=%s", mark, name,
                               json_object_get_string(value));
            mark = ',';
        }
    }
    mp_strbuf_addstr(buf, "mpstress run ");
    mp_text_quote(buf, cell.text);
    mp_strbuf_addstr(buf, " --device ");
    mp_text_quote(buf, mp_certificate_text(certificate, "device"));
    write_arm(certificate, buf);
    mp_strbuf_release(&cell);
}
