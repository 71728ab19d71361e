/* The debugger's side on macOS: an exception port. The kernel sends it one message when a
 * round is about to die (EXC_CRASH), with all threads of it held, and waits for the
 * answer; nothing runs in the broken process. The value of the answer says whether
 * ReportCrash writes its report: after a failure it does, after KERN_SUCCESS it does not
 * (XNU, kern_exit.c). The same port takes the round's hello, by which a hang can be
 * looked at.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/mach_message.h"
#include "harness/supervisor/capture/mach_policy.h"
#include "harness/supervisor/capture/record_task.h"
#include "harness/supervisor/capture/task_macos.h"

/* The thread that died waits for our answer, and SIGKILL does not help it: no thread is
 * begun past this. */
#define CRASH_READ_NS  (800 * MP_CLOCK_NS_PER_MS)
#define SAMPLE_READ_NS (250 * MP_CLOCK_NS_PER_MS)
/* Messages taken at one go: a round that floods its port does not stop the others. */
#define TURN_MAX      64
#define SEND_LIMIT_MS 100

struct mp_capture {
    pid_t pid; /* -1: not spawned yet */
    struct mp_mach_policy policy;
    bool is_registered; /* children that are spawned now inherit the port */
    bool child_crashed;
    mach_port_t port; /* a receive right ... */
    bool has_send;    /* ... and a send right */
    mach_port_t task; /* from the round's hello; null before */
    struct mp_symbol_store *store;
    int queue; /* readable while a message waits; -1 none */
    struct mp_crash *crash;
};

union message {
    mach_msg_header_t header;
    struct mp_mach_exception_message crash;
    uint8_t bytes[MP_MACH_RECEIVE_MAX];
};

static void release_right(mach_port_t *right) {
    if (MACH_PORT_VALID(*right))
        (void)mach_port_deallocate(mach_task_self(), *right);
    *right = MACH_PORT_NULL;
}

static enum mp_status set_mach_error(struct mp_error *err, const char *what,
                                     kern_return_t result) {
    return mp_error_set(err, MP_UNSUPPORTED,
                        "cannot %s for crashes (Mach error %#x): rounds run without "
                        "stacks; Apple's own reports are written as usual",
                        what, (unsigned)result);
}

static enum mp_status open_queue(struct mp_capture *capture, struct mp_error *err) {
    struct kevent change;
    capture->queue = kqueue();
    EV_SET(&change, capture->port, EVFILT_MACHPORT, EV_ADD, 0, 0, NULL);
    if (capture->queue < 0 || fcntl(capture->queue, F_SETFD, FD_CLOEXEC) != 0 ||
        kevent(capture->queue, &change, 1, NULL, 0, NULL) != 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot watch a Mach port");
    return MP_OK;
}

enum mp_status mp_capture_open(bool keeps_report, struct mp_symbol_store *store,
                               struct mp_capture **ret_capture, struct mp_error *err) {
    struct mp_capture *capture = mp_memory_zeroed(1, sizeof(*capture));
    enum mp_status status = MP_OK;
    capture->pid = -1;
    capture->queue = -1;
    capture->policy.keeps_report = keeps_report;
    capture->store = store;
    kern_return_t result =
        mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &capture->port);
    if (result != KERN_SUCCESS) {
        capture->port = MACH_PORT_NULL;
        status = set_mach_error(err, "make a port", result);
    } else {
        result = mach_port_insert_right(mach_task_self(), capture->port, capture->port,
                                        MACH_MSG_TYPE_MAKE_SEND);
        capture->has_send = result == KERN_SUCCESS;
        if (!capture->has_send)
            status = set_mach_error(err, "make a right to a port", result);
    }
    if (status == MP_OK)
        status = open_queue(capture, err);
    if (status != MP_OK) {
        mp_capture_close(capture);
        return status;
    }
    *ret_capture = capture;
    return MP_OK;
}

enum mp_status mp_capture_probe(struct mp_error *err) {
    struct mp_capture *capture = NULL;
    enum mp_status status = mp_capture_open(false, NULL, &capture, err);
    if (status == MP_OK)
        mp_capture_close(capture);
    return status;
}

bool mp_capture_binds_rounds(void) {
    return false;
}

int mp_capture_mark_spawn(struct mp_capture *capture, posix_spawnattr_t *attr) {
    int error = posix_spawnattr_setexceptionports_np(
        attr, EXC_MASK_CRASH, capture->port,
        (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES), 0);
    if (error != 0)
        return error;
    /* Without it a hang cannot be sampled; nothing else is lost. */
    capture->is_registered =
        mach_ports_register(mach_task_self(), &capture->port, 1) == KERN_SUCCESS;
    return 0;
}

static void unregister(struct mp_capture *capture) {
    if (capture->is_registered)
        (void)mach_ports_register(mach_task_self(), NULL, 0);
    capture->is_registered = false;
}

enum mp_status mp_capture_attach(struct mp_capture *capture, pid_t pid,
                                 struct mp_error *err) {
    (void)err;
    unregister(capture);
    capture->pid = pid;
    return MP_OK;
}

int mp_capture_descriptor(const struct mp_capture *capture) {
    return capture->queue;
}

static bool is_round(const struct mp_capture *capture, mach_port_t task) {
    int pid = -1;
    return pid_for_task(task, &pid) == KERN_SUCCESS && pid == capture->pid;
}

static void record(struct mp_capture *capture, const struct mp_mach_message *message) {
    struct mp_apple_exception exception;
    struct mp_task task = mp_task_of_port(&message->task);
    struct mp_task_stop stop = {.exception = &exception,
                                .thread = message->thread,
                                .until_ns = mp_clock_now_ns() + CRASH_READ_NS,
                                .store = capture->store};
    mp_mach_crash_decode(message->code, &exception);
    mp_crash_destroy(capture->crash);
    capture->crash = mp_task_record(&task, &stop);
}

/* The kernel waits for it: one answer to each message, on every path. */
static void answer(const union message *message, enum mp_mach_answer how) {
    union {
        mach_msg_header_t header;
        struct mp_mach_reply reply;
    } out;
    mp_mach_reply_make(&message->crash,
                       how == MP_MACH_TAKEN ? KERN_SUCCESS : MACH_RCV_PORT_DIED,
                       &out.reply);
    kern_return_t result =
        mach_msg(&out.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(out.reply), 0,
                 MACH_PORT_NULL, SEND_LIMIT_MS, MACH_PORT_NULL);
    /* What was not sent is ours again, and may have another name than before. */
    if (result != KERN_SUCCESS)
        mach_msg_destroy(&out.header);
}

static void take(struct mp_capture *capture, union message *buf) {
    struct mp_mach_message message;
    mp_mach_message_read(buf, sizeof(*buf), &message);
    bool is_own = message.kind != MP_MACH_FOREIGN && is_round(capture, message.task);
    struct mp_mach_step step =
        mp_mach_policy_step(&capture->policy, message.kind, is_own);
    if (step.destroys) {
        mach_msg_destroy(&buf->header);
        return;
    }
    if (step.records)
        record(capture, &message);
    capture->child_crashed |= step.notes_child;
    if (step.answer != MP_MACH_NO_ANSWER)
        answer(buf, step.answer);
    release_right(&message.thread);
    if (step.keeps_task)
        capture->task = message.task;
    else
        release_right(&message.task);
}

void mp_capture_serve(struct mp_capture *capture) {
    const struct timespec at_once = {0};
    struct kevent event;
    (void)kevent(capture->queue, NULL, 0, &event, 1, &at_once);
    for (int i = 0; i < TURN_MAX; i++) {
        union message buf;
        memset(&buf, 0, sizeof(buf));
        kern_return_t result = mach_msg(&buf.header, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
                                        sizeof(buf), capture->port, 0, MACH_PORT_NULL);
        if (result == MACH_RCV_TOO_LARGE)
            continue; /* the kernel has destroyed it */
        if ((result & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR) {
            mach_msg_destroy(&buf.header); /* what of it could be taken is ours */
            continue;
        }
        if (result != KERN_SUCCESS)
            return;
        take(capture, &buf);
    }
}

enum mp_capture_event mp_capture_handle(struct mp_capture *capture, pid_t tid,
                                        int status) {
    if (tid != capture->pid)
        return MP_CAPTURE_FOREIGN;
    if (WIFSTOPPED(status))
        return MP_CAPTURE_GOES_ON;
    mp_capture_serve(capture); /* of what it started */
    return MP_CAPTURE_ENDED;
}

void mp_capture_sender(const struct mp_capture *capture, struct mp_sender *ret_sender) {
    (void)capture; /* the message of a death has no sender */
    *ret_sender = (struct mp_sender){0};
}

bool mp_capture_child_crashed(const struct mp_capture *capture) {
    return capture->child_crashed;
}

bool mp_capture_has(const struct mp_capture *capture, pid_t pid) {
    (void)capture;
    (void)pid;
    return false;
}

size_t mp_capture_children(const struct mp_capture *capture, pid_t *ret_pids,
                           size_t max) {
    (void)capture;
    (void)ret_pids;
    (void)max;
    return 0;
}

/* A thread that waits for our answer cannot be killed: answer first. */
void mp_capture_kill(struct mp_capture *capture) {
    capture->policy.is_ending = true;
    mp_capture_serve(capture);
}

void mp_capture_detach(pid_t tid) {
    (void)tid;
}

struct mp_crash *mp_capture_sample(struct mp_capture *capture, unsigned number) {
    struct mp_task_states states;
    mp_capture_serve(capture);
    if (capture->crash != NULL || capture->task == MACH_PORT_NULL)
        return NULL;
    struct mp_task task = mp_task_of_port(&capture->task);
    mp_task_states_read(&task, &states);
    if (task_suspend(capture->task) != KERN_SUCCESS)
        return NULL;
    struct mp_task_stop stop = {.until_ns = mp_clock_now_ns() + SAMPLE_READ_NS,
                                .states = &states,
                                .store = capture->store};
    struct mp_crash *crash = mp_task_record(&task, &stop);
    /* One that stays held is not looked at again: it would seem stopped by others. */
    if (task_resume(capture->task) != KERN_SUCCESS)
        release_right(&capture->task);
    if (crash->thread_count == 0) {
        mp_crash_destroy(crash);
        return NULL;
    }
    crash->sample = number;
    return crash;
}

bool mp_capture_is_reading(struct mp_capture *capture) {
    (void)capture; /* stacks are read here: nothing of the round's is run for that */
    return false;
}

bool mp_capture_has_reader(const struct mp_capture *capture, pid_t pid) {
    (void)capture;
    (void)pid;
    return false;
}

void mp_capture_stop_reading(struct mp_capture *capture) {
    (void)capture;
}

struct mp_crash *mp_capture_take(struct mp_capture *capture) {
    struct mp_crash *crash = capture->crash;
    capture->crash = NULL;
    return crash;
}

void mp_capture_set_program(struct mp_capture *capture, const char *library) {
    (void)library;
    (void)capture; /* the exception port is inherited by all that it starts */
}

void mp_capture_follow(struct mp_capture *capture) {
    (void)capture;
}

struct mp_crash *mp_capture_take_exit(struct mp_capture *capture) {
    (void)capture; /* nobody is told of an exit before the task is gone */
    return NULL;
}

void mp_capture_close(struct mp_capture *capture) {
    if (capture == NULL)
        return;
    unregister(capture);
    if (capture->queue >= 0)
        close(capture->queue);
    release_right(&capture->task);
    if (capture->port != MACH_PORT_NULL) {
        mach_port_t send = capture->port;
        /* Whoever waits there for an answer continues as if nobody had taken the
         * message. */
        (void)mach_port_mod_refs(mach_task_self(), capture->port, MACH_PORT_RIGHT_RECEIVE,
                                 -1);
        if (capture->has_send)
            release_right(&send);
    }
    mp_crash_destroy(capture->crash);
    free(capture);
}
