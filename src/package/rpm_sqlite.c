/*
 * rpm_sqlite.c - rpm since 4.16: rpmdb.sqlite with its write-ahead log (rpm, lib/backend/sqlite.c)
 *
 *	Packages(hnum, blob)		the records
 *	Sha1header(key, hnum, idx)	among other indexes: the SHA-1 of each record as text
 *	Basenames(key, hnum, idx)	the base name of each file of a record, by its number in there
 *	Name(key, hnum, idx)		the names of packages
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/sqlite_database.h>
#include <t1554triage/text.h>

#include "manifest.h"
#include "rpm_package.h"

/* Record number to the text of its digest in the arena. */
static void
read_index(struct rpm_database *database, struct sqlite_database *connection, struct map *numbers,
	const char ***ret_digests)
{
	struct sqlite3_stmt *statement = sqlite_database_prepare(connection, "SELECT hnum, key FROM Sha1header");
	size_t count = 0, capacity = 0;

	while (statement && count < limit_get(LIMIT_PACKAGES) && sqlite_database_next(connection, statement)) {
		int64_t number = sqlite_column_number(statement, 0);
		const char *digest = sqlite_column_words(statement, 1);

		if (!digest || !map_add(numbers, &number, sizeof number, count))
			continue;
		*ret_digests = memory_grow(*ret_digests, count, &capacity, sizeof **ret_digests);
		(*ret_digests)[count++] = arena_copy_text(&database->arena, digest);
	}
	sqlite_database_finish(statement);
}

/* The index of base names, in step with the records: both in the order of their numbers. */
struct name_index {
	struct sqlite_database *connection;
	struct sqlite3_stmt    *statement;	/* NULL: there is none, or it is empty */
	bool                    has_row;
	const char            **names;		/* of one record */
	size_t                  count, capacity;
	struct arena            arena;
};

static void
open_names(struct sqlite_database *connection, struct name_index *names)
{
	*names = (struct name_index){ .connection = connection };
	arena_init(&names->arena);
	names->statement = sqlite_database_prepare(connection, "SELECT hnum, key FROM Basenames ORDER BY hnum, idx");
	names->has_row = names->statement && sqlite_database_next(connection, names->statement);
	if (!names->has_row) {
		sqlite_database_finish(names->statement);
		names->statement = NULL;
	}
}

static void
close_names(struct name_index *names)
{
	sqlite_database_finish(names->statement);
	memory_free(names->names);
	arena_release(&names->arena);
}

static void
take_names(struct name_index *names, int64_t number)
{
	names->count = 0;
	arena_release(&names->arena);
	while (names->has_row && sqlite_column_number(names->statement, 0) <= number) {
		const char *name = sqlite_column_words(names->statement, 1);

		if (sqlite_column_number(names->statement, 0) == number) {
			names->names = memory_grow(names->names, names->count, &names->capacity, sizeof *names->names);
			names->names[names->count++] = arena_copy_text(&names->arena, name ? name : "");
		}
		names->has_row = sqlite_database_next(names->connection, names->statement);
	}
}

/* Who takes a record away leaves the indexes, or the reverse. */
static void
look_for_missing(struct rpm_database *database, struct sqlite_database *connection, const struct place *place)
{
	struct sqlite3_stmt *statement = sqlite_database_prepare(connection,
		"SELECT key FROM Name WHERE hnum NOT IN (SELECT hnum FROM Packages) ORDER BY key");
	size_t count = 0;

	while (statement && count++ < limit_get(LIMIT_PACKAGES) && sqlite_database_next(connection, statement)) {
		const char *name = sqlite_column_words(statement, 0);

		rpm_database_miss(database, name ? name : "", place);
	}
	sqlite_database_finish(statement);
}

static void
read_packages(struct rpm_database *database, struct sqlite_database *connection, const struct place *place)
{
	struct sqlite3_stmt *statement = sqlite_database_prepare(connection, "SELECT hnum, blob FROM Packages ORDER BY hnum");
	const char **digests = NULL;
	struct name_index names;
	struct place at = *place;
	struct map numbers;

	if (!statement) {
		database->status = status_worse(database->status, note(database->notes, STATUS_UNREADABLE,
			NOTE_ARTIFACT_UNREADABLE, place, "%s has no table of packages: no package is known from it", place->path));
		return;
	}
	map_init(&numbers);
	read_index(database, connection, &numbers, &digests);
	open_names(connection, &names);
	while (sqlite_database_next(connection, statement)) {
		int64_t number = sqlite_column_number(statement, 0);
		struct rpm_index of_record = { .digest = NULL };
		const void *record;
		uint64_t index;
		size_t length;

		if (map_get(&numbers, &number, sizeof number, &index))
			of_record.digest = digests[index];
		if (names.statement) {
			take_names(&names, number);
			of_record.has_base_names = true;
			of_record.base_names = names.names;
			of_record.base_name_count = names.count;
		}
		record = sqlite_column_bytes(statement, 1, &length);
		at.record_id = (uint64_t)number;
		/* An empty value is no record, and said to be none. */
		rpm_database_take(database, record ? record : "", record ? length : 0, &at, &of_record);
	}
	close_names(&names);
	sqlite_database_finish(statement);
	look_for_missing(database, connection, place);
	memory_free(digests);
	map_release(&numbers);
}

static enum status
read_store(const struct artifact_group *group, const struct artifact *artifact, const struct package_sink *out,
	const struct notes *notes)
{
	struct sqlite_artifact opened;
	struct rpm_database database;
	enum status status = sqlite_artifact_open(group, artifact, notes, &opened);

	if (opened.database) {
		rpm_database_init(&database, out, notes);
		database.keyring = group->keyring;
		database.place = &artifact->place;
		read_packages(&database, opened.database, &artifact->place);
		status = status_worse(status, rpm_database_finish(&database));
		status = status_worse(status, sqlite_database_status(opened.database));
	}
	sqlite_artifact_close(&opened);
	return status;
}

static enum status
parse_sqlite(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, "rpmdb.sqlite") && !manifest_is_repeated(group, i))
			status = status_worse(status, read_store(group, &group->items[i], out, notes));
	return status;
}

const struct package_db_driver rpm_sqlite_package_db = {
	.name        = "rpm_sqlite",
	.description = "rpm since 4.16: packages, their files with digests and modes, from rpmdb.sqlite",
	.files       = (const char *const[]){
		"/usr/lib/sysimage/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
		"/usr/lib/sysimage/rpm/rpmdb.sqlite-journal", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite-wal",
		"/var/lib/rpm/rpmdb.sqlite-journal", "/usr/share/rpm/rpmdb.sqlite", NULL
	},
	.parse       = parse_sqlite,
	.directories = (const char *const[]){ "/var/lib/rpm", "/usr/lib/sysimage/rpm", NULL },
};
