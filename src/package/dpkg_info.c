/*
 * dpkg_info.c - the paths of one package and their digests (/var/lib/dpkg/info)
 *
 *	bash.list       /.                  every path that it brought, folders too
 *	                /bin
 *	                /bin/bash
 *	bash.md5sums    da007b...  bin/bash        regular files, no conffiles
 *
 * deb-md5sums(5) asks for two blanks and a path without a slash; packages that others have
 * made come with one blank, a slash, "./" or lines for DEBIAN/control, which lies nowhere.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "dpkg_private.h"

enum { MD5_DIGITS = 32, UNPACKED_SECONDS = 2, SCRIPT_BYTES_MOST = 1 << 20 };

/* Lines of one .md5sums that are not as they should be. */
struct odd_digests { struct odd_lines variants, control, broken; };

static const char *
digest_path(const struct dpkg_database *database, const struct dpkg_digest *digest)
{
	return database->digest_text.bytes + digest->path;
}

static void
take_digest(struct dpkg_database *database, char *line, size_t length, const struct line_reader *reader,
	struct odd_digests *odd)
{
	struct dpkg_digest digest = { .path = database->digest_text.length, .line = reader->line };
	const char *path = line + MD5_DIGITS;
	size_t blanks;

	if (!length)
		return;
	if (!dpkg_is_whole(line, length) || length < MD5_DIGITS + 2 ||
	    !text_parse_hex(line, MD5_DIGITS, digest.md5) || (*path != ' ' && *path != '\t')) {
		odd_lines_add(&odd->broken, reader);
		return;
	}
	blanks = strspn(path, " \t");
	path += blanks;
	if (text_has_prefix(path, "DEBIAN/") || text_has_prefix(path, "./DEBIAN/")) {
		odd_lines_add(&odd->control, reader);
		return;
	}
	if (blanks != 2 || *path == '/' || text_has_prefix(path, "./"))
		odd_lines_add(&odd->variants, reader);
	path += text_has_prefix(path, "./") ? 2 : 0;
	path += strspn(path, "/");
	if (!*path) {
		odd_lines_add(&odd->broken, reader);
		return;
	}
	buffer_add_char(&database->digest_text, '/');
	buffer_add(&database->digest_text, path, strlen(path) + 1);
	database->digests = memory_grow(database->digests, database->digest_count,
		&database->digest_capacity, sizeof *database->digests);
	database->digests[database->digest_count++] = digest;
}

static int
compare_digests(const void *a, const void *b, void *text)
{
	const struct dpkg_digest *first = a, *second = b;
	int order = strcmp((const char *)text + first->path, (const char *)text + second->path);

	return order ? order : (first->line > second->line) - (first->line < second->line);
}

/* Of two lines for one path the later counts, as for dpkg. */
static void
drop_repeated(struct dpkg_database *database, const struct artifact *artifact)
{
	struct dpkg_digest *digests = database->digests;
	size_t kept = 0;

	for (size_t i = 0; i < database->digest_count; i++) {
		bool repeated = kept && !strcmp(digest_path(database, &digests[kept - 1]),
			digest_path(database, &digests[i]));

		if (repeated && memcmp(digests[kept - 1].md5, digests[i].md5, sizeof digests[i].md5)) {
			struct place at = artifact->place;

			at.line = digests[kept - 1].line;
			note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &at,
				"%s has two different digests: that of line %llu counts",
				digest_path(database, &digests[i]), (unsigned long long)digests[i].line);
		}
		digests[kept - repeated] = digests[i];
		kept += !repeated;
	}
	database->digest_count = kept;
}

static void
sort_digests(struct dpkg_database *database, const struct artifact *artifact)
{
	bool sorted = true;

	for (size_t i = 1; i < database->digest_count && sorted; i++)
		sorted = compare_digests(&database->digests[i - 1], &database->digests[i],
			database->digest_text.bytes) < 0;
	if (!sorted)
		qsort_r(database->digests, database->digest_count, sizeof *database->digests,
			compare_digests, database->digest_text.bytes);
	drop_repeated(database, artifact);
}

static void
read_digests(struct dpkg_database *database, const struct artifact *artifact)
{
	struct odd_digests odd = { .broken.count = 0 };
	struct line_reader reader;
	struct source *source;
	char *line;
	size_t length;

	buffer_clear(&database->digest_text);
	database->digest_count = 0;
	if (!artifact || !dpkg_open_lines(database, artifact, &source, &reader))
		return;
	while (line_reader_next(&reader, &line, &length))
		take_digest(database, line, length, &reader, &odd);
	odd_lines_note(&odd.broken, STATUS_OK, NOTE_ARTIFACT_LINE, database->notes,
		"not a line of md5sums; what it should cover has no recorded digest");
	odd_lines_note(&odd.control, STATUS_OK, NOTE_ARTIFACT_LINE, database->notes,
		"digest of a file of the package archive itself, which is not installed");
	odd_lines_note(&odd.variants, STATUS_OK, NOTE_ARTIFACT_LINE, database->notes,
		"not two blanks and a path without a leading slash; read all the same");
	dpkg_close_lines(database, source, &reader);
	sort_digests(database, artifact);
}

static struct dpkg_digest *
find_digest(struct dpkg_database *database, const char *path)
{
	size_t low = 0, high = database->digest_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(digest_path(database, &database->digests[middle]), path);

		if (!order)
			return &database->digests[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int
compare_conffiles(const void *a, const void *b)
{
	const struct dpkg_conffile *first = a, *second = b;
	int order = strcmp(first->path, second->path);

	return order ? order : (first->at.line > second->at.line) - (first->at.line < second->at.line);
}

static int
compare_path_with_conffile(const void *path, const void *conffile)
{
	return strcmp(path, ((const struct dpkg_conffile *)conffile)->path);
}

static struct dpkg_conffile *
find_conffile(const struct dpkg_database *database, const struct dpkg_package *package, const char *path)
{
	if (!package->conffile_count)
		return NULL;
	return bsearch(path, database->conffiles + package->conffile, package->conffile_count,
		sizeof *database->conffiles, compare_path_with_conffile);
}

/* What diversions and overrides say of the row, then out with it. */
static void
emit_row(struct dpkg_database *database, const struct dpkg_package *package, struct package_file *row)
{
	uint64_t number;

	row->manager = "dpkg";
	row->package = package->name;
	row->architecture = package->architecture;
	if (map_get_text(&database->diversion_by_path, row->path, &number)) {
		const struct package_diversion *diversion = &database->diversions[number];

		if (!diversion->package || strcmp(diversion->package, package->name))
			row->diverted_to = diversion->to;
	}
	if (map_get_text(&database->override_by_path, row->path, &number)) {
		database->overrides[number].used = true;
		row->is_override = row->has_mode = true;
		row->mode = database->overrides[number].mode;
		row->user = database->overrides[number].user;
		row->group = database->overrides[number].group;
	}
	for (size_t i = 0; i < 2; i++)
		if (scriptlet_is_written(&database->writes[i], row->path))
			row->written_by = database->scripts[i]->path;
	if (database->rows++ == limit_get(LIMIT_PACKAGE_FILES))
		database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED,
			NOTE_LIMIT_HIT, &row->at, "paths of packages from here on were left out (package-files)"));
	if (database->rows <= limit_get(LIMIT_PACKAGE_FILES))
		database->out->file(database->out->context, row);
}

static void
set_conffile(struct package_file *row, struct dpkg_conffile *conffile)
{
	conffile->seen = true;
	row->kind = PACKAGE_FILE_CONFIG;
	row->digest = conffile->digest;
	row->at = conffile->at;
}

static void
set_digest(struct package_file *row, struct dpkg_digest *digest, const struct artifact *md5sums)
{
	digest->seen = true;
	row->digest.algorithm = DIGEST_MD5;
	memcpy(row->digest.bytes, digest->md5, sizeof digest->md5);
	row->at = md5sums->place;
	row->at.line = digest->line;
}

/* A path in the manifest; true where it may be a file that a digest should be recorded for. */
static bool
emit_listed(struct dpkg_database *database, const struct dpkg_package *package,
	const struct dpkg_info *info, const char *path, const struct line_reader *reader)
{
	struct package_file row = { .path = path, .at = reader->place };
	struct dpkg_digest *digest = find_digest(database, path);
	struct dpkg_conffile *conffile = find_conffile(database, package, path);

	if (digest)
		set_digest(&row, digest, info->md5sums);
	if (conffile)
		set_conffile(&row, conffile);
	emit_row(database, package, &row);
	return !digest && !conffile;
}

/*
 * A path that nothing lies below is a file, a link or an empty folder.  Only
 * documentation is often a mere link to that of another package, which has no digest.
 */
static bool
is_leaf_with_content(const char *path, const char *next)
{
	size_t length = strlen(path);

	return *path && !text_has_prefix(path, "/usr/share/doc/") && strcmp(path, "/usr/share/doc") &&
	       !(next && !strncmp(next, path, length) && next[length] == '/');
}

static uint64_t
emit_list(struct dpkg_database *database, const struct dpkg_package *package,
	const struct dpkg_info *info, uint64_t *ret_bare)
{
	struct line_reader reader;
	struct source *source;
	struct odd_lines odd = { .count = 0 };
	struct buffer bare;		/* the last path, if no digest is recorded for it */
	uint64_t files = 0;
	char *line;
	size_t length;

	*ret_bare = 0;
	if (!dpkg_open_lines(database, info->list, &source, &reader))
		return 0;
	buffer_init(&bare, 0);
	while (line_reader_next(&reader, &line, &length)) {
		if (!strcmp(line, "/."))
			continue;
		if (*line != '/' || !dpkg_is_whole(line, length)) {
			odd_lines_add(&odd, &reader);
			continue;
		}
		files++;
		*ret_bare += is_leaf_with_content(bare.bytes, line);
		buffer_clear(&bare);
		if (emit_listed(database, package, info, line, &reader))
			buffer_add(&bare, line, length);
	}
	*ret_bare += is_leaf_with_content(bare.bytes, NULL);
	database->status = status_worse(database->status, odd_lines_note(&odd, STATUS_DAMAGED,
		NOTE_ARTIFACT_DAMAGED, database->notes, "not a path of a file list: what it stood for is not known"));
	dpkg_close_lines(database, source, &reader);
	buffer_release(&bare);
	return files;
}

/* Digests of paths that the manifest does not name. */
static uint64_t
emit_unlisted(struct dpkg_database *database, const struct dpkg_package *package, const struct dpkg_info *info)
{
	struct place first = { .line = 0 };
	uint64_t count = 0;

	for (size_t i = 0; i < database->digest_count; i++) {
		struct dpkg_digest *digest = &database->digests[i];
		struct package_file row = { .path = digest_path(database, digest) };

		if (digest->seen)
			continue;
		set_digest(&row, digest, info->md5sums);
		emit_row(database, package, &row);
		if (!count++)
			first = row.at;
	}
	if (count && info->list)
		note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &first,
			"%llu path%s of %s, the first here, %s a digest and %s not in its file list",
			(unsigned long long)count, count == 1 ? "" : "s", package->name,
			count == 1 ? "has" : "have", count == 1 ? "is" : "are");
	return count;
}

/* A path of .conffiles, behind a flag or not: "/etc/hosts.allow", "remove-on-upgrade /etc/old". */
static void
mark_declared(struct dpkg_database *database, const struct dpkg_package *package, const char *line)
{
	const char *path = strchr(line, '/');
	struct dpkg_conffile *conffile = path ? find_conffile(database, package, path) : NULL;

	if (conffile)
		conffile->declared = true;
}

static const char *
undeclared_conffile(struct dpkg_database *database, const struct dpkg_package *package,
	const struct artifact *artifact)
{
	struct line_reader reader;
	struct source *source;
	char *line;
	size_t length;
	bool whole;

	if (!dpkg_open_lines(database, artifact, &source, &reader))
		return NULL;
	while (line_reader_next(&reader, &line, &length))
		mark_declared(database, package, line);
	whole = reader.status == STATUS_OK;
	dpkg_close_lines(database, source, &reader);
	for (size_t i = 0; whole && i < package->conffile_count; i++) {
		const struct dpkg_conffile *conffile = &database->conffiles[package->conffile + i];

		if (!conffile->declared && !conffile->obsolete)
			return conffile->path;
	}
	return NULL;
}

/* One that status does not call obsolete: the package as it is installed has it. */
static const char *
conffile_in_force(const struct dpkg_database *database, const struct dpkg_package *package)
{
	for (size_t i = 0; i < package->conffile_count; i++)
		if (!database->conffiles[package->conffile + i].obsolete)
			return database->conffiles[package->conffile + i].path;
	return NULL;
}

static void
emit_part(struct dpkg_database *database, const struct dpkg_package *package, const struct artifact *artifact,
	enum package_part_kind kind, const char *contradiction)
{
	if (artifact)
		database->out->part(database->out->context, &(struct package_part){
			.manager = "dpkg", .package = package->name, .architecture = package->architecture,
			.kind = kind, .modified = artifact->times.modified, .changed = artifact->times.changed,
			.contradiction = contradiction, .at = artifact->place });
}

static void
emit_parts(struct dpkg_database *database, const struct dpkg_package *package, const struct dpkg_info *info)
{
	const char *undeclared = info->conffiles && package->conffile_count ?
		undeclared_conffile(database, package, info->conffiles) : NULL;
	const char *stray = info->conffiles || !info->list ? NULL : conffile_in_force(database, package);

	emit_part(database, package, info->list, PACKAGE_PART_LIST, !stray ? NULL :
		arena_format(&database->arena, "status keeps %s as configuration, and the package declared no configuration at all",
			stray));
	emit_part(database, package, info->md5sums, PACKAGE_PART_DIGESTS, NULL);
	emit_part(database, package, info->conffiles, PACKAGE_PART_CONFFILES, !undeclared ? NULL :
		arena_format(&database->arena, "status keeps %s as configuration, and the package did not declare it so",
			undeclared));
}

static void
emit_conffiles(struct dpkg_database *database, const struct dpkg_package *package)
{
	for (size_t i = 0; i < package->conffile_count; i++) {
		struct dpkg_conffile *conffile = &database->conffiles[package->conffile + i];
		struct package_file row = { .path = conffile->path };

		if (conffile->seen)
			continue;
		set_conffile(&row, conffile);
		emit_row(database, package, &row);
	}
}

static void
note_what_lacks(struct dpkg_database *database, const struct dpkg_package *package,
	const struct dpkg_info *info, uint64_t bare)
{
	/* status.d has no lists at all. */
	if (database->has_lists && package->is_installed && !info->list)
		database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED,
			NOTE_ARTIFACT_DAMAGED, &package->at,
			"%s is installed and has no file list: which files are its own is not known",
			package->name));
	if (info->list && !info->md5sums && bare)
		note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &info->list->place,
			"%s has no recorded digests: up to %llu of its files cannot be compared",
			package->name, (unsigned long long)bare);
}

static void
emit_hold(const struct dpkg_database *database, const struct dpkg_package *package)
{
	struct package_lock lock = { .manager = "dpkg", .pattern = package->name, .kind = "hold",
		.at = package->at };
	struct buffer text;

	buffer_init(&text, 0);
	buffer_add_format(&text, "Status: %s", package->state);
	lock.text = text.bytes;
	lock.at.line = package->state_line;
	database->out->lock(database->out->context, &lock);
	buffer_release(&text);
}

/*
 * No digest of a script is recorded: it counts as the package's own where it was put there with the list of files, and is
 * no younger.
 */
static bool
came_with_list(const struct artifact *script, const struct artifact *list)
{
	if (!script || !list || !timestamp_is_recorded(&script->times.modified) || !timestamp_is_recorded(&list->times.modified) ||
	    script->times.modified.seconds > list->times.modified.seconds)
		return false;
	return !timestamp_is_recorded(&script->times.changed) || !timestamp_is_recorded(&list->times.changed) ||
		script->times.changed.seconds <= list->times.changed.seconds + UNPACKED_SECONDS;
}

static void
read_script(struct dpkg_database *database, const struct artifact *script, struct scriptlet_writes *writes)
{
	char head[2] = "";
	struct source *source;
	struct buffer text;
	enum status status = artifact_open(script, database->notes, &source);

	database->status = status_worse(database->status, status);
	if (status < STATUS_DAMAGED)
		return;
	buffer_init(&text, 0);
	/* A program is no text, and explains nothing; nor does a script beyond the limit. */
	if (source->size >= sizeof head && source->size <= SCRIPT_BYTES_MOST) {
		status = source_read_exactly(source, 0, head, sizeof head);
		if (status == STATUS_OK && !memcmp(head, "#!", sizeof head))
			status = source_read_all(source, SCRIPT_BYTES_MOST, &text);
		if (status == STATUS_OK)
			scriptlet_read(writes, text.bytes, text.length);
		else
			database->status = status_worse(database->status, note(database->notes, status, NOTE_ARTIFACT_UNREADABLE,
				&script->place, "%s could not be read whole: what it writes at installation is not known", script->path));
	}
	buffer_release(&text);
	source_close(source);
}

static void
read_scripts(struct dpkg_database *database, const struct dpkg_info *info)
{
	const struct artifact *scripts[] = { info->preinst, info->postinst };

	for (size_t i = 0; i < 2; i++) {
		scriptlet_init(&database->writes[i]);
		database->scripts[i] = scripts[i];
		if (came_with_list(scripts[i], info->list))
			read_script(database, scripts[i], &database->writes[i]);
	}
}

void
dpkg_emit(struct dpkg_database *database, struct dpkg_package *package, const struct dpkg_info *info)
{
	static const struct dpkg_info nothing;
	uint64_t listed = 0, unlisted, bare = 0;

	if (!package->owns_files)
		info = &nothing;
	if (package->conffile_count)
		qsort(database->conffiles + package->conffile, package->conffile_count,
			sizeof *database->conffiles, compare_conffiles);
	read_digests(database, info->md5sums);
	read_scripts(database, info);
	if (info->list)
		listed = emit_list(database, package, info, &bare);
	unlisted = emit_unlisted(database, package, info);
	emit_parts(database, package, info);
	if (package->owns_files || (package->state && strstr(package->state, " config-files")))
		emit_conffiles(database, package);
	if (package->owns_files)
		note_what_lacks(database, package, info, bare);
	for (size_t i = 0; i < 2; i++)
		scriptlet_release(&database->writes[i]);
	database->out->package(database->out->context, &(struct package){
		.manager = "dpkg", .name = package->name, .version = package->version,
		.architecture = package->architecture, .vendor = package->vendor, .state = package->state,
		.is_installed = package->is_installed, .is_unfinished = package->is_unfinished,
		.installed = info->list ? info->list->times.modified : (struct timestamp){ .seconds = 0 },
		.files = info->list ? listed : unlisted, .at = package->at });
	if (package->is_hold)
		emit_hold(database, package);
}

/* "Package: openssh-server" -> its value where the line is that field. */
static const char *
value_of(struct dpkg_database *database, const char *line, const char *field, const char *before)
{
	size_t length = strlen(field);

	if (before || strncasecmp(line, field, length) || line[length] != ':')
		return before;
	line += length + 1;
	return arena_copy_text(&database->arena, line + strspn(line, " \t"));
}

void
dpkg_emit_interrupted(struct dpkg_database *database, const struct artifact *control,
	const struct artifact *md5sums)
{
	struct dpkg_package package = { .name = NULL };
	struct line_reader reader;
	struct source *source;
	size_t length;
	char *line;

	if (!dpkg_open_lines(database, control, &source, &reader))
		return;
	while (line_reader_next(&reader, &line, &length)) {
		package.name = value_of(database, line, "Package", package.name);
		package.version = value_of(database, line, "Version", package.version);
		package.architecture = value_of(database, line, "Architecture", package.architecture);
	}
	dpkg_close_lines(database, source, &reader);
	if (!package.name)
		return;
	note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &control->place,
		"dpkg was interrupted while it unpacked %s %s", package.name, package.version ? package.version : "");
	read_digests(database, md5sums);
	for (size_t i = 0; i < database->digest_count; i++) {
		struct package_file row = { .path = digest_path(database, &database->digests[i]),
			.is_interrupted = true };

		set_digest(&row, &database->digests[i], md5sums);
		emit_row(database, &package, &row);
	}
}
