/*
 * dpkg_status.c - paragraphs of /var/lib/dpkg/status, updates/ and status.d/ (deb-control(5), dpkg(1))
 *
 *	Package: openssh-server
 *	Status: hold ok installed
 *	Maintainer: Debian OpenSSH Maintainers <debian-ssh@lists.debian.org>
 *	Architecture: amd64
 *	Version: 1:9.2p1-2+deb12u2
 *	Conffiles:
 *	 /etc/default/ssh 500e3cf069fe9a7b9936108eb9d9c035
 *	 /etc/init.d/ssh 3649a6fe8c18ad1d5245fd91737de507 obsolete
 *	 /etc/ssh/new newconffile
 *
 * Status is what is wanted (install, hold, deinstall, purge, unknown), a flag (ok, reinstreq)
 * and the state.  A paragraph ends with an empty line.
 */
#include <string.h>
#include <strings.h>

#include <t1554triage/limit.h>
#include <t1554triage/text.h>

#include "dpkg_private.h"

/* The states of dpkg, and which of the package's files should be there. */
static const struct state { const char *name; bool owns_files, is_installed, is_unfinished; } states[] = {
	{ "not-installed",    false, false, false },
	{ "config-files",     false, false, false },	/* only its conffiles */
	{ "half-installed",   true,  false, true  },	/* some may be old, some new */
	{ "unpacked",         true,  true,  true  },
	{ "half-configured",  true,  true,  false },
	{ "triggers-awaited", true,  true,  false },
	{ "triggers-pending", true,  true,  false },
	{ "installed",        true,  true,  false },
	{ NULL, false, false, false }
};

void
dpkg_database_init(struct dpkg_database *database, const struct package_sink *out, const struct notes *notes)
{
	*database = (struct dpkg_database){ .out = out, .notes = notes };
	arena_init(&database->arena);
	map_init(&database->package_by_name);
	map_init(&database->diversion_by_path);
	map_init(&database->override_by_path);
	buffer_init(&database->digest_text, 0);
}

void
dpkg_database_release(struct dpkg_database *database)
{
	arena_release(&database->arena);
	map_release(&database->package_by_name);
	map_release(&database->diversion_by_path);
	map_release(&database->override_by_path);
	buffer_release(&database->digest_text);
	memory_free(database->packages);
	memory_free(database->conffiles);
	memory_free(database->diversions);
	memory_free(database->overrides);
	memory_free(database->digests);
}

bool
dpkg_open_lines(struct dpkg_database *database, const struct artifact *artifact,
	struct source **ret_source, struct line_reader *ret_reader)
{
	enum status status = artifact_open(artifact, database->notes, ret_source);

	database->status = status_worse(database->status, status);
	if (status != STATUS_OK && status != STATUS_DAMAGED)
		return false;
	line_reader_init(ret_reader, *ret_source, &artifact->place, database->notes);
	ret_reader->status = status;
	return true;
}

void
dpkg_close_lines(struct dpkg_database *database, struct source *source, struct line_reader *reader)
{
	database->status = status_worse(database->status, reader->status);
	line_reader_release(reader);
	source_close(source);
}

bool
dpkg_is_whole(const char *line, size_t length)
{
	return !memchr(line, '\0', length);
}

/* A paragraph while it is read. */
struct paragraph {
	struct dpkg_database  *database;
	enum dpkg_status_kind  kind;
	struct dpkg_package    package;
	bool                   is_open, in_conffiles;
	struct odd_lines       odd, odd_conffiles, nameless;
};

static const char *
keep(struct paragraph *paragraph, const char *value)
{
	return arena_copy_text(&paragraph->database->arena, value);
}

/* The next word of the text, "" at its end; the text is cut. */
static char *
next_word(char **text)
{
	char *word = *text + strspn(*text, " \t");
	size_t length = strcspn(word, " \t");

	*text = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* " /path digest [obsolete|remove-on-upgrade]"; a path may hold blanks: the digest is sought from the right. */
static void
take_conffile(struct paragraph *paragraph, char *line, const struct line_reader *reader)
{
	struct dpkg_database *database = paragraph->database;
	struct dpkg_conffile conffile = { .at = reader->place };
	char *path = line + strspn(line, " \t"), *blank = strrchr(path, ' ');

	while (blank && (!strcmp(blank, " obsolete") || !strcmp(blank, " remove-on-upgrade"))) {
		*blank = '\0';
		blank = strrchr(path, ' ');
		conffile.obsolete = true;
	}
	if (*path != '/' || !blank || (strcmp(blank, " newconffile") &&
	    !digest_parse(blank + 1, strlen(blank + 1), DIGEST_MD5, &conffile.digest))) {
		odd_lines_add(&paragraph->odd_conffiles, reader);
		return;
	}
	*blank = '\0';
	conffile.path = keep(paragraph, path);
	database->conffiles = memory_grow(database->conffiles, database->conffile_count,
		&database->conffile_capacity, sizeof *database->conffiles);
	database->conffiles[database->conffile_count++] = conffile;
	paragraph->package.conffile_count++;
}

static void
take_status(struct paragraph *paragraph, char *value, const struct line_reader *reader)
{
	struct dpkg_package *package = &paragraph->package;
	const struct state *state = states;
	const char *flag, *name;

	package->state = keep(paragraph, value);
	package->state_line = reader->line;
	package->is_hold = !strcmp(next_word(&value), "hold");
	flag = next_word(&value);
	name = next_word(&value);
	while (state->name && strcmp(state->name, name))
		state++;
	if (!state->name)
		odd_lines_add(&paragraph->odd, reader);
	package->owns_files = state->owns_files;
	package->is_installed = state->is_installed;
	package->is_unfinished = state->is_unfinished || !strcmp(flag, "reinstreq");
}

static void
take_field(struct paragraph *paragraph, char *line, size_t length, const struct line_reader *reader)
{
	struct dpkg_package *package = &paragraph->package;
	char *colon = length ? memchr(line, ':', length) : NULL, *value;

	if (!colon || colon == line || !dpkg_is_whole(line, length)) {
		odd_lines_add(&paragraph->odd, reader);
		return;
	}
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	paragraph->in_conffiles = !strcasecmp(line, "Conffiles");
	if (!strcasecmp(line, "Package"))
		package->name = keep(paragraph, value);
	else if (!strcasecmp(line, "Version"))
		package->version = keep(paragraph, value);
	else if (!strcasecmp(line, "Architecture"))
		package->architecture = keep(paragraph, value);
	else if (!strcasecmp(line, "Maintainer"))
		package->vendor = keep(paragraph, value);
	else if (!strcasecmp(line, "Status"))
		take_status(paragraph, value, reader);
}

/* The later paragraph counts, as for dpkg; twice in one file is odd. */
static void
replace_earlier(struct paragraph *paragraph, const struct dpkg_package *package, const char *key)
{
	struct dpkg_database *database = paragraph->database;
	uint64_t earlier;

	if (!map_get_text(&database->package_by_name, key, &earlier))
		return;
	database->packages[earlier].is_replaced = true;
	if (paragraph->kind != DPKG_JOURNAL)
		note(database->notes, STATUS_OK, NOTE_DATABASE_INCONSISTENT, &package->at,
			"%s has two paragraphs, the first in line %llu: this one counts", key,
			(unsigned long long)database->packages[earlier].at.line);
}

static void
end_paragraph(struct paragraph *paragraph, const struct line_reader *reader)
{
	struct dpkg_database *database = paragraph->database;
	struct dpkg_package *package = &paragraph->package;
	const char *key;

	if (!paragraph->is_open)
		return;
	paragraph->is_open = false;
	if (!package->name || !*package->name) {
		odd_lines_add(&paragraph->nameless, reader);
		return;
	}
	if (!package->state && paragraph->kind == DPKG_DISTROLESS)
		package->owns_files = package->is_installed = true;
	key = arena_format(&database->arena, "%s:%s", package->name,
		package->architecture ? package->architecture : "");
	replace_earlier(paragraph, package, key);
	map_set(&database->package_by_name, key, strlen(key), database->package_count);
	database->packages = memory_grow(database->packages, database->package_count,
		&database->package_capacity, sizeof *database->packages);
	database->packages[database->package_count++] = *package;
}

static void
take_line(struct paragraph *paragraph, char *line, size_t length, const struct line_reader *reader,
	const struct artifact *artifact)
{
	if (!length) {
		end_paragraph(paragraph, reader);
		return;
	}
	if (!paragraph->is_open) {
		paragraph->is_open = true;
		paragraph->in_conffiles = false;
		paragraph->package = (struct dpkg_package){ .at = reader->place, .from = artifact,
			.conffile = paragraph->database->conffile_count };
	}
	if (*line != ' ' && *line != '\t')
		take_field(paragraph, line, length, reader);
	else if (!dpkg_is_whole(line, length))
		odd_lines_add(&paragraph->odd, reader);
	else if (paragraph->in_conffiles)
		take_conffile(paragraph, line, reader);
}

void
dpkg_read_status(struct dpkg_database *database, const struct artifact *artifact, enum dpkg_status_kind kind)
{
	struct paragraph paragraph = { .database = database, .kind = kind };
	struct line_reader reader;
	struct source *source;
	char *line;
	size_t length;

	if (!dpkg_open_lines(database, artifact, &source, &reader))
		return;
	while (database->package_count < limit_get(LIMIT_PACKAGES) &&
	       line_reader_next(&reader, &line, &length))
		take_line(&paragraph, line, length, &reader, artifact);
	end_paragraph(&paragraph, &reader);
	if (database->package_count >= limit_get(LIMIT_PACKAGES))
		database->status = status_worse(database->status, note(database->notes, STATUS_DAMAGED,
			NOTE_LIMIT_HIT, &reader.place, "packages from here on were left out (packages)"));
	database->status = status_worse(database->status, odd_lines_note(&paragraph.odd, STATUS_DAMAGED,
		NOTE_ARTIFACT_DAMAGED, database->notes, "not a field of a paragraph, or a state that dpkg does not know"));
	database->status = status_worse(database->status, odd_lines_note(&paragraph.nameless, STATUS_DAMAGED,
		NOTE_ARTIFACT_DAMAGED, database->notes, "the paragraph that ends here names no package and was left out"));
	odd_lines_note(&paragraph.odd_conffiles, STATUS_OK, NOTE_ARTIFACT_LINE, database->notes,
		"not a path and digest of a configuration file");
	dpkg_close_lines(database, source, &reader);
}
