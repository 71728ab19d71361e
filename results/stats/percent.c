/* Rates in per cent. Never rounds a limit towards the estimate, never prints an upper
 * limit as 0.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/percent.h"

#include <math.h>
#include <stdio.h>

#define DECIMALS_MAX 12
/* A limit that is a round number up to the last bits of a double stays that number. */
#define SLACK 1e-11

/* Decimals that show three digits of `percent`. */
static int decimals_of(double percent) {
    int decimals = percent > 0.0 ? 2 - (int)floor(log10(percent)) : 0;
    return decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
}

static void print(double units, int decimals, char *buf, size_t size) {
    double percent = units / pow(10.0, decimals) + 0.0; /* never -0 */
    snprintf(buf, size, "%.*f", fabs(percent) < 100.0 ? decimals : 0, percent);
}

/* The rate in units of the last digit shown; NaN counts as `instead`. */
static double units_of(double rate, double instead, int *ret_decimals) {
    double percent = 100.0 * (isnan(rate) ? instead : fmax(-1e6, fmin(1e6, rate)));
    *ret_decimals = decimals_of(fabs(percent));
    return percent * pow(10.0, *ret_decimals);
}

void mp_percent_upper(double rate, char *buf, size_t size) {
    int decimals;
    double units = units_of(rate, 1.0, &decimals);
    print(ceil(units - SLACK * fabs(units)), decimals, buf, size);
}

void mp_percent_lower(double rate, char *buf, size_t size) {
    int decimals;
    double units = units_of(rate, 0.0, &decimals);
    print(floor(units + SLACK * fabs(units)), decimals, buf, size);
}

void mp_percent_point(double rate, char *buf, size_t size) {
    int decimals;
    double units = units_of(rate, 0.0, &decimals);
    print(round(units), decimals, buf, size);
}
