/* How a round really ended: one pure function over the three witnesses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_OUTCOME_H
#define MP_WIRE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/crash.h"
#include "harness/wire/round_page.h"

enum mp_outcome {
#define MP_OUTCOME(id, name, verdict, words) MP_OUTCOME_##id,
#include "harness/wire/outcome.def"
#undef MP_OUTCOME
    MP_OUTCOME_COUNT
};

enum mp_outcome_class { MP_CLASS_PASS, MP_CLASS_FAILURE, MP_CLASS_NO_VERDICT };

const char *mp_outcome_name(enum mp_outcome outcome);
const char *mp_outcome_words(enum mp_outcome outcome);
enum mp_outcome_class mp_outcome_class(enum mp_outcome outcome);
/* The outcome called `name`, or MP_OUTCOME_COUNT. */
enum mp_outcome mp_outcome_find(const char *name);

/* How the process left, from its wait status. */
enum mp_exit_kind {
    MP_EXIT_CODE,       /* by itself, with `code` */
    MP_EXIT_SIGNAL,     /* by `signal` that nobody here sent */
    MP_EXIT_DEADLINE,   /* killed by us: its deadline passed */
    MP_EXIT_STOPPED,    /* killed by us: the person asked to stop at once; never enters a rate */
    MP_EXIT_NOT_STARTED /* the spawn failed */
};

struct mp_exit {
    enum mp_exit_kind kind;
    int code, signal;
    unsigned leaked;    /* processes that it left behind and that were killed */
    bool child_crashed; /* a process it started died of a crash signal */
};

/* Pure: decides the outcome from how the process left (`exit`), what it wrote (`page`) and what the
 * debugger's side saw (`crash`, NULL if it saw no crash stop or was off). Writes one sentence of
 * detail into `ret_detail`. Rules, first match wins:
 *  spawn failed -> broken; stopped by the person -> lost; deadline -> hang; SIGABRT -> abort;
 * SIGKILL or SIGTERM from outside -> broken (nobody here sent it: OOM killer, a person); other
 * signal -> crash; exit without a finished page -> crash-like "exited early" = broken before RUN,
 * dropped from RUN on; a crash of a child -> crash; then the page's own result; then counts that do
 * not balance -> dropped; then promised overlap that did not happen -> no_overlap; else pass. */
enum mp_outcome mp_outcome_decide(const struct mp_exit *exit, const struct mp_page_summary *page,
                                  const struct mp_crash *crash, char *ret_detail, size_t size);

#endif
