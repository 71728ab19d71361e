/* The advisory for a project that calls the driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "results/package/page.h"

/* Arms in which the crash did not come, and nothing else failed. */
static void add_workarounds(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    size_t count = 0;
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Workarounds");
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        if (!cell->is_same_work || cell->hits > 0 || cell->failed > 0 ||
            cell->passed == 0)
            continue;
        char *title = mp_writing_redact(writing, cell->title);
        mp_letter_add(
            writing->letter, MP_LETTER_ITEM,
            "%s: no failure in %lld rounds of %s (mpstress list %s says what it "
            "does). That is a number of rounds with a limit below, not a proof.",
            cell->arm, (long long)cell->passed, title, cell->arm);
        free(title);
        count++;
    }
    if (count == 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "None was tried with success in these campaigns.");
}

void mp_advisory_write(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    struct mp_letter *letter = writing->letter;
    char *title = mp_writing_title(writing);
    char *work = mp_writing_redact(writing, dossier->show.round.cell);
    mp_letter_add(letter, MP_LETTER_TITLE, "Advisory for PyTorch: %s", title);
    mp_part_origin(writing);
    mp_letter_add(letter, MP_LETTER_HEADING, "Summary");
    mp_letter_add(
        letter, MP_LETTER_TEXT,
        "A process that uses the GPU from several threads died of %s. The work "
        "was %s on %s, not PyTorch: whether PyTorch's own calls get there is not "
        "shown.",
        title, work, dossier->show.round.device);
    mp_letter_add(letter, MP_LETTER_HEADING, "Impact");
    mp_letter_add(letter, MP_LETTER_TEXT,
                  "The process ends, and what it had in flight is lost. Fault class: %s. "
                  "Whether it can be used for more than that was not looked at.",
                  dossier->crash->crash.fault_class);
    mp_letter_add(letter, MP_LETTER_HEADING, "Affected");
    mp_letter_add(letter, MP_LETTER_TEXT,
                  "Seen in the environments named below, and nowhere else, since nothing "
                  "else was tested.");
    add_workarounds(writing);
    mp_part_legality(writing);
    mp_part_claim(writing);
    mp_part_minimized(writing);
    mp_part_comparison(writing);
    mp_part_controls(writing);
    mp_part_steps(writing);
    mp_part_crash(writing);
    mp_part_reports(writing);
    mp_part_environment(writing);
    mp_part_not_tested(writing);
    mp_part_figures(writing);
    free(work);
    free(title);
}
