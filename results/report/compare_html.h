/* A comparison on a page: arms side by side, what each changes, what it costs, how the
 * evidence grew, and every figure in words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_HTML_H
#define MP_REPORT_COMPARE_HTML_H

#include "results/page/shell.h"
#include "results/report/compare_rows.h"
#include "results/stats/effect.h"

void mp_compare_add_html(const struct mp_compare *compare, struct mp_html *html);

/* For pictures of their own. The rate of an arm in a stratum. */
struct mp_rate mp_compare_rate(const struct mp_compare *compare, size_t stratum,
                               size_t arm);
/* How much more often A fails than `arm`, in one stratum or (SIZE_MAX) over all of them;
 * false where one number would hide that they contradict each other. */
bool mp_compare_effect(const struct mp_compare *compare, size_t stratum, size_t arm,
                       struct mp_effect *ret_effect);

#endif
