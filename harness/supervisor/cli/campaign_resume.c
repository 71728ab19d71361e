/* What --resume may be given together with. How a campaign goes on is campaign_job.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "harness/supervisor/cli/campaign_job.h"

enum mp_status mp_campaign_job_prepare_resume(struct mp_campaign_job *job,
                                              struct mp_error *err) {
    static const char *const allowed[] = {"resume",       "db",      "json",    "color",
                                          "quiet",        "verbose", "reports", "canary",
                                          "canary-limit", "lock",    NULL};
    const struct mp_args *args = job->args;
    for (size_t i = 0; i < args->given_count; i++) {
        size_t word = 0;
        while (allowed[word] != NULL &&
               strcmp(args->given[i].row->name, allowed[word]) != 0)
            word++;
        if (allowed[word] == NULL) {
            return mp_error_set(
                err, MP_USAGE,
                "--resume uses the options of the interrupted campaign: leave out --%s",
                args->given[i].row->name);
        }
    }
    if (args->operand_count > 1) {
        return mp_error_set(
            err, MP_USAGE,
            "--resume takes one campaign, by its number or uuid, not '%s' as well",
            args->operand[1]);
    }
    return mp_campaign_job_resume(job, args->operand_count == 1 ? args->operand[0] : NULL,
                                  err);
}
