/*
 * dump_collection.c - a folder or archive as its drivers see it, for tests/images/collections.sh.
 *
 *   dump_collection FOLDER|ARCHIVE
 *
 * One line an entry: path, type, mode, uid, gid, size, modified, changed, born,
 * link target, SHA-256 of the content, collected MD5, inode; "-" for what is not
 * known.  Then "filesystem TYPE", "status N" and one line a note.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/memory.h>
#include <t1554triage/text.h>

enum { BLOCK_BYTES = 65536 };

struct pending { char *path; uint64_t node; };

struct dump {
	struct filesystem *filesystem;
	struct pending    *pending;
	size_t             count, capacity;
	struct buffer      line;
	struct notes       notes;
	enum status        status;
};

static void
print_note(void *context, const struct note *one)
{
	(void)context;
	printf("note %s %llu %s: %s\n", note_kind_name(one->kind), (unsigned long long)one->files,
		one->at.path ? one->at.path : "-", one->text);
}

static void
add_time(struct buffer *line, const struct timestamp *time)
{
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format(time, text);
	buffer_add_format(line, "\t%s", text[0] ? text : "-");
}

static void
add_digest(struct dump *dump, const struct file_entry *entry)
{
	struct digest_stream *stream = digest_stream_open(1U << DIGEST_SHA256);
	uint8_t block[BLOCK_BYTES];
	struct digests digests = { .known = 0 };
	struct source *source = NULL;
	enum status status = dump->filesystem->driver->content(dump->filesystem, entry, CONTENT_BY_RUNS,
		&dump->notes, &source);
	size_t got = 0;

	for (uint64_t at = 0; status == STATUS_OK && at < source->size; at += got) {
		status = source_read(source, at, block, sizeof block, &got);
		digest_stream_update(stream, block, got);
	}
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	source_close(source);
	buffer_add_char(&dump->line, '\t');
	if (status == STATUS_OK)
		text_add_hex(&dump->line, digests.sha256, sizeof digests.sha256);
	else
		buffer_add_format(&dump->line, "status%d", status);
}

static bool
print_entry(void *context, const struct file_entry *entry)
{
	struct dump *dump = context;
	struct buffer *line = &dump->line;

	buffer_clear(line);
	text_add_escaped(line, entry->path, strlen(entry->path));
	buffer_add_format(line, "\t%s", entry_type_names[entry->type]);
	if (entry->has & ENTRY_HAS_MODE)
		buffer_add_format(line, "\t%04o", entry->mode);
	else
		buffer_add_text(line, "\t-");
	if (entry->has & ENTRY_HAS_OWNER)
		buffer_add_format(line, "\t%u\t%u", entry->uid, entry->gid);
	else
		buffer_add_text(line, "\t-\t-");
	if (entry->has & ENTRY_HAS_SIZE && entry->type == ENTRY_REGULAR)
		buffer_add_format(line, "\t%llu", (unsigned long long)entry->size);
	else
		buffer_add_text(line, "\t-");
	add_time(line, &entry->times.modified);
	add_time(line, &entry->times.changed);
	add_time(line, &entry->times.born);
	buffer_add_format(line, "\t%s", entry->link_target ? entry->link_target : "-");
	if (entry->not_readable)
		buffer_add_format(line, "\t%s", entry->not_readable);
	else if (entry->has & ENTRY_HAS_CONTENT)
		add_digest(dump, entry);
	else
		buffer_add_text(line, "\t-");
	buffer_add_char(line, '\t');
	if (entry->collected && entry->collected->known & 1U << DIGEST_MD5)
		text_add_hex(line, entry->collected->md5, sizeof entry->collected->md5);
	else
		buffer_add_char(line, '-');
	buffer_add_format(line, "\t%s%s", entry->inode ? entry->inode : "-",
		entry->has & ENTRY_HAS_ATTRIBUTES && entry->capabilities ? "\tcapabilities" : "");
	puts(line->bytes);
	if (entry->type == ENTRY_DIRECTORY) {
		dump->pending = memory_grow(dump->pending, dump->count, &dump->capacity, sizeof *dump->pending);
		dump->pending[dump->count++] = (struct pending){ memory_copy_text(entry->path), entry->node };
	}
	return true;
}

static void
dump_all(struct dump *dump)
{
	struct entry_sink sink = { print_entry, dump };
	const struct filesystem_driver *driver = dump->filesystem->driver;

	dump->status = status_worse(dump->status, driver->list(dump->filesystem,
		filesystem_root(dump->filesystem), "/", &sink, &dump->notes));
	while (dump->count) {
		struct pending one = dump->pending[--dump->count];

		dump->status = status_worse(dump->status,
			driver->list(dump->filesystem, one.node, one.path, &sink, &dump->notes));
		memory_free(one.path);
	}
	memory_free(dump->pending);
	printf("filesystem %s\n", dump->filesystem->identity.type);
}

int
main(int argc, char *argv[])
{
	int descriptor = open(argc > 1 ? argv[1] : "", O_RDONLY | O_CLOEXEC);
	struct volume volume = { .evidence = "E1", .name = "-" };
	struct segment segment = { .descriptor = descriptor };
	struct exhibit exhibit = { .id = "E1", .segments = &segment, .segment_count = 1 };
	struct filesystem_origin origin = { .exhibit = &exhibit, .volume = &volume };
	struct dump dump = { .notes = { print_note, NULL } };
	struct stat stat;

	if (descriptor < 0 || fstat(descriptor, &stat) < 0)
		return 66;
	exhibit.kind = S_ISDIR(stat.st_mode) ? EXHIBIT_FOLDER : EXHIBIT_ARCHIVE;
	segment.size = (uint64_t)stat.st_size;
	buffer_init(&dump.line, 0);
	dump.status = filesystem_open(&origin, &dump.notes, &dump.filesystem);
	if (dump.filesystem)
		dump_all(&dump);
	filesystem_close(dump.filesystem);
	buffer_release(&dump.line);
	printf("status %d\n", dump.status);
	return 0;
}
