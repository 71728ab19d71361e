/* The answers as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "results/report/line.h"
#include "results/report/rounds_needed.h"
#include "results/stats/demonstration.h"
#include "results/stats/percent.h"

#define NAME_WIDTH   30
#define NUMBER_WIDTH 14
#define INDENT       2

/* The time that this many blocks take, "" if no speed is known. */
static void format_time(const struct mp_rounds_needed *needed, uint64_t rounds,
                        uint64_t each_ns, char *buf, size_t size) {
    double ns = (double)rounds * (double)each_ns;
    double hours = ns / (3600.0 * (double)MP_CLOCK_NS_PER_S);
    if (needed->campaign_id == 0 || rounds == MP_ROUNDS_NEVER)
        snprintf(buf, size, "%s", "");
    else if (hours >= 48.0)
        snprintf(buf, size, "%.3g days", hours / 24.0);
    else
        mp_clock_format_short((uint64_t)ns, buf, size);
}

static void format_rounds(uint64_t rounds, char *buf, size_t size) {
    if (rounds == MP_ROUNDS_NEVER)
        snprintf(buf, size, "never");
    else
        snprintf(buf, size, "%" PRIu64, rounds);
}

static void add_row(const struct mp_rounds_needed *needed, struct mp_text *text,
                    const char *name, uint64_t rounds) {
    char number[32], time[40];
    format_rounds(rounds, number, sizeof(number));
    format_time(needed, rounds, needed->block_ns, time, sizeof(time));
    mp_text_left(text, MP_PLAIN, NAME_WIDTH, name);
    mp_text_right(text, MP_BOLD, NUMBER_WIDTH, number);
    if (needed->campaign_id != 0)
        mp_text_right(text, MP_PLAIN, NUMBER_WIDTH, time);
}

static void add_percent_column(struct mp_text *text, double chance) {
    char column[MP_PERCENT_SIZE + 4], percent[MP_PERCENT_SIZE];
    mp_percent_lower(chance, percent, sizeof(percent));
    snprintf(column, sizeof(column), "%s %%", percent);
    mp_text_right(text, MP_PLAIN, NUMBER_WIDTH, column);
}

static void add_rate_title(struct mp_text *text, double rate) {
    char column[MP_PERCENT_SIZE + 8], percent[MP_PERCENT_SIZE];
    mp_percent_point(rate, percent, sizeof(percent));
    snprintf(column, sizeof(column), "at %s %%", percent);
    mp_text_right(text, MP_DIM, NUMBER_WIDTH, column);
}

static void write_average(double rate, double rounds, struct mp_strbuf *line) {
    char percent[MP_PERCENT_SIZE];
    mp_percent_point(rate, percent, sizeof(percent));
    mp_strbuf_addf(line, "%.0f rounds if %s %% fail", ceil(rounds), percent);
}

/* The prospects of a run judged after each round, within its default budget. */
static void add_budget(const struct mp_rounds_needed *needed, struct mp_text *text) {
    const struct mp_rounds_needed_budget *budget = &needed->budget;
    struct mp_strbuf line;
    if (budget->rounds == MP_ROUNDS_NEVER)
        return;
    add_row(needed, text, "    default limit of --until", budget->rounds);
    add_percent_column(text, budget->tenth.met);
    add_percent_column(text, budget->half.met);
    mp_text_end(text);
    mp_strbuf_init(&line);
    mp_strbuf_addstr(&line, "it ends after ");
    write_average(needed->claim.target / 10.0, budget->tenth.rounds, &line);
    mp_strbuf_addstr(&line, ", ");
    write_average(needed->claim.target / 2.0, budget->half.rounds, &line);
    mp_strbuf_addstr(&line, ", on average");
    mp_strbuf_pad(text->buf, ' ', 3 * INDENT);
    mp_text_wrap(text, MP_PLAIN, 3 * INDENT, line.text);
    mp_strbuf_release(&line);
}

static void add_how_many(const struct mp_rounds_needed *needed, const char *claim,
                         struct mp_text *text) {
    mp_text_add(text, MP_BOLD, "How many rounds of each subject");
    mp_text_end(text);
    mp_text_left(text, MP_DIM, NAME_WIDTH, "  fixed in advance, read once");
    mp_text_right(text, MP_DIM, NUMBER_WIDTH, "rounds");
    if (needed->campaign_id != 0)
        mp_text_right(text, MP_DIM, NUMBER_WIDTH, "time");
    add_rate_title(text, needed->claim.target / 10.0);
    add_rate_title(text, needed->claim.target / 2.0);
    mp_text_end(text);
    for (size_t i = 0; i < MP_ROUNDS_NEEDED_FIXED; i++) {
        const struct mp_rounds_needed_fixed *fixed = &needed->fixed[i];
        char name[48];
        snprintf(name, sizeof(name), "    at most %" PRIu64 " %s", fixed->allowed,
                 mp_plural(fixed->allowed, "failure", "failures"));
        add_row(needed, text, fixed->allowed == 0 ? "    no failure" : name,
                fixed->rounds);
        add_percent_column(text, fixed->pass_tenth);
        add_percent_column(text, fixed->pass_half);
        mp_text_end(text);
    }
    mp_text_add(text, MP_DIM, "  looking after each round");
    mp_text_end(text);
    for (size_t i = 0; i < MP_ROUNDS_NEEDED_LOOKING; i++) {
        char name[48];
        snprintf(name, sizeof(name), "    %" PRIu64 " of them %s",
                 needed->looking[i].failures,
                 mp_plural(needed->looking[i].failures, "fails", "fail"));
        add_row(needed, text, i == 0 ? "    none fails" : name,
                needed->looking[i].rounds);
        mp_text_end(text);
    }
    add_budget(needed, text);
    mp_text_wrap(
        text, MP_DIM, 0,
        "The last columns: the chance to pass if that is the true rate. A plan fixed in "
        "advance may be read only once, at its end; one failure too many loses it.");
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(
        &line,
        "mpstress run --until '%s' looks after each round: it survives failures and may "
        "end at any time.",
        claim);
    mp_text_wrap(text, MP_DIM, 0, line.text);
    mp_strbuf_release(&line);
    mp_text_end(text);
}

static void add_more(const struct mp_rounds_needed *needed,
                     const struct mp_rounds_needed_known *known, struct mp_text *text) {
    static const char *const names[] = {"1000 more", "as many again", "a night"};
    char now[MP_PERCENT_SIZE], then[MP_PERCENT_SIZE], night[32], time[40];
    mp_percent_upper(known->upper, now, sizeof(now));
    mp_clock_format_duration(needed->options.night_ns, night, sizeof(night));
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        struct mp_strbuf line;
        if (known->more[i].rounds == 0)
            continue;
        mp_strbuf_init(&line);
        mp_percent_upper(known->more[i].upper, then, sizeof(then));
        if (i == 2) {
            mp_strbuf_addf(&line,
                           "one more night of %s, %" PRIu64 " rounds, none failing",
                           night, known->more[i].rounds);
        } else {
            format_time(needed, known->more[i].rounds, needed->block_ns, time,
                        sizeof(time));
            mp_strbuf_addf(&line, "%s, none failing%s%s", names[i],
                           time[0] != '\0' ? ", " : "", time);
        }
        mp_strbuf_addf(&line, ": the limit moves from %s to %s %%", now, then);
        mp_strbuf_pad(text->buf, ' ', 2 * INDENT);
        mp_text_wrap(text, MP_PLAIN, 2 * INDENT, line.text);
        mp_strbuf_release(&line);
    }
}

static void write_known(const struct mp_rounds_needed *needed,
                        const struct mp_rounds_needed_known *known,
                        struct mp_strbuf *line) {
    char fixed[MP_PERCENT_SIZE], looking[MP_PERCENT_SIZE];
    mp_percent_upper(known->upper, fixed, sizeof(fixed));
    mp_percent_upper(known->upper_looking, looking, sizeof(looking));
    if (known->name[0] != '\0')
        mp_strbuf_addf(line, "%s: ", known->name);
    mp_strbuf_addf(line,
                   "%" PRIu64 " of %" PRIu64
                   " rounds failed: at most %s %% of all rounds fail if "
                   "their number was fixed in advance, at most %s %% if the "
                   "result was checked after each round (%.10g %% confidence)",
                   known->failures, known->rounds, fixed, looking,
                   100.0 * (1.0 - needed->claim.alpha));
    if (known->no_verdict > 0)
        mp_strbuf_addf(line, "; %" PRIu64 " more had no verdict%s", known->no_verdict,
                       known->hidden > 0 ? " and are taken as failures" : "");
    if (known->no_overlap > 0)
        mp_strbuf_addf(
            line, "; %" PRIu64 " of the passes showed no overlap and are not counted",
            known->no_overlap);
    if (known->without_power > 0)
        mp_strbuf_addf(line,
                       "; %" PRIu64 " more passed where a control that must fail stayed"
                       " silent, which shows nothing",
                       known->without_power);
    if (known->looked_at > 0)
        mp_strbuf_addf(line,
                       "; of the %" PRIu64 " campaigns with these rounds, %" PRIu64
                       " may have been ended by a look at the result: the number was"
                       " not fixed",
                       known->campaigns, known->looked_at);
}

static void write_standing(const struct mp_rounds_needed *needed,
                           const struct mp_rounds_needed_known *known, const char *claim,
                           struct mp_strbuf *line) {
    bool is_met = mp_eprocess_decides(known->log_e, needed->claim.alpha);
    if (is_met) {
        mp_strbuf_addf(line, "enough for %s, even looking after each round", claim);
    } else if (known->is_shown) {
        mp_strbuf_addf(
            line,
            "enough for %s if their number was fixed in advance; looking after each "
            "round, %" PRIu64 " more without a failure are needed",
            claim, known->clean_left);
    } else {
        mp_strbuf_addf(line, "NOT enough for %s: ", claim);
        if (known->failures == 0 && needed->fixed[0].rounds > known->rounds)
            mp_strbuf_addf(line, "%" PRIu64 " fewer than a plan without failures needs; ",
                           needed->fixed[0].rounds - known->rounds);
        mp_strbuf_addf(
            line,
            "looking after each round, %" PRIu64
            " more without a failure are needed (%.0f "
            "%% of the evidence is in)",
            known->clean_left,
            floor(100.0 * mp_eprocess_share(known->log_e, needed->claim.alpha)));
    }
    mp_strbuf_addstr(line,
                     ". Both hold only if the claim was fixed before the first round.");
}

static void add_known(const struct mp_rounds_needed *needed, const char *claim,
                      struct mp_text *text) {
    if (needed->known_count == 0)
        return;
    mp_text_add(text, MP_BOLD, "%s",
                needed->options.has_rounds
                    ? "What these rounds show, and what more would add"
                    : "What the rounds in the database show, and what more"
                      " would add");
    mp_text_end(text);
    for (size_t i = 0; i < needed->known_count; i++) {
        const struct mp_rounds_needed_known *known = &needed->known[i];
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        write_known(needed, known, &line);
        mp_strbuf_pad(text->buf, ' ', INDENT);
        mp_text_wrap(text, MP_PLAIN, INDENT, line.text);
        if (needed->options.claim != NULL) {
            mp_strbuf_clear(&line);
            write_standing(needed, known, claim, &line);
            mp_strbuf_pad(text->buf, ' ', 2 * INDENT);
            mp_text_wrap(text, MP_BOLD, 2 * INDENT, line.text);
        }
        add_more(needed, known, text);
        mp_strbuf_release(&line);
    }
    mp_text_end(text);
}

/* One way to distinguish two arms. */
static void add_way(const struct mp_rounds_needed *needed, const char *how,
                    const struct mp_sample_size *size, struct mp_text *text) {
    const struct mp_rounds_needed_options *options = &needed->options;
    char from[MP_PERCENT_SIZE], to[MP_PERCENT_SIZE], power[MP_PERCENT_SIZE], number[32],
        time[40];
    struct mp_strbuf line;
    mp_percent_point(options->from, from, sizeof(from));
    mp_percent_point(options->to, to, sizeof(to));
    mp_percent_lower(size->power, power, sizeof(power));
    format_rounds(size->rounds_per_arm, number, sizeof(number));
    format_time(needed, size->rounds_per_arm, 2 * needed->round_ns, time, sizeof(time));
    mp_strbuf_init(&line);
    if (size->rounds_per_arm == MP_ROUNDS_NEVER) {
        mp_strbuf_addf(&line,
                       "%s: %d rounds of each arm are too few to tell %s %% from %s %%.",
                       how, MP_PAIRS_MAX, from, to);
    } else {
        mp_strbuf_addf(&line,
                       "%s: %s rounds of each arm tell %s %% from %s %% failing with a "
                       "power of %s %%%s%s.",
                       how, number, from, to, power,
                       time[0] != '\0' ? "; both arms take " : "", time);
    }
    mp_strbuf_pad(text->buf, ' ', INDENT);
    mp_text_wrap(text, MP_PLAIN, INDENT, line.text);
    mp_strbuf_release(&line);
}

/* For arms that fail in different rounds, and as far as can be in the same. */
static void add_margin(const struct mp_rounds_needed *needed, struct mp_text *text) {
    const struct mp_rounds_needed_options *options = &needed->options;
    uint64_t apart = needed->margin_apart.rounds_per_arm;
    char from[MP_PERCENT_SIZE], to[MP_PERCENT_SIZE], number[2][32], time[40];
    struct mp_strbuf line;
    mp_percent_point(options->from, from, sizeof(from));
    mp_percent_point(options->to, to, sizeof(to));
    format_rounds(apart, number[0], sizeof(number[0]));
    format_rounds(needed->margin_together.rounds_per_arm, number[1], sizeof(number[1]));
    format_time(needed, apart, 2 * needed->round_ns, time, sizeof(time));
    mp_text_add(text, MP_BOLD, "Two arms, a margin of %g %%", 100 * options->margin);
    mp_text_end(text);
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "compare --%s %g%%, which looks after every block: ",
                   options->is_two_sided ? "same-within" : "no-worse-than",
                   100 * options->margin);
    if (apart == MP_ROUNDS_NEVER) {
        mp_strbuf_addf(&line,
                       "no number of rounds up to %d shows it where the control fails in "
                       "%s %% and the arm in %s %%.",
                       MP_MARGIN_PAIRS_MAX, from, to);
    } else {
        mp_strbuf_addf(&line,
                       "about %s rounds of each arm show it with a power of %g %% where "
                       "the control fails in %s %% and the arm in %s %%%s%s; about %s if "
                       "they fail in the same rounds, as far as can be.",
                       number[0], 100 * options->power, from, to,
                       time[0] != '\0' ? "; both arms take " : "", time, number[1]);
    }
    mp_strbuf_pad(text->buf, ' ', INDENT);
    mp_text_wrap(text, MP_PLAIN, INDENT, line.text);
    mp_strbuf_release(&line);
    mp_text_wrap(
        text, MP_DIM, 0,
        "95 % confidence; by 1,000 simulated comparisons, so right to about 3 %.");
    mp_text_end(text);
}

static void add_contrast(const struct mp_rounds_needed *needed, struct mp_text *text) {
    if (!needed->options.has_contrast)
        return;
    if (needed->options.margin > 0) {
        add_margin(needed, text);
        return;
    }
    mp_text_add(text, MP_BOLD, "Two arms");
    mp_text_end(text);
    add_way(needed, "compare, which looks after every block and may end earlier",
            &needed->contrast_looking, text);
    add_way(needed, "compare --all-rounds, judged once by McNemar's test",
            &needed->contrast, text);
    mp_text_wrap(text, MP_DIM, 0,
                 "Two-sided, 95 % confidence; for arms that fail in different rounds; "
                 "if they fail in the same ones, fewer rounds are enough.");
    mp_text_end(text);
}

static void add_speed(const struct mp_rounds_needed *needed, struct mp_text *text) {
    char block[40];
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    if (needed->campaign_id == 0) {
        mp_strbuf_addstr(&line, "No speed measured here yet: a run records it.");
    } else {
        mp_clock_format_short(needed->block_ns, block, sizeof(block));
        mp_strbuf_addf(
            &line,
            "Times assume the speed of campaign %lld, in which one round of each of its "
            "%" PRIu64 " %s took %s including everything between rounds.",
            (long long)needed->campaign_id, needed->cells,
            mp_plural(needed->cells, "cell", "cells"), block);
    }
    mp_text_wrap(text, MP_DIM, 0, line.text);
    mp_strbuf_release(&line);
}

void mp_rounds_needed_text(const struct mp_rounds_needed *needed, unsigned width,
                           struct mp_strbuf *buf) {
    struct mp_text text = {.buf = buf, .width = width == 0 ? 100 : width};
    char claim[MP_CLAIM_TEXT_MAX] = "";
    if (needed->options.claim != NULL) {
        mp_claim_format(&needed->claim, claim);
        mp_text_add(&text, MP_BOLD, "%s", claim);
        mp_text_add(&text, MP_PLAIN,
                    ": fewer than %.10g %% of all rounds fail, with %.10g %% "
                    "confidence",
                    100.0 * needed->claim.target, 100.0 * (1.0 - needed->claim.alpha));
        mp_text_end(&text);
        mp_text_end(&text);
        add_how_many(needed, claim, &text);
    }
    add_contrast(needed, &text); /* what was asked, before what there is */
    add_known(needed, claim, &text);
    add_speed(needed, &text);
}
