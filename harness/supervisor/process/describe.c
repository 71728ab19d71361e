/* Finds the round program and asks it what it can do, and what a device is. A driver that
 * is opened may die or hang: that is an answer like another.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/spawn.h"

#define DESCRIPTION_MAX ((size_t)1024 * 1024)
#define TAIL_SIZE       1024
#define EXIT_POLL_NS    (MP_CLOCK_NS_PER_MS / 2)

extern char **environ;

/* $MPSTRESS_ROUND if it is a path: in a program that is a round, it is a number. */
static const char *named_program(void) {
    const char *set = getenv("MPSTRESS_ROUND");
    bool is_number = set != NULL && set[strspn(set, "0123456789")] == '\0';
    return is_number ? NULL : set;
}

/* "FOLDER/NAME" if that can be run. */
static bool find_at(const char *folder, const char *name, char *buf, size_t size) {
    int len = snprintf(buf, size, "%s/%s", folder, name);
    return len > 0 && (size_t)len < size && access(buf, X_OK) == 0;
}

enum mp_status mp_runner_find_program(char *buf, size_t size, struct mp_error *err) {
    const char *set = named_program();
    char folder[4096];
    char path[4096 + 64];
    if (set != NULL) {
        if (strlen(set) >= size || access(set, X_OK) != 0)
            return mp_error_set(err, MP_NOT_FOUND,
                                "MPSTRESS_ROUND names %.200s, which cannot be run", set);
        snprintf(buf, size, "%s", set);
        return MP_OK;
    }
    enum mp_status status = mp_host_program_path(folder, sizeof(folder), err);
    if (status != MP_OK)
        return status;
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    if (!find_at(folder, "mpstress-round", path, sizeof(path)) &&
        !find_at(folder, "../libexec/mpstress/mpstress-round", path, sizeof(path)))
        return mp_error_set(
            err, MP_NOT_FOUND,
            "cannot find mpstress-round beside this program (%.200s) or in "
            "../libexec/mpstress: build it, or set MPSTRESS_ROUND to its path",
            folder);
    if (strlen(path) >= size)
        return mp_error_set(err, MP_LIMIT, "the path of mpstress-round is too long");
    snprintf(buf, size, "%s", path);
    return MP_OK;
}

void mp_runner_find_bed_program(const char *program, char *buf, size_t size) {
    int len = snprintf(buf, size, "%s-model", program);
    if (named_program() != NULL || len < 0 || (size_t)len >= size ||
        access(buf, X_OK) != 0)
        snprintf(buf, size, "%s", program);
}

/* What a program that is asked writes, and where it is read. */
struct answer {
    int fd[2]; /* of its stdout and stderr; -1: at its end */
    struct mp_strbuf out;
    char tail[TAIL_SIZE]; /* the newest bytes of its stderr */
    size_t tail_len;
};

static void add_tail(struct answer *answer, const char *bytes, size_t len) {
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
static enum mp_status take(struct answer *answer, size_t which, struct mp_error *err) {
    char chunk[16384];
    ssize_t got = 0;
    if (answer->fd[which] < 0)
        return MP_OK;
    while ((got = read(answer->fd[which], chunk, sizeof(chunk))) > 0) {
        if (which == 1) {
            add_tail(answer, chunk, (size_t)got);
            return MP_OK; /* one that never ends must not keep us from the clock */
        }
        mp_strbuf_add(&answer->out, chunk, (size_t)got);
        if (answer->out.len > DESCRIPTION_MAX)
            return mp_error_set(err, MP_LIMIT, "it wrote more than %zu bytes",
                                DESCRIPTION_MAX);
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
static enum mp_status read_all(struct answer *answer, uint64_t deadline_ns,
                               struct mp_error *err) {
    while (answer->fd[0] >= 0 || answer->fd[1] >= 0) {
        struct pollfd poll_fd[2] = {{.fd = answer->fd[0], .events = POLLIN},
                                    {.fd = answer->fd[1], .events = POLLIN}};
        uint64_t now_ns = mp_clock_now_ns();
        if (now_ns >= deadline_ns)
            return mp_error_set(err, MP_TIMEOUT, "it did not finish in time");
        (void)poll(poll_fd, 2, (int)((deadline_ns - now_ns) / MP_CLOCK_NS_PER_MS) + 1);
        for (size_t i = 0; i < 2; i++) {
            enum mp_status status = take(answer, i, err);
            if (status != MP_OK)
                return status;
        }
    }
    return MP_OK;
}

/* Reaps `pid`; kills its group first past the deadline or if it is no longer needed. */
static int reap(pid_t pid, bool is_wanted, uint64_t deadline_ns) {
    int status = 0;
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return status;
        if (got < 0 && errno != EINTR)
            return -1;
        if (!is_wanted || mp_clock_now_ns() >= deadline_ns)
            (void)kill(-pid, SIGKILL);
        mp_clock_sleep_ns(EXIT_POLL_NS);
    }
}

static enum mp_status start(const char *program, char *const *argv, struct answer *answer,
                            pid_t *ret_pid, struct mp_error *err) {
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
    struct mp_spawn spawn = {.program = program,
                             .argv = argv,
                             .envp = environ,
                             .fd = {null_fd, out[1], errors[1], -1}};
    status = mp_spawn_start(&spawn, ret_pid, err);
    close(null_fd);
    close(out[1]);
    close(errors[1]);
    answer->fd[0] = out[0];
    answer->fd[1] = errors[0];
    return status;
}

/* Adds the last line that the program wrote to stderr, which is often the reason. */
static void add_last_line(const struct answer *answer, struct mp_error *err) {
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

/* Starts `program` and reads all that it writes. `ret_wait` is how it ended. */
static enum mp_status ask(const char *program, char *const *argv, uint64_t timeout_ns,
                          struct answer *answer, int *ret_wait, struct mp_error *err) {
    uint64_t deadline_ns = mp_clock_now_ns() + timeout_ns;
    pid_t pid = -1;
    *answer = (struct answer){.fd = {-1, -1}};
    mp_strbuf_init(&answer->out);
    enum mp_status status = start(program, argv, answer, &pid, err);
    if (status == MP_OK) {
        status = read_all(answer, deadline_ns, err);
        *ret_wait = reap(pid, status == MP_OK, deadline_ns);
    }
    for (size_t i = 0; i < 2; i++)
        if (answer->fd[i] >= 0)
            close(answer->fd[i]);
    return status;
}

static bool is_well(int wait_status) {
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

enum mp_status mp_runner_describe(const char *program, uint64_t timeout_ns,
                                  char **ret_text, size_t *ret_len,
                                  struct mp_error *err) {
    char *argv[] = {(char *)"mpstress-round", (char *)"--describe", NULL};
    struct answer answer;
    int wait_status = 0;
    enum mp_status status = ask(program, argv, timeout_ns, &answer, &wait_status, err);
    if (status == MP_OK && !is_well(wait_status)) {
        status = mp_error_set(err, MP_SYSTEM, "it ended with %s %d",
                              WIFSIGNALED(wait_status) ? "signal" : "exit code",
                              WIFSIGNALED(wait_status) ? WTERMSIG(wait_status)
                                                       : WEXITSTATUS(wait_status));
        add_last_line(&answer, err);
    }
    if (status == MP_OK) {
        *ret_len = answer.out.len;
        *ret_text = mp_strbuf_detach(&answer.out);
    } else {
        mp_error_prefix(err, "cannot ask %s --describe", program);
    }
    mp_strbuf_release(&answer.out);
    return status;
}

enum mp_status mp_runner_describe_device(const char *program, const char *name,
                                         uint64_t timeout_ns, char **ret_text,
                                         size_t *ret_len, struct mp_error *err) {
    char device[MP_SPEC_NAME_MAX];
    char *argv[] = {(char *)"mpstress-round", (char *)"--describe-device", device, NULL};
    char patience[32];
    struct answer answer;
    int wait_status = 0;
    snprintf(device, sizeof(device), "%s", name);
    mp_clock_format_short(timeout_ns, patience, sizeof(patience));
    enum mp_status status = ask(program, argv, timeout_ns, &answer, &wait_status, err);
    if (status == MP_TIMEOUT) {
        mp_error_set(err, status, "hung while opening and was killed after %s", patience);
        add_last_line(&answer, err);
    } else if (status == MP_OK && !is_well(wait_status)) {
        bool is_killed = WIFSIGNALED(wait_status);
        status =
            mp_error_set(err, MP_SYSTEM, "%s %d while opening",
                         is_killed ? "died of signal" : "exited with code",
                         is_killed ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
        add_last_line(&answer, err);
    }
    if (status == MP_OK) {
        *ret_len = answer.out.len;
        *ret_text = mp_strbuf_detach(&answer.out);
    }
    mp_strbuf_release(&answer.out);
    return status;
}
