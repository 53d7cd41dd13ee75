/*
 * set_feeders.c - "hashset build --from-packages, --from-tree": sets of good files from vendor packages and
 * from a gold image.  What the user vouches for is read by this process itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/hashset.h>
#include <t1554triage/image.h>
#include <t1554triage/limit.h>
#include <t1554triage/package_content.h>
#include <t1554triage/volume.h>

#include "cli.h"

enum { PIECE_BYTES = 1 << 20 };

struct feeding {
	const struct hash_row_sink *out;
	const struct notes   *notes;
	struct digest_stream *stream;
	uint8_t              *piece;
	enum status           status;
	/* of a tree */
	const struct exhibit *exhibit;
	struct image         *image;
	struct filesystem    *filesystem;
	unsigned              filesystems;
};

static void
begin(struct feeding *feeding, const struct hash_row_sink *out, const struct notes *notes)
{
	*feeding = (struct feeding){ .out = out, .notes = notes, .piece = memory_allocate(1, PIECE_BYTES) };
	feeding->stream = digest_stream_open(1u << DIGEST_MD5 | 1u << DIGEST_SHA1 | 1u << DIGEST_SHA256);
}

static enum status
end(struct feeding *feeding, enum status status)
{
	digest_stream_close(feeding->stream);
	memory_free(feeding->piece);
	return status_worse(status, feeding->status);
}

/* A content that is not read whole is no row. */
static bool
digest_content(struct feeding *feeding, struct source *content, struct digests *ret_digests)
{
	enum status status;
	size_t got;

	digest_stream_reset(feeding->stream);
	for (uint64_t at = 0; ; at += got) {
		status = source_read(content, at, feeding->piece, PIECE_BYTES, &got);
		if (status != STATUS_OK || !got)
			break;
		digest_stream_update(feeding->stream, feeding->piece, got);
	}
	digest_stream_finish(feeding->stream, ret_digests, NULL);
	return status == STATUS_OK || status == STATUS_END;
}

static void
feed_content(struct feeding *feeding, const char *product, const char *path, struct source *content)
{
	struct hash_row row = { .name = path, .product = product };

	if (digest_content(feeding, content, &row.digests))
		feeding->out->row(feeding->out->context, &row);
	else
		feeding->out->rejected(feeding->out->context, 0, path, "its content could not be read whole");
}

static void
take_packaged(void *context, const char *product, const char *path, struct source *content)
{
	feed_content(context, product, path, content);
}

static enum status
read_package(const char *path, const struct hash_row_sink *out, struct digests *ret_file, uint64_t *ret_size,
	const struct notes *notes)
{
	const struct place here = { .path = path };
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct package_content_sink sink = { .file = take_packaged };
	struct feeding feeding;
	struct source *source;
	struct stat status;
	enum status result;

	if (descriptor < 0 || fstat(descriptor, &status) || !S_ISREG(status.st_mode)) {
		result = note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", strerror(errno ? errno : EINVAL));
		if (descriptor >= 0)
			close(descriptor);
		return result;
	}
	begin(&feeding, out, notes);
	sink.context = &feeding;
	source = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	*ret_size = source->size;
	result = digest_content(&feeding, source, ret_file) ? STATUS_OK : STATUS_UNREADABLE;
	if (result == STATUS_OK)
		result = package_content_read(source, &here, &sink, notes);
	if (result == STATUS_NOT_MINE)
		result = note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "neither a .deb nor a .rpm");
	source_close(source);
	close(descriptor);
	return end(&feeding, result);
}

/* The entries of one folder, so that none is opened while it is being listed. */
struct listing {
	struct arena       arena;
	struct file_entry *entries;
	size_t             count, capacity;
};

static bool
take_entry(void *context, const struct file_entry *entry)
{
	struct listing *listing = context;

	if (entry->state != ENTRY_ALLOCATED || (entry->type != ENTRY_REGULAR && entry->type != ENTRY_DIRECTORY))
		return true;
	listing->entries = memory_grow(listing->entries, listing->count, &listing->capacity, sizeof *listing->entries);
	file_entry_copy(&listing->arena, entry, &listing->entries[listing->count++]);
	return true;
}

static void
feed_entry(struct feeding *feeding, const struct file_entry *entry)
{
	struct source *content = NULL;
	enum status status = STATUS_UNREADABLE;

	if (!entry->not_readable)
		status = feeding->filesystem->driver->content(feeding->filesystem, entry, CONTENT_BY_RUNS, feeding->notes, &content);
	if (status == STATUS_OK)
		feed_content(feeding, feeding->exhibit->name, entry->path, content);
	else
		feeding->out->rejected(feeding->out->context, 0, entry->path,
			entry->not_readable ? entry->not_readable : "its content could not be opened");
	source_close(content);
}

static void
walk_folder(struct feeding *feeding, uint64_t node, const char *path, unsigned depth)
{
	struct listing listing = { .count = 0 };
	const struct entry_sink sink = { take_entry, &listing };

	if (depth > limit_get(LIMIT_DIRECTORY_DEPTH)) {
		feeding->status = STATUS_DAMAGED;
		return;
	}
	arena_init(&listing.arena);
	feeding->status = status_worse(feeding->status,
		feeding->filesystem->driver->list(feeding->filesystem, node, path, &sink, feeding->notes));
	for (size_t i = 0; i < listing.count; i++)
		if (listing.entries[i].type == ENTRY_REGULAR)
			feed_entry(feeding, &listing.entries[i]);
		else
			walk_folder(feeding, listing.entries[i].node, listing.entries[i].path, depth + 1);
	memory_free(listing.entries);
	arena_release(&listing.arena);
}

static void
walk_volume(struct feeding *feeding, struct source *source, const struct volume *volume)
{
	struct filesystem_origin origin = { .exhibit = feeding->exhibit, .image = feeding->image, .source = source,
		.volume = volume };

	for (;; origin.index++) {
		enum status status = filesystem_open(&origin, feeding->notes, &feeding->filesystem);

		if (status != STATUS_OK && status != STATUS_DAMAGED)
			break;
		feeding->status = status_worse(feeding->status, status);
		feeding->filesystems++;
		walk_folder(feeding, filesystem_root(feeding->filesystem), "/", 0);
		filesystem_close(feeding->filesystem);
		if (!feeding->image)
			break;
	}
}

static void
take_volume(void *context, const struct volume *volume)
{
	struct feeding *feeding = context;
	struct source *source = source_open_range(feeding->image->source, volume->start, volume->length);

	walk_volume(feeding, source, volume);
	source_close(source);
}

static enum status
walk_exhibit(struct feeding *feeding)
{
	const struct volume whole = { .evidence = feeding->exhibit->id, .name = "-", .scheme = "none", .type = "", .label = "",
		.part_uuid = "" };
	const struct volume_sink sink = { take_volume, feeding };
	const struct place here = { .path = feeding->exhibit->path };
	enum status status = STATUS_OK;

	if (feeding->exhibit->kind != EXHIBIT_IMAGE) {
		walk_volume(feeding, NULL, &whole);
	} else {
		status = image_open(feeding->exhibit, feeding->notes, &feeding->image);
		if (status == STATUS_OK || status == STATUS_DAMAGED)
			status = status_worse(status, volume_each(feeding->image, &sink, feeding->notes));
		image_close(feeding->image);
	}
	if (!feeding->filesystems)
		status = note(feeding->notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
			"no folder, archive or image with a file system that is read here");
	return status;
}

static enum status
read_tree(const char *path, const struct hash_row_sink *out, struct digests *ret_file, uint64_t *ret_size,
	const struct notes *notes)
{
	const struct place here = { .path = path };
	char *operand = memory_copy_text(path);
	enum status status = STATUS_OK;
	struct exhibits exhibits;
	struct feeding feeding;
	struct buffer message;

	buffer_init(&message, 0);
	begin(&feeding, out, notes);
	if (exhibits_open(&exhibits, &operand, 1, notes, &message))
		status = note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "%s", message.bytes);
	ret_file->known = 0;
	*ret_size = 0;
	for (size_t i = 0; status != STATUS_UNREADABLE && i < exhibits.count; i++) {
		feeding.exhibit = &exhibits.items[i];
		status = status_worse(status, walk_exhibit(&feeding));
	}
	exhibits_close(&exhibits);
	buffer_release(&message);
	memory_free(operand);
	return end(&feeding, status);
}

const struct hashset_feeder set_feeders[] = {
	{ .option = "--from-packages", .format = "package", .read = read_package },
	{ .option = "--from-tree", .format = "tree", .read = read_tree },
	{ .option = NULL },
};
