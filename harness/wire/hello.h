/* The message by which a round on macOS hands its task to the supervisor, so that a hang
 * can be sampled; otherwise that would take a password (task_for_pid). Layouts as in
 * Apple's mach/message.h, packed to 4, held against it by layout_macos.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_HELLO_H
#define MP_WIRE_HELLO_H

#include <stdint.h>

#define MP_HELLO_ID 0x6d707268 /* "mprh" */

#pragma pack(push, 4)

struct mp_mach_header {
    uint32_t bits, size;
    uint32_t remote, local; /* received: to reply to, received at */
    uint32_t voucher;
    int32_t id;
};

struct mp_mach_port {
    uint32_t name, pad1;
    uint32_t pad2 : 16, disposition : 8, type : 8;
};

struct mp_hello_message {
    struct mp_mach_header header;
    uint32_t descriptors;
    struct mp_mach_port task;
};

#pragma pack(pop)

#endif
