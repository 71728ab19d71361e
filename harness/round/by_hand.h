/* A round by hand: the spec comes from a file, the result goes to a person. The same
 * round as under the supervisor, but nobody watches: the program has its own page and its
 * own deadline.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_BY_HAND_H
#define MP_ROUND_BY_HAND_H

#include <stdbool.h>

/* Runs the round of the spec in `path`, prints what became of it and returns the exit
 * code: 0 pass, 1 failure, 2 the spec makes no sense, 3 no verdict (no overlap), 4 skip,
 * 6 broken. Past the spec's deadline the process ends with 1, unless `has_deadline` is
 * false (for a debugger). */
int mp_by_hand_run(const char *path, bool has_deadline);

#endif
