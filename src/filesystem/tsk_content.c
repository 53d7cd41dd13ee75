/* tsk_content.c - contents of files: by their runs straight from the volume, and by libtsk. */
#include <string.h>

#include <t1554triage/limit.h>

#include "content_note.h"
#include "tsk.h"

enum { PIECE_BYTES = 64 * 1024, BLOCKS_ASKED = 16384, INLINE_BYTES_MAX = 1 << 20 };

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

uint64_t
tsk_first_number(const TSK_FS_META *meta)
{
	uint64_t number = 0;

	if (meta->content_ptr && meta->content_len >= sizeof number)
		memcpy(&number, meta->content_ptr, sizeof number);
	return number;
}

static TSK_FS_ATTR_TYPE_ENUM
stream_type(const TSK_FS_FILE *file, const char *stream)
{
	if ((TSK_FS_TYPE_ISHFS(file->fs_info->ftype) || file->fs_info->ftype == TSK_FS_TYPE_APFS) && stream)
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

/* Content by runs */

/* One of libtsk's runs, which may begin behind what is covered so far, and before the content. */
static bool
add_attribute_run(struct run_list *runs, const struct filesystem_state *state,
	const TSK_FS_ATTR *attribute, const TSK_FS_ATTR_RUN *run)
{
	uint64_t block = state->fs->block_size, skip = attribute->nrd.skiplen;
	uint64_t start = run->offset * block, length = run->len * block, addr = run->addr * block;
	uint64_t blocks = state->source->size / block;
	enum run_kind kind = RUN_DATA;

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
	if (start < run_list_covered(runs) && length)
		return false;
	run_list_fill(runs, state->kind->has_holes ? RUN_HOLE : RUN_LOST, start);
	return run_list_add(runs, kind, addr, length);
}

static void
map_attribute(const struct filesystem_state *state, const TSK_FS_ATTR *attribute, struct run_list *runs)
{
	uint64_t left = limit_get(LIMIT_EXTENTS);

	runs->size = (uint64_t)attribute->size;
	for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run && left; run = run->next, left--)
		if (!add_attribute_run(runs, state, attribute, run))
			break;
	run_list_fill(runs, state->kind->has_holes ? RUN_HOLE : RUN_LOST, runs->size);
	/* Behind the initialised size nothing was written: zeros, whatever the blocks hold. */
	if (attribute->nrd.initsize >= 0 && TSK_FS_TYPE_ISNTFS(state->fs->ftype)) {
		run_list_cut(runs, (uint64_t)attribute->nrd.initsize);
		run_list_fill(runs, RUN_HOLE, runs->size);
	}
}

bool
tsk_map_file(const struct filesystem_state *state, TSK_FS_FILE *file, struct run_list *ret_runs)
{
	const TSK_FS_ATTR *attribute = tsk_content_attribute(file, NULL);

	if (!attribute || attribute->size <= 0 || !(attribute->flags & TSK_FS_ATTR_NONRES))
		return false;
	map_attribute(state, attribute, ret_runs);
	return true;
}

enum status
tsk_map_ext(struct filesystem_state *state, uint64_t node, struct ext_inode *ret_inode,
	struct run_list *ret_runs, const char **ret_reason)
{
	enum status status = ext_inode_read(&state->ext, state->source, node, ret_inode);

	*ret_reason = status == STATUS_DAMAGED ? "its inode lies in a damaged range of the medium" :
		"its inode cannot be read";
	if (status <= STATUS_UNREADABLE)
		return status;
	ret_runs->size = ret_inode->size;
	if (ret_inode->size > limit_get(LIMIT_FILE_BYTES)) {
		*ret_reason = "the size it claims is over the limit of bytes of one file";
		return STATUS_UNREADABLE;
	}
	if (ret_inode->flags & EXT_FLAG_INLINE_DATA)
		return status;
	return status_worse(status, ext_map(&state->ext, state->source, ret_inode, ret_runs, ret_reason));
}

/* State of deleted content */

/* Asks the allocation of a deleted file's blocks, of a long file every n-th. */
static enum content_state
blocks_state(TSK_FS_INFO *fs, const struct run_list *runs)
{
	uint64_t total = 0, asked = 0, taken = 0, step, size = fs->block_size;

	for (size_t i = 0; i < runs->count; i++)
		if (runs->items[i].kind == RUN_DATA)
			total += runs->items[i].length / size + 1;
	step = total / BLOCKS_ASKED + 1;
	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = &runs->items[i];

		if (run->kind == RUN_HOLE)
			continue;
		for (uint64_t at = 0; at < run->length && asked < 2 * BLOCKS_ASKED; at += step * size, asked++)
			if (run->kind == RUN_LOST || (run->volume_offset + at) / size > fs->last_block ||
			    fs->block_getflags(fs, (run->volume_offset + at) / size) & TSK_FS_BLOCK_FLAG_ALLOC)
				taken++;
	}
	if (!asked)
		return CONTENT_GONE;
	if (!taken)
		return CONTENT_INTACT;
	return taken == asked ? CONTENT_REALLOCATED : CONTENT_PARTLY_REALLOCATED;
}

static enum content_state
ext_content_state(struct filesystem_state *state, uint64_t node)
{
	struct run_list runs = { .size = 0 };
	struct ext_inode inode;
	const char *reason;
	enum content_state result = CONTENT_GONE;

	if (tsk_map_ext(state, node, &inode, &runs, &reason) > STATUS_UNREADABLE && inode.size) {
		if (inode.flags & EXT_FLAG_INLINE_DATA)
			result = CONTENT_INTACT;
		/* libtsk asks the bitmap for blocks where it holds clusters: nobody knows. */
		else if (state->ext.read_only_compatible & EXT_READ_ONLY_CLUSTERS)
			result = CONTENT_REALLOCATED;
		else
			result = blocks_state(state->fs, &runs);
	}
	run_list_release(&runs);
	return result;
}

static bool
is_in_one_piece(const struct run_list *runs)
{
	for (size_t i = 1; i < runs->count; i++) {
		const struct run *before = &runs->items[i - 1];

		if (runs->items[i].volume_offset != before->volume_offset + before->length)
			return false;
	}
	return true;
}

static enum content_state
attribute_content_state(const struct filesystem_state *state, TSK_FS_FILE *file, const char *stream)
{
	struct run_list runs = { .size = 0 };
	const TSK_FS_ATTR *attribute;
	enum content_state result;

	if (!file->meta || file->meta->size <= 0 || tsk_size_is_absurd(state, file->meta))
		return CONTENT_GONE;
	attribute = tsk_content_attribute(file, stream);
	if (!attribute || attribute->size <= 0)
		return CONTENT_GONE;
	if (attribute->flags & TSK_FS_ATTR_RES)
		return CONTENT_INTACT;
	map_attribute(state, attribute, &runs);
	result = blocks_state(state->fs, &runs);
	/* FAT forgets the chain: where the next cluster is in use libtsk guesses on with the next free one. */
	if (result == CONTENT_INTACT && state->entries_base && !is_in_one_piece(&runs))
		result = CONTENT_PARTLY_REALLOCATED;
	run_list_release(&runs);
	return result;
}

enum content_state
tsk_content_state(struct filesystem_state *state, TSK_FS_FILE *file, const char *stream)
{
	if (state->ext.block_size)
		return file->meta ? ext_content_state(state, file->meta->addr) : CONTENT_GONE;
	return attribute_content_state(state, file, stream);
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
read_library_piece(struct source *source, uint64_t offset, uint8_t *to, size_t length, size_t *ret_length)
{
	struct library_source *content = (struct library_source *)source;
	size_t at = (size_t)(offset % PIECE_BYTES);

	if (content->piece != offset / PIECE_BYTES)
		read_piece(content, offset / PIECE_BYTES);
	*ret_length = length < content->piece_length - at ? length : content->piece_length - at;
	memcpy(to, content->bytes + at, *ret_length);
	return content->piece_status;
}

static enum status
read_library(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	return source_read_pieces(source, offset, buffer, length, ret_length, read_library_piece);
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

bool
tsk_inode_is_loadable(struct filesystem_state *state, uint64_t node)
{
	struct ext_inode inode;

	if (!state->ext.block_size || ext_inode_read(&state->ext, state->source, node, &inode) <= STATUS_UNREADABLE)
		return true;
	return !(inode.flags & EXT_FLAG_INLINE_DATA) || inode.size <= state->ext.block_size;
}

static enum status
open_file(struct filesystem *filesystem, const struct file_entry *entry, const struct notes *notes,
	TSK_FS_FILE **ret_file, const TSK_FS_ATTR **ret_attribute)
{
	struct filesystem_state *state = filesystem->state;
	uint64_t before = touches_of(state->source);
	TSK_FS_FILE *file = NULL;
	const char *reason = NULL;

	tsk_error_reset();
	if (tsk_inode_is_loadable(state, entry->node))
		file = tsk_fs_file_open_meta(state->fs, NULL, entry->node);
	else
		reason = "it claims to lie in its inode and to be larger than one";
	/* Of what it holds for removed libtsk guesses the clusters. */
	if (file && file->meta && entry->state == ENTRY_ALLOCATED && state->entries_base)
		file->meta->flags = (file->meta->flags & ~TSK_FS_META_FLAG_UNALLOC) | TSK_FS_META_FLAG_ALLOC;
	if (reason)
		*ret_attribute = NULL;
	else if (!file || !file->meta)
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
		return content_note(filesystem, entry, notes, STATUS_DAMAGED,
			"the list of its blocks lies in a damaged range of the medium");
	if (!reason && entry->state == ENTRY_ALLOCATED &&
	    tsk_fat_check_file(state, tsk_first_number(file->meta), (uint64_t)file->meta->size, &reason) != STATUS_OK)
		return content_note(filesystem, entry, notes, STATUS_DAMAGED, reason);
	if (!reason)
		return STATUS_OK;
	if (!*reason)
		return STATUS_END;
	return content_note(filesystem, entry, notes, STATUS_UNREADABLE, reason);
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

/* Takes runs over. */
static struct source *
open_runs(const struct filesystem *filesystem, const struct file_entry *entry, const struct notes *notes,
	struct run_list *runs)
{
	struct place at = content_place(filesystem, entry);
	uint64_t empty = run_list_empty_bytes(runs);

	if (!runs->size)
		return source_open_memory("", 0);
	if (empty > limit_get(LIMIT_HOLE_BYTES))
		note(notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, &at, "%llu of its %llu bytes are holes: "
			"it is read up to the first one only (limit hole-bytes)", (unsigned long long)empty,
			(unsigned long long)runs->size);
	return run_list_open(runs, filesystem->state->source);
}

/* ext by its own map */

/* What lies within the inode; behind it Linux reads zeros, as mke2fs makes of files that are one hole. */
static enum status
open_inline(struct filesystem_state *state, uint64_t node, const struct ext_inode *inode,
	const char **ret_reason, struct source **ret_source)
{
	static const char zeros[4096];
	struct buffer bytes;
	enum status status = STATUS_UNREADABLE;

	*ret_reason = "the size it claims is larger than what its inode holds";
	if (inode->size > INLINE_BYTES_MAX)
		return status;
	buffer_init(&bytes, 0);
	status = ext_inline_read(&state->ext, state->source, node, &bytes);
	while (bytes.length < inode->size) {
		size_t left = (size_t)inode->size - bytes.length;

		buffer_add(&bytes, zeros, left < sizeof zeros ? left : sizeof zeros);
	}
	bytes.length = (size_t)inode->size;
	*ret_reason = "its inode cannot be read whole";
	if (status > STATUS_UNREADABLE)
		*ret_source = source_open_buffer(&bytes);
	buffer_release(&bytes);
	return status;
}

static enum status
open_ext(struct filesystem *filesystem, const struct file_entry *entry, const struct notes *notes,
	struct source **ret_source)
{
	struct filesystem_state *state = filesystem->state;
	struct run_list runs = { .size = 0 };
	struct ext_inode inode;
	const char *reason;
	enum status status = tsk_map_ext(state, entry->node, &inode, &runs, &reason);

	if (status > STATUS_UNREADABLE && inode.flags & EXT_FLAG_INLINE_DATA)
		status = status_worse(status, open_inline(state, entry->node, &inode, &reason, ret_source));
	else if (status > STATUS_UNREADABLE)
		*ret_source = open_runs(filesystem, entry, notes, &runs);
	run_list_release(&runs);
	return status == STATUS_OK ? status : content_note(filesystem, entry, notes, status, reason);
}

/* By libtsk's list of runs, or by all of libtsk. */
static enum status
open_by_attribute(struct filesystem *filesystem, const struct file_entry *entry,
	enum content_method method, const struct notes *notes, struct source **ret_source)
{
	struct filesystem_state *state = filesystem->state;
	struct place at = content_place(filesystem, entry);
	const TSK_FS_ATTR *attribute = NULL;
	TSK_FS_FILE *file = NULL;
	struct run_list runs = { .size = 0 };
	enum status status = open_file(filesystem, entry, notes, &file, &attribute);

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
	map_attribute(state, attribute, &runs);
	*ret_source = open_runs(filesystem, entry, notes, &runs);
	tsk_fs_file_close(file);
	return status;
}

enum status
tsk_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	struct place at = content_place(filesystem, entry);

	if (entry->not_readable)
		return note(notes, STATUS_UNREADABLE, NOTE_CONTENT_NOT_EXAMINED, &at,
			"its content is not read: %s", entry->not_readable);
	if (filesystem->state->ext.block_size && method == CONTENT_BY_RUNS)
		return open_ext(filesystem, entry, notes, ret_source);
	return open_by_attribute(filesystem, entry, method, notes, ret_source);
}

/* For the report: empty where there are none. */
static void
map_entry(struct filesystem *filesystem, const struct file_entry *entry, struct run_list *runs)
{
	struct filesystem_state *state = filesystem->state;
	const TSK_FS_ATTR *attribute = NULL;
	TSK_FS_FILE *file = NULL;
	struct ext_inode inode;
	const char *reason;

	if (state->ext.block_size) {
		if (tsk_map_ext(state, entry->node, &inode, runs, &reason) <= STATUS_UNREADABLE)
			run_list_release(runs);
		return;
	}
	if (open_file(filesystem, entry, NULL, &file, &attribute) == STATUS_OK &&
	    attribute->flags & TSK_FS_ATTR_NONRES && !(attribute->flags & TSK_FS_ATTR_COMP))
		map_attribute(state, attribute, runs);
	if (file)
		tsk_fs_file_close(file);
}

/* A run as it lies on the medium: in pieces where the journal holds some of its blocks. */
static size_t
place_run(const struct filesystem_state *state, const struct run *run, struct content_run *ret_runs,
	size_t run_limit)
{
	size_t count = 0;

	for (uint64_t done = 0, length; done < run->length && count < run_limit; done += length) {
		uint64_t place = UINT64_MAX;

		length = run->length - done;
		if (run->kind == RUN_DATA)
			place = tsk_medium_offset(state, run->volume_offset + done, &length);
		ret_runs[count++] = (struct content_run){
			.file_offset = run->file_offset + done, .image_offset = place, .length = length,
		};
	}
	return count;
}

size_t
tsk_runs(struct filesystem *filesystem, const struct file_entry *entry, struct content_run *ret_runs,
	size_t run_limit)
{
	struct run_list runs = { .size = 0 };
	size_t count = 0;

	map_entry(filesystem, entry, &runs);
	for (size_t i = 0; i < runs.count; i++)
		count += place_run(filesystem->state, &runs.items[i], ret_runs + count, run_limit - count);
	run_list_release(&runs);
	return count;
}
