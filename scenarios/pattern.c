/* The patterns of threads. Knows nothing of what a turn does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/pattern.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/round/successor.h"
#include "scenarios/meeting.h"

/* In the order of the parameter's words. */
enum kind { FREE, TOGETHER, STAGGERED, CHURN, OPEN_EXIT };

struct mp_pattern {
    enum kind kind;
    struct mp_meeting meeting; /* before each turn, unless it is FREE or STAGGERED */
    pthread_mutex_t mutex;     /* guards `begun` */
    pthread_cond_t changed;
    unsigned begun; /* STAGGERED: threads 1 .. begun have done a turn or ended */
};

/* The turns of one worker. */
struct course {
    struct mp_pattern *pattern;
    const struct mp_scenario_run *run;
    struct mp_worker *worker;
    mp_pattern_step *begin, *finish;
    uint64_t turn; /* the one that is on */
    bool is_open;  /* it has begun and is not finished */
};

/* Its value, or `absent` if the scenario has no such parameter. */
static int64_t param_of(const struct mp_scenario_run *run, const char *name,
                        int64_t absent) {
    for (const struct mp_option *row = run->scenario->params; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return mp_option_get(run->params, name)->integer;
    return absent;
}

/* Whether the pool may refuse a stream to one of the threads. */
static bool may_refuse(const struct mp_scenario_run *run) {
    const int64_t rule = param_of(run, "policy", MP_LEASE_ROUND_ROBIN);
    return (rule == MP_LEASE_THROW || rule == MP_LEASE_WAIT) &&
           run->threads >= param_of(run, "streams", MP_STREAMS_MAX);
}

enum mp_status mp_pattern_create(const struct mp_scenario_run *run,
                                 struct mp_pattern **ret_pattern, struct mp_error *err) {
    const enum kind kind = (enum kind)param_of(run, "pattern", FREE);
    if (kind != FREE && may_refuse(run))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "threads that wait for each other cannot do so for one that "
                            "the pool refuses: %u threads need %u streams with "
                            "pattern=%s and policy=%s",
                            run->threads, run->threads + 1,
                            mp_option_get(run->params, "pattern")->text,
                            mp_option_get(run->params, "policy")->text);
    struct mp_pattern *pattern = mp_memory_zeroed(1, sizeof(*pattern));
    pattern->kind = kind;
    mp_meeting_init(&pattern->meeting, run->threads);
    pthread_mutex_init(&pattern->mutex, NULL);
    pthread_cond_init(&pattern->changed, NULL);
    *ret_pattern = pattern;
    return MP_OK;
}

void mp_pattern_destroy(struct mp_pattern *pattern) {
    if (!pattern)
        return;
    pthread_cond_destroy(&pattern->changed);
    pthread_mutex_destroy(&pattern->mutex);
    mp_meeting_destroy(&pattern->meeting);
    free(pattern);
}

/* The main thread, where it has turns, is no member of the pattern. */
static enum kind kind_of(const struct course *course) {
    return course->worker->index > 0 ? course->pattern->kind : FREE;
}

/* Waits for the first turn of the worker before this one. */
static void await_turn_of_previous(struct course *course) {
    struct mp_pattern *pattern = course->pattern;
    pthread_mutex_lock(&pattern->mutex);
    while (pattern->begun + 1 < course->worker->index)
        pthread_cond_wait(&pattern->changed, &pattern->mutex);
    pthread_mutex_unlock(&pattern->mutex);
}

static void let_next_begin(struct course *course) {
    struct mp_pattern *pattern = course->pattern;
    pthread_mutex_lock(&pattern->mutex);
    if (pattern->begun < course->worker->index)
        pattern->begun = course->worker->index;
    pthread_cond_broadcast(&pattern->changed);
    pthread_mutex_unlock(&pattern->mutex);
}

static enum mp_status finish(struct course *course, struct mp_error *err) {
    course->is_open = false;
    return course->finish(course->run, course->worker, course->turn, err);
}

static enum mp_status begin(struct course *course, uint64_t turn, struct mp_error *err) {
    course->turn = turn;
    course->is_open = true;
    return course->begin(course->run, course->worker, turn, err);
}

/* One thread of OPEN_EXIT: completes what the one before it left, and leaves its own turn
 * to the next. */
static enum mp_status hand_on(void *data, struct mp_worker *worker,
                              struct mp_error *err) {
    struct course *course = data;
    const uint64_t turn = course->is_open ? course->turn + 1 : 0;
    enum mp_status status = MP_OK;
    (void)worker; /* the course has it */
    mp_meeting_wait(&course->pattern->meeting);
    if (course->is_open)
        status = finish(course, err);
    return status == MP_OK ? begin(course, turn, err) : status;
}

/* One thread of CHURN. Its stream may go to another one, as it has another one's. */
static enum mp_status come_and_go(void *data, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct course *course = data;
    struct mp_stream_pool *pool = course->run->pool;
    enum mp_status status = MP_OK;
    mp_meeting_wait(&course->pattern->meeting);
    if (course->turn > 0) {
        status = mp_stream_arrive(worker, pool, err);
        if (status == MP_OK)
            status = mp_stream_begin(worker, pool, err);
    }
    if (status == MP_OK)
        status = begin(course, course->turn, err);
    if (status == MP_OK)
        status = finish(course, err);
    mp_stream_leave(worker, pool);
    return status;
}

static enum mp_status do_turn(struct course *course, uint64_t turn,
                              struct mp_error *err) {
    const enum kind kind = kind_of(course);
    struct mp_device *device = course->run->device;
    enum mp_status status;
    if (kind == OPEN_EXIT)
        return mp_successor_run(device, course->worker, hand_on, course, err);
    if (kind == CHURN) {
        course->turn = turn;
        return mp_successor_run(device, course->worker, come_and_go, course, err);
    }
    if (kind == TOGETHER)
        mp_meeting_wait(&course->pattern->meeting);
    if (kind == STAGGERED && turn == 0)
        await_turn_of_previous(course);
    status = begin(course, turn, err);
    if (status == MP_OK)
        status = finish(course, err);
    if (kind == STAGGERED && turn == 0)
        let_next_begin(course);
    return status;
}

/* However the thread ends, nobody waits for it. */
static void leave(void *data) {
    struct course *course = data;
    if (course->worker->index == 0)
        return;
    mp_meeting_leave(&course->pattern->meeting);
    let_next_begin(course);
}

static enum mp_status do_turns(struct course *course, uint64_t turns,
                               struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (uint64_t turn = 0; status == MP_OK && turn < turns; turn++)
        status = do_turn(course, turn, err);
    if (status == MP_OK && course->is_open)
        status = finish(course, err);
    return status;
}

enum mp_status mp_pattern_run(struct mp_pattern *pattern,
                              const struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t turns, mp_pattern_step *begin_step,
                              mp_pattern_step *finish_step, struct mp_error *err) {
    struct course course = {.pattern = pattern,
                            .run = run,
                            .worker = worker,
                            .begin = begin_step,
                            .finish = finish_step};
    enum mp_status status;
    pthread_cleanup_push(leave, &course);
    status = do_turns(&course, turns, err);
    pthread_cleanup_pop(1);
    return status;
}
