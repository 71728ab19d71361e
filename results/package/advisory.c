/* The advisory for a project that calls the driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/text.h"
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
        struct mp_strbuf arm;
        mp_strbuf_init(&arm);
        mp_text_quote(&arm, cell->arm);
        mp_letter_add(
            writing->letter, MP_LETTER_ITEM,
            "%s: no failure in %lld rounds of %s (mpstress list %s says what it "
            "does). That is a number of rounds with a limit below, not a proof.",
            cell->arm, (long long)cell->passed, title, arm.text);
        mp_strbuf_release(&arm);
        free(title);
        count++;
    }
    if (count == 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "None was tried with success in these campaigns.");
}

static void add_summary(const struct mp_writing *writing, const char *title) {
    const struct mp_round_facts *round = &writing->dossier->show.round;
    char *work = mp_writing_redact(writing, round->cell);
    char threads[64] = ""; /* a program does not say how many it has */
    if (round->threads_started > 0)
        snprintf(threads, sizeof(threads), " with %lld %s on the device",
                 (long long)round->threads_started,
                 mp_plural((uint64_t)round->threads_started, "thread", "threads"));
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Summary");
    mp_letter_add(writing->letter, MP_LETTER_TEXT,
                  "A process%s %s: %s. The work was %s on %s, not PyTorch: "
                  "whether PyTorch's own calls get there is not shown.",
                  threads, mp_writing_is_hang(writing) ? "did not go on" : "died", title,
                  work, round->device);
    free(work);
}

static void add_impact(const struct mp_writing *writing) {
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Impact");
    if (mp_writing_is_hang(writing))
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "The process does not end and does not go on: what it had in "
                      "flight does not complete, and somebody has to kill it. Its "
                      "threads as they stood are under \"Stacks of both sides\". Whether "
                      "other processes can use the GPU meanwhile was not looked at.");
    else
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "The process ends, and what it had in flight is lost. Fault class: "
                      "%s. Whether it can be used for more than that was not looked at.",
                      writing->dossier->crash->crash.fault_class);
}

void mp_advisory_write(const struct mp_writing *writing) {
    struct mp_letter *letter = writing->letter;
    char *title = mp_writing_title(writing);
    mp_letter_add(letter, MP_LETTER_TITLE, "Advisory for PyTorch: %s", title);
    mp_part_origin(writing);
    add_summary(writing, title);
    add_impact(writing);
    mp_letter_add(letter, MP_LETTER_HEADING, "Affected");
    mp_letter_add(letter, MP_LETTER_TEXT,
                  "Seen in the environments named below, and nowhere else, since nothing "
                  "else was tested.");
    add_workarounds(writing);
    mp_part_legality(writing);
    mp_part_claim(writing);
    mp_part_amplification(writing);
    mp_part_minimized(writing);
    mp_part_comparison(writing);
    mp_part_controls(writing);
    mp_part_steps(writing);
    mp_part_crash(writing);
    mp_part_reports(writing);
    mp_part_environment(writing);
    mp_part_not_tested(writing);
    mp_part_figures(writing);
    free(title);
}
