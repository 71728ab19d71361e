/* commit_open_encoder: a command buffer is committed while its encoder is open, and its
 * twin that ends it before. A control: with nothing between client and driver the first
 * such commit stops the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/misuse.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    {.name = "call",
     .type = MP_OPTION_CHOICE,
     .metavar = "CALL",
     .fallback = "commit",
     .choices = "commit|event|handler|wait|scheduled|end|again|enqueue|reopen",
     .meanings = "commit\n"
                 "encodeSignalEvent:value: and encodeWaitForEvent:value:, which want the "
                 "encoder ended as well\n"
                 "addCompletedHandler: after the commit\n"
                 "encodeWaitForEvent:value: alone\n"
                 "addScheduledHandler: after the commit\n"
                 "endEncoding, a second time\n"
                 "commit, a second time\n"
                 "enqueue, a second time\n"
                 "computeCommandEncoder after the commit",
     .help = "the call that comes at the wrong time"},
    MP_PARAM_RULE("the twin: each call comes when it may"),
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("12", 1000000, "command buffers per thread"),
    MP_PARAM_INT("n", "4", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    static const char *const kinds[] = {
        "commit_open_encoder", "event_open_encoder",     "completed_handler_late",
        "wait_open_encoder",   "scheduled_handler_late", "double_end",
        "double_commit",       "double_enqueue",         "encode_after_commit"};
    return mp_misuse_set_up(run, worker,
                            kinds[mp_option_get(run->params, "call")->integer],
                            "no encoder that is ended by a call of its own: use metal or "
                            "metal@model",
                            err);
}

const struct mp_scenario mp_scenario_commit_open_encoder = {
    .name = "commit_open_encoder",
    .summary = "a command buffer is committed while its encoder is open",
    .hunts = "no defect of a driver: what a library that ends encoders by force makes of "
             "a client that commits too early",
    .how = "threads encode an op, commit and only then end the encoder; the twin "
           "(rule=kept) ends it before, and must pass",
    .hit =
        "an abort, \"commit command buffer with uncommitted encoder\", or the words for "
        "the other calls; behind a library that ends the encoder instead, nothing, or "
        "lost ops",
    .origin = "a synchronize that lands between begin and end of another thread's "
              "encoder (PyTorch 2.9); seen on the model, not on a Mac",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    MP_MISUSE_HOOKS,
};
