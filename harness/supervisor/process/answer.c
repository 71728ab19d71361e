/* Two pipes and a deadline.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/spawn.h"

#define OUTPUT_MAX   ((size_t)1024 * 1024)
#define EXIT_POLL_NS (MP_CLOCK_NS_PER_MS / 2)
/* At least so often the rounds in flight are served, if there may be any. */
#define TEND_MS 20

extern char **environ;

static void tend(const struct mp_tend *tend) {
    if (tend != NULL)
        tend->call(tend->data);
}

static void add_tail(struct mp_answer *answer, const char *bytes, size_t len) {
    size_t room = sizeof(answer->tail);
    if (len >= room) {
        memcpy(answer->tail, bytes + len - room, room);
        answer->tail_len = room;
        return;
    }
    size_t keep = answer->tail_len < room - len ? answer->tail_len : room - len;
    memmove(answer->tail, answer->tail + answer->tail_len - keep, keep);
    memcpy(answer->tail + keep, bytes, len);
    answer->tail_len = keep + len;
}

/* Takes what one of the two pipes holds now. */
static enum mp_status take(struct mp_answer *answer, size_t which, struct mp_error *err) {
    char chunk[16384];
    ssize_t got = 0;
    if (answer->fd[which] < 0)
        return MP_OK;
    while ((got = read(answer->fd[which], chunk, sizeof(chunk))) > 0) {
        if (which == 1) {
            add_tail(answer, chunk, (size_t)got);
            return MP_OK; /* back to the clock, since it may never end */
        }
        mp_strbuf_add(&answer->out, chunk, (size_t)got);
        if (answer->out.len > OUTPUT_MAX)
            return mp_error_set(err, MP_LIMIT, "it wrote more than %zu bytes",
                                OUTPUT_MAX);
    }
    if (got == 0) {
        close(answer->fd[which]);
        answer->fd[which] = -1;
    } else if (errno != EAGAIN && errno != EINTR) {
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read its output");
    }
    return MP_OK;
}

/* Reads both until their ends, the deadline or the limit. */
static enum mp_status read_all(struct mp_answer *answer, uint64_t deadline_ns,
                               struct mp_error *err) {
    while (answer->fd[0] >= 0 || answer->fd[1] >= 0) {
        struct pollfd poll_fd[2] = {{.fd = answer->fd[0], .events = POLLIN},
                                    {.fd = answer->fd[1], .events = POLLIN}};
        uint64_t now_ns = mp_clock_now_ns();
        if (now_ns >= deadline_ns)
            return mp_error_set(err, MP_TIMEOUT, "it did not finish in time");
        int left_ms = (int)((deadline_ns - now_ns) / MP_CLOCK_NS_PER_MS) + 1;
        tend(answer->tend);
        (void)poll(poll_fd, 2,
                   answer->tend != NULL && left_ms > TEND_MS ? TEND_MS : left_ms);
        for (size_t i = 0; i < 2; i++) {
            enum mp_status status = take(answer, i, err);
            if (status != MP_OK)
                return status;
        }
    }
    return MP_OK;
}

/* Reaps `pid`; kills its group first past the deadline or if it is no longer needed. */
static int reap(pid_t pid, bool is_wanted, uint64_t deadline_ns,
                const struct mp_tend *tended) {
    int status = 0;
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return status;
        if (got < 0 && errno != EINTR)
            return -1;
        if (!is_wanted || mp_clock_now_ns() >= deadline_ns)
            (void)kill(-pid, SIGKILL);
        tend(tended);
        mp_clock_sleep_ns(EXIT_POLL_NS);
    }
}

static enum mp_status start(const char *program, char *const *argv,
                            struct mp_answer *answer, pid_t *ret_pid,
                            struct mp_error *err) {
    int out[2], errors[2];
    mp_spawn_occupy_standard();
    enum mp_status status = mp_spawn_pipe(out, err);
    if (status != MP_OK)
        return status;
    status = mp_spawn_pipe(errors, err);
    if (status != MP_OK) {
        close(out[0]);
        close(out[1]);
        return status;
    }
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct mp_spawn spawn = {
        .program = program,
        .argv = argv,
        .envp = environ,
        .fd = {answer->input != NULL ? fileno(answer->input) : null_fd, out[1], errors[1],
               -1, -1}};
    status = mp_spawn_start(&spawn, ret_pid, err);
    close(null_fd);
    close(out[1]);
    close(errors[1]);
    answer->fd[0] = out[0];
    answer->fd[1] = errors[0];
    return status;
}

void mp_answer_add_last_line(const struct mp_answer *answer, struct mp_error *err) {
    size_t end = answer->tail_len;
    struct mp_strbuf line;
    char said[sizeof(err->text)];
    while (end > 0 && strchr("\n\r ", answer->tail[end - 1]) != NULL)
        end--;
    size_t begin = end;
    while (begin > 0 && answer->tail[begin - 1] != '\n')
        begin--;
    if (begin == end)
        return;
    mp_strbuf_init(&line);
    mp_strbuf_add_escaped(&line, answer->tail + begin, end - begin, false);
    snprintf(said, sizeof(said), "%s", err->text);
    mp_error_set(err, MP_SYSTEM, "%.120s: %.300s", said, line.text);
    mp_strbuf_release(&line);
}

enum mp_status mp_answer_ask(const char *program, char *const *argv, uint64_t timeout_ns,
                             struct mp_answer *answer, int *ret_wait,
                             struct mp_error *err) {
    uint64_t deadline_ns = mp_clock_now_ns() + timeout_ns;
    pid_t pid = -1;
    answer->fd[0] = -1;
    answer->fd[1] = -1;
    mp_strbuf_init(&answer->out);
    enum mp_status status = start(program, argv, answer, &pid, err);
    if (status == MP_OK) {
        status = read_all(answer, deadline_ns, err);
        *ret_wait = reap(pid, status == MP_OK, deadline_ns, answer->tend);
    }
    for (size_t i = 0; i < 2; i++)
        if (answer->fd[i] >= 0)
            close(answer->fd[i]);
    return status;
}

bool mp_answer_is_well(int wait_status) {
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

void mp_answer_release(struct mp_answer *answer) {
    mp_strbuf_release(&answer->out);
}
