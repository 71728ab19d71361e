/* Option tables: one row describes one value that a user may set, wherever it is set: on
 * the command line, in a suite, as a setting of a device or as a parameter of a scenario.
 * The parser, the help, the man page, the completions and the error messages are all made
 * from the rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_OPTION_H
#define MP_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

enum mp_option_type {
    MP_OPTION_FLAG,     /* present or absent; as a setting "on" or "off" */
    MP_OPTION_INT,      /* whole number in [min, max] */
    MP_OPTION_REAL,     /* number in [real_min, real_max] */
    MP_OPTION_DURATION, /* as mp_clock_parse_duration; held in ns */
    MP_OPTION_CHOICE,   /* one word of `choices` */
    MP_OPTION_SET,      /* words of `choices` joined by '+', or "none" */
    MP_OPTION_TEXT      /* anything */
};

struct mp_option {
    const char *name; /* "threads"; on the command line "--threads" */
    char letter;      /* 'v' for -v, or 0 */
    enum mp_option_type type;
    const char *metavar;  /* "N", "PATH"; NULL for flags */
    const char *fallback; /* default as text, NULL: unset */
    int64_t min, max;
    double real_min, real_max;
    const char *choices;  /* "U|L|S|P" for CHOICE and SET */
    const char *meanings; /* of the choices: a line each, in their order; NULL: clear */
    /* What is known, what is guessed, and after which document: a line for each choice,
     * of a row without choices one; NULL: nothing to say. */
    const char *basis;
    bool is_repeatable;
    const char *help; /* one line, no full stop */
};

#define MP_OPTION_TEXT_MAX 1024

/* A parsed value. `text` is canonical (numbers without leading zeros, sets in table
 * order) and valid as long as the mp_option_values that holds it. */
struct mp_option_value {
    bool is_set;     /* given by the user, not by the fallback */
    int64_t integer; /* INT, FLAG (0/1), DURATION (ns), CHOICE (index into choices) */
    uint64_t set;    /* SET: bit i for word i */
    double real;
    char text[MP_OPTION_TEXT_MAX]; /* "" if there is no value */
};

#define MP_OPTION_ROWS_MAX 48

/* The values of one table; value[i] belongs to row i. */
struct mp_option_values {
    const struct mp_option *rows;
    size_t count;
    struct mp_option_value value[MP_OPTION_ROWS_MAX];
};

/* Number of rows of a table that ends with a row without a name. */
size_t mp_option_count(const struct mp_option *rows);

/* Whether a table is valid: not too long, names unique, every fallback a valid value.
 * For tables from outside, and for tests of built-in ones. */
enum mp_status mp_option_check_rows(const struct mp_option *rows, struct mp_error *err);

/* Sets all values to their fallbacks. `rows` (ended by a row without a name) is
 * borrowed and must be valid (mp_option_check_rows): an invalid fallback ends the
 * process. */
void mp_option_values_init(struct mp_option_values *values, const struct mp_option *rows);

/* Parses `text` for the row `name`. An unknown name gives MP_NOT_FOUND and names the
 * nearest row; a bad value gives MP_USAGE and says what is allowed and which word is
 * nearest. NULL as text means a name alone: it sets a flag and is refused for
 * everything else. */
enum mp_status mp_option_set(struct mp_option_values *values, const char *name,
                             const char *text, struct mp_error *err);
/* Parses "a=1,b=U" (a name alone sets a flag). "" is allowed. A name given twice is
 * refused unless its row is repeatable; then the last value wins. On failure some
 * values may be set. */
enum mp_status mp_option_set_list(struct mp_option_values *values, const char *text,
                                  struct mp_error *err);

/* The value of row `name`; a name that is not in the table ends the process. */
const struct mp_option_value *mp_option_get(const struct mp_option_values *values,
                                            const char *name);

/* Adds "a=1,b=U" in the order of the table: all values if `all`, else those that differ
 * from their fallback. A row without a value is left out. */
void mp_option_values_format(const struct mp_option_values *values, bool all,
                             struct mp_strbuf *buf);

/* The word among `words` (NULL-ended) nearest to `text` by edit distance (a swap of
 * neighbours is one edit), or NULL if none is near enough to be meant: at most a third of
 * the letters of `text`, one at least, and never all of them. */
const char *mp_option_nearest(const char *text, const char *const *words);

/* Writes "unknown WHAT 'TEXT', did you mean 'WORD'?" or, if none is near, the list of all
 * `words` (NULL-ended), and returns MP_NOT_FOUND. */
enum mp_status mp_option_unknown(struct mp_error *err, const char *what, const char *text,
                                 const char *const *words);

#endif
