/* What a job makes of the counters in its page, at times that the test chooses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"

#define MS MP_CLOCK_NS_PER_MS

/* A job with a limit of silence of 400 ms, begun at 1 s, with a deadline at 60 s. */
static struct mp_job *make_job(void) {
    static struct mp_job job;
    struct mp_round_spec spec;
    struct mp_error err;
    mp_round_spec_init(&spec);
    spec.scenario[0] = 'x';
    job = (struct mp_job){.state = MP_JOB_RUNNING,
                          .silence_ns = 400 * MS,
                          .look_ns = 1100 * MS,
                          .heard_ns = 1000 * MS,
                          .deadline_ns = 60000 * MS};
    job.page_size = mp_round_page_size(2);
    job.page = aligned_alloc(64, (job.page_size + 63) / 64 * 64);
    assert_non_null(job.page);
    memset(job.page, 0, job.page_size);
    assert_int_equal(mp_round_page_format(job.page, job.page_size, 2, &spec, &err),
                     MP_OK);
    atomic_store(&job.page->phase, MP_PHASE_RUN);
    return &job;
}

static void job_is_at_its_end_when_nothing_moved_for_the_limit(void **state) {
    (void)state;
    struct mp_job *job = make_job();
    mp_job_listen(job, 1100 * MS); /* sees that it runs */
    for (uint64_t at = 1200; at < 1500; at += 100)
        mp_job_listen(job, at * MS);
    assert_false(job->was_silent);
    assert_int_equal(job->deadline_ns, 60000 * MS);
    mp_job_listen(job, 1500 * MS);
    assert_true(job->was_silent);
    assert_int_equal(job->deadline_ns, 1500 * MS);
    free(job->page);
}

static void job_that_moves_is_never_silent(void **state) {
    (void)state;
    struct mp_job *job = make_job();
    for (uint64_t at = 1100; at < 9000; at += 300) {
        if (at % 600 == 200) /* an op is begun at one look, and done at the next */
            atomic_fetch_add(&job->page->thread[1].ops_started, 1);
        else
            atomic_fetch_add(&job->page->thread[1].ops_done, 1);
        mp_job_listen(job, at * MS);
    }
    assert_false(job->was_silent);
    assert_int_equal(job->deadline_ns, 60000 * MS);
    free(job->page);
}

static void
job_is_looked_at_a_few_times_in_its_limit_and_not_at_all_without_one(void **state) {
    (void)state;
    struct mp_job *job = make_job();
    assert_int_equal(mp_job_next_check(job), 1100 * MS);
    mp_job_listen(job, 1050 * MS); /* too early: no look */
    assert_int_equal(job->heard, 0);
    mp_job_listen(job, 1130 * MS);
    assert_int_equal(mp_job_next_check(job), 1230 * MS);
    job->silence_ns = 0;
    assert_int_equal(mp_job_next_check(job), 60000 * MS);
    mp_job_listen(job, 50000 * MS);
    assert_false(job->was_silent);
    free(job->page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_is_at_its_end_when_nothing_moved_for_the_limit),
        cmocka_unit_test(job_that_moves_is_never_silent),
        cmocka_unit_test(
            job_is_looked_at_a_few_times_in_its_limit_and_not_at_all_without_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
