/* Turns a round's end into its row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/strbuf.h"

enum mp_status mp_record_compare_with_last_hang(struct mp_store *store, int64_t cell_id,
                                                const struct mp_round_end *end,
                                                struct mp_judgement *judgement,
                                                struct mp_error *err) {
    uint64_t usual_ns = 0, count = 0;
    if (judgement->outcome != MP_OUTCOME_HANG)
        return MP_OK;
    enum mp_status status = mp_store_median_time(store, cell_id, &usual_ns, &count, err);
    if (status != MP_OK || count == 0)
        return status;
    size_t len = strlen(judgement->detail);
    char *rest = judgement->detail + len;
    size_t size = sizeof(judgement->detail) - len;
    double usual_ms = (double)usual_ns / MP_CLOCK_NS_PER_MS;
    bool is_slow = end->second != NULL && end->hang_class == MP_HANG_SLOW;
    if (is_slow && end->page.ops_started > 0 &&
        end->page.ops_started <= end->page.ops_planned) {
        double needed_ms = (double)end->wall_ns / MP_CLOCK_NS_PER_MS *
                           (double)end->page.ops_planned / (double)end->page.ops_started;
        snprintf(rest, size,
                 ": at this pace its ops need about %.0f ms; passing rounds of this cell "
                 "take %.0f ms "
                 "(median of the newest %" PRIu64 ")",
                 needed_ms, usual_ms, count);
    } else {
        snprintf(
            rest, size,
            "; passing rounds of this cell take %.0f ms (median of the newest %" PRIu64
            ")",
            usual_ms, count);
    }
    return MP_OK;
}

enum mp_status mp_record_round(struct mp_store *store, struct mp_round_row *row,
                               const struct mp_round_spec *spec,
                               const struct mp_round_end *end,
                               const struct mp_judgement *judgement,
                               struct mp_error *err) {
    struct mp_strbuf spec_text;
    mp_strbuf_init(&spec_text);
    row->seed = spec->seed;
    row->started_wall_ns = end->started_wall_ns;
    row->wall_ns = end->wall_ns;
    row->outcome = judgement->outcome;
    row->detail = judgement->detail;
    row->page = &end->page;
    row->exit = &end->exit;
    row->trace = end->trace;
    row->recorder = spec->recorder;
    row->modules = &end->modules;
    row->pid = end->pid;
    row->turn = end->turn;
    row->second_sample = judgement->is_withdrawn ? NULL : end->second;
    if (row->outcome != MP_OUTCOME_PASS) {
        mp_round_spec_format(spec, &spec_text);
        row->spec_text = spec_text.text;
        row->stderr_text = end->stderr_text;
        row->stderr_total = end->stderr_total;
        row->flight = &end->flight;
    }
    const struct mp_signature *signature = &judgement->signature;
    struct mp_signature_row named = {signature->is_incomplete ? NULL : signature->key,
                                     signature->title, signature->family,
                                     signature->other_key};
    const struct mp_crash *crash = judgement->is_withdrawn ? NULL : end->crash;
    int64_t round_id = 0;
    enum mp_status status = mp_store_round(
        store, row, crash, judgement->has_signature ? &named : NULL, &round_id, err);
    mp_strbuf_release(&spec_text);
    return status;
}
