/* JSON documents, written through json-c. One value is added at a time, to an object
 * (under `name`) or, with a NULL name, to the end of an array. What is added belongs to
 * what it was added to. Host memory that runs out ends the process with exit code 6.
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

/* An object that belongs to nothing yet, and the call that gives it to something. */
struct json_object *mp_json_object(void);
void mp_json_add(struct json_object *to, const char *name, struct json_object *value);

struct json_object *mp_json_add_object(struct json_object *to, const char *name);
struct json_object *mp_json_add_array(struct json_object *to, const char *name);
/* NULL is null. Control bytes and what is not UTF-8 are escaped as \xNN in the text. */
void mp_json_add_text(struct json_object *to, const char *name, const char *text);
/* The same for a text of several lines: line ends stay what they are. */
void mp_json_add_lines(struct json_object *to, const char *name, const char *text);
/* As mp_json_add_text, but an empty text is null too: for what may be unknown. */
void mp_json_add_known(struct json_object *to, const char *name, const char *text);
/* Exact over all 64 bits. */
void mp_json_add_count(struct json_object *to, const char *name, uint64_t value);
void mp_json_add_integer(struct json_object *to, const char *name, int64_t value);
/* The shortest digits that read back as the same double; null if it is not finite. */
void mp_json_add_number(struct json_object *to, const char *name, double value);
void mp_json_add_truth(struct json_object *to, const char *name, bool value);
void mp_json_add_null(struct json_object *to, const char *name);
/* A value that is stored as JSON text. NULL, and what is not JSON, is null. */
void mp_json_add_stored(struct json_object *to, const char *name, const char *json);

#endif
