/*
 * folder.c - a folder as evidence: a mounted tree, an extracted collection.
 * Every name is opened from the folder's own descriptor, part by part and never
 * through a link, so that nothing outside can be reached; what is no regular
 * file or folder is never opened; nothing is written, and access times are left
 * alone where the kernel permits it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <t1554triage/buffer.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

#include "collection.h"
#include "tree.h"

enum {
	OPEN_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
	LINK_BYTES_MAX = 65536,
	ATTRIBUTE_BYTES_MAX = 2048,
};

struct filesystem_state {
	int root;		/* the coordinator's descriptor; not closed here */
};

/* O_NOATIME is for the owner of a file and for root. */
static int
open_at(int directory, const char *name, int flags)
{
	int descriptor = openat(directory, name, OPEN_FLAGS | O_NOATIME | flags);

	if (descriptor < 0 && errno == EPERM)
		descriptor = openat(directory, name, OPEN_FLAGS | flags);
	return descriptor;
}

/* Opens the folder that holds the last part of a path; *ret_name points to that part. */
static int
open_parent(int root, const char *path, const char **ret_name)
{
	int directory = open_at(root, ".", O_DIRECTORY);

	for (;;) {
		const char *name = path + strspn(path, "/"), *end = name + strcspn(name, "/");
		char part[NAME_MAX + 1];
		int next;

		*ret_name = *name ? name : ".";
		if (directory < 0 || !end[strspn(end, "/")])
			return directory;
		if ((size_t)(end - name) > NAME_MAX || (end - name == 2 && !memcmp(name, "..", 2))) {
			close(directory);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, name, (size_t)(end - name));
		part[end - name] = '\0';
		next = open_at(directory, part, O_DIRECTORY);
		close(directory);
		directory = next;
		path = end;
	}
}

static int
open_path(int root, const char *path, int flags)
{
	const char *name;
	int parent = open_parent(root, path, &name), descriptor, error;

	if (parent < 0)
		return -1;
	descriptor = strcmp(name, "..") ? open_at(parent, name, flags) : -1;
	error = errno;
	close(parent);
	errno = error;
	return descriptor;
}

static struct place
place_of(const struct filesystem *filesystem, const char *path)
{
	return (struct place){ .evidence = filesystem->evidence, .volume = filesystem->volume, .path = path };
}

struct names {
	char **items;
	size_t count, capacity;
	struct arena texts;
	bool   overflowed;
};

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names of a folder in the order of their bytes; false where reading broke off. */
static bool
read_names(DIR *directory, struct names *names)
{
	struct dirent *one;

	errno = 0;
	while ((one = readdir(directory))) {
		if (!strcmp(one->d_name, ".") || !strcmp(one->d_name, ".."))
			continue;
		if (names->count >= limit_get(LIMIT_DIRECTORY_ENTRIES)) {
			names->overflowed = true;
			break;
		}
		names->items = memory_grow(names->items, names->count, &names->capacity, sizeof *names->items);
		names->items[names->count++] = arena_copy_text(&names->texts, one->d_name);
		errno = 0;
	}
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items, compare_names);
	return names->overflowed || !errno;
}

static struct timestamp
time_of(const struct statx_timestamp *time, bool recorded)
{
	return (struct timestamp){ .seconds = time->tv_sec, .nanoseconds = time->tv_nsec,
		.resolution_nanoseconds = recorded ? 1 : 0 };
}

static enum entry_type
type_of(uint16_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:  return ENTRY_REGULAR;
	case S_IFDIR:  return ENTRY_DIRECTORY;
	case S_IFLNK:  return ENTRY_LINK;
	case S_IFIFO:  return ENTRY_FIFO;
	case S_IFSOCK: return ENTRY_SOCKET;
	case S_IFCHR:  return ENTRY_CHARACTER;
	case S_IFBLK:  return ENTRY_BLOCK;
	default:       return ENTRY_UNKNOWN;
	}
}

static void
take_stat(const struct statx *stat, struct file_entry *entry)
{
	entry->type = type_of(stat->stx_mode);
	entry->node = stat->stx_ino;
	entry->has = ENTRY_HAS_INODE | ENTRY_HAS_MODE | ENTRY_HAS_OWNER | ENTRY_HAS_SIZE;
	if (entry->type == ENTRY_REGULAR)
		entry->has |= ENTRY_HAS_CONTENT;
	entry->size = stat->stx_size;
	entry->mode = stat->stx_mode & 07777;
	entry->uid = stat->stx_uid;
	entry->gid = stat->stx_gid;
	entry->links = stat->stx_nlink;
	entry->immutable = stat->stx_attributes & STATX_ATTR_IMMUTABLE;
	entry->whiteout = entry->type == ENTRY_CHARACTER && !stat->stx_rdev_major && !stat->stx_rdev_minor;
	entry->times = (struct macb){
		.modified = time_of(&stat->stx_mtime, true), .accessed = time_of(&stat->stx_atime, true),
		.changed = time_of(&stat->stx_ctime, true),
		.born = time_of(&stat->stx_btime, stat->stx_mask & STATX_BTIME),
	};
}

struct listing {
	struct filesystem       *filesystem;
	const struct entry_sink *out;
	const struct notes      *notes;
	const char  *path;	/* of the folder, "" for the root */
	int          directory;
	struct arena texts;	/* of one entry */
	struct entry_attributes attributes;	/* of one entry */
};

/* Attributes count on programs and folders only: other files are not opened for them. */
static void
take_attributes(struct listing *listing, const char *name, struct file_entry *entry)
{
	static const char *const names[] = { "security.capability", "security.selinux", "security.ima",
		"trusted.overlay.opaque", "user.overlay.opaque", "user.fuseoverlayfs.opaque", NULL };
	bool is_folder = entry->type == ENTRY_DIRECTORY;
	uint8_t value[ATTRIBUTE_BYTES_MAX];
	int descriptor;

	if (!is_folder && (entry->type != ENTRY_REGULAR || !(entry->mode & 0111)))
		return;
	descriptor = open_at(listing->directory, name, is_folder ? O_DIRECTORY : 0);
	if (descriptor < 0)
		return;
	listing->attributes = (struct entry_attributes){ .odd = false };
	for (const char *const *at = names; *at; at++) {
		ssize_t length = fgetxattr(descriptor, *at, value, sizeof value);

		if (length >= 0)
			entry_attribute_take(&listing->attributes, *at, strlen(*at), value, (size_t)length);
		else if (at == names)
			listing->attributes.odd = errno != ENODATA;
	}
	entry_attributes_put(&listing->attributes, entry);
	close(descriptor);
}

static const char *
read_target(int directory, const char *name, struct arena *texts)
{
	char *target = memory_allocate(LINK_BYTES_MAX, 1), *copy = NULL;
	ssize_t length = readlinkat(directory, name, target, LINK_BYTES_MAX);

	if (length >= 0)
		copy = arena_copy(texts, target, (size_t)length);
	memory_free(target);
	return copy;
}

/* One entry; *ret_go_on as the sink says. */
static enum status
list_one(struct listing *listing, const char *name, bool *ret_go_on)
{
	struct file_entry entry = { .state = ENTRY_ALLOCATED };
	struct place place;
	struct statx stat;

	*ret_go_on = true;
	entry.path = arena_format(&listing->texts, "%s/%s", listing->path, name);
	place = place_of(listing->filesystem, entry.path);
	if (statx(listing->directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME,
	    &stat) < 0)
		return note(listing->notes, STATUS_DAMAGED, NOTE_FILE_UNREADABLE, &place, "%s", errno == ENOENT
			? "this name vanished while the folder was read" : "the metadata cannot be read");
	take_stat(&stat, &entry);
	entry.inode = arena_format(&listing->texts, "%llu", (unsigned long long)stat.stx_ino);
	if (entry.type == ENTRY_LINK)
		entry.link_target = read_target(listing->directory, name, &listing->texts);
	take_attributes(listing, name, &entry);
	*ret_go_on = listing->out->entry(listing->out->context, &entry);
	return STATUS_OK;
}

static enum status
list_names(struct listing *listing, const struct names *names)
{
	enum status status = STATUS_OK;
	bool go_on = true;

	for (size_t i = 0; i < names->count && go_on; i++) {
		arena_init(&listing->texts);
		status = status_worse(status, list_one(listing, names->items[i], &go_on));
		arena_release(&listing->texts);
	}
	return status;
}

static enum status
folder_list(struct filesystem *filesystem, uint64_t node, const char *path, const struct entry_sink *out,
	const struct notes *notes)
{
	struct place place = place_of(filesystem, path);
	struct listing listing = { .filesystem = filesystem, .out = out, .notes = notes,
		.path = strcmp(path, "/") ? path : "" };
	struct names names = { .items = NULL };
	enum status status = STATUS_OK;
	DIR *directory = NULL;

	(void)node;
	listing.directory = open_path(filesystem->state->root, path, O_DIRECTORY);
	if (listing.directory >= 0)
		directory = fdopendir(listing.directory);
	if (!directory) {
		if (listing.directory >= 0)
			close(listing.directory);
		return note(notes, STATUS_DAMAGED, NOTE_DIRECTORY_UNREADABLE, &place,
			"this folder cannot be opened: %s", strerror(errno));
	}
	arena_init(&names.texts);
	if (!read_names(directory, &names))
		status = note(notes, STATUS_DAMAGED, NOTE_DIRECTORY_UNREADABLE, &place,
			"this folder cannot be read to its end");
	if (names.overflowed)
		status = note(notes, STATUS_DAMAGED, NOTE_LIMIT_HIT, &place,
			"this folder has more names than directory-entries allows");
	status = status_worse(status, list_names(&listing, &names));
	memory_free(names.items);
	arena_release(&names.texts);
	closedir(directory);
	return status;
}

struct folder_source {
	struct source source;
	int           descriptor;
};

static enum status
folder_read(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	int descriptor = ((struct folder_source *)source)->descriptor;
	uint8_t *to = buffer;
	size_t done = 0;

	*ret_length = 0;
	if (offset >= source->size)
		return STATUS_END;
	if (length > source->size - offset)
		length = (size_t)(source->size - offset);
	while (done < length) {
		ssize_t got = pread(descriptor, to + done, length - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		/* A file that became shorter is lost too: its size was told. */
		if (got <= 0)
			return STATUS_UNREADABLE;
		done += (size_t)got;
	}
	*ret_length = done;
	return STATUS_OK;
}

static void
folder_source_close(struct source *source)
{
	close(((struct folder_source *)source)->descriptor);
	memory_free(source);
}

/* The type is asked again before the content is opened: a fifo would block, a device would act. */
static int
open_regular(int root, const char *path, struct stat *ret_stat)
{
	const char *name;
	int parent = open_parent(root, path, &name), descriptor = -1, error = EINVAL;

	if (parent < 0)
		return -1;
	if (fstatat(parent, name, ret_stat, AT_SYMLINK_NOFOLLOW) < 0) {
		error = errno;
	} else if (S_ISREG(ret_stat->st_mode)) {
		descriptor = open_at(parent, name, 0);
		error = errno;
	}
	close(parent);
	errno = error;
	return descriptor;
}

static enum status
folder_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method,
	const struct notes *notes, struct source **ret_source)
{
	struct place place = place_of(filesystem, entry->path);
	struct folder_source *source;
	struct stat stat;
	int descriptor;

	(void)method;
	descriptor = open_regular(filesystem->state->root, entry->path, &stat);
	if (descriptor < 0)
		return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, &place,
			"this file cannot be opened: %s", strerror(errno));
	if (fstat(descriptor, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		close(descriptor);
		return note(notes, STATUS_UNREADABLE, NOTE_FILE_UNREADABLE, &place,
			"this is no regular file any more: the folder changes while it is read");
	}
	source = memory_allocate(1, sizeof *source);
	source->source = (struct source){ .size = (uint64_t)stat.st_size, .read = folder_read,
		.close = folder_source_close };
	source->descriptor = descriptor;
	*ret_source = &source->source;
	return STATUS_OK;
}

static void
folder_close(struct filesystem *filesystem)
{
	memory_free(filesystem->state);
}

static enum status
folder_open(struct filesystem *filesystem, const struct filesystem_origin *origin, const struct notes *notes)
{
	struct place place = { .evidence = filesystem->evidence, .volume = filesystem->volume };

	if (origin->image || origin->exhibit->kind != EXHIBIT_FOLDER || !origin->exhibit->segment_count)
		return STATUS_NOT_MINE;
	filesystem->state = memory_allocate(1, sizeof *filesystem->state);
	filesystem->state->root = origin->exhibit->segments[0].descriptor;
	filesystem->identity = (struct filesystem_identity){ .type = "folder", .uuid = "", .label = "",
		.last_mounted = "" };
	note(notes, STATUS_OK, NOTE_COLLECTION_METADATA, &place,
		"the evidence is a folder: inode numbers, owners, times and attributes are those that this machine's "
		"file system gives, deleted files cannot be seen");
	return collection_recognise(filesystem, notes);
}

const struct filesystem_driver folder_filesystem = {
	.name = "folder",
	.description = "folders: mounted trees and extracted collections",
	.open = folder_open,
	.close = folder_close,
	.list = folder_list,
	.content = folder_content,
};
