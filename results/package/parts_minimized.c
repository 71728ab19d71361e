/* The minimized case: what became smaller, by which decisions, and on fresh seeds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/package/certificate.h"
#include "results/package/parts.h"
#include "results/report/rate.h"

static const char *asked(const char *asks) {
    if (strcmp(asks, "base") == 0)
        return "how often the first case fails";
    if (strcmp(asks, "last") == 0)
        return "whether the smallest case fails on fresh seeds";
    return "whether this keeps failing";
}

static void add_step(const struct mp_writing *writing, size_t index) {
    const struct mp_certificate *certificate = writing->certificate;
    struct mp_certificate_step step = mp_certificate_step(certificate, index);
    struct mp_strbuf values, seed;
    char number[24], alpha[24], failures[64], others[24];
    mp_strbuf_init(&values);
    mp_strbuf_init(&seed);
    mp_certificate_write_values(certificate, index, &values);
    if (step.campaign_id != 0)
        mp_strbuf_addf(&seed, "%" PRId64 ", %s", step.campaign_id, step.seed);
    snprintf(number, sizeof(number), "%" PRId64, step.number);
    snprintf(alpha, sizeof(alpha), "%.3g", step.alpha);
    snprintf(failures, sizeof(failures), "%" PRId64 " of %" PRId64, step.failures,
             step.rounds);
    snprintf(others, sizeof(others), "%" PRId64, step.others);
    char *case_text = mp_writing_redact(writing, values.text);
    mp_letter_row(writing->letter, number, asked(step.asks), case_text, failures, others,
                  step.alpha > 0 ? alpha : "",
                  step.alpha > 0 ? step.verdict : "" /* a rate, not an answer */,
                  seed.text, NULL);
    free(case_text);
    mp_strbuf_release(&values);
    mp_strbuf_release(&seed);
}

static void add_validation(const struct mp_writing *writing) {
    const struct mp_certificate *certificate = writing->certificate;
    struct mp_strbuf rate;
    if (mp_certificate_last(certificate) == 0 ||
        mp_certificate_step(certificate, certificate->steps - 1).rounds == 0) {
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "The smallest case was NOT validated on fresh seeds: the rounds "
                      "ended before.");
        return;
    }
    struct mp_certificate_step last =
        mp_certificate_step(certificate, certificate->steps - 1);
    mp_strbuf_init(&rate);
    mp_rate_write(mp_rate_of((uint64_t)last.failures, (uint64_t)last.rounds), &rate);
    mp_letter_add(writing->letter, MP_LETTER_TEXT,
                  "Final validation, on seeds that no decision had seen: %" PRId64
                  " of %" PRId64
                  " rounds failed so, %s (95 %% limits). The smallest case "
                  "is %s.",
                  last.failures, last.rounds, rate.text,
                  mp_certificate_is_valid(certificate)
                      ? "valid"
                      : "NOT valid: it fails less often than was asked for");
    mp_strbuf_release(&rate);
}

static void add_command(const struct mp_writing *writing) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_certificate_write_command(writing->certificate, &line);
    char *text = mp_writing_redact(writing, line.text);
    mp_letter_add(writing->letter, MP_LETTER_LINES, "%s\n", text);
    free(text);
    mp_strbuf_release(&line);
}

static bool has_tried(const struct mp_certificate *certificate) {
    bool has_tried = false;
    for (size_t i = 0; i < certificate->steps; i++)
        has_tried |= strcmp(mp_certificate_step(certificate, i).asks, "step") == 0;
    return has_tried;
}

static void add_result(const struct mp_writing *writing, const char *changed) {
    const struct mp_certificate *certificate = writing->certificate;
    bool is_minimal = strcmp(mp_certificate_text(certificate, "end"), "minimal") == 0;
    if (changed[0] != '\0')
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "mpstress made the case smaller, one parameter after the other, as long as it "
            "kept failing under this signature: %s. %s",
            changed,
            is_minimal
                ? "No single step further keeps the failure."
                : "The rounds ended before the search did: a smaller case may do.");
    else if (is_minimal)
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "mpstress tried to make the case smaller, one parameter after the "
                      "other: no single step keeps the failure.");
    else
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "The case was not made smaller: the rounds for it ended %s. A "
                      "smaller case may do.",
                      has_tried(certificate) ? "before the search did"
                                             : "before a smaller case was tried");
}

void mp_part_minimized(const struct mp_writing *writing) {
    const struct mp_certificate *certificate = writing->certificate;
    struct mp_strbuf change;
    if (certificate == NULL)
        return;
    mp_strbuf_init(&change);
    mp_certificate_write_change(certificate, &change);
    char *changed = mp_writing_redact(writing, change.text);
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "The smallest case");
    add_result(writing, changed);
    mp_letter_add(
        writing->letter, MP_LETTER_TEXT,
        "Sequential tests decided: a smaller case had to fail in %.3g %% of its rounds "
        "(%.3g of the lower limit of the first one's rate). The errors of all decisions "
        "add up to at most %.3g %%. All steps, %.0f rounds:",
        100 * mp_certificate_number(certificate, "keep"),
        mp_certificate_number(certificate, "share"),
        100 * mp_certificate_number(certificate, "total_error"),
        mp_certificate_number(certificate, "rounds"));
    mp_letter_head(writing->letter, "Step", "Asked", "Case", "Failed so", "Otherwise",
                   "Error", "Answer", "Campaign, seed", NULL);
    for (size_t i = 0; i < certificate->steps; i++)
        add_step(writing, i);
    add_validation(writing);
    mp_letter_add(writing->letter, MP_LETTER_TEXT,
                  "The smallest case (minimized.json is the certificate for programs):");
    add_command(writing);
    free(changed);
    mp_strbuf_release(&change);
}
