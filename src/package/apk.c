/*
 * apk.c - Alpine and its kin: lib/apk/db/installed (apk-tools, doc/apk-package.5, src/database.c)
 *
 *	C:Q1myMNfd7u5v5UTgNHeq1e31qTjZU=    a paragraph for each package: here the digest of the package
 *	P:busybox                           name; V: version, A: architecture, m: maintainer
 *	f:fs                                what broke as it was unpacked: f files, s script, x attributes
 *	F:bin                               a folder, to which what follows belongs
 *	M:0:0:1777                          user, group, mode of the folder; 0:0:755 where it does not stand
 *	R:busybox                           a file of it, or a link
 *	a:0:0:4755                          user, group, mode, perhaps a digest of attributes; else 0:0:644
 *	Z:Q1kiljhXXH1LlQroHsEJIkPZg2eiw=    Q1: SHA-1, Q2: SHA-256 or its first 20 bytes, in base64; MD5 in hexadecimal
 *
 * Of a symbolic link Z is the digest of the target's text, and only its mode, 777, tells it from a
 * file: such a row is that of a link.  Which paths are settings is no part of the database:
 * apk protects /etc except /etc/init.d.  The time of installation is not recorded.
 */
#include <string.h>

#include <t1554triage/text.h>

#include "manifest.h"

enum { MODE_OF_LINK = 0777, MODE_OF_FILE = 0644, SHA1_BYTES = 20 };

struct apk_reading {
	struct manifest     manifest;
	struct arena        arena;	/* texts of the paragraph */
	struct package      package;
	const char         *folder;
	struct package_file row;	/* handed out when the next begins; path NULL: none */
	struct odd_lines    odd, shortened;
};

static void
set_link_digest(struct apk_reading *reading, struct package_file *row)
{
	struct buffer hex;

	if (!row->digest.algorithm)
		return;
	buffer_init(&hex, 0);
	digest_add_hex(&hex, &row->digest);
	row->link_digest = arena_format(&reading->arena, "%s:%s", digest_algorithm_names[row->digest.algorithm], hex.bytes);
	buffer_release(&hex);
}

static void
end_row(struct apk_reading *reading)
{
	struct package_file *row = &reading->row;

	if (!row->path)
		return;
	if (row->has_mode && row->mode == MODE_OF_LINK) {
		set_link_digest(reading, row);
		row->digest = (struct digest){ .algorithm = DIGEST_NONE };
		row->has_mode = row->has_uid = row->has_gid = false;
		row->mode = row->uid = row->gid = 0;
	}
	row->package = reading->package.name;
	row->architecture = reading->package.architecture;
	manifest_file(&reading->manifest, row);
	row->path = NULL;
}

static void
begin_row(struct apk_reading *reading, const char *path, const struct place *at)
{
	bool is_setting = text_has_prefix(path, "/etc/") && !text_has_prefix(path, "/etc/init.d/");

	end_row(reading);
	reading->row = (struct package_file){ .path = path, .at = *at,
		.kind = is_setting ? PACKAGE_FILE_CONFIG : PACKAGE_FILE_PLAIN };
	reading->package.files++;
}

static void
end_paragraph(struct apk_reading *reading)
{
	end_row(reading);
	if (reading->package.name)
		manifest_package(&reading->manifest, &reading->package);
	reading->package = (struct package){ .name = NULL };
	reading->folder = NULL;
	arena_release(&reading->arena);
}

/* "0:0:755", "0:0:755:Q1..." */
static bool
take_mode(struct package_file *row, const char *value)
{
	uint64_t mode, owner[2];

	for (int i = 0; i < 2; i++) {
		if (!text_parse_u64(value, strcspn(value, ":"), 10, &owner[i]) || owner[i] > UINT32_MAX)
			return false;
		value += strcspn(value, ":");
		value += *value == ':';
	}
	if (!row->path || !text_parse_u64(value, strcspn(value, ":"), 8, &mode) || mode > 07777)
		return false;
	row->has_mode = row->has_uid = row->has_gid = true;
	row->mode = (uint32_t)mode;
	row->uid = (uint32_t)owner[0];
	row->gid = (uint32_t)owner[1];
	return true;
}

static bool
take_digest(struct apk_reading *reading, const char *value, const struct line_reader *lines)
{
	struct digest digest = { .algorithm = DIGEST_NONE };
	size_t bytes;

	if (!reading->row.path)
		return false;
	if (*value != 'Q')
		return digest_parse(value, strlen(value), DIGEST_MD5, &reading->row.digest);
	if ((value[1] != '1' && value[1] != '2') ||
	    !text_parse_base64(value + 2, strlen(value + 2), digest.bytes, sizeof digest.bytes, &bytes))
		return false;
	if (value[1] == '2' && bytes == SHA1_BYTES) {
		odd_lines_add(&reading->shortened, lines);
		return true;
	}
	digest.algorithm = value[1] == '1' ? DIGEST_SHA1 : DIGEST_SHA256;
	if (bytes != digest_size(digest.algorithm))
		return false;
	reading->row.digest = digest;
	return true;
}

static void
take_broken(struct apk_reading *reading, const char *value)
{
	reading->package.is_unfinished = strpbrk(value, "fs") != NULL;
	reading->package.state = arena_format(&reading->arena, "installed, broken: %s", value);
}

static void
take_name(struct apk_reading *reading, const char *value, const struct place *at)
{
	reading->package.name = value;
	reading->package.state = "installed";
	reading->package.is_installed = true;
	reading->package.at = *at;
}

static void
begin_file(struct apk_reading *reading, const char *name, const struct place *at)
{
	begin_row(reading, arena_format(&reading->arena, "/%s%s%s", reading->folder,
		*reading->folder ? "/" : "", name), at);
	/* Root's, where nothing else stands. */
	reading->row.has_mode = reading->row.has_uid = reading->row.has_gid = true;
	reading->row.mode = MODE_OF_FILE;
}

static bool
take_field(struct apk_reading *reading, char key, const char *value, const struct line_reader *lines)
{
	const struct place *at = &lines->place;

	if (!strchr("CPA", key) && !reading->package.name)
		return strchr("VSITULomtcDpirkq", key) != NULL;
	switch (key) {
	case 'P': take_name(reading, value, at); return *value != '\0';
	case 'V': reading->package.version = value; return true;
	case 'A': reading->package.architecture = value; return true;
	case 'm': reading->package.vendor = value; return true;
	case 'f': take_broken(reading, value); return true;
	case 'a': return take_mode(&reading->row, value);
	case 'Z': return take_digest(reading, value, lines);
	case 'F':
		reading->folder = value;
		if (*value)
			begin_row(reading, arena_format(&reading->arena, "/%s", value), at);
		return true;
	case 'R':
		if (!reading->folder || !*value)
			return false;
		begin_file(reading, value, at);
		return true;
	default:
		return true;
	}
}

static void
read_installed(struct apk_reading *reading, const struct artifact *artifact)
{
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length))
		if (!length)
			end_paragraph(reading);
		else if (length < 2 || line[1] != ':' || !manifest_is_text(line, length) ||
		         !take_field(reading, line[0], arena_copy_text(&reading->arena, line + 2), &lines))
			odd_lines_add(&reading->odd, &lines);
	end_paragraph(reading);
	manifest_odd(&reading->manifest, &reading->odd,
		"not a field of a package: which package or file it spoke of is not known");
	odd_lines_note(&reading->shortened, STATUS_OK, NOTE_ARTIFACT_LINE, reading->manifest.notes,
		"a digest of which only the first 20 bytes are recorded: the file is compared with nothing");
	manifest_close(&reading->manifest, source, &lines);
}

static enum status
parse_apk(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < group->count; i++) {
		struct apk_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "apk" } };

		if (manifest_is_repeated(group, i))
			continue;
		arena_init(&reading.arena);
		read_installed(&reading, &group->items[i]);
		status = status_worse(status, reading.manifest.status);
	}
	return status;
}

const struct package_db_driver apk_package_db = {
	.name        = "apk",
	.description = "Alpine: packages, their files with SHA-1, modes and owners, from lib/apk/db/installed",
	.files       = (const char *const[]){ "/usr/lib/apk/db/installed", "/lib/apk/db/installed", NULL },
	.parse       = parse_apk,
	.directories = (const char *const[]){ "/usr/lib/apk/db", "/lib/apk/db", NULL },
};
