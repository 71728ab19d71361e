/* One round in flight: its process, its page, its stderr, and clearing away what it
 * leaves behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_JOB_H
#define MP_PROCESS_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/supervisor/capture/capture.h"
#include "harness/supervisor/process/mapping.h"
#include "harness/supervisor/process/program_output.h"
#include "harness/supervisor/process/round_end.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"
#include "harness/wire/round_spec.h"

#define MP_JOB_TOKEN_MAX  80
#define MP_JOB_TOKEN_NAME "MPSTRESS_ROUND_TOKEN="
#define MP_JOB_STRAYS_MAX 256

enum mp_job_state {
    MP_JOB_FREE,
    MP_JOB_RUNNING,
    MP_JOB_CLEARING, /* the round is gone, but not everything it started */
    MP_JOB_DONE,
    MP_JOB_PARKED /* its round was handed over; its process waits for another one */
};

struct mp_job {
    enum mp_job_state state;
    uint64_t tag;
    pid_t pid;                    /* -1 once it is reaped */
    pid_t group;                  /* its process group */
    char token[MP_JOB_TOKEN_MAX]; /* "MPSTRESS_ROUND_TOKEN=...", in all it starts */
    struct mp_round_page *page;
    size_t page_size;
    struct mp_round_spec key;   /* of the rounds that its process may run; seed 0 */
    uint32_t turn;              /* of the round in its process, from 1 */
    int turn_fd;                /* our end; -1: its process runs one round */
    bool is_kept;               /* the round is over, and its process is there */
    bool is_gone;               /* PARKED: the process has ended meanwhile, by `exit` */
    bool is_retired;            /* no round is in it, it only has to end */
    struct mp_capture *capture; /* NULL: untraced */
    enum mp_trace trace;
    char fix[MP_SPEC_FIX_MAX]; /* the library that its arm injects, "" none */
    char fix_id[MP_SPEC_ID_MAX];
    char arm[MP_SPEC_ARM_MAX];
    const struct mp_finder *finder; /* its arm, NULL: another one */
    bool is_program; /* of the user's: then these two are known, and stdout is read too */
    struct mp_program_codes codes;
    struct mp_program_output output;
    int stderr_fd;         /* -1 once at EOF */
    uint64_t stderr_total; /* bytes that it wrote, kept or not */
    char tail[MP_ROUND_STDERR_MAX];
    size_t tail_len;
    uint64_t started_wall_ns, started_ns, deadline_ns, ended_ns;
    uint64_t absent_ns; /* for which nobody looked after it */
    uint64_t asleep_ns; /* mp_clock_asleep_ns at its start */
    bool is_killed;
    bool is_group_killed;
    bool was_stopped;    /* somebody else stopped it, at any time */
    bool was_silent;     /* its deadline was set to the end of its silence limit */
    uint64_t give_up_ns; /* when to give up on a kill without effect */
    enum mp_exit_kind killed_as; /* why, if is_killed */
    struct mp_exit exit;
    bool orphan_crashed;         /* an orphan of it died of a crash signal */
    uint64_t silence_ns;         /* 0: no limit */
    uint64_t look_ns;            /* when its progress is checked next */
    uint64_t heard_ns;           /* when it was last seen to make progress ... */
    uint64_t heard;              /* ... and the sum of its counters then */
    enum mp_mapping_sight sight; /* of `fix` in a program, the newest that is known ... */
    uint64_t sight_ns;           /* ... when it is looked for next, 0 never, ... */
    uint64_t sight_pause_ns;     /* ... and the pause after that */
    uint64_t seen_ns;            /* since when it is SEEN */
    struct mp_crash *at_exit;    /* of a program: see mp_capture_take_exit; owned */
    struct mp_crash *sample[2];  /* of a hang, owned */
    struct mp_page_summary sample_page[2];
    pid_t stray[MP_JOB_STRAYS_MAX]; /* leftover processes that were killed */
    size_t stray_count;
    unsigned dying_looks; /* that saw somebody's dying processes only */
};

/* What all jobs of a runner share. */
struct mp_job_setting {
    const char *program;     /* of rounds on a driver of the machine */
    const char *bed_program; /* of the others: the same under another name */
    bool captures;
    enum mp_trace otherwise; /* why not, if it does not capture */
    int null_fd;
    struct mp_symbol_store *store; /* symbols that rounds share */
};

/* Starts a round in a free job; `serial` makes its token unique. If the program cannot
 * be started, the job is done at once. */
enum mp_status mp_job_start(struct mp_job *job, const struct mp_job_setting *setting,
                            const struct mp_round_spec *spec, uint64_t tag,
                            uint64_t serial, struct mp_error *err);

/* Whether a parked job can run the round of `spec`. */
bool mp_job_suits(const struct mp_job *job, const struct mp_round_spec *spec);
/* Starts the round of `spec` in the process of a parked job. If that has ended meanwhile,
 * its end is the round's. */
enum mp_status mp_job_next(struct mp_job *job, const struct mp_round_spec *spec,
                           uint64_t tag, struct mp_error *err);
/* The process has said something: if its round is over, the job is done. */
void mp_job_take_turn(struct mp_job *job);
/* Ends a parked job; it is done without a round, for mp_job_discard. */
void mp_job_retire(struct mp_job *job, uint64_t now_ns);
void mp_job_discard(struct mp_job *job);

/* Takes one wait status; false if `pid` has nothing to do with this job. */
bool mp_job_handle(struct mp_job *job, pid_t pid, int status);

/* True if an adopted orphan of process group `group` belongs to this job; `is_only` if
 * no other job could own it. */
bool mp_job_has_orphan(const struct mp_job *job, pid_t group, bool is_only);

/* When the round must be checked next at the latest: its deadline, or its progress. */
uint64_t mp_job_next_check(const struct mp_job *job);
/* Moves every limit of the round by a time in which nobody looked after it; past its
 * deadline that is no reason for its end any more. */
void mp_job_forgive(struct mp_job *job, uint64_t absence_ns);
/* Checks whether the round makes progress; one that reached its silence limit has
 * reached its deadline. A program is looked at, too, whether it has its library. */
void mp_job_listen(struct mp_job *job, uint64_t now_ns);

/* A round whose deadline has passed: takes a sample and sets another deadline for the
 * second one, or kills it. */
void mp_job_expire(struct mp_job *job);

/* Kills the round and all that is known to belong to it. `reason` is DEADLINE or
 * STOPPED. */
void mp_job_kill(struct mp_job *job, enum mp_exit_kind reason, uint64_t now_ns);

/* Whether process `pid` is known to come from this round: traced, or in its group. */
bool mp_job_owns(const struct mp_job *job, pid_t pid);

/* Advances a job whose round is gone: kills its leftovers among `child` (the children
 * of this process that are neither rounds nor may come from another); done when nothing
 * is left. */
void mp_job_clear(struct mp_job *job, const pid_t *child, size_t child_count,
                  uint64_t now_ns);

/* Reads what is available; never blocks. */
void mp_job_read_stderr(struct mp_job *job);

/* Hands over the result of a finished job. Frees it for the next round, or parks it if
 * its process may run another: only after a pass that left nothing behind. */
void mp_job_finish(struct mp_job *job, struct mp_round_end *ret_end);

#endif
