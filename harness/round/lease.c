/* Streams that are taken and given back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/lease.h"

#include <string.h>
#include <time.h>

#include "harness/base/clock.h"

#define NS_PER_S UINT64_C(1000000000)

/* How long one look at the list may sleep: a condition has no monotonic clock on every
 * system, so the deadline is looked at, not slept to. */
#define LOOK_NS (50 * MP_CLOCK_NS_PER_MS)

void mp_leases_init(struct mp_leases *leases, enum mp_lease_rule rule, unsigned streams,
                    uint64_t patience_ns) {
    memset(leases, 0, sizeof(*leases));
    leases->rule = rule;
    leases->count = streams;
    leases->patience_ns = patience_ns;
    pthread_mutex_init(&leases->lock, NULL);
    pthread_cond_init(&leases->given, NULL);
}

void mp_leases_destroy(struct mp_leases *leases) {
    pthread_cond_destroy(&leases->given);
    pthread_mutex_destroy(&leases->lock);
}

unsigned mp_lease_in_turn(unsigned worker, unsigned streams) {
    return worker == 0 || streams == 1 ? 0 : 1 + (worker - 1) % (streams - 1);
}

/* The lowest free stream, or 0. Lock held. */
static unsigned find_free(const struct mp_leases *leases) {
    for (unsigned i = 1; i < leases->count; i++)
        if (!leases->is_taken[i])
            return i;
    return 0;
}

static void sleep_locked(struct mp_leases *leases) {
    struct timespec until;
    uint64_t ns;

    clock_gettime(CLOCK_REALTIME, &until);
    ns = (uint64_t)until.tv_nsec + LOOK_NS;
    until.tv_sec += (time_t)(ns / NS_PER_S);
    until.tv_nsec = (long)(ns % NS_PER_S);
    pthread_cond_timedwait(&leases->given, &leases->lock, &until);
}

/* A free stream as soon as there is one, or 0 when patience ends. Lock held. */
static unsigned wait_for_free(struct mp_leases *leases, uint64_t *ret_wait_ns) {
    uint64_t start_ns = mp_clock_now_ns(), deadline_ns = start_ns + leases->patience_ns;
    unsigned stream = find_free(leases);
    bool has_waited = stream == 0;

    while (stream == 0 && mp_clock_now_ns() < deadline_ns) {
        sleep_locked(leases);
        stream = find_free(leases);
    }
    *ret_wait_ns = has_waited ? mp_clock_now_ns() - start_ns + 1 : 0;
    return stream;
}

static enum mp_status grow(struct mp_leases *leases, mp_lease_make *make, void *data,
                           unsigned *ret_stream, struct mp_error *err) {
    enum mp_status status;

    if (leases->count == MP_LEASE_STREAMS_MAX)
        return mp_error_set(err, MP_LIMIT, "the pool cannot grow beyond %d streams",
                            MP_LEASE_STREAMS_MAX);
    status = make(data, leases->count, err);
    if (status == MP_OK)
        *ret_stream = leases->count++;
    return status;
}

static enum mp_status refuse(const struct mp_leases *leases, unsigned worker,
                             struct mp_error *err) {
    char waited[32];

    if (leases->rule == MP_LEASE_THROW)
        return mp_error_set(err, MP_LIMIT,
                            "no stream is left for worker %u: other threads have all %u "
                            "that are for workers, and policy=throw refuses it then; "
                            "give the pool more streams, or another policy",
                            worker, leases->count - 1);
    mp_clock_format_short(leases->patience_ns, waited, sizeof(waited));
    return mp_error_set(err, MP_TIMEOUT,
                        "no stream became free for worker %u within %s: other threads "
                        "kept all %u that are for workers; give it longer (stream_wait) "
                        "or the pool more streams",
                        worker, waited, leases->count - 1);
}

enum mp_status mp_lease_take(struct mp_leases *leases, unsigned worker,
                             mp_lease_make *make, void *data, struct mp_lease *ret_lease,
                             struct mp_error *err) {
    bool waits = leases->rule == MP_LEASE_CAP || leases->rule == MP_LEASE_WAIT;
    enum mp_status status = MP_OK;
    unsigned stream;

    *ret_lease = (struct mp_lease){.stream = 0};
    pthread_mutex_lock(&leases->lock);
    stream = waits ? wait_for_free(leases, &ret_lease->wait_ns) : find_free(leases);
    ret_lease->is_new = stream == 0 && leases->rule == MP_LEASE_GROW;
    if (ret_lease->is_new)
        status = grow(leases, make, data, &stream, err);
    else if (stream == 0)
        status = refuse(leases, worker, err);
    if (status == MP_OK) {
        leases->is_taken[stream] = true;
        ret_lease->stream = stream;
    }
    pthread_mutex_unlock(&leases->lock);
    return status;
}

void mp_lease_count(const struct mp_lease *lease, struct mp_worker *worker) {
    mp_recorder_count(worker, MP_FIGURE_POOL_LENT, lease->stream != 0);
    mp_recorder_count(worker, MP_FIGURE_POOL_REFUSED, lease->stream == 0);
    mp_recorder_count(worker, MP_FIGURE_POOL_WAITS, lease->wait_ns > 0);
    mp_recorder_count(worker, MP_FIGURE_POOL_WAIT_NS, lease->wait_ns);
    mp_recorder_count(worker, MP_FIGURE_POOL_GROWN, lease->is_new && lease->stream != 0);
}

void mp_lease_give(struct mp_leases *leases, unsigned stream) {
    pthread_mutex_lock(&leases->lock);
    leases->is_taken[stream] = false;
    pthread_cond_signal(&leases->given);
    pthread_mutex_unlock(&leases->lock);
}
