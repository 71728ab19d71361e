/* See model_fixture.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/tests/model_fixture.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CASE_DEADLINE_S 60
#define FAULT_EXIT_CODE 99

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
const bool model_has_tsan = true;
const bool model_is_sanitized = true;
#elif defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
const bool model_has_tsan = false;
const bool model_is_sanitized = true;
#else
const bool model_has_tsan = false;
const bool model_is_sanitized = false;
#endif

/* LeakSanitizer asks the program: libobjc never frees what it made for classes and
 * selectors, and many cases end as a client does that dies. That nothing leaks is tested
 * by counting. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libobjc\nleak:mpmodel\n";
}

extern char **environ;
static const char *program; /* argv[0] */

void model_check(bool good, const char *text, const char *file, int line) {
    if (!good) {
        fprintf(stderr, "%s:%d: not true: %s\n", file, line, text);
        _exit(1);
    }
}

static void *find(void *library, const char *name) {
    void *function = dlsym(library, name);
    if (!function) {
        fprintf(stderr, "the model exports no %s\n", name);
        _exit(1);
    }
    return function;
}

void model_open(struct model *model, const char *settings) {
    void *library = dlopen(MP_TEST_MODEL, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        _exit(1);
    }
    *model = (struct model){.device = NULL};
    *(void **)&model->pool_push = find(library, "objc_autoreleasePoolPush");
    *(void **)&model->pool_pop = find(library, "objc_autoreleasePoolPop");
    *(void **)&model->configure = find(library, "mp_model_configure");
    *(void **)&model->settings = find(library, "mp_model_settings");
    *(void **)&model->count = find(library, "mp_model_count");
    *(void **)&model->mirror = find(library, "mp_model_mirror");
    *(void **)&model->create_device = find(library, "MTLCreateSystemDefaultDevice");
    *(void **)&model->copy_devices = find(library, "MTLCopyAllDevices");
    if (settings) {
        const char *refusal = model->configure(settings);
        if (refusal) {
            fprintf(stderr, "%s\n", refusal);
            _exit(1);
        }
        model->device = model->create_device();
        CHECK(model->device != NULL);
    }
}

id model_class(const char *name) {
    return (id)objc_lookUpClass(name);
}

id model_send(id receiver, const char *selector) {
    SEL sel = sel_registerName(selector);
    return ((id(*)(id, SEL))mp_method_find(receiver, sel))(receiver, sel);
}

unsigned long model_number(id receiver, const char *selector) {
    SEL sel = sel_registerName(selector);
    return ((unsigned long (*)(id, SEL))mp_method_find(receiver, sel))(receiver, sel);
}

id model_send_id(id receiver, const char *selector, id a) {
    SEL sel = sel_registerName(selector);
    return ((id(*)(id, SEL, id))mp_method_find(receiver, sel))(receiver, sel, a);
}

id model_send_id_out(id receiver, const char *selector, id a, id *ret_error) {
    SEL sel = sel_registerName(selector);
    return ((id(*)(id, SEL, id, id *))mp_method_find(receiver, sel))(receiver, sel, a,
                                                                     ret_error);
}

id model_send_number(id receiver, const char *selector, unsigned long a) {
    SEL sel = sel_registerName(selector);
    return ((id(*)(id, SEL, unsigned long))mp_method_find(receiver, sel))(receiver, sel,
                                                                          a);
}

id model_send_numbers(id receiver, const char *selector, unsigned long a,
                      unsigned long b) {
    SEL sel = sel_registerName(selector);
    return ((id(*)(id, SEL, unsigned long, unsigned long))mp_method_find(receiver, sel))(
        receiver, sel, a, b);
}

id model_string(const char *text) {
    SEL sel = sel_registerName("stringWithUTF8String:");
    id class = model_class("NSString");
    return ((id(*)(id, SEL, const char *))mp_method_find(class, sel))(class, sel, text);
}

const char *model_text(id string) {
    return string ? (const char *)model_send(string, "UTF8String") : "";
}

id model_queue(const struct model *model) {
    return model_send(model->device, "newCommandQueue");
}

id model_buffer(const struct model *model, unsigned long length) {
    return model_send_numbers(model->device, "newBufferWithLength:options:", length, 0);
}

id model_library(const struct model *model, const char *source, id *ret_error) {
    SEL sel = sel_registerName("newLibraryWithSource:options:error:");
    mp_imp *method = mp_method_find(model->device, sel);
    return ((id(*)(id, SEL, id, id, id *))method)(model->device, sel,
                                                  model_string(source), NULL, ret_error);
}

id model_pipeline(const struct model *model, const char *kernel) {
    char source[256];
    id error = NULL;
    snprintf(source, sizeof(source),
             "kernel void %s(uint i [[thread_position_in_grid]]) {}", kernel);
    void *pool = model->pool_push();
    id library = model_library(model, source, &error);
    CHECK(library != NULL);
    id function = model_send_id(library, "newFunctionWithName:", model_string(kernel));
    CHECK(function != NULL);
    id pipeline = model_send_id_out(
        model->device, "newComputePipelineStateWithFunction:error:", function, &error);
    model_send(function, "release");
    model_send(library, "release");
    model->pool_pop(pool);
    return pipeline;
}

void *model_contents(id buffer) {
    return model_send(buffer, "contents");
}

void model_set_buffer(id encoder, id buffer, unsigned long index) {
    SEL sel = sel_registerName("setBuffer:offset:atIndex:");
    ((void (*)(id, SEL, id, unsigned long, unsigned long))mp_method_find(encoder, sel))(
        encoder, sel, buffer, 0, index);
}

void model_set_bytes(id encoder, const void *bytes, unsigned long len,
                     unsigned long index) {
    SEL sel = sel_registerName("setBytes:length:atIndex:");
    ((void (*)(id, SEL, const void *, unsigned long, unsigned long))mp_method_find(
        encoder, sel))(encoder, sel, bytes, len, index);
}

void model_dispatch(id encoder, unsigned long width, unsigned long group) {
    SEL sel = sel_registerName("dispatchThreads:threadsPerThreadgroup:");
    ((void (*)(id, SEL, struct size3, struct size3))mp_method_find(encoder, sel))(
        encoder, sel, (struct size3){width, 1, 1}, (struct size3){group, 1, 1});
}

void model_encode(id encoder, id pipeline, const id *buffers, unsigned long count,
                  const void *constants, unsigned long len, id counter) {
    model_send_id(encoder, "setComputePipelineState:", pipeline);
    for (unsigned long i = 0; i < count; i++)
        model_set_buffer(encoder, buffers[i], i);
    if (len)
        model_set_bytes(encoder, constants, len, count);
    if (counter)
        model_set_buffer(encoder, counter, 30);
    model_dispatch(encoder, 64, 32);
}

long model_error_code(id buffer, char *ret_text, size_t size) {
    id error = model_send(buffer, "error");
    snprintf(ret_text, size, "%s",
             error ? model_text(model_send(error, "localizedDescription")) : "");
    return error ? (long)model_number(error, "code") : 0;
}

/* Async-signal-safe. */
static void fault_report(int signal_number, siginfo_t *info, void *context) {
    char line[] = "fault 0x0000000000000000\n";
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr;
    (void)signal_number, (void)context;
    for (size_t i = 0; i < 16; i++)
        line[8 + i] = "0123456789abcdef"[(address >> (60 - 4 * i)) & 15];
    ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
    _exit(written > 0 ? FAULT_EXIT_CODE : 1);
}

void model_case_main(int argc, char **argv, const struct model_case *cases) {
    program = argv[0];
    if (argc != 3 || strcmp(argv[1], "--case") != 0)
        return;
    struct sigaction action = {.sa_sigaction = fault_report, .sa_flags = SA_SIGINFO};
    if (!model_is_sanitized) {
        sigaction(SIGSEGV, &action, NULL);
        sigaction(SIGBUS, &action, NULL);
    }
    alarm(CASE_DEADLINE_S);
    for (; cases->name; cases++) {
        if (!strcmp(cases->name, argv[2])) {
            cases->run();
            exit(0);
        }
    }
    fprintf(stderr, "no case %s\n", argv[2]);
    exit(2);
}

void model_case_run(const char *name, struct model_result *ret_result) {
    char *argv[] = {(char *)program, "--case", (char *)name, NULL};
    struct model_result result = {.exit_code = -1};
    posix_spawn_file_actions_t actions;
    int pipe_fd[2], status = 0;
    size_t len = 0;
    pid_t child = 0;
    ssize_t got = 0;
    assert_int_equal(pipe(pipe_fd), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[0]);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[1]);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fd[1]);
    do { /* what does not fit is read and lost: the child must not wait for the pipe */
        char rest[512];
        size_t space = sizeof(result.text) - 1 - len;
        got = read(pipe_fd[0], space ? result.text + len : rest,
                   space ? space : sizeof(rest));
        len += space && got > 0 ? (size_t)got : 0;
    } while (got > 0);
    close(pipe_fd[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        result.exit_code = WEXITSTATUS(status);
    else
        result.signal = WTERMSIG(status);
    const char *fault = strstr(result.text, "fault 0x");
    if (result.exit_code == FAULT_EXIT_CODE && fault) {
        result.faulted = true;
        result.address = strtoull(fault + 6, NULL, 16);
    }
    *ret_result = result;
}

void model_case_passes(const char *name) {
    struct model_result result;
    model_case_run(name, &result);
    if (result.exit_code != 0)
        fail_msg("case %s: exit code %d, signal %d:\n%s", name, result.exit_code,
                 result.signal, result.text);
}

void model_case_aborts(const char *name, const char *text) {
    struct model_result result;
    model_case_run(name, &result);
    if (result.signal != SIGABRT || !strstr(result.text, text))
        fail_msg("case %s: exit code %d, signal %d, expected SIGABRT and `%s':\n%s", name,
                 result.exit_code, result.signal, text, result.text);
}
