/* finding.c - composing a finding, and what several checks ask of a file. */
#include <string.h>

#include <t1554triage/memory.h>

#include "finding.h"

void
draft_begin(struct draft *draft, const struct check *check, const struct file *file, struct findings *out)
{
	*draft = (struct draft){ .finding = { .check = check, .severity = check->severity,
		.support = SUPPORT_MODERATE, .file = file }, .out = out };
	buffer_init(&draft->text, 0);
	arena_init(&draft->arena);
}

void
draft_begin_event(struct draft *draft, const struct check *check, const struct event *event, struct findings *out)
{
	draft_begin(draft, check, NULL, out);
	draft->finding.support = SUPPORT_LIMITED;
	draft->subject.evidence = event->at.evidence;
	draft->subject.system = event->system;
	draft->subject.path = event->at.path;
}

void
draft_see(struct draft *draft, const struct place *place, const char *text)
{
	if (draft->statement.seen_count >= DRAFT_PLACES)
		return;
	draft->seen[draft->statement.seen_count] = *place;
	draft->seen_text[draft->statement.seen_count++] = text;
}

void
draft_see_row(struct draft *draft, const struct package_file *row, const struct package *package)
{
	struct buffer text;

	buffer_init(&text, 0);
	if (row->digest.algorithm) {
		digest_add_hex(&text, &row->digest);
		buffer_add_text(&text, "  ");
	}
	buffer_add_format(&text, "%s (%s", row->path, row->package ? row->package : "");
	if (package && package->version)
		buffer_add_format(&text, " %s", package->version);
	buffer_add_char(&text, ')');
	if (draft->statement.seen_count < DRAFT_PLACES)
		draft->seen_decoded[draft->statement.seen_count] = true;
	draft_see(draft, &row->at, arena_copy_text(&draft->arena, text.bytes));
	buffer_release(&text);
}

void
draft_see_event(struct draft *draft, const struct event *event)
{
	if (event)
		draft_see(draft, &event->at, event->text);
}

struct place
file_place(const struct file *file)
{
	return (struct place){ .evidence = file->evidence, .system = file->system ? file->system->id : NULL,
		.volume = file->volume, .path = file->path, .inode = file->entry.inode };
}

void
draft_see_file(struct draft *draft)
{
	struct place place = file_place(draft->finding.file);

	draft_see(draft, &place, NULL);
}

void
draft_add(struct draft *draft)
{
	draft->statement.text = draft->text.bytes;
	if (!draft->statement.seen_count && draft->finding.file)
		draft_see_file(draft);
	draft->statement.seen = draft->seen;
	draft->statement.seen_text = draft->seen_text;
	draft->statement.seen_decoded = draft->seen_decoded;
	if (!draft->finding.file)
		draft->finding.subject = &draft->subject;
	findings_add(draft->out, &draft->finding, &draft->statement);
	buffer_release(&draft->text);
	arena_release(&draft->arena);
}

void
add_time(struct buffer *out, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format_short(time, text);
	buffer_add_text(out, *text ? text : "no recorded time");
}

void
add_file_digest(struct buffer *out, const struct file *file, enum digest_algorithm algorithm)
{
	static const enum digest_algorithm strongest[] = { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };
	struct digest digest = { .algorithm = algorithm };
	const uint8_t *bytes = algorithm ? digests_get(&file->digests, algorithm) : NULL;

	for (size_t i = 0; !algorithm && !bytes && i < 3; i++) {
		digest.algorithm = strongest[i];
		bytes = digests_get(&file->digests, strongest[i]);
	}
	if (!bytes && file->extra && file->extra->algorithm == digest.algorithm)
		bytes = file->extra->bytes;
	if (!bytes) {
		buffer_add_text(out, "no digest");
		return;
	}
	memcpy(digest.bytes, bytes, digest_size(digest.algorithm));
	buffer_add_format(out, "%s ", digest_algorithm_names[digest.algorithm]);
	digest_add_hex(out, &digest);
}

void
add_package(struct buffer *out, const struct package *package, const struct package_file *row)
{
	const char *name = package ? package->name : row ? row->package : NULL;

	buffer_add_text(out, name ? name : "a package");
	if (package && package->version)
		buffer_add_format(out, " %s", package->version);
}

const struct timestamp *
file_time_of_change(const struct file *file, const char **ret_name)
{
	const struct macb *times = &file->entry.times;
	const struct timestamp *const stamps[] = { &times->changed, &times->born, &times->modified };
	static const char *const names[] = { "changed", "born", "modified" };

	for (size_t i = 0; i < 3; i++)
		if (timestamp_is_recorded(stamps[i])) {
			if (ret_name)
				*ret_name = names[i];
			return stamps[i];
		}
	return NULL;
}

bool
file_is_live(const struct file *file)
{
	return file->system && file->entry.state == ENTRY_ALLOCATED;
}

bool
file_is_program(const struct file *file)
{
	return file->type != PROGRAM_OTHER;
}

bool
file_differs(const struct file *file)
{
	return file->package_state == PACKAGE_STATE_MODIFIED ||
	       (file->package_state == PACKAGE_STATE_CONFIG && file->expected && !file->unreliable &&
		digest_compare(&file->expected->digest, &file->digests, file->extra) == DIGEST_DIFFERS);
}

const struct hash_match *
file_match(const struct file *file, enum hash_class class)
{
	const struct hash_match *best = NULL;

	for (size_t i = 0; i < file->match_count; i++) {
		const struct hash_match *match = &file->matches[i];

		/* A counts before B, and an ungraded row of the examiner's own set before both. */
		if (match->class == class && (!best || match->grade < best->grade))
			best = match;
	}
	return best;
}

void
add_match(struct buffer *out, const struct hash_match *match)
{
	const struct hash_set_identity *set = hashset_identity(match->set);

	buffer_add_format(out, "the set %s", set->name);
	if (*set->release)
		buffer_add_format(out, ", release %s", set->release);
	if (match->row)
		buffer_add_format(out, ", row %llu", (unsigned long long)match->row);
	if (match->product && *match->product)
		buffer_add_format(out, " as %s", match->product);
	if (match->name && *match->name)
		buffer_add_format(out, ", published as the file %s", match->name);
	if (match->source && *match->source)
		buffer_add_format(out, ", source %s", match->source);
	if (match->grade)
		buffer_add_format(out, ", grade %c", match->grade);
}

bool
file_is_unowned(const struct file *file)
{
	return file->package_state == PACKAGE_STATE_UNOWNED;
}

void
index_changed(const struct inventory *inventory, struct map *originals)
{
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file_is_live(file) && file_differs(file) && file_is_program(file))
			map_add(originals, file->expected->digest.bytes,
				digest_size(file->expected->digest.algorithm), i);
	}
}

const struct file *
changed_original(const struct inventory *inventory, const struct map *originals, const struct file *file)
{
	static const enum digest_algorithm algorithms[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
	uint64_t number;

	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		const uint8_t *bytes = digests_get(&file->digests, algorithms[i]);

		if (bytes && map_get(originals, bytes, digest_size(algorithms[i]), &number))
			return &inventory->files[number];
	}
	return NULL;
}
