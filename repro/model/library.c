/* MTLCompileOptions, MTLLibrary, MTLFunction and MTLComputePipelineState of the model: it
 * does not compile Metal source, it finds the kernels in it by name and runs their CPU
 * references.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repro/model/count.h"
#include "repro/model/driver.h"
#include "repro/model/foundation.h"

#define EXECUTION_WIDTH         32 /* threadExecutionWidth of Apple's GPUs */
#define COMPILE_FAILURE         3  /* MTLLibraryErrorCompileFailure */
#define PIPELINE_FAILURE        3
#define LIBRARY_FUNCTIONS_LIMIT 256

static void *checked(void *memory) {
    if (!memory) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    return memory;
}

static void error_set(id *ret_error, const char *domain, long code, const char *text) {
    if (ret_error)
        *ret_error = mp_error_make(domain, code, text);
}

/* End of the comment or string literal that starts at `at`, else `at`. */
static const char *skip_passage(const char *at) {
    const char *end = at;
    if (!strncmp(at, "//", 2)) {
        end = at + strcspn(at, "\n");
    } else if (!strncmp(at, "/*", 2)) {
        const char *close = strstr(at + 2, "*/");
        end = close ? close + 2 : at + strlen(at);
    } else if (*at == '"') {
        for (end = at + 1; *end && *end != '"'; end++)
            end += *end == '\\' && end[1];
        end += *end == '"';
    }
    return end;
}

/* A copy of `source` with comments and literals blanked, so that what is left is code. */
static char *code_of(const char *source) {
    size_t len = strlen(source), done = 0;
    char *code = checked(calloc(len + 1, 1));
    while (done < len) {
        const char *end = skip_passage(source + done);
        size_t skipped = (size_t)(end - (source + done));
        memset(code + done, ' ', skipped);
        done += skipped;
        if (skipped == 0) {
            code[done] = source[done];
            done++;
        }
    }
    return code;
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_space(const char *at) {
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Past `word` and following space, or NULL if `at` does not start with that word. */
static const char *skip_word(const char *at, const char *word) {
    size_t len = strlen(word);
    return strncmp(at, word, len) != 0 || is_word(at[len]) ? NULL : skip_space(at + len);
}

/* The name in "kernel void NAME(" or "[[kernel]] void NAME(" at `at`; length 0 if there
 * is none. */
static size_t kernel_name(const char *at, const char **ret_name) {
    size_t len = 0;
    const char *next = skip_word(at, "kernel");
    if (next && !strncmp(next, "]]", 2))
        next = skip_space(next + 2);
    next = next ? skip_word(next, "void") : NULL;
    if (next &&
        *skip_space(next + strspn(next,
                                  "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789")) == '(') {
        while (is_word(next[len]))
            len++;
        *ret_name = next;
    }
    return len;
}

/* Returns NULL, or why this is not Metal source. Adds the kernels' names to the
 * library. */
static const char *scan(const char *code, struct mp_library *library) {
    long depth = 0;
    const char *why = NULL;
    library->name = checked(calloc(LIBRARY_FUNCTIONS_LIMIT, sizeof(char *)));
    for (const char *at = code; *at && depth >= 0; at++) {
        const char *name = NULL;
        depth += (*at == '{') - (*at == '}');
        size_t len = at == code || !is_word(at[-1]) ? kernel_name(at, &name) : 0;
        if (len > 0 && library->count < LIBRARY_FUNCTIONS_LIMIT) {
            char *copy = checked(malloc(len + 1));
            memcpy(copy, name, len);
            copy[len] = '\0';
            library->name[library->count++] = copy;
        }
    }
    if (depth != 0)
        why = "program_source: error: unbalanced braces";
    else if (library->count == 0)
        why = "program_source: error: no kernel: expected \"kernel void NAME(\"";
    return why;
}

MP_METHOD(id, compile_options_new, "+[MTLCompileOptions new]", id self, MP_CMD) {
    (void)self;
    return mp_object_create(MP_CLASS_COMPILE_OPTIONS);
}

MP_METHOD(void, compile_options_set_version, "-[MTLCompileOptions setLanguageVersion:]",
          struct mp_compile_options *self, MP_CMD, unsigned long version) {
    self->language_version = version;
}

MP_METHOD(void, compile_options_set_fast_math, "-[MTLCompileOptions setFastMathEnabled:]",
          struct mp_compile_options *self, MP_CMD, BOOL fast) {
    self->is_math_set = true;
    self->is_math_fast = fast;
}

MP_METHOD(void, compile_options_dealloc, "-[MTLCompileOptions dealloc]", id self,
          MP_CMD) {
    mp_object_destroy(self);
}

/* Whether Metal has such a language version: 1.0 to 1.2, 2.0 to 2.4, 3.0 to 3.2, 4.0. */
static bool is_version_known(unsigned long version) {
    static const unsigned long newest_minor[] = {0, 2, 4, 2, 0};
    unsigned long major = version >> 16, minor = version & 0xffff;
    return major >= 1 && major < sizeof(newest_minor) / sizeof(newest_minor[0]) &&
           minor <= newest_minor[major];
}

/* Returns NULL, or why there is no compiling with these options. */
static const char *options_check(const struct mp_compile_options *options) {
    bool has_version = options && options->language_version != 0;
    if (!has_version || !options->is_math_set)
        mp_count_raise(MP_COUNT_LIBRARIES_UNPINNED);
    return has_version && !is_version_known(options->language_version)
               ? "program_source: error: unknown language version"
               : NULL;
}

struct mp_library *mp_library_create(struct mp_device *device, const char *source,
                                     const struct mp_compile_options *options,
                                     id *ret_error) {
    struct mp_library *library = mp_object_create(MP_CLASS_LIBRARY);
    char *code = code_of(source);
    library->device = mp_object_hold(device);
    const char *why = options_check(options);
    why = why ? why : scan(code, library);
    free(code);
    if (why) {
        error_set(ret_error, "MTLLibraryErrorDomain", COMPILE_FAILURE, why);
        mp_object_drop(library);
        library = NULL;
    }
    return library;
}

MP_METHOD(id, library_new_function, "-[_MTLLibrary newFunctionWithName:]",
          struct mp_library *self, MP_CMD, id name) {
    struct mp_function *function = NULL;
    const char *text = mp_string_text(name);
    for (unsigned long i = 0; i < self->count && !function; i++) {
        if (strcmp(self->name[i], text) != 0)
            continue;
        function = mp_object_create(MP_CLASS_FUNCTION);
        function->device = mp_object_hold(self->device);
        function->name = checked(strdup(text));
    }
    return (id)function;
}

MP_METHOD(id, library_function_names, "-[_MTLLibrary functionNames]",
          struct mp_library *self, MP_CMD) {
    id names[LIBRARY_FUNCTIONS_LIMIT];
    for (unsigned long i = 0; i < self->count; i++)
        names[i] = mp_string_make(self->name[i]);
    return mp_array_make(names, self->count);
}

MP_METHOD(id, library_device, "-[_MTLLibrary device]", struct mp_library *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, library_dealloc, "-[_MTLLibrary dealloc]", struct mp_library *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    for (unsigned long i = 0; i < self->count; i++)
        free(self->name[i]);
    free(self->name);
    mp_object_destroy(self);
    mp_object_drop(device);
}

MP_METHOD(id, function_name, "-[_MTLFunction name]", struct mp_function *self, MP_CMD) {
    return mp_string_make(self->name);
}

MP_METHOD(id, function_device, "-[_MTLFunction device]", struct mp_function *self,
          MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, function_dealloc, "-[_MTLFunction dealloc]", struct mp_function *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    free(self->name);
    mp_object_destroy(self);
    mp_object_drop(device);
}

struct mp_pipeline *mp_pipeline_create(struct mp_device *device,
                                       struct mp_function *function, id *ret_error) {
    struct mp_pipeline *pipeline = NULL;
    const struct mp_kernel_reference *kernel =
        function ? mp_kernel_reference_find(function->name) : NULL;
    char text[256];
    if (kernel) {
        pipeline = mp_object_create(MP_CLASS_PIPELINE);
        pipeline->device = mp_object_hold(device);
        pipeline->kernel = kernel;
    } else {
        snprintf(text, sizeof(text),
                 "the model cannot run function \"%.120s\": it has no CPU reference of "
                 "that name",
                 function ? function->name : "nil");
        error_set(ret_error, "AGXMetalG16X", PIPELINE_FAILURE, text);
    }
    return pipeline;
}

MP_METHOD(unsigned long, pipeline_max_threads,
          "-[AGXG16XFamilyComputePipeline maxTotalThreadsPerThreadgroup]", id self,
          MP_CMD) {
    (void)self;
    return MP_THREADS_PER_GROUP_MAX;
}

MP_METHOD(unsigned long, pipeline_width,
          "-[AGXG16XFamilyComputePipeline threadExecutionWidth]", id self, MP_CMD) {
    (void)self;
    return EXECUTION_WIDTH;
}

MP_METHOD(id, pipeline_device, "-[AGXG16XFamilyComputePipeline device]",
          struct mp_pipeline *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, pipeline_dealloc, "-[AGXG16XFamilyComputePipeline dealloc]",
          struct mp_pipeline *self, MP_CMD) {
    struct mp_device *device = self->device;
    mp_object_destroy(self);
    mp_object_drop(device);
}

const struct mp_method mp_compile_options_methods[] = {
    MP_ROW("setLanguageVersion:", "v@:Q", compile_options_set_version),
    MP_ROW("setFastMathEnabled:", "v@:" MP_BOOL_ENCODING, compile_options_set_fast_math),
    MP_ROW("dealloc", "v@:", compile_options_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_compile_options_class_methods[] = {
    MP_ROW("new", "@@:", compile_options_new),
    MP_ROWS_END,
};
const struct mp_method mp_library_methods[] = {
    MP_ROW("newFunctionWithName:", "@@:@", library_new_function),
    MP_ROW("functionNames", "@@:", library_function_names),
    MP_ROW("device", "@@:", library_device),
    MP_ROW("dealloc", "v@:", library_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_function_methods[] = {
    MP_ROW("name", "@@:", function_name),
    MP_ROW("device", "@@:", function_device),
    MP_ROW("dealloc", "v@:", function_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_pipeline_methods[] = {
    MP_ROW("maxTotalThreadsPerThreadgroup", "Q@:", pipeline_max_threads),
    MP_ROW("threadExecutionWidth", "Q@:", pipeline_width),
    MP_ROW("device", "@@:", pipeline_device),
    MP_ROW("dealloc", "v@:", pipeline_dealloc),
    MP_ROWS_END,
};
