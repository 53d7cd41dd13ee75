/*
 * dnf_history.c - /var/lib/dnf/history.sqlite, and transaction_history.sqlite of dnf5
 * (libdnf, libdnf/transaction/Swdb; libdnf5, libdnf5/transaction/db)
 *
 *	trans(id, dt_begin, dt_end, rpmdb_version_begin, rpmdb_version_end, user_id, cmdline or description, state)
 *	trans_item(trans_id, item_id, repo_id, action, reason, state), rpm(item_id, name, epoch, version, release, arch), repo
 *
 * Times are seconds of UTC.  A user_id of -1 or 4294967295 is a login that was not set.
 * dnf5 keeps names of actions and states in tables of their own, architectures and names of packages too.
 */
#include <string.h>

#include "history_database.h"

static const struct action { const char *id; enum event_kind kind; bool goes; } actions[] = {
	[0] = { "unknown",     EVENT_RECORD,              false },
	[1] = { "install",     EVENT_PACKAGE_INSTALLED,   false },
	[2] = { "downgrade",   EVENT_PACKAGE_UPGRADED,    false },
	[3] = { "downgraded",  EVENT_PACKAGE_UPGRADED,    true },
	[4] = { "obsolete",    EVENT_PACKAGE_INSTALLED,   false },
	[5] = { "obsoleted",   EVENT_PACKAGE_REMOVED,     true },
	[6] = { "upgrade",     EVENT_PACKAGE_UPGRADED,    false },
	[7] = { "upgraded",    EVENT_PACKAGE_UPGRADED,    true },
	[8] = { "remove",      EVENT_PACKAGE_REMOVED,     true },
	[9] = { "reinstall",   EVENT_PACKAGE_REINSTALLED, false },
	[10] = { "reinstalled", EVENT_PACKAGE_REINSTALLED, true },
	[11] = { "reason-change", EVENT_RECORD,           false },
	[12] = { "replaced",   EVENT_PACKAGE_UPGRADED,    true },
};
enum { ACTION_COUNT = sizeof actions / sizeof actions[0] };

/* dnf5 names them. */
static const struct { const char *name; int action; } names[] = {
	{ "Install", 1 }, { "Downgrade", 2 }, { "Upgrade", 6 }, { "Remove", 8 }, { "Reinstall", 9 }, { "Replaced", 12 },
	{ "Reason Change", 11 },
};

enum { TRANSACTION_ID, BEGIN, END, VERSION_BEGIN, VERSION_END, USER, COMMAND, STATE };
enum { ITEM_ACTION, ITEM_NAME, ITEM_EPOCH, ITEM_VERSION, ITEM_RELEASE, ITEM_ARCHITECTURE, ITEM_REPOSITORY };

static const char transactions[] =
	"SELECT id, dt_begin, dt_end, rpmdb_version_begin, rpmdb_version_end, user_id, cmdline, state FROM trans ORDER BY id";
static const char transactions_of_five[] =
	"SELECT t.id, t.dt_begin, t.dt_end, t.rpmdb_version_begin, t.rpmdb_version_end, t.user_id, t.description, s.name "
	"FROM trans t LEFT JOIN trans_state s ON s.id = t.state_id ORDER BY t.id";
static const char items[] =
	"SELECT i.action, r.name, r.epoch, r.version, r.release, r.arch, p.repoid FROM trans_item i "
	"JOIN rpm r ON r.item_id = i.item_id LEFT JOIN repo p ON p.id = i.repo_id WHERE i.trans_id = %lld ORDER BY i.id";
static const char items_of_five[] =
	"SELECT a.name, n.name, r.epoch, r.version, r.release, c.name, p.repoid FROM trans_item i "
	"JOIN rpm r ON r.item_id = i.item_id JOIN pkg_name n ON n.id = r.name_id JOIN arch c ON c.id = r.arch_id "
	"JOIN trans_item_action a ON a.id = i.action_id LEFT JOIN repo p ON p.id = i.repo_id "
	"WHERE i.trans_id = %lld ORDER BY i.id";

static const char *
copy_words(struct history *history, struct sqlite3_stmt *statement, int column)
{
	return arena_copy_text(&history->arena, sqlite_column_words(statement, column));
}

static const struct action *
action_of(struct sqlite3_stmt *statement, bool is_five)
{
	int64_t number = is_five ? 0 : sqlite_column_number(statement, ITEM_ACTION);
	const char *name = is_five ? sqlite_column_words(statement, ITEM_ACTION) : NULL;

	for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(name, names[i].name))
			number = names[i].action;
	return &actions[number > 0 && number < ACTION_COUNT ? number : 0];
}

static void
read_items(struct history *history, const struct history_transaction *transaction, bool is_five)
{
	char *question = arena_format(&history->arena, is_five ? items_of_five : items, (long long)transaction->id);
	struct sqlite3_stmt *statement = sqlite_database_prepare(history->database, question);

	while (statement && sqlite_database_next(history->database, statement)) {
		const struct action *action = action_of(statement, is_five);

		history_add_package(history, transaction, &(struct history_package){
			.kind = action->kind, .goes = action->goes, .id = action->id,
			.name = copy_words(history, statement, ITEM_NAME), .epoch = copy_words(history, statement, ITEM_EPOCH),
			.version = copy_words(history, statement, ITEM_VERSION),
			.release = copy_words(history, statement, ITEM_RELEASE),
			.architecture = copy_words(history, statement, ITEM_ARCHITECTURE),
			.source = copy_words(history, statement, ITEM_REPOSITORY) });
	}
	sqlite_database_finish(statement);
}

static void
read_row(struct sqlite3_stmt *statement, struct arena *texts, struct history_transaction *ret_transaction)
{
	ret_transaction->id = sqlite_column_number(statement, TRANSACTION_ID);
	ret_transaction->begin = sqlite_column_number(statement, BEGIN);
	ret_transaction->end = sqlite_column_number(statement, END);
	ret_transaction->version_begin = arena_copy_text(texts, sqlite_column_words(statement, VERSION_BEGIN));
	ret_transaction->version_end = arena_copy_text(texts, sqlite_column_words(statement, VERSION_END));
	ret_transaction->user = history_user(texts, statement, USER);
	ret_transaction->command = arena_copy_text(texts, sqlite_column_words(statement, COMMAND));
}

static void
read_transaction(struct history *history, struct sqlite3_stmt *statement, struct arena *texts,
	struct history_transaction *ret_transaction)
{
	static const char *const states[] = { "unknown", "done", "error" };
	int64_t number = sqlite_column_number(statement, STATE);

	(void)history;
	read_row(statement, texts, ret_transaction);
	ret_transaction->result = states[number > 0 && number < 3 ? number : 0];
}

static void
read_transaction_of_five(struct history *history, struct sqlite3_stmt *statement, struct arena *texts,
	struct history_transaction *ret_transaction)
{
	(void)history;
	read_row(statement, texts, ret_transaction);
	ret_transaction->result = arena_copy_text(texts, sqlite_column_words(statement, STATE));
}

static void
read_packages(struct history *history, const struct history_transaction *transaction)
{
	read_items(history, transaction, false);
}

static void
read_packages_of_five(struct history *history, const struct history_transaction *transaction)
{
	read_items(history, transaction, true);
}

static enum status
parse_dnf_history(const struct artifact_group *group, const struct event_sink *out, const struct notes *notes)
{
	static const struct history_form forms[] = {
		{ transactions, read_transaction, read_packages },
		{ transactions_of_five, read_transaction_of_five, read_packages_of_five },
		{ NULL, NULL, NULL }
	};
	struct history history = { .out = out, .notes = notes, .provider = "dnf" };

	return history_read(&history, group, "history.sqlite", forms);
}

const struct eventlog_driver dnf_history_eventlog = {
	.name           = "dnf_history",
	.description    = "dnf and dnf5: transactions with their packages, and the chain of rpm's versions (history.sqlite)",
	.files          = (const char *const[]){
		"/var/lib/dnf/history.sqlite*", "/usr/lib/sysimage/libdnf5/transaction_history.sqlite*", NULL
	},
	.is_package_log = true,
	.manager = "rpm",
	.parse          = parse_dnf_history,
};
