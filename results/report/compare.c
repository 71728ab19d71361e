/* The comparison in words: its verdict, what was compared and how, and its figures.
 * Tables are in compare_table.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/stats/effect.h"

#define LABEL_WIDTH 11
#define KIND_WIDTH  6

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
    for (size_t i = 0; i < count; i++)
        if (compare->arm[ranked[i]].verdict[MP_COMPARISON_SEEN] == compare->verdict)
            return ranked[i];
    return 1;
}

static void add_below(const struct mp_compare *compare, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%g %%", 100 * compare->comparison.rule.fixed_below);
}

static void add_against(const struct mp_compare *compare, size_t arm,
                        struct mp_strbuf *buf) {
    const struct mp_compare_arm *a = &compare->arm[0], *b = &compare->arm[arm];
    mp_strbuf_addf(buf, "arm %s failed in %llu of %llu round%s, arm %s in %llu of %llu",
                   b->name, U(b->failed), U(counted(b)), plural(counted(b)), a->name,
                   U(a->failed), U(counted(a)));
}

/* Where it is worse although all together are not. */
static void add_worse(const struct mp_compare *compare, size_t arm,
                      struct mp_strbuf *buf) {
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
    if (compare->comparison.rule.stratum_count > 1)
        mp_strbuf_addf(buf, "; most of all in %s", compare->stratum[worst].title);
}

static void add_no_difference(const struct mp_compare *compare, size_t arm,
                              struct mp_strbuf *buf) {
    uint64_t needed = mp_compare_rounds_for_halving(compare);
    uint64_t done = counted(&compare->arm[arm]);
    mp_strbuf_addstr(buf, "no difference shown: ");
    add_against(compare, arm, buf);
    if (needed > done) {
        mp_strbuf_addf(buf, "; %llu more round%s per arm would show a halving",
                       U(needed - done), plural(needed - done));
    } else if (needed > 0) {
        mp_strbuf_addstr(buf, "; a halving would most likely have been seen");
    }
}

/* Why rounds of an arm were skipped, in the words of one of them. */
void mp_compare_add_skipped(const struct mp_compare *compare, size_t arm,
                            struct mp_strbuf *buf) {
    uint64_t skipped = compare->arm[arm].skipped;
    if (skipped == 0)
        return;
    mp_strbuf_addf(buf, "%llu %s skipped", U(skipped), skipped == 1 ? "was" : "were");
    sqlite3_stmt *rows = mp_report_query(compare->report,
                                         "SELECT detail FROM round WHERE id = (SELECT "
                                         "max(id) FROM round WHERE campaign_id = ?1"
                                         " AND outcome = 'skip' AND cell_id = ?2)",
                                         compare->stratum[0].cell[arm]->id);
    while (mp_report_next(compare->report, rows))
        mp_strbuf_addf(buf, " (%s)", mp_report_column(rows, 0));
}

static void add_nothing(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arm = counted(&compare->arm[0]) == 0 ? 0 : find_spoken(compare);
    mp_strbuf_addf(buf, "no round of arm %s passed or failed%s", compare->arm[arm].name,
                   compare->arm[arm].skipped > 0 ? ": " : "");
    mp_compare_add_skipped(compare, arm, buf);
}

void mp_compare_write_reason(const struct mp_compare *compare, struct mp_strbuf *buf) {
    size_t arm = find_spoken(compare);
    if (compare->is_unfinished) {
        mp_strbuf_addstr(
            buf, "the campaign ended before its planned rounds, at which alone it may "
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
        mp_strbuf_addf(buf,
                       "arm %s never failed in %llu round%s, so nothing is known of what "
                       "was compared with it; take a workload that fails without a "
                       "mitigation",
                       compare->arm[0].name, U(counted(&compare->arm[0])),
                       plural(counted(&compare->arm[0])));
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
        [MP_COMPARISON_FIXED] = {MP_GOOD, "FIXED"},
        [MP_COMPARISON_BETTER] = {MP_GOOD, "BETTER"},
        [MP_COMPARISON_WORSE] = {MP_BAD, "WORSE"},
        [MP_COMPARISON_NO_DIFFERENCE] = {MP_WARN, "NO DIFFERENCE"},
        [MP_COMPARISON_NO_POWER] = {MP_WARN, "NO POWER"},
        [MP_COMPARISON_NOTHING] = {MP_WARN, "NOTHING RAN"},
    };
    const char *word =
        compare->is_unfinished ? "UNFINISHED" : words[compare->verdict].word;
    struct mp_strbuf reason;
    mp_strbuf_init(&reason);
    mp_compare_write_reason(compare, &reason);
    if (mp_report_is_all_model(compare->report))
        mp_strbuf_addstr(&reason, " (on the software model)");
    mp_text_add(text, compare->is_unfinished ? MP_WARN : words[compare->verdict].style,
                "%s", word);
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
    for (size_t arm = 1; arm < rule->arm_count; arm++)
        mp_strbuf_addf(&line, "%s%s", arm > 1 ? ", " : "", compare->arm[arm].name);
    mp_strbuf_addf(
        &line,
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

/* How the arms failed, each kind once. */
static void add_kinds(const struct mp_compare *compare, struct mp_text *text) {
    bool has_any = false;
    sqlite3_stmt *rows = mp_report_query(
        compare->report,
        "SELECT count(DISTINCT r.id), r.outcome, s.title, group_concat(DISTINCT "
        "cell.arm),"
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
        mp_strbuf_addf(&line, "%s in %s", mp_report_column(rows, 1),
                       mp_report_column(rows, 3));
        if (mp_report_column(rows, 2)[0] != '\0')
            mp_strbuf_addf(&line, ": %s", mp_report_column(rows, 2));
        mp_text_right(text, MP_PLAIN, KIND_WIDTH, mp_report_column(rows, 0));
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, KIND_WIDTH + 2, line.text);
        mp_strbuf_clear(&line);
        mp_text_quote(&line, compare->report->path);
        mp_text_left(text, MP_PLAIN, KIND_WIDTH + 2, "");
        mp_text_add(text, MP_DIM, "mpstress show %s %s --db %s",
                    has_crash ? "crash" : "round",
                    mp_report_column(rows, has_crash ? 4 : 5), line.text);
        mp_text_end(text);
        mp_strbuf_release(&line);
    }
}

void mp_compare_add_all(struct mp_compare *compare, struct mp_text *text) {
    add_plan(compare, text);
    mp_compare_add_table(compare, text);
    if (compare->comparison.rule.arm_count == 2) {
        mp_compare_add_figures(compare, text);
    } else {
        mp_compare_add_ranking(compare, text);
        mp_compare_add_arms(compare, text);
    }
    add_kinds(compare, text);
}
