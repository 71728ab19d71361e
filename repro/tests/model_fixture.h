/* For the tests of the model: opening the library, sending messages to it as a client
 * does, and running a case in a process of its own, so that it may crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MODEL_FIXTURE_H
#define MP_TESTS_MODEL_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repro/model/runtime.h"

struct model {
    id device; /* +1 */
    void *(*pool_push)(void);
    void (*pool_pop)(void *pool);
    const char *(*configure)(const char *settings);
    const char *(*settings)(void);
    unsigned long long (*count)(const char *name);
    int (*mirror)(const char *name, _Atomic unsigned long long *word);
    id (*create_device)(void);
    id (*copy_devices)(void);
};

struct size3 {
    unsigned long width, height, depth;
};

/* Loads the library; `settings` NULL: no device is made. Ends the process if that
 * fails. */
void model_open(struct model *model, const char *settings);

/* Ends the process with exit code 1 and the line if `good` is false. */
void model_check(bool good, const char *text, const char *file, int line);
#define CHECK(condition) model_check((condition), #condition, __FILE__, __LINE__)

id model_class(const char *name);
id model_string(const char *text);
const char *model_text(id string);

/* Messages by the types of result and arguments; the receiver may not be nil. */
id model_send(id receiver, const char *selector);
unsigned long model_number(id receiver, const char *selector);
id model_send_id(id receiver, const char *selector, id a);
id model_send_id_out(id receiver, const char *selector, id a, id *ret_error);
id model_send_number(id receiver, const char *selector, unsigned long a);
id model_send_numbers(id receiver, const char *selector, unsigned long a,
                      unsigned long b);

/* +1 */
id model_queue(const struct model *model);
id model_buffer(const struct model *model, unsigned long length);
id model_pipeline(const struct model *model, const char *kernel);
id model_library(const struct model *model, const char *source, id *ret_error);
void *model_contents(id buffer);

void model_set_buffer(id encoder, id buffer, unsigned long index);
void model_set_bytes(id encoder, const void *bytes, unsigned long len,
                     unsigned long index);
void model_dispatch(id encoder, unsigned long width, unsigned long group);
/* A whole op: pipeline, `count` buffers, constants (len 0: none), counter at 30 (or
 * nil). */
void model_encode(id encoder, id pipeline, const id *buffers, unsigned long count,
                  const void *constants, unsigned long len, id counter);
/* Error code of a command buffer, 0 without error. */
long model_error_code(id buffer, char *ret_text, size_t size);

/* A case runs in a process of its own: this program with "--case NAME". */
struct model_case {
    const char *name;
    void (*run)(void);
};
struct model_result {
    int exit_code; /* -1: ended by `signal` */
    int signal;
    bool faulted; /* SIGSEGV or SIGBUS, with `address` */
    uint64_t address;
    char text[8192]; /* what it wrote on stderr */
};
/* If the arguments ask for a case: runs it and does not return. To be called first in
 * main. */
void model_case_main(int argc, char **argv, const struct model_case *cases);
void model_case_run(const char *name, struct model_result *ret_result);
/* Asserts in a cmocka test that a case ended well, or by SIGABRT with `text` on
 * stderr. */
void model_case_passes(const char *name);
void model_case_aborts(const char *name, const char *text);

/* Whether this program is built with a sanitizer, which catches faults itself. */
extern const bool model_is_sanitized;
extern const bool model_has_tsan;

#endif
