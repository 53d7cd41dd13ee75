/*
 * pacman.c - Arch and its kin: /var/lib/pacman/local/NAME-VERSION/ (pacman, lib/libalpm/be_local.c; mtree(5))
 *
 *	desc     %NAME%            a block for each key, its values in the lines below, then an empty line
 *	         bash
 *	files    %FILES%           what the package brought, folders with a slash behind
 *	         usr/bin/bash
 *	         %BACKUP%          settings, with the MD5 that they came with
 *	         etc/bash.bashrc	4b5ae8dc2ab3d6ab5ff5b2ca9f0b4ef3
 *	mtree    #mtree            compressed; all that is known of the content of a file
 *	         /set type=file uid=0 gid=0 mode=644
 *	         ./usr/bin/bash time=1653121258.0 mode=755 size=4419 md5digest=... sha256digest=...
 *	         ./usr/bin/sh time=1653121258.0 mode=777 type=link link=bash
 *
 * What /set says holds for the lines below it until the next says otherwise.  A name of mtree has
 * bytes that are no plain characters as a backslash and three octal digits.  A package without
 * mtree has no baseline but the digests of its settings.
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "manifest.h"

/* The folder of one package. */
struct pacman_files {
	const struct artifact *desc, *files, *mtree;
};

/* Values that a line of mtree has, its own or those of /set. */
struct mtree_values {
	bool          has_mode, has_uid, has_gid;
	uint32_t      mode, uid, gid;
	bool          is_link, is_folder;
	const char   *link;
	struct digest digest;
};

struct pacman_reading {
	struct manifest     manifest;
	struct arena        arena;	/* texts of the package */
	struct package      package;
	struct map          backups;	/* path with its slash: the index of its digest */
	struct backup { const char *path; struct digest digest; struct place at; bool seen; } *backup;
	size_t              backup_count, backup_capacity;
	struct mtree_values defaults;
};

/* "%NAME%" */
static bool
is_key(const char *line, size_t length)
{
	return length > 2 && line[0] == '%' && line[length - 1] == '%';
}

static void
take_description(struct pacman_reading *reading, const char *key, const char *value)
{
	struct package *package = &reading->package;

	if (!strcmp(key, "%NAME%"))
		package->name = value;
	else if (!strcmp(key, "%VERSION%"))
		package->version = value;
	else if (!strcmp(key, "%ARCH%"))
		package->architecture = value;
	else if (!strcmp(key, "%PACKAGER%"))
		package->vendor = value;
	else if (!strcmp(key, "%INSTALLDATE%"))
		package->installed = manifest_epoch(value);
}

/* "etc/bash.bashrc", a tab, its MD5. */
static bool
take_backup(struct pacman_reading *reading, char *line, const struct place *at)
{
	struct backup backup = { .at = *at };
	char *tab = strrchr(line, '\t');

	if (!tab || tab == line)
		return false;
	*tab = '\0';
	/* "(null)" where the file was not there as the package was installed. */
	digest_parse(tab + 1, strlen(tab + 1), DIGEST_MD5, &backup.digest);
	backup.path = arena_format(&reading->arena, "/%s", line);
	map_add_text(&reading->backups, backup.path, reading->backup_count);
	reading->backup = memory_grow(reading->backup, reading->backup_count, &reading->backup_capacity,
		sizeof *reading->backup);
	reading->backup[reading->backup_count++] = backup;
	return true;
}

static void
emit(struct pacman_reading *reading, struct package_file *row)
{
	uint64_t number;

	row->package = reading->package.name;
	row->architecture = reading->package.architecture;
	if (map_get_text(&reading->backups, row->path, &number)) {
		row->kind = PACKAGE_FILE_CONFIG;
		reading->backup[number].seen = true;
		if (!row->digest.algorithm)
			row->digest = reading->backup[number].digest;
	}
	manifest_file(&reading->manifest, row);
}

/* A value of a block: true where it has the form of its key. */
static bool
take_value(struct pacman_reading *reading, const char *key, char *line, const struct place *at, bool lists_files)
{
	if (!strcmp(key, "%BACKUP%"))
		return take_backup(reading, line, at);
	if (strcmp(key, "%FILES%"))
		take_description(reading, key, arena_copy_text(&reading->arena, line));
	else if (lists_files) {
		size_t length = strlen(line);

		line[length - (line[length - 1] == '/')] = '\0';
		emit(reading, &(struct package_file){ .path = arena_format(&reading->arena, "/%s", line), .at = *at });
	}
	reading->package.files += !strcmp(key, "%FILES%") && !lists_files;
	return true;
}

/* desc or files; the paths of %FILES% are handed out where lists_files, else counted. */
static void
read_blocks(struct pacman_reading *reading, const struct artifact *artifact, bool lists_files)
{
	struct odd_lines odd = { .count = 0 };
	const char *key = NULL;
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	if (!artifact || !manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length))
		if (!length)
			key = NULL;
		else if (!manifest_is_text(line, length))
			odd_lines_add(&odd, &lines);
		else if (!key && is_key(line, length))
			key = arena_copy_text(&reading->arena, line);
		else if (!key || !take_value(reading, key, line, &lines.place, lists_files))
			odd_lines_add(&odd, &lines);
	manifest_odd(&reading->manifest, &odd, "not a key of a package or a value below one: what it said is not known");
	manifest_close(&reading->manifest, source, &lines);
}

/* Octal escapes become their bytes, in place; false where a backslash begins none. */
static bool
unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		uint64_t byte;

		if (*from != '\\') {
			*to = *from++;
			continue;
		}
		if (strnlen(from, 4) < 4 || !text_parse_u64(from + 1, 3, 8, &byte) || !byte || byte > 0xff)
			return false;
		*to = (char)byte;
		from += 4;
	}
	*to = '\0';
	return true;
}

/* The next word of the line, "" at its end; the line is cut. */
static char *
next_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	size_t length = strcspn(word, " \t");

	*line = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* SHA-256 counts where both digests are there. */
static bool
take_digest(struct mtree_values *values, const char *text, enum digest_algorithm algorithm)
{
	struct digest digest;

	if (!digest_parse(text, strlen(text), algorithm, &digest))
		return false;
	if (algorithm == DIGEST_SHA256 || values->digest.algorithm != DIGEST_SHA256)
		values->digest = digest;
	return true;
}

static bool
take_owner(const char *value, bool *ret_has, uint32_t *ret_number)
{
	uint64_t number = 0;

	*ret_has = text_parse_u64(value, strlen(value), 10, &number) && number <= UINT32_MAX;
	*ret_number = *ret_has ? (uint32_t)number : 0;
	return *ret_has;
}

/* "mode=755", "type=link" ...; keywords that say nothing here are passed over. */
static bool
take_keyword(struct mtree_values *values, char *word)
{
	char *value = strchr(word, '=');
	uint64_t mode;

	if (!value)
		return true;
	*value++ = '\0';
	if (!strcmp(word, "type")) {
		values->is_link = !strcmp(value, "link");
		values->is_folder = !strcmp(value, "dir");
	} else if (!strcmp(word, "mode")) {
		values->has_mode = text_parse_u64(value, strlen(value), 8, &mode) && mode <= 07777;
		values->mode = values->has_mode ? (uint32_t)mode : 0;
		return values->has_mode;
	} else if (!strcmp(word, "uid")) {
		return take_owner(value, &values->has_uid, &values->uid);
	} else if (!strcmp(word, "gid")) {
		return take_owner(value, &values->has_gid, &values->gid);
	} else if (!strcmp(word, "link")) {
		values->link = value;
		return unescape(value);
	} else if (!strcmp(word, "md5digest") || !strcmp(word, "md5")) {
		return take_digest(values, value, DIGEST_MD5);
	} else if (!strcmp(word, "sha256digest") || !strcmp(word, "sha256")) {
		return take_digest(values, value, DIGEST_SHA256);
	}
	return true;
}

/* The package's own notes (.PKGINFO, .INSTALL) stand in mtree and lie nowhere. */
static void
emit_entry(struct pacman_reading *reading, const char *path, const struct mtree_values *values, const struct place *at)
{
	struct package_file row = { .path = arena_format(&reading->arena, "/%s", path), .at = *at };

	if (*path == '.' && !strchr(path, '/'))
		return;
	if (values->is_link) {
		row.link_target = values->link;
	} else if (!values->is_folder) {
		row.digest = values->digest;
		row.has_mode = values->has_mode;
		row.mode = values->mode;
		row.has_uid = values->has_uid;
		row.uid = values->uid;
		row.has_gid = values->has_gid;
		row.gid = values->gid;
	}
	emit(reading, &row);
}

static bool
take_entry(struct pacman_reading *reading, char *line, const struct place *at)
{
	char *name = next_word(&line);
	bool is_default = !strcmp(name, "/set"), is_right = true;
	struct mtree_values values = reading->defaults;

	if (*name == '#' || !strcmp(name, "/unset"))
		return true;
	for (char *word = next_word(&line); *word; word = next_word(&line))
		is_right &= take_keyword(&values, word);
	if (is_default) {
		/* What lies in the line does not outlive it: no link and no digest is a default. */
		values.link = NULL;
		reading->defaults = values;
		return is_right;
	}
	if (!text_has_prefix(name, "./") || !unescape(name) || !name[2])
		return false;
	emit_entry(reading, name + 2, &values, at);
	return is_right;
}

static void
read_mtree(struct pacman_reading *reading, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	reading->defaults = (struct mtree_values){ .has_mode = false };
	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length))
		if (length && (!manifest_is_text(line, length) || !take_entry(reading, line, &lines.place)))
			odd_lines_add(&odd, &lines);
	manifest_odd(&reading->manifest, &odd, "not a path of mtree with its values: a path has no recorded digest");
	manifest_close(&reading->manifest, source, &lines);
}

/* A setting that mtree leaves out. */
static void
emit_settings(struct pacman_reading *reading)
{
	for (size_t i = 0; i < reading->backup_count; i++)
		if (!reading->backup[i].seen)
			emit(reading, &(struct package_file){ .path = reading->backup[i].path, .at = reading->backup[i].at });
}

static void
read_package(struct pacman_reading *reading, const struct pacman_files *files)
{
	reading->package = (struct package){ .state = "installed", .is_installed = true, .at = files->desc->place };
	read_blocks(reading, files->desc, false);
	if (!reading->package.name) {
		reading->manifest.status = status_worse(reading->manifest.status, note(reading->manifest.notes, STATUS_DAMAGED,
			NOTE_ARTIFACT_DAMAGED, &files->desc->place, "it names no package: what its folder says was not used"));
		return;
	}
	read_blocks(reading, files->files, false);
	if (files->mtree) {
		read_mtree(reading, files->mtree);
	} else {
		note(reading->manifest.notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &files->desc->place,
			"%s has no mtree: no digest of its files is recorded", reading->package.name);
		read_blocks(reading, files->files, true);
	}
	emit_settings(reading);
	manifest_package(&reading->manifest, &reading->package);
}

static size_t
folder_length(const struct artifact *artifact)
{
	return (size_t)(text_base_name(artifact->path) - artifact->path);
}

/* The artifacts of each folder, in the order of their desc; owned by the caller. */
static struct pacman_files *
sort_artifacts(const struct artifact_group *group, size_t *ret_count)
{
	struct pacman_files *folders = memory_allocate(group->count, sizeof *folders);
	struct map by_folder;

	map_init(&by_folder);
	*ret_count = 0;
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];
		const char *name = text_base_name(artifact->path);
		uint64_t number = *ret_count;

		if (map_add(&by_folder, artifact->path, folder_length(artifact), number))
			++*ret_count;
		else
			map_get(&by_folder, artifact->path, folder_length(artifact), &number);
		if (!strcmp(name, "desc"))
			folders[number].desc = artifact;
		else if (!strcmp(name, "files"))
			folders[number].files = artifact;
		else
			folders[number].mtree = artifact;
	}
	map_release(&by_folder);
	return folders;
}

static void
note_nameless(struct pacman_reading *reading, const struct pacman_files *files)
{
	const struct artifact *artifact = files->files ? files->files : files->mtree;

	reading->manifest.status = status_worse(reading->manifest.status, note(reading->manifest.notes, STATUS_DAMAGED,
		NOTE_ARTIFACT_DAMAGED, &artifact->place, "there is no desc beside it: which package it is of is not known"));
}

static enum status
parse_pacman(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct pacman_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "pacman" } };
	size_t count;
	struct pacman_files *folders = sort_artifacts(group, &count);

	arena_init(&reading.arena);
	for (size_t i = 0; i < count; i++) {
		map_init(&reading.backups);
		reading.backup_count = 0;
		if (folders[i].desc)
			read_package(&reading, &folders[i]);
		else
			note_nameless(&reading, &folders[i]);
		map_release(&reading.backups);
		arena_release(&reading.arena);
	}
	memory_free(reading.backup);
	memory_free(folders);
	return reading.manifest.status;
}

const struct package_db_driver pacman_package_db = {
	.name        = "pacman",
	.description = "Arch: packages, their files with SHA-256, modes and owners, from /var/lib/pacman/local",
	.files       = (const char *const[]){
		"/var/lib/pacman/local/*/desc", "/var/lib/pacman/local/*/files", "/var/lib/pacman/local/*/mtree", NULL
	},
	.parse       = parse_pacman,
	.directories = (const char *const[]){ "/var/lib/pacman/local", NULL },
};
