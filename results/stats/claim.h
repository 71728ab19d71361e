/* Claims about a rate of failing rounds: "rate<0.1%@95%" says that fewer than 0.1 % of
 * all rounds fail, and is wrong in at most 5 % of cases. Comparisons claim a margin too:
 * "excess<1%@95%", that the rate of an arm is less than 1 point above the control's, and
 * "difference<1%@95%", that neither is above the other by as much. Pure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_CLAIM_H
#define MP_STATS_CLAIM_H

#include <stddef.h>

#include "harness/base/status.h"

#define MP_CLAIM_TEXT_MAX   64
#define MP_CLAIM_FORM       "rate<0.1%@95%"
#define MP_CLAIM_TARGET_MIN 1e-9
#define MP_CLAIM_TARGET_MAX 0.99
#define MP_CLAIM_MARGIN_MIN 0.001 /* less takes more rounds than anybody can run */

enum mp_claim_kind { MP_CLAIM_RATE, MP_CLAIM_EXCESS, MP_CLAIM_DIFFERENCE };

struct mp_claim {
    double target; /* the rate stays below this share of rounds */
    double alpha;  /* 1 - confidence */
    enum mp_claim_kind kind;
};

/* Reads "rate<TARGET[@CONFIDENCE]", with blanks allowed between the parts. TARGET is
 * "0.1%", "0.001" or "1e-3", and "<=" is the same as "<", since no number of rounds
 * tells them apart. CONFIDENCE is "95%" or "0.95", at least 50 %; without it 95 %.
 * Numbers are taken to nine digits. MP_USAGE says what is wrong and how it is written. */
enum mp_status mp_claim_parse(const char *text, struct mp_claim *ret_claim,
                              struct mp_error *err);
/* The same for a claim of any kind, as a plan has it. */
enum mp_status mp_claim_parse_any(const char *text, struct mp_claim *ret_claim,
                                  struct mp_error *err);

/* The canonical form: "rate<0.1%@95%". Reading it gives the same claim. */
void mp_claim_format(const struct mp_claim *claim, char ret_text[MP_CLAIM_TEXT_MAX]);

/* Reads a share of rounds: "10%", "0.1", "1e-3"; in [0, 1]. `what` names it in the
 * error. */
enum mp_status mp_claim_parse_rate(const char *text, const char *what, double *ret_rate,
                                   struct mp_error *err);

/* Reads a difference of two rates as people write it, a share with or without words:
 * "1%", "0.01", "1 % more", "1 point", "1 percentage point more or fewer". In points it
 * needs no "%". Between MP_CLAIM_MARGIN_MIN and MP_CLAIM_TARGET_MAX; `what` as above. */
enum mp_status mp_claim_parse_margin(const char *text, const char *what,
                                     double *ret_margin, struct mp_error *err);

#endif
