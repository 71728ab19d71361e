/* Arms that find (finder.def): tools that are switched on by variables of a round's
 * environment. Their rounds are shown beside the others and are in no rate, night,
 * comparison or claim.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_FINDER_H
#define MP_WIRE_FINDER_H

#include <stdbool.h>

#define MP_FINDER_VARIABLES_MAX 4

struct mp_finder {
    const char *name;                                  /* of the arm */
    const char *variable[MP_FINDER_VARIABLES_MAX + 1]; /* "NAME=VALUE", NULL-ended */
};

/* The finder of that name, NULL if the arm is another one. */
const struct mp_finder *mp_finder_find(const char *arm);
/* Whether `finder` sets the variable of `entry` ("NAME=..."), to whatever value. NULL
 * sets none. */
bool mp_finder_sets(const struct mp_finder *finder, const char *entry);
/* The finder that sets the variable of `entry`, NULL if none does. */
const struct mp_finder *mp_finder_of(const char *entry);
/* The first variable that this process does not have as `finder` sets it, NULL if it has
 * them all. */
const char *mp_finder_missing(const struct mp_finder *finder);

#endif
