/*
 * login_databases.c - logins in SQLite databases: wtmpdb, in place of wtmp, and lastlog2, in place of lastlog
 *
 *	wtmp(ID, Type, User, Login, Logout, TTY, RemoteHost, Service)	microseconds; type 1: start of the system, 3: login
 *	Lastlog2(Name, Time, TTY, RemoteHost, Service)			seconds; 0: never
 *
 * Specification: wtmpdb(8) and its lib/sqlite.c (github.com/thkukuk/wtmpdb); lastlog2(8) of util-linux, liblastlog2/src.  Of a
 * start of the system the remote host is the version of the kernel.
 */
#include <inttypes.h>

#include <t1554triage/limit.h>
#include <t1554triage/sqlite_database.h>
#include <t1554triage/text.h>

#include "field_list.h"

enum column { NUMBER, TYPE, BEGUN, ENDED, USER, TERMINAL, HOST, SERVICE };
enum { TYPE_START = 1, TYPE_LOGIN = 3, MICROSECONDS = 1000000 };
static const int64_t year_10000 = 253402300800;		/* in seconds: no clock is there yet */

/* A table, asked for the columns above; times are divided by units into seconds. */
struct login_table {
	const char *ending, *provider, *question;
	int64_t     units;
};

static const struct login_table tables[] = {
	{ "lastlog2.db", "lastlog2", "SELECT rowid, 3, Time, NULL, Name, TTY, RemoteHost, Service FROM Lastlog2 ORDER BY rowid", 1 },
	{ ".db", "wtmpdb", "SELECT ID, Type, Login, Logout, User, TTY, RemoteHost, Service FROM wtmp ORDER BY ID", MICROSECONDS },
};

struct login_reading {
	const struct login_table *table;
	const struct artifact    *artifact;
	const struct event_sink  *out;
	struct field_list         fields;
	uint64_t                  events, timeless;
};

static bool
is_time(const struct login_table *table, int64_t value)
{
	return value > 0 && value / table->units < year_10000;
}

static struct timestamp
moment(const struct login_table *table, int64_t value)
{
	return (struct timestamp){ .seconds = value / table->units,
		.nanoseconds = (uint32_t)(value % table->units * (1000000000 / table->units)),
		.resolution_nanoseconds = (uint32_t)(1000000000 / table->units) };
}

static void
take_row(struct login_reading *reading, struct sqlite3_stmt *row)
{
	int64_t type = sqlite_column_number(row, TYPE), begun = sqlite_column_number(row, BEGUN), ended = sqlite_column_number(row, ENDED);
	struct event event = { .provider = reading->table->provider, .at = reading->artifact->place,
		.kind = type == TYPE_LOGIN ? EVENT_LOGON : EVENT_RECORD };

	if (!is_time(reading->table, begun)) {
		reading->timeless += begun || reading->table != tables;	/* of lastlog2, 0 is an account that never logged in */
		return;
	}
	field_list_clear(&reading->fields);
	field_list_add_text(&reading->fields, "User", sqlite_column_words(row, USER));
	field_list_add_text(&reading->fields, "line", sqlite_column_words(row, TERMINAL));
	field_list_add_text(&reading->fields, type == TYPE_START ? "kernel" : "host", sqlite_column_words(row, HOST));
	field_list_add_text(&reading->fields, "service", sqlite_column_words(row, SERVICE));
	event.id = type == TYPE_LOGIN ? "login" : type == TYPE_START ? "start" : "other";
	event.time = moment(reading->table, begun);
	if (is_time(reading->table, ended))
		event.end = moment(reading->table, ended);
	event.at.record_id = (uint64_t)sqlite_column_number(row, NUMBER);
	if (event.kind == EVENT_LOGON) {
		event.object = event.user = field_list_value(&reading->fields, "User");
		event.subject = field_list_value(&reading->fields, "host");
	}
	field_list_lend(&reading->fields, &event);
	reading->out->event(reading->out->context, &event);
}

static enum status
read_rows(struct login_reading *reading, struct sqlite_database *database, const struct notes *notes)
{
	const struct place *at = &reading->artifact->place;
	struct sqlite3_stmt *rows = sqlite_database_prepare(database, reading->table->question);
	uint64_t most = limit_get(LIMIT_EVENTS);
	enum status status = STATUS_OK;

	reading->timeless = 0;
	if (!rows)
		return note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, at, "%s has no table of logins of the kind that %s makes: "
			"no login of it was read", at->path, reading->table->provider);
	while (reading->events < most && sqlite_database_next(database, rows)) {
		take_row(reading, rows);
		reading->events++;
	}
	if (reading->events == most && sqlite_database_next(database, rows))
		status = note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, at, "logins of %s beyond %llu were left out (limit events)", at->path,
			(unsigned long long)most);
	sqlite_database_finish(rows);
	if (reading->timeless)
		status = note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, at, "%s: %" PRIu64 " logins have no time that can be: they were "
			"left out", at->path, reading->timeless);
	return status_worse(status, sqlite_database_status(database));
}

static enum status
parse_login_databases(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	struct login_reading reading = { .out = out };
	enum status status = STATUS_OK;

	field_list_init(&reading.fields);
	for (size_t i = 0; i < group->count; i++) {
		struct sqlite_artifact opened;

		if (!text_has_suffix(group->items[i].path, ".db"))
			continue;
		reading.artifact = &group->items[i];
		reading.table = tables;
		while (!text_has_suffix(group->items[i].path, reading.table->ending))
			reading.table++;
		status = status_worse(status, sqlite_artifact_open(group, reading.artifact, notes, &opened));
		if (opened.database)
			status = status_worse(status, read_rows(&reading, opened.database, notes));
		sqlite_artifact_close(&opened);
	}
	field_list_release(&reading.fields);
	return status;
}

const struct eventlog_driver login_databases_eventlog = {
	.name        = "login_databases",
	.description = "wtmpdb and lastlog2: logins and starts of the system in SQLite databases",
	.files       = (const char *const[]){ "/var/lib/wtmpdb/wtmp*.db*", "/var/lib/lastlog/lastlog2.db*", NULL },
	.parse       = parse_login_databases,
};
