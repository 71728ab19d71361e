/* Reads suites. Checks syntax only (duplicate keys, malformed lines); plan.c knows what
 * keys mean.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/suite.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

void mp_suite_init(struct mp_suite *suite) {
    memset(suite, 0, sizeof(*suite));
}

static void section_release(struct mp_suite_section *section) {
    for (size_t i = 0; i < section->key_count; i++) {
        free(section->key[i].name);
        free(section->key[i].value);
    }
    free(section->key);
    free(section->scenario);
    free(section->label);
    free(section->origin);
}

void mp_suite_release(struct mp_suite *suite) {
    section_release(&suite->header);
    for (size_t i = 0; i < suite->section_count; i++)
        section_release(&suite->section[i]);
    free(suite->section);
    mp_suite_init(suite);
}

const struct mp_suite_key *mp_suite_key(const struct mp_suite_section *section,
                                        const char *name) {
    for (size_t i = 0; i < section->key_count; i++)
        if (strcmp(section->key[i].name, name) == 0)
            return &section->key[i];
    return NULL;
}

enum mp_status mp_suite_error(const struct mp_suite_section *section, unsigned line,
                              enum mp_status status, struct mp_error *err) {
    if (line != 0)
        mp_error_prefix(err, "%s:%u", section->origin, line);
    else if (section->origin != NULL)
        mp_error_prefix(err, "'%.80s'", section->origin);
    return status;
}

/* A copy of [start, end) without the blanks around it. */
static char *copy_trimmed(const char *start, const char *end) {
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    char *copy = mp_memory_zeroed((size_t)(end - start) + 1, 1);
    memcpy(copy, start, (size_t)(end - start));
    return copy;
}

static struct mp_suite_section *section_add(struct mp_suite *suite, const char *origin,
                                            unsigned line) {
    suite->section = mp_memory_resize(suite->section, suite->section_count + 1,
                                      sizeof(*suite->section));
    struct mp_suite_section *section = &suite->section[suite->section_count++];
    memset(section, 0, sizeof(*section));
    section->origin = mp_memory_copy_text(origin);
    section->line = line;
    return section;
}

/* Reads "scenario" or "scenario: label" between two ends. */
static enum mp_status section_set_name(struct mp_suite_section *section,
                                       const char *start, const char *end,
                                       struct mp_error *err) {
    const char *colon = memchr(start, ':', (size_t)(end - start));
    section->scenario = copy_trimmed(start, colon != NULL ? colon : end);
    if (colon != NULL)
        section->label = copy_trimmed(colon + 1, end);
    if (*section->scenario == '\0') {
        mp_error_set(err, MP_USAGE, "this section names no scenario");
        return mp_suite_error(section, section->line, MP_USAGE, err);
    }
    return MP_OK;
}

static enum mp_status section_add_key(struct mp_suite_section *section, const char *name,
                                      const char *value, unsigned line,
                                      struct mp_error *err) {
    const struct mp_suite_key *earlier = mp_suite_key(section, name);
    if (earlier != NULL && line != 0) {
        mp_error_set(
            err, MP_USAGE,
            "key '%s' is set twice in this section (first in line %u); write a list "
            "as %s = a|b",
            name, earlier->line, name);
        return mp_suite_error(section, line, MP_USAGE, err);
    }
    if (earlier != NULL) {
        mp_error_set(err, MP_USAGE, "'%s' is set twice; write a list as %s=a|b", name,
                     name);
        return mp_suite_error(section, line, MP_USAGE, err);
    }
    section->key =
        mp_memory_resize(section->key, section->key_count + 1, sizeof(*section->key));
    section->key[section->key_count++] =
        (struct mp_suite_key){.name = mp_memory_copy_text(name),
                              .value = mp_memory_copy_text(value),
                              .line = line};
    return MP_OK;
}

/* inih as built by distributions tells its handler neither the line number nor that an
 * empty section began, and truncates long lines silently. Feeding it line by line
 * solves all three. */
struct reading {
    struct mp_suite *suite;
    const char *origin;
    const char *next, *end;
    unsigned line;
    enum mp_status status;
    struct mp_error *err;
};

static struct mp_suite_section *reading_section(struct reading *reading) {
    struct mp_suite *suite = reading->suite;
    return suite->section_count > 0 ? &suite->section[suite->section_count - 1]
                                    : &suite->header;
}

static enum mp_status refuse_line(struct reading *reading, const char *why) {
    return mp_error_set(reading->err, MP_USAGE, "%s:%u: %s", reading->origin,
                        reading->line, why);
}

/* Passes one line to inih without leading blanks: an indented line is not a
 * continuation. */
static char *next_line(char *buf, int size, void *arg) {
    struct reading *reading = arg;
    if (reading->status != MP_OK || reading->next == reading->end)
        return NULL;
    const char *start = reading->next;
    const char *stop = memchr(start, '\n', (size_t)(reading->end - start));
    reading->next = stop != NULL ? stop + 1 : reading->end;
    stop = stop != NULL ? stop : reading->end;
    reading->line++;
    while (start < stop && isspace((unsigned char)*start))
        start++;
    size_t len = (size_t)(stop - start);
    if (memchr(start, '\0', len) != NULL) {
        reading->status = refuse_line(reading, "a NUL byte: this is not a text file");
        return NULL;
    }
    if (len + 1 > (size_t)size) {
        reading->status = mp_error_set(reading->err, MP_USAGE,
                                       "%s:%u: the line is too long (at most %d bytes)",
                                       reading->origin, reading->line, size - 1);
        return NULL;
    }
    memcpy(buf, start, len);
    buf[len] = '\0';
    const char *bracket = *buf == '[' ? strchr(buf, ']') : NULL;
    if (bracket != NULL) {
        struct mp_suite_section *section =
            section_add(reading->suite, reading->origin, reading->line);
        reading->status = section_set_name(section, buf + 1, bracket, reading->err);
    }
    return buf;
}

static int take_key(void *arg, const char *section, const char *name, const char *value) {
    struct reading *reading = arg;
    (void)section;
    if (reading->status == MP_OK && *name == '\0')
        reading->status = refuse_line(reading, "a value without a key");
    if (reading->status == MP_OK)
        reading->status = section_add_key(reading_section(reading), name, value,
                                          reading->line, reading->err);
    return 1;
}

enum mp_status mp_suite_parse(struct mp_suite *suite, const char *text, size_t len,
                              const char *origin, struct mp_error *err) {
    /* Editors on Windows begin a file with a byte order mark. */
    bool is_marked = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    struct reading reading = {.suite = suite,
                              .origin = origin,
                              .next = is_marked ? text + 3 : text,
                              .end = text + len,
                              .err = err};
    free(suite->header.origin);
    suite->header.origin = mp_memory_copy_text(origin);
    int first_bad_line = ini_parse_stream(next_line, &reading, take_key, &reading);
    if (reading.status == MP_OK && first_bad_line != 0) {
        reading.line = (unsigned)first_bad_line;
        reading.status =
            refuse_line(&reading, "neither [section], nor key = value, nor a comment");
    }
    return reading.status;
}

enum mp_status mp_suite_read(struct mp_suite *suite, const char *path,
                             struct mp_error *err) {
    enum mp_status status = MP_OK;
    char *text = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot read the suite '%s'",
                                  path);
    text = mp_memory_zeroed(MP_SUITE_BYTES_MAX + 1, 1);
    size_t len = fread(text, 1, MP_SUITE_BYTES_MAX + 1, file);
    if (ferror(file)) {
        status =
            mp_error_set_errno(err, MP_USAGE, errno, "cannot read the suite '%s'", path);
    } else if (len > MP_SUITE_BYTES_MAX) {
        status = mp_error_set(err, MP_USAGE, "the suite '%s' is larger than 1 MiB", path);
    } else {
        status = mp_suite_parse(suite, text, len, path, err);
    }
    free(text);
    fclose(file);
    return status;
}

struct mp_suite_section *mp_suite_add_section(struct mp_suite *suite,
                                              const char *scenario, const char *origin) {
    struct mp_suite_section *section = section_add(suite, origin, 0);
    section->scenario = mp_memory_copy_text(scenario);
    return section;
}

enum mp_status mp_suite_add_key(struct mp_suite_section *section, const char *name,
                                const char *value, struct mp_error *err) {
    return section_add_key(section, name, value, 0, err);
}

/* A value without a name after a parameter was meant as the second value of a list. */
static void refuse_item(const struct mp_suite_section *section, const char *start,
                        const char *stop, struct mp_error *err) {
    int len = (int)(stop - start);
    if (section->key_count == 0) {
        mp_error_set(err, MP_USAGE, "'%.*s' is not written name=value", len, start);
        return;
    }
    const struct mp_suite_key *last = &section->key[section->key_count - 1];
    mp_error_set(
        err, MP_USAGE,
        "'%.*s' is not written name=value; a list of values is written '%s=%s|%.*s'", len,
        start, last->name, last->value, len, start);
}

enum mp_status mp_suite_add_scenario(struct mp_suite *suite, const char *text,
                                     struct mp_error *err) {
    struct mp_suite_section *section = section_add(suite, text, 0);
    const char *colon = strchr(text, ':');
    const char *end = colon != NULL ? colon : text + strlen(text);
    enum mp_status status = section_set_name(section, text, end, err);
    for (const char *at = colon; status == MP_OK && at != NULL && at[1] != '\0';) {
        const char *start = at + 1;
        at = strchr(start, ',');
        const char *stop = at != NULL ? at : start + strlen(start);
        const char *equals = memchr(start, '=', (size_t)(stop - start));
        if (equals == NULL) {
            refuse_item(section, start, stop, err);
            return mp_suite_error(section, 0, MP_USAGE, err);
        }
        char *name = copy_trimmed(start, equals);
        char *value = copy_trimmed(equals + 1, stop);
        status = section_add_key(section, name, value, 0, err);
        free(name);
        free(value);
    }
    return status;
}
