/* Internal to results/store: the open file, its statements, its transactions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_DATABASE_H
#define MP_STORE_DATABASE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/identity.h"
#include "harness/base/strbuf.h"
#include "results/store/handle.h"
#include "results/store/statement.h"
#include "results/store/store.h"

/* Makes the tables and views of a new file: results/schema.sql and what later versions
 * added. */
extern const char mp_schema_sql[];
/* From version 1 to 2. */
extern const char mp_schema_2_sql[];
/* From version 2 to 3. */
extern const char mp_schema_3_sql[];
/* From version 3 to 4. */
extern const char mp_schema_4_sql[];
/* From version 4 to 5. */
extern const char mp_schema_5_sql[];

/* As mp_store_open, with another schema than that of this program. `schema` is
 * borrowed. */
enum mp_status mp_database_open(const char *path, enum mp_store_mode mode,
                                const struct mp_schema *schema,
                                struct mp_store **ret_store, struct mp_error *err);

/* The version of the schema that this program writes. */
int mp_database_version(const struct mp_store *store);
/* A copy of the file, upgraded to the newest version. It has no name, and is gone with
 * the connection or its process: SQLite keeps it where it keeps temporary files. */
enum mp_status mp_database_open_copy(const char *path, const struct mp_schema *schema,
                                     struct mp_store **ret_store, struct mp_error *err);
/* Copies all of `from` into the schema of `to`. SQLite's code. */
int mp_database_copy(sqlite3 *from, sqlite3 *to, const char *schema);
/* The first row of `sql`. SQLite's codes; SQLITE_DONE: no row. */
int mp_database_query(sqlite3 *db, const char *sql, int64_t *ret_values, int count);

/* The message for the newest failure `code` of SQLite: "cannot WHAT in PATH: why; what to
 * do". Always MP_STORE. */
enum mp_status mp_database_error(struct mp_store *store, struct mp_error *err, int code,
                                 const char *what);

/* These return SQLite's codes. `begin` takes the write lock, waiting with patience; `end`
 * commits if `code` is SQLITE_OK and rolls back if not. */
int mp_database_begin(struct mp_store *store);
int mp_database_end(struct mp_store *store, int code);

/* Inside the caller's transaction. A round was recorded: keeps the limits in step. */
int mp_database_count_round(struct mp_store *store, int64_t campaign_id, int64_t cell_id,
                            enum mp_outcome outcome);
/* The same where counts have changed otherwise: all limits of the cells of a campaign, 0:
 * of all cells. */
int mp_database_renew_limits(sqlite3 *db, int64_t campaign_id);

/* Marks the campaign as run by this process, inside the caller's transaction. */
int mp_database_put_supervisor(struct mp_store *store, int64_t campaign_id);
/* Reads host, boot, space, pid and pid_started from `column` on. */
void mp_database_read_identity(sqlite3_stmt *rows, int column,
                               struct mp_identity *ret_identity);
/* For a failed round just written: it keeps its detail, and the one that
 * row->retention no longer keeps loses its own. Inside the caller's transaction. */
int mp_database_retain(struct mp_store *store, const struct mp_round_row *row,
                       int64_t round_id);
/* Makes the row of a campaign, inside the caller's transaction. */
int mp_database_add_campaign(struct mp_store *store, const struct mp_campaign_row *row,
                             int64_t *ret_id);
/* Finds or makes the row of a cell, inside the caller's transaction. */
int mp_database_ensure_cell(struct mp_store *store, const struct mp_round_spec *spec,
                            int64_t *ret_id);
/* The parameters of a cell as JSON sorted by name: equal cells have equal text. */
int mp_database_params(struct mp_store *store, const struct mp_round_spec *spec,
                       struct mp_strbuf *buf);

/* Finds or makes the row of a signature, inside the caller's transaction. */
int mp_database_ensure_signature(struct mp_store *store,
                                 const struct mp_signature_row *signature,
                                 int64_t *ret_id);
/* The frames that a thread had, kept or not. */
size_t mp_database_frames(const struct mp_crash_thread *thread);
/* The registers of a thread as one JSON object. */
int mp_database_registers(struct mp_store *store, const struct mp_crash_thread *thread,
                          struct mp_strbuf *buf);
/* Binds pc, module, module_id, symbol, offset, file and line of a frame. */
void mp_bind_frame(struct mp_statement *statement, const struct mp_crash *crash,
                   const struct mp_crash_frame *frame);

/* Finds or makes the row of a set of modules (NULL or not known: none) and leaves its id
 * in store->modules_id, 0 for none. Inside the caller's transaction. */
int mp_database_ensure_modules(struct mp_store *store, const struct mp_modules *modules);
/* Notes that this round of its cell ran with that set. */
int mp_database_note_modules(struct mp_store *store, const struct mp_round_row *row,
                             int64_t round_id);

/* Writes one crash of a round, inside the caller's transaction. `signature_id`: 0
 * none. */
int mp_database_put_crash(struct mp_store *store, int64_t round_id, const char *kind,
                          const struct mp_crash *crash, int64_t signature_id,
                          const char *other_key);

#endif
