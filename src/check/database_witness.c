/*
 * database_witness.c - signs that the package database itself was changed by other hands than its manager's
 *
 * What dpkg keeps is not signed: whoever alters a program can alter the digest beside it, or take
 * the program out of the database.  Six witnesses remain:
 *
 *	times       a .md5sums keeps the time that it has in the package, and its inode is changed when
 *	            the package is unpacked and never again
 *	peers       dpkg records digests for every package: programs of a package without any stand out
 *	the log     a package that dpkg.log saw installed, and never removed, stands in status
 *	the archive where apt kept it, it holds what the database says of its files
 *	itself      status and the package's own files agree on what is configuration; a record of rpm has a digest of itself
 *	the chain   yum and dnf keep with each transaction how they found rpm's database and how they left it
 *
 * Where times of most packages would be a sign they are none: the tree was copied or restored.
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "finding.h"

enum { LATE_SECONDS = 60 };

/* One system of the case while it is looked at. */
struct witness {
	const struct check            *check;
	const struct inventory        *inventory;
	const struct installed_system *system;
	struct findings               *out;
};

static bool
is_of(const struct witness *witness, const char *system)
{
	return system && !strcmp(system, witness->system->id);
}

/* What is not there says something only where everything was read. */
static bool
database_is_whole(const struct witness *witness)
{
	const struct system_summary *summary = inventory_summary(witness->inventory, witness->system);

	return summary && summary->has_database && summary->database_whole;
}

static void
begin(const struct witness *witness, struct draft *draft, const struct place *at)
{
	draft_begin(draft, witness->check, NULL, witness->out);
	draft->finding.evidence = at->evidence;
	draft->finding.system = witness->system->id;
	draft->finding.path = at->path;
}

static const struct package *
package_of(const struct witness *witness, const struct package_part *part)
{
	return inventory_package(witness->inventory, part->system, part->manager, part->package, part->architecture);
}

static bool
is_touched(const struct witness *witness, const struct package_part *part)
{
	return transaction_of_package(witness->inventory, witness->system, package_of(witness, part),
		&part->changed, NULL, NULL) == TRANSACTION_OUTSIDE;
}

static bool
is_later(const struct timestamp *a, const struct timestamp *b)
{
	return timestamp_is_recorded(a) && timestamp_is_recorded(b) && a->seconds > b->seconds + LATE_SECONDS;
}

/* Parts of one package lie side by side, its list first. */
static bool
is_younger_than_list(const struct witness *witness, const struct package_part *part)
{
	const struct package_part *list = part;

	if (part->kind != PACKAGE_PART_DIGESTS)
		return false;
	while (list > witness->inventory->parts && list->kind != PACKAGE_PART_LIST)
		list--;
	return list->kind == PACKAGE_PART_LIST && !strcmp(list->package, part->package) &&
	       is_of(witness, list->system) &&
	       (is_later(&part->modified, &list->modified) || is_later(&part->changed, &list->changed));
}

static void
report_part(const struct witness *witness, const struct package_part *part, bool touched)
{
	static const char *const holds[] = { "the paths", "the recorded digests", "the configuration files" };
	const struct event *before, *after;
	struct draft draft;

	begin(witness, &draft, &part->at);
	/* dpkg rewrites a list on its own when another package takes a path over. */
	if (part->kind == PACKAGE_PART_LIST)
		draft.finding.severity = SEVERITY_LOW;
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "the file that holds %s of %s was written ", holds[part->kind], part->package);
	if (touched) {
		transaction_of_package(witness->inventory, witness->system, package_of(witness, part),
			&part->changed, &before, &after);
		buffer_add_text(&draft.text, "or touched at ");
		add_time(&draft.text, &part->changed);
		buffer_add_text(&draft.text, ", when the package logs show no transaction of that package");
		draft_see(&draft, &part->at, NULL);
		draft_see_event(&draft, before);
		draft_see_event(&draft, after);
	} else {
		buffer_add_text(&draft.text, "at ");
		add_time(&draft.text, &part->modified);
		buffer_add_text(&draft.text, " and its inode changed at ");
		add_time(&draft.text, &part->changed);
		buffer_add_text(&draft.text, ", after the package was unpacked, unlike that of other packages");
		draft_see(&draft, &part->at, NULL);
	}
	draft_add(&draft);
}

static void
look_at_times(const struct witness *witness, enum package_part_kind kind,
	bool (*is_sign)(const struct witness *witness, const struct package_part *part))
{
	const struct inventory *inventory = witness->inventory;
	size_t count = 0, signs = 0;

	for (size_t i = 0; i < inventory->part_count; i++) {
		const struct package_part *part = &inventory->parts[i];

		if (part->kind != kind || !is_of(witness, part->system))
			continue;
		count++;
		signs += is_sign(witness, part);
	}
	for (size_t i = 0; signs && signs <= count / 2 && i < inventory->part_count; i++) {
		const struct package_part *part = &inventory->parts[i];

		/* What its inode says was said already. */
		if (part->kind == kind && is_of(witness, part->system) && is_sign(witness, part) &&
		    (is_sign == is_touched || !is_touched(witness, part)))
			report_part(witness, part, is_sign == is_touched);
	}
}

static void
look_at_contradictions(const struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->part_count; i++) {
		const struct package_part *part = &witness->inventory->parts[i];
		struct draft draft;

		if (!part->contradiction || !is_of(witness, part->system))
			continue;
		begin(witness, &draft, &part->at);
		buffer_add_format(&draft.text, "parts of the record of %s do not agree: %s", part->package,
			part->contradiction);
		draft_see(&draft, &part->at, NULL);
		draft_add(&draft);
	}
}

/* The archive that a package was installed from holds another file than the database says. */
static void
look_at_archives(const struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->package_file_count; i++) {
		const struct package_file *row = &witness->inventory->package_files[i];
		struct draft draft;

		if (!row->witness || !row->witness->contradicted.algorithm || !is_of(witness, row->system))
			continue;
		begin(witness, &draft, &row->at);
		draft.finding.support = row->witness->is_signed ? SUPPORT_STRONG : SUPPORT_MODERATE;
		buffer_add_format(&draft.text, "the database records %s ",
			digest_algorithm_names[row->witness->contradicted.algorithm]);
		digest_add_hex(&draft.text, &row->witness->contradicted);
		buffer_add_format(&draft.text, " for %s of %s %s, and the archive of that version holds another content there (%s)",
			row->path, row->package, row->witness->version, row->witness->chain);
		draft_see(&draft, &row->at, NULL);
		draft_see(&draft, &row->witness->at, NULL);
		draft_add(&draft);
	}
}

/* By the manager: that an archive speaks for it does not mend the record. */
static bool
has_recorded_digest(const struct package_file *row)
{
	return row->digest.algorithm && !(row->witness && row->witness->is_sole);
}

/* A program in a list of a package, and no digest of it. */
static bool
lacks_digest(const struct file *file)
{
	if (!file_is_live(file) || !file_is_program(file) || !file->package || file->is_link_for_row ||
	    file->entry.type != ENTRY_REGULAR || file->unreliable || file->not_examined)
		return false;
	for (size_t i = 0; i < file->row_count; i++)
		if (has_recorded_digest(file->rows[i]) || (file->rows[i]->kind != PACKAGE_FILE_PLAIN &&
		    file->rows[i]->kind != PACKAGE_FILE_CONFIG))
			return false;
	return file->row_count && path_is_system_folder(file->path, file->system->windows);
}

static bool
most_packages_have_digests(const struct witness *witness)
{
	size_t lists = 0, digests = 0;

	for (size_t i = 0; i < witness->inventory->part_count; i++) {
		const struct package_part *part = &witness->inventory->parts[i];

		lists += part->kind == PACKAGE_PART_LIST && is_of(witness, part->system);
		digests += part->kind == PACKAGE_PART_DIGESTS && is_of(witness, part->system);
	}
	return digests > lists / 2;
}

struct bare_package { const struct file *first; size_t count; };

static void
report_bare(const struct witness *witness, const struct bare_package *bare)
{
	struct draft draft;

	draft_begin(&draft, witness->check, bare->first, witness->out);
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "%s records no digest for %zu of its programs, the first is %s, while most "
		"packages of this system record one for every program", bare->first->package->name, bare->count,
		bare->first->path);
	draft_see_row(&draft, bare->first->rows[0], bare->first->package);
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look_for_missing_digests(const struct witness *witness)
{
	const struct inventory *inventory = witness->inventory;
	struct bare_package *bare = NULL;
	size_t count = 0, capacity = 0;
	struct map known;

	if (!database_is_whole(witness) || !most_packages_have_digests(witness))
		return;
	map_init(&known);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		uint64_t number = count;

		if (file->system != witness->system || !lacks_digest(file))
			continue;
		if (map_add(&known, &file->package, sizeof file->package, count)) {
			bare = memory_grow(bare, count, &capacity, sizeof *bare);
			bare[count++] = (struct bare_package){ .first = file };
		} else {
			map_get(&known, &file->package, sizeof file->package, &number);
		}
		bare[number].count++;
	}
	for (size_t i = 0; i < count; i++)
		report_bare(witness, &bare[i]);
	map_release(&known);
	memory_free(bare);
}

static bool
is_of_dpkg(const struct event *event)
{
	return event->object && event->provider && !strcmp(event->provider, "dpkg") &&
	       event->kind >= EVENT_PACKAGE_INSTALLED && event->kind <= EVENT_PACKAGE_STATUS;
}

/* The last word of the log on a package is that it is installed, and the database knows of no such package. */
static void
look_at_last_event(const struct witness *witness, const struct event *event)
{
	const struct package *package = inventory_package(witness->inventory, witness->system->id, "dpkg",
		event->object, event->architecture);
	struct place at = event->at;
	struct draft draft;

	if (package && package->architecture && event->architecture &&
	    strcmp(package->architecture, event->architecture))
		package = NULL;
	if (event->kind != EVENT_PACKAGE_STATUS || !event->text || !strstr(event->text, "status installed ") ||
	    (package && (package->is_installed || package->is_unfinished)))
		return;
	begin(witness, &draft, &at);
	draft.finding.support = SUPPORT_MODERATE;
	buffer_add_format(&draft.text, "the last that dpkg.log says of %s is that it was installed", event->object);
	if (package)
		buffer_add_format(&draft.text, ", and the database has it as \"%s\"", package->state ? package->state : "");
	else
		buffer_add_text(&draft.text, ", and the database has no such package of that architecture");
	draft_see(&draft, &event->at, event->text);
	if (package)
		draft_see(&draft, &package->at, NULL);
	draft_add(&draft);
}

static void
look_at_log(const struct witness *witness)
{
	const struct inventory *inventory = witness->inventory;
	const struct system_summary *summary = inventory_summary(inventory, witness->system);
	const struct event *last = NULL;

	if (!database_is_whole(witness) || !summary->has_package_log || !summary->logs_whole)
		return;
	for (size_t i = 0; i < inventory->events_by_package_count; i++) {
		const struct event *event = &inventory->events[inventory->events_by_package[i]];

		if (!is_of(witness, event->system) || !is_of_dpkg(event))
			continue;
		if (last && strcmp(last->object, event->object))
			look_at_last_event(witness, last);
		last = event;
	}
	if (last)
		look_at_last_event(witness, last);
}

/* An image is built with dpkg's own status or, without dpkg, from the paragraphs in status.d. */
static void
look_for_second_database(const struct witness *witness)
{
	const struct package *added = NULL, *own = NULL;
	struct draft draft;

	for (size_t i = 0; i < witness->inventory->package_count; i++) {
		const struct package *package = &witness->inventory->packages[i];

		if (!is_of(witness, package->system) || !package->at.path)
			continue;
		if (text_has_prefix(package->at.path, "/var/lib/dpkg/status.d/"))
			added = added ? added : package;
		else if (!strcmp(package->at.path, "/var/lib/dpkg/status"))
			own = package;
	}
	if (!added || !own)
		return;
	begin(witness, &draft, &added->at);
	buffer_add_format(&draft.text, "%s is recorded in a second package database beside dpkg's own, which dpkg "
		"neither writes nor reads", added->name);
	draft_see(&draft, &added->at, added->name);
	draft_add(&draft);
}

/* Between two transactions something else changed rpm's database: rpm by hand, or nobody who logs. */
static void
look_at_chain(const struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->event_count; i++) {
		const struct event *event = &witness->inventory->events[i];
		struct draft draft;

		if (event->kind != EVENT_PACKAGE_DATABASE_CHANGED || !is_of(witness, event->system))
			continue;
		begin(witness, &draft, &event->at);
		draft.finding.severity = SEVERITY_LOW;
		draft.finding.support = SUPPORT_LIMITED;
		draft.finding.innocent = "packages installed or removed with rpm itself, which neither yum nor dnf records";
		buffer_add_text(&draft.text, "the package database was changed outside of the package manager between ");
		add_time(&draft.text, &event->time);
		buffer_add_text(&draft.text, " and ");
		add_time(&draft.text, &event->end);
		draft_see(&draft, &event->at, event->text);
		draft_add(&draft);
	}
}

static void
look(const struct check *self, const struct inventory *inventory, struct findings *out)
{
	for (size_t i = 0; i < inventory->systems.count; i++) {
		const struct witness witness = { .check = self, .inventory = inventory,
			.system = &inventory->systems.items[i], .out = out };

		for (int kind = PACKAGE_PART_LIST; kind <= PACKAGE_PART_CONFFILES; kind++)
			look_at_times(&witness, kind, is_touched);
		look_at_times(&witness, PACKAGE_PART_DIGESTS, is_younger_than_list);
		look_at_contradictions(&witness);
		look_at_archives(&witness);
		look_for_missing_digests(&witness);
		look_at_log(&witness);
		look_at_chain(&witness);
		look_for_second_database(&witness);
	}
}

const struct check database_witness_check = {
	.id       = "database-witness",
	.title    = "package database changed by other hands than the package manager's",
	.severity = SEVERITY_MEDIUM,
	.playbook = "Key Indicators: binary hashes that do not match known-good versions",
	.innocent = "a restore from a backup, a repair of the database by hand, a tool that writes missing digests, or a package made without them",
	.whole    = look,
};
