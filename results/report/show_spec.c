/* The spec of a round, for mpstress-round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/report/show_rows.h"

enum mp_status mp_show_spec(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_show show;
    if (options->kind == MP_SHOW_SIGNATURE)
        return mp_error_set(err, MP_USAGE,
                            "a signature spans many rounds: name a round or a crash");
    enum mp_status status = mp_show_load(&show, store, options, err);
    if (status == MP_OK && show.round.spec == NULL) {
        status = mp_error_set(err, MP_NOT_FOUND,
                              "round %lld has no spec on record: only rounds that did "
                              "not pass keep theirs",
                              (long long)show.round_id);
    } else if (status == MP_OK) {
        mp_strbuf_add_escaped(buf, show.round.spec, strlen(show.round.spec), 1);
    }
    mp_show_release(&show);
    return status;
}
