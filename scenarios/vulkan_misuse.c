/* vulkan_misuse: a client that breaks one rule of Vulkan, and its twin that does the same
 * work within it. The rules are those of the device (struct mp_misuse_kind); where an op
 * ran, its output is checked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/misuse.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    {.name = "kind",
     .type = MP_OPTION_CHOICE,
     .metavar = "KIND",
     .fallback = "pipeline_in_flight",
     .choices = "reset_recorded|free_recorded|pool_reset_recorded|submit_recorded|"
                "two_recorders|free_in_flight|buffer_in_flight|pipeline_in_flight|"
                "set_in_flight|fence_in_flight|descriptor_pool_unlocked|"
                "command_pool_unlocked|queue_unlocked|device_under_threads",
     .meanings = "a command buffer is reset while another thread records it\n"
                 "a command buffer is freed while another thread records it\n"
                 "a pool is reset while another thread records a buffer of it\n"
                 "a command buffer is ended and submitted while another thread records "
                 "it\n"
                 "two threads record one command buffer\n"
                 "a command buffer is freed before the device has executed it\n"
                 "a buffer and its memory are freed before the device has read them\n"
                 "a pipeline is destroyed before the device has executed it\n"
                 "a descriptor set is updated before the device has used it\n"
                 "a fence is destroyed before the device has signalled it\n"
                 "threads take sets from one pool without a lock\n"
                 "threads record buffers of one pool without a lock\n"
                 "threads submit to one queue without a lock\n"
                 "the device is destroyed while threads use it",
     .help = "the rule that is broken or kept"},
    MP_PARAM_RULE("the twin: the same calls under a lock, or once the device is done"),
    MP_PARAM_THREADS("4", 2, 64),
    MP_PARAM_ITERS("12", 1000000, "steps per thread"),
    MP_PARAM_INT("n", "4", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    return mp_misuse_set_up(run, worker, mp_option_get(run->params, "kind")->text,
                            "no Vulkan rule to break: use vulkan or vulkan@lavapipe",
                            err);
}

const struct mp_scenario mp_scenario_vulkan_misuse = {
    .name = "vulkan_misuse",
    .summary = "a client that breaks one rule of Vulkan, or keeps it",
    .hunts = "no defect of a driver: what a rule of Vulkan is worth when a client breaks "
             "it, and whether this instrument sees that; the twin (rule=kept) must pass",
    .how = "threads do one thing against the rules, over and over; kinds that the device "
           "would execute run on a software driver only, or on a GPU that gpu= names",
    .hit =
        "a crash, mostly on the driver's own thread, wrong numbers, lost ops, an error "
        "code, a hang; which one depends on kind and driver",
    .origin = "the valid usage of the Vulkan specification; public reports of each kind "
              "on real drivers are many (WiVRn 1021, llama.cpp 14127 for queues)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    MP_MISUSE_HOOKS,
};
