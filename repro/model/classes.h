/* The classes of this library and their registration, before the first thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_CLASSES_H
#define MP_MODEL_CLASSES_H

#include <stdbool.h>
#include <stddef.h>

#include "repro/model/runtime.h"

enum mp_class {
    MP_CLASS_OBJECT,
    MP_CLASS_STRING,
    MP_CLASS_ARRAY,
    MP_CLASS_DICTIONARY,
    MP_CLASS_ERROR,
    MP_CLASS_POOL,
    MP_CLASS_NUMBER,
    MP_CLASS_DRIVER_OBJECT,
#define MP_MPS_CLASS(id, name, super, table, class_table, type) MP_CLASS_##id,
#include "repro/model/mps_class.def"
#undef MP_MPS_CLASS
    MP_CLASS_DEVICE,
    MP_CLASS_MTL_QUEUE,
    MP_CLASS_IOGPU_QUEUE,
    MP_CLASS_QUEUE,
    MP_CLASS_MTL_COMMAND_BUFFER,
    MP_CLASS_IOGPU_COMMAND_BUFFER,
    MP_CLASS_COMMAND_BUFFER,
    MP_CLASS_MTL_ENCODER,
    MP_CLASS_IOGPU_ENCODER,
    MP_CLASS_IOGPU_COMPUTE_ENCODER,
    MP_CLASS_ENCODER,
    MP_CLASS_IOGPU_BLIT_ENCODER,
    MP_CLASS_BLIT,
    MP_CLASS_ENCODER_TICKET,
    MP_CLASS_BUFFER,
    MP_CLASS_COMPILE_OPTIONS,
    MP_CLASS_LIBRARY,
    MP_CLASS_FUNCTION,
    MP_CLASS_PIPELINE,
    MP_CLASS_EVENT,
    MP_CLASS_SHARED_EVENT,
    MP_CLASS_LISTENER,
    MP_CLASS_FENCE,
    MP_CLASS_HEAP,
    MP_CLASS_HEAP_DESCRIPTOR,
    MP_CLASS_PASS_DESCRIPTOR,
    MP_CLASS_MPS_COMMAND_BUFFER,
    MP_CLASS_COUNT
};

/* One method; a table ends with a row without a name. */
struct mp_method {
    const char *name, *types;
    mp_imp *method;
};
#define MP_ROW(name, types, method)                                                      \
    { (name), (types), (mp_imp *)(method) }
#define MP_ROWS_END                                                                      \
    { NULL, NULL, NULL }

#define MP_CLASS_TABLES_MAX 5

/* One variable of a class. */
struct mp_ivar_row {
    const char *name, *types;
    size_t offset, size;
};

struct mp_class_row {
    const char *name, *super;
    bool is_ours; /* the driver's: may not exist already */
    const struct mp_method *methods[MP_CLASS_TABLES_MAX], *class_methods;
    size_t size;              /* of an instance */
    struct mp_ivar_row first; /* its first variable, if that has a name worth knowing */
    const char *rest;         /* name of all that follows */
};

/* Makes and registers the class of each of MP_CLASS_COUNT rows that does not exist yet:
 * where NSObject and its like exist, the driver's classes are built on those. Registers
 * nothing if a class of the driver exists already. `rows` need not outlive the call. */
void mp_classes_register(const struct mp_class_row *rows);

/* Why this process can have no device of the model, with the name of the class; NULL: it
 * can. Borrowed, constant after mp_classes_register. */
const char *mp_classes_refusal(void);

Class mp_class_get(enum mp_class class);

/* [super dealloc] in a method of `class`: whatever its superclass has by then. */
void mp_class_super_dealloc(enum mp_class class, void *object);

/* -[NSObject dealloc] of whichever Foundation is loaded. */
void mp_class_root_dealloc(id object);

#endif
