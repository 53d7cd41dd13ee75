/*
 * archive.c - tar and zip archives of collected files.  The index is read in one
 * pass when the archive is opened.  Names are bytes here, so that no character
 * set has to be guessed and no table of one opened in the sandbox.
 */
#include <string.h>
#include <zlib.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>

#include "archive.h"
#include "collection.h"

enum {
	BUFFERED_BYTES = 4 << 20,	/* members up to this are read at once */
	BLOCK_BYTES = 64 * 1024,
};

enum status
archive_read_magic(struct archive *archive, void *bytes, size_t length)
{
	if (archive->stream->size < length)
		return STATUS_NOT_MINE;
	if (source_read_exactly(archive->stream, 0, bytes, length) == STATUS_OK)
		return STATUS_OK;
	return note(archive->notes, STATUS_UNREADABLE, NOTE_IMAGE_DAMAGED, &archive->place,
		"the beginning of the archive cannot be read");
}

struct tree_node *
archive_add(struct archive *archive, const char *path, size_t length)
{
	uint32_t index = tree_add(&archive->tree, path, length);
	struct tree_node *node, fresh;

	if (index == TREE_NOWHERE)
		return NULL;
	node = &archive->tree.nodes[index];
	if (node->told && index != TREE_ROOT && node->type != ENTRY_DIRECTORY)
		archive->duplicates++;
	fresh = (struct tree_node){ .name = node->name, .parent = node->parent, .next = node->next,
		.first_child = node->first_child, .last_child = node->last_child,
		.type = node->first_child ? ENTRY_DIRECTORY : ENTRY_UNKNOWN, .told = true };
	*node = fresh;
	return node;
}

void
archive_add_content(struct archive *archive, struct tree_node *node, const struct archive_member *member)
{
	archive->members = memory_grow(archive->members, archive->count, &archive->capacity,
		sizeof *archive->members);
	node->below = archive->count;
	archive->members[archive->count++] = *member;
	node->size = member->size;
	node->has |= ENTRY_HAS_CONTENT | ENTRY_HAS_SIZE;
}

/* The bytes of a member as they are stored, put together. */
struct member_source {
	struct source source;
	struct archive_member member;	/* extents stay the archive's */
	struct source *stored;		/* of the archive; borrowed, or inflated: below */
	struct source *range, *inflated;	/* owned; NULL: none */
};

/* Reads within one extent, or zeros up to the next. */
static enum status
read_sparse(const struct member_source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	const struct archive_extent *extents = source->member.extents;
	size_t low = 0, high = source->member.extent_count;
	uint64_t zeros;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (extents[middle].offset + extents[middle].length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < source->member.extent_count && extents[low].offset <= offset) {
		uint64_t within = offset - extents[low].offset;

		if (length > extents[low].length - within)
			length = (size_t)(extents[low].length - within);
		return source_read(source->stored, extents[low].stored_at + within, buffer, length, ret_length);
	}
	zeros = (low < source->member.extent_count ? extents[low].offset : source->member.size) - offset;
	if (length > zeros)
		length = (size_t)zeros;
	memset(buffer, 0, length);
	*ret_length = length;
	return STATUS_OK;
}

static enum status
member_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct member_source *member = (struct member_source *)source;
	uint8_t *to = buffer;
	size_t done = 0;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (done < length) {
		size_t got = 0;
		enum status status = member->member.extents
			? read_sparse(member, offset + done, to + done, length - done, &got)
			: source_read(member->stored, (member->inflated ? 0 : member->member.data) + offset + done,
				to + done, length - done, &got);

		/* The end of what is stored before the end of the member is damage. */
		if (status != STATUS_OK || !got)
			return STATUS_UNREADABLE;
		done += got;
	}
	*ret_length = done;
	return STATUS_OK;
}

static void
member_close(struct source *source)
{
	struct member_source *member = (struct member_source *)source;

	source_close(member->inflated);
	source_close(member->range);
	memory_free(member);
}

static struct source *
member_open(const struct archive *archive, const struct archive_member *member, const struct place *place,
	const struct notes *notes)
{
	struct member_source *source = memory_allocate(1, sizeof *source);

	source->source = (struct source){ .size = member->size, .read = member_read, .close = member_close };
	source->member = *member;
	source->stored = archive->stream;
	if (member->method) {
		source->range = source_open_range(archive->stream, member->data, member->stored);
		source->inflated = inflate_open_member(source->range, member->method, place, notes);
		source->stored = source->inflated;
	}
	if (source->stored)
		return &source->source;
	member_close(&source->source);
	return NULL;
}

/* One pass: keeps the bytes where kept is not NULL, and compares the checksum where there is one. */
static enum status
read_through(struct source *source, const struct archive_member *member, struct buffer *kept)
{
	uint8_t *block = memory_allocate(BLOCK_BYTES, 1);
	enum status status = STATUS_OK;
	uint32_t sum = (uint32_t)crc32(0, NULL, 0);
	size_t got;

	for (uint64_t offset = 0; offset < source->size; offset += got) {
		got = 0;
		status = source_read(source, offset, block, BLOCK_BYTES, &got);
		if (status != STATUS_OK || !got)
			break;
		sum = (uint32_t)crc32(sum, block, (uInt)got);
		if (kept)
			buffer_add(kept, block, got);
	}
	memory_free(block);
	if (status != STATUS_OK)
		return STATUS_UNREADABLE;
	return member->has_crc32 && sum != member->crc32 ? STATUS_DAMAGED : STATUS_OK;
}

struct filesystem_state {
	struct archive archive;
	enum status    status;		/* of the index: where it is damaged, no absence says anything */
};

static enum status
archive_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	(void)notes;
	return status_worse(filesystem->state->status,
		tree_list(&filesystem->state->archive.tree, node, path, out));
}

/* Reads a small member into memory; a large one once to compare its checksum, if it has one. */
static enum status
open_checked(struct archive *archive, const struct archive_member *member, const struct place *place,
	const struct notes *notes, struct source **ret_source)
{
	struct source *source = member_open(archive, member, place, notes);
	bool small = member->size <= BUFFERED_BYTES;
	enum status status = STATUS_OK;
	struct buffer kept;

	if (!source)
		return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, place,
			"this member is compressed with %s, and this build has no library for it", member->method);
	buffer_init(&kept, 0);
	if (small || member->has_crc32)
		status = read_through(source, member, small ? &kept : NULL);
	if (small) {
		source_close(source);
		source = source_open_buffer(&kept);
	}
	buffer_release(&kept);
	if (status == STATUS_OK) {
		*ret_source = source;
		return STATUS_OK;
	}
	source_close(source);
	return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, place, status == STATUS_DAMAGED
		? "the content of this member of the archive does not have the checksum stored with it"
		: "the archive does not hold the whole content of this member");
}

static enum status
archive_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	struct archive *archive = &filesystem->state->archive;
	const struct tree_node *node = tree_node_of(&archive->tree, entry->node);
	struct place place = { .evidence = filesystem->evidence, .volume = filesystem->volume, .path = entry->path };

	(void)method;
	if (!node || !(node->has & ENTRY_HAS_CONTENT) || node->below >= archive->count)
		return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, &place,
			"the archive holds no content under this name");
	if (node->not_readable || archive->members[node->below].damaged)
		return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, &place, "%s", node->not_readable
			? node->not_readable : "the map of this sparse member is damaged");
	return open_checked(archive, &archive->members[node->below], &place, notes, ret_source);
}

static void
archive_close(struct filesystem *filesystem)
{
	struct archive *archive = &filesystem->state->archive;

	tree_release(&archive->tree);
	memory_free(archive->members);
	if (archive->stream != archive->file)
		source_close(archive->stream);
	source_close(archive->file);
	memory_free(filesystem->state);
}

/* What had to be decided about names, once for all of them. */
static enum status
note_names(const struct archive *archive)
{
	if (archive->tree.odd_names)
		note_add(archive->notes, &(struct note){ .kind = NOTE_COLLECTION_NAMES, .status = STATUS_OK,
			.at = archive->place, .files = archive->tree.odd_names,
			.text = "names that are absolute or hold \"..\" are shown below the root of the archive" });
	if (archive->duplicates)
		note_add(archive->notes, &(struct note){ .kind = NOTE_COLLECTION_NAMES, .status = STATUS_OK,
			.at = archive->place, .files = archive->duplicates,
			.text = "names stand in the archive more than once: the last member of a name is used, "
				"as extracting it would" });
	if (!archive->tree.dropped)
		return STATUS_OK;
	return note_add(archive->notes, &(struct note){ .kind = NOTE_LIMIT_HIT, .status = STATUS_DAMAGED,
		.at = archive->place, .files = archive->tree.dropped, .incomplete = true,
		.text = "members were left out: more names, deeper or longer ones than the limits "
			"(archive-members, directory-depth) allow" });
}

static enum status
read_index(struct archive *archive, const char **ret_type)
{
	enum status status;

	archive->stream = archive->file;
	*ret_type = "zip";
	status = zip_read(archive);
	if (status != STATUS_NOT_MINE)
		return status;
	*ret_type = "tar";
	status = inflate_open_stream(archive->file, &archive->place, archive->notes, &archive->stream);
	if (status <= STATUS_UNREADABLE)
		return status;
	return tar_read(archive);
}

static enum status
archive_open(struct filesystem *filesystem, const struct filesystem_origin *origin, const struct notes *notes)
{
	const struct segment *segment = &origin->exhibit->segments[0];
	struct archive *archive;
	enum status status;

	if (origin->image || origin->exhibit->kind != EXHIBIT_ARCHIVE || !origin->exhibit->segment_count)
		return STATUS_NOT_MINE;
	filesystem->state = memory_allocate(1, sizeof *filesystem->state);
	archive = &filesystem->state->archive;
	archive->file = source_open_descriptor(segment->descriptor, segment->size);
	archive->notes = notes;
	archive->place = (struct place){ .evidence = filesystem->evidence, .volume = filesystem->volume };
	tree_init(&archive->tree);
	filesystem->identity = (struct filesystem_identity){ .uuid = "", .label = "", .last_mounted = "" };
	status = read_index(archive, &filesystem->identity.type);
	if (status == STATUS_OK || status == STATUS_DAMAGED)
		status = status_worse(status, note_names(archive));
	if (status != STATUS_OK && status != STATUS_DAMAGED) {
		archive_close(filesystem);
		return status;
	}
	filesystem->state->status = status;
	archive->notes = NULL;
	tree_settle(&archive->tree);
	return status_worse(status, collection_recognise(filesystem, notes));
}

const struct filesystem_driver archive_filesystem = {
	.name = "archive",
	.description = "tar (also compressed) and zip archives of collected files",
	.open = archive_open,
	.close = archive_close,
	.list = archive_list,
	.content = archive_content,
};
