/* sqlite_database_absent.c - a build without SQLite: its databases are named and not read. */
#include <t1554triage/sqlite_database.h>

enum status
sqlite_database_open(struct source *overlay, const struct place *place, const struct notes *notes,
	struct sqlite_database **ret_database)
{
	(void)overlay, (void)ret_database;
	return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, place,
		"%s is a SQLite database, and this build has no SQLite library: it was not read", place->path);
}

void
sqlite_database_close(struct sqlite_database *database)
{
	(void)database;
}

struct sqlite3_stmt *
sqlite_database_prepare(struct sqlite_database *database, const char *sql)
{
	(void)database, (void)sql;
	return NULL;
}

void
sqlite_database_finish(struct sqlite3_stmt *statement)
{
	(void)statement;
}

bool
sqlite_database_next(struct sqlite_database *database, struct sqlite3_stmt *statement)
{
	(void)database, (void)statement;
	return false;
}

int64_t
sqlite_column_number(struct sqlite3_stmt *statement, int column)
{
	(void)statement, (void)column;
	return 0;
}

const char *
sqlite_column_words(struct sqlite3_stmt *statement, int column)
{
	(void)statement, (void)column;
	return NULL;
}

const void *
sqlite_column_bytes(struct sqlite3_stmt *statement, int column, size_t *ret_length)
{
	(void)statement, (void)column;
	*ret_length = 0;
	return NULL;
}

enum status
sqlite_database_status(const struct sqlite_database *database)
{
	(void)database;
	return STATUS_DAMAGED;
}

const char *
sqlite_library_version(void)
{
	return "";
}
