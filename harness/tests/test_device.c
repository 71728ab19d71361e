/* The list of devices, opening one, and the null device's effects; the table of arms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/round/arm.h"
#include "harness/round/device.h"
#include "harness/round/null/fault.h"
#include "harness/tests/round_fixture.h"
#include "harness/wire/device_name.h"

/* 0 a driver of the machine, 1 a model, 2 none. */
static int rank_of(const struct mp_device_ops *ops) {
    return mp_device_name_is_real(ops->name)    ? 0
           : mp_device_name_is_model(ops->name) ? 1
                                                : 2;
}

static void list_prefers_real_devices_then_models_then_none(void **state) {
    const struct mp_device_ops *const *list = mp_device_list();

    (void)state;
    assert_non_null(list[0]);
    for (size_t i = 0; list[i]; i++) {
        assert_true(i == 0 || rank_of(list[i - 1]) <= rank_of(list[i]));
        assert_false(list[i]->is_default && rank_of(list[i]) == 2);
    }
    assert_true(mp_metal_device.is_default && mp_metal_model_device.is_default);
}

static void every_backend_has_its_mandatory_slots(void **state) {
    (void)state;
    for (const struct mp_device_ops *const *at = mp_device_list(); *at; at++) {
        const struct mp_device_ops *ops = *at;

        assert_true(ops->device_size >= sizeof(struct mp_device));
        assert_true(ops->summary && ops->settings);
        assert_true(ops->probe && ops->open && ops->close && ops->info &&
                    ops->kernel_load);
        assert_true(ops->buffer_create && ops->buffer_destroy && ops->buffer_contents);
        assert_true(ops->stream_create && ops->stream_destroy && ops->encode && ops->end);
        assert_true(ops->commit && ops->wait && ops->state && ops->ops_executed);
    }
}

static void unknown_device_names_the_nearest(void **state) {
    struct mp_error err;

    (void)state;
    assert_null(mp_device_find("metal@modle", &err));
    assert_non_null(strstr(err.text, "metal@modle"));
    assert_non_null(strstr(err.text, "did you mean 'metal@model'"));
    assert_ptr_equal(mp_device_find("null", &err), &mp_null_device);
}

static void opening_fills_optional_slots_of_a_copy(void **state) {
    const struct mp_device_ops *row = &mp_null_device;
    struct mp_device *device;
    struct mp_error err;

    (void)state;
    assert_null(row->thread_enter);
    assert_int_equal(mp_device_open("null", 5, &device, &err), MP_OK);
    device->ops->thread_enter(device);
    device->ops->thread_leave(device);
    assert_int_equal(device->ops->driver_count(device, "no such count"), 0);
    assert_int_equal(device->seed, 5);
    assert_null(row->thread_enter);
    mp_device_close(device);
}

static void bad_settings_are_refused_with_the_device_named(void **state) {
    static const char *const cases[][3] = {
        {"null:falt=wrong", "falt", "fault"},
        {"null:fault=segv_nul", "null", "segv_null"},
        {"null:p=1.5", "null", "p"},
        {"null:at=0", "null", "at"},
        {"nul:p=1", "nul", "null"},
    };
    struct mp_device *device = NULL;
    struct mp_error err;

    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        enum mp_status status = mp_device_open(cases[i][0], 0, &device, &err);

        assert_true(status == MP_USAGE || status == MP_NOT_FOUND);
        assert_null(device);
        assert_non_null(strstr(err.text, cases[i][1]));
        assert_non_null(strstr(err.text, cases[i][2]));
    }
}

static void words_of_the_setting_are_the_rows_of_the_fault_table(void **state) {
    char *words = strdup(mp_null_fault_choices);
    char *save = NULL;
    unsigned i = 0;

    (void)state;
    for (char *word = strtok_r(words, "|", &save); word;
         word = strtok_r(NULL, "|", &save)) {
        assert_true(i < MP_NULL_FAULT_COUNT);
        assert_string_equal(word, mp_null_fault_row(i)->name);
        assert_non_null(strstr(mp_null_fault_words, word));
        i++;
    }
    assert_int_equal(i, MP_NULL_FAULT_COUNT);
    free(words);
}

static void add_one(void *const *buffer, const void *constants) {
    float *to = buffer[0];

    (void)constants;
    *to += 1.0f;
}

static const struct mp_kernel adder = {
    .name = "test_add", .buffer_count = 1, .run = add_one};
static const uint32_t one_thread[3] = {1, 1, 1};

/* One op on `text`; its sum in *ret_sum, the device's own count in *ret_executed. */
static enum mp_status run_one(const char *text, uint64_t seed, float *ret_sum,
                              uint64_t *ret_executed) {
    struct mp_round_page *page = fixture_page(NULL, 2);
    struct mp_worker worker = fixture_worker(page, 1);
    struct mp_device *device;
    struct mp_device_buffer *buffer;
    struct mp_device_stream *stream;
    struct mp_op op = {.kernel = &adder, .grid = {1, 1, 1}, .group = {1, 1, 1}};
    struct mp_error err;
    enum mp_status status;

    assert_int_equal(mp_device_open(text, seed, &device, &err), MP_OK);
    assert_int_equal(device->ops->kernel_load(device, &adder, one_thread, &err), MP_OK);
    assert_int_equal(mp_device_buffer_create(&worker, device, 4, &buffer, &err), MP_OK);
    assert_int_equal(mp_device_stream_create(&worker, device, 0, &stream, &err), MP_OK);
    op.buffer[0] = buffer;
    assert_int_equal(mp_device_encode(&worker, device, stream, 0, &op, &err), MP_OK);
    assert_int_equal(atomic_load(&worker.slot->ops_started), 1);
    assert_int_equal(device->ops->state(stream), MP_STREAM_BUSY);
    assert_int_equal(mp_device_end(&worker, device, stream, 0, &err), MP_OK);
    assert_int_equal(mp_device_commit(&worker, device, stream, 0, &err), MP_OK);
    status = mp_device_wait(&worker, device, stream, 0, UINT64_MAX, &err);
    assert_int_equal(atomic_load(&page->buffers_failed), status == MP_DEVICE);
    assert_int_equal(device->ops->state(stream),
                     status == MP_DEVICE ? MP_STREAM_FAILED : MP_STREAM_IDLE);
    *ret_sum = *(float *)device->ops->buffer_contents(buffer);
    *ret_executed = device->ops->ops_executed(stream);
    device->ops->stream_destroy(device, stream);
    device->ops->buffer_destroy(device, buffer);
    mp_device_close(device);
    fixture_page_free(page);
    return status;
}

static void null_runs_the_kernel_and_counts(void **state) {
    float sum;
    uint64_t executed;

    (void)state;
    assert_int_equal(run_one("null", 0, &sum, &executed), MP_OK);
    assert_true(sum == 1.0f);
    assert_int_equal(executed, 1);
}

static void effects_spoil_the_op_they_are_planted_on(void **state) {
    float sum;
    uint64_t executed;

    (void)state;
    assert_int_equal(run_one("null:fault=wrong", 0, &sum, &executed), MP_OK);
    assert_true(sum != 1.0f);
    assert_int_equal(executed, 1);
    assert_int_equal(run_one("null:fault=drop", 0, &sum, &executed), MP_OK);
    assert_true(sum == 0.0f);
    assert_int_equal(executed, 0);
    assert_int_equal(run_one("null:fault=gpu_error", 0, &sum, &executed), MP_DEVICE);
    assert_int_equal(executed, 0);
    assert_int_equal(run_one("null:fault=drop,at=2", 0, &sum, &executed), MP_OK);
    assert_int_equal(executed, 1);
}

static void share_of_faulty_rounds_is_p_and_decided_by_the_seed(void **state) {
    unsigned dropped = 0;
    float sum;
    uint64_t executed, again;

    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        run_one("null:fault=drop,p=0.25", seed, &sum, &executed);
        run_one("null:fault=drop,p=0.25", seed, &sum, &again);
        assert_int_equal(executed, again);
        dropped += executed == 0;
    }
    /* Fixed seeds, so a fixed number: six standard deviations are generous. */
    assert_in_range(dropped, 250 - 82, 250 + 82);
    for (uint64_t seed = 0; seed < 100; seed++) {
        run_one("null:fault=drop,p=0", seed, &sum, &executed);
        assert_int_equal(executed, 1);
    }
}

static void race_is_planted_in_models_only_and_its_settings_are_known(void **state) {
    const struct mp_device_ops *const *list = mp_device_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        const struct mp_device_ops *ops;
        struct mp_option_values values;
        struct mp_error err = {""};
        char text[MP_SPEC_DEVICE_MAX];

        if (!list[i]->planted)
            continue;
        snprintf(text, sizeof(text), "%s:%s", list[i]->name, list[i]->planted);
        assert_true(mp_device_name_is_model(text));
        assert_int_equal(mp_device_settings(text, &ops, &values, &err), MP_OK);
    }
}

static void every_arm_is_found_by_its_name(void **state) {
    struct mp_error err;
    unsigned number = 0;

    (void)state;
    for (const struct mp_arm *arm = mp_arm_list(); arm->name; arm++) {
        char text[MP_SPEC_NAME_MAX + 16];

        snprintf(text, sizeof(text), "%s%s", arm->name, arm->number ? "=3" : "");
        assert_ptr_equal(mp_arm_find(text, &number, &err), arm);
        assert_int_equal(number, arm->number ? 3 : 1);
        assert_true(strlen(arm->name) < MP_SPEC_NAME_MAX);
        assert_null(strchr(arm->name, '='));
        assert_true(strlen(arm->summary) >= 10);
    }
    assert_null(mp_arm_find("sync_on_que", &number, &err));
    assert_non_null(strstr(err.text, "did you mean 'sync_on_queue'"));
}

static void arm_with_a_lock_of_the_round_serialises(void **state) {
    (void)state;
    for (const struct mp_arm *arm = mp_arm_list(); arm->name; arm++)
        if (arm->lock == MP_ARM_LOCK_ROUND)
            assert_true(mp_arm_serialises(arm, 1));
}

static void arm_with_a_number_is_written_with_it(void **state) {
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"semaphore", "semaphore=2"},
        {"semaphore=", "semaphore"},
        {"semaphore=0", "from 1 to 128"},
        {"semaphore=129", "from 1 to 128"},
        {"semaphore=2x", "whole number"},
        {"semaphore=-1", "from 1 to 128"},
        {"serial=2", "takes no value: write serial"},
    };
    unsigned number = 0;
    struct mp_error err;

    (void)state;
    assert_string_equal(mp_arm_find("semaphore=2", &number, &err)->name, "semaphore");
    assert_int_equal(number, 2);
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        assert_null(mp_arm_find(wrong[i].text, &number, &err));
        if (!strstr(err.text, wrong[i].words))
            fail_msg("%s: %s", wrong[i].text, err.text);
    }
}

static void only_an_arm_that_injects_has_a_build(void **state) {
    struct mp_error err;
    unsigned number = 0;

    (void)state;
    for (const struct mp_arm *arm = mp_arm_list(); arm->name; arm++) {
        char name[MP_SPEC_NAME_MAX + 16];

        snprintf(name, sizeof(name), "%s=0123456789ab", arm->name);
        assert_ptr_equal(mp_arm_find(name, &number, &err),
                         arm->injects || arm->sets_variables || arm->sets_device ? arm
                                                                                 : NULL);
        assert_int_equal(mp_round_spec_arm_injects(arm->name), arm->injects);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_prefers_real_devices_then_models_then_none),
        cmocka_unit_test(every_backend_has_its_mandatory_slots),
        cmocka_unit_test(unknown_device_names_the_nearest),
        cmocka_unit_test(opening_fills_optional_slots_of_a_copy),
        cmocka_unit_test(bad_settings_are_refused_with_the_device_named),
        cmocka_unit_test(words_of_the_setting_are_the_rows_of_the_fault_table),
        cmocka_unit_test(null_runs_the_kernel_and_counts),
        cmocka_unit_test(effects_spoil_the_op_they_are_planted_on),
        cmocka_unit_test(share_of_faulty_rounds_is_p_and_decided_by_the_seed),
        cmocka_unit_test(race_is_planted_in_models_only_and_its_settings_are_known),
        cmocka_unit_test(every_arm_is_found_by_its_name),
        cmocka_unit_test(arm_with_a_lock_of_the_round_serialises),
        cmocka_unit_test(arm_with_a_number_is_written_with_it),
        cmocka_unit_test(only_an_arm_that_injects_has_a_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
