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
	const struct history_form *form;
};

/* A run of the package manager. */
struct history_transaction {
	int64_t     id;
	int64_t     begin, end;			/* seconds since 1970; end 0: it was interrupted */
	const char *version_begin, *version_end;	/* of rpm's database, NULL: not recorded */
	const char *command, *user, *result;
	struct place at;
};

/* How one kind of database is asked. */
struct history_form {
	const char *transactions;	/* a statement, a row a transaction, in their order */
	/* Sets what the row tells of the transaction; texts live in the arena.  Its place is set. */
	void (*read_transaction)(struct history *history, struct sqlite3_stmt *statement, struct arena *texts,
		struct history_transaction *ret_transaction);
	/* Hands out each of its packages with history_add_package. */
	void (*read_packages)(struct history *history, const struct history_transaction *transaction);
};

/*
 * Reads each database of the group whose name ends with ending, its log laid over it, by the first of the forms
 * (the last has no statement) whose tables it has.  Each transaction is an event, and there is one more where the database of
 * rpm was not as the transaction before left it.
 */
enum status history_read(struct history *history, const struct artifact_group *group, const char *ending,
	const struct history_form *forms);

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
