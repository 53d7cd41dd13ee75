/*
 * fuzz_filesystem.c - changed images of file systems: opened, walked, their contents begun.
 *
 *	fuzz_filesystem [-seconds=N] [-runs=N] IMAGE...
 *
 * Each run changes up to 24 places of one image, most of them where it is not zero.  The
 * same images give the same runs.  Each runs in a process of its own, as
 * the program does it: the end of one is told with the number that makes it again (-only=N).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <t1554triage/filesystem.h>
#include <t1554triage/memory.h>

#include "../random_numbers.h"

enum {
	RUN_SECONDS = 20, ENTRIES_MAX = 2000, CONTENT_BYTES = 1 << 20, CHANGES_MAX = 24, IMAGE_MAX = 64 << 20,
	ATTEMPTS = 200,
};

struct walk {
	struct filesystem *filesystem;
	uint64_t nodes[ENTRIES_MAX];
	size_t   count, entries;
};

static void
change(uint8_t *bytes, size_t length)
{
	static const uint8_t interesting[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };
	size_t count = 1 + random_number(CHANGES_MAX);

	for (size_t i = 0; i < count; i++) {
		size_t at = random_number(length);

		for (unsigned left = ATTEMPTS; !bytes[at] && left; left--)
			at = random_number(length);
		if (random_number(2))
			bytes[at] = interesting[random_number(sizeof interesting)];
		else
			bytes[at] ^= (uint8_t)(1U << random_number(8));
	}
}

static void
read_content(struct filesystem *filesystem, const struct file_entry *entry, enum content_method method)
{
	static uint8_t bytes[CONTENT_BYTES];
	const struct notes silence = { .add = NULL };
	struct content_run runs[8];
	struct source *content = NULL;
	size_t got = 0;

	if (filesystem->driver->runs)
		filesystem->driver->runs(filesystem, entry, runs, 8);
	if (filesystem->driver->content(filesystem, entry, method, &silence, &content) < STATUS_DAMAGED)
		return;
	source_read(content, 0, bytes, sizeof bytes, &got);
	if (content->size)
		source_read(content, content->size - 1, bytes, sizeof bytes, &got);
	source_close(content);
}

static bool
take_entry(void *context, const struct file_entry *entry)
{
	struct walk *walk = context;

	if (entry->type == ENTRY_DIRECTORY && walk->count < ENTRIES_MAX)
		walk->nodes[walk->count++] = entry->node;
	else if (entry->has & ENTRY_HAS_CONTENT) {
		read_content(walk->filesystem, entry, CONTENT_BY_RUNS);
		read_content(walk->filesystem, entry, CONTENT_BY_LIBRARY);
	}
	return ++walk->entries < ENTRIES_MAX;
}

static void
walk_filesystem(struct filesystem *filesystem)
{
	const struct notes silence = { .add = NULL };
	struct walk walk = { .filesystem = filesystem };
	const struct entry_sink sink = { take_entry, &walk };

	filesystem->driver->list(filesystem, filesystem_root(filesystem), "/", &sink, &silence);
	for (size_t i = 0; i < walk.count && walk.entries < ENTRIES_MAX; i++)
		filesystem->driver->list(filesystem, walk.nodes[i], "/folder", &sink, &silence);
	if (filesystem->driver->orphans)
		filesystem->driver->orphans(filesystem, &sink, &silence);
}

static void
run(const uint8_t *bytes, size_t length)
{
	const struct notes silence = { .add = NULL };
	const struct exhibit exhibit = { .id = "E1" };
	const struct volume volume = { .evidence = "E1", .name = "-" };
	struct image image = { .exhibit = &exhibit };
	struct filesystem_origin origin = { .exhibit = &exhibit, .volume = &volume, .image = &image };
	struct filesystem *filesystem = NULL;

	damage_init(&image.damage);
	origin.source = image.source = source_open_memory(bytes, length);
	if (filesystem_open(&origin, &silence, &filesystem) >= STATUS_DAMAGED && filesystem) {
		walk_filesystem(filesystem);
		filesystem_close(filesystem);
	}
	source_close(origin.source);
	damage_release(&image.damage);
}

/* True if the process ended as it should. */
static bool
run_apart(const char *name, const uint8_t *whole, size_t length, uint64_t number)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		uint8_t *bytes = memory_allocate(length, 1);

		alarm(RUN_SECONDS);
		memcpy(bytes, whole, length);
		random_state = 1554 + number * 2654435761U;
		if (number)
			change(bytes, length);
		run(bytes, length);
		memory_free(bytes);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status) {
		printf("%s -only=%llu: ended with %d\n", name, (unsigned long long)number, status);
		return false;
	}
	return true;
}

static size_t
read_image(const char *path, uint8_t *bytes)
{
	int file = open(path, O_RDONLY);
	size_t length = 0;
	ssize_t got = 0;

	while (file >= 0 && length < IMAGE_MAX && (got = read(file, bytes + length, IMAGE_MAX - length)) > 0)
		length += (size_t)got;
	if (file >= 0)
		close(file);
	return length;
}

int
main(int argc, char **argv)
{
	uint8_t *bytes = memory_allocate(IMAGE_MAX, 1);
	uint64_t seconds = 0, runs = 0, only = UINT64_MAX, done = 0, lost = 0;
	int first = 1;

	for (; first < argc && argv[first][0] == '-'; first++) {
		const char *value = strchr(argv[first], '=');
		uint64_t number = value ? strtoull(value + 1, NULL, 10) : 0;

		*(argv[first][1] == 's' ? &seconds : argv[first][1] == 'r' ? &runs : &only) = number;
	}
	for (int i = first; i < argc; i++) {
		size_t length = read_image(argv[i], bytes);
		time_t end = time(NULL) + (time_t)seconds / (argc - first);

		for (uint64_t n = only == UINT64_MAX ? 0 : only; length; n++) {
			lost += !run_apart(argv[i], bytes, length, n);
			done++;
			if (only != UINT64_MAX || (seconds ? time(NULL) >= end : n >= runs))
				break;
		}
	}
	printf("%llu runs, %llu of them ended badly\n", (unsigned long long)done, (unsigned long long)lost);
	memory_free(bytes);
	return lost ? 1 : 0;
}
