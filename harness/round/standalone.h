/* A standalone round: the spec comes from a file, the result goes to stdout. The same
 * round as under the supervisor, but unwatched: the program has a page and a deadline of
 * its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_STANDALONE_H
#define MP_ROUND_STANDALONE_H

#include <stdbool.h>

/* Runs the spec in `path`, prints the result and returns the exit code: 0 pass, 1
 * failure, 2 the spec is invalid, 3 no verdict (no overlap), 4 skip,
 * 6 broken. Past the spec's deadline the process ends with 1, unless `has_deadline` is
 * false (for a debugger). */
int mp_standalone_run(const char *path, bool has_deadline);

#endif
