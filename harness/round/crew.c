/* Starts, releases, watches and adds up the processes of a pool.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/base/strbuf.h"
#include "harness/round/image/image.h"
#include "harness/wire/modules.h"

#define PAGE_FD   3
#define START_NS  (5 * MP_CLOCK_NS_PER_S) /* for a process to reach its page */
#define PAUSE_NS  (200 * MP_CLOCK_NS_PER_US)
#define KILLED_NS (10 * MP_CLOCK_NS_PER_S)   /* for a killed process to be gone */
#define MARGIN_NS (200 * MP_CLOCK_NS_PER_MS) /* before the supervisor's own limit */

extern char **environ;

struct member {
    pid_t pid; /* 0: not started, or reaped */
    int status;
    struct mp_round_page *page; /* shared with it */
    size_t size;
    int fd;
};

struct crew {
    const struct mp_round_spec *spec;
    unsigned threads; /* of all together */
    struct mp_round_page *page;
    struct mp_worker *worker;
    struct mp_crew_end *end;
    unsigned count;
    struct member *member;
};

/* Only the first counts: it explains the later ones. */
static void conclude(struct crew *crew, enum mp_page_result result, unsigned process,
                     const char *message) {
    if (crew->end->result != MP_RESULT_NONE)
        return;
    crew->end->result = result;
    snprintf(crew->end->message, sizeof(crew->end->message), "process %u of %u: %.440s",
             process + 1, crew->count, message);
}

/* A file without a name: memory that a program may inherit on every system. */
static int open_memory(size_t size, struct mp_error *err) {
    const char *folder = getenv("TMPDIR");
    struct mp_strbuf path;
    int fd;

    mp_strbuf_init(&path);
    mp_strbuf_addf(&path, "%s/mpstress-crew-XXXXXX",
                   folder && folder[0] ? folder : "/tmp");
    fd = mkstemp(path.text);
    if (fd >= 0)
        unlink(path.text);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
        mp_error_set_errno(err, MP_SYSTEM, errno, "cannot make a page in %s", path.text);
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    mp_strbuf_release(&path);
    if (fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* The round of process `i`: the same, with its share of the threads and no arm. */
static enum mp_status make_spec(const struct crew *crew, unsigned i,
                                struct mp_round_spec *spec, unsigned *ret_threads,
                                struct mp_error *err) {
    char text[16];

    *ret_threads = crew->threads / crew->count + (i < crew->threads % crew->count);
    *spec = *crew->spec;
    spec->seed = mp_rng_hash(spec->seed, i);
    spec->turns = 0;
    snprintf(spec->arm, sizeof(spec->arm), "none");
    snprintf(text, sizeof(text), "%u", *ret_threads);
    return mp_round_spec_set_param(spec, "threads", text, err);
}

static enum mp_status make_page(struct crew *crew, unsigned i, struct mp_error *err) {
    struct member *member = &crew->member[i];
    struct mp_round_spec *spec = mp_memory_zeroed(1, sizeof(*spec));
    unsigned threads = 1;
    enum mp_status status = make_spec(crew, i, spec, &threads, err);

    member->size = mp_round_page_size(threads + 1);
    if (status == MP_OK && (member->fd = open_memory(member->size, err)) < 0)
        status = MP_SYSTEM;
    if (status == MP_OK) {
        void *memory =
            mmap(NULL, member->size, PROT_READ | PROT_WRITE, MAP_SHARED, member->fd, 0);
        if (memory == MAP_FAILED)
            status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot map a page");
        else
            member->page = memory;
    }
    if (status == MP_OK)
        status = mp_round_page_format(member->page, member->size, threads + 1, spec, err);
    if (status == MP_OK)
        member->page->supervisor_pid = (uint64_t)getpid();
    free(spec);
    return status;
}

static enum mp_status start(struct crew *crew, unsigned i, struct mp_error *err) {
    struct member *member = &crew->member[i];
    char path[4096];
    char *argv[] = {(char *)"mpstress-round", (char *)"--page-fd", (char *)"3", NULL};
    posix_spawn_file_actions_t actions;
    int error;

    mp_image_program_path(path, sizeof(path));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, member->fd, PAGE_FD);
    error = posix_spawn(&member->pid, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0)
        return MP_OK;
    member->pid = 0;
    return mp_error_set_errno(err, MP_SYSTEM, error, "cannot start %s", path);
}

static bool is_gone(struct member *member) {
    if (member->pid != 0 && waitpid(member->pid, &member->status, WNOHANG) == member->pid)
        member->pid = 0;
    return member->pid == 0;
}

/* Until each waits for the word to go, or is gone. */
static void gather(struct crew *crew, uint64_t deadline_ns) {
    for (unsigned i = 0; i < crew->count; i++)
        while (atomic_load_explicit(&crew->member[i].page->phase, memory_order_acquire) <
                   MP_PHASE_WAITING &&
               !is_gone(&crew->member[i]) && mp_clock_now_ns() < deadline_ns)
            mp_clock_sleep_ns(PAUSE_NS);
}

/* Until all are gone. Those that are not by the deadline are killed. */
static void wait_for_all(struct crew *crew, uint64_t deadline_ns) {
    for (unsigned i = 0; i < crew->count; i++) {
        struct member *member = &crew->member[i];

        while (!is_gone(member) && mp_clock_now_ns() < deadline_ns)
            mp_clock_sleep_ns(PAUSE_NS);
        if (member->pid == 0)
            continue;
        conclude(crew, MP_RESULT_HANG, i, "it had not ended at the limit of the round");
        kill(member->pid, SIGKILL);
        const uint64_t give_up_ns = mp_clock_now_ns() + KILLED_NS;
        while (!is_gone(member) && mp_clock_now_ns() < give_up_ns)
            mp_clock_sleep_ns(PAUSE_NS);
    }
}

/* What the process says of itself, and how it left. */
static void judge(struct crew *crew, unsigned i, const struct mp_page_summary *sum) {
    int status = crew->member[i].status;
    char text[128];

    if (WIFSIGNALED(status)) {
        snprintf(text, sizeof(text), "signal %d ended it", WTERMSIG(status));
        conclude(crew, MP_RESULT_DROPPED, i, text);
    } else if (sum->is_torn || sum->phase != MP_PHASE_DONE) {
        snprintf(text, sizeof(text), "it left with code %d in phase %s",
                 WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                 mp_page_phase_name(sum->phase));
        conclude(crew, sum->phase < MP_PHASE_RUN ? MP_RESULT_BROKEN : MP_RESULT_DROPPED,
                 i, text);
    } else if (sum->result != MP_RESULT_OK) {
        conclude(crew, sum->result, i, sum->message);
    }
}

static void add(_Atomic uint64_t *word, uint64_t count) {
    atomic_fetch_add(word, count);
}

static void add_up(struct crew *crew, unsigned i, const struct mp_page_summary *sum) {
    struct mp_round_page *page = crew->page;
    struct mp_page_thread *slot = &page->thread[i + 1];
    const struct mp_round_page *own = crew->member[i].page;
    uint64_t go_ns = atomic_load(&own->go_ns), end_ns = atomic_load(&own->end_ns);

    atomic_store(&slot->state, MP_STATE_FINISHED);
    add(&slot->ops_started, sum->ops_started);
    add(&slot->ops_done, sum->ops_done);
    add(&slot->ops_wrong, sum->ops_wrong);
    add(&slot->ops_dropped, sum->ops_dropped);
    add(&page->ops_planned, sum->ops_planned);
    add(&page->ops_device, sum->ops_device);
    add(&page->buffers_failed, sum->buffers_failed);
    if (sum->child_crashed)
        atomic_store(&page->child_crashed, 1);
    for (int figure = 0; figure < MP_FIGURES; figure++)
        mp_recorder_count(crew->worker, (enum mp_figure)figure, sum->figure[figure]);
    if (i == 0) {
        page->driver = sum->driver;
        mp_modules_copy(page, own, crew->member[i].size);
    }
    if (go_ns != 0 && end_ns >= go_ns) {
        if (atomic_load(&page->go_ns) == 0 || go_ns < atomic_load(&page->go_ns))
            atomic_store(&page->go_ns, go_ns);
        if (end_ns > atomic_load(&page->end_ns))
            atomic_store(&page->end_ns, end_ns);
    }
}

static void run(struct crew *crew, uint64_t deadline_ns) {
    struct mp_error err = {""};
    enum mp_status status = MP_OK;

    for (unsigned i = 0; status == MP_OK && i < crew->count; i++) {
        status = make_page(crew, i, &err);
        if (status == MP_OK)
            status = start(crew, i, &err);
        if (status != MP_OK)
            conclude(crew, MP_RESULT_BROKEN, i, err.text);
    }
    if (status == MP_OK) {
        gather(crew, mp_clock_now_ns() + START_NS);
        atomic_store_explicit(&crew->page->phase, MP_PHASE_RUN, memory_order_release);
        for (unsigned i = 0; i < crew->count; i++)
            atomic_store_explicit(&crew->member[i].page->go, 1, memory_order_release);
    }
    wait_for_all(crew, status == MP_OK ? deadline_ns : 0);
    for (unsigned i = 0; status == MP_OK && i < crew->count; i++) {
        struct mp_page_summary *sum = mp_memory_zeroed(1, sizeof(*sum));

        mp_round_page_summarise(crew->member[i].page, crew->member[i].size, sum);
        judge(crew, i, sum);
        add_up(crew, i, sum);
        free(sum);
    }
}

void mp_crew_run(const struct mp_round_spec *spec, unsigned threads, unsigned processes,
                 struct mp_worker *worker, struct mp_crew_end *ret_end) {
    uint64_t limit_ns = spec->timeout_ms * MP_CLOCK_NS_PER_MS;
    uint64_t margin_ns = limit_ns / 10 < MARGIN_NS ? limit_ns / 10 : MARGIN_NS;
    struct crew crew = {
        .spec = spec,
        .threads = threads,
        .page = worker->page,
        .worker = worker,
        .end = ret_end,
        .count = processes < threads ? processes : threads,
    };

    *ret_end = (struct mp_crew_end){.result = MP_RESULT_NONE};
    crew.member = mp_memory_zeroed(crew.count, sizeof(*crew.member));
    for (unsigned i = 0; i < crew.count; i++)
        crew.member[i].fd = -1;
    run(&crew, mp_clock_now_ns() + limit_ns - margin_ns);
    if (ret_end->result == MP_RESULT_NONE)
        ret_end->result = MP_RESULT_OK;
    atomic_store(&crew.page->arm_acts, 1);
    mp_recorder_count(worker, MP_FIGURE_ARM_PASSES, crew.count);
    mp_recorder_raise(worker, MP_FIGURE_ARM_PEAK, crew.count);
    for (unsigned i = 0; i < crew.count; i++) {
        if (crew.member[i].page)
            munmap(crew.member[i].page, crew.member[i].size);
        if (crew.member[i].fd >= 0)
            close(crew.member[i].fd);
    }
    free(crew.member);
}
