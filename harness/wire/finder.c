/* The table of finders.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/finder.h"

#include <stddef.h>
#include <string.h>

extern char **environ;

static const struct mp_finder finders[] = {
#define MP_FINDER(name, summary, ...) {#name, {__VA_ARGS__, NULL}},
#include "harness/wire/finder.def"

#include "harness/base/array.h"
#undef MP_FINDER
};

#define FINDERS (MP_COUNT(finders))

const struct mp_finder *mp_finder_find(const char *arm) {
    for (size_t i = 0; i < FINDERS; i++)
        if (strcmp(finders[i].name, arm) == 0)
            return &finders[i];
    return NULL;
}

bool mp_finder_sets(const struct mp_finder *finder, const char *entry) {
    size_t len = strcspn(entry, "=");
    for (size_t i = 0; finder != NULL && finder->variable[i] != NULL; i++)
        if (strcspn(finder->variable[i], "=") == len &&
            strncmp(finder->variable[i], entry, len) == 0)
            return true;
    return false;
}

const struct mp_finder *mp_finder_of(const char *entry) {
    for (size_t i = 0; i < FINDERS; i++)
        if (mp_finder_sets(&finders[i], entry))
            return &finders[i];
    return NULL;
}

static bool has_entry(const char *entry) {
    for (char **at = environ; *at != NULL; at++)
        if (strcmp(*at, entry) == 0)
            return true;
    return false;
}

const char *mp_finder_missing(const struct mp_finder *finder) {
    for (size_t i = 0; finder->variable[i] != NULL; i++)
        if (!has_entry(finder->variable[i]))
            return finder->variable[i];
    return NULL;
}
