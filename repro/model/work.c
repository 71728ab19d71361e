/* What one command buffer executes: recording, and running it on the CPU reference.
 * Whatever a client bound or forgot to bind ends in an error of the buffer, never in a
 * fault here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repro/model/count.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"
#include "repro/model/event.h"
#include "repro/model/layer.h"
#include "repro/model/transfer.h"

struct mp_work *mp_work_create(bool retains_references) {
    struct mp_work *work = calloc(1, sizeof(*work));
    if (!work) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    atomic_init(&work->references, 1);
    work->retains_references = retains_references;
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->changed, NULL);
    return work;
}

struct mp_work *mp_work_hold(struct mp_work *work) {
    atomic_fetch_add_explicit(&work->references, 1, memory_order_relaxed);
    return work;
}

void mp_work_bind(const struct mp_work *work, struct mp_binding *to,
                  const struct mp_binding *from) {
    *to = *from;
    mp_object_hold(to->resource);
    mp_layer_take(to->resource, !work->retains_references);
}

static void binding_drop(const struct mp_work *work, const struct mp_binding *binding) {
    mp_layer_take_back(binding->resource, !work->retains_references);
    mp_object_drop(binding->resource);
}

static void commands_drop(const struct mp_work *work) {
    for (size_t i = 0; i < work->count; i++) {
        const struct mp_command *command = &work->command[i];
        mp_object_drop(command->pipeline);
        mp_object_drop(command->event);
        for (size_t b = 0; b < MP_KERNEL_BUFFERS_MAX; b++)
            binding_drop(work, &command->buffer[b]);
        binding_drop(work, &command->constants);
        binding_drop(work, &command->counter);
    }
    free(work->command);
}

void mp_work_drop(struct mp_work *work) {
    if (atomic_fetch_sub_explicit(&work->references, 1, memory_order_acq_rel) != 1)
        return;
    commands_drop(work);
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->lock);
    free(work);
}

void mp_work_fail(struct mp_work *work, int code, const char *fmt, ...) {
    if (work->error_code != MP_BUFFER_ERROR_NONE)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(work->error_text, sizeof(work->error_text), fmt, args);
    va_end(args);
    work->error_code = code;
    if (work->status == MP_BUFFER_COMPLETED)
        work->status = MP_BUFFER_ERROR;
}

/* Bytes from the bound address to the end; 0 if nothing is bound there. */
static uint64_t bytes_bound(const struct mp_binding *binding) {
    return binding->resource && binding->offset < binding->resource->length
               ? binding->resource->length - binding->offset
               : 0;
}

static void *address_bound(const struct mp_binding *binding) {
    return binding->resource->contents + binding->offset;
}

struct mp_command *mp_work_append(struct mp_work *work) {
    if (work->is_started)
        return NULL;
    if (work->count == work->size) {
        size_t size = work->size ? 2 * work->size : 8;
        struct mp_command *command = realloc(work->command, size * sizeof(*command));
        if (!command) {
            fprintf(stderr, "mpmodel: out of memory\n");
            abort();
        }
        work->command = command;
        work->size = size;
    }
    struct mp_command *command = &work->command[work->count++];
    *command = (struct mp_command){.kind = MP_COMMAND_DISPATCH};
    return command;
}

bool mp_work_add(struct mp_encoder *encoder, struct mp_size grid, struct mp_size group) {
    struct mp_work *work = encoder->work;
    struct mp_command *command = mp_work_append(work);
    if (!command)
        return false;
    command->pipeline = mp_object_hold(encoder->pipeline);
    command->grid = grid;
    command->group = group;
    if (command->pipeline) {
        const struct mp_kernel_reference *kernel = command->pipeline->kernel;
        for (unsigned i = 0; i < kernel->buffer_count; i++)
            mp_work_bind(work, &command->buffer[i], &encoder->binding[i]);
        if (kernel->constants_len)
            mp_work_bind(work, &command->constants,
                         &encoder->binding[kernel->buffer_count]);
        if (kernel->constants_len &&
            bytes_bound(&command->constants) >= kernel->constants_len)
            mp_defect_stage(&encoder->device->settings, kernel,
                            address_bound(&command->constants));
    }
    mp_work_bind(work, &command->counter, &encoder->binding[MP_KERNEL_COUNTER_INDEX]);
    mp_count_raise(MP_COUNT_DISPATCHES);
    return true;
}

/* Whether everything that a run with `constants` touches is bound; if not, writes why. */
static bool extents_fit(const struct mp_command *command, const void *constants,
                        char *ret_why, size_t size) {
    const struct mp_kernel_reference *kernel = command->pipeline->kernel;
    uint64_t need[MP_KERNEL_BUFFERS_MAX] = {0};
    bool fit = true;
    kernel->extent(constants, need);
    for (unsigned i = 0; i < kernel->buffer_count && fit; i++) {
        uint64_t have = bytes_bound(&command->buffer[i]);
        fit = need[i] <= have;
        if (!fit)
            snprintf(
                ret_why, size, "%s: buffer %u has %llu bytes, the kernel touches %llu",
                kernel->name, i, (unsigned long long)have, (unsigned long long)need[i]);
    }
    return fit;
}

/* The checks before a run that need no constants. Returns 0 or the error code with its
 * text. */
static int command_check(const struct mp_command *command, char *ret_why, size_t size) {
    const struct mp_size *group = &command->group;
    if (!command->pipeline) {
        snprintf(ret_why, size, "a dispatch has no pipeline state");
        return MP_BUFFER_ERROR_INVALID_RESOURCE;
    }
    const struct mp_kernel_reference *kernel = command->pipeline->kernel;
    unsigned long limit = MP_THREADS_PER_GROUP_MAX;
    if (!group->width || !group->height || !group->depth || group->width > limit ||
        group->height > limit || group->depth > limit ||
        group->width * group->height * group->depth > limit) {
        snprintf(ret_why, size,
                 "%s: a threadgroup of %lu x %lu x %lu threads; 1 to %lu are allowed",
                 kernel->name, group->width, group->height, group->depth, limit);
        return MP_BUFFER_ERROR_INTERNAL;
    }
    for (unsigned i = 0; i < kernel->buffer_count; i++) {
        if (!bytes_bound(&command->buffer[i]) ||
            command->buffer[i].offset % sizeof(float)) {
            snprintf(ret_why, size, "%s: no buffer, or a misaligned one, at index %u",
                     kernel->name, i);
            return MP_BUFFER_ERROR_INVALID_RESOURCE;
        }
    }
    if (kernel->constants_len &&
        bytes_bound(&command->constants) < kernel->constants_len) {
        snprintf(ret_why, size, "%s: no constants of %zu bytes at index %u", kernel->name,
                 kernel->constants_len, kernel->buffer_count);
        return MP_BUFFER_ERROR_INVALID_RESOURCE;
    }
    return MP_BUFFER_ERROR_NONE;
}

/* As the first thread of the grid does in the kernel source. */
static void counter_raise(const struct mp_binding *counter) {
    if (bytes_bound(counter) >= sizeof(uint32_t) &&
        counter->offset % sizeof(uint32_t) == 0)
        atomic_fetch_add_explicit((_Atomic uint32_t *)address_bound(counter), 1,
                                  memory_order_relaxed);
    mp_count_raise(MP_COUNT_EXECUTED);
}

/* Returns 0 or the error code with its text. */
static int command_run(const struct mp_command *command,
                       const struct mp_settings *settings, char *ret_why, size_t size) {
    unsigned char constants[MP_KERNEL_CONSTANTS_MAX], staged[MP_KERNEL_CONSTANTS_MAX];
    void *address[MP_KERNEL_BUFFERS_MAX] = {NULL};
    const void *used = constants;
    int error = command_check(command, ret_why, size);
    if (error != MP_BUFFER_ERROR_NONE)
        return error;
    if (!command->grid.width || !command->grid.height || !command->grid.depth)
        return MP_BUFFER_ERROR_NONE; /* a grid without threads runs nothing */
    const struct mp_kernel_reference *kernel = command->pipeline->kernel;
    if (kernel->constants_len)
        memcpy(constants, address_bound(&command->constants), kernel->constants_len);
    if (!extents_fit(command, constants, ret_why, size))
        return MP_BUFFER_ERROR_PAGE_FAULT;
    memcpy(staged, constants, kernel->constants_len);
    mp_defect_unstage(settings, kernel, staged);
    /* Foreign strides that leave the buffers would be a page fault, not wrong numbers. */
    if (extents_fit(command, staged, ret_why, size))
        used = staged;
    for (unsigned i = 0; i < kernel->buffer_count; i++)
        address[i] = address_bound(&command->buffer[i]);
    kernel->run(address, used);
    counter_raise(&command->counter);
    return MP_BUFFER_ERROR_NONE;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Runs one command. Returns 0 or the error code with its text. */
static int run_one(const struct mp_command *command, const struct mp_settings *settings,
                   char *ret_why, size_t size) {
    switch (command->kind) {
    case MP_COMMAND_COPY:
    case MP_COMMAND_FILL:
        return mp_transfer_run(command, ret_why, size);
    case MP_COMMAND_SIGNAL:
        mp_event_reach(command->event, command->value);
        return MP_BUFFER_ERROR_NONE;
    case MP_COMMAND_WAIT:
        return MP_BUFFER_ERROR_NONE; /* it is over */
    case MP_COMMAND_DISPATCH:
        break;
    }
    return mp_defect_strikes(settings, MP_DEFECT_SILENT_DROP)
               ? MP_BUFFER_ERROR_NONE
               : command_run(command, settings, ret_why, size);
}

/* A started work is no longer changed, so the commands are read without the lock. */
bool mp_work_execute(struct mp_command_buffer *buffer,
                     const struct mp_settings *settings) {
    struct mp_work *work = buffer->work;
    char why[MP_WORK_TEXT_MAX] = "";
    int error = MP_BUFFER_ERROR_NONE;
    pthread_mutex_lock(&work->lock);
    if (work->start_ns == 0)
        work->start_ns = now_ns();
    pthread_mutex_unlock(&work->lock);
    while (work->done < work->count && error == MP_BUFFER_ERROR_NONE) {
        const struct mp_command *command = &work->command[work->done++];
        if (command->kind == MP_COMMAND_WAIT &&
            mp_event_park(command->event, command->value, &buffer->park))
            return false;
        error = run_one(command, settings, why, sizeof(why));
    }
    pthread_mutex_lock(&work->lock);
    work->end_ns = now_ns();
    if (error != MP_BUFFER_ERROR_NONE)
        mp_work_fail(work, error, "%s", why);
    pthread_mutex_unlock(&work->lock);
    return true;
}

void mp_work_clear(struct mp_work *work) {
    commands_drop(work);
    pthread_mutex_lock(&work->lock);
    work->command = NULL;
    work->count = work->size = 0;
    pthread_mutex_unlock(&work->lock);
}

struct mp_command_buffer *mp_work_start(struct mp_work *work,
                                        const struct mp_settings *settings) {
    struct mp_command_buffer *buffer = NULL;
    bool may_grow = work->holders > 0 && mp_settings_hold(settings);
    if (work->is_committed && !work->is_started && !may_grow) {
        work->is_started = true;
        buffer = work->owner;
        work->owner = NULL;
    }
    return buffer;
}
