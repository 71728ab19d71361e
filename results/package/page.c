/* The page for a vendor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/page.h"

#include <stdlib.h>

#include "harness/base/text.h"

/* A program that does not say how many ops it will run has none that were planned. */
static void add_expected(const struct mp_writing *writing) {
    const struct mp_round_facts *round = &writing->dossier->show.round;
    struct mp_letter *letter = writing->letter;
    mp_letter_add(letter, MP_LETTER_HEADING, "Expected");
    if (round->ops_planned == 0)
        mp_letter_add(letter, MP_LETTER_TEXT,
                      "The process lives and ends, or a call is refused with an error "
                      "that names it.");
    else
        mp_letter_add(
            letter, MP_LETTER_TEXT,
            "The process lives and ends: %s%lld %s of the round with right results, "
            "or the driver refuses a call with an error or an assertion that names "
            "it.",
            round->ops_planned == 1 ? "" : "all ", (long long)round->ops_planned,
            mp_plural((uint64_t)round->ops_planned, "op", "ops"));
}

static void add_actual(const struct mp_writing *writing, const char *title) {
    const struct mp_round_facts *round = &writing->dossier->show.round;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addstr(&line, title);
    if (round->ops_planned > 0)
        mp_strbuf_addf(&line, ". %lld of %lld %s had begun, %lld had ended right",
                       (long long)round->ops_started, (long long)round->ops_planned,
                       mp_plural((uint64_t)round->ops_planned, "op", "ops"),
                       (long long)round->ops_done);
    else if (round->ops_started > 0)
        mp_strbuf_addf(&line, ". %lld %s had begun, as the program says",
                       (long long)round->ops_started,
                       mp_plural((uint64_t)round->ops_started, "op", "ops"));
    if (round->threads_started > 0)
        mp_strbuf_addf(&line,
                       ". Threads: %lld, of which at most %lld were inside the driver "
                       "at once",
                       (long long)round->threads_started, (long long)round->max_overlap);
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "Actual");
    mp_letter_add(writing->letter, MP_LETTER_TEXT, "%s.", line.text);
    mp_strbuf_release(&line);
}

void mp_page_write(const struct mp_writing *writing) {
    struct mp_letter *letter = writing->letter;
    char *title = mp_writing_title(writing);
    mp_letter_add(letter, MP_LETTER_TITLE, "%s", title);
    mp_part_origin(writing);
    mp_part_steps(writing);
    add_expected(writing);
    add_actual(writing, title);
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
