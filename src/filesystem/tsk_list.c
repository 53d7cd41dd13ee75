/* tsk_list.c - the entries of a directory, as libtsk and the inodes themselves tell them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "ext_directory.h"
#include "tsk.h"

/* A directory on its way to the sink. */
struct list_walk {
	struct filesystem *filesystem;
	struct filesystem_state *state;
	const struct entry_sink *out;
	const struct notes *notes;
	const char  *path;		/* of the directory */
	struct buffer name;		/* path of the entry */
	struct buffer inode, link, reason;	/* texts of the entry */
	struct entry_attributes attributes;	/* of the entry */
	struct further_times further;
	struct map   iso_offsets;	/* of its files from UTC */
	bool         orphans;
	bool         in_use;		/* FAT, exFAT: the directory, by its own entry */
	bool         stopped;		/* the sink has had enough */
	enum status  status;
};

static struct place
place_of(const struct list_walk *walk, const char *path)
{
	return (struct place){
		.evidence = walk->filesystem->evidence, .volume = walk->filesystem->volume, .path = path,
	};
}

static enum entry_type
type_of_meta(TSK_FS_META_TYPE_ENUM type)
{
	switch (type) {
	case TSK_FS_META_TYPE_REG:
		return ENTRY_REGULAR;
	case TSK_FS_META_TYPE_DIR:
		return ENTRY_DIRECTORY;
	case TSK_FS_META_TYPE_FIFO:
		return ENTRY_FIFO;
	case TSK_FS_META_TYPE_CHR:
		return ENTRY_CHARACTER;
	case TSK_FS_META_TYPE_BLK:
		return ENTRY_BLOCK;
	case TSK_FS_META_TYPE_LNK:
		return ENTRY_LINK;
	case TSK_FS_META_TYPE_SOCK:
		return ENTRY_SOCKET;
	default:
		return ENTRY_UNKNOWN;
	}
}

static enum entry_type
type_of_name(TSK_FS_NAME_TYPE_ENUM type)
{
	switch (type) {
	case TSK_FS_NAME_TYPE_REG:
		return ENTRY_REGULAR;
	case TSK_FS_NAME_TYPE_DIR:
		return ENTRY_DIRECTORY;
	case TSK_FS_NAME_TYPE_FIFO:
		return ENTRY_FIFO;
	case TSK_FS_NAME_TYPE_CHR:
		return ENTRY_CHARACTER;
	case TSK_FS_NAME_TYPE_BLK:
		return ENTRY_BLOCK;
	case TSK_FS_NAME_TYPE_LNK:
		return ENTRY_LINK;
	case TSK_FS_NAME_TYPE_SOCK:
		return ENTRY_SOCKET;
	default:
		return ENTRY_UNKNOWN;
	}
}

/* Times */

static struct timestamp
time_of(int64_t seconds, uint64_t nanoseconds, uint64_t resolution)
{
	if (!resolution || (!seconds && !nanoseconds) || nanoseconds > 999999999)
		return (struct timestamp){ .seconds = 0 };
	return (struct timestamp){
		.seconds = seconds, .nanoseconds = (uint32_t)nanoseconds,
		.resolution_nanoseconds = resolution,
	};
}

/*
 * libtsk turns the local time of FAT into UTC by the zone of this machine:
 * back again, so that the result is what stands on the volume.
 */
static struct timestamp
local_time_of(time_t seconds, uint64_t nanoseconds, uint64_t resolution)
{
	struct timestamp time = time_of(seconds, nanoseconds, resolution);
	struct tm parts;

	if (!timestamp_is_recorded(&time) || !localtime_r(&seconds, &parts))
		return (struct timestamp){ .seconds = 0 };
	time.seconds = timestamp_days(parts.tm_year + 1900LL, (unsigned)parts.tm_mon + 1,
		(unsigned)parts.tm_mday) * 86400 + parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec;
	time.local = true;
	return time;
}

enum { FAT_ENTRY_BYTES = 32 };

/* FAT, exFAT: an entry of a directory by its number; false of other file systems and where it cannot be read. */
static bool
read_fat_entry(const struct filesystem_state *state, uint64_t node, uint8_t *entry)
{
	enum { FIRST_NODE = 3 };

	return state->entries_base && node >= FIRST_NODE && node <= state->source->size / FAT_ENTRY_BYTES &&
	       source_read_exactly(state->source, state->entries_base + (node - FIRST_NODE) * FAT_ENTRY_BYTES, entry,
	       FAT_ENTRY_BYTES) >= STATUS_OK;
}

/*
 * Of 0 to 199 hundredths libtsk makes a second from 101 on.  exFAT tells the offset from UTC, in quarters of an hour
 * with a sign in 7 bits; 80: it is told.
 */
static void
complete_fat_time(struct timestamp *time, uint8_t hundredths, uint8_t offset)
{
	if (!timestamp_is_recorded(time))
		return;
	time->seconds += hundredths == 100;
	if (offset & 0x80) {
		time->seconds -= ((offset & 0x3f) - (offset & 0x40)) * 15 * 60;
		time->local = false;
	}
}

static void
complete_fat_times(const struct list_walk *walk, struct file_entry *entry)
{
	uint8_t bytes[FAT_ENTRY_BYTES];

	if (!read_fat_entry(walk->state, entry->node, bytes))
		return;
	if (walk->state->kind->type != TSK_FS_TYPE_EXFAT) {
		complete_fat_time(&entry->times.born, bytes[13], 0);
		return;
	}
	complete_fat_time(&entry->times.born, bytes[20], bytes[22]);
	complete_fat_time(&entry->times.modified, bytes[21], bytes[23]);
	complete_fat_time(&entry->times.accessed, 0, bytes[24]);
}

static void
set_times(struct list_walk *walk, const TSK_FS_META *meta, struct file_entry *entry)
{
	const struct tsk_kind *kind = walk->state->kind;
	struct timestamp (*make)(time_t, uint64_t, uint64_t) = kind->local_times ? local_time_of : time_of;

	entry->times.modified = make(meta->mtime, meta->mtime_nano, kind->modified);
	entry->times.accessed = make(meta->atime, meta->atime_nano, kind->accessed);
	entry->times.changed = make(meta->ctime, meta->ctime_nano, kind->changed);
	entry->times.born = make(meta->crtime, meta->crtime_nano, kind->born);
	complete_fat_times(walk, entry);
	if (kind->type != TSK_FS_TYPE_NTFS)
		return;
	walk->further.name = (struct macb){
		.modified = time_of(meta->time2.ntfs.fn_mtime, (uint64_t)meta->time2.ntfs.fn_mtime_nano, 100),
		.accessed = time_of(meta->time2.ntfs.fn_atime, (uint64_t)meta->time2.ntfs.fn_atime_nano, 100),
		.changed = time_of(meta->time2.ntfs.fn_ctime, (uint64_t)meta->time2.ntfs.fn_ctime_nano, 100),
		.born = time_of(meta->time2.ntfs.fn_crtime, (uint64_t)meta->time2.ntfs.fn_crtime_nano, 100),
	};
	entry->further = &walk->further;
}

/*
 * The date of a record of ISO 9660 is that of the file's last change.  libtsk calls it creation
 * and takes it for one of this machine's zone, where its offset from UTC stands beside it.
 */
static void
set_iso_time(const struct list_walk *walk, const TSK_FS_META *meta, struct file_entry *entry)
{
	struct timestamp time = local_time_of(meta->crtime, 0, walk->state->kind->modified);
	uint64_t block = 0;
	int64_t seconds;

	if (meta->content_ptr && meta->content_len >= sizeof block)
		memcpy(&block, meta->content_ptr, sizeof block);
	if (timestamp_is_recorded(&time) &&
	    tsk_iso_offset(&walk->iso_offsets, block, (uint64_t)meta->size, &seconds)) {
		time.seconds -= seconds;
		time.local = false;
	}
	entry->times.modified = time;
}

/* ext: what the inode says itself */

enum { PLACED_BYTES_MIN = 1024 * 1024 };

static void
put_ext_inode(struct list_walk *walk, const struct ext_inode *inode, struct file_entry *entry)
{
	const struct filesystem_state *state = walk->state;
	uint64_t length = state->ext.block_size, block;

	entry->times = inode->times;
	if (timestamp_is_recorded(&inode->deleted)) {
		walk->further.deleted = inode->deleted;
		entry->further = &walk->further;
	}
	entry->immutable = inode->flags & EXT_FLAG_IMMUTABLE;
	entry->whiteout = inode->whiteout;
	walk->attributes = inode->attributes;
	if (inode->attributes_read)
		entry_attributes_put(&walk->attributes, entry);
	/* One read more for each file that is large: of others it would cost more than it is worth. */
	block = entry->type == ENTRY_REGULAR && inode->size >= PLACED_BYTES_MIN && !walk->orphans
		? ext_first_block(&state->ext, state->source, inode) : inode->first_block;
	if (block)
		entry->disk_offset = tsk_medium_offset(state, block * length, &length);
	if (inode->flags & EXT_FLAG_ENCRYPTED && entry->type == ENTRY_REGULAR)
		entry->not_readable = "encrypted by the file system (fscrypt)";
}

static void
set_from_ext_inode(struct list_walk *walk, const TSK_FS_META *meta, struct file_entry *entry)
{
	struct filesystem_state *state = walk->state;
	struct place at = place_of(walk, entry->path);
	struct ext_inode inode;
	enum status status = ext_inode_read(&state->ext, state->source, meta->addr, &inode);

	if (status <= STATUS_UNREADABLE) {
		walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED),
			NOTE_DIRECTORY_UNREADABLE, &at, "its inode %llu cannot be read",
			(unsigned long long)meta->addr);
		return;
	}
	if (status == STATUS_DAMAGED)
		walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED),
			NOTE_DIRECTORY_UNREADABLE, &at,
			"its inode %llu lies in a damaged range: what it says may be wrong",
			(unsigned long long)meta->addr);
	put_ext_inode(walk, &inode, entry);
}

/* NTFS: reparse points and attributes */

struct reparse_row {
	uint32_t    tag;
	enum entry_type type;
	const char *reason;		/* why the content is not what lies there; NULL: it is */
};

enum {
	REPARSE_SYMBOLIC_LINK = 0xa000000c,
	REPARSE_WSL_LINK      = 0xa000001d,
	REPARSE_APP_ALIAS     = 0x8000001b,
};

static const struct reparse_row reparse_rows[] = {
	{ 0x80000017, ENTRY_REGULAR, "WOF-compressed" },
	{ 0x80000013, ENTRY_REGULAR, "deduplicated by Windows Server" },
	{ 0xc0000004, ENTRY_REGULAR, "moved to other storage (HSM)" },
	{ 0x80000006, ENTRY_REGULAR, "moved to other storage (HSM2)" },
	{ 0x80000008, ENTRY_REGULAR, "kept in another image (WIM mount)" },
	{ 0xa0000003, ENTRY_LINK, NULL },
	{ REPARSE_SYMBOLIC_LINK, ENTRY_LINK, NULL },
	{ REPARSE_WSL_LINK, ENTRY_LINK, NULL },
	{ REPARSE_APP_ALIAS, ENTRY_LINK, NULL },
	{ 0x80000023, ENTRY_SOCKET, NULL },
	{ 0x80000024, ENTRY_FIFO, NULL },
	{ 0x80000025, ENTRY_CHARACTER, NULL },
	{ 0x80000026, ENTRY_BLOCK, NULL },
	{ 0, ENTRY_UNKNOWN, "a reparse point that cannot be read" },
};

static const struct reparse_row *
find_reparse(uint32_t tag)
{
	const struct reparse_row *row = reparse_rows;
	static const struct reparse_row cloud = { 0x9000001a, ENTRY_UNKNOWN, "kept in cloud storage" };

	if ((tag & 0xffff0fff) == cloud.tag)
		return &cloud;
	while (row->tag && row->tag != tag)
		row++;
	return row;
}

/*
 * Of a symbolic link or mount point: offsets and lengths of two names, which
 * follow behind 8 (mount point) or 12 bytes; the one to be shown is the second.
 */
static void
add_link_target(struct buffer *out, const uint8_t *bytes, size_t length, uint32_t tag)
{
	struct cursor c = cursor_at(bytes, length, 8), name;
	uint16_t substitute = take_u16le(&c), substitute_length = take_u16le(&c);
	uint16_t print = take_u16le(&c), print_length = take_u16le(&c);
	size_t base = 8 + (tag == REPARSE_SYMBOLIC_LINK ? 12 : 8);

	if (!print_length) {
		print = substitute;
		print_length = substitute_length;
	}
	name = cursor_at(bytes, length, base + print);
	if (!c.failed && !name.failed && (size_t)(name.end - name.at) >= print_length)
		text_add_utf16le(out, name.at, print_length);
}

/* Of an alias of an app: a version, then texts that end with a zero: package, entry, program. */
static void
add_alias_target(struct buffer *out, const uint8_t *bytes, size_t length)
{
	size_t start = 12, at = start, texts = 0;

	for (; at + 1 < length; at += 2) {
		if (bytes[at] || bytes[at + 1])
			continue;
		if (++texts == 3) {
			text_add_utf16le(out, bytes + start, at - start);
			return;
		}
		start = at + 2;
	}
}

static void
set_reparse_target(struct list_walk *walk, const uint8_t *bytes, size_t length, uint32_t tag,
	struct file_entry *entry)
{
	buffer_clear(&walk->link);
	if (tag == REPARSE_APP_ALIAS)
		add_alias_target(&walk->link, bytes, length);
	else if (tag != REPARSE_WSL_LINK)
		add_link_target(&walk->link, bytes, length, tag);
	else if (length > 12)
		buffer_add(&walk->link, bytes + 12, length - 12);
	entry->link_target = walk->link.bytes;
}

static const TSK_FS_ATTR *
find_reparse_attribute(const TSK_FS_META *meta)
{
	uint64_t left = limit_get(LIMIT_EXTENTS);
	const TSK_FS_ATTR *attribute = meta->attr ? meta->attr->head : NULL;

	for (; attribute && left; attribute = attribute->next, left--)
		if (attribute->flags & TSK_FS_ATTR_INUSE &&
		    attribute->type == TSK_FS_ATTR_TYPE_NTFS_REPARSE)
			return attribute;
	return NULL;
}

static void
set_from_reparse_point(struct list_walk *walk, const TSK_FS_META *meta, struct file_entry *entry)
{
	enum { REPARSE_BYTES_MAX = 16 * 1024 };	/* what Windows allows */
	uint8_t bytes[REPARSE_BYTES_MAX];
	const TSK_FS_ATTR *attribute = find_reparse_attribute(meta);
	const struct reparse_row *row = find_reparse(0);
	ssize_t length = 0;
	uint32_t tag = 0;

	if (!attribute)
		return;
	if (attribute->size >= 8 && attribute->size <= (TSK_OFF_T)sizeof bytes)
		length = tsk_fs_attr_read(attribute, 0, (char *)bytes, (size_t)attribute->size,
			TSK_FS_FILE_READ_FLAG_NONE);
	if (length >= 8 && length == attribute->size) {
		struct cursor c = cursor_over(bytes, (size_t)length);

		tag = take_u32le(&c);
		row = find_reparse(tag);
	}
	if (row->type == ENTRY_LINK)
		set_reparse_target(walk, bytes, (size_t)length, tag, entry);
	if (row->type == ENTRY_LINK || (row->type != ENTRY_UNKNOWN && entry->type != ENTRY_DIRECTORY))
		entry->type = row->type;
	if (entry->type != ENTRY_REGULAR)
		return;
	entry->not_readable = row->reason;
	if (!row->tag && tag) {
		buffer_clear(&walk->reason);
		buffer_add_format(&walk->reason, "a reparse point of the kind 0x%08x, which is not known", tag);
		entry->not_readable = walk->reason.bytes;
	}
}

/* Streams that the system keeps for itself: of its own files, and the store of a WOF-compressed one. */
static bool
is_system_stream(const struct file_entry *entry, const TSK_FS_ATTR *attribute)
{
	enum { FIRST_USER_RECORD = 24 };

	if (!strcmp(attribute->name, "WofCompressedData"))
		return entry->not_readable != NULL;
	return attribute->name[0] == '$' &&
	       (entry->node < FIRST_USER_RECORD || text_has_prefix(entry->path, "/$Extend/"));
}

/* First block */

static uint64_t
first_block_of_runs(const TSK_FS_ATTR *attribute)
{
	uint64_t left = limit_get(LIMIT_EXTENTS);

	if (!attribute || !(attribute->flags & TSK_FS_ATTR_NONRES))
		return 0;
	for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run && left; run = run->next, left--)
		if (!(run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)))
			return run->addr;
	return 0;
}

/*
 * Without loading the list of blocks, where it is not loaded anyway: FAT keeps
 * the first cluster, HFS+ its fork as it lies on the volume, UFS and ISO block numbers.
 */
static uint64_t
first_offset(const struct filesystem_state *state, const TSK_FS_META *meta)
{
	TSK_FS_TYPE_ENUM type = state->kind->type;
	struct cursor c;
	uint64_t number = tsk_first_number(meta);

	if (!number)
		return 0;
	if (type == TSK_FS_TYPE_FAT_DETECT || type == TSK_FS_TYPE_EXFAT)
		return number < 2 ? 0 : state->cluster_base + number * state->cluster_size;
	if (type == TSK_FS_TYPE_FFS_DETECT || type == TSK_FS_TYPE_ISO9660)
		return number * state->fs->block_size;
	if (type != TSK_FS_TYPE_HFS)
		return 0;
	c = cursor_at(meta->content_ptr, meta->content_len, 16);
	return (uint64_t)take_u32be(&c) * state->fs->block_size;
}

/* libtsk gives no target where an ext inode keeps it in a block found by extents. */
static void
set_link_target(struct list_walk *walk, TSK_FS_FILE *file, struct file_entry *entry)
{
	char target[4096];
	const TSK_FS_ATTR *attribute;
	ssize_t length;

	entry->link_target = file->meta->link;
	if (entry->link_target || !entry->size || entry->size > sizeof target)
		return;
	attribute = tsk_content_attribute(file, NULL);
	length = attribute ? tsk_fs_attr_read(attribute, 0, target, (size_t)entry->size,
		TSK_FS_FILE_READ_FLAG_NONE) : 0;
	if (length <= 0 || (size_t)length > entry->size)
		return;
	buffer_clear(&walk->link);
	buffer_add(&walk->link, target, strnlen(target, (size_t)length));
	entry->link_target = walk->link.bytes;
}

/* Everything of an entry that its inode tells. */
static void
set_from_meta(struct list_walk *walk, TSK_FS_FILE *file, struct file_entry *entry)
{
	const TSK_FS_META *meta = file->meta;
	const struct filesystem_state *state = walk->state;
	uint64_t offset;

	if (type_of_meta(meta->type) != ENTRY_UNKNOWN)
		entry->type = type_of_meta(meta->type);
	entry->has |= ENTRY_HAS_SIZE;
	entry->size = meta->size > 0 ? (uint64_t)meta->size : 0;
	entry->links = meta->nlink > 0 ? (uint32_t)meta->nlink : 0;
	if (state->kind->has_owners) {
		entry->has |= ENTRY_HAS_MODE | ENTRY_HAS_OWNER;
		entry->mode = (uint32_t)meta->mode & 07777;
		entry->uid = meta->uid;
		entry->gid = meta->gid;
	}
	if (entry->type == ENTRY_LINK)
		set_link_target(walk, file, entry);
	set_times(walk, meta, entry);
	if (state->kind->type == TSK_FS_TYPE_ISO9660)
		set_iso_time(walk, meta, entry);
	offset = first_offset(state, meta);
	if (offset && offset < state->source->size)
		entry->disk_offset = state->start + offset;
	if (state->ext.block_size)
		set_from_ext_inode(walk, meta, entry);
	if (state->kind->type == TSK_FS_TYPE_NTFS)
		set_from_reparse_point(walk, meta, entry);
	if (entry->type == ENTRY_REGULAR)
		entry->has |= ENTRY_HAS_CONTENT;
	if (meta->flags & TSK_FS_META_FLAG_COMP && TSK_FS_TYPE_ISHFS(state->fs->ftype))
		entry->not_readable = "compressed by HFS+ (decmpfs)";
	if (meta->flags & TSK_FS_META_FLAG_COMP && state->pool)
		entry->not_readable = "compressed by APFS (decmpfs)";
}

static void
hand_out(struct list_walk *walk, TSK_FS_FILE *file, struct file_entry *entry)
{
	if (entry->state != ENTRY_ALLOCATED && entry->has & ENTRY_HAS_CONTENT) {
		entry->content_state = entry->state == ENTRY_REALLOCATED ? CONTENT_REALLOCATED :
			tsk_content_state(walk->state, file, entry->stream);
		if (entry->content_state == CONTENT_GONE)
			entry->disk_offset = 0;
	}
	walk->stopped = !walk->out->entry(walk->out->context, entry);
}

static void
set_ntfs_attribute(struct list_walk *walk, const TSK_FS_ATTR *attribute, struct file_entry *entry)
{
	uint64_t block = first_block_of_runs(attribute);

	buffer_clear(&walk->inode);
	buffer_add_format(&walk->inode, "%llu-%u-%u", (unsigned long long)entry->node,
		(unsigned)attribute->type, attribute->id);
	entry->inode = walk->inode.bytes;
	entry->disk_offset = block ? walk->state->start + block * walk->state->fs->block_size : 0;
	if (attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA) {
		entry->size = attribute->size > 0 ? (uint64_t)attribute->size : 0;
		if (attribute->flags & TSK_FS_ATTR_ENC && !entry->not_readable)
			entry->not_readable = "encrypted (EFS)";
	}
}

/* A file of NTFS: itself by its unnamed data (or index), then each named stream. */
static void
hand_out_ntfs(struct list_walk *walk, TSK_FS_FILE *file, struct file_entry *entry)
{
	const TSK_FS_ATTR *attribute, *first = file->meta->attr ? file->meta->attr->head : NULL;
	TSK_FS_ATTR_TYPE_ENUM main_type = file->meta->type == TSK_FS_META_TYPE_DIR ?
		TSK_FS_ATTR_TYPE_NTFS_IDXROOT : TSK_FS_ATTR_TYPE_NTFS_DATA;
	struct file_entry self = *entry;
	uint64_t left = limit_get(LIMIT_EXTENTS);

	for (attribute = first; attribute && left; attribute = attribute->next, left--)
		if (attribute->flags & TSK_FS_ATTR_INUSE && attribute->type == main_type &&
		    (main_type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT || !attribute->name || !*attribute->name)) {
			set_ntfs_attribute(walk, attribute, &self);
			break;
		}
	hand_out(walk, file, &self);
	for (attribute = first; attribute && left && !walk->stopped; attribute = attribute->next, left--) {
		struct file_entry stream = *entry;

		if (!(attribute->flags & TSK_FS_ATTR_INUSE) ||
		    attribute->type != TSK_FS_ATTR_TYPE_NTFS_DATA || !attribute->name ||
		    !*attribute->name || is_system_stream(&self, attribute))
			continue;
		stream.stream = attribute->name;
		stream.type = ENTRY_REGULAR;
		stream.has |= ENTRY_HAS_CONTENT;
		stream.link_target = NULL;
		stream.not_readable = NULL;
		set_ntfs_attribute(walk, attribute, &stream);
		hand_out(walk, file, &stream);
	}
}

/* HFS+: the resource fork, second of the two that the catalog holds. */
static void
hand_out_resource_fork(struct list_walk *walk, TSK_FS_FILE *file, const struct file_entry *entry)
{
	enum { FORK_BYTES = 80 };
	struct file_entry fork = *entry;
	struct cursor c = cursor_at(file->meta->content_ptr, file->meta->content_len, FORK_BYTES);
	uint64_t size = take_u64be(&c), block;

	if (!size || entry->type != ENTRY_REGULAR || entry->not_readable || walk->stopped)
		return;
	take_bytes(&c, 8);
	block = take_u32be(&c);
	fork.stream = "rsrc";
	fork.size = size;
	fork.disk_offset = block ? walk->state->start + block * walk->state->fs->block_size : 0;
	hand_out(walk, file, &fork);
}

/* APFS: an attribute, which libtsk gives the type of that of HFS+. */
static void
hand_out_resource_attribute(struct list_walk *walk, TSK_FS_FILE *file, const struct file_entry *entry)
{
	struct file_entry fork = *entry;
	const TSK_FS_ATTR *attribute;

	if (entry->type != ENTRY_REGULAR || entry->not_readable || walk->stopped ||
	    tsk_size_is_absurd(walk->state, file->meta))
		return;
	attribute = tsk_content_attribute(file, "rsrc");
	if (!attribute || attribute->size <= 0)
		return;
	fork.stream = "rsrc";
	fork.size = (uint64_t)attribute->size;
	fork.disk_offset = 0;
	hand_out(walk, file, &fork);
}

static enum entry_state
state_of(const struct list_walk *walk, const TSK_FS_NAME *name, const TSK_FS_FILE *file)
{
	if (walk->orphans)
		return ENTRY_ORPHAN;
	if (name->flags & TSK_FS_NAME_FLAG_ALLOC)
		return ENTRY_ALLOCATED;
	if (walk->in_use && tsk_entry_is_in_use(walk->state, name->meta_addr))
		return ENTRY_ALLOCATED;
	if (file->meta && file->meta->flags & TSK_FS_META_FLAG_ALLOC)
		return ENTRY_REALLOCATED;
	if (walk->state->kind->type == TSK_FS_TYPE_NTFS && name->meta_addr && !file->meta)
		return ENTRY_REALLOCATED;
	return ENTRY_DELETED;
}

static void
note_unreadable_inode(struct list_walk *walk, const TSK_FS_NAME *name, const char *path)
{
	struct place at = place_of(walk, path);

	walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED), NOTE_FILE_UNREADABLE,
		&at, "its inode %llu cannot be read: %s", (unsigned long long)name->meta_addr,
		tsk_message());
}

static void
hand_out_name(struct list_walk *walk, const TSK_FS_NAME *name, TSK_FS_FILE *file)
{
	struct file_entry entry = { .path = walk->name.bytes, .node = name->meta_addr };

	entry.type = type_of_name(name->type);
	entry.state = state_of(walk, name, file);
	if (name->meta_addr || entry.state == ENTRY_ALLOCATED) {
		buffer_clear(&walk->inode);
		buffer_add_u64(&walk->inode, name->meta_addr);
		entry.inode = walk->inode.bytes;
		entry.has |= ENTRY_HAS_INODE;
	}
	/* What a reallocated inode says is of the file that has it now. */
	if (file->meta && entry.state != ENTRY_REALLOCATED)
		set_from_meta(walk, file, &entry);
	if (!file->meta && entry.state == ENTRY_ALLOCATED)
		note_unreadable_inode(walk, name, entry.path);
	if (!file->meta || entry.state == ENTRY_REALLOCATED)
		entry.content_state = entry.state == ENTRY_REALLOCATED ? CONTENT_REALLOCATED : CONTENT_GONE;
	if (entry.state == ENTRY_ALLOCATED)
		entry.content_state = CONTENT_INTACT;
	if (walk->state->kind->type == TSK_FS_TYPE_NTFS && file->meta && entry.state != ENTRY_REALLOCATED)
		hand_out_ntfs(walk, file, &entry);
	else
		hand_out(walk, file, &entry);
	if (walk->state->kind->type == TSK_FS_TYPE_HFS && file->meta && !walk->stopped)
		hand_out_resource_fork(walk, file, &entry);
	if (walk->state->pool && file->meta && entry.state == ENTRY_ALLOCATED)
		hand_out_resource_attribute(walk, file, &entry);
}

/* Order */

struct listed_name {
	const TSK_FS_NAME *name;
	size_t             index;	/* in the directory */
};

static int
compare_names(const void *a, const void *b)
{
	const TSK_FS_NAME *x = ((const struct listed_name *)a)->name;
	const TSK_FS_NAME *y = ((const struct listed_name *)b)->name;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if ((x->flags ^ y->flags) & TSK_FS_NAME_FLAG_ALLOC)
		return x->flags & TSK_FS_NAME_FLAG_ALLOC ? -1 : 1;
	if (x->meta_addr != y->meta_addr)
		return x->meta_addr < y->meta_addr ? -1 : 1;
	if (x->meta_seq != y->meta_seq)
		return x->meta_seq < y->meta_seq ? -1 : 1;
	return 0;
}

enum { HFS_FIRST_USER_NODE = 16 };

/*
 * FAT, exFAT: whether it is an entry of the file system's own, which libtsk shows as a file: the
 * label, the bitmap of clusters and the like.  By the entry and not by its name, which anyone can choose.
 */
static bool
is_system_entry(const struct filesystem_state *state, uint64_t node)
{
	enum { ATTRIBUTES = 11, ATTRIBUTE_LABEL = 8, EXFAT_FILE = 5 };
	uint8_t entry[FAT_ENTRY_BYTES];

	if (!read_fat_entry(state, node, entry))
		return false;
	if (state->kind->type == TSK_FS_TYPE_EXFAT)
		return (entry[0] & 0x7f) != EXFAT_FILE;
	return entry[ATTRIBUTES] & ATTRIBUTE_LABEL;
}

/* Names that libtsk makes up, and those of the directory itself. */
static bool
is_passed_over(const struct list_walk *walk, const TSK_FS_NAME *name)
{
	if (!name->name || !*name->name || !strcmp(name->name, ".") || !strcmp(name->name, ".."))
		return true;
	if (name->type == TSK_FS_NAME_TYPE_VIRT || name->type == TSK_FS_NAME_TYPE_VIRT_DIR)
		return !walk->orphans;
	if (walk->state->kind->type == TSK_FS_TYPE_HFS && name->meta_addr < HFS_FIRST_USER_NODE &&
	    name->name[0] == '$')
		return true;
	return (name->name[0] == '$' || text_has_suffix(name->name, " (Volume Label Entry)")) &&
	       is_system_entry(walk->state, name->meta_addr);
}

/* True where the name says the same as one before it in order. */
static bool
is_repeated(const struct listed_name *names, size_t at)
{
	for (size_t i = at; i > 0 && at - i < 16; i--) {
		const TSK_FS_NAME *before = names[i - 1].name;

		if (strcmp(before->name, names[at].name->name))
			return false;
		if (before->meta_addr == names[at].name->meta_addr)
			return true;
	}
	return false;
}

static size_t
collect_names(const struct list_walk *walk, const TSK_FS_DIR *directory, struct listed_name *names,
	size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const TSK_FS_NAME *name = tsk_fs_dir_get_name(directory, i);

		if (name && !is_passed_over(walk, name))
			names[used++] = (struct listed_name){ name, i };
	}
	qsort(names, used, sizeof *names, compare_names);
	return used;
}

/* Sets walk->name; false (noted) for a name that cannot stand in a path. */
static bool
set_path(struct list_walk *walk, const char *name)
{
	struct place at = place_of(walk, walk->path);

	buffer_clear(&walk->name);
	buffer_add_text(&walk->name, walk->path);
	if (walk->path[0] != '/' || walk->path[1])
		buffer_add_char(&walk->name, '/');
	buffer_add_text(&walk->name, name);
	if (!strchr(name, '/') && !walk->name.overflowed)
		return true;
	walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED),
		NOTE_DIRECTORY_UNREADABLE, &at,
		"a name in it holds a slash or is over the limit of bytes: that entry is not examined");
	return false;
}

/*
 * A record of NTFS counts its sequence up when it is set free; where inodes have no sequence, libtsk gives
 * the names that it makes for orphans one that equals none.
 */
static bool
is_of_name(const struct list_walk *walk, const TSK_FS_FILE *file, const TSK_FS_NAME *name)
{
	if (!file->meta || file->meta->flags & TSK_FS_META_FLAG_ALLOC)
		return false;
	if (walk->state->kind->type == TSK_FS_TYPE_NTFS)
		return file->meta->seq == name->meta_seq + 1;
	return walk->orphans;
}

/* Where the sequences differ libtsk sees another file and gives none: the one behind is still the deleted one. */
static TSK_FS_FILE *
open_name(const struct list_walk *walk, const TSK_FS_DIR *directory, const struct listed_name *listed)
{
	TSK_FS_FILE *file = tsk_fs_dir_get(directory, listed->index), *freed;

	if (!file || file->meta || listed->name->flags & TSK_FS_NAME_FLAG_ALLOC)
		return file;
	freed = tsk_fs_file_open_meta(walk->state->fs, NULL, listed->name->meta_addr);
	if (!freed)
		return file;
	if (!is_of_name(walk, freed, listed->name)) {
		tsk_fs_file_close(freed);
		return file;
	}
	tsk_fs_file_close(file);
	return freed;
}

static void
note_unloadable(struct list_walk *walk, const TSK_FS_NAME *name)
{
	struct place at = place_of(walk, walk->name.bytes);

	note(walk->notes, STATUS_UNREADABLE, name->flags & TSK_FS_NAME_FLAG_ALLOC ? NOTE_FILE_UNREADABLE :
		NOTE_DELETED_ITEM, &at,
		"it claims to lie in its inode and to be larger than one: it is not examined");
}

static void
list_names(struct list_walk *walk, const TSK_FS_DIR *directory)
{
	size_t count = tsk_fs_dir_getsize(directory), used;
	struct listed_name *names;
	struct place at = place_of(walk, walk->path);

	if (count > limit_get(LIMIT_DIRECTORY_ENTRIES)) {
		count = limit_get(LIMIT_DIRECTORY_ENTRIES);
		walk->status = note(walk->notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &at,
			"the directory has more entries than the limit: the rest is not examined");
	}
	names = memory_allocate(count + 1, sizeof *names);
	used = collect_names(walk, directory, names, count);
	for (size_t i = 0; i < used && !walk->stopped; i++) {
		TSK_FS_FILE *file;

		if (is_repeated(names, i) || !set_path(walk, names[i].name->name))
			continue;
		tsk_error_reset();
		if (!tsk_inode_is_loadable(walk->state, names[i].name->meta_addr)) {
			note_unloadable(walk, names[i].name);
			continue;
		}
		file = open_name(walk, directory, &names[i]);
		if (!file)
			continue;
		hand_out_name(walk, names[i].name, file);
		tsk_fs_file_close(file);
	}
	memory_free(names);
}

enum { DIRECTORY_RUNS_MAX = 32768 };

/* libtsk loads the runs of an ext directory in quadratic time. */
static bool
has_few_runs(struct filesystem_state *state, uint64_t node)
{
	struct run_list runs = { .size = 0 };
	struct ext_inode inode;
	const char *reason;
	bool few = !state->ext.block_size ||
		(tsk_map_ext(state, node, &inode, &runs, &reason) > STATUS_UNREADABLE &&
		 runs.count <= DIRECTORY_RUNS_MAX);

	run_list_release(&runs);
	return few;
}

/* Directories that claim to be larger than their volume are not loaded. */
static enum status
check_directory(struct list_walk *walk, uint64_t node)
{
	struct place at = place_of(walk, walk->path);
	TSK_FS_FILE *file = tsk_inode_is_loadable(walk->state, node) ?
		tsk_fs_file_open_meta(walk->state->fs, NULL, node) : NULL;
	bool readable = file && file->meta && !tsk_size_is_absurd(walk->state, file->meta) &&
		(uint64_t)file->meta->size <= walk->state->source->size && has_few_runs(walk->state, node);

	if (!readable)
		note(walk->notes, STATUS_UNREADABLE, NOTE_DIRECTORY_UNREADABLE, &at,
			"the directory cannot be read: %s", file && file->meta ?
			"its size or its list of blocks cannot be" : tsk_message());
	if (file)
		tsk_fs_file_close(file);
	return readable ? STATUS_OK : STATUS_UNREADABLE;
}

/* libtsk hands out what it has with an error left behind; an index of one record leaves one too. */
static bool
names_are_incomplete(void)
{
	switch (tsk_error_get_errno()) {
	case TSK_ERR_IMG_READ:
	case TSK_ERR_IMG_READ_OFF:
	case TSK_ERR_FS_READ:
	case TSK_ERR_FS_READ_OFF:
	case TSK_ERR_FS_CORRUPT:
	case TSK_ERR_FS_INODE_COR:
	case TSK_ERR_FS_BLK_NUM:
		return true;
	default:
		return false;
	}
}

/*
 * ext, once it was read: whether the directory's own blocks are damaged.  Inodes of its files
 * say so themselves (set_from_ext_inode), what libtsk reads besides does not matter.
 */
static bool
blocks_are_damaged(struct filesystem_state *state, uint64_t node)
{
	struct run_list runs = { .size = 0 };
	struct ext_inode inode;
	const char *reason;
	bool damaged = tsk_map_ext(state, node, &inode, &runs, &reason) != STATUS_OK;

	for (size_t i = 0; i < runs.count && !damaged && state->source->damage; i++)
		damaged = runs.items[i].kind == RUN_DATA && damage_overlaps(state->source->damage,
			state->start + runs.items[i].volume_offset, runs.items[i].length);
	run_list_release(&runs);
	return damaged;
}

/* What libtsk passes in silence; what it does not tell of ISO 9660 is read on the way. */
static const char *
look_at_directory(struct list_walk *walk, uint64_t node, TSK_FS_FILE *file)
{
	const TSK_FS_META *meta = file->meta;

	if (walk->state->kind->type == TSK_FS_TYPE_ISO9660)
		return tsk_iso_offsets(walk->state, first_offset(walk->state, meta), (uint64_t)meta->size,
			&walk->iso_offsets);
	if (walk->state->kind->type == TSK_FS_TYPE_EXFAT)
		return tsk_exfat_check_directory(walk->state, file);
	return tsk_fat_check_directory(walk->state, node, tsk_first_number(meta));
}

/* FAT, exFAT: libtsk guesses the clusters of a directory that the map of clusters has for free. */
static const char *
look_at_bitmap(const struct list_walk *walk, const TSK_FS_DIR *directory)
{
	for (size_t i = 0; walk->in_use && i < tsk_fs_dir_getsize(directory); i++) {
		const TSK_FS_NAME *name = tsk_fs_dir_get_name(directory, i);

		if (name && name->flags & TSK_FS_NAME_FLAG_UNALLOC && tsk_entry_is_in_use(walk->state, name->meta_addr))
			return "entries in it are in use, and their place is free by the map of clusters";
	}
	return NULL;
}

static void
note_odd_directory(struct list_walk *walk, uint64_t node, const TSK_FS_DIR *directory)
{
	struct place at = place_of(walk, walk->path);
	const char *reason = walk->orphans || !directory->fs_file || !directory->fs_file->meta ? NULL :
		look_at_directory(walk, node, directory->fs_file);

	if (!reason)
		reason = look_at_bitmap(walk, directory);
	if (reason)
		walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED), NOTE_DIRECTORY_UNREADABLE, &at,
			"%s: names in it may be missing or wrong", reason);
}

static enum status
open_and_list(struct list_walk *walk, uint64_t node)
{
	struct place at = place_of(walk, walk->path);
	uint64_t before = filesystem_damage_touches(walk->filesystem);
	TSK_FS_DIR *directory;

	tsk_error_reset();
	directory = tsk_fs_dir_open_meta(walk->state->fs, node);
	if (!directory)
		return note(walk->notes, STATUS_UNREADABLE, NOTE_DIRECTORY_UNREADABLE, &at,
			"the directory cannot be read: %s", tsk_message());
	if (names_are_incomplete())
		walk->status = note(walk->notes, STATUS_DAMAGED, NOTE_DIRECTORY_UNREADABLE, &at,
			"not all of the directory can be read: %s", tsk_message());
	walk->in_use = !walk->orphans && tsk_entry_is_in_use(walk->state, node);
	note_odd_directory(walk, node, directory);
	list_names(walk, directory);
	tsk_fs_dir_close(directory);
	if (walk->state->ext.block_size && !walk->orphans ? blocks_are_damaged(walk->state, node) :
	    filesystem_damage_touches(walk->filesystem) != before)
		walk->status = note(walk->notes, status_worse(walk->status, STATUS_DAMAGED),
			NOTE_DIRECTORY_UNREADABLE, &at,
			"the directory or inodes of its files lie in a damaged range of the medium: "
			"names may be missing");
	return walk->status;
}

/* ext: names and inodes by own code, where all of a directory is as it should be */

enum { FAST_LINK_BYTES = 60 };	/* shorter targets lie in the inode */

static enum entry_type
type_of_mode(uint16_t mode)
{
	static const enum entry_type types[16] = {
		[001] = ENTRY_FIFO, [002] = ENTRY_CHARACTER, [004] = ENTRY_DIRECTORY, [006] = ENTRY_BLOCK,
		[010] = ENTRY_REGULAR, [012] = ENTRY_LINK, [014] = ENTRY_SOCKET,
	};

	return types[mode >> 12];
}

/* The library is left what is not read here: long targets of links, and what is odd. */
static bool
is_plain_inode(const struct ext_inode *inode)
{
	enum entry_type type = type_of_mode(inode->mode);

	if (type == ENTRY_LINK && (!inode->size || inode->size >= FAST_LINK_BYTES))
		return false;
	return type != ENTRY_UNKNOWN && !(inode->flags & EXT_FLAG_INLINE_DATA);
}

static void
hand_out_inode(struct list_walk *walk, const struct ext_name *name, const struct ext_inode *inode)
{
	struct file_entry entry = { .path = walk->name.bytes, .node = name->inode, .type = type_of_mode(inode->mode),
		.state = ENTRY_ALLOCATED, .content_state = CONTENT_INTACT, .size = inode->size, .links = inode->links,
		.has = ENTRY_HAS_INODE | ENTRY_HAS_SIZE | ENTRY_HAS_MODE | ENTRY_HAS_OWNER,
		.mode = inode->mode & 07777, .uid = inode->uid, .gid = inode->gid };

	buffer_clear(&walk->inode);
	buffer_add_u64(&walk->inode, name->inode);
	entry.inode = walk->inode.bytes;
	if (entry.type == ENTRY_LINK) {
		buffer_clear(&walk->link);
		buffer_add(&walk->link, inode->map, strnlen((const char *)inode->map, (size_t)inode->size));
		entry.link_target = walk->link.bytes;
	}
	put_ext_inode(walk, inode, &entry);
	if (entry.type == ENTRY_REGULAR)
		entry.has |= ENTRY_HAS_CONTENT;
	hand_out(walk, NULL, &entry);
}

static TSK_FS_NAME_TYPE_ENUM
library_type(enum entry_type type)
{
	static const TSK_FS_NAME_TYPE_ENUM types[] = {
		[ENTRY_UNKNOWN] = TSK_FS_NAME_TYPE_UNDEF, [ENTRY_REGULAR] = TSK_FS_NAME_TYPE_REG,
		[ENTRY_DIRECTORY] = TSK_FS_NAME_TYPE_DIR, [ENTRY_LINK] = TSK_FS_NAME_TYPE_LNK,
		[ENTRY_FIFO] = TSK_FS_NAME_TYPE_FIFO, [ENTRY_SOCKET] = TSK_FS_NAME_TYPE_SOCK,
		[ENTRY_CHARACTER] = TSK_FS_NAME_TYPE_CHR, [ENTRY_BLOCK] = TSK_FS_NAME_TYPE_BLK,
	};

	return types[type];
}

/* Removed names, and others that are left to the library. */
static void
hand_out_by_library(struct list_walk *walk, const struct ext_name *own)
{
	char *text = memory_copy_text(own->name);
	const TSK_FS_NAME name = { .tag = TSK_FS_NAME_TAG, .name = text, .meta_addr = own->inode,
		.type = library_type(own->type), .flags = own->is_allocated ? TSK_FS_NAME_FLAG_ALLOC : TSK_FS_NAME_FLAG_UNALLOC };
	TSK_FS_FILE none = { .tag = TSK_FS_FILE_TAG, .fs_info = walk->state->fs };

	tsk_error_reset();
	if (!tsk_inode_is_loadable(walk->state, own->inode)) {
		note_unloadable(walk, &name);
	} else {
		TSK_FS_FILE *file = own->inode ? tsk_fs_file_open_meta(walk->state->fs, NULL, own->inode) : NULL;

		hand_out_name(walk, &name, file ? file : &none);
		if (file)
			tsk_fs_file_close(file);
	}
	memory_free(text);
}

static void
hand_out_ext_names(struct list_walk *walk, const struct ext_names *names)
{
	struct filesystem_state *state = walk->state;
	struct ext_inode inode;

	for (size_t i = 0; i < names->count && !walk->stopped; i++) {
		const struct ext_name *name = &names->items[i];

		if (!set_path(walk, name->name))
			continue;
		if (name->is_allocated && ext_inode_read(&state->ext, state->source, name->inode, &inode) == STATUS_OK &&
		    is_plain_inode(&inode))
			hand_out_inode(walk, name, &inode);
		else
			hand_out_by_library(walk, name);
	}
}

static bool
are_inodes_whole(struct filesystem_state *state, const struct ext_names *names)
{
	struct ext_inode inode;

	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].is_allocated &&
		    ext_inode_read(&state->ext, state->source, names->items[i].inode, &inode) != STATUS_OK)
			return false;
	return true;
}

/* False: something in it is not as it should be, or not read here; the library tells it. */
static bool
read_ext_names(struct filesystem_state *state, uint64_t node, struct ext_names *names)
{
	struct run_list runs = { .size = 0 };
	struct ext_inode inode;
	const char *reason;
	bool is_read = state->ext.incompatible & EXT_INCOMPATIBLE_FILETYPE &&
		tsk_map_ext(state, node, &inode, &runs, &reason) == STATUS_OK &&
		type_of_mode(inode.mode) == ENTRY_DIRECTORY && !(inode.flags & EXT_FLAG_INLINE_DATA) &&
		inode.size % state->ext.block_size == 0 && inode.size <= state->source->size &&
		runs.count <= DIRECTORY_RUNS_MAX && ext_inode_is_used(&state->ext, state->source, node) &&
		ext_directory_read(&state->ext, state->source, &runs, limit_get(LIMIT_DIRECTORY_ENTRIES), names) &&
		are_inodes_whole(state, names);

	run_list_release(&runs);
	return is_read;
}

static bool
list_ext(struct list_walk *walk, uint64_t node)
{
	struct ext_names names;
	bool is_listed;

	ext_names_init(&names);
	is_listed = read_ext_names(walk->state, node, &names);
	if (is_listed)
		hand_out_ext_names(walk, &names);
	ext_names_release(&names);
	return is_listed;
}

static void
begin_walk(struct list_walk *walk)
{
	buffer_init(&walk->name, limit_get(LIMIT_NAME_BYTES) * 16);
	buffer_init(&walk->inode, 0);
	buffer_init(&walk->link, 0);
	buffer_init(&walk->reason, 0);
	map_init(&walk->iso_offsets);
	tsk_error_reset();
}

static void
end_walk(struct list_walk *walk)
{
	buffer_release(&walk->name);
	buffer_release(&walk->inode);
	buffer_release(&walk->link);
	buffer_release(&walk->reason);
	map_release(&walk->iso_offsets);
}

static enum status
list_directory(struct list_walk *walk, uint64_t node)
{
	enum status status;

	begin_walk(walk);
	if (walk->state->ext.block_size && !walk->orphans && list_ext(walk, node)) {
		end_walk(walk);
		return walk->status;
	}
	status = walk->orphans ? STATUS_OK : check_directory(walk, node);
	if (status == STATUS_OK)
		status = open_and_list(walk, node);
	end_walk(walk);
	return status;
}

enum status
tsk_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	struct list_walk walk = {
		.filesystem = filesystem, .state = filesystem->state, .out = out, .notes = notes,
		.path = path,
	};

	return list_directory(&walk, node == UINT64_MAX ? filesystem->state->fs->root_inum : node);
}

/* ISO 9660: an allocated file whose name is in the tree that libtsk does not show. */
static bool
hand_out_unnamed(struct list_walk *walk, TSK_FS_FILE *file)
{
	struct file_entry entry = { .node = file->meta->addr, .state = ENTRY_ORPHAN,
		.content_state = CONTENT_INTACT, .has = ENTRY_HAS_INODE };
	char name[32];

	if (file->meta->type != TSK_FS_META_TYPE_REG || file->meta->size <= 0)
		return false;
	snprintf(name, sizeof name, "OrphanFile-%llu", (unsigned long long)entry.node);
	if (!set_path(walk, name))
		return false;
	buffer_clear(&walk->inode);
	buffer_add_u64(&walk->inode, entry.node);
	entry.path = walk->name.bytes;
	entry.inode = walk->inode.bytes;
	set_from_meta(walk, file, &entry);
	walk->stopped = !walk->out->entry(walk->out->context, &entry);
	return true;
}

static enum status
list_unnamed(struct list_walk *walk, const struct map *named)
{
	TSK_FS_INFO *fs = walk->state->fs;
	struct place at = place_of(walk, NULL);
	unsigned long long count = 0;

	/* The last number is the directory of orphans that libtsk makes up. */
	for (uint64_t node = fs->first_inum; node < fs->last_inum && !walk->stopped; node++) {
		TSK_FS_FILE *file = map_get(named, &node, sizeof node, &(uint64_t){ 0 }) ? NULL :
			tsk_fs_file_open_meta(fs, NULL, node);

		if (!file)
			continue;
		if (file->meta)
			count += hand_out_unnamed(walk, file);
		tsk_fs_file_close(file);
	}
	if (!count)
		return STATUS_OK;
	return note(walk->notes, STATUS_DAMAGED, NOTE_FILESYSTEM_UNSUPPORTED, &at,
		"%llu files are named by one of the two trees of this ISO 9660 volume only, and that one is not "
		"read: they are asked in hash sets, without their names", count);
}

static enum status
list_iso_unnamed(struct list_walk *walk)
{
	struct map named;
	enum status status;

	map_init(&named);
	/* What cannot be listed is noted by those who list it. */
	status = tsk_iso_named(walk->filesystem, &named);
	if (status == STATUS_OK) {
		begin_walk(walk);
		status = list_unnamed(walk, &named);
		end_walk(walk);
	}
	map_release(&named);
	return status;
}

enum status
tsk_orphans(struct filesystem *filesystem, const struct entry_sink *out, const struct notes *notes)
{
	struct list_walk walk = {
		.filesystem = filesystem, .state = filesystem->state, .out = out, .notes = notes,
		.path = "/$OrphanFiles", .orphans = true,
	};

	/* On ISO 9660 libtsk waits for a lock that it holds already. */
	if (walk.state->kind->type == TSK_FS_TYPE_ISO9660)
		return list_iso_unnamed(&walk);
	if (!walk.state->kind->has_orphans)
		return STATUS_OK;
	/* libtsk lists every directory again before it looks for free inodes. */
	if (walk.state->ext.block_size && !ext_may_have_freed(&walk.state->ext, walk.state->source))
		return STATUS_OK;
	return list_directory(&walk, TSK_FS_ORPHANDIR_INUM(walk.state->fs));
}
