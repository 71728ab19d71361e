/* Numbers that have to agree to a relative tolerance.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_NEAR_H
#define MP_TESTS_NEAR_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/base/array.h"

/* Infinities agree with themselves; `want` = 0 is compared absolutely. */
static inline void assert_near(double got, double want, double tolerance,
                               const char *what) {
    double scale = want == 0.0 ? 1.0 : fabs(want);
    if (!(got == want || fabs(got - want) <= tolerance * scale))
        fail_msg("%s: got %.17g, want %.17g", what, got, want);
}

#endif
