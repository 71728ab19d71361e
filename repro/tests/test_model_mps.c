/* Tests of MetalPerformanceShaders on the model: numbers against an own computation, what
 * it refuses, and that nothing is left behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "repro/tests/model_fixture.h"

#define ROWS    3
#define COLUMNS 5
#define INNER   4
#define FLOAT32 0x10000020u

/* Calls the method `text` of `receiver`, which is evaluated more than once, with its true
 * types. */
#define CALL(result, receiver, text, types, ...)                                         \
    ((result(*) types)mp_method_find((receiver), sel_registerName(text)))(               \
        (receiver), sel_registerName(text), __VA_ARGS__)
#define IDS_1 (id, SEL, id)
#define IDS_2 (id, SEL, id, id)
#define IDS_3 (id, SEL, id, id, id)
#define IDS_4 (id, SEL, id, id, id, id)
#define IDS_5 (id, SEL, id, id, id, id, id)

struct bench {
    struct model model;
    void *pool;
    id queue;
};

static void bench_open(struct bench *bench) {
    model_open(&bench->model, "");
    bench->pool = bench->model.pool_push();
    bench->queue = model_queue(&bench->model);
}

/* Nothing that the driver made may be left but the device. */
static void bench_close(struct bench *bench) {
    model_send(bench->queue, "release");
    bench->model.pool_pop(bench->pool);
    model_send(bench->model.device, "release");
    for (int i = 0; i < 2000; i++) {
        if (bench->model.count("inits") == bench->model.count("deallocs"))
            return;
        struct timespec turn = {0, 1000000};
        nanosleep(&turn, NULL);
    }
    CHECK(bench->model.count("inits") == bench->model.count("deallocs"));
}

/* A buffer of small whole numbers, different for each seed; released by the pool. */
static id matrix(const struct bench *bench, size_t count, unsigned seed) {
    id buffer = model_buffer(&bench->model, count * sizeof(float));
    float *value = model_contents(buffer);
    for (size_t i = 0; i < count; i++)
        value[i] = (float)((i * 7 + seed * 5) % 11) - 4;
    return model_send(buffer, "autorelease");
}

static id numbers(const unsigned long *value, unsigned long count) {
    id number[4];
    for (unsigned long i = 0; i < count; i++)
        number[i] = model_send_number(model_class("NSNumber"),
                                      "numberWithUnsignedInteger:", value[i]);
    return CALL(id, model_class("NSArray"),
                "arrayWithObjects:count:", (id, SEL, const id *, unsigned long), number,
                count);
}

static id shape2(unsigned long rows, unsigned long columns) {
    return numbers((unsigned long[]){rows, columns}, 2);
}

static id list(id a, id b, id c) {
    id item[] = {a, b, c};
    return CALL(id, model_class("NSArray"),
                "arrayWithObjects:count:", (id, SEL, const id *, unsigned long), item,
                c   ? 3ul
                : b ? 2ul
                    : 1ul);
}

static id descriptor(id shape) {
    id made =
        CALL(id, model_class("MPSNDArrayDescriptor"),
             "descriptorWithDataType:shape:", (id, SEL, uint32_t, id), FLOAT32, shape);
    CALL(void, made, "setPreferPackedRows:", (id, SEL, BOOL), 1);
    return made;
}

static id alloc(const char *class) {
    return model_send(model_class(class), "alloc");
}

static id array_with(id buffer, unsigned long offset, id array_descriptor) {
    id raw = alloc("MPSNDArray");
    id array = CALL(id, raw,
                    "initWithBuffer:offset:descriptor:", (id, SEL, id, unsigned long, id),
                    buffer, offset, array_descriptor);
    return model_send(array, "autorelease");
}

static id array_of(id buffer, unsigned long rows, unsigned long columns) {
    return array_with(buffer, 0, descriptor(shape2(rows, columns)));
}

static bool near_enough(double a, double b) {
    return fabs(a - b) <= 1e-5 * (1 + fabs(b));
}

static void finish(id command) {
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4);
}

static id matrix_of(id buffer, unsigned long rows, unsigned long columns,
                    unsigned long row_bytes) {
    id made = CALL(id, model_class("MPSMatrixDescriptor"),
                   "matrixDescriptorWithRows:columns:rowBytes:dataType:",
                   (id, SEL, unsigned long, unsigned long, unsigned long, uint32_t), rows,
                   columns, row_bytes, FLOAT32);
    id raw = alloc("MPSMatrix");
    id matrix = CALL(id, raw, "initWithBuffer:offset:descriptor:",
                     (id, SEL, id, unsigned long, id), buffer, 0ul, made);
    return model_send(matrix, "autorelease");
}

static id product_kernel(const struct bench *bench, BOOL left, BOOL right, double alpha,
                         double beta) {
    id raw = alloc("MPSMatrixMultiplication");
    id kernel = CALL(id, raw,
                     "initWithDevice:transposeLeft:transposeRight:resultRows:"
                     "resultColumns:interiorColumns:alpha:beta:",
                     (id, SEL, id, BOOL, BOOL, unsigned long, unsigned long,
                      unsigned long, double, double),
                     bench->model.device, left, right, (unsigned long)ROWS,
                     (unsigned long)COLUMNS, (unsigned long)INNER, alpha, beta);
    return model_send(kernel, "autorelease");
}

/* Both transposed, rows wider than the matrix, alpha and beta. */
static void case_matrix_product(void) {
    struct bench bench;
    bench_open(&bench);
    id a = matrix(&bench, INNER * 6, 1), b = matrix(&bench, COLUMNS * INNER, 2);
    id c = matrix(&bench, ROWS * COLUMNS, 3);
    float *x = model_contents(a), *y = model_contents(b), *z = model_contents(c);
    double before[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++)
        before[i] = (double)z[i];
    id command = model_send(bench.queue, "commandBuffer");
    id kernel = product_kernel(&bench, 1, 1, 2.0, 0.5);
    CALL(void, kernel,
         "encodeToCommandBuffer:leftMatrix:rightMatrix:resultMatrix:", IDS_4, command,
         matrix_of(a, INNER, ROWS, 6 * sizeof(float)),
         matrix_of(b, COLUMNS, INNER, INNER * sizeof(float)),
         matrix_of(c, ROWS, COLUMNS, COLUMNS * sizeof(float)));
    finish(command);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double sum = 0;
            for (int k = 0; k < INNER; k++)
                sum += (double)x[k * 6 + i] * (double)y[j * INNER + k];
            CHECK(near_enough((double)z[i * COLUMNS + j],
                              2 * sum + 0.5 * before[i * COLUMNS + j]));
        }
    bench_close(&bench);
}

/* The linear layer as PyTorch sends it: the weight's descriptor is transposed, the bias is
 * the third source, the encoder is the client's. */
static void case_array_product(void) {
    struct bench bench;
    bench_open(&bench);
    id x = matrix(&bench, ROWS * INNER, 1), w = matrix(&bench, COLUMNS * INNER, 2);
    id bias = matrix(&bench, COLUMNS, 3), y = matrix(&bench, 64 + ROWS * COLUMNS, 4);
    id weight_descriptor = descriptor(shape2(COLUMNS, INNER));
    CALL(void, weight_descriptor,
         "transposeDimension:withDimension:", (id, SEL, unsigned long, unsigned long),
         0ul, 1ul);
    id raw = alloc("MPSNDArrayMatrixMultiplication");
    id kernel = CALL(id, raw, "initWithDevice:sourceCount:", (id, SEL, id, unsigned long),
                     bench.model.device, 3ul);
    CHECK(CALL(BOOL, kernel, "respondsToSelector:", (id, SEL, SEL),
               sel_registerName("encodeToCommandEncoder:commandBuffer:sourceArrays:"
                                "destinationArray:")));
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    CALL(void, kernel,
         "encodeToCommandEncoder:commandBuffer:sourceArrays:destinationArray:", IDS_4,
         encoder, command,
         list(array_of(x, ROWS, INNER), array_with(w, 0, weight_descriptor),
              array_of(bias, 1, COLUMNS)),
         array_with(y, 64 * sizeof(float), descriptor(shape2(ROWS, COLUMNS))));
    model_send(encoder, "endEncoding");
    model_send(kernel, "release");
    finish(command);
    float *xs = model_contents(x), *ws = model_contents(w), *bs = model_contents(bias);
    float *ys = (float *)model_contents(y) + 64;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double sum = (double)bs[j];
            for (int k = 0; k < INNER; k++)
                sum += (double)xs[i * INNER + k] * (double)ws[j * INNER + k];
            CHECK(near_enough((double)ys[i * COLUMNS + j], sum));
        }
    bench_close(&bench);
}

/* Element i, j of the copy is 1 + 2 i + 9 j: strides, a slice and a transposition. */
static void case_views_are_copied(void) {
    struct bench bench;
    bench_open(&bench);
    id from = matrix(&bench, 1 + 9 * COLUMNS, 1), to = matrix(&bench, ROWS * COLUMNS, 2);
    id base = array_with(from, sizeof(float),
                         descriptor(numbers((unsigned long[]){9 * COLUMNS}, 1)));
    id view = CALL(id, base, "arrayViewWithShape:strides:", IDS_2,
                   numbers((unsigned long[]){COLUMNS, ROWS, 2}, 3),
                   numbers((unsigned long[]){9, 2, 1}, 3));
    CHECK(view != NULL);
    id sliced = model_send(view, "descriptor");
    struct slice {
        unsigned long start, length;
    } first = {0, 1};
    CALL(void, sliced,
         "sliceDimension:withSubrange:", (id, SEL, unsigned long, struct slice), 0ul,
         first);
    CALL(void, sliced,
         "transposeDimension:withDimension:", (id, SEL, unsigned long, unsigned long),
         1ul, 2ul);
    view = model_send_id(view, "arrayViewWithDescriptor:", sliced);
    CHECK(view != NULL);
    id identity =
        model_send_id(alloc("MPSNDArrayIdentity"), "initWithDevice:", bench.model.device);
    id command = model_send(bench.queue, "commandBuffer");
    id copy = array_of(to, ROWS, COLUMNS);
    CHECK(CALL(id, identity,
               "reshapeWithCommandBuffer:sourceArray:shape:destinationArray:", IDS_4,
               command, view, shape2(ROWS, COLUMNS), copy) == copy);
    model_send(identity, "release");
    finish(command);
    float *source = model_contents(from), *target = model_contents(to);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
            CHECK(target[i * COLUMNS + j] == source[1 + 2 * i + 9 * j]);
    bench_close(&bench);
}

/* Apple's page: contiguous data only, the last stride 1, none smaller than the next. */
static void case_views_that_cannot_be(void) {
    struct bench bench;
    bench_open(&bench);
    id buffer = matrix(&bench, 24, 1);
    id whole = array_of(buffer, 4, 6);
    CHECK(CALL(id, whole, "arrayViewWithShape:strides:", IDS_2, shape2(6, 4),
               shape2(1, 6)) == NULL);
    CHECK(CALL(id, whole, "arrayViewWithShape:strides:", IDS_2,
               numbers((unsigned long[]){2, 2, 3}, 3),
               numbers((unsigned long[]){1, 6, 1}, 3)) == NULL);
    CHECK(CALL(id, whole, "arrayViewWithShape:strides:", IDS_2, shape2(5, 6),
               shape2(6, 1)) == NULL); /* leaves the array */
    CHECK(CALL(id, whole, "arrayViewWithShape:strides:", IDS_2, shape2(3, 8),
               shape2(8, 1)) != NULL);
    id turned = descriptor(shape2(4, 6));
    CALL(void, turned,
         "transposeDimension:withDimension:", (id, SEL, unsigned long, unsigned long),
         0ul, 1ul);
    id across = array_with(buffer, 0, turned);
    CHECK(CALL(id, across, "arrayViewWithShape:strides:", IDS_2, shape2(6, 4),
               shape2(4, 1)) == NULL); /* is not contiguous */
    bench_close(&bench);
}

static void case_array_beyond_its_buffer(void) {
    struct bench bench;
    bench_open(&bench);
    array_of(matrix(&bench, 23, 1), 4, 6);
}

static void case_array_without_elements(void) {
    struct bench bench;
    bench_open(&bench);
    descriptor(shape2(0, 6));
}

/* Tensors, and a dictionary of them to arrays. */
struct pairs {
    id tensor[4], data[4];
    unsigned long count;
};

static void pairs_add(struct pairs *pairs, id tensor, id array) {
    id data = model_send_id(alloc("MPSGraphTensorData"), "initWithMPSNDArray:", array);
    pairs->tensor[pairs->count] = tensor;
    pairs->data[pairs->count++] = model_send(data, "autorelease");
}

static id dictionary(const struct pairs *pairs) {
    return CALL(id, model_class("NSDictionary"), "dictionaryWithObjects:forKeys:count:",
                (id, SEL, const id *, const id *, unsigned long), pairs->data,
                pairs->tensor, pairs->count);
}

static id placeholder(id graph, id shape) {
    return CALL(id, graph,
                "placeholderWithShape:dataType:name:", (id, SEL, id, uint32_t, id), shape,
                FLOAT32, NULL);
}

static void encode(id graph, id command, const struct pairs *feeds,
                   const struct pairs *results) {
    CALL(void, graph,
         "encodeToCommandBuffer:feeds:targetOperations:resultsDictionary:"
         "executionDescriptor:",
         IDS_5, command, dictionary(feeds), NULL, dictionary(results), NULL);
}

static id two(id graph, const char *name, id a, id b) {
    return CALL(id, graph, name, IDS_3, a, b, NULL);
}

/* x W^T + bias, and the same graph run again on other numbers. */
static void case_graph_linear(void) {
    struct bench bench;
    bench_open(&bench);
    id graph = model_send(alloc("MPSGraph"), "init");
    id x = placeholder(graph, shape2(ROWS, INNER)),
       w = placeholder(graph, shape2(COLUMNS, INNER));
    id bias = placeholder(graph, numbers((unsigned long[]){COLUMNS}, 1));
    id turned = CALL(id, graph, "transposeTensor:dimension:withDimension:name:",
                     (id, SEL, id, unsigned long, unsigned long, id), w, 0ul, 1ul, NULL);
    id product = two(
        graph, "matrixMultiplicationWithPrimaryTensor:secondaryTensor:name:", x, turned);
    id y = two(graph, "additionWithPrimaryTensor:secondaryTensor:name:", product, bias);
    unsigned long long compiled = bench.model.count("graphs_compiled");
    for (unsigned turn = 0; turn < 2; turn++) {
        id xs = matrix(&bench, ROWS * INNER, turn),
           ws = matrix(&bench, COLUMNS * INNER, 5);
        id bs = matrix(&bench, COLUMNS, 6), ys = matrix(&bench, ROWS * COLUMNS, 7);
        struct pairs feeds = {.count = 0}, results = {.count = 0};
        pairs_add(&feeds, x, array_of(xs, ROWS, INNER));
        pairs_add(&feeds, w, array_of(ws, COLUMNS, INNER));
        pairs_add(&feeds, bias,
                  array_with(bs, 0, descriptor(numbers((unsigned long[]){COLUMNS}, 1))));
        pairs_add(&results, y, array_of(ys, ROWS, COLUMNS));
        id command = model_send(bench.queue, "commandBuffer");
        encode(graph, command, &feeds, &results);
        finish(command);
        float *px = model_contents(xs), *pw = model_contents(ws);
        float *pb = model_contents(bs), *py = model_contents(ys);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++) {
                double sum = (double)pb[j];
                for (int k = 0; k < INNER; k++)
                    sum += (double)px[i * INNER + k] * (double)pw[j * INNER + k];
                CHECK(near_enough((double)py[i * COLUMNS + j], sum));
            }
    }
    CHECK(bench.model.count("graphs_compiled") == compiled + 1);
    model_send(graph, "release");
    bench_close(&bench);
}

static id axes(unsigned long axis) {
    return numbers(&axis, 1);
}

/* Mean, variance, normalisation over rows; and 1 / sqrt(variance + eps) by hand. */
static void case_graph_norm(void) {
    struct bench bench;
    bench_open(&bench);
    id graph = model_send(alloc("MPSGraph"), "init");
    id x = placeholder(graph, shape2(ROWS, COLUMNS)),
       g = placeholder(graph, axes(COLUMNS));
    id b = placeholder(graph, axes(COLUMNS));
    id mean = CALL(id, graph, "meanOfTensor:axes:name:", IDS_3, x, axes(1), NULL);
    id variance = CALL(id, graph, "varianceOfTensor:meanTensor:axes:name:", IDS_4, x,
                       mean, axes(1), NULL);
    id y = CALL(id, graph,
                "normalizationWithTensor:meanTensor:varianceTensor:gammaTensor:"
                "betaTensor:epsilon:name:",
                (id, SEL, id, id, id, id, id, float, id), x, mean, variance, g, b, 0.25f,
                NULL);
    id eps = CALL(id, graph, "constantWithScalar:dataType:", (id, SEL, double, uint32_t),
                  0.25, FLOAT32);
    id sum = two(graph, "additionWithPrimaryTensor:secondaryTensor:name:", variance, eps);
    id root = CALL(id, graph, "squareRootWithTensor:name:", IDS_2, sum, NULL);
    id rstd = CALL(id, graph, "reciprocalWithTensor:name:", IDS_2, root, NULL);
    id xs = matrix(&bench, ROWS * COLUMNS, 1), gs = matrix(&bench, COLUMNS, 2);
    id bs = matrix(&bench, COLUMNS, 3), ys = matrix(&bench, ROWS * COLUMNS, 4);
    id means = matrix(&bench, ROWS, 5), rstds = matrix(&bench, ROWS, 6);
    struct pairs feeds = {.count = 0}, results = {.count = 0};
    pairs_add(&feeds, x, array_of(xs, ROWS, COLUMNS));
    pairs_add(&feeds, g, array_of(gs, 1, COLUMNS));
    pairs_add(&feeds, b, array_of(bs, 1, COLUMNS));
    pairs_add(&results, y, array_of(ys, ROWS, COLUMNS));
    pairs_add(&results, mean, array_of(means, ROWS, 1));
    pairs_add(&results, rstd, array_of(rstds, ROWS, 1));
    id command = model_send(bench.queue, "commandBuffer");
    encode(graph, command, &feeds, &results);
    finish(command);
    float *px = model_contents(xs), *pg = model_contents(gs), *pb = model_contents(bs);
    float *py = model_contents(ys), *pm = model_contents(means);
    float *pr = model_contents(rstds);
    for (int i = 0; i < ROWS; i++) {
        double m = 0, v = 0;
        for (int j = 0; j < COLUMNS; j++)
            m += (double)px[i * COLUMNS + j] / COLUMNS;
        for (int j = 0; j < COLUMNS; j++)
            v += pow((double)px[i * COLUMNS + j] - m, 2) / COLUMNS;
        CHECK(near_enough((double)pm[i], m));
        CHECK(near_enough((double)pr[i], 1 / sqrt(v + 0.25)));
        for (int j = 0; j < COLUMNS; j++)
            CHECK(near_enough((double)py[i * COLUMNS + j],
                              ((double)px[i * COLUMNS + j] - m) / sqrt(v + 0.25) *
                                      (double)pg[j] +
                                  (double)pb[j]));
    }
    model_send(graph, "release");
    bench_close(&bench);
}

/* Softmax over rows and over columns, and elementwise calls, by an executable. */
static void case_graph_executable(void) {
    struct bench bench;
    bench_open(&bench);
    id graph = model_send(alloc("MPSGraph"), "init");
    id x = placeholder(graph, shape2(ROWS, COLUMNS));
    id over_columns = CALL(
        id, graph, "softMaxWithTensor:axis:name:", (id, SEL, id, long, id), x, -1l, NULL);
    id over_rows = CALL(
        id, graph, "softMaxWithTensor:axis:name:", (id, SEL, id, long, id), x, 0l, NULL);
    id product =
        two(graph, "multiplicationWithPrimaryTensor:secondaryTensor:name:", over_columns,
            over_rows);
    id ratio =
        two(graph, "divisionWithPrimaryTensor:secondaryTensor:name:", product, over_rows);
    id zero = two(graph, "subtractionWithPrimaryTensor:secondaryTensor:name:", ratio,
                  over_columns);
    id device = model_send_id(model_class("MPSGraphDevice"),
                              "deviceWithMTLDevice:", bench.model.device);
    id raw = alloc("MPSGraphShapedType");
    id type = CALL(id, raw, "initWithShape:dataType:", (id, SEL, id, uint32_t),
                   shape2(ROWS, COLUMNS), FLOAT32);
    struct pairs types = {.tensor = {x}, .data = {model_send(type, "autorelease")}, 1};
    id executable = CALL(id, graph,
                         "compileWithDevice:feeds:targetTensors:targetOperations:"
                         "compilationDescriptor:",
                         IDS_5, device, dictionary(&types),
                         list(over_columns, over_rows, zero), NULL, NULL);
    id xs = matrix(&bench, ROWS * COLUMNS, 1), out[3];
    struct pairs feeds = {.count = 0}, results = {.count = 0};
    pairs_add(&feeds, x, array_of(xs, ROWS, COLUMNS));
    for (unsigned i = 0; i < 3; i++) {
        out[i] = matrix(&bench, ROWS * COLUMNS, 2 + i);
        pairs_add(&results, x, array_of(out[i], ROWS, COLUMNS));
    }
    id command = model_send(bench.queue, "commandBuffer");
    CALL(id, executable,
         "encodeToCommandBuffer:inputsArray:resultsArray:executionDescriptor:", IDS_4,
         command, list(feeds.data[0], NULL, NULL),
         list(results.data[0], results.data[1], results.data[2]), NULL);
    finish(command);
    float *px = model_contents(xs), *pc = model_contents(out[0]);
    float *pr = model_contents(out[1]), *pz = model_contents(out[2]);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double in_row = 0, in_column = 0, e = exp((double)px[i * COLUMNS + j]);
            for (int k = 0; k < COLUMNS; k++)
                in_row += exp((double)px[i * COLUMNS + k]);
            for (int k = 0; k < ROWS; k++)
                in_column += exp((double)px[k * COLUMNS + j]);
            CHECK(near_enough((double)pc[i * COLUMNS + j], e / in_row));
            CHECK(near_enough((double)pr[i * COLUMNS + j], e / in_column));
            CHECK(fabs((double)pz[i * COLUMNS + j]) < 1e-6);
        }
    model_send(graph, "release");
    bench_close(&bench);
}

static void case_graph_unfed(void) {
    struct bench bench;
    bench_open(&bench);
    id graph = model_send(alloc("MPSGraph"), "init");
    id x = placeholder(graph, shape2(ROWS, COLUMNS));
    id root = CALL(id, graph, "squareRootWithTensor:name:", IDS_2, x, NULL);
    struct pairs feeds = {.count = 0}, results = {.count = 0};
    pairs_add(&results, root, array_of(matrix(&bench, ROWS * COLUMNS, 1), ROWS, COLUMNS));
    encode(graph, model_send(bench.queue, "commandBuffer"), &feeds, &results);
}

static const struct model_case cases[] = {
    {"matrix_product", case_matrix_product},
    {"array_product", case_array_product},
    {"views_are_copied", case_views_are_copied},
    {"views_that_cannot_be", case_views_that_cannot_be},
    {"array_beyond_its_buffer", case_array_beyond_its_buffer},
    {"array_without_elements", case_array_without_elements},
    {"graph_linear", case_graph_linear},
    {"graph_norm", case_graph_norm},
    {"graph_executable", case_graph_executable},
    {"graph_unfed", case_graph_unfed},
    {NULL, NULL},
};

static void matrices_are_multiplied(void **state) {
    (void)state;
    model_case_passes("matrix_product");
    model_case_passes("array_product");
}

static void views_of_arrays_are_what_apple_says(void **state) {
    (void)state;
    model_case_passes("views_are_copied");
    model_case_passes("views_that_cannot_be");
}

static void graphs_compute_what_they_say(void **state) {
    (void)state;
    model_case_passes("graph_linear");
    model_case_passes("graph_norm");
    model_case_passes("graph_executable");
}

static void what_cannot_be_aborts_with_the_reason(void **state) {
    (void)state;
    model_case_aborts("array_beyond_its_buffer", "too short for the array");
    model_case_aborts("array_without_elements", "a dimension has length 0");
    model_case_aborts("graph_unfed", "a placeholder that a target needs is not fed");
}

int main(int argc, char **argv) {
    model_case_main(argc, argv, cases);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_are_multiplied),
        cmocka_unit_test(views_of_arrays_are_what_apple_says),
        cmocka_unit_test(graphs_compute_what_they_say),
        cmocka_unit_test(what_cannot_be_aborts_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
