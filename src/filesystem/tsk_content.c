/* tsk_content.c - contents of files: by their runs straight from the volume, and by libtsk. */
#include <string.h>

#include <t1554triage/limit.h>

#include "tsk.h"

enum { PIECE_BYTES = 64 * 1024, BLOCKS_ASKED = 16384 };

/*
 * The longest size that may lack blocks: files with holes are as long as they
 * like, but libtsk makes lists for every block of an ext file without extents, in
 * quadratic time where the inode is damaged.
 */
bool
tsk_size_is_absurd(const struct filesystem_state *state, const TSK_FS_META *meta)
{
	uint64_t size = (uint64_t)meta->size, volume = state->source->size;

	if (meta->size < 0 || size > limit_get(LIMIT_FILE_BYTES))
		return true;
	if (!state->kind->has_holes)
		return size > volume && state->kind->type != TSK_FS_TYPE_NTFS;
	return size > volume && meta->content_type != TSK_FS_META_CONTENT_TYPE_EXT4_EXTENTS &&
	       state->kind->type != TSK_FS_TYPE_APFS;
}

static TSK_FS_ATTR_TYPE_ENUM
stream_type(const TSK_FS_FILE *file, const char *stream)
{
	if (TSK_FS_TYPE_ISHFS(file->fs_info->ftype) && stream)
		return TSK_FS_ATTR_TYPE_HFS_RSRC;
	/* Of a directory the default is its index; what is read of one is a stream. */
	if (TSK_FS_TYPE_ISNTFS(file->fs_info->ftype))
		return TSK_FS_ATTR_TYPE_NTFS_DATA;
	return file->fs_info->get_default_attr_type(file);
}

const TSK_FS_ATTR *
tsk_content_attribute(TSK_FS_FILE *file, const char *stream)
{
	const TSK_FS_ATTR *attribute;
	TSK_FS_ATTR_TYPE_ENUM type = stream_type(file, stream);
	uint64_t left = limit_get(LIMIT_EXTENTS);

	/*
	 * Loads the list; what it returns may be a named stream.  After a failure
	 * libtsk leaves what it had so far: never to be taken for the whole.
	 */
	tsk_error_reset();
	if (!tsk_fs_file_attr_get_type(file, type, 0, 0) &&
	    tsk_error_get_errno() != TSK_ERR_FS_ATTR_NOTFOUND)
		return NULL;
	if (!file->meta || !file->meta->attr || file->meta->attr_state == TSK_FS_META_ATTR_ERROR)
		return NULL;
	for (attribute = file->meta->attr->head; attribute && left; attribute = attribute->next, left--) {
		if (!(attribute->flags & TSK_FS_ATTR_INUSE) || attribute->type != type)
			continue;
		if (!TSK_FS_TYPE_ISNTFS(file->fs_info->ftype))
			return attribute;
		if (stream ? attribute->name && !strcmp(attribute->name, stream) :
		    !attribute->name || !*attribute->name)
			return attribute;
	}
	return NULL;
}

/* Asks the allocation of a deleted file's blocks, of a long file every n-th. */
static enum content_state
blocks_state(TSK_FS_INFO *fs, const TSK_FS_ATTR *attribute)
{
	uint64_t total = 0, asked = 0, taken = 0, step, left = limit_get(LIMIT_EXTENTS);

	for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run && left; run = run->next, left--)
		if (!(run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)))
			total += run->len;
	step = total / BLOCKS_ASKED + 1;
	left = limit_get(LIMIT_EXTENTS);
	for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run && left; run = run->next, left--) {
		if (run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER))
			continue;
		for (uint64_t i = 0; i < run->len && asked < 2 * BLOCKS_ASKED; i += step, asked++)
			if (run->addr + i > fs->last_block ||
			    fs->block_getflags(fs, run->addr + i) & TSK_FS_BLOCK_FLAG_ALLOC)
				taken++;
	}
	if (!asked)
		return CONTENT_GONE;
	if (!taken)
		return CONTENT_INTACT;
	return taken == asked ? CONTENT_REALLOCATED : CONTENT_PARTLY_REALLOCATED;
}

enum content_state
tsk_content_state(const struct filesystem_state *state, TSK_FS_FILE *file, const char *stream)
{
	const TSK_FS_ATTR *attribute;

	if (!file->meta || file->meta->size <= 0 || tsk_size_is_absurd(state, file->meta))
		return CONTENT_GONE;
	attribute = tsk_content_attribute(file, stream);
	if (!attribute || attribute->size <= 0)
		return CONTENT_GONE;
	if (attribute->flags & TSK_FS_ATTR_RES)
		return CONTENT_INTACT;
	return blocks_state(state->fs, attribute);
}

/* Content by runs */

enum { RUN_HOLE, RUN_DATA, RUN_LOST };

struct run {
	uint64_t file_offset, volume_offset, length;	/* bytes */
	int      kind;
};

struct run_source {
	struct source source;
	struct source *volume;		/* borrowed */
	struct run *runs;		/* sorted, without gaps, to the end of the file */
	size_t      count, capacity;
};

/* The run that holds offset, which lies within the file. */
static const struct run *
find_run(const struct run_source *content, uint64_t offset)
{
	size_t low = 0, high = content->count - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (content->runs[middle].file_offset <= offset)
			low = middle;
		else
			high = middle - 1;
	}
	return &content->runs[low];
}

/* Zeros stand in for what cannot be read. */
static enum status
read_run(struct run_source *content, const struct run *run, uint64_t offset, uint8_t *to, size_t length)
{
	enum status status;

	if (run->kind == RUN_DATA) {
		status = source_read_exactly(content->volume,
			run->volume_offset + (offset - run->file_offset), to, length);
		if (status > STATUS_UNREADABLE)
			return status;
	}
	memset(to, 0, length);
	return run->kind == RUN_HOLE ? STATUS_OK : STATUS_DAMAGED;
}

static enum status
read_runs(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct run_source *content = (struct run_source *)source;
	enum status status = STATUS_OK;
	uint8_t *to = buffer;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (length) {
		const struct run *run = find_run(content, offset);
		uint64_t left = run->length - (offset - run->file_offset);
		size_t part = length < left ? length : (size_t)left;

		status = status_worse(status, read_run(content, run, offset, to, part));
		offset += part;
		to += part;
		length -= part;
		*ret_length += part;
	}
	return status;
}

static void
close_runs(struct source *source)
{
	memory_free(((struct run_source *)source)->runs);
	memory_free(source);
}

/* Adds a run behind the last; false once the file is covered. */
static bool
add_run(struct run_source *content, int kind, uint64_t volume_offset, uint64_t length)
{
	struct run *last = content->count ? &content->runs[content->count - 1] : NULL;
	uint64_t end = last ? last->file_offset + last->length : 0;

	if (length > content->source.size - end)
		length = content->source.size - end;
	if (!length)
		return end < content->source.size;
	if (last && last->kind == kind && (kind != RUN_DATA ||
	    last->volume_offset + last->length == volume_offset)) {
		last->length += length;
		return end + length < content->source.size;
	}
	content->runs = memory_grow(content->runs, content->count, &content->capacity,
		sizeof *content->runs);
	content->runs[content->count++] = (struct run){ end, volume_offset, length, kind };
	return end + length < content->source.size;
}

static uint64_t
covered(const struct run_source *content)
{
	const struct run *last = content->count ? &content->runs[content->count - 1] : NULL;

	return last ? last->file_offset + last->length : 0;
}

/* One of libtsk's runs, which may begin behind what is covered so far, and before the content. */
static bool
add_attribute_run(struct run_source *content, const struct filesystem_state *state,
	const TSK_FS_ATTR *attribute, const TSK_FS_ATTR_RUN *run)
{
	uint64_t block = state->fs->block_size, skip = attribute->nrd.skiplen;
	uint64_t start = run->offset * block, length = run->len * block, addr = run->addr * block;
	uint64_t blocks = state->source->size / block;
	int kind = RUN_DATA;

	if (run->offset > UINT64_MAX / 2 / block || run->len > UINT64_MAX / 2 / block)
		return false;
	/* A filler stands where libtsk has seen no run: with holes that is what they are. */
	if (run->flags & TSK_FS_ATTR_RUN_FLAG_SPARSE ||
	    (run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER && state->kind->has_holes))
		kind = RUN_HOLE;
	else if (run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER || run->addr > blocks || run->len > blocks)
		kind = RUN_LOST;
	if (start < skip) {
		uint64_t cut = skip - start < length ? skip - start : length;

		addr += cut;
		length -= cut;
		start += cut;
	}
	start -= skip;
	if (start < covered(content) && length)
		return false;
	if (start > covered(content))
		add_run(content, state->kind->has_holes ? RUN_HOLE : RUN_LOST, 0, start - covered(content));
	return add_run(content, kind, addr, length);
}

/* Behind the initialised size nothing was written: zeros, whatever the blocks hold. */
static void
cut_at_initialised(struct run_source *content, uint64_t initialised)
{
	uint64_t size = content->source.size;

	if (initialised >= size)
		return;
	while (content->count && content->runs[content->count - 1].file_offset >= initialised)
		content->count--;
	if (content->count && covered(content) > initialised)
		content->runs[content->count - 1].length =
			initialised - content->runs[content->count - 1].file_offset;
	add_run(content, RUN_HOLE, 0, size - covered(content));
}

static struct source *
open_runs(const struct filesystem_state *state, const TSK_FS_ATTR *attribute)
{
	struct run_source *content = memory_allocate(1, sizeof *content);
	uint64_t left = limit_get(LIMIT_EXTENTS);

	content->source = (struct source){
		.size = (uint64_t)attribute->size, .read = read_runs, .close = close_runs,
		.damage = state->source->damage,
	};
	content->volume = state->source;
	for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run && left; run = run->next, left--)
		if (!add_attribute_run(content, state, attribute, run))
			break;
	if (covered(content) < content->source.size)
		add_run(content, state->kind->has_holes ? RUN_HOLE : RUN_LOST, 0,
			content->source.size - covered(content));
	if (attribute->nrd.initsize >= 0 && TSK_FS_TYPE_ISNTFS(state->fs->ftype))
		cut_at_initialised(content, (uint64_t)attribute->nrd.initsize);
	return &content->source;
}

/* Content by the library */

struct library_source {
	struct source source;
	TSK_FS_FILE  *file;		/* owned */
	const TSK_FS_ATTR *attribute;	/* of file */
	uint64_t      piece;		/* number of the one in bytes; UINT64_MAX: none */
	size_t        piece_length;
	enum status   piece_status;
	char          bytes[PIECE_BYTES];
};

static uint64_t
touches_of(const struct source *source)
{
	return source->damage ? source->damage->touches : 0;
}

static void
read_piece(struct library_source *content, uint64_t piece)
{
	uint64_t left = content->source.size - piece * PIECE_BYTES, before = touches_of(&content->source);
	size_t want = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
	ssize_t got = tsk_fs_attr_read(content->attribute, (TSK_OFF_T)(piece * PIECE_BYTES),
		content->bytes, want, TSK_FS_FILE_READ_FLAG_NONE);

	content->piece = piece;
	content->piece_length = want;
	content->piece_status = touches_of(&content->source) != before ? STATUS_DAMAGED : STATUS_OK;
	if (got < 0 || (size_t)got < want) {
		memset(content->bytes + (got > 0 ? got : 0), 0, want - (size_t)(got > 0 ? got : 0));
		content->piece_status = STATUS_DAMAGED;
	}
}

static enum status
read_library(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct library_source *content = (struct library_source *)source;
	enum status status = STATUS_OK;
	uint8_t *to = buffer;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (length) {
		size_t at = (size_t)(offset % PIECE_BYTES), part;

		if (content->piece != offset / PIECE_BYTES)
			read_piece(content, offset / PIECE_BYTES);
		part = content->piece_length - at;
		if (part > length)
			part = length;
		memcpy(to, content->bytes + at, part);
		status = status_worse(status, content->piece_status);
		offset += part;
		to += part;
		length -= part;
		*ret_length += part;
	}
	return status;
}

static void
close_library(struct source *source)
{
	tsk_fs_file_close(((struct library_source *)source)->file);
	memory_free(source);
}

static struct source *
open_library(const struct filesystem_state *state, TSK_FS_FILE *file, const TSK_FS_ATTR *attribute)
{
	struct library_source *content = memory_allocate(1, sizeof *content);

	content->source = (struct source){
		.size = (uint64_t)attribute->size, .read = read_library, .close = close_library,
		.damage = state->source->damage,
	};
	content->file = file;
	content->attribute = attribute;
	content->piece = UINT64_MAX;
	return &content->source;
}

/* What both ways have in common: the attribute, or why there is none. */

static enum status
open_file(struct filesystem *filesystem, const struct file_entry *entry, const struct notes *notes,
	TSK_FS_FILE **ret_file, const TSK_FS_ATTR **ret_attribute)
{
	struct filesystem_state *state = filesystem->state;
	struct place at = {
		.evidence = filesystem->evidence, .volume = filesystem->volume,
		.path = entry->path, .inode = entry->inode,
	};
	uint64_t before = touches_of(state->source);
	TSK_FS_FILE *file;
	const char *reason = NULL;

	tsk_error_reset();
	file = tsk_fs_file_open_meta(state->fs, NULL, entry->node);
	if (!file || !file->meta)
		reason = tsk_message();
	else if (tsk_size_is_absurd(state, file->meta))
		reason = "the size it claims is larger than its file system can hold";
	else if (!(*ret_attribute = tsk_content_attribute(file, entry->stream)))
		reason = file->meta->size ? tsk_message() : "";
	else if ((*ret_attribute)->size < 0 ||
	    (uint64_t)(*ret_attribute)->size > limit_get(LIMIT_FILE_BYTES))
		reason = "the size it claims is over the limit of bytes of one file";
	*ret_file = file;
	if (!reason && touches_of(state->source) != before)
		return note(notes, STATUS_DAMAGED, NOTE_FILE_DAMAGED, &at,
			"the list of its blocks lies in a damaged range of the medium: "
			"what is read may not be its content");
	if (!reason)
		return STATUS_OK;
	if (!*reason)
		return STATUS_END;
	return note(notes, STATUS_UNREADABLE,
		entry->state == ENTRY_ALLOCATED ? NOTE_FILE_UNREADABLE : NOTE_DELETED_ITEM, &at,
		"its content cannot be read: %s", reason);
}

static bool
runs_are_over_limit(const TSK_FS_ATTR *attribute)
{
	uint64_t left = limit_get(LIMIT_EXTENTS);

	for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run; run = run->next)
		if (!left--)
			return true;
	return false;
}

enum status
tsk_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	struct filesystem_state *state = filesystem->state;
	struct place at = {
		.evidence = filesystem->evidence, .volume = filesystem->volume,
		.path = entry->path, .inode = entry->inode,
	};
	const TSK_FS_ATTR *attribute = NULL;
	TSK_FS_FILE *file = NULL;
	enum status status;

	if (entry->not_readable)
		return note(notes, STATUS_UNREADABLE, NOTE_CONTENT_NOT_EXAMINED, &at,
			"its content is not read: %s", entry->not_readable);
	status = open_file(filesystem, entry, notes, &file, &attribute);
	if (status >= STATUS_DAMAGED && status <= STATUS_OK && runs_are_over_limit(attribute))
		status = note(notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, &at,
			"the file has more runs of blocks than the limit of extents: it is not read");
	if (status != STATUS_OK && status != STATUS_DAMAGED) {
		if (file)
			tsk_fs_file_close(file);
		if (status == STATUS_END)
			*ret_source = source_open_memory("", 0);
		return status == STATUS_END ? STATUS_OK : status;
	}
	if (method == CONTENT_BY_LIBRARY || !(attribute->flags & TSK_FS_ATTR_NONRES) ||
	    attribute->flags & TSK_FS_ATTR_COMP) {
		*ret_source = open_library(state, file, attribute);
		return status;
	}
	*ret_source = open_runs(state, attribute);
	tsk_fs_file_close(file);
	return status;
}

size_t
tsk_runs(struct filesystem *filesystem, const struct file_entry *entry, struct content_run *ret_runs,
	size_t run_limit)
{
	const struct filesystem_state *state = filesystem->state;
	const TSK_FS_ATTR *attribute = NULL;
	TSK_FS_FILE *file = NULL;
	size_t count = 0;

	if (open_file(filesystem, entry, NULL, &file, &attribute) == STATUS_OK &&
	    attribute->flags & TSK_FS_ATTR_NONRES && !(attribute->flags & TSK_FS_ATTR_COMP)) {
		struct source *source = open_runs(state, attribute);
		const struct run_source *content = (const struct run_source *)source;

		for (; count < content->count && count < run_limit; count++) {
			const struct run *run = &content->runs[count];

			ret_runs[count] = (struct content_run){
				.file_offset = run->file_offset, .length = run->length,
				.image_offset = run->kind == RUN_DATA ?
					state->start + run->volume_offset : UINT64_MAX,
			};
		}
		source_close(source);
	}
	if (file)
		tsk_fs_file_close(file);
	return count;
}
