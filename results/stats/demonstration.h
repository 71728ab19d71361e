/* Plans that show a rate to be low: a number of rounds with at most a number of failures.
 * Fixed before the first round and evaluated once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_DEMONSTRATION_H
#define MP_STATS_DEMONSTRATION_H

#include <stdint.h>

#define MP_ROUNDS_NEVER UINT64_MAX

/* The smallest number of rounds of which `allowed` or fewer fail with probability alpha
 * or less where the rate is `rate`: having run them with no more failures, "rate below"
 * is shown at confidence 1 - alpha. With allowed = 0 this is the success run, and also
 * the number of rounds in which a positive control of that rate fails at least once with
 * probability 1 - alpha. MP_ROUNDS_NEVER if no number of rounds (up to 2^53) does it. */
uint64_t mp_demonstration_rounds(uint64_t allowed, double rate, double alpha);
/* The probability that such a plan passes where the true rate is `rate`. */
double mp_demonstration_pass(uint64_t allowed, uint64_t rounds, double rate);

#endif
