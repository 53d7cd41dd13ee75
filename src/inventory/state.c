/* state.c - what the package databases say of each file: package_state, a closed vocabulary. */
#include <stdio.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "order.h"

enum { COPIED_LEAST = 8, PRELINKED_LEAST = 8 };	/* fewer files are no tree */

static bool
is_program_place_of_nobody(const char *path)
{
	static const char *const folders[] = { "/usr/local", "/opt", "/srv", "/home", "/root", NULL };

	for (const char *const *folder = folders; *folder; folder++)
		if (text_has_prefix(path, *folder) && path[strlen(*folder)] == '/')
			return true;
	return false;
}

static bool
has_comparable_content(const struct file *file)
{
	return !file->not_examined && (file->digests.known || file->extra);
}

/* The row that the content equals, else the best that it differs from, else NULL. */
static const struct package_file *
compare(const struct file *file, bool *ret_equal)
{
	const struct package_file *differing = NULL;
	bool is_packaged = false;

	*ret_equal = false;
	for (size_t i = 0; i < file->row_count; i++)
		is_packaged |= file->rows[i]->kind != PACKAGE_FILE_SOURCE;
	for (size_t i = 0; i < file->row_count; i++) {
		enum digest_comparison comparison = digest_compare(&file->rows[i]->digest, &file->digests,
			file->extra);

		/* A work tree over packaged files: what people keep there vouches for none of them. */
		if (is_packaged && file->rows[i]->kind == PACKAGE_FILE_SOURCE)
			continue;
		if (comparison == DIGEST_EQUAL) {
			*ret_equal = true;
			return file->rows[i];
		}
		if (comparison == DIGEST_DIFFERS && !differing)
			differing = file->rows[i];
	}
	return differing;
}

static bool
has_other_owner(const struct file *file, const struct package_file *row)
{
	return file->entry.has & ENTRY_HAS_OWNER && ((row->has_uid && row->uid != file->entry.uid) ||
		(row->has_gid && row->gid != file->entry.gid));
}

bool
inventory_owner_differs(const struct inventory *inventory, const struct file *file, const struct package_file *row)
{
	const struct system_summary *summary = inventory_summary(inventory, file->system);

	return has_other_owner(file, row) && !(summary && summary->has_copied_owners);
}

static bool
mode_differs(const struct inventory *inventory, const struct file *file, const struct package_file *row)
{
	if (row->has_mode && file->entry.has & ENTRY_HAS_MODE && (row->mode & 07777) != (file->entry.mode & 07777))
		return true;
	if (inventory_owner_differs(inventory, file, row))
		return true;
	return (row->capabilities || row->has_capabilities) && file->entry.has & ENTRY_HAS_ATTRIBUTES &&
	       row->capabilities != file->entry.capabilities;
}

/* The mode that counts is the administrator's override where there is one. */
static const struct package_file *
row_of_mode(const struct file *file)
{
	const struct package_file *found = NULL;

	for (size_t i = 0; i < file->row_count; i++)
		if (file->rows[i]->is_override)
			return file->rows[i];
		else if (file->rows[i]->has_mode && !found)
			found = file->rows[i];
	return found ? found : file->expected;
}

static enum package_state
state_by_kind(enum package_file_kind kind, enum package_state otherwise)
{
	switch (kind) {
	case PACKAGE_FILE_CONFIG:        return PACKAGE_STATE_CONFIG;
	case PACKAGE_FILE_GHOST:         return PACKAGE_STATE_GHOST;
	case PACKAGE_FILE_NOVERIFY:      return PACKAGE_STATE_NOVERIFY;
	case PACKAGE_FILE_NOT_INSTALLED: return PACKAGE_STATE_NOT_INSTALLED;
	case PACKAGE_FILE_SOURCE:        return PACKAGE_STATE_LOCAL;
	default:                         return otherwise;
	}
}

/*
 * Among several rows a kind that excuses a difference counts where any row has it.  That the file was left out excuses
 * no program that is there: rpm keeps the states of files outside of what the digest of its record covers.
 */
static enum package_state
state_of_kinds(const struct file *file, enum package_state otherwise)
{
	bool is_source = file->row_count > 0;

	for (size_t i = 0; i < file->row_count; i++) {
		enum package_state state = state_by_kind(file->rows[i]->kind, PACKAGE_STATE_NONE);

		is_source &= state == PACKAGE_STATE_LOCAL;
		if (state == PACKAGE_STATE_NOT_INSTALLED && file->type != PROGRAM_OTHER)
			continue;
		if (state != PACKAGE_STATE_NONE && state != PACKAGE_STATE_LOCAL)
			return state;
	}
	return is_source ? PACKAGE_STATE_LOCAL : otherwise;
}

static bool
expects_regular_file(const struct file *file)
{
	for (size_t i = 0; i < file->row_count; i++)
		if (file->rows[i]->digest.algorithm)
			return true;
	return false;
}

/* Links alone are recorded here, and none that leads where this one does.  A ghost leaves to others what lies there. */
static bool
expects_other_link(const struct file *file)
{
	bool expects = false;

	for (size_t i = 0; i < file->row_count; i++) {
		const struct package_file *row = file->rows[i];

		if (row->kind == PACKAGE_FILE_GHOST)
			continue;
		if (row->digest.algorithm || (package_file_is_link(row) && row->kind != PACKAGE_FILE_PLAIN) ||
		    package_file_links_to(row, file->entry.link_target))
			return false;
		expects |= package_file_is_link(row);
	}
	return expects;
}

static bool
is_no_file(const struct file *file)
{
	return file->entry.type != ENTRY_REGULAR && file->entry.type != ENTRY_UNKNOWN;
}

/*
 * The section alone excuses nothing, since anybody can add one: prelink itself has to be installed, or to
 * have been at work on most libraries, as the makers of some devices have it.
 */
static bool
is_prelinking(const struct inventory *inventory, const struct installed_system *system)
{
	const struct system_summary *summary = inventory_summary(inventory, system);

	return summary && summary->is_prelinked;
}

static enum package_state
state_of_owned(const struct inventory *inventory, struct file *file)
{
	bool equal;
	const struct package_file *row = compare(file, &equal);

	file->expected = row;
	if (((file->is_link_for_row || is_no_file(file)) && expects_regular_file(file)) || expects_other_link(file))
		return PACKAGE_STATE_REPLACED;
	if (equal)
		return mode_differs(inventory, file, row_of_mode(file)) ? PACKAGE_STATE_MODE_CHANGED : PACKAGE_STATE_VERIFIED;
	/* What damage or an error has left unread was compared with nothing. */
	if (file->unreliable || !has_comparable_content(file))
		return PACKAGE_STATE_NONE;
	if (row && file->is_prelinked && is_prelinking(inventory, file->system))
		return PACKAGE_STATE_PRELINKED;
	return state_of_kinds(file, row ? PACKAGE_STATE_MODIFIED : PACKAGE_STATE_NO_BASELINE);
}

/* "E1\0p1\0/usr/bin"; 0: it does not fit. */
static size_t
directory_key(const char *evidence, const char *volume, const char *path, size_t length, char *key, size_t capacity)
{
	int used = snprintf(key, capacity, "%s%c%s%c%.*s", evidence, 0, volume, 0, (int)length, path);

	return used > 0 && (size_t)used < capacity ? (size_t)used : 0;
}

static void
index_damaged_directories(const struct inventory *inventory, struct map *damaged)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < inventory->note_count; i++) {
		const struct place *at = &inventory->notes[i].at;
		size_t length = inventory->notes[i].kind != NOTE_DIRECTORY_UNREADABLE || !at->evidence || !at->volume || !at->path ? 0 :
			directory_key(at->evidence, at->volume, at->path, strlen(at->path), key, sizeof key);

		if (length)
			map_add(damaged, key, length, i);
	}
}

/* Damage in a directory makes other names, which no package has. */
static bool
is_name_damaged(const struct map *damaged, const struct file *file)
{
	const char *path = file->entry.path;
	size_t length = strlen(path);
	char key[PATH_KEY_BYTES];
	uint64_t number;

	while (damaged->count && length > 0) {
		size_t key_length;

		while (--length > 0 && path[length] != '/')
			;
		key_length = directory_key(file->evidence, file->volume, path, length ? length : 1, key, sizeof key);
		if (key_length && map_get(damaged, key, key_length, &number))
			return true;
	}
	return false;
}

static enum package_state
state_of_unowned(struct inventory *inventory, const struct map *damaged, struct file *file)
{
	const struct system_summary *summary = inventory_summary(inventory, file->system);
	const struct package_diversion *diversion = inventory_diversion(inventory, file->system->id, file->path);

	if (diversion) {
		/* dpkg is the one manager that diverts. */
		if (diversion->package)
			file->package = inventory_package(inventory, file->system->id, "dpkg", diversion->package, NULL);
		return PACKAGE_STATE_DIVERTED;
	}
	if (!file->system->windows && is_program_place_of_nobody(file->path))
		return PACKAGE_STATE_LOCAL;
	/* That nobody owns it can be said only where every list of files was read, and its own name. */
	if (!summary || !summary->has_database || !summary->database_whole || is_name_damaged(damaged, file))
		return PACKAGE_STATE_NO_BASELINE;
	return PACKAGE_STATE_UNOWNED;
}

/* ".../__pycache__/name.cpython-311.opt-1.pyc" -> ".../name.py"; "name.pyc" -> "name.py"; NULL: neither. */
static const char *
bytecode_source_path(struct inventory *inventory, const char *path)
{
	const char *name = text_base_name(path);
	size_t folder = (size_t)(name - path), stem = strcspn(name, ".");
	static const char cache[] = "__pycache__/";

	if (!text_has_suffix(name, ".pyc") && !text_has_suffix(name, ".pyo"))
		return NULL;
	if (folder > sizeof cache && !strncmp(name - (sizeof cache - 1), cache, sizeof cache - 1))
		folder -= sizeof cache - 1;
	return arena_format(&inventory->arena, "%.*s%.*s.py", (int)folder, path, (int)stem, name);
}

static bool
question_arises(const struct file *file)
{
	return file->system && file->entry.state == ENTRY_ALLOCATED && !file->entry.stream;
}

/* Owned sources by what byte code records of them: "s1\0size mtime" -> the first such file. */
static size_t
source_key(const struct installed_system *system, uint32_t size, uint32_t modified, char *key, size_t capacity)
{
	char stamp[24];

	snprintf(stamp, sizeof stamp, "%08x %08x", size, modified);
	return path_key(system->id, stamp, key, capacity);
}

static void
index_sources(const struct inventory *inventory, struct map *sources)
{
	char key[PATH_KEY_BYTES];

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];
		size_t length;

		if (!question_arises(file) || !file->row_count || !text_has_suffix(file->path, ".py"))
			continue;
		length = source_key(file->system, (uint32_t)file->entry.size,
			(uint32_t)file->entry.times.modified.seconds, key, sizeof key);
		if (length)
			map_add(sources, key, length, i);
	}
}

static bool
agrees(const struct file *file, const struct file *source)
{
	/* The keyed hash of the source is not computed: its own record vouches for the source. */
	if (file->pyc.by_hash)
		return source->package_state == PACKAGE_STATE_VERIFIED;
	return (uint32_t)source->entry.size == file->pyc.size &&
	       (uint32_t)source->entry.times.modified.seconds == file->pyc.modified;
}

/* A package that puts a link where the source should be: the file that it leads to is one of those that agree. */
static const struct file *
source_behind_link(const struct inventory *inventory, const struct map *sources, const struct file *file,
	const char *path)
{
	const struct package_file *row;
	char key[PATH_KEY_BYTES];
	size_t length;
	uint64_t number;

	if (file->pyc.by_hash || !inventory_rows(inventory, file->system->id, path, &row, 1))
		return NULL;
	length = source_key(file->system, file->pyc.size, file->pyc.modified, key, sizeof key);
	return length && map_get(sources, key, length, &number) ? &inventory->files[number] : NULL;
}

/* The owned source that the header of the byte code names as it lies there; NULL: none. */
static const struct file *
derived_from(struct inventory *inventory, const struct map *sources, const struct file *file)
{
	const char *path = file->has_pyc ? bytecode_source_path(inventory, file->path) : NULL;
	const struct file *source = path ? inventory_file(inventory, file->system->id, path) : NULL;

	if (!path)
		return NULL;
	if (!source)
		return source_behind_link(inventory, sources, file, path);
	return source->row_count && agrees(file, source) ? source : NULL;
}

static void
set_owner(struct inventory *inventory, struct file *file)
{
	const struct package_file *row = file->expected ? file->expected :
		file->row_count ? file->rows[0] : NULL;

	if (row)
		file->package = inventory_package(inventory, row->system, row->manager, row->package,
			row->architecture);
}

/* Byte code asks for the state of its source, which stands by now. */
static void
set_derived(struct inventory *inventory)
{
	struct map sources;

	map_init(&sources);
	index_sources(inventory, &sources);
	for (size_t i = 0; i < inventory->file_count; i++) {
		struct file *file = &inventory->files[i];
		const struct file *source;

		if (!question_arises(file) || file->row_count)
			continue;
		source = derived_from(inventory, &sources, file);
		if (!source)
			continue;
		file->package_state = PACKAGE_STATE_DERIVED;
		file->package = source->package;
	}
	map_release(&sources);
}

/* The deleted name of a packaged file in whose place nothing lies now. */
static void
set_missing(struct inventory *inventory, struct file *file)
{
	const struct package_file *row;

	if (!file->system || file->entry.stream || (file->entry.state != ENTRY_DELETED && file->entry.state != ENTRY_REALLOCATED) ||
	    !inventory_rows(inventory, file->system->id, file->path, &row, 1) ||
	    inventory_presence(inventory, row) != PRESENCE_MISSING)
		return;
	file->package_state = PACKAGE_STATE_MISSING;
	file->package = inventory_package(inventory, row->system, row->manager, row->package, row->architecture);
}

/* Programs of the site, which nobody's database names: said once a system. */
static void
note_local(const struct inventory *inventory, const struct installed_system *system, const struct notes *notes)
{
	struct place place = { .system = system->id };
	uint64_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->system != system || file->package_state != PACKAGE_STATE_LOCAL || file->row_count ||
		    file->type == PROGRAM_OTHER || count++)
			continue;
		place.evidence = file->evidence;
		place.volume = file->volume;
		place.path = file->path;
	}
	if (count)
		note(notes, STATUS_OK, NOTE_NOT_COVERED, &place, "programs in /usr/local, /opt, /srv, /home and /root: %llu, the "
			"first is %s; no package database names them, they were asked in hash sets and compared with nothing else",
			(unsigned long long)count, place.path);
}

/* The header of byte code names its source, and anybody can write one: what it holds besides is not proven by it. */
static void
note_derived(const struct inventory *inventory, const struct installed_system *system, const struct notes *notes)
{
	const struct file *first = NULL;
	uint64_t count = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->system != system || file->package_state != PACKAGE_STATE_DERIVED)
			continue;
		first = first ? first : file;
		count++;
	}
	if (first)
		note(notes, STATUS_OK, NOTE_NOT_COVERED, &(struct place){ .evidence = first->evidence, .system = system->id,
				.volume = first->volume, .path = first->path }, "files of Python's byte code that the host has compiled: %llu, the "
			"first is %s; their headers name packaged sources as they lie there, and what they hold besides was compared with "
			"nothing: compiling the sources again on a copy shows whether it is theirs", (unsigned long long)count, first->path);
}

/* A tree that a user has unpacked or copied belongs to that user. */
static void
look_for_copied_owners(struct inventory *inventory, struct system_summary *summary)
{
	size_t compared = 0, differing = 0;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->system != summary->system || !file->row_count || !question_arises(file) ||
		    (!file->rows[0]->has_uid && !file->rows[0]->has_gid))
			continue;
		compared++;
		differing += has_other_owner(file, file->rows[0]);
	}
	summary->has_copied_owners = differing > compared / 2 && differing > COPIED_LEAST;
}

static void
look_for_prelink(struct inventory *inventory, struct system_summary *summary)
{
	size_t programs = 0, prelinked = 0;

	for (size_t i = 0; i < inventory->package_count; i++) {
		const struct package *package = &inventory->packages[i];

		summary->is_prelinked |= package->is_installed && !strcmp(package->name, "prelink") &&
			!order_text(package->system, summary->system->id);
	}
	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->system != summary->system || !file->row_count || file->type != PROGRAM_ELF || !question_arises(file))
			continue;
		programs++;
		prelinked += file->is_prelinked;
	}
	summary->is_prelinked |= prelinked > programs / 2 && prelinked > PRELINKED_LEAST;
}

/* Absence of a comparison is said: nothing is known of what those files hold.  Where undoing gave the recorded content, it was made. */
static void
note_prelinked(struct inventory *inventory, const struct installed_system *system)
{
	struct note note = { .kind = NOTE_PRELINKED, .of_judging = true, .status = STATUS_DAMAGED, .incomplete = true };
	const struct file *first = NULL;

	for (size_t i = 0; i < inventory->file_count; i++) {
		const struct file *file = &inventory->files[i];

		if (file->system != system || file->package_state != PACKAGE_STATE_PRELINKED || file->is_prelink_undone)
			continue;
		first = first ? first : &inventory->files[i];
		note.files++;
	}
	if (!first)
		return;
	note.at = (struct place){ .evidence = first->evidence, .system = system->id, .volume = first->volume, .path = first->path };
	note.text = arena_format(&inventory->arena, "prelink has rewritten %llu programs and libraries in a way that could not be undone, "
		"the first of them %s (%s): their packages' digests cannot be compared with what they hold now, and nothing accuses or "
		"clears them; \"prelink -y FILE\" on a copy shows whether prelink itself can give the content as it was",
		(unsigned long long)note.files, first->path, first->not_undone ? first->not_undone : "no reason is known");
	inventory_add_note(inventory, &note);
}

void
inventory_set_states(struct inventory *inventory)
{
	struct notes notes = inventory_notes(inventory);
	struct map damaged;

	map_init(&damaged);
	index_damaged_directories(inventory, &damaged);
	for (size_t i = 0; i < inventory->systems.count; i++) {
		look_for_copied_owners(inventory, &inventory->summaries[i]);
		look_for_prelink(inventory, &inventory->summaries[i]);
	}
	for (size_t i = 0; i < inventory->file_count; i++) {
		struct file *file = &inventory->files[i];

		file->package_state = PACKAGE_STATE_NONE;
		if (!question_arises(file)) {
			set_missing(inventory, file);
			continue;
		}
		file->package_state = file->row_count ? state_of_owned(inventory, file) : state_of_unowned(inventory, &damaged, file);
		set_owner(inventory, file);
	}
	map_release(&damaged);
	set_derived(inventory);
	for (size_t i = 0; i < inventory->systems.count; i++)
		note_local(inventory, &inventory->systems.items[i], &notes);
	for (size_t i = 0; i < inventory->systems.count; i++)
		note_derived(inventory, &inventory->systems.items[i], &notes);
	for (size_t i = 0; i < inventory->systems.count; i++)
		note_prelinked(inventory, &inventory->systems.items[i]);
}
