/* test_records.c - every type of record with random values: what is written is read, field by field. */
#include <t1554triage/eventlog.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/image.h>
#include <t1554triage/inventory.h>
#include <t1554triage/note.h>
#include <t1554triage/package.h>
#include <t1554triage/record.h>
#include <t1554triage/system.h>
#include <t1554triage/timestamp.h>
#include <t1554triage/volume.h>

#include "../random_numbers.h"
#include "tap.h"

enum { ROUNDS = 2000, TEXT_MAX = 30 };

/* Small ones, those that just fit, and any. */
static uint64_t
random_value(uint64_t largest)
{
	switch (random_bits() % 4) {
	case 0:  return 0;
	case 1:  return largest;
	case 2:  return random_bits() % 100;
	default: return random_bits() & largest;
	}
}

static const char *
random_text(struct arena *arena)
{
	char bytes[TEXT_MAX + 1];
	size_t length = random_bits() % TEXT_MAX;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(1 + random_bits() % 255);
	return random_bits() % 4 ? arena_copy(arena, bytes, length) : NULL;
}

static struct timestamp
random_time(void)
{
	static const uint64_t resolutions[] = { 0, 1, 100, 1000, 10000000, 1000000000, 2000000000, 86400000000000 };
	struct timestamp time = { .resolution_nanoseconds = resolutions[random_bits() % 8] };

	if (!time.resolution_nanoseconds)
		return time;
	time.seconds = (int64_t)random_bits() >> random_bits() % 40;
	time.local = random_bits() % 2;
	if (time.resolution_nanoseconds < 1000000000)
		time.nanoseconds = (uint32_t)(random_bits() % 1000000000 / time.resolution_nanoseconds
			* time.resolution_nanoseconds);
	return time;
}

static void
set_field(const struct field *field, void *member, struct arena *arena)
{
	uint64_t count = 0;

	switch (field->type) {
	case FIELD_TEXT:
		*(const char **)member = random_text(arena);
		break;
	case FIELD_U64:
		*(uint64_t *)member = random_value(UINT64_MAX);
		break;
	case FIELD_U32:
	case FIELD_OCTAL:
		*(uint32_t *)member = (uint32_t)random_value(UINT32_MAX);
		break;
	case FIELD_BOOL:
		*(bool *)member = random_bits() % 2;
		break;
	case FIELD_NAME:
		while (field->names[count])
			count++;
		*(unsigned *)member = (unsigned)(random_bits() % count);
		break;
	case FIELD_TIMESTAMP:
		*(struct timestamp *)member = random_time();
		break;
	case FIELD_BLOB:
	case FIELD_BLOB_TRIMMED:
		for (size_t i = 0, used = random_bits() % (field->size + 1); i < used; i++)
			((uint8_t *)member)[i] = (uint8_t)random_bits();
		break;
	}
}

/* Where the value lies: in the object, or in a part that is made where there is none. */
static void *
member_of(void *object, const struct field *field, struct arena *arena)
{
	void **part = (void *)((char *)object + field->part);

	if (!field->part_size)
		return (char *)object + field->offset;
	if (!*part)
		*part = arena_allocate(arena, field->part_size);
	return (char *)*part + field->offset;
}

static bool
is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool
is_same_time(const struct timestamp *a, const struct timestamp *b)
{
	return !timestamp_compare(a, b) && a->local == b->local && a->resolution_nanoseconds == b->resolution_nanoseconds;
}

static bool
is_same(const struct field *field, const void *a, const void *b)
{
	switch (field->type) {
	case FIELD_TEXT:
		return is_same_text(*(const char *const *)a, *(const char *const *)b);
	case FIELD_U64:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FIELD_U32:
	case FIELD_OCTAL:
	case FIELD_NAME:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case FIELD_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_TIMESTAMP:
		return is_same_time(a, b);
	case FIELD_BLOB:
	case FIELD_BLOB_TRIMMED:
		return !memcmp(a, b, field->size);
	}
	return false;
}

/* Changes a byte or two: the line may come from a process that a hostile file has taken over. */
static void
read_mutant(const struct record_type *type, const struct buffer *line, struct arena *arena, void *object)
{
	char *bytes = arena_copy(arena, line->bytes, line->length);
	size_t length = line->length - 1;

	for (unsigned i = 0; i < 2; i++)
		bytes[random_bits() % length] = " =%~\0\n-0129:\xff"[random_bits() % 13];
	if (record_read(bytes, random_bits() % (length + 1), type, arena, object) == STATUS_OK)
		record_read(bytes, length, type, arena, object);
}

static void
round_trips(const struct record_type *type)
{
	char *written = memory_allocate(1, type->size), *read = memory_allocate(1, type->size);
	unsigned refused = 0, different = 0;
	struct buffer line;
	struct arena arena;

	buffer_init(&line, 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		arena_init(&arena);
		memset(written, 0, type->size);
		buffer_clear(&line);
		for (const struct field *field = type->fields; field->name; field++)
			set_field(field, member_of(written, field, &arena), &arena);
		record_write(&line, type, written);
		if (record_read(line.bytes, line.length - 1, type, &arena, read) != STATUS_OK && !refused++)
			printf("# refused: %s", line.bytes);
		for (const struct field *field = type->fields; field->name; field++)
			if (!is_same(field, member_of(written, field, &arena), member_of(read, field, &arena)) && !different++)
				printf("# %s: %s", field->name, line.bytes);
		read_mutant(type, &line, &arena, read);
		arena_release(&arena);
	}
	IS(refused, 0, type->name);
	IS(different, 0, "every value comes back");
	buffer_release(&line);
	memory_free(written);
	memory_free(read);
}

int
main(void)
{
	static const struct record_type *const types[] = {
		&note_record, &media_verification_record, &volume_record, &file_entry_record, &filesystem_fact_record,
		&mount_fact_record, &package_record, &package_file_record, &package_lock_record, &package_diversion_record,
		&package_baseline_record, &package_load_record,
		&event_record, &file_record, &walk_count_record, &artifact_seen_record, &evidence_summary_record,
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		round_trips(types[i]);
	return tap_done();
}
