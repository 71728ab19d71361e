/* mpstress known: which failures somebody looks after, and until when.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/known.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/json.h"
#include "results/store/known.h"

enum action { ACTION_ADD, ACTION_LIST, ACTION_REMOVE, ACTION_COUNT };
static const char *const ACTIONS[ACTION_COUNT + 1] = {"add", "list", "remove", NULL};

static enum mp_status read_action(const struct mp_args *args, enum action *ret_action,
                                  struct mp_error *err) {
    size_t i = 0;
    if (args->operand_count == 0)
        return mp_error_set(
            err, MP_USAGE,
            "say what to do: known add SIGNATURE, known remove SIGNATURE, "
            "or known list");
    while (i < ACTION_COUNT && strcmp(ACTIONS[i], args->operand[0]) != 0)
        i++;
    if (i == ACTION_COUNT)
        return mp_option_unknown(err, "thing to do", args->operand[0], ACTIONS);
    *ret_action = (enum action)i;
    if (args->operand_count != (i == ACTION_LIST ? 1 : 2))
        return mp_error_set(err, MP_USAGE, "known %s takes %s", ACTIONS[i],
                            i == ACTION_LIST ? "no signature" : "one signature");
    static const char *const of_add[] = {"issue", "until"};
    for (size_t k = 0; k < 2 && i != ACTION_ADD; k++)
        if (mp_args_is_set(args, of_add[k]))
            return mp_error_set(err, MP_USAGE, "--%s is for known add", of_add[k]);
    if (i != ACTION_LIST && mp_args_flag(args, "all"))
        return mp_error_set(err, MP_USAGE, "--all is for known list");
    return MP_OK;
}

/* A scheme, a colon, and no blank or control byte. */
static bool is_url(const char *text) {
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789+.-");
    if (scheme == 0 || !isalpha((unsigned char)text[0]) || text[scheme] != ':' ||
        text[scheme + 1] == '\0' || strlen(text) > 1000)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    return true;
}

static enum mp_status check_add(const struct mp_args *args, struct mp_known_row *ret_row,
                                struct mp_error *err) {
    ret_row->issue = mp_args_text(args, "issue");
    ret_row->until = mp_args_text(args, "until");
    if (ret_row->issue == NULL || ret_row->until == NULL)
        return mp_error_set(err, MP_USAGE,
                            "known add needs --issue URL, where it is looked after, and "
                            "--until DATE, the last day on which it counts as known");
    if (!is_url(ret_row->issue))
        return mp_error_set(err, MP_USAGE,
                            "--issue '%s' is not a URL, such as "
                            "https://github.com/OWNER/NAME/issues/1",
                            ret_row->issue);
    if (!mp_known_is_day(ret_row->until))
        return mp_error_set(err, MP_USAGE,
                            "--until '%s' is not a day; write it as 2026-12-31",
                            ret_row->until);
    return MP_OK;
}

static enum mp_status add(const struct mp_args *args, struct mp_store *store,
                          struct mp_strbuf *key, struct mp_error *err) {
    struct mp_known_row row = {0};
    enum mp_status status = check_add(args, &row, err);
    if (status == MP_OK)
        status = mp_store_signature_key(store, args->operand[1], key, err);
    row.key = key->text;
    return status == MP_OK ? mp_store_known_add(store, &row, err) : status;
}

static enum mp_status drop(const struct mp_args *args, struct mp_store *store,
                           struct mp_strbuf *key, struct mp_error *err) {
    enum mp_status status = mp_store_signature_key(store, args->operand[1], key, err);
    return status == MP_OK ? mp_store_known_remove(store, key->text, err) : status;
}

static enum mp_status list(const struct mp_args *args, struct mp_store *store,
                           struct mp_strbuf *text, struct mp_error *err) {
    bool is_all = mp_args_flag(args, "all");
    return mp_args_flag(args, "json")
               ? mp_known_list_json(store, is_all, text, err)
               : mp_known_list_text(store, is_all, mp_terminal_width(STDOUT_FILENO), text,
                                    err);
}

/* Whether a day, as "2026-12-31", is over by the clock of UTC. */
static bool is_past(const char *day) {
    char now[32];
    mp_clock_format_utc(mp_clock_wall_ns(), now, sizeof(now));
    return strncmp(day, now, strlen("2026-12-31")) < 0;
}

/* What add and remove did. */
static void say(const struct mp_args *args, enum action action, const char *key,
                struct mp_strbuf *text) {
    if (mp_args_flag(args, "json")) {
        struct json_object *document = mp_json_document("known", "ok", MP_CODE_OK);
        mp_json_add_text(document, "action", ACTIONS[action]);
        mp_json_add_text(document, "key", key);
        mp_json_print(document, text);
        return;
    }
    mp_strbuf_add_escaped(text, key, strlen(key), 0);
    if (action == ACTION_ADD && is_past(mp_args_text(args, "until")))
        mp_strbuf_addf(text, ": EXPIRED on %s already, so that it counts as new; %s\n",
                       mp_args_text(args, "until"), mp_args_text(args, "issue"));
    else if (action == ACTION_ADD)
        mp_strbuf_addf(text, ": known until %s; %s\n", mp_args_text(args, "until"),
                       mp_args_text(args, "issue"));
    else
        mp_strbuf_addstr(text, ": known no longer\n");
}

static enum mp_status act(const struct mp_args *args, enum action action,
                          struct mp_strbuf *text, struct mp_error *err) {
    struct mp_store *store = NULL;
    struct mp_store_patience patience = {.limit_ns = mp_command_db_wait_ns(args)};
    const char *path = mp_command_database(args);
    struct mp_strbuf key;
    mp_strbuf_init(&key);
    /* A mistyped name must leave no empty database behind. */
    enum mp_status status = mp_store_open(path, MP_STORE_READ, &store, err);
    if (status == MP_OK && action == ACTION_LIST) {
        status = list(args, store, text, err);
    } else if (status == MP_OK) {
        mp_store_close(store);
        store = NULL;
        status = mp_store_open_patiently(path, MP_STORE_WRITE, &patience, &store, err);
        if (status == MP_OK)
            status = action == ACTION_ADD ? add(args, store, &key, err)
                                          : drop(args, store, &key, err);
        if (status == MP_OK)
            say(args, action, key.text, text);
    }
    if (status == MP_OK)
        status = mp_store_check(store, err);
    mp_store_close(store);
    mp_strbuf_release(&key);
    return status;
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_error err;
    struct mp_strbuf text;
    enum action action = ACTION_LIST;
    mp_strbuf_init(&text);
    enum mp_status status = read_action(args, &action, &err);
    if (status == MP_OK)
        status = act(args, action, &text, &err);
    if (status == MP_OK)
        fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    return status == MP_OK ? MP_CODE_OK
                           : mp_command_fail(args, mp_command_code(status), &err);
}

static const struct mp_option options[] = {
    {.name = "issue",
     .type = MP_OPTION_TEXT,
     .metavar = "URL",
     .help = "with add: where the failure is looked after"},
    {.name = "until",
     .type = MP_OPTION_TEXT,
     .metavar = "DATE",
     .help = "with add: the last day on which it counts as known, such as 2026-12-31; "
             "afterwards it counts as new, and reports say so"},
    {.name = "all",
     .type = MP_OPTION_FLAG,
     .help = "with list: the signatures that are not known as well"},
    MP_ROW_DB,
    MP_ROW_DB_WAIT,
    MP_ROW_JSON,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Makes a kind of crash known, for a time: one that has an issue where somebody looks "
    "after it. Reports of runs and nights then tell known failures from new ones, say "
    "which known one vanished, and say when an entry has expired; a campaign whose "
    "failures are all known is KNOWN FAILURES. With --only-new the exit code of run and "
    "report follows the new ones. Rates, claims and comparisons count all of them.",
    "SIGNATURE is the key of a signature, a beginning of it that no other one has, or its "
    "number in the database; 'mpstress known list --all' shows them. A failure without a "
    "stack has no signature and cannot be known. What is known is in the database, by "
    "its key, and goes with it: merge keeps the later of two entries. A campaign is "
    "judged by the day of its night, or on which it was started.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress run noop --device null:fault=segv_null --rounds 3 --db known.db  # exits "
     "1",
     "failures of one kind"},
    {"mpstress known list --all --db known.db", "which kinds there are"},
    {"mpstress known add 1 --issue https://github.com/OWNER/NAME/issues/1 --until "
     "2099-12-31 --db known.db",
     "the first has an issue, and is known until that day"},
    {"mpstress report --only-new --db known.db", "nothing is new, so the exit code is 0"},
    {"mpstress known remove 1 --db known.db", "it counts as new again"},
    {0},
};

const struct mp_command mp_command_known = {
    .name = "known",
    .summary = "tell known failures from new ones",
    .operands = "add SIGNATURE | list | remove SIGNATURE",
    .operand_names = "add|list|remove",
    .number_names = "signature",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
