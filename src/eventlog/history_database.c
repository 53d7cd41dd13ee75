/* history_database.c - what the histories of yum and dnf have in common: opening, spans, the chain of rpm's versions. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "history_database.h"

static void
emit(struct history *history, struct event *event)
{
	event->provider = history->provider;
	if (history->events++ < limit_get(LIMIT_EVENTS))
		history->out->event(history->out->context, event);
}

static struct timestamp
moment(int64_t seconds)
{
	return (struct timestamp){ .seconds = seconds, .resolution_nanoseconds = seconds ? 1000000000 : 0 };
}

/* "156:7ae5..." or a digest: both ends of the same kind, or there is nothing to compare. */
static bool
is_comparable(const char *a, const char *b)
{
	return a && b && *a && *b && strlen(a) > 32 && (strchr(a, ':') != NULL) == (strchr(b, ':') != NULL);
}

static void
follow_chain(struct history *history, const struct history_transaction *transaction)
{
	struct event_field fields[] = { { "left_as", history->last_version }, { "found_as", transaction->version_begin } };

	if (is_comparable(history->last_version, transaction->version_begin) &&
	    strcmp(history->last_version, transaction->version_begin))
		emit(history, &(struct event){ .time = history->last_end, .end = moment(transaction->begin),
			.kind = EVENT_PACKAGE_DATABASE_CHANGED, .id = "rpmdb-version", .fields = fields, .field_count = 2,
			.text = arena_format(&history->arena, "transaction %llu left rpm's database as %s, transaction %lld found it as %s",
				(unsigned long long)history->last_at.record_id, history->last_version,
				(long long)transaction->id, transaction->version_begin),
			.at = transaction->at });
	arena_release(&history->last_arena);
	history->last_version = arena_copy_text(&history->last_arena, transaction->version_end);
	history->last_end = moment(transaction->end);
	history->last_at = transaction->at;
}

static void
add_transaction(struct history *history, const struct history_transaction *transaction)
{
	struct event_field result = { "result", transaction->result };

	arena_release(&history->arena);
	follow_chain(history, transaction);
	emit(history, &(struct event){ .time = moment(transaction->begin), .end = moment(transaction->end),
		.kind = EVENT_PACKAGE_TRANSACTION, .id = "transaction", .subject = transaction->command,
		.user = transaction->user, .fields = &result, .field_count = transaction->result != NULL,
		.text = transaction->command ? transaction->command : "", .at = transaction->at });
}

static void
read_transactions(struct history *history, const struct artifact *artifact, struct sqlite3_stmt *statement)
{
	while (sqlite_database_next(history->database, statement)) {
		struct history_transaction transaction = { .at = artifact->place };
		struct arena texts;

		arena_init(&texts);
		history->form->read_transaction(history, statement, &texts, &transaction);
		transaction.at.record_id = (uint64_t)transaction.id;
		add_transaction(history, &transaction);
		history->form->read_packages(history, &transaction);
		arena_release(&texts);
	}
}

static void
read_tables(struct history *history, const struct artifact *artifact, const struct history_form *forms)
{
	struct sqlite3_stmt *statement = NULL;

	for (history->form = forms; history->form->transactions; history->form++) {
		statement = sqlite_database_prepare(history->database, history->form->transactions);
		if (statement)
			break;
	}
	if (statement)
		read_transactions(history, artifact, statement);
	else
		note(history->notes, STATUS_OK, NOTE_ARTIFACT_LINE, &artifact->place,
			"%s has no table of transactions of a kind that is known", artifact->path);
	sqlite_database_finish(statement);
}

static enum status
read_database(struct history *history, const struct artifact_group *group, const struct artifact *artifact,
	const struct history_form *forms)
{
	struct sqlite_artifact opened;
	enum status status = sqlite_artifact_open(group, artifact, history->notes, &opened);

	history->database = opened.database;
	if (opened.database) {
		read_tables(history, artifact, forms);
		status = status_worse(status, sqlite_database_status(opened.database));
	}
	sqlite_artifact_close(&opened);
	return status;
}

enum status
history_read(struct history *history, const struct artifact_group *group, const char *ending,
	const struct history_form *forms)
{
	enum status status = STATUS_OK;

	arena_init(&history->arena);
	arena_init(&history->last_arena);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, ending))
			status = status_worse(status, read_database(history, group, &group->items[i], forms));
	if (history->events > limit_get(LIMIT_EVENTS))
		status = note(history->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, NULL,
			"transactions beyond %llu events were left out (limit events)", (unsigned long long)limit_get(LIMIT_EVENTS));
	arena_release(&history->arena);
	arena_release(&history->last_arena);
	return status;
}

void
history_add_package(struct history *history, const struct history_transaction *transaction,
	const struct history_package *package)
{
	struct event_field source = { "repository", package->source };
	bool has_epoch = package->epoch && *package->epoch && strcmp(package->epoch, "0");
	const char *version = arena_format(&history->arena, "%s%s%s-%s", has_epoch ? package->epoch : "",
		has_epoch ? ":" : "", package->version ? package->version : "", package->release ? package->release : "");

	emit(history, &(struct event){ .time = moment(transaction->begin), .end = moment(transaction->end),
		.kind = package->kind, .id = package->id, .subject = transaction->command, .user = transaction->user,
		.object = package->name, .architecture = package->architecture,
		.version_old = package->goes ? version : NULL, .version_new = package->goes ? NULL : version,
		.fields = &source, .field_count = package->source != NULL,
		.text = arena_format(&history->arena, "transaction %lld: %s %s-%s.%s", (long long)transaction->id, package->id,
			package->name ? package->name : "", version, package->architecture ? package->architecture : ""),
		.at = transaction->at });
}

const char *
history_user(struct arena *arena, struct sqlite3_stmt *statement, int column)
{
	int64_t number = sqlite_column_number(statement, column);

	if (!sqlite_column_words(statement, column) || number < 0 || number == UINT32_MAX)
		return NULL;
	return arena_format(arena, "%lld", (long long)number);
}
