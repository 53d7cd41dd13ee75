/* exhibits.c - operands become exhibits: the only place that opens evidence. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/exit_status.h>
#include <t1554triage/image.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

#include "acquisition_log.h"
#include "companions.h"
#include "container.h"
#include "segment_name.h"

/* One file that was opened, to see that another operand means the same one. */
struct identity {
	dev_t device;
	ino_t inode;
};

struct opening {
	struct exhibits *exhibits;
	size_t           capacity;
	struct identity *identities;
	size_t           identity_count, identity_capacity;
	struct buffer   *message;
};

static int
fail(struct opening *opening, int exit_status, const char *path, const char *why, const char *advice)
{
	buffer_clear(opening->message);
	text_add_visible(opening->message, path, strlen(path));
	buffer_add_format(opening->message, ": %s%s%s", why, advice ? "; " : "", advice ? advice : "");
	return exit_status;
}

/* A set of many segments may need more descriptors than a shell allows by default. */
static bool
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return !setrlimit(RLIMIT_NOFILE, &limit);
}

/* O_NOATIME is allowed to the file's owner and root only. */
static int
open_read_only(const char *path, int more)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | more;
	int descriptor = open(path, flags | O_NOATIME);

	if (descriptor < 0 && errno == EPERM)
		descriptor = open(path, flags);
	if (descriptor < 0 && errno == EMFILE && raise_descriptor_limit())
		descriptor = open_read_only(path, more);
	return descriptor;
}

static bool
is_opened(const struct opening *opening, const struct stat *status)
{
	for (size_t i = 0; i < opening->identity_count; i++)
		if (opening->identities[i].device == status->st_dev &&
		    opening->identities[i].inode == status->st_ino)
			return true;
	return false;
}

static void
remember(struct opening *opening, const struct stat *status)
{
	opening->identities = memory_grow(opening->identities, opening->identity_count,
		&opening->identity_capacity, sizeof *opening->identities);
	opening->identities[opening->identity_count++] = (struct identity){ status->st_dev, status->st_ino };
}

/* Opens one file of an exhibit; errno tells why not.  Takes path over. */
static bool
open_segment(struct opening *opening, char *path, struct segment *ret_segment)
{
	struct segment segment = { .path = path, .descriptor = -1 };
	struct stat status;
	off_t size;

	/* Asked before it is opened: opening a device or a pipe may already do something. */
	if (stat(path, &status))
		goto failed;
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode) && !S_ISDIR(status.st_mode)) {
		errno = EMEDIUMTYPE;
		goto failed;
	}
	segment.descriptor = open_read_only(path, S_ISDIR(status.st_mode) ? O_DIRECTORY : 0);
	if (segment.descriptor < 0 || fstat(segment.descriptor, &status))
		goto failed;
	size = S_ISDIR(status.st_mode) ? 0 : lseek(segment.descriptor, 0, SEEK_END);
	if (size < 0)
		goto failed;
	segment.size = (uint64_t)size;
	segment.modified = status.st_mtime;
	remember(opening, &status);
	*ret_segment = segment;
	return true;
failed:
	if (segment.descriptor >= 0)
		close(segment.descriptor);
	memory_free(path);
	return false;
}

static bool
is_folder(const struct segment *segment)
{
	struct stat status;

	return !fstat(segment->descriptor, &status) && S_ISDIR(status.st_mode);
}

/* Path of a file beside another. */
static char *
path_beside(const char *path, const char *name)
{
	size_t folder = (size_t)(text_base_name(path) - path);
	char *result = memory_allocate(folder + strlen(name) + 1, 1);

	memcpy(result, path, folder);
	memcpy(result + folder, name, strlen(name));
	return result;
}

struct found_number {
	uint32_t number;
	char    *name;
};

struct found_numbers {
	struct found_number *items;
	size_t count, capacity;
};

static int
compare_numbers(const void *a, const void *b)
{
	const struct found_number *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void
release_numbers(struct found_numbers *found)
{
	for (size_t i = 0; i < found->count; i++)
		memory_free(found->items[i].name);
	memory_free(found->items);
}

/* The files beside path that belong to its set, sorted. */
static void
find_numbers(const char *path, const struct segment_name *like, struct found_numbers *found)
{
	char *folder_path = path_beside(path, ".");
	DIR *folder = opendir(folder_path);
	const char *like_name = text_base_name(path);
	struct dirent *entry;
	uint32_t number;

	memory_free(folder_path);
	while (folder && found->count < limit_get(LIMIT_SEGMENTS) && (entry = readdir(folder))) {
		if (strlen(entry->d_name) <= like->stem ||
		    !segment_name_matches(entry->d_name, like_name, like, &number))
			continue;
		found->items = memory_grow(found->items, found->count, &found->capacity,
			sizeof *found->items);
		found->items[found->count++] = (struct found_number){ number,
			memory_copy_text(entry->d_name) };
	}
	if (folder)
		closedir(folder);
	if (found->count)
		qsort(found->items, found->count, sizeof *found->items, compare_numbers);
}

/*
 * Whether the files found are a set.  EWF says so itself.  Of raw files the
 * names alone speak: three digits are the custom of imagers; letters (disk.dd,
 * case.db) and other widths must begin at the beginning and be mostly there.
 */
static bool
is_plausible_set(const struct segment_name *like, const struct found_numbers *found)
{
	uint32_t last = found->count ? found->items[found->count - 1].number : 0;

	if (!found->count || last >= limit_get(LIMIT_SEGMENTS))
		return false;
	if (like->numbering == NUMBERING_EWF || like->numbering == NUMBERING_EWF2)
		return true;
	if (like->numbering == NUMBERING_DIGITS && like->width == 3)
		return found->count > 1 || found->items[0].number <= 1;
	return found->items[0].number <= (like->numbering == NUMBERING_DIGITS ? 1u : 0u) &&
	       found->count * 2 > last;
}

static void
add_segment(struct exhibit *exhibit, size_t *capacity, struct segment segment)
{
	exhibit->segments = memory_grow(exhibit->segments, exhibit->segment_count, capacity,
		sizeof *exhibit->segments);
	exhibit->segments[exhibit->segment_count++] = segment;
}

static char *
missing_path(const char *path, const struct segment_name *like, uint32_t number)
{
	char extension[SEGMENT_EXTENSION_SIZE];
	size_t stem = (size_t)(text_base_name(path) - path) + like->stem;
	char *result;

	segment_name_extension(like, number, extension);
	result = memory_allocate(stem + sizeof extension, 1);
	memcpy(result, path, stem);
	memcpy(result + stem, extension, sizeof extension);
	return result;
}

/* Opens every file of the set; given is the one that is open already. */
static int
open_set(struct opening *opening, struct exhibit *exhibit, const struct segment_name *like,
	const struct found_numbers *found, const struct segment *given)
{
	size_t capacity = 0;
	uint32_t number = like->numbering == NUMBERING_DIGITS && found->items[0].number ? 1 : 0;

	for (size_t i = 0; i < found->count; i++) {
		struct segment segment;
		char *beside;

		for (; number < found->items[i].number; number++)
			add_segment(exhibit, &capacity, (struct segment){ .descriptor = -1,
				.path = missing_path(given->path, like, number) });
		if (found->items[i].number < number)	/* one file in two cases: E01 and e01 */
			continue;
		number++;
		if (found->items[i].number == like->number) {
			add_segment(exhibit, &capacity, *given);
			continue;
		}
		beside = path_beside(given->path, found->items[i].name);
		if (!open_segment(opening, memory_copy_text(beside), &segment)) {
			int exit_status = fail(opening, EXIT_NO_INPUT, beside, strerror(errno),
				"it is a part of the image, make it readable and run again");

			memory_free(beside);
			if (number <= like->number)
				add_segment(exhibit, &capacity, *given);
			return exit_status;
		}
		memory_free(beside);
		add_segment(exhibit, &capacity, segment);
	}
	return EXIT_DONE;
}

static int
open_image(struct opening *opening, struct exhibit *exhibit, const struct segment *given)
{
	const char *name = text_base_name(given->path);
	struct found_numbers found = { .items = NULL };
	struct segment_name like;
	int exit_status = EXIT_DONE;
	bool is_set;

	is_set = segment_name_parse(name, !strcmp(exhibit->container, "ewf"), &like);
	if (is_set)
		find_numbers(given->path, &like, &found);
	if (is_set && is_plausible_set(&like, &found)) {
		exit_status = open_set(opening, exhibit, &like, &found, given);
	} else {
		size_t capacity = 0;

		add_segment(exhibit, &capacity, *given);
	}
	release_numbers(&found);
	return exit_status;
}

/* ---- containers of virtual disks: their parts, and what they are based on ---- */

static bool
is_disk(const struct segment *segment)
{
	uint8_t head[CONTAINER_TAIL_BYTES], tail[CONTAINER_TAIL_BYTES];
	size_t length, tail_length = 0;

	if (segment->descriptor < 0 || is_folder(segment))
		return false;
	length = descriptor_read_at(segment->descriptor, 0, head, sizeof head);
	if (segment->size >= sizeof tail)
		tail_length = descriptor_read_at(segment->descriptor, segment->size - sizeof tail, tail, sizeof tail);
	return container_is_disk(head, length, tail, tail_length, segment->size);
}

static bool
has_segment(const struct exhibit *exhibit, const char *name)
{
	for (size_t i = 0; i < exhibit->segment_count; i++)
		if (!strcmp(text_base_name(exhibit->segments[i].path), name))
			return true;
	return false;
}

/* A file that the disk names, beside it: there or missing. */
static int
add_companion(struct opening *opening, struct exhibit *exhibit, size_t *capacity, const char *name)
{
	char *beside = path_beside(exhibit->segments[0].path, name);
	struct segment segment = { .descriptor = -1 };
	int exit_status = EXIT_DONE;

	if (open_segment(opening, memory_copy_text(beside), &segment) && is_folder(&segment)) {
		close(segment.descriptor);
		memory_free(segment.path);
		segment = (struct segment){ .descriptor = -1 };
	} else if (segment.descriptor < 0 && errno != ENOENT && errno != EMEDIUMTYPE && errno != ENAMETOOLONG) {
		exit_status = fail(opening, EXIT_NO_INPUT, beside, strerror(errno),
			"it is a part of the image, make it readable and run again");
	}
	if (segment.descriptor < 0)
		segment.path = beside;
	else
		memory_free(beside);
	add_segment(exhibit, capacity, segment);
	return exit_status;
}

static int
open_disk(struct opening *opening, struct exhibit *exhibit, const struct segment *given)
{
	int exit_status = EXIT_DONE;
	size_t capacity = 0;
	struct buffer names;

	add_segment(exhibit, &capacity, *given);
	buffer_init(&names, 0);
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		const struct segment *segment = &exhibit->segments[i];

		buffer_clear(&names);
		if (is_disk(segment))
			companions_read(segment->descriptor, segment->size, text_base_name(segment->path), &names);
		for (const char *name = names.bytes; name < names.bytes + names.length && !exit_status;
		     name += strlen(name) + 1)
			if (exhibit->segment_count < limit_get(LIMIT_SEGMENTS) && !has_segment(exhibit, name))
				exit_status = add_companion(opening, exhibit, &capacity, name);
	}
	buffer_release(&names);
	return exit_status;
}

static bool
names_companion(const struct segment *segment, const char *name)
{
	bool found = false;
	struct buffer names;

	buffer_init(&names, 0);
	companions_read(segment->descriptor, segment->size, text_base_name(segment->path), &names);
	for (const char *at = names.bytes; at < names.bytes + names.length && !found; at += strlen(at) + 1)
		found = !strcmp(at, name);
	buffer_release(&names);
	return found;
}

/* disk-s001.vmdk, disk-f001.vmdk, disk-flat.vmdk: a part of disk.vmdk, which is taken in its place. */
static void
find_description(struct opening *opening, struct segment *given)
{
	static const char *const parts[] = { "-s[0-9][0-9][0-9].vmdk", "-f[0-9][0-9][0-9].vmdk", "-flat.vmdk",
		"-delta.vmdk", "-sesparse.vmdk", NULL };
	const char *name = text_base_name(given->path), *dash = strrchr(name, '-');
	struct segment description;
	struct buffer beside;
	char *path;

	for (size_t i = 0; dash && parts[i]; i++) {
		if (!text_matches_glob(parts[i], dash))
			continue;
		buffer_init(&beside, 0);
		buffer_add(&beside, name, (size_t)(dash - name));
		buffer_add_text(&beside, ".vmdk");
		path = path_beside(given->path, beside.bytes);
		buffer_release(&beside);
		if (!open_segment(opening, path, &description))
			return;
		if (!is_disk(&description) || !names_companion(&description, name)) {
			close(description.descriptor);
			memory_free(description.path);
			opening->identity_count--;
			return;
		}
		close(given->descriptor);
		memory_free(given->path);
		*given = description;
		return;
	}
}

static bool
is_same_file(const struct segment *a, const struct segment *b)
{
	struct stat x, y;

	return a->descriptor >= 0 && b->descriptor >= 0 && !fstat(a->descriptor, &x) && !fstat(b->descriptor, &y) &&
		x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void close_exhibit(struct exhibit *exhibit);

/* Earlier operands that turn out to be parts of the last one. */
static void
absorb(struct exhibits *exhibits)
{
	struct exhibit *last = &exhibits->items[exhibits->count - 1];
	size_t kept = 0;

	for (struct exhibit *one = exhibits->items; one < last; one++) {
		bool is_part = false;

		for (size_t i = 1; i < last->segment_count && one->kind == EXHIBIT_IMAGE; i++)
			is_part |= is_same_file(&one->segments[0], &last->segments[i]);
		if (is_part)
			close_exhibit(one);
		else
			exhibits->items[kept++] = *one;
	}
	exhibits->items[kept++] = *last;
	exhibits->count = kept;
}

static int
recognise(struct opening *opening, const struct segment *segment, struct container *ret_container)
{
	uint8_t *head, tail[CONTAINER_TAIL_BYTES];
	size_t head_length, tail_length = 0;
	struct container container;

	if (is_folder(segment)) {
		*ret_container = (struct container){ .kind = EXHIBIT_FOLDER, .driver = "folder" };
		return EXIT_DONE;
	}
	head = memory_allocate(CONTAINER_HEAD_BYTES, 1);
	errno = 0;
	head_length = descriptor_read_at(segment->descriptor, 0, head, CONTAINER_HEAD_BYTES);
	if (!head_length && errno) {
		memory_free(head);
		return fail(opening, EXIT_NO_INPUT, segment->path, strerror(errno), NULL);
	}
	if (segment->size >= sizeof tail)
		tail_length = descriptor_read_at(segment->descriptor, segment->size - sizeof tail, tail, sizeof tail);
	container = container_recognise(head, head_length, tail, tail_length, segment->size,
		text_base_name(segment->path));
	memory_free(head);
	if (!container.driver) {
		struct buffer why;
		int exit_status;

		buffer_init(&why, 0);
		buffer_add_format(&why, "not recognised as evidence (tried EWF, raw, qcow2, VMDK, VHD, VHDX, tar, zip, folder): it is %s",
			container.what);
		exit_status = fail(opening, EXIT_DATA, segment->path, why.bytes, container.advice);
		buffer_release(&why);
		return exit_status;
	}
	*ret_container = container;
	return EXIT_DONE;
}

static struct exhibit *
add_exhibit(struct opening *opening, const char *path, const struct container *container)
{
	struct exhibits *exhibits = opening->exhibits;
	struct exhibit *exhibit;

	exhibits->items = memory_grow(exhibits->items, exhibits->count, &opening->capacity,
		sizeof *exhibits->items);
	exhibit = &exhibits->items[exhibits->count++];
	*exhibit = (struct exhibit){ .path = memory_copy_text(path), .kind = container->kind,
		.container = container->driver };
	return exhibit;
}

static void
number_exhibits(struct exhibits *exhibits)
{
	struct buffer id;

	buffer_init(&id, 0);
	for (size_t i = 0; i < exhibits->count; i++) {
		buffer_clear(&id);
		buffer_add_format(&id, "E%zu", i + 1);
		exhibits->items[i].id = memory_copy_text(id.bytes);
	}
	buffer_release(&id);
}

/* Last part of a path, without the slashes behind it; "/" and "." stay. */
static char *
name_of(const char *path)
{
	char *copy = memory_copy_text(path), *name;
	size_t length = strlen(copy);

	while (length > 1 && copy[length - 1] == '/')
		copy[--length] = '\0';
	name = memory_copy_text(length > 1 ? text_base_name(copy) : copy);
	memory_free(copy);
	return name;
}

/* ---- what the acquisition wrote beside it ---- */

static void
open_record(struct opening *opening, struct exhibit *exhibit, size_t *capacity, const char *stem, size_t length,
	const char *suffix)
{
	struct segment segment;
	struct stat status;
	struct buffer name;
	bool is_known;
	char *path;

	buffer_init(&name, 0);
	buffer_add(&name, stem, length);
	buffer_add_text(&name, suffix);
	path = path_beside(exhibit->segments[0].path, name.bytes);
	buffer_release(&name);
	is_known = !stat(path, &status);
	/* A link to nothing is there, too. */
	if (is_known ? S_ISDIR(status.st_mode) || is_opened(opening, &status) : lstat(path, &status)) {
		memory_free(path);
		return;
	}
	if (is_known && S_ISREG(status.st_mode) && open_segment(opening, memory_copy_text(path), &segment))
		memory_free(path);
	else
		segment = (struct segment){ .path = path, .descriptor = -1 };
	exhibit->records = memory_grow(exhibit->records, exhibit->record_count, capacity, sizeof *exhibit->records);
	exhibit->records[exhibit->record_count++] = segment;
}

static void
open_records(struct opening *opening, struct exhibit *exhibit)
{
	const char *name = text_base_name(exhibit->segments[0].path), *dot = strrchr(name, '.');
	size_t capacity = 0;

	for (size_t i = 0; acquisition_log_suffixes[i]; i++) {
		open_record(opening, exhibit, &capacity, name, strlen(name), acquisition_log_suffixes[i]);
		if (dot && dot > name)
			open_record(opening, exhibit, &capacity, name, (size_t)(dot - name), acquisition_log_suffixes[i]);
	}
}

static int
open_operand(struct opening *opening, const char *path)
{
	struct container container = { .driver = NULL };
	struct exhibit *exhibit;
	struct segment segment;
	struct stat status;
	size_t capacity = 0;
	int exit_status;

	if (!stat(path, &status) && is_opened(opening, &status))
		return EXIT_DONE;
	if (!open_segment(opening, memory_copy_text(path), &segment)) {
		if (errno == EMEDIUMTYPE)
			return fail(opening, EXIT_DATA, path,
				"not recognised as evidence: it is no regular file, block device or folder", NULL);
		return fail(opening, EXIT_NO_INPUT, path, strerror(errno),
			"nothing was run; correct the path or its permissions");
	}
	find_description(opening, &segment);
	exit_status = recognise(opening, &segment, &container);
	if (exit_status) {
		close(segment.descriptor);
		memory_free(segment.path);
		return exit_status;
	}
	exhibit = add_exhibit(opening, path, &container);
	exhibit->name = name_of(path);
	if (container.is_disk) {
		exit_status = open_disk(opening, exhibit, &segment);
		absorb(opening->exhibits);
		return exit_status;
	}
	if (container.kind == EXHIBIT_IMAGE)
		return open_image(opening, exhibit, &segment);
	add_segment(exhibit, &capacity, segment);
	return EXIT_DONE;
}

int
exhibits_open(struct exhibits *ret_exhibits, char *const operands[], size_t operand_count,
	const struct notes *notes, struct buffer *ret_message)
{
	struct exhibits exhibits = { .items = NULL };
	struct opening opening = { .exhibits = &exhibits, .message = ret_message };
	int exit_status = EXIT_DONE;

	(void)notes;
	for (size_t i = 0; i < operand_count && !exit_status; i++)
		exit_status = open_operand(&opening, operands[i]);
	for (size_t i = 0; i < exhibits.count && !exit_status; i++)
		if (exhibits.items[i].kind == EXHIBIT_IMAGE)
			open_records(&opening, &exhibits.items[i]);
	memory_free(opening.identities);
	number_exhibits(&exhibits);
	if (exit_status)
		exhibits_close(&exhibits);
	*ret_exhibits = exhibits;
	return exit_status;
}

static void
close_exhibit(struct exhibit *exhibit)
{
	for (size_t i = 0; i < exhibit->segment_count; i++) {
		if (exhibit->segments[i].descriptor >= 0)
			close(exhibit->segments[i].descriptor);
		memory_free(exhibit->segments[i].path);
	}
	for (size_t i = 0; i < exhibit->record_count; i++) {
		if (exhibit->records[i].descriptor >= 0)
			close(exhibit->records[i].descriptor);
		memory_free(exhibit->records[i].path);
	}
	memory_free(exhibit->records);
	memory_free(exhibit->segments);
	memory_free((char *)(uintptr_t)exhibit->id);
	memory_free(exhibit->name);
	memory_free(exhibit->path);
}

void
exhibits_close(struct exhibits *exhibits)
{
	for (size_t i = 0; i < exhibits->count; i++)
		close_exhibit(&exhibits->items[i]);
	memory_free(exhibits->items);
	*exhibits = (struct exhibits){ .items = NULL };
}
