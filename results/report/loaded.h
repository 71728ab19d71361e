/* What was loaded in the rounds: whether it was the same in all, and what an arm or the
 * environment injected.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_LOADED_H
#define MP_REPORT_LOADED_H

#include "harness/base/text.h"
#include "results/report/rows.h"

struct mp_loaded_row {
    char *path, *module_id, *role, *sha256; /* of a module; NULL: not known */
    char *methods;        /* of the driver, whose code it has; NULL: none */
    char *scenario, *arm; /* where it was loaded */
    int64_t first_round;  /* of a build */
    int64_t size;
};

/* Rows of one kind. */
struct mp_loaded_list {
    struct mp_loaded_row *row;
    size_t count;
};

/* Of a campaign. */
struct mp_loaded {
    struct mp_loaded_list fixes;          /* that arms inject */
    struct mp_loaded_list outside;        /* that the environment injects */
    struct mp_loaded_list several_builds; /* of one path, which stand together */
    struct mp_loaded_list in_some_rounds; /* of a cell, but not in others */
};

/* Reads them; failures are kept by the query of the report. To be released. */
void mp_loaded_load(struct mp_loaded *modules, struct mp_report *report);
void mp_loaded_release(struct mp_loaded *modules);
/* The libraries of arms, and what makes the comparison of rounds unfair; may be
 * nothing. */
void mp_loaded_add(const struct mp_loaded *modules, struct mp_text *text);
/* The member "modules" of a document. */
void mp_loaded_add_json(const struct mp_loaded *modules, struct json_object *to);

/* The same for one round: driver and injected libraries, and with `has_all` all
 * others. */
void mp_loaded_load_round(struct mp_loaded_list *list, struct mp_query *query,
                          int64_t round_id);
void mp_loaded_release_round(struct mp_loaded_list *list);
void mp_loaded_add_round(const struct mp_loaded_list *list, bool has_all,
                         struct mp_text *text);
void mp_loaded_add_round_json(const struct mp_loaded_list *list, struct json_object *to);

#endif
