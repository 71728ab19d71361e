/* JSON documents, written through json-c. Values are added one at a time, to an object
 * (under `name`) or, with a NULL name, to the end of an array, which then owns them.
 * Running out of memory ends the process with exit code 6.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_JSON_H
#define MP_REPORT_JSON_H

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/strbuf.h"

/* The document of a command: {"schema": 1, "command": …, "verdict": …, "exit_code": …}.
 * Owned by the caller until mp_json_print. */
struct json_object *mp_json_document(const char *command, const char *verdict,
                                     int exit_code);
/* Adds the document as one line to `buf`, and frees it. */
void mp_json_print(struct json_object *document, struct mp_strbuf *buf);

/* A free object, and the call that adds it to a parent. */
struct json_object *mp_json_object(void);
void mp_json_add(struct json_object *to, const char *name, struct json_object *value);

struct json_object *mp_json_add_object(struct json_object *to, const char *name);
struct json_object *mp_json_add_array(struct json_object *to, const char *name);
/* NULL is null. Control bytes and what is not UTF-8 are escaped as \xNN in the text. */
void mp_json_add_text(struct json_object *to, const char *name, const char *text);
/* The same for a multi-line text: newlines are kept. */
void mp_json_add_lines(struct json_object *to, const char *name, const char *text);
/* As mp_json_add_text, but an empty text is also null: for what may be unknown. */
void mp_json_add_text_or_null(struct json_object *to, const char *name, const char *text);
/* Exact over all 64 bits. */
void mp_json_add_count(struct json_object *to, const char *name, uint64_t value);
void mp_json_add_integer(struct json_object *to, const char *name, int64_t value);
/* The shortest digits that read back as the same double; null if it is not finite. */
void mp_json_add_number(struct json_object *to, const char *name, double value);
void mp_json_add_bool(struct json_object *to, const char *name, bool value);
void mp_json_add_null(struct json_object *to, const char *name);
/* A value stored as JSON text. NULL and invalid JSON become null. */
void mp_json_add_stored(struct json_object *to, const char *name, const char *json);

#endif
