/*
 * kdb.c - hash databases of The Sleuth Kit and Autopsy (.kdb), SQLite of schema version 1:
 *
 *	db_properties(name, value)      'Schema Version' = '1'
 *	hashes(id, md5 BINARY(16) UNIQUE, sha1 BINARY(20), sha2_256 BINARY(32))
 *	file_names(name, hash_id)       comments(comment, hash_id)
 *
 * It does not say whether its digests are of good or bad files: its user does.
 */
#include <string.h>

#include <t1554triage/sqlite_database.h>

#include "set.h"

enum { KDB_ID, KDB_MD5, KDB_SHA1, KDB_SHA256, KDB_NAME, KDB_COMMENT };

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= 16 && !memcmp(head, "SQLite format 3", 16) && memmem(head, length, "db_properties", 13) &&
	       memmem(head, length, "sha2_256", 8);
}

/* NULL, or why the row is not usable. */
static const char *
take_digests(struct sqlite3_stmt *statement, struct hash_row *row)
{
	static const struct { int column; enum digest_algorithm algorithm; const char *why; } columns[] = {
		{ KDB_MD5, DIGEST_MD5, "not the 16 bytes of an MD5" }, { KDB_SHA1, DIGEST_SHA1, "not the 20 bytes of a SHA-1" },
		{ KDB_SHA256, DIGEST_SHA256, "not the 32 bytes of a SHA-256" },
	};

	for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		size_t length = 0;
		const void *bytes = sqlite_column_bytes(statement, columns[i].column, &length);

		if (!bytes || !length)
			continue;
		if (length != digest_size(columns[i].algorithm))
			return columns[i].why;
		digests_set(&row->digests, columns[i].algorithm, bytes);
	}
	return row->digests.known ? NULL : "no digest";
}

/* A row for each name that a digest has; its tables have no index by hash_id, and SQLite makes one for a join. */
static enum status
read_rows(struct sqlite_database *database, const struct place *here, const struct hash_row_sink *out,
	const struct notes *notes)
{
	static const char sql[] = "SELECT h.id, h.md5, h.sha1, h.sha2_256, n.name, c.comment FROM hashes h "
		"LEFT JOIN file_names n ON n.hash_id = h.id "
		"LEFT JOIN (SELECT hash_id, min(comment) AS comment FROM comments GROUP BY hash_id) c ON c.hash_id = h.id "
		"ORDER BY h.id, n.name";
	struct sqlite3_stmt *statement = sqlite_database_prepare(database, sql);
	uint64_t rejected = UINT64_MAX;

	if (!statement)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, here,
			"no tables hashes, file_names and comments of schema version 1");
	while (sqlite_database_next(database, statement)) {
		struct hash_row row = { .row = (uint64_t)sqlite_column_number(statement, KDB_ID),
			.name = sqlite_column_words(statement, KDB_NAME), .note = sqlite_column_words(statement, KDB_COMMENT) };
		const char *why = take_digests(statement, &row);

		if (!why)
			out->row(out->context, &row);
		else if (row.row != rejected)
			out->rejected(out->context, row.row, row.name ? row.name : "", why);
		rejected = why ? row.row : rejected;
	}
	sqlite_database_finish(statement);
	return sqlite_database_status(database);
}

static enum status
read_kdb(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct sqlite_database *database = NULL;
	struct source *overlay = NULL;
	enum status status = sqlite_overlay_open(source, NULL, NULL, &here, notes, &overlay), opened;

	(void)identity;
	(void)arena;
	if (status == STATUS_NOT_MINE)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "not a SQLite database that can be read");
	if (status <= STATUS_UNREADABLE)
		return status;
	opened = sqlite_database_open(overlay, &here, notes, &database);
	status = status_worse(status, opened == STATUS_OK ? read_rows(database, &here, out, notes) : opened);
	sqlite_database_close(database);
	source_close(overlay);
	return status;
}

const struct hashset_format kdb_hashset_format = {
	.name        = "kdb",
	.description = "hash databases of The Sleuth Kit and Autopsy (.kdb)",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_kdb,
};
