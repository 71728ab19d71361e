/* Tests of op chains, run on the CPU reference: attention against its definition, and
 * that no chain makes numbers so small or so large that a wrong one could pass.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/chain.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/attention.h"
#include "scenarios/registry.h"

/* A chain with the contents of all tensors. */
struct chain {
    struct mp_chain chain;
    float *values[MP_CHAIN_TENSORS_MAX];
};

static void run_chain(struct chain *run) {
    struct mp_rng rng;

    mp_rng_seed(&rng, 5);
    for (unsigned i = 0; i < run->chain.tensor_count; i++) {
        const struct mp_chain_tensor *tensor = &run->chain.tensor[i];

        run->values[i] = mp_memory_zeroed(tensor->length, sizeof(float));
        for (size_t k = 0; k < tensor->length; k++)
            run->values[i][k] =
                tensor->scale * ((float)(mp_rng_next(&rng) >> 40) * 0x1p-23f - 1.0f);
    }
    for (unsigned s = 0; s < run->chain.stage_count; s++) {
        const struct mp_chain_stage *stage = &run->chain.stage[s];
        void *buffer[MP_OP_BUFFERS_MAX];

        for (unsigned i = 0; i < stage->shape.kernel->buffer_count; i++) {
            /* A view may leave some of its tensor out. */
            assert_true(stage->shape.length[i] <=
                        run->chain.tensor[stage->tensor[i]].length);
            buffer[i] = run->values[stage->tensor[i]];
        }
        stage->shape.kernel->run(buffer, &stage->shape.constants);
    }
}

static void release(struct chain *run) {
    for (unsigned i = 0; i < run->chain.tensor_count; i++)
        free(run->values[i]);
    free(run);
}

#define SAMPLES  2
#define LENGTH   5
#define HEADS    3
#define WIDTH    4
#define FEATURES (HEADS * WIDTH)

/* Row `row` of x times the transpose of w, plus bias. */
static double project(const float *x, const float *w, const float *bias, size_t row,
                      size_t out) {
    double sum = bias[out];

    for (size_t i = 0; i < FEATURES; i++)
        sum += (double)x[row * FEATURES + i] * w[out * FEATURES + i];
    return sum;
}

/* What head `head` makes of one position: sum of values, weighted by softmax. */
static void attend(const float *x, const float *w, const float *bias, size_t sample,
                   size_t position, size_t head, double *ret_row) {
    double weight[LENGTH], total = 0;

    for (size_t other = 0; other < LENGTH; other++) {
        double product = 0;

        for (size_t d = 0; d < WIDTH; d++)
            product +=
                project(x, w, bias, sample * LENGTH + position, head * WIDTH + d) *
                project(x, w, bias, sample * LENGTH + other, FEATURES + head * WIDTH + d);
        weight[other] = exp(product / sqrt(WIDTH));
        total += weight[other];
    }
    for (size_t d = 0; d < WIDTH; d++) {
        ret_row[d] = 0;
        for (size_t other = 0; other < LENGTH; other++)
            ret_row[d] += weight[other] / total *
                          project(x, w, bias, sample * LENGTH + other,
                                  2 * FEATURES + head * WIDTH + d);
    }
}

static void check_attention(bool by_chunk, unsigned stages) {
    const struct mp_attention attention = {.samples = SAMPLES,
                                           .length = LENGTH,
                                           .heads = HEADS,
                                           .width = WIDTH,
                                           .by_chunk = by_chunk};
    struct chain *run = mp_memory_zeroed(1, sizeof(*run));
    const unsigned x = mp_chain_input(&run->chain, (size_t)SAMPLES * LENGTH * FEATURES);
    const unsigned y = mp_attention_add(&run->chain, x, &attention);
    /* Weights stand behind the input in the order of their layers: in, then out. */
    const unsigned *in = run->chain.stage[0].tensor;
    const unsigned *out = run->chain.stage[stages - 1].tensor;

    assert_int_equal(run->chain.stage_count, stages);
    run_chain(run);
    for (size_t row = 0; row < SAMPLES * LENGTH; row++) {
        double joined[FEATURES];

        for (size_t head = 0; head < HEADS; head++)
            attend(run->values[x], run->values[in[1]], run->values[in[2]], row / LENGTH,
                   row % LENGTH, head, joined + head * WIDTH);
        for (size_t i = 0; i < FEATURES; i++) {
            double want = run->values[out[2]][i];

            for (size_t k = 0; k < FEATURES; k++)
                want += joined[k] * run->values[out[1]][i * FEATURES + k];
            assert_true(fabs(run->values[y][row * FEATURES + i] - want) < 1e-5);
        }
    }
    release(run);
}

static void attention_equals_its_definition_however_it_is_split(void **state) {
    (void)state;
    check_attention(false, 10);
    check_attention(true, 9);
}

#define STEPS  3
#define IN     4
#define HIDDEN 5

/* Gate `gate` of one element, from the weights of both layers. */
static double gate_of(const struct chain *run, const struct mp_chain_stage *of_x,
                      const struct mp_chain_stage *of_h, const float *x, const double *h,
                      size_t gate) {
    const float *w = run->values[of_x->tensor[1]], *u = run->values[of_h->tensor[1]];
    double sum = run->values[of_x->tensor[2]][gate] + run->values[of_h->tensor[2]][gate];

    for (size_t k = 0; k < IN; k++)
        sum += (double)w[gate * IN + k] * x[k];
    for (size_t k = 0; k < HIDDEN; k++)
        sum += u[gate * HIDDEN + k] * h[k];
    return sum;
}

static double sigmoid(double value) {
    return 1 / (1 + exp(-value));
}

/* One row through all steps, with the weights of the first. */
static void lstm_equals_its_definition_with_one_set_of_weights(void **state) {
    const struct mp_scenario *lstm = &mp_scenario_lstm;
    struct mp_option_values params;
    const struct mp_scenario_run scenario = {.scenario = lstm, .params = &params};
    struct chain *run = mp_memory_zeroed(1, sizeof(*run));
    const struct mp_chain_stage *stage = run->chain.stage;
    double h[HIDDEN], c[HIDDEN];
    struct mp_error err;

    (void)state;
    mp_option_values_init(&params, lstm->params);
    assert_int_equal(
        mp_option_set_list(&params, "n=1,length=3,features=4,hidden=5", &err), MP_OK);
    lstm->chain(&scenario, &run->chain);
    assert_int_equal(run->chain.stage_count, 3 * STEPS);
    run_chain(run);
    for (size_t i = 0; i < HIDDEN; i++) {
        h[i] = run->values[stage[1].tensor[0]][i];
        c[i] = run->values[stage[2].tensor[2]][i];
    }
    for (size_t step = 0; step < STEPS; step++) {
        const struct mp_chain_stage *cell = &stage[3 * step + 2];
        const float *x = run->values[stage[3 * step].tensor[0]];
        double next[HIDDEN];

        for (size_t i = 0; i < HIDDEN; i++) {
            double gate[4];

            for (size_t k = 0; k < 4; k++)
                gate[k] = gate_of(run, &stage[0], &stage[1], x, h, k * HIDDEN + i);
            c[i] = sigmoid(gate[1]) * c[i] + sigmoid(gate[0]) * tanh(gate[2]);
            next[i] = sigmoid(gate[3]) * tanh(c[i]);
        }
        memcpy(h, next, sizeof(h));
        for (size_t i = 0; i < HIDDEN; i++) {
            assert_true(fabs(run->values[cell->tensor[3]][i] - h[i]) < 1e-5);
            assert_true(fabs(run->values[cell->tensor[4]][i] - c[i]) < 1e-5);
        }
    }
    release(run);
}

/* Keys that are scattered by their ranks stand in order. */
static void scatter_sorts_keys_by_their_ranks(void **state) {
    struct chain *run = mp_memory_zeroed(1, sizeof(*run));
    const unsigned keys = mp_chain_input(&run->chain, 3 * 7);
    const unsigned place = mp_chain_rank(&run->chain, keys, 3, 7);
    const unsigned sorted = mp_chain_scatter(&run->chain, keys, place, 3, 7);

    (void)state;
    run_chain(run);
    for (size_t i = 0; i < 3 * 7; i++) {
        const size_t to = i / 7 * 7 + (size_t)run->values[place][i];

        assert_true(run->values[sorted][to] == run->values[keys][i]);
        assert_true(i % 7 == 0 || run->values[sorted][i - 1] < run->values[sorted][i]);
    }
    release(run);
}

/* The spread of each result, beside its tolerance: a wrong element of another thread is
 * off by about that. */
static void no_result_is_too_small_for_its_tolerance(void **state) {
    const struct mp_scenario *const *list = mp_scenario_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        struct mp_option_values params;
        const struct mp_scenario_run scenario = {.scenario = list[i], .params = &params};
        struct chain *run;

        if (!list[i]->chain)
            continue;
        run = mp_memory_zeroed(1, sizeof(*run));
        mp_option_values_init(&params, list[i]->params);
        list[i]->chain(&scenario, &run->chain);
        assert_true(run->chain.stage_count > 0 && run->chain.work > 0);
        run_chain(run);
        for (unsigned s = 0; s < run->chain.stage_count; s++) {
            const struct mp_chain_stage *stage = &run->chain.stage[s];
            const unsigned y = stage->tensor[stage->shape.inputs];
            const size_t length = run->chain.tensor[y].length;
            double sum = 0, squares = 0, spread;

            for (size_t k = 0; k < length; k++) {
                sum += run->values[y][k];
                squares += (double)run->values[y][k] * run->values[y][k];
            }
            spread = sqrt(squares / length - sum / length * (sum / length));
            if (!(spread > 500 * stage->shape.tolerance.absolute &&
                  spread < 1e5 * stage->shape.tolerance.absolute))
                fail_msg("%s: stage %u (%s) has a spread of %g, and its tolerance is %g",
                         list[i]->name, s + 1, stage->shape.kernel->name, spread,
                         stage->shape.tolerance.absolute);
        }
        release(run);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_equals_its_definition_however_it_is_split),
        cmocka_unit_test(lstm_equals_its_definition_with_one_set_of_weights),
        cmocka_unit_test(scatter_sorts_keys_by_their_ranks),
        cmocka_unit_test(no_result_is_too_small_for_its_tolerance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
