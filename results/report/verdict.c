/* Verdicts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/verdict.h"

#include <string.h>

/* Worst first, as mp_verdict_worse takes them. */
static const struct verdict {
    enum mp_verdict verdict;
    enum mp_style style;
    const char *name, *word;
} VERDICTS[] = {
    {MP_VERDICT_HARNESS, MP_WARN, "harness_failed", "HARNESS FAILED"},
    {MP_VERDICT_REGRESSION, MP_BAD, "regression", "REGRESSION"},
    {MP_VERDICT_FAILURES, MP_BAD, "failures", "FAILURES"},
    {MP_VERDICT_KNOWN_FAILURES, MP_WARN, "known_failures", "KNOWN FAILURES"},
    {MP_VERDICT_NO_POWER, MP_WARN, "no_power", "NO POWER"},
    {MP_VERDICT_INTERRUPTED, MP_WARN, "interrupted", "INTERRUPTED"},
    {MP_VERDICT_UNFINISHED, MP_WARN, "unfinished", "UNFINISHED"},
    {MP_VERDICT_INCONCLUSIVE, MP_WARN, "inconclusive", "INCONCLUSIVE"},
    {MP_VERDICT_NOTHING_RAN, MP_WARN, "nothing_ran", "NOTHING RAN"},
    {MP_VERDICT_CLEAN_NO_CONTROL, MP_GOOD, "clean_no_control", "CLEAN, NO CONTROL"},
    {MP_VERDICT_CLAIM_MET_NO_CONTROL, MP_GOOD, "claim_met_no_control",
     "CLAIM MET, NO CONTROL"},
    {MP_VERDICT_CLEAN, MP_GOOD, "clean", "CLEAN"},
    {MP_VERDICT_CLAIM_MET, MP_GOOD, "claim_met", "CLAIM MET"},
};
#define VERDICT_COUNT (sizeof(VERDICTS) / sizeof(VERDICTS[0]))

static const struct verdict *find(enum mp_verdict verdict) {
    size_t i = 0;
    while (i + 1 < VERDICT_COUNT && VERDICTS[i].verdict != verdict)
        i++;
    return &VERDICTS[i];
}

const char *mp_verdict_name(enum mp_verdict verdict) {
    return find(verdict)->name;
}

int mp_verdict_code(enum mp_verdict verdict) {
    return (int)verdict & 0xff;
}

enum mp_verdict mp_verdict_worse(enum mp_verdict left, enum mp_verdict right) {
    return find(left) < find(right) ? left : right;
}

enum mp_verdict mp_verdict_without_control(enum mp_verdict verdict) {
    switch (verdict) {
    case MP_VERDICT_CLEAN:
        return MP_VERDICT_CLEAN_NO_CONTROL;
    case MP_VERDICT_CLAIM_MET:
        return MP_VERDICT_CLAIM_MET_NO_CONTROL;
    default:
        return verdict;
    }
}

void mp_verdict_add(enum mp_verdict verdict, const char *reason, struct mp_text *text) {
    const struct verdict *row = find(verdict);
    mp_text_add(text, row->style, "%s", row->word);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, MP_BOLD, strlen(row->word) + 2, reason);
}
