/* Figures: how often, beside what, under which conditions, and what they do not say.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "harness/wire/device_name.h"
#include "harness/wire/finder.h"
#include "results/package/source.h"
#include "results/report/legality.h"
#include "results/report/line.h"
#include "results/report/rate.h"
#include "results/report/repeat.h"

char *mp_writing_redact(const struct mp_writing *writing, const char *text) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    if (text != NULL)
        mp_redact_add(writing->redact, text, strlen(text), &buf);
    return mp_strbuf_detach(&buf);
}

char *mp_writing_title(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    const struct mp_crash_facts *crash = &dossier->crash->crash;
    return mp_writing_redact(writing, dossier->signature.id != 0
                                          ? dossier->signature.title
                                          : crash->signal_name);
}

bool mp_writing_is_hang(const struct mp_writing *writing) {
    return strcmp(writing->dossier->show.round.outcome, "hang") == 0;
}

const char *mp_writing_noun(const struct mp_writing *writing) {
    return mp_writing_is_hang(writing) ? "hang" : "crash";
}

static void heading(const struct mp_writing *writing, const char *title) {
    mp_letter_add(writing->letter, MP_LETTER_HEADING, "%s", title);
}

/* -- figures -- */

struct cells {
    char *text[MP_LETTER_COLUMNS_MAX]; /* to be freed */
};

static void release(struct cells *cells) {
    for (size_t i = 0; i < MP_COUNT(cells->text); i++)
        free(cells->text[i]);
}

static char *write_number(const char *fmt, long long number) {
    char text[64];
    snprintf(text, sizeof(text), fmt, number);
    return mp_memory_copy_text(text);
}

static char *write_rate(int64_t failed, int64_t rounds) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_rate_write(mp_rate_of((uint64_t)failed, (uint64_t)rounds), &buf);
    return mp_strbuf_detach(&buf);
}

static char *write_median(double ns) {
    char text[32] = "";
    if (isfinite(ns))
        mp_clock_format_short((uint64_t)ns, text, sizeof(text));
    return mp_memory_copy_text(text);
}

/* Which device a cell ran on, if not on that of the crash. */
static char *write_workload(const struct mp_writing *writing,
                            const struct mp_dossier_cell *cell) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_strbuf_addstr(&buf, cell->title);
    if (strcmp(cell->device, writing->dossier->show.round.device) != 0)
        mp_strbuf_addf(&buf, " on %s", cell->device);
    char *text = mp_writing_redact(writing, buf.text);
    mp_strbuf_release(&buf);
    return text;
}

static void add_row(const struct mp_writing *writing,
                    const struct mp_dossier_cell *cell) {
    int64_t rounds = cell->passed + cell->failed;
    struct cells row = {
        {write_workload(writing, cell), mp_memory_copy_text(cell->arm),
         write_number("%lld", cell->hits), write_number("%lld", rounds),
         write_rate(cell->hits, rounds), write_median(cell->median_ns),
         mp_memory_copy_text(cell->outcomes != NULL ? cell->outcomes : ""),
         mp_memory_copy_text(cell->campaigns)}};
    mp_letter_row(writing->letter, row.text[0], row.text[1], row.text[2], row.text[3],
                  row.text[4], row.text[5], row.text[6], row.text[7], NULL);
    release(&row);
}

static void add_head(const struct mp_writing *writing) {
    mp_letter_head(writing->letter, "Workload", "Arm",
                   mp_writing_is_hang(writing) ? "This hang" : "This crash", "Rounds",
                   "Rate, 95 % limits", "Median time to it", "Failures of all kinds",
                   "Campaigns", NULL);
}

static void add_conditions(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    double low = INFINITY, high = -INFINITY;
    int64_t no_verdict = 0, jobs = 1;
    size_t looked_at = 0;
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        low = cell->load_low < low ? cell->load_low : low;
        high = cell->load_high > high ? cell->load_high : high;
        no_verdict += cell->is_hit ? cell->no_verdict : 0;
    }
    for (size_t i = 0; i < dossier->campaign_count; i++) {
        looked_at += dossier->campaign[i].is_looked_at;
        jobs = dossier->campaign[i].jobs > jobs ? dossier->campaign[i].jobs : jobs;
    }
    mp_letter_add(writing->letter, MP_LETTER_ITEM,
                  "Device: %s. A round is one process; its first attempt is its result.",
                  dossier->show.round.device);
    if (low <= high)
        mp_letter_add(writing->letter, MP_LETTER_ITEM,
                      "Load of the machine: %.2f to %.2f. Rounds at once: at most %lld.",
                      low, high, (long long)jobs);
    if (no_verdict > 0)
        mp_letter_add(writing->letter, MP_LETTER_ITEM,
                      "%lld rounds of these cells have no verdict, and are in no rate.",
                      (long long)no_verdict);
    if (looked_at > 0)
        mp_letter_add(
            writing->letter, MP_LETTER_ITEM,
            "%zu of the campaigns may have been ended by a look at their counts; "
            "the limits are those of a number of rounds fixed in advance.",
            looked_at);
    if (strstr(dossier->show.round.cell, "sync=off_queue") != NULL)
        mp_letter_add(
            writing->letter, MP_LETTER_ITEM,
            "The client makes the race louder: with the share q of the cell, a "
            "synchronize waits until another thread is encoding. The rate is one "
            "of that injection, not of nature.");
}

/* Of a hunt's fresh part, in which the crash need not have come. */
static bool is_fresh(const struct mp_dossier_cell *cell) {
    return strcmp(cell->role, "repro fresh") == 0;
}

/* Whether the cell has a row before, as part of something else. */
static bool is_in_row_above(const struct mp_dossier *dossier, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (dossier->cell[i].is_hit && dossier->cell[i].id == dossier->cell[index].id)
            return true;
    return false;
}

void mp_part_claim(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    int64_t hits = 0, rounds = 0;
    size_t cells = 0;
    bool has_hunt = false;
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        hits += cell->is_hit ? cell->hits : 0;
        rounds += cell->is_hit ? cell->passed + cell->failed : 0;
        cells += cell->is_hit && !is_in_row_above(dossier, i);
        has_hunt |= is_fresh(cell);
    }
    heading(writing, "The claim in numbers");
    if (cells == 0) {
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "None: it came only in rounds that enter no rate (a replay of one "
                      "seed, a control, a search, or rounds that shared a process). That "
                      "it can happen is shown, how often is not.");
        return;
    }
    if (mp_dossier_is_mixed(dossier))
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "This %s came on devices of different kinds: each row is of one of "
                      "them, and nothing is added up.",
                      mp_writing_noun(writing));
    else
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "This %s came in %lld of %lld rounds that passed or failed, of %zu %s. "
            "Rates of different rows are not added up.",
            mp_writing_noun(writing), (long long)hits, (long long)rounds, cells,
            mp_plural(cells, "cell", "cells"));
    add_head(writing);
    for (size_t i = 0; i < dossier->cell_count; i++)
        if (dossier->cell[i].is_hit)
            add_row(writing, &dossier->cell[i]);
    if (has_hunt)
        mp_letter_add(
            writing->letter, MP_LETTER_ITEM,
            "Rows of mpstress repro: fresh rounds, on seeds of their own, of the "
            "perturbation that a search had chosen, and between them as many of the same "
            "work without one. A rate with perturb=... is one of that perturbation, not "
            "of nature. The rounds of the search are in no rate.");
    add_conditions(writing);
}

void mp_part_comparison(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    size_t count = 0, worse = 0;
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        bool is_other = cell->is_same_work && !cell->is_hit;
        count += is_other;
        worse += is_other && cell->hits == 0 && cell->failed > 0;
    }
    heading(writing, "With and without a fix");
    if (count == 0) {
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "No other arm ran the same work in these campaigns: nothing was "
                      "compared.");
        return;
    }
    mp_letter_add(writing->letter, MP_LETTER_TEXT,
                  "The same work in the same campaigns, by arm (none: without a "
                  "mitigation). Rounds of different arms come in turn.");
    add_head(writing);
    for (size_t i = 0; i < dossier->cell_count; i++)
        if (dossier->cell[i].is_same_work)
            add_row(writing, &dossier->cell[i]);
    if (worse > 0)
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "%zu of the cells without this %s failed in another way: no %s "
                      "is not the same as all work done.",
                      worse, mp_writing_noun(writing), mp_writing_noun(writing));
}

static bool is_validation(const struct mp_dossier_cell *cell) {
    return strstr(cell->arm, "validation") != NULL; /* a finder's row or a control */
}

/* What must fail or must pass, but for what a validation layer must say. */
static bool is_control(const struct mp_dossier_cell *cell) {
    return strstr(cell->role, "_control") != NULL && !is_validation(cell);
}

void mp_part_controls(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    size_t count = 0;
    heading(writing, "Controls");
    for (size_t i = 0; i < dossier->cell_count; i++)
        count += is_control(&dossier->cell[i]);
    if (count == 0) {
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "None ran in these campaigns: no planted race that had to be found, "
            "and no cell that had to pass.");
        return;
    }
    mp_letter_head(writing->letter, "Control", "Must", "Failed", "Rounds", "Failures",
                   "Campaigns", NULL);
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        if (!is_control(cell))
            continue;
        struct cells row = {{write_workload(writing, cell),
                             write_number("%lld", cell->failed),
                             write_number("%lld", cell->passed + cell->failed)}};
        mp_letter_row(writing->letter, row.text[0],
                      strcmp(cell->role, "positive_control") == 0 ? "fail" : "pass",
                      row.text[1], row.text[2],
                      cell->outcomes != NULL ? cell->outcomes : "", cell->campaigns,
                      NULL);
        release(&row);
    }
}

/* -- whose fault -- */

static bool is_lawful_twin(const struct mp_dossier_cell *cell) {
    return strstr(cell->title, "share=thread") != NULL &&
           strstr(cell->title, "sync=on_queue") != NULL &&
           strcmp(cell->role, "subject") == 0;
}

static void add_validation(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    size_t count = 0;
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        if (!is_validation(cell))
            continue;
        char *workload = write_workload(writing, cell);
        mp_letter_add(writing->letter, MP_LETTER_ITEM,
                      "Under %s, %s failed in %lld of %lld rounds%s%s.", cell->arm,
                      workload, (long long)cell->failed,
                      (long long)cell->passed + cell->failed,
                      cell->outcomes != NULL ? ": " : "",
                      cell->outcomes != NULL ? cell->outcomes : "");
        free(workload);
        count++;
    }
    if (count == 0)
        mp_letter_add(writing->letter, MP_LETTER_ITEM,
                      "No round of these campaigns ran under a validation layer "
                      "(mpstress run --legality runs the cell and its lawful twin under "
                      "it).");
}

void mp_part_legality(const struct mp_writing *writing) {
    const struct mp_round_facts *round = &writing->dossier->show.round;
    heading(writing, "Are the calls allowed?");
    if (mp_legality_is_unlawful(round->cell) &&
        mp_device_name_is_of(round->device, "metal"))
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "No. Threads share an encoder, and a synchronize beside the queue "
                      "ends it while another thread encodes. Apple documents that one "
                      "thread at a time may use a command buffer and its encoder. The "
                      "package shows how the driver meets that use: by which access, and "
                      "whether it says so. That a lawful client can get there is not "
                      "shown by it.");
    else if (mp_legality_is_unlawful(round->cell))
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "No. Threads share an encoder, and a synchronize beside the queue "
            "ends it while another thread encodes, which the API does not allow.");
    else if (mp_device_name_is_program(round->device))
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "Not known: mpstress does not see which calls a program makes, and "
                      "whether it shares an encoder between threads. Whose fault this "
                      "is has to be read from the stacks.");
    else
        mp_letter_add(writing->letter, MP_LETTER_TEXT,
                      "Nothing that mpstress knows of is broken by this cell: no encoder "
                      "is ended beside the queue while another thread calls it.");
    add_validation(writing);
    for (size_t i = 0; i < writing->dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &writing->dossier->cell[i];
        if (mp_legality_is_unlawful(round->cell) && is_lawful_twin(cell))
            mp_letter_add(writing->letter, MP_LETTER_ITEM,
                          "Lawful twin, arm %s: %lld of %lld rounds failed.", cell->arm,
                          (long long)cell->failed,
                          (long long)cell->passed + cell->failed);
    }
}

static bool is_apple(const char *device) {
    return mp_device_name_is_of(device, "metal") && mp_device_name_uses_gpu(device);
}

void mp_part_not_tested(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    struct mp_letter *letter = writing->letter;
    bool has_arm = false, has_twin = false, has_check = false, has_control = false;
    bool has_model = mp_device_name_is_model(dossier->show.round.device);
    bool has_apple = is_apple(dossier->show.round.device);
    for (size_t i = 0; i < dossier->cell_count; i++) {
        const struct mp_dossier_cell *cell = &dossier->cell[i];
        has_model |= mp_device_name_is_model(cell->device);
        has_apple |= is_apple(cell->device);
        has_arm |= cell->is_same_work && !cell->is_hit;
        has_twin |= is_lawful_twin(cell);
        has_check |= is_validation(cell);
        has_control |= is_control(cell) && strcmp(cell->role, "positive_control") == 0;
    }
    heading(writing, "What was not tested");
    if (has_model && !has_apple)
        mp_letter_add(letter, MP_LETTER_ITEM,
                      "Apple's driver: all rounds ran on a software model of it.");
    mp_letter_add(letter, MP_LETTER_ITEM,
                  dossier->environment_count == 1
                      ? "Any other machine, system or driver: all rounds ran in one "
                        "environment."
                      : "Machines, systems and drivers other than those below.");
    if (mp_device_name_is_program(dossier->show.round.device))
        mp_letter_add(
            letter, MP_LETTER_ITEM,
            "What the program computed, but for what it says of itself: a round "
            "that passed may have given wrong numbers, or lost work.");
    if (strstr(dossier->show.round.cell, "sync=off_queue") != NULL)
        mp_letter_add(letter, MP_LETTER_ITEM,
                      "How often it happens where nothing is injected.");
    if (!has_arm)
        mp_letter_add(letter, MP_LETTER_ITEM, "Any fix or workaround.");
    if (!has_twin && mp_legality_is_unlawful(dossier->show.round.cell))
        mp_letter_add(letter, MP_LETTER_ITEM,
                      "The same work with an encoder of its own for each thread.");
    if (!has_check)
        mp_letter_add(letter, MP_LETTER_ITEM, "The calls under a validation layer.");
    if (!has_control)
        mp_letter_add(letter, MP_LETTER_ITEM,
                      "A planted race beside it: where a cell shows no %s, nothing says "
                      "that one would have been seen.",
                      mp_writing_noun(writing));
}

/* -- seeds and commands -- */

void mp_part_figures(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    const struct mp_round_facts *round = &dossier->show.round;
    struct mp_strbuf repeat;
    heading(writing, "Seed and command of each figure");
    mp_letter_add(
        writing->letter, MP_LETTER_TEXT,
        "Each row above names its campaigns. The seed of a campaign decides the "
        "seeds of its rounds and their order: --seed with the same command runs "
        "them again. A hunt (mpstress repro) is several campaigns of one command; the "
        "seed of the first decides those of the others.");
    mp_letter_head(writing->letter, "Campaign", "Began", "Seed", "mpstress", "State",
                   "Command", NULL);
    for (size_t i = 0; i < dossier->campaign_count; i++) {
        const struct mp_dossier_campaign *campaign = &dossier->campaign[i];
        char number[24];
        char *argv = mp_writing_redact(writing, campaign->argv);
        snprintf(number, sizeof(number), "%lld", (long long)campaign->id);
        mp_letter_row(writing->letter, number, campaign->started_at, campaign->seed,
                      campaign->version, campaign->state, argv, NULL);
        free(argv);
    }
    mp_strbuf_init(&repeat);
    mp_repeat_write(&(struct mp_repeat){.cell = round->cell,
                                        .device = round->device,
                                        .arm = round->arm,
                                        .fix = round->fix,
                                        .seed = round->seed,
                                        .number = round->number,
                                        .db = "repeat.db"},
                    &repeat);
    char *line = mp_writing_redact(writing, repeat.text);
    mp_letter_add(writing->letter, MP_LETTER_TEXT,
                  "The round whose stacks are here, again (round.spec is the same for "
                  "mpstress-round --spec). A seed fixes what a round does, not when its "
                  "threads are let run: it may take several tries.");
    mp_letter_add(writing->letter, MP_LETTER_LINES, "%s\n", line);
    free(line);
    mp_strbuf_release(&repeat);
}

/* Whether a certificate holds, and has anything that became smaller. */
static bool is_minimized(const struct mp_writing *writing) {
    struct mp_strbuf change;
    mp_strbuf_init(&change);
    if (writing->certificate != NULL && mp_certificate_is_valid(writing->certificate))
        mp_certificate_write_change(writing->certificate, &change);
    bool is_minimized = change.len > 0;
    mp_strbuf_release(&change);
    return is_minimized;
}

void mp_part_steps(const struct mp_writing *writing) {
    const struct mp_dossier *dossier = writing->dossier;
    bool is_model = mp_device_name_is_model(dossier->show.round.device);
    int threads = mp_source_threads(dossier);
    heading(writing, "Steps");
    if (!mp_source_fits(dossier)) {
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "This package has no stand-alone program: the one that mpstress has "
            "(repro/destroy_impl) shows another bug, a call on an encoder that "
            "another thread ends. It takes mpstress to see this one: the "
            "command is under \"Seed and command of each figure\".");
        return;
    }
    mp_letter_add(writing->letter, MP_LETTER_TEXT,
                  "One file of C, without headers but the system's. Its parameters stand "
                  "at its beginning%s: %d %s one encoder, one more ends it.",
                  is_minimized(writing) ? ", as they were minimized" : "", threads,
                  mp_plural(threads, "thread calls", "threads call"));
    mp_letter_add(writing->letter, MP_LETTER_LINES,
                  "# macOS\n%s\n./destroy_impl shared\n", MP_SOURCE_MACOS);
    mp_letter_add(writing->letter, MP_LETTER_LINES,
                  "# Linux, against the software model of mpstress\n%s\n"
                  "MODEL=/path/to/libmpmodel.so ./destroy_impl shared\n",
                  MP_SOURCE_LINUX);
    mp_letter_add(
        writing->letter, MP_LETTER_TEXT,
        "Controls are modes of the same program: \"./destroy_impl correct\" (an "
        "encoder for each thread) and \"./destroy_impl serial\" (one encoder, one "
        "thread at a time) must be clean. It says a line for each round.");
    if (is_model)
        mp_letter_add(
            writing->letter, MP_LETTER_TEXT,
            "On macOS it runs on Apple's driver, on which nobody has run it for "
            "this package.");
}
