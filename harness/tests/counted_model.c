/* The model driver, with a line in $MODEL_OPENINGS for each time that its device was
 * opened.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((visibility("default"))) void *MTLCreateSystemDefaultDevice(void);

void *MTLCreateSystemDefaultDevice(void) {
    const char *path = getenv("MODEL_OPENINGS");
    FILE *openings = path ? fopen(path, "a") : NULL;
    void *library = dlopen("libmpmodel.so", RTLD_NOW | RTLD_NOLOAD);
    void *symbol = library ? dlsym(library, "MTLCreateSystemDefaultDevice") : NULL;
    void *(*create)(void) = NULL;
    memcpy(&create, &symbol, sizeof(create));
    if (openings) {
        fputs("opened\n", openings);
        fclose(openings);
    }
    return create ? create() : NULL;
}
