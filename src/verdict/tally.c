/* tally.c - counting what decides: programs once by inode, accusing files, sets that could be asked. */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/memory.h>

#include "judgement.h"

bool
file_is_allocated_program(const struct file *file)
{
	return file->system && file->entry.state == ENTRY_ALLOCATED && file->type != PROGRAM_OTHER;
}

/* A row of grade A or B, or one that the examiner's own set does not grade. */
bool
match_is_graded_ab(const struct file *file)
{
	for (size_t i = 0; i < file->match_count; i++)
		if (file->matches[i].class == HASH_BAD && file->matches[i].grade != 'C')
			return true;
	return false;
}

static bool
has_match(const struct file *file, enum hash_class class)
{
	for (size_t i = 0; i < file->match_count; i++)
		if (file->matches[i].class == class)
			return true;
	return false;
}

static bool
has_baseline(const struct file *file)
{
	return has_match(file, HASH_GOOD) || (file->expected && !file->unreliable &&
	       (file->package_state != PACKAGE_STATE_PRELINKED || file->is_prelink_undone) &&
	       digest_compare(&file->expected->digest, &file->digests, file->extra) != DIGEST_NOT_COMPARABLE);
}

static void
add_key_part(struct buffer *key, const char *text)
{
	buffer_add_text(key, text ? text : "");
	buffer_add(key, "", 1);
}

static void
identify(const struct file *file, struct buffer *key)
{
	buffer_clear(key);
	add_key_part(key, file->evidence);
	add_key_part(key, file->volume);
	add_key_part(key, file->entry.stream);
	add_key_part(key, file->entry.inode);
	if (!file->entry.inode)
		add_key_part(key, file->entry.path);
}

static void
merge(struct counted_program *program, const struct file *file)
{
	program->is_unowned &= file->package_state == PACKAGE_STATE_UNOWNED;
	if (file->verdict < program->verdict)
		program->verdict = file->verdict;
	program->in_system_folder |= path_is_system_folder(file->path, file->system->windows);
	program->has_baseline |= has_baseline(file);
	program->is_derived |= file->package_state == PACKAGE_STATE_DERIVED;
	program->has_digest |= file->digests.known != 0;
}

void
counted_programs_find(struct counted_programs *ret_programs, const struct inventory *inventory)
{
	struct counted_program *programs = memory_allocate(inventory->file_count + 1, sizeof *programs);
	struct buffer key;
	struct map known;
	size_t count = 0;

	map_init(&known);
	buffer_init(&key, 0);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		uint64_t number = count;

		if (!file_is_allocated_program(file))
			continue;
		identify(file, &key);
		if (map_add(&known, key.bytes, key.length, count))
			programs[count++] = (struct counted_program){ .file = file, .verdict = VERDICT_COUNT, .is_unowned = true };
		else
			map_get(&known, key.bytes, key.length, &number);
		merge(&programs[number], file);
	}
	buffer_release(&key);
	map_release(&known);
	*ret_programs = (struct counted_programs){ .items = programs, .count = count };
}

void
counted_programs_release(struct counted_programs *programs)
{
	memory_free(programs->items);
	*programs = (struct counted_programs){ .items = NULL };
}

static void
count_programs(struct tally *tally)
{
	struct judgement *judgement = tally->judgement;
	struct counted_programs programs;

	counted_programs_find(&programs, tally->inventory);
	for (size_t i = 0; i < programs.count; i++) {
		const struct counted_program *program = &programs.items[i];

		judgement->programs++;
		tally->digested += program->has_digest;
		judgement->by_verdict[program->verdict]++;
		/* Byte code that an installation made is tied to its source, which is counted itself. */
		if (!program->in_system_folder || (program->is_derived && !program->has_baseline))
			continue;
		judgement->system_programs++;
		judgement->with_baseline += program->has_baseline;
	}
	counted_programs_release(&programs);
}

static void
count_file(struct tally *tally, const struct file *file)
{
	bool live = file->system && file->entry.state == ENTRY_ALLOCATED;
	bool program = file_is_allocated_program(file);

	if (has_match(file, HASH_BAD) && file->entry.state != ENTRY_ALLOCATED)
		tally->bad_gone++;
	switch (file->verdict) {
	case VERDICT_CONFLICT:
		tally->conflict++;
		break;
	case VERDICT_KNOWN_BAD:
		tally->bad += live && match_is_graded_ab(file);
		tally->bad_weak += file->entry.state == ENTRY_ALLOCATED && !(live && match_is_graded_ab(file));
		break;
	case VERDICT_CHANGED_UNEXPLAINED:
		if (program && file->trust >= TRUST_DATABASE)
			tally->changed++;
		else if (program)
			tally->changed_untrusted++;
		break;
	case VERDICT_CHANGED_NO_RECORD: tally->no_record += program; break;
	case VERDICT_CHANGED_EXPLAINED: tally->explained += program; break;
	case VERDICT_SUSPICIOUS:        tally->suspicious += live; break;
	case VERDICT_NOT_EXAMINED:      tally->not_examined += program; break;
	case VERDICT_UNRELIABLE:        tally->unreliable += program; break;
	default: break;
	}
}

/* Names of one content with one verdict are counted once. */
static void
count_files(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;
	struct buffer key;
	struct map known;

	map_init(&known);
	buffer_init(&key, 0);
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		identify(file, &key);
		buffer_add_format(&key, "%d %d", (int)file->verdict, (int)file->entry.state);
		if (map_add(&known, key.bytes, key.length, 1))
			count_file(tally, file);
	}
	buffer_release(&key);
	map_release(&known);
}

/*
 * A file whose verdict says only that it was not read, or a link or other content in the place
 * of a program: what speaks against it counts all the same.
 */
static bool
is_counted_elsewhere(const struct file *file)
{
	switch (file->verdict) {
	case VERDICT_CHANGED_UNEXPLAINED: case VERDICT_CHANGED_NO_RECORD:
		return file_is_allocated_program(file);
	case VERDICT_NOT_EXAMINED:
		return false;
	default:
		return true;
	}
}

/* Something that no rule says: a grave finding of another check, or content that its record does not account for. */
static bool
has_independent_sign(const struct tally *tally, const struct file *file)
{
	for (size_t i = 0; i < tally->findings->count; i++) {
		const struct finding *other = &tally->findings->items[i];

		if (other->file == file && !other->rule && other->severity <= SEVERITY_MEDIUM)
			return true;
	}
	return file->verdict == VERDICT_CHANGED_UNEXPLAINED || file->verdict == VERDICT_CHANGED_NO_RECORD ||
	       file->verdict == VERDICT_KNOWN_BAD;
}

static void
count_content_rule(struct tally *tally, const struct finding *finding)
{
	const struct file *file = finding->file;

	if (!finding->rule || !finding->rule->asks_content || !finding->rule->shipped || !file || !file->system ||
	    file->entry.state != ENTRY_ALLOCATED)
		return;
	if (has_independent_sign(tally, file))
		tally->content_signed++;
	else
		tally->content_alone++;
}

static void
count_findings(struct tally *tally)
{
	const struct file *before = NULL;

	for (size_t i = 0; i < tally->findings->count; i++) {
		const struct finding *finding = &tally->findings->items[i];
		const struct file *file = finding->file;

		count_content_rule(tally, finding);
		if (finding->severity > SEVERITY_MEDIUM)
			continue;
		if (!file)
			tally->witnesses += !strcmp(finding->check->id, "database-witness");
		else if (file != before && file->system && file->entry.state == ENTRY_ALLOCATED)
			tally->suspicious_otherwise += !is_counted_elsewhere(file);
		before = file;
	}
}

static bool
has_no_rows(const struct hash_set_identity *identity)
{
	return !identity->rows && (identity->rejected || identity->addresses || identity->domains);
}

/*
 * A set says "not there" only where it was asked whole, and for files that carry every algorithm in which it has rows.
 * One of addresses and names alone is asked for traffic, not for contents.
 */
static void
count_sets(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;
	uint32_t everywhere = UINT32_MAX;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file_is_allocated_program(file) && file->digests.known)
			everywhere &= file->digests.known;
	}
	for (size_t i = 0; i < inventory->set_count; i++) {
		const struct hash_set_identity *identity = hashset_identity(inventory->sets[i]);
		bool readable = !identity->asked_in_part && !has_no_rows(identity);
		bool comparable = tally->digested > 0 && readable;

		if (identity->kind != HASH_BAD || (has_no_rows(identity) && !identity->rejected && !identity->asked_in_part))
			continue;
		tally->unread_bad += !readable;
		for (int algorithm = DIGEST_MD5; algorithm < DIGEST_ALGORITHM_COUNT; algorithm++)
			comparable &= !identity->entries[algorithm] || (everywhere & 1u << algorithm);
		tally->compared_bad += comparable;
		tally->uncompared_bad += !comparable;
	}
}

void
tally_count(struct tally *tally)
{
	const struct inventory *inventory = tally->inventory;

	count_programs(tally);
	count_files(tally);
	count_sets(tally);
	count_findings(tally);
	for (size_t i = 0; i < inventory->package_count; i++)
		tally->altered_databases += inventory->packages[i].integrity == DATABASE_BAD;
	for (size_t i = 0; i < inventory->note_count; i++)
		tally->incomplete_notes += inventory->notes[i].incomplete;
	tally->judgement->incomplete = tally->incomplete_notes || inventory->notes_dropped;
}

void
give_reason(struct tally *tally, struct answered *answered, const struct finding *finding)
{
	if (!answered->because)
		answered->because = arena_allocate(&tally->judgement->arena, BECAUSE_MAX * sizeof *answered->because);
	if (answered->because_count < BECAUSE_MAX)
		answered->because[answered->because_count++] = finding;
	else
		answered->further++;
}
