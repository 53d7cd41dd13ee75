/* deciding.c - the files that decide, at most three: the record against the file. */
#include <string.h>

#include <t1554triage/memory.h>

#include "judgement.h"

enum { RANKS = 6, MODE_SETUID = 04000 };

/* The smaller the more it decides, up to RANKS; 0: it does not. */
static unsigned
rank(const struct file *file)
{
	if (!file->system || file->entry.state != ENTRY_ALLOCATED)
		return 0;
	switch (file->verdict) {
	case VERDICT_KNOWN_BAD:           return match_is_graded_ab(file) ? 1 : 4;
	case VERDICT_CHANGED_UNEXPLAINED: return file->type != PROGRAM_OTHER ? 2 : 0;
	case VERDICT_CONFLICT:            return 3;
	case VERDICT_CHANGED_NO_RECORD:   return file->type != PROGRAM_OTHER ? 5 : 0;
	case VERDICT_SUSPICIOUS:          return 6;
	default:                          return 0;
	}
}

static bool
is_same_content_entry(const struct file *a, const struct file *b)
{
	return a->entry.inode && b->entry.inode && !strcmp(a->entry.inode, b->entry.inode) &&
	       !strcmp(a->evidence, b->evidence) && !strcmp(a->volume, b->volume);
}

static bool
is_taken(const struct judgement *judgement, const struct file *file)
{
	for (size_t i = 0; i < judgement->deciding_count; i++)
		if (judgement->deciding[i].file == file || is_same_content_entry(judgement->deciding[i].file, file))
			return true;
	return false;
}

static const struct package_lock *
lock_of(const struct inventory *inventory, const struct file *file)
{
	for (size_t i = 0; file->package && i < inventory->lock_count; i++)
		if (inventory->locks[i].system && !strcmp(inventory->locks[i].system, file->system->id) &&
		    package_lock_covers(&inventory->locks[i], file->package->name))
			return &inventory->locks[i];
	return NULL;
}

static bool
is_about(const struct finding *finding, const struct file *file)
{
	for (size_t i = 0; i < finding->name_count; i++)
		if (finding->names[i] == file)
			return true;
	return finding->file == file;
}

/* Of equal severity the best supported: what the row says, not the lock beside it. */
static const struct finding *
gravest(const struct findings *findings, const struct file *file)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];

		if (found && finding->severity > found->severity)
			break;
		if (is_about(finding, file) && (!found || finding->support < found->support))
			found = finding;
	}
	return found;
}

static void
add_digest_of(struct buffer *out, const struct file *file, enum digest_algorithm algorithm)
{
	const uint8_t *bytes;
	struct digest digest = { .algorithm = algorithm };

	if (!algorithm)
		digest.algorithm = file->digests.known & 1u << DIGEST_SHA256 ? DIGEST_SHA256 :
			file->digests.known & 1u << DIGEST_SHA1 ? DIGEST_SHA1 : DIGEST_MD5;
	bytes = digests_get(&file->digests, digest.algorithm);
	if (!bytes && file->extra && file->extra->algorithm == digest.algorithm)
		bytes = file->extra->bytes;
	if (!bytes)
		return;
	memcpy(digest.bytes, bytes, digest_size(digest.algorithm));
	buffer_add_format(out, "%s ", digest_algorithm_names[digest.algorithm]);
	digest_add_hex(out, &digest);
}

static void
say_record(struct buffer *out, const struct file *file)
{
	const struct package_file *row = file->expected;

	if (!row || !row->digest.algorithm) {
		buffer_add_text(out, file->package ? "its package records no digest for it" :
			"no package database has a record of it");
		return;
	}
	buffer_add_format(out, "%s%s%s records %s ", row->package, file->package && file->package->version ? " " : "",
		file->package && file->package->version ? file->package->version : "",
		digest_algorithm_names[row->digest.algorithm]);
	digest_add_hex(out, &row->digest);
}

/* What lists the content as malicious, where that is why it decides. */
static void
add_listing(struct buffer *out, const struct file *file)
{
	for (size_t i = 0; i < file->match_count; i++) {
		const struct hash_match *match = &file->matches[i];

		if (match->class != HASH_BAD)
			continue;
		buffer_add_format(out, ", listed in %s", match->set ? hashset_identity(match->set)->name : "a set");
		if (match->row)
			buffer_add_format(out, ", row %llu", (unsigned long long)match->row);
		if (match->grade)
			buffer_add_format(out, ", grade %c", match->grade);
		return;
	}
}

/* "stamps: changed, born 2026-11-11T02:13:00Z, modified 2026-02-01T10:00:00Z": equal ones are said once. */
static void
add_stamps(struct buffer *out, const struct macb *times)
{
	static const char *const names[] = { "changed", "born", "modified" };
	const struct timestamp *const stamps[] = { &times->changed, &times->born, &times->modified };
	const char *before = "; stamps: ";
	char text[3][TIMESTAMP_TEXT_SIZE];

	for (size_t i = 0; i < 3; i++) {
		text[i][0] = '\0';
		if (timestamp_is_recorded(stamps[i]))
			timestamp_format_short(stamps[i], text[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		if (!text[i][0])
			continue;
		buffer_add_format(out, "%s%s", before, names[i]);
		before = ", ";
		if (i + 1 < 3 && !strcmp(text[i], text[i + 1]))
			continue;
		buffer_add_format(out, " %s", text[i]);
	}
}

static void
say_file(struct buffer *out, const struct file *file)
{
	add_digest_of(out, file, file->expected ? file->expected->digest.algorithm : DIGEST_NONE);
	add_listing(out, file);
	if (file->entry.has & ENTRY_HAS_SIZE)
		buffer_add_format(out, ", %llu bytes", (unsigned long long)file->entry.size);
	add_stamps(out, &file->entry.times);
}

static const char *
sentence(struct arena *arena, void (*say)(struct buffer *, const struct file *), const struct file *file)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	say(&text, file);
	copy = arena_copy_text(arena, text.bytes);
	buffer_release(&text);
	return copy;
}

static void
take(struct tally *tally, const struct file *file)
{
	struct judgement *judgement = tally->judgement;
	struct deciding *deciding = &judgement->deciding[judgement->deciding_count++];
	const struct timestamp *stamp = timestamp_is_recorded(&file->entry.times.changed) ?
		&file->entry.times.changed : &file->entry.times.modified;

	deciding->file = file;
	deciding->finding = gravest(tally->findings, file);
	deciding->record_says = sentence(&judgement->arena, say_record, file);
	deciding->file_has = sentence(&judgement->arena, say_file, file);
	deciding->lock = lock_of(tally->inventory, file);
	transaction_of(tally->inventory, file, stamp, &deciding->before, &deciding->after);
}

/* Within a rank: what is locked, what listens or runs by itself, what runs as another user, ELF before scripts. */
static unsigned
weight(const struct tally *tally, const struct file *file)
{
	return (lock_of(tally->inventory, file) ? 8 : 0) +
	       (service_of(tally->inventory, &tally->services, file) ? 4 : 0) +
	       (file->entry.has & ENTRY_HAS_MODE && file->entry.mode & MODE_SETUID ? 2 : 0) +
	       (file->type == PROGRAM_ELF || file->type == PROGRAM_PE || file->type == PROGRAM_MACHO);
}

static const struct file *
next_of_rank(const struct tally *tally, unsigned wanted)
{
	const struct inventory *inventory = tally->inventory;
	const struct file *best = NULL;
	unsigned heaviest = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		unsigned weighs;

		if (rank(file) != wanted || is_taken(tally->judgement, file))
			continue;
		weighs = weight(tally, file);
		if (!best || weighs > heaviest) {
			best = file;
			heaviest = weighs;
		}
	}
	return best;
}

void
deciding_make(struct tally *tally)
{
	struct judgement *judgement = tally->judgement;
	size_t limit = sizeof judgement->deciding / sizeof judgement->deciding[0];

	for (unsigned wanted = 1; wanted <= RANKS && judgement->deciding_count < limit; wanted++) {
		const struct file *file;

		while (judgement->deciding_count < limit && (file = next_of_rank(tally, wanted)))
			take(tally, file);
	}
}
