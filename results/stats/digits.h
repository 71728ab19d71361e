/* Numbers in three digits. A limit is never rounded towards the estimate, and nothing
 * that is possible is shown as impossible.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_DIGITS_H
#define MP_STATS_DIGITS_H

#include <stddef.h>

#define MP_DIGITS_SIZE 32 /* bytes that hold each of these texts */

/* "2.48": an upper limit, rounded up. For 0 and above; "inf" for infinity. */
void mp_digits_upper(double value, char *buf, size_t size);
/* A lower limit, rounded down. */
void mp_digits_lower(double value, char *buf, size_t size);
/* An estimate, rounded to the nearest. */
void mp_digits_point(double value, char *buf, size_t size);

/* A probability with its sign: "= 0.031", "= 6.2e-20"; "< 1e-300" where a double has no
 * smaller ones to tell apart, never "= 0". */
void mp_digits_probability(double p, char *buf, size_t size);

/* The evidence E = exp(log_e), "19.9", "1.2e13", rounded down: a reader compares it with
 * the threshold beside it. Whatever fits a double is a valid `log_e`. */
void mp_digits_evidence(double log_e, char *buf, size_t size);
/* The E that is needed, rounded up. */
void mp_digits_evidence_needed(double log_e, char *buf, size_t size);

#endif
