/* The search for the smallest case. Deterministic: the same answers lead to the same
 * questions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/shrink/shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define TOTAL 0.05
#define SHARE 0.5

void mp_shrink_init(struct mp_shrink *shrink, uint64_t limit) {
    memset(shrink, 0, sizeof(*shrink));
    shrink->total = TOTAL;
    shrink->share = SHARE;
    shrink->limit = limit;
}

void mp_shrink_release(struct mp_shrink *shrink) {
    free(shrink->step);
    shrink->step = NULL;
    shrink->steps = 0;
}

bool mp_shrink_add(struct mp_shrink *shrink, const char *name, enum mp_shrink_kind kind,
                   int64_t now, int64_t least) {
    if (shrink->axes == MP_SHRINK_AXES_MAX)
        return false;
    struct mp_shrink_axis *axis = &shrink->axis[shrink->axes++];
    snprintf(axis->name, sizeof(axis->name), "%s", name);
    axis->kind = kind;
    axis->first = axis->now = now;
    axis->least = least;
    return true;
}

bool mp_shrink_is_answered(const struct mp_shrink_question *question, uint64_t failures,
                           uint64_t rounds) {
    if (rounds >= question->rounds_max)
        return true;
    if (question->asks == MP_SHRINK_ASKS_BASE)
        return failures >= MP_SHRINK_FAILURES;
    return question->asks == MP_SHRINK_ASKS_STEP &&
           mp_flaky_decide(question->keep, question->alpha, failures, rounds) !=
               MP_FLAKY_OPEN;
}

const char *mp_shrink_end_name(enum mp_shrink_end end) {
    return end == MP_SHRINK_MINIMAL ? "minimal"
           : end == MP_SHRINK_NEVER ? "never_failed"
                                    : "out_of_rounds";
}

static uint64_t rounds_left(const struct mp_shrink *shrink) {
    return shrink->rounds < shrink->limit ? shrink->limit - shrink->rounds : 0;
}

/* Asks, and keeps the answer. The step is the last of the list. */
static enum mp_status ask(struct mp_shrink *shrink, const struct mp_shrink_oracle *oracle,
                          const struct mp_shrink_question *question,
                          struct mp_error *err) {
    shrink->step =
        mp_memory_resize(shrink->step, shrink->steps + 1, sizeof(*shrink->step));
    struct mp_shrink_step *step = &shrink->step[shrink->steps++];
    *step = (struct mp_shrink_step){.question = *question};
    enum mp_status status = oracle->ask(oracle->arg, step, err);
    shrink->rounds += step->rounds;
    return status;
}

static struct mp_shrink_question question_of(const struct mp_shrink *shrink,
                                             enum mp_shrink_asks asks) {
    struct mp_shrink_question question = {
        .asks = asks, .keep = shrink->keep, .number = shrink->steps};
    for (size_t i = 0; i < shrink->axes; i++)
        question.value[i] = shrink->axis[i].now;
    return question;
}

/* The rate of the first case. */
static enum mp_status ask_base(struct mp_shrink *shrink,
                               const struct mp_shrink_oracle *oracle,
                               struct mp_error *err) {
    struct mp_shrink_question question = question_of(shrink, MP_SHRINK_ASKS_BASE);
    question.rounds_max = rounds_left(shrink) / 4 + 1;
    enum mp_status status = ask(shrink, oracle, &question, err);
    const struct mp_shrink_step *step = &shrink->step[shrink->steps - 1];
    if (status == MP_OK)
        shrink->keep =
            mp_flaky_keep(shrink->total, shrink->share, step->failures, step->rounds);
    return status;
}

/* An earlier answer about the same case. */
static const struct mp_shrink_step *find_step(const struct mp_shrink *shrink,
                                              const int64_t *value) {
    for (size_t i = 0; i < shrink->steps; i++) {
        const struct mp_shrink_step *step = &shrink->step[i];
        if (step->question.asks == MP_SHRINK_ASKS_STEP &&
            memcmp(step->question.value, value, shrink->axes * sizeof(*value)) == 0)
            return step;
    }
    return NULL;
}

/* Whether the case with `value` on `axis` keeps the failure; then it is the smallest so
 * far. OPEN: the rounds ended. */
static enum mp_status try_value(struct mp_shrink *shrink,
                                const struct mp_shrink_oracle *oracle, size_t axis,
                                int64_t value, enum mp_flaky_verdict *ret_verdict,
                                struct mp_error *err) {
    struct mp_shrink_question question = question_of(shrink, MP_SHRINK_ASKS_STEP);
    uint64_t reserved = mp_flaky_last_rounds(shrink->keep);
    uint64_t left = rounds_left(shrink);
    question.value[axis] = value;
    const struct mp_shrink_step *known = find_step(shrink, question.value);
    *ret_verdict = known != NULL ? known->verdict : MP_FLAKY_OPEN;
    if (known != NULL || left <= reserved)
        return MP_OK;
    question.rounds_max = left - reserved;
    question.alpha = mp_flaky_alpha(shrink->total, ++shrink->asked);
    enum mp_status status = ask(shrink, oracle, &question, err);
    struct mp_shrink_step *step = &shrink->step[shrink->steps - 1];
    step->verdict = step->is_refused ? MP_FLAKY_LOSES
                                     : mp_flaky_decide(shrink->keep, question.alpha,
                                                       step->failures, step->rounds);
    *ret_verdict = step->verdict;
    if (status == MP_OK && step->verdict == MP_FLAKY_KEEPS)
        shrink->axis[axis].now = value;
    return status;
}

static int64_t power_below(int64_t value) {
    int64_t power = 1;
    while (power * 2 < value)
        power *= 2;
    return power;
}

/* One step down from `value`. */
static int64_t step_down(const struct mp_shrink_axis *axis, int64_t value) {
    int64_t next = axis->kind == MP_SHRINK_NUMBER   ? value - 1
                   : axis->kind == MP_SHRINK_COARSE ? power_below(value)
                                                    : axis->least;
    return next > axis->least ? next : axis->least;
}

/* Between two values of which the lower one has lost the failure; `high` if there is
 * nothing between. */
static int64_t middle(const struct mp_shrink_axis *axis, int64_t low, int64_t high) {
    if (axis->kind == MP_SHRINK_NUMBER)
        return high - low > 1 ? low + (high - low) / 2 : high;
    if (axis->kind != MP_SHRINK_COARSE)
        return high;
    int64_t powers = 0, power = step_down(axis, high);
    for (; power > low; power = step_down(axis, power))
        powers++;
    power = high;
    for (int64_t i = 0; i < (powers + 1) / 2; i++)
        power = step_down(axis, power);
    return powers > 0 ? power : high;
}

/* Brings a number down: to the least value at once or, in later passes, by one step; and
 * from there by halving. */
static enum mp_status lower_number(struct mp_shrink *shrink,
                                   const struct mp_shrink_oracle *oracle, size_t at,
                                   bool is_first, bool *ret_is_open,
                                   struct mp_error *err) {
    struct mp_shrink_axis *axis = &shrink->axis[at];
    enum mp_flaky_verdict verdict = MP_FLAKY_LOSES;
    int64_t low = axis->least;
    if (axis->now == axis->least)
        return MP_OK;
    int64_t value = is_first ? axis->least : step_down(axis, axis->now);
    enum mp_status status = try_value(shrink, oracle, at, value, &verdict, err);
    if (verdict == MP_FLAKY_LOSES && !is_first)
        return status;
    if (verdict == MP_FLAKY_KEEPS && !is_first && axis->now > axis->least)
        status = try_value(shrink, oracle, at, axis->least, &verdict, err);
    while (status == MP_OK && verdict != MP_FLAKY_OPEN && axis->now > axis->least) {
        value = middle(axis, low, axis->now);
        if (value == axis->now)
            break;
        status = try_value(shrink, oracle, at, value, &verdict, err);
        if (verdict == MP_FLAKY_LOSES)
            low = value;
    }
    *ret_is_open = verdict == MP_FLAKY_OPEN;
    return status;
}

/* All of a set at once, then one after the other. */
static enum mp_status lower_set(struct mp_shrink *shrink,
                                const struct mp_shrink_oracle *oracle, size_t at,
                                bool *ret_is_open, struct mp_error *err) {
    struct mp_shrink_axis *axis = &shrink->axis[at];
    enum mp_flaky_verdict verdict = MP_FLAKY_LOSES;
    enum mp_status status = MP_OK;
    if (axis->now != axis->least)
        status = try_value(shrink, oracle, at, axis->least, &verdict, err);
    for (int bit = 0; bit < 62 && status == MP_OK && verdict != MP_FLAKY_OPEN; bit++) {
        int64_t without = axis->now & ~(INT64_C(1) << bit);
        if (without != axis->now && without != axis->least)
            status = try_value(shrink, oracle, at, without, &verdict, err);
    }
    *ret_is_open = verdict == MP_FLAKY_OPEN;
    return status;
}

/* Until a whole pass finds nothing smaller. */
static enum mp_status lower_all(struct mp_shrink *shrink,
                                const struct mp_shrink_oracle *oracle,
                                struct mp_error *err) {
    enum mp_status status = MP_OK;
    bool is_open = false, is_smaller = true;
    for (bool is_first = true; is_smaller && !is_open && status == MP_OK;
         is_first = false) {
        is_smaller = is_first;
        for (size_t i = 0; i < shrink->axes && !is_open && status == MP_OK; i++) {
            int64_t before = shrink->axis[i].now;
            status = shrink->axis[i].kind == MP_SHRINK_SET
                         ? lower_set(shrink, oracle, i, &is_open, err)
                         : lower_number(shrink, oracle, i, is_first, &is_open, err);
            is_smaller = is_smaller || shrink->axis[i].now != before;
        }
    }
    shrink->end = is_open ? MP_SHRINK_OUT : MP_SHRINK_MINIMAL;
    return status;
}

static enum mp_status ask_last(struct mp_shrink *shrink,
                               const struct mp_shrink_oracle *oracle,
                               struct mp_error *err) {
    struct mp_shrink_question question = question_of(shrink, MP_SHRINK_ASKS_LAST);
    uint64_t wanted = mp_flaky_last_rounds(shrink->keep), left = rounds_left(shrink);
    question.rounds_max = wanted < left ? wanted : left;
    if (question.rounds_max == 0)
        return MP_OK;
    enum mp_status status = ask(shrink, oracle, &question, err);
    const struct mp_shrink_step *step = &shrink->step[shrink->steps - 1];
    shrink->is_valid =
        mp_flaky_is_valid(shrink->total, shrink->keep, step->failures, step->rounds);
    return status;
}

enum mp_status mp_shrink_search(struct mp_shrink *shrink,
                                const struct mp_shrink_oracle *oracle,
                                struct mp_error *err) {
    enum mp_status status = ask_base(shrink, oracle, err);
    if (status == MP_OK && !(shrink->keep > 0)) {
        shrink->end = MP_SHRINK_NEVER;
        return MP_OK;
    }
    if (status == MP_OK)
        status = lower_all(shrink, oracle, err);
    if (status == MP_OK)
        status = ask_last(shrink, oracle, err);
    return status;
}
