/* Starts rounds of the victim program for tests: one spec, one end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_VICTIM_FIXTURE_H
#define MP_TESTS_VICTIM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/runner.h"

/* Long enough for the slowest machine; every wait of these tests ends far earlier. */
#define MP_TEST_PATIENCE_NS (60 * MP_CLOCK_NS_PER_S)

static inline struct mp_runner *open_runner(unsigned jobs, bool captures) {
    struct mp_runner_config config = {
        .round_program = MP_VICTIM, .jobs = jobs, .captures = captures};
    struct mp_runner *runner = NULL;
    struct mp_error err;
    char note[512];
    assert_int_equal(mp_runner_open(&config, &runner, note, &err), MP_OK);
    assert_string_equal(note, "");
    return runner;
}

static inline struct mp_round_spec victim_spec(const char *deed) {
    struct mp_round_spec spec;
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "%s", deed);
    spec.timeout_ms = 60000;
    return spec;
}

static inline void set_param(struct mp_round_spec *spec, const char *name,
                             const char *value) {
    struct mp_error err;
    assert_int_equal(mp_round_spec_set_param(spec, name, value, &err), MP_OK);
}

static inline void start_round(struct mp_runner *runner, const struct mp_round_spec *spec,
                               uint64_t tag) {
    struct mp_error err;
    if (mp_runner_start(runner, spec, tag, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static inline void wait_round(struct mp_runner *runner, struct mp_round_end *ret_end) {
    struct mp_error err = {.text = "the round did not end in time"};
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    enum mp_status status = MP_TIMEOUT;
    memset(ret_end, 0, sizeof(*ret_end));
    while (status == MP_TIMEOUT && mp_clock_now_ns() < until_ns)
        status = mp_runner_wait(runner, MP_TEST_PATIENCE_NS, ret_end, &err);
    if (status != MP_OK)
        fail_msg("%s", err.text);
}

/* One round from start to end. */
static inline void run_round(struct mp_runner *runner, const struct mp_round_spec *spec,
                             struct mp_round_end *ret_end) {
    start_round(runner, spec, 1);
    wait_round(runner, ret_end);
}

#endif
