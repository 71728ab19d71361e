/* json-c after a scan that bounds its input: json-c allocates per value, and returns
 * nothing for a truncated text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/json_text.h"

#include "harness/base/strbuf.h"

/* Where the object ends, or up to where a torn one can be kept. */
struct extent {
    size_t len;                     /* of the object if it is whole */
    size_t kept;                    /* of the part before the first incomplete value */
    char closer[MP_JSON_DEPTH_MAX]; /* what is open there */
    size_t depth;
};

/* Where the string that begins at text[at] has its closing quote; `len` if it has
 * none. */
static size_t end_of_string(const char *text, size_t len, size_t at) {
    for (at++; at < len && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at < len ? at : len;
}

/* Finds the extent. At every bracket and comma outside strings the text can be cut and
 * closed again: whatever follows the last of them is one incomplete value. */
static enum mp_status find_extent(const char *text, size_t len, struct extent *ret_extent,
                                  struct mp_error *err) {
    struct extent extent = {0};
    size_t containers = 0, commas = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '"') {
            i = end_of_string(text, len, i);
        } else if (c == '{' || c == '[') {
            if (extent.depth == MP_JSON_DEPTH_MAX)
                return mp_error_set(err, MP_USAGE, "it is nested deeper than %d",
                                    MP_JSON_DEPTH_MAX);
            extent.closer[extent.depth++] = c == '{' ? '}' : ']';
            extent.kept = i + 1;
            containers++;
        } else if (c == '}' || c == ']') {
            if (extent.closer[extent.depth - 1] != c)
                return mp_error_set(err, MP_USAGE,
                                    "'%c' at byte %zu closes nothing that is open", c, i);
            extent.kept = i + 1;
            if (--extent.depth == 0) {
                extent.len = i + 1;
                break;
            }
        } else if (c == ',') {
            extent.kept = i;
            commas++;
        }
        if (containers > MP_JSON_CONTAINERS_MAX || commas > MP_JSON_COMMAS_MAX)
            return mp_error_set(err, MP_USAGE,
                                "it holds more than %d objects or %d values",
                                MP_JSON_CONTAINERS_MAX, MP_JSON_COMMAS_MAX);
    }
    *ret_extent = extent;
    return MP_OK;
}

size_t mp_json_len(const char *text, size_t len) {
    size_t depth = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '"')
            i = end_of_string(text, len, i);
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && (depth == 0 || --depth == 0))
            return i + 1;
    }
    return len;
}

static enum mp_status parse_whole(const char *text, size_t len,
                                  struct json_object **ret_object, struct mp_error *err) {
    enum mp_status status = MP_OK;
    struct json_tokener *tokener = json_tokener_new_ex(MP_JSON_DEPTH_MAX + 1);
    if (tokener == NULL)
        return mp_error_set(err, MP_USAGE, "not enough memory to read it");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *object = json_tokener_parse_ex(tokener, text, (int)len);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error != json_tokener_success || object == NULL) {
        status = mp_error_set(err, MP_USAGE, "not JSON at byte %zu: %s",
                              json_tokener_get_parse_end(tokener),
                              json_tokener_error_desc(error));
        json_object_put(object);
    } else {
        *ret_object = object;
    }
    json_tokener_free(tokener);
    return status;
}

enum mp_status mp_json_parse(const char *text, size_t len,
                             struct json_object **ret_object, size_t *ret_len,
                             bool *ret_is_torn, struct mp_error *err) {
    struct extent extent = {0};
    if (len == 0 || text[0] != '{')
        return mp_error_set(err, MP_USAGE, "no JSON object starts here");
    enum mp_status status = find_extent(text, len, &extent, err);
    if (status != MP_OK)
        return status;
    bool is_torn = extent.len == 0;
    if (!is_torn) {
        status = parse_whole(text, extent.len, ret_object, err);
    } else {
        struct mp_strbuf closed;
        mp_strbuf_init(&closed);
        mp_strbuf_add(&closed, text, extent.kept);
        while (extent.depth > 0)
            mp_strbuf_addch(&closed, extent.closer[--extent.depth]);
        status = parse_whole(closed.text, closed.len, ret_object, err);
        mp_strbuf_release(&closed);
    }
    if (status == MP_OK) {
        *ret_len = is_torn ? len : extent.len;
        *ret_is_torn = is_torn;
    }
    return status;
}

struct json_object *mp_json_member(struct json_object *object, const char *name,
                                   enum json_type type) {
    struct json_object *member = NULL;
    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, name, &member) ||
        !json_object_is_type(member, type))
        return NULL;
    return member;
}

const char *mp_json_string(struct json_object *object, const char *name) {
    struct json_object *member = mp_json_member(object, name, json_type_string);
    return member != NULL ? json_object_get_string(member) : "";
}

bool mp_json_number(struct json_object *value, uint64_t *ret_number) {
    if (!json_object_is_type(value, json_type_int))
        return false;
    int64_t number = json_object_get_int64(value); /* larger ones saturate */
    *ret_number = number < 0 ? (uint64_t)number : json_object_get_uint64(value);
    return true;
}

bool mp_json_member_number(struct json_object *object, const char *name,
                           uint64_t *ret_number) {
    return mp_json_number(mp_json_member(object, name, json_type_int), ret_number);
}
