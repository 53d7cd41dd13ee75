/*
 * pip.c - Python packages: NAME-VERSION.dist-info/RECORD in a folder of packages (PEP 376, PEP 427; RFC 4180)
 *
 *	requests/__init__.py,sha256=jiSYt0pzdXq8Cx2cZD8h9yEdm5H_hP2LdxE5dcLDs6k,5057
 *	requests/__pycache__/__init__.cpython-311.pyc,,
 *	../../../bin/normalizer,sha256=...,237
 *	"name, with a comma.py",sha256=...,10
 *
 * Paths begin at the folder that holds the .dist-info; digests are base64 of RFC 4648, section 5, without
 * padding.  A row of the system's own manager for the same path counts beside this one.  It is no
 * database of the system: that it does not name a file says nothing.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "manifest.h"

#define DIST_INFO ".dist-info/"

struct pip_reading {
	struct manifest manifest;
	struct arena    arena;		/* texts of the package */
	struct package  package;
	const char     *folder;		/* that paths begin at, with a slash behind */
};

/* The next field of the row, unquoted in place; NULL where a quote has no end. */
static char *
next_field(char **row)
{
	char *field = *row, *to = field, *from = field;

	if (*from != '"') {
		*row = field + strcspn(field, ",");
		*row += **row ? (**row = '\0', 1) : 0;
		return field;
	}
	for (from++; *from && (*from != '"' || from[1] == '"'); *to++ = *from++)
		from += *from == '"';
	if (*from != '"' || (from[1] && from[1] != ','))
		return NULL;
	*to = '\0';
	*row = from + 1 + (from[1] == ',');
	return field;
}

/* Without "." and "..", which lead no higher than the root; in place. */
static void
resolve_dots(char *path)
{
	char *to = path;

	for (const char *from = path; *from; ) {
		size_t length = strcspn(++from, "/");

		if (length == 2 && !strncmp(from, "..", 2)) {
			while (to > path && *--to != '/')
				;
		} else if (length && (length != 1 || *from != '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	*to = '\0';
}

/* "sha256=81d82100...": as python3-charset-normalizer of Debian 12 has it. */
static bool
parse_hexadecimal(const char *value, size_t length, struct digest *ret_digest)
{
	return length == 2 * digest_size(ret_digest->algorithm) && text_parse_hex(value, length, ret_digest->bytes);
}

/* "sha256=jiSYt0pz..." */
static bool
parse_digest(char *text, struct digest *ret_digest)
{
	char padded[(DIGEST_BYTES_MAX + 2) / 3 * 4 + 4];
	char *value = strchr(text, '=');
	size_t length = value ? strlen(++value) : 0, bytes;

	if (!length)
		return false;
	value[-1] = '\0';
	ret_digest->algorithm = digest_algorithm_by_name(text);
	if (!ret_digest->algorithm)
		return false;
	if (parse_hexadecimal(value, length, ret_digest))
		return true;
	if (length + 4 > sizeof padded)
		return false;
	for (size_t i = 0; i < length; i++)
		padded[i] = value[i] == '-' ? '+' : value[i] == '_' ? '/' : value[i];
	while (length % 4)
		padded[length++] = '=';
	return text_parse_base64(padded, length, ret_digest->bytes, sizeof ret_digest->bytes, &bytes) &&
	       bytes == digest_size(ret_digest->algorithm);
}

static bool
take_row(struct pip_reading *reading, char *line, const struct place *at)
{
	struct package_file row = { .package = reading->package.name, .at = *at };
	struct digest digest = { .algorithm = DIGEST_NONE };
	char *name = next_field(&line), *recorded = name ? next_field(&line) : NULL, *path;
	bool is_right;

	if (!name || !*name || !recorded)
		return false;
	is_right = !*recorded || parse_digest(recorded, &digest);
	if (is_right)
		row.digest = digest;
	path = arena_format(&reading->arena, "%s%s", *name == '/' ? "" : reading->folder, name);
	resolve_dots(path);
	row.path = path;
	reading->package.files++;
	if (*path)
		manifest_file(&reading->manifest, &row);
	return is_right && *path;
}

/* "/usr/lib/python3/site-packages/requests-2.28.1.dist-info/RECORD": where paths begin, name and version. */
static void
name_package(struct pip_reading *reading, const struct artifact *artifact)
{
	size_t length = strlen(artifact->path) - strlen(DIST_INFO "RECORD");
	char *path = arena_copy(&reading->arena, artifact->path, length), *hyphen;
	const char *name = text_base_name(path);

	reading->folder = arena_format(&reading->arena, "%.*s", (int)(name - path), path);
	hyphen = strchr(path + (name - path), '-');
	if (hyphen)
		*hyphen = '\0';
	reading->package = (struct package){ .name = name, .version = hyphen ? hyphen + 1 : NULL, .state = "installed",
		.is_installed = true, .at = artifact->place };
}

static void
read_record(struct pip_reading *reading, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	if (!text_has_suffix(artifact->path, DIST_INFO "RECORD") ||
	    !manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	name_package(reading, artifact);
	while (line_reader_next(&lines, &line, &length))
		if (length && (!manifest_is_text(line, length) || !take_row(reading, line, &lines.place)))
			odd_lines_add(&odd, &lines);
	manifest_odd(&reading->manifest, &odd, "not a path, a digest and a size: a path has no recorded digest");
	manifest_package(&reading->manifest, &reading->package);
	manifest_close(&reading->manifest, source, &lines);
}

static enum status
parse_pip(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct pip_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "pip" } };

	arena_init(&reading.arena);
	for (size_t i = 0; i < group->count; i++) {
		if (!manifest_is_repeated(group, i))
			read_record(&reading, &group->items[i]);
		arena_release(&reading.arena);
	}
	return reading.manifest.status;
}

const struct package_db_driver pip_package_db = {
	.name        = "pip",
	.description = "Python packages: their files with SHA-256, from *.dist-info/RECORD",
	.files       = (const char *const[]){
		"/usr/lib/python3*/site-packages/*.dist-info/RECORD", "/usr/lib/python3*/dist-packages/*.dist-info/RECORD",
		"/usr/lib64/python3*/site-packages/*.dist-info/RECORD",
		"/usr/local/lib/python3*/site-packages/*.dist-info/RECORD",
		"/usr/local/lib/python3*/dist-packages/*.dist-info/RECORD",
		"/usr/local/lib64/python3*/site-packages/*.dist-info/RECORD",
		"/opt/*/lib/python3*/site-packages/*.dist-info/RECORD", NULL
	},
	.parse       = parse_pip,
	.locks_only  = true,
};
