/* What the tests of the report over nights share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_RESULTS_NIGHTS_FIXTURE_H
#define MP_RESULTS_NIGHTS_FIXTURE_H

#include "results/report/nights.h"
#include "results/tests/fixture.h"

#define SOUND  "metal@model:defects=none,reader=L,order=original"
#define RACING "metal@model:defects=destroy_race,reader=U,order=original"

extern struct fixture nights_fixture;
extern struct mp_strbuf nights_text; /* of the newest nights_show */
extern struct mp_nights_options nights_options;
extern enum mp_verdict nights_verdict;

int nights_set_up(void **state);
int nights_tear_down(void **state);

sqlite3 *nights_db(void);
void nights_run_sql(const char *sql);
int64_t nights_make_cell(const char *device, const char *scenario, const char *arm,
                         const char *role);
/* The machine of the nights that follow. */
void nights_set_environment(const char *os_build, const char *driver_id);
/* A campaign of the night number `night` of November. */
void nights_begin_night(unsigned night);
/* Rounds of the current campaign, of 1,000 ops in `run_us`. */
void nights_add_timed(int64_t cell, enum mp_outcome outcome, unsigned count,
                      unsigned run_us);
void nights_add(int64_t cell, enum mp_outcome outcome, unsigned count);
/* A night of one subject, whose failures come first, and a control that fails `found` of
 * 5 times.
 */
void nights_add_night(unsigned night, unsigned failures, unsigned rounds, unsigned found);
void nights_add_nights(const unsigned *failures, size_t count, unsigned rounds);

/* The report as text, which must work. */
const char *nights_show(void);
void nights_assert_shows(const char *what);
/* A value of the JSON document, which must agree with the text on the verdict; "NULL".
 * Valid until the next call. */
const char *nights_json(const char *path);
void nights_assert_near(const char *path, double want, double tolerance);

#endif
