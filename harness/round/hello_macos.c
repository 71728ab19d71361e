/* The supervisor registers a port just before it spawns a round, and registered ports are
 * inherited (XNU, ipc_task_init); the first of them is the one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/hello.h"

#include <mach/mach.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/hello.h"

#define SEND_LIMIT_MS 100

static void send_task(mach_port_t port) {
    union {
        mach_msg_header_t header;
        struct mp_hello_message hello;
    } out = {.hello = {.header = {.bits = MACH_MSGH_BITS_COMPLEX |
                                          MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0),
                                  .size = sizeof(struct mp_hello_message),
                                  .remote = port,
                                  .id = MP_HELLO_ID},
                       .descriptors = 1,
                       .task = {.name = mach_task_self(),
                                .disposition = MACH_MSG_TYPE_COPY_SEND,
                                .type = MACH_MSG_PORT_DESCRIPTOR}}};
    (void)mach_msg(&out.header, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof(out.hello), 0,
                   MACH_PORT_NULL, SEND_LIMIT_MS, MACH_PORT_NULL);
}

void mp_hello_say(void) {
    mach_port_array_t port = NULL;
    mach_msg_type_number_t count = 0;
    if (mach_ports_lookup(mach_task_self(), &port, &count) != KERN_SUCCESS)
        return;
    if (count > 0 && MACH_PORT_VALID(port[0]))
        send_task(port[0]);
    for (mach_msg_type_number_t i = 0; i < count; i++)
        if (MACH_PORT_VALID(port[i]))
            (void)mach_port_deallocate(mach_task_self(), port[i]);
    if (port != NULL)
        (void)vm_deallocate(mach_task_self(), (vm_address_t)(uintptr_t)port,
                            count * sizeof(*port));
    /* What this process starts is not to inherit it. */
    (void)mach_ports_register(mach_task_self(), NULL, 0);
}
