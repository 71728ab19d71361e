/* The comparison in words: its verdict, what was compared and how, and its figures. Tables are in
 * compare_table.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/stats/effect.h"

#define LABEL_WIDTH  11
#define FIGURE_WIDTH 13
#define KIND_WIDTH   6
#define ROUNDS_MIN   5 /* of an arm, for a p-value to be shown */
#define SIDES        "two-sided"

#define U(value) ((unsigned long long)(value))

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static uint64_t counted(const struct mp_compare_arm *arm) {
    return arm->passed + arm->failed;
}

/* The arm that the sentence of the verdict speaks of. */
static size_t find_spoken(const struct mp_compare *compare) {
    size_t ranked[MP_COMPARISON_ARMS_MAX];
    size_t count = mp_compare_rank(compare, ranked);
    for (size_t i = 0; i < count; i++) {
        if (compare->arm[ranked[i]].verdict[MP_COMPARISON_SEEN] == compare->verdict) {
            return ranked[i];
        }
    }
    return 1;
}

static void add_below(const struct mp_compare *compare, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%g %%", 100 * compare->comparison.rule.fixed_below);
}

static void add_against(const struct mp_compare *compare, size_t arm, struct mp_strbuf *buf) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    mp_strbuf_addf(buf, "arm %s failed in %llu of %llu round%s, arm %s in %llu of %llu", b->name,
                   U(b->failed), U(counted(b)), plural(counted(b)), a->name, U(a->failed),
                   U(counted(a)));
}

/* Where it is worse although all together are not. */
static void add_worse(const struct mp_compare *compare, size_t arm, struct mp_strbuf *buf) {
    size_t worst = 0;
    double most = -1;
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++) {
        struct mp_two_arms table =
            mp_comparison_table(&compare->comparison, i, arm, MP_COMPARISON_SEEN);
        double difference =
            mp_effect_difference_newcombe(table, compare->comparison.rule.alpha).value;
        if (-difference > most) {
            most = -difference;
            worst = i;
        }
    }
    add_against(compare, arm, buf);
    mp_strbuf_addstr(buf, ", which is shown to be less");
    if (compare->comparison.rule.stratum_count > 1) {
        mp_strbuf_addf(buf, "; most of all in %s", compare->stratum[worst].title);
    }
}

static void add_no_difference(const struct mp_compare *compare, size_t arm, struct mp_strbuf *buf) {
    uint64_t needed = mp_compare_rounds_for_halving(compare);
    uint64_t done = counted(&compare->arm[arm]);
    mp_strbuf_addstr(buf, "no difference shown: ");
    add_against(compare, arm, buf);
    if (needed > done) {
        mp_strbuf_addf(buf, "; %llu more round%s per arm would show a halving", U(needed - done),
                       plural(needed - done));
    } else if (needed > 0) {
        mp_strbuf_addstr(buf, "; a halving would most likely have been seen");
    }
}

/* Why rounds of an arm were skipped, in the words of one of them. */
static void add_skipped(const struct mp_compare *compare, size_t arm, struct mp_strbuf *buf) {
    uint64_t skipped = compare->arm[arm].skipped;
    if (skipped == 0) {
        return;
    }
    mp_strbuf_addf(buf, "%llu %s skipped", U(skipped), skipped == 1 ? "was" : "were");
    sqlite3_stmt *rows = mp_report_query(
        compare->report,
        "SELECT detail FROM round WHERE id = (SELECT max(id) FROM round WHERE campaign_id = ?1"
        " AND outcome = 'skip' AND cell_id = ?2)",
        compare->stratum[0].cell[arm]->id);
    while (mp_report_next(compare->report, rows)) {
        mp_strbuf_addf(buf, " (%s)", mp_report_column(rows, 0));
    }
}

static void add_nothing(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arm = counted(&compare->arm[0]) == 0 ? 0 : find_spoken(compare);
    mp_strbuf_addf(buf, "no round of arm %s passed or failed%s", compare->arm[arm].name,
                   compare->arm[arm].skipped > 0 ? ": " : "");
    add_skipped(compare, arm, buf);
}

static void add_reason(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arm = find_spoken(compare);
    if (compare->is_unfinished) {
        mp_strbuf_addstr(buf, "the campaign ended before its planned rounds, at which alone it may "
                              "be judged (--all-rounds)");
        return;
    }
    switch (compare->verdict) {
    case MP_COMPARISON_FIXED:
        add_against(compare, arm, buf);
        mp_strbuf_addf(buf, "; a rate below ");
        add_below(compare, buf);
        mp_strbuf_addstr(buf, " is shown");
        break;
    case MP_COMPARISON_BETTER:
        add_against(compare, arm, buf);
        mp_strbuf_addf(buf, ", which is shown to be more; a rate of %s below ",
                       compare->arm[arm].name);
        add_below(compare, buf);
        mp_strbuf_addstr(buf, " is not shown");
        break;
    case MP_COMPARISON_WORSE:
        add_worse(compare, arm, buf);
        break;
    case MP_COMPARISON_NO_DIFFERENCE:
        add_no_difference(compare, arm, buf);
        break;
    case MP_COMPARISON_NO_POWER:
        mp_strbuf_addf(
            buf,
            "arm %s never failed in %llu round%s, so nothing is known of what was compared "
            "with it; take a workload that fails without a mitigation",
            compare->arm[0].name, U(counted(&compare->arm[0])), plural(counted(&compare->arm[0])));
        break;
    case MP_COMPARISON_NOTHING:
        add_nothing(compare, buf);
        break;
    }
}

void mp_compare_add_verdict(const struct mp_compare *compare, struct mp_text *text) {
    static const struct {
        enum mp_style style;
        const char *word;
    } words[] = {
        [MP_COMPARISON_FIXED] = {MP_GOOD, "FIXED"        },
        [MP_COMPARISON_BETTER] = {MP_GOOD, "BETTER"       },
        [MP_COMPARISON_WORSE] = {MP_BAD,  "WORSE"        },
        [MP_COMPARISON_NO_DIFFERENCE] = {MP_WARN, "NO DIFFERENCE"},
        [MP_COMPARISON_NO_POWER] = {MP_WARN, "NO POWER"     },
        [MP_COMPARISON_NOTHING] = {MP_WARN, "NOTHING RAN"  },
    };
    const char *word = compare->is_unfinished ? "UNFINISHED" : words[compare->verdict].word;
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    add_reason(compare, &reason);
    if (mp_report_is_all_model(compare->report)) {
        mp_strbuf_addstr(&reason, " (on the software model)");
    }
    mp_text_add(text, compare->is_unfinished ? MP_WARN : words[compare->verdict].style, "%s", word);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, MP_BOLD, strlen(word) + 2, reason.text);
    mp_text_end(text);
    mp_strbuf_release(&reason);
}

static void add_line(struct mp_text *text, const char *label, struct mp_strbuf *line) {
    mp_text_left(text, MP_DIM, LABEL_WIDTH, label);
    mp_text_wrap(text, MP_PLAIN, LABEL_WIDTH, line->text);
    mp_strbuf_clear(line);
}

static void add_plan(const struct mp_compare *compare, struct mp_text *text) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s (A, the control) with ", compare->arm[0].name);
    for (size_t arm = 1; arm < rule->arm_count; arm++) {
        mp_strbuf_addf(&line, "%s%s", arm > 1 ? ", " : "", compare->arm[arm].name);
    }
    mp_strbuf_addf(&line,
                   "%s, in %llu block%s of one round of each, in random order and with one seed",
                   rule->arm_count == 2 ? " (B)" : "", U(compare->comparison.blocks),
                   plural(compare->comparison.blocks));
    add_line(text, "compared", &line);
    mp_strbuf_addf(&line, "%s; a chance of at most %g %% that a verdict%s is wrong",
                   rule->looks ? "after every block, which the evidence E allows"
                               : "once, when all planned rounds had run",
                   100 * rule->alpha, rule->arm_count > 2 ? " on any arm" : "");
    add_line(text, "judged", &line);
    mp_strbuf_addstr(&line, "better than the control, and failing in less than ");
    add_below(compare, &line);
    mp_strbuf_addstr(&line, " of rounds wherever the control fails");
    add_line(text, "\"fixed\" is", &line);
    mp_strbuf_release(&line);
    mp_text_end(text);
}

static void begin_figure(struct mp_text *text, const char *label) {
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_left(text, MP_DIM, FIGURE_WIDTH, label);
}

static void end_figure(struct mp_text *text, struct mp_strbuf *line) {
    mp_text_wrap(text, MP_PLAIN, 2 + FIGURE_WIDTH, line->text);
    mp_strbuf_clear(line);
}

static void add_p(const char *name, double p, struct mp_strbuf *line) {
    mp_strbuf_addf(line, p < 1e-4 ? "%s p = %.1e" : "%s p = %.2g", name, p);
}

/* E is a power of e that no double may hold. */
static void add_evidence(double log_e, struct mp_strbuf *line) {
    double decades = log_e / log(10);
    if (decades < 5) {
        mp_strbuf_addf(line, "E = %.3g", exp(log_e));
    } else {
        mp_strbuf_addf(line, "E = %.1fe%d", pow(10, decades - floor(decades)), (int)floor(decades));
    }
}

static void add_evidence_figure(const struct mp_compare *compare, size_t arm, struct mp_text *text,
                                struct mp_strbuf *line) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    begin_figure(text, "evidence");
    add_evidence(mp_comparison_evidence_total(&compare->comparison, arm, MP_COMPARISON_SEEN), line);
    mp_strbuf_addstr(line, " that the arms differ; ");
    if (rule->looks) {
        mp_strbuf_addf(line, "%g decide", exp(mp_comparison_evidence_needed(rule)));
    } else {
        mp_strbuf_addstr(line, "here the exact test decides");
    }
    end_figure(text, line);
}

static void add_tests(const struct mp_compare *compare, size_t arm, struct mp_text *text,
                      struct mp_strbuf *line) {
    const struct mp_comparison_rule *rule = &compare->comparison.rule;
    struct mp_two_arms table =
        mp_comparison_table(&compare->comparison, 0, arm, MP_COMPARISON_SEEN);
    if (table.rounds_a < ROUNDS_MIN || table.rounds_b < ROUNDS_MIN) {
        return;
    }
    struct mp_boschloo boschloo = mp_two_arms_boschloo(table);
    begin_figure(text, "tests");
    add_p(boschloo.is_exact ? "Boschloo" : "Fisher's mid-P", boschloo.two_sided, line);
    mp_strbuf_addstr(line, ", ");
    add_p("Fisher", mp_two_arms_fisher(table).two_sided, line);
    mp_strbuf_addstr(line, rule->looks
                               ? " (two-sided; right if the number of rounds had been fixed "
                                 "beforehand)"
                               : " (two-sided)");
    end_figure(text, line);
}

static void add_points(struct mp_effect effect, struct mp_strbuf *line) {
    mp_strbuf_addf(line, "%.1f points [%.1f, %.1f]", 100 * effect.value,
                   floor(1000 * effect.low) / 10, ceil(1000 * effect.high) / 10);
}

static void add_effects(const struct mp_compare *compare, size_t arm, struct mp_text *text,
                        struct mp_strbuf *line) {
    struct mp_two_arms table =
        mp_comparison_table(&compare->comparison, 0, arm, MP_COMPARISON_SEEN);
    double alpha = compare->comparison.rule.alpha;
    begin_figure(text, "difference");
    mp_strbuf_addstr(line, "A - B = ");
    add_points(mp_effect_difference_newcombe(table, alpha), line);
    mp_strbuf_addstr(line, " (Newcombe, 95 %)");
    end_figure(text, line);
    struct mp_effect ratio = mp_effect_ratio_koopman(table, alpha);
    begin_figure(text, "ratio");
    if (isinf(ratio.value) || ratio.low <= 0) {
        mp_strbuf_addf(line,
                       isinf(ratio.value) ? "A failed at least %.1f times as often as B"
                                          : "A failed at most %.2g times as often as B",
                       isinf(ratio.value) ? floor(10 * ratio.low) / 10 : ratio.high);
    } else {
        mp_strbuf_addf(line, "A failed %.3g times as often as B [%.3g, %.3g]", ratio.value,
                       ratio.low, ratio.high);
    }
    mp_strbuf_addstr(line, " (Koopman, 95 %)");
    end_figure(text, line);
}

static void add_cost(const struct mp_compare *compare, size_t arm, struct mp_text *text,
                     struct mp_strbuf *line) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    begin_figure(text, "throughput");
    if (b->cost.pairs == 0) {
        mp_strbuf_addf(line, "no block in which both passed, so what B costs is not known");
    } else {
        mp_compare_format_cost(&b->cost, line);
        mp_strbuf_addf(line, " of A's: the median of %zu block%s in which both passed",
                       b->cost.pairs, plural(b->cost.pairs));
    }
    const struct mp_compare_arm *arms[] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (arms[i]->speed > 0) {
            mp_strbuf_addf(line, "%s%s ", i == 0 || a->speed <= 0 ? "; " : ", ",
                           i == 0 ? "A" : "B");
            mp_compare_format_speed(arms[i]->speed, line);
            mp_strbuf_addstr(line, " ops/s");
        }
    }
    end_figure(text, line);
}

static void add_worst_case(const struct mp_compare *compare, size_t arm, struct mp_text *text,
                           struct mp_strbuf *line) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    if (a->no_verdict + b->no_verdict == 0) {
        return;
    }
    begin_figure(text, "no verdict");
    mp_strbuf_addf(line, "%llu round%s of A and %llu of B", U(a->no_verdict), plural(a->no_verdict),
                   U(b->no_verdict));
    if (b->skipped > 0) {
        mp_strbuf_addstr(line, ", of which ");
        add_skipped(compare, arm, line);
    }
    if (counted(a) > 0 && counted(b) > 0) {
        mp_strbuf_addf(line, ". Read as passes of A and failures of B: %s; the other way round: %s",
                       mp_compare_words(b->verdict[MP_COMPARISON_AGAINST]),
                       mp_compare_words(b->verdict[MP_COMPARISON_IN_FAVOUR]));
    }
    end_figure(text, line);
}

/* One number over all strata, unless they contradict each other. */
static void add_pooled(const struct mp_compare *compare, size_t arm, struct mp_text *text,
                       struct mp_strbuf *line) {
    struct mp_strata strata = mp_comparison_pool(&compare->comparison, arm, MP_COMPARISON_SEEN);
    begin_figure(text, "tests");
    add_p(strata.is_exact ? "exact test over strata" : "Cochran-Mantel-Haenszel", strata.p, line);
    mp_strbuf_addf(line, " over %zu strat%s", strata.used, strata.used == 1 ? "um" : "a");
    if (strata.dropped > 0) {
        mp_strbuf_addf(line, " (%zu without failures in both, or only with them, left out)",
                       strata.dropped);
    }
    if (compare->comparison.rule.looks) {
        mp_strbuf_addstr(line, "; right if the number of rounds had been fixed beforehand");
    }
    end_figure(text, line);
    begin_figure(text, "pooled");
    if (strata.freedom > 0 && strata.tarone_p < MP_COMPARE_HOMOGENEITY) {
        mp_strbuf_addstr(line, "no one number: the strata differ in what B does (");
        add_p("Tarone", strata.tarone_p, line);
        mp_strbuf_addstr(line, "), see the table");
    } else {
        mp_strbuf_addstr(line, "A - B = ");
        add_points(strata.difference, line);
        mp_strbuf_addstr(line, " (Sato, 95 %)");
        if (strata.freedom > 0) {
            mp_strbuf_addstr(line, "; the strata agree, ");
            add_p("Tarone", strata.tarone_p, line);
        }
    }
    end_figure(text, line);
}

static void add_trend(const struct mp_compare *compare, size_t arm, const char *letter,
                      struct mp_text *text, struct mp_strbuf *line) {
    struct mp_trend trend;
    if (!mp_compare_trend(compare, arm, &trend)) {
        return;
    }
    begin_figure(text, arm == 0 ? "trend" : "");
    if (trend.chi2 <= 0) {
        mp_strbuf_addf(line, "%s: none, all of its rounds ended alike", letter);
    } else {
        mp_strbuf_addf(line, "%s fails %s often with more threads, ", letter,
                       trend.z > 0 ? "more" : "less");
        add_p("Cochran-Armitage", trend.p, line);
    }
    end_figure(text, line);
}

/* What two arms come to. */
static void add_figures(const struct mp_compare *compare, struct mp_text *text) {
    bool is_silent =
        compare->verdict == MP_COMPARISON_NO_POWER || compare->verdict == MP_COMPARISON_NOTHING;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "%s (B) against %s (A)", compare->arm[1].name, compare->arm[0].name);
    mp_text_end(text);
    if (!is_silent) {
        add_evidence_figure(compare, 1, text, &line);
    }
    if (!is_silent && compare->comparison.rule.stratum_count == 1) {
        add_tests(compare, 1, text, &line);
        add_effects(compare, 1, text, &line);
    } else if (!is_silent) {
        add_pooled(compare, 1, text, &line);
        add_trend(compare, 0, "A", text, &line);
        add_trend(compare, 1, "B", text, &line);
    }
    add_cost(compare, 1, text, &line);
    add_worst_case(compare, 1, text, &line);
    mp_strbuf_release(&line);
}

/* How the arms failed, each kind once. */
static void add_kinds(const struct mp_compare *compare, struct mp_text *text) {
    bool has_any = false;
    sqlite3_stmt *rows = mp_report_query(
        compare->report,
        "SELECT count(DISTINCT r.id), r.outcome, s.title, group_concat(DISTINCT cell.arm),"
        " max(c.id), max(r.id) FROM round AS r JOIN outcome AS o ON o.name = r.outcome"
        " JOIN cell ON cell.id = r.cell_id"
        " LEFT JOIN crash AS c ON c.round_id = r.id AND c.sample IS NOT 2"
        " LEFT JOIN signature AS s ON s.id = c.signature_id"
        " WHERE r.campaign_id = ?1 AND o.class = 'failure' GROUP BY r.outcome, s.id"
        " ORDER BY 1 DESC LIMIT 8",
        0);
    while (mp_report_next(compare->report, rows)) {
        struct mp_strbuf line;
        bool has_crash = sqlite3_column_int64(rows, 4) != 0;
        mp_strbuf_init(&line);
        if (!has_any) {
            mp_text_end(text);
            mp_text_add(text, MP_BOLD, "Failures by kind");
            mp_text_end(text);
        }
        has_any = true;
        mp_strbuf_addf(&line, "%s in %s", mp_report_column(rows, 1), mp_report_column(rows, 3));
        if (mp_report_column(rows, 2)[0] != '\0') {
            mp_strbuf_addf(&line, ": %s", mp_report_column(rows, 2));
        }
        mp_text_right(text, MP_PLAIN, KIND_WIDTH, mp_report_column(rows, 0));
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, KIND_WIDTH + 2, line.text);
        mp_strbuf_clear(&line);
        mp_text_quote(&line, compare->report->path);
        mp_text_left(text, MP_PLAIN, KIND_WIDTH + 2, "");
        mp_text_add(text, MP_DIM, "mpstress show %s %s --db %s", has_crash ? "crash" : "round",
                    mp_report_column(rows, has_crash ? 4 : 5), line.text);
        mp_text_end(text);
        mp_strbuf_release(&line);
    }
}

void mp_compare_add_all(struct mp_compare *compare, struct mp_text *text) {
    add_plan(compare, text);
    mp_compare_add_table(compare, text);
    if (compare->comparison.rule.arm_count == 2) {
        add_figures(compare, text);
    } else {
        mp_compare_add_ranking(compare, text);
    }
    add_kinds(compare, text);
}
