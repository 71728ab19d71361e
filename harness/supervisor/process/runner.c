/* The event loop: one thread, one wait for everything. SIGCHLD stays blocked and arrives
 * as a readable descriptor, so no exit can be missed between checking and waiting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/capture.h"
#include "harness/supervisor/capture/symbol_store.h"
#include "harness/supervisor/process/cgroup.h"
#include "harness/supervisor/process/guard.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/job.h"
#include "harness/supervisor/process/method_names.h"
#include "harness/supervisor/process/spawn.h"

/* How often leftovers are looked for during clean-up, in case no signal arrives. */
#define CLEAR_POLL_NS (20 * MP_CLOCK_NS_PER_MS)
#define CHILDREN_MAX  4096
#define SHARED_MAX    64
/* It looks after its rounds at least this often ... */
#define LOOK_NS (250 * MP_CLOCK_NS_PER_MS)
/* ... and what it is later than that, nobody let it run, or it was busy elsewhere. */
#define LATE_NS (200 * MP_CLOCK_NS_PER_MS)
/* Processes that wait for another round of their cell (a device is open in none), and
 * room for some that are ending. */
#define PARKED_MAX  16
#define RETIRED_MAX 16
#define SLOTS_MAX   (MP_RUNNER_JOBS_MAX + PARKED_MAX + RETIRED_MAX)
/* How long close waits for killed processes. */
#define CLOSE_NS (12 * MP_CLOCK_NS_PER_S)

struct mp_runner {
    char *program, *bed_program;
    struct mp_job_setting setting;
    struct mp_job *job; /* `slots` of them, of which `jobs` may run a round */
    unsigned jobs, slots;
    uint64_t serial;
    int wake_fd[2];
    int child_fd;                    /* readable when a child has changed its state */
    int guard_fd[2];                 /* -1: there is no guard */
    bool adopts;                     /* orphans become our children */
    char mark[MP_JOB_TOKEN_MAX];     /* what the tokens of all our rounds begin with */
    char cgroup[MP_CGROUP_PATH_MAX]; /* in which they live, "" none */
    uint64_t due_ns; /* when it looks after its rounds next, at the latest */
    bool said_refused;
    struct mp_tend tend;
    struct mp_method_names *names; /* owned */
    sigset_t old_mask;
    struct sigaction old_action;
    pid_t child[CHILDREN_MAX];
    pid_t shared[SHARED_MAX]; /* a ring: orphans that may be of any of several rounds */
    size_t shared_count;
};

/* Children must become zombies that can be waited for, even if SIGCHLD was inherited
 * as ignored. */
static void take_sigchld(struct mp_runner *runner) {
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, &runner->old_mask);
    sigaction(SIGCHLD, &action, &runner->old_action);
}

static void give_sigchld_back(const struct mp_runner *runner) {
    sigaction(SIGCHLD, &runner->old_action, NULL);
    pthread_sigmask(SIG_SETMASK, &runner->old_mask, NULL);
}

/* Rounds inherit the soft limit: no core dumps, which would cost seconds each. */
static void forbid_core_dumps(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
}

/* Traced rounds, and what they start, die with their tracer. Others do not, and a runner
 * that captures may have some: a round may ask not to be traced, or start what is not.
 */
static enum mp_status start_guard(struct mp_runner *runner, struct mp_error *err) {
    snprintf(runner->mark, sizeof(runner->mark), MP_JOB_TOKEN_NAME "%d-", (int)getpid());
    runner->guard_fd[0] = runner->guard_fd[1] = -1;
    (void)mp_host_adopt_orphans(false); /* an earlier runner of this process did */
    /* Without one, fewer escapes are caught (guard.h). */
    struct mp_error ignored;
    (void)mp_cgroup_make(mp_clock_wall_ns(), runner->cgroup, &ignored);
    enum mp_status status =
        mp_guard_start(runner->mark, runner->cgroup, runner->guard_fd, err);
    if (status != MP_OK || !mp_cgroup_enter(runner->cgroup)) {
        (void)mp_cgroup_end(runner->cgroup);
        runner->cgroup[0] = '\0';
    }
    return status;
}

/* What rounds in flight wait for, while this thread waits for something else. */
static void serve_captures(void *data) {
    struct mp_runner *runner = data;
    for (unsigned i = 0; i < runner->slots; i++)
        if (runner->job[i].capture != NULL)
            mp_capture_serve(runner->job[i].capture);
}

enum mp_status mp_runner_open(const struct mp_runner_config *config,
                              struct mp_runner **ret_runner, char *ret_note,
                              struct mp_error *err) {
    struct mp_error why = {{0}};
    if (config->jobs < 1 || config->jobs > MP_RUNNER_JOBS_MAX)
        return mp_error_set(err, MP_LIMIT, "jobs must be 1 to %d, not %u",
                            MP_RUNNER_JOBS_MAX, config->jobs);
    mp_spawn_occupy_standard();
    struct mp_runner *runner = mp_memory_zeroed(1, sizeof(*runner));
    enum mp_status status = mp_spawn_pipe(runner->wake_fd, err);
    if (status != MP_OK)
        goto release_runner;
    (void)fcntl(runner->wake_fd[1], F_SETFL, O_NONBLOCK);
    runner->setting.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (runner->setting.null_fd < 0) {
        status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot open /dev/null");
        goto release_pipe;
    }
    take_sigchld(runner);
    status = mp_host_watch_children(&runner->child_fd, err);
    if (status != MP_OK)
        goto release_signal;
    runner->setting.captures = config->captures && mp_capture_probe(&why) == MP_OK;
    runner->setting.otherwise = config->captures ? MP_TRACE_REFUSED : MP_TRACE_OFF;
    status = start_guard(runner, err);
    if (status != MP_OK)
        goto release_child;
    runner->program = mp_memory_copy_text(config->round_program);
    runner->bed_program = mp_memory_copy_text(
        config->bed_program != NULL ? config->bed_program : config->round_program);
    runner->setting.program = runner->program;
    runner->setting.bed_program = runner->bed_program;
    runner->setting.store = mp_symbol_store_open(MP_SYMBOL_STORE_BYTES);
    runner->tend = (struct mp_tend){.call = serve_captures, .data = runner};
    runner->names = mp_method_names_open(runner->program, &runner->tend);
    runner->jobs = config->jobs;
    runner->slots = config->jobs + PARKED_MAX + RETIRED_MAX;
    runner->job = mp_memory_zeroed(runner->slots, sizeof(*runner->job));
    runner->adopts = mp_host_adopt_orphans(true);
    forbid_core_dumps();
    memcpy(ret_note, why.text, sizeof(why.text));
    *ret_runner = runner;
    return MP_OK;

release_child:
    close(runner->child_fd);
release_signal:
    give_sigchld_back(runner);
    close(runner->setting.null_fd);
release_pipe:
    close(runner->wake_fd[0]);
    close(runner->wake_fd[1]);
release_runner:
    free(runner);
    return status;
}

static struct mp_job *find_job(const struct mp_runner *runner, enum mp_job_state state) {
    for (unsigned i = 0; i < runner->slots; i++)
        if (runner->job[i].state == state)
            return &runner->job[i];
    return NULL;
}

/* The jobs with a round, or with a process that still has to end. */
static unsigned count_busy(const struct mp_runner *runner, bool with_retired) {
    unsigned count = 0;
    for (unsigned i = 0; i < runner->slots; i++) {
        const struct mp_job *job = &runner->job[i];
        bool is_busy = job->state != MP_JOB_FREE && job->state != MP_JOB_PARKED;
        count += is_busy && (with_retired || !job->is_retired);
    }
    return count;
}

static struct mp_job *find_parked(const struct mp_runner *runner,
                                  const struct mp_round_spec *spec) {
    for (unsigned i = 0; i < runner->slots; i++)
        if (mp_job_suits(&runner->job[i], spec))
            return &runner->job[i];
    return NULL;
}

static void retire_parked(struct mp_runner *runner) {
    uint64_t now_ns = mp_clock_now_ns();
    for (unsigned i = 0; i < runner->slots; i++)
        if (runner->job[i].state == MP_JOB_PARKED)
            mp_job_retire(&runner->job[i], now_ns);
}

bool mp_runner_has_room(const struct mp_runner *runner) {
    return count_busy(runner, false) < runner->jobs &&
           find_job(runner, MP_JOB_FREE) != NULL;
}

unsigned mp_runner_running(const struct mp_runner *runner) {
    return count_busy(runner, true);
}

enum mp_status mp_runner_start(struct mp_runner *runner, const struct mp_round_spec *spec,
                               uint64_t tag, struct mp_error *err) {
    struct mp_job *parked = find_parked(runner, spec);
    struct mp_job *job = find_job(runner, MP_JOB_FREE);
    if (job == NULL || !mp_runner_has_room(runner))
        return mp_error_set(err, MP_LIMIT, "all %u jobs are busy", runner->jobs);
    if (parked != NULL)
        return mp_job_next(parked, spec, tag, err);
    enum mp_status status =
        mp_job_start(job, &runner->setting, spec, tag, runner->serial++, err);
    bool is_refused =
        status == MP_OK && runner->setting.captures && job->trace == MP_TRACE_REFUSED;
    if (is_refused && !runner->said_refused)
        mp_log(MP_LOG_WARN,
               "the system does not allow rounds to be watched (a debugger, or a "
               "round program signed with the hardened runtime): they run "
               "without stacks and are marked \"refused\"");
    runner->said_refused |= is_refused;
    return status;
}

/* An untraced orphan died of a crash signal: its round failed. One that left its
 * process group belongs to the only round there is, or to none that we can name. */
static void blame_for_orphan(struct mp_runner *runner, pid_t group) {
    bool is_only = mp_runner_running(runner) == 1;
    for (unsigned i = 0; i < runner->slots; i++)
        runner->job[i].orphan_crashed |=
            mp_job_has_orphan(&runner->job[i], group, is_only);
}

/* Handles every wait status that is ready. False if no children are left. */
static bool take_statuses(struct mp_runner *runner) {
    for (;;) {
        int status = 0;
        pid_t group = -1;
        pid_t pid = mp_host_wait_any(&status, &group);
        if (pid <= 0)
            return pid == 0;
        bool is_known = false;
        for (unsigned i = 0; i < runner->slots && !is_known; i++)
            is_known = mp_job_handle(&runner->job[i], pid, status);
        /* Its parent died before its event arrived. If it lives on, it is found among
         * our children. */
        if (!is_known && WIFSTOPPED(status))
            mp_capture_detach(pid);
        else if (!is_known && WIFSIGNALED(status) &&
                 mp_crash_is_crash_signal(WTERMSIG(status)))
            blame_for_orphan(runner, group);
    }
}

/* Kills a child and reaps it, unless it hangs in the kernel. */
static void end_orphan(pid_t pid) {
    uint64_t until_ns = mp_clock_now_ns() + LOOK_NS;
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, WNOHANG) == 0 && mp_clock_now_ns() < until_ns)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
}

/* Whether an orphan without a token may have been left by another round than `job`. It is
 * charged to no round; it is killed when only one is left. */
static bool is_anybodys(struct mp_runner *runner, const struct mp_job *job, pid_t pid) {
    bool is_alone = mp_runner_running(runner) == 1;
    bool is_noted = false;
    for (size_t i = 0; i < SHARED_MAX; i++)
        is_noted |= runner->shared[i] == pid;
    if (mp_job_owns(job, pid) || (is_alone && !is_noted) ||
        mp_host_find_mark(pid, job->token) != MP_HOST_UNMARKED)
        return false;
    if (!is_noted)
        runner->shared[runner->shared_count++ % SHARED_MAX] = pid;
    else if (is_alone)
        end_orphan(pid);
    return true;
}

/* What rounds may have left, without the rounds themselves and what is known to come from
 * another round than `job`. */
static size_t list_strays(struct mp_runner *runner, const struct mp_job *job) {
    size_t count = mp_host_leftovers(runner->mark, runner->child, CHILDREN_MAX);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_other = false;
        for (unsigned j = 0; j < runner->slots; j++) {
            const struct mp_job *other = &runner->job[j];
            bool has_process = other->state == MP_JOB_RUNNING ||
                               other->state == MP_JOB_PARKED || other->is_kept;
            is_other |= has_process && other->pid == runner->child[i];
            is_other |= other->capture != NULL &&
                        mp_capture_has_reader(other->capture, runner->child[i]);
            is_other |= other != job && mp_job_owns(other, runner->child[i]);
        }
        if (!is_other && !is_anybodys(runner, job, runner->child[i]))
            runner->child[kept++] = runner->child[i];
    }
    return kept;
}

/* Time in which this process did not look after a round does not count as its own: it may
 * have been stopped itself, or frozen with the round, or the whole machine. */
static void forgive_absence(struct mp_runner *runner) {
    uint64_t now_ns = mp_clock_now_ns();
    for (unsigned i = 0; i < runner->slots; i++) {
        struct mp_job *job = &runner->job[i];
        uint64_t from_ns =
            runner->due_ns > job->started_ns ? runner->due_ns : job->started_ns;
        if (job->state != MP_JOB_FREE && job->state != MP_JOB_PARKED &&
            now_ns > from_ns + LATE_NS)
            mp_job_forgive(job, now_ns - from_ns);
    }
    runner->due_ns = now_ns;
}

static void serve_jobs(struct mp_runner *runner, bool has_children) {
    uint64_t now_ns = mp_clock_now_ns();
    for (unsigned i = 0; i < runner->slots; i++) {
        struct mp_job *job = &runner->job[i];
        if (job->state == MP_JOB_RUNNING)
            mp_job_listen(job, now_ns);
        if (job->state == MP_JOB_RUNNING && now_ns >= job->deadline_ns)
            mp_job_expire(job);
        if (job->state == MP_JOB_CLEARING || job->is_killed) {
            bool may_have_left =
                job->state == MP_JOB_CLEARING && (has_children || !runner->adopts);
            size_t count = may_have_left ? list_strays(runner, job) : 0;
            mp_job_clear(job, runner->child, count, now_ns);
        }
    }
}

/* When something must be checked again at the latest. */
static uint64_t next_deadline(const struct mp_runner *runner, uint64_t until_ns) {
    uint64_t next_ns = until_ns;
    for (unsigned i = 0; i < runner->slots; i++) {
        const struct mp_job *job = &runner->job[i];
        uint64_t at_ns = until_ns;
        if (job->state == MP_JOB_CLEARING ||
            (job->state == MP_JOB_RUNNING && job->is_killed))
            at_ns = mp_clock_now_ns() + CLEAR_POLL_NS;
        else if (job->state == MP_JOB_RUNNING)
            at_ns = mp_job_next_check(job);
        if (at_ns < next_ns)
            next_ns = at_ns;
    }
    return next_ns;
}

/* Waits for a child, stderr, a wake-up or the timeout. False if a signal handler ran.
 */
static bool wait_for_events(struct mp_runner *runner, uint64_t until_ns) {
    struct pollfd fds[2 + 3 * SLOTS_MAX] = {{.fd = runner->child_fd, .events = POLLIN},
                                            {.fd = runner->wake_fd[0], .events = POLLIN}};
    for (unsigned i = 0; i < runner->slots; i++) {
        const struct mp_job *job = &runner->job[i];
        fds[2 + i].fd =
            job->state == MP_JOB_RUNNING ? job->stderr_fd : -1; /* -1 is skipped */
        fds[2 + i].events = POLLIN;
        struct pollfd *watch = &fds[2 + runner->slots + i];
        bool has_capture = job->state != MP_JOB_FREE && job->capture != NULL;
        watch->fd = has_capture ? mp_capture_descriptor(job->capture) : -1;
        watch->events = POLLIN;
        struct pollfd *turn = &fds[2 + 2 * runner->slots + i];
        turn->fd = job->state == MP_JOB_RUNNING && !job->is_killed ? job->turn_fd : -1;
        turn->events = POLLIN;
    }
    uint64_t now_ns = mp_clock_now_ns();
    uint64_t left_ms = until_ns > now_ns ? (until_ns - now_ns + MP_CLOCK_NS_PER_MS - 1) /
                                               MP_CLOCK_NS_PER_MS
                                         : 0;
    int timeout_ms = left_ms < INT_MAX ? (int)left_ms : INT_MAX;
    if (poll(fds, 2 + 3 * runner->slots, timeout_ms) < 0)
        return errno != EINTR;
    if (fds[0].revents != 0)
        mp_host_clear_children(runner->child_fd);
    for (unsigned i = 0; i < runner->slots; i++) {
        if (fds[2 + i].revents != 0)
            mp_job_read_stderr(&runner->job[i]);
        if (fds[2 + runner->slots + i].revents != 0)
            mp_capture_serve(runner->job[i].capture);
        if (fds[2 + 2 * runner->slots + i].revents != 0)
            mp_job_take_turn(&runner->job[i]);
    }
    return true;
}

static bool take_wake(struct mp_runner *runner) {
    char bytes[64];
    bool was_woken = false;
    while (read(runner->wake_fd[0], bytes, sizeof(bytes)) > 0)
        was_woken = true;
    return was_woken;
}

/* Hands over what a job that is done holds; parked are at most so many, and none after a
 * round that did not pass. False if it held no round. */
static bool finish_job(struct mp_runner *runner, struct mp_job *job,
                       struct mp_round_end *ret_end) {
    unsigned parked = 0;
    if (job->is_retired) {
        mp_job_discard(job);
        return false;
    }
    mp_job_finish(job, ret_end);
    mp_method_names_apply(runner->names, job->key.device, ret_end->crash);
    mp_method_names_apply(runner->names, job->key.device, ret_end->second);
    for (unsigned i = 0; i < runner->slots; i++)
        parked += runner->job[i].state == MP_JOB_PARKED;
    if (job->is_retired || ret_end->exit.kind == MP_EXIT_SIGNAL ||
        ret_end->exit.kind == MP_EXIT_DEADLINE || ret_end->exit.code != 0)
        retire_parked(runner);
    else if (parked > PARKED_MAX && job->state == MP_JOB_PARKED)
        mp_job_retire(job, mp_clock_now_ns());
    return true;
}

enum mp_status mp_runner_wait(struct mp_runner *runner, uint64_t timeout_ns,
                              struct mp_round_end *ret_end, struct mp_error *err) {
    uint64_t start_ns = mp_clock_now_ns();
    uint64_t until_ns =
        timeout_ns < UINT64_MAX - start_ns ? start_ns + timeout_ns : UINT64_MAX;
    bool was_interrupted = false;
    if (mp_runner_running(runner) == 0)
        return mp_error_set(err, MP_NOT_FOUND, "no round is running");
    for (;;) {
        forgive_absence(runner);
        bool has_children = take_statuses(runner);
        serve_jobs(runner, has_children);
        struct mp_job *job = find_job(runner, MP_JOB_DONE);
        bool is_handed = job != NULL && finish_job(runner, job, ret_end);
        runner->due_ns = mp_clock_now_ns(); /* it looked after them: no absence */
        if (is_handed)
            return MP_OK;
        bool is_over = mp_runner_running(runner) == 0;
        if (job != NULL && !is_over)
            continue;
        if (take_wake(runner) || was_interrupted)
            return mp_error_set(err, MP_TIMEOUT, "interrupted while waiting for a round");
        if (is_over || mp_clock_now_ns() >= until_ns)
            return mp_error_set(err, MP_TIMEOUT, "no round ended in time");
        uint64_t next_ns = next_deadline(runner, until_ns);
        uint64_t look_ns = mp_clock_now_ns() + LOOK_NS;
        runner->due_ns = next_ns < look_ns ? next_ns : look_ns;
        was_interrupted = !wait_for_events(runner, runner->due_ns);
    }
}

void mp_runner_wake(struct mp_runner *runner) {
    int saved = errno;
    ssize_t ignored = write(runner->wake_fd[1], "", 1);
    (void)ignored; /* a full pipe wakes too */
    errno = saved;
}

void mp_runner_stop(struct mp_runner *runner) {
    uint64_t now_ns = mp_clock_now_ns();
    for (unsigned i = 0; i < runner->slots; i++) {
        mp_job_kill(&runner->job[i], MP_EXIT_STOPPED, now_ns);
        if (runner->job[i].capture != NULL)
            mp_capture_stop_reading(runner->job[i].capture);
    }
}

void mp_runner_close(struct mp_runner *runner) {
    if (runner == NULL)
        return;
    struct mp_round_end *end = mp_memory_zeroed(1, sizeof(*end));
    struct mp_error ignored;
    uint64_t until_ns = mp_clock_now_ns() + CLOSE_NS;
    mp_runner_stop(runner);
    retire_parked(runner);
    while (mp_runner_running(runner) > 0 && mp_clock_now_ns() < until_ns)
        if (mp_runner_wait(runner, CLOSE_NS, end, &ignored) == MP_OK)
            mp_round_end_release(end);
    free(end);
    if (mp_cgroup_leave(runner->cgroup) && !mp_cgroup_end(runner->cgroup))
        mp_log(MP_LOG_WARN,
               "processes of rounds were killed but do not exit; they are in %s",
               runner->cgroup);
    mp_guard_stop(runner->guard_fd);
    give_sigchld_back(runner);
    close(runner->wake_fd[0]);
    close(runner->wake_fd[1]);
    close(runner->child_fd);
    close(runner->setting.null_fd);
    mp_symbol_store_close(runner->setting.store);
    mp_method_names_close(runner->names);
    free(runner->job);
    free(runner->program);
    free(runner->bed_program);
    free(runner);
}
