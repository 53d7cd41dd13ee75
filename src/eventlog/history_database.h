/* history_database.h - what the histories of yum and dnf have in common.  Private to eventlog. */
#ifndef T1554TRIAGE_HISTORY_DATABASE_H
#define T1554TRIAGE_HISTORY_DATABASE_H

#include <t1554triage/eventlog.h>
#include <t1554triage/memory.h>
#include <t1554triage/sqlite_database.h>

struct history {
	const struct event_sink *out;
	const struct notes      *notes;
	const char              *provider;
	struct sqlite_database  *database;
	struct arena             arena;		/* of one transaction */
	/* How the transaction before left the database of rpm: in an arena of its own. */
	struct arena             last_arena;
	const char              *last_version;
	struct timestamp         last_end;
	struct place             last_at;
	uint64_t                 events;
};

/* A run of the package manager. */
struct history_transaction {
	int64_t     id;
	int64_t     begin, end;			/* seconds since 1970; end 0: it was interrupted */
	const char *version_begin, *version_end;	/* of rpm's database, NULL: not recorded */
	const char *command, *user, *result;
	struct place at;
};

/*
 * Opens each database of the group whose name ends with ending, its log laid over it, and hands it to
 * read() with history->database set.
 */
enum status history_read(struct history *history, const struct artifact_group *group, const char *ending,
	void (*read)(struct history *history, const struct artifact *artifact));

/*
 * Hands out the transaction, and an event of its own where the database of rpm was not as the transaction before left it.
 * Transactions come in their order.
 */
void history_add_transaction(struct history *history, const struct history_transaction *transaction);

/* A number of a user as text; NULL where no login was set (-1, 4294967295) or none is recorded. */
const char *history_user(struct arena *arena, struct sqlite3_stmt *statement, int column);

/* One package of it; its span of time is that of the transaction. */
struct history_package {
	enum event_kind kind;
	bool            goes;		/* the version is the old one */
	const char     *id, *name, *epoch, *version, *release, *architecture, *source;
};
void history_add_package(struct history *history, const struct history_transaction *transaction,
	const struct history_package *package);

#endif
