/* Finds the round program and asks it what it can do, and what a device is. A driver that
 * is opened may die or hang: that is an answer like another.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/answer.h"
#include "harness/supervisor/process/host.h"

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

enum mp_status mp_runner_describe(const char *program, uint64_t timeout_ns,
                                  char **ret_text, size_t *ret_len,
                                  struct mp_error *err) {
    char *argv[] = {(char *)"mpstress-round", (char *)"--describe", NULL};
    struct mp_answer answer = {.tend = NULL};
    int wait_status = 0;
    enum mp_status status =
        mp_answer_ask(program, argv, timeout_ns, &answer, &wait_status, err);
    if (status == MP_OK && !mp_answer_is_well(wait_status)) {
        status = mp_error_set(err, MP_SYSTEM, "it ended with %s %d",
                              WIFSIGNALED(wait_status) ? "signal" : "exit code",
                              WIFSIGNALED(wait_status) ? WTERMSIG(wait_status)
                                                       : WEXITSTATUS(wait_status));
        mp_answer_add_last_line(&answer, err);
    }
    if (status == MP_OK) {
        *ret_len = answer.out.len;
        *ret_text = mp_strbuf_detach(&answer.out);
    } else {
        mp_error_prefix(err, "cannot ask %s --describe", program);
    }
    mp_answer_release(&answer);
    return status;
}

enum mp_status mp_runner_describe_device(const char *program, const char *name,
                                         uint64_t timeout_ns, char **ret_text,
                                         size_t *ret_len, struct mp_error *err) {
    char device[MP_SPEC_NAME_MAX];
    char *argv[] = {(char *)"mpstress-round", (char *)"--describe-device", device, NULL};
    char patience[32];
    struct mp_answer answer = {.tend = NULL};
    int wait_status = 0;
    snprintf(device, sizeof(device), "%s", name);
    mp_clock_format_short(timeout_ns, patience, sizeof(patience));
    enum mp_status status =
        mp_answer_ask(program, argv, timeout_ns, &answer, &wait_status, err);
    if (status == MP_TIMEOUT) {
        mp_error_set(err, status, "hung while opening and was killed after %s", patience);
        mp_answer_add_last_line(&answer, err);
    } else if (status == MP_OK && !mp_answer_is_well(wait_status)) {
        bool is_killed = WIFSIGNALED(wait_status);
        status =
            mp_error_set(err, MP_DEVICE, "%s %d while opening",
                         is_killed ? "died of signal" : "exited with code",
                         is_killed ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
        mp_answer_add_last_line(&answer, err);
    }
    if (status == MP_OK) {
        *ret_len = answer.out.len;
        *ret_text = mp_strbuf_detach(&answer.out);
    }
    mp_answer_release(&answer);
    return status;
}
