/*
 * dump_journal.c - an ext file system with its journal laid over it, as one sees it: test helper.
 *
 *	dump_journal [-D OFFSET,LENGTH] IMAGE [OTHER]
 *
 * Prints notes as record lines, then a line "overlay" or "nothing".  With OTHER, an image
 * that e2fsck replayed: a line "differs BLOCK" for each block (of 1024 bytes) that is not
 * the same in it, and "place" lines that show where the laid pieces lie.  -D makes a range of bytes damaged.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/memory.h>
#include <t1554triage/record.h>

#include "../../src/filesystem/ext_journal.h"

enum { PIECE_BYTES = 1024 };

struct damaged_source {
	struct source source;
	struct source *whole;
	struct damage damage;
};

static enum status
read_damaged(struct source *source, uint64_t offset, void *buffer, size_t length, size_t *ret_length)
{
	struct damaged_source *damaged = (struct damaged_source *)source;
	enum status status = source_read(damaged->whole, offset, buffer, length, ret_length);

	if (status != STATUS_OK || !damage_overlaps(&damaged->damage, offset, *ret_length))
		return status;
	memset(buffer, 0, *ret_length);
	damaged->damage.touches++;
	return STATUS_DAMAGED;
}

static void
close_damaged(struct source *source)
{
	struct damaged_source *damaged = (struct damaged_source *)source;

	source_close(damaged->whole);
	damage_release(&damaged->damage);
}

static struct source *
open_file(const char *path)
{
	int descriptor = open(path, O_RDONLY);
	struct stat status;

	if (descriptor < 0 || fstat(descriptor, &status)) {
		perror(path);
		return NULL;
	}
	return source_open_descriptor(descriptor, (uint64_t)status.st_size);
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
compare(struct source *ours, struct source *theirs)
{
	uint8_t a[PIECE_BYTES], b[PIECE_BYTES];

	for (uint64_t at = 0; at + PIECE_BYTES <= ours->size; at += PIECE_BYTES) {
		enum status status = source_read_exactly(ours, at, a, sizeof a);

		if (status != STATUS_OK)
			printf("status %lld %d\n", (long long)(at / PIECE_BYTES), (int)status);
		if (source_read_exactly(theirs, at, b, sizeof b) != STATUS_OK)
			printf("short %lld\n", (long long)(at / PIECE_BYTES));
		if (memcmp(a, b, sizeof a) != 0)
			printf("differs %lld\n", (long long)(at / PIECE_BYTES));
	}
}

/* Reads of odd lengths across the edges of blocks give the same bytes. */
static void
compare_long(struct source *ours, struct source *theirs)
{
	static uint8_t a[70001], b[70001];
	uint64_t different = 0;

	for (uint64_t at = 0; at < ours->size; at += sizeof a) {
		size_t length = ours->size - at < sizeof a ? (size_t)(ours->size - at) : sizeof a;

		source_read_exactly(ours, at, a, length);
		source_read_exactly(theirs, at, b, length);
		for (size_t i = 0; i < length; i++)
			different += a[i] != b[i];
	}
	printf("bytes %llu\n", (unsigned long long)different);
}

static void
print_places(const struct source *ours)
{
	for (uint64_t at = 0, length; at < ours->size; at += length) {
		uint64_t place;

		length = ours->size - at;
		place = ext_journal_place(ours, at, &length);
		if (place != at)
			printf("place %llu %llu %llu\n", (unsigned long long)at, (unsigned long long)place,
				(unsigned long long)length);
	}
}

int
main(int argc, char **argv)
{
	struct damaged_source damaged = { .source = { .read = read_damaged, .close = close_damaged } };
	const struct notes notes = { .add = print_note };
	const struct place at = { .evidence = "E1", .volume = "-" };
	unsigned long long offset = 0, length = 0;
	struct source *overlay, *other = NULL;
	bool unreplayed;
	int option;

	damage_init(&damaged.damage);
	while ((option = getopt(argc, argv, "D:")) != -1) {
		if (sscanf(optarg ? optarg : "", "%llu,%llu", &offset, &length) != 2)
			return 64;
		damage_add(&damaged.damage, offset, length);
	}
	damaged.whole = optind < argc ? open_file(argv[optind]) : NULL;
	if (!damaged.whole)
		return 66;
	damaged.source.size = damaged.whole->size;
	damaged.source.damage = &damaged.damage;
	overlay = ext_journal_open(&damaged.source, &at, &notes, &unreplayed);
	printf("%s%s\n", overlay ? "overlay" : "nothing", unreplayed ? " unreplayed" : "");
	if (optind + 1 < argc && (other = open_file(argv[optind + 1]))) {
		compare(overlay ? overlay : &damaged.source, other);
		compare_long(overlay ? overlay : &damaged.source, other);
		if (overlay)
			print_places(overlay);
	}
	source_close(other);
	source_close(overlay);
	source_close(&damaged.source);
	return 0;
}
