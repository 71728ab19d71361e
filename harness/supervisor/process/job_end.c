/* What a round that is over hands to its campaign, from its page, its process and its
 * capture.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/job.h"
#include "harness/supervisor/process/library.h"

/* A library that ends its process while it is loaded does so sooner. */
#define LOAD_NS (500 * MP_CLOCK_NS_PER_MS)

/* Only the summary of such a round is needed. */
static bool left_well(const struct mp_round_end *end) {
    bool is_well = end->exit.kind == MP_EXIT_CODE || end->exit.kind == MP_EXIT_KEPT;
    return is_well && end->exit.code == 0 && end->crash == NULL && !end->page.is_torn &&
           end->page.result == MP_RESULT_OK;
}

/* Hands over the samples if the round really hung and did not crash. */
static void take_samples(struct mp_job *job, struct mp_round_end *end) {
    bool is_hang = end->crash == NULL && job->exit.kind == MP_EXIT_DEADLINE;
    if (is_hang) {
        end->crash = job->sample[0];
        end->second = job->sample[1];
    } else {
        mp_crash_destroy(job->sample[0]);
        mp_crash_destroy(job->sample[1]);
    }
    job->sample[0] = NULL;
    job->sample[1] = NULL;
    if (end->second != NULL) {
        struct mp_hang_facts facts = mp_hang_gather(end->crash, &job->sample_page[0],
                                                    end->second, &job->sample_page[1]);
        end->hang_class = mp_hang_classify(&facts);
        end->exit.was_stopped |= end->hang_class == MP_HANG_STOPPED;
    }
}

/* What was seen of the library while the program ran, where nothing better is known. That
 * it was there is no proof that it let the program begin: not of one that hangs, and not
 * of one that was soon over. */
static void take_sight(const struct mp_job *job, struct mp_fix_claim *claim) {
    struct mp_library library;
    struct mp_error ignored;
    if (claim->state != MP_FIX_UNKNOWN || job->sight == MP_MAPPING_UNKNOWN)
        return;
    bool is_seen = job->sight == MP_MAPPING_SEEN;
    bool has_begun =
        job->exit.kind != MP_EXIT_DEADLINE && job->ended_ns >= job->seen_ns + LOAD_NS;
    bool is_build = is_seen && mp_library_read(job->fix, &library, &ignored) == MP_OK &&
                    strcmp(library.id, job->fix_id) == 0;
    if (!is_seen || (has_begun && is_build))
        mp_modules_claim_seen(is_seen, claim);
}

/* What was loaded, according to the round, else as seen when it stopped. */
static void take_modules(const struct mp_job *job, struct mp_round_end *end) {
    mp_modules_read(job->page, job->page_size, &end->modules);
    const struct mp_crash *stopped = end->crash;
    if (stopped == NULL || stopped->is_of_child)
        stopped = job->at_exit;
    if (!end->modules.is_known)
        mp_modules_from_crash(stopped, &end->modules);
    mp_modules_mark(&end->modules, end->page.driver.path, job->fix,
                    getenv(mp_host_preload_variable()));
    end->has_claim = job->fix[0] != '\0';
    if (end->has_claim) {
        mp_modules_check(&end->modules, job->fix, job->fix_id, &end->claim);
        take_sight(job, &end->claim);
    }
    if (end->has_claim && end->exit.kind == MP_EXIT_CODE)
        end->exit.is_in_load = mp_outcome_is_in_load(job->at_exit, end->claim.path);
}

/* For how long the machine slept since the round was started. */
static uint64_t slept_since(const struct mp_job *job) {
    uint64_t asleep_ns = mp_clock_asleep_ns();
    return asleep_ns > job->asleep_ns ? asleep_ns - job->asleep_ns : 0;
}

/* A user's program that was started and left by itself is done. */
static void take_program(struct mp_job *job, struct mp_round_end *end) {
    if (end->exit.kind == MP_EXIT_CODE && end->page.phase == MP_PHASE_RUN) {
        end->page.phase = MP_PHASE_DONE;
        end->exit.code_means =
            (enum mp_code_meaning)job->codes.means[end->exit.code & 0xff];
    }
    mp_program_output_end(&job->output);
    snprintf(end->exit.said, sizeof(end->exit.said), "%s", job->output.match);
    mp_program_output_close(&job->output);
}

/* Keeps who sent the signal that ended the round, or a crash signal before. */
static void take_sender(const struct mp_job *job, struct mp_round_end *end) {
    struct mp_sender sender;
    mp_capture_sender(job->capture, &sender);
    bool is_last = end->exit.kind == MP_EXIT_SIGNAL && sender.signal == end->exit.signal;
    bool is_hit =
        sender.kind == MP_SENDER_OTHER && mp_crash_is_crash_signal(sender.signal);
    if (is_last || is_hit)
        end->exit.sender = sender;
}

/* The same from what the round noted, where nobody saw the signal arrive. */
static void take_noted_sender(const struct mp_job *job, struct mp_round_end *end) {
    const struct mp_page_summary *page = &end->page;
    pid_t pid = (pid_t)page->sent_pid;
    if (end->exit.kind != MP_EXIT_SIGNAL || page->sent_signal != end->exit.signal)
        return;
    struct mp_sender sender = {.kind = MP_SENDER_ITSELF, .signal = page->sent_signal};
    bool is_of_round = pid != 0 && (pid == job->group || getpgid(pid) == job->group ||
                                    mp_host_find_mark(pid, job->token) == MP_HOST_MARKED);
    if (page->is_sent && !is_of_round) {
        sender.kind = MP_SENDER_OTHER;
        sender.pid = page->sent_pid;
        if (pid != 0)
            mp_host_process_name(pid, sender.name, sizeof(sender.name));
    }
    end->exit.sender = sender;
}

/* After anything but a pass that left nothing behind, the process ends. */
static void end_turn(struct mp_job *job, const struct mp_round_end *end) {
    char detail[512];
    enum mp_outcome outcome =
        mp_outcome_decide(&end->exit, &end->page, end->crash,
                          end->has_claim ? &end->claim : NULL, detail, sizeof(detail));
    if (!job->is_kept) {
        mp_job_discard(job);
    } else {
        job->state = MP_JOB_PARKED;
        if (mp_outcome_class(outcome) != MP_CLASS_PASS || end->exit.leaked > 0)
            mp_job_retire(job, mp_clock_now_ns());
    }
}

void mp_job_finish(struct mp_job *job, struct mp_round_end *ret_end) {
    mp_job_read_stderr(job);
    ret_end->tag = job->tag;
    ret_end->turn = job->turn;
    ret_end->exit = job->exit;
    ret_end->exit.was_silent = job->was_silent && job->exit.kind == MP_EXIT_DEADLINE;
    ret_end->exit.was_stopped = job->was_stopped;
    ret_end->exit.absent_ns = job->absent_ns;
    ret_end->exit.leaked = (unsigned)job->stray_count;
    ret_end->exit.slept_ns = slept_since(job);
    ret_end->crash = NULL;
    ret_end->second = NULL;
    if (job->capture != NULL) {
        take_sender(job, ret_end);
        ret_end->exit.child_crashed = mp_capture_child_crashed(job->capture);
        ret_end->crash = mp_capture_take(job->capture);
        job->at_exit = mp_capture_take_exit(job->capture);
        take_samples(job, ret_end);
    }
    mp_round_page_summarise(job->page, job->page_size, &ret_end->page);
    if (job->trace != MP_TRACE_ON)
        take_noted_sender(job, ret_end);
    if (job->is_program)
        take_program(job, ret_end);
    /* Three may see how a child ends: its tracer, its parent, and whoever adopts it. */
    ret_end->exit.child_crashed |= ret_end->page.child_crashed || job->orphan_crashed;
    ret_end->flight = (struct mp_flight){0};
    if (!left_well(ret_end))
        mp_flight_read(job->page, job->page_size, &ret_end->flight);
    take_modules(job, ret_end);
    mp_crash_destroy(job->at_exit);
    job->at_exit = NULL;
    ret_end->trace = job->trace;
    ret_end->pid = job->group; /* its own group leader */
    ret_end->started_wall_ns = job->started_wall_ns;
    ret_end->wall_ns = job->ended_ns - job->started_ns;
    memcpy(ret_end->stderr_text, job->tail, job->tail_len);
    ret_end->stderr_text[job->tail_len] = '\0';
    ret_end->stderr_total = job->stderr_total;
    end_turn(job, ret_end);
}
