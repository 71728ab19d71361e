/* Layouts: XNU's mach/message.h; the sizes were compared with the system's headers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/mach_message.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"

#define REPLY_DISTANCE 100

_Static_assert(sizeof(struct mp_mach_header) == 24, "as mach_msg_header_t");
_Static_assert(sizeof(struct mp_mach_port) == 12, "as mach_msg_port_descriptor_t");
_Static_assert(offsetof(struct mp_mach_exception_message, thread) == 28,
               "behind the body");
_Static_assert(offsetof(struct mp_mach_exception_message, exception) == 60,
               "mach_exc.defs");
_Static_assert(offsetof(struct mp_mach_exception_message, code_count) == 64,
               "mach_exc.defs");
_Static_assert(offsetof(struct mp_mach_exception_message, code) == 68, "mach_exc.defs");
_Static_assert(sizeof(struct mp_mach_reply) == 36, "mig_reply_error_t");
_Static_assert(sizeof(struct mp_hello_message) == 40, "one port");

/* macOS's numbers: this code runs on Linux too. */
static const char *const signal_names[] = {
    [1] = "SIGHUP",   [2] = "SIGINT",   [3] = "SIGQUIT",  [4] = "SIGILL",
    [5] = "SIGTRAP",  [6] = "SIGABRT",  [7] = "SIGEMT",   [8] = "SIGFPE",
    [9] = "SIGKILL",  [10] = "SIGBUS",  [11] = "SIGSEGV", [12] = "SIGSYS",
    [13] = "SIGPIPE", [14] = "SIGALRM", [15] = "SIGTERM",
};

static const char *const exception_names[] = {
    [0] = "EXC_CRASH",      [1] = "EXC_BAD_ACCESS", [2] = "EXC_BAD_INSTRUCTION",
    [3] = "EXC_ARITHMETIC", [4] = "EXC_EMULATION",  [5] = "EXC_SOFTWARE",
    [6] = "EXC_BREAKPOINT", [11] = "EXC_RESOURCE",  [12] = "EXC_GUARD",
};

/* A right of another kind would not be given back by what gives a send right back. */
static bool is_send_right(const struct mp_mach_port *port) {
    return port->type == MP_MACH_PORT_TYPE && port->disposition == MP_MACH_MOVE_SEND;
}

static bool is_hello(const struct mp_hello_message *hello, size_t size) {
    return size >= sizeof(*hello) && hello->header.id == MP_HELLO_ID &&
           hello->header.size == sizeof(*hello) && hello->descriptors == 1 &&
           is_send_right(&hello->task);
}

static bool is_crash(const struct mp_mach_exception_message *crash, size_t size) {
    return size >= sizeof(*crash) && crash->header.id == MP_MACH_EXCEPTION_ID &&
           crash->header.size == sizeof(*crash) && crash->descriptors == 2 &&
           is_send_right(&crash->thread) && is_send_right(&crash->task) &&
           crash->exception == MP_MACH_EXC_CRASH && crash->code_count == 2;
}

void mp_mach_message_read(const void *bytes, size_t size,
                          struct mp_mach_message *ret_message) {
    struct mp_mach_message message = {.kind = MP_MACH_FOREIGN};
    struct mp_mach_exception_message crash = {0};
    struct mp_hello_message hello = {0};
    memcpy(&crash, bytes, size < sizeof(crash) ? size : sizeof(crash));
    memcpy(&hello, bytes, size < sizeof(hello) ? size : sizeof(hello));
    bool is_complex =
        size >= sizeof(crash.header) && (crash.header.bits & MP_MACH_COMPLEX) != 0;
    if (is_complex && is_crash(&crash, size)) {
        message = (struct mp_mach_message){
            .kind = MP_MACH_CRASH, .thread = crash.thread.name, .task = crash.task.name};
        memcpy(message.code, crash.code, sizeof(message.code));
    } else if (is_complex && is_hello(&hello, size)) {
        message =
            (struct mp_mach_message){.kind = MP_MACH_HELLO, .task = hello.task.name};
    }
    *ret_message = message;
}

void mp_mach_reply_make(const struct mp_mach_exception_message *message, int32_t status,
                        struct mp_mach_reply *ret_reply) {
    struct mp_mach_reply reply = {0};
    reply.header.bits = message->header.bits & MP_MACH_REMOTE_BITS;
    if (reply.header.bits == 0)
        reply.header.bits = MP_MACH_MOVE_SEND_ONCE;
    reply.header.size = sizeof(reply);
    reply.header.remote = message->header.remote;
    reply.header.id = message->header.id + REPLY_DISTANCE;
    memcpy(reply.ndr, message->ndr, sizeof(reply.ndr));
    reply.status = status;
    *ret_reply = reply;
}

void mp_mach_crash_decode(const uint64_t code[2],
                          struct mp_apple_exception *ret_exception) {
    struct mp_apple_exception exception = {0};
    uint64_t signal = code[0] >> 24 & 0xff;
    uint64_t original = code[0] >> 20 & 0xf;
    const char *name = signal < MP_COUNT(signal_names) ? signal_names[signal] : NULL;
    const char *type =
        original < MP_COUNT(exception_names) ? exception_names[original] : NULL;
    snprintf(exception.signal, sizeof(exception.signal), "%s", name != NULL ? name : "");
    snprintf(exception.type, sizeof(exception.type), "%s",
             type != NULL ? type : "EXC_CRASH");
    exception.has_code = original != 0;
    exception.has_address = original != 0;
    exception.code = original != 0 ? code[0] & 0xfffff : 0;
    exception.address = original != 0 ? code[1] : 0;
    *ret_exception = exception;
}
