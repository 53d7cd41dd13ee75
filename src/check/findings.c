/*
 * findings.c - findings: small keys in memory, their statements in a file
 *
 * A statement is one line with its sentence and one line for each place that was seen, in the written form of facts.
 * It is written once, as a check makes it.  What can be had from the inventory is not written: further names and the
 * commands that show the same are added where it is read.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/record.h>
#include <t1554triage/spool_file.h>

#include "finding.h"

enum { NAMES_SAID = 5 };

struct sentence { const char *text; };
static const struct field sentence_fields[] = {
	FIELD(struct sentence, text, FIELD_TEXT),
	FIELD_LAST
};
static const struct record_type sentence_record = {
	.name = "sentence", .size = sizeof (struct sentence), .fields = sentence_fields,
	.description = "what a finding says",
};

struct seen { struct place at; const char *text; bool decoded; };
static const struct field seen_fields[] = {
	FIELDS_PLACE(struct seen, at),
	FIELD(struct seen, text, FIELD_TEXT),
	FIELD(struct seen, decoded, FIELD_BOOL),
	FIELD_LAST
};
static const struct record_type seen_record = {
	.name = "seen", .size = sizeof (struct seen), .fields = seen_fields,
	.description = "a place that supports a finding",
};

void
findings_init(struct findings *findings, struct spool_file *spool)
{
	*findings = (struct findings){ .spool = spool, .error = spool ? 0 : errno };
	arena_init(&findings->arena);
	buffer_init(&findings->line, 0);
}

void
findings_release(struct findings *findings)
{
	spool_file_close(findings->spool);
	memory_free(findings->items);
	arena_release(&findings->arena);
	buffer_release(&findings->line);
	*findings = (struct findings){ .spool = NULL };
}

static const struct finding_subject *
copy_subject(struct arena *arena, const struct finding_subject *subject)
{
	struct finding_subject *copy = arena_allocate(arena, sizeof *copy);

	*copy = *subject;
	copy->path = arena_copy_text(arena, subject->path);
	return copy;
}

static void
add_statement(struct buffer *out, const struct finding_statement *statement)
{
	record_write(out, &sentence_record, &(struct sentence){ statement->text });
	for (size_t i = 0; i < statement->seen_count; i++)
		record_write(out, &seen_record, &(struct seen){ .at = statement->seen[i],
			.text = statement->seen_text ? statement->seen_text[i] : NULL,
			.decoded = statement->seen_decoded && statement->seen_decoded[i] });
}

void
findings_add(struct findings *findings, const struct finding *finding, const struct finding_statement *statement)
{
	struct finding *copy;

	findings->items = memory_grow(findings->items, findings->count, &findings->capacity,
		sizeof *findings->items);
	copy = &findings->items[findings->count++];
	*copy = *finding;
	copy->names = NULL;
	copy->name_count = 0;
	if (!finding->file)
		copy->subject = copy_subject(&findings->arena, finding->subject);
	copy->number = (uint32_t)findings->count;
	buffer_clear(&findings->line);
	add_statement(&findings->line, statement);
	copy->length = (uint32_t)findings->line.length;
	if (findings->spool)
		copy->offset = spool_file_add(findings->spool, findings->line.bytes, findings->line.length);
}

int
findings_settle(struct findings *findings)
{
	if (findings->spool && !findings->error)
		findings->error = spool_file_flush(findings->spool);
	return findings->error;
}

struct finding_id
finding_id(const struct finding *finding)
{
	struct finding_id id;

	snprintf(id.text, sizeof id.text, "F-%04u", (unsigned)finding->number);
	return id;
}

struct finding_reader {
	const struct findings  *findings;
	const struct inventory *inventory;
	char          *bytes;			/* of the statement */
	size_t         capacity;
	struct place  *seen;
	const char   **seen_text;
	bool          *seen_decoded;
	size_t         seen_capacity, text_capacity, decoded_capacity;
	struct arena   arena;
	struct finding_statement statement;
	bool           failed;
};

struct finding_reader *
finding_reader_open(const struct findings *findings, const struct inventory *inventory)
{
	struct finding_reader *reader = memory_allocate(1, sizeof *reader);

	reader->findings = findings;
	reader->inventory = inventory;
	arena_init(&reader->arena);
	return reader;
}

bool
finding_reader_close(struct finding_reader *reader)
{
	bool is_whole = !reader->failed;

	memory_free(reader->bytes);
	memory_free(reader->seen);
	memory_free(reader->seen_text);
	memory_free(reader->seen_decoded);
	arena_release(&reader->arena);
	memory_free(reader);
	return is_whole;
}

static bool
read_bytes(struct finding_reader *reader, const struct finding *finding)
{
	if (reader->findings->error)
		return false;
	if (finding->length > reader->capacity) {
		reader->capacity = finding->length;
		reader->bytes = memory_resize(reader->bytes, reader->capacity, 1);
	}
	return spool_file_read(reader->findings->spool, finding->offset, reader->bytes, finding->length) == finding->length;
}

static bool
take_seen(struct finding_reader *reader, const char *line, size_t length)
{
	size_t at = reader->statement.seen_count;
	struct seen seen;

	if (record_read(line, length, &seen_record, &reader->arena, &seen) != STATUS_OK)
		return false;
	reader->seen = memory_grow(reader->seen, at, &reader->seen_capacity, sizeof *reader->seen);
	reader->seen_text = memory_grow(reader->seen_text, at, &reader->text_capacity, sizeof *reader->seen_text);
	reader->seen_decoded = memory_grow(reader->seen_decoded, at, &reader->decoded_capacity, sizeof *reader->seen_decoded);
	reader->seen[at] = seen.at;
	reader->seen_text[at] = seen.text;
	reader->seen_decoded[at] = seen.decoded;
	reader->statement.seen_count++;
	return true;
}

static bool
take_lines(struct finding_reader *reader, size_t length)
{
	const char *line = reader->bytes, *end = reader->bytes + length, *newline;
	struct sentence sentence = { .text = NULL };

	for (; line < end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			return false;
		if (line != reader->bytes && !take_seen(reader, line, (size_t)(newline - line)))
			return false;
		if (line == reader->bytes && record_read(line, (size_t)(newline - line), &sentence_record, &reader->arena, &sentence)
		    != STATUS_OK)
			return false;
	}
	reader->statement.text = sentence.text;
	reader->statement.seen = reader->seen;
	reader->statement.seen_text = reader->seen_text;
	reader->statement.seen_decoded = reader->seen_decoded;
	return sentence.text != NULL;
}

/* Of hard links it says their other names. */
static const char *
with_names(struct arena *arena, const char *sentence, const struct finding *finding)
{
	struct buffer text;
	const char *copy;

	buffer_init(&text, 0);
	buffer_add_format(&text, "%s; the same file has the name%s ", sentence, finding->name_count > 1 ? "s" : "");
	for (size_t i = 0; i < finding->name_count && i < NAMES_SAID; i++)
		buffer_add_format(&text, "%s%s", i ? ", " : "", finding->names[i]->path);
	if (finding->name_count > NAMES_SAID)
		buffer_add_format(&text, " and %u more", (unsigned)finding->name_count - NAMES_SAID);
	copy = arena_copy_text(arena, text.bytes);
	buffer_release(&text);
	return copy;
}

const struct finding_statement *
finding_read(struct finding_reader *reader, const struct finding *finding)
{
	struct finding_statement *statement = &reader->statement;

	if (reader->failed)
		return NULL;
	arena_clear(&reader->arena);
	*statement = (struct finding_statement){ .text = NULL };
	reader->failed = !read_bytes(reader, finding) || !take_lines(reader, finding->length);
	if (reader->failed)
		return NULL;
	if (finding->name_count)
		statement->text = with_names(&reader->arena, statement->text, finding);
	if (reader->inventory)
		finding_set_repeat(reader->inventory, finding->file, statement, &reader->arena);
	return statement;
}
