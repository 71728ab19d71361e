/* Signatures: all that a database has, and the rounds under one of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_BUCKET_H
#define MP_REPORT_BUCKET_H

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/store/store.h"

struct mp_bucket_options {
    const char *signature; /* as mp_store_signature_key takes it */
    int64_t campaign_id;   /* 0: all */
    unsigned width;        /* columns of the terminal, 0: 100 */
};

/* All signatures, one per line, the most frequent first, and how to show one. */
enum mp_status mp_bucket_list_text(struct mp_store *store, unsigned width,
                                   struct mp_strbuf *buf, struct mp_error *err);
enum mp_status mp_bucket_list_json(struct mp_store *store, struct mp_strbuf *buf,
                                   struct mp_error *err);

/* The number of the signature that `text` stands for: its number, its key, or a beginning
 * that no other key has. MP_NOT_FOUND: there is none, or more than one. */
enum mp_status mp_bucket_find(struct mp_store *store, const char *text, int64_t *ret_id,
                              struct mp_error *err);

/* In which cells of the campaign the signature occurred, how often, and each such round.
 * Rates are the report's: a kind of failure that was chosen afterwards has none here.
 * MP_NOT_FOUND: there is no such signature. */
enum mp_status mp_bucket_text(struct mp_store *store,
                              const struct mp_bucket_options *options,
                              struct mp_strbuf *buf, struct mp_error *err);
enum mp_status mp_bucket_json(struct mp_store *store,
                              const struct mp_bucket_options *options,
                              struct mp_strbuf *buf, struct mp_error *err);

#endif
