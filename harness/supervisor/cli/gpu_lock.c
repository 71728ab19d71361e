/* Two runs that share a GPU change each other's rates, which must never go unnoticed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/gpu_lock.h"

#include <stdio.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/wire/device_name.h"

#define POLL_NS     (500 * MP_CLOCK_NS_PER_MS)
#define WAIT_MAX_NS (24 * 3600 * MP_CLOCK_NS_PER_S)

enum policy { POLICY_AUTO, POLICY_REFUSE, POLICY_WAIT, POLICY_OFF };

static bool has_real_device(const struct mp_plan *plan) {
    bool has_real = false;
    for (size_t i = 0; i < plan->cell_count; i++)
        has_real = has_real || mp_device_name_uses_gpu(plan->cell[i].spec.device);
    return has_real;
}

/* Nobody knows whether users' programs use the GPU: one run goes on beside
 * another, and says so. */
static bool has_programs(const struct mp_plan *plan) {
    bool has_some = false;
    for (size_t i = 0; i < plan->cell_count; i++)
        has_some = has_some || mp_device_name_is_program(plan->cell[i].spec.device);
    return has_some;
}

/* Retries until the holder is gone. */
static enum mp_status wait_for(const char *words, struct mp_host_lock **ret_lock,
                               struct mp_error *err) {
    char holder[MP_HOST_LOCK_HOLDER_MAX];
    uint64_t deadline_ns = mp_clock_now_ns() + WAIT_MAX_NS;
    enum mp_status status = mp_host_lock_take(words, ret_lock, holder, err);
    if (status == MP_LIMIT)
        mp_log(MP_LOG_INFO, "waiting for %s to end: it is using the GPU of this host",
               holder);
    while (status == MP_LIMIT && mp_clock_now_ns() < deadline_ns) {
        mp_clock_sleep_ns(POLL_NS);
        status = mp_host_lock_take(words, ret_lock, holder, err);
    }
    return status;
}

enum mp_status mp_gpu_lock_take(const struct mp_args *args, const struct mp_plan *plan,
                                const char *command_line, struct mp_host_lock **ret_lock,
                                struct mp_error *err) {
    char holder[MP_HOST_LOCK_HOLDER_MAX];
    enum policy policy = (enum policy)mp_option_get(&args->values, "lock")->integer;
    *ret_lock = NULL;
    bool is_real = has_real_device(plan);
    if (policy == POLICY_AUTO && !is_real && !has_programs(plan))
        return MP_OK;
    if (policy == POLICY_AUTO && !is_real)
        policy = POLICY_OFF;
    if (policy == POLICY_WAIT)
        return wait_for(command_line, ret_lock, err);
    enum mp_status status = mp_host_lock_take(command_line, ret_lock, holder, err);
    if (status != MP_OK && policy == POLICY_OFF) {
        mp_log(MP_LOG_WARN, "%s; its rounds and these will disturb each other",
               err->text);
        return MP_OK;
    }
    if (status == MP_LIMIT) {
        struct mp_error busy = *err;
        mp_error_set(err, MP_LIMIT, "%s; use --lock wait to wait for it", busy.text);
    }
    return status;
}
