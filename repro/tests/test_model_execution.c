/* Tests of what the model executes: results against an own computation, order, errors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "repro/tests/model_fixture.h"
#include "scenarios/kernels/reference.h"

#define N 24 /* side of the square matrices */

static void fill(id buffer, unsigned seed) {
    float *values = model_contents(buffer);
    for (int i = 0; i < N * N; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)((int)(seed >> 20) - 2048) / 1024.0f;
    }
}

static id matrix(const struct model *model, unsigned seed) {
    id buffer = model_buffer(model, N * N * sizeof(float));
    fill(buffer, seed);
    return buffer;
}

static bool is_product(id a, id b, id c) {
    const float *x = model_contents(a), *y = model_contents(b), *z = model_contents(c);
    bool good = true;
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            long double sum = 0;
            for (int k = 0; k < N; k++)
                sum += (long double)x[i * N + k] * y[k * N + j];
            good = good &&
                   fabsl(sum - (long double)z[i * N + j]) <= 1e-5L * (1 + fabsl(sum));
        }
    }
    return good;
}

static const struct mp_kernel_mm square = {N, N, N};

static void encode_mm(id command, id pipeline, id a, id b, id c, id counter) {
    id buffers[] = {a, b, c};
    id encoder = model_send(command, "computeCommandEncoder");
    model_encode(encoder, pipeline, buffers, 3, &square, sizeof(square), counter);
    model_send(encoder, "endEncoding");
}

static void case_mm(void) {
    struct model model;
    model_open(&model, "");
    void *pool = model.pool_push();
    id queue = model_queue(&model), mm = model_pipeline(&model, "mp_mm");
    id a = matrix(&model, 1), b = matrix(&model, 2), c = matrix(&model, 3);
    id counter = model_buffer(&model, 4);
    id command = model_send(queue, "commandBuffer");
    CHECK(model_number(command, "status") == 0);
    CHECK(!is_product(a, b, c));
    encode_mm(command, mm, a, b, c, counter);
    CHECK(model_number(command, "status") == 0);
    model_send(command, "commit");
    model_send(command, "waitUntilScheduled");
    CHECK(model_number(command, "status") >= 3);
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4);
    CHECK(model_send(command, "error") == NULL);
    CHECK(is_product(a, b, c));
    CHECK(*(_Atomic uint32_t *)model_contents(counter) == 1);
    CHECK(model.count("executed") == 1 && model.count("buffers_completed") == 1);
    SEL start = sel_registerName("GPUStartTime"), end = sel_registerName("GPUEndTime");
    double begin_s =
        ((double (*)(id, SEL))mp_method_find(command, start))(command, start);
    double end_s = ((double (*)(id, SEL))mp_method_find(command, end))(command, end);
    CHECK(begin_s > 0 && end_s >= begin_s);
    model.pool_pop(pool);
}

/* d = (a b) b: the second buffer reads what the first wrote. */
static void case_order(void) {
    struct model model;
    model_open(&model, "executors=8");
    id queue = model_queue(&model), mm = model_pipeline(&model, "mp_mm");
    id a = matrix(&model, 1), b = matrix(&model, 2);
    for (unsigned i = 0; i < 200; i++) {
        void *pool = model.pool_push();
        id c = matrix(&model, 10 + i), d = matrix(&model, 20 + i);
        id first = model_send(queue, "commandBuffer"),
           second = model_send(queue, "commandBuffer");
        encode_mm(second, mm, c, b, d, NULL);
        encode_mm(first, mm, a, b, c, NULL);
        if (i % 2) { /* enqueue decides, not commit */
            model_send(first, "enqueue");
            CHECK(model_number(first, "status") == 1);
            model_send(second, "commit");
            model_send(first, "commit");
        } else {
            model_send(first, "commit");
            model_send(second, "commit");
        }
        model_send(second, "waitUntilCompleted");
        CHECK(model_number(first, "status") == 4);
        CHECK(is_product(a, b, c) && is_product(c, b, d));
        model_send(c, "release");
        model_send(d, "release");
        model.pool_pop(pool);
    }
}

/* A resource that the client gives up after encoding lives until it was used. */
static void case_retained(void) {
    struct model model;
    model_open(&model, "");
    void *pool = model.pool_push();
    id queue = model_queue(&model), mm = model_pipeline(&model, "mp_mm");
    id a = matrix(&model, 1), b = matrix(&model, 2), c = matrix(&model, 3);
    id command = model_send(queue, "commandBuffer");
    CHECK((model_number(command, "retainedReferences") & 255) == 1);
    encode_mm(command, mm, a, b, c, NULL);
    CHECK(model_number(a, "retainCount") > 1);
    unsigned long long before = model.count("deallocs");
    model_send(mm, "release");
    model_send(b, "release");
    CHECK(model.count("deallocs") == before);
    id copy = model_buffer(&model, N * N * sizeof(float));
    fill(copy, 2);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(is_product(a, copy, c));
    model.pool_pop(pool);
}

static long finish_with_error(id command, char *ret_text, size_t size) {
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 5);
    id domain = model_send(model_send(command, "error"), "domain");
    CHECK(!strcmp(model_text(domain), "MTLCommandBufferErrorDomain"));
    return model_error_code(command, ret_text, size);
}

static void case_errors(void) {
    struct model model;
    char text[256];
    model_open(&model, "");
    void *pool = model.pool_push();
    id queue = model_queue(&model), mm = model_pipeline(&model, "mp_mm");
    id a = matrix(&model, 1), b = matrix(&model, 2), c = matrix(&model, 3);
    id counter = model_buffer(&model, 4);
    id command = model_send(queue, "commandBuffer");
    encode_mm(command, mm, a, NULL, c, counter);
    CHECK(finish_with_error(command, text, sizeof(text)) == 9 && strstr(text, "index 1"));
    command = model_send(queue, "commandBuffer");
    encode_mm(command, NULL, a, b, c, counter);
    CHECK(finish_with_error(command, text, sizeof(text)) == 9 &&
          strstr(text, "pipeline"));
    command = model_send(queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    id buffers[] = {a, b, c};
    model_encode(encoder, mm, buffers, 3, &square, sizeof(square) - 1, counter);
    model_send(encoder, "endEncoding");
    CHECK(finish_with_error(command, text, sizeof(text)) == 9 &&
          strstr(text, "constants"));
    command = model_send(queue, "commandBuffer");
    id small = model_buffer(&model, N * N * sizeof(float) - 4);
    encode_mm(command, mm, a, b, small, counter);
    CHECK(finish_with_error(command, text, sizeof(text)) == 3 &&
          strstr(text, "buffer 2"));
    command = model_send(queue, "commandBuffer");
    encoder = model_send(command, "computeCommandEncoder");
    model_set_buffer(encoder, a, 31);
    model_send(encoder, "endEncoding");
    CHECK(finish_with_error(command, text, sizeof(text)) == 9 && strstr(text, "31"));
    CHECK(*(uint32_t *)model_contents(counter) == 0);
    CHECK(model.count("executed") == 0 && model.count("buffers_failed") == 5);
    /* The queue is not harmed. */
    command = model_send(queue, "commandBuffer");
    encode_mm(command, mm, a, b, c, counter);
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4 && is_product(a, b, c));
    model.pool_pop(pool);
}

static void case_library(void) {
    struct model model;
    id error = NULL;
    model_open(&model, "");
    void *pool = model.pool_push();
    id library = model_library(
        &model,
        "// kernel void commented(\n/* kernel void also_commented( { */\n"
        "constant char *text = \"kernel void quoted(\";\n"
        "kernel\n  void mp_mm (device float *a [[buffer(0)]]) { if (1) { } }\n"
        "[[kernel]] void unheard_of(uint i [[thread_position_in_grid]]) {}\n"
        "void helper(int a) {}\nmykernel void not_one(int a) {}\n",
        &error);
    CHECK(library != NULL);
    id names = model_send(library, "functionNames");
    CHECK(model_number(names, "count") == 2);
    CHECK(!strcmp(model_text(model_send_number(names, "objectAtIndex:", 0)), "mp_mm"));
    CHECK(
        !strcmp(model_text(model_send_number(names, "objectAtIndex:", 1)), "unheard_of"));
    CHECK(model_send_id(library, "newFunctionWithName:", model_string("helper")) == NULL);
    id function =
        model_send_id(library, "newFunctionWithName:", model_string("unheard_of"));
    CHECK(!strcmp(model_text(model_send(function, "name")), "unheard_of"));
    CHECK(!model_send_id_out(
        model.device, "newComputePipelineStateWithFunction:error:", function, &error));
    CHECK(strstr(model_text(model_send(error, "localizedDescription")), "unheard_of") !=
          NULL);
    error = NULL;
    CHECK(!model_library(&model, "kernel void f() { if (1) { }", &error) && error);
    CHECK(strstr(model_text(model_send(error, "localizedDescription")), "braces") !=
          NULL);
    CHECK(!model_library(&model, "kernel void f() { } }", &error));
    CHECK(!model_library(&model, "", NULL));
    model.pool_pop(pool);
}

static void case_buffers(void) {
    struct model model;
    model_open(&model, "");
    CHECK(model_buffer(&model, 0) == NULL);
    CHECK(model_buffer(&model, model_number(model.device, "maxBufferLength") + 1) ==
          NULL);
    id buffer = model_buffer(&model, 4096);
    const unsigned char *bytes = model_contents(buffer);
    for (int i = 0; i < 4096; i++)
        CHECK(bytes[i] == 0);
    CHECK(model_number(buffer, "length") == 4096 &&
          model_number(buffer, "storageMode") == 0);
    SEL sel = sel_registerName("newBufferWithBytes:length:options:");
    mp_imp *method = mp_method_find(model.device, sel);
    id copy = ((id(*)(id, SEL, const void *, unsigned long, unsigned long))method)(
        model.device, sel, "seven..", 8, 2 << 4);
    CHECK(model_number(copy, "storageMode") == 2 && model_contents(copy) == NULL);
    CHECK(!memcmp((const void *)model_number(copy, "gpuAddress"), "seven..", 8));
}

static void blocked(int signal_number) {
    (void)signal_number;
    _exit(42);
}

/* One slot: a second buffer is there when the first has ended, and not before. */
static void case_slots(void) {
    struct model model;
    struct itimerval soon = {.it_value = {.tv_usec = 200000}};
    model_open(&model, "");
    id queue =
        model_send_number(model.device, "newCommandQueueWithMaxCommandBufferCount:", 1);
    for (int i = 0; i < 5; i++) {
        void *pool = model.pool_push();
        id command = model_send(queue, "commandBuffer");
        if (i % 2) { /* gone without a commit */
            model.pool_pop(pool);
            continue;
        }
        model_send(command, "commit");
        model_send(command, "waitUntilCompleted");
        model.pool_pop(pool);
    }
    void *pool = model.pool_push();
    model_send(queue, "commandBuffer");
    signal(SIGALRM, blocked);
    setitimer(ITIMER_REAL, &soon, NULL);
    model_send(queue, "commandBuffer");
    model.pool_pop(pool);
    exit(43);
}

static const struct model_case cases[] = {
    {"mm", case_mm},
    {"order", case_order},
    {"retained", case_retained},
    {"errors", case_errors},
    {"library", case_library},
    {"buffers", case_buffers},
    {"slots", case_slots},
    {.name = NULL},
};

static void mm_equals_an_own_computation_and_counts_itself(void **state) {
    (void)state;
    model_case_passes("mm");
}
static void buffers_of_one_queue_run_in_order_of_commit_or_enqueue(void **state) {
    (void)state;
    model_case_passes("order");
}
static void resources_live_until_they_were_used(void **state) {
    (void)state;
    model_case_passes("retained");
}
static void bad_bindings_fail_the_buffer_and_nothing_else(void **state) {
    (void)state;
    model_case_passes("errors");
}
static void libraries_know_the_kernels_of_their_source(void **state) {
    (void)state;
    model_case_passes("library");
}
static void buffers_are_zeroed_or_copied_and_bounded(void **state) {
    (void)state;
    model_case_passes("buffers");
}
static void queue_without_a_free_buffer_blocks(void **state) {
    struct model_result result;
    (void)state;
    model_case_run("slots", &result);
    if (result.exit_code != 42)
        fail_msg("exit code %d instead of being blocked: %s", result.exit_code,
                 result.text);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mm_equals_an_own_computation_and_counts_itself),
        cmocka_unit_test(buffers_of_one_queue_run_in_order_of_commit_or_enqueue),
        cmocka_unit_test(resources_live_until_they_were_used),
        cmocka_unit_test(bad_bindings_fail_the_buffer_and_nothing_else),
        cmocka_unit_test(libraries_know_the_kernels_of_their_source),
        cmocka_unit_test(buffers_are_zeroed_or_copied_and_bounded),
        cmocka_unit_test(queue_without_a_free_buffer_blocks),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
