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
	draft->subject.evidence = at->evidence;
	draft->subject.system = witness->system->id;
	draft->subject.path = at->path;
}

static const struct package *
package_of(const struct witness *witness, const struct package_part *part)
{
	return inventory_package(witness->inventory, part->system, part->manager, part->package, part->architecture);
}

/* What copied the tree wrote its database a little before or after the programs: the burst is that of the programs. */
static bool
is_beside_copy(const struct witness *witness, const struct timestamp *stamp)
{
	const struct system_summary *summary = inventory_summary(witness->inventory, witness->system);

	return summary && timestamp_is_recorded(&summary->copied_first) && timestamp_is_recorded(stamp) &&
	       stamp->seconds >= summary->copied_first.seconds - LATE_SECONDS &&
	       stamp->seconds <= summary->copied_last.seconds + LATE_SECONDS;
}

static bool
is_touched(const struct witness *witness, const struct package_part *part)
{
	return !is_beside_copy(witness, &part->changed) &&
	       transaction_of_package(witness->inventory, witness->system, package_of(witness, part), &part->changed, NULL, NULL) ==
	       TRANSACTION_OUTSIDE;
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

		/* That a list has no file of configuration beside it is seen where every name of the database was read. */
		if (!part->contradiction || !is_of(witness, part->system) ||
		    (part->kind == PACKAGE_PART_LIST && !database_is_whole(witness)))
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

/* Every package that lists it says that it was left out or replaced, by a note that no signature covers. */
static const struct package_file *
row_left_out(const struct file *file)
{
	for (size_t i = 0; i < file->row_count; i++)
		if (!file->rows[i]->is_by_state)
			return NULL;
	return file->row_count ? file->rows[0] : NULL;
}

/* rpm notes for each file whether it was installed: where it was not, nothing is there of this package. */
static void
look_at_states(const struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->file_count; i++) {
		const struct file *file = &witness->inventory->files[i];
		const struct package_file *row = file->system == witness->system ? row_left_out(file) : NULL;
		struct draft draft;

		if (!row || !file_is_live(file) || !file_is_program(file) || file->entry.stream || file->unreliable ||
		    file->entry.type != ENTRY_REGULAR || !path_is_system_folder(file->path, file->system->windows) ||
		    digest_compare(&row->digest, &file->digests, file->extra) != DIGEST_DIFFERS)
			continue;
		draft_begin(&draft, witness->check, file, witness->out);
		draft.finding.support = SUPPORT_LIMITED;
		buffer_add_format(&draft.text, "the database notes that the file of %s at %s was left out or replaced at installation, "
			"no other package has a file there, and what lies there is not what %s records", row->package, row->path, row->package);
		draft_see_row(&draft, row, file->package);
		draft_see_file(&draft);
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

static bool
is_version_of(const struct package *package, const struct event *event)
{
	return !event->version_new || !package->version || !strcmp(event->version_new, package->version);
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
	    (package && package->is_installed && !package->is_unfinished && is_version_of(package, event)))
		return;
	begin(witness, &draft, &at);
	draft.finding.support = SUPPORT_MODERATE;
	buffer_add_format(&draft.text, "the last that dpkg.log says of %s is that it was installed", event->object);
	if (package && package->is_installed && !package->is_unfinished)
		buffer_add_format(&draft.text, " as version %s, and the database has version %s", event->version_new, package->version);
	else if (package)
		buffer_add_format(&draft.text, ", and the database has it as \"%s\"", package->state ? package->state : "");
	else
		buffer_add_text(&draft.text, ", and the database has no such package of that architecture");
	draft_see(&draft, &event->at, event->text);
	if (package)
		draft_see(&draft, &package->at, NULL);
	draft_add(&draft);
}

static bool
is_of_rpm(const struct event *event)
{
	static const char *const providers[] = { "dnf", "yum", "zypp", NULL };

	for (const char *const *provider = providers; event->object && event->provider && *provider; provider++)
		if (!strcmp(event->provider, *provider))
			return event->kind >= EVENT_PACKAGE_INSTALLED && event->kind <= EVENT_PACKAGE_STATUS;
	return false;
}

/* The program that bears the name of a package; of a package that was removed it would be gone. */
static const struct file *
program_of_name(const struct witness *witness, const char *package)
{
	static const char *const folders[] = { "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", NULL };
	const struct file *file = NULL;
	struct buffer path;

	buffer_init(&path, 0);
	for (const char *const *folder = folders; !file && *folder; folder++) {
		buffer_clear(&path);
		buffer_add_format(&path, "%s%s", *folder, package);
		file = inventory_file(witness->inventory, witness->system->id, path.bytes);
	}
	buffer_release(&path);
	return file && file_is_program(file) && file_is_unowned(file) ? file : NULL;
}

/* Who removes a package with rpm itself leaves no line in these logs; its programs are gone then. */
static void
look_at_last_event_of_rpm(const struct witness *witness, const struct event *event)
{
	const struct file *program;
	struct draft draft;

	if ((event->kind != EVENT_PACKAGE_INSTALLED && event->kind != EVENT_PACKAGE_UPGRADED && event->kind != EVENT_PACKAGE_REINSTALLED) ||
	    inventory_package(witness->inventory, witness->system->id, "rpm", event->object, NULL))
		return;
	program = program_of_name(witness, event->object);
	if (!program)
		return;
	draft_begin(&draft, witness->check, program, witness->out);
	draft.finding.support = SUPPORT_MODERATE;
	buffer_add_format(&draft.text, "the last that the log says of the package %s is that it was installed; the database has no such package, "
		"and its program lies there", event->object);
	draft.finding.innocent = "a program of the same name from elsewhere, put there after the package was removed with rpm itself";
	draft_see(&draft, &event->at, event->text);
	draft_see_file(&draft);
	draft_add(&draft);
}

static void
look_at_log(const struct witness *witness, bool (*is_asked)(const struct event *event),
	void (*look_at)(const struct witness *witness, const struct event *event))
{
	const struct inventory *inventory = witness->inventory;
	const struct system_summary *summary = inventory_summary(inventory, witness->system);
	const struct event *last = NULL;

	if (!database_is_whole(witness) || !summary->has_package_log || !summary->logs_whole)
		return;
	for (size_t i = 0; i < inventory->events_by_package_count; i++) {
		const struct event *event = &inventory->events[inventory->events_by_package[i]];

		if (!is_of(witness, event->system) || !is_asked(event))
			continue;
		if (last && strcmp(last->object, event->object))
			look_at(witness, last);
		last = event;
	}
	if (last)
		look_at(witness, last);
}

/* dpkg puts the scripts of a package into their place as it unpacks it, and leaves them alone then. */
static bool
is_touched_script(const struct witness *witness, const struct file *file)
{
	return !is_beside_copy(witness, &file->entry.times.changed) &&
	       transaction_of_package(witness->inventory, witness->system, file->package, &file->entry.times.changed, NULL, NULL) ==
	       TRANSACTION_OUTSIDE;
}

static bool
is_script_of_package(const struct witness *witness, const struct file *file)
{
	return file->system == witness->system && file_is_live(file) && file->package && file->row_count &&
	       file->rows[0]->kind == PACKAGE_FILE_SCRIPT;
}

static void
report_script(const struct witness *witness, const struct file *file)
{
	const struct event *before, *after;
	struct draft draft;

	draft_begin(&draft, witness->check, file, witness->out);
	draft.finding.support = SUPPORT_LIMITED;
	buffer_add_format(&draft.text, "this script of %s, which the package manager runs as root, was written or touched at ",
		file->package->name);
	add_time(&draft.text, &file->entry.times.changed);
	buffer_add_text(&draft.text, ", when the package logs show no transaction of that package; nothing records its content");
	transaction_of_package(witness->inventory, witness->system, file->package, &file->entry.times.changed, &before, &after);
	draft_see_file(&draft);
	draft_see_event(&draft, before);
	draft_see_event(&draft, after);
	draft_add(&draft);
}

static void
look_at_scripts(const struct witness *witness)
{
	const struct inventory *inventory = witness->inventory;
	size_t count = 0, touched = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (!is_script_of_package(witness, file))
			continue;
		count++;
		touched += is_touched_script(witness, file);
	}
	for (size_t i = 0; touched && touched <= count / 2 && i < inventory->file_count; i++)
		if (is_script_of_package(witness, &inventory->files[i]) && is_touched_script(witness, &inventory->files[i]))
			report_script(witness, &inventory->files[i]);
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

static size_t
packages_in(const struct witness *witness, const char *store)
{
	size_t count = 0;

	for (size_t i = 0; i < witness->inventory->package_count; i++) {
		const struct package *package = &witness->inventory->packages[i];

		count += is_of(witness, package->system) && package->at.path && !strcmp(package->at.path, store);
	}
	return count;
}

/* The record of the same package in another store, from which the file differs; NULL: none. */
static const struct package_file *
other_record(const struct file *file)
{
	const struct package_file *own = file->expected;

	for (size_t i = 0; own && own->at.path && i < file->row_count; i++) {
		const struct package_file *row = file->rows[i];

		if (!strcmp(row->manager, "rpm") && row->at.path && strcmp(row->at.path, own->at.path) && !strcmp(row->package, own->package) &&
		    digest_compare(&row->digest, &file->digests, file->extra) == DIGEST_DIFFERS)
			return row;
	}
	return NULL;
}

/* A conversion leaves the old store behind, which falls behind: what only the smaller one vouches for is a sign. */
static void
look_at_stores(const struct witness *witness)
{
	for (size_t i = 0; i < witness->inventory->file_count; i++) {
		const struct file *file = &witness->inventory->files[i];
		const struct package_file *row = file->system == witness->system && file_is_live(file) && file_is_program(file) ?
			other_record(file) : NULL;
		struct draft draft;

		if (!row || packages_in(witness, row->at.path) < packages_in(witness, file->expected->at.path))
			continue;
		draft_begin(&draft, witness->check, file, witness->out);
		draft.finding.severity = SEVERITY_HIGH;
		draft.finding.support = SUPPORT_STRONG;
		buffer_add_format(&draft.text, "two package databases of rpm lie side by side: by %s its content is that of %s, by %s it is not",
			file->expected->at.path, file->expected->package, row->at.path);
		draft_see_row(&draft, row, file->package);
		draft_see_row(&draft, file->expected, file->package);
		draft_see_file(&draft);
		draft_add(&draft);
	}
}

static const char *
field_of(const struct event *event, const char *name)
{
	for (size_t i = 0; i < event->field_count; i++)
		if (!strcmp(event->fields[i].name, name))
			return event->fields[i].value;
	return NULL;
}

/* "23:dddd...": the number of packages stands before the digest; 0: this kind of version has none. */
static uint64_t
count_in_version(const struct event *event, const char *field)
{
	const char *version = field_of(event, field);
	uint64_t count = 0;

	if (!version || !strchr(version, ':') || !text_parse_u64(version, strcspn(version, ":"), 10, &count))
		return 0;
	return count;
}

/* A package that was put in with rpm itself bears that time; one that was replaced since bears a later one. */
static bool
has_package_since(const struct witness *witness, const struct event *gap)
{
	for (size_t i = 0; i < witness->inventory->package_count; i++) {
		const struct package *package = &witness->inventory->packages[i];

		if (is_of(witness, package->system) && !strcmp(package->manager, "rpm") && timestamp_is_recorded(&package->installed) &&
		    package->installed.seconds >= gap->time.seconds && package->installed.seconds <= gap->end.seconds)
			return true;
	}
	return false;
}

static bool
was_replaced_since(const struct witness *witness, const struct event *gap)
{
	for (size_t i = 0; i < witness->inventory->events_by_package_count; i++) {
		const struct event *event = &witness->inventory->events[witness->inventory->events_by_package[i]];

		if (is_of(witness, event->system) && is_of_rpm(event) && event->kind != EVENT_PACKAGE_INSTALLED &&
		    event->time.seconds >= gap->end.seconds)
			return true;
	}
	return false;
}

/*
 * Who installs with rpm itself leaves a package of that time, who erases leaves fewer packages.  Where neither is so, and no
 * later transaction can have taken such a package out again, nothing that rpm does accounts for the change: a record was edited.
 */
static bool
is_accounted_for_by_rpm(const struct witness *witness, const struct event *gap)
{
	uint64_t left = count_in_version(gap, "left_as"), found = count_in_version(gap, "found_as");

	return !left || !found || found != left || !database_is_whole(witness) || has_package_since(witness, gap) ||
	       was_replaced_since(witness, gap);
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
		draft.finding.support = SUPPORT_LIMITED;
		buffer_add_text(&draft.text, "the package database was changed outside of the package manager between ");
		add_time(&draft.text, &event->time);
		buffer_add_text(&draft.text, " and ");
		add_time(&draft.text, &event->end);
		if (is_accounted_for_by_rpm(witness, event)) {
			draft.finding.severity = SEVERITY_LOW;
			draft.finding.innocent = "packages installed or removed with rpm itself, which neither yum nor dnf records";
		} else {
			draft.finding.innocent = "a package that was put in and taken out again with rpm itself, or a repair of the database";
			buffer_add_text(&draft.text, "; it had as many packages after as before, and none of them was installed in between");
		}
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
		look_at_states(&witness);
		look_for_missing_digests(&witness);
		look_at_log(&witness, is_of_dpkg, look_at_last_event);
		look_at_log(&witness, is_of_rpm, look_at_last_event_of_rpm);
		look_at_scripts(&witness);
		look_at_stores(&witness);
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
