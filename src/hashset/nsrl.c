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
#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/text.h>

#include "byte_mask.h"
#include "nsrl.h"
#include "separated.h"
#include "short_bytes.h"

enum { COLUMNS_MAX = 16, GROUP_SLOTS = 1 << 14, SHARED_BYTES = 40 };

enum nsrl_column { NSRL_OTHER, NSRL_SHA1, NSRL_MD5, NSRL_SHA256, NSRL_NAME, NSRL_PRODUCT, NSRL_SYSTEM, NSRL_SPECIAL };

struct layout {
	size_t count, name;		/* name: position of the file name, count where there is none */
	enum nsrl_column columns[COLUMNS_MAX];
	size_t shared;			/* from here on rows of a group are the same; 0: digests stand behind the name */
	bool   is_rds2;			/* the columns of RDS 2.x, in its order */
};

static const struct { const char *heading; enum nsrl_column column; } headings[] = {
	{ "SHA-1", NSRL_SHA1 }, { "MD5", NSRL_MD5 }, { "SHA-256", NSRL_SHA256 }, { "FileName", NSRL_NAME },
	{ "ProductCode", NSRL_PRODUCT }, { "OpSystemCode", NSRL_SYSTEM }, { "SpecialCode", NSRL_SPECIAL },
};

static const struct layout rds2 = { .count = 8, .name = 3, .shared = 5, .is_rds2 = true, .columns = {
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

static bool
is_of_group(enum nsrl_column column)
{
	return column == NSRL_PRODUCT || column == NSRL_SYSTEM || column == NSRL_SPECIAL;
}

/* The columns at the end that rows of one product and system have in common; 0: others stand among them. */
static size_t
find_shared(const struct layout *layout)
{
	size_t shared = layout->count;

	while (shared > layout->name + 1 && is_of_group(layout->columns[shared - 1]))
		shared--;
	for (size_t i = layout->name + 1; i < shared; i++)
		if (layout->columns[i] != NSRL_OTHER)
			return 0;
	return shared < layout->count ? shared : 0;
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
	layout.shared = find_shared(&layout);
	layout.is_rds2 = layout.count == rds2.count && !memcmp(layout.columns, rds2.columns, sizeof layout.columns);
	*ret_layout = layout;
	return any && layout.name < layout.count && strstr(line, "\"ProductCode\"");
}

struct cell {
	const char *text;
	size_t      length;
};

/* The cell without its quotes. */
static struct cell
unquoted(const char *text, size_t length)
{
	if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
		return (struct cell){ text + 1, length - 2 };
	return (struct cell){ text, length };
}

/* The comma behind a quoted digest stands where its column says, as a rule; NULL: there is none. */
static const char *
find_comma(const char *begin, const char *end, enum nsrl_column column)
{
	static const uint8_t widths[] = { [NSRL_SHA1] = 42, [NSRL_MD5] = 34, [NSRL_SHA256] = 66, [NSRL_SPECIAL] = 0 };
	size_t width = widths[column];

	if (width && (size_t)(end - begin) > width && begin[width] == ',' && begin[0] == '"')
		return begin + width;
	return memchr(begin, ',', (size_t)(end - begin));
}

static const char *
find_last_comma(const char *begin, const char *end)
{
	while (end > begin && end[-1] != ',')
		end--;
	return end > begin ? end - 1 : NULL;
}

/* The commas before the last count cells, from the right; false: there are not as many. */
static bool
find_last_commas(const char *begin, const char *end, size_t count, const char *ret_commas[COLUMNS_MAX])
{
	uint32_t mask = end - begin >= 32 ? (uint32_t)byte_mask_32(end - 32, ',') : 0;
	size_t found = 0;

	for (; mask && found < count; mask &= ~(0x80000000 >> __builtin_clz(mask)))
		ret_commas[found++] = end - 1 - __builtin_clz(mask);
	for (const char *at = found ? ret_commas[found - 1] : end; found < count; ret_commas[found++] = at)
		if (!(at = find_last_comma(begin, at)))
			return false;
	return true;
}

/* The digests and the name; the cells that rows of a group share are one: *ret_shared. */
static bool
cut_shared(const struct layout *layout, const char *line, size_t length, struct cell ret_cells[COLUMNS_MAX],
	struct cell *ret_shared)
{
	const char *left = line, *end = line + length, *comma, *commas[COLUMNS_MAX];
	size_t behind = layout->count - 1 - layout->name;

	for (size_t i = 0; i < layout->name; i++, left = comma + 1) {
		comma = find_comma(left, end, layout->columns[i]);
		if (!comma)
			return false;
		ret_cells[i] = unquoted(left, (size_t)(comma - left));
	}
	if (!find_last_commas(left, end, behind, commas))
		return false;
	ret_cells[layout->name] = unquoted(left, (size_t)(commas[behind - 1] - left));
	left = commas[layout->count - 1 - layout->shared] + 1;
	*ret_shared = (struct cell){ left, (size_t)(end - left) };
	return true;
}

/* False: not as many cells. */
static bool
cut_cells(const struct layout *layout, const char *line, size_t length, struct cell ret_cells[COLUMNS_MAX])
{
	const char *left = line, *right = line + length, *comma;

	for (size_t i = 0; i < layout->name; i++, left = comma + 1) {
		comma = find_comma(left, right, layout->columns[i]);
		if (!comma)
			return false;
		ret_cells[i] = unquoted(left, (size_t)(comma - left));
	}
	for (size_t i = layout->count; i-- > layout->name + 1; right = comma) {
		comma = find_last_comma(left, right);
		if (!comma)
			return false;
		ret_cells[i] = unquoted(comma + 1, (size_t)(right - comma - 1));
	}
	ret_cells[layout->name] = unquoted(left, (size_t)(right - left));
	return true;
}

/* An empty cell is no digest; false: it is not of the algorithm. */
static bool
take_digest(const struct cell *cell, enum digest_algorithm algorithm, uint8_t *bytes, struct digests *digests)
{
	if (!cell->length)
		return true;
	digests->known |= 1u << algorithm;
	return cell->length == 2 * digest_size(algorithm) && text_parse_hex(cell->text, cell->length, bytes);
}

/* What rows of the same product, system and special code have in common. */
struct group_key {
	uint64_t product;		/* UINT64_MAX: none is named */
	char     system[16], special[2];
};

/* As small as can be: there are thousands, and each row asks for one. */
struct group {
	char        cells[SHARED_BYTES];	/* as they are written */
	const char *product, *application_type, *system, *note;
	uint32_t    number;		/* 0: free */
	uint8_t     length, class, grade;
};

struct groups {
	const struct products *products;
	struct arena  systems;		/* codes without a name, */
	struct map    codes;		/* each once */
	uint32_t      count;
	struct group *slots;		/* GROUP_SLOTS, by a hash of the key: what falls out gets another number */
};

static const char *
keep_code(struct groups *groups, const char *code)
{
	uint64_t kept;

	if (!map_get_text(&groups->codes, code, &kept)) {
		kept = (uintptr_t)arena_copy_text(&groups->systems, code);
		map_add_text(&groups->codes, code, kept);
	}
	return (const char *)(uintptr_t)kept;
}

static void
describe_group(struct groups *groups, const struct group_key *key, struct group *ret_group)
{
	char code[sizeof key->system + 1] = "";
	struct hash_row row = { .class = HASH_NONE };
	const char *system;

	memcpy(code, key->system, sizeof key->system);
	if (key->product <= INT64_MAX)
		products_describe(groups->products, (int64_t)key->product, &row);
	system = products_system(groups->products, code);
	if (*code)
		row.system = system == code ? keep_code(groups, code) : system;
	/* Nobody says by whose word it is malicious, so it weighs as little as a row may. */
	if (!strcmp(key->special, "M")) {
		row.class = HASH_BAD;
		row.grade = 'C';
		row.note = "SpecialCode M: malicious";
	}
	*ret_group = (struct group){ .product = row.product, .application_type = row.application_type,
		.system = row.system, .note = row.note, .class = (uint8_t)row.class, .grade = (uint8_t)row.grade,
		.number = ++groups->count };
}

static void
put_group(const struct group *group, struct hash_row *row)
{
	row->product = group->product;
	row->application_type = group->application_type;
	row->system = group->system;
	row->note = group->note;
	row->class = (enum hash_class)group->class;
	row->grade = (char)group->grade;
	row->group = group->number;
}

/* The cells that rows of a group have in common, as they are written. */
struct shared_cells {
	const char *text;
	size_t      length;
	uint64_t    first[2];		/* 16 bytes, zeros behind the end */
};

enum { FIRST_BYTES = 16 };

static struct shared_cells
shared_of(const struct cell *cell)
{
	struct shared_cells shared = { .text = cell->text, .length = cell->length };

	memcpy(shared.first, cell->text, cell->length < FIRST_BYTES ? cell->length : FIRST_BYTES);
	return shared;
}

/* Where a group of these cells may stand. */
static inline struct group *
group_slot(const struct groups *groups, const struct shared_cells *shared)
{
	static const uint64_t odd = 0x9E3779B97F4A7C15;
	uint64_t hash = (shared->first[0] ^ shared->length) * odd, word;

	hash = (hash ^ hash >> 32 ^ shared->first[1]) * odd;
	for (size_t i = FIRST_BYTES; i < shared->length && i < SHARED_BYTES; i += sizeof word) {
		/* the last word may lie over the one before */
		memcpy(&word, shared->text + (i + sizeof word < shared->length ? i : shared->length - sizeof word), sizeof word);
		hash = (hash ^ hash >> 32 ^ word) * odd;
	}
	return &groups->slots[hash >> 40 & (GROUP_SLOTS - 1)];
}

static inline bool
is_group(const struct group *group, const struct shared_cells *shared)
{
	return group->length == shared->length &&
		!short_differ((const uint8_t *)group->cells, (const uint8_t *)&shared->first[0]) &&
		!short_differ((const uint8_t *)group->cells + 8, (const uint8_t *)&shared->first[1]) &&
		(shared->length <= FIRST_BYTES || !memcmp(group->cells, shared->text, shared->length));
}

static void
take_code(char *to, size_t size, const struct cell *cell)
{
	memcpy(to, cell->text, cell->length < size ? cell->length : size);
}

static const char *
take_cell(enum nsrl_column column, const struct cell *cell, struct hash_row *row, struct group_key *key)
{
	switch (column) {
	case NSRL_SHA1:
		return take_digest(cell, DIGEST_SHA1, row->digests.sha1, &row->digests) ? NULL : "not a SHA-1";
	case NSRL_MD5:
		return take_digest(cell, DIGEST_MD5, row->digests.md5, &row->digests) ? NULL : "not an MD5";
	case NSRL_SHA256:
		return take_digest(cell, DIGEST_SHA256, row->digests.sha256, &row->digests) ? NULL : "not a SHA-256";
	case NSRL_PRODUCT:
		text_parse_u64(cell->text, cell->length, 10, &key->product);
		break;
	case NSRL_SYSTEM:  take_code(key->system, sizeof key->system, cell); break;
	case NSRL_SPECIAL: take_code(key->special, sizeof key->special - 1, cell); break;
	case NSRL_NAME: case NSRL_OTHER: break;
	}
	return NULL;
}

static const char *
take_cells(const struct layout *layout, const struct cell *cells, size_t count, struct hash_row *row, struct group_key *key)
{
	const char *why = NULL;

	memset(key, 0, sizeof *key);
	key->product = UINT64_MAX;
	for (size_t i = 0; i < count && !why; i++)
		why = take_cell(layout->columns[i], &cells[i], row, key);
	return why;
}

/* The cells are cut only where they are new. */
static void
take_new_group(const struct layout *layout, struct groups *groups, const char *line, size_t length,
	const struct shared_cells *shared, struct group *slot)
{
	struct hash_row row = { .row = 0 };
	struct cell cells[COLUMNS_MAX];
	struct group_key key = { .product = UINT64_MAX };

	if (cut_cells(layout, line, length, cells))
		take_cells(layout, cells, layout->count, &row, &key);
	describe_group(groups, &key, slot);
	slot->length = shared->length <= SHARED_BYTES ? (uint8_t)shared->length : UINT8_MAX;	/* never found again */
	if (shared->length <= SHARED_BYTES)
		memcpy(slot->cells, shared->text, shared->length);
}

/* The group of the cells that rows share. */
static inline void
take_shared(const struct layout *layout, struct groups *groups, const char *line, size_t length,
	const struct shared_cells *shared, struct hash_row *row)
{
	struct group *slot = group_slot(groups, shared);

	if (!slot->number || !is_group(slot, shared))
		take_new_group(layout, groups, line, length, shared, slot);
	put_group(slot, row);
}

/* Where they do not stand side by side; what does not fit is longer than any that are kept. */
static void
join_shared(const struct layout *layout, const struct cell *cells, char joined[SHARED_BYTES + 1], struct cell *ret_shared)
{
	*ret_shared = (struct cell){ joined, 0 };
	for (size_t i = 0; i < layout->count; i++) {
		size_t room = SHARED_BYTES + 1 - ret_shared->length;

		if (!is_of_group(layout->columns[i]))
			continue;
		memcpy(joined + ret_shared->length, cells[i].text, cells[i].length < room ? cells[i].length : room);
		ret_shared->length += cells[i].length < room ? cells[i].length : room;
		if (ret_shared->length <= SHARED_BYTES)
			joined[ret_shared->length++] = ',';
	}
}

static void
end_name(char *line, const struct cell *name, struct hash_row *row)
{
	row->name = name->text;
	line[name->text - line + (ptrdiff_t)name->length] = '\0';
}

/* One of eight bytes ends a cell, or the line. */
static inline bool
has_separator(const char *text)
{
	static const uint64_t each = 0x0101010101010101, high = 0x8080808080808080;
	uint64_t word, comma, newline;

	memcpy(&word, text, sizeof word);
	comma = word ^ each * ',';
	newline = word ^ each * '\n';
	return (((word - each) & ~word) | ((comma - each) & ~comma) | ((newline - each) & ~newline)) & high;
}

enum { MARKED_BYTES = 64, USUAL_NAME_AT = 89, USUAL_BYTES = USUAL_NAME_AT + MARKED_BYTES };

/* The commas before size, product, system and special code, as bits: the one before size, the one before the product. */
static inline bool
find_usual_commas(uint64_t commas, unsigned *ret_size, unsigned *ret_product)
{
	uint64_t second = commas & (commas - 1), third = second & (second - 1), fourth = third & (third - 1);

	if (!fourth)
		return false;
	if (fourth & (fourth - 1)) {		/* there are more, in the name */
		for (second = commas; (fourth &= fourth - 1); )
			second &= second - 1;
		commas = second;
		second = commas & (commas - 1);
	}
	*ret_size = (unsigned)__builtin_ctzll(commas);
	*ret_product = (unsigned)__builtin_ctzll(second);
	return true;
}

/* Two cells and what parts them at least, so never empty; sixteen bytes before their end are there. */
static inline struct shared_cells
usual_shared(const char *text, const char *end)
{
	struct shared_cells shared = { .text = text, .length = (size_t)(end - text) };

	if (shared.length < FIRST_BYTES / 2) {
		memcpy(&shared.first[0], end - 8, 8);
		shared.first[0] = htole64(le64toh(shared.first[0]) >> 8 * (8 - shared.length));
	} else if (shared.length < FIRST_BYTES) {
		memcpy(&shared.first[0], text, 8);
		memcpy(&shared.first[1], end - 8, 8);
		shared.first[1] = htole64(le64toh(shared.first[1]) >> 8 * (15 - shared.length) >> 8);
	} else {
		memcpy(shared.first, text, FIRST_BYTES);
	}
	return shared;
}

/*
 * A line of RDS 2.x as nearly all are written, with digests and CRC in quotes and of full length, and not long: it is
 * known without its end being looked for.  At least USUAL_BYTES are there.  Returns its bytes with the LF; 0: it is
 * another one, or not sound, and untouched then.
 */
static inline size_t
parse_usual_row(const struct layout *layout, struct groups *groups, char *line, struct hash_row *row)
{
	enum { SHA1_AT = 1, BEHIND_SHA1 = 41, MD5_AT = 44, BEHIND_MD5 = 76, CRC_AT = 79, BEHIND_CRC = 87 };
	char *names = line + USUAL_NAME_AT;
	uint64_t ends = byte_mask_64(names, '\n'), commas;
	unsigned end, size, product;
	struct shared_cells shared;
	struct cell name;

	if (!ends || line[0] != '"' || memcmp(line + BEHIND_SHA1, "\",\"", 3) || memcmp(line + BEHIND_MD5, "\",\"", 3) ||
	    memcmp(line + BEHIND_CRC, "\",", 2) || has_separator(line + CRC_AT))
		return 0;
	end = (unsigned)__builtin_ctzll(ends);
	commas = byte_mask_64(names, ',') & ((ends & -ends) - 1);
	if (byte_mask_64(names, '\0') & (ends ^ (ends - 1)) || !find_usual_commas(commas, &size, &product) ||
	    !text_parse_hex(line + SHA1_AT, BEHIND_SHA1 - SHA1_AT, row->digests.sha1) ||
	    !text_parse_hex(line + MD5_AT, BEHIND_MD5 - MD5_AT, row->digests.md5))
		return 0;
	row->digests.known = 1u << DIGEST_SHA1 | 1u << DIGEST_MD5;
	shared = usual_shared(names + product + 1, names + end - (names[end - 1] == '\r'));
	take_shared(layout, groups, line, (size_t)(shared.text + shared.length - line), &shared, row);
	name = unquoted(names, size);
	end_name(line, &name, row);
	return USUAL_NAME_AT + end + 1;
}

/* NULL, or why the line is no row, which is untouched then; else the name is ended in it. */
static const char *
parse_row(const struct layout *layout, struct groups *groups, char *line, size_t length, struct hash_row *row)
{
	struct cell cells[COLUMNS_MAX], shared = { .length = 0 };
	struct shared_cells in_common;
	char joined[SHARED_BYTES + 1];
	struct group_key key;
	const char *why;

	if (memchr(line, '\0', length))
		return "a NUL byte in the line";
	if (layout->shared ? !cut_shared(layout, line, length, cells, &shared) : !cut_cells(layout, line, length, cells))
		return "fewer cells than the header names";
	why = take_cells(layout, cells, layout->shared ? layout->name : layout->count, row, &key);
	if (why || !row->digests.known)
		return why ? why : "no digest";
	if (!layout->shared)
		join_shared(layout, cells, joined, &shared);
	in_common = shared_of(&shared);
	take_shared(layout, groups, line, length, &in_common, row);
	end_name(line, &cells[layout->name], row);
	return NULL;
}

/* Without a header: by the first row. */
static bool
guess_layout(const char *line, size_t length, struct layout *ret_layout)
{
	static const struct layout *const layouts[] = { &rds2, &rds15 };

	for (size_t i = 0; i < 2; i++) {
		struct hash_row row = { .row = 1 };
		struct cell cells[COLUMNS_MAX];
		struct group_key key = { .product = 0 };
		bool sound;

		*ret_layout = *layouts[i];
		sound = *line == '"' && cut_cells(ret_layout, line, length, cells);
		for (size_t j = 0; sound && j < ret_layout->count; j++)
			sound = !take_cell(ret_layout->columns[j], &cells[j], &row, &key);
		if (sound && (row.digests.known & (1u << DIGEST_SHA1 | 1u << DIGEST_MD5)) == (1u << DIGEST_SHA1 | 1u << DIGEST_MD5))
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

/* Hands out rows until one is not as usual, or does not lie whole in the window. */
static void
read_usual_rows(const struct layout *layout, struct groups *groups, struct line_reader *reader, struct hash_row *row,
	const struct hash_row_sink *out)
{
	size_t left, length;
	char *line;

	while ((line = line_reader_window(reader, &left)) && left >= USUAL_BYTES &&
	       (length = parse_usual_row(layout, groups, line, row))) {
		line_reader_pass(reader, length);
		row->row = reader->line;
		out->row(out->context, row);
	}
}

static enum status
read_files(const char *path, struct source *source, const struct products *products, const struct hash_row_sink *out,
	const struct notes *notes)
{
	const struct place here = { .path = path };
	struct groups groups = { .products = products, .slots = memory_allocate(GROUP_SLOTS, sizeof *groups.slots) };
	struct hash_row row = { .row = 0 };
	struct layout layout;
	struct line_reader reader;
	bool is_header = false, is_known = false;
	enum status status;
	size_t length;
	char *line;

	arena_init(&groups.systems);
	map_init(&groups.codes);
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		const char *why;

		row.row = reader.line;
		row.digests.known = 0;

		if (!is_known && !(is_known = find_layout(line, length, &layout, &is_header)))
			break;
		if (!length || (is_header && reader.line == 1))
			continue;
		why = parse_row(&layout, &groups, line, length, &row);
		if (why)
			out->rejected(out->context, reader.line, line, why);
		else
			out->row(out->context, &row);
		if (layout.is_rds2 && limit_get(LIMIT_LINE_BYTES) >= USUAL_BYTES)
			read_usual_rows(&layout, &groups, &reader, &row, out);
	}
	status = reader.status;
	line_reader_release(&reader);
	arena_release(&groups.systems);
	map_release(&groups.codes);
	memory_free(groups.slots);
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
