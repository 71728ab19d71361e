/* The debugger's side of a round: be there before it runs, record its state when it
 * stops, let it die naturally. No code runs in the broken process. Linux: ptrace;
 * macOS: an exception port.
 *
 * All calls for one round must come from the thread that spawned it (ptrace's rule), and
 * one round is spawned at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_CAPTURE_H
#define MP_CAPTURE_CAPTURE_H

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/base/status.h"
#include "harness/wire/crash.h"
#include "harness/wire/sender.h"

struct mp_capture; /* one traced round */
struct mp_symbol_store;

/* Whether this host lets us trace our own children; if not, says why. */
enum mp_status mp_capture_probe(struct mp_error *err);
/* Whether a traced round dies with this process. */
bool mp_capture_binds_rounds(void);

/* Prepares for a round that is spawned next. `keeps_report`: the operating system is to
 * write its own report of a crash too, where capture can keep it from that (macOS).
 * `store` outlives the capture: symbols that other rounds had, where they are read out of
 * the round (macOS); NULL: none. */
enum mp_status mp_capture_open(bool keeps_report, struct mp_symbol_store *store,
                               struct mp_capture **ret_capture, struct mp_error *err);
/* The round becomes a user's program, into which the library at `library` is injected
 * (borrowed; "" none): a crash of a process that it started is recorded too, and what is
 * loaded in it is read when it exits (Linux). Before the attach. */
void mp_capture_set_program(struct mp_capture *capture, const char *library);
/* A crash of a process that the round starts is recorded too: the round is a pool of
 * them. Before the attach. */
void mp_capture_follow(struct mp_capture *capture);
/* Adds to the attributes what the round must be spawned with; an errno. */
int mp_capture_mark_spawn(struct mp_capture *capture, posix_spawnattr_t *attr);
/* Seizes the freshly spawned process `pid` (not yet told to go). */
enum mp_status mp_capture_attach(struct mp_capture *capture, pid_t pid,
                                 struct mp_error *err);
/* A descriptor that is readable when mp_capture_serve has something to do; -1: all comes
 * by mp_capture_handle. */
int mp_capture_descriptor(const struct mp_capture *capture);
void mp_capture_serve(struct mp_capture *capture);

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
/* Who sent the round the newest signal that it got; once another process has sent it a
 * crash signal, that one. UNKNOWN where capture is not told (macOS). */
void mp_capture_sender(const struct mp_capture *capture, struct mp_sender *ret_sender);
/* Number of processes other than the round that are alive and traced; lists up to `max`
 * of them. */
size_t mp_capture_children(const struct mp_capture *capture, pid_t *ret_pids, size_t max);
/* Whether process `pid` is a traced one of this round. */
bool mp_capture_has(const struct mp_capture *capture, pid_t pid);
/* Sends SIGKILL to every process that is still traced, where that is known here; what
 * would keep the round from dying is let go. */
void mp_capture_kill(struct mp_capture *capture);
/* Detaches a stopped tracee that belongs to no round: it continues untraced. */
void mp_capture_detach(pid_t tid);

/* Stops the round briefly and records the stacks of all its threads as sample `number`
 * of a hang (crash.h). NULL if a crash was found instead (see mp_capture_take), if
 * nothing could be stopped, or where this host cannot. Takes less than half a second.
 * Owned by the caller, and complete after mp_capture_take; destroyed after that only. */
struct mp_crash *mp_capture_sample(struct mp_capture *capture, unsigned number);

/* Stacks are read by short-lived processes, children of this one, while the round
 * goes on or ends (Linux). Whether some are at work still; one that is past its deadline
 * is ended. */
bool mp_capture_is_reading(struct mp_capture *capture);
/* Whether child `pid` of this process is such a process. */
bool mp_capture_has_reader(const struct mp_capture *capture, pid_t pid);
/* Ends them: records keep what is known, and say so. */
void mp_capture_stop_reading(struct mp_capture *capture);

/* Hands over what was recorded (NULL if the round never stopped for a crash); owned by
 * the caller. Of a program that did not crash itself: what was recorded of the first
 * process of it that died of a crash. Waits for stacks that are still read, which may
 * take seconds; then the samples are complete too. */
struct mp_crash *mp_capture_take(struct mp_capture *capture);
/* What was loaded in a program when it exited: a record without threads, or with the main
 * one, whose stack is whole if the injected library may still have been loaded. NULL if
 * that is not known. Owned by the caller; after mp_capture_take. */
struct mp_crash *mp_capture_take_exit(struct mp_capture *capture);
void mp_capture_close(struct mp_capture *capture);

#endif
