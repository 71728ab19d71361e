/* Who has which stream of a pool. Knows numbers only: stream 0 is the main thread's, the
 * others are taken by workers and given back. What happens to a worker that finds none
 * free is the rule of the pool.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_LEASE_H
#define MP_ROUND_LEASE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/round/recorder.h"
#include "harness/wire/round_page.h"

/* Streams that a pool may grow to: one for each thread of a round. */
#define MP_LEASE_STREAMS_MAX MP_PAGE_THREADS_MAX

/* In the order of the parameter's words (scenarios/params.h). */
enum mp_lease_rule {
    MP_LEASE_ROUND_ROBIN, /* none is ever refused: workers share streams, in turn */
    MP_LEASE_GROW,        /* another stream is made */
    MP_LEASE_CAP,   /* a stream is lent from the first op to the next synchronization, so
                       that no more threads than streams work at a time */
    MP_LEASE_THROW, /* refused at once */
    MP_LEASE_WAIT   /* waits for another worker's end, for a limited time */
};

struct mp_leases {
    enum mp_lease_rule rule;
    uint64_t patience_ns; /* for CAP and WAIT */
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t given; /* back */
    unsigned count;       /* streams that exist */
    bool is_taken[MP_LEASE_STREAMS_MAX];
};

/* What became of one wish for a stream. */
struct mp_lease {
    unsigned stream;  /* 0: refused */
    bool is_new;      /* it was made for this */
    uint64_t wait_ns; /* until it, or patience, came; 0: at once */
};

void mp_leases_init(struct mp_leases *leases, enum mp_lease_rule rule, unsigned streams,
                    uint64_t patience_ns);
/* Nobody may be waiting any more. */
void mp_leases_destroy(struct mp_leases *leases);

/* Makes stream `index` of a pool that grows. */
typedef enum mp_status mp_lease_make(void *data, unsigned index, struct mp_error *err);

/* Takes a stream for `worker` (1..), the lowest that is free. MP_LIMIT: none is free and
 * the rule is to throw; MP_TIMEOUT: none became free in time. `make` is called under the
 * lock, and with GROW only. *ret_lease is set in any case. */
enum mp_status mp_lease_take(struct mp_leases *leases, unsigned worker,
                             mp_lease_make *make, void *data, struct mp_lease *ret_lease,
                             struct mp_error *err);
/* Adds it to the figures of the round. */
void mp_lease_count(const struct mp_lease *lease, struct mp_worker *worker);
/* Gives it back: it may go to another thread at once. */
void mp_lease_give(struct mp_leases *leases, unsigned stream);

/* The stream of `worker` (0: the main thread) where workers share them in turn. */
unsigned mp_lease_in_turn(unsigned worker, unsigned streams);

#endif
