/* Rates as people read them: per cent with three digits, limits rounded away from the
 * estimate so that what is printed is never a stronger claim than what was computed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_PERCENT_H
#define MP_STATS_PERCENT_H

#include <stddef.h>

#define MP_PERCENT_SIZE 32 /* bytes that hold each of these texts */

/* "7.22": an upper limit, rounded up. */
void mp_percent_upper(double rate, char *buf, size_t size);
/* A lower limit, rounded down. */
void mp_percent_lower(double rate, char *buf, size_t size);
/* An estimate, rounded to the nearest. */
void mp_percent_point(double rate, char *buf, size_t size);

#endif
