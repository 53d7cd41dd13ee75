/* sqlite_database.h - SQLite databases of the evidence, read in place and never written.  Layer: base. */
#ifndef T1554TRIAGE_SQLITE_DATABASE_H
#define T1554TRIAGE_SQLITE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/artifact.h>
#include <t1554triage/note.h>
#include <t1554triage/source.h>

struct sqlite3;
struct sqlite3_stmt;

/*
 * The database as SQLite would see it when it opens it next: pages of
 * committed transactions of a write-ahead log are laid over it, pages that a hot rollback
 * journal holds are put back ("Database File Format", sections 1 and 4, sqlite.org).  -shm is not
 * needed.  log and journal may be NULL.  All sources stay the caller's and must outlive what is
 * opened here; ret_overlay is the caller's to close.  STATUS_NOT_MINE: database is no
 * SQLite database.  STATUS_DAMAGED: it is, and a part of it is cut off (noted).
 */
enum status sqlite_overlay_open(struct source *database, struct source *log, struct source *journal,
	const struct place *place, const struct notes *notes, struct source **ret_overlay);

/*
 * Opens an overlay with the SQLite library through a file system of its own
 * that knows this one source: no file is opened, nothing is written, the schema is not trusted and
 * only reading statements are prepared.  A question is ended after LIMIT_SQLITE_STEPS.  The
 * overlay and the texts of place are borrowed.  STATUS_UNREADABLE (noted): it cannot be opened, or
 * this build has no SQLite library.
 */
struct sqlite_database;
enum status sqlite_database_open(struct source *overlay, const struct place *place, const struct notes *notes,
	struct sqlite_database **ret_database);
void sqlite_database_close(struct sqlite_database *database);	/* NULL is fine */

/*
 * A database among the artifacts of a driver, with the "-wal" or "-journal" of the group that stands
 * beside it laid over it.  The artifacts stay borrowed.  STATUS_UNREADABLE (noted): nothing of it can be
 * read, database is NULL.  Close it in every case.
 */
struct sqlite_artifact {
	struct source          *source, *log, *journal, *overlay;
	struct sqlite_database *database;
};
enum status sqlite_artifact_open(const struct artifact_group *group, const struct artifact *artifact,
	const struct notes *notes, struct sqlite_artifact *ret_opened);
void sqlite_artifact_close(struct sqlite_artifact *opened);

/* One statement; NULL where its tables or columns are not there. */
struct sqlite3_stmt *sqlite_database_prepare(struct sqlite_database *database, const char *sql);
void sqlite_database_finish(struct sqlite3_stmt *statement);

/*
 * Steps to the next row.  False at the end or at an error; an error is noted
 * once and kept for sqlite_database_status.
 */
bool sqlite_database_next(struct sqlite_database *database, struct sqlite3_stmt *statement);

/* Columns of the present row, from 0.  Borrowed until the next step. */
int64_t     sqlite_column_number(struct sqlite3_stmt *statement, int column);	/* 0 where it is NULL */
const char *sqlite_column_words(struct sqlite3_stmt *statement, int column);	/* NULL where it is NULL */
const void *sqlite_column_bytes(struct sqlite3_stmt *statement, int column, size_t *ret_length);

/* STATUS_DAMAGED where a question failed or zeros stood in place of what is lost. */
enum status sqlite_database_status(const struct sqlite_database *database);

/* "3.40.1"; "" in a build without it. */
const char *sqlite_library_version(void);

#endif
