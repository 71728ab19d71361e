/* The command that repeats a round, for every view that prints one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPEAT_H
#define MP_REPORT_REPEAT_H

#include <stdbool.h>

#include "harness/base/text.h"
#include "results/report/facts.h"

/* A round and its cell. All texts are borrowed. */
struct mp_repeat {
    const char *cell; /* scenario and parameters: "mm:n=256,threads=8" */
    const char *device, *arm;
    const char *fix; /* path of the library that the arm injects, NULL: none */
    const char *seed;
    int64_t number;     /* of the round in its campaign, which a program gets to know */
    bool is_uncaptured; /* it ran with --capture off */
    const char *db;
};

/* Adds the command on one line. */
void mp_repeat_write(const struct mp_repeat *repeat, struct mp_strbuf *buf);

/* A recorded command line, written anew with each word quoted: a file may hold one that
 * runs something else too. What does not split into words becomes one. The text is
 * replaced; NULL stays. */
void mp_repeat_quote_line(char **line);

/* The command for a round, wrapped so that a shell accepts it; and the one that runs
 * the round standalone. */
void mp_repeat_add(const struct mp_round_facts *round, const char *db,
                   struct mp_text *text);
void mp_repeat_add_standalone(const struct mp_round_facts *round, const char *db,
                              struct mp_text *text);

#endif
