/* transaction.c - what the logs of the package managers say of a stamp of a file. */
#include <stddef.h>
#include <string.h>

#include <t1554triage/check.h>
#include <t1554triage/text.h>

/* A rotated part has another end: "dpkg.log.1", "history-20240501.xz". */
static bool
is_in_use(const char *path)
{
	return text_has_suffix(path, ".log") || text_has_suffix(path, ".sqlite") || text_has_suffix(path, "/history");
}

/* What dpkg's log covers says nothing of a package of rpm, and a log of logins nothing of any package. */
static bool
is_log_of(const struct artifact_seen *artifact, const char *manager)
{
	const char *own = eventlog_manager(artifact->driver);

	return own && (!manager || !strcmp(own, manager));
}

/* First and last record of the logs of that manager; false: which log tells from when to when is not known. */
static bool
span_of(const struct inventory *inventory, const char *system, const char *manager, struct timestamp *ret_first,
	struct timestamp *ret_last)
{
	bool is_known = false;

	*ret_first = *ret_last = (struct timestamp){ .resolution_nanoseconds = 0 };
	for (size_t i = 0; manager && i < inventory->artifact_count; i++) {
		const struct artifact_seen *artifact = &inventory->artifacts[i];
		const char *own = eventlog_manager(artifact->driver);

		if (!own || !artifact->system || strcmp(artifact->system, system) || !timestamp_is_recorded(&artifact->first) ||
		    artifact->first.local)
			continue;
		is_known = true;
		if (strcmp(own, manager))
			continue;
		if (!timestamp_is_recorded(ret_first) || timestamp_compare(&artifact->first, ret_first) < 0)
			*ret_first = artifact->first;
		if (!timestamp_is_recorded(ret_last) || timestamp_compare(&artifact->last, ret_last) > 0)
			*ret_last = artifact->last;
	}
	return is_known;
}

/*
 * The log that is written to today is there: what it does not tell after its
 * last line did not happen.  With nothing but rotated parts it ends there.
 */
static bool
log_goes_on(const struct inventory *inventory, const char *system, const char *manager)
{
	bool any = false;

	for (size_t i = 0; i < inventory->artifact_count; i++) {
		const struct artifact_seen *artifact = &inventory->artifacts[i];

		if (!artifact_seen_is_log(artifact) || !artifact->system || strcmp(artifact->system, system) ||
		    !is_log_of(artifact, manager))
			continue;
		any = true;
		if (is_in_use(artifact->path) && artifact->result && !strcmp(artifact->result, "read"))
			return true;
	}
	return !any;
}

static bool
logs_are_whole(const struct inventory *inventory, const char *system)
{
	for (size_t i = 0; inventory->summaries && i < inventory->systems.count; i++)
		if (!strcmp(inventory->systems.items[i].id, system))
			return inventory->summaries[i].has_package_log && inventory->summaries[i].logs_whole;
	return false;
}

bool
transactions_cover(const struct inventory *inventory, const struct installed_system *system, const char *manager,
	const struct timestamp *stamp)
{
	const struct system_summary *summary = inventory_summary(inventory, system);
	struct timestamp first, last;

	if (!summary || !summary->has_package_log || !summary->logs_whole || stamp->local)
		return false;
	if (!span_of(inventory, system->id, manager, &first, &last)) {
		first = summary->log_first;
		last = summary->log_last;
	}
	if (!timestamp_is_recorded(&first) || first.local || timestamp_compare(stamp, &first) < 0)
		return false;
	return timestamp_compare(stamp, &last) <= 0 || log_goes_on(inventory, system->id, manager);
}

/*
 * The package logs of the system, read whole, end with a finished installation of the package: an update of it
 * that the database calls interrupted was never begun.
 */
static bool
transactions_end_installed(const struct inventory *inventory, const struct package *package)
{
	const uint32_t *numbers;
	size_t count;

	numbers = inventory_package_events(inventory, package->system, package->name, &count);
	while (count--) {
		const struct event *event = &inventory->events[numbers[count]];

		if (event->kind != EVENT_PACKAGE_STATUS || !event->text ||
		    (event->architecture && package->architecture && strcmp(event->architecture, package->architecture)))
			continue;
		return strstr(event->text, "status installed ") && logs_are_whole(inventory, package->system);
	}
	return false;
}

static bool
lies_between(const struct timestamp *stamp, const struct timestamp *first, const struct timestamp *last)
{
	return timestamp_is_recorded(first) && stamp->seconds >= first->seconds && stamp->seconds <= last->seconds;
}

static bool
is_of_copy(const struct system_summary *summary, const struct timestamp *stamp)
{
	return summary && (lies_between(stamp, &summary->copied_first, &summary->copied_last) ||
	       lies_between(stamp, &summary->born_first, &summary->born_last));
}

/* From when the transaction began to when the package stood in the database, which is when its files were written (rpm -U). */
static bool
is_of_record(const struct package *package, const struct timestamp *stamp)
{
	enum { TOLERANCE_SECONDS = 1 };

	return timestamp_is_recorded(&package->begun) && timestamp_is_recorded(&package->installed) &&
	       timestamp_is_recorded(stamp) && stamp->seconds >= package->begun.seconds - TOLERANCE_SECONDS &&
	       stamp->seconds <= package->installed.seconds + TOLERANCE_SECONDS;
}

enum transaction_relation
transaction_of_package(const struct inventory *inventory,
	const struct installed_system *system, const struct package *package, const struct timestamp *stamp,
	const struct event **ret_before, const struct event **ret_after)
{
	const struct event *before = NULL, *after = NULL;
	bool inside = false;

	if (package && timestamp_is_recorded(stamp) && !stamp->local)
		inside = inventory_in_transaction(inventory, package, stamp, &before, &after);
	if (ret_before)
		*ret_before = before;
	if (ret_after)
		*ret_after = after;
	if (!timestamp_is_recorded(stamp) || !system)
		return TRANSACTION_NO_STAMP;
	if (inside)
		return TRANSACTION_INSIDE;
	if (is_of_copy(inventory_summary(inventory, system), stamp))
		return TRANSACTION_COPIED;
	if (!transactions_cover(inventory, system, package ? package->manager : NULL, stamp))
		return TRANSACTION_NOT_COVERED;
	return package && is_of_record(package, stamp) ? TRANSACTION_RECORDED : TRANSACTION_OUTSIDE;
}

enum transaction_relation
transaction_of(const struct inventory *inventory, const struct file *file, const struct timestamp *stamp,
	const struct event **ret_before, const struct event **ret_after)
{
	return transaction_of_package(inventory, file->system, file->package, stamp, ret_before, ret_after);
}

static const char *
row_path(const struct package_file *row)
{
	return row->canonical ? row->canonical : row->path;
}

/*
 * The row of another version of a package whose update was interrupted: rows
 * of one place lie side by side, those that do not count as installed too.
 */
const struct package_file *
row_of_interrupted_update(const struct inventory *inventory, const struct file *file)
{
	size_t at;

	if (!file->expected || !file->package || !file->package->is_unfinished ||
	    transactions_end_installed(inventory, file->package))
		return NULL;
	at = (size_t)(file->expected - inventory->package_files);
	while (at && !strcmp(row_path(&inventory->package_files[at - 1]), row_path(file->expected)))
		at--;
	for (; at < inventory->package_file_count; at++) {
		const struct package_file *row = &inventory->package_files[at];

		if (strcmp(row_path(row), row_path(file->expected)))
			break;
		if (!strcmp(row->package, file->package->name) &&
		    digest_compare(&row->digest, &file->digests, file->extra) == DIGEST_EQUAL)
			return row;
	}
	return NULL;
}

const char *
scriptlet_that_writes(const struct inventory *inventory, const struct file *file)
{
	const char *script = file->expected ? file->expected->written_by : NULL;

	if (!script || file->type != PROGRAM_SCRIPT || file->is_link_for_row)
		return NULL;
	return transaction_of(inventory, file, &file->entry.times.changed, NULL, NULL) == TRANSACTION_OUTSIDE ? NULL : script;
}
