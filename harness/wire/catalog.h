/* What a round program can do, as text: `mpstress-round --describe` writes it (and
 * `--describe-device` the item of one device, which it opens), the supervisor reads it,
 * so that `mpstress` knows devices, scenarios, parameters and arms without linking any of
 * them. One line an item, fields separated by tabs; \t, \n and \\ in fields are escaped
 * with a backslash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_CATALOG_H
#define MP_WIRE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/option.h"
#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/wire/round_spec.h"

#define MP_CATALOG_ITEMS_MAX 128

enum mp_catalog_kind { MP_CATALOG_DEVICE, MP_CATALOG_SCENARIO, MP_CATALOG_ARM };

/* One device, scenario or arm. All texts are owned by the catalog (or, on the round's
 * side, const tables that are borrowed). */
struct mp_catalog_item {
    enum mp_catalog_kind kind;
    const char *name;
    const char *summary;
    bool is_present;    /* device: whether it opens here; others: true */
    bool is_broken;     /* device: it died or hung while it was opened; not in the text */
    bool is_unasked;    /* device: nobody could ask whether it opens; not in the text */
    const char *detail; /* device: GPU and driver, or why absent; scenario: the bug */
    const char *how;    /* scenario: how it tries; device: what its settings mean */
    const char *hit;    /* scenario: what a hit looks like */
    const char *origin; /* scenario: where it comes from */
    bool promises_overlap; /* scenario */
    bool serialises;       /* arm */
    bool injects;          /* arm: a library, named by --fix */
    bool is_default;       /* device: may be the default */
    bool is_virtual;       /* device: its GPU is that of a virtual machine */
    bool has_outputs;      /* scenario: of its ops, which are checked */
    const char *planted;   /* device: settings that plant a race, or "" */
    const char *harmless;  /* device: settings with which no round fails, or ""; see
                            * mp_catalog_settings_match */
    const char *hidden;    /* device: settings whose harm only outputs show, or "" */
    const char *usual;     /* device: parameters in place of a scenario's defaults, or "";
                            * "mm:iters=200,n=8 noop:iters=9" */
    bool blames_client;    /* device: a synchronize beside a shared queue is the client's
                            * fault */
    const char *frames;    /* device: name prefixes of its driver, separated by spaces */
    const char *finders;   /* device: arms of finder.def that find there, separated by
                              spaces */
    /* settings or parameters, ended by a row without a name */
    const struct mp_option *rows;
};

struct mp_catalog {
    struct mp_catalog_item item[MP_CATALOG_ITEMS_MAX];
    size_t count;
    void *storage; /* private to catalog.c */
};

/* Whether a device opens, and as what. */
struct mp_catalog_finding {
    bool is_present, is_broken, is_unasked, is_virtual;
    char detail[512];
};

/* Finds out about the device `name`; `ret_finding` is zeroed. */
typedef void mp_catalog_look_fn(void *data, const char *name,
                                struct mp_catalog_finding *ret_finding);

/* Adds the lines of one item. */
void mp_catalog_write(const struct mp_catalog_item *item, struct mp_strbuf *buf);
/* Reads what mp_catalog_write wrote. Any bytes are safe. Release with
 * mp_catalog_release. */
enum mp_status mp_catalog_parse(const char *text, size_t len,
                                struct mp_catalog *ret_catalog, struct mp_error *err);
void mp_catalog_release(struct mp_catalog *catalog);

/* To find out whether a device opens is expensive and dangerous. With `look` each device
 * is tried when it is first asked for, and the answer kept. Without, the items are taken
 * as they are. `catalog` was parsed, stays where it is, and `data` outlives it. */
void mp_catalog_set_look(struct mp_catalog *catalog, mp_catalog_look_fn *look,
                         void *data);
/* True if `device`, an item of `catalog`, opens; afterwards the item says as what or why
 * not. */
bool mp_catalog_opens(const struct mp_catalog *catalog,
                      const struct mp_catalog_item *device);
/* The word for it: "present", "absent" or "broken". */
const char *mp_catalog_presence(const struct mp_catalog_item *device);

/* The item, or NULL with an error that names the offender and the nearest valid name. An
 * arm such as "env:NAME=VALUE" is found by the part before '=' or ':'. */
const struct mp_catalog_item *mp_catalog_find(const struct mp_catalog *catalog,
                                              enum mp_catalog_kind kind, const char *name,
                                              struct mp_error *err);

/* The default device: the first eligible one that opens, else the last eligible one;
 * NULL if none is. */
const struct mp_catalog_item *mp_catalog_default_device(const struct mp_catalog *catalog);
/* Writes the device with its planted race, "NAME:PLANTED". False if it has none. */
bool mp_catalog_write_planted(const struct mp_catalog_item *device,
                              char ret_text[MP_SPEC_DEVICE_MAX]);

/* Whether the settings of `device` ("null:fault=wrong,p=1") match a pattern: alternatives
 * with | between them, each a list of settings with commas, all of which are there;
 * "!NAME" says that NAME is absent, "!NAME=VALUE" that it has another value. The
 * setting that matched first is borrowed from the pattern in `ret_setting`, `ret_len`
 * bytes long. "" matches nothing. */
bool mp_catalog_settings_match(const char *device, const char *pattern,
                               const char **ret_setting, size_t *ret_len);

/* The device that `text` names, with every setting spelled: "metal@model:reader=U,...".
 * `ret_item` is borrowed from the catalog. Errors name the offender and the nearest. */
enum mp_status mp_catalog_device(const struct mp_catalog *catalog, const char *text,
                                 char ret_text[MP_SPEC_DEVICE_MAX],
                                 const struct mp_catalog_item **ret_item,
                                 struct mp_error *err);

#endif
