/* The page for a vendor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/page.h"

#include <stdlib.h>

#include "harness/base/text.h"

void mp_page_write(const struct mp_writing *writing) {
    const struct mp_round_facts *round = &writing->dossier->show.round;
    struct mp_letter *letter = writing->letter;
    char *title = mp_writing_title(writing);
    mp_letter_add(letter, MP_LETTER_TITLE, "%s", title);
    mp_part_origin(writing);
    mp_part_steps(writing);
    mp_letter_add(letter, MP_LETTER_HEADING, "Expected");
    mp_letter_add(
        letter, MP_LETTER_TEXT,
        "The process lives and ends: %s%lld %s of the round with right results, "
        "or the driver refuses a call with an error or an assertion that names "
        "it.",
        round->ops_planned == 1 ? "" : "all ", (long long)round->ops_planned,
        mp_plural((uint64_t)round->ops_planned, "op", "ops"));
    mp_letter_add(letter, MP_LETTER_HEADING, "Actual");
    mp_letter_add(
        letter, MP_LETTER_TEXT,
        "%s, after %lld of %lld %s. Threads: %lld, of which at most %lld were inside the "
        "driver at once.",
        title, (long long)round->ops_started, (long long)round->ops_planned,
        mp_plural((uint64_t)round->ops_planned, "op", "ops"),
        (long long)round->threads_started, (long long)round->max_overlap);
    mp_part_claim(writing);
    mp_part_amplification(writing);
    mp_part_minimized(writing);
    mp_part_comparison(writing);
    mp_part_controls(writing);
    mp_part_legality(writing);
    mp_part_crash(writing);
    mp_part_reports(writing);
    mp_part_environment(writing);
    mp_part_not_tested(writing);
    mp_part_figures(writing);
    mp_letter_add(letter, MP_LETTER_TEXT,
                  "Names of users and hosts, folders, addresses and serial numbers are "
                  "replaced by words in brackets.");
    free(title);
}
