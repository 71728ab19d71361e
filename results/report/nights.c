/* Reads, measures and writes the nights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights.h"

#include "results/report/nights_html.h"
#include "results/report/nights_json.h"
#include "results/report/nights_measure.h"
#include "results/report/nights_text.h"

static enum mp_status load(struct mp_nights *nights, struct mp_store *store,
                           const struct mp_nights_options *options,
                           struct mp_error *err) {
    enum mp_status status = mp_nights_read(nights, store, options, err);
    if (status == MP_OK)
        status = mp_nights_measure(nights, err);
    return status;
}

enum mp_status mp_nights_text(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .use_ascii = options->use_ascii,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_nights nights;
    enum mp_status status = load(&nights, store, options, err);
    if (status == MP_OK) {
        mp_nights_write_text(&nights, &text);
        *ret_verdict = options->only_new ? nights.new_verdict : nights.verdict;
    }
    mp_nights_release(&nights);
    return status;
}

enum mp_status mp_nights_json(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_nights nights;
    enum mp_status status = load(&nights, store, options, err);
    if (status == MP_OK) {
        mp_nights_write_json(&nights, buf);
        *ret_verdict = options->only_new ? nights.new_verdict : nights.verdict;
    }
    mp_nights_release(&nights);
    return status;
}

enum mp_status mp_nights_html(struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                              struct mp_error *err) {
    struct mp_nights nights;
    enum mp_status status = load(&nights, store, options, err);
    if (status == MP_OK) {
        mp_nights_write_html(&nights, buf);
        *ret_verdict = nights.verdict;
    }
    mp_nights_release(&nights);
    return status;
}
