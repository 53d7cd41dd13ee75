/*
 * separated.c - comma-, semicolon- or tab-separated text whose header says
 * which columns hold digests, addresses or names of hosts (RFC 4180; a row in quotes may go over 16 lines):
 *
 *	"SHA-1","MD5","FileName"
 *	"3B3E778B647371262120A523EB873C20BB82BEAF","D41D8CD9...","a ""quoted"" name"
 *
 *	algorithm<TAB>digest<TAB>family<TAB>actor<TAB>file_name ...
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/text.h>

#include "separated.h"

enum { HEADING_SIZE = 32, LINE_SIZE = 4096, HELD_MAX = 16, HELD_BYTES = 64 * 1024 };

/* Headings without their punctuation, in lower case. */
static const struct { const char *heading; enum column column; } headings[] = {
#define SPELLINGS(name, column) { name, column }, { name "hash", column }, { "hash" name, column }, { name "sum", column }, \
	{ name "checksum", column }, { name "digest", column }, { name "value", column }, { "file" name, column }, \
	{ name "hashvalue", column }, { "filehash" name, column }
	SPELLINGS("md5", COLUMN_MD5), SPELLINGS("sha1", COLUMN_SHA1), SPELLINGS("sha256", COLUMN_SHA256),
	SPELLINGS("sha2256", COLUMN_SHA256),
#undef SPELLINGS
	{ "digest", COLUMN_DIGEST }, { "hash", COLUMN_DIGEST }, { "filehash", COLUMN_DIGEST }, { "hashvalue", COLUMN_DIGEST },
	{ "checksum", COLUMN_DIGEST },
	{ "v1hash", COLUMN_DIGEST }, { "v3hash", COLUMN_MD5 }, { "v4hash", COLUMN_MD5 },
	{ "algorithm", COLUMN_ALGORITHM }, { "hashtype", COLUMN_ALGORITHM },
	{ "hashalgorithm", COLUMN_ALGORITHM },
	{ "value", COLUMN_VALUE }, { "indicator", COLUMN_VALUE }, { "data", COLUMN_VALUE }, { "ioc", COLUMN_VALUE },
	{ "type", COLUMN_TYPE }, { "entitytype", COLUMN_TYPE }, { "indicatortype", COLUMN_TYPE }, { "ioctype", COLUMN_TYPE },
	{ "ip", COLUMN_NETWORK }, { "ipaddress", COLUMN_NETWORK }, { "ipaddr", COLUMN_NETWORK }, { "ipv4", COLUMN_NETWORK },
	{ "ipv6", COLUMN_NETWORK }, { "ipdst", COLUMN_NETWORK }, { "dstip", COLUMN_NETWORK }, { "destinationip", COLUMN_NETWORK },
	{ "destip", COLUMN_NETWORK }, { "remoteip", COLUMN_NETWORK }, { "c2", COLUMN_NETWORK }, { "c2server", COLUMN_NETWORK },
	{ "domain", COLUMN_NETWORK }, { "domainname", COLUMN_NETWORK }, { "hostname", COLUMN_NETWORK }, { "fqdn", COLUMN_NETWORK },
	{ "toids", COLUMN_TO_IDS }, { "risk", COLUMN_RISK },
	{ "filename", COLUMN_NAME }, { "name", COLUMN_NAME }, { "path", COLUMN_NAME }, { "file", COLUMN_NAME },
	{ "product", COLUMN_PRODUCT }, { "productname", COLUMN_PRODUCT },
	{ "setdescription", COLUMN_PRODUCT },
	{ "applicationtype", COLUMN_APPLICATION_TYPE },
	{ "os", COLUMN_SYSTEM }, { "system", COLUMN_SYSTEM }, { "platform", COLUMN_SYSTEM },
	{ "family", COLUMN_FAMILY }, { "malwarefamily", COLUMN_FAMILY }, { "malware", COLUMN_FAMILY },
	{ "label", COLUMN_FAMILY }, { "signature", COLUMN_FAMILY }, { "threat", COLUMN_FAMILY },
	{ "actor", COLUMN_ACTOR }, { "threatactor", COLUMN_ACTOR },
	{ "grade", COLUMN_GRADE }, { "class", COLUMN_CLASS },
	{ "source", COLUMN_SOURCE }, { "reference", COLUMN_SOURCE },
	{ "note", COLUMN_NOTE }, { "notes", COLUMN_NOTE }, { "description", COLUMN_NOTE }, { "comment", COLUMN_NOTE },
};

/* Without punctuation, in lower case; false where it is too long to be one of ours. */
static bool
plain_heading(const char *heading, char ret_plain[HEADING_SIZE])
{
	size_t length = 0;

	for (; *heading; heading++)
		if (isalnum((unsigned char)*heading)) {
			if (length + 1 == HEADING_SIZE)
				return false;
			ret_plain[length++] = (char)tolower((unsigned char)*heading);
		}
	ret_plain[length] = '\0';
	return true;
}

static enum column
column_of(const char *heading)
{
	char plain[HEADING_SIZE];

	for (size_t i = 0; plain_heading(heading, plain) && i < sizeof headings / sizeof headings[0]; i++)
		if (!strcmp(plain, headings[i].heading))
			return headings[i].column;
	return COLUMN_OTHER;
}

/*
 * Cuts one cell in place and removes its quotes ("" within them is one quote).
 * *ret_next: behind the separator, NULL at the end of the line.  False where a
 * quote does not end.
 */
static bool
cut_cell(char *cell, char separator, char **ret_next)
{
	char *to = cell, *from = cell;
	bool quoted = *from == '"';

	if (quoted)
		for (from++; *from != '"' || from[1] == '"'; from++) {
			if (!*from)
				return false;
			if (*from == '"')
				from++;
			*to++ = *from;
		}
	if (quoted)
		from++;
	while (*from && *from != separator)
		*to++ = *from++;
	*ret_next = *from ? from + 1 : NULL;
	*to = '\0';
	return true;
}

size_t
separated_cut(char *line, char separator, char *ret_cells[SEPARATED_CELLS_MAX])
{
	size_t count = 0;

	for (char *at = line, *next; at; at = next) {
		if (count == SEPARATED_CELLS_MAX)
			return SIZE_MAX;
		while (*at == ' ')
			at++;
		ret_cells[count++] = at;
		if (!cut_cell(at, separator, &next))
			return SIZE_MAX;
	}
	return count;
}

bool
separated_has(const struct separated *header, enum column column)
{
	for (size_t i = 0; i < header->count; i++)
		if (header->columns[i] == column)
			return true;
	return false;
}

bool
separated_has_digests(const struct separated *header)
{
	return separated_has(header, COLUMN_MD5) || separated_has(header, COLUMN_SHA1) ||
	       separated_has(header, COLUMN_SHA256) || separated_has(header, COLUMN_DIGEST);
}

static char
separator_of(const char *line)
{
	static const char separators[] = "\t,;";

	for (const char *separator = separators; *separator; separator++)
		if (strchr(line, *separator))
			return *separator;
	return '\0';
}

bool
separated_header(const char *line, size_t length, struct separated *ret_header)
{
	struct separated header = { .separator = separator_of(line) };
	char copy[LINE_SIZE], *cells[SEPARATED_CELLS_MAX];

	if (!header.separator || length >= sizeof copy || strlen(line) != length)
		return false;
	memcpy(copy, line, length + 1);
	header.count = separated_cut(copy, header.separator, cells);
	if (header.count == SIZE_MAX)
		return false;
	for (size_t i = 0; i < header.count; i++)
		header.columns[i] = column_of(cells[i]);
	*ret_header = header;
	return separated_has_digests(&header) || separated_has(&header, COLUMN_NETWORK) ||
	       (separated_has(&header, COLUMN_VALUE) && separated_has(&header, COLUMN_TYPE)) ||
	       (separated_has(&header, COLUMN_NAME) && separated_has(&header, COLUMN_RISK));
}

const char *
separated_cell(const struct separated *header, char *const cells[], size_t count, enum column column)
{
	for (size_t i = 0; i < count && i < header->count; i++)
		if (header->columns[i] == column)
			return cells[i];
	return "";
}

/* The first line that is no comment; false where it is too long for a header. */
static bool
first_line(const uint8_t *head, size_t length, char ret_line[LINE_SIZE])
{
	const char *at = (const char *)head, *end = at + length;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);

		if (size && at[size - 1] == '\r')
			size--;
		if (size >= LINE_SIZE)
			return false;
		memcpy(ret_line, at, size);
		ret_line[size] = '\0';
		if (*ret_line && *ret_line != '#')
			return strlen(ret_line) == size;
		at = stop ? stop + 1 : end;
	}
	return false;
}

bool
separated_probe(const uint8_t *head, size_t length, struct separated *ret_header)
{
	char line[LINE_SIZE];

	return first_line(head, length, line) && separated_header(line, strlen(line), ret_header);
}

int
separated_position(const uint8_t *head, size_t length, const char *heading)
{
	char line[LINE_SIZE], plain[HEADING_SIZE], *cells[SEPARATED_CELLS_MAX];
	size_t count;

	if (!first_line(head, length, line) || !separator_of(line))
		return SEPARATED_CELLS_MAX;
	count = separated_cut(line, separator_of(line), cells);
	for (size_t i = 0; count != SIZE_MAX && i < count; i++)
		if (plain_heading(cells[i], plain) && !strcmp(plain, heading))
			return (int)i;
	return SEPARATED_CELLS_MAX;
}

bool
separated_names(const uint8_t *head, size_t length, const char *heading)
{
	return separated_position(head, length, heading) < SEPARATED_CELLS_MAX;
}

static bool
is_word(const char *word, size_t length, const char *name)
{
	return length == strlen(name) && !strncasecmp(word, name, length);
}

/* Whatever else stands there is no class, and the row one of its set: exports write the kind of malware there. */
static enum hash_class
class_by_name(const char *name)
{
	static const char *const harmless[] = { "clean", "goodware", "harmless", "legitimate" };
	const char *word = name + strspn(name, " ");
	size_t length = strcspn(word, " ");

	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (is_word(word, length, harmless[i]))
			return HASH_BENIGN;
	for (int i = HASH_NONE; hash_class_names[i]; i++)
		if (is_word(word, length, hash_class_names[i]))
			return (enum hash_class)i;
	return HASH_NONE;
}

static bool
take_digest(const char *cell, enum digest_algorithm algorithm, struct hash_row *row)
{
	const char *digits = cell + strspn(cell, " ");
	size_t length = strlen(digits);
	struct digest digest;

	while (length && digits[length - 1] == ' ')
		length--;
	return digest_parse(digits, length, algorithm, &digest) &&
	       digests_set(&row->digests, digest.algorithm, digest.bytes);
}

/* What exports write where they have no value. */
static bool
is_absent(const char *cell)
{
	return !*cell || !strcmp(cell, "-") || !strcasecmp(cell, "n/a") || !strcasecmp(cell, "null") ||
	       !strcasecmp(cell, "none");
}

/* False: the cell should hold a digest and does not. */
static bool
take_cell(enum column column, const char *cell, enum digest_algorithm said, struct hash_row *row)
{
	switch (column) {
	case COLUMN_MD5:    return is_absent(cell) || take_digest(cell, DIGEST_MD5, row);
	case COLUMN_SHA1:   return is_absent(cell) || take_digest(cell, DIGEST_SHA1, row);
	case COLUMN_SHA256: return is_absent(cell) || take_digest(cell, DIGEST_SHA256, row);
	case COLUMN_DIGEST: return take_digest(cell, said, row);
	case COLUMN_NAME:    row->name = is_absent(cell) ? "" : cell; break;
	case COLUMN_PRODUCT:
	case COLUMN_FAMILY:  row->product = is_absent(cell) ? row->product : cell; break;
	case COLUMN_APPLICATION_TYPE: row->application_type = cell; break;
	case COLUMN_SYSTEM:  row->system = cell; break;
	case COLUMN_ACTOR:   row->actor = cell; break;
	case COLUMN_GRADE:   row->grade = *cell; break;
	case COLUMN_CLASS:   row->class = class_by_name(cell); break;
	case COLUMN_SOURCE:  row->source = cell; break;
	case COLUMN_NOTE:    row->note = cell; break;
	case COLUMN_ALGORITHM: case COLUMN_VALUE: case COLUMN_TYPE: case COLUMN_TO_IDS: case COLUMN_RISK:
	case COLUMN_NETWORK:
	case COLUMN_OTHER: case COLUMN_COUNT: break;
	}
	return true;
}

/* What stands behind the bar of "filename|md5"; MISP calls a sample with its name "malware-sample". */
static const char *
kind_of(const char *type)
{
	const char *bar = strrchr(type, '|');

	return bar ? bar + 1 : !strcasecmp(type, "malware-sample") ? "md5" : type;
}

bool
separated_is_digest_type(const char *type)
{
	/* Of MISP: computed from a content, but digests of parts of it, or of no use for equality. */
	static const char *const likes[] = { "ssdeep", "imphash", "impfuzzy", "authentihash", "pehash", "tlsh", "cdhash", "vhash",
		"telfhash", "dom-hash", "sha512/224", "sha512/256", "sha3-224", "sha3-256", "sha3-384", "sha3-512",
		"x509-fingerprint-md5", "x509-fingerprint-sha1", "x509-fingerprint-sha256" };
	const char *kind = kind_of(type);

	for (size_t i = 0; i < sizeof likes / sizeof likes[0]; i++)
		if (!strcasecmp(kind, likes[i]))
			return true;
	return digest_algorithm_by_name(kind) != DIGEST_NONE;
}

const char *
separated_indicator(const char *type, char *value, struct hash_row *row)
{
	static const char *const any[] = { "file", "hash", "filehash", "digest" };
	const char *kind = kind_of(type);
	enum digest_algorithm algorithm = digest_algorithm_by_name(kind);
	char *digest = value, *bar = strrchr(value, '|');
	bool known = algorithm != DIGEST_NONE;

	for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
		known |= !strcasecmp(kind, any[i]);
	if (!known)
		return separated_is_digest_type(type) ? "a digest of another kind than those of a file's content" :
			"an indicator of another kind than a digest of a file, an address or a name";
	if (kind != type && bar) {
		*bar = '\0';
		row->name = value;
		digest = bar + 1;
	}
	if (algorithm && !digests_get(&(struct digests){ .known = ~0u }, algorithm))
		return "a digest of an algorithm that is not computed for files";
	return take_digest(digest, algorithm, row) ? NULL : "not a digest of the indicator's type";
}

static const struct { const char *type; bool has_port; } network_types[] = {
	{ "ip", false }, { "ipv4", false }, { "ipv6", false }, { "ipv4-addr", false }, { "ipv6-addr", false },
	{ "ipaddress", false }, { "ip-address", false }, { "ip-dst", false }, { "ip-dst|port", true }, { "domain", false },
	{ "domain-name", false }, { "domainname", false }, { "hostname", false }, { "hostname|port", true }, { "fqdn", false },
	{ "c2", false }, { "domain|ip", false },
};

bool
separated_is_network(const char *type)
{
	for (size_t i = 0; i < sizeof network_types / sizeof *network_types; i++)
		if (!strcasecmp(type, network_types[i].type))
			return true;
	return false;
}

static const char *
read_pair(const char *value, const char *bar, struct network_row *rows, size_t *ret_count)
{
	const char *why = network_value_read(value, (size_t)(bar - value), &rows[0].value);

	if (!why)
		why = network_value_read(bar + 1, strlen(bar + 1), &rows[1].value);
	*ret_count = why ? 0 : 2;
	return why;
}

const char *
separated_network(const char *type, const char *value, struct network_row rows[SEPARATED_NETWORK_MAX], size_t *ret_count)
{
	const char *bar = strchr(type, '|') ? strchr(value, '|') : NULL, *why;
	uint64_t port = 0;

	*ret_count = 0;
	memset(rows, 0, SEPARATED_NETWORK_MAX * sizeof *rows);
	if (bar && !strcasecmp(type, "domain|ip"))
		return read_pair(value, bar, rows, ret_count);
	if (bar && (!text_parse_u64(bar + 1, strlen(bar + 1), 10, &port) || port > UINT16_MAX))
		return "not a port behind the address";
	why = network_value_read(value, bar ? (size_t)(bar - value) : strlen(value), &rows[0].value);
	if (why)
		return why;
	if (port)
		rows[0].value.port = (uint16_t)port;
	*ret_count = 1;
	return NULL;
}

/* Addresses and names of one line: those of its columns, or the typed one. */
enum { NETWORK_CELLS_MAX = 8 };
struct network_cells {
	struct network_row rows[NETWORK_CELLS_MAX];
	size_t             count;
};

static const char *
take_network(const struct separated *header, char *const cells[], size_t count, struct network_cells *ret_found)
{
	const char *type = separated_cell(header, cells, count, COLUMN_TYPE), *why = NULL;

	if (separated_has(header, COLUMN_VALUE) && separated_is_network(type))
		return separated_network(type, separated_cell(header, cells, count, COLUMN_VALUE), ret_found->rows,
			&ret_found->count);
	for (size_t i = 0; !why && i < count && i < header->count && ret_found->count < NETWORK_CELLS_MAX; i++)
		if (header->columns[i] == COLUMN_NETWORK && !is_absent(cells[i]))
			why = network_value_read(cells[i], strlen(cells[i]), &ret_found->rows[ret_found->count++].value);
	return why;
}

static void
hand_out_network(const struct hash_row_sink *out, struct network_cells *found, const struct hash_row *row)
{
	for (size_t i = 0; i < found->count; i++) {
		struct network_row *own = &found->rows[i];

		own->product = row->product;
		own->actor = row->actor;
		own->source = row->source;
		own->note = row->note;
		own->grade = row->grade;
		own->line = row->row;
		hash_row_sink_network(out, own);
	}
}

/* What stands behind the last column that the header names. */
static bool
has_more(const struct separated *header, char *const cells[], size_t count)
{
	for (size_t i = header->count; i < count; i++)
		if (*cells[i])
			return true;
	return false;
}

/* NULL, or why the line is no row. */
static const char *
parse_row(const struct separated *header, const struct separated_dialect *dialect, char *line, size_t length,
	struct hash_row *row, struct network_cells *ret_network)
{
	char *cells[SEPARATED_CELLS_MAX];
	enum digest_algorithm said;
	const char *why;
	size_t count;

	if (strlen(line) != length)
		return "a NUL byte in the line";
	count = separated_cut(line, header->separator, cells);
	if (count == SIZE_MAX)
		return "a quote that does not end, or more than 64 cells";
	if (!dialect->may_exceed_header && has_more(header, cells, count))
		return "more cells than the header names: a separator within a cell";
	said = digest_algorithm_by_name(separated_cell(header, cells, count, COLUMN_ALGORITHM));
	if (separated_has(header, COLUMN_ALGORITHM) && !said && !separated_has(header, COLUMN_NETWORK))
		return "an algorithm that is not known";
	for (size_t i = 0; i < count && i < header->count; i++)
		if (!(is_absent(cells[i]) && separated_has(header, COLUMN_NETWORK)) &&
		    !take_cell(header->columns[i], cells[i], said, row))
			return "not a digest of the column's algorithm";
	if (!row->digests.known) {
		why = take_network(header, cells, count, ret_network);
		if (!why && ret_network->count && row->class != HASH_NONE && row->class != HASH_BAD)
			why = "its class says that it is no known-bad address";
		if (why)
			return why;
	}
	if (!row->digests.known && !ret_network->count && separated_has(header, COLUMN_VALUE) && separated_has(header, COLUMN_TYPE)) {
		why = separated_indicator(separated_cell(header, cells, count, COLUMN_TYPE),
			(char *)(uintptr_t)separated_cell(header, cells, count, COLUMN_VALUE), row);
		if (why)
			return why;
	}
	why = dialect->settle ? dialect->settle(dialect->context, header, cells, count, row) : NULL;
	return why ? why : row->digests.known || ret_network->count ? NULL :
		separated_has_digests(header) || !separated_has(header, COLUMN_NETWORK) ? "no digest" : "no address and no name";
}

/* A line that may be the header; comments are passed over, but where they hold it. */
static bool
take_header(const struct separated_dialect *dialect, const char *line, size_t length, struct separated *ret_header)
{
	if (*line == '#' && dialect->is_header_commented) {
		size_t blanks = strspn(line, "# ");

		return separated_header(line + blanks, length - blanks, ret_header);
	}
	return *line != '#' && separated_header(line, length, ret_header);
}

/* What is read, and lines that are held back since a quote that begins in the first of them may end in another. */
struct reading {
	struct separated header;
	const struct separated_dialect *dialect;
	const struct hash_row_sink *out;
	struct buffer cut;		/* a copy, so that a rejected line is shown as it was */
	struct buffer held;		/* with a line feed between them */
	struct { size_t begin, length; uint64_t number; } lines[HELD_MAX];
	size_t        held_count;
};

enum quotes { QUOTES_END, QUOTES_ARE_ODD, QUOTE_IS_OPEN };

/* Odd: something stands between the end of a quote and the next separator. */
static enum quotes
look_at_quotes(const char *at, char separator, size_t *ret_cells)
{
	enum quotes quotes = QUOTES_END;

	for (*ret_cells = 1; ; at++, ++*ret_cells) {
		at += strspn(at, " ");
		if (*at == '"') {
			for (at++; *at != '"' || at[1] == '"'; at++) {
				if (!*at)
					return QUOTE_IS_OPEN;
				at += *at == '"';
			}
			at++;
			at += strspn(at, " ");
			if (*at && *at != separator)
				quotes = QUOTES_ARE_ODD;
		}
		while (*at && *at != separator)
			at++;
		if (!*at)
			return quotes;
	}
}

/* NULL, or why it is no row. */
static const char *
take_row(struct reading *reading, const char *line, size_t length, uint64_t number)
{
	struct hash_row row = { .row = number };
	struct network_cells network;
	const char *why;

	buffer_clear(&reading->cut);
	buffer_add(&reading->cut, line, length);
	memset(&network, 0, sizeof network);
	why = parse_row(&reading->header, reading->dialect, reading->cut.bytes, length, &row, &network);
	if (!why && row.digests.known)
		reading->out->row(reading->out->context, &row);
	else if (!why)
		hand_out_network(reading->out, &network, &row);
	return why;
}

static void
hold(struct reading *reading, const char *line, size_t length, uint64_t number)
{
	if (reading->held_count)
		buffer_add_char(&reading->held, '\n');
	reading->lines[reading->held_count].begin = reading->held.length;
	reading->lines[reading->held_count].length = length;
	reading->lines[reading->held_count++].number = number;
	buffer_add(&reading->held, line, length);
}

static void take_line(struct reading *reading, const char *line, size_t length, uint64_t number);

/* They are no row together: the first is none, and the others are looked at anew. */
static void
let_go(struct reading *reading)
{
	struct reading before = *reading;
	char *text = memory_allocate(before.held.length + 1, 1);

	memcpy(text, before.held.bytes, before.held.length);
	for (size_t i = 0; i < before.held_count; i++)
		text[before.lines[i].begin + before.lines[i].length] = '\0';
	buffer_clear(&reading->held);
	reading->held_count = 0;
	reading->out->rejected(reading->out->context, before.lines[0].number, text, "a quote that does not end, or more than 64 cells");
	for (size_t i = 1; i < before.held_count; i++)
		take_line(reading, text + before.lines[i].begin, before.lines[i].length, before.lines[i].number);
	memory_free(text);
}

/* One more line behind those that are held. */
static void
join_line(struct reading *reading, const char *line, size_t length, uint64_t number)
{
	enum quotes quotes;
	const char *why;
	size_t cells;

	hold(reading, line, length, number);
	quotes = strlen(line) != length ? QUOTES_ARE_ODD : look_at_quotes(reading->held.bytes, reading->header.separator, &cells);
	if (quotes == QUOTE_IS_OPEN && reading->held_count < HELD_MAX && reading->held.length < HELD_BYTES)
		return;
	if (quotes != QUOTES_END || cells != reading->header.count) {
		let_go(reading);
		return;
	}
	why = take_row(reading, reading->held.bytes, reading->held.length, reading->lines[0].number);
	if (why)
		reading->out->rejected(reading->out->context, reading->lines[0].number, reading->held.bytes, why);
	buffer_clear(&reading->held);
	reading->held_count = 0;
}

static void
take_line(struct reading *reading, const char *line, size_t length, uint64_t number)
{
	const char *why;
	size_t cells;

	if (reading->held_count) {
		join_line(reading, line, length, number);
		return;
	}
	if (!length || *line == '#')
		return;
	why = take_row(reading, line, length, number);
	if (why && strlen(line) == length && look_at_quotes(line, reading->header.separator, &cells) == QUOTE_IS_OPEN)
		hold(reading, line, length, number);
	else if (why)
		reading->out->rejected(reading->out->context, number, line, why);
}

enum status
separated_read(const char *path, struct source *source, const struct hash_row_sink *out,
	const struct notes *notes, const struct separated_dialect *dialect)
{
	static const struct separated_dialect plain = { .settle = NULL };
	const struct place here = { .path = path };
	struct reading reading = { .dialect = dialect ? dialect : &plain, .out = out };
	struct line_reader reader;
	enum status status;
	char *line;
	size_t length;

	buffer_init(&reading.cut, 0);
	buffer_init(&reading.held, 0);
	line_reader_init(&reader, source, &here, notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (reading.header.count)
			take_line(&reading, line, length, reader.line);
		else if (length && !take_header(reading.dialect, line, length, &reading.header) && *line != '#')
			break;
	}
	while (reading.held_count)
		let_go(&reading);
	status = reader.status;
	line_reader_release(&reader);
	buffer_release(&reading.cut);
	buffer_release(&reading.held);
	return reading.header.count ? status : note(notes, STATUS_UNREADABLE, NOTE_ARTIFACT_UNREADABLE, &here,
		"no header that names a column of digests, addresses or names of hosts");
}
