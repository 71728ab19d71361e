/* What a campaign, or a file, has of failures that are known: see known_failure and
 * known_round in results/schema_4.sql.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_KNOWN_H
#define MP_REPORT_KNOWN_H

#include "harness/base/strbuf.h"
#include "harness/base/text.h"
#include "results/report/query.h"

struct json_object;

/* A signature somebody looks after. Texts are owned. */
struct mp_known_entry {
    char *key, *issue, *until;
    char *title;      /* the key if no crash has it here */
    uint64_t rounds;  /* of subjects and finders in the campaign, with this signature */
    bool has_expired; /* on the day of the campaign */
    bool was_here;    /* an earlier campaign had it in a cell of this one */
};

struct mp_known {
    struct mp_known_entry *entry;
    size_t entry_count;
    uint64_t rounds; /* that failed in known ways only */
};

/* Reads what the campaign has of it. */
void mp_known_load(struct mp_known *known, struct mp_query *query, int64_t campaign_id);
/* How many rounds of the cell failed in known ways only, in this campaign. */
uint64_t mp_known_rounds(struct mp_query *query, int64_t campaign_id, int64_t cell_id);
void mp_known_release(struct mp_known *known);

/* A line each: what was met, what has expired, what vanished. `has_power`: a signature
 * that is missing means something. */
void mp_known_add(const struct mp_known *known, bool has_power, struct mp_text *text);
/* The member "known" of a document. */
void mp_known_add_json(const struct mp_known *known, struct json_object *to);

/* All that is known in the file; with `is_all` its other signatures, too. */
enum mp_status mp_known_list_text(struct mp_store *store, bool is_all, unsigned width,
                                  struct mp_strbuf *buf, struct mp_error *err);
enum mp_status mp_known_list_json(struct mp_store *store, bool is_all,
                                  struct mp_strbuf *buf, struct mp_error *err);

#endif
