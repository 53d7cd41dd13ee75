/* absence.c - where it may be said that a packaged file is not there: only what was read whole shows that. */
#include <string.h>

#include "order.h"

/* Archives and folders hold what somebody put into them, a collection what its profile asked for. */
static bool
holds_whole_volume(const struct filesystem_fact *fact)
{
	static const char *const partial[] = { "folder", "tar", "zip", NULL };

	if (!fact->type || fact->collector || fact->case_insensitive)
		return false;
	for (const char *const *type = partial; *type; type++)
		if (!strcmp(fact->type, *type))
			return false;
	return true;
}

/* Names could be lost by it: in a journal, a damaged range, or behind a limit. */
static bool
may_hide_names(const struct note *note)
{
	switch (note->kind) {
	case NOTE_VOLUME_DAMAGED: case NOTE_FILESYSTEM_DAMAGED: case NOTE_JOURNAL_UNREPLAYED:
	case NOTE_DIRECTORY_UNREADABLE: case NOTE_WORKER_DIED: case NOTE_WORKER_STALLED: case NOTE_LIMIT_HIT:
		return true;
	default:
		return false;
	}
}

void
inventory_set_absence(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->filesystem_count; i++) {
		struct filesystem_summary *summary = &inventory->filesystems[i];

		summary->shows_absence = holds_whole_volume(&summary->fact) && !summary->metadata_damaged;
		for (size_t k = 0; summary->shows_absence && k < inventory->note_count; k++) {
			const struct note *note = &inventory->notes[k];

			summary->shows_absence = !may_hide_names(note) ||
				(note->at.evidence && order_text(note->at.evidence, summary->fact.evidence)) ||
				(note->at.volume && order_text(note->at.volume, summary->fact.volume));
		}
	}
}

static bool
lies_under(const char *path, const char *where)
{
	size_t length = strlen(where);

	return !strcmp(where, "/") || (!strncmp(path, where, length) && path[length] == '/');
}

/* A file system that is mounted twice, or in part, shows a name under another path. */
static bool
is_mounted_plainly(const struct installed_system *system, const struct mount *mount)
{
	size_t count = 0;

	/* A folder that is a system shows each of its names once. */
	if (system->kind == SYSTEM_FOLDER)
		return true;
	for (size_t i = 0; i < system->mount_count; i++)
		count += system->mounts[i].filesystem == mount->filesystem;
	return count == 1 && (!mount->subroot || !*mount->subroot);
}

static bool
shows_absence(const struct inventory *inventory, const struct installed_system *system, const char *path)
{
	for (size_t i = 0; i < system->mount_count; i++) {
		const struct mount *mount = &system->mounts[i];

		/* The longest stands first. */
		if (lies_under(path, mount->where))
			return mount->filesystem < inventory->filesystem_count && is_mounted_plainly(system, mount) &&
			       inventory->filesystems[mount->filesystem].shows_absence;
	}
	return false;
}

static const struct system_summary *
summary_of(const struct inventory *inventory, const char *system)
{
	for (size_t i = 0; inventory->summaries && i < inventory->systems.count; i++)
		if (!strcmp(inventory->systems.items[i].id, system))
			return &inventory->summaries[i];
	return NULL;
}

static bool
should_be_there(const struct inventory *inventory, const struct package_file *row)
{
	const struct package *package;

	if (!row->system || !row->path || !row->digest.algorithm || row->kind != PACKAGE_FILE_PLAIN ||
	    row->is_interrupted)
		return false;
	package = inventory_package(inventory, row->system, row->manager, row->package, row->architecture);
	return package && package->is_installed && !package->is_unfinished && package->integrity != DATABASE_BAD;
}

const char *
inventory_row_place(const struct package_file *row)
{
	return row_place(row);
}

/*
 * What lies in a layer that several systems share belongs to the first of them: a name that is not among the
 * files of this one may be there.  That an upper layer deleted it is recorded.
 */
static bool
is_in_shared_layer(const struct inventory *inventory, const struct installed_system *system, const char *path)
{
	const struct mount *mount = &system->mounts[system->mount_count - 1];

	for (size_t i = 0; i <= mount->lower_count; i++) {
		const struct layer layer = mount_layer(mount, i);
		const struct installed_system *first = systems_of_tree(&inventory->systems, layer.filesystem, layer.subroot);
		const struct file *file = first ? inventory_file(inventory, first->id, path) : NULL;

		if (file && file->filesystem == layer.filesystem && lies_under(file->entry.path, layer.subroot))
			return true;
	}
	return false;
}

static enum presence
presence_in_layers(const struct inventory *inventory, const struct installed_system *system, const char *path)
{
	switch (systems_cover(&inventory->systems, system, path)) {
	case COVER_FILE: case COVER_FOLDER: return PRESENCE_THERE;
	case COVER_WHITEOUT: case COVER_OPAQUE: return PRESENCE_MISSING;
	default:             return is_in_shared_layer(inventory, system, path) ? PRESENCE_THERE : PRESENCE_UNTOLD;
	}
}

enum presence
inventory_presence(const struct inventory *inventory, const struct package_file *row)
{
	const struct system_summary *summary;
	char key[PATH_KEY_BYTES];

	if (!should_be_there(inventory, row) || !path_key(row->system, row_place(row), key, sizeof key))
		return PRESENCE_UNTOLD;
	if (inventory_file(inventory, row->system, row_place(row)))
		return PRESENCE_THERE;
	summary = summary_of(inventory, row->system);
	if (!summary || !summary->has_database || !summary->database_whole || !summary->system->complete)
		return PRESENCE_UNTOLD;
	if (summary->system->mounts[summary->system->mount_count - 1].lower_count)
		return presence_in_layers(inventory, summary->system, row_place(row));
	return shows_absence(inventory, summary->system, row_place(row)) ? PRESENCE_MISSING : PRESENCE_UNTOLD;
}
