/* One round in flight. Knows nothing of other rounds: leftovers of two rounds are told
 * apart by a token in their environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/round_env.h"
#include "harness/supervisor/process/spawn.h"
#include "harness/wire/arm_text.h"
#include "harness/wire/device_name.h"

#define PAGE_FD 3
/* A process that survives SIGKILL this long hangs in the kernel and is abandoned. */
#define GIVE_UP_NS (10 * MP_CLOCK_NS_PER_S)
/* Looks at somebody's dying processes before they are taken to be none of the round's. */
#define DYING_LOOKS_MAX 50
/* Between the two samples of a hang. */
#define SAMPLE_DISTANCE_NS (100 * MP_CLOCK_NS_PER_MS)
/* A silence limit is enforced to a quarter of its length. */
#define LOOKS_PER_SILENCE 4
/* Pauses between two looks whether a program has its library double from the first. */
#define SIGHT_PAUSE_NS     (2 * MP_CLOCK_NS_PER_MS)
#define SIGHT_PAUSE_MAX_NS MP_CLOCK_NS_PER_S
/* Bytes of stderr read at once, so that one noisy round does not starve the others. */
#define STDERR_TURN  (64 * 1024)
#define STDERR_CHUNK 4096
_Static_assert(STDERR_CHUNK < MP_ROUND_STDERR_MAX, "one chunk fits in the tail");

/* Slots for the threads in the spec; all slots if it does not say. Fewer slots touch
 * fewer pages. */
static uint32_t thread_slots(const struct mp_round_spec *spec) {
    const char *threads = mp_round_spec_param(spec, "threads");
    long count = threads != NULL ? strtol(threads, NULL, 10) : 0;
    return count >= 1 && count < MP_PAGE_THREADS_MAX ? (uint32_t)count + 1
                                                     : MP_PAGE_THREADS_MAX;
}

static enum mp_status make_page(struct mp_job *job, const struct mp_round_spec *spec,
                                int *ret_fd, struct mp_error *err) {
    uint32_t slots = thread_slots(spec);
    size_t size = mp_round_page_size(slots);
    int fd = -1;
    enum mp_status status = mp_host_shared_file(size, &fd, err);
    if (status != MP_OK)
        return status;
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        status =
            mp_error_set_errno(err, MP_SYSTEM, errno, "cannot map the page of a round");
        close(fd);
        return status;
    }
    status = mp_round_page_format(page, size, slots, spec, err);
    if (status != MP_OK) {
        munmap(page, size);
        close(fd);
        return status;
    }
    job->page = page;
    job->page_size = size;
    job->page->supervisor_pid = (uint64_t)getpid();
    *ret_fd = fd;
    return MP_OK;
}

/* The two ends by which a process is told of further rounds; -1 if it runs one. */
static enum mp_status open_turns(struct mp_job *job, const struct mp_round_spec *spec,
                                 int *ret_fd, struct mp_error *err) {
    int end[2] = {-1, -1};
    if (spec->turns > 1 && !job->is_program) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, end) != 0)
            return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot make a socket");
        (void)fcntl(end[0], F_SETFD, FD_CLOEXEC);
        (void)fcntl(end[1], F_SETFD, FD_CLOEXEC);
        (void)fcntl(end[0], F_SETFL, O_NONBLOCK);
        job->page->turns = spec->turns;
    }
    job->page->turn = job->turn;
    job->turn_fd = end[0];
    *ret_fd = end[1];
    return MP_OK;
}

static enum mp_status spawn_once(struct mp_job *job, const struct mp_job_setting *setting,
                                 const char *program, bool is_traced,
                                 const int round_fd[3], struct mp_error *err) {
    int page_fd = round_fd[0], stderr_fd = round_fd[1];
    char number[8];
    char *argv[] = {(char *)"mpstress-round", (char *)"--page-fd", number, NULL};
    struct mp_round_env env;
    snprintf(number, sizeof(number), "%d", PAGE_FD);
    /* A program gets its library when the round becomes it. */
    bool is_later = job->is_program || mp_host_round_preloads;
    mp_round_env_make(job->token, is_traced, is_later ? "" : job->fix, job->finder,
                      job->is_program ? "" : job->arm, &env);
    struct mp_spawn spawn = {.program = program,
                             .argv = argv,
                             .envp = env.envp,
                             .fd = {setting->null_fd,
                                    job->is_program ? stderr_fd : setting->null_fd,
                                    stderr_fd, page_fd, round_fd[2]},
                             .capture = job->capture};
    enum mp_status status = mp_spawn_start(&spawn, &job->pid, err);
    mp_round_env_release(&env);
    return status;
}

static void drop_capture(struct mp_job *job) {
    mp_capture_close(job->capture);
    job->capture = NULL;
}

/* A system that refuses to let the round be watched refuses the spawn as a whole: then it
 * runs unwatched. */
static enum mp_status spawn_round(struct mp_job *job,
                                  const struct mp_job_setting *setting,
                                  const struct mp_round_spec *spec, const int round_fd[3],
                                  struct mp_error *err) {
    bool is_traced = setting->captures && spec->capture;
    bool is_real = mp_device_name_is_real(spec->device) || job->is_program;
    const char *program = is_real ? setting->program : setting->bed_program;
    if (is_traced &&
        mp_capture_open(is_real, setting->store, &job->capture, err) != MP_OK)
        job->capture = NULL;
    if (job->capture != NULL && job->is_program)
        mp_capture_set_program(job->capture, job->fix);
    else if (job->capture != NULL && mp_arm_text_spawns(spec->arm))
        mp_capture_follow(job->capture);
    enum mp_status status = spawn_once(job, setting, program, is_traced, round_fd, err);
    if (status == MP_OK || job->capture == NULL)
        return status;
    drop_capture(job);
    return spawn_once(job, setting, program, is_traced, round_fd, err);
}

/* The round waits for the go flag, so that it is seized before it does anything. */
static void release_round(struct mp_job *job, const struct mp_job_setting *setting,
                          bool may_trace) {
    struct mp_error ignored;
    if (!may_trace)
        job->trace = MP_TRACE_OFF;
    else if (!setting->captures)
        job->trace = setting->otherwise;
    else if (job->capture != NULL &&
             mp_capture_attach(job->capture, job->pid, &ignored) == MP_OK)
        job->trace = MP_TRACE_ON;
    else
        job->trace = MP_TRACE_REFUSED;
    if (job->trace != MP_TRACE_ON)
        drop_capture(job);
    job->page->notes_sender = job->trace == MP_TRACE_ON ? 0 : 1;
    atomic_store_explicit(&job->page->go, 1, memory_order_release);
}

static void set_not_started(struct mp_job *job, const struct mp_error *err) {
    job->state = MP_JOB_DONE;
    job->pid = -1;
    job->exit.kind = MP_EXIT_NOT_STARTED;
    job->ended_ns = mp_clock_now_ns();
    int len = snprintf(job->tail, sizeof(job->tail), "%s", err->text);
    job->tail_len = len > 0 ? (size_t)len : 0;
    close(job->stderr_fd);
    job->stderr_fd = -1;
}

/* How the end of a program is to be read. */
static enum mp_status read_program(struct mp_job *job, const struct mp_round_spec *spec,
                                   struct mp_error *err) {
    job->is_program = mp_program_is_spec(spec);
    if (!job->is_program)
        return MP_OK;
    enum mp_status status = mp_program_codes_read(spec, &job->codes, err);
    if (status == MP_OK)
        status = mp_program_output_open(&job->output, spec, err);
    return status;
}

static void release_page(struct mp_job *job, int page_fd) {
    mp_program_output_close(&job->output);
    if (job->page != NULL)
        munmap(job->page, job->page_size);
    job->page = NULL;
    if (page_fd >= 0)
        close(page_fd);
}

/* What is new with each round of a process. */
static void begin_round(struct mp_job *job, const struct mp_round_spec *spec,
                        uint64_t tag) {
    job->tag = tag;
    job->started_wall_ns = mp_clock_wall_ns();
    job->asleep_ns = mp_clock_asleep_ns();
    job->started_ns = mp_clock_now_ns();
    job->deadline_ns = job->started_ns + spec->timeout_ms * MP_CLOCK_NS_PER_MS;
    job->silence_ns = spec->silence_ms * MP_CLOCK_NS_PER_MS;
    job->heard_ns = job->started_ns;
    job->heard = 0;
    job->look_ns = job->started_ns + job->silence_ns / LOOKS_PER_SILENCE;
    job->sight = MP_MAPPING_UNKNOWN;
    job->sight_pause_ns = SIGHT_PAUSE_NS;
    bool has_library = job->is_program && job->fix[0] != '\0';
    job->sight_ns = has_library ? job->started_ns + SIGHT_PAUSE_NS : 0;
    job->tail_len = 0;
    job->stderr_total = 0;
    job->was_stopped = false;
    job->absent_ns = 0;
    job->stray_count = 0;
    job->dying_looks = 0;
    job->is_kept = false;
    job->was_silent = false;
}

enum mp_status mp_job_start(struct mp_job *job, const struct mp_job_setting *setting,
                            const struct mp_round_spec *spec, uint64_t tag,
                            uint64_t serial, struct mp_error *err) {
    int pipe_fd[2], round_fd[3] = {-1, -1, -1}; /* page, stderr, turns */
    *job = (struct mp_job){.key = *spec, .turn = 1, .stderr_fd = -1, .turn_fd = -1};
    job->key.seed = 0;
    enum mp_status status = make_page(job, spec, &round_fd[0], err);
    if (status == MP_OK)
        status = read_program(job, spec, err);
    if (status == MP_OK)
        status = open_turns(job, spec, &round_fd[2], err);
    if (status == MP_OK)
        status = mp_spawn_pipe(pipe_fd, err);
    if (status != MP_OK) {
        if (round_fd[2] >= 0)
            close(round_fd[2]);
        release_page(job, round_fd[0]);
        return status;
    }
    memcpy(job->fix, spec->fix, sizeof(job->fix));
    memcpy(job->fix_id, spec->fix_id, sizeof(job->fix_id));
    memcpy(job->arm, spec->arm, sizeof(job->arm));
    job->finder = mp_finder_find(spec->arm);
    job->stderr_fd = pipe_fd[0];
    round_fd[1] = pipe_fd[1];
    begin_round(job, spec, tag);
    snprintf(job->token, sizeof(job->token), MP_JOB_TOKEN_NAME "%d-%" PRIx64 "-%" PRIu64,
             (int)getpid(), job->started_wall_ns, serial);
    if (spawn_round(job, setting, spec, round_fd, err) == MP_OK) {
        job->state = MP_JOB_RUNNING;
        job->group = job->pid;
        release_round(job, setting, spec->capture);
    } else {
        set_not_started(job, err);
    }
    for (size_t i = 0; i < 3; i++)
        if (round_fd[i] >= 0)
            close(round_fd[i]);
    return MP_OK;
}

bool mp_job_suits(const struct mp_job *job, const struct mp_round_spec *spec) {
    if (job->state != MP_JOB_PARKED || job->key.turns != spec->turns)
        return false;
    struct mp_round_spec wanted = *spec;
    struct mp_strbuf has, wants;
    wanted.seed = 0;
    mp_strbuf_init(&has);
    mp_strbuf_init(&wants);
    mp_round_spec_format(&job->key, &has);
    mp_round_spec_format(&wanted, &wants);
    bool suits = strcmp(has.text, wants.text) == 0;
    mp_strbuf_release(&has);
    mp_strbuf_release(&wants);
    return suits;
}

enum mp_status mp_job_next(struct mp_job *job, const struct mp_round_spec *spec,
                           uint64_t tag, struct mp_error *err) {
    uint32_t slots = job->page->thread_slots, turns = job->page->turns;
    char byte = 0;
    memset(job->page, 0, job->page_size);
    enum mp_status status =
        mp_round_page_format(job->page, job->page_size, slots, spec, err);
    if (status != MP_OK)
        return status;
    job->page->supervisor_pid = (uint64_t)getpid();
    job->page->turns = turns;
    job->page->turn = ++job->turn;
    atomic_store_explicit(&job->page->go, 1, memory_order_release);
    begin_round(job, spec, tag);
    job->state = MP_JOB_RUNNING;
    if (job->is_gone) {
        job->ended_ns = job->started_ns;
        job->give_up_ns = job->ended_ns + GIVE_UP_NS;
        job->state = MP_JOB_CLEARING;
    } else {
        (void)!write(job->turn_fd, &byte, 1); /* if it fails, the process has ended */
    }
    return MP_OK;
}

void mp_job_take_turn(struct mp_job *job) {
    char byte = 0;
    pid_t stray[MP_JOB_STRAYS_MAX];
    if (job->state != MP_JOB_RUNNING || job->is_killed || job->turn_fd < 0)
        return;
    ssize_t got = read(job->turn_fd, &byte, 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) { /* it has ended, which is told otherwise too */
        close(job->turn_fd);
        job->turn_fd = -1;
        return;
    }
    job->exit = (struct mp_exit){.kind = MP_EXIT_KEPT};
    job->ended_ns = mp_clock_now_ns();
    job->is_kept = true;
    job->state = MP_JOB_DONE;
    if (job->capture != NULL)
        job->stray_count = mp_capture_children(job->capture, stray, MP_JOB_STRAYS_MAX);
}

void mp_job_retire(struct mp_job *job, uint64_t now_ns) {
    char name[16];
    job->is_retired = true;
    if (job->is_gone && job->exit.kind == MP_EXIT_SIGNAL)
        mp_log(
            MP_LOG_WARN,
            "the process %d died of %s after its round %u had ended and before another "
            "began in it, so this belongs to no round",
            (int)job->group, mp_crash_signal_name(job->exit.signal, name, sizeof(name)),
            job->turn);
    job->state = job->is_gone ? MP_JOB_CLEARING : MP_JOB_RUNNING;
    job->give_up_ns = now_ns + GIVE_UP_NS;
    mp_job_kill(job, MP_EXIT_STOPPED, now_ns);
}

static struct mp_exit exit_of(const struct mp_job *job, int status) {
    struct mp_exit left = {.kind = MP_EXIT_CODE};
    if (WIFEXITED(status)) {
        left.code = WEXITSTATUS(status);
    } else {
        left.kind = MP_EXIT_SIGNAL;
        left.signal = WTERMSIG(status);
        /* A round that ended by itself just before our kill keeps its own end. */
        if (job->is_killed && left.signal == SIGKILL)
            left.kind = job->killed_as;
    }
    return left;
}

/* What a shell, a terminal or a person stops a process with. */
static bool is_stop_signal(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
           signal == SIGTTOU;
}

bool mp_job_handle(struct mp_job *job, pid_t pid, int status) {
    bool is_parked = job->state == MP_JOB_PARKED;
    if (job->state != MP_JOB_RUNNING && job->state != MP_JOB_CLEARING && !is_parked)
        return false;
    bool is_known = pid == job->pid;
    if (job->capture != NULL)
        is_known |= mp_capture_handle(job->capture, pid, status) != MP_CAPTURE_FOREIGN;
    if (pid == job->pid && WIFSTOPPED(status) && is_stop_signal(WSTOPSIG(status)))
        job->was_stopped = true;
    if (pid == job->pid && !WIFSTOPPED(status)) {
        job->exit = exit_of(job, status);
        job->ended_ns = mp_clock_now_ns();
        job->give_up_ns = job->ended_ns + GIVE_UP_NS;
        job->is_gone = is_parked;
        job->state = is_parked ? MP_JOB_PARKED : MP_JOB_CLEARING;
        job->pid = -1;
    }
    return is_known;
}

bool mp_job_has_orphan(const struct mp_job *job, pid_t group, bool is_only) {
    bool is_alive = job->state == MP_JOB_RUNNING || job->state == MP_JOB_CLEARING;
    return is_alive && (is_only || job->group == group);
}

void mp_job_kill(struct mp_job *job, enum mp_exit_kind reason, uint64_t now_ns) {
    if (job->state != MP_JOB_RUNNING || job->is_killed)
        return;
    job->is_killed = true;
    job->killed_as = reason;
    job->give_up_ns = now_ns + GIVE_UP_NS;
    if (job->capture != NULL)
        mp_capture_kill(job->capture);
    job->is_group_killed = kill(-job->group, SIGKILL) == 0;
    (void)kill(job->pid, SIGKILL);
}

uint64_t mp_job_next_check(const struct mp_job *job) {
    bool listens = job->silence_ns > 0 && job->sample[0] == NULL;
    uint64_t next_ns = job->deadline_ns;
    if (listens && job->look_ns < next_ns)
        next_ns = job->look_ns;
    if (job->sight_ns != 0 && job->sight_ns < next_ns)
        next_ns = job->sight_ns;
    return next_ns;
}

/* A program that becomes another one may lose its library: the newest sight counts. */
static void look_for_library(struct mp_job *job, uint64_t now_ns) {
    enum mp_mapping_sight sight = mp_mapping_look(job->pid, job->fix);
    if (sight == MP_MAPPING_SEEN && job->sight != MP_MAPPING_SEEN)
        job->seen_ns = now_ns;
    if (sight != MP_MAPPING_UNKNOWN)
        job->sight = sight;
    job->sight_ns = now_ns + job->sight_pause_ns;
    if (job->sight_pause_ns < SIGHT_PAUSE_MAX_NS)
        job->sight_pause_ns *= 2;
}

void mp_job_forgive(struct mp_job *job, uint64_t absence_ns) {
    bool is_judged = job->state != MP_JOB_RUNNING || job->is_killed || job->sample[0];
    job->absent_ns += is_judged ? 0 : absence_ns;
    job->deadline_ns += absence_ns;
    job->look_ns += absence_ns;
    job->heard_ns += absence_ns;
    job->give_up_ns += absence_ns;
}

void mp_job_listen(struct mp_job *job, uint64_t now_ns) {
    struct mp_page_summary page;
    if (job->sight_ns != 0 && now_ns >= job->sight_ns)
        look_for_library(job, now_ns);
    if (job->silence_ns == 0 || job->sample[0] != NULL || now_ns < job->look_ns)
        return;
    mp_round_page_summarise(job->page, job->page_size, &page);
    if (job->is_program && !page.speaks) /* it has no way to be heard */
        job->heard_ns = now_ns;
    uint64_t heard =
        (uint64_t)page.phase + page.ops_started + page.ops_done + page.events;
    if (heard != job->heard) {
        job->heard = heard;
        job->heard_ns = now_ns;
    } else if (now_ns - job->heard_ns >= job->silence_ns) {
        job->was_silent = true;
        job->deadline_ns = now_ns;
    }
    job->look_ns = now_ns + job->silence_ns / LOOKS_PER_SILENCE;
}

void mp_job_expire(struct mp_job *job) {
    unsigned which = job->sample[0] == NULL ? 0 : 1;
    if (job->capture != NULL && !job->is_killed) {
        mp_round_page_summarise(job->page, job->page_size, &job->sample_page[which]);
        job->sample[which] = mp_capture_sample(job->capture, which + 1);
    }
    if (which == 0 && job->sample[0] != NULL)
        job->deadline_ns = mp_clock_now_ns() + SAMPLE_DISTANCE_NS;
    else
        mp_job_kill(job, MP_EXIT_DEADLINE, mp_clock_now_ns());
}

static bool is_noted(const struct mp_job *job, pid_t pid) {
    for (size_t i = 0; i < job->stray_count; i++)
        if (job->stray[i] == pid)
            return true;
    return false;
}

static void note_stray(struct mp_job *job, pid_t pid) {
    if (!is_noted(job, pid) && job->stray_count < MP_JOB_STRAYS_MAX)
        job->stray[job->stray_count++] = pid;
}

bool mp_job_owns(const struct mp_job *job, pid_t pid) {
    if (job->state == MP_JOB_FREE || job->state == MP_JOB_DONE)
        return false;
    return (job->capture != NULL && mp_capture_has(job->capture, pid)) ||
           getpgid(pid) == job->group;
}

/* Kills the children of this process that carry the job's token, or none at all: our
 * children are rounds, or come from one. Returns how many are left. */
static size_t kill_strays(struct mp_job *job, const pid_t *child, size_t child_count,
                          size_t *ret_dying) {
    size_t left = 0;
    *ret_dying = 0;
    for (size_t i = 0; i < child_count; i++) {
        enum mp_host_mark mark = mp_host_find_mark(child[i], job->token);
        if (mark == MP_HOST_MARKED || mark == MP_HOST_UNMARKED) {
            note_stray(job, child[i]);
            (void)kill(child[i], SIGKILL);
        }
        /* The owner of a dying process is unknown; ours may be among them if we killed
         * a group. */
        bool is_ours =
            is_noted(job, child[i]) || (mark == MP_HOST_DYING && job->is_group_killed);
        left += is_ours;
        *ret_dying += mark == MP_HOST_DYING && !is_ours;
    }
    return left;
}

/* Kills the traced processes that are left; returns how many there were. */
static size_t kill_traced(struct mp_job *job) {
    pid_t traced[MP_JOB_STRAYS_MAX];
    if (job->capture == NULL)
        return 0;
    size_t count = mp_capture_children(job->capture, traced, MP_JOB_STRAYS_MAX);
    for (size_t i = 0; i < count && i < MP_JOB_STRAYS_MAX; i++)
        note_stray(job, traced[i]);
    if (count > 0)
        mp_capture_kill(job->capture);
    return count;
}

void mp_job_clear(struct mp_job *job, const pid_t *child, size_t child_count,
                  uint64_t now_ns) {
    if (job->state == MP_JOB_RUNNING && job->is_killed && now_ns >= job->give_up_ns) {
        mp_log(MP_LOG_WARN, "process %d was killed but does not exit; it is left behind",
               (int)job->pid);
        job->exit.kind = job->killed_as;
        job->ended_ns = now_ns;
        job->state = MP_JOB_DONE;
    }
    if (job->state != MP_JOB_CLEARING)
        return;
    size_t dying = 0;
    size_t left = kill_strays(job, child, child_count, &dying) + kill_traced(job);
    /* A process that forks and exits, again and again, is often seen dying; what it has
     * started becomes our child a moment later. */
    if (dying > 0 && left == 0 && job->dying_looks++ < DYING_LOOKS_MAX)
        return;
    bool is_read = job->capture == NULL || !mp_capture_is_reading(job->capture);
    /* What is not traced one by one is reached by its group while its parents live. */
    bool is_bound = job->capture != NULL && mp_capture_binds_rounds();
    if (!is_bound && kill(-job->group, SIGKILL) == 0)
        job->is_group_killed = true;
    if (left == 0) {
        job->state = is_read ? MP_JOB_DONE : MP_JOB_CLEARING;
    } else if (now_ns >= job->give_up_ns) {
        mp_log(MP_LOG_WARN,
               "%zu processes left behind by a round were killed but do not exit", left);
        job->state = MP_JOB_DONE;
    }
}

/* Keeps the last bytes; `len` is at most STDERR_CHUNK. */
static void add_tail(struct mp_job *job, const char *bytes, size_t len) {
    size_t room = sizeof(job->tail) - 1;
    if (job->tail_len + len > room) {
        size_t drop = job->tail_len + len - room;
        memmove(job->tail, job->tail + drop, job->tail_len - drop);
        job->tail_len -= drop;
    }
    memcpy(job->tail + job->tail_len, bytes, len);
    job->tail_len += len;
}

/* The tail is a text: a NUL in it is written as \x00, so that it does not end there. */
static void add_text(struct mp_job *job, const char *bytes, size_t len) {
    static const char shown[] = "\\x00";
    while (len > 0) {
        const char *nul = memchr(bytes, '\0', len);
        size_t plain = nul != NULL ? (size_t)(nul - bytes) : len;
        add_tail(job, bytes, plain);
        if (nul != NULL)
            add_tail(job, shown, sizeof(shown) - 1);
        bytes += plain + (nul != NULL);
        len -= plain + (nul != NULL);
    }
}

void mp_job_read_stderr(struct mp_job *job) {
    char chunk[STDERR_CHUNK];
    size_t taken = 0;
    while (job->stderr_fd >= 0 && taken < STDERR_TURN) {
        ssize_t got = read(job->stderr_fd, chunk, sizeof(chunk));
        if (got > 0) {
            add_text(job, chunk, (size_t)got);
            job->stderr_total += (uint64_t)got;
            mp_program_output_add(&job->output, chunk, (size_t)got);
            taken += (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            close(job->stderr_fd);
            job->stderr_fd = -1;
        } else if (errno == EAGAIN) {
            break;
        }
    }
}

void mp_job_discard(struct mp_job *job) {
    if (job->stderr_fd >= 0)
        close(job->stderr_fd);
    if (job->turn_fd >= 0)
        close(job->turn_fd);
    if (job->capture != NULL)
        drop_capture(job);
    for (size_t i = 0; i < 2; i++)
        mp_crash_destroy(job->sample[i]);
    munmap(job->page, job->page_size);
    job->state = MP_JOB_FREE;
}
