/*
 * nsrl.c - NSRL RDS 2.x and 1.5, NSRLFile.txt ("Data Formats of the NSRL RDS Distribution", NIST, revision 16):
 *
 *	"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"
 *	"00D1034546F530D746131CE2A28A052DB21652EC","2193697C470774EA58DA24B3BAC5FCDE","CABEC7CD","a, b.exe",503,1,"WIN",""
 *
 *	"SHA-1","FileName","FileSize","ProductCode","OpSystemCode","MD4","MD5","CRC32","SpecialCode"     (1.5)
 *
 * Files without the header circulate, and some with columns left out.  Quotes within a name are not
 * escaped: the cells before the name are cut from the left, those behind it from the right.  NSRLProd.txt
 * and NSRLOS.txt of the same folder or zip say what the codes mean:
 *
 *	"ProductCode","ProductName","ProductVersion","OpSystemCode","MfgCode","Language","ApplicationType"
 *	"OpSystemCode","OpSystemName","OpSystemVersion","MfgCode"
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "nsrl.h"
#include "separated.h"

enum { COLUMNS_MAX = 16 };

enum nsrl_column { NSRL_OTHER, NSRL_SHA1, NSRL_MD5, NSRL_SHA256, NSRL_NAME, NSRL_PRODUCT, NSRL_SYSTEM, NSRL_SPECIAL };

struct layout {
	size_t count, name;		/* name: position of the file name, count where there is none */
	enum nsrl_column columns[COLUMNS_MAX];
};

static const struct { const char *heading; enum nsrl_column column; } headings[] = {
	{ "SHA-1", NSRL_SHA1 }, { "MD5", NSRL_MD5 }, { "SHA-256", NSRL_SHA256 }, { "FileName", NSRL_NAME },
	{ "ProductCode", NSRL_PRODUCT }, { "OpSystemCode", NSRL_SYSTEM }, { "SpecialCode", NSRL_SPECIAL },
};

static const struct layout rds2 = { .count = 8, .name = 3, .columns = {
	NSRL_SHA1, NSRL_MD5, NSRL_OTHER, NSRL_NAME, NSRL_OTHER, NSRL_PRODUCT, NSRL_SYSTEM, NSRL_SPECIAL } };
static const struct layout rds15 = { .count = 9, .name = 1, .columns = {
	NSRL_SHA1, NSRL_NAME, NSRL_OTHER, NSRL_PRODUCT, NSRL_SYSTEM, NSRL_OTHER, NSRL_MD5, NSRL_OTHER, NSRL_SPECIAL } };

static enum nsrl_column
column_of(const char *heading, size_t length)
{
	for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
		if (strlen(headings[i].heading) == length && !memcmp(headings[i].heading, heading, length))
			return headings[i].column;
	return NSRL_OTHER;
}

/* A header names a digest and, as no other table of the NSRL does, a FileName. */
static bool
parse_header(const char *line, struct layout *ret_layout)
{
	struct layout layout = { .count = 0, .name = COLUMNS_MAX };
	bool any = false;

	for (const char *at = line; *at == '"' && layout.count < COLUMNS_MAX; ) {
		size_t length = strcspn(at + 1, "\"");
		enum nsrl_column column = column_of(at + 1, length);

		any |= column == NSRL_SHA1 || column == NSRL_MD5 || column == NSRL_SHA256;
		if (column == NSRL_NAME)
			layout.name = layout.count;
		layout.columns[layout.count++] = column;
		at += 1 + length;
		at += *at == '"';
		at += *at == ',';
	}
	*ret_layout = layout;
	return any && layout.name < layout.count && strstr(line, "\"ProductCode\"");
}

/* The cell without its quotes. */
static char *
unquote(char *cell)
{
	size_t length = strlen(cell);

	if (length < 2 || *cell != '"' || cell[length - 1] != '"')
		return cell;
	cell[length - 1] = '\0';
	return cell + 1;
}

/* False: not as many cells. */
static bool
cut_cells(const struct layout *layout, char *line, size_t length, char *ret_cells[COLUMNS_MAX])
{
	char *left = line, *right = line + length;

	for (size_t i = 0; i < layout->name; i++) {
		char *comma = memchr(left, ',', (size_t)(right - left));

		if (!comma)
			return false;
		*comma = '\0';
		ret_cells[i] = unquote(left);
		left = comma + 1;
	}
	for (size_t i = layout->count; i-- > layout->name + 1; ) {
		char *comma = memrchr(left, ',', (size_t)(right - left));

		if (!comma)
			return false;
		*comma = '\0';
		ret_cells[i] = unquote(comma + 1);
		right = comma;
	}
	ret_cells[layout->name] = unquote(left);
	return true;
}

static const char *
take_digest(const char *cell, enum digest_algorithm algorithm, struct hash_row *row)
{
	struct digest digest;

	if (!*cell)
		return NULL;
	if (!digest_parse(cell, strlen(cell), algorithm, &digest))
		return algorithm == DIGEST_SHA1 ? "not a SHA-1" : algorithm == DIGEST_MD5 ? "not an MD5" : "not a SHA-256";
	digests_set(&row->digests, algorithm, digest.bytes);
	return NULL;
}

/* A special code M says malicious; nobody says by whose word, so it weighs as little as a row may. */
static void
take_special(const char *cell, struct hash_row *row)
{
	if (strcmp(cell, "M"))
		return;
	row->class = HASH_BAD;
	row->grade = 'C';
	row->note = "SpecialCode M: malicious";
}

/* products may be NULL. */
static const char *
parse_row(const struct layout *layout, const struct products *products, char *line, size_t length,
	struct hash_row *row)
{
	char *cells[COLUMNS_MAX];
	const char *why = NULL, *special = "";
	uint64_t code;

	if (strlen(line) != length)
		return "a NUL byte in the line";
	if (!cut_cells(layout, line, length, cells))
		return "fewer cells than the header names";
	for (size_t i = 0; i < layout->count && !why; i++)
		switch (layout->columns[i]) {
		case NSRL_SHA1:    why = take_digest(cells[i], DIGEST_SHA1, row); break;
		case NSRL_MD5:     why = take_digest(cells[i], DIGEST_MD5, row); break;
		case NSRL_SHA256:  why = take_digest(cells[i], DIGEST_SHA256, row); break;
		case NSRL_NAME:    row->name = cells[i]; break;
		case NSRL_PRODUCT:
			if (products && text_parse_u64(cells[i], strlen(cells[i]), 10, &code) && code <= INT64_MAX)
				products_describe(products, (int64_t)code, row);
			break;
		case NSRL_SYSTEM:  row->system = products ? products_system(products, cells[i]) : cells[i]; break;
		case NSRL_SPECIAL: special = cells[i]; break;
		case NSRL_OTHER:   break;
		}
	take_special(special, row);
	return why ? why : row->digests.known ? NULL : "no digest";
}

/* Without a header: by the first row. */
static bool
guess_layout(const char *line, size_t length, struct layout *ret_layout)
{
	static const struct layout *const layouts[] = { &rds2, &rds15 };

	for (size_t i = 0; i < 2; i++) {
		struct hash_row row = { .row = 1 };
		char copy[4096];

		if (length >= sizeof copy || *line != '"')
			return false;
		memcpy(copy, line, length);
		copy[length] = '\0';
		*ret_layout = *layouts[i];
		if (!parse_row(ret_layout, NULL, copy, length, &row) &&
		    (row.digests.known & (1u << DIGEST_SHA1 | 1u << DIGEST_MD5)) == (1u << DIGEST_SHA1 | 1u << DIGEST_MD5))
			return true;
	}
	return false;
}

static bool
find_layout(const char *line, size_t length, struct layout *ret_layout, bool *ret_is_header)
{
	*ret_is_header = parse_header(line, ret_layout);
	return *ret_is_header || guess_layout(line, length, ret_layout);
}

bool
nsrl_is_files(const uint8_t *head, size_t length)
{
	const uint8_t *end = memchr(head, '\n', length);
	size_t size = end ? (size_t)(end - head) : length;
	struct layout layout;
	char line[4096];
	bool is_header;

	if (size && head[size - 1] == '\r')
		size--;
	if (size >= sizeof line)
		return false;
	memcpy(line, head, size);
	line[size] = '\0';
	return strlen(line) == size && find_layout(line, size, &layout, &is_header);
}

/* The rows of a table beside NSRLFile.txt, behind its header. */
struct side_table {
	struct line_reader reader;
	char *cells[SEPARATED_CELLS_MAX];
	uint64_t odd;
};

static bool
next_row(struct side_table *table, size_t cells)
{
	size_t length;
	char *line;

	while (line_reader_next(&table->reader, &line, &length)) {
		size_t count = table->reader.line > 1 && *line ? separated_cut(line, ',', table->cells) : 0;

		if (count != SIZE_MAX && count >= cells)
			return true;
		table->odd += table->reader.line > 1 && *line;
	}
	return false;
}

static enum status
close_table(struct side_table *table, const char *name, const struct notes *notes)
{
	enum status status = table->reader.status;

	if (table->odd)
		note(notes, STATUS_OK, NOTE_ARTIFACT_LINE, &table->reader.place,
			"%llu lines of %s are not rows: what they say of products is missing",
			(unsigned long long)table->odd, name);
	line_reader_release(&table->reader);
	return status;
}

static enum status
read_systems(struct source *source, const struct place *here, const struct notes *notes, struct products *products)
{
	struct side_table table = { .odd = 0 };

	line_reader_init(&table.reader, source, here, notes);
	while (next_row(&table, 3))
		products_add_system(products, table.cells[0], table.cells[1], table.cells[2]);
	return close_table(&table, "NSRLOS.txt", notes);
}

static enum status
read_products(struct source *source, const struct place *here, const struct notes *notes, struct products *products)
{
	struct side_table table = { .odd = 0 };

	line_reader_init(&table.reader, source, here, notes);
	while (next_row(&table, 7)) {
		uint64_t code;

		if (text_parse_u64(table.cells[0], strlen(table.cells[0]), 10, &code) && code <= INT64_MAX)
			products_add(products, (int64_t)code, table.cells[1], table.cells[2], table.cells[6],
				table.cells[3]);
		else
			table.odd++;
	}
	return close_table(&table, "NSRLProd.txt", notes);
}

static enum status
read_version(struct source *source, const struct place *here, const struct notes *notes, struct arena *arena,
	struct hash_set_identity *identity)
{
	struct side_table table = { .odd = 0 };

	line_reader_init(&table.reader, source, here, notes);
	if (next_row(&table, 2) && *table.cells[1])
		identity->release = arena_copy_text(arena, table.cells[1]);
	return close_table(&table, "version.txt", notes);
}

static enum status
read_files(const char *path, struct source *source, const struct products *products, const struct hash_row_sink *out,
	const struct notes *notes)
{
	const struct place here = { .path = path };
	struct layout layout;
	struct line_reader reader;
	struct buffer cut;		/* a copy, so that a rejected line is shown as it was */
	bool is_header = false, is_known = false;
	enum status status;
	size_t length;
	char *line;

	buffer_init(&cut, 0);
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		struct hash_row row = { .row = reader.line };
		const char *why;

		if (!is_known && !(is_known = find_layout(line, length, &layout, &is_header)))
			break;
		if (!length || (is_header && reader.line == 1))
			continue;
		buffer_clear(&cut);
		buffer_add(&cut, line, length);
		why = parse_row(&layout, products, cut.bytes, length, &row);
		if (why)
			out->rejected(out->context, reader.line, line, why);
		else
			out->row(out->context, &row);
	}
	status = reader.status;
	line_reader_release(&reader);
	buffer_release(&cut);
	return is_known ? status : note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
		"neither the header nor the first row of NSRLFile.txt");
}

enum status
nsrl_read(const char *path, const struct nsrl_tables *tables, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	const struct place here = { .path = path };
	struct products products;
	enum status status = products_init(&products, notes);

	if (tables->systems)
		status = status_worse(status, read_systems(tables->systems, &here, notes, &products));
	if (tables->products)
		status = status_worse(status, read_products(tables->products, &here, notes, &products));
	if (tables->version)
		status = status_worse(status, read_version(tables->version, &here, notes, arena, identity));
	identity->description = tables->products ? "NSRL RDS as text" :
		"NSRL RDS as text, without NSRLProd.txt: its rows name no products, and tools are told as known";
	status = status_worse(status, read_files(path, tables->files, &products, out, notes));
	products_release(&products);
	return status;
}

static bool
probe(const uint8_t *head, size_t length)
{
	return nsrl_is_files(head, length);
}

/* A table of the same folder; NULL where there is none. */
static struct source *
open_beside(const char *path, const char *name, struct arena *arena, int *ret_descriptor)
{
	int folder = (int)(text_base_name(path) - path);
	struct stat status;

	*ret_descriptor = open(arena_format(arena, "%.*s%s", folder, path, name), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*ret_descriptor < 0 || fstat(*ret_descriptor, &status) || !S_ISREG(status.st_mode))
		return NULL;
	return source_open_descriptor(*ret_descriptor, (uint64_t)status.st_size);
}

static enum status
read_nsrl(const char *path, struct source *source, const struct hash_row_sink *out,
	struct hash_set_identity *identity, struct arena *arena, const struct notes *notes)
{
	static const char *const names[] = { "NSRLProd.txt", "NSRLOS.txt", "version.txt" };
	struct nsrl_tables tables = { .files = source };
	struct source **const sides[] = { &tables.products, &tables.systems, &tables.version };
	int descriptors[3];
	enum status status;

	for (size_t i = 0; i < 3; i++)
		*sides[i] = open_beside(path, names[i], arena, &descriptors[i]);
	status = nsrl_read(path, &tables, out, identity, arena, notes);
	for (size_t i = 0; i < 3; i++) {
		source_close(*sides[i]);
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	}
	return status;
}

const struct hashset_format nsrl_hashset_format = {
	.name        = "nsrl",
	.description = "NSRL RDS 2.x and 1.5 text: NSRLFile.txt, with NSRLProd.txt and NSRLOS.txt beside it",
	.kind        = HASH_KNOWN,
	.probe       = probe,
	.read        = read_nsrl,
};
