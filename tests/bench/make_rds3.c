/* make_rds3.c - a database as NSRL RDSv3 minimal is laid out, 2026. */
#include <stdio.h>

#include <sqlite3.h>

#include "make_hashset.h"

static const char schema[] =
	"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA locking_mode = EXCLUSIVE;"
	"CREATE TABLE FILE(sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL,"
	" file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL,"
	" CONSTRAINT PK_FILE__FILE PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, package_id));"
	"CREATE TABLE MFG(manufacturer_id INTEGER, name VARCHAR);"
	"CREATE TABLE OS(operating_system_id INTEGER, name VARCHAR, version VARCHAR, manufacturer_id INTEGER);"
	"CREATE TABLE PKG(package_id INTEGER, name VARCHAR, version VARCHAR, operating_system_id INTEGER,"
	" manufacturer_id INTEGER, language VARCHAR, application_type VARCHAR);"
	"CREATE TABLE VERSION(version VARCHAR UNIQUE, build_set VARCHAR, build_date TIMESTAMP, release_date TIMESTAMP, description VARCHAR);"
	"INSERT INTO VERSION VALUES('2026.09.1', 'modern', '2026-09-01', '2026-09-01', 'made for a benchmark');"
	"CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5, crc32 FROM FILE;"
	"BEGIN;";

static int
insert_rows(sqlite3 *database, uint64_t rows)
{
	sqlite3_stmt *statement;
	int step = SQLITE_DONE;

	if (sqlite3_prepare_v2(database, "INSERT OR IGNORE INTO FILE VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", -1, &statement, NULL))
		return 1;
	for (uint64_t i = 0; i < rows && step == SQLITE_DONE; i++) {
		struct made_row row;
		const char *const texts[] = { row.sha256, row.sha1, row.md5, row.crc32, row.name };

		make_row(i, rows, true, &row);
		for (int j = 0; j < 5; j++)
			sqlite3_bind_text(statement, j + 1, texts[j], -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 6, (int64_t)row.size);
		sqlite3_bind_int64(statement, 7, (int64_t)row.product);
		step = sqlite3_step(statement);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
	return step != SQLITE_DONE;
}

int
make_rds3(uint64_t rows, const char *path, unsigned products, unsigned systems)
{
	sqlite3 *database;
	int failed;

	remove(path);
	failed = sqlite3_open(path, &database) || sqlite3_exec(database, schema, NULL, NULL, NULL);
	for (unsigned i = 1; i <= products && !failed; i++) {
		char *sql = sqlite3_mprintf("INSERT INTO PKG VALUES(%u, 'Product %u', '%u.0', %u, 1, 'English', '%s')", i, i, i % 9,
			i % systems + 1, i % 500 ? "Operating System" : "Hacker Tool");

		failed = sqlite3_exec(database, sql, NULL, NULL, NULL);
		sqlite3_free(sql);
	}
	for (unsigned i = 1; i <= systems && !failed; i++) {
		char *sql = sqlite3_mprintf("INSERT INTO OS VALUES(%u, 'System', '%u', 1)", i, i);

		failed = sqlite3_exec(database, sql, NULL, NULL, NULL);
		sqlite3_free(sql);
	}
	failed = failed || insert_rows(database, rows) || sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	if (failed)
		fprintf(stderr, "make_hashset: %s: %s\n", path, sqlite3_errmsg(database));
	sqlite3_close(database);
	return failed;
}
