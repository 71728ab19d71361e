/* Perturbations: what a round does on purpose to its own timing, so that a rare race is
 * met more often. They stand at the boundaries of the client's calls, above every device,
 * so they work on a closed driver. Each decision is a hash of (seed, thread, call,
 * point): a round of the same seed and settings decides the same again, whatever the
 * scheduler does. That repeats the perturbation and not the schedule.
 *
 * No perturbation makes a lawful client unlawful: none moves a call to another thread or
 * beside its queue.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_PERTURB_H
#define MP_ROUND_PERTURB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/round/recorder.h"

/* The words of the parameter `perturb`, in this order (scenarios/params.h). */
enum mp_perturb_kind {
    MP_PERTURB_GATE,     /* more syncs are hostile, where q may make them so */
    MP_PERTURB_DELAY,    /* delays of any length at any boundary */
    MP_PERTURB_PAIR,     /* two calls are brought together, their phase swept */
    MP_PERTURB_FREEZE,   /* one thread stands still for a while, again and again */
    MP_PERTURB_PRIORITY, /* some threads get the processor last */
    MP_PERTURB_LOAD,     /* other threads keep processors and memory busy */
    MP_PERTURB_KINDS
};

/* Places inside an op's sequence of driver calls (MP_OP_POINTS of device.h). */
#define MP_PERTURB_PLACES 3

/* Boundaries of a call, and inside an op's sequence of driver calls. */
enum mp_perturb_point {
    MP_PERTURB_BEFORE,
    MP_PERTURB_INSIDE, /* + enum mp_op_point */
    MP_PERTURB_AFTER = MP_PERTURB_INSIDE + MP_PERTURB_PLACES,
    MP_PERTURB_POINTS
};

/* How long two calls wait for each other. */
#define MP_PERTURB_MEET_NS  UINT64_C(500000)
#define MP_PERTURB_LOAD_MAX 16

/* What one round does: drawn from its seed. */
struct mp_perturb_plan {
    unsigned kinds;  /* bit i: enum mp_perturb_kind i */
    double hostile;  /* share of hostile syncs of the gate */
    double delay_q;  /* share of boundaries with a delay: log-uniform, 0.002 to 0.5 */
    unsigned victim; /* the worker that freezes */
    uint64_t freeze_every, freeze_ns; /* after so many of its boundaries, for so long */
    unsigned pair[2]; /* the two boundaries: op * MP_PERTURB_POINTS + point */
    unsigned load_threads;
    uint64_t limit_ns; /* that all injected delays of one thread may take */
};

struct mp_perturb {
    struct mp_perturb_plan plan;
    atomic_uint meeting;                         /* enum in perturb.c */
    _Atomic uint64_t usual_ns[MP_PAGE_OP_COUNT]; /* how long a call takes, smoothed */
    atomic_bool is_over;
    pthread_t load[MP_PERTURB_LOAD_MAX];
    unsigned loads; /* threads that run */
};

/* Pure. `kinds` as in the plan, for workers 1..threads of a round that may last
 * `timeout_ms`. */
void mp_perturb_plan_make(unsigned kinds, uint64_t seed, unsigned threads,
                          uint64_t timeout_ms, struct mp_perturb_plan *ret_plan);
/* Pure. The delay of worker `thread_seed` at boundary `point` of `op`, as its `call`th
 * boundary; 0: none. */
uint64_t mp_perturb_delay_ns(const struct mp_perturb_plan *plan, uint64_t thread_seed,
                             uint64_t call, enum mp_page_op op, unsigned point);
/* Pure. Whether worker `index` gets the processor last; at least one worker does. */
bool mp_perturb_is_slow(const struct mp_perturb_plan *plan, uint64_t seed, unsigned index,
                        unsigned threads);

/* Starts the helper threads of the plan; as many as the system gives. */
void mp_perturb_begin(struct mp_perturb *perturb, const struct mp_perturb_plan *plan);
/* Ends and joins them. */
void mp_perturb_end(struct mp_perturb *perturb);

/* A worker is at a boundary; `worker->perturb` is set. */
void mp_perturb_reach(struct mp_worker *worker, enum mp_page_op op, unsigned point);
/* A call of `op` took so long. */
void mp_perturb_learn(struct mp_worker *worker, enum mp_page_op op, uint64_t took_ns);

#endif
