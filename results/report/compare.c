/* Rows, then what follows from them: earlier tries, lives and the reason.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare.h"

#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/report/compare_lives.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_tries.h"

void mp_compare_load(struct mp_compare *compare, struct mp_report *report) {
    mp_compare_load_rows(compare, report);
    if (!compare->is_one)
        return;
    mp_compare_tries_load(compare);
    compare->lives = mp_memory_zeroed(1, sizeof(*compare->lives));
    mp_compare_lives_load(compare->lives, compare);
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_compare_write_reason(
        mp_compare_is_retried(compare) ? &compare->tries->all : compare, &reason);
    mp_compare_tries_write(compare, &reason);
    free(report->comparison_reason);
    report->comparison_reason = mp_strbuf_detach(&reason);
}

void mp_compare_release(struct mp_compare *compare) {
    if (compare->lives != NULL)
        mp_compare_lives_release(compare->lives);
    free(compare->lives);
    mp_compare_tries_release(compare->tries);
    mp_compare_release_rows(compare);
}
