/*
 * apt_archive.c - archives of installed packages that apt has kept: /var/cache/apt/archives (apt-get(8))
 *
 *	bash_5.2.15-2+b13_amd64.deb	name, version (":" as "%3a") and architecture
 *
 * What dpkg records of a file, the archive holds itself.  Where apt's lists are there, too, a chain leads on: the
 * SHA-256 of the archive stands in a list, that of the list in a release file, and that is signed.  How far it leads is
 * said with each file; a trusted key at its end makes it stronger than anything that lies in the evidence.  Only
 * archives of what is installed in that version are read.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/package_content.h>
#include <t1554triage/text.h>

#include "apt_lists.h"
#include "dpkg_private.h"

#define DPKG_STATUS_FILE "/var/lib/dpkg/status"

/* An archive of an installed package. */
struct archive {
	const struct artifact     *artifact;
	const struct dpkg_package *package;
};

struct reading {
	struct apt_lists     lists;
	struct dpkg_database installed;
	struct archive      *archives;
	size_t               count, capacity;
	uint64_t             bytes;		/* read so far */
	bool                 is_over_limit;
	/* of the archive that is read */
	struct package_witness witness;
	const char          *product;
};

/* As apt writes it into the name of the file. */
static void
add_quoted(struct buffer *out, const char *text)
{
	for (; *text; text++)
		if (*text == ':' || *text == '_' || *text == '%')
			buffer_add_format(out, "%%%02x", *text);
		else
			buffer_add_char(out, *text);
}

static const char *
archive_name(struct arena *arena, const struct dpkg_package *package)
{
	struct buffer name;
	const char *copy;

	buffer_init(&name, 0);
	add_quoted(&name, package->name);
	buffer_add_char(&name, '_');
	add_quoted(&name, package->version ? package->version : "");
	buffer_add_char(&name, '_');
	add_quoted(&name, package->architecture ? package->architecture : "");
	buffer_add_text(&name, ".deb");
	copy = arena_copy_text(arena, name.bytes);
	buffer_release(&name);
	return copy;
}

static void
choose_archives(struct reading *reading, const struct artifact_group *group)
{
	struct map by_name;
	uint64_t number;

	map_init(&by_name);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, ".deb"))
			map_add_text(&by_name, text_base_name(group->items[i].path), i);
	for (size_t i = 0; i < reading->installed.package_count; i++) {
		const struct dpkg_package *package = &reading->installed.packages[i];

		if (package->is_replaced || !package->is_installed || package->is_unfinished ||
		    !map_get_text(&by_name, archive_name(&reading->lists.arena, package), &number))
			continue;
		map_add_text(&reading->lists.wanted, apt_key(&reading->lists.arena, package->name, package->version,
			package->architecture), reading->count);
		reading->archives = memory_grow(reading->archives, reading->count, &reading->capacity,
			sizeof *reading->archives);
		reading->archives[reading->count++] = (struct archive){ &group->items[number], package };
	}
	map_release(&by_name);
}

/* The listing of the archive that leads farthest; *ret_named: some list names that version at all. */
static const struct apt_list *
best_list(const struct reading *reading, size_t archive, const struct digest *digest, const char **ret_named)
{
	const struct apt_lists *lists = &reading->lists;
	const struct apt_list *best = NULL;

	*ret_named = NULL;
	for (size_t i = 0; i < lists->listing_count; i++) {
		const struct apt_listing *listing = &lists->listings[i];
		const struct apt_list *list = &lists->lists[listing->list];

		if (listing->archive != archive)
			continue;
		*ret_named = list->name;
		if (digest_equal(&listing->digest, digest) && (!best || (list->is_signed && !best->is_signed)))
			best = list;
	}
	return best;
}

static void
contradict(struct reading *reading, const struct archive *archive, const char *text)
{
	const struct package_part part = { .manager = "dpkg", .package = archive->package->name,
		.architecture = archive->package->architecture, .kind = PACKAGE_PART_ARCHIVE, .contradiction = text,
		.at = archive->artifact->place };

	reading->lists.out->part(reading->lists.out->context, &part);
}

/* False: the lists say that this is not the archive that was offered. */
static bool
find_chain(struct reading *reading, size_t number, const struct digest *digest)
{
	const struct archive *archive = &reading->archives[number];
	const char *name = text_base_name(archive->artifact->path), *named;
	const struct apt_list *list = best_list(reading, number, digest, &named);
	struct arena *arena = &reading->lists.arena;

	if (!list && named) {
		contradict(reading, archive, arena_format(arena, "%s is not the archive that %s names: its SHA-256 is another, and "
			"it was not used", name, named));
		return false;
	}
	reading->witness.is_signed = list && list->is_signed;
	reading->witness.chain = list ? arena_format(arena, "%s holds it; the SHA-256 of the archive stands in %s%s", name,
		list->name, list->chain) : arena_format(arena, "%s holds it; no list in the evidence names that archive", name);
	return true;
}

static void
take_file(void *context, const char *product, const char *path, struct source *content)
{
	struct reading *reading = context;
	static const size_t block_bytes = 65536;
	uint8_t *block;
	struct digest_stream *stream;
	enum status status = STATUS_OK;
	uint64_t at = 0;

	if (reading->is_over_limit || strcmp(product, reading->product))
		return;
	reading->bytes += content->size;
	if (reading->bytes > limit_get(LIMIT_ARCHIVE_BYTES)) {
		reading->is_over_limit = true;
		return;
	}
	block = memory_allocate(1, block_bytes);
	stream = digest_stream_open(1u << DIGEST_MD5 | 1u << DIGEST_SHA256);
	while (status == STATUS_OK && at < content->size) {
		size_t got = 0;

		status = source_read(content, at, block, block_bytes, &got);
		digest_stream_update(stream, block, got);
		at += got;
		if (status == STATUS_OK && !got)
			status = STATUS_UNREADABLE;
	}
	digest_stream_finish(stream, &reading->witness.digests, NULL);
	digest_stream_close(stream);
	memory_free(block);
	reading->witness.path = path;
	if (status == STATUS_OK)
		reading->lists.out->witness(reading->lists.out->context, &reading->witness);
}

static void
read_archive(struct reading *reading, size_t number)
{
	const struct archive *archive = &reading->archives[number];
	const struct package_content_sink sink = { take_file, reading };
	const struct notes *notes = reading->lists.notes;
	struct source *source;
	struct digest digest;
	enum status status = artifact_open(archive->artifact, notes, &source);

	reading->lists.status = status_worse(reading->lists.status, status);
	if (status < STATUS_DAMAGED)
		return;
	reading->bytes += source->size;
	reading->product = arena_format(&reading->lists.arena, "%s %s", archive->package->name, archive->package->version);
	reading->witness = (struct package_witness){ .manager = "dpkg", .package = archive->package->name,
		.architecture = archive->package->architecture, .version = archive->package->version,
		.at = archive->artifact->place };
	if (status == STATUS_OK && apt_digest(source, archive->artifact, notes, &digest) &&
	    find_chain(reading, number, &digest) &&
	    package_content_read(source, &archive->artifact->place, &sink, notes) == STATUS_NOT_MINE)
		note(notes, STATUS_OK, NOTE_ARTIFACT_LINE, &archive->artifact->place, "it is no package archive");
	source_close(source);
}

static enum status
parse(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct reading reading = { .count = 0 };
	size_t read = 0;

	apt_lists_init(&reading.lists, group, out, notes);
	dpkg_database_init(&reading.installed, out, notes);
	for (size_t i = 0; i < group->count; i++)
		if (!strcmp(group->items[i].path, DPKG_STATUS_FILE))
			dpkg_read_status(&reading.installed, &group->items[i], DPKG_STATUS);
	choose_archives(&reading, group);
	if (reading.count)
		apt_lists_read(&reading.lists, group);
	for (; read < reading.count && !reading.is_over_limit; read++)
		read_archive(&reading, read);
	if (reading.is_over_limit)
		reading.lists.status = status_worse(reading.lists.status, note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT,
			&reading.archives[read - 1].artifact->place, "%zu of %zu package archives were read, the rest was not "
			"(limit archive-bytes)", read - 1, reading.count));
	memory_free(reading.archives);
	dpkg_database_release(&reading.installed);
	apt_lists_release(&reading.lists);
	return reading.lists.status;
}

const struct package_db_driver apt_archive_package_db = {
	.name        = "apt_archive",
	.description = "Debian and Ubuntu: archives of installed packages that apt kept, and the signed lists that name them",
	.files       = (const char *const[]){
		"/var/cache/apt/archives/*.deb", "/var/lib/apt/lists/*Release", "/var/lib/apt/lists/*Release.gpg",
		"/var/lib/apt/lists/*_Packages*", DPKG_STATUS_FILE, NULL
	},
	.parse       = parse,
	.locks_only  = true,
};
