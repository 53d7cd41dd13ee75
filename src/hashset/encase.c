/*
 * encase.c - EnCase hash sets (.hash), as The Sleuth Kit and hashdeep describe them:
 *
 *	0     "HASH\r\n\xFF\0"       8   u32 version      16  u32 rows     (little-endian)
 *	1032  name of the set, UTF-16LE, 39 units
 *	1152  rows of 18 bytes: MD5, two bytes more
 */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/text.h>

#include "set.h"

enum { HEADER_BYTES = 1152, ROW_BYTES = 18, MD5_BYTES = 16, NAME_AT = 1032, NAME_BYTES = 78, ROWS_AT_ONCE = 3640 };

static const char magic[] = "HASH\r\n\xFF";

static bool
probe(const uint8_t *head, size_t length)
{
	return length >= sizeof magic && !memcmp(head, magic, sizeof magic);
}

static const char *
read_name(const uint8_t *header, struct arena *arena)
{
	struct buffer name;
	const char *copy;
	size_t length = 0;

	while (length < NAME_BYTES && (header[NAME_AT + length] || header[NAME_AT + length + 1]))
		length += 2;
	buffer_init(&name, 0);
	text_add_utf16le(&name, header + NAME_AT, length);
	copy = arena_copy(arena, name.bytes, name.length);
	buffer_release(&name);
	return copy;
}

static void
hand_out(const uint8_t *bytes, size_t count, uint64_t first, const struct hash_row_sink *out)
{
	for (size_t i = 0; i < count; i++) {
		struct hash_row row = { .row = first + i };

		digests_set(&row.digests, DIGEST_MD5, bytes + i * ROW_BYTES);
		out->row(out->context, &row);
	}
}

/* The whole rows of what is asked for; fewer where the source ends. */
static size_t
read_rows(struct source *source, uint64_t offset, uint8_t *rows, size_t count, enum status *status)
{
	size_t length = 0, got;

	while (length < count * ROW_BYTES) {
		enum status step = source_read(source, offset + length, rows + length, count * ROW_BYTES - length, &got);

		if (step < STATUS_OK)
			*status = status_worse(*status, step);
		if (step > STATUS_OK || step <= STATUS_UNREADABLE || !got)
			break;
		length += got;
	}
	return length / ROW_BYTES;
}

static enum status
read_encase(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	uint8_t header[HEADER_BYTES], *rows;
	enum status status = STATUS_OK;
	uint64_t count, done = 0;

	if (source_read_exactly(source, 0, header, sizeof header) != STATUS_OK)
		return note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here, "it ends within its header");
	identity->description = read_name(header, arena);
	count = (uint64_t)header[16] | (uint64_t)header[17] << 8 | (uint64_t)header[18] << 16 | (uint64_t)header[19] << 24;
	rows = memory_allocate(ROWS_AT_ONCE, ROW_BYTES);
	while (status > STATUS_UNREADABLE) {
		size_t got = read_rows(source, HEADER_BYTES + done * ROW_BYTES, rows, ROWS_AT_ONCE, &status);

		hand_out(rows, got, done + 1, out);
		done += got;
		if (got < ROWS_AT_ONCE)
			break;
	}
	memory_free(rows);
	if (done > count)
		note(notes, STATUS_OK, NOTE_ARTIFACT_LINE, &here, "its header names %llu rows, and %llu stand there: all were read",
			(unsigned long long)count, (unsigned long long)done);
	if (done >= count && status == STATUS_OK)
		return STATUS_OK;
	return note(notes, status_worse(status, STATUS_DAMAGED), NOTE_ARTIFACT_DAMAGED, &here,
		"its header names %llu rows, and %llu could be read", (unsigned long long)count, (unsigned long long)done);
}

const struct hashset_format encase_hashset_format = {
	.name        = "encase",
	.description = "EnCase hash sets (MD5)",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_encase,
};
