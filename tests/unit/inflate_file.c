/*
 * inflate_file.c - what inflate_open makes of a file, for tests/unit/inflate.sh.
 *
 *   inflate_file FILE [LIMIT=VALUE]...
 *
 * stdout: the inflated bytes; stderr: "status N" and one line a note.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <t1554triage/inflate.h>
#include <t1554triage/limit.h>
#include <t1554triage/memory.h>

static void
print_note(void *context, const struct note *one)
{
	(void)context;
	fprintf(stderr, "note %s offset %llu: %s\n", note_kind_name(one->kind),
		(unsigned long long)one->at.offset, one->text);
}

static void
print_all(struct source *source)
{
	struct buffer bytes;

	buffer_init(&bytes, 0);
	source_read_all(source, (size_t)source->size, &bytes);
	fwrite(bytes.bytes, 1, bytes.length, stdout);
	buffer_release(&bytes);
}

int
main(int argc, char *argv[])
{
	struct notes notes = { print_note, NULL };
	struct source *compressed, *inflated = NULL;
	int descriptor = open(argc > 1 ? argv[1] : "", O_RDONLY | O_CLOEXEC);
	enum status status;

	if (descriptor < 0)
		return 66;
	for (int i = 2; i < argc; i++)
		if (!limit_set(argv[i]))
			return 64;
	compressed = source_open_descriptor(descriptor, (uint64_t)lseek(descriptor, 0, SEEK_END));
	status = inflate_open(compressed, NULL, &notes, &inflated);
	if (inflated)
		print_all(inflated);
	fprintf(stderr, "status %d\n", status);
	source_close(inflated);
	source_close(compressed);
	return 0;
}
