/*
 * dpkg_status_d.c - images without dpkg itself ("distroless"): /var/lib/dpkg/status.d
 *
 *	libsqlite3-0            one paragraph, without Status
 *	libsqlite3-0.md5sums    its digests; there is no list of files
 */
#include <string.h>

#include <t1554triage/text.h>

#include "dpkg_private.h"

/* "NAME.md5sums" stands right behind "NAME" or further on; the group is small. */
static const struct artifact *
digests_of(const struct artifact_group *group, const struct map *by_path, const struct artifact *paragraph)
{
	struct buffer path;
	uint64_t number;
	bool found;

	buffer_init(&path, 0);
	buffer_add_format(&path, "%s.md5sums", paragraph->path);
	found = map_get_text(by_path, path.bytes, &number);
	buffer_release(&path);
	return found ? &group->items[number] : NULL;
}

static void
note_without_paragraph(const struct dpkg_database *database, const struct artifact_group *group,
	const struct map *by_path)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];
		size_t length = strlen(artifact->path) - strlen(".md5sums");
		uint64_t number;

		if (text_has_suffix(artifact->path, ".md5sums") &&
		    !map_get(by_path, artifact->path, length, &number))
			note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &artifact->place,
				"belongs to no package: what it says was not used");
	}
}

static enum status
parse_status_d(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct dpkg_database database;
	struct map by_path;

	dpkg_database_init(&database, out, notes);
	map_init(&by_path);
	for (size_t i = 0; i < group->count; i++) {
		map_add_text(&by_path, group->items[i].path, i);
		if (!text_has_suffix(group->items[i].path, ".md5sums"))
			dpkg_read_status(&database, &group->items[i], DPKG_DISTROLESS);
	}
	for (size_t i = 0; i < database.package_count; i++) {
		struct dpkg_package *package = &database.packages[i];

		if (!package->is_replaced)
			dpkg_emit(&database, package, &(struct dpkg_info){
				.md5sums = digests_of(group, &by_path, package->from) });
	}
	note_without_paragraph(&database, group, &by_path);
	map_release(&by_path);
	dpkg_database_release(&database);
	return database.status;
}

const struct package_db_driver dpkg_status_d_package_db = {
	.name        = "dpkg_status_d",
	.description = "distroless images: packages and their files' MD5 in /var/lib/dpkg/status.d",
	.files       = (const char *const[]){ "/var/lib/dpkg/status.d/*", NULL },
	.parse       = parse_status_d,
	.directories = (const char *const[]){ "/var/lib/dpkg/status.d", NULL },
};
