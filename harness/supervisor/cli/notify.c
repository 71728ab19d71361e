/* Tells the command of --notify.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/notify.h"

#include <stdio.h>
#include <sys/wait.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/process/answer.h"
#include "results/report/notice.h"

#define DEADLINE_NS (30 * MP_CLOCK_NS_PER_S)

static enum mp_status check_end(const struct mp_answer *answer, int wait_status,
                                struct mp_error *err) {
    if (mp_answer_is_well(wait_status))
        return MP_OK;
    if (WIFSIGNALED(wait_status))
        mp_error_set(err, MP_SYSTEM, "it was killed by signal %d", WTERMSIG(wait_status));
    else
        mp_error_set(err, MP_SYSTEM, "it ended with exit code %d",
                     WEXITSTATUS(wait_status));
    mp_answer_add_last_line(answer, err);
    return MP_SYSTEM;
}

/* The notice lies in a file without a name, so that a command that does not read it
 * neither blocks nor breaks a pipe. */
static void tell(const char *command, const struct mp_strbuf *notice) {
    struct mp_error err;
    struct mp_answer answer = {.input = tmpfile()};
    char shell[] = "sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)command, NULL};
    int wait_status = 0;
    enum mp_status status = MP_OK;
    if (answer.input == NULL ||
        fwrite(notice->text, 1, notice->len, answer.input) != notice->len ||
        fflush(answer.input) != 0) {
        status = mp_error_set(&err, MP_SYSTEM, "its input cannot be written to TMPDIR");
    } else {
        rewind(answer.input);
        status = mp_answer_ask("/bin/sh", argv, DEADLINE_NS, &answer, &wait_status, &err);
        if (status == MP_OK)
            status = check_end(&answer, wait_status, &err);
        mp_answer_release(&answer);
    }
    if (answer.input != NULL)
        fclose(answer.input);
    if (status != MP_OK)
        mp_log(MP_LOG_ERROR,
               "the command of --notify failed, so nobody may have been told: %s",
               err.text);
}

void mp_notify_of_campaign(const struct mp_args *args, struct mp_store *store,
                           int64_t campaign_id) {
    const char *command =
        mp_args_is_set(args, "notify") ? mp_args_text(args, "notify") : NULL;
    struct mp_error err;
    struct mp_strbuf notice;
    bool is_change = false;
    if (command == NULL)
        return;
    mp_strbuf_init(&notice);
    if (mp_report_notice(store, campaign_id, mp_args_flag(args, "only-new"), &notice,
                         &is_change, &err) != MP_OK)
        mp_log(MP_LOG_ERROR, "nobody is told of the verdict: %s", err.text);
    else if (is_change)
        tell(command, &notice);
    mp_strbuf_release(&notice);
}

void mp_notify_of_failure(const struct mp_args *args, int code, const char *what) {
    struct mp_strbuf notice;
    if (!mp_args_is_set(args, "notify"))
        return;
    mp_strbuf_init(&notice);
    mp_notice_of_failure(mp_command_database(args), code, what, &notice);
    tell(mp_args_text(args, "notify"), &notice);
    mp_strbuf_release(&notice);
}
