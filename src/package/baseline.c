/*
 * baseline.c - what integrity checkers on the host recorded of files: AIDE, Tripwire, rkhunter
 *
 *	/var/lib/aide/aide.db, aide.db.new	text or gzip, where aide.conf does not name another place
 *	/etc/aide.conf, /etc/aide/aide.conf	@@define DBDIR /var/lib/aide
 *						database_in=file:@@{DBDIR}/aide.db.gz
 *	/var/lib/tripwire/HOST.twd, HOST.txt	the database itself, and what twprint --print-dbfile makes of it
 *	/var/lib/rkhunter/db/rkhunter.dat
 *
 * Specification: aide.conf(5), twprint(8), rkhunter; the formats are read by those of hash sets.  When a baseline was
 * taken stands in AIDE's head in local time, and in that of Tripwire's database in UTC; else the time of the file counts.
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/hashset.h>
#include <t1554triage/limit.h>
#include <t1554triage/line_reader.h>
#include <t1554triage/package.h>
#include <t1554triage/text.h>

enum { HEAD_BYTES = 64 * 1024, DEFINES_MAX = 32, VALUE_MAX = 4096, TRIPWIRE_MAGIC = 4 };

/* Of all formats of hash sets, those of integrity checkers. */
extern const struct hashset_format aide_hashset_format, tripwire_hashset_format, tripwire_database_hashset_format,
	rkhunter_hashset_format;

static const struct product { const struct hashset_format *format; const char *name; bool has_lines; } products[] = {
	{ &aide_hashset_format, "AIDE", true }, { &tripwire_hashset_format, "Tripwire", true },
	{ &tripwire_database_hashset_format, "Tripwire", false }, { &rkhunter_hashset_format, "rkhunter", true },
};

/* One file of baselines that is being read. */
struct reading {
	const struct package_sink *out;
	const struct artifact     *artifact;
	const struct product      *product;
	struct hash_set_identity   identity;
	uint64_t                   rows, rejected, first_rejected;
	const char                *why;	/* the first was rejected */
};

/* "2026-11-21 19:43:19", AIDE's own words in the zone of the host; a time in UTC as timestamp_format writes it. */
static bool
read_generation(const char *text, struct timestamp *ret_time)
{
	unsigned year, month, day, hour, minute, second;

	if (text && timestamp_parse(text, strlen(text), ret_time))
		return true;
	if (!text || sscanf(text, "%4u-%2u-%2u %2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6 ||
	    month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	*ret_time = (struct timestamp){ .local = true, .resolution_nanoseconds = 1000000000,
		.seconds = timestamp_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second };
	return true;
}

/* The one that is the hardest to meet on purpose; SHA-256 is computed for each file anyway. */
static bool
choose_digest(const struct hash_row *row, struct digest *ret_digest)
{
	static const enum digest_algorithm usual[] = { DIGEST_SHA256, DIGEST_SHA1, DIGEST_MD5 };

	*ret_digest = row->digest;
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
		const uint8_t *bytes = digests_get(&row->digests, usual[i]);

		if (!bytes || (i && ret_digest->algorithm))
			continue;
		ret_digest->algorithm = usual[i];
		memset(ret_digest->bytes, 0, sizeof ret_digest->bytes);
		memcpy(ret_digest->bytes, bytes, digest_size(usual[i]));
		return true;
	}
	return ret_digest->algorithm != DIGEST_NONE;
}

static void
take_row(void *context, const struct hash_row *row)
{
	struct reading *reading = context;
	struct package_baseline baseline = { .product = reading->product->name, .path = row->name, .has_mode = row->has_mode,
		.has_owner = row->has_owner, .mode = row->mode & 07777, .uid = row->uid, .gid = row->gid,
		.written = reading->artifact->times.modified, .at = reading->artifact->place };

	/* The head stands before the rows. */
	if (!read_generation(reading->identity.release, &baseline.taken))
		baseline.taken = baseline.written;
	if (!row->name || *row->name != '/' || !choose_digest(row, &baseline.digest))
		return;
	if (reading->product->has_lines)
		baseline.at.line = row->row;
	else
		baseline.at.record_id = row->row;
	reading->rows++;
	reading->out->baseline(reading->out->context, &baseline);
}

static void
take_rejected(void *context, uint64_t line, const char *text, const char *why)
{
	struct reading *reading = context;

	(void)text;
	if (reading->rejected++)
		return;
	reading->first_rejected = line;
	reading->why = why;
}

static enum status
read_rows(const struct product *product, const struct artifact *artifact, struct source *source,
	const struct package_sink *out, const struct notes *notes)
{
	struct reading reading = { .out = out, .artifact = artifact, .product = product };
	const struct hash_row_sink sink = { .row = take_row, .rejected = take_rejected, .context = &reading };
	struct place at = artifact->place;
	struct arena arena;
	enum status status;

	arena_init(&arena);
	status = product->format->read(artifact->path, source, &sink, &reading.identity, &arena, notes);
	if (product->has_lines)
		at.line = reading.first_rejected;
	else
		at.record_id = reading.first_rejected;
	if (reading.rejected)
		status = status_worse(status, note(notes, STATUS_DAMAGED, NOTE_ARTIFACT_DAMAGED, &at,
			"%llu %s%s of the baseline of %s could not be understood, the first here (%s): what is recorded there of files "
			"is compared with nothing", (unsigned long long)reading.rejected, product->has_lines ? "line" : "record",
			reading.rejected == 1 ? "" : "s", product->name, reading.why));
	arena_release(&arena);
	return status;
}

/* What only the product itself reads: compressed, and often encrypted or signed with a key of the site. */
static bool
is_tripwire_binary(const uint8_t *head, size_t length)
{
	static const uint8_t magic[TRIPWIRE_MAGIC] = { 0x78, 0xf9, 0xbe, 0xb3 };

	return length >= sizeof magic && !memcmp(head, magic, sizeof magic);
}

static enum status
read_artifact(const struct artifact *artifact, const struct package_sink *out, const struct notes *notes)
{
	uint8_t head[HEAD_BYTES];
	struct source *source;
	size_t length = 0;
	enum status status = artifact_open(artifact, notes, &source), got;

	if (status < STATUS_DAMAGED)
		return status;
	got = source_read(source, 0, head, sizeof head, &length);
	if (got != STATUS_OK && got != STATUS_END)
		status = status_worse(status, note(notes, got, NOTE_ARTIFACT_UNREADABLE, &artifact->place,
			"the beginning of the baseline %s could not be read as it is: what it records may be compared with nothing",
			artifact->path));
	if (is_tripwire_binary(head, length) && !tripwire_database_hashset_format.probe(head, length))
		note(notes, STATUS_OK, NOTE_WITNESS_NOT_READ, &artifact->place, "%s is a file of Tripwire in its own form, and no database "
			"of a form that is read: no file is compared with it", artifact->path);
	for (size_t i = 0; length && i < sizeof products / sizeof products[0]; i++)
		if (products[i].format->probe(head, length))
			status = status_worse(status, read_rows(&products[i], artifact, source, out, notes));
	source_close(source);
	return status;
}

static bool
is_configuration(const struct artifact *artifact)
{
	return text_has_suffix(artifact->path, ".conf") || strstr(artifact->path, "/aide.conf.d/");
}

static enum status
parse_baselines(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++)
		if (!is_configuration(&group->items[i]))
			status = status_worse(status, read_artifact(&group->items[i], out, notes));
	return status;
}

/* ---- where aide.conf says that databases lie ---- */

struct define { char *name, *value; };
struct settings {
	struct arena  arena;
	struct define defines[DEFINES_MAX];
	size_t        count;
	void (*add)(void *context, const char *path);
	void  *context;
};

static const char *
value_of(const struct settings *settings, const char *name, size_t length)
{
	for (size_t i = settings->count; i-- > 0; )
		if (strlen(settings->defines[i].name) == length && !strncmp(settings->defines[i].name, name, length))
			return settings->defines[i].value;
	return NULL;
}

/* "@@{DBDIR}/aide.db" with what was defined before; false where a name was not. */
static bool
add_expanded(const struct settings *settings, const char *text, struct buffer *out)
{
	while (*text) {
		size_t plain = strcspn(text, "@"), length;
		const char *value;

		buffer_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		if (strncmp(text, "@@{", 3)) {
			buffer_add_char(out, *text++);
			continue;
		}
		length = strcspn(text + 3, "}");
		value = value_of(settings, text + 3, length);
		if (!value || !text[3 + length] || out->length > VALUE_MAX)
			return false;
		buffer_add_text(out, value);
		text += length + 4;
	}
	return true;
}

/* "@@define DBDIR /var/lib/aide" */
static void
take_define(struct settings *settings, const char *text)
{
	size_t name;
	struct buffer value;

	text += strspn(text, " \t");
	name = strcspn(text, " \t");
	if (!name || settings->count == DEFINES_MAX)
		return;
	buffer_init(&value, 0);
	if (add_expanded(settings, text + name + strspn(text + name, " \t"), &value))
		settings->defines[settings->count++] = (struct define){ arena_copy(&settings->arena, text, name),
			arena_copy_text(&settings->arena, value.length ? value.bytes : "") };
	buffer_release(&value);
}

/* "database_in=file:/var/lib/aide/aide.db" and the names that it had before, "database" and "database_new". */
static void
take_setting(struct settings *settings, const char *line)
{
	static const char *const names[] = { "database_in", "database_out", "database_new", "database" };
	struct buffer value;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *at = line + strlen(names[i]);

		if (!text_has_prefix(line, names[i]))
			continue;
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t");
		buffer_init(&value, 0);
		if (text_has_prefix(at, "file:") && add_expanded(settings, at + 5, &value) && value.length &&
		    value.bytes[0] == '/' && !strpbrk(value.bytes, "*?["))
			settings->add(settings->context, arena_copy_text(&settings->arena, value.bytes));
		buffer_release(&value);
		return;
	}
}

static enum status
read_configuration(struct settings *settings, const struct artifact *artifact, const struct notes *notes)
{
	struct line_reader reader;
	struct source *source;
	enum status status = artifact_open(artifact, notes, &source);
	size_t length;
	char *line;

	if (status < STATUS_DAMAGED)
		return status;
	line_reader_init(&reader, source, &artifact->place, notes);
	while (line_reader_next(&reader, &line, &length)) {
		if (strlen(line) != length)
			continue;
		while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
			line[--length] = '\0';
		line += strspn(line, " \t");
		if (text_has_prefix(line, "@@define"))
			take_define(settings, line + strlen("@@define"));
		else
			take_setting(settings, line);
	}
	status = status_worse(status, reader.status);
	line_reader_release(&reader);
	source_close(source);
	return status;
}

static enum status
name_databases(const struct artifact_group *group, void (*add)(void *context, const char *path), void *context,
	const struct notes *notes)
{
	struct settings settings = { .add = add, .context = context };
	enum status status = STATUS_OK;

	arena_init(&settings.arena);
	for (size_t i = 0; i < group->count; i++)
		if (is_configuration(&group->items[i]))
			status = status_worse(status, read_configuration(&settings, &group->items[i], notes));
	arena_release(&settings.arena);
	return status;
}

const struct package_db_driver baseline_package_db = {
	.name        = "baseline",
	.description = "what integrity checkers recorded before: databases of AIDE, Tripwire and rkhunter",
	.files       = (const char *const[]){ "/etc/aide.conf", "/etc/aide/aide.conf", "/var/lib/aide/aide.db*",
		"/var/lib/rkhunter/db/rkhunter.dat*", "/usr/local/lib/rkhunter/db/rkhunter.dat*", "/var/lib/tripwire/*", NULL },
	.parse       = parse_baselines,
	.further     = name_databases,
	.locks_only  = true,
};
