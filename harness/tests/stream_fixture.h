/* A stream pool on a device that lets a test hold a thread inside a call, and two threads
 * on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_STREAM_FIXTURE_H
#define MP_TESTS_STREAM_FIXTURE_H

#include "harness/round/stream.h"
#include "harness/tests/round_fixture.h"

/* The calls that a thread can be held in. */
enum call { IN_ENCODE, IN_END, IN_COMMIT, IN_WAIT, CALLS };

struct fake {
    struct mp_device base;
    _Atomic unsigned entered[CALLS];
    unsigned streams_alive, streams_limit;
    /* The first `hold` call stays inside until `release` was entered, or limit_ns
     * passed. */
    enum call hold, release;
    uint64_t limit_ns;
    bool was_released; /* it saw that in time */
    _Atomic unsigned inside_encode,
        ends_inside; /* ends that met another thread inside encode */
};

extern const struct mp_device_ops fake_ops;

/* Two threads on one pool: `first` is held inside a call, `second` starts once it is
 * there. */
struct scene {
    struct fake fake;
    struct mp_round_page *page;
    struct mp_worker worker[2];
    struct mp_stream_pool *pool;
    enum mp_status (*second)(struct mp_worker *, struct mp_stream_pool *,
                             struct mp_error *);
};

/* An op of a kernel without inputs. */
enum mp_status encode(struct mp_worker *worker, struct mp_stream_pool *pool,
                      struct mp_error *err);

void open_scene(struct scene *scene, const struct mp_stream_policy *policy);
/* Also that no stream is left. */
void close_scene(struct scene *scene);

/* Whether `second` came into the call `release` while `first` was held inside `hold`.
 * `expects` only chooses how long that is waited for. */
bool meets(struct scene *scene, enum call hold, enum call release, bool expects,
           enum mp_status (*first)(struct mp_worker *, struct mp_stream_pool *,
                                   struct mp_error *),
           enum mp_status (*second)(struct mp_worker *, struct mp_stream_pool *,
                                    struct mp_error *));

/* All streams, the arm's number 2, no hostile synchronize. */
struct mp_stream_policy policy_of(const struct mp_arm *arm, enum mp_stream_share share);
const struct mp_arm *find_arm(const char *name);

#endif
