/* The Bernoulli CUSUM and its run lengths. Must not reset itself after an alarm: that is
 * for the person who has read it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/cusum.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"

double mp_cusum_balance(double p0, double p1) {
    if (!(p0 >= 1e-300 && p0 < p1 && p1 < 1.0))
        return 0.0;
    double pass = log1p((p1 - p0) / (1.0 - p1)); /* log((1 - p0) / (1 - p1)) */
    return pass / (log(p1 / p0) + pass);
}

uint64_t mp_cusum_period(double p0, double p1) {
    double balance = mp_cusum_balance(p0, p1);
    if (!(balance > 0x1p-32))
        return 0;
    return (uint64_t)fmax(2.0, round(1.0 / balance));
}

void mp_cusum_init(struct mp_cusum *cusum, double balance, double limit) {
    *cusum = (struct mp_cusum){.up = 1.0 - balance, .down = balance, .limit = limit};
}

void mp_cusum_init_whole(struct mp_cusum *cusum, uint64_t period, uint64_t limit) {
    *cusum = (struct mp_cusum){.up = period > 0 ? (double)(period - 1) : 0.0,
                               .down = 1.0,
                               .limit = (double)limit};
}

void mp_cusum_add(struct mp_cusum *cusum, bool has_failed) {
    cusum->rounds++;
    cusum->level = fmax(0.0, cusum->level + (has_failed ? cusum->up : -cusum->down));
    if (cusum->alarm_at == 0 && cusum->level >= cusum->limit)
        cusum->alarm_at = cusum->rounds;
}

/* Rounds to the alarm from level s are rest[s] + (1 - fall[s]) * (rounds from s - 1),
 * from the top level down: after a failure the level has to fall by `up` levels to be
 * back at s, each by its own row. `fall` is kept instead of its complement, which rounds
 * to 1 where alarms are rare. */
double mp_cusum_run_length(uint64_t period, uint64_t limit, double p) {
    if (period < 2 || limit == 0 || limit > MP_CUSUM_LIMIT_MAX)
        return 0.0;
    if (!(p >= 1e-300))
        return INFINITY;
    p = fmin(p, 1.0);
    double length = 0.0;
    double *rest = mp_memory_zeroed(limit, sizeof(*rest));
    double *fall = mp_memory_zeroed(limit, sizeof(*fall));
    for (uint64_t s = limit; s-- > 0;) {
        double alpha = 0.0,
               loss = 1.0; /* rounds after a failure: alpha + (1 - loss) * (from s) */
        if (period - 1 < limit - s) {
            loss = 0.0;
            for (uint64_t t = s + 1; t <= s + period - 1; t++) {
                alpha = rest[t] + (1.0 - fall[t]) * alpha;
                loss += fall[t] - loss * fall[t];
            }
        }
        if (s == 0) { /* a pass stays here */
            length = (1.0 + p * alpha) / (p * loss);
            break;
        }
        double stays = 1.0 - p * (1.0 - loss);
        rest[s] = (1.0 + p * alpha) / stays;
        fall[s] = p * loss / stays;
    }
    free(rest);
    free(fall);
    return length;
}

uint64_t mp_cusum_limit(uint64_t period, double p, double rounds) {
    uint64_t low = 1, high = MP_CUSUM_LIMIT_MAX;
    if (period < 2 || !(mp_cusum_run_length(period, high, p) >= rounds))
        return 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (mp_cusum_run_length(period, middle, p) >= rounds)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
