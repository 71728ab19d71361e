/* How a round ended: names of the outcomes, and the function that decides. Pure: no
 * clock, no files, no processes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/outcome.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"

static const struct {
    const char *name;
    enum mp_outcome_class class;
    const char *words;
} outcomes[MP_OUTCOME_COUNT] = {
#define MP_OUTCOME(id, name, verdict, words)                                             \
    [MP_OUTCOME_##id] = {name, MP_CLASS_##verdict, words},
#include "harness/wire/outcome.def"
#undef MP_OUTCOME
};

const char *mp_outcome_name(enum mp_outcome outcome) {
    return (unsigned)outcome < MP_OUTCOME_COUNT ? outcomes[outcome].name : "unknown";
}

const char *mp_outcome_words(enum mp_outcome outcome) {
    return (unsigned)outcome < MP_OUTCOME_COUNT ? outcomes[outcome].words : "unknown";
}

enum mp_outcome_class mp_outcome_class(enum mp_outcome outcome) {
    return (unsigned)outcome < MP_OUTCOME_COUNT ? outcomes[outcome].class
                                                : MP_CLASS_NO_VERDICT;
}

bool mp_outcome_may_hide(enum mp_outcome outcome) {
    return mp_outcome_class(outcome) == MP_CLASS_NO_VERDICT && outcome != MP_OUTCOME_SKIP;
}

enum mp_outcome mp_outcome_find(const char *name) {
    unsigned i = 0;
    while (i < MP_OUTCOME_COUNT && strcmp(outcomes[i].name, name) != 0)
        i++;
    return (enum mp_outcome)i;
}

static bool is_fault(int signal) {
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
           signal == SIGILL || signal == SIGTRAP || signal == SIGSYS;
}

static bool is_from_system(int signal) {
    return signal == SIGKILL || signal == SIGTERM || signal == SIGINT ||
           signal == SIGQUIT || signal == SIGHUP || signal == SIGXCPU ||
           signal == SIGXFSZ;
}

static bool is_crash_sent(const struct mp_exit *exit) {
    int sent = exit->sender.signal;
    return exit->sender.kind == MP_SENDER_OTHER && (is_fault(sent) || sent == SIGABRT);
}

/* Whether the signal that ended it is not of its own doing. */
static bool is_from_outside(const struct mp_exit *exit) {
    int signal = exit->signal;
    if (is_from_system(signal) || exit->sender.kind == MP_SENDER_OTHER)
        return true;
    bool is_own = is_fault(signal) || signal == SIGABRT;
    return !is_own && exit->sender.kind == MP_SENDER_UNKNOWN;
}

/* ", sent by process 7 (bash)" */
static void add_sender(struct mp_strbuf *detail, const struct mp_exit *exit) {
    const struct mp_sender *sender = &exit->sender;
    if (sender->kind == MP_SENDER_OTHER && sender->pid > 0) {
        mp_strbuf_addf(detail, ", sent by process %" PRId64, sender->pid);
        if (sender->name[0] != '\0') {
            mp_strbuf_addstr(detail, " (");
            mp_strbuf_add_escaped(detail, sender->name, strlen(sender->name), 0);
            mp_strbuf_addstr(detail, ")");
        }
    } else if (sender->kind == MP_SENDER_OTHER) {
        mp_strbuf_addstr(detail, ", sent by a process of another pid namespace");
    } else if (is_from_system(exit->signal)) {
        mp_strbuf_addf(detail, ", sent from outside%s",
                       exit->signal == SIGKILL ? " (out of memory?)" : "");
    } else {
        mp_strbuf_addstr(detail, "; who sent it is not known without capture");
    }
}

static const char *how_it_left(const struct mp_exit *exit, char *buf, size_t size) {
    char name[16];
    switch (exit->kind) {
    case MP_EXIT_CODE:
        snprintf(buf, size, "exited with code %d", exit->code);
        break;
    case MP_EXIT_SIGNAL:
        snprintf(buf, size, "was killed by %s",
                 mp_crash_signal_name(exit->signal, name, sizeof(name)));
        break;
    case MP_EXIT_DEADLINE:
        snprintf(buf, size, "was killed at its deadline");
        break;
    case MP_EXIT_STOPPED:
        snprintf(buf, size, "was stopped by the user");
        break;
    case MP_EXIT_NOT_STARTED:
        snprintf(buf, size, "was never started");
        break;
    case MP_EXIT_KEPT:
        snprintf(buf, size, "kept its process");
        break;
    }
    return buf;
}

/* The round's own message about its end, else ours. */
static void add_message(struct mp_strbuf *detail, const struct mp_page_summary *page,
                        const char *otherwise) {
    if (page->message[0] != '\0')
        mp_strbuf_add_escaped(detail, page->message, strlen(page->message), 0);
    else
        mp_strbuf_addstr(detail, otherwise);
}

static void add_message_of_round(struct mp_strbuf *detail,
                                 const struct mp_page_summary *page) {
    if (page->message[0] != '\0')
        mp_strbuf_addstr(detail, "; it says: ");
    add_message(detail, page, "");
}

/* Rules 3 to 6: the process was stopped by its own fault. */
static bool decide_by_fault(const struct mp_exit *exit,
                            const struct mp_page_summary *page,
                            const struct mp_crash *crash, struct mp_strbuf *detail,
                            enum mp_outcome *ret_outcome) {
    char name[16], left[64];
    const char *phase = mp_page_phase_name(page->phase);
    int seen = crash != NULL ? crash->signal : 0;
    if (crash != NULL && crash->is_of_child && (is_fault(seen) || seen == SIGABRT)) {
        *ret_outcome = seen == SIGABRT ? MP_OUTCOME_ABORT : MP_OUTCOME_CRASH;
        mp_strbuf_addf(detail, "%s in a process that the round started; the round %s",
                       mp_crash_signal_name(seen, name, sizeof(name)),
                       how_it_left(exit, left, sizeof(left)));
        add_message_of_round(detail, page);
        return true;
    }
    if (is_fault(seen) || seen == SIGABRT) {
        *ret_outcome = seen == SIGABRT ? MP_OUTCOME_ABORT : MP_OUTCOME_CRASH;
        mp_strbuf_addf(detail, "%s in phase %s",
                       mp_crash_signal_name(seen, name, sizeof(name)), phase);
        if (exit->kind != MP_EXIT_SIGNAL || exit->signal != seen)
            mp_strbuf_addf(detail, ", and then it %s",
                           how_it_left(exit, left, sizeof(left)));
        return true;
    }
    if (exit->kind == MP_EXIT_SIGNAL && !is_from_outside(exit)) {
        *ret_outcome = exit->signal == SIGABRT ? MP_OUTCOME_ABORT : MP_OUTCOME_CRASH;
        mp_strbuf_addf(detail, "%s in phase %s",
                       mp_crash_signal_name(exit->signal, name, sizeof(name)), phase);
        if (exit->sender.kind == MP_SENDER_UNKNOWN)
            mp_strbuf_addstr(detail,
                             "; whether it was sent is not known without capture");
        return true;
    }
    if (exit->child_crashed) {
        *ret_outcome = MP_OUTCOME_CRASH;
        mp_strbuf_addf(detail, "a process started by the round crashed; the round %s",
                       how_it_left(exit, left, sizeof(left)));
        add_message_of_round(detail, page);
        return true;
    }
    return false;
}

/* The first check that failed, in the round's own words. */
static void add_first(struct mp_strbuf *detail, const struct mp_page_summary *page) {
    if (page->message[0] != '\0')
        mp_strbuf_addstr(detail, "; first: ");
    add_message(detail, page, "");
}

static bool do_counts_contradict(const struct mp_page_summary *page) {
    uint64_t checked = page->ops_done + page->ops_wrong + page->ops_dropped;
    bool overflows = checked < page->ops_done || checked < page->ops_wrong;
    return overflows || page->ops_started > page->ops_planned ||
           checked > page->ops_started;
}

/* Rule 18: whether work is missing. */
static bool is_work_missing(const struct mp_page_summary *page,
                            struct mp_strbuf *detail) {
    if (page->ops_dropped > 0) {
        mp_strbuf_addf(detail, "%" PRIu64 " of %" PRIu64 " ops left no output",
                       page->ops_dropped, page->ops_started);
        add_first(detail, page);
    } else if (page->ops_device < page->ops_started) {
        mp_strbuf_addf(detail,
                       "the device executed %" PRIu64 " of %" PRIu64 " ops it was given",
                       page->ops_device, page->ops_started);
    } else if (page->ops_done < page->ops_planned) {
        mp_strbuf_addf(detail, "%" PRIu64 " of %" PRIu64 " planned ops were done",
                       page->ops_done, page->ops_planned);
    } else if (page->buffers_failed > 0) {
        mp_strbuf_addf(
            detail, "%" PRIu64 " %s failed", page->buffers_failed,
            mp_plural(page->buffers_failed, "command buffer", "command buffers"));
    } else if (page->threads_unfinished > 0) {
        mp_strbuf_addf(detail, "%" PRIu32 " of %" PRIu32 " threads did not finish",
                       page->threads_unfinished, page->threads_started);
    }
    return detail->len > 0;
}

enum mp_outcome mp_outcome_from_counts(const struct mp_page_summary *page,
                                       struct mp_strbuf *detail) {
    if (page->ops_wrong > 0) {
        mp_strbuf_addf(detail, "%" PRIu64 " of %" PRIu64 " ops gave a wrong result",
                       page->ops_wrong, page->ops_started);
        add_first(detail, page);
        return MP_OUTCOME_MISMATCH;
    }
    if (page->ops_planned == 0) {
        mp_strbuf_addstr(detail, "no op was planned, so nothing was tested");
        return MP_OUTCOME_BROKEN;
    }
    if (do_counts_contradict(page)) {
        mp_strbuf_addf(
            detail,
            "the counts contradict each other: %" PRIu64 " ops planned, %" PRIu64
            " started, %" PRIu64 " right, %" PRIu64 " dropped",
            page->ops_planned, page->ops_started, page->ops_done, page->ops_dropped);
        return MP_OUTCOME_BROKEN;
    }
    if (page->ops_device > page->ops_started) {
        mp_strbuf_addf(detail,
                       "the device executed %" PRIu64 " ops but was given %" PRIu64,
                       page->ops_device, page->ops_started);
        return MP_OUTCOME_MISMATCH;
    }
    return is_work_missing(page, detail) ? MP_OUTCOME_DROPPED : MP_OUTCOME_PASS;
}

static void add_said(struct mp_strbuf *detail, const char *said) {
    mp_strbuf_addstr(detail, "it wrote \"");
    mp_strbuf_add_escaped(detail, said, strlen(said), 0);
    mp_strbuf_addstr(detail, "\"");
}

/* The counts of a program: it need not say how many ops it plans, nor when each begins,
 * nor that its threads end, and no device counts its ops. */
static struct mp_page_summary counts_of_program(const struct mp_page_summary *page) {
    struct mp_page_summary counts = *page;
    if (counts.ops_started == 0)
        counts.ops_started = page->ops_done + page->ops_wrong;
    if (counts.ops_planned == 0)
        counts.ops_planned = counts.ops_started;
    counts.ops_device = counts.ops_started;
    counts.threads_unfinished = 0;
    return counts;
}

/* Rules 27 to 29. */
static enum mp_outcome decide_counted(const struct mp_exit *exit,
                                      const struct mp_page_summary *page,
                                      struct mp_strbuf *detail) {
    struct mp_page_summary counts = counts_of_program(page);
    bool is_counting = page->ops_planned > 0 || page->ops_done > 0;
    enum mp_outcome outcome = MP_OUTCOME_PASS;
    if (is_counting)
        outcome = mp_outcome_from_counts(&counts, detail);
    if (outcome != MP_OUTCOME_PASS)
        return outcome;
    if (page->promised_overlap && page->overlap_max < 2) {
        mp_strbuf_addstr(detail, "no two threads were inside an op at the same time");
        return MP_OUTCOME_NO_OVERLAP;
    }
    if (is_counting)
        mp_strbuf_addf(detail, "%" PRIu64 " ops ran and were correct",
                       counts.ops_planned);
    else
        mp_strbuf_addf(detail, "it exited with code %d", exit->code);
    return MP_OUTCOME_PASS;
}

/* Rules 22 to 29: a user's program left by itself. */
static enum mp_outcome decide_program(const struct mp_exit *exit,
                                      const struct mp_page_summary *page,
                                      struct mp_strbuf *detail) {
    if (page->client_version != 0 && !page->speaks) {
        mp_strbuf_addf(detail,
                       "its mpstress.h or mpstress.py has page version %" PRIu32
                       ", this mpstress has %d, so nothing that it counts can be read: "
                       "use the file that was installed with this mpstress",
                       page->client_version, MP_PAGE_VERSION);
        return MP_OUTCOME_BROKEN;
    }
    if (page->result == MP_RESULT_MISMATCH && page->ops_wrong == 0) {
        add_message(detail, page, "a check of its own failed");
        return MP_OUTCOME_MISMATCH;
    }
    if (page->ops_wrong > 0) {
        struct mp_page_summary counts = counts_of_program(page);
        return mp_outcome_from_counts(&counts, detail);
    }
    if (exit->said[0] != '\0') {
        add_said(detail, exit->said);
        mp_strbuf_addf(detail, ", which means failure, and exited with code %d",
                       exit->code);
        return MP_OUTCOME_EXIT;
    }
    if (exit->code_means == MP_CODE_FAILS) {
        mp_strbuf_addf(detail, "it exited with code %d", exit->code);
        return MP_OUTCOME_EXIT;
    }
    if (exit->code_means == MP_CODE_SKIPS) {
        mp_strbuf_addf(detail, "it exited with code %d: it cannot run here", exit->code);
        return MP_OUTCOME_SKIP;
    }
    return decide_counted(exit, page, detail);
}

/* Whether a round that took too long may have been kept from running; says so. */
static bool decide_pause(const struct mp_exit *exit, struct mp_strbuf *detail) {
    bool was_absent = exit->absent_ns >= MP_OUTCOME_SLEEP_MIN_NS;
    if (exit->was_stopped)
        mp_strbuf_addstr(detail, "; it was stopped from outside");
    if (was_absent) {
        char absent[32];
        mp_clock_format_short(exit->absent_ns, absent, sizeof(absent));
        mp_strbuf_addf(detail,
                       "; mpstress itself did not run for %s of it (stopped or frozen, "
                       "alone or with the round)",
                       absent);
    }
    return exit->was_stopped || was_absent;
}

/* Rules 13 to 21: the page is valid and the round says that it is done. */
static enum mp_outcome decide_done(const struct mp_exit *exit,
                                   const struct mp_page_summary *page,
                                   struct mp_strbuf *detail) {
    switch (page->result) {
    case MP_RESULT_MISMATCH:
        add_message(detail, page, "an output was wrong");
        return MP_OUTCOME_MISMATCH;
    case MP_RESULT_DROPPED:
        add_message(detail, page, "work is missing");
        return MP_OUTCOME_DROPPED;
    case MP_RESULT_GPU_ERROR:
        add_message(detail, page, "the device reported an error");
        return MP_OUTCOME_GPU_ERROR;
    case MP_RESULT_HANG:
        add_message(detail, page, "a wait for the device passed its deadline");
        return decide_pause(exit, detail) ? MP_OUTCOME_BROKEN : MP_OUTCOME_HANG;
    case MP_RESULT_OK:
        break;
    default:
        mp_strbuf_addstr(detail, "the round says that it is done but gives no result");
        return MP_OUTCOME_BROKEN;
    }

    enum mp_outcome outcome = mp_outcome_from_counts(page, detail);
    if (outcome != MP_OUTCOME_PASS)
        return outcome;
    if (exit->code != 0) {
        mp_strbuf_addf(detail, "it finished correctly, but then exited with code %d",
                       exit->code);
        return MP_OUTCOME_ABORT;
    }
    if (page->promised_overlap && !page->arm_serialises && page->overlap_max < 2) {
        mp_strbuf_addstr(detail,
                         "no two threads were inside the driver at the same time");
        return MP_OUTCOME_NO_OVERLAP;
    }
    mp_strbuf_addf(detail, "%" PRIu64 " ops ran and were correct", page->ops_planned);
    return MP_OUTCOME_PASS;
}

/* Rule 8: time is only counted while round and supervisor ran. */
static enum mp_outcome decide_deadline(const struct mp_exit *exit,
                                       const struct mp_page_summary *page,
                                       struct mp_strbuf *detail) {
    bool is_early = !page->is_torn && page->phase < MP_PHASE_OPEN;
    mp_strbuf_addf(detail, "%s in phase %s%s",
                   exit->was_silent ? "it made no progress within its silence limit"
                                    : "its deadline passed",
                   mp_page_phase_name(page->phase),
                   is_early ? ", before any driver was loaded (is the host overloaded?)"
                            : "");
    bool was_paused = decide_pause(exit, detail);
    return is_early || was_paused ? MP_OUTCOME_BROKEN : MP_OUTCOME_HANG;
}

/* Rules 7 to 21: no fault was seen; the round left or was killed. */
static enum mp_outcome decide_by_page(const struct mp_exit *exit,
                                      const struct mp_page_summary *page,
                                      struct mp_strbuf *detail) {
    char left[64];
    const char *phase = mp_page_phase_name(page->phase);
    how_it_left(exit, left, sizeof(left));
    if (!page->is_torn && page->result == MP_RESULT_SKIP) {
        add_message(detail, page, mp_outcome_words(MP_OUTCOME_SKIP));
        return MP_OUTCOME_SKIP;
    }
    if (!page->is_torn && page->result == MP_RESULT_BROKEN) {
        add_message(detail, page, mp_outcome_words(MP_OUTCOME_BROKEN));
        return MP_OUTCOME_BROKEN;
    }
    if (exit->kind == MP_EXIT_DEADLINE)
        return decide_deadline(exit, page, detail);
    if (exit->kind == MP_EXIT_SIGNAL) {
        mp_strbuf_addf(detail, "%s in phase %s", left, phase);
        add_sender(detail, exit);
        return MP_OUTCOME_BROKEN;
    }
    if (page->is_torn) {
        mp_strbuf_addf(detail, "its shared page was overwritten or truncated; it %s",
                       left);
        return MP_OUTCOME_BROKEN;
    }
    if (page->phase < MP_PHASE_DONE && exit->code == MP_MEMORY_EXIT_CODE) {
        mp_strbuf_addf(detail, "it got no memory for its own work in phase %s, and ended",
                       phase);
        return MP_OUTCOME_BROKEN;
    }
    if (page->phase < MP_PHASE_DONE) {
        bool has_run = page->phase >= MP_PHASE_RUN;
        mp_strbuf_addf(detail, "it %s in phase %s, %s", left, phase,
                       has_run ? "so the rest of its work is missing"
                               : "before any work began");
        return has_run ? MP_OUTCOME_DROPPED : MP_OUTCOME_BROKEN;
    }
    return exit->code_means == MP_CODE_OF_ROUND ? decide_done(exit, page, detail)
                                                : decide_program(exit, page, detail);
}

/* Puts "`words`; without that it would be `outcome`: " before the detail. */
static void add_reservation(struct mp_strbuf *detail, const char *words,
                            enum mp_outcome outcome) {
    struct mp_strbuf whole;
    mp_strbuf_init(&whole);
    mp_strbuf_addf(&whole, "%s; without that it would be %s: %s", words,
                   mp_outcome_name(outcome), detail->text);
    mp_strbuf_release(detail);
    *detail = whole;
}

/* On a GPU that others use, or that is recovering, command buffers end without any fault
 * of their own. */
static enum mp_outcome decide_by_victim(enum mp_outcome outcome,
                                        const struct mp_page_summary *page,
                                        struct mp_strbuf *detail) {
    char word[32], words[128];
    bool may_follow = outcome == MP_OUTCOME_MISMATCH || outcome == MP_OUTCOME_DROPPED ||
                      outcome == MP_OUTCOME_GPU_ERROR;
    if (page->is_torn || page->gpu_blame != MP_GPU_BLAME_OTHER || !may_follow)
        return outcome;
    snprintf(words, sizeof(words),
             "the driver ended a command buffer for an error that is not its own (%s)",
             mp_gpu_error_word(&page->gpu_error, word));
    add_reservation(detail, words, outcome);
    return MP_OUTCOME_NO_VERDICT;
}

/* A driver that was stopped and woken in the middle was put to another test than the
 * planned one. */
static enum mp_outcome decide_by_sleep(enum mp_outcome outcome,
                                       const struct mp_exit *exit,
                                       struct mp_strbuf *detail) {
    char slept[32], words[96];
    if (exit->slept_ns < MP_OUTCOME_SLEEP_MIN_NS || outcome == MP_OUTCOME_LOST ||
        outcome == MP_OUTCOME_SKIP)
        return outcome;
    mp_clock_format_short(exit->slept_ns, slept, sizeof(slept));
    snprintf(words, sizeof(words), "the machine slept for %s during the round", slept);
    add_reservation(detail, words, outcome);
    return MP_OUTCOME_BROKEN;
}

/* A round that did not test its arm says nothing about that arm. */
static enum mp_outcome decide_by_claim(enum mp_outcome outcome,
                                       const struct mp_fix_claim *claim,
                                       struct mp_strbuf *detail) {
    bool is_settled = outcome == MP_OUTCOME_LOST || outcome == MP_OUTCOME_SKIP ||
                      outcome == MP_OUTCOME_BROKEN;
    if (claim == NULL || claim->state == MP_FIX_MAPPED || is_settled)
        return outcome;
    add_reservation(detail, claim->words, outcome);
    return MP_OUTCOME_BROKEN;
}

/* Whether a frame is in the module at `path`; of the loader, whose path differs from
 * system to system, if `path` is NULL. */
static bool is_frame_of(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                        const char *path) {
    if (frame->module < 0)
        return false;
    const char *at = crash->module[frame->module].path;
    const char *name = strrchr(at, '/') != NULL ? strrchr(at, '/') + 1 : at;
    if (path != NULL)
        return strcmp(at, path) == 0;
    return strncmp(name, "ld-", 3) == 0 || strncmp(name, "ld.so", 5) == 0 ||
           strcmp(name, "dyld") == 0;
}

/* Whether the loader, which has not let the program begin, was in that library: the stack
 * of the thread that stopped (of a hang, the main one) begins in the loader. It tells
 * what the page of a user's program cannot, whose phase does not say where its loader
 * is. */
static bool is_in_load(const struct mp_crash *crash, const char *library) {
    bool is_there = false;
    if (crash == NULL || crash->is_of_child || crash->thread_count == 0)
        return false;
    const struct mp_crash_thread *thread = &crash->thread[0];
    bool is_cut = thread->frames_total > thread->frame_count;
    if (thread->frame_count == 0 || is_cut ||
        !is_frame_of(crash, &thread->frame[thread->frame_count - 1], NULL))
        return false;
    for (size_t i = 0; i < thread->frame_count; i++)
        is_there |= is_frame_of(crash, &thread->frame[i], library);
    return is_there;
}

bool mp_outcome_is_in_load(const struct mp_crash *at_exit, const char *library) {
    size_t elsewhere = 0;
    if (at_exit == NULL || at_exit->thread_count == 0)
        return false;
    const struct mp_crash_thread *thread = &at_exit->thread[0];
    for (size_t i = 0; i < thread->frame_count; i++)
        elsewhere += !is_frame_of(at_exit, &thread->frame[i], NULL);
    return is_in_load(at_exit, elsewhere > 0 ? library : NULL);
}

/* A library that dies while it is loaded, or while it takes its place in the driver, was
 * never tested. */
static enum mp_outcome decide_by_load(enum mp_outcome outcome, const struct mp_exit *exit,
                                      const struct mp_page_summary *page,
                                      const struct mp_crash *crash,
                                      const struct mp_fix_claim *claim,
                                      struct mp_strbuf *detail) {
    bool has_died = outcome == MP_OUTCOME_CRASH || outcome == MP_OUTCOME_ABORT;
    bool is_early = !page->is_torn && page->phase <= MP_PHASE_OPEN;
    bool has_hung = outcome == MP_OUTCOME_HANG;
    if (claim == NULL)
        return outcome;
    if (is_early && page->phase < MP_PHASE_OPEN && page->result == MP_RESULT_NONE &&
        (exit->kind == MP_EXIT_CODE || exit->kind == MP_EXIT_DEADLINE))
        mp_strbuf_addstr(detail, "; the library of its arm is loaded in that phase");
    bool is_in = (has_died || has_hung) && is_in_load(crash, claim->path);
    if (exit->is_in_load && outcome != MP_OUTCOME_BROKEN) {
        add_reservation(detail,
                        "it left while it was loaded with the library of its arm, "
                        "before the program began",
                        outcome);
        return MP_OUTCOME_BROKEN;
    }
    if (!is_in && !(has_died && is_early))
        return outcome;
    add_reservation(detail,
                    has_hung ? "it hung while the library of its arm was loaded, before "
                               "the program began"
                    : is_early
                        ? "the round died while the library of its arm was loaded, "
                          "before any device was open"
                        : "it died while the library of its arm was loaded, before "
                          "the program began",
                    outcome);
    return MP_OUTCOME_BROKEN;
}

/* A round that nobody traces notes who sent it a signal from its first phases on, not
 * before; and there is no driver in it by then. */
static enum mp_outcome decide_by_start(enum mp_outcome outcome,
                                       const struct mp_exit *exit,
                                       const struct mp_page_summary *page,
                                       const struct mp_crash *crash,
                                       struct mp_strbuf *detail) {
    bool has_died = outcome == MP_OUTCOME_CRASH || outcome == MP_OUTCOME_ABORT;
    bool was_seen =
        crash != NULL && (is_fault(crash->signal) || crash->signal == SIGABRT);
    bool is_unseen = exit->kind == MP_EXIT_SIGNAL && !is_from_outside(exit) &&
                     exit->sender.kind == MP_SENDER_UNKNOWN;
    if (!has_died || was_seen || !is_unseen || page->is_torn ||
        page->phase >= MP_PHASE_OPEN)
        return outcome;
    add_reservation(detail,
                    "it died before any driver was loaded, and nobody saw whether that "
                    "was its own doing",
                    outcome);
    return MP_OUTCOME_BROKEN;
}

enum mp_outcome mp_outcome_decide(const struct mp_exit *exit,
                                  const struct mp_page_summary *page,
                                  const struct mp_crash *crash,
                                  const struct mp_fix_claim *claim, char *ret_detail,
                                  size_t size) {
    struct mp_strbuf detail;
    mp_strbuf_init(&detail);
    enum mp_outcome outcome;
    if (exit->kind == MP_EXIT_NOT_STARTED) {
        outcome = MP_OUTCOME_BROKEN;
        mp_strbuf_addstr(&detail, "the round program could not be started");
    } else if (exit->kind == MP_EXIT_STOPPED) {
        outcome = MP_OUTCOME_LOST;
        mp_strbuf_addf(&detail, "stopped by the user in phase %s",
                       mp_page_phase_name(page->phase));
    } else if (is_crash_sent(exit)) {
        char name[16];
        outcome = MP_OUTCOME_BROKEN;
        mp_strbuf_addf(&detail, "it was hit by %s in phase %s",
                       mp_crash_signal_name(exit->sender.signal, name, sizeof(name)),
                       mp_page_phase_name(page->phase));
        add_sender(&detail, exit);
    } else if (!decide_by_fault(exit, page, crash, &detail, &outcome)) {
        outcome = decide_by_page(exit, page, &detail);
    }
    outcome = decide_by_victim(outcome, page, &detail);
    outcome = decide_by_sleep(outcome, exit, &detail);
    outcome = decide_by_load(outcome, exit, page, crash, claim, &detail);
    outcome = decide_by_start(outcome, exit, page, crash, &detail);
    outcome = decide_by_claim(outcome, claim, &detail);
    if (exit->leaked > 0)
        mp_strbuf_addf(&detail, "; it left %u %s behind", exit->leaked,
                       mp_plural(exit->leaked, "process", "processes"));
    snprintf(ret_detail, size, "%s", detail.text);
    mp_strbuf_release(&detail);
    return outcome;
}
