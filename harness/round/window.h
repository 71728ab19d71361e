/* Windows: the interleavings of two threads on one stream in PyTorch's style that break a
 * rule of Metal. Each is a script, an order of points that the two pass; the gate of the
 * pool makes them wait for each other there. It acts in the client and touches no device.
 *
 * Source: the nine interleavings that PyTorch's public code of synchronize (2.9.1) admits
 * beside its serial queue; each letter's text in window.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_WINDOW_H
#define MP_ROUND_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>

#include "harness/round/bare.h"
#include "harness/round/recorder.h"

/* How long a side waits for another, which may never come, and how long one that has met
 * it waits for its next step: longer than a thread of a busy machine waits for a core. */
#define MP_WINDOW_WAIT_NS UINT64_C(20000000)
#define MP_WINDOW_STEP_NS UINT64_C(200000000)

enum mp_window_kind {
    MP_WINDOW_NONE,
#define MP_WINDOW(letter, ...) MP_WINDOW_##letter,
#include "harness/round/window.def"
#undef MP_WINDOW
    MP_WINDOW_COUNT
};

/* "none|a|b", in the order of enum mp_window_kind, and a line on each. */
extern const char mp_window_choices[], mp_window_meanings[];

/* What a side does. */
enum mp_window_act {
    MP_ACT_OP,
    MP_ACT_HANDLER, /* an op that adds a completed handler */
    MP_ACT_SYNC,
    MP_ACT_CONTINUE, /* an op, and a commit that nobody waits for */
    MP_ACT_HOOK,     /* a wait for the command buffer that was handed out before */
    MP_ACT_FETCH     /* the encoder of a coming op, before it enters the queue */
};

/* The meeting point of one stream's two sides. Zeroed before use. Its atomics are relaxed
 * on purpose, as the gate's. */
struct mp_window {
    atomic_uint state; /* nobody, one that waits, two that have met */
    atomic_uint next;  /* step of the script that nobody has passed yet */
    atomic_uint left;  /* sides that are through */
};

/* One side's way through one script. */
struct mp_window_visit {
    struct mp_window *window;
    enum mp_window_kind kind;
    bool is_beside;           /* the queue; else on it */
    bool is_met;              /* false: it waits nowhere */
    enum mp_bare_point point; /* TAKEN, PIPELINE or BOUND: where an op is held */
    unsigned at;              /* step that it looks for next */
};

/* What the thread beside the queue does in a window, and what the thread on it does. */
enum mp_window_act mp_window_act_beside(enum mp_window_kind kind);
enum mp_window_act mp_window_act_on_queue(enum mp_window_kind kind);
/* Whether the op on the queue ends the open encoder first, as linear layers do. */
bool mp_window_needs_fresh_encoder(enum mp_window_kind kind);

/* The side beside the queue: waits until there is another; recorded as MP_PAGE_OP_GATE
 * with `number`. */
void mp_window_wait(struct mp_window_visit *visit, struct mp_worker *worker,
                    unsigned stream_index, uint64_t number);
/* The side on the queue: meets one that waits, if there is any. */
void mp_window_meet(struct mp_window_visit *visit);
/* A side at a point; `data` is its struct mp_window_visit. For mp_bare_pass.at. */
void mp_window_reach(void *data, enum mp_bare_point point);
/* A side is through, and lets the other go. */
void mp_window_leave(struct mp_window_visit *visit);

#endif
