/* Option tables: parses, checks and formats values by their rows. Knows nothing of
 * command lines, files or where the rows come from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/option.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"

#define NEAREST_LEN_MAX 64
#define SET_WORDS_MAX   64

#define CONTAINED_LEN_MIN 3 /* shorter parts match too many words */
#define CONTAINING_MAX    4

size_t mp_option_count(const struct mp_option *rows) {
    size_t count = 0;
    while (rows[count].name != NULL)
        count++;
    return count;
}

/* Edit distance with swaps of neighbours (optimal string alignment). */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    size_t row[3][NEAREST_LEN_MAX + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_len];
}

const char *mp_option_nearest(const char *text, const char *const *words) {
    size_t len = strlen(text);
    if (len > NEAREST_LEN_MAX)
        return NULL;
    size_t limit = len / 3 > 1 ? len / 3 : 1;
    const char *nearest = NULL;
    size_t nearest_distance = limit + 1;
    for (; *words != NULL; words++) {
        size_t word_len = strlen(*words);
        if (word_len > NEAREST_LEN_MAX)
            continue;
        size_t distance = edit_distance(text, len, *words, word_len);
        if (distance < nearest_distance && distance < (len > word_len ? len : word_len)) {
            nearest = *words;
            nearest_distance = distance;
        }
    }
    return nearest;
}

/* The words that contain `text`, as a question; `buf` is empty if none does. */
static void ask_for_containing(const char *text, const char *const *words,
                               struct mp_strbuf *buf) {
    size_t count = 0;
    for (; strlen(text) >= CONTAINED_LEN_MIN && *words != NULL; words++)
        if (strstr(*words, text) != NULL && count++ < CONTAINING_MAX)
            mp_strbuf_addf(buf, "%s'%s'", count > 1 ? " or " : "", *words);
}

enum mp_status mp_option_unknown(struct mp_error *err, const char *what, const char *text,
                                 const char *const *words) {
    const char *nearest = mp_option_nearest(text, words);
    if (nearest != NULL)
        return mp_error_set(err, MP_NOT_FOUND, "unknown %s '%.64s', did you mean '%s'?",
                            what, text, nearest);
    struct mp_strbuf question;
    mp_strbuf_init(&question);
    ask_for_containing(text, words, &question);
    if (question.len > 0)
        mp_error_set(err, MP_NOT_FOUND, "unknown %s '%.64s', did you mean %s?", what,
                     text, question.text);
    bool is_asked = question.len > 0;
    mp_strbuf_release(&question);
    if (is_asked)
        return MP_NOT_FOUND;
    struct mp_strbuf list;
    mp_strbuf_init(&list);
    for (size_t i = 0; words[i] != NULL; i++)
        mp_strbuf_addf(&list, "%s%s", i > 0 ? ", " : "", words[i]);
    mp_error_set(err, MP_NOT_FOUND, "unknown %s '%.64s', known: %s", what, text,
                 list.len > 0 ? list.text : "none");
    mp_strbuf_release(&list);
    return MP_NOT_FOUND;
}

static const struct mp_option *find_row(const struct mp_option *rows, const char *name) {
    for (; rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

static enum mp_status unknown_name(const struct mp_option *rows, const char *name,
                                   struct mp_error *err) {
    const char *words[MP_OPTION_ROWS_MAX + 1];
    size_t count = 0;
    for (; rows[count].name != NULL && count < MP_OPTION_ROWS_MAX; count++)
        words[count] = rows[count].name;
    words[count] = NULL;
    return mp_option_unknown(err, "name", name, words);
}

/* The index of the word of `len` bytes in "a|b|c", or -1. */
static int find_choice(const char *choices, const char *word, size_t len) {
    int index = 0;
    while (true) {
        size_t choice_len = strcspn(choices, "|");
        if (choice_len == len && strncmp(choices, word, len) == 0)
            return index;
        if (choices[choice_len] == '\0')
            return -1;
        choices += choice_len + 1;
        index++;
    }
}

/* "U|L|S" as "U, L, S". */
static void add_choices(struct mp_strbuf *buf, const char *choices) {
    for (; *choices != '\0'; choices++)
        if (*choices == '|')
            mp_strbuf_addstr(buf, ", ");
        else
            mp_strbuf_addch(buf, *choices);
}

/* Asks for the choice that `text` (in a set: its first unknown word) may have meant. */
static void add_nearest(struct mp_strbuf *buf, const struct mp_option *row,
                        const char *text) {
    const char *words[SET_WORDS_MAX + 1] = {NULL};
    struct mp_strbuf choices, word;
    size_t count = 0, len = strlen(text);
    mp_strbuf_init(&choices);
    mp_strbuf_init(&word);
    mp_strbuf_addstr(&choices, row->choices);
    for (char *at = choices.text; at != NULL && count < SET_WORDS_MAX; count++) {
        words[count] = at;
        at = strchr(at, '|');
        if (at != NULL)
            *at++ = '\0';
    }
    while (row->type == MP_OPTION_SET) {
        len = strcspn(text, "+");
        if (text[len] == '\0' || find_choice(row->choices, text, len) < 0)
            break;
        text += len + 1;
    }
    mp_strbuf_add(&word, text, len);
    const char *nearest = mp_option_nearest(word.text, words);
    if (nearest != NULL)
        mp_strbuf_addf(buf, "did you mean '%s'? It ", nearest);
    mp_strbuf_release(&word);
    mp_strbuf_release(&choices);
}

static enum mp_status refuse(const struct mp_option *row, const char *text,
                             struct mp_error *err) {
    struct mp_strbuf allowed,
        question; /* the list of what is allowed may be cut, so it comes last */
    mp_strbuf_init(&allowed);
    mp_strbuf_init(&question);
    switch (row->type) {
    case MP_OPTION_FLAG:
        mp_strbuf_addstr(&allowed, "on or off");
        break;
    case MP_OPTION_INT:
        mp_strbuf_addf(&allowed, "a whole number from %" PRId64 " to %" PRId64, row->min,
                       row->max);
        break;
    case MP_OPTION_REAL:
        mp_strbuf_addf(&allowed, "a number from %g to %g", row->real_min, row->real_max);
        break;
    case MP_OPTION_DURATION:
        mp_strbuf_addstr(&allowed, "a duration such as 250ms, 10s, 5m or 1h30m");
        if (*text != '\0' && strspn(text, "0123456789.") == strlen(text))
            mp_strbuf_addf(&question, "has no unit, did you mean %.32ss or %.32sm? It ",
                           text, text);
        break;
    case MP_OPTION_CHOICE:
        mp_strbuf_addstr(&allowed, "one of ");
        add_choices(&allowed, row->choices);
        add_nearest(&question, row, text);
        break;
    case MP_OPTION_SET:
        mp_strbuf_addstr(&allowed, "none, or words joined by '+' from ");
        add_choices(&allowed, row->choices);
        add_nearest(&question, row, text);
        break;
    case MP_OPTION_TEXT:
        mp_strbuf_addf(&allowed, "at most %d bytes long", MP_OPTION_TEXT_MAX - 1);
        break;
    }
    mp_error_set(err, MP_USAGE, "%s=%.64s: %smust be %s", row->name, text, question.text,
                 allowed.text);
    mp_strbuf_release(&question);
    mp_strbuf_release(&allowed);
    return MP_USAGE;
}

static bool parse_int(const struct mp_option *row, const char *text,
                      struct mp_option_value *value) {
    const char *digits = text + (*text == '-');
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    if (errno != 0 || number < row->min || number > row->max)
        return false;
    value->integer = number;
    snprintf(value->text, sizeof(value->text), "%lld", number);
    return true;
}

static bool parse_real(const struct mp_option *row, const char *text,
                       struct mp_option_value *value) {
    /* Of what strtod takes, only decimal numbers: no blanks, hex, inf, nan. */
    if (*text == '+' || strspn(text, "0123456789.eE+-") != strlen(text))
        return false;
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || number < row->real_min ||
        number > row->real_max)
        return false;
    value->real = number + 0.0; /* -0 becomes 0 */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(value->text, sizeof(value->text), "%.*g", digits, value->real);
        if (strtod(value->text, NULL) == value->real)
            break;
    }
    return true;
}

static bool parse_duration(const char *text, struct mp_option_value *value) {
    uint64_t ns;
    struct mp_error ignored;
    if (mp_clock_parse_duration(text, &ns, &ignored) != MP_OK)
        return false;
    value->integer = (int64_t)ns;
    mp_clock_format_duration(ns, value->text, sizeof(value->text));
    return true;
}

static bool parse_choice(const struct mp_option *row, const char *text,
                         struct mp_option_value *value) {
    int index = find_choice(row->choices, text, strlen(text));
    if (index < 0)
        return false;
    value->integer = index;
    snprintf(value->text, sizeof(value->text), "%s", text);
    return true;
}

/* The words of `set` in the order of the table. */
static bool format_set(const struct mp_option *row, uint64_t set,
                       struct mp_option_value *value) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    const char *word = row->choices;
    for (unsigned i = 0; i < SET_WORDS_MAX && *word != '\0'; i++) {
        size_t len = strcspn(word, "|");
        if (set >> i & 1) {
            if (buf.len > 0)
                mp_strbuf_addch(&buf, '+');
            mp_strbuf_add(&buf, word, len);
        }
        word += len + (word[len] == '|');
    }
    bool fits = buf.len < sizeof(value->text);
    if (fits)
        snprintf(value->text, sizeof(value->text), "%s", buf.len > 0 ? buf.text : "none");
    mp_strbuf_release(&buf);
    return fits;
}

static bool parse_set(const struct mp_option *row, const char *text,
                      struct mp_option_value *value) {
    uint64_t set = 0;
    if (*text != '\0' && strcmp(text, "none") != 0) {
        while (true) {
            size_t len = strcspn(text, "+");
            int index = find_choice(row->choices, text, len);
            if (index < 0 || index >= SET_WORDS_MAX)
                return false;
            set |= UINT64_C(1) << index;
            if (text[len] == '\0')
                break;
            text += len + 1;
        }
    }
    value->set = set;
    return format_set(row, set, value);
}

static bool parse_flag(const char *text, struct mp_option_value *value) {
    bool on = strcmp(text, "on") == 0;
    if (!on && strcmp(text, "off") != 0)
        return false;
    value->integer = on;
    snprintf(value->text, sizeof(value->text), "%s", text);
    return true;
}

static bool parse_text(const char *text, struct mp_option_value *value) {
    size_t len = strlen(text);
    if (len >= sizeof(value->text))
        return false;
    memcpy(value->text, text, len + 1);
    return true;
}

static enum mp_status parse_value(const struct mp_option *row, const char *text,
                                  struct mp_option_value *ret_value,
                                  struct mp_error *err) {
    struct mp_option_value value = {0};
    bool is_valid = false;
    switch (row->type) {
    case MP_OPTION_FLAG:
        is_valid = parse_flag(text, &value);
        break;
    case MP_OPTION_INT:
        is_valid = parse_int(row, text, &value);
        break;
    case MP_OPTION_REAL:
        is_valid = parse_real(row, text, &value);
        break;
    case MP_OPTION_DURATION:
        is_valid = parse_duration(text, &value);
        break;
    case MP_OPTION_CHOICE:
        is_valid = parse_choice(row, text, &value);
        break;
    case MP_OPTION_SET:
        is_valid = parse_set(row, text, &value);
        break;
    case MP_OPTION_TEXT:
        is_valid = parse_text(text, &value);
        break;
    }
    if (!is_valid)
        return refuse(row, text, err);
    *ret_value = value;
    return MP_OK;
}

enum mp_status mp_option_check_rows(const struct mp_option *rows, struct mp_error *err) {
    for (size_t i = 0; rows[i].name != NULL; i++) {
        const struct mp_option *row = &rows[i];
        if (i >= MP_OPTION_ROWS_MAX)
            return mp_error_set(err, MP_LIMIT, "an option table has more than %d rows",
                                MP_OPTION_ROWS_MAX);
        if (find_row(rows, row->name) != row)
            return mp_error_set(err, MP_FORMAT, "an option table has '%.64s' twice",
                                row->name);
        bool needs_choices = row->type == MP_OPTION_CHOICE || row->type == MP_OPTION_SET;
        if ((unsigned)row->type > MP_OPTION_TEXT ||
            (needs_choices && row->choices == NULL))
            return mp_error_set(err, MP_FORMAT,
                                "option '%.64s' has no type or no choices", row->name);
        struct mp_option_value value;
        if (row->fallback != NULL &&
            parse_value(row, row->fallback, &value, err) != MP_OK) {
            mp_error_prefix(err, "the default of an option is not valid");
            return MP_FORMAT;
        }
    }
    return MP_OK;
}

void mp_option_values_init(struct mp_option_values *values,
                           const struct mp_option *rows) {
    struct mp_error err;
    if (mp_option_check_rows(rows, &err) != MP_OK) {
        mp_log(MP_LOG_ERROR, "%s", err.text);
        abort();
    }
    *values = (struct mp_option_values){.rows = rows, .count = mp_option_count(rows)};
    for (size_t i = 0; i < values->count; i++)
        if (rows[i].fallback != NULL)
            parse_value(&rows[i], rows[i].fallback, &values->value[i], &err);
}

enum mp_status mp_option_set(struct mp_option_values *values, const char *name,
                             const char *text, struct mp_error *err) {
    const struct mp_option *row = find_row(values->rows, name);
    if (row == NULL)
        return unknown_name(values->rows, name, err);
    if (text == NULL && row->type != MP_OPTION_FLAG)
        return mp_error_set(err, MP_USAGE, "%s: needs a value, as in %s=%s", row->name,
                            row->name, row->metavar != NULL ? row->metavar : "VALUE");
    struct mp_option_value *value = &values->value[row - values->rows];
    enum mp_status status = parse_value(row, text != NULL ? text : "on", value, err);
    if (status == MP_OK)
        value->is_set = true;
    return status;
}

/* Sets one "name=value" or "name" of `len` bytes; `seen` has a bit for each row named
 * before. */
static enum mp_status set_item(struct mp_option_values *values, const char *item,
                               size_t len, uint64_t *seen, struct mp_error *err) {
    char name[MP_OPTION_TEXT_MAX], text[MP_OPTION_TEXT_MAX];
    const char *equals = memchr(item, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - item) : len;
    size_t text_len = equals != NULL ? len - name_len - 1 : 0;
    if (name_len == 0)
        return mp_error_set(err, MP_USAGE,
                            "an item has no name: write name=value,name=value");
    if (name_len >= sizeof(name) || text_len >= sizeof(text))
        return mp_error_set(err, MP_USAGE, "'%.40s...' is too long", item);
    memcpy(name, item, name_len);
    name[name_len] = '\0';
    memcpy(text, item + len - text_len, text_len);
    text[text_len] = '\0';

    const struct mp_option *row = find_row(values->rows, name);
    if (row != NULL && !row->is_repeatable) {
        uint64_t bit = UINT64_C(1) << (row - values->rows);
        if (*seen & bit)
            return mp_error_set(err, MP_USAGE, "%s: given twice", name);
        *seen |= bit;
    }
    return mp_option_set(values, name, equals != NULL ? text : NULL, err);
}

enum mp_status mp_option_set_list(struct mp_option_values *values, const char *text,
                                  struct mp_error *err) {
    if (*text == '\0')
        return MP_OK;
    uint64_t seen = 0;
    while (true) {
        size_t len = strcspn(text, ",");
        enum mp_status status = set_item(values, text, len, &seen, err);
        if (status != MP_OK || text[len] == '\0')
            return status;
        text += len + 1;
    }
}

const struct mp_option_value *mp_option_get(const struct mp_option_values *values,
                                            const char *name) {
    const struct mp_option *row = find_row(values->rows, name);
    if (row == NULL) {
        mp_log(MP_LOG_ERROR,
               "the program asks for option '%s', which is not in its table", name);
        abort();
    }
    return &values->value[row - values->rows];
}

static bool is_fallback(const struct mp_option *row,
                        const struct mp_option_value *value) {
    struct mp_option_value fallback = {0};
    struct mp_error ignored;
    if (row->fallback != NULL)
        parse_value(row, row->fallback, &fallback, &ignored);
    return strcmp(fallback.text, value->text) == 0;
}

void mp_option_values_format(const struct mp_option_values *values, bool all,
                             struct mp_strbuf *buf) {
    const char *comma = "";
    for (size_t i = 0; i < values->count; i++) {
        const struct mp_option *row = &values->rows[i];
        const struct mp_option_value *value = &values->value[i];
        bool has_value = value->is_set || row->fallback != NULL;
        if (!has_value || (!all && is_fallback(row, value)))
            continue;
        mp_strbuf_addf(buf, "%s%s=%s", comma, row->name, value->text);
        comma = ",";
    }
}
