/* The driver's objects and their references: what the files of this folder share.
 *
 *   device <- queue <- command buffer <- (while open) encoder -> context of the pool
 *                            |                    |
 *                            +------> work <------+
 *
 * Work is what one command buffer will execute. It is a structure of its own, so that a
 * thread that still holds an encoder can add to it whatever became of the command buffer
 * object. Locks, in this order: work, context pool; work, executor. Never two of a kind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_DRIVER_H
#define MP_MODEL_DRIVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "repro/model/classes.h"
#include "repro/model/context.h"
#include "repro/model/handler_list.h"
#include "repro/model/object.h"
#include "repro/model/park.h"
#include "repro/model/purgeable.h"
#include "repro/model/serial.h"
#include "repro/model/settings.h"
#include "repro/model/slots.h"
#include "scenarios/kernels/reference.h"

/* MTLSize, passed by value. */
struct mp_size {
    unsigned long width, height, depth;
};

/* MTLCommandBufferStatus */
enum mp_buffer_status {
    MP_BUFFER_NOT_ENQUEUED,
    MP_BUFFER_ENQUEUED,
    MP_BUFFER_COMMITTED,
    MP_BUFFER_SCHEDULED,
    MP_BUFFER_COMPLETED,
    MP_BUFFER_ERROR
};

/* MTLCommandBufferError, as far as used here. */
enum mp_buffer_error {
    MP_BUFFER_ERROR_NONE = 0,
    MP_BUFFER_ERROR_INTERNAL = 1,
    MP_BUFFER_ERROR_PAGE_FAULT = 3,
    MP_BUFFER_ERROR_INVALID_RESOURCE = 9
};

#define MP_BINDINGS              31 /* buffer indices of a compute encoder */
#define MP_QUEUE_BUFFERS         64 /* of newCommandQueue (Apple's page on it) */
#define MP_THREADS_PER_GROUP_MAX 1024
#define MP_BUFFER_LENGTH_MAX     (UINT64_C(1) << 32)
#define MP_WORK_TEXT_MAX         192

struct mp_executor;

struct mp_device {
    struct mp_driver_object base;
    struct mp_settings settings;
    _Atomic bool has_committed; /* a command buffer: the settings are constant now */
    bool is_configured;         /* by its client; guarded by the lock of device.c */
    bool is_wrecked; /* broken from an earlier process when created: every buffer fails */
    struct mp_context_pool pool;
    struct mp_executor *executor;
};

struct mp_queue {
    struct mp_driver_object base;
    struct mp_device *device;     /* held */
    struct mp_slots slots;        /* for uncompleted command buffers */
    struct mp_serial *completion; /* com.Metal.CompletionQueueDispatch */
    /* Guarded by the executor: buffers in order of enqueue or commit; whether the queue
     * waits for an executor or has one; the next queue that waits. */
    struct mp_command_buffer *first, *last;
    bool is_active;
    struct mp_queue *next_active;
};

struct mp_resource {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
    unsigned char *contents;
    unsigned long length, options;
    long taken, lent;     /* references of the driver's, guarded by the layer (layer.h) */
    struct mp_heap *heap; /* held: `contents` are a part of it; NULL: its own */
    struct mp_resource *next_of_heap; /* guarded by the heap */
    struct mp_purgeable purgeable;
};

struct mp_compile_options {
    struct mp_driver_object base;
    unsigned long language_version; /* MTLLanguageVersion; 0: the system's newest */
    bool is_math_set, is_math_fast;
};

struct mp_library {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
    char **name;
    unsigned long count;
};

struct mp_function {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
    char *name;
};

struct mp_pipeline {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
    const struct mp_kernel_reference *kernel;
};

struct mp_binding {
    struct mp_resource *resource; /* held, or NULL */
    unsigned long offset;
};

enum mp_command_kind {
    MP_COMMAND_DISPATCH,
    MP_COMMAND_COPY, /* `size` bytes from buffer 0 to buffer 1 */
    MP_COMMAND_FILL, /* `size` bytes of buffer 1 with `value` */
    MP_COMMAND_SIGNAL,
    MP_COMMAND_WAIT
};

/* One recorded command. */
struct mp_command {
    enum mp_command_kind kind;
    struct mp_pipeline *pipeline; /* held, or NULL */
    struct mp_binding buffer[MP_KERNEL_BUFFERS_MAX], constants, counter;
    struct mp_size grid, group; /* in threads */
    struct mp_event *event;     /* held, or NULL */
    uint64_t size, value;
};

struct mp_work {
    _Atomic long references;
    pthread_mutex_t
        lock; /* guards all below; in a sound driver also the contexts of its encoders */
    pthread_cond_t changed;
    enum mp_buffer_status status;
    enum mp_buffer_status handled; /* waiters may go: its handlers have run */
    bool is_enqueued, is_committed, is_started;
    bool has_open_encoder;
    bool mark_is_late; /* coalesce_assert: the encoder ended, its mark is not cleared
                          yet */
    bool retains_references; /* constant */
    long holders;            /* references that clients hold on its encoders */
    pthread_t caller; /* with the layer: the thread that is inside calls on it ... */
    unsigned callers; /* ... and in how many */
    struct mp_command *command;
    size_t count, size, done; /* done: executed; of the executor's only */
    struct mp_handlers scheduled, completed;
    int error_code;
    char error_text[MP_WORK_TEXT_MAX];
    uint64_t start_ns, end_ns;
    /* set from commit to start; alive as the queue holds it */
    struct mp_command_buffer *owner;
};

struct mp_command_buffer {
    struct mp_driver_object base;
    /* _previousComputeCommandEncoder: ended, may be opened again */
    struct mp_encoder *previous;
    struct mp_blit *previous_blit; /* as `previous`; guarded by the work's lock */
    struct mp_queue *queue;        /* held */
    struct mp_work *work;
    /* Guarded by the executor. */
    struct mp_command_buffer *next;
    bool is_ready;
    bool hangs;              /* gpu_hang */
    _Atomic unsigned takers; /* with rendezvous: threads in commitEncoder */
    struct mp_park park;     /* in an event's list while it waits for that */
    struct mp_serial_job scheduled_job, completed_job;
};

/* What every encoder has, of _MTLCommandEncoder. */
struct mp_command_encoder {
    struct mp_driver_object base;
    struct mp_command_buffer *buffer; /* held while open, else NULL */
};

/* The compute encoder, AGXG16XFamilyComputeContext. */
struct mp_encoder {
    struct mp_command_encoder common;
    /* _impl: with destroy_race, read and written as the driver does */
    struct mp_context *impl;
    struct mp_device *device; /* held */
    struct mp_work *work;     /* held */
    struct mp_window window;  /* of destroyImpl, for the rendezvous */
    unsigned long dispatch_type;
    /* Guarded by the work's lock. */
    bool is_finishing; /* late=hold: deferredEndEncoding waits for the last holder */
    long holders;
    struct mp_pipeline *pipeline;
    struct mp_binding binding[MP_BINDINGS];
};

/* The pool's reference to an encoder. A class of its own, so that the driver can tell the
 * pool's release from a client's. */
struct mp_ticket {
    struct mp_driver_object base;
    struct mp_encoder *encoder; /* held */
};

/* device.c */
/* The system's device with a reference for the caller: one object while anybody holds
 * it. */
struct mp_device *mp_device_take(void);
/* Settings of the next device, or of a living one that nobody configured and that has
 * committed nothing yet; NULL, or why they are refused. What the environment says is not
 * by a client, who may still say otherwise. */
const char *mp_device_configure(const char *settings, bool by_client);

/* resource.c */
/* A shared buffer of `length` bytes, a copy of `bytes` or zeroed; NULL if it cannot
 * be. */
struct mp_resource *mp_resource_create(struct mp_device *device, const void *bytes,
                                       unsigned long length, unsigned long options);

/* library.c: NULL and an autoreleased NSError if `source` does not compile. `options` may
 * be NULL. */
struct mp_library *mp_library_create(struct mp_device *device, const char *source,
                                     const struct mp_compile_options *options,
                                     id *ret_error);
struct mp_pipeline *mp_pipeline_create(struct mp_device *device,
                                       struct mp_function *function, id *ret_error);

/* queue.c */
struct mp_queue *mp_queue_create(struct mp_device *device, unsigned long slots);

/* work.c */
struct mp_work *mp_work_create(bool retains_references);
struct mp_work *mp_work_hold(struct mp_work *work);
void mp_work_drop(struct mp_work *work);
/* Marks the buffer as failed, also after it has ended. The first reason stays. Lock
 * held. */
void mp_work_fail(struct mp_work *work, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Records what the encoder has bound. Lock held. False: the work has started, nothing was
 * done. */
bool mp_work_add(struct mp_encoder *encoder, struct mp_size grid, struct mp_size group);
/* Executes the commands that are left; without locks, on an executor. False: the buffer
 * waits for an event, and belongs to whoever signals that (event.h). */
bool mp_work_execute(struct mp_command_buffer *buffer,
                     const struct mp_settings *settings);
/* Drops the commands and what they retained, once they have run. */
void mp_work_clear(struct mp_work *work);
/* A new command, zeroed, for the caller to fill in. Lock held. NULL: the work has
 * started, nothing was done. */
struct mp_command *mp_work_append(struct mp_work *work);
/* Copies a binding into a command of the work, which takes a reference. */
void mp_work_bind(const struct mp_work *work, struct mp_binding *to,
                  const struct mp_binding *from);
/* If the work is committed and, with late=hold, no client holds an encoder of it: marks
 * it as started and returns its buffer, which the caller must hand to mp_executor_ready
 * after unlocking. Lock held. */
struct mp_command_buffer *mp_work_start(struct mp_work *work,
                                        const struct mp_settings *settings);

/* command_buffer.c */
struct mp_command_buffer *mp_command_buffer_create(struct mp_queue *queue,
                                                   bool retains_references);

/* encoder.c, encoder_life.c */
/* A call without effect here, except that it reads the context as the driver's does. */
void mp_encoder_touch(struct mp_encoder *encoder);
struct mp_encoder *mp_encoder_create(struct mp_command_buffer *buffer,
                                     unsigned long dispatch_type);
/* Reopens an ended encoder. False: it cannot be reopened and must be finished. */
bool mp_encoder_reopen(struct mp_encoder *encoder, struct mp_command_buffer *buffer,
                       unsigned long dispatch_type);
/* Empties the bindings into `ret_bindings`, to be dropped without the lock. Lock held. */
void mp_encoder_take_bindings(struct mp_encoder *encoder,
                              struct mp_pipeline **ret_pipeline,
                              struct mp_binding *ret_bindings);
void mp_bindings_drop(struct mp_pipeline *pipeline, struct mp_binding *bindings);

/* executor.c */
struct mp_executor *mp_executor_start(struct mp_device *device);
/* No work is left when this is called. The threads end by themselves. */
void mp_executor_stop(struct mp_executor *executor);
/* Gives the buffer its place in the queue, which holds it until it has ended. */
void mp_executor_enqueue(struct mp_command_buffer *buffer);
/* The buffer, enqueued before, may now run when it is first. */
void mp_executor_ready(struct mp_command_buffer *buffer);

extern const struct mp_method mp_device_methods[], mp_queue_methods[],
    mp_queue_base_methods[], mp_command_encoder_methods[],
    mp_command_buffer_base_methods[], mp_command_buffer_check_methods[],
    mp_command_buffer_methods[], mp_encoder_methods[], mp_encoder_life_methods[],
    mp_encoder_order_methods[], mp_ticket_methods[], mp_resource_methods[],
    mp_compile_options_methods[], mp_compile_options_class_methods[],
    mp_library_methods[], mp_function_methods[], mp_pipeline_methods[];

#endif
