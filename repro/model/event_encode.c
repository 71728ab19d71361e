/* AGXG16XFamilyCommandBuffer: signals of events and waits for them as commands. The texts
 * and the method names of the assertions are those of Apple's crash reports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/assertion.h"
#include "repro/model/count.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"
#include "repro/model/event.h"

/* What both encoding calls do first. commitEncoder ends the previous encoder's pass, off
 * any queue of the client's: another place where a context goes. Inline, so that an abort
 * has the name of the method. */
static inline void encode(struct mp_command_buffer *buffer, enum mp_command_kind kind,
                          struct mp_event *event, uint64_t value, enum mp_defect defect,
                          enum mp_assertion if_open) {
    struct mp_work *work = buffer->work;
    pthread_mutex_lock(&work->lock);
    mp_defect_assert(&buffer->queue->device->settings, defect, if_open);
    if (work->has_open_encoder)
        mp_assertion_raise(if_open);
    if (work->status >= MP_BUFFER_COMMITTED)
        mp_assertion_raise(MP_ASSERTION_AFTER_COMMIT);
    pthread_mutex_unlock(&work->lock);
    mp_send_void((id)buffer, mp_selector.commit_encoder);
    pthread_mutex_lock(&work->lock);
    struct mp_command *command = mp_work_append(work);
    if (command) {
        command->kind = kind;
        command->event = mp_object_hold(event);
        command->value = value;
    } else {
        mp_count_raise(MP_COUNT_LOST);
    }
    pthread_mutex_unlock(&work->lock);
}

MP_METHOD(void, buffer_encode_signal,
          "-[IOGPUMetalCommandBuffer encodeSignalEvent:value:]",
          struct mp_command_buffer *self, MP_CMD, struct mp_event *event,
          uint64_t value) {
    encode(self, MP_COMMAND_SIGNAL, event, value, MP_DEFECT_ASSERT_SIGNAL,
           MP_ASSERTION_SIGNAL_OPEN);
}

MP_METHOD(void, buffer_encode_wait,
          "-[IOGPUMetalCommandBuffer encodeWaitForEvent:value:]",
          struct mp_command_buffer *self, MP_CMD, struct mp_event *event,
          uint64_t value) {
    encode(self, MP_COMMAND_WAIT, event, value, MP_DEFECT_ASSERT_WAIT,
           MP_ASSERTION_WAIT_OPEN);
}

const struct mp_method mp_event_encode_methods[] = {
    MP_ROW("encodeSignalEvent:value:", "v@:@Q", buffer_encode_signal),
    MP_ROW("encodeWaitForEvent:value:", "v@:@Q", buffer_encode_wait),
    MP_ROWS_END,
};
