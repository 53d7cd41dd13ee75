/*
 * dpkg.c - Debian, Ubuntu and their kin: /var/lib/dpkg (dpkg(1), deb-md5sums(5), dpkg-divert(1),
 * dpkg-statoverride(1))
 *
 *	status           paragraphs of packages: dpkg_status.c
 *	updates/0001     paragraphs of an interrupted run, laid over status
 *	info/P.list, info/P.md5sums, or P:ARCH where several architectures may be installed: dpkg_info.c
 *	info/P.conffiles which of its files are configuration; status has their digests
 *	info/P.preinst   and other scripts, which no package owns but the database itself
 *	tmp.ci/          control data of the package that is being unpacked; stays after an interruption
 *	diversions       three lines each: from, to, package (":" the administrator)
 *	statoverride     user group octal-mode path
 *
 * Nothing of it is signed.  A line that is not understood is noted; the
 * status says STATUS_DAMAGED where a package or a path may be missing for it,
 * since then what is not there proves nothing.  The time of installation is when the .list was
 * written last, which dpkg does as it unpacks.
 */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "dpkg_private.h"

#define DPKG "/var/lib/dpkg/"

static const char *const script_suffixes[] = {
	".preinst", ".postinst", ".prerm", ".postrm", ".config", NULL
};
enum { SCRIPT_COUNT = 5 };

/* The files of folder info that have one name: "bash", "libc6:amd64". */
struct info_files {
	struct dpkg_info       files;
	const struct artifact *scripts[SCRIPT_COUNT];
	bool                   claimed;
};

struct info_index {
	struct map         by_name;
	struct info_files *items;
	size_t             count, capacity;
	const struct artifact *interrupted_control, *interrupted_digests;
};

static struct info_files *
info_of_name(struct info_index *index, const char *name, size_t length)
{
	uint64_t number = index->count;

	if (map_get(&index->by_name, name, length, &number))
		return &index->items[number];
	map_add(&index->by_name, name, length, number);
	index->items = memory_grow(index->items, index->count, &index->capacity, sizeof *index->items);
	index->items[index->count++] = (struct info_files){ .claimed = false };
	return &index->items[number];
}

static void
index_artifact(struct info_index *index, const struct artifact *artifact)
{
	const char *name = artifact->path + strlen(DPKG "info/"), *dot = strrchr(name, '.');
	struct info_files *files;

	if (!dot || dot == name)
		return;
	files = info_of_name(index, name, (size_t)(dot - name));
	if (!strcmp(dot, ".list"))
		files->files.list = artifact;
	else if (!strcmp(dot, ".md5sums"))
		files->files.md5sums = artifact;
	else if (!strcmp(dot, ".conffiles"))
		files->files.conffiles = artifact;
	else if (!strcmp(dot, ".preinst"))
		files->files.preinst = artifact;
	else if (!strcmp(dot, ".postinst"))
		files->files.postinst = artifact;
	for (size_t i = 0; script_suffixes[i]; i++)
		if (!strcmp(dot, script_suffixes[i]))
			files->scripts[i] = artifact;
}

static void
read_diversion(struct dpkg_database *database, const char *from, const char *to, const char *package,
	const struct place *at)
{
	struct package_diversion diversion = {
		.from = from, .to = to, .package = strcmp(package, ":") ? package : NULL, .at = *at };

	map_add_text(&database->diversion_by_path, from, database->diversion_count);
	database->diversions = memory_grow(database->diversions, database->diversion_count,
		&database->diversion_capacity, sizeof *database->diversions);
	database->diversions[database->diversion_count++] = diversion;
	database->out->diversion(database->out->context, &diversion);
}

static void
read_diversions(struct dpkg_database *database, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	const char *part[3];
	struct line_reader reader;
	struct source *source;
	struct place at = artifact->place;
	size_t count = 0, length;
	char *line;

	if (!dpkg_open_lines(database, artifact, &source, &reader))
		return;
	while (line_reader_next(&reader, &line, &length)) {
		if (!count)
			at = reader.place;
		if (!length || !dpkg_is_whole(line, length) || (count < 2 && *line != '/')) {
			odd_lines_add(&odd, &reader);
			count = 0;
			continue;
		}
		part[count++] = arena_copy(&database->arena, line, length);
		if (count == 3)
			read_diversion(database, part[0], part[1], part[2], &at);
		count %= 3;
	}
	if (count)
		odd_lines_add(&odd, &reader);
	database->status = status_worse(database->status, odd_lines_note(&odd, STATUS_DAMAGED,
		NOTE_ARTIFACT_DAMAGED, database->notes, "not three lines of a diversion: which file was moved is not known"));
	dpkg_close_lines(database, source, &reader);
}

/* "root crontab 2755 /usr/bin/crontab" */
static bool
read_override(struct dpkg_database *database, const char *line, const struct place *at)
{
	uint64_t mode = 0;
	const char *word = line, *names[2];

	for (int i = 0; i < 2; i++) {
		names[i] = arena_copy(&database->arena, word, strcspn(word, " "));
		word += strcspn(word, " ");
		word += *word == ' ';
	}
	if (!text_parse_u64(word, strcspn(word, " "), 8, &mode) || mode > 07777)
		return false;
	word += strcspn(word, " ");
	if (word[0] != ' ' || word[1] != '/')
		return false;
	map_add_text(&database->override_by_path, word + 1, database->override_count);
	database->overrides = memory_grow(database->overrides, database->override_count,
		&database->override_capacity, sizeof *database->overrides);
	database->overrides[database->override_count++] = (struct dpkg_override){
		.user = names[0], .group = names[1], .mode = (uint32_t)mode, .at = *at };
	return true;
}

static void
read_overrides(struct dpkg_database *database, const struct artifact *artifact)
{
	struct odd_lines odd = { .count = 0 };
	struct line_reader reader;
	struct source *source;
	size_t length;
	char *line;

	if (!dpkg_open_lines(database, artifact, &source, &reader))
		return;
	while (line_reader_next(&reader, &line, &length))
		if (length && (!dpkg_is_whole(line, length) || !read_override(database, line, &reader.place)))
			odd_lines_add(&odd, &reader);
	odd_lines_note(&odd, STATUS_OK, NOTE_ARTIFACT_LINE, database->notes,
		"not a user, group, mode and path");
	dpkg_close_lines(database, source, &reader);
}

/* dpkg lays files of digits over status, in their order, when it starts next; others it ignores. */
static void
read_journal(struct dpkg_database *database, const struct artifact *artifact)
{
	const char *name = text_base_name(artifact->path);

	if (!*name || name[strspn(name, "0123456789")])
		return;
	note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &artifact->place,
		"a run of dpkg was interrupted: this journal is laid over status");
	dpkg_read_status(database, artifact, DPKG_JOURNAL);
}

static void
read_artifacts(struct dpkg_database *database, struct info_index *index, const struct artifact_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct artifact *artifact = &group->items[i];

		if (!strcmp(artifact->path, DPKG "status"))
			dpkg_read_status(database, artifact, DPKG_STATUS);
		else if (!strcmp(artifact->path, DPKG "diversions"))
			read_diversions(database, artifact);
		else if (!strcmp(artifact->path, DPKG "statoverride"))
			read_overrides(database, artifact);
		else if (text_has_prefix(artifact->path, DPKG "updates/"))
			read_journal(database, artifact);
		else if (text_has_prefix(artifact->path, DPKG "info/"))
			index_artifact(index, artifact);
		else if (!strcmp(artifact->path, DPKG "tmp.ci/control"))
			index->interrupted_control = artifact;
		else if (!strcmp(artifact->path, DPKG "tmp.ci/md5sums"))
			index->interrupted_digests = artifact;
	}
}

/* "P:ARCH" where the package may be installed for several architectures, else "P". */
static struct info_files *
claim_info(struct info_index *index, const struct dpkg_package *package, struct arena *arena)
{
	const char *names[] = {
		arena_format(arena, "%s:%s", package->name, package->architecture ? package->architecture : ""),
		package->name,
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t number;

		if (!map_get_text(&index->by_name, names[i], &number) || index->items[number].claimed)
			continue;
		index->items[number].claimed = true;
		return &index->items[number];
	}
	return NULL;
}

static void
emit_scripts(const struct dpkg_database *database, const struct dpkg_package *package,
	const struct info_files *files)
{
	for (size_t i = 0; i < SCRIPT_COUNT; i++)
		if (files->scripts[i])
			database->out->file(database->out->context, &(struct package_file){
				.manager = "dpkg", .package = package->name, .architecture = package->architecture,
				.path = files->scripts[i]->path, .kind = PACKAGE_FILE_SCRIPT,
				.at = files->scripts[i]->place });
}

static bool
is_later(const struct artifact *a, const struct artifact *b)
{
	return a && b && timestamp_is_recorded(&a->times.modified) &&
	       timestamp_is_recorded(&b->times.modified) &&
	       a->times.modified.seconds > b->times.modified.seconds;
}

/*
 * A .md5sums keeps the time that it has in the package, which is older than
 * the .list that dpkg writes.  Where that is so in most packages, those where it is not are
 * worth a word; where it is not, the tree was copied.
 */
static void
note_late_digests(const struct dpkg_database *database, const struct info_index *index)
{
	const struct artifact *any = NULL;
	size_t both = 0, late = 0;

	for (size_t i = 0; i < index->count; i++) {
		const struct dpkg_info *info = &index->items[i].files;

		both += info->list && info->md5sums;
		late += is_later(info->md5sums, info->list);
		any = is_later(info->md5sums, info->list) ? info->md5sums : any;
	}
	for (size_t i = 0; i < index->count && late <= both / 2; i++) {
		const struct dpkg_info *info = &index->items[i].files;

		if (is_later(info->md5sums, info->list))
			note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &info->md5sums->place,
				"these digests were written after the package was unpacked, unlike those of other packages");
	}
	if (late > both / 2)
		note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &any->place,
			"the digests of %zu of %zu packages are younger than their file lists: times of /var/lib/dpkg/info were not kept",
			late, both);
}

static void
note_left_over(struct dpkg_database *database, const struct info_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct info_files *files = &index->items[i];
		const struct artifact *artifact = files->files.list ? files->files.list : files->files.md5sums;

		for (size_t j = 0; j < SCRIPT_COUNT && !artifact; j++)
			artifact = files->scripts[j];
		if (!files->claimed && artifact)
			note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &artifact->place,
				"belongs to no package in status: what it says was not used");
	}
	for (size_t i = 0; i < database->override_count; i++)
		if (!database->overrides[i].used)
			note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &database->overrides[i].at,
				"sets mode %04o for a path of no package", database->overrides[i].mode);
}

/* A collection may hold status alone. */
static void
look_for_lists(struct dpkg_database *database, const struct info_index *index)
{
	for (size_t i = 0; i < index->count; i++)
		database->has_lists |= index->items[i].files.list != NULL;
	if (!database->has_lists && database->package_count)
		database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED,
			NOTE_ARTIFACT_DAMAGED, &database->packages[0].from->place,
			"there are no file lists in " DPKG "info: which files belong to packages is not known"));
}

static enum status
parse_dpkg(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	static const struct dpkg_info nothing;
	struct dpkg_database database;
	struct info_index index = { .count = 0 };

	dpkg_database_init(&database, out, notes);
	map_init(&index.by_name);
	read_artifacts(&database, &index, group);
	look_for_lists(&database, &index);
	for (size_t i = 0; i < database.package_count; i++) {
		struct dpkg_package *package = &database.packages[i];
		const struct info_files *files = package->is_replaced ? NULL :
			claim_info(&index, package, &database.arena);

		if (package->is_replaced)
			continue;
		dpkg_emit(&database, package, files ? &files->files : &nothing);
		if (files)
			emit_scripts(&database, package, files);
	}
	if (index.interrupted_control && index.interrupted_digests)
		dpkg_emit_interrupted(&database, index.interrupted_control, index.interrupted_digests);
	note_late_digests(&database, &index);
	note_left_over(&database, &index);
	memory_free(index.items);
	map_release(&index.by_name);
	dpkg_database_release(&database);
	return database.status;
}

const struct package_db_driver dpkg_package_db = {
	.name        = "dpkg",
	.description = "Debian and Ubuntu: packages, their files with MD5, conffiles, diversions, holds",
	.files       = (const char *const[]){
		DPKG "status", DPKG "updates/*", DPKG "diversions", DPKG "statoverride",
		DPKG "info/*.list", DPKG "info/*.md5sums", DPKG "info/*.conffiles", DPKG "info/*.preinst",
		DPKG "info/*.postinst", DPKG "info/*.prerm", DPKG "info/*.postrm", DPKG "info/*.config",
		DPKG "tmp.ci/control", DPKG "tmp.ci/md5sums", NULL
	},
	.parse       = parse_dpkg,
	.directories = (const char *const[]){ "/var/lib/dpkg", DPKG "info", DPKG "updates", NULL },
};
