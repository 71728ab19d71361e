/* The parts of a letter about a crash, in which the page for a vendor and the advisory
 * say the same. Each adds its heading and what belongs under it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_PARTS_H
#define MP_PACKAGE_PARTS_H

#include "results/package/certificate.h"
#include "results/package/dossier.h"
#include "results/package/letter.h"
#include "results/package/redact.h"

struct json_object;

struct mp_writing {
    const struct mp_dossier *dossier;
    const struct mp_certificate *certificate; /* NULL: the case was not minimized */
    const struct mp_redact *redact;
    struct mp_letter *letter;
    bool is_verbatim; /* the system's reports are in the package as they are, too */
};

/* `text`, redacted, to be freed; NULL is "". */
char *mp_writing_redact(const struct mp_writing *writing, const char *text);
/* The crash in a line: its signature, or what stopped it. To be freed. */
char *mp_writing_title(const struct mp_writing *writing);
/* Whether it is a hang: nothing stopped, the round did not end. */
bool mp_writing_is_hang(const struct mp_writing *writing);
/* "hang" or "crash". */
const char *mp_writing_noun(const struct mp_writing *writing);

/* What it must not be taken for: rounds of a model, of a driver on the CPU, of none. */
void mp_part_origin(const struct mp_writing *writing);
/* k of n, limits, median time, conditions. */
void mp_part_claim(const struct mp_writing *writing);
/* Behind the claim: how much faster it comes under the perturbation that a hunt chose;
 * nothing without a hunt. And the same for programs. */
void mp_part_amplification(const struct mp_writing *writing);
void mp_dossier_amplification_json(const struct mp_dossier *dossier,
                                   struct json_object *to);
/* The minimized case and every step to it; nothing if there is none. */
void mp_part_minimized(const struct mp_writing *writing);
/* The same work with other arms, and what must fail and must pass. */
void mp_part_comparison(const struct mp_writing *writing);
void mp_part_controls(const struct mp_writing *writing);
/* Which rule the calls break, if any, and what validation said. */
void mp_part_legality(const struct mp_writing *writing);
void mp_part_not_tested(const struct mp_writing *writing);
/* Seed and command of each figure. */
void mp_part_figures(const struct mp_writing *writing);

/* Where it stopped, what other threads did meanwhile, with ids of modules. */
void mp_part_crash(const struct mp_writing *writing);
void mp_part_reports(const struct mp_writing *writing);
void mp_part_environment(const struct mp_writing *writing);
/* How to see it: the program of the package, or mpstress. */
void mp_part_steps(const struct mp_writing *writing);

/* All stacks with the ids of their modules, as lines. */
void mp_stacks_write(const struct mp_writing *writing, struct mp_strbuf *buf);

#endif
