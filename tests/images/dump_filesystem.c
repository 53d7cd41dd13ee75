/*
 * dump_filesystem.c - walks the file systems of raw images and prints what they hold: test helper.
 *
 *	dump_filesystem [-d] [-r] [-D OFFSET,LENGTH] IMAGE...
 *
 * For each entry a record line; with -d also a line "digest METHOD SHA256 STATUS
 * PATH[:STREAM]" for each of the two ways of reading its content, with -r for that by runs
 * alone.  -D makes a range of bytes of the image damaged.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/limit.h>
#include <t1554triage/text.h>

struct directory { uint64_t node; char *path; };

struct dump {
	struct filesystem *filesystem;
	const struct notes *notes;
	bool   digests, only_runs;
	struct directory *directories;
	size_t count, capacity;
	struct buffer line;
};

struct damaged_source {
	struct source source;
	struct source *whole;
	uint64_t offset, length;
};

static enum status
read_damaged(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct damaged_source *damaged = (struct damaged_source *)source;
	enum status status = source_read(damaged->whole, offset, buffer, length, ret_length);
	uint64_t start = damaged->offset, end = start + damaged->length;

	if (offset >= end || offset + *ret_length <= start)
		return status;
	if (start < offset)
		start = offset;
	if (end > offset + *ret_length)
		end = offset + *ret_length;
	memset((char *)buffer + (start - offset), 0, end - start);
	damage_add(source->damage, start, end - start);
	return STATUS_DAMAGED;
}

static void
print_note(void *context, const struct note *note)
{
	struct buffer line;

	(void)context;
	buffer_init(&line, 0);
	record_write(&line, &note_record, note);
	fputs(line.bytes, stdout);
	buffer_release(&line);
}

static void
print_digest(struct dump *dump, const struct file_entry *entry, enum content_method method)
{
	static char block[96 * 1024 + 7];
	struct digest_stream *stream;
	struct digests digests = { .known = 0 };
	struct source *source = NULL;
	struct buffer text;
	enum status status = dump->filesystem->driver->content(dump->filesystem, entry, method,
		dump->notes, &source);

	if (status <= STATUS_UNREADABLE)
		return;
	buffer_init(&text, 0);
	stream = digest_stream_open(1U << DIGEST_SHA256);
	for (uint64_t offset = 0; offset < source->size; ) {
		size_t got = 0;

		status = status_worse(status, source_read(source, offset, block, sizeof block, &got));
		if (!got)
			break;
		digest_stream_update(stream, block, got);
		offset += got;
	}
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	source_close(source);
	text_add_hex(&text, digests.sha256, sizeof digests.sha256);
	printf("digest %s %s %d ", method == CONTENT_BY_RUNS ? "runs" : "library", text.bytes, (int)status);
	buffer_clear(&text);
	text_add_percent(&text, entry->path, strlen(entry->path));
	printf("%s%s%s\n", text.bytes, entry->stream ? ":" : "", entry->stream ? entry->stream : "");
	buffer_release(&text);
}

static bool
print_entry(void *context, const struct file_entry *entry)
{
	struct dump *dump = context;

	buffer_clear(&dump->line);
	record_write(&dump->line, &file_entry_record, entry);
	fputs(dump->line.bytes, stdout);
	if (entry->type == ENTRY_DIRECTORY && entry->state == ENTRY_ALLOCATED && !entry->stream) {
		dump->directories = memory_grow(dump->directories, dump->count, &dump->capacity,
			sizeof *dump->directories);
		dump->directories[dump->count++] = (struct directory){
			entry->node, memory_copy_text(entry->path) };
	}
	if (dump->digests && entry->has & ENTRY_HAS_CONTENT &&
	    entry->content_state < CONTENT_REALLOCATED) {
		struct content_run runs[4];
		size_t run_count = dump->filesystem->driver->runs ?
			dump->filesystem->driver->runs(dump->filesystem, entry, runs, 4) : 0;

		if (run_count)
			printf("run %llu %llu %llu\n", (unsigned long long)runs[0].file_offset,
				(unsigned long long)runs[0].image_offset, (unsigned long long)runs[0].length);
		print_digest(dump, entry, CONTENT_BY_RUNS);
		if (!dump->only_runs)
			print_digest(dump, entry, CONTENT_BY_LIBRARY);
	}
	return true;
}

static void
walk(struct dump *dump)
{
	const struct filesystem_driver *driver = dump->filesystem->driver;
	struct entry_sink sink = { .entry = print_entry, .context = dump };
	enum status status = driver->list(dump->filesystem, filesystem_root(dump->filesystem), "/", &sink,
		dump->notes);

	printf("listed / %d\n", (int)status);
	for (size_t i = 0; i < dump->count; i++) {
		status = driver->list(dump->filesystem, dump->directories[i].node, dump->directories[i].path,
			&sink, dump->notes);
		if (status != STATUS_OK)
			printf("listed %s %d\n", dump->directories[i].path, (int)status);
	}
	if (driver->orphans)
		printf("orphans %d\n", (int)driver->orphans(dump->filesystem, &sink, dump->notes));
	for (size_t i = 0; i < dump->count; i++)
		memory_free(dump->directories[i].path);
	memory_free(dump->directories);
}

static int
dump_origin(struct filesystem_origin *origin, bool digests, bool only_runs)
{
	const struct notes notes = { .add = print_note };

	for (;; origin->index++) {
		struct dump dump = { .notes = &notes, .digests = digests, .only_runs = only_runs };
		enum status status = filesystem_open(origin, &notes, &dump.filesystem);
		const struct filesystem_identity *identity;

		if (status == STATUS_END)
			return 0;
		if (status == STATUS_NOT_MINE || status <= STATUS_UNREADABLE)
			printf("not opened: %d\n", (int)status);
		if (status == STATUS_NOT_MINE)
			return 2;
		if (status <= STATUS_UNREADABLE)
			continue;
		identity = &dump.filesystem->identity;
		printf("filesystem volume=%s type=%s uuid=%s label=%s last_mounted=%s block_size=%llu%s%s%s\n",
			dump.filesystem->volume, identity->type, identity->uuid, identity->label,
			identity->last_mounted, (unsigned long long)identity->block_size,
			identity->journal_unreplayed ? " unreplayed" : "",
			identity->case_insensitive ? " folded" : "", identity->local_times ? " local" : "");
		buffer_init(&dump.line, 0);
		walk(&dump);
		buffer_release(&dump.line);
		filesystem_close(dump.filesystem);
	}
}

static void
close_damaged(struct source *source)
{
	(void)source;
}

static int
dump_image(const char *path, bool digests, bool only_runs, uint64_t damage_offset, uint64_t damage_length)
{
	const struct exhibit exhibit = { .id = "E1" };
	const struct volume volume = { .evidence = "E1", .name = "-" };
	struct image image = { .exhibit = &exhibit };
	struct damaged_source damaged = { .offset = damage_offset, .length = damage_length };
	struct filesystem_origin origin = { .exhibit = &exhibit, .volume = &volume, .image = &image };
	struct stat status;
	int descriptor = open(path, O_RDONLY), result;

	if (descriptor < 0 || fstat(descriptor, &status)) {
		perror(path);
		return 66;
	}
	damage_init(&image.damage);
	damaged.whole = source_open_descriptor(descriptor, (uint64_t)status.st_size);
	damaged.source = (struct source){ .size = (uint64_t)status.st_size, .read = read_damaged,
		.close = close_damaged, .damage = &image.damage };
	origin.source = image.source = &damaged.source;
	result = dump_origin(&origin, digests, only_runs);
	source_close(damaged.whole);
	damage_release(&image.damage);
	close(descriptor);
	return result;
}

int
main(int argc, char **argv)
{
	bool digests = false, only_runs = false;
	unsigned long long offset = 0, length = 0;
	int option, result = 0;

	while ((option = getopt(argc, argv, "drD:")) != -1) {
		if (option == 'd')
			digests = true;
		else if (option == 'r')
			digests = only_runs = true;
		else if (option != 'D' || sscanf(optarg, "%llu,%llu", &offset, &length) != 2)
			return 64;
	}
	for (; optind < argc && !result; optind++)
		result = dump_image(argv[optind], digests, only_runs, offset, length);
	return result;
}
