/* The Objective-C methods of one image, or the functions of a driver in it that a device
 * calls, as `mpstress-round --list-methods` writes them and the supervisor reads them:
 * names for code whose image has no symbols. The text is
 * "image\tID\n", a line "OFFSET\tNAME\n" for each method, the offset in hex from the
 * beginning of the image, and "end\n".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_METHOD_LIST_H
#define MP_WIRE_METHOD_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/wire/crash.h"

/* The largest framework has some ten thousand. */
#define MP_METHODS_MAX ((size_t)1 << 16)

struct mp_method {
    uint64_t offset;  /* of its first instruction */
    const char *name; /* "-[AGXG16XFamilyDevice newBufferWithLength:options:]" */
};

struct mp_method_list {
    char id[MP_CRASH_ID_MAX]; /* build id or UUID of the image in hex, "" unknown */
    struct mp_method *method; /* owned; by rising offset */
    size_t count;
    char *text; /* owned; what the names are in */
};

void mp_method_list_write_head(const char *id, struct mp_strbuf *buf);
/* A method whose name does not fit into a record or has a control character in it is left
 * out. */
void mp_method_list_write(uint64_t offset, const char *name, struct mp_strbuf *buf);
void mp_method_list_write_end(struct mp_strbuf *buf);

/* Reads the whole text. MP_FORMAT: it is not one, or its end is missing. The list is
 * released by the caller. */
enum mp_status mp_method_list_read(const char *text, size_t len,
                                   struct mp_method_list *ret_list, struct mp_error *err);
/* The name of the method that begins at `offset`; NULL if none does, or if several of
 * different names do, which a linker made one. */
const char *mp_method_list_find(const struct mp_method_list *list, uint64_t offset);
void mp_method_list_release(struct mp_method_list *list);

#endif
