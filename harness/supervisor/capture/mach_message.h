/* The messages that come to the port of a round, byte by byte: the kernel's notice of a
 * crash, and the round's hello. Pure; any bytes are safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_MACH_MESSAGE_H
#define MP_CAPTURE_MACH_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/capture/apple_exception.h"
#include "harness/wire/hello.h"

#define MP_MACH_EXCEPTION_ID 2405 /* mach_exception_raise, XNU's mach_exc.defs */
/* Of mach/message.h: bits of a header, kinds of descriptors and of rights. */
#define MP_MACH_COMPLEX        UINT32_C(0x80000000)
#define MP_MACH_REMOTE_BITS    UINT32_C(0x1f)
#define MP_MACH_PORT_TYPE      0
#define MP_MACH_MOVE_SEND      17
#define MP_MACH_MOVE_SEND_ONCE UINT32_C(18)
/* EXC_CRASH of mach/exception_types.h: the final notice about a process. */
#define MP_MACH_EXC_CRASH 10
/* What a port is received for, with room for the kernel's trailer. */
#define MP_MACH_RECEIVE_MAX 512

#pragma pack(push, 4)

struct mp_mach_exception_message {
    struct mp_mach_header header;
    uint32_t descriptors;
    struct mp_mach_port thread, task;
    uint8_t ndr[8];
    int32_t exception;
    uint32_t code_count;
    uint64_t code[2];
};

struct mp_mach_reply {
    struct mp_mach_header header;
    uint8_t ndr[8];
    int32_t status;
};

#pragma pack(pop)

enum mp_mach_kind {
    MP_MACH_FOREIGN, /* neither: to be destroyed */
    MP_MACH_CRASH,
    MP_MACH_HELLO
};

struct mp_mach_message {
    enum mp_mach_kind kind;
    uint32_t thread, task; /* rights that the receiver now owns; hello: task only */
    uint64_t code[2];      /* of a crash */
};

/* `bytes` holds what was received into a buffer of `size`. */
void mp_mach_message_read(const void *bytes, size_t size,
                          struct mp_mach_message *ret_message);

/* The answer to a crash message: `status` says whether the kernel goes on as if nobody
 * had taken it. */
void mp_mach_reply_make(const struct mp_mach_exception_message *message, int32_t status,
                        struct mp_mach_reply *ret_reply);

/* What EXC_CRASH says in its two codes (XNU's kern_exit.c): bits 24 to 31 the signal, 20
 * to 23 the exception that led to it, 0 to 19 the first code of that; and its second
 * code, the address, as it was. Signals have macOS's numbers. */
void mp_mach_crash_decode(const uint64_t code[2],
                          struct mp_apple_exception *ret_exception);

#endif
