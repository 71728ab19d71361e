/* Reads and writes the text of a spec. Checks the syntax only, not whether a scenario or
 * device exists.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/round_spec.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/option.h"
#include "harness/base/rng.h"

#define SPEC_TITLE              "mpstress-spec 1"
#define SPEC_DEFAULT_TIMEOUT_MS 10000
#define BLANKS                  " \t\r"

enum spec_key {
    KEY_DEVICE,
    KEY_SCENARIO,
    KEY_PARAM,
    KEY_ARM,
    KEY_FIX,
    KEY_FIX_ID,
    KEY_FIX_SHA256,
    KEY_SEED,
    KEY_NUMBER,
    KEY_TIMEOUT_MS,
    KEY_SILENCE_MS,
    KEY_RECORDER,
    KEY_CAPTURE,
    KEY_COUNT
};

static const char *const key_word[KEY_COUNT + 1] = {
    "device", "scenario", "param",      "arm",        "fix",      "fix_id",  "fix_sha256",
    "seed",   "number",   "timeout_ms", "silence_ms", "recorder", "capture", NULL};

void mp_round_spec_init(struct mp_round_spec *spec) {
    *spec = (struct mp_round_spec){.device = "null",
                                   .arm = "none",
                                   .timeout_ms = SPEC_DEFAULT_TIMEOUT_MS,
                                   .recorder = true,
                                   .capture = true};
}

/* Copies a word or value that is not empty, fits, has only printable ASCII and, if
 * `is_word`, no space; a value neither begins nor ends with a space, so that its line
 * reads back the same. */
static enum mp_status copy_field(char *ret_field, size_t size, const char *what,
                                 const char *text, bool is_word, struct mp_error *err) {
    size_t len = strlen(text);
    if (len == 0)
        return mp_error_set(err, MP_USAGE, "%s is empty", what);
    if (len >= size)
        return mp_error_set(err, MP_LIMIT, "%s is longer than %zu bytes", what, size - 1);
    for (size_t i = 0; i < len; i++) {
        bool is_inner_space = text[i] == ' ' && !is_word && i > 0 && i + 1 < len;
        if ((text[i] <= ' ' || text[i] > '~') && !is_inner_space)
            return mp_error_set(
                err, MP_USAGE,
                "%s has byte 0x%02x at offset %zu, which is not allowed there", what,
                (unsigned char)text[i], i + 1);
    }
    memcpy(ret_field, text, len + 1);
    return MP_OK;
}

enum mp_status mp_round_spec_set_param(struct mp_round_spec *spec, const char *name,
                                       const char *value, struct mp_error *err) {
    struct mp_spec_param param;
    enum mp_status status = copy_field(param.name, sizeof(param.name),
                                       "the name of a parameter", name, true, err);
    if (status == MP_OK) {
        char what[MP_SPEC_NAME_MAX + 32];
        snprintf(what, sizeof(what), "the value of parameter '%s'", param.name);
        status = copy_field(param.value, sizeof(param.value), what, value, false, err);
    }
    if (status != MP_OK)
        return status;

    size_t i = 0;
    while (i < spec->param_count && strcmp(spec->param[i].name, name) != 0)
        i++;
    if (i == MP_SPEC_PARAMS_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "parameter '%s': a round has at most %d parameters",
                            param.name, MP_SPEC_PARAMS_MAX);
    spec->param[i] = param;
    if (i == spec->param_count)
        spec->param_count++;
    return MP_OK;
}

const char *mp_round_spec_param(const struct mp_round_spec *spec, const char *name) {
    for (size_t i = 0; i < spec->param_count; i++)
        if (strcmp(spec->param[i].name, name) == 0)
            return spec->param[i].value;
    return NULL;
}

bool mp_round_spec_arm_injects(const char *arm) {
    size_t len = strcspn(arm, "=:");
    return strncmp(arm, "fix", 3) == 0 && (len == 3 || arm[3] == '_');
}

static void add_line(const char *key, const char *value, struct mp_strbuf *buf) {
    if (value[0] != '\0')
        mp_strbuf_addf(buf, "%s %s\n", key, value);
}

/* The lines that identify the cell. */
static void add_cell_lines(const struct mp_round_spec *spec, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "device %s\nscenario %s\n", spec->device, spec->scenario);
    for (size_t i = 0; i < spec->param_count; i++)
        mp_strbuf_addf(buf, "param %s %s\n", spec->param[i].name, spec->param[i].value);
    mp_strbuf_addf(buf, "arm %s\n", spec->arm);
}

void mp_round_spec_format(const struct mp_round_spec *spec, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, SPEC_TITLE "\n");
    add_cell_lines(spec, buf);
    add_line("fix", spec->fix, buf);
    add_line("fix_id", spec->fix_id, buf);
    add_line("fix_sha256", spec->fix_sha256, buf);
    mp_strbuf_addf(buf, "seed 0x%016" PRIx64 "\ntimeout_ms %" PRIu64 "\n", spec->seed,
                   spec->timeout_ms);
    if (spec->number > 0)
        mp_strbuf_addf(buf, "number %" PRIu64 "\n", spec->number);
    if (spec->silence_ms > 0)
        mp_strbuf_addf(buf, "silence_ms %" PRIu64 "\n", spec->silence_ms);
    mp_strbuf_addf(buf, "recorder %s\n", spec->recorder ? "on" : "off");
    if (!spec->capture)
        mp_strbuf_addstr(buf, "capture off\n");
}

static int compare_params(const void *a, const void *b) {
    return strcmp(((const struct mp_spec_param *)a)->name,
                  ((const struct mp_spec_param *)b)->name);
}

void mp_round_spec_cell_hash(const struct mp_round_spec *spec, char ret_hash[17]) {
    struct mp_round_spec sorted = *spec;
    qsort(sorted.param, sorted.param_count, sizeof(sorted.param[0]), compare_params);
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    add_cell_lines(&sorted, &buf);
    snprintf(ret_hash, 17, "%016" PRIx64, mp_rng_hash_bytes(buf.text, buf.len));
    mp_strbuf_release(&buf);
}

/* A whole number, decimal or 0x, in [min, max]. */
static enum mp_status parse_number(const char *text, const char *what, uint64_t min,
                                   uint64_t max, uint64_t *ret_number,
                                   struct mp_error *err) {
    char *end = NULL;
    uint64_t number = 0;
    int base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
    errno = 0;
    if (base == 16 ? isxdigit((unsigned char)text[2]) : isdigit((unsigned char)text[0]))
        number = strtoull(text, &end, base);
    if (end == NULL || *end != '\0' || errno != 0 || number < min || number > max)
        return mp_error_set(err, MP_USAGE,
                            "%s '%.40s' is not a whole number from %" PRIu64
                            " to %" PRIu64,
                            what, text, min, max);
    *ret_number = number;
    return MP_OK;
}

static enum mp_status parse_switch(const char *text, const char *what, bool *ret_is_on,
                                   struct mp_error *err) {
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return mp_error_set(err, MP_USAGE, "%s '%.40s': must be on or off", what, text);
    *ret_is_on = strcmp(text, "on") == 0;
    return MP_OK;
}

/* "NAME VALUE" */
static enum mp_status take_param(struct mp_round_spec *spec, char *text,
                                 struct mp_error *err) {
    char *value = text + strcspn(text, BLANKS);
    if (*value != '\0') {
        *value++ = '\0';
        value += strspn(value, BLANKS);
    }
    if (mp_round_spec_param(spec, text) != NULL)
        return mp_error_set(err, MP_USAGE, "parameter '%s' is given twice", text);
    return mp_round_spec_set_param(spec, text, value, err);
}

static enum mp_status take_key(struct mp_round_spec *spec, enum spec_key key, char *text,
                               struct mp_error *err) {
    switch (key) {
    case KEY_DEVICE:
        return copy_field(spec->device, sizeof(spec->device), "the device", text, true,
                          err);
    case KEY_SCENARIO:
        return copy_field(spec->scenario, sizeof(spec->scenario), "the scenario", text,
                          true, err);
    case KEY_PARAM:
        return take_param(spec, text, err);
    case KEY_ARM:
        return copy_field(spec->arm, sizeof(spec->arm), "the arm", text, false, err);
    case KEY_FIX:
        if (text[0] != '/')
            return mp_error_set(err, MP_USAGE,
                                "the path of fix '%.80s' does not start with /", text);
        return copy_field(spec->fix, sizeof(spec->fix), "the path of fix", text, false,
                          err);
    case KEY_FIX_ID:
        return copy_field(spec->fix_id, sizeof(spec->fix_id), "fix_id", text, true, err);
    case KEY_FIX_SHA256:
        return copy_field(spec->fix_sha256, sizeof(spec->fix_sha256), "fix_sha256", text,
                          true, err);
    case KEY_SEED:
        return parse_number(text, "seed", 0, UINT64_MAX, &spec->seed, err);
    case KEY_NUMBER:
        return parse_number(text, "number", 1, UINT64_MAX, &spec->number, err);
    case KEY_TIMEOUT_MS:
        return parse_number(text, "timeout_ms", 1, MP_SPEC_TIMEOUT_MS_MAX,
                            &spec->timeout_ms, err);
    case KEY_SILENCE_MS:
        return parse_number(text, "silence_ms", 1, MP_SPEC_TIMEOUT_MS_MAX,
                            &spec->silence_ms, err);
    case KEY_RECORDER:
        return parse_switch(text, "recorder", &spec->recorder, err);
    case KEY_CAPTURE:
        return parse_switch(text, "capture", &spec->capture, err);
    case KEY_COUNT:
        break;
    }
    return mp_error_set(err, MP_USAGE, "unknown key");
}

/* One line without its newline and without blanks around it; `seen` has a bit for each
 * key. */
static enum mp_status take_line(struct mp_round_spec *spec, char *line, unsigned *seen,
                                struct mp_error *err) {
    size_t word = strcspn(line, BLANKS);
    char *rest = line + word + strspn(line + word, BLANKS);
    line[word] = '\0';
    unsigned key = 0;
    while (key < KEY_COUNT && strcmp(key_word[key], line) != 0)
        key++;
    if (key == KEY_COUNT) {
        mp_option_unknown(err, "key", line, key_word);
        return MP_USAGE;
    }
    if (key != KEY_PARAM && (*seen >> key & 1))
        return mp_error_set(err, MP_USAGE, "key '%s' is given twice", line);
    *seen |= 1u << key;
    return take_key(spec, (enum spec_key)key, rest, err);
}

static void trim(char **line) {
    *line += strspn(*line, BLANKS);
    size_t len = strlen(*line);
    while (len > 0 && strchr(BLANKS, (*line)[len - 1]) != NULL)
        len--;
    (*line)[len] = '\0';
}

/* Parses the copied text line by line. *ret_line_number is the line of the error. */
static enum mp_status parse_lines(char *text, struct mp_round_spec *spec,
                                  unsigned *ret_line_number, struct mp_error *err) {
    bool has_title = false;
    unsigned seen = 0;
    char *next = text;
    while (next != NULL) {
        char *line = next;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        ++*ret_line_number;
        trim(&line);
        if (*line == '\0' || *line == '#')
            continue;
        enum mp_status status = MP_OK;
        if (has_title)
            status = take_line(spec, line, &seen, err);
        else if (strcmp(line, SPEC_TITLE) != 0)
            status = mp_error_set(err, MP_FORMAT,
                                  "this is not a spec: the first line must be '%s'",
                                  SPEC_TITLE);
        if (status != MP_OK)
            return status;
        has_title = true;
    }
    if (!has_title)
        return mp_error_set(err, MP_FORMAT, "this is not a spec: it is empty");
    if (spec->scenario[0] == '\0')
        return mp_error_set(err, MP_USAGE, "the line 'scenario NAME' is missing");
    if (mp_round_spec_arm_injects(spec->arm) != (spec->fix[0] != '\0'))
        return mp_error_set(
            err, MP_USAGE,
            "the arm fix and a line 'fix PATH' belong together; the arm is '%s'",
            spec->arm);
    return MP_OK;
}

enum mp_status mp_round_spec_parse(const char *text, size_t len, const char *origin,
                                   struct mp_round_spec *ret_spec, struct mp_error *err) {
    if (len >= MP_SPEC_TEXT_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "%s: a spec has at most %d bytes, this one %zu", origin,
                            MP_SPEC_TEXT_MAX - 1, len);
    if (memchr(text, '\0', len) != NULL)
        return mp_error_set(err, MP_FORMAT, "%s: this is not a spec: it has a zero byte",
                            origin);
    char copy[MP_SPEC_TEXT_MAX];
    memcpy(copy, text, len);
    copy[len] = '\0';

    struct mp_round_spec spec;
    mp_round_spec_init(&spec);
    unsigned line_number = 0;
    enum mp_status status = parse_lines(copy, &spec, &line_number, err);
    if (status == MP_OK)
        *ret_spec = spec;
    else
        mp_error_prefix(err, "%s:%u", origin, line_number);
    return status;
}
