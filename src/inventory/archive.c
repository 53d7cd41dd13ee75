/*
 * archive.c - what package archives in the evidence hold, laid over what the manager records of the same files.
 *
 * Where the manager records nothing, or something else, the archive's word counts: nobody edits an archive to go with a
 * patched program and leaves it as its list names it. Where most files of a package differ, it is another build of
 * that version, and its word is none on what was installed.
 */
#include <string.h>

#include <t1554triage/memory.h>

#include "key.h"
#include "order.h"

enum { BUILD_LEAST = 4 };	/* fewer files do not tell another build from a change */

/* The files of one package that both speak of. */
struct tally { size_t compared, differing; const struct package_witness *first; };

struct laying {
	struct inventory *inventory;
	struct map        witnesses, packages;	/* by path, by package */
	struct tally     *tallies;		/* of packages */
	size_t            tally_count, tally_capacity;
};

static size_t
witness_key(const char *system, const char *package, const char *architecture, const char *path, char *key,
	size_t capacity)
{
	const char *const parts[] = { system, package, architecture ? architecture : "", path };

	return key_of_parts(parts, sizeof parts / sizeof *parts, key, capacity);
}

static void
index_witnesses(struct laying *laying)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < laying->inventory->witness_count; i++) {
		const struct package_witness *witness = &laying->inventory->witnesses[i];
		size_t length = witness_key(witness->system, witness->package, witness->architecture, witness->path, key, sizeof key);

		if (length)
			map_add(&laying->witnesses, key, length, i);
	}
}

static struct package_witness *
witness_of(const struct laying *laying, const struct package_file *row)
{
	char key[PATH_KEY_BYTES];
	size_t length;
	uint64_t number;

	if (!row->system || row->is_interrupted || (row->kind != PACKAGE_FILE_PLAIN && row->kind != PACKAGE_FILE_CONFIG))
		return NULL;
	length = witness_key(row->system, row->package, row->architecture, row->path, key, sizeof key);
	if (!length || !map_get(&laying->witnesses, key, length, &number))
		return NULL;
	return strcmp(row->manager, laying->inventory->witnesses[number].manager) ? NULL :
		&laying->inventory->witnesses[number];
}

static struct tally *
tally_of(struct laying *laying, const struct package_witness *witness)
{
	char key[PATH_KEY_BYTES];
	size_t length = witness_key(witness->system, witness->package, witness->architecture, NULL, key, sizeof key);
	uint64_t number = laying->tally_count;

	if (map_add(&laying->packages, key, length, number)) {
		laying->tallies = memory_grow(laying->tallies, laying->tally_count, &laying->tally_capacity,
			sizeof *laying->tallies);
		laying->tallies[laying->tally_count++] = (struct tally){ .first = witness };
	} else {
		map_get(&laying->packages, key, length, &number);
	}
	return &laying->tallies[number];
}

/* A conffile's digest is that of the version whose question the administrator answered: it decides nothing here. */
static void
count_row(struct laying *laying, const struct package_file *row, const struct package_witness *witness)
{
	enum digest_comparison comparison = digest_compare(&row->digest, &witness->digests, NULL);

	if (row->kind == PACKAGE_FILE_CONFIG || comparison == DIGEST_NOT_COMPARABLE)
		return;
	tally_of(laying, witness)->compared++;
	tally_of(laying, witness)->differing += comparison == DIGEST_DIFFERS;
}

static bool
is_other_build(const struct tally *tally)
{
	return tally->compared >= BUILD_LEAST && tally->differing > tally->compared / 2;
}

static void
lay(struct package_file *row, struct package_witness *witness)
{
	enum digest_comparison comparison = digest_compare(&row->digest, &witness->digests, NULL);

	if (row->kind == PACKAGE_FILE_CONFIG && comparison == DIGEST_DIFFERS)
		return;
	if (comparison == DIGEST_EQUAL && !witness->is_signed)
		return;
	witness->is_sole = !row->digest.algorithm;
	if (comparison == DIGEST_DIFFERS)
		witness->contradicted = row->digest;
	row->witness = witness;
	row->digest.algorithm = DIGEST_SHA256;
	memcpy(row->digest.bytes, witness->digests.sha256, sizeof witness->digests.sha256);
}

/* Signed by a trusted key it stands against what is installed; else it says no more than that both lie there. */
static void
tell_other_build(struct inventory *inventory, const struct tally *tally)
{
	const struct package_witness *first = tally->first;
	struct notes notes = inventory_notes(inventory);
	const char *text = arena_format(&inventory->arena, "%zu of %zu digests that are recorded for %s %s are not those "
		"of the archive of that version, which is thus another build than the installed one (%s)", tally->differing,
		tally->compared, first->package, first->version, first->chain);

	if (!first->is_signed)
		note(&notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &first->at, "%s", text);
	else
		inventory_add_part(inventory, &(struct package_part){ .system = first->system, .manager = first->manager,
			.package = first->package, .architecture = first->architecture, .kind = PACKAGE_PART_ARCHIVE,
			.contradiction = text, .at = first->at });
}

void
inventory_lay_witnesses(struct inventory *inventory)
{
	struct laying laying = { .inventory = inventory };
	size_t laid = inventory->witness_laid;

	map_init(&laying.witnesses);
	map_init(&laying.packages);
	index_witnesses(&laying);
	for (size_t i = 0; laid < inventory->witness_count && i < inventory->package_file_count; i++) {
		struct package_witness *witness = witness_of(&laying, &inventory->package_files[i]);

		if (witness && (size_t)(witness - inventory->witnesses) >= laid)
			count_row(&laying, &inventory->package_files[i], witness);
	}
	for (size_t i = 0; i < inventory->package_file_count; i++) {
		struct package_file *row = &inventory->package_files[i];
		struct package_witness *witness = inventory->witness_count ? witness_of(&laying, row) : NULL;

		/* What was laid before lies elsewhere in memory by now. */
		if (witness && row->witness)
			row->witness = witness;
		else if (witness && (size_t)(witness - inventory->witnesses) >= laid && !is_other_build(tally_of(&laying, witness)))
			lay(row, witness);
	}
	for (size_t i = 0; i < laying.tally_count; i++)
		if (is_other_build(&laying.tallies[i]))
			tell_other_build(inventory, &laying.tallies[i]);
	inventory->witness_laid = inventory->witness_count;
	memory_free(laying.tallies);
	map_release(&laying.witnesses);
	map_release(&laying.packages);
}
