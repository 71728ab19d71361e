/* Shares of simulated campaigns, and whether one is beyond doubt on one side of a limit;
 * and how a calibration is asked for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_CALIBRATION_H
#define MP_TESTS_CALIBRATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "results/stats/binomial.h"

#define CERTAIN                                                                          \
    1e-6 /* the gate's own chance to be wrong, had the seeds not been fixed              \
          */

/* `state` of every test. */
struct calibration {
    uint64_t campaigns;
    bool is_full; /* what takes too long for every day, too */
};

static inline bool calibration_has(const struct CMUnitTest *test, size_t tests,
                                   const char *name) {
    for (size_t i = 0; i < tests; i++)
        if (strcmp(test[i].name, name) == 0)
            return true;
    return false;
}

/* The campaigns of which each figure is a share: few, or with --full many, or with
 * --campaigns N so many; of all tests, or with --only NAME of one. With --list their
 * names are printed, and false is returned: nothing is to be run. Exits on anything
 * else. */
static inline bool calibration_read(struct calibration *calibration, char **argv,
                                    const struct CMUnitTest *test, size_t tests,
                                    const uint64_t few_and_many[2]) {
    *calibration = (struct calibration){few_and_many[0], false};
    for (char **arg = argv; *arg != NULL; arg++) {
        if (strcmp(*arg, "--list") == 0) {
            for (size_t i = 0; i < tests; i++)
                printf("%s\n", test[i].name);
            return false;
        }
        if (strcmp(*arg, "--full") == 0) {
            *calibration = (struct calibration){few_and_many[1], true};
        } else if (strcmp(*arg, "--campaigns") == 0 && arg[1] != NULL &&
                   strtoull(arg[1], NULL, 10) > 0) {
            calibration->campaigns = strtoull(*++arg, NULL, 10);
        } else if (strcmp(*arg, "--only") == 0 && arg[1] != NULL &&
                   calibration_has(test, tests, arg[1])) {
            cmocka_set_test_filter(*++arg);
        } else {
            fprintf(stderr, "not known: %s\n", *arg);
            exit(2);
        }
    }
    return true;
}

/* Tear-down of the group: how long its tests took, for whoever runs them one by one. */
static inline int calibration_tell_seconds(void **state) {
    (void)state;
    print_message("[ SECONDS  ] %.3f\n", (double)clock() / (double)CLOCKS_PER_SEC);
    return 0;
}

struct share {
    uint64_t hits, campaigns;
};

static inline double of(struct share share) {
    return (double)share.hits / (double)share.campaigns;
}

/* The gate: is the true share above `limit`, beyond doubt? */
static inline bool is_above(struct share share, double limit) {
    return mp_binomial_lower(share.hits, share.campaigns, CERTAIN) > limit;
}

static inline bool is_below(struct share share, double limit) {
    return mp_binomial_upper(share.hits, share.campaigns, CERTAIN) < limit;
}

/* `expected` comes of an exact sum. */
static inline bool is_as(struct share share, double expected) {
    return !is_above(share, expected) && !is_below(share, expected);
}

/* The share with its 95 % limits. */
static inline void tell(const char *what, struct share share) {
    struct mp_interval limits =
        mp_binomial_clopper_pearson(share.hits, share.campaigns, 0.05);
    print_message("[ FIGURE   ] %s: %.4f of %llu [%.4f, %.4f]\n", what, of(share),
                  (unsigned long long)share.campaigns, limits.low, limits.high);
}

#endif
