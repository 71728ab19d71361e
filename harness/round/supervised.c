/* Maps the page, waits for the go flag, runs the round. No driver code runs before go: by
 * then the supervisor has seized the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/supervised.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/round/hello.h"
#include "harness/round/preload.h"
#include "harness/round/process.h"
#include "harness/round/program.h"
#include "harness/round/round.h"
#include "harness/round/sender.h"
#include "harness/wire/program.h"

#define GO_DEADLINE_NS   (10 * MP_CLOCK_NS_PER_S)
#define GO_PAUSE_NS      (50 * MP_CLOCK_NS_PER_US)
#define TURN_DEADLINE_MS (24 * 60 * 60 * 1000)
#define GO_SPINS                                                                         \
    1000 /* yields before the first sleep: a seize takes under a millisecond */

/* The page mapped from `fd`, or NULL. */
static struct mp_round_page *map_page(int fd, size_t *ret_size, struct mp_error *err) {
    struct stat stat;
    void *memory;

    if (fstat(fd, &stat) != 0) {
        mp_error_set_errno(err, MP_SYSTEM, errno,
                           "cannot read the round page of --page-fd");
        return NULL;
    }
    if (stat.st_size < (off_t)sizeof(struct mp_round_page)) {
        mp_error_set(err, MP_FORMAT,
                     "the round page of --page-fd has %lld bytes, not %zu",
                     (long long)stat.st_size, sizeof(struct mp_round_page));
        return NULL;
    }
    memory = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        mp_error_set_errno(err, MP_SYSTEM, errno,
                           "cannot map the round page of --page-fd");
        return NULL;
    }
    *ret_size = (size_t)stat.st_size;
    return memory;
}

static enum mp_status wait_for_go(struct mp_round_page *page, struct mp_error *err) {
    uint64_t deadline_ns = mp_clock_now_ns() + GO_DEADLINE_NS;
    unsigned spins = 0;

    while (atomic_load_explicit(&page->go, memory_order_acquire) == 0) {
        if (mp_clock_now_ns() > deadline_ns)
            return mp_error_set(err, MP_TIMEOUT,
                                "the supervisor did not start the round within 10 s");
        if (spins++ < GO_SPINS)
            sched_yield();
        else
            mp_clock_sleep_ns(GO_PAUSE_NS);
    }
    return MP_OK;
}

/* From the descriptor to a valid page, its spec, and the go flag. */
static enum mp_status receive_spec(int page_fd, struct mp_round_page **ret_page,
                                   struct mp_round_spec *ret_spec, struct mp_error *err) {
    size_t size = 0;
    struct mp_round_page *page = map_page(page_fd, &size, err);
    enum mp_status status;

    if (!page)
        return MP_SYSTEM;
    status = mp_round_page_open(page, size, ret_spec, err);
    if (status != MP_OK)
        return status;
    if (page->supervisor_pid != 0) {
        status = mp_process_follow_parent(page->supervisor_pid, err);
        if (status != MP_OK)
            return status;
        mp_hello_say();
    }
    atomic_store_explicit(&page->phase, MP_PHASE_WAITING, memory_order_release);
    status = wait_for_go(page, err);
    if (status == MP_OK)
        *ret_page = page;
    return status;
}

/* Says that the round is over and waits for the next one in the same page; false if
 * there is none. */
static bool wait_for_turn(struct mp_round_page *page, int turn_fd,
                          struct mp_round_spec *ret_spec, struct mp_error *err) {
    size_t size = (size_t)page->size;
    struct pollfd order = {.fd = turn_fd, .events = POLLIN};
    char byte = 0;

    if (page->turn >= page->turns || write(turn_fd, &byte, 1) != 1)
        return false;
    while (poll(&order, 1, TURN_DEADLINE_MS) < 0 && errno == EINTR) {
    }
    if (read(turn_fd, &byte, 1) != 1) /* the supervisor needs no more */
        return false;
    atomic_store_explicit(&page->phase, MP_PHASE_WAITING, memory_order_release);
    return mp_round_page_open(page, size, ret_spec, err) == MP_OK;
}

/* One round of a scenario, not of a user's program. */
static enum mp_status run_round(const struct mp_round_spec *spec,
                                struct mp_round_page *page, struct mp_device **kept,
                                struct mp_leave *ret_leave, struct mp_error *err) {
    /* on the heap: the driver under test may have little stack left */
    struct mp_round_plan *plan = mp_memory_zeroed(1, sizeof(*plan));
    const struct mp_scenario *scenario = mp_scenario_find(spec->scenario, err);
    enum mp_status status = MP_USAGE;
    const char *key;

    if (scenario)
        status = mp_round_plan_make(spec, scenario, plan, &key, err);
    if (status == MP_OK)
        *ret_leave = mp_round_run(plan, page, kept);
    if (!ret_leave->is_leaving)
        free(plan);
    return status;
}

/* This round, and those that the supervisor has more in this process. */
static enum mp_status run_turns(struct mp_round_spec *spec, struct mp_round_page *page,
                                int turn_fd, struct mp_error *err) {
    struct mp_device *kept = NULL;
    struct mp_leave leave = {0};
    enum mp_status status;
    do
        status = run_round(spec, page, &kept, &leave, err);
    while (status == MP_OK && !leave.is_leaving &&
           wait_for_turn(page, turn_fd, spec, err));
    if (leave.is_leaving && !leave.returns)
        exit(0);
    if (leave.is_leaving)
        return MP_OK;
    if (kept)
        mp_device_close(kept);
    return status;
}

/* Starts again with the library of the arm; the page says by then that it may go. */
static enum mp_status take_library(const struct mp_round_spec *spec, int page_fd,
                                   struct mp_error *err) {
    char number[16];
    char *argv[] = {(char *)"mpstress-round", (char *)"--page-fd", number, NULL};

    snprintf(number, sizeof(number), "%d", page_fd);
    return mp_preload_take(spec->fix, argv, err);
}

int mp_supervised_run(int page_fd) {
    struct mp_round_page *page = NULL;
    struct mp_round_spec spec;
    struct mp_error err;

    if (receive_spec(page_fd, &page, &spec, &err) != MP_OK) {
        mp_log(MP_LOG_ERROR, "%s", err.text);
        return 6;
    }
    if (mp_program_is_spec(&spec)) {
        (void)mp_program_become(&spec, page, page_fd, &err);
        mp_log(MP_LOG_ERROR, "%s", err.text);
        mp_round_finish(page, MP_RESULT_BROKEN, err.text);
        return 2;
    }
    if (take_library(&spec, page_fd, &err) != MP_OK) {
        mp_log(MP_LOG_ERROR, "%s", err.text);
        mp_round_finish(page, MP_RESULT_BROKEN, err.text);
        return 2;
    }
    if (page->notes_sender == 1)
        mp_sender_watch(page);
    if (run_turns(&spec, page, page_fd + 1, &err) == MP_OK)
        return 0;
    mp_log(MP_LOG_ERROR, "%s", err.text);
    mp_round_finish(page, MP_RESULT_BROKEN, err.text);
    return 2;
}
