/* What the user asked for, before anything is checked against the catalog: sections of
 * keys and values with the place where each was written. Suite files and scenarios on a
 * command line become the same kind of sections.
 *
 *     rounds = 40                     keys before any section: title, shows, takes,
 *                                     rounds, timeout, silence
 *     [destroy_impl: without a fix]   a scenario and, if wanted, a label
 *     role = positive_control         role, arm, device, if_present, rounds, timeout,
 *                                     silence are reserved
 *     threads = 2|4|8                 every other key is a parameter; | lists span a
 *                                     matrix
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_SUITE_H
#define MP_CAMPAIGN_SUITE_H

#include <stddef.h>

#include "harness/base/status.h"

#define MP_SUITE_BYTES_MAX ((size_t)1024 * 1024)
#define MP_SUITE_NAMES_MAX 64
#define MP_SUITE_NAME_MAX  64

struct mp_suite_key {
    char *name;
    char *value;
    unsigned line; /* 0: written on a command line */
};

struct mp_suite_section {
    char *scenario; /* NULL: keys before any section */
    char *label;    /* NULL: none */
    char *origin;   /* the file name, or the text of the command line */
    unsigned line;
    struct mp_suite_key *key;
    size_t key_count;
};

struct mp_suite {
    struct mp_suite_section header;
    struct mp_suite_section *section;
    size_t section_count;
};

void mp_suite_init(struct mp_suite *suite);
void mp_suite_release(struct mp_suite *suite);

/* Adds the sections of `len` bytes of text. `origin` is named in errors, with the line.
 * Any bytes are safe. */
enum mp_status mp_suite_parse(struct mp_suite *suite, const char *text, size_t len,
                              const char *origin, struct mp_error *err);
/* The same with the text of a file. */
enum mp_status mp_suite_read(struct mp_suite *suite, const char *path,
                             struct mp_error *err);
/* Adds "mm:threads=4|8,iters=50", as written on a command line. */
enum mp_status mp_suite_add_scenario(struct mp_suite *suite, const char *text,
                                     struct mp_error *err);

/* Adds a section without keys; `origin` is named in errors. Valid until another is added.
 */
struct mp_suite_section *mp_suite_add_section(struct mp_suite *suite,
                                              const char *scenario, const char *origin);
/* Adds a key that was written on a command line. */
enum mp_status mp_suite_add_key(struct mp_suite_section *section, const char *name,
                                const char *value, struct mp_error *err);

/* The value of `name` in `section`, or NULL. Borrowed. */
const struct mp_suite_key *mp_suite_key(const struct mp_suite_section *section,
                                        const char *name);

/* Puts the place before the text in `err`: "FILE:LINE: " or "'TEXT': ". Returns
 * `status`. */
enum mp_status mp_suite_error(const struct mp_suite_section *section, unsigned line,
                              enum mp_status status, struct mp_error *err);

/* The file that `name` means: itself if it has a slash or ends in .ini, else NAME.ini in
 * $MPSTRESS_SUITES or in ../share/mpstress/suites beside the folder of this program. */
enum mp_status mp_suite_find(const char *name, char *ret_path, size_t size,
                             struct mp_error *err);
/* Names of the suites that can be found by name, sorted; returns how many. */
size_t mp_suite_names(char names[][MP_SUITE_NAME_MAX], size_t max);

#endif
