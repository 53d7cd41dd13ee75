/*
 * maven.c - ~/.m2/repository: NAME.jar.sha1 beside NAME.jar (Maven, "Resolver: checksums", maven.apache.org/resolver)
 *
 *	org/slf4j/slf4j-api/2.0.9/slf4j-api-2.0.9.jar.sha1	7cf2726fdcfbc8610f9a71fb3ed639871f315340
 *	org/slf4j/slf4j-api/2.0.9/_remote.repositories		slf4j-api-2.0.9.jar>central=
 *
 * The SHA-1 is that of the repository that the file came from; some append the file's name.  A file that was built
 * here stands in _remote.repositories without a repository (NAME.jar>=): a digest beside it is older and tells nothing.
 */
#include <string.h>

#include <t1554triage/map.h>
#include <t1554triage/text.h>

#include "manifest.h"

enum { SHA1_DIGITS = 40 };

struct maven_reading {
	struct manifest manifest;
	struct arena    arena;
	struct map      local;		/* paths of files that were built here */
};

static void
take_origin(struct maven_reading *reading, const struct artifact *artifact)
{
	size_t folder = (size_t)(text_base_name(artifact->path) - artifact->path), length;
	struct line_reader lines;
	struct source *source;
	char *line, *arrow;

	if (!manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	while (line_reader_next(&lines, &line, &length)) {
		arrow = strchr(line, '>');
		if (*line == '#' || !arrow || strcmp(arrow, ">="))
			continue;
		*arrow = '\0';
		map_add_text(&reading->local, arena_format(&reading->arena, "%.*s%s", (int)folder, artifact->path, line), 0);
	}
	manifest_close(&reading->manifest, source, &lines);
}

/* ".../repository/org/slf4j/slf4j-api/2.0.9/x.jar.sha1": org.slf4j:slf4j-api, 2.0.9; false: it lies too high. */
static bool
name_package(struct maven_reading *reading, const struct artifact *artifact, struct package *package)
{
	static const char repository[] = "/repository/";
	const char *below = strstr(artifact->path, repository);
	char *name = arena_copy_text(&reading->arena, below ? below + strlen(repository) : ""), *part;

	for (int i = 0; i < 2; i++) {
		part = strrchr(name, '/');
		if (!part)
			return false;
		*part = '\0';
		package->version = part + 1;
	}
	part = strrchr(name, '/');
	if (!part)
		return false;
	for (char *at = name; at < part; at++)
		if (*at == '/')
			*at = '.';
	*part = ':';
	package->name = name;
	return true;
}

static void
take_digest(struct maven_reading *reading, const struct artifact *artifact)
{
	struct package package = { .state = "kept", .is_installed = true, .files = 1, .at = artifact->place };
	struct package_file row = { .at = artifact->place };
	struct odd_lines odd = { .count = 0 };
	uint64_t unused;
	struct line_reader lines;
	struct source *source;
	size_t length;
	char *line;

	row.path = arena_copy(&reading->arena, artifact->path, strlen(artifact->path) - strlen(".sha1"));
	if (map_get_text(&reading->local, row.path, &unused) || !name_package(reading, artifact, &package) ||
	    !manifest_open(&reading->manifest, artifact, &source, &lines))
		return;
	row.package = package.name;
	if (line_reader_next(&lines, &line, &length)) {
		if (length < SHA1_DIGITS || (line[SHA1_DIGITS] && line[SHA1_DIGITS] != ' ') ||
		    !digest_parse(line, SHA1_DIGITS, DIGEST_SHA1, &row.digest))
			odd_lines_add(&odd, &lines);
		manifest_file(&reading->manifest, &row);
	}
	manifest_odd(&reading->manifest, &odd, "not a SHA-1: the file beside it has no recorded digest");
	manifest_package(&reading->manifest, &package);
	manifest_close(&reading->manifest, source, &lines);
}

static enum status
parse_maven(const struct artifact_group *group, const struct package_sink *out, const struct notes *notes)
{
	struct maven_reading reading = { .manifest = { .out = out, .notes = notes, .manager = "maven" } };

	arena_init(&reading.arena);
	map_init(&reading.local);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, "/_remote.repositories"))
			take_origin(&reading, &group->items[i]);
	for (size_t i = 0; i < group->count; i++)
		if (text_has_suffix(group->items[i].path, ".sha1"))
			take_digest(&reading, &group->items[i]);
	map_release(&reading.local);
	arena_release(&reading.arena);
	return reading.manifest.status;
}

const struct package_db_driver maven_package_db = {
	.name        = "maven",
	.description = "Maven: files of local repositories with the SHA-1 of where they came from, from NAME.jar.sha1",
	.files       = (const char *const[]){
		IN_HOMES("/.m2/repository/**/*.jar.sha1"), IN_HOMES("/.m2/repository/**/_remote.repositories"),
		"/var/lib/jenkins/.m2/repository/**/*.jar.sha1", "/var/lib/jenkins/.m2/repository/**/_remote.repositories", NULL
	},
	.parse       = parse_maven,
	.locks_only  = true,
};
