/* Decimal digits. Limits are rounded here, since printf rounds to nearest.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/digits.h"

#include <math.h>
#include <stdio.h>

#define DIGITS 3
/* A limit that is a round number up to the last bits of a double stays that number. */
#define SLACK    1e-11
#define LEAST    1e-300
#define SMALL    1e-4 /* below it probabilities are powers of ten */
#define DECIMALS 12
#define DECADES  3 /* from here on evidence is a power of ten: it may exceed a double */

/* `way`: 1 up, -1 down, 0 to the nearest. */
static void print(double value, int way, char *buf, size_t size) {
    if (!(fabs(value) < INFINITY) || value == 0) {
        snprintf(buf, size, "%g", value);
        return;
    }
    int decimals = DIGITS - 1 - (int)floor(log10(fabs(value)));
    decimals = decimals > DECIMALS ? DECIMALS : decimals;
    double unit = pow(10, decimals), units = value * unit;
    units = way > 0   ? ceil(units - SLACK * fabs(units))
            : way < 0 ? floor(units + SLACK * fabs(units))
                      : round(units);
    snprintf(buf, size, "%.*g", DIGITS + 1, units / unit);
}

void mp_digits_upper(double value, char *buf, size_t size) {
    print(value, 1, buf, size);
}

void mp_digits_lower(double value, char *buf, size_t size) {
    print(value, -1, buf, size);
}

void mp_digits_point(double value, char *buf, size_t size) {
    print(value, 0, buf, size);
}

void mp_digits_probability(double p, char *buf, size_t size) {
    if (!(p >= LEAST))
        snprintf(buf, size, "< %g", LEAST);
    else
        snprintf(buf, size, p < SMALL ? "= %.1e" : "= %.2g", p);
}

void mp_digits_evidence(double log_e, char *buf, size_t size) {
    double decades = log_e / log(10);
    if (decades < -DECADES) {
        snprintf(buf, size, "%.3g", exp(log_e)); /* far from any threshold */
    } else if (decades < DECADES) {
        mp_digits_lower(exp(log_e), buf, size);
    } else {
        double whole = floor(decades), factor = pow(10, decades - whole);
        snprintf(buf, size, "%.1fe%.0f", floor(10 * factor * (1 + SLACK)) / 10, whole);
    }
}

void mp_digits_evidence_needed(double log_e, char *buf, size_t size) {
    mp_digits_upper(exp(log_e), buf, size);
}
