/* The types of the Objective-C runtime as C sees them: own declarations, so that no
 * header of any SDK is needed and Apple's and GNU's runtimes look the same. Each type
 * word of selector.def has a C type and a type encoding here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_TYPES_H
#define MP_ROUND_OBJC_TYPES_H

#ifdef __APPLE__
#include <stdbool.h>
#endif
#include <stdint.h>

typedef struct objc_object *id;
typedef struct objc_class *Class;
typedef const struct objc_selector *SEL;

/* BOOL: bool on Apple's arm64, unsigned char on GNU's runtime (each one's objc.h). */
#ifdef __APPLE__
#define MP_OBJC_C_boolean        bool
#define MP_OBJC_ENCODING_boolean "B"
#else
#define MP_OBJC_C_boolean        unsigned char
#define MP_OBJC_ENCODING_boolean "C"
#endif

/* MTLSize: three NSUInteger, passed by value. */
struct mp_objc_size {
    unsigned long width, height, depth;
};

/* NSRange */
struct mp_objc_range {
    unsigned long location, length;
};

struct mp_objc_block; /* block.h */

/* MPSDimensionSlice: the elements from `start` on. */
struct mp_objc_slice {
    unsigned long start, length;
};

#define MP_OBJC_C_void     void
#define MP_OBJC_C_id       id
#define MP_OBJC_C_ids      const id *
#define MP_OBJC_C_selector SEL
#define MP_OBJC_C_id_out   id *
#define MP_OBJC_C_text     const char *
#define MP_OBJC_C_pointer  void *
#define MP_OBJC_C_bytes    const void *
#define MP_OBJC_C_integer  long
#define MP_OBJC_C_uinteger unsigned long
#define MP_OBJC_C_datatype uint32_t /* MPSDataType */
#define MP_OBJC_C_single   float
#define MP_OBJC_C_real     double
#define MP_OBJC_C_size     struct mp_objc_size
#define MP_OBJC_C_range    struct mp_objc_range
#define MP_OBJC_C_block    struct mp_objc_block *
#define MP_OBJC_C_byte     unsigned char
#define MP_OBJC_C_wide     uint64_t
#define MP_OBJC_C_slice    struct mp_objc_slice

#define MP_OBJC_ENCODING_void     "v"
#define MP_OBJC_ENCODING_id       "@"
#define MP_OBJC_ENCODING_ids      "^@"
#define MP_OBJC_ENCODING_selector ":"
#define MP_OBJC_ENCODING_id_out   "^@"
#define MP_OBJC_ENCODING_text     "*"
#define MP_OBJC_ENCODING_pointer  "^v"
#define MP_OBJC_ENCODING_bytes    "^v"
#define MP_OBJC_ENCODING_integer  "q"
#define MP_OBJC_ENCODING_uinteger "Q"
#define MP_OBJC_ENCODING_datatype "I"
#define MP_OBJC_ENCODING_single   "f"
#define MP_OBJC_ENCODING_real     "d"
#define MP_OBJC_ENCODING_size     "{?=QQQ}"
#define MP_OBJC_ENCODING_range    "{_NSRange=QQ}"
#define MP_OBJC_ENCODING_block    "@?"
#define MP_OBJC_ENCODING_byte     "C"
#define MP_OBJC_ENCODING_wide     "Q"
#define MP_OBJC_ENCODING_slice    "{MPSDimensionSlice=QQ}"

#endif
