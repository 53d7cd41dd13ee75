/* verdict.c - one verdict for each file: the first row of verdict.def that applies. */
#include <string.h>

#include <t1554triage/buffer.h>
#include <t1554triage/memory.h>
#include <t1554triage/verdict.h>

/* What is asked of one file. */
struct question {
	struct inventory     *inventory;
	const struct file    *file;
	const struct finding *gravest;		/* NULL: none */
	struct buffer        *why;		/* a sentence, by the row that applies */
};

static const struct hash_match *
match_of(const struct file *file, enum hash_class class)
{
	for (size_t i = 0; i < file->match_count; i++)
		if (file->matches[i].class == class)
			return &file->matches[i];
	return NULL;
}

static const char *
set_name(const struct hash_match *match)
{
	return hashset_identity(match->set)->name;
}

static bool
was_not_read(const struct question *question)
{
	const struct file *file = question->file;

	if (!file->not_examined && (file->digests.known || file->extra))
		return false;
	buffer_add_text(question->why, file->not_examined ? file->not_examined :
		file->entry.not_readable ? file->entry.not_readable :
		file->entry.content_state != CONTENT_INTACT ? "its content is no longer there" :
		"its content was not read");
	return true;
}

static bool
is_in_contradicting_sets(const struct question *question)
{
	const struct hash_match *bad = match_of(question->file, HASH_BAD);
	const struct hash_match *good = match_of(question->file, HASH_GOOD);

	if (!good)
		good = match_of(question->file, HASH_BENIGN);
	if (!bad || !good)
		return false;
	buffer_add_format(question->why, "the set %s lists it as malicious, and the set %s vouches for it",
		set_name(bad), set_name(good));
	return true;
}

static bool
is_in_bad_set(const struct question *question)
{
	const struct hash_match *bad = match_of(question->file, HASH_BAD);

	if (!bad)
		return false;
	buffer_add_format(question->why, "the set %s lists its digest", set_name(bad));
	if (bad->product && *bad->product)
		buffer_add_format(question->why, " as %s", bad->product);
	return true;
}

static bool
has_expected_content(const struct file *file)
{
	return file->package_state == PACKAGE_STATE_VERIFIED ||
	       file->package_state == PACKAGE_STATE_MODE_CHANGED;
}

static bool
is_damaged_and_unrecognised(const struct question *question)
{
	const struct file *file = question->file;

	if (!file->unreliable || has_expected_content(file) || file->match_count)
		return false;
	buffer_add_text(question->why, "some of its content could not be read from the evidence, or two "
		"readings differ, so that its digest proves nothing");
	return true;
}

/* A link whose target lies as its own package delivered it. */
static bool
leads_to_verified(const struct question *question)
{
	const struct file *file = question->file, *target = NULL;

	if (file->entry.link_target && *file->entry.link_target == '/')
		target = inventory_file(question->inventory, file->system->id, file->entry.link_target);
	return target && has_expected_content(target);
}

static bool
differs(const struct question *question)
{
	const struct file *file = question->file;

	if (file->package_state == PACKAGE_STATE_MODIFIED)
		return true;
	return file->package_state == PACKAGE_STATE_REPLACED && file->expected && !file->unreliable &&
	       digest_compare(&file->expected->digest, &file->digests, file->extra) == DIGEST_DIFFERS &&
	       !leads_to_verified(question);
}

/* What accounts for the bytes themselves; a time inside a transaction never does. */
static bool
has_content_witness(const struct question *question)
{
	return row_of_interrupted_update(question->inventory, question->file) ||
		scriptlet_that_writes(question->inventory, question->file);
}

/* The package's own installation stands in the logs: whatever came after it is covered. */
static const struct event *
logged_installation(const struct question *question)
{
	const struct file *file = question->file;
	const struct event *found = NULL;
	const uint32_t *numbers;
	size_t count;

	if (!file->package || !file->system)
		return NULL;
	numbers = inventory_package_events(question->inventory, file->system->id, file->package->name, &count);
	for (size_t i = 0; i < count; i++) {
		const struct event *event = &question->inventory->events[numbers[i]];

		if (event->kind != EVENT_PACKAGE_INSTALLED && event->kind != EVENT_PACKAGE_UPGRADED &&
		    event->kind != EVENT_PACKAGE_REINSTALLED)
			continue;
		if (!event->version_new || !file->package->version ||
		    !strcmp(event->version_new, file->package->version))
			found = event;
	}
	return found && transactions_cover(question->inventory, file->system, file->package->manager, &found->time) ? found : NULL;
}

/* A stamp that tells when it was changed: not one that the copying of the tree has set. */
static bool
tells_time(const struct question *question, const struct timestamp *stamp, enum transaction_relation *ret_relation)
{
	*ret_relation = transaction_of(question->inventory, question->file, stamp, NULL, NULL);
	return *ret_relation != TRANSACTION_NO_STAMP && *ret_relation != TRANSACTION_COPIED;
}

static bool
is_covered_at(const char *name, const struct timestamp *stamp, enum transaction_relation relation,
	struct buffer *how)
{
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(stamp, text);
	if (how)
		buffer_add_format(how, "it was %s at %s, %s", name, text, relation == TRANSACTION_INSIDE ?
			"within a transaction of its package, which does not account for other content" :
			"when the package logs, which cover that time, show no transaction of its package");
	return relation == TRANSACTION_INSIDE || relation == TRANSACTION_OUTSIDE || relation == TRANSACTION_RECORDED;
}

/*
 * Do logs cover the time of the change?  By the stamps of the inode; where the
 * tree was copied or none is recorded, by an installation in the logs, which
 * every later change must follow; else by the time of the content.
 */
static bool
is_covered(const struct question *question, struct buffer *how)
{
	const struct macb *times = &question->file->entry.times;
	enum transaction_relation relation;
	const struct event *installation;
	char text[TIMESTAMP_TEXT_SIZE];

	/* Logs of the system's own manager are silent on what pip, npm and their kin do. */
	if (question->file->expected && !package_manager_is_logged(question->file->expected->manager))
		return false;
	if (tells_time(question, &times->changed, &relation))
		return is_covered_at("changed", &times->changed, relation, how);
	if (tells_time(question, &times->born, &relation))
		return is_covered_at("created", &times->born, relation, how);
	installation = logged_installation(question);
	if (!installation)
		return tells_time(question, &times->modified, &relation) &&
		       is_covered_at("last modified", &times->modified, relation, how);
	timestamp_format_short(&installation->time, text);
	if (how)
		buffer_add_format(how, "the package logs cover the whole time since its package was installed at %s",
			text);
	return true;
}

static void
say_difference(const struct question *question)
{
	const struct package_file *row = question->file->expected;

	buffer_add_format(question->why, "its %s differs from the one that %s%s%s%s%s; ",
		digest_algorithm_names[row->digest.algorithm], row->witness ? "the archive of " : "", row->package,
		question->file->package && question->file->package->version ? " " : "",
		question->file->package && question->file->package->version ? question->file->package->version : "",
		row->witness ? " holds" : " records");
}

static bool
changed_while_logged(const struct question *question)
{
	if (!differs(question) || has_content_witness(question) || !is_covered(question, NULL))
		return false;
	say_difference(question);
	is_covered(question, question->why);
	return true;
}

static bool
changed_without_log(const struct question *question)
{
	if (!differs(question) || has_content_witness(question))
		return false;
	say_difference(question);
	buffer_add_text(question->why, "no package log that was read whole covers the time of that change");
	return true;
}

static bool
is_changed_config(const struct question *question)
{
	const struct file *file = question->file;

	return file->package_state == PACKAGE_STATE_CONFIG && file->expected && !file->unreliable &&
		digest_compare(&file->expected->digest, &file->digests, file->extra) == DIGEST_DIFFERS;
}

static bool
is_accounted_for(const struct question *question)
{
	const struct file *file = question->file;
	const struct package_diversion *diversion = NULL;

	if (file->package_state == PACKAGE_STATE_PRELINKED && file->is_prelink_undone) {
		buffer_add_format(question->why, "prelink undo gives the recorded digest: with what prelink wrote into it set back, its %s "
			"is the one that %s records; which addresses of other files prelink found for it is not compared",
			digest_algorithm_names[file->expected->digest.algorithm], file->expected->package);
		return true;
	}
	if ((differs(question) && !row_of_interrupted_update(question->inventory, file)) || is_changed_config(question)) {
		const char *script = scriptlet_that_writes(question->inventory, file);

		if (script)
			buffer_add_format(question->why, "%s, which %s recorded, writes this script at installation; what it writes is not "
				"compared", script, file->expected->package);
		return script != NULL;
	}
	if (differs(question)) {
		buffer_add_format(question->why, "an update of %s was interrupted, and the content is that of its "
			"other version", file->package->name);
		return true;
	}
	if (file->package_state == PACKAGE_STATE_DIVERTED && file->type == PROGRAM_OTHER)
		diversion = inventory_diversion(question->inventory, file->system->id, file->path);
	if (!diversion || !diversion->package)
		return false;
	buffer_add_format(question->why, "the package %s has moved the file of another package from here to %s "
		"and puts its own in its place", diversion->package, diversion->to);
	return true;
}

static bool
has_grave_finding(const struct question *question)
{
	if (!question->gravest || question->gravest->severity > SEVERITY_MEDIUM)
		return false;
	buffer_add_format(question->why, "finding %s speaks against it: %s", finding_id(question->gravest).text,
		question->gravest->check->title);
	return true;
}

static bool
is_in(const struct question *question, enum hash_class class, const char *says)
{
	const struct hash_match *match = match_of(question->file, class);

	if (!match)
		return false;
	buffer_add_format(question->why, "the set %s %s", set_name(match), says);
	if (match->product && *match->product)
		buffer_add_format(question->why, " (%s)", match->product);
	return true;
}

static bool
is_in_tool_set(const struct question *question)
{
	return is_in(question, HASH_TOOL, "lists it as a tool of a class that deserves a look");
}

static bool
is_in_good_set(const struct question *question)
{
	return is_in(question, HASH_GOOD, "vouches for it");
}

static bool
equals_record(const struct question *question)
{
	const struct file *file = question->file;

	if (!has_expected_content(file))
		return false;
	buffer_add_format(question->why, "its %s equals the one that %s%s %s",
		digest_algorithm_names[file->expected->digest.algorithm], file->expected->witness ? "the archive of " : "",
		file->expected->package, file->expected->witness ? "holds" : "records");
	return true;
}

static bool
is_in_known_set(const struct question *question)
{
	return is_in(question, HASH_KNOWN, "has its digest; that set vouches for nothing");
}

static bool
always(const struct question *question)
{
	buffer_add_text(question->why, question->file->package_state == PACKAGE_STATE_PRELINKED ?
		"prelink has rewritten it, so that what its package records of it says nothing of what it holds now" :
		"no record and no set was there to compare it with");
	return true;
}

static const struct {
	enum verdict verdict;
	bool (*applies)(const struct question *question);
} rows[] = {
#define VERDICT(name, question) { VERDICT_##name, question },
#include "verdict.def"
#undef VERDICT
};

static enum trust
trust_of_database(const struct file *file)
{
	if (!file->expected)
		return TRUST_PATH;
	if (file->expected->witness)
		return file->expected->witness->is_signed ? TRUST_SIGNED_DATABASE : TRUST_DATABASE;
	switch (file->package ? file->package->integrity : DATABASE_PLAIN) {
	case DATABASE_SIGNED:      return TRUST_SIGNED_DATABASE;
	case DATABASE_SELF_DIGEST: return TRUST_SELF_DIGEST;
	case DATABASE_BAD:         return TRUST_PATH;
	default:                   return TRUST_DATABASE;
	}
}

static enum trust
trust_of(const struct file *file)
{
	switch (file->verdict) {
	case VERDICT_CONFLICT: case VERDICT_KNOWN_BAD: case VERDICT_KNOWN_TOOL:
	case VERDICT_KNOWN_GOOD: case VERDICT_KNOWN:
		return TRUST_INDEPENDENT_SET;
	case VERDICT_CHANGED_UNEXPLAINED: case VERDICT_CHANGED_NO_RECORD:
	case VERDICT_CHANGED_EXPLAINED: case VERDICT_MATCHES_RECORD:
		return trust_of_database(file);
	case VERDICT_SUSPICIOUS: case VERDICT_UNKNOWN:
		return file->system ? TRUST_PATH : TRUST_NONE;
	default:
		return TRUST_NONE;
	}
}

/* The gravest finding of each file; findings lie sorted by severity. */
static const struct finding **
gravest_findings(const struct inventory *inventory, const struct findings *findings)
{
	const struct finding **gravest = memory_allocate(inventory->file_count, sizeof (void *));

	for (size_t i = 0; i < findings->count; i++) {
		const struct file *file = findings->items[i].file;

		if (file && !gravest[file->number])
			gravest[file->number] = &findings->items[i];
		for (size_t name = 0; name < findings->items[i].name_count; name++)
			if (!gravest[findings->items[i].names[name]->number])
				gravest[findings->items[i].names[name]->number] = &findings->items[i];
	}
	return gravest;
}

void
verdicts_set(struct inventory *inventory, const struct findings *findings)
{
	const struct finding **gravest = gravest_findings(inventory, findings);
	struct buffer why;

	buffer_init(&why, 0);
	for (size_t i = 0; i < inventory->file_count; i++) {
		struct file *file = &inventory->files[i];
		struct question question = { .inventory = inventory, .file = file, .gravest = gravest[i],
			.why = &why };
		size_t row = 0;

		buffer_clear(&why);
		while (!rows[row].applies(&question))
			row++;
		file->verdict = rows[row].verdict;
		file->verdict_why = arena_copy_text(&inventory->arena, why.bytes);
		file->trust = trust_of(file);
	}
	buffer_release(&why);
	memory_free(gravest);
}

bool
verdict_is_accusing(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_CONFLICT: case VERDICT_KNOWN_BAD: case VERDICT_CHANGED_UNEXPLAINED:
	case VERDICT_CHANGED_NO_RECORD: case VERDICT_SUSPICIOUS:
		return true;
	default:
		return false;
	}
}
