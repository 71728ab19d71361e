/* What --round-seed and --replay mean for a run. Writes no database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/replay.h"

#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"

#define FILE_NAME "replay.db" /* beside the database of evidence */

enum mp_status mp_replay_prepare(struct mp_campaign_job *job, struct mp_error *err) {
    const char *evidence = mp_command_database(job->args);
    const char *slash = strrchr(evidence, '/');
    bool has_seed = mp_args_is_set(job->args, "round-seed");
    job->code = MP_CODE_USAGE;
    if (has_seed && mp_args_flag(job->args, "night"))
        return mp_error_set(err, MP_USAGE,
                            "--night and --round-seed cannot be combined: rounds of "
                            "one seed say nothing about a rate, so they belong to no "
                            "night");
    if (mp_args_is_set(job->args, "round-number") && !has_seed)
        return mp_error_set(err, MP_USAGE,
                            "--round-number needs --round-seed: it is part of a replay");
    if (!mp_args_flag(job->args, "replay"))
        return MP_OK;
    if (!has_seed)
        return mp_error_set(err, MP_USAGE,
                            "--replay needs --round-seed, which says what to replay");
    if (slash != NULL)
        mp_strbuf_add(&job->database, evidence, (size_t)(slash - evidence) + 1);
    mp_strbuf_addstr(&job->database, FILE_NAME);
    return MP_OK;
}

enum mp_status mp_replay_find(struct mp_campaign_job *job, struct mp_error *err) {
    const char *evidence = mp_command_database(job->args);
    struct mp_store *store = NULL;
    if (!mp_args_is_set(job->args, "round-seed"))
        return MP_OK;
    if (!mp_args_flag(job->args, "replay"))
        mp_log(MP_LOG_INFO,
               "rounds of one seed are a replay: they are marked in %s and are in no"
               " rate; --replay records them beside it",
               evidence);
    if (access(evidence, F_OK) != 0)
        return MP_OK;
    job->code = MP_CODE_HARNESS;
    enum mp_status status = mp_store_open(evidence, MP_STORE_READ, &store, err);
    for (size_t i = 0; i < job->plan.cell_count && status == MP_OK; i++)
        status = mp_store_find_replayed(store, job->round_seed, &job->plan.cell[i], err);
    mp_store_close(store);
    return status;
}
