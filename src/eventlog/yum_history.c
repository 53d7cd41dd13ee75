/*
 * yum_history.c - /var/lib/yum/history/history-DATE.sqlite (yum, yum/history.py)
 *
 *	trans_beg(tid, timestamp, rpmdb_version, loginuid), trans_end(tid, timestamp, rpmdb_version, return_code)
 *	trans_cmdline(tid, cmdline), trans_data_pkgs(tid, pkgtupid, done, state)
 *	pkgtups(pkgtupid, name, arch, epoch, version, release, checksum)
 *
 * Times are seconds of UTC.  A transaction without an end was interrupted.  Another file is begun after a time:
 * they follow one another by their dates.
 */
#include <string.h>

#include "history_database.h"

static const struct state { const char *name; enum event_kind kind; bool goes; } states[] = {
	{ "Install",      EVENT_PACKAGE_INSTALLED,   false },
	{ "True-Install", EVENT_PACKAGE_INSTALLED,   false },
	{ "Dep-Install",  EVENT_PACKAGE_INSTALLED,   false },
	{ "Obsoleting",   EVENT_PACKAGE_INSTALLED,   false },
	{ "Update",       EVENT_PACKAGE_UPGRADED,    false },
	{ "Updated",      EVENT_PACKAGE_UPGRADED,    true },
	{ "Downgrade",    EVENT_PACKAGE_UPGRADED,    false },
	{ "Downgraded",   EVENT_PACKAGE_UPGRADED,    true },
	{ "Reinstall",    EVENT_PACKAGE_REINSTALLED, false },
	{ "Reinstalled",  EVENT_PACKAGE_REINSTALLED, true },
	{ "Erase",        EVENT_PACKAGE_REMOVED,     true },
	{ "Obsoleted",    EVENT_PACKAGE_REMOVED,     true },
	{ NULL, EVENT_RECORD, false }
};

enum { TRANSACTION_ID, BEGIN, VERSION_BEGIN, USER, END, VERSION_END, RESULT };
enum { OF_STATE, OF_NAME, OF_EPOCH, OF_VERSION, OF_RELEASE, OF_ARCHITECTURE };

static const char transactions[] =
	"SELECT b.tid, b.timestamp, b.rpmdb_version, b.loginuid, e.timestamp, e.rpmdb_version, e.return_code "
	"FROM trans_beg b LEFT JOIN trans_end e ON e.tid = b.tid ORDER BY b.tid";

/* Old versions of yum have no table of commands. */
static const char *
read_command(struct history *history, struct arena *texts, int64_t id)
{
	struct sqlite3_stmt *statement = sqlite_database_prepare(history->database,
		arena_format(texts, "SELECT cmdline FROM trans_cmdline WHERE tid = %lld", (long long)id));
	const char *command = NULL;

	if (statement && sqlite_database_next(history->database, statement))
		command = arena_copy_text(texts, sqlite_column_words(statement, 0));
	sqlite_database_finish(statement);
	return command;
}

static void
read_packages(struct history *history, const struct history_transaction *transaction)
{
	struct sqlite3_stmt *statement = sqlite_database_prepare(history->database, arena_format(&history->arena,
		"SELECT d.state, p.name, p.epoch, p.version, p.release, p.arch FROM trans_data_pkgs d "
		"JOIN pkgtups p ON p.pkgtupid = d.pkgtupid WHERE d.tid = %lld ORDER BY d.rowid", (long long)transaction->id));

	while (statement && sqlite_database_next(history->database, statement)) {
		const char *name = arena_copy_text(&history->arena, sqlite_column_words(statement, OF_STATE));
		const struct state *state = states;

		while (state->name && (!name || strcmp(state->name, name)))
			state++;
		history_add_package(history, transaction, &(struct history_package){
			.kind = state->kind, .goes = state->goes, .id = name ? name : "",
			.name = arena_copy_text(&history->arena, sqlite_column_words(statement, OF_NAME)),
			.epoch = arena_copy_text(&history->arena, sqlite_column_words(statement, OF_EPOCH)),
			.version = arena_copy_text(&history->arena, sqlite_column_words(statement, OF_VERSION)),
			.release = arena_copy_text(&history->arena, sqlite_column_words(statement, OF_RELEASE)),
			.architecture = arena_copy_text(&history->arena, sqlite_column_words(statement, OF_ARCHITECTURE)) });
	}
	sqlite_database_finish(statement);
}

static void
read_transaction(struct history *history, struct sqlite3_stmt *statement, struct arena *texts,
	struct history_transaction *ret_transaction)
{
	ret_transaction->id = sqlite_column_number(statement, TRANSACTION_ID);
	ret_transaction->begin = sqlite_column_number(statement, BEGIN);
	ret_transaction->end = sqlite_column_number(statement, END);
	ret_transaction->version_begin = arena_copy_text(texts, sqlite_column_words(statement, VERSION_BEGIN));
	ret_transaction->version_end = arena_copy_text(texts, sqlite_column_words(statement, VERSION_END));
	ret_transaction->user = history_user(texts, statement, USER);
	ret_transaction->result = !ret_transaction->end ? "interrupted" :
		sqlite_column_number(statement, RESULT) ? "error" : "done";
	ret_transaction->command = read_command(history, texts, ret_transaction->id);
}

static enum status
parse_yum_history(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	static const struct history_form forms[] = {
		{ transactions, read_transaction, read_packages }, { NULL, NULL, NULL }
	};
	struct history history = { .out = out, .notes = notes, .provider = "yum" };

	return history_read(&history, group, ".sqlite", forms);
}

const struct eventlog_driver yum_history_eventlog = {
	.name           = "yum_history",
	.description    = "yum: transactions with their packages, and the chain of rpm's versions (/var/lib/yum/history)",
	.files          = (const char *const[]){ "/var/lib/yum/history/history-*.sqlite*", NULL },
	.is_package_log = true,
	.manager = "rpm",
	.parse          = parse_yum_history,
};
