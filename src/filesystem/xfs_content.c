/* xfs_content.c - contents of files of XFS and targets of links; the second reading of contents. */
#include <string.h>

#include <t1554triage/limit.h>

#include "content_note.h"
#include "run_list.h"
#include "xfs_lookup.h"

enum { LINK_BYTES_MAX = 1024, LINK_HEADER_BYTES = 56 };

/* By runs */

static void
add_runs(const struct xfs_geometry *geometry, const struct xfs_extents *extents, bool is_damaged, struct run_list *runs)
{
	/* Where extents are lost, what no other covers is not known to be a hole. */
	enum run_kind between = is_damaged ? RUN_LOST : RUN_HOLE;
	uint64_t offset = 0;
	bool more = runs->size > 0;

	for (size_t i = 0; more && i < extents->count; i++) {
		const struct xfs_extent *extent = &extents->items[i];
		uint64_t length = extent->count << geometry->block_log;

		if (extent->file_block > runs->size >> geometry->block_log)
			break;
		run_list_fill(runs, between, extent->file_block << geometry->block_log);
		if (extent->unwritten || !xfs_block_offset(geometry, extent->block, extent->count, &offset))
			more = run_list_add(runs, RUN_HOLE, 0, length);
		else
			more = run_list_add(runs, RUN_DATA, offset, length);
	}
	run_list_fill(runs, between, runs->size);
}

/* Of a freed inode, the blocks that it had. */
static enum status
map_freed(const struct xfs *xfs, const struct xfs_inode *inode, struct run_list *ret_runs, const char **ret_reason)
{
	struct xfs_extents extents = { .count = 0 };
	bool is_left = xfs_leftover_read(xfs, inode, &extents);

	*ret_reason = "its inode does not tell any more where it lay";
	if (is_left) {
		const struct xfs_extent *last = &extents.items[extents.count - 1];

		ret_runs->size = (last->file_block + last->count) << xfs->geometry.block_log;
		add_runs(&xfs->geometry, &extents, false, ret_runs);
	}
	xfs_extents_release(&extents);
	return is_left ? STATUS_OK : STATUS_UNREADABLE;
}

/* The runs of a file.  *ret_reason: of a status other than STATUS_OK. */
static enum status
map_inode(struct xfs *xfs, const struct xfs_inode *inode, struct run_list *ret_runs, const char **ret_reason)
{
	struct xfs_extents extents = { .count = 0 };
	enum status status = STATUS_OK;

	if (!inode->mode)
		return map_freed(xfs, inode, ret_runs, ret_reason);
	ret_runs->size = inode->size;
	*ret_reason = "the size it claims is over the limit of bytes of one file";
	if (inode->size > limit_get(LIMIT_FILE_BYTES))
		return STATUS_UNREADABLE;
	status = xfs_extents_read(xfs, inode, XFS_FORK_DATA, &extents, ret_reason);
	/* Nothing of it is told. */
	if (status == STATUS_DAMAGED && !extents.count)
		status = STATUS_UNREADABLE;
	if (status > STATUS_UNREADABLE)
		add_runs(&xfs->geometry, &extents, status == STATUS_DAMAGED, ret_runs);
	xfs_extents_release(&extents);
	return status;
}

static enum status
open_content(struct filesystem *filesystem, const struct file_entry *entry, const struct xfs_inode *inode,
	enum content_method method, const struct notes *notes, struct source **ret_source, const char **ret_reason)
{
	struct xfs *xfs = &filesystem->state->xfs;
	struct place at = content_place(filesystem, entry);
	struct run_list runs = { .size = 0 };
	enum status status = map_inode(xfs, inode, &runs, ret_reason);
	uint64_t empty = run_list_empty_bytes(&runs);

	if (status <= STATUS_UNREADABLE) {
		run_list_release(&runs);
		return status;
	}
	if (empty > limit_get(LIMIT_HOLE_BYTES))
		note(notes, STATUS_UNREADABLE, NOTE_LIMIT_HIT, &at, "%llu of its %llu bytes are holes: "
			"it is read up to the first one only (limit hole-bytes)", (unsigned long long)empty,
			(unsigned long long)runs.size);
	if (!runs.size)
		*ret_source = source_open_memory("", 0);
	else if (method == CONTENT_BY_LIBRARY && inode->mode && empty <= limit_get(LIMIT_HOLE_BYTES))
		*ret_source = xfs_lookup_open(xfs, inode);
	else
		*ret_source = run_list_open(&runs, xfs->volume);
	run_list_release(&runs);
	return status;
}

enum status
xfs_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	struct xfs *xfs = &filesystem->state->xfs;
	struct place at = content_place(filesystem, entry);
	struct xfs_inode inode;
	const char *reason = NULL, *map_reason = NULL;
	enum status status, mapped;

	if (entry->not_readable)
		return note(notes, STATUS_UNREADABLE, NOTE_CONTENT_NOT_EXAMINED, &at,
			"its content is not read: %s", entry->not_readable);
	status = xfs_inode_read(xfs, entry->node, method == CONTENT_BY_LIBRARY, &inode, &reason);
	if (status > STATUS_UNREADABLE) {
		mapped = open_content(filesystem, entry, &inode, method, notes, ret_source, &map_reason);
		if (mapped < status)
			reason = map_reason;
		status = status_worse(status, mapped);
	}
	return status == STATUS_OK ? status : content_note(filesystem, entry, notes, status, reason);
}

size_t
xfs_runs(struct filesystem *filesystem, const struct file_entry *entry, struct content_run *ret_runs, size_t run_limit)
{
	struct filesystem_state *state = filesystem->state;
	struct run_list runs = { .size = 0 };
	struct xfs_inode inode;
	const char *reason;
	size_t count = 0;

	if (entry->not_readable || xfs_inode_read(&state->xfs, entry->node, false, &inode, &reason) <= STATUS_UNREADABLE)
		return 0;
	if (map_inode(&state->xfs, &inode, &runs, &reason) > STATUS_UNREADABLE)
		for (; count < runs.count && count < run_limit; count++)
			ret_runs[count] = (struct content_run){
				.file_offset = runs.items[count].file_offset, .length = runs.items[count].length,
				.image_offset = runs.items[count].kind == RUN_DATA ?
					state->start + runs.items[count].volume_offset : UINT64_MAX,
			};
	run_list_release(&runs);
	return count;
}

/* Links */

/* Of version 5 what lies in one extent has one header: "XSLM", place and bytes, the seal. */
static const char *
add_link_piece(struct xfs *xfs, const struct xfs_inode *inode, const struct xfs_extent *extent, uint8_t *bytes,
	struct buffer *out)
{
	size_t length = (size_t)extent->count << xfs->geometry.block_log, header = 0, left;
	uint64_t offset = 0;

	if (extent->unwritten || !xfs_block_offset(&xfs->geometry, extent->block, extent->count, &offset) ||
	    source_read_exactly(xfs->volume, offset, bytes, length) != STATUS_OK)
		return "the target of this link cannot be read";
	if (xfs->geometry.is_v5) {
		const char *reason = xfs_check_seal(xfs, &xfs_seal_remote, bytes, length, offset, inode->number);

		if (reason || memcmp(bytes, "XSLM", 4))
			return reason ? reason : "the target of this link is not where it should be";
		header = LINK_HEADER_BYTES;
	}
	left = (size_t)inode->size - out->length;
	buffer_add(out, bytes + header, length - header < left ? length - header : left);
	return NULL;
}

static const char *
add_link_blocks(struct xfs *xfs, const struct xfs_inode *inode, struct buffer *out)
{
	struct xfs_extents extents = { .count = 0 };
	const char *reason = NULL;
	uint8_t *bytes = memory_allocate(2, XFS_BLOCK_BYTES_MAX);
	uint64_t room = 2 * XFS_BLOCK_BYTES_MAX >> xfs->geometry.block_log;

	xfs_extents_read(xfs, inode, XFS_FORK_DATA, &extents, &reason);
	for (size_t i = 0; i < extents.count && !reason && out->length < inode->size; i++)
		reason = extents.items[i].count > room ? "the target of this link is longer than one can be" :
			add_link_piece(xfs, inode, &extents.items[i], bytes, out);
	if (!reason && out->length < inode->size)
		reason = "the target of this link is not whole";
	memory_free(bytes);
	xfs_extents_release(&extents);
	return reason;
}

enum status
xfs_link_read(struct xfs *xfs, const struct xfs_inode *inode, struct buffer *out, const char **ret_reason)
{
	const struct xfs_fork *fork = &inode->forks[XFS_FORK_DATA];

	*ret_reason = NULL;
	if (inode->size > LINK_BYTES_MAX)
		*ret_reason = "the target of this link is longer than one can be";
	else if (fork->format != XFS_FORMAT_LOCAL)
		*ret_reason = add_link_blocks(xfs, inode, out);
	else if (inode->size > fork->length)
		*ret_reason = "the target of this link is longer than its inode";
	else
		buffer_add(out, inode->bytes + fork->offset, (size_t)inode->size);
	return *ret_reason ? STATUS_DAMAGED : STATUS_OK;
}
