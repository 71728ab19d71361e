/* The table of selectors against a real driver library: every message that the client may
 * send is a method of its receiver, with the types the client calls it with.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/round/objc/send.h"
#include "harness/tests/metal_fixture.h"
#include "scenarios/kernels/kernels.h"

/* One live object of each receiver in the table. */
struct world {
    struct mp_metal_device *metal;
    void *pool;
    struct {
        const char *name;
        id object;
    } receiver[26];
    size_t count;
};

static void world_add(struct world *world, const char *name, id object) {
    assert_non_null(object);
    assert_true(world->count < sizeof(world->receiver) / sizeof(world->receiver[0]));
    world->receiver[world->count].name = name;
    world->receiver[world->count++].object = object;
}

static id world_find(const struct world *world, const char *name) {
    for (size_t i = 0; i < world->count; i++)
        if (!strcmp(world->receiver[i].name, name))
            return world->receiver[i].object;
    return NULL;
}

/* The class whose methods a row is about: that of the live object, or, since the classes
 * of Foundation and of Metal Performance Shaders are public, the one of that name. */
static Class class_for(const struct world *world, const char *receiver) {
    const struct mp_objc *objc = &world->metal->objc;
    id object = world_find(world, receiver);
    if (object)
        return objc->class_of(object);
    bool is_class_method = receiver[0] == '+';
    Class class = objc->class_named(receiver + is_class_method);
    if (!class)
        fail_msg("the test has no object for the receiver %s", receiver);
    return is_class_method ? objc->class_of((id) class) : class;
}

/* What is beside compute. */
static void add_others(struct world *world, id device) {
    const struct mp_objc *objc = &world->metal->objc;
    static const char *const made[] = {"MTLComputePassDescriptor", "MPSCommandBuffer",
                                       "MTLSharedEventListener", "MTLHeapDescriptor"};
    static const char *const receiver[] = {"+MTLComputePassDescriptor",
                                           "+MPSCommandBuffer", "+MTLSharedEventListener",
                                           "+MTLHeapDescriptor"};
    id class[4];
    for (size_t i = 0; i < 4; i++) {
        class[i] = (id)objc->class_named(made[i]);
        world_add(world, receiver[i], class[i]);
    }
    id queue = world_find(world, "MTLCommandQueue");
    world_add(world, "MTLComputePassDescriptor", mp_send_pass_descriptor(objc, class[0]));
    world_add(world, "MPSCommandBuffer", mp_send_mps_buffer(objc, class[1], queue));
    world_add(world, "MTLSharedEventListener",
              mp_send_init_listener(objc, mp_send_alloc_listener(objc, class[2])));
    world_add(world, "MTLHeapDescriptor", mp_send_new_heap_descriptor(objc, class[3]));
    mp_send_set_heap_size(objc, world_find(world, "MTLHeapDescriptor"), 4096);
    world_add(world, "MTLHeap",
              mp_send_new_heap(objc, device, world_find(world, "MTLHeapDescriptor")));
    world_add(world, "MTLSharedEvent", mp_send_new_shared_event(objc, device));
    world_add(world, "MTLBlitCommandEncoder",
              mp_send_blit_encoder(objc, mp_send_command_buffer(objc, queue)));
}

static int set_up(void **state) {
    static struct world world;
    world = (struct world){.metal = metal_fixture_open_default()};
    const struct mp_objc *objc = &world.metal->objc;
    world.pool = objc->pool_push();
    id device = world.metal->device, error = NULL;
    id string_class = (id)objc->class_named("NSString");
    id name = mp_send_string_with_utf8(objc, string_class, mp_kernel_noop.name);
    id source = mp_send_string_with_utf8(objc, string_class, mp_kernel_noop.msl);
    world_add(&world, "NSObject", name);
    world_add(&world, "+NSString", string_class);
    world_add(&world, "NSString", name);
    world_add(&world, "MTLDevice", device);
    mp_objc_function copy_devices = NULL;
    struct mp_error err;
    assert_int_equal(mp_objc_function_find(world.metal->link.pool_library, "the model",
                                           "MTLCopyAllDevices", &copy_devices, &err),
                     MP_OK);
    world_add(&world, "NSArray", ((id(*)(void))copy_devices)());
    world_add(&world, "MTLBuffer", mp_send_new_buffer(objc, device, 16, 0));
    world_add(&world, "MTLCommandQueue", mp_send_new_queue(objc, device));
    id buffer = mp_send_command_buffer(objc, world_find(&world, "MTLCommandQueue"));
    world_add(&world, "MTLCommandBuffer", buffer);
    world_add(&world, "MTLComputeCommandEncoder", mp_send_compute_encoder(objc, buffer));
    id options_class = (id)objc->class_named("MTLCompileOptions");
    world_add(&world, "+MTLCompileOptions", options_class);
    world_add(&world, "MTLCompileOptions",
              mp_send_new_compile_options(objc, options_class));
    id library = mp_send_new_library(objc, device, source, NULL, &error);
    world_add(&world, "MTLLibrary", library);
    id function = mp_send_new_function(objc, library, name);
    world_add(&world, "MTLComputePipelineState",
              mp_send_new_pipeline(objc, device, function, &error));
    mp_send_release(objc, function);
    source = mp_send_string_with_utf8(objc, string_class, "this is no Metal source");
    assert_null(mp_send_new_library(objc, device, source, NULL, &error));
    world_add(&world, "NSError", error);
    add_others(&world, device);
    *state = &world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    const struct mp_objc *objc = &world->metal->objc;
    static const char *const owned[] = {"MTLSharedEventListener", "MTLHeapDescriptor",
                                        "MTLHeap", "MTLSharedEvent"};
    for (size_t i = 0; i < 4; i++)
        mp_send_release(objc, world_find(world, owned[i]));
    mp_send_end_encoding(objc, world_find(world, "MTLBlitCommandEncoder"));
    mp_send_end_encoding(objc, world_find(world, "MTLComputeCommandEncoder"));
    mp_send_release(objc, world_find(world, "MTLBuffer"));
    mp_send_release(objc, world_find(world, "NSArray"));
    mp_send_release(objc, world_find(world, "MTLLibrary"));
    mp_send_release(objc, world_find(world, "MTLCompileOptions"));
    mp_send_release(objc, world_find(world, "MTLComputePipelineState"));
    id queue = world_find(world, "MTLCommandQueue");
    objc->pool_pop(world->pool);
    mp_send_release(objc, queue);
    metal_fixture_close(world->metal);
    return 0;
}

/* Brings an encoding to the table's form: no frame offsets, qualifiers or struct names,
 * and one letter for each width. */
static void normalise(const char *encoding, char *text, size_t size) {
    size_t len = 0;
    for (const char *at = encoding; *at && len + 2 < size; at++) {
        if (isdigit((unsigned char)*at) || strchr("rnNoORVA", *at))
            continue;
        text[len++] = *at == 'L' ? 'Q' : *at == 'l' ? 'q' : *at;
        if (*at == '{') {
            text[len++] = '?';
            at += strcspn(at, "=") - 1;
        }
    }
    text[len] = '\0';
}

struct runtime {
    void *(*method_of)(Class class, SEL selector);
    const char *(*encoding_of)(void *method);
};

static struct runtime find_runtime(const struct mp_objc *objc) {
    mp_objc_function method_of = NULL, encoding_of = NULL;
    struct mp_error err;
    assert_int_equal(MP_OK,
                     mp_objc_function_find(objc->library, "libobjc",
                                           "class_getInstanceMethod", &method_of, &err));
    assert_int_equal(MP_OK,
                     mp_objc_function_find(objc->library, "libobjc",
                                           "method_getTypeEncoding", &encoding_of, &err));
    return (struct runtime){(void *(*)(Class, SEL))method_of,
                            (const char *(*)(void *))encoding_of};
}

static void every_row_is_a_method_of_its_receiver(void **state) {
    const struct world *world = *state;
    const struct mp_objc *objc = &world->metal->objc;
    struct runtime runtime = find_runtime(objc);
    for (size_t i = 0; i < MP_SELECTOR_COUNT; i++) {
        const struct mp_selector *row = &mp_selector_table[i];
        if (!runtime.method_of(class_for(world, row->receiver), objc->selector[i]))
            fail_msg("%s has no method %s", row->receiver, row->name);
    }
}

static void every_row_has_the_types_of_the_method(void **state) {
    const struct world *world = *state;
    const struct mp_objc *objc = &world->metal->objc;
    struct runtime runtime = find_runtime(objc);
    for (size_t i = 0; i < MP_SELECTOR_COUNT; i++) {
        const struct mp_selector *row = &mp_selector_table[i];
        void *method =
            runtime.method_of(class_for(world, row->receiver), objc->selector[i]);
        assert_non_null(method);
        char theirs[128], ours[128];
        normalise(runtime.encoding_of(method), theirs, sizeof(theirs));
        normalise(row->encoding, ours, sizeof(ours));
        if (strcmp(ours, theirs) != 0)
            fail_msg("%s: called as %s, implemented as %s", row->name, ours, theirs);
    }
}

/* A selector names one argument with each colon; the encoding must have as many. */
static void every_row_has_as_many_arguments_as_colons(void **state) {
    (void)state;
#define MP_SELECTOR(name, text, receiver, arity, ...) {text, arity},
    static const struct {
        const char *text;
        unsigned arity;
    } rows[] = {
#include "harness/round/objc/selector.def"
    };
#undef MP_SELECTOR
    for (size_t i = 0; i < MP_SELECTOR_COUNT; i++) {
        unsigned colons = 0;
        for (const char *at = rows[i].text; *at; at++)
            colons += *at == ':';
        if (colons != rows[i].arity)
            fail_msg("%s has %u arguments in the table", rows[i].text, rows[i].arity);
    }
}

static void strings_and_pointers_arrive_intact(void **state) {
    const struct world *world = *state;
    const struct mp_objc *objc = &world->metal->objc;
    assert_string_equal("mp_noop", mp_send_utf8(objc, world_find(world, "NSString")));
    assert_non_null(mp_send_buffer_contents(objc, world_find(world, "MTLBuffer")));
}

static id count_evaluation(id object, unsigned *evaluations) {
    ++*evaluations;
    return object;
}

static void a_receiver_is_evaluated_once(void **state) {
    const struct world *world = *state;
    unsigned evaluations = 0;
    mp_send_utf8(&world->metal->objc,
                 count_evaluation(world_find(world, "NSString"), &evaluations));
    assert_int_equal(1, evaluations);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_a_method_of_its_receiver),
        cmocka_unit_test(every_row_has_the_types_of_the_method),
        cmocka_unit_test(every_row_has_as_many_arguments_as_colons),
        cmocka_unit_test(strings_and_pointers_arrive_intact),
        cmocka_unit_test(a_receiver_is_evaluated_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
