/* Tests of the model as a library: its Foundation, reference counts, types, names,
 * settings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/tests/model_fixture.h"

mp_imp *class_replaceMethod(Class class, SEL selector, mp_imp *method, const char *types);

static void string_array_and_error_answer_as_foundation(void) {
    struct model model;
    id error = NULL, items[2];
    model_open(&model, "");
    void *pool = model.pool_push();
    items[0] = model_string("first");
    items[1] = model_string("caf\xc3\xa9");
    SEL sel = sel_registerName("arrayWithObjects:count:");
    id class = model_class("NSArray");
    id array = ((id(*)(id, SEL, const id *, unsigned long))mp_method_find(class, sel))(
        class, sel, items, 2);
    CHECK(model_number(array, "count") == 2);
    CHECK(!strcmp(model_text(model_send_number(array, "objectAtIndex:", 1)),
                  "caf\xc3\xa9"));
    CHECK(model_library(&model, "nonsense", &error) == NULL);
    CHECK(model_number(error, "code") == 3);
    CHECK(!strcmp(model_text(model_send(error, "domain")), "MTLLibraryErrorDomain"));
    CHECK(strstr(model_text(model_send(error, "localizedDescription")), "kernel") !=
          NULL);
    model.pool_pop(pool);
}

static void inits_equal_deallocs(void) {
    struct model model;
    model_open(&model, "");
    void *outer = model.pool_push();
    for (int i = 0; i < 100; i++) {
        void *pool = model.pool_push();
        id queue = model_queue(&model), buffer = model_buffer(&model, 64);
        id pipeline = model_pipeline(&model, "mp_noop");
        id command = model_send(queue, "commandBuffer");
        model_send_id(queue, "setLabel:", model_string("label"));
        id encoder = model_send(command, "computeCommandEncoder");
        model_encode(encoder, pipeline, &buffer, 1, "four", 4, buffer);
        model_send(encoder, "endEncoding");
        encoder = model_send(command, "computeCommandEncoder");
        model_encode(encoder, pipeline, NULL, 0, NULL, 0, NULL);
        model_send(encoder, "endEncoding");
        model_send(command, "commit");
        model_send(command, "waitUntilCompleted");
        CHECK(model_number(command, "status") == 4);
        model_send(pipeline, "release");
        model_send(buffer, "release");
        model_send(queue, "release");
        model.pool_pop(pool);
        /* One buffer never committed. */
        pool = model.pool_push();
        queue = model_queue(&model);
        command = model_send(queue, "commandBuffer");
        model_send(model_send(command, "computeCommandEncoder"), "endEncoding");
        model_send(queue, "release");
        model.pool_pop(pool);
    }
    model.pool_pop(outer);
    model_send(model.device, "release");
    /* The executors drop the last references; configure waits for that. */
    CHECK(model.configure("") == NULL);
    CHECK(model.count("inits") > 1000);
    CHECK(model.count("inits") == model.count("deallocs"));
    CHECK(model.count("contexts_live") == 0);
}

static void pools_are_drained_in_nesting_order(void) {
    struct model model;
    model_open(&model, "");
    id queue = model_queue(&model);
    void *outer = model.pool_push();
    id kept = model_send(queue, "commandBuffer");
    unsigned long long before = model.count("deallocs");
    model.pool_push();
    model_send(queue, "commandBuffer");
    void *innermost = model.pool_push();
    model_send(queue, "commandBuffer");
    model.pool_pop(innermost);
    CHECK(model.count("deallocs") == before + 1);
    CHECK(model_number(kept, "retainCount") == 1);
    model_send(kept, "retain");
    CHECK(model_number(kept, "retainCount") == 2);
    model.pool_pop(outer); /* drains the one left open within */
    CHECK(model.count("deallocs") == before + 2);
    CHECK(model_number(kept, "retainCount") == 1);
}

static void structures_of_24_bytes_arrive_whole(void) {
    struct model model;
    model_open(&model, "");
    SEL sel = sel_registerName("maxThreadsPerThreadgroup");
    struct size3 size =
        ((struct size3(*)(id, SEL))mp_method_find(model.device, sel))(model.device, sel);
    CHECK(size.width == 1024 && size.height == 1024 && size.depth == 1024);
    /* As arguments: a group whose depth alone is too large is refused with its three
     * numbers. */
    void *pool = model.pool_push();
    id command = model_send(model_queue(&model), "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    char text[256];
    model_send_id(encoder, "setComputePipelineState:", model_pipeline(&model, "mp_noop"));
    sel = sel_registerName("dispatchThreadgroups:threadsPerThreadgroup:");
    ((void (*)(id, SEL, struct size3, struct size3))mp_method_find(encoder, sel))(
        encoder, sel, (struct size3){1, 2, 3}, (struct size3){7, 11, 1025});
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    CHECK(model_error_code(command, text, sizeof(text)) == 1);
    CHECK(strstr(text, "7 x 11 x 1025") != NULL);
    model.pool_pop(pool);
}

static void unknown_selector(void) {
    struct model model;
    model_open(&model, "");
    model_send(model.device, "selectorThatNobodyHas");
}

static void refused_settings_name_setting_and_allowed_values(void) {
    struct model model;
    model_open(&model, NULL);
    const char *text = model.configure("reader=X");
    CHECK(text && strstr(text, "reader") && strstr(text, "\"X\"") &&
          strstr(text, "U|L|S|P"));
    text = model.configure("defects=destroy_race+nonsense");
    CHECK(text && strstr(text, "nonsense") && strstr(text, "silent_drop"));
    text = model.configure("freelist=65");
    CHECK(text && strstr(text, "freelist") && strstr(text, "0..64"));
    text = model.configure("executors=0");
    CHECK(text && strstr(text, "1..8"));
    text = model.configure("colour=blue");
    CHECK(text && strstr(text, "colour") && strstr(text, "rendezvous"));
    CHECK(model.configure("order=reversed") && model.configure("rendezvous=maybe"));
    CHECK(model.configure("defects=") && model.configure("defects=destroy_race+"));
    CHECK(model.configure("executors=1x") && model.configure("freelist=-1"));
    CHECK(!model.configure("defects=none,reader=S,order=patched,freelist=0,executors=8,"
                           "rendezvous=on"));
    CHECK(!model.configure(""));
    text = model.settings();
    CHECK(strstr(text, "reader\tU\tU|L|S|P\n") && strstr(text, "executors\t2\t1..8\n"));
    static const char all[] =
#define MP_DEFECT(id, name, every, plants, finder, basis) "|" name
#include "repro/model/defect.def"
#undef MP_DEFECT
        "\n";
    CHECK(strstr(text, "defects\tnone\t") == text &&
          strstr(text, &all[1]) == text + strlen("defects\tnone\t"));
}

/* Sixteen ops in one buffer; returns how many ran. */
static uint32_t run_sixteen(struct model *model) {
    void *pool = model->pool_push();
    id queue = model_queue(model), noop = model_pipeline(model, "mp_noop");
    id counter = model_buffer(model, 4), command = model_send(queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    for (int i = 0; i < 16; i++)
        model_encode(encoder, noop, NULL, 0, NULL, 0, counter);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    uint32_t ran = *(uint32_t *)model_contents(counter);
    model_send(counter, "release");
    model_send(noop, "release");
    model_send(queue, "release");
    model->pool_pop(pool);
    return ran;
}

/* A library that makes a device, and an encoder to see its class, before the settings
 * are known, and keeps the device. */
static void settings_of_an_idle_device(void) {
    struct model model;
    model_open(&model, NULL);
    model.device = model.create_device();
    void *pool = model.pool_push();
    id queue = model_queue(&model), command = model_send(queue, "commandBuffer");
    model_send(model_send(command, "computeCommandEncoder"), "endEncoding");
    model_send(queue, "release");
    model.pool_pop(pool);
    CHECK(model.configure("executors=0") != NULL);
    CHECK(!model.configure("defects=silent_drop,executors=5,freelist=2"));
    id device = model.create_device();
    CHECK(device == model.device);
    CHECK(run_sixteen(&model) == 15);
    const char *text = model.configure("");
    CHECK(text && strstr(text, "alive, and has been given its settings"));
    CHECK(run_sixteen(&model) == 15);
    model_send(device, "release");
    model_send(device, "release");
    CHECK(!model.configure("reader=U"));
    model.device = model.create_device();
    CHECK(run_sixteen(&model) == 16);
}

static void settings_of_environment(void) {
    struct model model;
    setenv("MPMODEL", "defects=silent_drop", 1);
    model_open(&model, NULL);
    model.device = model.create_device();
    CHECK(!model.configure("")); /* its client knows better */
    CHECK(run_sixteen(&model) == 16);
    model_send(model.device, "release");
    CHECK(!model.configure("defects=silent_drop"));
    model.device = model.create_device();
    CHECK(run_sixteen(&model) == 15);
}

static void settings_of_environment_alone(void) {
    struct model model;
    setenv("MPMODEL", "defects=silent_drop", 1);
    model_open(&model, NULL);
    model.device = model.create_device();
    CHECK(run_sixteen(&model) == 15);
}

static void bad_settings_of_environment(void) {
    struct model model;
    setenv("MPMODEL", "colour=blue", 1);
    model_open(&model, NULL);
    CHECK(model.create_device() == NULL && model.copy_devices() == NULL);
    const char *text = model.configure("");
    CHECK(text && strstr(text, "MPMODEL") && strstr(text, "colour"));
    fprintf(stderr, "refused\n");
    abort(); /* for the test to see what was said */
}

/* "a > b > c": the classes of an object up to the root. */
static void check_line(id object, const char *expected) {
    char line[256] = "";
    for (Class class = mp_class_of(object); class; class = class_getSuperclass(class))
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s",
                 line[0] ? " > " : "", class_getName(class));
    if (strcmp(line, expected) != 0) {
        fprintf(stderr, "%s\n", line);
        CHECK(!"the line of classes");
    }
}

static void hierarchy(void) {
    struct model model;
    model_open(&model, "");
    void *pool = model.pool_push();
    id queue = model_queue(&model), command = model_send(queue, "commandBuffer");
    id encoder = model_send(command, "computeCommandEncoder");
    check_line(encoder, "AGXG16XFamilyComputeContext > IOGPUMetalComputeCommandEncoder > "
                        "IOGPUMetalCommandEncoder > _MTLCommandEncoder > "
                        "_MTLObjectWithLabel > NSObject");
    check_line(command, "AGXG16XFamilyCommandBuffer > IOGPUMetalCommandBuffer > "
                        "_MTLCommandBuffer > _MTLObjectWithLabel > NSObject");
    check_line(queue, "AGXG16XFamilyCommandQueue > IOGPUMetalCommandQueue > "
                      "_MTLCommandQueue > _MTLObjectWithLabel > NSObject");
    model_send(encoder, "endEncoding");
    model_send(queue, "release");
    model.pool_pop(pool);
}

/* Deallocs of encoders that a hook on the superclass saw. */
static int deallocs_seen;
static mp_imp *base_dealloc;
static void hooked_dealloc(id self, SEL selector) {
    deallocs_seen++;
    ((void (*)(id, SEL))base_dealloc)(self, selector);
}

/* What replaces a method of _MTLCommandEncoder replaces it for every encoder below. */
static void hook_of_superclass(void) {
    struct model model;
    model_open(&model, "");
    SEL dealloc = sel_registerName("dealloc");
    Class base = objc_lookUpClass("_MTLCommandEncoder");
    base_dealloc = class_getMethodImplementation(base, dealloc);
    class_replaceMethod(base, dealloc, (mp_imp *)hooked_dealloc, "v@:");
    void *pool = model.pool_push();
    id queue = model_queue(&model);
    for (int i = 0; i < 3; i++) {
        id command = model_send(queue, "commandBuffer");
        model_send(model_send(command, "computeCommandEncoder"), "endEncoding");
    }
    model_send(queue, "release");
    model.pool_pop(pool);
    CHECK(deallocs_seen == 3);
}

static void device_is_one_object(void) {
    struct model model;
    model_open(&model, "");
    CHECK(model.create_device() == model.device);
    id devices = model.copy_devices();
    CHECK(model_number(devices, "count") == 1);
    CHECK(model_send_number(devices, "objectAtIndex:", 0) == model.device);
    model_send(devices, "release");
    CHECK(model_number(model.device, "retainCount") == 2);
}

static const struct model_case cases[] = {
    {"string_array_and_error", string_array_and_error_answer_as_foundation},
    {"inits_equal_deallocs", inits_equal_deallocs},
    {"pools", pools_are_drained_in_nesting_order},
    {"structures", structures_of_24_bytes_arrive_whole},
    {"unknown_selector", unknown_selector},
    {"hierarchy", hierarchy},
    {"hook_of_superclass", hook_of_superclass},
    {"idle_device", settings_of_an_idle_device},
    {"environment", settings_of_environment},
    {"environment_alone", settings_of_environment_alone},
    {"bad_environment", bad_settings_of_environment},
    {"settings", refused_settings_name_setting_and_allowed_values},
    {"one_device", device_is_one_object},
    {.name = NULL},
};

static void foundation_answers_as_apples(void **state) {
    (void)state;
    model_case_passes("string_array_and_error");
}
static void every_object_made_is_deallocated(void **state) {
    (void)state;
    model_case_passes("inits_equal_deallocs");
}
static void pools_drain_in_nesting_order(void **state) {
    (void)state;
    model_case_passes("pools");
}
static void sizes_pass_by_value_as_argument_and_result(void **state) {
    (void)state;
    model_case_passes("structures");
}
static void unknown_selector_aborts_and_names_class_and_selector(void **state) {
    (void)state;
    model_case_aborts("unknown_selector", "-[AGXG16XFamilyDevice selectorThatNobodyHas]");
}
static void bad_settings_are_refused_with_the_allowed_values(void **state) {
    (void)state;
    model_case_passes("settings");
}
static void an_idle_device_takes_settings_until_its_first_commit(void **state) {
    (void)state;
    model_case_passes("idle_device");
}
static void settings_are_read_from_the_environment(void **state) {
    (void)state;
    model_case_passes("environment");
    model_case_passes("environment_alone");
    model_case_aborts("bad_environment", "mpmodel: no device: MPMODEL: the model has no "
                                         "setting \"colour\"");
    model_case_aborts("bad_environment", "refused");
}
static void classes_stand_below_each_other_as_apples(void **state) {
    (void)state;
    model_case_passes("hierarchy");
    model_case_passes("hook_of_superclass");
}
static void default_device_is_always_the_same_object(void **state) {
    (void)state;
    model_case_passes("one_device");
}

/* What a debugger reads: the symbol table of the library. */
static void methods_carry_their_objective_c_names(void **state) {
    static const char *const names[] = {
        "-[AGXG16XFamilyComputeContext setComputePipelineState:]",
        "-[AGXG16XFamilyComputeContext dispatchThreads:threadsPerThreadgroup:]",
        "-[AGXG16XFamilyComputeContext destroyImpl]",
        "-[AGXG16XFamilyCommandBuffer commit]",
        "AGX::ComputeContext::prepareForEnqueue(bool)",
        "AGX::SpillInfoGen3::allocateUSCSpillBuffer",
        "useResourceCommon",
    };
    bool found[sizeof(names) / sizeof(names[0])] = {false};
    char line[512];
    FILE *list = popen("nm '" MP_TEST_MODEL "'", "r");
    (void)state;
    assert_non_null(list);
    while (fgets(line, sizeof(line), list)) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            const char *name = strstr(line, names[i]);
            found[i] |= name && !strcmp(name, names[i]);
        }
    }
    pclose(list);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!found[i])
            fail_msg("no symbol %s", names[i]);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foundation_answers_as_apples),
        cmocka_unit_test(every_object_made_is_deallocated),
        cmocka_unit_test(pools_drain_in_nesting_order),
        cmocka_unit_test(sizes_pass_by_value_as_argument_and_result),
        cmocka_unit_test(unknown_selector_aborts_and_names_class_and_selector),
        cmocka_unit_test(bad_settings_are_refused_with_the_allowed_values),
        cmocka_unit_test(an_idle_device_takes_settings_until_its_first_commit),
        cmocka_unit_test(settings_are_read_from_the_environment),
        cmocka_unit_test(classes_stand_below_each_other_as_apples),
        cmocka_unit_test(default_device_is_always_the_same_object),
        cmocka_unit_test(methods_carry_their_objective_c_names),
    };
    model_case_main(argc, argv, cases);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
