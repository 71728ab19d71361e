/* Ports, rights, messages and the queue that waits for them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/mach_message.h"
#include "harness/tests/mach_double/double.h"

#define FIRST_NAME     0x103
#define SELF           0x102
#define TRAILER        8
#define RETURN_AT      32
#define RIGHTS_AT      28
#define RIGHT_STRIDE   12
#define DISPOSITION_AT 10

struct double_kernel *double_kernel(void) {
    static struct double_kernel kernel = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                          .changed = PTHREAD_COND_INITIALIZER};
    return &kernel;
}

static struct double_kernel *enter(void) {
    struct double_kernel *kernel = double_kernel();
    pthread_mutex_lock(&kernel->lock);
    return kernel;
}

static kern_return_t leave(struct double_kernel *kernel, kern_return_t result) {
    pthread_mutex_unlock(&kernel->lock);
    return result;
}

bool double_refuses(struct double_kernel *kernel, enum mach_double_call call) {
    struct mach_double_knobs *knobs = &kernel->knobs;
    if (knobs->refused != call)
        return false;
    if (knobs->refused_after > 0) {
        knobs->refused_after--;
        return false;
    }
    knobs->refused = DOUBLE_NO_CALL;
    kernel->counts.refused++;
    return true;
}

struct double_name *double_look_up(struct double_kernel *kernel, mach_port_t name) {
    size_t index = (size_t)name - FIRST_NAME;
    bool is_name = name >= FIRST_NAME && index < DOUBLE_NAMES_MAX &&
                   kernel->name[index].kind != KIND_FREE;
    return is_name ? &kernel->name[index] : NULL;
}

mach_port_t mach_task_self(void) {
    return SELF;
}

static mach_port_t make_name(struct double_kernel *kernel, struct double_name name) {
    for (size_t i = 0; i < DOUBLE_NAMES_MAX; i++) {
        if (kernel->name[i].kind == KIND_FREE) {
            name.queue = -1;
            kernel->name[i] = name;
            return (mach_port_t)(FIRST_NAME + i);
        }
    }
    abort();
}

mach_port_t double_name_of(struct double_kernel *kernel, enum double_kind kind, pid_t pid,
                           pid_t tid) {
    for (size_t i = 0; i < DOUBLE_NAMES_MAX; i++) {
        struct double_name *name = &kernel->name[i];
        if (name->kind == kind && name->pid == pid && name->tid == tid) {
            name->send_refs++;
            return (mach_port_t)(FIRST_NAME + i);
        }
    }
    return make_name(kernel, (struct double_name){
                                 .kind = kind, .pid = pid, .tid = tid, .send_refs = 1});
}

static void free_if_unused(struct double_name *name) {
    if (name->send_refs > 0 || name->has_receive)
        return;
    if (name->queue >= 0)
        close(name->queue);
    *name = (struct double_name){.kind = KIND_FREE};
}

static kern_return_t drop_send(struct double_kernel *kernel, mach_port_t right) {
    struct double_name *name = double_look_up(kernel, right);
    if (name == NULL)
        return KERN_INVALID_NAME;
    if (name->send_refs == 0)
        return KERN_INVALID_RIGHT;
    name->send_refs--;
    if (name->kind == KIND_REPLY) {
        kernel->counts.unanswered++;
        double_answered(kernel, name->pid);
    }
    free_if_unused(name);
    return KERN_SUCCESS;
}

void double_post(struct double_kernel *kernel, const void *bytes, size_t size,
                 const mach_port_t *right, unsigned carried, mach_port_t to) {
    struct double_name *port = double_look_up(kernel, to);
    bool is_alive = port != NULL && port->has_receive && size <= DOUBLE_MESSAGE_MAX &&
                    kernel->message_count < DOUBLE_MESSAGES_MAX;
    if (!is_alive) {
        for (unsigned i = 0; i < carried; i++)
            (void)drop_send(kernel, right[i]);
        return;
    }
    struct double_message *message = mp_memory_zeroed(1, sizeof(*message));
    message->to = to;
    message->size = size;
    message->carried = carried;
    memcpy(message->bytes, bytes, size);
    for (unsigned i = 0; i < carried; i++)
        message->right[i] = right[i];
    kernel->message[kernel->message_count++] = message;
    if (port->queue >= 0)
        (void)eventfd_write(port->queue, 1);
    pthread_cond_broadcast(&kernel->changed);
}

void double_post_crash(struct double_kernel *kernel, struct double_task *task,
                       uint64_t code, uint64_t subcode) {
    mach_port_t right[] = {
        double_name_of(kernel, KIND_THREAD, task->pid, task->crashed),
        double_name_of(kernel, KIND_TASK, task->pid, 0),
        make_name(
            kernel,
            (struct double_name){.kind = KIND_REPLY, .pid = task->pid, .send_refs = 1}),
    };
    struct mp_mach_exception_message message = {
        .header = {.bits = MACH_MSGH_BITS_COMPLEX |
                           MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE,
                                          MACH_MSG_TYPE_MOVE_SEND),
                   .size = sizeof(message),
                   .remote = right[2],
                   .local = task->port,
                   .id = MP_MACH_EXCEPTION_ID},
        .descriptors = 2,
        .thread = {.name = right[0], .disposition = MACH_MSG_TYPE_MOVE_SEND},
        .task = {.name = right[1], .disposition = MACH_MSG_TYPE_MOVE_SEND},
        .exception = MP_MACH_EXC_CRASH,
        .code_count = 2,
        .code = {code, subcode}};
    kernel->counts.crashes++;
    double_post(kernel, &message, sizeof(message), right, 3, task->port);
}

void double_post_hello(struct double_kernel *kernel, mach_port_t to, pid_t pid) {
    mach_port_t right = double_name_of(kernel, KIND_TASK, pid, 0);
    struct mp_hello_message message = {
        .header = {.bits = MACH_MSGH_BITS_COMPLEX |
                           MACH_MSGH_BITS(0, MACH_MSG_TYPE_MOVE_SEND),
                   .size = sizeof(message),
                   .local = to,
                   .id = MP_HELLO_ID},
        .descriptors = 1,
        .task = {.name = right, .disposition = MACH_MSG_TYPE_MOVE_SEND}};
    double_post(kernel, &message, sizeof(message), &right, 1, to);
}

kern_return_t mach_port_allocate(mach_port_t task, int right, mach_port_t *ret_name) {
    struct double_kernel *kernel = enter();
    if (kernel->knobs.refuses_port || double_refuses(kernel, DOUBLE_PORT_ALLOCATE))
        return leave(kernel, KERN_NO_SPACE);
    if (task != SELF || right != MACH_PORT_RIGHT_RECEIVE)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    *ret_name =
        make_name(kernel, (struct double_name){.kind = KIND_PORT, .has_receive = true});
    return leave(kernel, KERN_SUCCESS);
}

kern_return_t mach_port_insert_right(mach_port_t task, mach_port_t name, mach_port_t port,
                                     int disposition) {
    struct double_kernel *kernel = enter();
    struct double_name *it = double_look_up(kernel, name);
    if (kernel->knobs.refuses_right || double_refuses(kernel, DOUBLE_PORT_INSERT_RIGHT) ||
        it == NULL || !it->has_receive || task != SELF || name != port ||
        disposition != MACH_MSG_TYPE_MAKE_SEND)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    it->send_refs++;
    return leave(kernel, KERN_SUCCESS);
}

/* Removes the first message to `port` from the queue; NULL if there is none. */
static struct double_message *take_message(struct double_kernel *kernel,
                                           mach_port_t port) {
    for (size_t i = 0; i < kernel->message_count; i++) {
        struct double_message *message = kernel->message[i];
        if (message->to != port)
            continue;
        kernel->message_count--;
        memmove(&kernel->message[i], &kernel->message[i + 1],
                (kernel->message_count - i) * sizeof(struct double_message *));
        return message;
    }
    return NULL;
}

static void destroy_message(struct double_kernel *kernel,
                            struct double_message *message) {
    for (unsigned i = 0; i < message->carried; i++)
        (void)drop_send(kernel, message->right[i]);
    free(message);
}

static void end_receive(struct double_kernel *kernel, struct double_name *it,
                        mach_port_t name) {
    it->has_receive = false;
    for (struct double_message *message = take_message(kernel, name); message != NULL;
         message = take_message(kernel, name))
        destroy_message(kernel, message);
    free_if_unused(it);
}

kern_return_t mach_port_mod_refs(mach_port_t task, mach_port_t name, int right,
                                 int delta) {
    struct double_kernel *kernel = enter();
    struct double_name *it = double_look_up(kernel, name);
    if (double_refuses(kernel, DOUBLE_PORT_MOD_REFS))
        return leave(kernel, KERN_INVALID_RIGHT);
    if (it == NULL || !it->has_receive || task != SELF ||
        right != MACH_PORT_RIGHT_RECEIVE || delta != -1) {
        kernel->counts.bad_releases++;
        return leave(kernel, KERN_INVALID_RIGHT);
    }
    end_receive(kernel, it, name);
    return leave(kernel, KERN_SUCCESS);
}

kern_return_t mach_port_deallocate(mach_port_t task, mach_port_t name) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_PORT_DEALLOCATE))
        return leave(kernel, KERN_INVALID_RIGHT);
    kern_return_t result = task == SELF ? drop_send(kernel, name) : KERN_INVALID_ARGUMENT;
    kernel->counts.bad_releases += result != KERN_SUCCESS;
    return leave(kernel, result);
}

kern_return_t mach_ports_register(mach_port_t task, mach_port_t *ports,
                                  mach_msg_type_number_t count) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_PORTS_REGISTER) || task != SELF || count > 3)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    kernel->registered = count > 0 ? ports[0] : MACH_PORT_NULL;
    return leave(kernel, KERN_SUCCESS);
}

/* As the system does: always three, in memory of its own. */
kern_return_t mach_ports_lookup(mach_port_t task, mach_port_array_t *ret_ports,
                                mach_msg_type_number_t *ret_count) {
    struct double_kernel *kernel = enter();
    if (task != SELF)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    *ret_count = 3;
    *ret_ports = mp_memory_zeroed(3, sizeof(**ret_ports));
    kernel->counts.lists++;
    struct double_name *name = double_look_up(kernel, kernel->registered);
    if (name != NULL) {
        name->send_refs++;
        (*ret_ports)[0] = kernel->registered;
    }
    return leave(kernel, KERN_SUCCESS);
}

static kern_return_t receive(struct double_kernel *kernel, uint8_t *buf, size_t size,
                             mach_port_t port) {
    struct double_name *name = double_look_up(kernel, port);
    if (name == NULL || !name->has_receive)
        return MACH_RCV_INVALID_NAME;
    bool is_refused = double_refuses(kernel, DOUBLE_RECEIVE);
    int error = is_refused ? kernel->knobs.refused_with : KERN_SUCCESS;
    if (is_refused && error != MACH_RCV_BODY_ERROR)
        return error;
    struct double_message *message = take_message(kernel, port);
    if (message == NULL)
        return MACH_RCV_TIMED_OUT;
    if (message->size + TRAILER > size) {
        destroy_message(kernel, message);
        return MACH_RCV_TOO_LARGE;
    }
    const uint32_t trailer[2] = {0, TRAILER};
    memcpy(buf, message->bytes, message->size);
    memcpy(buf + message->size, trailer, sizeof(trailer));
    free(message);
    return error; /* of a body: the message is there nevertheless */
}

/* An answer, or a message with one right to a copy of a name (the hello). */
static kern_return_t send(struct double_kernel *kernel, const mach_msg_header_t *header,
                          size_t size) {
    struct double_name *to = double_look_up(kernel, header->msgh_remote_port);
    uint32_t disposition = header->msgh_bits & 0x1f;
    if (double_refuses(kernel, DOUBLE_SEND))
        return kernel->knobs.refused_with;
    if (kernel->knobs.loses_replies || to == NULL || header->msgh_size != size)
        return MACH_SEND_INVALID_DEST;
    const uint8_t *bytes = (const uint8_t *)header;
    if (to->kind == KIND_REPLY && disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE &&
        header->msgh_id == MP_MACH_EXCEPTION_ID + 100 &&
        size == sizeof(struct mp_mach_reply)) {
        memcpy(&kernel->counts.last_reply, bytes + RETURN_AT, sizeof(int32_t));
        kernel->counts.replies++;
        pid_t pid = to->pid;
        to->send_refs = 0;
        free_if_unused(to);
        double_answered(kernel, pid);
        return KERN_SUCCESS;
    }
    if (to->kind == KIND_PORT && disposition == MACH_MSG_TYPE_COPY_SEND &&
        size == sizeof(struct mp_hello_message)) {
        mach_port_t right = double_name_of(kernel, KIND_TASK, getpid(), 0);
        struct mp_hello_message hello;
        memcpy(&hello, bytes, sizeof(hello));
        if (hello.task.name != SELF || hello.task.disposition != MACH_MSG_TYPE_COPY_SEND)
            return MACH_SEND_INVALID_DEST;
        hello.task.name = right;
        hello.task.disposition = MACH_MSG_TYPE_MOVE_SEND;
        hello.header.remote = 0;
        double_post(kernel, &hello, sizeof(hello), &right, 1, header->msgh_remote_port);
        return KERN_SUCCESS;
    }
    return MACH_SEND_INVALID_DEST;
}

kern_return_t mach_msg(mach_msg_header_t *message, int options, mach_msg_size_t send_size,
                       mach_msg_size_t receive_size, mach_port_t port,
                       uint32_t timeout_ms, mach_port_t notify) {
    struct double_kernel *kernel = enter();
    if (notify != MACH_PORT_NULL)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    if (options == (MACH_RCV_MSG | MACH_RCV_TIMEOUT) && timeout_ms == 0)
        return leave(kernel, receive(kernel, (uint8_t *)message, receive_size, port));
    if (options == (MACH_SEND_MSG | MACH_SEND_TIMEOUT))
        return leave(kernel, send(kernel, message, send_size));
    return leave(kernel, KERN_INVALID_ARGUMENT);
}

void mach_msg_destroy(mach_msg_header_t *message) {
    struct double_kernel *kernel = enter();
    const uint8_t *bytes = (const uint8_t *)message;
    uint32_t count = 0;
    kernel->counts.destroyed++;
    if (message->msgh_remote_port != MACH_PORT_NULL)
        (void)drop_send(kernel, message->msgh_remote_port);
    if ((message->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0)
        memcpy(&count, bytes + sizeof(*message), sizeof(count));
    for (uint32_t i = 0; i < count; i++) {
        mach_port_t right = MACH_PORT_NULL;
        memcpy(&right, bytes + RIGHTS_AT + (size_t)i * RIGHT_STRIDE, sizeof(right));
        (void)drop_send(kernel, right);
    }
    (void)leave(kernel, KERN_SUCCESS);
}

int kqueue(void) {
    struct double_kernel *kernel = enter();
    bool is_refused =
        kernel->knobs.refuses_queue || double_refuses(kernel, DOUBLE_KQUEUE);
    (void)leave(kernel, KERN_SUCCESS);
    if (is_refused) {
        errno = EMFILE;
        return -1;
    }
    return eventfd(0, EFD_NONBLOCK);
}

static bool has_message(const struct double_kernel *kernel, mach_port_t port) {
    for (size_t i = 0; i < kernel->message_count; i++)
        if (kernel->message[i]->to == port)
            return true;
    return false;
}

/* The queue and the port know each other by what only one of them has: the port a copy of
 * the descriptor. */
int kevent(int queue, const struct kevent *change, int change_count, struct kevent *event,
           int event_count, const struct timespec *timeout) {
    struct double_kernel *kernel = enter();
    (void)timeout;
    if (double_refuses(kernel, DOUBLE_KEVENT)) {
        (void)leave(kernel, KERN_SUCCESS);
        errno = EINTR;
        return -1;
    }
    if (change_count == 1) {
        struct double_name *name = double_look_up(kernel, (mach_port_t)change->ident);
        bool is_sound = name != NULL && name->has_receive && change->flags == EV_ADD &&
                        change->filter == EVFILT_MACHPORT;
        if (is_sound)
            name->queue = dup(queue);
        (void)leave(kernel, KERN_SUCCESS);
        return is_sound ? 0 : -1;
    }
    eventfd_t ignored = 0;
    int count = 0;
    if (event_count == 1 && eventfd_read(queue, &ignored) == 0) {
        for (size_t i = 0; i < DOUBLE_NAMES_MAX && count == 0; i++) {
            mach_port_t port = (mach_port_t)(FIRST_NAME + i);
            if (kernel->name[i].has_receive && has_message(kernel, port)) {
                EV_SET(event, port, EVFILT_MACHPORT, 0, 0, 0, NULL);
                count = 1;
            }
        }
        /* It stays readable while a message waits. */
        if (count > 0)
            (void)eventfd_write(queue, 1);
    }
    (void)leave(kernel, KERN_SUCCESS);
    return count;
}

void mach_double_reset(void) {
    struct double_kernel *kernel = enter();
    kernel->knobs = (struct mach_double_knobs){0};
    kernel->counts = (struct mach_double_counts){0};
    (void)leave(kernel, KERN_SUCCESS);
}

struct mach_double_knobs *mach_double_knobs(void) {
    return &double_kernel()->knobs;
}

struct mach_double_counts mach_double_counts(void) {
    struct double_kernel *kernel = enter();
    struct mach_double_counts counts = kernel->counts;
    (void)leave(kernel, KERN_SUCCESS);
    return counts;
}

void mach_double_end_rights(void) {
    struct double_kernel *kernel = enter();
    for (size_t i = 0; i < DOUBLE_NAMES_MAX; i++) {
        struct double_name *name = &kernel->name[i];
        mach_port_t right = (mach_port_t)(FIRST_NAME + i);
        if (name->has_receive)
            end_receive(kernel, name, right);
        while (name->send_refs > 0)
            (void)drop_send(kernel, right);
    }
    for (size_t i = 0; i < DOUBLE_TASKS_MAX; i++)
        kernel->task[i].suspended = 0;
    pthread_cond_broadcast(&kernel->changed);
    (void)leave(kernel, KERN_SUCCESS);
}

unsigned mach_double_rights(void) {
    struct double_kernel *kernel = enter();
    unsigned count = 0;
    for (size_t i = 0; i < DOUBLE_NAMES_MAX; i++)
        count += kernel->name[i].send_refs + kernel->name[i].has_receive;
    (void)leave(kernel, KERN_SUCCESS);
    return count;
}

bool mach_double_is_registered(void) {
    struct double_kernel *kernel = enter();
    bool is_registered = kernel->registered != MACH_PORT_NULL;
    (void)leave(kernel, KERN_SUCCESS);
    return is_registered;
}

bool mach_double_await_crash(void) {
    struct double_kernel *kernel = enter();
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    int error = 0;
    while (kernel->counts.crashes == 0 && error == 0)
        error = pthread_cond_timedwait(&kernel->changed, &kernel->lock, &until);
    return leave(kernel, error) == 0;
}

void mach_double_send(const void *bytes, size_t size, unsigned carried, pid_t pid) {
    struct double_kernel *kernel = enter();
    mach_port_t to = MACH_PORT_NULL, right[2];
    uint8_t copy[DOUBLE_MESSAGE_MAX] = {0};
    memcpy(copy, bytes, size);
    for (size_t i = 0; i < DOUBLE_NAMES_MAX; i++)
        if (kernel->name[i].has_receive)
            to = (mach_port_t)(FIRST_NAME + i);
    for (unsigned i = 0; i < carried; i++) {
        right[i] = double_name_of(kernel, KIND_TASK, pid, 0);
        uint8_t *descriptor = copy + RIGHTS_AT + (size_t)i * RIGHT_STRIDE;
        memcpy(descriptor, &right[i], sizeof(right[i]));
        descriptor[DISPOSITION_AT] = MACH_MSG_TYPE_MOVE_SEND;
    }
    double_post(kernel, copy, size, right, carried, to);
    (void)leave(kernel, KERN_SUCCESS);
}

struct mp_crash *mach_double_take_witness(void) {
    struct double_kernel *kernel = enter();
    struct mp_crash *witness = kernel->witness;
    kernel->witness = NULL;
    (void)leave(kernel, KERN_SUCCESS);
    return witness;
}
