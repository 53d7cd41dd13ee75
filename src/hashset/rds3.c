/*
 * rds3.c - NSRL RDSv3, a SQLite database as NIST publishes it
 * ("RDSv3", NIST, 2022; schema of 2026.09.1 minimal):
 *
 *	FILE(sha256, sha1, md5, crc32, file_name, file_size, package_id)   PRIMARY KEY (all, in that order)
 *	PKG(package_id, name, version, operating_system_id, manufacturer_id, language, application_type)
 *	OS(operating_system_id, name, version, manufacturer_id)
 *	VERSION(version, build_set, build_date, release_date, description)
 *
 * Older releases lack crc32, and in the full database FILE is a view: columns
 * are taken by name.  Digests are upper-case text.  One package_id has several
 * rows of PKG; one that is a tool makes the package one.
 */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include <t1554triage/cursor.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "products.h"
#include "set.h"
#include "table_pages.h"

/* Questions by the primary key cost as much as reading so many rows. */
enum { ROWS_A_QUESTION = 40 };

enum { FILE_ROW, FILE_SHA256, FILE_SHA1, FILE_MD5, FILE_NAME, FILE_PACKAGE, FILE_COLUMNS };
static const char *const columns[FILE_COLUMNS] = { "rowid", "sha256", "sha1", "md5", "file_name", "package_id" };

struct database {
	sqlite3          *connection;
	const char       *path;
	const struct notes *notes;
	struct arena      arena;
	struct products   products;	/* those of PKG, with the names of their systems */
};

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= 16 && !memcmp(head, "SQLite format 3", 16);
}

static enum status
complain(const struct database *database, enum status status, const char *what)
{
	const struct place here = { .path = database->path };

	return note(database->notes, status, NOTE_ARTIFACT_UNREADABLE, &here, "%s: %s", what,
		database->connection ? sqlite3_errmsg(database->connection) : "no memory");
}

/* A write-ahead log holds rows that are not in the file yet, and reading it would write beside the file. */
static bool
has_log(struct arena *arena, const char *path)
{
	struct stat status;

	return stat(arena_format(arena, "%s-wal", path), &status) == 0 && status.st_size > 0;
}

/* The journal of a change that was broken off: half of the change stands in the file.  One that was ended has no such head. */
static bool
has_journal(struct arena *arena, const char *path)
{
	static const uint8_t begin[] = { 0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7 };
	uint8_t head[sizeof begin];
	int descriptor = open(arena_format(arena, "%s-journal", path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool found = descriptor >= 0 && read(descriptor, head, sizeof head) == (ssize_t)sizeof head && !memcmp(head, begin, sizeof begin);

	if (descriptor >= 0)
		close(descriptor);
	return found;
}

/*
 * What SQLite reads behind the end of a file that was cut are zeros, which may be rows.  The number of pages
 * in the header counts where it was written with the last change (www.sqlite.org/fileformat.html, 1.3.7).
 */
static bool
is_cut(struct source *source, uint64_t *ret_whole)
{
	enum { HEADER_BYTES = 100, LARGEST_PAGE = 65536 };
	uint8_t header[HEADER_BYTES];
	struct cursor c = cursor_over(header, sizeof header);
	uint64_t page, changes, pages;

	if (source_read_exactly(source, 0, header, sizeof header) != STATUS_OK)
		return false;
	c.at = header + 16;
	page = take_u16be(&c);
	c.at = header + 24;
	changes = take_u32be(&c);
	pages = take_u32be(&c);
	c.at = header + 92;
	*ret_whole = pages * (page == 1 ? LARGEST_PAGE : page);
	return take_u32be(&c) == changes && *ret_whole > source->size;
}

static char *
immutable_uri(struct arena *arena, const char *path)
{
	struct buffer uri;
	char *copy;

	buffer_init(&uri, 0);
	buffer_add_text(&uri, "file:");
	for (const char *at = path; *at; at++)
		if (isalnum((unsigned char)*at) || strchr("/._-", *at))
			buffer_add_char(&uri, *at);
		else
			buffer_add_format(&uri, "%%%02X", (unsigned char)*at);
	buffer_add_text(&uri, "?mode=ro&immutable=1");
	copy = arena_copy(arena, uri.bytes, uri.length);
	buffer_release(&uri);
	return copy;
}

static void
close_database(struct database *database)
{
	sqlite3_close(database->connection);
	products_release(&database->products);
	arena_release(&database->arena);
}

static enum status
open_database(const char *path, struct source *source, const struct notes *notes, struct database *database)
{
	const struct place here = { .path = path };
	uint64_t whole;

	*database = (struct database){ .path = path, .notes = notes };
	arena_init(&database->arena);
	if (has_log(&database->arena, path))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"a write-ahead log lies beside the database: open a copy with sqlite3 and run "
			"\"PRAGMA wal_checkpoint(TRUNCATE)\", then use the copy");
	if (has_journal(&database->arena, path))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"the journal of a change that was broken off lies beside the database: open a copy of both with sqlite3, which sets it back, "
			"then use the copy");
	if (is_cut(source, &whole))
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"the database is cut off: %llu of %llu bytes are there; fetch it again",
			(unsigned long long)source->size, (unsigned long long)whole);
	if (sqlite3_open_v2(immutable_uri(&database->arena, path), &database->connection,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return complain(database, STATUS_UNREADABLE, "cannot be opened");
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return STATUS_OK;
}

static const char *
column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

static bool
has_column(struct database *database, const char *table, const char *column)
{
	sqlite3_stmt *statement;
	bool found = false;

	if (sqlite3_prepare_v2(database->connection, "SELECT 1 FROM pragma_table_info(?1) WHERE lower(name) = ?2", -1,
	    &statement, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, column, -1, SQLITE_STATIC);
	found = sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	return found;
}

static uint64_t
number_of(struct database *database, const char *sql)
{
	sqlite3_stmt *statement;
	uint64_t number = 0;

	if (sqlite3_prepare_v2(database->connection, sql, -1, &statement, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* Columns that a release lacks are NULL. */
static sqlite3_stmt *
prepare_files(struct database *database, const char *condition)
{
	struct buffer sql;
	sqlite3_stmt *statement = NULL;
	bool any = false;

	buffer_init(&sql, 0);
	for (int attempt = 0; attempt < 2 && !statement; attempt++) {	/* a view has no rowid */
		buffer_clear(&sql);
		buffer_add_text(&sql, attempt ? "SELECT 0" : "SELECT rowid");
		for (size_t i = FILE_SHA256; i < FILE_COLUMNS; i++) {
			bool there = has_column(database, "FILE", columns[i]);

			any |= there && i <= FILE_MD5;
			buffer_add_format(&sql, ", %s", there ? columns[i] : "NULL");
		}
		buffer_add_format(&sql, " FROM FILE%s", condition);
		if (!any || sqlite3_prepare_v2(database->connection, sql.bytes, -1, &statement, NULL) != SQLITE_OK)
			statement = NULL;
	}
	buffer_release(&sql);
	return statement;
}

/* A database without PKG still says what is known. */
static enum status
read_packages(struct database *database)
{
	static const char with_systems[] =
		"SELECT p.package_id, p.name, p.version, p.application_type, trim(coalesce(o.name, '') || ' ' || coalesce(o.version, '')) "
		"FROM PKG p LEFT JOIN OS o ON o.operating_system_id = p.operating_system_id "
		"ORDER BY p.package_id, p.name, p.version, p.application_type, 5";
	sqlite3_stmt *statement;
	int step;

	if (products_init(&database->products, database->notes) < 0)
		return STATUS_DAMAGED;
	if (sqlite3_prepare_v2(database->connection, with_systems, -1, &statement, NULL) != SQLITE_OK)
		return complain(database, STATUS_DAMAGED, "products cannot be read, so tools are told as known only");
	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		products_add(&database->products, sqlite3_column_int64(statement, 0), column_text(statement, 1),
			column_text(statement, 2), column_text(statement, 3), column_text(statement, 4));
	sqlite3_finalize(statement);
	return step == SQLITE_DONE ? STATUS_OK :
		complain(database, STATUS_DAMAGED, "products could not be read whole");
}

static bool
take_digest(const char *text, size_t length, enum digest_algorithm algorithm, uint8_t *bytes, struct digests *digests)
{
	if (!text || !length)
		return true;
	digests->known |= 1u << algorithm;
	return length == 2 * digest_size(algorithm) && text_parse_hex(text, length, bytes);
}

/* The digests of a row by their columns; NULL, or why it is not usable. */
static const char *
take_digests(const char *const texts[FILE_COLUMNS], const size_t lengths[FILE_COLUMNS], struct digests *digests)
{
	if (!take_digest(texts[FILE_SHA256], lengths[FILE_SHA256], DIGEST_SHA256, digests->sha256, digests))
		return "not a SHA-256";
	if (!take_digest(texts[FILE_SHA1], lengths[FILE_SHA1], DIGEST_SHA1, digests->sha1, digests))
		return "not a SHA-1";
	return take_digest(texts[FILE_MD5], lengths[FILE_MD5], DIGEST_MD5, digests->md5, digests) ? NULL : "not an MD5";
}

static void
describe_row(const struct database *database, int64_t package, struct hash_row *row)
{
	const struct product *product = products_find(&database->products, package);

	row->product = product ? product->name : NULL;
	row->application_type = product ? product->application_type : NULL;
	row->system = product ? product->system : NULL;
	row->class = product && product->tool ? HASH_TOOL : HASH_NONE;
	row->group = product ? (uint32_t)(product - database->products.items) + 1 : 0;
}

/* NULL, or why the row is not usable. */
static const char *
take_file(struct database *database, sqlite3_stmt *statement, struct hash_row *row)
{
	const char *texts[FILE_COLUMNS];
	size_t lengths[FILE_COLUMNS];

	*row = (struct hash_row){
		.name = column_text(statement, FILE_NAME), .row = (uint64_t)sqlite3_column_int64(statement, FILE_ROW) };
	describe_row(database, sqlite3_column_int64(statement, FILE_PACKAGE), row);
	for (int i = FILE_SHA256; i <= FILE_MD5; i++) {
		texts[i] = (const char *)sqlite3_column_text(statement, i);
		lengths[i] = (size_t)sqlite3_column_bytes(statement, i);
	}
	return take_digests(texts, lengths, &row->digests);
}

static void
hand_out(const struct hash_row_sink *out, const struct hash_row *row, const char *why)
{
	if (why)
		out->rejected(out->context, row->row, row->name, why);
	else
		out->row(out->context, row);
}

static enum status
read_by_library(struct database *database, const struct hash_row_sink *out)
{
	sqlite3_stmt *statement = prepare_files(database, "");
	int step;

	if (!statement)
		return complain(database, STATUS_UNREADABLE, "no table FILE with digests, so no RDSv3");
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		struct hash_row row;
		const char *why = take_file(database, statement, &row);

		hand_out(out, &row, why);
	}
	sqlite3_finalize(statement);
	return step == SQLITE_DONE ? STATUS_OK : complain(database, STATUS_DAMAGED, "could not be read whole");
}

/*
 * FILE as a plain table: its root, and where its columns stand in a record; -1: it has none of that name.  False: it
 * is a view, or its records do not say all (generated columns, one that stands for the row number, defaults).
 */
static bool
find_records(struct database *database, uint32_t *ret_root, int ret_at[FILE_COLUMNS])
{
	static const char root[] = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND lower(name) = 'file'";
	static const char all[] = "SELECT cid, lower(name), hidden OR dflt_value IS NOT NULL OR (pk AND lower(type) = 'integer' "
		"AND (SELECT max(pk) FROM pragma_table_xinfo('FILE')) = 1) FROM pragma_table_xinfo('FILE')";
	sqlite3_stmt *statement;
	uint64_t page = number_of(database, root);
	bool is_plain = page > 0 && page <= UINT32_MAX;

	*ret_root = (uint32_t)page;
	for (size_t i = 0; i < FILE_COLUMNS; i++)
		ret_at[i] = -1;
	if (!is_plain || sqlite3_prepare_v2(database->connection, all, -1, &statement, NULL) != SQLITE_OK)
		return false;
	while (sqlite3_step(statement) == SQLITE_ROW) {
		is_plain &= !sqlite3_column_int(statement, 2) && sqlite3_column_int(statement, 0) < TABLE_VALUES_MAX;
		for (size_t i = 0; i < FILE_COLUMNS; i++)
			if (!strcmp(column_text(statement, 1), columns[i]))
				ret_at[i] = sqlite3_column_int(statement, 0);
	}
	sqlite3_finalize(statement);
	return is_plain && ret_at[FILE_ROW] < 0 &&
	       (ret_at[FILE_SHA256] >= 0 || ret_at[FILE_SHA1] >= 0 || ret_at[FILE_MD5] >= 0);
}

/* The walk over the pages of FILE. */
struct page_walk {
	struct table_pages pages;
	struct table_row   row;
	int                at[FILE_COLUMNS];
	char              *name;	/* of the row, which has none behind it in its page */
	sqlite3_stmt      *one;		/* asks the library for a row, NULL: not needed yet */
};

/* False: this row is not made as those of an RDSv3 are, and is the library's to read. */
static bool
take_record(struct database *database, struct page_walk *walk, struct hash_row *row, const char **ret_why)
{
	const char *texts[FILE_COLUMNS] = { NULL };
	size_t lengths[FILE_COLUMNS] = { 0 };
	int64_t package = 0;

	for (size_t i = FILE_SHA256; i < FILE_COLUMNS; i++) {
		const struct table_value *value = &walk->row.values[walk->at[i] < 0 ? 0 : walk->at[i]];

		if (walk->at[i] < 0)
			continue;
		if ((size_t)walk->at[i] >= walk->row.count)
			return false;
		if (i == FILE_PACKAGE && table_value_is_integer(value)) {
			package = table_value_integer(value);
		} else if (value->kind >= TABLE_BLOB && i != FILE_PACKAGE) {
			texts[i] = (const char *)value->bytes;
			lengths[i] = value->length;
		} else if (value->kind != TABLE_NULL) {
			return false;
		}
	}
	if (texts[FILE_NAME])
		memcpy(walk->name, texts[FILE_NAME], lengths[FILE_NAME]);
	walk->name[lengths[FILE_NAME]] = '\0';
	row->name = walk->name;
	row->row = (uint64_t)walk->row.number;
	row->digests.known = 0;
	describe_row(database, package, row);
	*ret_why = take_digests(texts, lengths, &row->digests);
	return true;
}

static enum status
ask_library(struct database *database, struct page_walk *walk, const struct hash_row_sink *out)
{
	struct hash_row row;
	const char *why;

	if (!walk->one)
		walk->one = prepare_files(database, " WHERE rowid = ?1");
	sqlite3_bind_int64(walk->one, 1, walk->row.number);
	if (sqlite3_step(walk->one) != SQLITE_ROW)
		return complain(database, STATUS_DAMAGED, "could not be read whole");
	why = take_file(database, walk->one, &row);
	hand_out(out, &row, why);
	sqlite3_reset(walk->one);
	return STATUS_OK;
}

static enum status
read_by_pages(struct database *database, struct page_walk *walk, const struct hash_row_sink *out)
{
	const struct place here = { .path = database->path };
	struct hash_row row = { .row = 0 };
	enum status status = STATUS_OK;
	const char *why;

	while (status == STATUS_OK && table_pages_next(&walk->pages, &walk->row))
		if (walk->row.is_whole && take_record(database, walk, &row, &why))
			hand_out(out, &row, why);
		else
			status = ask_library(database, walk, out);
	if (walk->pages.why)
		return note(database->notes, STATUS_DAMAGED, NOTE_ARTIFACT_UNREADABLE, &here,
			"could not be read whole: page %u %s", walk->pages.why_page, walk->pages.why);
	return status;
}

static enum status
read_files(struct database *database, struct source *source, const struct hash_row_sink *out)
{
	struct page_walk walk = { .one = NULL };
	enum status status;
	uint32_t root;

	if (find_records(database, &root, walk.at) && table_pages_open(&walk.pages, source, root)) {
		walk.name = memory_allocate(1, walk.pages.page_bytes + 1);
		status = read_by_pages(database, &walk, out);
	} else {
		status = read_by_library(database, out);
	}
	sqlite3_finalize(walk.one);
	memory_free(walk.name);
	table_pages_close(&walk.pages);
	return status;
}

static enum status
read_rds3(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	struct database database;
	enum status status = open_database(path, source, notes, &database);

	(void)identity;
	(void)arena;
	if (status == STATUS_OK)
		status = read_packages(&database);
	if (status != STATUS_UNREADABLE)
		status = status_worse(status, read_files(&database, source, out));
	close_database(&database);
	return status;
}

/* What the database says of itself. */
static void
read_version(struct database *database, struct hash_set *set)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(database->connection, "SELECT version, build_set, release_date, description FROM VERSION "
	    "ORDER BY version DESC LIMIT 1", -1, &statement, NULL) != SQLITE_OK)
		return;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		set->identity.release = arena_format(&set->arena, "%s", column_text(statement, 0));
		set->identity.description = arena_format(&set->arena, "NSRL RDSv3 %s, released %s: %s",
			column_text(statement, 1), column_text(statement, 2), column_text(statement, 3));
	}
	sqlite3_finalize(statement);
}

static enum status
open_rds3(struct hash_set *set, const struct notes *notes, struct buffer *ret_message)
{
	struct database database;
	enum status status = open_database(set->identity.path, set->source, notes, &database);

	if (status == STATUS_OK && !has_column(&database, "FILE", "sha256") && !has_column(&database, "FILE", "sha1") &&
	    !has_column(&database, "FILE", "md5"))
		status = STATUS_UNREADABLE;
	if (status == STATUS_OK)
		read_version(&database, set);
	else
		buffer_add_format(ret_message, "hash set %s: no RDSv3 database that can be read (table FILE with sha256, sha1 or md5)\n",
			set->identity.path);
	close_database(&database);
	return status;
}

/*
 * By the primary key where all items and all rows have a SHA-256, it is indexed, and there are few items for so many
 * rows.  Rows without one (they answer by a weaker digest) stand before those that begin with a digit, blobs behind all text.
 */
static bool
is_asked_by_key(struct database *database, const struct digests *items, size_t item_count)
{
	static const char rows[] = "SELECT max(rowid) FROM FILE";
	static const char others[] = "SELECT EXISTS (SELECT 1 FROM FILE WHERE sha256 IS NULL) OR "
		"EXISTS (SELECT 1 FROM FILE WHERE sha256 < '0') OR EXISTS (SELECT 1 FROM FILE WHERE sha256 > 'g')";
	static const char plan[] = "EXPLAIN QUERY PLAN SELECT 1 FROM FILE WHERE sha256 = 'X'";
	sqlite3_stmt *statement;
	bool searched = false;

	for (size_t i = 0; i < item_count; i++)
		if (!(items[i].known & 1u << DIGEST_SHA256))
			return false;
	if (item_count >= number_of(database, rows) / ROWS_A_QUESTION)
		return false;
	if (sqlite3_prepare_v2(database->connection, plan, -1, &statement, NULL) != SQLITE_OK)
		return false;
	if (sqlite3_step(statement) == SQLITE_ROW)
		searched = text_has_prefix(column_text(statement, 3), "SEARCH");
	sqlite3_finalize(statement);
	return searched && !number_of(database, others);
}

static void
make_hex(const uint8_t *bytes, size_t size, const char *digits, char *ret_text)
{
	for (size_t i = 0; i < size; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
}

static enum status
ask_rds3(struct hash_set *set, const struct digests *items, size_t item_count,
	void (*match)(void *context, size_t item, enum digest_algorithm by, const struct hash_row *row),
	void *context, const struct notes *notes)
{
	struct database database;
	enum status status = open_database(set->identity.path, set->source, notes, &database);
	sqlite3_stmt *statement = NULL;
	int step = SQLITE_DONE;

	if (status == STATUS_OK && !is_asked_by_key(&database, items, item_count))
		status = STATUS_NOT_MINE;
	if (status == STATUS_OK) {
		status = read_packages(&database);
		statement = prepare_files(&database, " WHERE sha256 IN (?1, ?2)");
	}
	for (size_t i = 0; i < item_count && statement && step == SQLITE_DONE; i++) {
		char upper[2 * sizeof items[i].sha256], lower[sizeof upper];

		make_hex(items[i].sha256, sizeof items[i].sha256, "0123456789ABCDEF", upper);
		make_hex(items[i].sha256, sizeof items[i].sha256, "0123456789abcdef", lower);
		sqlite3_bind_text(statement, 1, upper, sizeof upper, SQLITE_STATIC);
		sqlite3_bind_text(statement, 2, lower, sizeof lower, SQLITE_STATIC);
		while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
			struct hash_row row;

			if (!take_file(&database, statement, &row))
				match(context, i, DIGEST_SHA256, &row);
		}
		sqlite3_reset(statement);
	}
	if (step != SQLITE_DONE)
		status = complain(&database, STATUS_DAMAGED, "could not be asked");
	sqlite3_finalize(statement);
	close_database(&database);
	return status;
}

const struct hashset_format rds3_hashset_format = {
	.name        = "rds3",
	.description = "NSRL RDSv3, a SQLite database, minimal or full",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_rds3,
	.open        = open_rds3,
	.ask         = ask_rds3,
};
