/*
 * rds3_delta.c - quarterly deltas of NSRL RDSv3, text of SQL that is never executed ("RDSv3", NIST, 2022):
 *
 *	BEGIN TRANSACTION;
 *	INSERT INTO FILE(sha256,sha1,md5,crc32,file_name,file_size,package_id) VALUES('00..','..','..','..','a.exe',503,1);
 *	INSERT INTO PKG VALUES(1,'office','1.0',7,1,'English','Office Suite');
 *	DELETE FROM FILE WHERE ...;
 *
 * Rows that are inserted are a set of their own; what is deleted or updated concerns the last full release
 * and is counted.  Products may be inserted behind the files that name them, so the text is read twice.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/byte_reader.h>
#include <t1554triage/text.h>

#include "products.h"

enum { CELLS_MAX = 16, CELL_BYTES = 8192, WORD_BYTES = 64 };

static const char *const file_columns[] = { "sha256", "sha1", "md5", "crc32", "file_name", "file_size", "package_id" };
static const char *const product_columns[] = { "package_id", "name", "version", "operating_system_id",
	"manufacturer_id", "language", "application_type" };
static const char *const system_columns[] = { "operating_system_id", "name", "version", "manufacturer_id" };
static const char *const version_columns[] = { "version", "build_set", "build_date", "release_date", "description" };

enum table { TABLE_FILE, TABLE_PRODUCT, TABLE_SYSTEM, TABLE_VERSION, TABLE_COUNT };

static const struct { const char *name; const char *const *columns; size_t count; } tables[] = {
	[TABLE_FILE] = { "FILE", file_columns, 7 }, [TABLE_PRODUCT] = { "PKG", product_columns, 7 },
	[TABLE_SYSTEM] = { "OS", system_columns, 4 }, [TABLE_VERSION] = { "VERSION", version_columns, 5 },
};

/* One row that is inserted: positions of its cells by the table's own columns. */
struct inserted {
	enum table table;
	size_t     columns[CELLS_MAX];	/* position in tables[].columns of the n-th cell */
	size_t     column_count;
	char       cells[CELLS_MAX][CELL_BYTES];	/* by the table's own columns */
	bool       is_cut;		/* a cell was longer */
};

struct delta {
	struct byte_reader bytes;
	uint64_t           line, row_line;
	uint64_t           changes;	/* statements that delete or update */
	bool               want_files;
	struct products    products;
	struct inserted    row;
	const struct hash_row_sink *out;
	struct hash_set_identity *identity;
	struct arena      *arena;
};

static bool
probe(const uint8_t *head, size_t length)
{
	static const char *const starts[] = { "BEGIN", "INSERT INTO ", "--", "PRAGMA", "CREATE TABLE", "DELETE FROM", "UPDATE" };
	static const char insert[] = "INSERT INTO FILE";
	size_t blanks = 0;

	while (blanks < length && strchr(" \t\r\n", head[blanks]))
		blanks++;
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
		if (length - blanks >= strlen(starts[i]) && !strncasecmp((const char *)head + blanks, starts[i], strlen(starts[i])))
			return memmem(head, length, insert, sizeof insert - 1) != NULL ||
			       memmem(head, length, "INSERT INTO \"FILE\"", 18) != NULL;
	return false;
}

static int
take(struct delta *delta)
{
	int byte = byte_take(&delta->bytes);

	delta->line += byte == '\n';
	return byte;
}

/* Blanks and comments. */
static int
peek_token(struct delta *delta)
{
	for (int byte; (byte = byte_peek(&delta->bytes)) != BYTE_READER_END; ) {
		if (byte == '-') {
			take(delta);
			if (byte_peek(&delta->bytes) != '-')
				return '-';
			while ((byte = take(delta)) != '\n' && byte != BYTE_READER_END)
				;
		} else if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n') {
			return byte;
		} else {
			take(delta);
		}
	}
	return BYTE_READER_END;
}

/* A word or a quoted name; empty where none stands here. */
static void
take_word(struct delta *delta, char ret_word[WORD_BYTES])
{
	int byte = peek_token(delta);
	bool quoted = byte == '"';
	size_t length = 0;

	if (quoted)
		take(delta);
	while ((byte = byte_peek(&delta->bytes)) != BYTE_READER_END &&
	       (quoted ? byte != '"' : byte == '_' || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z'))) {
		take(delta);
		if (length + 1 < WORD_BYTES)
			ret_word[length++] = (char)byte;
	}
	if (quoted)
		take(delta);
	ret_word[length] = '\0';
}

/* A value: 'text' with '' for a quote, a number, a word.  False where the text ends within it. */
static bool
take_value(struct delta *delta, char *ret_value, bool *ret_cut)
{
	int byte = peek_token(delta);
	bool quoted = byte == '\'';
	size_t length = 0;

	if (quoted)
		take(delta);
	for (;;) {
		byte = byte_peek(&delta->bytes);
		if (byte == BYTE_READER_END)
			return false;
		if (!quoted && strchr(",) ;\r\n\t", byte))
			break;
		take(delta);
		if (quoted && byte == '\'') {
			if (byte_peek(&delta->bytes) != '\'')
				break;
			take(delta);
		}
		if (length + 1 < CELL_BYTES)
			ret_value[length++] = (char)byte;
		else
			*ret_cut = true;
	}
	ret_value[length] = '\0';
	return true;
}

/* To the end of a statement; a ';' in quotes does not end it. */
static void
skip_statement(struct delta *delta)
{
	int quote = 0;

	for (int byte; (byte = take(delta)) != BYTE_READER_END; ) {
		if (!quote && byte == ';')
			return;
		if (!quote && (byte == '\'' || byte == '"'))
			quote = byte;
		else if (byte == quote)
			quote = 0;
	}
}

/* "(a, b, c)", or the table's own columns in their order. */
static bool
take_columns(struct delta *delta)
{
	struct inserted *row = &delta->row;
	char word[WORD_BYTES];

	row->column_count = tables[row->table].count;
	for (size_t i = 0; i < row->column_count; i++)
		row->columns[i] = i;
	if (peek_token(delta) != '(')
		return true;
	take(delta);
	for (row->column_count = 0; row->column_count < CELLS_MAX; ) {
		size_t column = 0;
		int byte;

		take_word(delta, word);
		while (column < tables[row->table].count && strcasecmp(word, tables[row->table].columns[column]))
			column++;
		row->columns[row->column_count++] = column;
		byte = peek_token(delta);
		take(delta);
		if (byte == ')')
			return true;
		if (byte != ',')
			return false;
	}
	return false;
}

static const char *
take_digests(const struct inserted *inserted, struct hash_row *row)
{
	static const struct { size_t column; enum digest_algorithm algorithm; const char *why; } columns[] = {
		{ 0, DIGEST_SHA256, "not a SHA-256" }, { 1, DIGEST_SHA1, "not a SHA-1" }, { 2, DIGEST_MD5, "not an MD5" },
	};

	for (size_t i = 0; i < 3; i++) {
		const char *text = inserted->cells[columns[i].column];
		struct digest digest;

		if (!*text || !strcasecmp(text, "NULL"))
			continue;
		if (!digest_parse(text, strlen(text), columns[i].algorithm, &digest))
			return columns[i].why;
		digests_set(&row->digests, digest.algorithm, digest.bytes);
	}
	return row->digests.known ? NULL : "no digest";
}

static void
take_file(struct delta *delta)
{
	const struct inserted *inserted = &delta->row;
	struct hash_row row = { .name = inserted->cells[4], .row = delta->row_line };
	const char *why = inserted->is_cut ? "a text longer than 8,192 bytes" : take_digests(inserted, &row);
	uint64_t code;

	if (text_parse_u64(inserted->cells[6], strlen(inserted->cells[6]), 10, &code) && code <= INT64_MAX)
		products_describe(&delta->products, (int64_t)code, &row);
	if (why)
		delta->out->rejected(delta->out->context, row.row, inserted->cells[4], why);
	else
		delta->out->row(delta->out->context, &row);
}

static void
use_row(struct delta *delta)
{
	char (*cells)[CELL_BYTES] = delta->row.cells;
	uint64_t code;

	switch (delta->row.table) {
	case TABLE_FILE:
		if (delta->want_files)
			take_file(delta);
		break;
	case TABLE_PRODUCT:
		if (!delta->want_files && text_parse_u64(cells[0], strlen(cells[0]), 10, &code) && code <= INT64_MAX)
			products_add(&delta->products, (int64_t)code, cells[1], cells[2], cells[6],
				cells[3]);
		break;
	case TABLE_SYSTEM:
		if (!delta->want_files)
			products_add_system(&delta->products, cells[0], cells[1], cells[2]);
		break;
	case TABLE_VERSION:
		if (delta->want_files)
			delta->identity->release = arena_copy_text(delta->arena, cells[0]);
		break;
	case TABLE_COUNT:
		break;
	}
}

/* One "(...)"; NULL, or what is wrong with it. */
static const char *
take_row(struct delta *delta)
{
	struct inserted *row = &delta->row;
	char other[CELL_BYTES] = "";

	for (size_t i = 0; i < CELLS_MAX; i++)
		row->cells[i][0] = '\0';
	row->is_cut = false;
	take(delta);
	for (size_t cell = 0; cell < row->column_count; cell++) {
		bool is_known = row->columns[cell] < tables[row->table].count, is_cut = false;
		int byte;

		if (!take_value(delta, is_known ? row->cells[row->columns[cell]] : other, &is_cut))
			return "the text ends within a row";
		row->is_cut |= is_known && is_cut;
		byte = peek_token(delta);
		if (byte != (cell + 1 < row->column_count ? ',' : ')'))
			return "not as many values as columns";
		take(delta);
	}
	return NULL;
}

static void
take_insert(struct delta *delta)
{
	char word[WORD_BYTES];
	const char *why = NULL;

	take_word(delta, word);
	take_word(delta, word);
	for (delta->row.table = TABLE_FILE; delta->row.table < TABLE_COUNT; delta->row.table++)
		if (!strcasecmp(word, tables[delta->row.table].name))
			break;
	if (delta->row.table == TABLE_COUNT) {
		skip_statement(delta);
		return;
	}
	delta->row_line = delta->line;
	if (!take_columns(delta))
		why = "not a list of columns";
	if (!why) {
		take_word(delta, word);
		why = strcasecmp(word, "VALUES") ? "no VALUES behind the table's name" : NULL;
	}
	while (!why && peek_token(delta) == '(') {
		delta->row_line = delta->line;
		why = take_row(delta);
		if (!why)
			use_row(delta);
		if (peek_token(delta) == ',')
			take(delta);
	}
	if (why && delta->want_files)
		delta->out->rejected(delta->out->context, delta->row_line, tables[delta->row.table].name, why);
	skip_statement(delta);
}

static void
read_statements(struct delta *delta, struct source *source, bool want_files)
{
	char word[WORD_BYTES];

	byte_reader_init(&delta->bytes, source);
	delta->line = 1;
	delta->changes = 0;
	delta->want_files = want_files;
	while (peek_token(delta) != BYTE_READER_END) {
		take_word(delta, word);
		if (!strcasecmp(word, "INSERT")) {
			take_insert(delta);
			continue;
		}
		delta->changes += !strcasecmp(word, "DELETE") || !strcasecmp(word, "UPDATE");
		skip_statement(delta);
	}
}

static enum status
read_delta(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct delta *delta = memory_allocate(1, sizeof *delta);
	enum status status = products_init(&delta->products, notes);

	delta->out = out;
	delta->identity = identity;
	delta->arena = arena;
	identity->description = "a delta of NSRL RDSv3: the rows that it inserts";
	read_statements(delta, source, false);
	read_statements(delta, source, true);
	if (delta->changes)
		note(notes, STATUS_OK, NOTE_ARTIFACT_LINE, &here, "%llu statements delete or update rows of the last full "
			"release: apply the delta to it with sqlite3 for the whole set", (unsigned long long)delta->changes);
	if (delta->bytes.status < STATUS_OK)
		status = status_worse(status, note(notes, delta->bytes.status, NOTE_ARTIFACT_DAMAGED, &here,
			"this text cannot be read on from line %llu", (unsigned long long)delta->line));
	products_release(&delta->products);
	memory_free(delta);
	return status;
}

const struct hashset_format rds3_delta_hashset_format = {
	.name        = "rds3_delta",
	.description = "NSRL RDSv3 deltas, text of SQL (the rows that it inserts)",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_delta,
};
