/* How a round really ended: one pure function over the three witnesses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_OUTCOME_H
#define MP_WIRE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/strbuf.h"
#include "harness/wire/crash.h"
#include "harness/wire/modules.h"
#include "harness/wire/program.h"
#include "harness/wire/round_page.h"
#include "harness/wire/sender.h"

enum mp_outcome {
#define MP_OUTCOME(id, name, verdict, words) MP_OUTCOME_##id,
#include "harness/wire/outcome.def"
#undef MP_OUTCOME
    MP_OUTCOME_COUNT
};

/* What enters a rate, everywhere: rounds that passed and rounds that failed. What is left
 * out never depends on whether the round failed, so:
 *
 * - no_overlap is a pass. It says less than one in which threads met, but to leave it out
 *   would leave out passes only (a round that fails is a failure whether threads met in
 *   it or not), and the rate of the rest would be too high; and an arm that keeps threads
 *   apart would lose its passes. Where success is claimed (a claim met, CLEAN), it must
 *   be shown without these passes too.
 * - broken, lost and no_verdict may hide failures (a round that is killed from outside,
 *   or stopped, while it hangs). They enter no rate; but where something is claimed, it
 *   must hold also if all of them had gone against it.
 * - skip is left out: nothing was tried. */
enum mp_outcome_class { MP_CLASS_PASS, MP_CLASS_FAILURE, MP_CLASS_NO_VERDICT };

const char *mp_outcome_name(enum mp_outcome outcome);
const char *mp_outcome_words(enum mp_outcome outcome);
enum mp_outcome_class mp_outcome_class(enum mp_outcome outcome);
/* Whether a round without a verdict may have been a failure: broken, lost, no_verdict. */
bool mp_outcome_may_hide(enum mp_outcome outcome);
/* The outcome called `name`, or MP_OUTCOME_COUNT. */
enum mp_outcome mp_outcome_find(const char *name);

/* How the process left, from its wait status. */
enum mp_exit_kind {
    MP_EXIT_CODE,        /* by itself, with `code` */
    MP_EXIT_SIGNAL,      /* by a `signal` that we did not send */
    MP_EXIT_DEADLINE,    /* killed by us: its deadline passed, or its limit of silence */
    MP_EXIT_STOPPED,     /* killed by us: the user asked to stop at once */
    MP_EXIT_NOT_STARTED, /* the spawn failed */
    MP_EXIT_KEPT         /* it did not leave: its process has other rounds to run */
};

/* A shorter sleep does not count, since the clocks are read one after the other, and a
 * shorter absence of the supervisor is only a busy machine. */
#define MP_OUTCOME_SLEEP_MIN_NS UINT64_C(1000000000)

#define MP_OUTCOME_SAID_MAX 256

struct mp_exit {
    enum mp_exit_kind kind;
    int code, signal;
    /* of the signal that ended it, or of a crash signal before */
    struct mp_sender sender;
    bool was_silent;    /* DEADLINE: for the limit of silence */
    bool was_stopped;   /* the process was stopped from outside (SIGSTOP, a debugger), for
                           good or for a while */
    uint64_t slept_ns;  /* for which the machine slept between its start and its end */
    uint64_t absent_ns; /* for which its supervisor did not run; no limit counts that */
    unsigned leaked;    /* processes that it left behind and that were killed */
    bool child_crashed; /* a process it started died of a crash signal */
    bool is_in_load;    /* CODE: the loader had not let a user's program begin */
    enum mp_code_meaning code_means; /* CODE: of a user's program, else OF_ROUND */
    char said[MP_OUTCOME_SAID_MAX];  /* of such a program: the first line that its user
                                          calls a failure, raw, "" none */
};

/* Whether the loader had not let a program begin when it exited: the stack of its main
 * thread, in `at_exit`, begins in the loader, and leads into `library` (a path) or
 * nowhere else. False where that stack is not known (NULL, no thread). */
bool mp_outcome_is_in_load(const struct mp_crash *at_exit, const char *library);

/* What the counts of a finished round say, rules 15 to 18 below: mismatch, broken,
 * dropped or, if they balance, pass. Pure. Adds a sentence to the empty `detail` unless
 * they balance; `page->message` is the first check that failed, "" none. The round asks
 * before it writes its result, the supervisor asks again. */
enum mp_outcome mp_outcome_from_counts(const struct mp_page_summary *page,
                                       struct mp_strbuf *detail);

/* clang-format off */
/* Pure: decides the outcome from how the process left (`exit`), what it wrote (`page`)
 * and what the debugger's side saw (`crash`, NULL if it saw nothing or was off). `claim`
 * says whether the library that the arm injects was mapped; NULL: the arm injects none.
 * Writes one sentence of detail into `ret_detail`; bytes of the page stand escaped in it.
 *
 * A fault signal is SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP or SIGSYS. A signal is from
 * outside if capture saw another process send it; or, whoever sent it, if it is one that
 * a person or the system sends: SIGKILL (out of memory), SIGTERM, SIGINT, SIGQUIT,
 * SIGHUP, SIGXCPU, SIGXFSZ; or if it is neither a fault signal nor SIGABRT and nobody saw
 * who sent it. Rules, first match wins:
 *
 *  1  the spawn failed                                                    broken
 *  2  stopped by the user, whatever else was seen                         lost
 *     another process sent it a fault signal or SIGABRT: whatever came
 *     after that may be its doing                                         broken
 *  3  capture saw a fault signal or SIGABRT stop the round, even if the
 *     round lived on: the first stop counts                               crash, abort
 *  4  the process died of SIGABRT                                         abort
 *  5  it died of any other signal that is not from outside                crash
 *  6  a process that it started died of a crash signal                    crash
 *       and capture saw that this was SIGABRT                             abort
 *  7  the page is sound and the round itself says SKIP or BROKEN          skip, broken
 *  8  killed at its deadline
 *       before MP_PHASE_OPEN, by a sound page: no driver was loaded yet   broken
 *       and it had been stopped from outside                              broken
 *       and its supervisor did not run for a second or more               broken
 *       otherwise                                                         hang
 *  9  killed by a signal from outside                                     broken
 * 10  the page is torn: nothing in it can be believed                     broken
 * 11  it left before MP_PHASE_RUN, with whatever code                     broken
 * 12  it left in MP_PHASE_RUN or later, not DONE, with whatever code:
 *     the rest of the work is missing                                     dropped
 * 13  DONE, and its result is MISMATCH, DROPPED, GPU_ERROR or HANG        that
 *       HANG, and one of the last two conditions of 8 before "otherwise"  broken
 * 14  DONE without a result                                               broken
 *
 * From here on the round says that all was right:
 *
 * 15  outputs were counted wrong                                          mismatch
 * 16  more ops started than planned, or more checked than started:
 *     the books of the harness do not balance                             broken
 * 17  the device executed more ops than it was given                      mismatch
 * 18  ops counted as dropped; ops planned but not started, started but
 *     not found right, or started but not executed by the device;
 *     command buffers that failed; threads that never reached their end   dropped
 * 19  it left with a code other than 0 although it was done and right:
 *     a library or a sanitizer ended it during teardown                   abort
 * 20  overlap was promised, the arm does not serialise, and fewer than
 *     two threads met                                                     no_overlap
 * 21  otherwise                                                           pass
 *
 * A user's program says nothing unless it uses the page; it is DONE when it left by
 * itself, and then instead of 13 to 21:
 *
 * 22  its mpstress.h or mpstress.py knows another version of the page     broken
 * 23  it says MISMATCH (a check of its own failed), or counted wrong ops  mismatch
 * 24  it wrote a line that its user calls a failure                       exit
 * 25  its code means failure                                              exit
 * 26  its code means that it cannot run here                              skip
 * 27  it plans or counts ops, and rules 16 or 18 hold for them            broken, dropped
 * 28  it promised overlap, and fewer than two threads met                 no_overlap
 * 29  otherwise                                                           pass
 *
 * Then, in turn:
 *
 *     a round whose outcome is mismatch, dropped or gpu_error, and whose
 *     only failed command buffers were ended for another's error
 *     (gpu_error.h): what is missing or wrong follows from that           no_verdict
 *     the machine slept for a second or more during the round, whatever
 *     it did: its driver was stopped and woken, and no deadline means
 *     anything; lost and skip stay what they are                          broken
 *     the arm injects a library, and the round crashed or aborted before
 *     a device was open (MP_PHASE_OPEN or earlier), or in whatever phase
 *     crashed, aborted, hung or left with a code in that library while
 *     the loader had not let the program begin, or the loader itself
 *     ended it with a code then: loading it failed                        broken
 *     it died of a fault signal or SIGABRT before MP_PHASE_OPEN, by a
 *     sound page, and neither capture nor the round saw who sent it: no
 *     driver was loaded, and it may have been sent                        broken
 *     a claimed library was not mapped, or none of the driver's methods
 *     that were asked is its own, or nobody knows whether it was mapped,
 *     whatever the round did: it tested something else; lost, skip and
 *     broken stay what they are                                           broken
 *
 * Processes left behind never change the outcome; the detail names them. */
/* clang-format on */
enum mp_outcome mp_outcome_decide(const struct mp_exit *exit,
                                  const struct mp_page_summary *page,
                                  const struct mp_crash *crash,
                                  const struct mp_fix_claim *claim, char *ret_detail,
                                  size_t size);

#endif
