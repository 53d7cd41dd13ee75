/* xfs_list.c - the entries of a directory of XFS: names, and what their inodes tell. */
#include <string.h>

#include <t1554triage/limit.h>

#include "xfs_list.h"

static struct place
place_of(const struct xfs_walk *walk, const char *path)
{
	return (struct place){
		.evidence = walk->filesystem->evidence, .volume = walk->filesystem->volume, .path = path,
	};
}

/* Damage of an entry: what is said of it, or of the directory, may be wrong. */
static void
note_entry(struct xfs_walk *walk, const struct file_entry *entry, enum note_kind kind, const char *reason)
{
	struct place at = place_of(walk, entry->path);

	at.inode = entry->inode;
	if (entry->state != ENTRY_ALLOCATED)
		note(walk->notes, STATUS_DAMAGED, NOTE_DELETED_ITEM, &at, "%s", reason);
	else
		walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED), kind, &at, "%s", reason);
}

static enum entry_type
type_of_mode(uint16_t mode)
{
	switch (mode & XFS_MODE_TYPE) {
	case 0010000:
		return ENTRY_FIFO;
	case 0020000:
		return ENTRY_CHARACTER;
	case XFS_MODE_DIRECTORY:
		return ENTRY_DIRECTORY;
	case 0060000:
		return ENTRY_BLOCK;
	case XFS_MODE_REGULAR:
		return ENTRY_REGULAR;
	case XFS_MODE_LINK:
		return ENTRY_LINK;
	case 0140000:
		return ENTRY_SOCKET;
	default:
		return ENTRY_UNKNOWN;
	}
}

/* Attributes */

static void
take_attribute(void *context, const struct xfs_attribute *attribute)
{
	entry_attribute_take(context, attribute->name, attribute->name_length, attribute->value, attribute->length);
}

static void
set_attributes(struct xfs_walk *walk, const struct xfs_inode *inode, struct file_entry *entry)
{
	const struct xfs_attribute_sink sink = { take_attribute, &walk->attributes };
	const char *reason;

	walk->attributes = (struct entry_attributes){ .odd = false };
	if (xfs_attributes_read(&walk->filesystem->state->xfs, inode, &sink, &reason) != STATUS_OK) {
		walk->attributes.odd = true;
		note_entry(walk, entry, NOTE_FILE_DAMAGED, reason);
	}
	entry_attributes_put(&walk->attributes, entry);
}

/* Everything of an entry that its inode tells */

static void
set_link(struct xfs_walk *walk, const struct xfs_inode *inode, struct file_entry *entry)
{
	const char *reason;

	buffer_clear(&walk->link);
	if (xfs_link_read(&walk->filesystem->state->xfs, inode, &walk->link, &reason) != STATUS_OK)
		note_entry(walk, entry, NOTE_FILE_DAMAGED, reason);
	walk->link.bytes[strnlen(walk->link.bytes, walk->link.length)] = 0;
	entry->link_target = walk->link.bytes;
}

/* Without reading on: the list within the inode; of a tree nothing. */
static uint64_t
first_offset(const struct filesystem_state *state, const struct xfs_inode *inode)
{
	const struct xfs_fork *fork = &inode->forks[XFS_FORK_DATA];
	struct xfs_extent extent;
	uint64_t offset;

	if (fork->format != XFS_FORMAT_EXTENTS || !fork->extent_count || fork->length < 16)
		return 0;
	extent = xfs_extent_at(inode->bytes + fork->offset);
	return xfs_block_offset(&state->xfs.geometry, extent.block, extent.count, &offset) ? state->start + offset : 0;
}

static bool
is_device_zero(const struct xfs_inode *inode)
{
	const struct xfs_fork *fork = &inode->forks[XFS_FORK_DATA];

	return fork->format == XFS_FORMAT_DEVICE && fork->length >= 4 && !xfs_u32(inode->bytes, fork->offset);
}

static void
set_from_inode(struct xfs_walk *walk, const struct xfs_inode *inode, struct file_entry *entry)
{
	entry->type = type_of_mode(inode->mode);
	entry->has |= ENTRY_HAS_SIZE | ENTRY_HAS_MODE | ENTRY_HAS_OWNER;
	entry->mode = inode->mode & 07777;
	entry->uid = inode->uid;
	entry->gid = inode->gid;
	entry->links = inode->links;
	entry->size = inode->size;
	entry->times = inode->times;
	entry->immutable = inode->flags & XFS_FLAG_IMMUTABLE;
	if (entry->type == ENTRY_LINK)
		set_link(walk, inode, entry);
	if (entry->type == ENTRY_REGULAR || entry->type == ENTRY_DIRECTORY)
		set_attributes(walk, inode, entry);
	if (entry->type == ENTRY_CHARACTER)
		entry->whiteout = is_device_zero(inode);
	if (entry->type == ENTRY_REGULAR) {
		entry->has |= ENTRY_HAS_CONTENT;
		entry->disk_offset = first_offset(walk->filesystem->state, inode);
		if (inode->flags & XFS_FLAG_REALTIME)
			entry->not_readable = "kept in the real-time section of its file system";
	}
}

static void
take_allocated(struct xfs_walk *walk, struct file_entry *entry)
{
	struct xfs_inode inode;
	const char *reason;
	enum status status = xfs_inode_read(&walk->filesystem->state->xfs, entry->node, false, &inode, &reason);

	entry->content_state = CONTENT_INTACT;
	if (status > STATUS_UNREADABLE && !inode.mode) {
		status = STATUS_UNREADABLE;
		reason = "its inode is free";
	}
	if (status > STATUS_UNREADABLE)
		set_from_inode(walk, &inode, entry);
	if (status <= STATUS_UNREADABLE)
		note_entry(walk, entry, NOTE_FILE_UNREADABLE, reason);
	else if (status == STATUS_DAMAGED)
		note_entry(walk, entry, NOTE_FILE_DAMAGED, reason);
}

/* What a freed inode keeps: owner, times, perhaps which blocks it had. */
static void
set_from_freed(struct xfs_walk *walk, const struct xfs_inode *inode, struct file_entry *entry)
{
	struct xfs *xfs = &walk->filesystem->state->xfs;
	struct xfs_extents extents = { .count = 0 };
	const struct xfs_extent *last;
	uint64_t offset;

	entry->has |= ENTRY_HAS_OWNER;
	entry->uid = inode->uid;
	entry->gid = inode->gid;
	entry->times = inode->times;
	if ((entry->type == ENTRY_REGULAR || entry->type == ENTRY_UNKNOWN) && xfs_leftover_read(xfs, inode, &extents)) {
		last = &extents.items[extents.count - 1];
		entry->type = ENTRY_REGULAR;
		entry->has |= ENTRY_HAS_CONTENT | ENTRY_HAS_SIZE;
		entry->size = (last->file_block + last->count) << xfs->geometry.block_log;
		entry->content_state = xfs_leftover_state(xfs, &extents, walk->free_blocks);
		if (xfs_block_offset(&xfs->geometry, extents.items[0].block, 1, &offset))
			entry->disk_offset = walk->filesystem->state->start + offset;
	}
	xfs_extents_release(&extents);
}

/* A removed name: its inode is free, or by now another file's, or the same under another name. */
static void
take_removed(struct xfs_walk *walk, struct file_entry *entry)
{
	struct xfs_inode inode;
	const char *reason;

	entry->state = ENTRY_DELETED;
	entry->content_state = CONTENT_GONE;
	if (!entry->node ||
	    xfs_inode_read(&walk->filesystem->state->xfs, entry->node, false, &inode, &reason) <= STATUS_UNREADABLE)
		return;
	if (inode.mode) {
		entry->state = ENTRY_REALLOCATED;
		entry->content_state = CONTENT_REALLOCATED;
	} else {
		set_from_freed(walk, &inode, entry);
	}
}

static void
set_number(struct xfs_walk *walk, struct file_entry *entry)
{
	buffer_clear(&walk->number);
	buffer_add_u64(&walk->number, entry->node);
	entry->inode = walk->number.bytes;
	entry->has |= ENTRY_HAS_INODE;
}

bool
xfs_walk_orphan(struct xfs_walk *walk, uint64_t number)
{
	struct file_entry entry = { .node = number, .state = ENTRY_ORPHAN, .content_state = CONTENT_GONE };
	struct xfs_inode inode;
	const char *reason;

	if (xfs_inode_read(&walk->filesystem->state->xfs, number, false, &inode, &reason) <= STATUS_UNREADABLE)
		return true;
	buffer_clear(&walk->name);
	buffer_add_format(&walk->name, "%s/OrphanFile-%llu", walk->path, (unsigned long long)number);
	entry.path = walk->name.bytes;
	set_number(walk, &entry);
	if (inode.mode) {
		entry.content_state = CONTENT_INTACT;
		set_from_inode(walk, &inode, &entry);
	} else {
		set_from_freed(walk, &inode, &entry);
	}
	return walk->out->entry(walk->out->context, &entry);
}

/* Names */

/* False (noted) for a name that cannot stand in a path. */
static bool
set_path(struct xfs_walk *walk, const struct xfs_name *name)
{
	struct place at = place_of(walk, walk->path);
	bool is_sound = !memchr(name->name, '/', name->length) && !memchr(name->name, 0, name->length);

	buffer_clear(&walk->name);
	buffer_add_text(&walk->name, walk->path);
	if (walk->path[0] != '/' || walk->path[1])
		buffer_add_char(&walk->name, '/');
	buffer_add(&walk->name, name->name, name->length);
	if (is_sound && !walk->name.overflowed)
		return true;
	walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED), NOTE_DIRECTORY_UNREADABLE, &at,
		"a name in it holds a slash or a zero, or is over the limit of bytes: that entry is not examined");
	return false;
}

static bool
take_name(void *context, const struct xfs_name *name)
{
	struct xfs_walk *walk = context;
	struct file_entry entry = { .node = name->inode, .type = name->type };

	if (!walk->left) {
		walk->over_limit = true;
		return false;
	}
	walk->left--;
	if (!set_path(walk, name))
		return true;
	entry.path = walk->name.bytes;
	if (name->inode || !name->is_deleted)
		set_number(walk, &entry);
	if (name->is_deleted)
		take_removed(walk, &entry);
	else
		take_allocated(walk, &entry);
	return walk->out->entry(walk->out->context, &entry);
}

/* Reads the directory's inode and hands out its names. */
static enum status
list_names(struct xfs_walk *walk, uint64_t node, const char **ret_reason)
{
	struct xfs *xfs = &walk->filesystem->state->xfs;
	const struct xfs_name_sink sink = { take_name, walk };
	struct xfs_inode inode;
	enum status status = xfs_inode_read(xfs, node, false, &inode, ret_reason), listed;
	const char *reason;

	if (status <= STATUS_UNREADABLE)
		return status;
	if ((inode.mode & XFS_MODE_TYPE) != XFS_MODE_DIRECTORY) {
		*ret_reason = "its inode is that of no directory";
		return STATUS_UNREADABLE;
	}
	listed = xfs_directory_read(xfs, &inode, &sink, &reason);
	if (listed < status)
		*ret_reason = reason;
	return status_worse(status, listed);
}

void
xfs_walk_begin(struct xfs_walk *walk, struct filesystem *filesystem, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	*walk = (struct xfs_walk){
		.filesystem = filesystem, .out = out, .notes = notes, .path = path,
		.free_blocks = xfs_free_blocks_open(), .left = limit_get(LIMIT_DIRECTORY_ENTRIES),
	};
	buffer_init(&walk->name, 16 * (size_t)limit_get(LIMIT_NAME_BYTES));
	buffer_init(&walk->number, 0);
	buffer_init(&walk->link, 0);
}

enum status
xfs_walk_end(struct xfs_walk *walk)
{
	buffer_release(&walk->name);
	buffer_release(&walk->number);
	buffer_release(&walk->link);
	xfs_free_blocks_close(walk->free_blocks);
	return walk->status;
}

enum status
xfs_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	struct xfs_walk walk;
	struct place at;
	const char *reason = NULL;
	enum status status;

	xfs_walk_begin(&walk, filesystem, path, out, notes);
	at = place_of(&walk, path);
	if (node == filesystem_root(filesystem))
		node = filesystem->state->xfs.geometry.root_inode;
	status = list_names(&walk, node, &reason);
	if (status != STATUS_OK)
		note(notes, status, NOTE_DIRECTORY_UNREADABLE, &at, "%s: %s", reason, status == STATUS_DAMAGED ?
			"not all of its entries may be there" : "its entries cannot be read");
	if (walk.over_limit)
		status = note(notes, status_worse(status, STATUS_DAMAGED), NOTE_LIMIT_HIT, &at,
			"the directory has more entries than the limit (directory-entries): the others are not examined");
	return status_worse(status, xfs_walk_end(&walk));
}
