/* Runs rounds: spawns `mpstress-round`, watches deadlines, captures, kills and reaps
 * everything a round leaves behind. One thread, one event loop, up to `jobs` rounds at a
 * time. Knows nothing of plans or databases.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_RUNNER_H
#define MP_PROCESS_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/supervisor/process/round_end.h"
#include "harness/wire/round_spec.h"

#define MP_RUNNER_JOBS_MAX 64

struct mp_runner;

struct mp_runner_config {
    const char *round_program; /* path of mpstress-round */
    const char *bed_program; /* for rounds on the model or on no driver; NULL: the same */
    unsigned jobs;           /* 1..MP_RUNNER_JOBS_MAX */
    bool captures;           /* false: untraced */
};

/* Path of the round program: $MPSTRESS_ROUND, beside this program, then
 * ../libexec/mpstress. `buf` is at least 4096 bytes. */
enum mp_status mp_runner_find_program(char *buf, size_t size, struct mp_error *err);

/* Path of the second name of the round program `program` ("PROGRAM-model", a link beside
 * it), under which rounds on the model and on no driver run: macOS keeps only so many
 * crash reports of one name, and theirs would displace those of the driver. `program`
 * itself where there is no such file (Linux keeps no reports) or MPSTRESS_ROUND names the
 * program. `buf` is at least 4096 bytes. */
void mp_runner_find_bed_program(const char *program, char *buf, size_t size);

/* Becomes the reaper of its rounds' orphans. One runner at a time per process. If the
 * host refuses tracing, it runs untraced and says so in `ret_note` (512 bytes).
 */
enum mp_status mp_runner_open(const struct mp_runner_config *config,
                              struct mp_runner **ret_runner, char *ret_note,
                              struct mp_error *err);

/* True if a job is free. */
bool mp_runner_has_room(const struct mp_runner *runner);
unsigned mp_runner_running(const struct mp_runner *runner);

/* Starts a round. A round that fails to start is not an error here: wait returns it. */
enum mp_status mp_runner_start(struct mp_runner *runner, const struct mp_round_spec *spec,
                               uint64_t tag, struct mp_error *err);

/* Waits until a round has ended, `timeout_ns` has passed (MP_TIMEOUT) or a signal
 * handler ran (MP_TIMEOUT as well). A round past its deadline or its silence limit is
 * sampled twice 100 ms apart, if traced, and killed: within a second it is returned as
 * MP_EXIT_DEADLINE. No process of a returned round is alive. */
enum mp_status mp_runner_wait(struct mp_runner *runner, uint64_t timeout_ns,
                              struct mp_round_end *ret_end, struct mp_error *err);

/* Makes a running wait return; async-signal-safe. */
void mp_runner_wake(struct mp_runner *runner);

/* Kills all running rounds; wait returns them as MP_EXIT_STOPPED. */
void mp_runner_stop(struct mp_runner *runner);
void mp_runner_close(struct mp_runner *runner);

/* Runs `program --describe` and hands over its stdout (owned by the caller), with a
 * deadline. */
enum mp_status mp_runner_describe(const char *program, uint64_t timeout_ns,
                                  char **ret_text, size_t *ret_len, struct mp_error *err);
/* The same of `program --describe-device NAME`, which opens that device. Where it died,
 * left or hung in that, `err` says so in words that follow the device's name: "died of
 * signal 6 while opening: ..." with the last line of its stderr. MP_SYSTEM: it could not
 * be asked, for which the device is not to blame. */
enum mp_status mp_runner_describe_device(const char *program, const char *name,
                                         uint64_t timeout_ns, char **ret_text,
                                         size_t *ret_len, struct mp_error *err);

#endif
