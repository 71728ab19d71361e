/* The debugger's side of a round: seize it before it runs, record its state when it
 * stops, let it die naturally. No code runs in the broken process.
 *
 * All calls for one round must come from the thread that seized it (ptrace's rule).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_CAPTURE_H
#define MP_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/base/status.h"
#include "harness/wire/crash.h"

struct mp_capture; /* one traced round */

/* Whether this host lets us trace our own children; if not, says why. */
enum mp_status mp_capture_probe(struct mp_error *err);

/* Seizes the freshly spawned process `pid` (not yet told to go). */
enum mp_status mp_capture_attach(pid_t pid, struct mp_capture **ret_capture,
                                 struct mp_error *err);

/* The result of one wait status of the round or of one of its threads or children. */
enum mp_capture_event {
    MP_CAPTURE_GOES_ON, /* handled and resumed; nothing for the caller to do */
    MP_CAPTURE_CRASHED, /* a crash stop was recorded; the thread was resumed with its
                           signal */
    MP_CAPTURE_ENDED,   /* `tid` is gone; if it is the round's own pid, *status is its
                          exit */
    MP_CAPTURE_FOREIGN  /* `tid` does not belong to this round; it was left as it is */
};

/* Takes one result of waitpid(-1, &status, __WALL). */
enum mp_capture_event mp_capture_handle(struct mp_capture *capture, pid_t tid,
                                        int status);

/* True if a child of the round (not the round itself) died of a crash signal. */
bool mp_capture_child_crashed(const struct mp_capture *capture);
/* Number of processes other than the round that are alive and traced; lists up to `max`
 * of them. */
size_t mp_capture_children(const struct mp_capture *capture, pid_t *ret_pids, size_t max);
/* Sends SIGKILL to every process that is still traced. */
void mp_capture_kill(struct mp_capture *capture);
/* Detaches a stopped tracee that belongs to no round: it continues untraced. */
void mp_capture_detach(pid_t tid);

/* Stops the round briefly and records the stacks of all its threads as sample `number`
 * of a hang (crash.h). NULL if a crash was found instead (see mp_capture_take), if
 * nothing could be stopped, or where this host cannot. Takes less than half a second.
 * Owned by the caller. */
struct mp_crash *mp_capture_sample(struct mp_capture *capture, unsigned number);

/* Hands over what was recorded (NULL if the round never stopped for a crash); owned by
 * the caller.
 */
struct mp_crash *mp_capture_take(struct mp_capture *capture);
void mp_capture_close(struct mp_capture *capture);

#endif
