/* Tests of what clients send beside compute: blits with fences, heaps, passes by
 * descriptor, and command buffers that are committed in parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repro/tests/model_bench.h"
#include "repro/tests/model_block.h"

static struct model_bench bench;

struct range {
    unsigned long location, length;
};

static void fill(id blit, id buffer, unsigned long at, unsigned long length,
                 unsigned char value) {
    SEL sel = sel_registerName("fillBuffer:range:value:");
    ((void (*)(id, SEL, id, struct range, unsigned char))mp_method_find(blit, sel))(
        blit, sel, buffer, (struct range){at, length}, value);
}

static void copy(id blit, id from, unsigned long from_at, id to, unsigned long to_at,
                 unsigned long size) {
    SEL sel =
        sel_registerName("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:");
    ((void (*)(id, SEL, id, unsigned long, id, unsigned long,
               unsigned long))mp_method_find(blit, sel))(blit, sel, from, from_at, to,
                                                         to_at, size);
}

static void case_copy_and_fill(void) {
    model_bench_open(&bench, "");
    void *pool = bench.model.pool_push();
    id fence = model_send(bench.model.device, "newFence");
    id from = model_buffer(&bench.model, 16), to = model_buffer(&bench.model, 16);
    id command = model_send(bench.queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    model_op(&bench, encoder);
    model_send_id(encoder, "updateFence:", fence);
    model_send(encoder, "endEncoding");
    id blit = model_send(command, "blitCommandEncoder");
    model_send_id(blit, "waitForFence:", fence);
    fill(blit, from, 2, 6, 7);
    copy(blit, from, 0, to, 8, 8);
    model_send_id(blit, "updateFence:", fence);
    model_send(blit, "endEncoding");
    encoder = model_send(command, "computeCommandEncoder");
    model_send_id(encoder, "waitForFence:", fence);
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    static const unsigned char expected[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                               0, 0, 7, 7, 7, 7, 7, 7};
    CHECK(memcmp(model_contents(to), expected, sizeof(expected)) == 0);
    CHECK(model_ops_counted(&bench) == 2);
    CHECK(bench.model.count("blits") == 2 && bench.model.count("fences") == 4);
    CHECK(bench.model.count("contexts_live") == 0);
    bench.model.pool_pop(pool);
    model_send(fence, "release");
    model_send(from, "release");
    model_send(to, "release");
}

/* What leaves a buffer is an error of the command buffer, never a fault. */
static void case_beyond(void) {
    char text[192];
    model_bench_open(&bench, "");
    void *pool = bench.model.pool_push();
    id buffer = model_buffer(&bench.model, 16);
    for (int i = 0; i < 3; i++) {
        id command = model_send(bench.queue, "commandBuffer");
        id blit = model_send(command, "blitCommandEncoder");
        if (i == 0)
            fill(blit, buffer, 8, 9, 1);
        else if (i == 1)
            copy(blit, buffer, 17, buffer, 0, 1);
        else
            copy(blit, NULL, 0, buffer, 0, 1);
        model_send(blit, "endEncoding");
        model_send(command, "commit");
        model_send(command, "waitUntilCompleted");
        CHECK(model_error_code(command, text, sizeof(text)) == (i < 2 ? 3 : 9));
    }
    bench.model.pool_pop(pool);
}

/* The blit's context stands elsewhere than the compute encoder's, so that a method of the
 * one finds nothing when it is called on the other. */
static id wrong_original(const char *settings) {
    model_bench_open(&bench, settings);
    bench.model.pool_push();
    ptrdiff_t of_blit = ivar_getOffset(
        class_getInstanceVariable(objc_lookUpClass("AGXG16XFamilyBlitContext"), "_impl"));
    ptrdiff_t of_compute = ivar_getOffset(class_getInstanceVariable(
        objc_lookUpClass("AGXG16XFamilyComputeContext"), "_impl"));
    CHECK(of_blit != of_compute);
    CHECK(!class_respondsToSelector(objc_lookUpClass("AGXG16XFamilyBlitContext"),
                                    sel_registerName("destroyImpl")));
    id fence = model_send(bench.model.device, "newFence");
    id command = model_send(bench.queue, "commandBuffer");
    id blit = model_send(command, "blitCommandEncoder");
    SEL sel = sel_registerName("updateFence:");
    mp_imp *of_the_other = class_getMethodImplementation(
        objc_lookUpClass("AGXG16XFamilyComputeContext"), sel);
    ((void (*)(id, SEL, id))of_the_other)(blit, sel, fence);
    model_send(blit, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    return command;
}
static void case_wrong_original(void) {
    wrong_original("defects=destroy_race,reader=U");
}
static void case_wrong_original_sound(void) {
    char text[192];
    CHECK(model_error_code(wrong_original(""), text, sizeof(text)) == 1);
    CHECK(strstr(text, "after its context was destroyed") != NULL);
}

static void case_blit_open(void) {
    model_bench_open(&bench, "");
    bench.model.pool_push();
    id command = model_send(bench.queue, "commandBuffer");
    model_send(command, "blitCommandEncoder");
    model_send(command, "computeCommandEncoder");
}
static void case_blit_released_open(void) {
    model_bench_open(&bench, "");
    void *pool = bench.model.pool_push();
    model_send(model_send(bench.queue, "commandBuffer"), "blitCommandEncoder");
    bench.model.pool_pop(pool);
}

static void case_heap(void) {
    model_bench_open(&bench, "");
    void *pool = bench.model.pool_push();
    unsigned long long alive = bench.model.count("inits") - bench.model.count("deallocs");
    id descriptor = model_send(model_class("MTLHeapDescriptor"), "new");
    CHECK(model_send_id(bench.model.device, "newHeapWithDescriptor:", descriptor) ==
          NULL);
    model_send_number(descriptor, "setSize:", 1024);
    id heap = model_send_id(bench.model.device, "newHeapWithDescriptor:", descriptor);
    model_send(descriptor, "release");
    CHECK(heap != NULL && model_number(heap, "size") == 1024);
    id part[4];
    for (int i = 0; i < 4; i++) {
        part[i] = model_send_numbers(heap, "newBufferWithLength:options:", 200, 0);
        CHECK(part[i] != NULL && model_send(part[i], "heap") == heap);
        memset(model_contents(part[i]), i + 1, 200);
    }
    CHECK(model_send_numbers(heap, "newBufferWithLength:options:", 1, 0) == NULL);
    CHECK(model_number(heap, "usedSize") == 1024);
    for (int i = 0; i < 4; i++)
        CHECK(((unsigned char *)model_contents(part[i]))[199] == i + 1);
    model_send(part[1], "release");
    model_send(part[2], "release");
    id both = model_send_numbers(heap, "newBufferWithLength:options:", 512, 0);
    CHECK(both != NULL);
    memset(model_contents(both), 9, 512);
    CHECK(((unsigned char *)model_contents(part[0]))[199] == 1);
    CHECK(((unsigned char *)model_contents(part[3]))[0] == 4);
    model_send(heap, "release"); /* its buffers keep it */
    CHECK(model_number(both, "length") == 512);
    CHECK((unsigned long)model_send_number(both, "setPurgeableState:", 1) == 2);
    CHECK((unsigned long)model_send_number(both, "setPurgeableState:", 3) == 2);
    CHECK(((unsigned char *)model_contents(both))[0] == 9);
    CHECK((unsigned long)model_send_number(both, "setPurgeableState:", 4) == 3);
    CHECK(((unsigned char *)model_contents(both))[0] != 9);
    CHECK((unsigned long)model_send_number(both, "setPurgeableState:", 2) == 4);
    model_send(both, "release");
    model_send(part[0], "release");
    model_send(part[3], "release");
    CHECK(bench.model.count("heap_buffers") == 5);
    CHECK(bench.model.count("inits") - bench.model.count("deallocs") == alive);
    bench.model.pool_pop(pool);
}

static void case_descriptor(void) {
    model_bench_open(&bench, "");
    void *pool = bench.model.pool_push();
    id descriptor =
        model_send(model_class("MTLComputePassDescriptor"), "computePassDescriptor");
    model_send_number(descriptor, "setDispatchType:", 1);
    id command = model_send(bench.queue, "commandBuffer");
    id encoder =
        model_send_id(command, "computeCommandEncoderWithDescriptor:", descriptor);
    CHECK(model_number(encoder, "dispatchType") == 1);
    model_op(&bench, encoder);
    model_send_number(encoder, "memoryBarrierWithScope:", 1);
    SEL sel = sel_registerName("memoryBarrierWithResources:count:");
    ((void (*)(id, SEL, const id *, unsigned long))mp_method_find(encoder, sel))(
        encoder, sel, &bench.counter, 1);
    model_op(&bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_ops_counted(&bench) == 2 && bench.model.count("barriers") == 2);
    bench.model.pool_pop(pool);
}

/* commitAndContinue commits what was encoded and goes on with a new buffer of the queue.
 */
static void case_continue(void) {
    struct model_log log;
    model_log_init(&log);
    model_bench_open(&bench, "");
    void *pool = bench.model.pool_push();
    id command = model_send_id(model_class("MPSCommandBuffer"),
                               "commandBufferFromCommandQueue:", bench.queue);
    id first = model_send(model_send(command, "commandBuffer"), "retain");
    struct model_block block = model_block_make(&log, 1, 0);
    model_send_id(command, "addCompletedHandler:", (id)&block);
    for (int i = 0; i < 3; i++) {
        id encoder = model_send(command, "computeCommandEncoder");
        model_op(&bench, encoder);
        model_send(encoder, "endEncoding");
        model_send(command, i < 2 ? "commitAndContinue" : "commit");
    }
    CHECK(model_send(command, "commandBuffer") != first);
    CHECK(model_send(command, "commandQueue") == bench.queue);
    model_send(command, "waitUntilCompleted");
    CHECK(model_number(command, "status") == 4 && model_number(first, "status") == 4);
    CHECK(model_ops_counted(&bench) == 3 && log.count == 1);
    CHECK(log.entry[0].object == first);
    CHECK(bench.model.count("continued") == 2);
    CHECK(bench.model.count("buffers_committed") == 3);
    model_send(first, "release");
    bench.model.pool_pop(pool);
}

static _Atomic bool was_let_go;

static void *take_buffer(void *queue) {
    void *pool = bench.model.pool_push();
    CHECK(model_send(queue, "commandBuffer") != NULL);
    CHECK(was_let_go);
    bench.model.pool_pop(pool);
    return NULL;
}

/* Who holds an open encoder holds its command buffer, and with that a place in the queue:
 * what a library that retains encoders does to a client that leaves them open. */
static void case_abandoned_but_held(void) {
    pthread_t thread;
    id held[2];
    model_bench_open(&bench, "");
    id queue = model_send_number(bench.model.device,
                                 "newCommandQueueWithMaxCommandBufferCount:", 2);
    void *pool = bench.model.pool_push();
    for (int i = 0; i < 2; i++)
        held[i] = model_send(
            model_send(model_send(queue, "commandBuffer"), "computeCommandEncoder"),
            "retain");
    bench.model.pool_pop(pool);
    CHECK(pthread_create(&thread, NULL, take_buffer, queue) == 0);
    usleep(20000); /* time for the thread to come through, if it could */
    was_let_go = true;
    for (int i = 0; i < 2; i++) {
        model_send(held[i], "endEncoding");
        model_send(held[i], "release");
    }
    CHECK(pthread_join(thread, NULL) == 0);
    model_send(queue, "release");
}

static const struct model_case cases[] = {
    {"abandoned_but_held", case_abandoned_but_held},
    {"copy_and_fill", case_copy_and_fill},
    {"beyond", case_beyond},
    {"wrong_original", case_wrong_original},
    {"wrong_original_sound", case_wrong_original_sound},
    {"blit_open", case_blit_open},
    {"blit_released_open", case_blit_released_open},
    {"heap", case_heap},
    {"descriptor", case_descriptor},
    {"continue", case_continue},
    {NULL, NULL},
};

static void blits_copy_and_fill_in_order_with_fences(void **state) {
    (void)state;
    model_case_passes("copy_and_fill");
}
static void blit_beyond_a_buffer_is_an_error(void **state) {
    (void)state;
    model_case_passes("beyond");
}
static void method_of_the_other_encoder_finds_no_context(void **state) {
    struct model_result result;
    (void)state;
    model_case_passes("wrong_original_sound");
    if (model_is_sanitized)
        return;
    model_case_run("wrong_original", &result);
    assert_true(result.faulted);
    assert_int_equal(result.address, 0x5c8);
}
static void open_blit_encoder_is_an_open_encoder(void **state) {
    (void)state;
    model_case_aborts("blit_open",
                      "A command encoder is already encoding to this command buffer");
    model_case_aborts("blit_released_open",
                      "failed assertion `Command encoder released without endEncoding'");
}
static void heap_gives_out_its_memory_and_takes_it_back(void **state) {
    (void)state;
    model_case_passes("heap");
}
static void encoder_by_descriptor_takes_barriers(void **state) {
    (void)state;
    model_case_passes("descriptor");
}
static void command_buffer_is_committed_in_parts(void **state) {
    (void)state;
    model_case_passes("continue");
}

static void held_encoder_keeps_a_place_in_its_queue(void **state) {
    (void)state;
    model_case_passes("abandoned_but_held");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blits_copy_and_fill_in_order_with_fences),
        cmocka_unit_test(blit_beyond_a_buffer_is_an_error),
        cmocka_unit_test(method_of_the_other_encoder_finds_no_context),
        cmocka_unit_test(open_blit_encoder_is_an_open_encoder),
        cmocka_unit_test(heap_gives_out_its_memory_and_takes_it_back),
        cmocka_unit_test(encoder_by_descriptor_takes_barriers),
        cmocka_unit_test(command_buffer_is_committed_in_parts),
        cmocka_unit_test(held_encoder_keeps_a_place_in_its_queue),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
