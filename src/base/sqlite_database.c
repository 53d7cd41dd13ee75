/*
 * sqlite_database.c - the SQLite library over a range of evidence ("The OS Backend (VFS)", sqlite.org/vfs.html)
 *
 * The library sees a disk with one file on it, which it may read.  Everything
 * else it asks its system for is refused: temporary files, logs, locks, clocks.
 */
#include <string.h>

#include <sqlite3.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/sqlite_database.h>

enum { STEPS_A_CALL = 100000, NAME_LONGEST = 64, HEAP_BYTES_MOST = 256 << 20 };

struct sqlite_database {
	sqlite3_vfs         vfs;
	char                name[NAME_LONGEST];
	sqlite3            *connection;
	struct source      *overlay;
	const struct place *place;
	const struct notes *notes;
	uint64_t            steps;	/* of the present question */
	bool                damaged, noted;
};

struct opened_file {
	sqlite3_file            base;
	struct sqlite_database *database;
};

static int
file_close(sqlite3_file *file)
{
	(void)file;
	return SQLITE_OK;
}

/* Once: pages that are lost may hold no row, or many. */
static void
tell_zeros(struct sqlite_database *database)
{
	if (!database->damaged)
		note(database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, database->place,
			"zeros stand for a part of %s that is lost: rows may be missing", database->place->path);
	database->damaged = true;
}

static int
file_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset)
{
	struct sqlite_database *database = ((struct opened_file *)file)->database;
	uint64_t size = database->overlay->size, there;
	enum status status = STATUS_OK;

	there = (uint64_t)offset < size ? size - (uint64_t)offset : 0;
	if (there > (uint64_t)amount)
		there = (uint64_t)amount;
	if (there)
		status = source_read_exactly(database->overlay, (uint64_t)offset, buffer, (size_t)there);
	if (status <= STATUS_UNREADABLE)
		return SQLITE_IOERR_READ;
	if (status < STATUS_OK)
		tell_zeros(database);
	if (there < (uint64_t)amount) {
		memset((char *)buffer + there, 0, (size_t)amount - (size_t)there);
		return SQLITE_IOERR_SHORT_READ;
	}
	return SQLITE_OK;
}

static int
file_write(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset)
{
	(void)file, (void)bytes, (void)amount, (void)offset;
	return SQLITE_READONLY;
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	(void)file, (void)size;
	return SQLITE_READONLY;
}

static int
file_sync(sqlite3_file *file, int flags)
{
	(void)file, (void)flags;
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	*ret_size = (sqlite3_int64)((struct opened_file *)file)->database->overlay->size;
	return SQLITE_OK;
}

static int
file_lock(sqlite3_file *file, int level)
{
	(void)file, (void)level;
	return SQLITE_OK;
}

static int
file_check_lock(sqlite3_file *file, int *ret_locked)
{
	(void)file;
	*ret_locked = 0;
	return SQLITE_OK;
}

static int
file_control(sqlite3_file *file, int operation, void *argument)
{
	(void)file, (void)operation, (void)argument;
	return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *file)
{
	(void)file;
	return 512;
}

static int
file_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1, .xClose = file_close, .xRead = file_read, .xWrite = file_write, .xTruncate = file_truncate,
	.xSync = file_sync, .xFileSize = file_size, .xLock = file_lock, .xUnlock = file_lock,
	.xCheckReservedLock = file_check_lock, .xFileControl = file_control, .xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
};

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	file->pMethods = NULL;
	if (!name || !(flags & SQLITE_OPEN_MAIN_DB))
		return SQLITE_CANTOPEN;
	((struct opened_file *)file)->database = vfs->pAppData;
	file->pMethods = &methods;
	if (ret_flags)
		*ret_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
	return SQLITE_OK;
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs, (void)name, (void)sync;
	return SQLITE_IOERR_DELETE;
}

static int
disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_answer)
{
	(void)vfs, (void)name, (void)flags;
	*ret_answer = 0;
	return SQLITE_OK;
}

static int
disk_path(sqlite3_vfs *vfs, const char *name, int length, char *ret_path)
{
	(void)vfs;
	return sqlite3_snprintf(length, ret_path, "%s", name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int
disk_randomness(sqlite3_vfs *vfs, int length, char *ret_bytes)
{
	(void)vfs;
	memset(ret_bytes, 0, (size_t)length);
	return length;
}

static int
disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

static int
disk_time(sqlite3_vfs *vfs, double *ret_time)
{
	(void)vfs;
	*ret_time = 0;
	return SQLITE_OK;
}

static int
disk_error(sqlite3_vfs *vfs, int length, char *ret_text)
{
	(void)vfs;
	if (length)
		*ret_text = 0;
	return 0;
}

/* A schema of the suspect can make a question run for ever. */
static int
count_steps(void *context)
{
	struct sqlite_database *database = context;

	database->steps += STEPS_A_CALL;
	return database->steps > limit_get(LIMIT_SQLITE_STEPS);
}

static int
allow_reading(void *context, int action, const char *first, const char *second, const char *third, const char *fourth)
{
	(void)context, (void)first, (void)second, (void)third, (void)fourth;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
		action == SQLITE_RECURSIVE ? SQLITE_OK : SQLITE_DENY;
}

static enum status
complain(struct sqlite_database *database, enum status status)
{
	database->damaged = true;
	if (database->noted)
		return status;
	database->noted = true;
	return note(database->notes, status, status == STATUS_UNREADABLE ? NOTE_ARTIFACT_UNREADABLE : NOTE_ARTIFACT_DAMAGED,
		database->place, "%s is a SQLite database that cannot be read whole: %s", database->place->path,
		database->connection ? sqlite3_errmsg(database->connection) : "no memory");
}

static void
harden(struct sqlite_database *database)
{
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* Of the whole process: a view in place of a table can have rows without end, which sorting would keep. */
	sqlite3_hard_heap_limit64(HEAP_BYTES_MOST);
	sqlite3_exec(database->connection, "PRAGMA temp_store = memory; PRAGMA mmap_size = 0; PRAGMA cell_size_check = on", NULL, NULL, NULL);
	sqlite3_limit(database->connection, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(database->connection, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_progress_handler(database->connection, STEPS_A_CALL, count_steps, database);
	sqlite3_set_authorizer(database->connection, allow_reading, NULL);
}

enum status
sqlite_database_open(struct source *overlay, const struct place *place, const struct notes *notes,
	struct sqlite_database **ret_database)
{
	struct sqlite_database *database = memory_allocate(1, sizeof *database);

	*database = (struct sqlite_database){ .overlay = overlay, .place = place, .notes = notes,
		.vfs = { .iVersion = 1, .szOsFile = sizeof (struct opened_file), .mxPathname = NAME_LONGEST,
			.pAppData = database, .xOpen = disk_open, .xDelete = disk_delete, .xAccess = disk_access,
			.xFullPathname = disk_path, .xRandomness = disk_randomness, .xSleep = disk_sleep,
			.xCurrentTime = disk_time, .xGetLastError = disk_error } };
	/* The library knows its disks by name. */
	sqlite3_snprintf(sizeof database->name, database->name, "evidence-%p", (void *)database);
	database->vfs.zName = database->name;
	if (sqlite3_vfs_register(&database->vfs, 0) != SQLITE_OK ||
	    sqlite3_open_v2("evidence", &database->connection, SQLITE_OPEN_READONLY, database->name) != SQLITE_OK) {
		enum status status = complain(database, STATUS_UNREADABLE);

		sqlite_database_close(database);
		return status;
	}
	harden(database);
	*ret_database = database;
	return STATUS_OK;
}

void
sqlite_database_close(struct sqlite_database *database)
{
	if (!database)
		return;
	sqlite3_close(database->connection);
	sqlite3_vfs_unregister(&database->vfs);
	memory_free(database);
}

struct sqlite3_stmt *
sqlite_database_prepare(struct sqlite_database *database, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int result;

	database->steps = 0;
	result = sqlite3_prepare_v2(database->connection, sql, -1, &statement, NULL);
	/* A table that is not there is another version of the database; anything else is damage. */
	if (result != SQLITE_OK && result != SQLITE_ERROR)
		complain(database, STATUS_DAMAGED);
	return statement;
}

void
sqlite_database_finish(struct sqlite3_stmt *statement)
{
	sqlite3_finalize(statement);
}

bool
sqlite_database_next(struct sqlite_database *database, struct sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	if (result == SQLITE_ROW)
		return true;
	if (result != SQLITE_DONE)
		complain(database, STATUS_DAMAGED);
	return false;
}

int64_t
sqlite_column_number(struct sqlite3_stmt *statement, int column)
{
	return sqlite3_column_int64(statement, column);
}

const char *
sqlite_column_words(struct sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

const void *
sqlite_column_bytes(struct sqlite3_stmt *statement, int column, size_t *ret_length)
{
	const void *bytes = sqlite3_column_blob(statement, column);
	int length = sqlite3_column_bytes(statement, column);

	*ret_length = bytes && length > 0 ? (size_t)length : 0;
	return bytes;
}

enum status
sqlite_database_status(const struct sqlite_database *database)
{
	return database->damaged ? STATUS_DAMAGED : STATUS_OK;
}

const char *
sqlite_library_version(void)
{
	return sqlite3_libversion();
}
