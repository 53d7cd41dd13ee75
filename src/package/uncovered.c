/*
 * uncovered.c - programs that were brought by what keeps no digests of files: snap, flatpak, Homebrew; initial RAM disks
 *
 *	/var/lib/snapd/snaps/firefox_4336.snap					an image, signed as a whole
 *	/var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/COMMIT/metadata	objects named by their SHA-256 lie in repo
 *	/home/linuxbrew/.linuxbrew/Cellar/wget/1.24.5/INSTALL_RECEIPT.json	when and from where, no digest
 *	/boot/initrd.img-6.1.0-42-amd64						an archive that the host makes of its own programs
 *
 * Each but the last is listed as a package without files, and each kind is said once: what lies there was compared with nothing.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "manifest.h"

static const struct store {
	const char *manager, *begin, *within;	/* a path of it begins with and holds this */
	unsigned    name, version;		/* parts of the path behind begin, from 1; version 0: it stands in the name; name 0: it is none */
	const char *meaning;
	const char *missed;			/* what was not done; NULL: they are files that were looked at as others */
} stores[] = {
	{ "snap",    "/var/lib/snapd/snaps/", ".snap", 1, 0, "snaps: images of their own", NULL },
	{ "flatpak", "/var/lib/flatpak/", "/metadata", 2, 4, "flatpaks: trees of their own, checked out of a repository of objects", NULL },
	{ "brew",    "/home/linuxbrew/", "/INSTALL_RECEIPT.json", 3, 4, "formulas of Homebrew", NULL },
	{ "brew",    "/opt/homebrew/Cellar/", "/INSTALL_RECEIPT.json", 1, 2, "formulas of Homebrew", NULL },
	{ "brew",    "/usr/local/Cellar/", "/INSTALL_RECEIPT.json", 1, 2, "formulas of Homebrew", NULL },
	{ NULL,      "/boot/", "init", 0, 0, "initial RAM disks: archives that the host makes of its own programs",
	  "no database holds digests of the programs in them, which run before all others, and they were not unpacked; lsinitramfs or "
	  "lsinitrd lists a copy" },
};
enum { STORE_COUNT = sizeof stores / sizeof stores[0] };

struct told { uint64_t count; struct place first; };

static const struct store *
store_of(const char *path)
{
	for (size_t i = 0; i < STORE_COUNT; i++)
		if (text_has_prefix(path, stores[i].begin) && strstr(path, stores[i].within))
			return &stores[i];
	return NULL;
}

/* The part of that number, from 1. */
static const char *
part_of(struct arena *arena, const char *path, unsigned number)
{
	size_t length;

	while (number-- > 1) {
		path += strcspn(path, "/");
		path += *path == '/';
	}
	length = strcspn(path, "/");
	return length ? arena_copy(arena, path, length) : NULL;
}

static void
list_package(struct manifest *manifest, const struct store *store, const struct artifact *artifact)
{
	struct package package = { .state = "its files stand in no database", .installed = artifact->times.modified,
		.at = artifact->place };
	struct arena arena;
	char *name;

	arena_init(&arena);
	name = arena_copy_text(&arena, part_of(&arena, artifact->path + strlen(store->begin), store->name));
	if (name && !store->version) {
		/* "firefox_4336.snap" */
		char *underscore = strrchr(name, '_');

		name[strlen(name) - strlen(store->within)] = '\0';
		if (underscore) {
			*underscore = '\0';
			package.version = underscore + 1;
		}
	} else if (name) {
		package.version = part_of(&arena, artifact->path + strlen(store->begin), store->version);
	}
	package.name = name;
	manifest->manager = store->manager;
	if (name)
		manifest_package(manifest, &package);
	arena_release(&arena);
}

static enum status
parse_uncovered(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct manifest manifest = { .out = out, .notes = notes };
	struct told told[STORE_COUNT] = { { .count = 0 } };

	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];
		const struct store *store = store_of(artifact->path);
		struct told *of = store ? &told[store - stores] : NULL;

		if (!store || manifest_is_repeated(group, i))
			continue;
		if (!of->count++)
			of->first = artifact->place;
		if (store->name)
			list_package(&manifest, store, artifact);
	}
	for (size_t i = 0; i < STORE_COUNT; i++)
		if (told[i].count)
			note(notes, STATUS_OK, NOTE_NOT_COVERED, &told[i].first, "%llu %s, the first %s: %s",
				(unsigned long long)told[i].count, stores[i].meaning, told[i].first.path, stores[i].missed ? stores[i].missed :
				"no package database holds digests of their files, which were asked in hash sets and compared with nothing else");
	return manifest.status;
}

const struct package_db_driver uncovered_package_db = {
	.name        = "uncovered",
	.description = "snap, flatpak, Homebrew, initial RAM disks: listed as what no package database covers",
	.files       = (const char *const[]){
		"/var/lib/snapd/snaps/*.snap", "/var/lib/flatpak/app/*/*/*/*/metadata", "/var/lib/flatpak/runtime/*/*/*/*/metadata",
		"/home/linuxbrew/.linuxbrew/Cellar/*/*/INSTALL_RECEIPT.json", "/opt/homebrew/Cellar/*/*/INSTALL_RECEIPT.json",
		"/usr/local/Cellar/*/*/INSTALL_RECEIPT.json", "/boot/initrd*", "/boot/initramfs*", NULL
	},
	.parse       = parse_uncovered,
	.locks_only  = true,
};
