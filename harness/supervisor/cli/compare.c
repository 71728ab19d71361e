/* mpstress compare: the same rounds under two or more arms, side by side, until it is
 * known whether they differ.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/supervisor/campaign/cell_arm.h"
#include "harness/supervisor/campaign/program_cell.h"
#include "harness/supervisor/cli/campaign_job.h"
#include "harness/supervisor/cli/fix_arms.h"
#include "harness/supervisor/cli/program_section.h"
#include "harness/supervisor/cli/variants.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"
#include "results/report/compare_reason.h"
#include "results/report/compare_rows.h"
#include "results/stats/comparison.h"
#include "results/stats/margin.h"
#include "results/stats/sequential.h"

#define SCENARIO_DEFAULT "destroy_impl"
#define ALPHA            0.05

/* The state of one comparison. */
struct compare {
    struct mp_campaign_job job;
    const char *arm[MP_COMPARISON_ARMS_MAX]; /* borrowed; the first is the control */
    size_t arm_count;
    struct mp_fix_arms fixes;
    /* Arms of programs as they are stored, and those of --vary, to which `arm` points. */
    char stored_arm[MP_COMPARISON_ARMS_MAX][MP_SPEC_ARM_MAX];
    bool judges_once;      /* at the planned number of rounds, not after every block */
    struct mp_claim claim; /* an arm below this rate may be called fixed */
    struct mp_outcome_set counts; /* failures of these kinds */
    struct mp_strbuf counts_text; /* for the plan */
    struct mp_comparison comparison;
    bool has_comparison;
    size_t *stratum, *arm_of; /* per cell of the plan */
};

/* The catalog's item that the first word of `text` names, or NULL. */
static const struct mp_catalog_item *
find_item(const struct compare *compare, enum mp_catalog_kind kind, const char *text) {
    char name[MP_SPEC_NAME_MAX];
    struct mp_error ignored;
    size_t len = strcspn(text, kind == MP_CATALOG_ARM ? "=:" : ":");
    if (len >= sizeof(name))
        return NULL;
    snprintf(name, sizeof(name), "%.*s", (int)len, text);
    return mp_catalog_find(&compare->job.catalog, kind, name, &ignored);
}

static enum mp_status refuse_word(const struct compare *compare, const char *text,
                                  struct mp_error *err) {
    const char *words[MP_CATALOG_ITEMS_MAX + 1] = {NULL};
    char shown[MP_SPEC_NAME_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < compare->job.catalog.count; i++) {
        const struct mp_catalog_item *item = &compare->job.catalog.item[i];
        if (item->kind != MP_CATALOG_DEVICE)
            words[count++] = item->name;
    }
    snprintf(shown, sizeof(shown), "%.*s", (int)strcspn(text, ":="), text);
    return mp_option_unknown(err, "arm or scenario", shown, words);
}

static enum mp_status add_arm(struct compare *compare, const char *text,
                              struct mp_error *err) {
    if (mp_program_arm_kind(text) != MP_PROGRAM_ARM_OTHER &&
        compare->arm_count < MP_COMPARISON_ARMS_MAX) {
        char *stored = compare->stored_arm[compare->arm_count];
        enum mp_status status = mp_program_arm_write(text, "", stored, err);
        if (status != MP_OK)
            return status;
        text = stored;
    }
    if (mp_finder_find(text) != NULL)
        return mp_error_set(err, MP_USAGE,
                            "arm %s changes what is tested and is in no rate, so it "
                            "cannot be compared: see what it finds with mpstress run "
                            "--arm %s",
                            text, text);
    for (size_t i = 0; i < compare->arm_count; i++) {
        if (strcmp(compare->arm[i], text) == 0)
            return mp_error_set(
                err, MP_USAGE,
                "arm '%s' is given twice: a comparison needs different arms", text);
    }
    if (compare->arm_count == MP_COMPARISON_ARMS_MAX)
        return mp_error_set(err, MP_LIMIT, "more than %d arms", MP_COMPARISON_ARMS_MAX);
    compare->arm[compare->arm_count++] = text;
    return MP_OK;
}

/* Several programs against each other: the first is the workload, each other one an arm
 * that runs it instead. */
static enum mp_status read_programs(struct compare *compare, struct mp_error *err) {
    const struct mp_args *args = compare->job.args;
    const char *command[MP_CAMPAIGN_JOB_LIST_MAX];
    size_t count = mp_args_texts(args, "exec", command, MP_CAMPAIGN_JOB_LIST_MAX);
    if (count < 2)
        return mp_program_sections_add(&compare->job.suite, args, err);
    if (compare->arm_count > 0 || args->operands_before < args->operand_count)
        return mp_error_set(err, MP_USAGE,
                            "compare either several programs, or arms of one: give "
                            "--exec once and name arms, or several times without arms");
    enum mp_status status =
        mp_program_section_add(&compare->job.suite, args, command[0], err);
    if (status == MP_OK)
        status = add_arm(compare, "none", err);
    for (size_t i = 1; status == MP_OK && i < count && i < MP_COUNT(command); i++) {
        struct mp_strbuf arm;
        mp_strbuf_init(&arm);
        mp_strbuf_addf(&arm, "exec:%s", command[i]);
        status = add_arm(compare, arm.text, err);
        mp_strbuf_release(&arm);
    }
    return status;
}

/* The values of one setting of the device, an arm each. */
static enum mp_status read_variants(struct compare *compare, struct mp_error *err) {
    const char *text = mp_args_text(compare->job.args, "vary");
    if (text == NULL)
        return MP_OK;
    if (compare->arm_count > 0)
        return mp_error_set(err, MP_USAGE,
                            "--vary makes the arms: name none beside it, or write them "
                            "all, as in 'compare set:order=original set:order=patched'");
    enum mp_status status = mp_variants_read(
        text, compare->stored_arm, MP_COMPARISON_ARMS_MAX, &compare->arm_count, err);
    for (size_t i = 0; status == MP_OK && i < compare->arm_count; i++)
        compare->arm[i] = compare->stored_arm[i];
    return status;
}

/* Libraries of --fix are arms: against none if nothing else is named. */
static enum mp_status read_fixes(struct compare *compare, struct mp_error *err) {
    enum mp_status status = mp_fix_arms_read(compare->job.args, &compare->fixes, err);
    if (status != MP_OK || compare->fixes.count == 0)
        return status;
    if (compare->arm_count == 0) {
        status = add_arm(compare, "none", err);
        if (status == MP_OK)
            status = add_arm(compare, "fix", err);
    }
    return status == MP_OK
               ? mp_fix_arms_expand(&compare->fixes, compare->arm, &compare->arm_count,
                                    MP_COMPARISON_ARMS_MAX, err)
               : status;
}

/* Operands that name an arm are arms, in order; the others are scenarios. */
static enum mp_status read_operands(struct compare *compare, struct mp_error *err) {
    const struct mp_args *args = compare->job.args;
    enum mp_status status = MP_OK;
    for (size_t i = 0; status == MP_OK && i < args->operands_before; i++) {
        const char *text = args->operand[i];
        if (find_item(compare, MP_CATALOG_ARM, text) != NULL)
            status = add_arm(compare, text, err);
        else if (find_item(compare, MP_CATALOG_SCENARIO, text) != NULL)
            status = mp_suite_add_scenario(&compare->job.suite, text, err);
        else
            status = refuse_word(compare, text, err);
    }
    if (status == MP_OK)
        status = read_variants(compare, err);
    if (status == MP_OK)
        status = read_fixes(compare, err);
    if (status == MP_OK)
        status = read_programs(compare, err);
    if (status == MP_OK && compare->arm_count < 2)
        status = mp_error_set(
            err, MP_USAGE,
            "%s to compare: name two arms or more, the control first, as in "
            "'mpstress compare none sync_on_queue'; 'mpstress list' shows them",
            compare->arm_count == 0 ? "nothing" : "only one arm");
    if (status == MP_OK && compare->job.suite.section_count == 0)
        status = mp_suite_add_scenario(&compare->job.suite, SCENARIO_DEFAULT, err);
    return status;
}

static bool is_subject(const struct mp_suite_section *section) {
    const struct mp_suite_key *role = mp_suite_key(section, "role");
    return role == NULL || strcmp(role->value, "subject") == 0;
}

static enum mp_status refuse_own_arms(const struct mp_suite *suite,
                                      struct mp_error *err) {
    for (size_t i = 0; i < suite->section_count; i++) {
        const struct mp_suite_section *section = &suite->section[i];
        const struct mp_suite_key *arm = mp_suite_key(section, "arm");
        if (arm != NULL && is_subject(section)) {
            mp_error_set(
                err, MP_USAGE,
                "arm = %s: a comparison takes its arms from the command line; remove "
                "this key",
                arm->value);
            return mp_suite_error(section, arm->line, MP_USAGE, err);
        }
    }
    return MP_OK;
}

/* A sound model never fails, so nothing could be compared on it: if no device is named
 * and no real one opens, the model gets a planted race, and a message says so. */
static enum mp_status choose_device(const struct compare *compare,
                                    char ret_text[MP_SPEC_DEVICE_MAX],
                                    struct mp_error *err) {
    const struct mp_catalog_item *device =
        mp_catalog_default_device(&compare->job.catalog);
    if (device == NULL)
        return mp_error_set(err, MP_USAGE, "name a device: --device");
    if (!mp_catalog_write_planted(device, ret_text)) {
        snprintf(ret_text, MP_SPEC_DEVICE_MAX, "%s", device->name);
        return MP_OK;
    }
    mp_log(MP_LOG_INFO,
           "no real device opens here: comparing on the software model with a planted "
           "race, --device %s",
           ret_text);
    return MP_OK;
}

/* Blocks of a comparison of that many workloads, if the user gives no number. */
static uint64_t default_rounds(const struct compare *compare, size_t strata) {
    const struct mp_claim *claim = &compare->claim;
    struct mp_margin_question question = {
        .margin = claim->target,
        .alpha = claim->alpha / (double)(compare->arm_count - 1),
        .is_two_sided = claim->kind == MP_CLAIM_DIFFERENCE,
        .strata = strata};
    uint64_t rounds = claim->kind == MP_CLAIM_RATE
                          ? mp_pairs_default_budget(claim->target, claim->alpha,
                                                    compare->arm_count, strata)
                          : mp_margin_default_budget(question);
    return rounds < MP_PLAN_ROUNDS_MAX ? rounds : MP_PLAN_ROUNDS_MAX;
}

/* Several workloads need more blocks each, to be fixed in all of them. */
static void share_rounds(const struct compare *compare, struct mp_plan *plan,
                         uint64_t for_one) {
    size_t strata = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        strata += plan->cell[i].stratum == i;
    if (strata < 2)
        return;
    uint64_t rounds = default_rounds(compare, strata);
    for (size_t i = 0; i < plan->cell_count; i++)
        if (plan->cell[i].rounds == for_one)
            plan->cell[i].rounds = rounds;
}

static bool needs_device(const struct mp_suite *suite) {
    for (size_t i = 0; i < suite->section_count; i++)
        if (mp_suite_key(&suite->section[i], "device") == NULL &&
            !mp_program_cell_is_section(&suite->section[i]))
            return true;
    return false;
}

static enum mp_status make_plan(struct compare *compare, struct mp_error *err) {
    struct mp_campaign_job *job = &compare->job;
    const struct mp_args *args = job->args;
    bool is_default =
        !mp_args_is_set(args, "duration") && !mp_args_is_set(args, "rounds");
    const char *device[MP_CAMPAIGN_JOB_LIST_MAX] = {NULL};
    char chosen[MP_SPEC_DEVICE_MAX];
    struct mp_plan_settings settings = {
        .device = device,
        .device_count = mp_args_texts(args, "device", device, MP_CAMPAIGN_JOB_LIST_MAX),
        .arm = compare->arm,
        .arm_count = compare->arm_count,
        .drops_controls = true,
        .has_rounds = true,
        .rounds = is_default ? default_rounds(compare, 1) : 0,
    };
    if (mp_args_is_set(args, "rounds"))
        settings.rounds = (uint64_t)mp_option_get(&args->values, "rounds")->integer;
    enum mp_status status = MP_OK;
    if (settings.device_count == 0 && needs_device(&job->suite)) {
        device[0] = chosen;
        settings.device_count = 1;
        status = choose_device(compare, chosen, err);
    }
    job->plan_claim = &compare->claim;
    if (status == MP_OK)
        status = mp_campaign_job_make_plan(job, &settings, err);
    if (status == MP_OK) {
        mp_plan_keep_subjects(&job->plan);
        mp_plan_pair_arms(&job->plan);
        if (is_default)
            share_rounds(compare, &job->plan, settings.rounds);
        if (job->plan.cell_count == 0)
            status = mp_error_set(
                err, MP_USAGE,
                "nothing to compare: the suite has only controls and no subject");
    }
    return status;
}

/* Which arm of the command line is the cell's. */
static size_t find_arm(const struct compare *compare, const struct mp_cell *cell) {
    size_t found = 0;
    unsigned best = 0;
    for (size_t i = 0; i < compare->arm_count; i++) {
        unsigned fit = mp_fix_arms_fit(compare->arm[i], &cell->spec);
        if (fit == 0 && mp_cell_arm_is(&compare->job.catalog, cell, compare->arm[i]))
            return i;
        if (fit > best) {
            best = fit;
            found = i;
        }
    }
    return found;
}

/* Numbers the strata and arms of the cells. */
static void begin_comparison(struct compare *compare) {
    const struct mp_plan *plan = &compare->job.plan;
    struct mp_comparison_rule rule = {
        .arm_count = compare->arm_count,
        .looks = !compare->judges_once,
    };
    mp_comparison_rule_claim(&rule, &compare->claim);
    compare->stratum = mp_memory_zeroed(plan->cell_count, sizeof(*compare->stratum));
    compare->arm_of = mp_memory_zeroed(plan->cell_count, sizeof(*compare->arm_of));
    for (size_t i = 0; i < plan->cell_count; i++) {
        size_t first = plan->cell[i].stratum;
        compare->stratum[i] = first == i ? rule.stratum_count++ : compare->stratum[first];
        compare->arm_of[i] = find_arm(compare, &plan->cell[i]);
    }
    mp_comparison_init(&compare->comparison, &rule);
    compare->has_comparison = true;
}

static void count_round(struct compare *compare, size_t cell, uint64_t seed,
                        enum mp_outcome outcome) {
    mp_comparison_add(&compare->comparison, compare->stratum[cell], compare->arm_of[cell],
                      seed, mp_compare_block_verdict(compare->counts, outcome));
}

static enum mp_status read_counts(struct compare *compare, struct mp_error *err) {
    const char *text[MP_CAMPAIGN_JOB_LIST_MAX];
    size_t count =
        mp_args_texts(compare->job.args, "count", text, MP_CAMPAIGN_JOB_LIST_MAX);
    enum mp_status status = MP_OK;
    for (size_t i = 0; status == MP_OK && i < count; i++)
        status = mp_outcome_set_parse(text[i], &compare->counts, err);
    if (status != MP_OK)
        return mp_error_prefix(err, "--count"), status;
    mp_outcome_set_write(compare->counts, ",", ",", &compare->counts_text);
    if (compare->counts.bits != 0)
        compare->job.plan_counts = compare->counts_text.text;
    return MP_OK;
}

/* The questions of a comparison; the first is asked if none is. */
static const struct claim_option {
    const char *name;
    enum mp_claim_kind kind;
} claim_options[] = {
    {"fixed-below", MP_CLAIM_RATE},
    {"no-worse-than", MP_CLAIM_EXCESS},
    {"same-within", MP_CLAIM_DIFFERENCE},
};

static enum mp_status parse_fixed_below(const char *text, const char *option,
                                        double *ret_rate, struct mp_error *err) {
    enum mp_status status = mp_claim_parse_rate(text, option, ret_rate, err);
    if (status == MP_OK &&
        !(*ret_rate >= MP_CLAIM_TARGET_MIN && *ret_rate <= MP_CLAIM_TARGET_MAX))
        status = mp_error_set(
            err, MP_USAGE, "%s '%s': must be a rate between 0 and 99 %%", option, text);
    return status;
}

static enum mp_status read_claim(struct compare *compare, struct mp_error *err) {
    const struct mp_args *args = compare->job.args;
    const struct claim_option *row = &claim_options[0];
    size_t given = 0;
    for (size_t i = 0; i < MP_COUNT(claim_options); i++) {
        if (mp_args_is_set(args, claim_options[i].name)) {
            row = &claim_options[i];
            given++;
        }
    }
    if (given > 1)
        return mp_error_set(err, MP_USAGE,
                            "a comparison answers one question: give one of "
                            "--fixed-below, --no-worse-than and --same-within");
    char option[32];
    const char *text = mp_option_get(&args->values, row->name)->text;
    snprintf(option, sizeof(option), "--%s", row->name);
    compare->claim = (struct mp_claim){.alpha = ALPHA, .kind = row->kind};
    double *target = &compare->claim.target;
    enum mp_status status = row->kind == MP_CLAIM_RATE
                                ? parse_fixed_below(text, option, target, err)
                                : mp_claim_parse_margin(text, option, target, err);
    if (status == MP_OK)
        status = read_counts(compare, err);
    compare->job.plan_claim = &compare->claim;
    compare->job.plan_kind =
        compare->judges_once ? MP_COMPARE_KIND_ALL : MP_COMPARE_KIND_LOOKS;
    return status;
}

/* A round from before the interruption. */
static void take_saved(void *arg, int64_t cell_id, uint64_t seed,
                       enum mp_outcome outcome) {
    struct compare *compare = arg;
    const struct mp_saved_request *saved = &compare->job.resumed;
    for (size_t i = 0; i < saved->cell_count; i++)
        if (saved->cell[i].id == cell_id)
            count_round(compare, i, seed,
                        outcome == MP_OUTCOME_COUNT ? MP_OUTCOME_NO_VERDICT : outcome);
}

/* The interrupted plan: its arms in order of first occurrence, its figure, and how it
 * judges.
 */
static enum mp_status prepare_resume(struct compare *compare, struct mp_error *err) {
    struct mp_campaign_job *job = &compare->job;
    job->plan_kind = MP_COMPARE_KIND_LOOKS; /* this claim is not the campaign's */
    enum mp_status status = mp_campaign_job_prepare_resume(job, err);
    status = status == MP_OK
                 ? mp_claim_parse_any(job->resumed.claim, &compare->claim, err)
                 : status;
    if (status == MP_OK && job->resumed.counts[0] != '\0')
        status = mp_outcome_set_parse(job->resumed.counts, &compare->counts, err);
    if (status != MP_OK)
        return status;
    compare->judges_once = strcmp(job->resumed.kind, MP_COMPARE_KIND_ALL) == 0;
    for (size_t i = 0; i < job->plan.cell_count && status == MP_OK; i++) {
        const char *arm = job->plan.cell[i].spec.arm;
        size_t known = 0;
        while (known < compare->arm_count && strcmp(compare->arm[known], arm) != 0)
            known++;
        status = known == compare->arm_count ? add_arm(compare, arm, err) : MP_OK;
    }
    if (status == MP_OK) {
        begin_comparison(compare);
        status = mp_store_campaign_rounds(job->store, job->resumed.campaign_id,
                                          take_saved, compare, err);
    }
    return status;
}

static enum mp_status prepare(struct compare *compare, struct mp_error *err) {
    struct mp_campaign_job *job = &compare->job;
    if (mp_args_flag(job->args, "resume"))
        return prepare_resume(compare, err);
    compare->judges_once = mp_args_flag(job->args, "all-rounds");
    enum mp_status status = read_claim(compare, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_catalog(job, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_suite(job, err);
    if (status == MP_OK)
        status = read_operands(compare, err);
    if (status == MP_OK)
        status = refuse_own_arms(&job->suite, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_seeds(job, err);
    if (status == MP_OK)
        status = make_plan(compare, err);
    if (status == MP_OK)
        begin_comparison(compare);
    return status;
}

static bool take_round(void *arg, const struct mp_ended *ended) {
    struct compare *compare = arg;
    count_round(compare, ended->cell_index, ended->seed, ended->outcome);
    return mp_comparison_is_decided(&compare->comparison);
}

static void add_arm_counts(const struct compare *compare, size_t arm,
                           struct mp_strbuf *buf) {
    struct mp_comparison_counts sum = {0};
    for (size_t i = 0; i < compare->comparison.rule.stratum_count; i++) {
        struct mp_comparison_counts one =
            mp_comparison_count(&compare->comparison, i, arm);
        sum.passed += one.passed;
        sum.failed += one.failed;
    }
    mp_strbuf_addf(buf, " %" PRIu64 "/%" PRIu64, sum.failed, sum.passed + sum.failed);
}

/* Whether an arm is a program, whose command is too long for a line. */
static bool compares_programs(const struct compare *compare) {
    for (size_t arm = 0; arm < compare->arm_count; arm++)
        if (mp_program_arm_kind(compare->arm[arm]) == MP_PROGRAM_EXEC)
            return true;
    return false;
}

/* For the live line: blocks, failures of each arm, and progress of the evidence. */
static void describe(void *arg, bool is_short, struct mp_strbuf *buf) {
    const struct compare *compare = arg;
    double differ = 0, below = 0;
    if (!is_short)
        mp_strbuf_addf(buf, "%" PRIu64 " %s  ", compare->comparison.blocks,
                       mp_plural(compare->comparison.blocks, "block", "blocks"));
    if (!is_short && compare->counts.bits != 0) {
        mp_outcome_set_write(compare->counts, ", ", " and ", buf);
        mp_strbuf_addstr(buf, " in ");
    }
    for (size_t arm = 0; arm < compare->arm_count && (!is_short || arm < 2); arm++) {
        mp_strbuf_addstr(buf, arm > 0 ? ", " : "");
        if (compares_programs(compare))
            mp_strbuf_addch(buf, (char)('A' + arm));
        else
            mp_strbuf_addstr(buf, compare->arm[arm]);
        add_arm_counts(compare, arm, buf);
    }
    if (!compare->comparison.rule.looks)
        return;
    mp_comparison_progress(&compare->comparison, &differ, &below);
    if (is_short) {
        mp_strbuf_addf(buf, "  evidence %.0f %%", floor(100 * fmin(differ, below)));
    } else if (compare->claim.kind != MP_CLAIM_RATE) {
        mp_strbuf_addstr(buf, "  evidence for less than ");
        mp_compare_write_margin(&compare->comparison.rule, buf);
        mp_strbuf_addf(buf, " %.0f %%", floor(100 * differ));
    } else {
        mp_strbuf_addf(buf, "  evidence that they differ %.0f %%, below %g %% %.0f %%",
                       floor(100 * differ), 100 * compare->claim.target,
                       floor(100 * below));
    }
}

static int run(const struct mp_args *args, char *const *argv) {
    struct compare compare = {0};
    struct mp_campaign_config config = {.is_decided = take_round, .decide_arg = &compare};
    struct mp_campaign_result result;
    struct mp_error err;
    mp_campaign_job_init(&compare.job, "compare", args, argv);
    mp_strbuf_init(&compare.counts_text);
    compare.job.describe = describe;
    compare.job.describe_arg = &compare;
    enum mp_status status = prepare(&compare, &err);
    if (status == MP_OK)
        status = mp_campaign_job_open(&compare.job, &err);
    if (status == MP_OK)
        status = mp_campaign_job_run(&compare.job, &config, &result, &err);
    if (status == MP_OK)
        status = mp_campaign_job_conclude(&compare.job, &result, &err);
    if (compare.has_comparison)
        mp_comparison_release(&compare.comparison);
    mp_strbuf_release(&compare.counts_text);
    free(compare.stratum);
    free(compare.arm_of);
    return mp_campaign_job_end(&compare.job, status, &err);
}

static const struct mp_option options[] = {
    {.name = "vary",
     .type = MP_OPTION_TEXT,
     .metavar = "NAME=VALUE|VALUE",
     .help = "compare settings of the device, the control first: an arm each"},
    {.name = "fixed-below",
     .type = MP_OPTION_TEXT,
     .metavar = "RATE",
     .fallback = "5%",
     .help = "an arm is called fixed only if its rate is shown to be below this"},
    {.name = "no-worse-than",
     .type = MP_OPTION_TEXT,
     .metavar = "MARGIN",
     .help =
         "ask instead whether the rate of an arm is less than MARGIN (1% or '1 % more', one "
         "percentage point) above that of the control: no worse (exit 0), worse by "
         "more than MARGIN (1), or not shown (3); checked after every block, with "
         "--all-rounds once at the end"},
    {.name = "same-within",
     .type = MP_OPTION_TEXT,
     .metavar = "MARGIN",
     .help = "the same in both directions: same (exit 0), different (1), not shown (3)"},
    {.name = "count",
     .type = MP_OPTION_TEXT,
     .metavar = "KIND",
     .is_repeatable = true,
     .help =
         "count failures of this kind only: crash, abort, mismatch, dropped, hang, "
         "gpu_error, exit, or several (crash,hang); a round that fails in another way "
         "then counts as one that did not, and an arm whose other failures rise is "
         "called exchanged (exit 3), not better or fixed; default: all failures"},
    {.name = "rounds",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 0,
     .max = MP_PLAN_ROUNDS_MAX,
     .help = "most rounds of each arm in each workload; 0: until --duration is up; "
             "default: until --duration is up, else enough to call an arm fixed with a "
             "probability of 80 % if it fails half as often as --fixed-below and the "
             "control at least twice as often (727 for 5 % and two arms); with a "
             "margin, enough to show it with 80 % if every arm fails at a rate equal "
             "to the margin"},
    {.name = "all-rounds",
     .type = MP_OPTION_FLAG,
     .help = "run all rounds and judge once, with exact tests, instead of stopping as "
             "soon as the answer is known"},
    MP_ROW_DURATION,
    {.name = "suite",
     .type = MP_OPTION_TEXT,
     .metavar = "SUITE",
     .help = "compare on the subjects of a suite: a name that 'mpstress list' shows, or "
             "a file"},
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .is_repeatable = true,
     .help = "device with settings; default: a real device where one opens, else the "
             "software model with a planted race"},
    MP_ROW_TIMEOUT,
    MP_ROW_SILENCE,
    MP_ROW_FIX,
    MP_ROW_EXEC,
    MP_ROW_WATCH,
    MP_ROW_OK_CODES,
    MP_ROW_SKIP_CODES,
    MP_ROW_FAIL_OUTPUT,
    MP_ROW_DELAY,
    MP_ROW_SEED,
    MP_ROW_RESUME,
    MP_ROW_JOBS,
    MP_ROW_CAPTURE,
    MP_ROW_RECORDER,
    MP_ROWS_OF_CAMPAIGNS,
    {0},
};

static const char *const description[] = {
    "Runs the same workloads under two or more arms and says whether they differ. The "
    "first arm is the control. The default workload is destroy_impl. A block is one "
    "round of every arm of one workload on one device, in random order and with the "
    "same seed; blocks of several workloads (such as threads=2|4|8) are interleaved, "
    "so that all arms run during the same minutes on the same machine.",
    "The evidence that an arm differs from the control is checked after every block. "
    "The test allows for that: the chance of a wrong verdict stays at 5 % however "
    "often it is checked. A comparison ends as soon as every arm is known to be fixed, "
    "worse, or better without being fixed, and otherwise when its rounds or its time "
    "are used up. With --all-rounds it is judged once, by McNemar's exact test over "
    "the pairs of all blocks.",
    "With --no-worse-than or --same-within, the arms must be shown to fail alike: in "
    "every workload, every arm, and however the rounds without a verdict would have "
    "ended.",
    "Verdicts: fixed (better, and below --fixed-below in every workload), better, "
    "exchanged (--count: fewer of the failures that count, but more others), worse, no "
    "difference shown (with the number of rounds that would show a halving), no power "
    "(the control never failed), nothing ran. The report also shows what each arm "
    "costs (its throughput relative to the control's in the same blocks) and how many "
    "ops its rounds survive.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress compare --exec false --exec true --fixed-below 20%",
     "two of your own programs against each other"},
    {"mpstress compare none sync_on_queue --fixed-below 10%",
     "does the mitigation stop the race planted in the model?"},
    {"mpstress compare none encode_mutex stream_mutex sync_on_queue serial --fixed-below "
     "20%",
     "all mitigations of the model, ranked by failures and cost"},
    {"mpstress compare none encode_mutex 'destroy_impl:threads=2|4|8' --rounds 10 "
     "--all-rounds",
     "exactly ten rounds of each arm at each number of threads, judged once"},
    {"mpstress compare none serial noop --device null --rounds 20  # exits 5",
     "where nothing fails, nothing can be compared"},
    {"mpstress compare sync_on_queue none --rounds 20  # exits 1",
     "the other way round: without the mitigation it is worse"},
    {0},
};

const struct mp_command mp_command_compare = {
    .name = "compare",
    .summary = "run arms side by side and say whether they differ",
    .operands = "ARM ARM... [SCENARIO[:PARAM=VALUE,...]]... [-- COMMAND ARG...]",
    .operand_names = "arms",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
