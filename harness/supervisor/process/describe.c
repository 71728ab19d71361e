/* Finds the round program and asks it what it can do.
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
#define EXIT_POLL_NS    (MP_CLOCK_NS_PER_MS / 2)

extern char **environ;

/* "FOLDER/NAME" if that can be run. */
static bool find_at(const char *folder, const char *name, char *buf, size_t size) {
    int len = snprintf(buf, size, "%s/%s", folder, name);
    return len > 0 && (size_t)len < size && access(buf, X_OK) == 0;
}

enum mp_status mp_runner_find_program(char *buf, size_t size, struct mp_error *err) {
    const char *set = getenv("MPSTRESS_ROUND");
    char folder[4096];
    char path[4096 + 64];
    if (set != NULL && set[0] != '\0') {
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

/* Reads until the end, the deadline or the limit. */
static enum mp_status read_all(int fd, uint64_t deadline_ns, struct mp_strbuf *buf,
                               struct mp_error *err) {
    char chunk[16384];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got == 0)
            return MP_OK;
        if (got > 0) {
            mp_strbuf_add(buf, chunk, (size_t)got);
            if (buf->len > DESCRIPTION_MAX)
                return mp_error_set(err, MP_LIMIT, "it wrote more than %zu bytes",
                                    DESCRIPTION_MAX);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read its output");
        uint64_t now_ns = mp_clock_now_ns();
        if (now_ns >= deadline_ns)
            return mp_error_set(err, MP_TIMEOUT, "it did not finish in time");
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        (void)poll(&poll_fd, 1, (int)((deadline_ns - now_ns) / MP_CLOCK_NS_PER_MS) + 1);
    }
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

enum mp_status mp_runner_describe(const char *program, uint64_t timeout_ns,
                                  char **ret_text, size_t *ret_len,
                                  struct mp_error *err) {
    char *argv[] = {(char *)"mpstress-round", (char *)"--describe", NULL};
    uint64_t deadline_ns = mp_clock_now_ns() + timeout_ns;
    struct mp_strbuf text;
    int out[2];
    pid_t pid = -1;
    mp_strbuf_init(&text);
    mp_spawn_occupy_standard();
    enum mp_status status = mp_spawn_pipe(out, err);
    if (status != MP_OK)
        return status;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct mp_spawn spawn = {.program = program,
                             .argv = argv,
                             .envp = environ,
                             .fd = {null_fd, out[1], -1, -1}};
    status = mp_spawn_start(&spawn, &pid, err);
    close(null_fd);
    close(out[1]);
    if (status != MP_OK)
        goto release;
    status = read_all(out[0], deadline_ns, &text, err);
    int wait_status = reap(pid, status == MP_OK, deadline_ns);
    if (status == MP_OK && (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0))
        status = mp_error_set(err, MP_SYSTEM, "it ended with %s %d",
                              WIFSIGNALED(wait_status) ? "signal" : "exit code",
                              WIFSIGNALED(wait_status) ? WTERMSIG(wait_status)
                                                       : WEXITSTATUS(wait_status));
    if (status == MP_OK) {
        *ret_len = text.len;
        *ret_text = mp_strbuf_detach(&text);
    } else {
        mp_error_prefix(err, "cannot ask %s --describe", program);
    }
release:
    close(out[0]);
    mp_strbuf_release(&text);
    return status;
}
