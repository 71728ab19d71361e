/* What a program writes that is started to be asked something: its stdout, the end of its
 * stderr, and how it ended. It may die, hang or write without end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_ANSWER_H
#define MP_PROCESS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

#define MP_ANSWER_TAIL_MAX 1024

/* What is called again and again meanwhile: rounds in flight may wait for an answer. */
struct mp_tend {
    void (*call)(void *data);
    void *data;
};

struct mp_answer {
    int fd[2]; /* of its stdout and stderr; -1: at its end */
    struct mp_strbuf out;
    char tail[MP_ANSWER_TAIL_MAX]; /* the newest bytes of its stderr */
    size_t tail_len;
    FILE *input;                /* its stdin; NULL: nothing to read. Set by the caller */
    const struct mp_tend *tend; /* NULL: no round is in flight. Set by the caller */
};

/* Starts `program` in a process group of its own and reads all that it writes, up to
 * 1 MiB. Past `timeout_ns` it is killed (MP_TIMEOUT). `ret_wait` is how it ended. The
 * answer is released by the caller in any case. */
enum mp_status mp_answer_ask(const char *program, char *const *argv, uint64_t timeout_ns,
                             struct mp_answer *answer, int *ret_wait,
                             struct mp_error *err);
/* Whether a program that ended so left with exit code 0. */
bool mp_answer_is_well(int wait_status);
/* Adds the last line that the program wrote to stderr, which is often the reason. */
void mp_answer_add_last_line(const struct mp_answer *answer, struct mp_error *err);
void mp_answer_release(struct mp_answer *answer);

#endif
