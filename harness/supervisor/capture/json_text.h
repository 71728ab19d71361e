/* Untrusted JSON, bounded: one object of a text, even if the text ends within it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_JSON_TEXT_H
#define MP_CAPTURE_JSON_TEXT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

#define MP_JSON_DEPTH_MAX      32
#define MP_JSON_CONTAINERS_MAX 200000
#define MP_JSON_COMMAS_MAX     2000000

/* Reads the object that begins at text[0]. `ret_len` is how many bytes it took. If the
 * text ends within it, `ret_is_torn` is true and the object holds what was complete.
 * MP_USAGE if too deep, too large, or not JSON. Freed with json_object_put. */
enum mp_status mp_json_parse(const char *text, size_t len,
                             struct json_object **ret_object, size_t *ret_len,
                             bool *ret_is_torn, struct mp_error *err);

/* Length of the object that begins at text[0]; `len` if it does not end. */
size_t mp_json_len(const char *text, size_t len);

/* The member `name` of `object` if it is of `type`, else NULL; any `object` will do.
 * Borrowed. */
struct json_object *mp_json_member(struct json_object *object, const char *name,
                                   enum json_type type);
/* A member that is a string, else "". */
const char *mp_json_string(struct json_object *object, const char *name);
/* A number with all 64 bits (negative ones as two's complement); false if it is not a
 * number. */
bool mp_json_number(struct json_object *value, uint64_t *ret_number);
bool mp_json_member_number(struct json_object *object, const char *name,
                           uint64_t *ret_number);

#endif
