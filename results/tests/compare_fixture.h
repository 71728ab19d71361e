/* What the tests of the report on comparisons share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_RESULTS_COMPARE_FIXTURE_H
#define MP_RESULTS_COMPARE_FIXTURE_H

#include "results/stats/claim.h"
#include "results/store/plan.h"
#include "results/tests/fixture.h"

#define RACING "metal@model:defects=destroy_race,reader=U"

extern struct fixture compare_fixture;
extern struct mp_strbuf compare_text;       /* of the newest report or export */
extern enum mp_claim_kind compare_question; /* of the next campaign */
extern const char *compare_counts;          /* of the next campaign; NULL: all failures */

int compare_set_up(void **state);
int compare_tear_down(void **state);

/* A campaign of `strata` thread counts (2, 4, 8, ...) under each of `arms`, ended by
 * NULL. */
void compare_begin(const char *kind, const char *device, const char *const *arms,
                   size_t strata);
void compare_end(const char *state);
/* Blocks of rounds, a letter an arm: 'p' passed, 'f' crashed, '-' lost, 's' skipped, 'd'
 * lost work. Arm 0 does 1000 ops in 1 ms, arm 1 half of that, arm 2 a third. */
void compare_add_blocks(size_t stratum, unsigned count, const char *rounds);
void compare_run_sql(const char *sql);

/* Text and JSON of the campaign, into `compare_text`. */
void compare_assert_report(const char *verdict, int code);
/* JUnit and Markdown. */
void compare_export(void);
void compare_assert_shows(const char *words);
void compare_assert_hides(const char *words);

#endif
